# SPDX-License-Identifier: GPL-3.0-or-later
# ruff: noqa: PLR0917 - fixtures arrive as arguments
"""Materials that came described beside a model: rebuilt as nodes, put on its slots, packed and stamped."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blender_files as files
import pytest

Load = Callable[[str], Any]
Plan = Callable[..., Any]
GUID = "ab" * 16


@pytest.fixture
def spec(load: Load, tmp_path: Path) -> Callable[..., Any]:
    """Describe a material; pictures by name are written into the asset's folder."""
    pictures = {"albedo", "normal", "metallic_smoothness", "polish", "occlusion", "emission"}

    def make(*names: str, **values: Any) -> Any:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        assert set(names) <= pictures
        given = {name: files.make_image(folder / f"{name}.png") for name in names}
        return load("core.model.material").MaterialSpec(**({"name": "Oak", "guid": GUID} | given | values))

    return make


@pytest.fixture
def build(load: Load) -> Callable[[Any], Any]:
    """Build one material by itself."""
    rebuild, principled = load("addon.importing.rebuild"), load("addon.importing.principled")
    return lambda spec: principled.build_material(spec, rebuild.Pictures())


def shader_of(material: Any) -> Any:
    return next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")


def source(socket: Any) -> Any:
    """Return the socket that another one is fed by."""
    assert socket.is_linked, socket.name
    return socket.links[0].from_socket


def image_of(socket: Any) -> Any:
    """Return the picture at the end of a chain of first inputs."""
    while socket.node.bl_idname != "ShaderNodeTexImage":
        socket = source(next(one for one in socket.node.inputs if one.is_linked))
    return socket.node.image


