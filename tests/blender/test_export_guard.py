# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Exports that a license forbids: caught before a file is there, wherever Blender lets us stand there."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import blender_files as files
import pytest
from bought import buy, put_in_scene

Load = Callable[[str], Any]
STOP = 'schema = 1\n[alerts]\nstop = ["export"]\n'
CLOSED = "turbosquid:Standard"
"""A license that allows pictures, and no open file for everybody."""


@pytest.fixture
def studio(bpy: Any) -> Callable[[str], None]:
    """Write the studio's file."""

    def write(text: str) -> None:
        folder = Path(os.environ["CLEARANCE_DATA_DIR"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "studio.toml").write_text(text, encoding="utf-8")

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder to export into."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def chair(bpy: Any, load: Load) -> Any:
    """A scene with a chair that may not leave in an open format, and an own thing that may."""
    files.clear()
    put_in_scene(load, bpy, None, "Mine")
    return put_in_scene(load, bpy, buy(load, CLOSED, title="Oak chair"), "Chair")


def select(bpy: Any, *names: str) -> None:
    bpy.context.view_layer.update()
    for item in bpy.context.view_layer.objects:
        item.select_set(item.name in names)


def gltf(bpy: Any, path: Path, **options: Any) -> None:
    bpy.ops.export_scene.gltf(filepath=str(path), **options)


FORMATS = [("glb", "GLB"), ("gltf", "GLTF_SEPARATE")]


@pytest.mark.parametrize(("ending", "kind"), FORMATS)
def test_gltf_is_stopped_before_a_file_is_there(
    bpy: Any, chair: Any, studio: Callable[[str], None], out: Path, ending: str, kind: str, capsys: Any
) -> None:
    studio(STOP)
    scene = bpy.context.scene
    scene.frame_set(7)
    bpy.context.view_layer.objects.active = chair
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match=rf"The export as \.{ending} was stopped .* “Oak chair”: "):
        gltf(bpy, out / f"chair.{ending}", export_format=kind)
    assert list(out.iterdir()) == []
    assert (scene.frame_current, chair.mode) == (7, "EDIT")
    assert f"Clearance: stopped: The export as .{ending} was stopped" in capsys.readouterr().err
    bpy.ops.object.mode_set(mode="OBJECT")


@pytest.mark.parametrize(("ending", "kind"), FORMATS)
def test_gltf_is_written_where_the_license_or_the_studio_lets_it(
    bpy: Any, chair: Any, studio: Callable[[str], None], out: Path, ending: str, kind: str, capsys: Any
) -> None:
    path = out / f"chair.{ending}"
    gltf(bpy, path, export_format=kind)
    assert path.is_file()
    assert f"“Oak chair” may not leave the house as .{ending}: " in capsys.readouterr().err
    path.unlink()
    studio(STOP)
    bpy.context.scene.clearance_use.outputs = {"render", "file_share_internal"}
    gltf(bpy, path, export_format=kind)
    assert path.is_file()


def test_only_what_is_exported_is_asked(
    bpy: Any, load: Load, chair: Any, studio: Callable[[str], None], out: Path
) -> None:
    studio(STOP)
    select(bpy, "Mine")
    gltf(bpy, out / "mine.glb", use_selection=True)
    assert (out / "mine.glb").is_file()
    select(bpy, "Chair")
    with pytest.raises(RuntimeError, match="was stopped"):
        gltf(bpy, out / "chair.glb", use_selection=True)
    select(bpy)
    chair.hide_set(state=True)
    gltf(bpy, out / "visible.glb", use_visible=True)
    with pytest.raises(RuntimeError, match="was stopped"):
        gltf(bpy, out / "hidden.glb")
    other = bpy.data.scenes.new("Other")
    bpy.context.scene.collection.objects.unlink(chair)
    other.collection.objects.link(chair)
    gltf(bpy, out / "active.glb", use_active_scene=True)
    with pytest.raises(RuntimeError, match="was stopped"):
        gltf(bpy, out / "all.glb")
    assert sorted(path.name for path in out.glob("*.glb")) == ["active.glb", "mine.glb", "visible.glb"]


