# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about geometry that becomes another kind of data, or data of a new name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, TABLE, NotHere, World

SECTION = "Converting"


def convert(w: World, item: Any, *targets: str, **options: Any) -> Any:
    """Convert an object step by step; it stands alone then."""
    w.select(item)
    for target in targets:
        kinds = w.ops.object.convert.get_rna_type().properties["target"].enum_items.keys()
        if target not in kinds:
            raise NotHere("not in this version")
        w.ops.object.convert(target=target, **options)
        item = w.bpy.context.view_layer.objects.active
        assert item.type == target, f"{item.type} did not become {target}"
    w.only(item)
    return item


def _converted(name: str, *targets: str) -> Callable[[World], list[Trace]]:
    return lambda w: w.of_object(convert(w, w.obj(name), *targets))


def _wire_converted(*targets: str) -> Callable[[World], list[Trace]]:
    def run(w: World) -> list[Trace]:
        # Only edges without faces become curves.
        with w.editing(w.obj("Seat")):
            w.ops.mesh.delete(type="ONLY_FACE")
        return w.of_object(convert(w, w.obj("Seat"), *targets))

    return run


row(SECTION, "mesh to mesh", known=True)(_converted("Seat", "MESH"))
for _name, _what in (("Rope", "curve"), ("Label", "text"), ("Drop", "metaball")):
    row(SECTION, f"{_what} to mesh", known=False)(_converted(_name, "MESH"))
row(SECTION, "text to curve", known=False)(_converted("Label", "CURVE"))
row(SECTION, "text to curve to mesh", known=False)(_converted("Label", "CURVE", "MESH"))
row(SECTION, "edges of a mesh to curve", known=False)(_wire_converted("CURVE"))
row(SECTION, "edges of a mesh to curve to mesh", known=False)(_wire_converted("CURVE", "MESH"))
row(SECTION, "mesh to point cloud", known=False)(_converted("Seat", "POINTCLOUD"))
row(SECTION, "mesh to point cloud to mesh", known=False)(_converted("Seat", "POINTCLOUD", "MESH"))
row(SECTION, "mesh to grease pencil", known=False)(_converted("Seat", "GREASEPENCIL"))
row(SECTION, "mesh to grease pencil (up to 4.2)", known=False)(_converted("Seat", "GPENCIL"))
row(SECTION, "curve to grease pencil", known=False)(_converted("Rope", "GREASEPENCIL"))
row(SECTION, "edges of a mesh to hair curves", known=False)(_wire_converted("CURVE", "CURVES"))


@row(SECTION, "curve to hair curves", known=False)
def _(w: World) -> list[Trace]:
    w.obj("Rope").data.bevel_depth = 0.0  # with a thickness it would become a mesh on the way
    return w.of_object(convert(w, w.obj("Rope"), "CURVES"))


@row(SECTION, "curve to hair curves to mesh", known=False)
def _(w: World) -> list[Trace]:
    w.obj("Rope").data.bevel_depth = 0.0
    return w.of_object(convert(w, w.obj("Rope"), "CURVES", "MESH"))


@row(SECTION, "convert, keeping the original")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.convert(target="MESH", keep_original=True)
    return [trace for item in w.scene.objects if item.name.startswith("Seat") for trace in w.of_object(item)]


@row(SECTION, "convert all objects at once", known=False)
def _(w: World) -> list[Trace]:
    items = [w.obj(name) for name in ("Seat", "Rope", "Label", "Drop")]
    w.select(*items)
    w.ops.object.convert(target="MESH")
    items = [item for item in w.scene.objects if item.select_get()]
    w.only(*items)
    return [trace for item in items for trace in w.of_object(item)]


@row(SECTION, "new_from_object, as it is")
def _(w: World) -> list[Trace]:
    item = w.add(w.data.meshes.new_from_object(w.obj("Seat")))
    w.only(item)
    return w.of_object(item)


