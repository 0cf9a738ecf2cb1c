# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Exports that Blender tells nobody of: found by the files that appear, and said; some get rights files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import blender_files as files
import pytest
from bought import buy, put_in_scene

Load = Callable[[str], Any]
CLOSED = "turbosquid:Standard"
"""A license that allows pictures, and no open file for everybody."""
BARE = "was written while this scene was open, and has no rights file."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder for the scene."""
    folder = tmp_path / "scene"
    folder.mkdir()
    return folder


@pytest.fixture
def chair(bpy: Any, load: Load, place: Path) -> Any:
    """A saved scene with a licensed chair in a collection, opened again."""
    files.clear()
    chair = put_in_scene(load, bpy, buy(load, CLOSED, title="Oak chair"), "Chair")
    group = bpy.data.collections.new("Set")
    bpy.context.scene.collection.children.link(group)
    bpy.context.scene.collection.objects.unlink(chair)
    group.objects.link(chair)
    bpy.ops.wm.save_as_mainfile(filepath=str(place / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(place / "scene.blend"))
    return bpy.data.objects["Chair"]


def export(bpy: Any, path: Path, **options: Any) -> None:
    """Export as a script does, in Blender's own words for the format."""
    match path.suffix:
        case ".obj":
            bpy.ops.wm.obj_export(filepath=str(path), **options)
        case ".stl":
            bpy.ops.wm.stl_export(filepath=str(path), **options)
        case ".ply":
            bpy.ops.wm.ply_export(filepath=str(path), **options)
        case ".abc":
            bpy.ops.wm.alembic_export(filepath=str(path), as_background_job=False, start=1, end=1)
        case ".fbx":
            __import__("addon_utils").enable("io_scene_fbx")
            bpy.ops.export_scene.fbx(filepath=str(path), **options)


def look(load: Load) -> None:
    load("addon.alerting.written").look_now()


@pytest.mark.parametrize("ending", ["obj", "stl", "ply", "abc", "fbx"])
def test_what_a_script_exported_is_said(
    bpy: Any, load: Load, chair: Any, place: Path, ending: str, capsys: Any
) -> None:
    export(bpy, place / f"chair.{ending}")
    capsys.readouterr()
    look(load)
    said = capsys.readouterr().err
    assert f"Clearance: chair.{ending} {BARE}" in said
    look(load)
    assert BARE not in capsys.readouterr().err  # once is enough


def test_saving_looks_by_itself_and_an_overwritten_file_is_said_again(
    bpy: Any, load: Load, chair: Any, place: Path, capsys: Any
) -> None:
    export(bpy, place / "chair.obj")
    capsys.readouterr()
    bpy.ops.wm.save_mainfile()
    assert BARE in capsys.readouterr().err
    bpy.ops.wm.save_mainfile()
    assert BARE not in capsys.readouterr().err
    os.utime(place / "chair.obj", (2_000_000_000, 2_000_000_000))
    bpy.ops.wm.save_mainfile()
    assert BARE in capsys.readouterr().err


def test_blender_that_ends_looks_once_more(
    bpy: Any, load: Load, chair: Any, place: Path, capsys: Any
) -> None:
    export(bpy, place / "chair.stl")
    capsys.readouterr()
    load("addon.handlers").look_before_leaving()
    assert f"chair.stl {BARE}" in capsys.readouterr().err


def test_what_left_with_its_licenses_is_not_said(
    bpy: Any, load: Load, chair: Any, place: Path, capsys: Any
) -> None:
    path = place / "chair.obj"
    assert bpy.ops.clearance.export_with_licenses(filepath=str(path), format="OBJ") == {"FINISHED"}
    assert (place / "chair.obj.rights.json").is_file()
    capsys.readouterr()
    look(load)
    assert BARE not in capsys.readouterr().err


def test_what_was_there_before_is_not_said(
    bpy: Any, load: Load, chair: Any, place: Path, capsys: Any
) -> None:
    (place / "older.obj").write_text("# another's", encoding="utf-8")
    bpy.ops.wm.open_mainfile(filepath=str(place / "scene.blend"))
    capsys.readouterr()
    look(load)
    assert BARE not in capsys.readouterr().err


def test_a_studio_that_stops_exports_is_named(
    bpy: Any, load: Load, chair: Any, place: Path, capsys: Any
) -> None:
    studio = Path(os.environ["CLEARANCE_DATA_DIR"]) / "studio.toml"
    studio.write_text('schema = 1\n[alerts]\nstop = ["export"]\n', encoding="utf-8")
    bpy.ops.wm.open_mainfile(filepath=str(place / "scene.blend"))
    export(bpy, place / "chair.obj")
    capsys.readouterr()
    look(load)
    assert "Your studio stops exports that are not cleared" in capsys.readouterr().err


