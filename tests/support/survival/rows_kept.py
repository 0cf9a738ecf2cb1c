# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows in which the asset itself stays: nothing is lost as a whole, and a part of it could go unseen."""

from __future__ import annotations

from typing import Any

from survival.outcome import Trace
from survival.rows_tampering import unstamp
from survival.table import row
from survival.world import CHAIR, OWN, PICTURE, NotHere, World

SECTION = "While the asset stays"


def _own(w: World, data: Any) -> Any:
    item = w.add(data, "Own")
    w.stamp(OWN, item, data)
    return item


def _join(w: World, active: str, other: str) -> None:
    w.select(w.obj(active), w.obj(other))
    assert w.ops.object.join() == {"FINISHED"}


@row(SECTION, "a copy of its curve joined into one's own declared curve", known=False)
def _(w: World) -> list[Trace]:
    curve = w.data.curves.new("Own", "CURVE")
    curve.dimensions = "3D"
    curve.splines.new("POLY").points.add(1)
    item = _own(w, curve)
    w.select(w.obj("Rope"))
    w.ops.object.duplicate()
    _join(w, "Own", "Rope.001")
    return w.traces(item.data)


@row(SECTION, "its bones joined into one's own declared rig", known=False)
def _(w: World) -> list[Trace]:
    for name, grant_id in (("Rig", CHAIR), ("Own", OWN)):
        rig = w.data.armatures.new(name)
        item = w.add(rig, name)
        with w.editing(item):
            rig.edit_bones.new("Bone").tail = (0.0, 0.0, 1.0)
        w.stamp(grant_id, item, rig)
    _join(w, "Own", "Rig")
    return w.traces(w.obj("Own").data)


@row(SECTION, "a mesh without faces joined into declared work", known=False)
def _(w: World) -> list[Trace]:
    for name in ("Wire", "Wire too"):
        wire = w.data.meshes.new(name)
        wire.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [(0, 1), (1, 2)], [])
        w.stamp(PICTURE, w.add(wire, name), wire)
    _join(w, "Shelf", "Wire")
    return w.traces(w.obj("Shelf").data, of=(PICTURE,))


def _wire(w: World, grant_id: str, name: str, *, edges: bool = True) -> Any:
    """Make a licensed mesh of edges or of points alone."""
    wire = w.data.meshes.new(name)
    wire.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0)], [(0, 1), (1, 2)] if edges else [], [])
    item = w.add(wire, name)
    w.stamp(grant_id, item, wire)
    return item


@row(SECTION, "points without edges joined into declared work", known=False)
def _(w: World) -> list[Trace]:
    for name in ("Cloud", "Cloud too"):
        _wire(w, PICTURE, name, edges=False)
    _join(w, "Shelf", "Cloud")
    return w.traces(w.obj("Shelf").data, of=(PICTURE,))


@row(SECTION, "a mesh without faces joined into declared work without faces", known=False)
def _(w: World) -> list[Trace]:
    for name, grant_id in (("Wire", PICTURE), ("Wire too", PICTURE), ("Own", OWN)):
        _wire(w, grant_id, name)
    _join(w, "Own", "Wire")
    return w.traces(w.obj("Own").data, of=(PICTURE,))


@row(SECTION, "a mesh without faces joined into another asset", known=False)
def _(w: World) -> list[Trace]:
    for name in ("Wire", "Wire too"):
        _wire(w, PICTURE, name)
    _join(w, "Seat", "Wire")
    return w.traces(w.obj("Seat").data, of=(PICTURE,))


@row(SECTION, "a mesh without faces joined into one's own undeclared mesh", known=False)
def _(w: World) -> list[Trace]:
    for name in ("Wire", "Wire too"):
        _wire(w, PICTURE, name)
    _join(w, "Mine", "Wire")
    return w.traces(w.obj("Mine").data, of=(PICTURE,))


@row(SECTION, "its faces deleted, its edges joined into declared work", known=False)
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.duplicate()
    with w.editing(w.obj("Seat.001")):
        w.ops.mesh.delete(type="ONLY_FACE")
    _join(w, "Shelf", "Seat.001")
    return w.traces(w.obj("Shelf").data)


def _bake(w: World, item: Any, source: Any, *, as_instance: bool = False) -> None:
    """Bake what geometry nodes make of an object into the file, and delete that."""
    tree = w.data.node_groups.new("Baking", "GeometryNodeTree")
    for in_out in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Geometry", in_out=in_out, socket_type="NodeSocketGeometry")
    info, bake = tree.nodes.new("GeometryNodeObjectInfo"), tree.nodes.new("GeometryNodeBake")
    info.inputs["Object"].default_value, info.inputs["As Instance"].default_value = source, as_instance
    if not any(socket.type == "GEOMETRY" for socket in bake.inputs):
        bake.bake_items.new("GEOMETRY", "Geometry")
    of_bake = [
        next(one for one in sockets if one.type == "GEOMETRY") for sockets in (bake.inputs, bake.outputs)
    ]
    tree.links.new(info.outputs["Geometry"], of_bake[0])
    tree.links.new(of_bake[1], tree.nodes.new("NodeGroupOutput").inputs[0])
    modifier = w.modify(item, "NODES", node_group=tree)
    if not hasattr(modifier, "bake_target"):
        raise NotHere("not in this version")
    w.stamp(OWN, tree)
    w.bpy.context.view_layer.update()
    kept = modifier.bakes[0]
    kept.bake_mode, kept.bake_target = "STILL", "PACKED"
    w.save()
    done = w.ops.object.geometry_node_bake_single(
        session_uid=item.session_uid, modifier_name=modifier.name, bake_id=kept.bake_id
    )
    assert done == {"FINISHED"}
    info.inputs["Object"].default_value = None


