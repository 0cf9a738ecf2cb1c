# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the Python interpreters of a machine wherever it keeps them.

Candidates are only guesses: each is run once and asked what it is, so shims that point nowhere, the Windows
store's placeholders and broken installations drop out by themselves. Nothing is installed here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .console import BuildError, child_environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PYTHON_311 = "3.11"
PYTHON_313 = "3.13"
SUPPORTED = (PYTHON_311, PYTHON_313)

_PROBE = """
import json, struct, sys, sysconfig
def has(name):
    try:
        __import__(name)
    except Exception:
        return False
    return True
print(json.dumps({
    "version": "%d.%d" % sys.version_info[:2],
    "full": "%d.%d.%d" % sys.version_info[:3],
    "release": sys.version_info[3] == "final",
    "executable": sys.executable,
    "cpython": sys.implementation.name == "cpython",
    "bits": struct.calcsize("P") * 8,
    "gil": not sysconfig.get_config_var("Py_GIL_DISABLED"),
    "missing": [name for name in ("venv", "ssl", "sqlite3", "zlib", "ctypes") if not has(name)],
    "ensurepip": has("ensurepip"),
    "pip": has("pip"),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """One interpreter that answered, and whether environments can be made from it."""

    executable: Path
    version: str
    full_version: str
    has_ensurepip: bool
    problem: str = ""


def _glob(base: Path, pattern: str) -> Iterator[Path]:
    """Yield what matches below a folder, newest first; one that cannot be read yields nothing."""
    try:
        found = sorted(base.glob(pattern), reverse=True)
    except OSError:
        return
    yield from found


def _candidates_in_path(search_path: str, *, windows: bool) -> Iterator[Path]:
    suffix = ".exe" if windows else ""
    names = [f"python{version}{suffix}" for version in SUPPORTED] + [f"python3{suffix}", f"python{suffix}"]
    folders = [Path(part) for part in search_path.split(os.pathsep) if part]
    for name in names:
        for folder in folders:
            yield folder / name


def _candidates_in_homes(env: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Yield what version managers keep in a user's home."""
    pyenv = Path(env["PYENV_ROOT"]) if env.get("PYENV_ROOT") else home / ".pyenv"
    data = Path(env["XDG_DATA_HOME"]) if env.get("XDG_DATA_HOME") else home / ".local" / "share"
    uv = Path(env["UV_PYTHON_INSTALL_DIR"]) if env.get("UV_PYTHON_INSTALL_DIR") else data / "uv" / "python"
    for base in (
        pyenv / "versions",
        uv,
        Path(env["ASDF_DATA_DIR"]) / "installs/python"
        if env.get("ASDF_DATA_DIR")
        else home / ".asdf/installs/python",
        data / "mise" / "installs" / "python",
        home / "miniconda3" / "envs",
        home / "anaconda3" / "envs",
        home / "miniforge3" / "envs",
    ):
        yield from _glob(base, "*/bin/python3")
        yield from _glob(base, "*/python.exe")
    if env.get("APPDATA"):
        yield from _glob(Path(env["APPDATA"]) / "uv" / "python", "*/python.exe")
    yield from _glob(home / ".pyenv" / "pyenv-win" / "versions", "*/python.exe")


def _candidates_in_system(env: Mapping[str, str], system_root: Path) -> Iterator[Path]:
    """Yield what installers put into a system's usual places."""
    for cache in ("RUNNER_TOOL_CACHE", "AGENT_TOOLSDIRECTORY"):
        if env.get(cache):
            yield from _glob(Path(env[cache]), "Python/*/*/bin/python3")
            yield from _glob(Path(env[cache]), "Python/*/*/python.exe")
    for version in SUPPORTED:
        for prefix in ("usr", "usr/local", "opt/homebrew", "home/linuxbrew/.linuxbrew"):
            yield system_root / prefix / "bin" / f"python{version}"
        for prefix in ("usr/local", "opt/homebrew", "home/linuxbrew/.linuxbrew"):
            yield system_root / prefix / "opt" / f"python@{version}" / "bin" / f"python{version}"
        yield system_root / "Library/Frameworks/Python.framework/Versions" / version / "bin" / "python3"
    for pattern in ("python*/bin/python3", "python/*/bin/python3", "hostedtoolcache/Python/*/*/bin/python3"):
        yield from _glob(system_root / "opt", pattern)
    for variable in ("LOCALAPPDATA", "ProgramFiles", "SystemDrive"):
        if env.get(variable):
            base = Path(env[variable] + ("\\" if variable == "SystemDrive" else ""))
            yield from _glob(base, "Programs/Python/Python3*/python.exe")
            yield from _glob(base, "Python3*/python.exe")


