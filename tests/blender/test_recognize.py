# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Bought, imported, stripped of every stamp, sent through other formats: recognized, and stamped again."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
FORMATS = ["obj", "glb", "stl", "ply", "fbx"]


def make_lamp(bpy: Any, seed: int = 1) -> Any:
    """Build a bent, lopsided thing of some 150 corners, and put it into the scene."""
    rings, sides = 12, 12
    wave = 0.3 + 0.1 * (seed % 7)
    vertices = []
    for ring in range(rings + 1):
        for side in range(sides):
            turn, rise = math.tau * side / sides, ring / rings
            reach = 0.4 + wave * math.sin(2.2 * rise + 0.2 * seed) ** 2 + 0.08 * math.cos(3 * turn + rise)
            vertices.append((reach * math.cos(turn), 0.8 * reach * math.sin(turn), 2.1 * rise))
    faces = [
        (r * sides + s, r * sides + (s + 1) % sides, (r + 1) * sides + (s + 1) % sides, (r + 1) * sides + s)
        for r in range(rings)
        for s in range(sides)
    ]
    faces += [tuple(range(sides)), tuple(rings * sides + s for s in range(sides))]
    mesh = bpy.data.meshes.new("Lamp")
    mesh.from_pydata(vertices, [], faces)
    mesh.uv_layers.new(name="UVMap")
    item = bpy.data.objects.new("Lamp", mesh)
    bpy.context.scene.collection.objects.link(item)
    return item


def make_picture(bpy: Any, path: Path, *, size: int = 128, seed: int = 1) -> Path:
    """Write a picture with structure."""
    import numpy as np

    y, x = np.mgrid[0:size, 0:size] / size
    values = np.ones((size, size, 4), dtype=np.float32)
    rng = np.random.default_rng(seed)
    for channel in range(3):
        values[..., channel] = 0.5
        for _ in range(6):
            a, b, p = rng.uniform(2, 14), rng.uniform(2, 14), rng.uniform(0, 6)
            values[..., channel] += 0.08 * np.sin(a * x + b * y + p) * np.cos(b * x - a * y)
    image = bpy.data.images.new("picture", size, size)
    image.pixels.foreach_set(values.clip(0, 1).reshape(-1))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


@pytest.fixture
def own(load: Load, app: Any) -> Callable[..., Any]:
    """Put a bought and downloaded file into the ledger and the store: `own("grant_…", path, "model")`."""

    def buy(grant_id: str, path: Path, kind: str = "model", title: str = "Standing Lamp") -> Any:
        model, listing = load("core.model.grant"), load("core.model.listing")
        data = path.read_bytes()
        digest = hashlib.sha256(data).hexdigest()
        copy = path.with_name(f"incoming-{path.name}")
        copy.write_bytes(data)
        app.store.adopt(copy, digest)
        now = datetime(2026, 3, 2, tzinfo=UTC)
        grant = model.Grant(
            id=grant_id, order_id="", title=title, author="Mia",
            ref=listing.ListingRef(marketplace="cgtrader", id="123"), kind=listing.MediaKind(kind),
            license_id="cgtrader.royalty_free", license_label="Royalty Free", terms_sha256="ab" * 32,
            marketplace_license_id="", licensee="", project="", granted_at=now,
        )  # fmt: skip
        file = model.GrantFile(
            grant_id=grant_id, sha256=digest, name=path.name, size=len(data),
            media_type="application/octet-stream", downloaded_at=now,
        )  # fmt: skip
        with app.ledger.transaction() as work:
            work.add_grant(grant)
            work.add_file(file)
        app.session.refresh_library()
        assert app.tasks.wait(timeout_s=60)
        return grant

    return buy


def bring_in(bpy: Any, load: Load, grant: Any) -> None:
    assert bpy.ops.clearance.import_asset(grant_id=grant.id) == {"FINISHED"}
    assert load("addon.pump").drain_until_idle(60)


def look(bpy: Any, load: Load) -> Any:
    """Look for what is owned; return the state."""
    assert bpy.ops.clearance.recognize() == {"FINISHED"}
    assert load("addon.pump").drain_until_idle(60)
    return load("addon.runtime").app().session.state.recognition


def strip(bpy: Any) -> None:
    """Take every stamp, every mark on faces and every register away."""
    for block in files.blocks():
        for name in ("clearance", "clearance_register"):
            if name in block:
                del block[name]
        if block.id_type == "MESH" and "clearance_grant" in block.attributes:
            block.attributes.remove(block.attributes["clearance_grant"])


