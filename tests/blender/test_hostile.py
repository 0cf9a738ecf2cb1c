# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Files that mean harm: their scripts never run, and they reach nothing outside of their folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
Plan = Callable[..., Any]


@pytest.fixture(params=[False, True], ids=["auto-run off", "auto-run on"])
def auto_run(request: pytest.FixtureRequest, bpy: Any) -> bool:
    """What the user's preference says about scripts in files."""
    return bool(request.param)


def make_armed_blend(bpy: Any, folder: Path, marker: Path) -> Path:
    """A chair with a registered text block, Python drivers in several places, and a script node."""
    files.clear()
    folder.mkdir(exist_ok=True)
    files.build_chair(folder)
    payload = f"__import__('pathlib').Path({str(marker)!r}).write_text('ran')"
    text = bpy.data.texts.new("payload.py")
    text.write(f"{payload}\ndef register():\n    {payload}\nregister()\n")
    text.use_module = True
    expression = f"{payload} or 0.0"
    seat = bpy.data.objects["Chair seat"]
    seat.driver_add("location", 2).driver.expression = expression
    seat.data.shape_keys or seat.shape_key_add(name="Basis")
    key = seat.shape_key_add(name="Push")
    key.driver_add("value").driver.expression = expression
    tree = bpy.data.materials["Chair wood"].node_tree
    shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    shader.inputs["Roughness"].driver_add("default_value").driver.expression = expression
    script = tree.nodes.new("ShaderNodeScript")
    script.mode = "INTERNAL"
    script.script = text
    harmless = bpy.data.objects["Chair"].driver_add("location", 0).driver
    harmless.expression = "sin(frame) * 2"
    path = folder / "armed.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, check_existing=False)
    marker.unlink(missing_ok=True)  # building it may have evaluated it
    files.clear()
    return path


