# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""What a file notes of its licenses by itself: completed where it is certain, never guessed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import blender_files as files
import numpy as np
import pytest

Load = Callable[[str], Any]


@pytest.fixture
def keep_up(load: Load) -> Callable[[], int]:
    """What happens before saving, after loading and before a report."""
    keep: Callable[[], int] = load("addon.provenance").keep_up
    return keep


@pytest.fixture
def chair(bpy: Any, host: Any, plan: Any, stamp: Any, tmp_path: Path) -> Any:
    """The mesh of an imported and stamped chair."""
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    host.stamp(host.import_file(plan(path)), stamp)
    return bpy.data.objects["Chair seat"].data


def mark(load: Load, mesh: Any, *grant_ids: str) -> None:
    """Mark faces in turn; an empty id leaves one unmarked."""
    number = load("core.ids").hash_grant_id
    values = [number(one) if one else 0 for one in grant_ids]
    if "clearance_grant" in mesh.attributes:
        mesh.attributes.remove(mesh.attributes["clearance_grant"])
    attribute = mesh.attributes.new("clearance_grant", "INT", "FACE")
    attribute.data.foreach_set("value", np.resize(np.array(values, dtype=np.int32), len(mesh.polygons)))


def test_a_mesh_whose_every_face_names_one_license_gets_its_stamp(
    bpy: Any, stamp: Any, chair: Any, keep_up: Callable[[], int]
) -> None:
    new = bpy.data.meshes.new_from_object(bpy.data.objects["Chair seat"])
    bpy.data.objects["Mine"].data = new
    assert "clearance" not in new
    keep_up()
    assert new["clearance"] == chair["clearance"]
    assert json.loads(new["clearance"])["grant_id"] == stamp.grant_id
    assert "license" in new.id_properties_ui("clearance").as_dict()["description"].lower()


@pytest.mark.parametrize("others", [("",), ("grant_other",), ("", "grant_other")])
def test_nothing_is_guessed_from_faces_that_differ(
    bpy: Any, load: Load, stamp: Any, chair: Any, keep_up: Callable[[], int], others: tuple[str, ...]
) -> None:
    own = bpy.data.objects["Mine"].data
    own.clear_geometry()
    own.from_pydata(
        [(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0), (2, 1, 0)], [], [(0, 1, 2), (1, 3, 2), (1, 4, 3)]
    )
    mark(load, own, stamp.grant_id, *others)
    keep_up()
    assert "clearance" not in own


def test_a_number_that_no_stamp_here_has_is_left_alone(
    bpy: Any, load: Load, chair: Any, keep_up: Callable[[], int]
) -> None:
    own = bpy.data.objects["Mine"].data
    mark(load, own, "grant_of_somebody_else")
    keep_up()
    assert "clearance" not in own


def test_a_damaged_or_other_stamp_is_not_painted_over(
    bpy: Any, load: Load, stamp: Any, chair: Any, keep_up: Callable[[], int]
) -> None:
    for text in ("{", 7):
        chair["clearance"] = text
        keep_up()
        assert chair["clearance"] == text


def test_the_register_knows_the_stamp_when_no_data_block_does(
    bpy: Any, stamp: Any, chair: Any, keep_up: Callable[[], int]
) -> None:
    text = chair["clearance"]
    for block in files.blocks():
        if "clearance" in block:
            del block["clearance"]
    keep_up()
    assert chair["clearance"] == text


def test_a_mesh_being_edited_waits_until_it_is_saved(
    bpy: Any, chair: Any, keep_up: Callable[[], int]
) -> None:
    text = chair["clearance"]
    del chair["clearance"]
    bpy.context.view_layer.objects.active = bpy.data.objects["Chair seat"]
    bpy.ops.object.mode_set(mode="EDIT")
    keep_up()
    assert "clearance" not in chair
    bpy.ops.object.mode_set(mode="OBJECT")
    keep_up()
    assert chair["clearance"] == text


def test_an_empty_file_gets_nothing(bpy: Any, keep_up: Callable[[], int]) -> None:
    files.make_users_scene()
    assert keep_up() == 0
    assert not any(name.startswith("clearance") for name in bpy.context.scene.keys())  # noqa: SIM118 - no dict


def test_notes_on_a_library_follow_what_is_linked(
    bpy: Any, host: Any, stamp: Any, chair: Any, keep_up: Callable[[], int], tmp_path: Path
) -> None:
    library = tmp_path / "library.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library), copy=True)
    files.clear()
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Chair seat"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    noted = json.loads(bpy.data.libraries[0]["clearance_linked"])
    assert {"OBJECT/Chair seat", "MESH/Chair seat"} <= set(noted["seen"])
    assert noted["here"] == {}
    assert len(noted["stamps"]) == 1
    before = bpy.data.libraries[0]["clearance_linked"]
    keep_up()
    assert bpy.data.libraries[0]["clearance_linked"] == before
    library.unlink()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    blocks = {f"{block.id_type}/{block.name}": block for block in host.scan().data_blocks}
    assert blocks["OBJECT/Chair seat"].missing
    assert stamp.grant_id in blocks["OBJECT/Chair seat"].remembered
    # Saved once more without the library, the note is still there.
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert json.loads(bpy.data.libraries[0]["clearance_linked"])["seen"] == noted["seen"]


