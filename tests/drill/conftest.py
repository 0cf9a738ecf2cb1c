"""What drills share: the sandbox marketplaces, and a real PostgreSQL with a studio's logins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from postgres_server import Server, run_server
from sandbox_process import start_sandbox


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """One sandbox for all drills of a module; each drill empties its books first."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; where it cannot run, the suite fails."""
    with run_server() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database with an empty ledger."""
    return server.make_template()