def test_scripts_and_drivers_of_a_blend_never_run(
    auto_run: bool, bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    marker = tmp_path / "ran.txt"
    path = make_armed_blend(bpy, tmp_path / "in", marker)
    files.make_users_scene()
    bpy.context.preferences.filepaths.use_scripts_auto_execute = auto_run
    host.stamp(host.import_file(plan(path)), stamp)
    for frame in (1, 2, 30):
        bpy.context.scene.frame_set(frame)
    bpy.context.view_layer.update()
    scene = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    bpy.ops.wm.open_mainfile(filepath=str(scene), use_scripts=True)
    bpy.context.scene.frame_set(5)
    bpy.context.view_layer.update()
    assert not marker.exists()
    assert len(bpy.data.texts) == 0
    assert bpy.data.objects["Chair seat"].animation_data.drivers.find("location", index=2) is None
    assert len(bpy.data.shape_keys) == 1
    assert not any(key.animation_data and key.animation_data.drivers for key in bpy.data.shape_keys)
    tree = bpy.data.materials["Chair wood"].node_tree
    assert not any(node.bl_idname == "ShaderNodeScript" for node in tree.nodes)
    assert not (tree.animation_data and tree.animation_data.drivers)


def test_the_payload_would_run_without_us(bpy: Any, tmp_path: Path) -> None:
    marker = tmp_path / "ran.txt"
    path = make_armed_blend(bpy, tmp_path / "in", marker)
    bpy.context.preferences.filepaths.use_scripts_auto_execute = True
    bpy.ops.wm.open_mainfile(filepath=str(path), use_scripts=True)
    bpy.context.scene.frame_set(5)
    bpy.context.view_layer.update()
    assert marker.exists()


def test_what_was_taken_out_is_told_and_the_harmless_stays(
    bpy: Any, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = make_armed_blend(bpy, tmp_path / "in", tmp_path / "ran.txt")
    files.make_users_scene()
    host.import_file(plan(path))
    said = " ".join(host.notes)
    assert "1 script in the file was removed and not run (payload.py)." in said
    assert "3 drivers with Python code were removed" in said
    assert "1 script node was removed" in said
    (curve,) = bpy.data.objects["Chair"].animation_data.drivers
    assert curve.driver.expression == "sin(frame) * 2"


def test_the_preference_for_scripts_is_as_it_was(
    auto_run: bool, bpy: Any, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    paths = bpy.context.preferences.filepaths
    paths.use_scripts_auto_execute = auto_run
    host.import_file(plan(path))
    assert paths.use_scripts_auto_execute is auto_run
    (tmp_path / "bad.glb").write_bytes(b"glTF")
    with pytest.raises(load("core.errors").ImportRefused):
        host.import_file(plan(tmp_path / "bad.glb"))
    assert paths.use_scripts_auto_execute is auto_run


def test_a_blend_that_links_another_file_is_refused(
    bpy: Any, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    library = files.make_model(tmp_path / "lib", "blend")
    with bpy.data.libraries.load(str(library), link=True) as (source, wanted):
        wanted.meshes = list(source.meshes)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Mixed", wanted.meshes[0]))
    path = tmp_path / "in" / "linking.blend"
    path.parent.mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    before = files.make_users_scene()
    with pytest.raises(load("core.errors").ImportRefused, match="another file"):
        host.import_file(plan(path))
    assert files.names() == before
    assert len(bpy.data.libraries) == 0


def test_a_picture_from_outside_is_neither_packed_nor_referred_to(
    bpy: Any, host: Any, plan: Plan, tmp_path: Path
) -> None:
    secret = files.make_image(tmp_path / "secret.png")
    files.clear()
    (tmp_path / "in").mkdir()
    files.build_chair(tmp_path / "in")
    image = bpy.data.images.load(str(secret))
    image.use_fake_user = True
    bpy.data.materials["Chair wood"].node_tree.nodes.new("ShaderNodeTexImage").image = image
    path = tmp_path / "in" / "reaching.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, relative_remap=False)
    files.make_users_scene()
    host.import_file(plan(path))
    image = bpy.data.images["secret.png"]
    assert image.packed_file is None
    assert image.filepath == ""
    assert any("secret.png" in note for note in host.notes)
    assert bpy.data.images["wood.png"].packed_file is not None


def test_a_picture_that_the_author_had_elsewhere_is_found_beside_the_file(
    bpy: Any, host: Any, plan: Plan, tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    (folder / "textures").mkdir(parents=True)
    files.clear()
    files.build_chair(folder)
    path = folder / "chair.blend"
    bpy.data.images["wood.png"].filepath = "C:\\Users\\anna\\Wood.PNG"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, relative_remap=False)
    (folder / "wood.png").rename(folder / "textures" / "wood.png")
    files.make_users_scene()
    host.import_file(plan(path))
    assert bpy.data.images["wood.png"].packed_file is not None
    assert host.notes == ()


def test_an_obj_cannot_reach_outside(bpy: Any, host: Any, plan: Plan, tmp_path: Path) -> None:
    secret = files.make_image(tmp_path / "secret.png")
    path = files.make_model(tmp_path / "in", "obj")
    material = path.with_suffix(".mtl")
    material.write_text(f"newmtl Chair_wood\nmap_Kd ../secret.png\nmap_Ks {secret}\n", encoding="utf-8")
    files.make_users_scene()
    host.import_file(plan(path))
    assert all(image.packed_file is None and image.filepath == "" for image in bpy.data.images)


def test_a_title_of_ten_thousand_characters_does_not_stop_an_import(
    bpy: Any, load: Load, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    from session_states import EVIL_TITLE

    path = files.make_image(tmp_path / "wood.png")
    files.make_users_scene()
    safe = load("core.files.disk").safe_name(EVIL_TITLE, fallback="Asset", limit=60)
    assert host.stamp(host.import_file(plan(path, "image", name=safe)), stamp) == 2
    assert all(char.isprintable() for char in bpy.data.materials[0].name)
