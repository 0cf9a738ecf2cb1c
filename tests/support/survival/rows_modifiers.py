# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about modifiers: every type that there is for meshes is applied to the seat."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from survival.assets import cube
from survival.nodes import NodeTree
from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, OWN, TABLE, NotHere, World

SECTION = "Modifiers applied"
ELSEWHERE = {
    "PARTICLE_SYSTEM": "cannot be applied; the rows about copies make particles real",
    "PARTICLE_INSTANCE": "needs a simulation; the rows about copies make particles real",
    "SURFACE": "is not made by hand: force fields make it",
    "FLUID": "needs a bake of minutes",
    "DYNAMIC_PAINT": "paints and shapes nothing without a simulation",
    "MESH_SEQUENCE_CACHE": "has a row of its own below",
    "MESH_TO_VOLUME": "is for volumes, and has a row of its own below",
    "VOLUME_TO_MESH": "has a row of its own below",
    "VOLUME_DISPLACE": "is for volumes",
}
"""Modifiers without a row like the others, and why."""
TYPES = (
    "DATA_TRANSFER", "MESH_CACHE", "NORMAL_EDIT", "WEIGHTED_NORMAL", "UV_PROJECT", "UV_WARP",
    "VERTEX_WEIGHT_EDIT", "VERTEX_WEIGHT_MIX", "VERTEX_WEIGHT_PROXIMITY", "ARRAY", "BEVEL", "BOOLEAN",
    "BUILD", "DECIMATE", "EDGE_SPLIT", "NODES", "MASK", "MIRROR", "MULTIRES", "REMESH", "SCREW", "SKIN",
    "SOLIDIFY", "SUBSURF", "TRIANGULATE", "WELD", "WIREFRAME", "ARMATURE", "CAST", "CURVE", "DISPLACE",
    "HOOK", "LAPLACIANDEFORM", "LATTICE", "MESH_DEFORM", "SHRINKWRAP", "SIMPLE_DEFORM", "SMOOTH",
    "CORRECTIVE_SMOOTH", "LAPLACIANSMOOTH", "SURFACE_DEFORM", "WARP", "WAVE", "CLOTH", "COLLISION",
    "EXPLODE", "OCEAN", "SOFT_BODY",
)  # fmt: skip


