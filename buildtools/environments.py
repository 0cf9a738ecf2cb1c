# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the virtual environments from the locks, and reuse them while the locks stay equal.

An environment's folder carries the hash of what it was made from; a file inside it, written last, says that
it is whole. One without that file is never used, and two builds at once wait for each other.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import platform
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from . import console
from .console import BuildError, say
from .interpreters import PYTHON_311, PYTHON_313, Interpreter, Interpreters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .layout import Layout

_COMPLETE = "complete.json"


@dataclass(frozen=True)
class Recipe:
    """What an environment is made from: a lock, and the one Python version that it is for."""

    name: str
    lock: str
    python: str
    blender: str = ""


DEV = Recipe(name="dev", lock="dev.txt", python=PYTHON_311)
CORE_311 = Recipe(name="core311", lock="core.txt", python=PYTHON_311)
CORE_313 = Recipe(name="core313", lock="core.txt", python=PYTHON_313)
EXTRAS = Recipe(name="extras", lock="extras.txt", python=PYTHON_311)
BPY_42 = Recipe(name="bpy42", lock="bpy42.txt", python=PYTHON_311, blender="4.2")
BPY_45 = Recipe(name="bpy45", lock="bpy45.txt", python=PYTHON_311, blender="4.5")
BPY_52 = Recipe(name="bpy52", lock="bpy52.txt", python=PYTHON_313, blender="5.2")

RECIPES = {recipe.name: recipe for recipe in (DEV, CORE_311, CORE_313, EXTRAS, BPY_42, BPY_45, BPY_52)}
NEWEST_BLENDER_FIRST = (BPY_52, BPY_45)


@dataclass(frozen=True)
class Environment:
    """A whole environment, ready to run."""

    recipe: Recipe
    folder: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return find_python(self.folder)


def find_python(folder: Path) -> Path:
    """Name the interpreter inside a virtual environment's folder."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def hash_recipe(recipe: Recipe, lock: bytes) -> str:
    """Name the state of an environment: equal lock and equal kind of machine give equal names."""
    digest = hashlib.sha256(lock.replace(b"\r\n", b"\n"))
    digest.update(f"{recipe.python} {sys.platform} {platform.machine()}".encode())
    return digest.hexdigest()[:12]


@contextlib.contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Keep other processes out for the length of a block; a process that dies lets go by itself."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt

            while True:
                try:
                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                except OSError:
                    time.sleep(0.5)
        else:
            import fcntl

            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        try:
            yield
        finally:
            if sys.platform == "win32":
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
            else:
                fcntl.flock(file.fileno(), fcntl.LOCK_UN)


def is_whole(folder: Path) -> bool:
    """Tell whether an environment was finished and its interpreter still starts."""
    try:
        json.loads((folder / _COMPLETE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    try:
        code, _ = console.capture([find_python(folder), "-I", "-c", "pass"], cwd=folder, timeout_s=60)
    except OSError:
        return False
    return code == 0


def _mark_whole(folder: Path, recipe: Recipe) -> None:
    """Write the file that says an environment is whole, in one step."""
    draft = folder / (_COMPLETE + ".part")
    draft.write_text(json.dumps({"name": recipe.name, "python": recipe.python}), encoding="utf-8")
    draft.replace(folder / _COMPLETE)


def _create(folder: Path, interpreter: Interpreter, lock: Path, root: Path) -> None:
    """Make a virtual environment and install a lock into it."""
    pip: list[str | Path]
    options = ["-m", "venv"] if interpreter.has_ensurepip else ["-m", "venv", "--without-pip"]
    console.check(
        [interpreter.executable, "-I", *options, folder],
        cwd=root,
        what=f"Making an environment with {interpreter.executable}",
    )
    if interpreter.has_ensurepip:
        pip = [find_python(folder), "-I", "-m", "pip"]
    else:
        pip = [interpreter.executable, "-I", "-m", "pip", "--python", find_python(folder)]
    # --no-deps: the lock is whole by itself, and leaves out on purpose what requirements/excludes.in names.
    console.check(
        [
            *pip, "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--require-hashes", "-r", lock,
        ],
        cwd=root,
        env={"PIP_ROOT_USER_ACTION": "ignore"},
        what=f"Installing requirements/{lock.name} (pip needs to reach its package registry)",
    )  # fmt: skip


class Environments:
    """The environments of one checkout, made when first asked for."""

    def __init__(self, layout: Layout, interpreters: Interpreters) -> None:
        self._layout = layout
        self._interpreters = interpreters

    @property
    def interpreters(self) -> Interpreters:
        """The interpreters that environments are made from."""
        return self._interpreters

    def is_ready(self, recipe: Recipe) -> bool:
        """Tell whether a whole environment for the present lock is already here."""
        lock = self._layout.requirements / recipe.lock
        return lock.is_file() and is_whole(self._find_folder(recipe, lock.read_bytes()))

    def _find_folder(self, recipe: Recipe, content: bytes) -> Path:
        return self._layout.envs / f"{recipe.name}-{hash_recipe(recipe, content)}"

    def ensure(self, recipe: Recipe) -> Environment:
        """Give a whole environment for a recipe, making it when there is none for the present lock.

        Raises BuildError when the Python is missing or the installation fails.
        """
        lock = self._layout.requirements / recipe.lock
        try:
            content = lock.read_bytes()
        except OSError as error:
            message = f"requirements/{recipe.lock} cannot be read ({error}): run `build.py lock` to make it."
            raise BuildError(message) from error
        folder = self._find_folder(recipe, content)
        environment = Environment(recipe=recipe, folder=folder)
        if is_whole(folder):
            return environment
        with hold_lock(self._layout.envs / f"{recipe.name}.lock"):
            if is_whole(folder):
                return environment
            interpreter = self._interpreters.require(recipe.python)
            size = ", about 1 GB" if recipe.blender else ""
            say(f"making the environment {recipe.name} (Python {interpreter.full_version}{size}) ...")
            began = time.monotonic()
            self._remove_old(recipe)
            _create(folder, interpreter, lock, self._layout.root)
            _mark_whole(folder, recipe)
            say(f"made the environment {recipe.name} in {time.monotonic() - began:.0f} s")
        return environment

    def _remove_old(self, recipe: Recipe) -> None:
        """Remove what was made from earlier locks, and halves that were left by an interrupted build."""
        for old in self._layout.envs.glob(f"{recipe.name}-*"):
            shutil.rmtree(old, ignore_errors=True)

    def ensure_core(self, python: str) -> Environment:
        """Give the environment of the core for a Python version."""
        return self.ensure(CORE_313 if python == PYTHON_313 else CORE_311)

    def ensure_newest_blender(self) -> Environment:
        """Give the newest Blender that this machine's interpreters can run.

        Raises BuildError when neither Python is there, or when the package registry has no wheel for this
        machine.
        """
        self._interpreters.require_any()
        for recipe in NEWEST_BLENDER_FIRST:
            if self._interpreters.find(recipe.python) is not None and can_run_blender(recipe):
                return self.ensure(recipe)
        message = (
            "On a Mac with an Intel processor Blender comes as a Python module up to 4.5 only: install "
            "Python 3.11 and run this again."
        )
        raise BuildError(message)


def can_run_blender(recipe: Recipe) -> bool:
    """Tell whether Blender is published as a module for this machine: 5.x no longer is for Intel Macs."""
    return not (
        sys.platform == "darwin" and platform.machine() == "x86_64" and recipe.blender.startswith("5")
    )