@pytest.mark.parametrize("ending", ["fbx", "obj"])
def test_the_models_material_is_replaced_by_the_described_one(
    ending: str, bpy: Any, host: Any, plan: Plan, stamp: Any, spec: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", ending)
    files.make_users_scene()
    described = spec("albedo", "normal", "metallic_smoothness", "occlusion")
    before = files.names()
    name = "Chair_wood" if ending == "obj" else "Chair wood"  # OBJ has no spaces in names
    handles = host.import_file(
        plan(path, folder=tmp_path / "in", materials=(described,), material_slots={name: GUID})
    )
    host.stamp(handles, stamp)
    (mesh,) = [mesh for mesh in bpy.data.meshes if mesh.name != "Mine"]
    assert [material.name for material in mesh.materials] == ["Oak"]
    assert "Chair wood" not in bpy.data.materials
    assert not bpy.data.materials["Oak"].use_fake_user
    new = [block for block in files.blocks() if (block.id_type, block.name_full) not in before]
    assert {block.name for block in new if block.id_type == "IMAGE"} == {
        "albedo.png", "normal.png", "metallic_smoothness.png", "occlusion.png"
    }  # fmt: skip
    for block in new:
        assert json.loads(block["clearance"])["grant_id"] == stamp.grant_id
        if block.id_type == "IMAGE":
            assert block.packed_file is not None


def test_a_material_of_the_users_with_the_same_name_stays(
    bpy: Any, host: Any, plan: Plan, spec: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "fbx")
    files.make_users_scene()
    own = bpy.data.materials.new("Chair wood")
    own.use_fake_user = True
    bpy.data.objects["Mine"].data.materials[0] = own
    host.import_file(
        plan(path, folder=tmp_path / "in", materials=(spec("albedo"),), material_slots={"Chair wood": GUID})
    )
    (mesh,) = [mesh for mesh in bpy.data.meshes if mesh.name != "Mine"]
    assert [material.name for material in mesh.materials] == ["Oak"]
    assert bpy.data.objects["Mine"].data.materials[0] == own
    assert {material.name for material in bpy.data.materials} == {"Mine", "Chair wood", "Oak"}


def test_what_is_not_in_the_slots_keeps_the_models_own(
    bpy: Any, host: Any, plan: Plan, spec: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "fbx")
    files.make_users_scene()
    host.import_file(
        plan(path, folder=tmp_path / "in", materials=(spec("albedo"),), material_slots={"Other": GUID})
    )
    assert "Chair wood" in bpy.data.materials
    assert "Oak" not in bpy.data.materials


def make_two_surfaces(folder: Path) -> Path:
    """Write an FBX of a chair of three materials, whose middle one no face has, and a stool without any."""
    import bpy

    for name, materials in (("Chair", ("No Name", "unused", "legs")), ("Stool", ())):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata(
            [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (2, 0, 0), (2, 1, 0)],
            [],
            [(0, 1, 2, 3), (1, 4, 5, 2)],
        )
        for one in materials:
            mesh.materials.append(bpy.data.materials.get(one) or bpy.data.materials.new(one))
        if materials:
            mesh.polygons[1].material_index = 2
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "two.fbx"
    bpy.ops.export_scene.fbx(filepath=str(path))
    bpy.ops.wm.read_homefile(use_empty=True)
    return path


def test_parts_get_what_prefabs_show_them_with(
    bpy: Any, host: Any, plan: Plan, stamp: Any, spec: Any, tmp_path: Path
) -> None:
    path = make_two_surfaces(tmp_path / "in")
    files.make_users_scene()
    own = bpy.data.objects.new("Stool", bpy.data.objects["Mine"].data)
    bpy.context.scene.collection.objects.link(own)
    oak, cloth = spec("albedo"), spec(name="Cloth", guid="cd" * 16)
    parts = {"Chair": (oak.guid, cloth.guid), "Stool": (cloth.guid,), "Gone": (oak.guid,)}
    handles = host.import_file(
        plan(path, folder=tmp_path / "in", materials=(oak, cloth), part_materials=parts)
    )
    host.stamp(handles, stamp)
    chair = bpy.data.objects["Chair"]
    faces = [chair.material_slots[face.material_index].material.name for face in chair.data.polygons]
    assert faces == ["Oak", "Cloth"]
    (stool,) = [item for item in bpy.data.objects if item.name.startswith("Stool") and item != own]
    assert [slot.material.name for slot in stool.material_slots] == ["Cloth"]
    assert own.data == bpy.data.objects["Mine"].data
    assert [slot.material.name for slot in own.material_slots] == ["Mine"]
    assert "No Name" not in bpy.data.materials
    assert "legs" not in bpy.data.materials
    for name in ("Oak", "Cloth"):
        assert json.loads(bpy.data.materials[name]["clearance"])["grant_id"] == stamp.grant_id


def test_a_part_keeps_what_the_prefab_does_not_say(
    bpy: Any, host: Any, plan: Plan, spec: Any, tmp_path: Path
) -> None:
    """And the model's own table holds for the rest."""
    path = make_two_surfaces(tmp_path / "in")
    oak, cloth = spec("albedo"), spec(name="Cloth", guid="cd" * 16)
    host.import_file(
        plan(
            path,
            folder=tmp_path / "in",
            materials=(oak, cloth),
            material_slots={"No Name": cloth.guid, "legs": cloth.guid},
            part_materials={"Chair": ("", oak.guid, cloth.guid)},
        )
    )
    chair = bpy.data.objects["Chair"]
    faces = [chair.material_slots[face.material_index].material.name for face in chair.data.polygons]
    assert faces == ["Cloth", "Oak"]


def test_names_are_found_again(load: Load) -> None:
    find = load("addon.importing.original_names").find_original
    slots = {"Wood": "1", "Wood.002": "2", "é" * 40: "3"}
    assert find("Wood", slots, set()) == "Wood"
    assert find("Wood.001", slots, {"Wood"}) == "Wood"
    assert find("Wood.002", slots, set()) == "Wood.002"
    assert find("Wood.002", slots, {"Wood", "Wood.001"}) == "Wood"
    assert find(("é" * 40).encode()[:63].decode("utf-8", "ignore"), slots, set()) == "é" * 40
    assert find("Other.001", slots, set()) == "Other.001"


def test_everything_is_where_it_belongs(bpy: Any, build: Any, spec: Any) -> None:
    material = build(
        spec(
            "albedo", "normal", "metallic_smoothness", "occlusion", "emission",
            base_color=(0.5, 0.25, 1.0, 1.0), normal_strength=0.7, smoothness=0.8,
            smoothness_source="metallic_alpha", emission_color=(4.0, 2.0, 0.0, 1.0), double_sided=True,
        )
    )  # fmt: skip
    shader = shader_of(material)
    mix = source(shader.inputs["Base Color"]).node
    assert (mix.bl_idname, mix.data_type, mix.blend_type) == ("ShaderNodeMix", "RGBA", "MULTIPLY")
    sockets = {socket.identifier: socket for socket in mix.inputs}
    assert sockets["Factor_Float"].default_value == 1.0
    assert tuple(sockets["B_Color"].default_value) == (0.5, 0.25, 1.0, 1.0)
    albedo = image_of(source(sockets["A_Color"]))
    assert (albedo.name, albedo.colorspace_settings.is_data) == ("albedo.png", False)
    normal = source(shader.inputs["Normal"]).node
    assert normal.bl_idname == "ShaderNodeNormalMap"
    assert normal.inputs["Strength"].default_value == pytest.approx(0.7)
    assert image_of(source(normal.inputs["Color"])).colorspace_settings.is_data
    metallic = source(shader.inputs["Metallic"])
    assert (metallic.name, metallic.node.bl_idname) == ("Red", "ShaderNodeSeparateColor")
    packed = image_of(metallic)
    assert (packed.colorspace_settings.is_data, packed.alpha_mode) == (True, "CHANNEL_PACKED")
    roughness = source(shader.inputs["Roughness"]).node
    assert roughness.operation == "MULTIPLY_ADD"
    assert [socket.default_value for socket in list(roughness.inputs)[1:]] == pytest.approx([-0.8, 1.0])
    assert source(roughness.inputs[0]).name == "Alpha"
    assert image_of(source(roughness.inputs[0])) == packed
    assert shader.inputs["Emission Strength"].default_value == pytest.approx(4.0)
    assert image_of(source(shader.inputs["Emission Color"])).name == "emission.png"
    (occlusion,) = [node for node in material.node_tree.nodes if node.label == "Occlusion (not connected)"]
    assert occlusion.image.colorspace_settings.is_data
    assert not occlusion.outputs["Color"].is_linked
    assert not shader.inputs["Alpha"].is_linked
    assert not material.use_backface_culling
    output = next(node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeOutputMaterial")
    assert source(output.inputs["Surface"]).node == shader
    assert not any(node.bl_idname == "ShaderNodeMapping" for node in material.node_tree.nodes)


def test_channels_between_two_numbers(bpy: Any, build: Any, spec: Any) -> None:
    described = spec(
        "metallic_smoothness", smoothness_source="metallic_alpha", smoothness=0.7, smoothness_floor=0.2,
        metallic_range=(0.1, 0.6),
    )  # fmt: skip
    shader = shader_of(build(described))
    roughness = source(shader.inputs["Roughness"]).node
    assert roughness.operation == "MULTIPLY_ADD"
    assert [socket.default_value for socket in list(roughness.inputs)[1:]] == pytest.approx([-0.5, 0.8])
    metallic = source(shader.inputs["Metallic"]).node
    assert metallic.operation == "MULTIPLY_ADD"
    assert [socket.default_value for socket in list(metallic.inputs)[1:]] == pytest.approx([0.5, 0.1])
    assert source(metallic.inputs[0]).name == "Red"


def test_values_without_pictures(bpy: Any, build: Any, spec: Any) -> None:
    material = build(spec(base_color=(0.1, 0.2, 0.3, 0.5), metallic=0.9, smoothness=0.25))
    shader = shader_of(material)
    assert tuple(shader.inputs["Base Color"].default_value) == pytest.approx((0.1, 0.2, 0.3, 1.0))
    assert shader.inputs["Metallic"].default_value == pytest.approx(0.9)
    assert shader.inputs["Roughness"].default_value == pytest.approx(0.75)
    assert shader.inputs["Alpha"].default_value == 1.0
    assert shader.inputs["Emission Strength"].default_value == 0.0
    assert material.use_backface_culling


def test_smoothness_may_be_in_the_colors_alpha(bpy: Any, build: Any, spec: Any) -> None:
    shader = shader_of(build(spec("albedo", smoothness_source="albedo_alpha", smoothness=1.0)))
    node = source(shader.inputs["Roughness"]).node
    assert image_of(source(node.inputs[0])).name == "albedo.png"
    assert not shader.inputs["Metallic"].is_linked


@pytest.mark.parametrize(("mode", "method"), [("clip", "DITHERED"), ("blend", "BLENDED")])
def test_alpha_is_used_where_it_is_meant(
    mode: str, method: str, bpy: Any, load: Load, build: Any, spec: Any
) -> None:
    mode = load("core.model.material").AlphaMode(mode)
    material = build(spec("albedo", alpha_mode=mode, alpha_cutoff=0.3, base_color=(1.0, 1.0, 1.0, 0.5)))
    shader = shader_of(material)
    assert material.surface_render_method == method
    node = source(shader.inputs["Alpha"]).node
    if mode == "clip":
        assert (node.operation, node.inputs[1].default_value) == ("GREATER_THAN", pytest.approx(0.3))
        node = source(node.inputs[0]).node
    assert (node.operation, node.inputs[1].default_value) == ("MULTIPLY", 0.5)
    assert source(node.inputs[0]).name == "Alpha"
    # White does not tint.
    assert source(shader.inputs["Base Color"]).node.bl_idname == "ShaderNodeTexImage"


def test_a_picture_of_the_polish_alone(load: Load, build: Any, spec: Any) -> None:
    """A specular set-up keeps smoothness in a picture's alpha; a roughness set-up roughness in its red."""
    sources = load("core.model.material").SmoothnessSource
    shader = shader_of(build(spec("polish", smoothness=0.4, smoothness_source=sources.POLISH_ALPHA)))
    node = source(shader.inputs["Roughness"]).node
    assert (node.operation, node.inputs[1].default_value) == ("MULTIPLY_ADD", pytest.approx(-0.4))
    assert source(node.inputs[0]).name == "Alpha"
    given = spec("polish", "metallic_smoothness", smoothness_source=sources.POLISH_ROUGHNESS)
    shader = shader_of(build(given))
    assert source(shader.inputs["Roughness"]).name == "Red"
    assert image_of(source(shader.inputs["Roughness"])).name.startswith("polish")
    assert image_of(source(shader.inputs["Metallic"])).name.startswith("metallic_smoothness")
    assert image_of(source(shader.inputs["Roughness"])).colorspace_settings.is_data


def test_all_pictures_are_repeated_alike(bpy: Any, build: Any, spec: Any) -> None:
    material = build(spec("albedo", "normal", "emission", emission_color=(1.0, 1.0, 1.0, 1.0),
                          tiling=(2.0, 3.0), offset=(0.5, 0.25)))  # fmt: skip
    (placing,) = [node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeMapping"]
    assert tuple(placing.inputs["Scale"].default_value) == (2.0, 3.0, 1.0)
    assert tuple(placing.inputs["Location"].default_value) == (0.5, 0.25, 0.0)
    assert source(placing.inputs["Vector"]).name == "UV"
    textures = [node for node in material.node_tree.nodes if node.bl_idname == "ShaderNodeTexImage"]
    assert len(textures) == 3
    assert {source(node.inputs["Vector"]).node for node in textures} == {placing}


def test_a_height_picture_bumps(bpy: Any, build: Any, spec: Any) -> None:
    shader = shader_of(build(spec("normal", normal_is_height=True, normal_strength=3.0)))
    bump = source(shader.inputs["Normal"]).node
    assert bump.bl_idname == "ShaderNodeBump"
    assert bump.inputs["Strength"].default_value == 1.0
    assert image_of(source(bump.inputs["Height"])).name == "normal.png"


def test_what_cannot_be_read_is_told_and_left_out(
    bpy: Any, host: Any, plan: Plan, spec: Any, tmp_path: Path
) -> None:
    path = files.make_model(tmp_path / "in", "fbx")
    files.make_users_scene()
    page = tmp_path / "in" / "page.png"
    page.write_bytes(b"<html></html>")
    described = spec(albedo=page, normal=tmp_path / "in" / "gone.png", unknown=("_DetailMask",))
    host.import_file(
        plan(path, folder=tmp_path / "in", materials=(described,), material_slots={"Chair wood": GUID})
    )
    assert bpy.data.materials["Oak"].users == 1
    assert [image for image in bpy.data.images if image.source == "FILE"] == []
    said = " ".join(host.notes)
    assert "cannot read it: page.png, gone.png." in said
    assert "_DetailMask of Oak" in said


def test_pictures_alone_become_their_materials(
    bpy: Any, host: Any, plan: Plan, stamp: Any, spec: Any
) -> None:
    files.make_users_scene()
    described = spec("albedo", "normal")
    before = files.names()
    handles = host.import_file(
        plan(described.albedo, "image", folder=described.albedo.parent, materials=(described,))
    )
    host.stamp(handles, stamp)
    new = {(b.id_type, b.name) for b in files.blocks() if (b.id_type, b.name_full) not in before}
    assert new == {("MATERIAL", "Oak"), ("IMAGE", "albedo.png"), ("IMAGE", "normal.png")}
    assert bpy.data.materials["Oak"].use_fake_user
    assert bpy.data.images["albedo.png"].packed_file is not None


def test_a_picture_that_two_materials_share_comes_once(
    bpy: Any, host: Any, plan: Plan, spec: Any, load: Load
) -> None:
    files.make_users_scene()
    first = spec("albedo", "metallic_smoothness")
    second = load("core.model.material").MaterialSpec(
        name="Ash", guid="cd" * 16, albedo=first.albedo, occlusion=first.metallic_smoothness,
        metallic_smoothness=first.metallic_smoothness,
    )  # fmt: skip
    host.import_file(plan(first.albedo, "image", folder=first.albedo.parent, materials=(first, second)))
    assert len([image for image in bpy.data.images if image.source == "FILE"]) == 2
    assert {"Oak", "Ash"} <= {material.name for material in bpy.data.materials}
