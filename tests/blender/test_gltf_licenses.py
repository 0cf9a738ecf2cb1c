# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""glTF through Blender's own menu: hooks write licenses that other programs can read, and read them back."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import licensed_scene as scenes
import pytest
from gltf_check import faults, read_json, validate
from xmp_rules import find_faults

Load = Callable[[str], Any]
EXTENSION = "KHR_xmp_json_ld"
KINDS = {"GLB": "glb", "GLTF_SEPARATE": "gltf", "GLTF_EMBEDDED": "gltf"}


@pytest.fixture
def grants(app: Any, load: Load) -> dict[int, Any]:
    return scenes.add_grants(app, load)


@pytest.fixture
def scene(bpy: Any, load: Load, grants: dict[int, Any], tmp_path: Path) -> dict[str, Any]:
    made = scenes.build(tmp_path / "textures", load, grants)
    made["chair"].keyframe_insert("location", frame=1)
    made["chair"].location.x = 3.0
    made["chair"].keyframe_insert("location", frame=20)
    return made


@pytest.fixture(autouse=True)
def _embedded(bpy: Any) -> None:
    """Let the exporter offer embedded files; a preference of its own."""
    import addon_utils

    addon_utils.enable("io_scene_gltf2", default_set=True)
    bpy.context.preferences.addons["io_scene_gltf2"].preferences.allow_embedded_format = True


