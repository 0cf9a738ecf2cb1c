# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about editing the mesh by hand."""

from __future__ import annotations

from collections.abc import Callable

from survival.outcome import Trace
from survival.table import row
from survival.world import NotHere, World

SECTION = "Editing"
OPERATORS: tuple[tuple[str, str, str, dict[str, object]], ...] = (
    ("subdivide", "", "subdivide", {"number_cuts": 2}),
    ("extrude", "half", "extrude_region_move", {"TRANSFORM_OT_translate": {"value": (0.0, 0.0, 1.0)}}),
    ("extrude each face", "", "extrude_faces_move", {}),
    ("inset", "", "inset", {"thickness": 0.05, "use_individual": True}),
    ("bevel", "", "bevel", {"offset": 0.05, "segments": 2}),
    ("duplicate inside the mesh", "", "duplicate_move", {}),
    ("bisect and fill", "", "bisect", {"plane_no": (1, 0.3, 0), "use_fill": True, "clear_inner": True}),
    ("merge by distance", "", "remove_doubles", {"threshold": 0.4}),
    ("dissolve what is flat", "", "dissolve_limited", {}),
    ("triangulate", "", "quads_convert_to_tris", {}),
    ("triangles to quads", "triangles", "tris_convert_to_quads", {}),
    ("symmetrize", "rough", "symmetrize", {"direction": "NEGATIVE_X"}),
    ("snap to symmetry", "rough", "symmetry_snap", {}),
    ("flip normals", "", "flip_normals", {}),
    ("split", "half", "split", {}),
    ("rip all edges (edge_split)", "", "edge_split", {}),
    ("poke faces", "", "poke", {}),
    ("decimate in Edit Mode", "", "decimate", {"ratio": 0.4}),
    ("wireframe", "", "wireframe", {}),
    ("solidify", "", "solidify", {"thickness": 0.05}),
    ("convex hull", "", "convex_hull", {}),
    ("knife by intersection", "ball", "intersect", {"mode": "SELECT_UNSELECT"}),
    ("unsubdivide", "", "unsubdivide", {"iterations": 1}),
    ("smooth vertices", "", "vertices_smooth", {"factor": 0.5}),
    ("randomize vertices", "rough", "", {}),
    ("delete half of it", "half", "delete", {"type": "FACE"}),
    ("beautify", "triangles", "beautify_fill", {"angle_limit": 3.0}),
    ("spin", "half", "spin", {"steps": 4, "angle": 1.5, "center": (0, 0, 0), "axis": (0, 0, 1)}),
    ("fill holes", "hole", "fill_holes", {"sides": 0}),
    ("sort elements", "", "sort_elements", {"type": "RANDOMIZE", "elements": {"FACE"}, "seed": 7}),
)  # fmt: skip
"""Name, how the mesh is prepared, operator of ``bpy.ops.mesh``, and its options."""


def _prepare(w: World, how: str) -> None:
    """Select and change in Edit Mode what an operator needs to have an effect."""
    item = w.bpy.context.edit_object
    if how in {"half", "ball", "hole"}:
        w.ops.mesh.select_all(action="DESELECT")
        w.ops.object.mode_set(mode="OBJECT")
        w.bpy.context.tool_settings.mesh_select_mode = (False, False, True)
        for face in item.data.polygons:
            in_ball = face.material_index == 1
            face.select = {"half": face.index % 2 == 0, "ball": in_ball, "hole": face.index == 0}[how]
        w.ops.object.mode_set(mode="EDIT")
    if how == "ball":
        w.ops.transform.translate(value=(0.0, 0.0, -2.0))
    if how == "hole":
        w.ops.mesh.delete(type="FACE")
        w.ops.mesh.select_all(action="SELECT")
    if how in {"rough", "triangles"}:
        w.ops.transform.vertex_random(offset=0.1, seed=3)
    if how == "triangles":
        w.ops.mesh.quads_convert_to_tris(quad_method="FIXED_ALTERNATE")


