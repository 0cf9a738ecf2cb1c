# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Stamps after the import: undo, saving, Blender without the extension, merging, and the scan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
Plan = Callable[..., Any]


@pytest.fixture
def chair(host: Any, plan: Plan, stamp: Any, tmp_path: Path) -> list[Any]:
    """An imported and stamped chair in the user's scene."""
    path = files.make_model(tmp_path / "in", "glb")
    before = files.make_users_scene()
    host.stamp(host.import_file(plan(path)), stamp)
    return [block for block in files.blocks() if (block.id_type, block.name_full) not in before]


def by_name(scan: Any) -> dict[tuple[str, str], Any]:
    return {(block.id_type, block.name): block for block in scan.data_blocks}


def test_the_stamp_is_public_and_short(bpy: Any, chair: list[Any]) -> None:
    text = bpy.data.objects["Chair"]["clearance"]
    assert set(json.loads(text)) == {
        "v", "grant_id", "marketplace", "listing_id", "license_id", "terms_sha256", "credit",
    }  # fmt: skip
    assert len(text) < 700


def test_the_register_holds_each_stamp_once(
    bpy: Any, load: Load, host: Any, plan: Plan, stamp: Any, chair: list[Any], tmp_path: Path
) -> None:
    texture = files.make_image(tmp_path / "t.png")
    other = load("core.stamp_format").Stamp(
        grant_id="grant_other", marketplace="shutterstock", listing_id="7", license_id="x", terms_sha256="y"
    )
    for each in (stamp, other, other):
        host.stamp(host.import_file(plan(texture, "image")), each)
    register = json.loads(bpy.context.scene["clearance_register"])
    assert [json.loads(text)["grant_id"] for text in register] == [stamp.grant_id, "grant_other"]


def test_a_damaged_register_is_kept_and_added_to(
    bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    files.make_users_scene()
    bpy.context.scene["clearance_register"] = "not a list"
    host.stamp(host.import_file(plan(files.make_image(tmp_path / "t.png"), "image")), stamp)
    assert "not a list" in json.loads(bpy.context.scene["clearance_register"])
    assert "not a list" in host.scan().register


def test_any_blender_without_the_extension_reads_it(
    bpy: Any, stamp: Any, chair: list[Any], tmp_path: Path
) -> None:
    scene = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    script = tmp_path / "read.py"
    script.write_text(
        "import json, sys\nimport bpy\n"
        "bpy.ops.wm.open_mainfile(filepath=sys.argv[1])\n"
        "found = {'addons': [a for a in bpy.context.preferences.addons.keys() if 'clearance' in a],\n"
        "  'stamps': {f'{b.id_type}/{b.name}': b.get('clearance')\n"
        "    for c in (bpy.data.objects, bpy.data.meshes,\n"
        "    bpy.data.materials, bpy.data.images, bpy.data.actions, bpy.data.collections)"
        " for b in c},\n"
        "  'faces': {m.name: [v.value for v in m.attributes['clearance_grant'].data]\n"
        "    for m in bpy.data.meshes if 'clearance_grant' in m.attributes},\n"
        "  'register': bpy.context.scene['clearance_register']}\n"
        "open(sys.argv[2], 'w').write(json.dumps(found))\n",
        encoding="utf-8",
    )
    answer = tmp_path / "answer.json"
    done = subprocess.run(
        [sys.executable, script, scene, answer],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "bare")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.is_file(), done.stdout + done.stderr
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["addons"] == []
    stamped = {name for name, text in found["stamps"].items() if text}
    assert {name.partition("/")[0] for name in stamped} == {
        "OBJECT", "MESH", "MATERIAL", "IMAGE", "ACTION", "COLLECTION",
    }  # fmt: skip
    assert {json.loads(found["stamps"][name])["grant_id"] for name in stamped} == {stamp.grant_id}
    assert not any("Mine" in name for name in stamped)
    assert list(found["faces"]) == [block.name for block in chair if block.id_type == "MESH"]
    assert json.loads(json.loads(found["register"])[0])["grant_id"] == stamp.grant_id


def test_faces_still_tell_after_joining_into_an_own_mesh(
    bpy: Any, load: Load, host: Any, stamp: Any, chair: list[Any]
) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    for name in ("Chair seat", "Mine"):
        bpy.data.objects[name].select_set(True)
    bpy.context.view_layer.objects.active = bpy.data.objects["Mine"]
    bpy.ops.object.join()
    block = by_name(host.scan())["MESH", "Mine"]
    assert block.stamp is None
    assert block.face_grants == {load("core.ids").hash_grant_id(stamp.grant_id)}
    assert block.unmarked_faces == 1


def test_edit_mode_hides_no_face(bpy: Any, load: Load, host: Any, stamp: Any, chair: list[Any]) -> None:
    seat = bpy.data.objects["Chair seat"]
    before = by_name(host.scan())["MESH", seat.data.name]
    bpy.context.view_layer.objects.active = seat
    bpy.ops.object.mode_set(mode="EDIT")
    block = by_name(host.scan())["MESH", seat.data.name]
    bpy.ops.object.mode_set(mode="OBJECT")
    assert block.face_grants == before.face_grants != frozenset()
    assert (block.unmarked_faces, before.unmarked_faces) == (0, 0)


def test_the_scan_names_data_users_and_kinds(bpy: Any, host: Any, chair: list[Any]) -> None:
    scan = host.scan()
    found = by_name(scan)
    seat = found["OBJECT", "Chair seat"]
    assert (seat.data_type, seat.data_name) == ("MESH", bpy.data.objects["Chair seat"].data.name)
    assert seat.stamp == bpy.data.objects["Chair seat"]["clearance"]
    assert found["OBJECT", "Mine"].stamp is None
    assert found["MESH", "Mine"].unmarked_faces == 1
    assert scan.host == f"Blender {bpy.app.version_string}"
    assert scan.scene == ""
    assert ("IMAGE", "Render Result") not in found
    assert not any(block.id_type in {"SCENE", "TEXT", "BRUSH"} for block in scan.data_blocks)


def test_stamps_of_a_linked_asset_come_from_its_library(
    bpy: Any, load: Load, host: Any, stamp: Any, tmp_path: Path
) -> None:
    library = files.make_model(tmp_path / "lib", "blend")
    with bpy.data.libraries.load(str(library), link=True) as (source, wanted):
        wanted.objects = list(source.objects)
    for item in wanted.objects:
        bpy.context.scene.collection.objects.link(item)
    handle = load("core.model.scene").Handle
    handles = tuple(handle(id_type=b.id_type, session_uid=b.session_uid) for b in wanted.objects)
    assert host.stamp(handles, stamp) == 2
    scene = tmp_path / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    assert json.loads(bpy.data.libraries[0]["clearance"])["grant_id"] == stamp.grant_id
    linked = [block for block in host.scan().data_blocks if block.library]
    assert linked
    assert all(json.loads(block.stamp)["grant_id"] == stamp.grant_id for block in linked)
    assert all(block.unmarked_faces == 0 for block in linked)


def test_a_mesh_without_faces_gets_no_attribute(bpy: Any, load: Load, host: Any, stamp: Any) -> None:
    files.clear()
    mesh = bpy.data.meshes.new("Points")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0)], [(0, 1)], [])
    handle = load("core.model.scene").Handle(id_type="MESH", session_uid=mesh.session_uid)
    assert host.stamp((handle,), stamp) == 1
    assert "clearance_grant" not in mesh.attributes
    assert mesh["clearance"]


