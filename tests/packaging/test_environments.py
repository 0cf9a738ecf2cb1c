# SPDX-License-Identifier: GPL-3.0-or-later
"""A half-made environment is never taken for whole, and an equal lock gives an equal name."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from buildtools.console import BuildError
from buildtools.environments import (
    BPY_45,
    BPY_52,
    CORE_311,
    CORE_313,
    DEV,
    RECIPES,
    Environments,
    Recipe,
    find_python,
    hash_recipe,
    hold_lock,
    is_whole,
)
from buildtools.interpreters import Interpreters
from buildtools.layout import Layout

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def make_layout(tmp_path: Path, lock: str) -> Layout:
    layout = Layout(root=tmp_path, build=tmp_path / "build")
    layout.requirements.mkdir()
    (layout.requirements / "nothing.txt").write_text(lock, encoding="utf-8")
    return layout


def test_the_name_follows_the_lock_and_the_python_and_not_the_line_ends() -> None:
    assert hash_recipe(DEV, b"a==1\n") == hash_recipe(DEV, b"a==1\r\n")
    assert hash_recipe(DEV, b"a==1\n") != hash_recipe(DEV, b"a==2\n")
    assert hash_recipe(CORE_311, b"a==1\n") != hash_recipe(CORE_313, b"a==1\n")


def test_every_blender_has_the_python_that_its_wheels_are_for() -> None:
    versions = {recipe.blender: recipe.python for recipe in RECIPES.values() if recipe.blender}
    assert versions == {"4.2": "3.11", "4.5": "3.11", "5.2": "3.13"}


@pytest.mark.parametrize("content", [None, "", "{", "not json"])
def test_a_folder_without_its_last_file_is_not_whole(tmp_path: Path, content: str | None) -> None:
    python = find_python(tmp_path)
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    if content is not None:
        (tmp_path / "complete.json").write_text(content, encoding="utf-8")
    assert not is_whole(tmp_path)
    (tmp_path / "complete.json").write_text("{}", encoding="utf-8")
    assert is_whole(tmp_path)


def test_a_folder_whose_interpreter_is_gone_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "complete.json").write_text("{}", encoding="utf-8")
    assert not is_whole(tmp_path)
    find_python(tmp_path).parent.mkdir(parents=True)
    find_python(tmp_path).symlink_to(tmp_path / "gone")
    assert not is_whole(tmp_path)


def test_an_environment_is_made_reused_and_made_anew_when_it_is_broken(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, "# nothing to install\n")
    recipe = Recipe(name="nothing", lock="nothing.txt", python=HERE)
    environments = Environments(layout, Interpreters())
    first = environments.ensure(recipe)
    witness = first.folder / "witness"
    witness.touch()
    assert environments.ensure(recipe) == first
    assert witness.exists()
    (first.folder / "complete.json").unlink()
    assert environments.ensure(recipe) == first
    assert not witness.exists()
    done = subprocess.run([first.python, "-c", "print(1)"], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_what_was_made_from_another_lock_is_removed(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, "# one\n")
    recipe = Recipe(name="nothing", lock="nothing.txt", python=HERE)
    environments = Environments(layout, Interpreters())
    old = environments.ensure(recipe)
    (layout.requirements / "nothing.txt").write_text("# two\n", encoding="utf-8")
    new = environments.ensure(recipe)
    assert new.folder != old.folder
    assert not old.folder.exists()


def test_an_installation_that_fails_leaves_nothing_that_counts(tmp_path: Path) -> None:
    layout = make_layout(tmp_path, f"--no-index\nno-such-package==1.0 --hash=sha256:{'0' * 64}\n")
    recipe = Recipe(name="nothing", lock="nothing.txt", python=HERE)
    with pytest.raises(BuildError, match=r"requirements/nothing\.txt"):
        Environments(layout, Interpreters()).ensure(recipe)
    assert not [folder for folder in layout.envs.glob("nothing-*") if is_whole(folder)]


def test_a_missing_lock_says_how_to_make_it(tmp_path: Path) -> None:
    layout = Layout(root=tmp_path, build=tmp_path / "build")
    with pytest.raises(BuildError, match=r"build\.py lock"):
        Environments(layout, Interpreters()).ensure(DEV)


class OnlyOne(Interpreters):
    """A machine with a single Python."""

    def __init__(self, version: str) -> None:
        super().__init__({}, Path())
        self.version = version

    def _look(self) -> dict[str, object]:  # type: ignore[override]
        return {self.version: object()}


@pytest.mark.parametrize(("version", "recipe"), [("3.11", BPY_45), ("3.13", BPY_52)])
def test_one_python_is_enough_for_some_blender(tmp_path: Path, version: str, recipe: Recipe) -> None:
    asked: list[Recipe] = []

    class Recording(Environments):
        def ensure(self, recipe: Recipe) -> None:  # type: ignore[override]
            asked.append(recipe)

    Recording(Layout(root=tmp_path, build=tmp_path), OnlyOne(version)).ensure_newest_blender()
    assert asked == [recipe]


def test_a_lock_keeps_others_out_until_it_is_let_go(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    order: list[str] = []
    inside, finish = threading.Event(), threading.Event()

    def hold() -> None:
        with hold_lock(path):
            order.append("first in")
            inside.set()
            finish.wait(30)
            order.append("first out")

    def wait() -> None:
        with hold_lock(path):
            order.append("second in")

    first, second = threading.Thread(target=hold), threading.Thread(target=wait)
    first.start()
    assert inside.wait(30)
    second.start()
    finish.set()
    first.join(30)
    second.join(30)
    assert order == ["first in", "first out", "second in"]