def export_model(path: Path) -> Path:
    files._export(path, path.suffix[1:])
    return path


def load_model(bpy: Any, path: Path) -> None:
    """Import a file with Blender's own importer, as anybody would."""
    match path.suffix:
        case ".obj":
            bpy.ops.wm.obj_import(filepath=str(path))
        case ".glb":
            bpy.ops.import_scene.gltf(filepath=str(path))
        case ".stl":
            bpy.ops.wm.stl_import(filepath=str(path))
        case ".ply":
            bpy.ops.wm.ply_import(filepath=str(path))
        case ".fbx":
            bpy.ops.import_scene.fbx(filepath=str(path))


def stamps(blocks: Any) -> dict[str, str]:
    return {
        f"{b.id_type}/{b.name}": json.loads(b["clearance"])["grant_id"] for b in blocks if "clearance" in b
    }


@pytest.fixture
def lamp(bpy: Any, load: Load, own: Callable[..., Any], tmp_path: Path) -> Any:
    """Buy a lamp as .glb and import it; the scene has it, stamped, and a cube of the user's."""
    files.clear()
    make_lamp(bpy)
    path = export_model(tmp_path / "lamp.glb")
    files.clear()
    grant = own("grant_lamp", path)
    bring_in(bpy, load, grant)
    return grant


@pytest.mark.parametrize("ending", FORMATS)
def test_a_stripped_model_is_recognized_after_every_format(
    bpy: Any, load: Load, app: Any, lamp: Any, tmp_path: Path, ending: str
) -> None:
    item = next(one for one in bpy.data.objects if one.type == "MESH")
    item.location, item.rotation_euler, item.scale = (3, -2, 5), (0.4, 1.1, -0.7), (2.5, 2.5, 2.5)
    strip(bpy)
    path = export_model(tmp_path / f"away.{ending}")
    files.clear()
    load_model(bpy, path)
    own = bpy.data.meshes.new("Mine")
    own.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Mine", own))
    strip(bpy)
    state = look(bpy, load)
    mesh = next(one for one in bpy.data.meshes if len(one.polygons) > 20)
    assert [one.subject for one in state.found] == [f"MESH/{mesh.name}"], ending
    suggestion = state.found[0].certain
    assert suggestion.grant_id == lamp.id and suggestion.title == "Standing Lamp"
    # It was only recognized: nothing is stamped, and nothing is cleared.
    assert stamps(files.blocks()) == {}
    bpy.ops.clearance.stamp_recognized(subject=state.found[0].subject, grant_id=lamp.id)
    assert load("addon.pump").drain_until_idle(60)
    shown = {one.name for one in bpy.data.objects if one.data == mesh}
    assert stamps(files.blocks()) == {f"MESH/{mesh.name}": lamp.id} | {
        f"OBJECT/{name}": lamp.id for name in shown
    }
    assert "clearance_grant" in mesh.attributes
    register = json.loads(bpy.context.scene["clearance_register"])
    assert [json.loads(text)["grant_id"] for text in register] == [lamp.id]
    assert "content.stamped" in [entry.event.action for entry in app.ledger.audit()]
    assert state.found == []


def test_a_stamp_that_was_deleted_by_hand_comes_back(bpy: Any, load: Load, app: Any, lamp: Any) -> None:
    # The scene's register still names the license: the report says that it was taken off.
    for block in files.blocks():
        if block.id_type in {"OBJECT", "MESH", "COLLECTION", "MATERIAL"} and "clearance" in block:
            del block["clearance"]
        if block.id_type == "MESH" and "clearance_grant" in block.attributes:
            block.attributes.remove(block.attributes["clearance_grant"])
    bpy.ops.clearance.report_scene()
    assert load("addon.pump").drain_until_idle(60)
    before = {finding.rule for finding in app.session.state.report.findings}
    assert "scene.undeclared" in before
    state = look(bpy, load)
    assert [one.certain.grant_id for one in state.found] == [lamp.id]
    assert bpy.ops.clearance.stamp_all_recognized() == {"FINISHED"}
    assert load("addon.pump").drain_until_idle(60)
    report = app.session.state.report
    assert not [name for name in report.undeclared if name.startswith("MESH/")]
    assert {grant_id for row in report.rows for grant_id in row.grant_ids} == {lamp.id}