@row(SECTION, "baked by geometry nodes into one's own declared object, it is deleted then")
def _(w: World) -> list[Trace]:
    _bake(w, w.obj("Shelf"), w.obj("Seat"))
    w.only(w.obj("Shelf"))
    return w.traces(w.obj("Shelf"))


@row(SECTION, "baked by geometry nodes as an instance into one's own declared object, it is deleted then")
def _(w: World) -> list[Trace]:
    _bake(w, w.obj("Shelf"), w.obj("Seat"), as_instance=True)
    w.only(w.obj("Shelf"))
    return w.traces(w.obj("Shelf"))


@row(SECTION, "baked by geometry nodes into one's own undeclared object, it is deleted then")
def _(w: World) -> list[Trace]:
    _bake(w, w.obj("Mine"), w.obj("Seat"))
    w.only(w.obj("Mine"))
    return w.traces(w.obj("Mine"))


@row(SECTION, "a light's stamp, and its object's", known=False)
def _(w: World) -> list[Trace]:
    light = w.data.lights.new("Lamp", "SPOT")
    item = w.add(light, "Lamp")
    w.stamp(CHAIR, item, light)
    w.save()
    unstamp(item, light)
    return w.traces(light)


@row(SECTION, "a world's stamp", known=False)
def _(w: World) -> list[Trace]:
    w.scene.world = world = w.data.worlds.new("Sky")
    w.stamp(CHAIR, world)
    unstamp(world)
    return w.traces(world)


@row(SECTION, "the stamp of its particles' settings", known=False)
def _(w: World) -> list[Trace]:
    system = w.modify(w.obj("Seat"), "PARTICLE_SYSTEM").particle_system
    w.stamp(CHAIR, system.settings)
    unstamp(system.settings)
    return w.traces(system.settings)


@row(SECTION, "the stamp of its shape keys", known=False)
def _(w: World) -> list[Trace]:
    keys = w.obj("Cushion").data.shape_keys
    unstamp(keys)
    return w.traces(keys)


@row(SECTION, "the stamp of one of its two actions", known=False)
def _(w: World) -> list[Trace]:
    w.obj("Cushion").keyframe_insert("location", frame=1)
    action = w.obj("Cushion").animation_data.action
    w.stamp(CHAIR, action)
    unstamp(action)
    return w.traces(action)


def _unstamp_kept(w: World, block: Any) -> list[Trace]:
    """Stamp what every scene can make by itself, save, and take the stamp off again."""
    if hasattr(block, "use_fake_user"):
        block.use_fake_user = True
    w.stamp(CHAIR, block)
    w.save()
    unstamp(block)
    return w.traces(block)


@row(SECTION, "an empty's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.add(None, "Handle"))


@row(SECTION, "the stamp of an empty that instances its collection", known=False)
def _(w: World) -> list[Trace]:
    item = w.add(None, "Instance")
    item.instance_type, item.instance_collection = "COLLECTION", w.data.collections.new("Kit")
    return _unstamp_kept(w, item)


@row(SECTION, "a collection's stamp", known=False)
def _(w: World) -> list[Trace]:
    made = w.data.collections.new("Kit")
    w.scene.collection.children.link(made)
    return _unstamp_kept(w, made)


@row(SECTION, "a camera's stamp, and its object's", known=False)
def _(w: World) -> list[Trace]:
    camera = w.data.cameras.new("Lens")
    item = w.add(camera, "Lens")
    w.stamp(CHAIR, item)
    return [*_unstamp_kept(w, camera), *_unstamp_kept(w, item)]


@row(SECTION, "a line style's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.data.linestyles.new("Ink"))


@row(SECTION, "a mask's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.data.masks.new("Matte"))


@row(SECTION, "a text's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.data.texts.new("rig_ui.py"))


@row(SECTION, "a palette's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.data.palettes.new("Autumn"))


@row(SECTION, "a brush's stamp", known=False)
def _(w: World) -> list[Trace]:
    return _unstamp_kept(w, w.data.brushes.new("Bark", mode="TEXTURE_PAINT"))


@row(SECTION, "the stamps of a speaker and a light probe", known=False)
def _(w: World) -> list[Trace]:
    probe = w.data.lightprobes.new("Probe", "SPHERE" if w.bpy.app.version >= (4, 1, 0) else "CUBE")
    speaker = w.data.speakers.new("Radio")
    return [*_unstamp_kept(w, probe), *_unstamp_kept(w, speaker)]
