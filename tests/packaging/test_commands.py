# SPDX-License-Identifier: GPL-3.0-or-later
"""build.py starts anywhere, says what it cannot do, and no test file is left out of the groups."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from buildtools import console
from buildtools.commands import make_parser
from buildtools.console import BuildError
from buildtools.environments import Environments
from buildtools.interpreters import Interpreters
from buildtools.layout import Layout
from buildtools.testing import FAST, GROUPS, TestRun, run_tests

ROOT = Path(__file__).resolve().parents[2]


class NoPython(Interpreters):
    """A machine without any supported Python."""

    def __init__(self) -> None:
        super().__init__({}, Path())

    def _look(self) -> dict[str, object]:  # type: ignore[override]
        return {}


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "build.py", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_help_names_every_command() -> None:
    done = start("--help")
    assert done.returncode == 0
    for name in ("demo", "test", "survival", "package", "repo", "bench", "drill", "sandbox", "stage", "lock"):
        assert f"    {name}" in done.stdout


@pytest.mark.parametrize(
    "arguments", [[], ["nothing"], ["test", "--nothing"], ["package", "--platform", "amiga"]]
)
def test_wrong_usage_ends_with_code_two(arguments: list[str]) -> None:
    done = start(*arguments)
    assert done.returncode == 2
    assert "usage:" in done.stderr


def test_an_unknown_group_is_named_with_the_known_ones() -> None:
    done = start("test", "nothing")
    assert done.returncode == 1
    assert "There is no group nothing" in done.stderr
    assert "core313" in done.stderr


def test_what_runs_the_tests_itself_imports_nothing_but_the_standard_library() -> None:
    inside_blender = {"blender_install.py", "blender_enabled.py", "session_marker.py", "job.py"}
    for path in [ROOT / "build.py", *(ROOT / "buildtools").rglob("*.py")]:
        if path.name in inside_blender:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                assert top in sys.stdlib_module_names or top == "buildtools", f"{path.name}: {name}"
                # Not in 3.9 or 3.10, with which build.py may be started.
                assert top != "tomllib"


def test_every_test_file_belongs_to_a_group() -> None:
    covered = [path for group in GROUPS.values() for path in group.paths]
    by_hand = ("tests/gui", "tests/support", "tests/bench")
    for path in (ROOT / "tests").rglob("test_*.py"):
        name = path.relative_to(ROOT).as_posix()
        assert name.startswith((*covered, *by_hand)), f"{name} is in no group of buildtools/testing.py"


def test_the_groups_are_the_ones_that_are_promised() -> None:
    assert set(GROUPS) == {
        "lint",
        "architecture",
        "core",
        "core313",
        "conformance",
        "sandbox",
        "packaging",
        "blender42",
        "blender45",
        "blender52",
        "drill",
        "extras",
        "walks",
    }
    assert set(FAST) == {"lint", "architecture", "core", "conformance"}


def test_groups_that_cannot_run_are_failures_and_say_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layout = Layout(root=ROOT, build=tmp_path)
    code = run_tests(layout, Environments(layout, NoPython()), ["core", "core313"])
    said = capsys.readouterr().out
    assert code == 1
    assert "Python 3.11 was not found" in said
    assert "Python 3.13 was not found" in said
    assert "these groups cannot run, and count as failed: core313" in said
    assert said.splitlines()[-1] == "0 passed, 2 failed, 0 skipped"


def test_running_nothing_is_a_failure(tmp_path: Path) -> None:
    layout = Layout(root=ROOT, build=tmp_path)
    assert TestRun(layout, Environments(layout, NoPython())).run([]) is False


def test_a_child_sees_no_other_python_and_no_other_blender(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "BLENDER_USER_RESOURCES", "CLEARANCE_DATA_DIR"):
        monkeypatch.setenv(name, "elsewhere")
    names = set(console.child_environment({"CLEARANCE_ZIP": "x"}))
    assert not names & {
        "PYTHONPATH",
        "PYTHONHOME",
        "VIRTUAL_ENV",
        "BLENDER_USER_RESOURCES",
        "CLEARANCE_DATA_DIR",
    }
    assert {"PATH", "CLEARANCE_ZIP", "PYTHONNOUSERSITE"} <= names


def test_a_child_that_takes_too_long_is_ended_with_its_own_children(tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    grandchild = f"import time, pathlib; time.sleep(3); pathlib.Path({str(witness)!r}).touch()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    log = tmp_path / "log"
    code = console.run([sys.executable, "-c", child], cwd=tmp_path, log=log, timeout_s=0.5)
    assert code == 124
    assert "ended after" in log.read_text(encoding="utf-8")
    waiting = subprocess.run([sys.executable, "-c", "import time; time.sleep(4)"], check=True)
    assert waiting.returncode == 0
    assert not witness.exists()


def test_a_failed_step_says_what_the_child_said(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('the reason'); raise SystemExit(3)"]
    with pytest.raises(BuildError, match=r"Trying failed with exit code 3:\nthe reason"):
        console.check(command, cwd=tmp_path, what="Trying")


def test_arguments_of_the_passed_on_commands_arrive() -> None:
    options, rest = make_parser().parse_known_args(["sandbox", "--port", "8000"])
    assert (options.command, rest) == ("sandbox", ["--port", "8000"])


def test_the_ci_entry_runs_the_whole_suite() -> None:
    path = ROOT / ".ci" / "run"
    assert "build.py test" in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o111
