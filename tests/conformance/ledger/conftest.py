"""The engines that the ledger's conformance suite runs over. A second one is one more name in ENGINES."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from ledger_values import open_place
from postgres_server import Server, run_server

from core.ledger.engine import SqlLedger

ENGINES = ("sqlite", "postgresql")
CHILDREN = Path(__file__).parent / "children"

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server; where it cannot run, the suite fails."""
    with run_server() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """A database with an empty ledger."""
    return server.make_template()


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where an empty ledger is to be; what ``open_place`` and the child processes take."""
    if request.param == "sqlite":
        yield f"sqlite:{tmp_path / 'studio daten' / 'ledger.sqlite'}"
        return
    server: Server = request.getfixturevalue("server")
    name = server.make_database(request.getfixturevalue("template"))
    yield f"{tmp_path / 'checkpoints'}|{server.address(name)}"
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def open_again(place: str) -> Iterator[Callable[[], SqlLedger]]:
    """Open the same ledger once more, as another program would."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(closing(open_place(place)))


@pytest.fixture
def ledger(open_again: Callable[[], SqlLedger]) -> SqlLedger:
    """An empty, open ledger."""
    return open_again()


@pytest.fixture
def start_child(place: str, pytestconfig: pytest.Config) -> Iterator[Start]:
    """Start one of the scripts in ``children`` on the same ledger, as a process of its own."""
    root = pytestconfig.rootpath
    started: list[subprocess.Popen[str]] = []

    def start(script: str, *arguments: str) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, str(CHILDREN / script), place, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests" / "support")])},
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
