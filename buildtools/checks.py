# SPDX-License-Identifier: GPL-3.0-or-later
"""The group `lint`: ruff, and mypy on trees where it can see the package by its real name.

mypy cannot take the checkout itself for the package (its folder may have any name), so it gets the staged
tree, and for the tools and the sandbox a second one beside it.
"""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

from . import console
from .layout import EXTENSION_ID
from .results import Outcome
from .stage import stage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .environments import Environment
    from .layout import Layout

LINES_SHOWN = 18
TOOL_SOURCES = ("build.py", "buildtools", "sandbox", "core")


def stage_tools(layout: Layout) -> Path:
    """Copy the tools, and the core that they import, to a tree without a package at its root."""
    folder = layout.build / "stage-tools"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in TOOL_SOURCES:
        source = layout.root / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=ignore)
        elif source.is_file():
            shutil.copyfile(source, folder / name)
    return folder


def run_lint(layout: Layout, environment: Environment, log: Path) -> Outcome:
    """Run every checker, also after one has failed, with all they say in one log."""
    began = time.monotonic()
    ruff: list[str | Path] = [environment.python, "-m", "ruff"]
    # No cache: staged files all carry one time, by which mypy would take a changed file for the old one.
    mypy: list[str | Path] = [
        environment.python, "-m", "mypy", "--strict", "--no-incremental", "--cache-dir", os.devnull,
        "--config-file", layout.root / "pyproject.toml",
    ]  # fmt: skip
    steps: list[tuple[str, Callable[[], tuple[list[str | Path], Path]]]] = [
        (
            "ruff check",
            lambda: ([*ruff, "check", "--no-cache", "--output-format", "concise", "."], layout.root),
        ),
        ("ruff format", lambda: ([*ruff, "format", "--no-cache", "--check", "."], layout.root)),
        (
            "mypy on the staged tree",
            lambda: (
                [*mypy, EXTENSION_ID],
                stage(layout).parent,
            ),
        ),
        (
            "mypy on the tools",
            lambda: (
                [
                    *mypy,
                    "-m",
                    "build",
                    "-p",
                    "buildtools",
                    "-p",
                    "sandbox",
                ],
                stage_tools(layout),
            ),
        ),
    ]
    said: list[str] = []
    ends: list[str] = []
    problems: list[str] = []
    for name, prepare in steps:
        try:
            command, cwd = prepare()
            code, text = console.capture(command, cwd=cwd, timeout_s=1200.0)
        except console.BuildError as error:
            code, text = 1, str(error)
        said.append(f"== {name} (exit code {code})\n{text}")
        if code != 0:
            problems.append(f"failed: {name}")
            ends += [f"== {name}", *text.splitlines()[-LINES_SHOWN:]]
    log.parent.mkdir(parents=True, exist_ok=True)
    # What failed comes last, and short, since the end of a log is what is shown.
    log.write_text("\n".join([*said, *(["", "==== in short", *ends] if ends else [])]), encoding="utf-8")
    return Outcome(
        group="lint",
        passed=len(steps) - len(problems),
        failed=len(problems),
        time_s=time.monotonic() - began,
        problems=tuple(problems),
    )
