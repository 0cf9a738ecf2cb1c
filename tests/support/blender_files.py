"""Make model, image and .blend files with the Blender that runs the tests, then forget the scene."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import bpy


def make_image(path: Path, *, size: int = 8, kind: str = "PNG") -> Path:
    """Write a picture."""
    image: Any = bpy.data.images.new("picture", size, size, float_buffer=kind in {"HDR", "OPEN_EXR"})
    image.pixels.foreach_set([0.5, 0.25, 0.125, 1.0] * (size * size))
    image.filepath_raw = str(path)
    image.file_format = kind
    image.save()
    bpy.data.images.remove(image)
    return path


def build_chair(folder: Path, *, name: str = "Chair") -> Any:
    """Put a textured mesh below an empty, with an action; return the collection."""
    collection: Any = bpy.data.collections.new(f"{name} parts")
    scene: Any = bpy.context.scene
    scene.collection.children.link(collection)
    mesh = bpy.data.meshes.new(f"{name} seat")
    mesh.from_pydata(
        [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0), (0, 0, 1), (1, 0, 1)], [], [(0, 1, 2, 3), (0, 1, 5, 4)]
    )
    mesh.uv_layers.new(name="UVMap")
    material: Any = bpy.data.materials.new(f"{name} wood")
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    texture = tree.nodes.new("ShaderNodeTexImage")
    texture.image = bpy.data.images.load(str(make_image(folder / "wood.png")))
    shader = next(node for node in tree.nodes if node.bl_idname == "ShaderNodeBsdfPrincipled")
    tree.links.new(texture.outputs["Color"], shader.inputs["Base Color"])
    mesh.materials.append(material)
    seat: Any = bpy.data.objects.new(f"{name} seat", mesh)
    root: Any = bpy.data.objects.new(name, None)
    seat.parent = root
    for item in (root, seat):
        collection.objects.link(item)
    seat.location.x = 1.0
    seat.keyframe_insert("location", frame=1)
    seat.location.x = 2.0
    seat.keyframe_insert("location", frame=20)
    return collection


def clear() -> None:
    """Start over with an empty scene."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)


def make_model(folder: Path, ending: str) -> Path:
    """Export the chair in a format; the scene is empty afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"chair.{ending}"
    clear()
    build_chair(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of Blender's own exporters are not ours
        _export(path, ending)
    clear()
    return path


def _export(path: Path, ending: str) -> None:
    match ending:
        case "glb":
            bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLB")
        case "gltf":
            bpy.ops.export_scene.gltf(filepath=str(path), export_format="GLTF_SEPARATE")
        case "obj":
            bpy.ops.wm.obj_export(filepath=str(path), path_mode="COPY")
        case "fbx":
            bpy.ops.export_scene.fbx(filepath=str(path), path_mode="COPY", embed_textures=True)
        case "usda" | "usdc" | "usdz":
            operator: Any = bpy.ops.wm.usd_export
            known = operator.get_rna_type().properties.keys()
            textures = {"export_textures_mode": "NEW"} if "export_textures_mode" in known else {}
            operator(filepath=str(path), **textures)
        case "abc":
            bpy.ops.wm.alembic_export(filepath=str(path), end=1)
        case "stl":
            bpy.ops.wm.stl_export(filepath=str(path))
        case "ply":
            bpy.ops.wm.ply_export(filepath=str(path))
        case "blend":
            bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True, check_existing=False)
        case _:
            raise ValueError(ending)


def make_users_scene() -> set[tuple[str, str]]:
    """Build what the user had before an import; return the names of everything in it."""
    clear()
    scene: Any = bpy.context.scene
    mesh = bpy.data.meshes.new("Mine")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (0, 1, 0)], [], [(0, 1, 2)])
    mesh.materials.append(bpy.data.materials.new("Mine"))
    item = bpy.data.objects.new("Mine", mesh)
    scene.collection.objects.link(item)
    scene.world = bpy.data.worlds.new("Mine")
    scene.frame_end, scene.render.fps = 77, 30
    scene.render.engine = "CYCLES" if "CYCLES" in _engines() else scene.render.engine
    return names()


def names() -> set[tuple[str, str]]:
    """Name every data-block that could carry a license."""
    found = set()
    for prop in bpy.data.bl_rna.properties:
        if prop.type == "COLLECTION" and prop.identifier not in {
            "window_managers",
            "screens",
            "workspaces",
            "all_ids",
        }:
            found |= {(block.id_type, block.name_full) for block in getattr(bpy.data, prop.identifier)}
    return found


def blocks() -> list[Any]:
    """Return every data-block that could carry a license."""
    found: dict[tuple[str, int], Any] = {}
    for prop in bpy.data.bl_rna.properties:
        if prop.type == "COLLECTION" and prop.identifier not in {
            "window_managers",
            "screens",
            "workspaces",
            "all_ids",
        }:
            found |= {
                (block.id_type, block.session_uid): block for block in getattr(bpy.data, prop.identifier)
            }
    return list(found.values())


def _engines() -> set[str]:
    prop: Any = bpy.types.RenderSettings.bl_rna.properties["engine"]
    return {item.identifier for item in prop.enum_items}
