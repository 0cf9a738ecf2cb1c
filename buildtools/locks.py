# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the locks and read them.

A lock names each package's exact version, the machines it is for, and the hashes of all its files, and no
place to fetch them from: that is the business of whoever runs pip.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .environments import find_python

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .interpreters import Interpreter
    from .layout import Layout

# In this order: each lock is a constraint of those after it.
LOCKS = {
    "extension": "3.11",
    "core": "3.11",
    "dev": "3.11",
    "bpy42": "3.11",
    "bpy45": "3.11",
    "bpy52": "3.13",
    "extras": "3.11",
}

_HEADER = "# Made by `python3 build.py lock` from {name}.in: change that file, not this one.\n"


@dataclass(frozen=True)
class Requirement:
    """One locked package: exact version, marker text, hashes as `sha256:…`."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]

    @property
    def pinned(self) -> str:
        """The requirement as pip reads it, with its hashes and without its marker."""
        return " ".join([f"{self.name}=={self.version}", *(f"--hash={value}" for value in self.hashes)])


_LINE = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)==(?P<version>[^\s;]+)(?:\s*;\s*(?P<marker>.*?))?$")


def read_lock(text: str) -> list[Requirement]:
    """Read a lock's requirements; raises BuildError on a line that is not pinned and hashed."""
    requirements: list[Requirement] = []
    for line in text.replace("\\\n", " ").splitlines():
        content = line.split("#", 1)[0].strip()
        if not content:
            continue
        head, *rest = re.split(r"\s+--hash=", content)
        match = _LINE.match(head.strip())
        if match is None or not rest:
            message = f"a line of a lock is not pinned with hashes: {content[:80]}"
            raise BuildError(message)
        requirements.append(
            Requirement(
                name=match["name"],
                version=match["version"],
                marker=(match["marker"] or "").strip(),
                hashes=tuple(value.strip() for value in rest),
            )
        )
    return requirements


def _compare(left: str, operator: ast.cmpop, right: str, *, by_version: bool) -> bool:
    """Compare two marker values, versions by their numbers and everything else as text."""
    first: tuple[int, ...] | str = left
    second: tuple[int, ...] | str = right
    if by_version:
        first = tuple(int(part) for part in left.split("."))
        second = tuple(int(part) for part in right.split(".") if part != "*")
        first = first[: len(second)] if "*" in right else first + (0,) * (len(second) - len(first))
        second += (0,) * (len(first) - len(second))
    if isinstance(operator, ast.Eq):
        return first == second
    if isinstance(operator, ast.NotEq):
        return first != second
    if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)) and by_version:
        if first == second:
            return isinstance(operator, (ast.LtE, ast.GtE))
        is_less = first < second  # type: ignore[operator]  # both are tuples of numbers here
        return is_less == isinstance(operator, (ast.Lt, ast.LtE))
    message = f"a marker uses a comparison that is not understood: {left} {type(operator).__name__} {right}"
    raise BuildError(message)


def evaluate_marker(marker: str, machine: Mapping[str, str]) -> bool:
    """Decide whether a locked package is for a machine; no marker means every machine.

    Markers are written like Python comparisons, so Python's own parser takes them apart; nothing is
    executed. pip itself asks markers of the machine that it runs on, which is the wrong one when wheels are
    fetched for another.
    """

    def decide(node: ast.expr) -> bool:
        if isinstance(node, ast.BoolOp):
            answers = [decide(value) for value in node.values]
            return all(answers) if isinstance(node.op, ast.And) else any(answers)
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and isinstance(node.left, ast.Name)
            and isinstance(node.comparators[0], ast.Constant)
        ):
            name = node.left.id
            if name in machine:
                by_version = name.startswith("python_")
                return _compare(
                    machine[name], node.ops[0], str(node.comparators[0].value), by_version=by_version
                )
        message = f"a lock's marker is not understood: {marker}"
        raise BuildError(message)

    return not marker or decide(ast.parse(marker, mode="eval").body)


def _name_registry(python: Path, root: Path) -> list[str]:
    """Tell the resolver to ask the registry that this machine's pip asks first.

    Further registries and folders of a machine are left out: they may hold files for that machine alone,
    and a lock needs the hashes of every platform's files.
    """
    _, text = console.capture([python, "-I", "-m", "pip", "config", "list"], cwd=root)
    for line in text.splitlines():
        key, _, value = line.partition("=")
        if key.strip().rpartition(".")[2] == "index-url":
            return ["--default-index", value.strip().strip("'\"")]
    return []


def write_locks(layout: Layout, interpreter: Interpreter, *, upgrade: bool) -> None:
    """Resolve every requirements/*.in anew; without `upgrade`, pins that still fit stay."""
    tool = layout.envs / "lock-tool"
    python = find_python(tool)
    if not python.exists():
        say("making an environment for the resolver ...")
        console.check(
            [interpreter.executable, "-I", "-m", "venv", tool], cwd=layout.root, what="Making an environment"
        )
        console.check(
            [python, "-I", "-m", "pip", "install", "--quiet", "uv"], cwd=layout.root, what="Installing uv"
        )
    options = _name_registry(python, layout.root)
    for name, python_version in LOCKS.items():
        target = layout.requirements / f"{name}.txt"
        command: list[str | Path] = [
            python, "-I", "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--system-certs",
            "--universal", "--python-version", python_version, "--generate-hashes", "--no-header",
            "--no-annotate", "--no-emit-index-url", "--no-emit-find-links", "--only-binary", ":all:",
            "--excludes", "requirements/excludes.in", *options,
            "--output-file", target, f"requirements/{name}.in",
        ]  # fmt: skip
        if upgrade:
            command.append("--upgrade")
        console.check(
            command,
            cwd=layout.root,
            env={"UV_PYTHON": str(interpreter.executable)},
            what=f"Locking {name}.in",
        )
        text = target.read_text(encoding="utf-8")
        target.write_bytes((_HEADER.format(name=name) + text.replace("\r\n", "\n")).encode())
        say(f"requirements/{name}.txt: {len(read_lock(text))} packages")