def list_candidates(
    env: Mapping[str, str], home: Path, *, current: str, system_root: Path = Path("/"), windows: bool = False
) -> list[list[str]]:
    """List the commands that may be an interpreter, likeliest first, each file once.

    The running interpreter comes first, then PATH, the version managers, the system's places, and on
    Windows the `py` launcher, which is asked for each version.
    """
    paths: list[Path] = [Path(current)] if current else []
    paths += _candidates_in_path(env.get("PATH", ""), windows=windows)
    paths += _candidates_in_homes(env, home)
    paths += _candidates_in_system(env, system_root)
    commands: list[list[str]] = []
    seen: set[Path] = set()
    for path in paths:
        try:
            if not path.is_file():
                continue
            # A virtual environment's python is a link to another one's, and still a different interpreter;
            # a shim folder holds the same script under many names, each of which answers differently. So
            # only equal names in equal folders are the same.
            key = path.parent.resolve() / path.name
        except OSError:
            continue
        if key not in seen:
            seen.add(key)
            commands.append([str(path)])
    if windows and shutil.which("py", path=env.get("PATH", "")):
        commands += [["py", f"-{version}"] for version in SUPPORTED]
    return commands


def probe(command: list[str]) -> Interpreter | None:
    """Run a candidate and ask what it is; None when it does not answer like a Python."""
    try:
        done = subprocess.run(
            [*command, "-I", "-c", _PROBE],
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        answer = json.loads(done.stdout.decode("utf-8", errors="replace").strip().splitlines()[-1])
    except (OSError, subprocess.TimeoutExpired, ValueError, IndexError):
        return None
    if done.returncode != 0 or not isinstance(answer, dict) or not answer.get("executable"):
        return None
    return Interpreter(
        executable=Path(answer["executable"]),
        version=answer["version"],
        full_version=answer["full"],
        has_ensurepip=answer["ensurepip"],
        problem=_name_problem(answer),
    )


def _name_problem(answer: Mapping[str, object]) -> str:
    """Say why an interpreter cannot be used, or nothing."""
    if not answer["cpython"]:
        return "it is not CPython"
    if answer["bits"] != 64:
        return "it is not a 64-bit build"
    if not answer["gil"]:
        return "it is a free-threaded build"
    if not answer["release"]:
        return "it is a pre-release"
    missing = answer["missing"]
    if isinstance(missing, list) and missing:
        return "its standard library lacks " + ", ".join(str(name) for name in missing)
    if not answer["ensurepip"] and not answer["pip"]:
        return "it has neither ensurepip nor pip (on Debian and Ubuntu: install python3-venv)"
    return ""


def choose(found: Iterable[Interpreter]) -> tuple[dict[str, Interpreter], dict[str, str]]:
    """Pick one usable interpreter for each supported version, and say why others were refused."""
    chosen: dict[str, Interpreter] = {}
    refused: dict[str, str] = {}
    for interpreter in found:
        if interpreter.version not in SUPPORTED:
            continue
        if interpreter.problem:
            refused.setdefault(
                interpreter.version, f"{interpreter.executable} was refused: {interpreter.problem}"
            )
        elif interpreter.version not in chosen:
            chosen[interpreter.version] = interpreter
    return chosen, refused


def explain_missing(version: str, refused: Mapping[str, str]) -> str:
    """Say in one sentence that a Python is missing and what to do."""
    seen = f" ({refused[version]})" if version in refused else ""
    return (
        f"Python {version} was not found on this machine{seen}: install it from python.org, the system's "
        f"package manager, pyenv or uv, so that `python{version}` starts it, and run this again."
    )


class Interpreters:
    """The interpreters of this machine, looked for once, when first asked."""

    def __init__(self, env: Mapping[str, str] | None = None, home: Path | None = None) -> None:
        self._env = os.environ if env is None else env
        self._home = Path.home() if home is None else home
        self._chosen: dict[str, Interpreter] | None = None
        self._refused: dict[str, str] = {}

    def _look(self) -> dict[str, Interpreter]:
        if self._chosen is None:
            commands = list_candidates(
                self._env, self._home, current=sys.executable, windows=sys.platform == "win32"
            )
            found: list[Interpreter] = []
            for command in commands:
                interpreter = probe(command)
                if interpreter is not None:
                    found.append(interpreter)
                usable = {item.version for item in found if not item.problem}
                if usable.issuperset(SUPPORTED):
                    break
            self._chosen, self._refused = choose(found)
        return self._chosen

    def find(self, version: str) -> Interpreter | None:
        """Give the interpreter of a version, or None."""
        return self._look().get(version)

    def require(self, version: str) -> Interpreter:
        """Give the interpreter of a version; raises BuildError with what to do when there is none."""
        interpreter = self.find(version)
        if interpreter is None:
            raise BuildError(explain_missing(version, self._refused))
        return interpreter

    def require_any(self) -> Interpreter:
        """Give the newest supported interpreter there is; raises BuildError when there is none."""
        for version in reversed(SUPPORTED):
            interpreter = self.find(version)
            if interpreter is not None:
                return interpreter
        message = (
            " ".join(explain_missing(version, self._refused) for version in SUPPORTED)
            + " One of them is enough here."
        )
        raise BuildError(message)

    def name_missing(self) -> list[str]:
        """One sentence for each supported version that is missing."""
        chosen = self._look()
        return [explain_missing(version, self._refused) for version in SUPPORTED if version not in chosen]
