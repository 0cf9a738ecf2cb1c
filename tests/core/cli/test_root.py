"""The commands are imported when they are called: the list of them has to be right without that."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import core.cli
from core.cli.root import COMMANDS_OF, cli

ROOT = Path(core.cli.__file__).parents[2]


def test_every_command_is_listed_with_its_module() -> None:
    for module, names in COMMANDS_OF.items():
        commands = import_module(f"core.cli.{module}").COMMANDS
        assert tuple(command.name for command in commands) == names


def test_every_module_with_commands_is_listed() -> None:
    having = {
        path.stem
        for path in Path(core.cli.__file__).parent.glob("*.py")
        if "\nCOMMANDS = (" in path.read_text(encoding="utf-8")
    }
    assert having == set(COMMANDS_OF)


def test_no_command_is_listed_twice() -> None:
    names = [name for some in COMMANDS_OF.values() for name in some]
    assert len(names) == len(set(names))
    assert {name: cli.get_command(None, name).name for name in names} == dict(zip(names, names, strict=True))  # type: ignore[arg-type,union-attr]
    assert cli.get_command(None, "nonsense") is None  # type: ignore[arg-type]


def test_a_scan_imports_no_marketplaces(tmp_path: Path) -> None:
    """It is called for thousands of files, and by every process that reads them."""
    program = (
        "import sys; from core.cli import run; code = run(['--data-dir', sys.argv[1], 'scan', sys.argv[1]]);"
        "print(code, sorted(name for name in sys.modules if name in sys.argv[2:]))"
    )
    heavy = ("core.app", "core.http.client", "core.marketplaces.registry", "core.feeds.catalogue")
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), *heavy],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "0 []"
    assert (tmp_path / "ledger.sqlite").is_file()
