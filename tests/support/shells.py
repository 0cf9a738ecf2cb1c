"""The command line in this process, with one data folder and the sandbox's keys."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess

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


def open_shell(sandbox: SandboxProcess, folder: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a shell with an empty ledger, the sandbox's keys, and empty books."""
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
            "CLEARANCE_DATA_DIR": str(folder / "data"),
            "CLEARANCE_SANDBOX_URL": sandbox.url,
            "CLEARANCE_USER": "ann",
        },
        capsys=capsys,
    )
