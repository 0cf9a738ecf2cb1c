"""Make every product in a fresh file: build, write what is delivered, render the preview. Needs bpy."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import bpy
from mathutils import Vector

from .products import PRODUCTS
from .shapes import Workshop, assign, present

PREVIEW_PX = 320
SAMPLES = 24


def make_all(target: Path, *, only: list[str]) -> int:
    """Make the products named, or all; each replaces what its folder held in one step."""
    if unknown := [name for name in only if name not in PRODUCTS]:
        print(f"There is no model {', '.join(unknown)}; known are {', '.join(PRODUCTS)}")
        return 2
    target.mkdir(parents=True, exist_ok=True)
    for name in only or PRODUCTS:
        folder = target / f"{name}.half"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _make(name, folder)
        final = target / name
        shutil.rmtree(final, ignore_errors=True)
        folder.rename(final)
        print(
            f"{name}: {', '.join(json.loads((final / 'files.json').read_text(encoding='utf-8')))}", flush=True
        )
    return 0


def _make(name: str, folder: Path) -> None:
    title, build, scheme, seed, kinds = PRODUCTS[name]
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    shop = Workshop(title, folder / "textures")
    build(shop, scheme, seed)
    slug = title.lower().replace(" ", "_")
    for kind in kinds:
        (folder / kind).mkdir()
        _write(kind, folder / kind / f"{slug}.{kind}")
    _render(shop, folder / "preview.jpg")
    shutil.rmtree(folder / "textures")
    files = sorted(
        path.relative_to(folder).as_posix()
        for kind in kinds
        for path in (folder / kind).rglob("*")
        if path.is_file()
    )
    (folder / "files.json").write_text(json.dumps(files), encoding="utf-8")


def _write(kind: str, path: Path) -> None:
    match kind:
        case "blend":
            present(bpy.context.preferences).filepaths.save_version = 0
            bpy.ops.file.pack_all()
            bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=True, copy=True)
        case "glb":
            bpy.ops.export_scene.gltf(
                filepath=str(path), export_format="GLB", export_apply=True, export_yup=True
            )
        case "obj":
            bpy.ops.wm.obj_export(
                filepath=str(path),
                apply_modifiers=True,
                export_materials=True,
                path_mode="COPY",
                export_pbr_extensions=True,
            )
        case "fbx":
            import addon_utils

            addon_utils.enable("io_scene_fbx")
            bpy.ops.export_scene.fbx(
                filepath=str(path),
                object_types={"ARMATURE", "MESH"},
                use_mesh_modifiers=True,
                add_leaf_bones=False,
                bake_anim=True,
                path_mode="COPY",
                embed_textures=True,
            )
        case _:
            raise ValueError(f"no way to write {kind}")


def _render(shop: Workshop, path: Path) -> None:
    """Render the preview on the processor: a floor, a key light, a rim light, a camera that sees it all."""
    scene = present(bpy.context.scene)
    corners = [
        thing.matrix_world @ Vector(corner)
        for thing in shop.collection.objects
        if thing.type == "MESH"
        for corner in thing.bound_box
    ]
    low = Vector([min(corner[k] for corner in corners) for k in range(3)])
    high = Vector([max(corner[k] for corner in corners) for k in range(3)])
    middle, reach = (low + high) / 2, (high - low).length / 2
    ground = max(0.0, low.z)
    floor = bpy.data.meshes.new("Floor")
    floor.from_pydata(
        [(-99, -99, ground), (99, -99, ground), (99, 99, ground), (-99, 99, ground)], [], [(0, 1, 2, 3)]
    )
    floor.materials.append(shop.make_material("Floor", color=(0.33, 0.34, 0.36), roughness=0.8))
    scene.collection.objects.link(bpy.data.objects.new("Floor", floor))
    for name, away, power, size in (("Key", (-2.2, -2.6, 3.2), 260, 1.6), ("Rim", (2.6, 2.0, 2.0), 150, 1.2)):
        light = bpy.data.lights.new(name, "AREA")
        assign(light, energy=power * reach**2, size=size * reach)
        place = middle + Vector(away) * reach
        _put(scene, light, place, middle)
    world = bpy.data.worlds.new("Studio")
    if world.node_tree is None:
        world.use_nodes = True
    background = present(world.node_tree).nodes["Background"]
    assign(background.inputs["Color"], default_value=(0.2, 0.21, 0.23, 1.0))
    scene.world = world
    camera = bpy.data.cameras.new("Camera")
    camera.lens = 70
    back = Vector((0.62, -1.0, 0.5)).normalized() * reach / math.sin(camera.angle / 2) * 1.02
    scene.camera = _put(scene, camera, middle + back, middle)
    render = scene.render
    assign(render, engine="CYCLES", resolution_x=PREVIEW_PX, resolution_y=PREVIEW_PX)
    # `scene.cycles` is there only while the Cycles add-on is, which the types do not know.
    assign(getattr(scene, "cycles"), samples=SAMPLES, device="CPU", seed=7, use_denoising=True)  # noqa: B009
    assign(scene.view_settings, view_transform="AgX")
    render.image_settings.file_format, render.image_settings.quality = "JPEG", 90
    render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


def _put(scene: bpy.types.Scene, data: bpy.types.ID, at: Vector, look: Vector) -> bpy.types.Object:
    thing = bpy.data.objects.new(data.name, data)
    scene.collection.objects.link(thing)
    thing.location = at
    thing.rotation_euler = (look - at).to_track_quat("-Z", "Y").to_euler()
    return thing
