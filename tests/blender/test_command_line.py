# SPDX-License-Identifier: GPL-3.0-or-later
"""``blender --command clearance …``: the core's command line with Blender as its host."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]


@pytest.fixture
def run(load: Load) -> Callable[..., int]:
    """Return what Blender calls for the command."""
    command: Any = load("addon.command_line")
    return lambda *argv: int(command.run(list(argv)))


@pytest.fixture
def scene_file(bpy: Any, load: Load, stamp: Any, tmp_path: Path) -> Path:
    """Save a scene with one stamped mesh and one that nobody declared."""
    for name in ("Licensed", "Mystery"):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
        thing = bpy.data.objects.new(name, mesh)
        bpy.context.scene.collection.objects.link(thing)
        if name == "Licensed":
            handle = load("core.model.scene").Handle
            handles = tuple(handle(id_type=b.id_type, session_uid=b.session_uid) for b in (mesh, thing))
            load("addon.runtime").host().stamp(handles, stamp)
    path = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    return path


def test_a_named_file_is_opened_and_reported(
    run: Callable[..., int], scene_file: Path, tmp_path: Path
) -> None:
    """The report is about the named file, not about the scene that happens to be open."""
    out = tmp_path / "report.json"
    assert run("report", str(scene_file), "--format", "json", "-o", str(out)) == 4
    report = json.loads(out.read_text(encoding="utf-8"))
    assert {block["name"] for block in report["data_blocks"]} == {"Licensed", "Mystery"}
    assert sorted(report["undeclared"]) == ["MESH/Mystery", "OBJECT/Mystery"]


def test_a_file_that_is_no_scene(run: Callable[..., int], tmp_path: Path, capsys: Any) -> None:
    """It is wrong input, said in a sentence, and no report of another scene."""
    broken = tmp_path / "broken.blend"
    broken.write_bytes(b"BLENDER but not really")
    out = tmp_path / "report.json"
    assert run("report", str(broken), "-o", str(out)) == 2
    assert "broken.blend" in capsys.readouterr().err
    assert not out.exists()


def test_the_open_scene(bpy: Any, run: Callable[..., int], scene_file: Path, tmp_path: Path) -> None:
    """Without a name the open scene is meant: ``blender scene.blend --command clearance report``."""
    bpy.ops.wm.open_mainfile(filepath=str(scene_file))
    out = tmp_path / "report.csv"
    assert run("report", "--format", "csv", "-o", str(out)) == 4
    assert "Mystery" in out.read_text(encoding="utf-8")


def test_the_other_commands(run: Callable[..., int], capsys: Any) -> None:
    """Everything else works as outside of Blender."""
    assert run("orders", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert run("audit", "verify") == 0
    assert run("nonsense") == 2
