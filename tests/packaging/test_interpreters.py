# SPDX-License-Identifier: GPL-3.0-or-later
"""Interpreters are found wherever a machine keeps them, and what is broken drops out."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.interpreters import (
    Interpreter,
    Interpreters,
    choose,
    explain_missing,
    list_candidates,
    probe,
)

ANSWER = {
    "version": "3.11",
    "full": "3.11.9",
    "release": True,
    "executable": "/somewhere/python3.11",
    "cpython": True,
    "bits": 64,
    "gil": True,
    "missing": [],
    "ensurepip": True,
    "pip": True,
}


def make_fake(path: Path, *, code: int = 0, says: str | None = None, **changes: object) -> Path:
    """Write a script that answers the probe as an interpreter would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**ANSWER, "executable": str(path), **changes}) if says is None else says
    path.write_text(f"import sys\nprint({text!r})\nsys.exit({code})\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def probe_fake(path: Path) -> Interpreter | None:
    return probe([sys.executable, str(path)])


def list_paths(env: dict[str, str], home: Path, root: Path, *, current: str = "") -> list[str]:
    return [command[0] for command in list_candidates(env, home, current=current, system_root=root)]


@pytest.mark.parametrize(
    "place",
    [
        "home/.pyenv/versions/3.13.0/bin/python3",
        "home/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3",
        "home/.asdf/installs/python/3.13.1/bin/python3",
        "home/.local/share/mise/installs/python/3.13/bin/python3",
        "home/miniconda3/envs/studio/bin/python3",
        "root/opt/python3.13/bin/python3",
        "root/opt/python/cp313-cp313/bin/python3",
        "root/opt/hostedtoolcache/Python/3.13.1/x64/bin/python3",
        "root/opt/homebrew/bin/python3.13",
        "root/opt/homebrew/opt/python@3.13/bin/python3.13",
        "root/usr/local/bin/python3.13",
        "root/Library/Frameworks/Python.framework/Versions/3.13/bin/python3",
    ],
)
def test_a_usual_place_is_looked_into(tmp_path: Path, place: str) -> None:
    fake = make_fake(tmp_path / place)
    assert list_paths({}, tmp_path / "home", tmp_path / "root") == [str(fake)]


def test_the_running_interpreter_comes_first_then_path_then_the_rest(tmp_path: Path) -> None:
    current = make_fake(tmp_path / "current" / "python")
    on_path = make_fake(tmp_path / "bin" / "python3.11")
    general = make_fake(tmp_path / "bin" / "python3")
    managed = make_fake(tmp_path / "home/.pyenv/versions/3.11.7/bin/python3")
    found = list_paths(
        {"PATH": str(tmp_path / "bin")}, tmp_path / "home", tmp_path / "root", current=str(current)
    )
    assert found == [str(current), str(on_path), str(general), str(managed)]


def test_variables_move_the_version_managers(tmp_path: Path) -> None:
    pyenv = make_fake(tmp_path / "elsewhere/versions/3.11.1/bin/python3")
    uv = make_fake(tmp_path / "uv/cpython-3.13/bin/python3")
    env = {"PYENV_ROOT": str(tmp_path / "elsewhere"), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "uv")}
    assert list_paths(env, tmp_path / "home", tmp_path / "root") == [str(pyenv), str(uv)]


def test_one_file_is_tried_once(tmp_path: Path) -> None:
    fake = make_fake(tmp_path / "bin" / "python3")
    env = {"PATH": os.pathsep.join([str(tmp_path / "bin")] * 2)}
    assert list_paths(env, tmp_path / "home", tmp_path / "root", current=str(fake)) == [str(fake)]


def test_folders_and_dead_links_are_no_candidates(tmp_path: Path) -> None:
    (tmp_path / "bin" / "python3.11").mkdir(parents=True)
    (tmp_path / "bin" / "python3.13").symlink_to(tmp_path / "gone")
    env = {"PATH": str(tmp_path / "bin")}
    assert list_paths(env, tmp_path / "home", tmp_path / "root") == []


def test_an_empty_machine_has_no_candidates(tmp_path: Path) -> None:
    assert list_paths({}, tmp_path / "home", tmp_path / "root") == []


