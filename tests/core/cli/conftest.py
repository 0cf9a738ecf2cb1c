"""The command line against the sandbox marketplaces, in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess, start_sandbox

from core.cli import run


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, as JSON."""
        return json.loads(self.out)


@dataclass
class Shell:
    """Runs commands with one data folder."""

    environ: dict[str, str]
    capsys: pytest.CaptureFixture[str]

    def run(self, *argv: str, **environ: str) -> Result:
        """Run one command; further variables may be given."""
        self.capsys.readouterr()
        code = run(list(argv), environ={**self.environ, **environ})
        captured = self.capsys.readouterr()
        return Result(code, captured.out, captured.err)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    """A sandbox for this module."""
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def shell(sandbox: SandboxProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """An empty ledger, the sandbox's keys, and empty books."""
    sandbox.reset()
    names = {"consumer_key": "CLIENT_ID", "consumer_secret": "CLIENT_SECRET"}
    keys = {
        f"CLEARANCE_{marketplace.upper()}_{names.get(field, field.upper())}": value
        for marketplace, fields in sandbox.credentials.items()
        for field, value in fields.items()
    }
    return Shell(
        environ={
            **keys,
            "CLEARANCE_DATA_DIR": str(tmp_path / "data"),
            "CLEARANCE_SANDBOX_URL": sandbox.url,
            "CLEARANCE_USER": "ann",
        },
        capsys=capsys,
    )