def export(bpy: Any, folder: Path, kind: str = "GLB", **options: Any) -> Path:
    """Export as File › Export does; options as Blender has them."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"möbel 家具.{KINDS[kind]}"
    bpy.ops.export_scene.gltf(filepath=str(path), export_format=kind, **options)
    return path


def bring(bpy: Any, path: Path, **options: Any) -> None:
    """Import as File › Import does."""
    files.clear()
    bpy.ops.import_scene.gltf(filepath=str(path), **options)


def stamps(bpy: Any) -> dict[str, set[str]]:
    """Return the kinds of data-blocks that carry a stamp, by grant."""
    found: dict[str, set[str]] = {}
    for block in files.blocks():
        if block.get("clearance"):
            found.setdefault(json.loads(block["clearance"])["grant_id"], set()).add(block.id_type)
    return found


def packet_of(root: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    index = thing["extensions"][EXTENSION]["packet"]
    return dict(root["extensions"][EXTENSION]["packets"][index])


def write_glb(path: Path, root: dict[str, Any]) -> None:
    """Put another description into a .glb."""
    data = path.read_bytes()
    (size,) = struct.unpack_from("<I", data, 12)
    text = json.dumps(root).encode()
    text += b" " * (-len(text) % 4)
    body = struct.pack("<II", len(text), 0x4E4F534A) + text + data[20 + size :]
    path.write_bytes(struct.pack("<4sII", b"glTF", 2, 12 + len(body)) + body)


@pytest.mark.parametrize("kind", KINDS)
def test_the_validator_finds_nothing_wrong(kind: str, bpy: Any, scene: Any, tmp_path: Path) -> None:
    path = export(bpy, tmp_path / "out", kind)
    report = validate(path)
    assert faults(report) == []
    assert report["info"]["extensionsUsed"] == [EXTENSION]
    assert "extensionsRequired" not in report["info"]


@pytest.mark.parametrize(
    "options", [{"export_extras": True}, {"export_apply": True, "export_attributes": True}]
)
def test_the_validator_finds_nothing_wrong_with_other_options(
    options: dict[str, Any], bpy: Any, scene: Any, tmp_path: Path
) -> None:
    assert faults(validate(export(bpy, tmp_path / "out", **options))) == []


def test_every_packet_keeps_to_the_rules_of_the_extension(bpy: Any, scene: Any, tmp_path: Path) -> None:
    root = read_json(export(bpy, tmp_path / "out"))
    packets = root["extensions"][EXTENSION]["packets"]
    assert [find_faults(packet) for packet in packets] == [[]] * len(packets)
    pointing = [
        root["asset"],
        *(each for key in ("nodes", "meshes", "materials", "images") for each in root[key]),
    ]
    used = {
        each["extensions"][EXTENSION]["packet"]
        for each in pointing
        if EXTENSION in each.get("extensions", {})
    }
    assert used == set(range(len(packets)))


def test_others_can_read_whose_it_is(bpy: Any, scene: Any, grants: dict[int, Any], tmp_path: Path) -> None:
    root = read_json(export(bpy, tmp_path / "out", export_copyright="© Studio"))
    assert root["asset"]["copyright"].split("\n") == [
        "© Studio",
        *sorted(scenes.CREDITS.values(), key=len, reverse=True),
    ]
    node = next(each for each in root["nodes"] if each["name"] == "Stuhl rot.001")
    packet = packet_of(root, node)
    assert packet["dc:rights"]["rdf:_1"]["@value"] == scenes.CREDITS[1]
    assert packet["dc:creator"] == {"@list": ["Anna Ängström"]}
    assert packet["xmpRights:WebStatement"].startswith("https://www.cgtrader.com")
    assert packet["clearance:licenses"]["@list"][0]["clearance:grantId"] == grants[1].id
    whole = packet_of(root, root["asset"])
    assert len(whole["clearance:licenses"]["@list"]) == 2
    assert not any("extensions" in each for each in root["nodes"] if each["name"] == "Own plinth")


def test_parts_of_every_kind_name_their_license(
    bpy: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    root = read_json(export(bpy, tmp_path / "out"))

    def names(key: str) -> dict[str, list[str]]:
        return {
            each["name"]: [
                one["clearance:grantId"] for one in packet_of(root, each)["clearance:licenses"]["@list"]
            ]
            for each in root[key]
            if EXTENSION in each.get("extensions", {})
        }

    first, second = grants[1].id, grants[2].id
    assert names("materials") == {"Holz „Eiche“": [first], "鋼": [second]}
    assert names("images") == {"wood": [first], "steel": [second]}
    meshes = names("meshes")
    assert meshes["Stuhl rot.001 mesh"] == [first]
    assert sorted(meshes["Merged mesh"]) == [first, second]
    assert "Own plinth mesh" not in meshes


@pytest.mark.parametrize("kind", KINDS)
def test_the_importer_puts_the_licenses_back(
    kind: str, bpy: Any, load: Load, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    bring(bpy, export(bpy, tmp_path / "out", kind))
    assert stamps(bpy) == {
        grants[1].id: {"OBJECT", "MESH", "MATERIAL", "IMAGE"},
        grants[2].id: {"OBJECT", "MESH", "MATERIAL", "IMAGE"},
    }
    assert scenes.faces_by_grant(bpy.data.meshes["Merged mesh"], load, grants) == {1: {3.0}, 2: {4.0}}
    assert scenes.faces_by_grant(bpy.data.meshes["Own plinth mesh"], load, grants) == {0: {2.0}}
    register = [json.loads(text)["grant_id"] for text in json.loads(bpy.context.scene["clearance_register"])]
    assert sorted(register) == [grants[1].id, grants[2].id]


def test_beside_what_the_user_has_nothing_of_the_users_is_stamped(
    bpy: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    path = export(bpy, tmp_path / "out")
    before = files.make_users_scene()
    bpy.ops.import_scene.gltf(filepath=str(path))
    for block in files.blocks():
        if (block.id_type, block.name_full) in before:
            assert block.get("clearance") is None, block


def test_an_animation_names_its_license(
    bpy: Any, scene: Any, load: Load, grants: dict[int, Any], tmp_path: Path
) -> None:
    action = scene["chair"].animation_data.action
    action.name = "Wackeln"
    stamp = load("core.stamp_format").make_stamp(grants[1])
    load("addon.stamp_io").write([action], stamp)
    path = export(bpy, tmp_path / "out")
    (animation,) = read_json(path)["animations"]
    assert (
        packet_of(read_json(path), animation)["clearance:licenses"]["@list"][0]["clearance:grantId"]
        == grants[1].id
    )
    assert faults(validate(path)) == []
    bring(bpy, path)
    assert [json.loads(action["clearance"])["grant_id"] for action in bpy.data.actions] == [grants[1].id]


def test_custom_properties_alone_bring_the_stamps_back(
    bpy: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    """As a Blender without the extension exports it, with its custom properties on."""
    path = export(bpy, tmp_path / "out", export_extras=True)
    root = read_json(path)
    del root["extensions"], root["extensionsUsed"]
    for each in (
        root["asset"],
        *(one for key in ("nodes", "meshes", "materials", "images") for one in root[key]),
    ):
        each.pop("extensions", None)
    write_glb(path, root)
    bring(bpy, path)
    assert stamps(bpy)[grants[1].id] >= {"OBJECT", "MESH", "MATERIAL"}


def test_custom_properties_tell_nothing_of_the_project(
    bpy: Any, load: Load, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    """The scene's own properties (intended use, register) are not the file's."""
    path = export(bpy, tmp_path / "out", export_extras=True)
    root = read_json(path)
    assert not any("clearance" in name for each in root["scenes"] for name in each.get("extras", {}))
    data = path.read_bytes()
    assert [secret for secret in scenes.SECRETS if secret.encode() in data] == []
    assert "clearance_register" in bpy.context.scene


def test_nothing_of_a_scene_without_licenses_is_touched(bpy: Any, tmp_path: Path) -> None:
    files.clear()
    scenes._grid("Own", 2, 0.0, [])
    path = export(bpy, tmp_path / "out")
    root = read_json(path)
    assert "extensions" not in root
    assert "copyright" not in root["asset"]
    assert faults(validate(path)) == []


def test_exporting_changes_nothing_in_the_scene(bpy: Any, scene: Any, tmp_path: Path) -> None:
    def look() -> list[tuple[Any, ...]]:
        return sorted(
            (block.id_type, block.name_full, str(sorted(block.items()))) for block in files.blocks()
        )

    before = look()
    export(bpy, tmp_path / "out")
    assert look() == before


def test_a_stamp_that_is_damaged_stops_no_export(
    bpy: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    scene["chair"]["clearance"] = "{damaged"
    scene["chair"].data["clearance"] = 7
    path = export(bpy, tmp_path / "out")
    assert faults(validate(path)) == []
    node = next(each for each in read_json(path)["nodes"] if each["name"] == "Stuhl rot.001")
    assert "extensions" not in node


def _packets(root: dict[str, Any]) -> list[dict[str, Any]]:
    return list(root["extensions"][EXTENSION]["packets"])


def _no_list(root: dict[str, Any]) -> None:
    root["extensions"][EXTENSION]["packets"] = 7


def _other_things(root: dict[str, Any]) -> None:
    root["extensions"][EXTENSION]["packets"] = [7] * 9


def _empty_licenses(root: dict[str, Any]) -> None:
    for packet in _packets(root):
        packet["clearance:licenses"] = {"@list": [{}]}


def _no_such_packet(root: dict[str, Any]) -> None:
    for node in root["nodes"]:
        if "extensions" in node:
            node["extensions"][EXTENSION]["packet"] = 99


def _no_number(root: dict[str, Any]) -> None:
    for mesh in root["meshes"]:
        if "extensions" in mesh:
            mesh["extensions"][EXTENSION] = {"packet": "first"}


def _endless_faces(root: dict[str, Any]) -> None:
    for packet in _packets(root):
        if "clearance:faces" in packet:
            packet["clearance:faces"] = {"@list": [0, 10**12]}


@pytest.mark.parametrize(
    "damage", [_no_list, _other_things, _empty_licenses, _no_such_packet, _no_number, _endless_faces]
)
def test_a_file_with_damaged_licenses_still_comes_in(
    damage: Callable[[dict[str, Any]], object], bpy: Any, host: Any, scene: Any, tmp_path: Path
) -> None:
    path = export(bpy, tmp_path / "out")
    root = copy.deepcopy(read_json(path))
    damage(root)
    write_glb(path, root)
    bring(bpy, path)
    assert "Stuhl rot.001" in bpy.data.objects
    assert all(
        block.stamp is None or json.loads(block.stamp)["grant_id"] for block in host.scan().data_blocks
    )


def test_the_licenses_that_a_bought_file_claims_do_not_count(
    bpy: Any, host: Any, scene: Any, grants: dict[int, Any], load: Load, plan: Any, stamp: Any, tmp_path: Path
) -> None:
    """What was bought is stamped with what was bought, whatever the file says of itself."""
    path = export(bpy, tmp_path / "out")
    files.clear()
    host.stamp(host.import_file(plan(path)), stamp)
    assert set(stamps(bpy)) == {stamp.grant_id}
    register = [json.loads(text)["grant_id"] for text in json.loads(bpy.context.scene["clearance_register"])]
    assert register == [stamp.grant_id]
    number = load("core.ids").hash_grant_id(stamp.grant_id)
    for mesh in bpy.data.meshes:
        assert {each.value for each in mesh.attributes["clearance_grant"].data} == {number}


def test_a_rights_file_is_written_beside_it(
    bpy: Any, load: Load, app: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    path = export(bpy, tmp_path / "out", "GLTF_SEPARATE", use_selection=False)
    assert load("addon.pump").drain_until_idle(60)
    read = app.services.rights.read(path)
    assert read.changed == ()
    assert {each.stamp.grant_id for each in read.record.licenses} == {grants[1].id, grants[2].id}
    assert "möbel 家具.bin" in {mark.name for mark in read.record.companions}
    assert not load("addon.runtime").passing().has_seen()


def test_only_what_was_exported_is_in_the_rights_file(
    bpy: Any, load: Load, app: Any, scene: Any, grants: dict[int, Any], tmp_path: Path
) -> None:
    bpy.ops.object.select_all(action="DESELECT")
    scene["table"].select_set(True)
    path = export(bpy, tmp_path / "out", use_selection=True)
    assert load("addon.pump").drain_until_idle(60)
    text = path.with_name(f"{path.name}.rights.json").read_text(encoding="utf-8")
    assert {each["grant_id"] for each in json.loads(text)["licenses"]} == {grants[2].id}
    assert "Stuhl" not in text
    assert "plinth" not in text