def _edit(how: str, operator: str, options: dict[str, object]) -> Callable[[World], list[Trace]]:
    def run(w: World) -> list[Trace]:
        item = w.obj("Seat")
        with w.editing(item):
            _prepare(w, how)
            before = w.shape_of(item)
            try:
                if operator:
                    getattr(w.ops.mesh, operator)(**options)
                else:
                    w.ops.transform.vertex_random(offset=0.2, seed=5)
            except RuntimeError as error:
                w.ops.object.mode_set(mode="OBJECT")
                raise NotHere("cannot run without a window") from error
        assert w.shape_of(item) != before, "it had no effect"
        return w.of_object(item)

    return run


for _name, _how, _operator, _options in OPERATORS:
    row(SECTION, _name)(_edit(_how, _operator, _options))


@row(SECTION, "knife project")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"), w.obj("Mine"))
    w.ops.object.mode_set(mode="EDIT")
    try:
        w.ops.mesh.knife_project()
    except RuntimeError as error:
        raise NotHere("cannot run without a window") from error
    finally:
        w.ops.object.mode_set(mode="OBJECT")
    return w.of_object(w.obj("Seat"))


@row(SECTION, "model new faces onto it")
def _(w: World) -> list[Trace]:
    with w.editing(w.obj("Seat"), select="DESELECT"):
        w.ops.mesh.primitive_cube_add(location=(0, 0, 5))
    return w.of_object(w.obj("Seat"))


@row(SECTION, "delete all of it in Edit Mode and model something new", known=False)
def _(w: World) -> list[Trace]:
    with w.editing(w.obj("Seat")):
        w.ops.mesh.delete(type="VERT")
        w.ops.mesh.primitive_cube_add()
    return w.of_object(w.obj("Seat"))


@row(SECTION, "look at it while in Edit Mode")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.mode_set(mode="EDIT")
    w.ops.mesh.select_all(action="SELECT")
    w.ops.mesh.subdivide()
    assert w.bpy.context.mode == "EDIT_MESH"
    return w.of_object(w.obj("Seat"))


@row(SECTION, "sculpt: vertices moved, subdivided, remeshed")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    w.ops.object.mode_set(mode="SCULPT")
    for vertex in item.data.vertices:
        vertex.co *= 1.2
    w.ops.object.mode_set(mode="OBJECT")
    return w.of_object(item)


@row(SECTION, "sculpt with dynamic topology")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    w.ops.object.mode_set(mode="SCULPT")
    try:
        w.ops.sculpt.dynamic_topology_toggle()
        w.ops.sculpt.dynamic_topology_toggle()
    except RuntimeError as error:
        raise NotHere("cannot run without a window") from error
    finally:
        w.ops.object.mode_set(mode="OBJECT")
    return w.of_object(item)


@row(SECTION, "paint weights and colors on it")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    item.vertex_groups.new(name="Weights").add([0, 1, 2], 0.5, "REPLACE")
    item.data.color_attributes.new("Color", "BYTE_COLOR", "CORNER")
    w.select(item)
    w.ops.object.mode_set(mode="WEIGHT_PAINT")
    w.ops.object.mode_set(mode="VERTEX_PAINT")
    w.ops.object.mode_set(mode="OBJECT")
    return w.of_object(item)


@row(SECTION, "mirror, move, and apply the transform")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    item.scale, item.location = (-1.0, 1.0, 2.0), (3.0, 0.0, 0.0)
    w.ops.object.transform_apply(location=True, rotation=True, scale=True)
    w.ops.object.origin_set(type="ORIGIN_GEOMETRY")
    return w.of_object(item)


@row(SECTION, "parent, constrain, animate")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    item.parent = w.obj("Mine")
    item.constraints.new("COPY_LOCATION").target = w.obj("Mine")
    item.keyframe_insert("rotation_euler", frame=1)
    return w.of_object(item)


@row(SECTION, "new UVs, new attributes, all custom data cleared")
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    w.ops.mesh.uv_texture_add()
    item.data.attributes.new("own", "FLOAT", "POINT")
    w.ops.mesh.customdata_custom_splitnormals_clear()
    return w.of_object(item)