def test_a_second_license_of_a_library_is_noted_beside_the_first(
    bpy: Any, load: Load, host: Any, stamp: Any, tmp_path: Path
) -> None:
    library = files.make_model(tmp_path / "lib", "blend")
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Chair", "Chair seat"]
    for item in wanted.objects:
        bpy.context.scene.collection.objects.link(item)
    handle = load("core.model.scene").Handle
    root, seat = wanted.objects
    other = replace(stamp, grant_id="grant_other")
    for block, each in ((root, stamp), (seat, other)):
        assert host.stamp((handle(id_type=block.id_type, session_uid=block.session_uid),), each) == 1
    scene = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    found = {(block.id_type, block.name): block.stamp for block in host.scan().data_blocks}
    assert json.loads(found["OBJECT", "Chair"])["grant_id"] == stamp.grant_id
    assert json.loads(found["OBJECT", "Chair seat"])["grant_id"] == "grant_other"
    # What nobody stamped by itself has the library's first license, as before.
    assert json.loads(found["MESH", "Chair seat"])["grant_id"] == stamp.grant_id


@pytest.mark.parametrize("damage", ["{", "7", '{"seen":{"OBJECT/Chair":99}}', "x" * 5_000_000])
def test_damaged_notes_do_no_harm(
    bpy: Any, host: Any, keep_up: Callable[[], int], tmp_path: Path, damage: str
) -> None:
    library = files.make_model(tmp_path / "lib", "blend")
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Chair"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.data.libraries[0]["clearance_linked"] = damage
    bpy.context.scene["clearance_quiet"] = damage
    scan = host.scan()
    assert all(block.stamp is None and block.remembered is None for block in scan.data_blocks)
    assert scan.quiet == {}
    assert keep_up() == 0


def test_a_large_file_is_kept_up_quickly_enough_to_save(
    bpy: Any, load: Load, host: Any, stamp: Any, keep_up: Callable[[], int]
) -> None:
    files.clear()
    mesh = bpy.data.meshes.new("Many")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    handle = load("core.model.scene").Handle
    host.stamp((handle(id_type="MESH", session_uid=mesh.session_uid),), stamp)
    for number in range(2_000):
        copy = mesh.copy()
        if number % 2:
            del copy["clearance"]
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(f"Many.{number}", copy))
    keep_up()
    assert all(item.data["clearance"] == mesh["clearance"] for item in bpy.context.scene.objects)


def test_what_is_linked_from_a_library_is_selected(bpy: Any, load: Load, tmp_path: Path) -> None:
    load("addon.runtime").app()
    library = files.make_model(tmp_path / "lib", "blend")
    files.make_users_scene()
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Chair seat"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.ops.clearance.select_finding(subject=f"LIBRARY/{library.name}")
    assert [item.name for item in bpy.context.selected_objects] == ["Chair seat"]
    bpy.ops.clearance.select_finding(subject="LIBRARY/other.blend")
    assert bpy.context.selected_objects == []


def test_a_declared_picture_is_held_against_what_it_was(
    bpy: Any, load: Load, host: Any, chair: Any, keep_up: Callable[[], int]
) -> None:
    image = bpy.data.images.new("Drawn", 8, 8)
    image.use_fake_user = True
    image.pixels = [0.5] * len(image.pixels)
    text = replace(
        load("core.stamp_format").decode(chair["clearance"]),
        grant_id=f"declaration_{'0' * 26}", marketplace="declared", listing_id="", terms_sha256="",
    )  # fmt: skip
    handle = load("core.model.scene").Handle(id_type="IMAGE", session_uid=image.session_uid)
    host.stamp((handle,), text)

    def has_changed() -> bool:
        (found,) = (one for one in host.scan().data_blocks if one.name == "Drawn")
        return bool(found.parts_added)

    # Declared while it was painted on: what that was is known when it is kept.
    assert image["clearance_parts"] == -1
    assert not has_changed()
    image.pack()
    keep_up()
    size = image.packed_files[0].packed_file.size
    assert image["clearance_parts"] == size
    assert not has_changed()
    image.pixels = [0.1, 0.2, 0.3, 1.0] * 64
    assert has_changed()
    image.scale(16, 16)
    image.pack()
    keep_up()
    assert image["clearance_parts"] == size
    assert has_changed()


def test_a_helper_without_its_stamp_stays_noted_by_name(
    bpy: Any, host: Any, stamp: Any, load: Load, chair: Any, keep_up: Callable[[], int]
) -> None:
    palette = bpy.data.palettes.new("Herbst ❦")
    empty = bpy.data.objects.new("Griff", None)
    for block in (palette, empty):
        block.use_fake_user = True
        handle = load("core.model.scene").Handle(id_type=block.id_type, session_uid=block.session_uid)
        host.stamp((handle,), stamp)
        del block["clearance"]
    keep_up()
    scan = host.scan()
    assert {"PALETTE/Herbst ❦", "OBJECT/Griff"} <= scan.quiet[stamp.grant_id]
    assert {"Herbst ❦", "Griff"} <= {one.name for one in scan.data_blocks}
    bpy.data.palettes.remove(palette)
    keep_up()
    assert "PALETTE/Herbst ❦" not in host.scan().quiet[stamp.grant_id]