@row(SECTION, "new_from_object, with its modifiers")
def _(w: World) -> list[Trace]:
    w.modify(w.obj("Seat"), "SUBSURF")
    evaluated, graph = w.evaluated(w.obj("Seat"))
    item = w.add(w.data.meshes.new_from_object(evaluated, preserve_all_data_layers=True, depsgraph=graph))
    w.only(item)
    return w.of_object(item)


@row(SECTION, "new_from_object of a joined mesh of two marketplaces")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"), w.obj("Top"))
    w.ops.object.join()
    item = w.add(w.data.meshes.new_from_object(w.obj("Seat")))
    w.only(item)
    return w.of_object(item, CHAIR, TABLE)


@row(SECTION, "new_from_object of its curve", known=False)
def _(w: World) -> list[Trace]:
    item = w.add(w.data.meshes.new_from_object(w.obj("Rope")))
    w.only(item)
    return w.of_object(item)


@row(SECTION, "new_from_object of its text", known=False)
def _(w: World) -> list[Trace]:
    evaluated, graph = w.evaluated(w.obj("Label"))
    item = w.add(w.data.meshes.new_from_object(evaluated, depsgraph=graph))
    w.only(item)
    return w.of_object(item)


@row(SECTION, "Object.to_mesh, kept as a copy", known=False)
def _(w: World) -> list[Trace]:
    evaluated, _ = w.evaluated(w.obj("Seat"))
    mesh = evaluated.to_mesh().copy()
    evaluated.to_mesh_clear()
    item = w.add(mesh)
    w.only(item)
    return w.of_object(item)


@row(SECTION, "bmesh: from_mesh, to_mesh onto a new mesh")
def _(w: World) -> list[Trace]:
    import bmesh

    made = bmesh.new()
    made.from_mesh(w.obj("Seat").data)
    mesh = w.data.meshes.new("Own")
    made.to_mesh(mesh)
    made.free()
    item = w.add(mesh)
    w.only(item)
    return w.of_object(item)


@row(SECTION, "bmesh: from_object, to_mesh onto one's own declared mesh")
def _(w: World) -> list[Trace]:
    import bmesh

    made = bmesh.new()
    made.from_object(w.obj("Seat"), w.bpy.context.evaluated_depsgraph_get())
    made.to_mesh(w.obj("Shelf").data)
    made.free()
    w.only(w.obj("Shelf"))
    return w.traces(w.obj("Shelf").data)


@row(SECTION, "from_pydata: its shape built again as numbers", known=False)
def _(w: World) -> list[Trace]:
    item = w.add(w.bare_copy(w.obj("Seat").data))
    w.only(item)
    return w.of_object(item)


@row(SECTION, "from_pydata onto one's own declared mesh, cleared before", known=False)
def _(w: World) -> list[Trace]:
    seat, shelf = w.obj("Seat").data, w.obj("Shelf").data
    vertices = [tuple(vertex.co) for vertex in seat.vertices]
    faces = [tuple(face.vertices) for face in seat.polygons]
    shelf.clear_geometry()
    shelf.from_pydata(vertices, [], faces)
    w.only(w.obj("Shelf"))
    return w.traces(shelf)


@row(SECTION, "particles made to a mesh (modifier_convert)", known=False)
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    w.ops.object.particle_system_add()
    item.particle_systems[0].settings.type = "HAIR"
    item.particle_systems[0].settings.count = 10
    w.bpy.context.view_layer.update()
    try:
        w.ops.object.modifier_convert(modifier=item.modifiers[0].name)
    except (RuntimeError, AttributeError) as error:
        raise NotHere("cannot run without a window") from error
    return w.of_object(item)


@row(SECTION, "out as OBJ and in again", known=False)
def _(w: World) -> list[Trace]:
    path = w.folder / "seat.obj"
    w.select(w.obj("Seat"))
    w.ops.wm.obj_export(filepath=str(path), export_selected_objects=True)
    before = set(w.data.objects)
    w.ops.wm.obj_import(filepath=str(path))
    made = [item for item in w.data.objects if item not in before]
    w.only(*made)
    return [trace for item in made for trace in w.of_object(item)]