def test_a_handle_that_is_gone_stops_the_stamp(bpy: Any, load: Load, host: Any, stamp: Any) -> None:
    handle = load("core.model.scene").Handle(id_type="MESH", session_uid=2**31 - 1)
    with pytest.raises(load("core.errors").HostError):
        host.stamp((handle,), stamp)


def test_appending_without_us_is_noticed(
    bpy: Any, load: Load, stamp: Any, chair: list[Any], tmp_path: Path
) -> None:
    source = tmp_path / "stamped.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(source), copy=True)
    files.clear()
    with bpy.data.libraries.load(str(source), link=False) as (there, wanted):
        wanted.objects = list(there.objects)
    if not hasattr(bpy.app.handlers, "blend_import_post"):  # 4.2: noticed when the file is saved
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    (text,) = json.loads(bpy.context.scene["clearance_register"])
    assert json.loads(text)["grant_id"] == stamp.grant_id


def test_saving_and_loading_complete_the_register(
    bpy: Any, stamp: Any, chair: list[Any], tmp_path: Path
) -> None:
    del bpy.context.scene["clearance_register"]
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert stamp.grant_id in bpy.context.scene["clearance_register"]
    del bpy.context.scene["clearance_register"]
    handlers = bpy.app.handlers.save_pre[:]
    bpy.app.handlers.save_pre.clear()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.app.handlers.save_pre[:] = handlers
    assert "clearance_register" not in bpy.context.scene
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert stamp.grant_id in bpy.context.scene["clearance_register"]


def test_a_file_without_stamps_gets_no_register(bpy: Any, tmp_path: Path) -> None:
    files.make_users_scene()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert "clearance_register" not in bpy.context.scene
    assert not any("clearance" in block for block in files.blocks())


def test_native_metadata_is_filled_where_there_is_some_and_made_nowhere(
    bpy: Any, load: Load, chair: list[Any]
) -> None:
    from session_states import States

    grant = States(load).grant()
    asset = bpy.data.objects["Chair"]
    asset.asset_mark()
    asset.asset_data.author = "The author's own words"
    assert load("addon.provenance").write_asset_metadata(chair, grant) == 1
    assert asset.asset_data.license == "Royalty Free License"
    assert asset.asset_data.copyright == "Oak chair by Anna, CGTrader"
    assert asset.asset_data.author == "The author's own words"
    assert sum(block.asset_data is not None for block in chair) == 1


def test_ten_thousand_objects_are_scanned(bpy: Any, load: Load, host: Any, stamp: Any) -> None:
    files.clear()
    collection = bpy.context.scene.collection
    mesh = bpy.data.meshes.new("Many")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    for number in range(10_000):
        collection.objects.link(bpy.data.objects.new(f"Many.{number:05d}", mesh))
    handle = load("core.model.scene").Handle
    handles = tuple(
        handle(id_type=block.id_type, session_uid=block.session_uid) for block in (*bpy.data.objects, mesh)
    )
    assert host.stamp(handles, stamp) == 10_001
    scan = host.scan()
    assert sum(block.stamp is not None for block in scan.data_blocks) == 10_001
    report = load("core.reports.build").build_report(
        scan,
        grants={},
        terms={},
        use=load("core.model.intended_use").IntendedUse(),
        now=load("core.clock").SystemClock().now(),
    )
    assert len(report.rows) == 10_001
