# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""A Unity package from the store into the scene: its model, with the materials that it describes."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import blender_files as files
import pytest
from session_states import States
from unity_packages import PackageMaker, guid_of, material_text, model_meta, texture_meta

Load = Callable[[str], Any]
PICTURES = ("albedo", "normal", "metallic", "occlusion", "emission")


@pytest.fixture
def prepare(load: Load, app: Any, tmp_path: Path) -> Callable[..., Any]:
    """Prepare a delivered file as the services do."""

    def make(content: bytes, kind: str = "model", **values: Any) -> Any:
        sha256 = hashlib.sha256(content).hexdigest()
        part = app.store.incoming() / "part"
        part.write_bytes(content)
        app.store.adopt(part, sha256)
        grant = States(load).grant(kind=load("core.model.listing").MediaKind(kind), title="Oak chair")
        file = load("core.model.grant").GrantFile(
            grant_id=grant.id, sha256=sha256, name="Oak Chairs.unitypackage", size=len(content),
            media_type="", downloaded_at=datetime(2026, 1, 2, tzinfo=UTC),
        )  # fmt: skip
        return load("core.files.prepare").prepare_import(app.store, grant=grant, files=(file,), **values)

    return make


def make_package(tmp_path: Path, *, with_model: bool = True) -> bytes:
    """Pack a chair of two materials that Blender itself exported, described as the Editor describes it."""
    folder = tmp_path / "made"
    folder.mkdir()
    maker = PackageMaker()
    guids = {}
    for name in PICTURES:
        path = f"Assets/Chairs/Textures/oak_{name}.png"
        data = files.make_image(folder / f"{name}.png").read_bytes()
        guids[name] = maker.add(path, data, meta=texture_meta(guid_of(path)))
    oak = maker.add(
        "Assets/Chairs/Materials/Oak.mat",
        material_text(
            "Oak",
            textures={
                "_MainTex": guids["albedo"],
                "_BumpMap": guids["normal"],
                "_MetallicGlossMap": guids["metallic"],
                "_OcclusionMap": guids["occlusion"],
                "_EmissionMap": guids["emission"],
                "_DetailMask": guid_of("not in the package"),
            },
            colors={"_Color": (1, 0.5, 0.5, 1), "_EmissionColor": (2, 1, 0, 1)},
            keywords="_EMISSION _NORMALMAP _METALLICGLOSSMAP",
            scale=(2, 3),
        ),
    )
    if with_model:
        path = "Assets/Chairs/Chair.fbx"
        model = files.make_model(folder, "fbx").read_bytes()
        maker.add(path, model, meta=model_meta(guid_of(path), {"Chair wood": oak}))
    maker.add("Assets/Chairs/Spin.cs", b"public class Spin {}")
    return maker.package()


def test_the_model_comes_with_its_described_materials(
    bpy: Any, load: Load, host: Any, stamp: Any, prepare: Any, tmp_path: Path
) -> None:
    ready = prepare(make_package(tmp_path))
    before = files.make_users_scene()
    host.stamp(host.import_file(ready.plan), stamp)
    (mesh,) = [mesh for mesh in bpy.data.meshes if mesh.name != "Mine"]
    assert [material.name for material in mesh.materials] == ["Oak"]
    nodes = mesh.materials[0].node_tree.nodes
    shown = {node.label: node.image for node in nodes if node.bl_idname == "ShaderNodeTexImage"}
    assert set(shown) == {
        "Albedo", "Normal", "Metallic and smoothness", "Emission", "Occlusion (not connected)"
    }  # fmt: skip
    assert any(node.label == "Tint" for node in nodes)
    (placing,) = [node for node in nodes if node.bl_idname == "ShaderNodeMapping"]
    assert tuple(placing.inputs["Scale"].default_value)[:2] == (2.0, 3.0)
    for image in shown.values():
        assert image.packed_file is not None
    new = [block for block in files.blocks() if (block.id_type, block.name_full) not in before]
    assert {block.id_type for block in new} >= {"OBJECT", "MESH", "COLLECTION", "MATERIAL", "IMAGE"}
    for block in new:
        assert json.loads(block["clearance"])["grant_id"] == stamp.grant_id
    assert len(bpy.data.texts) == 0


