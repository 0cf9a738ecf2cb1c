# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about parts that become one mesh, and one mesh that becomes parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from survival.nodes import NodeTree
from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, OWN, PICTURE, TABLE, NotHere, World

SECTION = "Merging"


def join(w: World, active: str, *others: str) -> Any:
    """Join objects into the active one, which then stands alone."""
    w.select(w.obj(active), *(w.obj(name) for name in others))
    assert w.ops.object.join() == {"FINISHED"}
    w.only(w.obj(active))
    return w.obj(active)


@row(SECTION, "join into one's own undeclared mesh")
def _(w: World) -> list[Trace]:
    return w.of_object(join(w, "Mine", "Seat"))


@row(SECTION, "join one's own undeclared mesh into it")
def _(w: World) -> list[Trace]:
    return w.of_object(join(w, "Seat", "Mine"))


@row(SECTION, "join into one's own declared mesh")
def _(w: World) -> list[Trace]:
    return w.traces(join(w, "Shelf", "Seat").data, of=(CHAIR, OWN))


@row(SECTION, "join assets of two marketplaces, the chair active")
def _(w: World) -> list[Trace]:
    return w.traces(join(w, "Seat", "Top").data, of=(CHAIR, TABLE))


@row(SECTION, "join assets of two marketplaces, the table active")
def _(w: World) -> list[Trace]:
    return w.traces(join(w, "Top", "Seat").data, of=(CHAIR, TABLE))


@row(SECTION, "join everything into one's own mesh")
def _(w: World) -> list[Trace]:
    return w.of_object(join(w, "Mine", "Seat", "Top", "Shelf"), CHAIR, TABLE, OWN)


@row(SECTION, "join into an empty mesh")
def _(w: World) -> list[Trace]:
    w.add(w.data.meshes.new("Blank"), "Blank")
    return w.of_object(join(w, "Blank", "Seat"))


@row(SECTION, "join two assets into an empty mesh")
def _(w: World) -> list[Trace]:
    w.add(w.data.meshes.new("Blank"), "Blank")
    return w.of_object(join(w, "Blank", "Seat", "Top"), CHAIR, TABLE)


@row(SECTION, "join its curve into one's own curve", known=False)
def _(w: World) -> list[Trace]:
    curve = w.data.curves.new("Own curve", "CURVE")
    curve.dimensions = "3D"
    curve.splines.new("POLY").points.add(1)
    w.add(curve, "Own curve")
    return w.of_object(join(w, "Own curve", "Rope"))


@row(SECTION, "join its curve into one's own declared curve", known=False)
def _(w: World) -> list[Trace]:
    curve = w.data.curves.new("Own curve", "CURVE")
    curve.dimensions = "3D"
    curve.splines.new("POLY").points.add(1)
    item = w.add(curve, "Own curve")
    w.stamp(OWN, item, curve)
    return w.of_object(join(w, "Own curve", "Rope"))


@row(SECTION, "join one's own shape into it as a shape key")
def _(w: World) -> list[Trace]:
    other = w.add(w.bare_copy(w.obj("Seat").data), "Other")
    w.select(w.obj("Seat"), other)
    w.ops.object.join_shapes()
    w.only(w.obj("Seat"))
    return w.of_object(w.obj("Seat"))


@row(SECTION, "join it into one's own undeclared mesh as a shape key", known=False)
def _(w: World) -> list[Trace]:
    other = w.add(w.bare_copy(w.obj("Seat").data), "Other")
    w.select(other, w.obj("Seat"))
    w.ops.object.join_shapes()
    w.only(other)
    return w.of_object(other)


def _separate(w: World, how: str, *, select: str = "SELECT") -> list[Trace]:
    before = set(w.data.objects)
    with w.editing(w.obj("Seat"), select=select):
        if how == "SELECTED":
            w.ops.mesh.select_all(action="DESELECT")
            w.bpy.context.tool_settings.mesh_select_mode = (False, False, True)
            w.ops.object.mode_set(mode="OBJECT")
            for face in list(w.obj("Seat").data.polygons)[:10]:
                face.select = True
            w.ops.object.mode_set(mode="EDIT")
        w.ops.mesh.separate(type=how)
    made = [item for item in w.data.objects if item not in before]
    assert made
    return [trace for item in (w.obj("Seat"), *made) for trace in w.of_object(item)]


