"""Make a production's worth of .blend files, or open them all again.

Started by ``blend_scan.py`` with a Python that has bpy:  make_production.py FOLDER COUNT  or  --open FOLDER
Prints one line ``BENCH {json}``. Each file is a shot or an asset of some kind: a few objects or hundreds,
meshes of some hundred faces, materials with packed pictures, rigs with actions, some of it linked or hidden;
a tenth is stamped. Every second file is compressed.
"""

from __future__ import annotations

import json
import os
import random
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

SHARED = 20
KINDS = ("prop", "set", "character", "shot", "layout")
STAMP = (
    '{"v":1,"grant_id":"grant_%026d","marketplace":"cgtrader","listing_id":"%d",'
    '"license_id":"cgtrader.royalty_free_no_ai","terms_sha256":"' + "ab" * 32 + '"}'
)


def main() -> None:
    """Make files, or open them."""
    if sys.argv[1] == "--open":
        figures = open_all(Path(sys.argv[2]))
    else:
        figures = make_all(Path(sys.argv[1]), int(sys.argv[2]))
    print("BENCH " + json.dumps(figures), flush=True)
    # bpy as a module may crash (4.2) or wait for ever (4.5) in its own clean-up.
    os._exit(0)


def open_all(folder: Path) -> dict[str, Any]:
    """Open every file in this one process, without its windows."""
    paths = [str(path) for path in sorted(folder.rglob("*.blend"))]
    blocks = 0
    for path in paths:
        bpy.ops.wm.open_mainfile(filepath=path, load_ui=False)
        blocks += len(bpy.data.objects)
    return {"files": len(paths), "objects": blocks}


def make_all(folder: Path, count: int) -> dict[str, Any]:
    """Make so many files in project folders."""
    bpy.context.preferences.filepaths.save_version = 0
    libraries: list[Path] = []
    size = 0
    for number in range(count):
        rng = random.Random(number)
        kind = KINDS[number % len(KINDS)]
        bpy.ops.wm.read_homefile(use_factory_startup=True)
        fill(rng, kind, number, rng.choice(libraries) if libraries else None)
        path = folder / f"project_{number % 10:02}" / kind / f"{kind}_{number:04}.blend"
        path.parent.mkdir(parents=True, exist_ok=True)
        bpy.ops.wm.save_as_mainfile(filepath=str(path), compress=number % 2 == 0)
        size += path.stat().st_size
        if kind == "prop" and len(libraries) < SHARED:
            libraries.append(path)  # a production uses the same assets again and again
    return {"files": count, "bytes": size}


def fill(rng: random.Random, kind: str, number: int, library: Path | None) -> None:
    """Put into the factory scene what such a file has."""
    scene = bpy.context.scene
    objects = {"prop": 6, "set": 120, "character": 12, "shot": 60, "layout": 250}[kind]
    materials = [make_material(rng, index) for index in range(rng.randint(2, 6))]
    meshes = [make_mesh(rng, index, materials) for index in range(min(objects, rng.randint(4, 10)))]
    groups = [bpy.data.collections.new(name) for name in ("Props", "Hidden", "Rig")]
    for group in groups:
        scene.collection.children.link(group)
    groups[1].hide_render = True
    for index in range(objects):
        mesh = meshes[index] if index < len(meshes) else rng.choice(meshes)
        thing = bpy.data.objects.new(f"Part.{index:03}", mesh)
        thing.location = (rng.random() * 9, rng.random() * 9, 0)
        rng.choice(groups).objects.link(thing)
        if index % 10 == 0:
            thing["clearance"] = STAMP % (number % 300, number % 300)
            mesh["clearance"] = STAMP % (number % 300, number % 300)
        if index % 25 == 0:
            thing.modifiers.new("Bevel", "BEVEL")
        if index % 40 == 1:
            thing.keyframe_insert("location", frame=1)
            thing.keyframe_insert("location", frame=50)
    if kind == "character":
        make_rig(scene, groups[2])
    if kind in {"shot", "layout"} and library is not None:
        with bpy.data.libraries.load(str(library), link=True, relative=False) as (found, wanted):
            wanted.objects = [name for name in found.objects if name.startswith("Part.")][:3]
        for thing in wanted.objects:
            groups[0].objects.link(thing)


def make_material(rng: random.Random, index: int) -> Any:
    """Make a material with a packed picture of 64 to 128 pixels."""
    material = bpy.data.materials.new(f"Material.{index:02}")
    if material.node_tree is None:
        material.use_nodes = True
    tree = material.node_tree
    size = rng.choice((64, 96, 128))
    image = bpy.data.images.new(f"Texture.{index:02}", size, size)
    noise = np.random.default_rng(rng.randrange(2**32)).random((size, size, 4), dtype=np.float32)
    noise[..., 3] = 1
    image.pixels.foreach_set(noise.ravel())
    image.pack()
    node = tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    tree.links.new(node.outputs["Color"], tree.nodes["Principled BSDF"].inputs["Base Color"])
    for _ in range(rng.randint(0, 8)):
        tree.nodes.new("ShaderNodeMixRGB" if hasattr(bpy.types, "ShaderNodeMixRGB") else "ShaderNodeMix")
    return material


def make_mesh(rng: random.Random, index: int, materials: list[Any]) -> Any:
    """Make a grid of some hundred or thousand faces, marked on its faces now and then."""
    side = rng.choice((6, 10, 16, 28))
    x, y = np.meshgrid(np.arange(side, dtype=np.float32), np.arange(side, dtype=np.float32))
    z = np.random.default_rng(rng.randrange(2**32)).random(side * side, dtype=np.float32)
    corners = np.stack((x.ravel(), y.ravel(), z), axis=1)
    at = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    faces = np.stack((at, at + 1, at + side + 1, at + side), axis=1)
    mesh = bpy.data.meshes.new(f"Mesh.{index:02}")
    mesh.from_pydata(corners.tolist(), [], faces.tolist())
    mesh.uv_layers.new()
    mesh.materials.append(rng.choice(materials))
    if index % 4 == 0:
        mesh.attributes.new("clearance_grant", "INT", "FACE").data.foreach_set("value", [7] * len(faces))
    return mesh


def make_rig(scene: Any, group: Any) -> None:
    """Make an armature of 40 bones with an action of some thousand keys."""
    rig = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    group.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    for number in range(40):
        bone = rig.data.edit_bones.new(f"Bone.{number:02}")
        bone.head, bone.tail = (0, 0, number), (0, 0, number + 1)
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in rig.pose.bones:
        for frame in (1, 10, 20):
            bone.keyframe_insert("rotation_quaternion", frame=frame)
    scene.frame_set(1)


if __name__ == "__main__":
    main()
