# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of the survival table ends with the license known or its loss said. See `build.py survival`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from survival import rows
from survival.assets import make_base
from survival.rows_modifiers import unknown_types
from survival.table import Row
from survival.world import NotHere, Studio, World

Load = Callable[[str], Any]


@pytest.fixture(scope="module")
def studio(load: Load, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """A ledger that knows what was bought."""
    with closing(Studio(load, tmp_path_factory.mktemp("studio"))) as made:
        yield made


@pytest.fixture(scope="module")
def base(bpy: Any, load: Load, studio: Studio, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene that every row starts from, with assets that the extension imported."""
    return make_base(bpy, load, studio, tmp_path_factory.mktemp("base"))


@pytest.fixture
def world(bpy: Any, load: Load, studio: Studio, base: Path, tmp_path: Path) -> World:
    """The base scene, open."""
    made = World(bpy, load, studio, tmp_path, base)
    made.open(base)
    return made


def note(entry: Row, text: str) -> None:
    """Add a line to the table that `build.py survival` prints, if it is that which runs us."""
    path = os.environ.get("CLEARANCE_SURVIVAL_TABLE")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"section": entry.section, "what": entry.what, "text": text}) + "\n")


def test_no_modifier_is_left_out(world: World) -> None:
    assert unknown_types(world) == set()


def test_no_two_rows_have_one_name() -> None:
    names = [entry.name for entry in rows.ROWS]
    assert len(set(names)) == len(names) > 300


@pytest.mark.parametrize("entry", rows.ROWS, ids=lambda entry: entry.name)
def test_row(entry: Row, world: World) -> None:
    try:
        traces = list(entry.run(world))
    except NotHere as absent:
        note(entry, f"— ({absent})")
        return
    now, reopened = world.judge(traces)
    text = now.text if now.text == reopened.text else f"{now.text} → {reopened.text}"
    note(entry, text)
    assert not now.silent and not reopened.silent, text
    if entry.known:
        assert now.known and reopened.known, text
