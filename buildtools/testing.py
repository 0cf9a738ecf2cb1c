# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the groups of tests, two at a time, each in the environment that it is for.

A group that could not run is a failed one: nothing here turns a missing interpreter, an empty group or a
skipped test into green.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import checks, console
from .console import BuildError, say
from .environments import BPY_42, BPY_45, BPY_52, CORE_313, DEV, EXTRAS, Environments, Recipe
from .install import install_zip, profile_environment
from .node import ensure_node_tools
from .package import package
from .results import Outcome, format_table, judge
from .sandbox import ensure_models

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .layout import Layout

AT_ONCE = 2
GROUP_LIMIT_S = 2400.0


@dataclass(frozen=True)
class Group:
    """Some tests and the environment that they run in."""

    name: str
    recipe: Recipe
    paths: tuple[str, ...] = ()
    needs_zip: bool = False
    needs_profile: bool = False
    needs_blenders: bool = False
    needs_node: bool = False


# Long ones first, so that the two lanes end at about the same time.
GROUPS = {
    group.name: group
    for group in (
        Group("lint", DEV),
        Group("blender52", BPY_52, ("tests/blender",), needs_zip=True, needs_profile=True, needs_node=True),
        Group("core", DEV, ("tests/core",), needs_blenders=True),
        Group("blender45", BPY_45, ("tests/blender",), needs_zip=True, needs_profile=True, needs_node=True),
        Group("drill", DEV, ("tests/drill",)),
        Group("blender42", BPY_42, ("tests/blender",), needs_zip=True, needs_profile=True, needs_node=True),
        Group("core313", CORE_313, ("tests/core",), needs_blenders=True),
        Group("conformance", DEV, ("tests/conformance",)),
        Group("sandbox", DEV, ("tests/sandbox",)),
        Group("walks", DEV, ("tests/walks",)),
        Group("extras", EXTRAS, ("tests/extras",)),
        Group("packaging", DEV, ("tests/packaging",), needs_zip=True),
        Group("architecture", DEV, ("tests/architecture", "tests/test_architecture.py")),
    )
}
FAST = ("lint", "core", "conformance", "architecture")


def note_path(layout: Layout, group: str) -> Path:
    """Name the file in which the rows of the survival table note what came out."""
    return layout.results / f"{group}.survival.jsonl"