@row(SECTION, "separate by selection")
def _(w: World) -> list[Trace]:
    return _separate(w, "SELECTED")


@row(SECTION, "separate by material")
def _(w: World) -> list[Trace]:
    return _separate(w, "MATERIAL")


@row(SECTION, "separate by loose parts")
def _(w: World) -> list[Trace]:
    return _separate(w, "LOOSE")


@row(SECTION, "join two assets, then separate by loose parts")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"), w.obj("Top"))
    w.ops.object.join()
    before = set(w.data.objects)
    with w.editing(w.obj("Seat")):
        w.ops.mesh.separate(type="LOOSE")
    made = [item for item in w.data.objects if item not in before]
    top = next(item for item in made if len(item.data.polygons) == 54)
    return [*w.traces(w.obj("Seat").data), *w.traces(top.data, of=(TABLE,))]


@row(SECTION, "join into one's own mesh, then separate by loose parts")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Mine"), w.obj("Seat"))
    w.ops.object.join()
    with w.editing(w.obj("Mine")):
        w.ops.mesh.separate(type="LOOSE")
    parts = [item for item in w.data.objects if item.type == "MESH" and len(item.data.polygons) in {96, 48}]
    assert len(parts) == 2
    return [trace for item in parts for trace in w.of_object(item)]


def _boolean(
    active: str, operand: str, how: str, solver: str, *grants: str
) -> Callable[[World], list[Trace]]:
    def run(w: World) -> list[Trace]:
        item = w.obj(active)
        kinds = w.bpy.types.BooleanModifier.bl_rna.properties["solver"].enum_items.keys()
        chosen = {"FAST": "FLOAT"}.get(solver, solver) if "FLOAT" in kinds else solver
        if chosen not in kinds:
            raise NotHere("not in this version")
        w.modify(item, "BOOLEAN", operation=how, solver=chosen, object=w.obj(operand))
        w.apply(item)
        w.only(item)
        assert len(item.data.polygons)
        return w.traces(item.data, of=grants)

    return run


for _how in ("UNION", "DIFFERENCE", "INTERSECT"):
    for _solver in ("EXACT", "FAST", "MANIFOLD"):
        _word = f"boolean {_how.lower()} ({_solver.lower()})"
        row(SECTION, f"{_word}: own work cut with it")(_boolean("Mine", "Top", _how, _solver, TABLE))
        row(SECTION, f"{_word}: cut with own work")(_boolean("Top", "Mine", _how, _solver, TABLE))
row(SECTION, "boolean union (exact): two marketplaces")(
    _boolean("Seat", "Top", "UNION", "EXACT", CHAIR, TABLE)
)
row(SECTION, "boolean union (exact): declared work with it")(
    _boolean("Shelf", "Top", "UNION", "EXACT", OWN, TABLE)
)


@row(SECTION, "boolean in Edit Mode (mesh.intersect_boolean)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Mine"), w.obj("Top"))
    w.ops.object.join()
    item = w.obj("Mine")
    w.only(item)
    count = len(item.data.polygons)
    for face in item.data.polygons:
        face.select = face.index >= 24
    w.select(item)
    w.ops.object.mode_set(mode="EDIT")
    w.ops.mesh.intersect_boolean(operation="UNION", solver="EXACT")
    w.ops.object.mode_set(mode="OBJECT")
    assert len(item.data.polygons) != count
    return w.of_object(item, TABLE)


def _nodes(w: World, *chain: str, source: str = "Seat") -> Any:
    """Give one's own object a node tree that takes the source in, and apply it."""
    item = w.obj("Mine")
    tree = NodeTree(w.data)
    tree.take(w.obj(source))
    for kind in chain:
        tree.then(kind)
    modifier = w.modify(item, "NODES", node_group=tree.done())
    assert modifier is not None
    w.apply(item)
    w.only(item)
    return item


@row(SECTION, "geometry nodes: object info, realized, applied")
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances"))


@row(SECTION, "geometry nodes: object info, realized, joined with own work, applied")
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "JOIN", "GeometryNodeRealizeInstances"))


@row(SECTION, "geometry nodes: object info, realized, own material set, applied")
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", "GeometryNodeSetMaterial"))


