# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the assets, import them through the extension, and save the scene that every row starts from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from survival.world import CHAIR, OWN, TABLE, Studio


def make_base(bpy: Any, load: Callable[[str], Any], studio: Studio, folder: Path) -> Path:
    """Return a .blend file: the user's own things beside an imported chair and an imported table."""
    chair = _make_asset(bpy, folder / "chair", _build_chair)
    table = _make_asset(bpy, folder / "table", _build_table)
    _clear(bpy)
    _build_own_things(bpy)
    host, plan = load("addon.host").BlenderHost(), load("core.host").ImportPlan
    model = load("core.model.listing").MediaKind.MODEL
    for path, grant_id in ((chair, CHAIR), (table, TABLE)):
        name = path.stem.title()
        handles = host.import_file(plan(path=path, format="blend", kind=model, name=name))
        host.stamp(handles, studio.stamp(grant_id))
    mine = load("core.model.scene").Handle
    own = [bpy.data.objects["Shelf"], bpy.data.meshes["Shelf"], bpy.data.materials["Shelf"]]
    host.stamp(
        tuple(mine(id_type=block.id_type, session_uid=block.session_uid) for block in own), studio.stamp(OWN)
    )
    path = folder / "base.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False)
    return path


def _clear(bpy: Any) -> None:
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def _make_asset(bpy: Any, folder: Path, build: Callable[[Any, Path], None]) -> Path:
    folder.mkdir(parents=True)
    _clear(bpy)
    build(bpy, folder)
    path = folder / f"{folder.name}.blend"
    bpy.ops.file.pack_all()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), check_existing=False, copy=True)
    return path


def picture(bpy: Any, path: Path, *, size: int = 64) -> Path:
    """Write a picture with something in it."""
    image = bpy.data.images.new("picture", size, size)
    image.pixels.foreach_set(
        [
            part
            for y in range(size)
            for x in range(size)
            for part in (x / size, y / size, ((x * 7 + y * 13) % size) / size, 1.0)
        ]
    )
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)
    return path


def material(bpy: Any, name: str, image: Any = None, group: Any = None) -> Any:
    """Make a material; with a texture, and a node group, if given."""
    made = bpy.data.materials.new(name)
    if made.node_tree is None:
        made.use_nodes = True
    tree = made.node_tree
    shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    if image is not None:
        texture = tree.nodes.new("ShaderNodeTexImage")
        texture.image = image
        tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    if group is not None:
        node = tree.nodes.new("ShaderNodeGroup")
        node.node_tree = group
        tree.links.new(node.outputs[0], shader.inputs["Roughness"])
    return made


def cube(bpy: Any, name: str, *, cuts: int = 0, size: float = 2.0, and_ball: bool = False) -> Any:
    """Make a closed mesh with UVs; ``and_ball`` adds a loose part of the second material."""
    import bmesh

    mesh = bpy.data.meshes.new(name)
    made: Any = bmesh.new()
    try:
        bmesh.ops.create_cube(made, size=size, calc_uvs=True)
        made.loops.layers.uv.verify()
        if cuts:
            bmesh.ops.subdivide_edges(made, edges=made.edges[:], cuts=cuts, use_grid_fill=True)
        if and_ball:
            old = set(made.faces)
            bmesh.ops.create_uvsphere(made, u_segments=8, v_segments=6, radius=0.4, calc_uvs=True)
            new = [face for face in made.faces if face not in old]
            for face in new:
                face.material_index = 1
            bmesh.ops.translate(made, verts=list({v for f in new for v in f.verts}), vec=(0.0, 0.0, 3.0))
        made.to_mesh(mesh)
    finally:
        made.free()
    return mesh


def _node_group(bpy: Any, name: str) -> Any:
    group = bpy.data.node_groups.new(name, "ShaderNodeTree")
    group.interface.new_socket("Value", in_out="OUTPUT", socket_type="NodeSocketFloat")
    noise = group.nodes.new("ShaderNodeTexNoise")
    out = group.nodes.new("NodeGroupOutput")
    group.links.new(noise.outputs[0], out.inputs[0])
    return group


def _build_chair(bpy: Any, folder: Path) -> None:
    parts = bpy.data.collections.new("Chair parts")
    bpy.context.scene.collection.children.link(parts)
    wood = bpy.data.images.load(str(picture(bpy, folder / "wood.png")))
    group = _node_group(bpy, "Grain")
    seat = cube(bpy, "Seat", cuts=3, and_ball=True)
    seat.materials.append(material(bpy, "Wood", wood, group))
    seat.materials.append(material(bpy, "Metal"))
    root = bpy.data.objects.new("Chair root", None)
    made = {"Seat": bpy.data.objects.new("Seat", seat)}
    cushion = made["Cushion"] = bpy.data.objects.new("Cushion", cube(bpy, "Cushion", cuts=1))
    cushion.location = (4.0, 0.0, 0.0)
    cushion.shape_key_add(name="Basis")
    key = cushion.shape_key_add(name="Pressed")
    key.data[0].co.z -= 0.5
    rope = bpy.data.curves.new("Rope", "CURVE")
    rope.dimensions, rope.bevel_depth = "3D", 0.1
    spline = rope.splines.new("BEZIER")
    spline.bezier_points.add(2)
    for index, point in enumerate(spline.bezier_points):
        point.co = (index, 4.0, 0.0)
        point.handle_left_type = point.handle_right_type = "AUTO"
    made["Rope"] = bpy.data.objects.new("Rope", rope)
    label = bpy.data.curves.new("Label", "FONT")
    label.body, label.extrude = "Oak", 0.1
    made["Label"] = bpy.data.objects.new("Label", label)
    made["Label"].location = (0.0, 6.0, 0.0)
    drop = bpy.data.metaballs.new("Drop")
    drop.elements.new()
    made["Drop"] = bpy.data.objects.new("Drop", drop)
    made["Drop"].location = (0.0, -5.0, 0.0)
    for item in (root, *made.values()):
        parts.objects.link(item)
        if item != root:
            item.parent = root
    for frame, place in ((1, 0.0), (20, 0.5)):
        root.location.y = place
        root.keyframe_insert("location", frame=frame)
    root.animation_data.action.name = "Sway"


def _build_table(bpy: Any, folder: Path) -> None:
    parts = bpy.data.collections.new("Table parts")
    bpy.context.scene.collection.children.link(parts)
    oak = bpy.data.images.load(str(picture(bpy, folder / "oak.png", size=32)))
    top = cube(bpy, "Top", cuts=2)
    top.materials.append(material(bpy, "Oak", oak))
    item = bpy.data.objects.new("Top", top)
    item.location = (0.7, 0.3, 0.2)
    parts.objects.link(item)


def _build_own_things(bpy: Any) -> None:
    scene = bpy.context.scene
    for name, place in (("Mine", (-0.6, 0.2, 0.3)), ("Shelf", (0.4, -0.5, 0.1))):
        mesh = cube(bpy, name, cuts=1)
        mesh.materials.append(material(bpy, name))
        item = bpy.data.objects.new(name, mesh)
        item.location = place
        scene.collection.objects.link(item)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, scene.camera = (0.0, -12.0, 0.0), camera
    camera.rotation_euler.x = 1.5708
    light = bpy.data.objects.new("Light", bpy.data.lights.new("Light", "SUN"))
    for item in (camera, light):
        scene.collection.objects.link(item)
    scene.world = bpy.data.worlds.new("Mine")