def _half(w: World) -> str:
    """Put half of the seat's points into a vertex group; return its name."""
    item = w.obj("Seat")
    group = item.vertex_groups.new(name="Half")
    group.add(list(range(len(item.data.vertices) // 2)), 1.0, "REPLACE")
    return str(group.name)


def _point_cache(w: World) -> str:
    """Write a file of one frame of the seat's points, in the format PC2."""
    points = [1.5 * part for vertex in w.obj("Seat").data.vertices for part in vertex.co]
    path = w.folder / "seat.pc2"
    head = struct.pack("<12siiffi", b"POINTCACHE2", 1, len(points) // 3, 1.0, 1.0, 1)
    path.write_bytes(head + struct.pack(f"<{len(points)}f", *points))
    return str(path)


_SETTINGS: dict[str, Callable[[World], dict[str, Any]]] = {
    "DATA_TRANSFER": lambda w: {"object": w.obj("Mine")},
    "MESH_CACHE": lambda w: {"cache_format": "PC2", "filepath": _point_cache(w)},
    "NORMAL_EDIT": lambda w: {"target": w.obj("Mine")},
    "VERTEX_WEIGHT_EDIT": lambda w: {"vertex_group": _half(w)},
    "VERTEX_WEIGHT_MIX": lambda w: {"vertex_group_a": _half(w)},
    "VERTEX_WEIGHT_PROXIMITY": lambda w: {"vertex_group": _half(w), "target": w.obj("Mine")},
    "BOOLEAN": lambda w: {"object": w.obj("Mine")},
    "BUILD": lambda _: {"frame_duration": 1.0, "frame_start": -10.0},
    "DECIMATE": lambda _: {"ratio": 0.5},
    "MASK": lambda w: {"vertex_group": _half(w)},
    "REMESH": lambda _: {"mode": "VOXEL", "voxel_size": 0.3},
    "SOLIDIFY": lambda _: {"thickness": 0.05},
    "SUBSURF": lambda _: {"levels": 1},
    "ARMATURE": lambda w: {"object": w.add(w.data.armatures.new("Helper"), "Helper")},
    "CURVE": lambda w: {"object": w.obj("Rope")},
    "HOOK": lambda w: {"object": w.obj("Camera"), "vertex_group": _half(w)},
    "LAPLACIANDEFORM": lambda w: {"vertex_group": _half(w)},
    "LATTICE": lambda w: {"object": w.add(w.data.lattices.new("Helper"), "Helper")},
    "MESH_DEFORM": lambda w: {"object": w.add(cube(w.bpy, "Cage", size=10.0), "Cage"), "precision": 4},
    "SHRINKWRAP": lambda w: {"target": w.obj("Mine")},
    "SURFACE_DEFORM": lambda w: {"target": w.obj("Mine")},
    "WELD": lambda _: {"merge_threshold": 0.6},
    "WARP": lambda w: {"object_from": w.obj("Mine"), "object_to": w.obj("Camera")},
}
_BIND = {
    "LAPLACIANDEFORM": "laplaciandeform_bind",
    "MESH_DEFORM": "meshdeform_bind",
    "SURFACE_DEFORM": "surfacedeform_bind",
    "MULTIRES": "multires_subdivide",
}
"""Operators that make a modifier ready."""
_MOVED_AFTERWARDS = {"MESH_DEFORM": "Cage", "SURFACE_DEFORM": "Mine"}
"""What the bound mesh follows."""
_SIMULATED = frozenset({"CLOTH", "SOFT_BODY"})
SAME_SHAPE = frozenset(
    {
        "DATA_TRANSFER", "NORMAL_EDIT", "WEIGHTED_NORMAL", "UV_PROJECT", "UV_WARP", "VERTEX_WEIGHT_EDIT",
        "VERTEX_WEIGHT_MIX", "VERTEX_WEIGHT_PROXIMITY", "ARMATURE", "LATTICE", "COLLISION", "EXPLODE",
        "CORRECTIVE_SMOOTH", "LAPLACIANDEFORM",
    }
)  # fmt: skip
"""What changes no point: normals, UVs and weights; helpers at rest; and what waits for particles."""


def _apply(kind: str) -> Callable[[World], list[Trace]]:
    def run(w: World) -> list[Trace]:
        if kind not in w.bpy.types.Modifier.bl_rna.properties["type"].enum_items:
            raise NotHere("not in this version")
        item = w.select(w.obj("Seat"))
        modifier = w.modify(item, kind, **_SETTINGS.get(kind, lambda _: {})(w))
        w.select(item)
        before = w.shape_of(item)
        if kind in _BIND:
            getattr(w.ops.object, _BIND[kind])(modifier=modifier.name)
        if kind in _MOVED_AFTERWARDS:
            for vertex in w.obj(_MOVED_AFTERWARDS[kind]).data.vertices:
                vertex.co *= 1.3
        if kind == "HOOK":
            w.obj("Camera").location.z += 2.0
        if kind in _SIMULATED:
            for frame in range(1, 6):
                w.scene.frame_set(frame)
        if kind == "NODES":
            tree = NodeTree(w.data)
            tree.keep()
            tree.then("GeometryNodeSubdivideMesh")
            modifier.node_group = tree.done()
        assert w.ops.object.modifier_apply(modifier=modifier.name) == {"FINISHED"}
        assert kind in SAME_SHAPE or w.shape_of(item) != before, "it had no effect"
        return w.of_object(item)

    return run


for _kind in TYPES:
    row(SECTION, _kind.lower().replace("_", " "))(_apply(_kind))


def unknown_types(w: World) -> set[str]:
    """Return the modifiers for meshes of this Blender that the table does not know."""
    kinds = set(w.bpy.types.Modifier.bl_rna.properties["type"].enum_items.keys())
    return {
        kind
        for kind in kinds.difference(TYPES, ELSEWHERE)
        if w.obj("Mine").modifiers.new("Try", kind) is not None
    }


@row(SECTION, "mesh sequence cache: a bought Alembic file")
def _(w: World) -> list[Trace]:
    path = w.folder / "wave.abc"
    w.modify(w.obj("Mine"), "WAVE")
    w.select(w.obj("Mine"))
    w.ops.wm.alembic_export(filepath=str(path), selected=True, start=1, end=3)
    before = set(w.data.objects)
    found = w.bring_in(path, "MODEL", "COLLECTION", TABLE)
    item = next(item for item in set(w.data.objects) - before if item.type == "MESH")
    assert found and item.modifiers, "the file moves, and Blender streams it"
    w.apply(item)
    w.only(item)
    return w.of_object(item, TABLE)


@row(SECTION, "all that change the shape, one after the other")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    for kind, values in (
        ("MIRROR", {}), ("ARRAY", {"count": 2}), ("BEVEL", {"width": 0.02}), ("SUBSURF", {"levels": 1}),
        ("SOLIDIFY", {"thickness": 0.02}), ("TRIANGULATE", {}), ("DECIMATE", {"ratio": 0.6}), ("WELD", {}),
        ("EDGE_SPLIT", {}), ("SIMPLE_DEFORM", {}), ("CAST", {}), ("SMOOTH", {}),
    ):  # fmt: skip
        w.modify(item, kind, **values)
    w.apply(item)
    return w.of_object(item)


@row(SECTION, "all at once (object.convert)")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    for kind in ("MIRROR", "BEVEL", "SUBSURF", "DECIMATE"):
        w.modify(item, kind)
    w.select(item)
    w.ops.object.convert(target="MESH")
    return w.of_object(item)


@row(SECTION, "kept as a shape key (modifier_apply_as_shapekey)")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    w.modify(item, "CAST")
    w.select(item)
    w.ops.object.modifier_apply_as_shapekey(modifier="Cast")
    return w.of_object(item)


@row(SECTION, "mesh to volume to mesh, on one's own volume", known=False)
def _(w: World) -> list[Trace]:
    volume = w.add(w.data.volumes.new("Fog"), "Fog")
    w.modify(volume, "MESH_TO_VOLUME", object=w.obj("Seat"))
    shell = w.add(w.data.meshes.new("Shell"), "Shell")
    w.modify(shell, "VOLUME_TO_MESH", object=volume)
    w.apply(shell)
    if not len(shell.data.polygons):
        raise NotHere("this build has no volumes")
    w.only(shell)
    return w.of_object(shell)


@row(SECTION, "remesh: blocks", known=False)
def _(w: World) -> list[Trace]:
    return _remesh(w, "BLOCKS")


@row(SECTION, "remesh: smooth", known=False)
def _(w: World) -> list[Trace]:
    return _remesh(w, "SMOOTH")


@row(SECTION, "remesh: sharp", known=False)
def _(w: World) -> list[Trace]:
    return _remesh(w, "SHARP")


def _remesh(w: World, mode: str) -> list[Trace]:
    item = w.obj("Seat")
    w.modify(item, "REMESH", mode=mode)
    w.apply(item)
    return w.of_object(item)


@row(SECTION, "remesh: voxel (object.voxel_remesh)")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    item.data.remesh_voxel_size = 0.3
    w.ops.object.voxel_remesh()
    return w.of_object(item)


@row(SECTION, "remesh: quads (object.quadriflow_remesh)")
def _(w: World) -> list[Trace]:
    item = w.obj("Cushion")
    item.shape_key_clear()
    w.select(item)
    try:
        done = w.ops.object.quadriflow_remesh(target_faces=60)
    except RuntimeError as error:
        raise NotHere("cannot run without a window") from error
    if done != {"FINISHED"}:
        raise NotHere("this build has none")
    return w.of_object(item)


@row(SECTION, "join two assets, then remesh the whole", known=False)
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"), w.obj("Top"))
    w.ops.object.join()
    item.data.remesh_voxel_size = 0.3
    w.ops.object.voxel_remesh()
    w.only(item)
    return w.traces(item.data, of=(CHAIR, TABLE))


@row(SECTION, "join it into declared work, then remesh the whole", known=False)
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Shelf"), w.obj("Seat"))
    w.ops.object.join()
    item.data.remesh_voxel_size = 0.3
    w.ops.object.voxel_remesh()
    w.only(item)
    return w.traces(item.data, of=(CHAIR, OWN))