@row(SECTION, "geometry nodes: mesh boolean with own work, applied")
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "BOOLEAN", source="Top"), TABLE)


@row(SECTION, "geometry nodes: subdivided, triangulated, extruded, applied")
def _(w: World) -> list[Trace]:
    chain = ("GeometryNodeSubdivideMesh", "GeometryNodeTriangulate", "GeometryNodeExtrudeMesh")
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", *chain))


@row(SECTION, "geometry nodes: split edges, faces to islands, merged by distance, applied")
def _(w: World) -> list[Trace]:
    chain = ("GeometryNodeSplitEdges", "GeometryNodeMergeByDistance", "GeometryNodeScaleElements")
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", *chain))


@row(SECTION, "geometry nodes: dual mesh, applied", known=False)
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", "GeometryNodeDualMesh"))


@row(SECTION, "geometry nodes: convex hull, applied", known=False)
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", "GeometryNodeConvexHull"))


@row(SECTION, "geometry nodes: mesh to volume to mesh, applied", known=False)
def _(w: World) -> list[Trace]:
    chain = ("GeometryNodeMeshToVolume", "GeometryNodeVolumeToMesh")
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", *chain, source="Top"))


@row(SECTION, "geometry nodes: mesh to curve to mesh, applied", known=False)
def _(w: World) -> list[Trace]:
    chain = ("GeometryNodeMeshToCurve", "PROFILE")
    return w.of_object(_nodes(w, "GeometryNodeRealizeInstances", *chain))


@row(SECTION, "geometry nodes: instances on points, realized, applied")
def _(w: World) -> list[Trace]:
    return w.of_object(_nodes(w, "INSTANCES", "GeometryNodeRealizeInstances"))


def _scatter(w: World, source: str, ground: str, *chain: str, keep_ground: bool = False) -> Any:
    """Scatter an object on a marked mesh, realize and apply it, and delete everything else."""
    nodes = NodeTree(w.data)
    nodes.take(w.obj(source))
    for kind in (*chain, "INSTANCES", "GeometryNodeRealizeInstances"):
        nodes.then(kind)
    if keep_ground:
        nodes.then("JOIN")
    tree = nodes.done()
    w.stamp(OWN, tree)
    w.modify(w.obj(ground), "NODES", node_group=tree)
    w.apply(w.obj(ground))
    w.only(w.obj(ground))
    mesh = w.obj(ground).data
    assert len(mesh.polygons)
    return mesh


@row(SECTION, "geometry nodes: scattered on one's own declared mesh, realized, applied")
def _(w: World) -> list[Trace]:
    mesh = _scatter(w, "Seat", "Shelf")
    assert mesh in w.load("addon.stamp_io").stamped_with([CHAIR])
    return w.traces(mesh)


@row(SECTION, "geometry nodes: scattered on one's own declared mesh, realized, joined with it, applied")
def _(w: World) -> list[Trace]:
    return w.traces(_scatter(w, "Seat", "Shelf", keep_ground=True), of=(CHAIR, OWN))


@row(SECTION, "geometry nodes: scattered on another asset, realized, applied, edited")
def _(w: World) -> list[Trace]:
    mesh = _scatter(w, "Seat", "Top", keep_ground=True)
    with w.editing(w.obj("Top")):
        w.ops.mesh.subdivide()
        w.report()
        w.ops.mesh.remove_doubles(threshold=0.001)
    return w.traces(mesh, of=(CHAIR, TABLE))


@row(SECTION, "geometry nodes: its curve scattered as tubes on one's own declared mesh", known=False)
def _(w: World) -> list[Trace]:
    return w.traces(_scatter(w, "Rope", "Shelf", "PROFILE"))


@row(SECTION, "geometry nodes: its hull scattered on one's own declared mesh, applied", known=False)
def _(w: World) -> list[Trace]:
    return w.traces(_scatter(w, "Seat", "Shelf", "GeometryNodeConvexHull", keep_ground=True))


@row(SECTION, "geometry nodes: scattered on one's own declared mesh, applied, out as glTF and in again")
def _(w: World) -> list[Trace]:
    _scatter(w, "Seat", "Shelf", keep_ground=True)
    w.through_gltf(w.obj("Shelf"))
    (made,) = w.data.meshes
    return w.traces(made, of=(CHAIR, OWN))