@pytest.mark.parametrize("way", ["mesh", "instance", "boolean", "material"])
def test_what_is_in_the_file_because_of_something_else_counts(
    bpy: Any, load: Load, studio: Callable[[str], None], out: Path, way: str
) -> None:
    studio(STOP)
    files.clear()
    mine = put_in_scene(load, bpy, None, "Mine")
    chair = put_in_scene(load, bpy, buy(load, CLOSED), "Chair")
    match way:
        case "mesh":
            mine.data = chair.data
        case "instance":
            group = bpy.data.collections.new("Group")
            group.objects.link(chair)
            bpy.data.objects.remove(mine)
            mine = bpy.data.objects.new("Mine", None)
            bpy.context.scene.collection.objects.link(mine)
            mine.instance_type, mine.instance_collection = "COLLECTION", group
        case "boolean":
            mine.modifiers.new("Cut", "BOOLEAN").object = chair
        case "material":
            material = bpy.data.materials.new("Oak")
            material["clearance"] = chair["clearance"]
            mine.data.materials.append(material)
    bpy.context.scene.collection.objects.unlink(chair)
    select(bpy, "Mine")
    with pytest.raises(RuntimeError, match="was stopped"):
        gltf(bpy, out / "mine.glb", use_selection=True)
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("ending", ["glb", "fbx", "obj", "stl", "ply", "usdc", "abc"])
def test_export_with_licenses_asks_first(
    bpy: Any, load: Load, chair: Any, studio: Callable[[str], None], out: Path, ending: str
) -> None:
    format_id = load("addon.exporting.formats").BY_ENDING[ending].id
    if format_id not in {one.id for one in load("addon.exporting.formats").available()}:
        pytest.fail(f"this Blender does not export {ending}")
    studio(STOP)
    path = out / f"chair.{ending}"
    with pytest.raises(RuntimeError, match=rf"The export as \.{ending} was stopped"):
        bpy.ops.clearance.export_with_licenses(filepath=str(path), format=format_id)
    assert list(out.iterdir()) == []
    select(bpy, "Mine")
    bpy.ops.clearance.export_with_licenses(filepath=str(path), format=format_id, selection_only=True)
    assert path.is_file()


def test_what_a_script_just_linked_counts_before_blender_updates_its_layers(
    bpy: Any, load: Load, studio: Callable[[str], None], out: Path
) -> None:
    studio(STOP)
    files.clear()
    put_in_scene(load, bpy, buy(load, CLOSED), "Chair")
    with pytest.raises(RuntimeError, match="was stopped"):
        bpy.ops.clearance.check_export(format="obj")
    put_in_scene(load, bpy, None, "Mine")
    with pytest.raises(RuntimeError, match="was stopped"):
        bpy.ops.clearance.export_with_licenses(filepath=str(out / "chair.obj"), format="OBJ")


def test_a_script_can_ask_before_any_exporter(
    bpy: Any, chair: Any, studio: Callable[[str], None], out: Path
) -> None:
    studio(STOP)
    with pytest.raises(RuntimeError, match=r"The export as \.obj was stopped"):
        bpy.ops.clearance.check_export(format=".OBJ")
    select(bpy, "Mine")
    assert bpy.ops.clearance.check_export(format="obj", selection_only=True) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="Name a format"):
        bpy.ops.clearance.check_export(format="")
    studio("")
    assert bpy.ops.clearance.check_export(format="obj") == {"FINISHED"}


def test_usd_leaves_an_empty_file_at_most(
    bpy: Any, load: Load, chair: Any, studio: Callable[[str], None], out: Path
) -> None:
    """Blender makes the file before it calls the hook, which can only empty it and let the export fail."""
    has_hook = importlib.util.find_spec("pxr") is not None
    if not has_hook:  # the module of 4.2: Blender itself has pxr
        assert load("addon.exporting.usd_hook").classes() == ()
        return
    studio(STOP)
    path = out / "chair.usda"
    with pytest.raises(RuntimeError, match="hook"):
        bpy.ops.wm.usd_export(filepath=str(path))
    assert path.read_text(encoding="utf-8").split() == ["#usda", "1.0"]
    studio("")
    bpy.ops.wm.usd_export(filepath=str(path))
    assert "Chair" in path.read_text(encoding="utf-8")


