# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Importing: everything that came in carries its license, nothing else does, and a failure leaves nothing."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
Plan = Callable[..., Any]
MODELS = ("glb", "gltf", "obj", "fbx", "usda", "usdz", "abc", "stl", "ply", "blend")
IMAGES = (
    ("png", "PNG"),
    ("jpg", "JPEG"),
    ("webp", "WEBP"),
    ("tif", "TIFF"),
    ("hdr", "HDR"),
    ("exr", "OPEN_EXR"),
)


def import_and_stamp(host: Any, plan: Any, stamp: Any) -> int:
    return host.stamp(host.import_file(plan), stamp)


def check_everything_new_is_stamped(before: set[tuple[str, str]], stamp: Any) -> list[Any]:
    new = [block for block in files.blocks() if (block.id_type, block.name_full) not in before]
    assert new
    for block in new:
        said = json.loads(block["clearance"])
        assert (said["v"], said["grant_id"]) == (1, stamp.grant_id)
        assert said["license_id"] == stamp.license_id
    for block in files.blocks():
        if (block.id_type, block.name_full) in before:
            assert block.get("clearance") is None, block
    return new


def check_faces(load: Load, new: list[Any], stamp: Any) -> None:
    number = load("core.ids").hash_grant_id(stamp.grant_id)
    for mesh in new:
        if mesh.id_type != "MESH":
            continue
        attribute = mesh.attributes["clearance_grant"]
        assert (attribute.domain, attribute.data_type) == ("FACE", "INT")
        assert len(attribute.data) == len(mesh.polygons) > 0
        assert {item.value for item in attribute.data} == {number}


