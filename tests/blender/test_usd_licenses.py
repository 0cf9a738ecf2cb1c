# SPDX-License-Identifier: GPL-3.0-or-later
"""USD through Blender's own menu, in a Blender that has its `pxr` package, and in one that has not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import licensed_scene as scenes
import pytest

SUPPORT = Path(__file__).parents[1] / "support"
EVERY_KIND = ["IMAGE", "MATERIAL", "MESH", "MESH", "OBJECT", "OBJECT"]


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a Blender of its own saw."""
    folder = tmp_path_factory.mktemp("usd")
    answer_path = folder / "answer.json"
    done = subprocess.run(
        [sys.executable, SUPPORT / "usd_child.py", folder, answer_path],
        env={
            **os.environ,
            "PYTHONPATH": str(SUPPORT),
            "CLEARANCE_DATA_DIR": str(folder / "data"),
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer_path.is_file(), done.stdout[-3000:] + done.stderr[-3000:]
    return dict(json.loads(answer_path.read_text(encoding="utf-8")))


def test_there_is_a_hook_exactly_where_blender_can_call_one(bpy: Any, answer: dict[str, Any]) -> None:
    """Without `pxr` Blender ends on calling a hook; with it, it has to be there."""
    assert answer["has_hook"] == answer["has_pxr"]
    assert answer["has_pxr"] or bpy.app.version < (4, 5)


@pytest.mark.parametrize("case", ["default", "binary", "package"])
def test_licenses_come_back_by_themselves(case: str, answer: dict[str, Any]) -> None:
    seen, (first, second) = answer[case], answer["grants"].values()
    kinds = EVERY_KIND if answer["has_hook"] else EVERY_KIND[1:]
    assert seen["stamped"][first] == kinds
    assert [kind for kind in kinds if kind in seen["stamped"][second]] == kinds
    assert seen["merged"] == {"1": [3.0], "2": [4.0]}
    assert seen["secrets"] == []


def test_the_layer_says_it_even_without_custom_properties(answer: dict[str, Any]) -> None:
    seen, first = answer["bare"], answer["grants"]["1"]
    if answer["has_hook"]:
        assert seen["stamped"][first] == EVERY_KIND
        assert seen["merged"] == {"1": [3.0], "2": [4.0]}
    else:  # told by the report: nothing of it is declared
        assert seen["stamped"] == {}


def test_the_layer_has_credits_and_a_rights_file_beside_it(answer: dict[str, Any]) -> None:
    grants = sorted(answer["grants"].values())
    for case in ("default", "binary"):
        assert answer[case]["rights"] == (grants if answer["has_hook"] else False)
        assert answer[case]["register"] == (grants if answer["has_hook"] else [])
    if answer["has_hook"]:
        assert answer["default"]["credits"] == list(scenes.CREDITS.values())
    # A package is put together from a temporary file: where it ends, no hook is told.
    assert answer["package"]["rights"] is False


def test_nothing_is_told_of_what_stays(answer: dict[str, Any]) -> None:
    seen = answer["selected"]
    assert seen["names"] == []
    assert list(seen["stamped"]) == [answer["grants"]["2"]]
    assert seen["credits"] == [scenes.CREDITS[2]]