class TestRun:
    """One run of some groups."""

    __test__ = False

    def __init__(
        self, layout: Layout, environments: Environments, *, keyword: str = "", is_fast: bool = False
    ) -> None:
        self._layout = layout
        self._environments = environments
        self._keyword = keyword
        self._is_fast = is_fast
        self._models_lock = threading.Lock()
        self._zip: Path | None = None
        self._zip_lock = threading.Lock()

    def run(self, names: Sequence[str]) -> bool:
        """Run groups, print the table, and tell whether all is green."""
        self._layout.results.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
            futures = [pool.submit(self._run_safely, GROUPS[name]) for name in names]
            outcomes = [future.result() for future in futures]
        for line in format_table(outcomes):
            say(line)
        return all(item.is_green for item in outcomes) and sum(item.passed for item in outcomes) > 0

    def _run_safely(self, group: Group) -> Outcome:
        """Run a group; whatever stops it becomes its outcome."""
        log = self._layout.results / f"{group.name}.log"
        log.unlink(missing_ok=True)
        began = time.monotonic()
        try:
            outcome = self._run_group(group, log)
        except BuildError as error:
            outcome = Outcome(
                group=group.name,
                failed=1,
                time_s=time.monotonic() - began,
                problems=(f"could not run: {error}",),
            )
        verdict = "passed" if outcome.is_green else "FAILED"
        counts = f"{outcome.passed} passed, {outcome.failed} failed, {outcome.skipped} skipped"
        say(f"{group.name}: {verdict} ({counts}, {outcome.time_s:.0f} s)")
        if not outcome.is_green and log.is_file():
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            say(
                "\n".join(
                    [f"---- the end of {log.relative_to(self._layout.build.parent)}", *lines[-80:], "----"]
                )
            )
        return outcome

    def _run_group(self, group: Group, log: Path) -> Outcome:
        environment = self._environments.ensure(group.recipe)
        variables = self._prepare_variables(group)
        say(f"{group.name}: running ...")
        if group.name == "lint":
            return checks.run_lint(self._layout, environment, log)
        paths = [path for path in group.paths if (self._layout.root / path).exists()]
        if not paths:
            message = f"there is no {' or '.join(group.paths)}"
            raise BuildError(message)
        xml_path = self._layout.results / f"{group.name}.xml"
        marker_path = self._layout.results / f"{group.name}.finished.json"
        for path in (xml_path, marker_path):
            path.unlink(missing_ok=True)
        variables["CLEARANCE_SESSION_MARKER"] = str(marker_path)
        command: list[str | Path] = [
            environment.python, "-m", "pytest", "-W", "error", "-p", "no:cacheprovider",
            "-p", "buildtools.session_marker", "--junitxml", xml_path,
            "--basetemp", self._scratch(group) / "pytest", *paths,
        ]  # fmt: skip
        if self._keyword:
            command += ["-k", self._keyword]
        began = time.monotonic()
        code = console.run(command, cwd=self._layout.root, env=variables, log=log, timeout_s=GROUP_LIMIT_S)
        return judge(
            group.name,
            xml=xml_path.read_text(encoding="utf-8") if xml_path.is_file() else None,
            session_status=_read_status(marker_path),
            exit_code=code,
            time_s=time.monotonic() - began,
            may_crash_at_exit=bool(group.recipe.blender),
            may_be_empty=bool(self._keyword),
        )

    def _scratch(self, group: Group) -> Path:
        return self._layout.build / "tmp" / group.name

    def _prepare_variables(self, group: Group) -> dict[str, str]:
        """Give a group's children their own profile and data, and what they may ask for by name."""
        scratch = self._scratch(group)
        shutil.rmtree(scratch, ignore_errors=True)
        profile = scratch / "profile"
        profile.mkdir(parents=True)
        variables = {**profile_environment(profile), "CLEARANCE_DATA_DIR": str(scratch / "data")}
        if group.needs_zip:
            variables["CLEARANCE_ZIP"] = str(self._ensure_zip())
            blender = self._environments.ensure_newest_blender()
            variables["CLEARANCE_BPY_PYTHON"] = str(blender.python)
        if group.needs_blenders:
            variables["CLEARANCE_BPY_PYTHONS"] = os.pathsep.join(
                str(self._environments.ensure(recipe).python) for recipe in self._list_blenders()
            )
        if group.needs_profile:
            note_path(self._layout, group.name).unlink(missing_ok=True)
            variables["CLEARANCE_SURVIVAL_TABLE"] = str(note_path(self._layout, group.name))
            variables["CLEARANCE_SURVIVAL_PYTHONS"] = self._name_ready_blenders()
            environment = self._environments.ensure(group.recipe)
            install_zip(self._layout, environment, self._ensure_zip(), profile)
            server = self._environments.ensure(DEV if group.recipe.python == DEV.python else CORE_313)
            variables["CLEARANCE_SANDBOX_PYTHON"] = str(server.python)
            variables["CLEARANCE_SANDBOX_MODELS"] = str(self._ensure_models())
        if group.needs_node:
            variables.update(self._find_node())
        return variables

    def _find_node(self) -> dict[str, str]:
        """Name Node and its tools, or say why there are none: the few tests that need them fail with it."""
        try:
            tools = ensure_node_tools(self._layout)
        except BuildError as error:
            return {"CLEARANCE_NODE_PROBLEM": str(error)}
        return {"CLEARANCE_NODE": tools.node, "CLEARANCE_NODE_MODULES": str(tools.modules)}

    def _list_blenders(self) -> list[Recipe]:
        """List the Blenders that this machine's Pythons can run; a short run asks only the newest."""
        if self._is_fast:
            return [self._environments.ensure_newest_blender().recipe]
        return [
            recipe
            for recipe in (BPY_42, BPY_45, BPY_52)
            if self._environments.is_ready(recipe) or self._environments.interpreters.find(recipe.python)
        ]

    def _name_ready_blenders(self) -> str:
        """Name the Blenders that are here already, for rows that go through another: ``4.2=PATH:…``."""
        ready = [recipe for recipe in (BPY_42, BPY_45, BPY_52) if self._environments.is_ready(recipe)]
        return os.pathsep.join(
            f"{recipe.blender}={self._environments.ensure(recipe).python}" for recipe in ready
        )

    def _ensure_models(self) -> Path:
        """Have the sandbox's models made by the oldest Blender there is: every newer one opens them."""
        with self._models_lock:
            return ensure_models(self._layout, self._environments.ensure(self._list_blenders()[0]))

    def _ensure_zip(self) -> Path:
        """Build this machine's zip once in a run."""
        with self._zip_lock:
            if self._zip is None:
                blender = self._environments.ensure_newest_blender()
                (self._zip,) = package(
                    self._layout, blender, platforms=["current"], folder=self._layout.build / "tmp" / "zip"
                )
            return self._zip


def _read_status(marker_path: Path) -> int | None:
    try:
        return int(json.loads(marker_path.read_text(encoding="utf-8"))["exit_status"])
    except (OSError, ValueError, KeyError):
        return None


def run_tests(
    layout: Layout, environments: Environments, names: Sequence[str], *, fast: bool = False, keyword: str = ""
) -> int:
    """Run the named groups, or the fast ones, or all, and give the exit code."""
    unknown = [name for name in names if name not in GROUPS]
    if unknown:
        message = f"There is no group {', '.join(unknown)}; the groups are {', '.join(GROUPS)}."
        raise BuildError(message)
    chosen = list(names) or list(FAST if fast else GROUPS)
    for sentence in environments.interpreters.name_missing():
        blocked = [
            name
            for name in chosen
            if GROUPS[name].recipe.python in sentence and not environments.is_ready(GROUPS[name].recipe)
        ]
        if blocked:
            say(f"{sentence} Until then these groups cannot run, and count as failed: {', '.join(blocked)}.")
    return 0 if TestRun(layout, environments, keyword=keyword, is_fast=fast).run(chosen) else 1