def test_what_is_appended_without_its_stamp_is_recognized(
    bpy: Any, load: Load, lamp: Any, tmp_path: Path
) -> None:
    strip(bpy)
    name = next(one.name for one in bpy.data.objects if one.type == "MESH")
    path = tmp_path / "friend.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, check_existing=False)
    files.clear()
    with bpy.data.libraries.load(str(path), link=False) as (_there, here):
        here.objects = [name]
    bpy.context.scene.collection.objects.link(here.objects[0])
    assert [one.certain.grant_id for one in look(bpy, load).found] == [lamp.id]


def test_stamping_is_one_undo_step_and_the_report_follows(bpy: Any, load: Load, app: Any, lamp: Any) -> None:
    strip(bpy)
    bpy.ops.clearance.report_scene()
    state = look(bpy, load)
    assert any(name.startswith("MESH/") for name in app.session.state.report.undeclared)
    subject = state.found[0].subject
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.clearance.stamp_recognized("EXEC_DEFAULT", True, subject=subject, grant_id=lamp.id)
    assert load("addon.pump").drain_until_idle(60)
    assert subject not in app.session.state.report.undeclared
    bpy.ops.ed.undo()
    assert stamps(files.blocks()) == {}


def test_modifiers_and_uneven_scales_are_known_forms(bpy: Any, load: Load, own: Any, tmp_path: Path) -> None:
    files.clear()
    item = make_lamp(bpy)
    item.scale = (1.0, 1.7, 0.6)
    item.modifiers.new("Mirror", "MIRROR").use_axis = (True, True, False)
    item.modifiers.new("Thick", "SOLIDIFY").thickness = 0.03
    path = tmp_path / "lamp.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, check_existing=False)
    files.clear()
    bring_in(bpy, load, own("grant_lamp", path))
    strip(bpy)
    away = export_model(tmp_path / "away.obj")
    files.clear()
    load_model(bpy, away)
    assert [one.certain.grant_id for one in look(bpy, load).found] == ["grant_lamp"]


def test_a_model_of_several_parts_is_recognized_as_one_mesh(
    bpy: Any, load: Load, own: Any, tmp_path: Path
) -> None:
    files.clear()
    for seed in (1, 2, 3):
        make_lamp(bpy, seed).location.x = 3 * seed
    path = export_model(tmp_path / "lamps.glb")
    files.clear()
    bring_in(bpy, load, own("grant_lamp", path))
    strip(bpy)
    away = export_model(tmp_path / "away.stl")
    files.clear()
    load_model(bpy, away)
    assert len(bpy.data.meshes) == 1
    assert [one.certain.grant_id for one in look(bpy, load).found] == ["grant_lamp"]


def test_pictures_are_recognized_packed_scaled_encoded_and_painted(
    bpy: Any, load: Load, app: Any, own: Any, tmp_path: Path
) -> None:
    grant = own("grant_picture", make_picture(bpy, tmp_path / "photo.png"), "image", "Photo")
    app.services.fingerprinting.take(grant.id)
    files.clear()
    packed = bpy.data.images.load(str(make_picture(bpy, tmp_path / "copy.png")))
    packed.pack()
    scaled = bpy.data.images.load(str(tmp_path / "copy.png"))
    scaled.name = "scaled"
    scaled.scale(60, 60)
    encoded = bpy.data.images.load(str(tmp_path / "copy.png"))
    assert len(encoded.pixels) == 128 * 128 * 4  # read now: saving elsewhere needs what is in memory
    encoded.filepath_raw, encoded.file_format = str(tmp_path / "away.jpg"), "JPEG"
    encoded.save(quality=60)
    bpy.data.images.remove(encoded)
    encoded = bpy.data.images.load(str(tmp_path / "away.jpg"))
    other = bpy.data.images.load(str(make_picture(bpy, tmp_path / "other.png", seed=2)))
    gone = bpy.data.images.load(str(make_picture(bpy, tmp_path / "gone.png", seed=3)))
    (tmp_path / "gone.png").unlink()
    blank = bpy.data.images.new("blank", 64, 64)
    wood = bpy.data.materials.new("Wood")
    if wood.node_tree is None:  # up to 4.5
        wood.use_nodes = True
    wood.node_tree.nodes.new("ShaderNodeTexImage").image = packed
    for image in (packed, scaled, encoded, other, gone, blank, wood):
        image.use_fake_user = True
    state = look(bpy, load)
    likeness = {one.subject: one.suggestions[0].likeness for one in state.found}
    assert likeness == {
        f"IMAGE/{packed.name}": "exact", f"IMAGE/{scaled.name}": "look", f"IMAGE/{encoded.name}": "look",
    }  # fmt: skip
    assert [one.subject for one in state.passed] == [f"IMAGE/{gone.name}"]
    bpy.ops.clearance.stamp_recognized(subject=f"IMAGE/{packed.name}", grant_id=grant.id, with_materials=True)
    assert load("addon.pump").drain_until_idle(60)
    assert set(stamps(files.blocks())) == {f"IMAGE/{packed.name}", "MATERIAL/Wood"}
    assert bpy.ops.clearance.stamp_all_recognized() == {"FINISHED"}
    assert load("addon.pump").drain_until_idle(60)
    assert set(stamps(bpy.data.images)) == {f"IMAGE/{one.name}" for one in (packed, scaled, encoded)}