@row(SECTION, "geometry nodes: scattered on one's own declared mesh, applied, joined with another asset")
def _(w: World) -> list[Trace]:
    oak = w.obj("Top").data.copy()
    oak.use_fake_user = True
    _scatter(w, "Seat", "Shelf", keep_ground=True)
    w.add(oak, "Oak")
    w.select(w.obj("Shelf"), w.obj("Oak"))
    assert w.ops.object.join() == {"FINISHED"}
    return w.traces(w.obj("Shelf").data, of=(CHAIR, OWN, TABLE))


@row(SECTION, "geometry nodes: collection info, realized, applied")
def _(w: World) -> list[Trace]:
    item = w.obj("Mine")
    tree = NodeTree(w.data)
    tree.take_collection(w.data.collections["Table"])
    tree.then("GeometryNodeRealizeInstances")
    w.modify(item, "NODES", node_group=tree.done())
    w.apply(item)
    w.only(item)
    return w.of_object(item, TABLE)


@row(SECTION, "geometry nodes: instances made real (duplicates_make_real)")
def _(w: World) -> list[Trace]:
    item = w.obj("Mine")
    tree = NodeTree(w.data)
    tree.take(w.obj("Seat"))
    tree.then("INSTANCES")
    w.modify(item, "NODES", node_group=tree.done())
    w.bpy.context.view_layer.update()
    w.select(item)
    before = set(w.data.objects)
    w.ops.object.duplicates_make_real()
    made = [each for each in w.data.objects if each not in before and each.type == "MESH"]
    assert made
    w.only(*made)
    return w.traces(*(each.data for each in made))


@row(SECTION, "boolean with a collection as the operand")
def _(w: World) -> list[Trace]:
    item = w.obj("Mine")
    modifier = w.modify(item, "BOOLEAN", operation="UNION", solver="EXACT", operand_type="COLLECTION")
    modifier.collection = w.data.collections["Table"]
    w.apply(item)
    w.only(item)
    return w.of_object(item, TABLE)


@row(SECTION, "a mesh without faces joined into declared work", known=False)
def _(w: World) -> list[Trace]:
    wire = w.data.meshes.new("Wire")
    wire.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [(0, 1), (1, 2)], [])
    item = w.add(wire, "Wire")
    w.stamp(PICTURE, item, wire)
    join(w, "Shelf", "Wire")
    return w.traces(w.obj("Shelf").data, of=(PICTURE,))


@row(SECTION, "a mesh without faces joined into one's own undeclared mesh", known=False)
def _(w: World) -> list[Trace]:
    with w.editing(w.obj("Top")):
        w.ops.mesh.delete(type="ONLY_FACE")
    join(w, "Mine", "Top")
    return w.traces(w.obj("Mine").data, of=(TABLE,))


@row(SECTION, "all its faces deleted, its edges joined into declared work", known=False)
def _(w: World) -> list[Trace]:
    with w.editing(w.obj("Top")):
        w.ops.mesh.delete(type="ONLY_FACE")
    w.obj("Top").data.materials.clear()
    w.save()
    join(w, "Shelf", "Top")
    return w.traces(w.obj("Shelf").data, of=(TABLE,))


@row(SECTION, "geometry nodes, not applied: the source stays in the file")
def _(w: World) -> list[Trace]:
    tree = NodeTree(w.data)
    tree.take(w.obj("Seat"))
    w.modify(w.obj("Mine"), "NODES", node_group=tree.done())
    for collection in list(w.obj("Seat").users_collection):
        collection.objects.unlink(w.obj("Seat"))
    return w.of_object(w.obj("Seat"))


@row(SECTION, "geometry nodes: made to instances, then made real (visual geometry to objects)")
def _(w: World) -> list[Trace]:
    w.needs(w.ops.object, "visual_geometry_to_objects")
    item = w.obj("Mine")
    tree = NodeTree(w.data)
    tree.take(w.obj("Seat"))
    tree.then("GeometryNodeRealizeInstances")
    w.modify(item, "NODES", node_group=tree.done())
    before = set(w.data.objects)
    w.select(item)
    w.ops.object.visual_geometry_to_objects()
    made = [each for each in w.data.objects if each not in before and each.type == "MESH"]
    assert made
    w.only(*made)
    return [trace for each in made for trace in w.of_object(each)]