def test_a_scene_without_licenses_is_left_alone(
    bpy: Any, load: Load, app: Any, place: Path, capsys: Any
) -> None:
    files.clear()
    put_in_scene(load, bpy, None, "Mine")
    bpy.ops.wm.save_as_mainfile(filepath=str(place / "mine.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(place / "mine.blend"))
    export(bpy, place / "mine.obj")
    capsys.readouterr()
    bpy.ops.wm.save_mainfile()
    load("addon.handlers").look_before_leaving()
    assert BARE not in capsys.readouterr().err
    assert load("addon.runtime").watching().written.folders == {}


def test_a_scene_that_was_never_saved_has_no_folder(bpy: Any, load: Load, app: Any) -> None:
    files.clear()
    put_in_scene(load, bpy, buy(load, CLOSED), "Chair")
    look(load)
    assert load("addon.runtime").watching().written.folders == {}


def set_up_exporter(bpy: Any, path: str, handler: str) -> Any:
    __import__("addon_utils").enable("io_scene_fbx")
    group = bpy.data.collections["Set"]
    with bpy.context.temp_override(collection=group):
        assert bpy.ops.collection.exporter_add(name=handler) == {"FINISHED"}
    exporter = group.exporters[-1]
    owner = exporter if hasattr(exporter, "filepath") else exporter.export_properties
    owner.filepath = path
    return group


@pytest.mark.parametrize(
    ("ending", "handler"),
    [
        ("obj", "IO_FH_obj"),
        ("stl", "IO_FH_stl"),
        ("ply", "IO_FH_ply"),
        ("abc", "IO_FH_alembic"),
        ("fbx", "IO_FH_fbx"),
    ],
)
@pytest.mark.parametrize("way", ["collection", "all"])
def test_a_collections_exporter_gives_its_file_a_rights_file(
    bpy: Any, load: Load, chair: Any, place: Path, tmp_path: Path, ending: str, handler: str, way: str,
    capsys: Any,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    out.mkdir()
    group = set_up_exporter(bpy, str(out / f"set.{ending}"), handler)
    look(load)  # the folder is known from now on
    if way == "collection":
        with bpy.context.temp_override(collection=group):
            bpy.ops.collection.export_all()
    else:
        bpy.ops.wm.collection_export_all()
    assert (out / f"set.{ending}").is_file()
    capsys.readouterr()
    assert bpy.ops.clearance.wait() == {"FINISHED"}
    said = capsys.readouterr().err
    rights = json.loads((out / f"set.{ending}.rights.json").read_text(encoding="utf-8"))
    assert [one["license_id"] for one in rights["licenses"]] == ["turbosquid.standard"]
    assert f"“Oak chair” may not leave the house as .{ending}: " in said
    assert BARE not in said
    look(load)
    assert BARE not in capsys.readouterr().err


def test_where_a_collections_exporter_writes_beside_the_scene_is_understood(
    bpy: Any, load: Load, chair: Any, place: Path
) -> None:
    set_up_exporter(bpy, "//set.obj", "IO_FH_obj")
    written = load("addon.alerting.written")
    (found,) = written.find_exporters()
    assert (found.path, found.ending) == (place / "set.obj", "obj")
    set_up_exporter(bpy, "", "IO_FH_stl")
    assert len(list(written.find_exporters())) == 1


def test_in_a_window_a_worker_looks_and_a_popup_says_it(
    bpy: Any, load: Load, chair: Any, place: Path
) -> None:
    runtime, written = load("addon.runtime"), load("addon.alerting.written")
    app = runtime.app()
    state = runtime.watching().written
    export(bpy, place / "chair.ply")
    asked: list[bool] = []
    for _ in range(2):
        state.next_at = 0.0
        written.step(app)
        asked.append(state.is_looking)
        assert app.tasks.wait(timeout_s=60)
    assert asked == [True, True]
    assert state.bare == {}
    assert [path.name for path, _ in state.told] == ["chair.ply"]
    written.step(app)
    assert not state.is_looking  # not before it is time again


def test_only_so_many_folders_are_looked_at(bpy: Any, load: Load, chair: Any, tmp_path: Path) -> None:
    written = load("addon.alerting.written")
    for number in range(100):
        written.watch_folder(tmp_path / str(number))
    assert len(load("addon.runtime").watching().written.folders) == 16


@pytest.mark.parametrize("ending", ["obj", "stl", "ply", "abc", "fbx"])
def test_what_a_file_dialog_wrote_gets_its_rights_file(
    bpy: Any, load: Load, chair: Any, tmp_path: Path, ending: str, capsys: Any
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    put_in_scene(load, bpy, buy(load, "cgtrader:royalty_free", title="Table"), "Table")
    bpy.context.view_layer.update()
    for item in bpy.context.view_layer.objects:
        item.select_set(item.name == "Chair")
    names = {"obj": "WM_OT_obj_export", "stl": "WM_OT_stl_export", "ply": "WM_OT_ply_export"}
    names |= {"abc": "WM_OT_alembic_export", "fbx": "EXPORT_SCENE_OT_fbx"}
    selected = {"abc": "selected", "fbx": "use_selection"}.get(ending, "export_selected_objects")
    properties = SimpleNamespace(
        filepath="", bl_rna=SimpleNamespace(properties={selected: None}), **{selected: True}
    )
    space = SimpleNamespace(
        active_operator=SimpleNamespace(bl_idname=names[ending], properties=properties, as_pointer=lambda: 1),
        params=SimpleNamespace(directory=os.fsencode(out), filename=f"chair.{ending}"),
    )
    load("addon.alerting.dialogs").look_at(bpy.context, space)
    look(load)
    __import__("addon_utils").enable("io_scene_fbx")
    if ending == "abc":
        bpy.ops.wm.alembic_export(
            filepath=str(out / "chair.abc"), as_background_job=False, start=1, end=1, selected=True
        )
    else:
        export(bpy, out / f"chair.{ending}", **{selected: True})
    capsys.readouterr()
    look(load)
    assert load("addon.pump").drain_until_idle(60)
    rights = json.loads((out / f"chair.{ending}.rights.json").read_text(encoding="utf-8"))
    assert [one["license_id"] for one in rights["licenses"]] == ["turbosquid.standard"]
    assert BARE not in capsys.readouterr().err
    # Another file that appears there is none of the dialog's.
    export(bpy, out / f"other.{ending}")
    look(load)
    assert not (out / f"other.{ending}.rights.json").exists()
    assert f"other.{ending} {BARE}" in capsys.readouterr().err