def test_what_everybody_has_is_never_recognized(bpy: Any, load: Load, own: Any, tmp_path: Path) -> None:
    makers = (
        bpy.ops.mesh.primitive_cube_add, bpy.ops.mesh.primitive_plane_add,
        bpy.ops.mesh.primitive_uv_sphere_add,
        bpy.ops.mesh.primitive_ico_sphere_add, bpy.ops.mesh.primitive_cylinder_add,
        bpy.ops.mesh.primitive_cone_add, bpy.ops.mesh.primitive_torus_add, bpy.ops.mesh.primitive_circle_add,
        bpy.ops.mesh.primitive_grid_add,
    )  # fmt: skip
    files.clear()
    for number, make in enumerate(makers):
        make(location=(4 * number, 0, 0))
    path = tmp_path / "shapes.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, check_existing=False)
    files.clear()
    bring_in(bpy, load, own("grant_shapes", path))
    strip(bpy)
    files.clear()
    for make in makers:
        make(location=(0, 0, 0))
    assert look(bpy, load).found == []


def test_an_edited_mesh_and_a_license_that_came_meanwhile_are_left_alone(
    bpy: Any, load: Load, app: Any, lamp: Any
) -> None:
    strip(bpy)
    item = next(one for one in bpy.data.objects if one.type == "MESH")
    bpy.context.view_layer.objects.active = item
    bpy.ops.object.mode_set(mode="EDIT")
    state = look(bpy, load)
    assert state.found == [] and [one.subject for one in state.passed] == [f"MESH/{item.data.name}"]
    bpy.ops.object.mode_set(mode="OBJECT")
    subject = look(bpy, load).found[0].subject
    other = load("core.stamp_format").Stamp(
        grant_id="grant_other", marketplace="x", listing_id="1", license_id="x", terms_sha256="y"
    )
    load("addon.stamp_io").write([item.data], other)
    with pytest.raises(RuntimeError, match="carries a license now"):
        bpy.ops.clearance.stamp_recognized(subject=subject, grant_id=lamp.id)
    assert stamps([item.data]) == {f"MESH/{item.data.name}": "grant_other"}
    with pytest.raises(RuntimeError, match="Look again"):
        bpy.ops.clearance.stamp_recognized(subject="MESH/Nothing", grant_id=lamp.id)


def test_a_look_at_thousands_takes_small_steps_and_can_be_stopped(
    bpy: Any, load: Load, app: Any, lamp: Any
) -> None:
    strip(bpy)
    for number in range(2000):
        mesh = bpy.data.meshes.new(f"Part {number}")
        mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, number)], [], [(0, 1, 2)])
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(f"Part {number}", mesh))
    recognizing, runtime = load("addon.recognizing"), load("addon.runtime")
    one = recognizing.start(app, runtime.host().scan(), bounded=True)
    before = len(one.waiting)
    # No time left: one thing is copied out, and the rest waits for the next tick.
    assert one.step(app, until=0.0) and before - len(one.waiting) == 1
    while one.step(app, until=None):
        app.tasks.wait(timeout_s=60)
    assert app.tasks.wait(timeout_s=60)
    state = app.session.state.recognition
    assert state.looked_at >= 2001 and len(state.found) == 1
    again = recognizing.start(app, runtime.host().scan(), bounded=True)
    app.session.stop_recognition()
    assert not again.step(app, until=None)


def test_on_the_command_line_a_scene_is_stamped_and_saved(
    bpy: Any, load: Load, app: Any, lamp: Any, tmp_path: Path
) -> None:
    strip(bpy)
    scene = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    cli = load("core.cli")
    host = load("addon.runtime").host()
    assert cli.run(["recognize", str(scene)], host=host, environ=dict(os.environ)) == 3
    assert cli.run(["recognize", str(scene), "--stamp", "--save"], host=host, environ=dict(os.environ)) == 0
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    assert set(stamps(bpy.data.meshes).values()) == {lamp.id}