@pytest.mark.parametrize("ending", MODELS)
def test_every_part_of_a_model_is_stamped(
    ending: str, bpy: Any, load: Load, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", ending)
    before = files.make_users_scene()
    count = import_and_stamp(host, plan(path), stamp)
    new = check_everything_new_is_stamped(before, stamp)
    check_faces(load, new, stamp)
    assert count == len(new)
    kinds = {block.id_type for block in new}
    assert {"OBJECT", "MESH", "COLLECTION"} <= kinds
    if ending in {"glb", "gltf", "obj", "fbx", "usda", "usdz", "blend"}:
        assert {"MATERIAL", "IMAGE"} <= kinds
    assert "clearance_grant" not in bpy.data.meshes["Mine"].attributes
    assert len(bpy.data.libraries) == 0


@pytest.mark.parametrize(("ending", "kind"), IMAGES)
def test_images_become_a_material(
    ending: str, kind: str, bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    path = files.make_image(tmp_path / f"wood.{ending}", kind=kind)
    before = files.make_users_scene()
    import_and_stamp(host, plan(path, "image", name="Walnut"), stamp)
    new = check_everything_new_is_stamped(before, stamp)
    assert {block.id_type for block in new} == (
        {"IMAGE"} if ending in {"hdr", "exr"} else {"IMAGE", "MATERIAL"}
    )
    assert bpy.data.images["Walnut"].packed_file is not None
    if ending not in {"hdr", "exr"}:
        nodes = bpy.data.materials["Walnut"].node_tree.nodes
        assert any(node.type == "TEX_IMAGE" and node.image.name == "Walnut" for node in nodes)


def test_what_came_in_survives_saving_without_the_working_folder(
    bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    files.make_users_scene()
    for number, ending in enumerate(("glb", "obj", "blend")):
        path = files.make_model(tmp_path / f"in{number}", ending)
        if number == 0:
            files.make_users_scene()
        else:
            bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
        import_and_stamp(host, plan(path), stamp)
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
        for file in sorted((tmp_path / f"in{number}").iterdir()):
            file.unlink()
    texture = files.make_image(tmp_path / "t.png")
    import_and_stamp(host, plan(texture, "image", name="Walnut"), stamp)
    texture.unlink()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    images = [image for image in bpy.data.images if image.get("clearance")]
    assert len(images) == 4
    for image in images:
        assert image.packed_file is not None
        assert str(tmp_path) not in image.filepath
        assert tuple(image.size) == (8, 8)
    assert bpy.data.materials["Walnut"]["clearance"]


def test_the_collection_is_named_for_the_asset_and_selected(
    bpy: Any, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    bpy.data.objects["Mine"].select_set(True)
    host.import_file(plan(path, name="Oak chair"))
    collection = bpy.context.scene.collection.children["Oak chair"]
    inside = set(collection.all_objects)
    assert {item.name for item in inside} >= {"Chair", "Chair seat"}
    assert set(bpy.context.selected_objects) == inside
    assert bpy.context.view_layer.objects.active == bpy.data.objects["Chair"]
    assert set(bpy.context.scene.collection.objects) == {bpy.data.objects["Mine"]}
    assert bpy.context.view_layer.active_layer_collection.name == bpy.context.scene.collection.name


@pytest.mark.parametrize("ending", MODELS)
def test_the_users_scene_stays_as_it_was(
    ending: str, bpy: Any, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", ending)
    files.make_users_scene()
    scene = bpy.context.scene
    before = (
        scene.world, scene.render.engine, scene.frame_start, scene.frame_end, scene.render.fps,
        scene.unit_settings.system, scene.unit_settings.scale_length, scene.view_settings.view_transform,
        set(scene.keys()),
    )  # fmt: skip
    host.import_file(plan(path))
    assert before == (
        scene.world, scene.render.engine, scene.frame_start, scene.frame_end, scene.render.fps,
        scene.unit_settings.system, scene.unit_settings.scale_length, scene.view_settings.view_transform,
        set(scene.keys()),
    )  # fmt: skip


DAMAGED = {
    "cut.glb": lambda data: data[: len(data) // 2],
    "noise.glb": lambda _data: b"glTF" + bytes(range(256)) * 8,
    "empty.glb": lambda _data: b"",
    "page.glb": lambda _data: b"<html><body>Sign in</body></html>",
    "noise.fbx": lambda _data: b"Kaydara FBX Binary  \x00\x1a\x00" + bytes(range(256)) * 8,
    "noise.blend": lambda _data: b"BLENDER-v402" + bytes(range(256)) * 64,
    "empty.blend": lambda _data: b"",
    "noise.stl": lambda _data: b"solid nothing\nendsolid nothing\n",
    "noise.usda": lambda _data: b"#usda 1.0\n(((((",
    "noise.abc": lambda _data: b"Ogawa" + bytes(64),
    "noise.ply": lambda _data: b"ply\nformat ascii 1.0\nelement vertex 3\nend_header\n",
    "noise.obj": lambda _data: b"\x00\x01\x02 not a model",
    "none.xyz": lambda _data: b"1 2 3",
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_failing_import_leaves_nothing(
    name: str, bpy: Any, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    good = files.make_model(tmp_path / "good", "glb").read_bytes()
    path = tmp_path / name
    path.write_bytes(DAMAGED[name](good))
    before = files.make_users_scene()
    bpy.data.objects["Mine"].select_set(True)
    bpy.context.view_layer.objects.active = bpy.data.objects["Mine"]
    with pytest.raises(load("core.errors").ImportRefused) as refused:
        host.import_file(plan(path))
    assert files.names() == before
    assert refused.value.message.endswith(".")
    assert "Traceback" not in refused.value.message
    assert bpy.data.objects["Mine"].select_get()
    assert bpy.context.view_layer.objects.active == bpy.data.objects["Mine"]


@pytest.mark.parametrize("ending", ["png", "jpg", "exr", "wav", "mp4"])
def test_what_is_no_picture_or_sound_is_refused(
    ending: str, load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    path = tmp_path / f"fake.{ending}"
    path.write_bytes(b"<html>Sign in</html>")
    before = files.make_users_scene()
    with pytest.raises(load("core.errors").ImportRefused):
        host.import_file(plan(path, "image"))
    assert files.names() == before


def test_a_missing_file_is_refused(load: Load, host: Any, plan: Plan, tmp_path: Path) -> None:
    before = files.make_users_scene()
    with pytest.raises(load("core.errors").ImportRefused, match="no longer there"):
        host.import_file(plan(tmp_path / "gone.glb"))
    assert files.names() == before


def test_a_gltf_that_points_outside_of_its_folder_is_refused(
    load: Load, host: Any, plan: Plan, tmp_path: Path
) -> None:
    secret = files.make_image(tmp_path / "secret.png")
    path = files.make_model(tmp_path / "in", "gltf")
    document = json.loads(path.read_text(encoding="utf-8"))
    for uri in ("../secret.png", str(secret), secret.as_uri(), "..%2Fsecret.png"):
        document["images"][0]["uri"] = uri
        path.write_text(json.dumps(document), encoding="utf-8")
        before = files.make_users_scene()
        with pytest.raises(load("core.errors").ImportRefused, match="outside"):
            host.import_file(plan(path))
        assert files.names() == before


def test_a_forged_stamp_inside_a_file_is_overwritten(
    bpy: Any, load: Load, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    files.clear()
    (tmp_path / "in").mkdir()
    files.build_chair(tmp_path / "in")
    for block in files.blocks():
        block["clearance"] = '{"v":1,"grant_id":"forged"}'
    mesh = bpy.data.meshes["Chair seat"]
    mesh.attributes.new("clearance_grant", "FLOAT", "POINT")
    path = tmp_path / "in" / "forged.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    before = files.make_users_scene()
    import_and_stamp(host, plan(path), stamp)
    check_faces(load, check_everything_new_is_stamped(before, stamp), stamp)


def test_importing_twice_makes_two_of_them(
    bpy: Any, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    first = host.import_file(plan(path))
    second = host.import_file(plan(path))
    assert not set(first) & set(second)
    assert len(first) == len(second)
    assert host.stamp(first + second, stamp) == len(first) * 2


def test_a_name_of_any_kind_is_taken(bpy: Any, host: Any, plan: Plan, tmp_path: Path) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    files.make_users_scene()
    for name in ("<b>Chair</b>", "椅子" * 200, "x" * 10_000, "a/b\\c:d"):
        host.import_file(plan(path, name=name))
    assert any(collection.name.startswith("<b>Chair") for collection in bpy.data.collections)


def test_editing_is_not_interrupted(bpy: Any, load: Load, host: Any, plan: Plan, tmp_path: Path) -> None:
    path = files.make_model(tmp_path / "in", "glb")
    before = files.make_users_scene()
    bpy.context.view_layer.objects.active = bpy.data.objects["Mine"]
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(load("core.errors").ImportRefused, match="Object Mode"):
        host.import_file(plan(path))
    assert files.names() == before
    bpy.ops.object.mode_set(mode="OBJECT")


def test_the_material_of_an_image_is_optional(
    bpy: Any, host: Any, plan: Plan, load: Load, tmp_path: Path
) -> None:
    path = files.make_image(tmp_path / "wood.png")
    files.make_users_scene()
    handles = host.import_file(plan(path, "image", use=load("core.host").ImportUse.DATA))
    assert [handle.id_type for handle in handles] == ["IMAGE"]


def test_textures_may_stay_in_a_folder_that_stays(bpy: Any, host: Any, plan: Plan, tmp_path: Path) -> None:
    path = files.make_model(tmp_path / "in", "obj")
    files.make_users_scene()
    host.import_file(plan(path, keep_files_in=tmp_path / "in"))
    (image,) = [image for image in bpy.data.images if image.source == "FILE"]
    assert image.packed_file is None
    assert Path(bpy.path.abspath(image.filepath)).parent == tmp_path / "in"


def test_a_sound_is_packed_and_stamped(
    bpy: Any, load: Load, host: Any, plan: Plan, stamp: Any, tmp_path: Path
) -> None:
    path = tmp_path / "click.wav"
    samples = bytes(8000)
    format_chunk = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8)
    data_chunk = struct.pack("<4sI", b"data", len(samples)) + samples
    body = b"WAVE" + format_chunk + data_chunk
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(body)) + body)
    before = files.make_users_scene()
    if not bpy.app.build_options.audaspace:  # the wheel of 4.2
        with pytest.raises(load("core.errors").ImportRefused, match="without sound"):
            host.import_file(plan(path, "audio"))
        assert files.names() == before
        return
    import_and_stamp(host, plan(path, "audio", name="Click"), stamp)
    (sound,) = check_everything_new_is_stamped(before, stamp)
    assert sound.packed_file is not None


def has_draco() -> bool:
    """Look for the decoder where Blender's own builds have it."""
    import bpy

    root = Path(bpy.utils.resource_path("LOCAL")).parent
    return any(root.rglob("*draco_bridge*")) or any(root.rglob("*extern_draco*"))


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["suzi.glb", "generic_hand_left.glb", "oculus_touch_v3_left.glb"])
def test_real_models_are_stamped_whole(
    name: str, load: Load, host: Any, plan: Plan, stamp: Any, shared_dir: Path
) -> None:
    path = shared_dir / "assets" / name
    before = files.make_users_scene()
    if b"KHR_draco_mesh_compression" in path.read_bytes() and not has_draco():
        # Some of the wheels have no Draco decoder; then it is named, and nothing is left.
        with pytest.raises(load("core.errors").ImportRefused, match="KHR_draco_mesh_compression"):
            host.import_file(plan(path))
        assert files.names() == before
        return
    import_and_stamp(host, plan(path), stamp)
    check_faces(load, check_everything_new_is_stamped(before, stamp), stamp)


@pytest.mark.needs_shared
@pytest.mark.parametrize("name", ["cloud.webp", "normal_0002.webp", "studio.exr"])
def test_real_pictures_are_stamped(name: str, host: Any, plan: Plan, stamp: Any, shared_dir: Path) -> None:
    before = files.make_users_scene()
    import_and_stamp(host, plan(shared_dir / "assets" / name, "image"), stamp)
    check_everything_new_is_stamped(before, stamp)
