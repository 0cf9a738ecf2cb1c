"""The command line against the sandbox marketplaces, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess, start_sandbox
from shells import Shell, open_shell


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox for this module."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def shell(sandbox: SandboxProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """An empty ledger, the sandbox's keys, and empty books."""
    return open_shell(sandbox, tmp_path, capsys)