def test_it_is_whole_without_the_folder(
    bpy: Any, load: Load, host: Any, stamp: Any, prepare: Any, tmp_path: Path
) -> None:
    ready = prepare(make_package(tmp_path))
    files.make_users_scene()
    host.stamp(host.import_file(ready.plan), stamp)
    load("core.files.store").remove_tree(ready.folder)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    nodes = bpy.data.materials["Oak"].node_tree.nodes
    for node in nodes:
        if node.bl_idname == "ShaderNodeTexImage":
            assert tuple(node.image.size) == (8, 8)
            assert str(tmp_path) not in node.image.filepath
    assert bpy.data.materials["Oak"]["clearance"]


def test_a_package_of_pictures_becomes_its_materials(
    bpy: Any, host: Any, stamp: Any, prepare: Any, tmp_path: Path
) -> None:
    ready = prepare(make_package(tmp_path, with_model=False))
    files.make_users_scene()
    host.stamp(host.import_file(ready.plan), stamp)
    assert bpy.data.materials["Oak"].use_fake_user
    assert bpy.data.materials["Oak"]["clearance"]
    assert len([image for image in bpy.data.images if image.get("clearance")]) == len(PICTURES)


def make_psd(size: int = 8) -> bytes:
    """A Photoshop file of one color, as its format says: header, three empty parts, planes."""
    header = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, size, size, 8, 3)
    return (
        header + bytes(12) + struct.pack(">H", 0) + b"".join(bytes([v]) * size * size for v in (128, 64, 32))
    )


@pytest.mark.parametrize("ending", ["tga", "tif", "exr", "psd", "bmp", "jpg"])
def test_pictures_in_the_formats_that_packages_have(
    ending: str, bpy: Any, host: Any, stamp: Any, prepare: Any, tmp_path: Path
) -> None:
    kinds = {"tga": "TARGA", "tif": "TIFF", "exr": "OPEN_EXR", "bmp": "BMP", "jpg": "JPEG"}
    picture = tmp_path / f"wood.{ending}"
    if ending == "psd":
        picture.write_bytes(make_psd())
    else:
        files.make_image(picture, kind=kinds[ending])
    maker = PackageMaker()
    wood = maker.add(f"Assets/Wood.{ending.upper()}", picture.read_bytes())
    oak = maker.add("Assets/Oak.mat", material_text("Oak", textures={"_MainTex": wood}))
    model = files.make_model(tmp_path / "made", "fbx").read_bytes()
    maker.add("Assets/Chair.fbx", model, meta=model_meta(guid_of("Assets/Chair.fbx"), {"Chair wood": oak}))
    ready = prepare(maker.package())
    files.make_users_scene()
    host.stamp(host.import_file(ready.plan), stamp)
    (node,) = [n for n in bpy.data.materials["Oak"].node_tree.nodes if n.bl_idname == "ShaderNodeTexImage"]
    assert tuple(node.image.size) == (8, 8)
    assert node.image.packed_file is not None
    assert node.image["clearance"]
    assert host.notes == ()


@pytest.mark.needs_shared
def test_a_real_package_is_imported_whole(
    bpy: Any, host: Any, stamp: Any, prepare: Any, shared_dir: Path
) -> None:
    ready = prepare((shared_dir / "assets" / "fbxscaletest.unitypackage").read_bytes())
    before = files.make_users_scene()
    handles = host.import_file(ready.plan)
    assert host.stamp(handles, stamp) == len(handles)
    new = [block for block in files.blocks() if (block.id_type, block.name_full) not in before]
    assert "MESH" in {block.id_type for block in new}
    for block in new:
        assert json.loads(block["clearance"])["grant_id"] == stamp.grant_id