def test_the_windows_launcher_is_asked_for_each_version(tmp_path: Path) -> None:
    make_fake(tmp_path / "bin" / "py")
    found = list_candidates(
        {"PATH": str(tmp_path / "bin")},
        tmp_path / "home",
        current="",
        system_root=tmp_path / "root",
        windows=True,
    )
    assert found == [["py", "-3.11"], ["py", "-3.13"]]


def test_windows_installations_are_found(tmp_path: Path) -> None:
    installed = make_fake(tmp_path / "local/Programs/Python/Python311/python.exe")
    env = {"LOCALAPPDATA": str(tmp_path / "local")}
    found = list_candidates(env, tmp_path / "home", current="", system_root=tmp_path / "root", windows=True)
    assert [str(installed)] in found


def test_the_real_interpreter_answers() -> None:
    answer = probe([sys.executable])
    assert answer is not None
    assert answer.version == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert answer.problem == ""


def test_a_shim_that_points_nowhere_drops_out(tmp_path: Path) -> None:
    shim = make_fake(tmp_path / "python3.13", code=127, says="pyenv: python3.13: command not found")
    assert probe_fake(shim) is None


@pytest.mark.parametrize("says", ["", "not json", "[]", '"text"', "{}", "null"])
def test_what_does_not_answer_like_a_python_drops_out(tmp_path: Path, says: str) -> None:
    assert probe_fake(make_fake(tmp_path / "python3", says=says)) is None


def test_a_right_answer_with_a_bad_exit_code_drops_out(tmp_path: Path) -> None:
    assert probe_fake(make_fake(tmp_path / "python3", code=3)) is None


def test_what_does_not_exist_drops_out(tmp_path: Path) -> None:
    assert probe([str(tmp_path / "nothing")]) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"cpython": False}, "CPython"),
        ({"bits": 32}, "64-bit"),
        ({"gil": False}, "free-threaded"),
        ({"release": False}, "pre-release"),
        ({"missing": ["ssl", "sqlite3"]}, "ssl, sqlite3"),
        ({"ensurepip": False, "pip": False}, "python3-venv"),
    ],
)
def test_an_unusable_interpreter_is_refused_with_its_reason(
    tmp_path: Path, changes: dict[str, object], word: str
) -> None:
    answer = probe_fake(make_fake(tmp_path / "python3", **changes))
    assert answer is not None
    assert word in answer.problem
    chosen, refused = choose([answer])
    assert chosen == {}
    assert word in refused["3.11"]
    assert word in explain_missing("3.11", refused)


def test_pip_alone_is_enough_where_ensurepip_is_missing(tmp_path: Path) -> None:
    answer = probe_fake(make_fake(tmp_path / "python3", ensurepip=False))
    assert answer is not None
    assert (answer.problem, answer.has_ensurepip) == ("", False)


def test_the_first_usable_one_of_each_version_is_chosen() -> None:
    def named(name: str, version: str, problem: str = "") -> Interpreter:
        return Interpreter(Path(name), version, f"{version}.1", has_ensurepip=True, problem=problem)

    broken, good, second = named("a", "3.11", "it is broken"), named("b", "3.11"), named("c", "3.11")
    other, unsupported = named("d", "3.13"), named("e", "3.12")
    chosen, refused = choose([unsupported, broken, good, second, other])
    assert chosen == {"3.11": good, "3.13": other}
    assert refused == {"3.11": "a was refused: it is broken"}


def test_what_is_missing_is_said_in_one_sentence_with_what_to_do() -> None:
    sentence = explain_missing("3.13", {})
    assert sentence.startswith("Python 3.13 was not found")
    assert sentence.count(". ") == 0
    assert "install it" in sentence


def test_this_machine_has_the_interpreter_that_runs_this() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreters = Interpreters()
    found = interpreters.require(version)
    assert found.version == version
    assert not [sentence for sentence in interpreters.name_missing() if version in sentence]


def test_a_version_that_nobody_has_raises_with_what_to_do() -> None:
    with pytest.raises(BuildError, match=r"Python 3\.2 was not found"):
        Interpreters().require("3.2")