def test_a_fault_while_looking_is_no_permission(
    bpy: Any, load: Load, chair: Any, studio: Callable[[str], None], out: Path
) -> None:
    load("addon.runtime").close()
    ledger = Path(os.environ["CLEARANCE_DATA_DIR"]) / "ledger.sqlite"
    for path in ledger.parent.glob("ledger.sqlite*"):
        path.unlink()
    ledger.write_bytes(b"this is no database" * 100)
    studio(STOP)
    with pytest.raises(RuntimeError, match="was stopped"):
        gltf(bpy, out / "chair.glb")
    assert list(out.iterdir()) == []
    studio("")
    gltf(bpy, out / "chair.glb")
    assert (out / "chair.glb").is_file()


# ---------------------------------------------------------------- dialogs


def dialog_of(bpy: Any, name: str, properties: Any) -> Any:
    """Stand in for a file browser: there is none without a window."""
    return SimpleNamespace(
        active_operator=SimpleNamespace(bl_idname=name, properties=properties, as_pointer=lambda: 1)
    )


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("EXPORT_SCENE_OT_gltf", "glb"),
        ("EXPORT_SCENE_OT_fbx", "fbx"),
        ("WM_OT_obj_export", "obj"),
        ("WM_OT_stl_export", "stl"),
        ("WM_OT_ply_export", "ply"),
        ("WM_OT_usd_export", "usdc"),
        ("WM_OT_alembic_export", "abc"),
        ("EXPORT_ANIM_OT_bvh", "bvh"),
        ("EXPORT_SCENE_OT_mystery", "mystery"),
        ("CLEARANCE_OT_export_with_licenses", ""),
        ("PREFERENCES_OT_keyconfig_export", ""),
        ("WM_OT_open_mainfile", ""),
        ("IMPORT_SCENE_OT_gltf", ""),
    ],
)
def test_exporters_are_known_by_their_dialogs(bpy: Any, load: Load, name: str, ending: str) -> None:
    space = dialog_of(bpy, name, SimpleNamespace(filepath="", export_format="GLB"))
    assert load("addon.alerting.dialogs").exporting(space) == ending
    assert load("addon.alerting.dialogs").exporting(SimpleNamespace(active_operator=None)) == ""
    if ending not in {"", "mystery"}:
        group, _, operator = name.partition("_OT_")
        assert operator in dir(getattr(bpy.ops, group.lower()))


def test_the_options_that_decide_what_leaves_are_still_called_so(bpy: Any, load: Load) -> None:
    exporters = load("addon.alerting.exporters")
    found = {
        name: exporters.options_of(SimpleNamespace(bl_rna=operator.get_rna_type(), **defaults(operator)))
        for name, operator in {
            "gltf": bpy.ops.export_scene.gltf,
            "fbx": bpy.ops.export_scene.fbx,
            "obj": bpy.ops.wm.obj_export,
            "stl": bpy.ops.wm.stl_export,
            "ply": bpy.ops.wm.ply_export,
            "usd": bpy.ops.wm.usd_export,
            "abc": bpy.ops.wm.alembic_export,
        }.items()
    }
    assert all(exporters.is_selectable(options) for options in found.values())
    assert {"use_selection", "use_visible", "use_renderable", "use_active_scene"} <= set(found["gltf"])
    assert found["usd"]["selected_objects_only"] is False
    for options in found.values():
        assert any(exporters.select_only(options)[name] for name in exporters._SELECTED if name in options)


def defaults(operator: Any) -> dict[str, Any]:
    """Return an operator's options as they are at first."""
    found = {}
    for prop in operator.get_rna_type().properties:
        if prop.type in {"BOOLEAN", "STRING", "INT", "FLOAT"} and not getattr(prop, "is_array", False):
            found[prop.identifier] = prop.default
    return found


def test_a_glTF_hook_is_there_for_the_exporter_to_find(bpy: Any, load: Load) -> None:  # noqa: N802
    """The exporter finds it by name on the add-on's root module, in every version."""
    import sys

    root = sys.modules[load("addon.runtime").ROOT_PACKAGE]
    assert callable(root.glTF2_pre_export_callback)
    with pytest.raises(load("addon.alerting.exports").ExportStopped):
        raise load("addon.alerting.exports").ExportStopped("why")
