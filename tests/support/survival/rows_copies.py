# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about copies inside one file."""

from __future__ import annotations

from survival.outcome import Trace
from survival.table import row
from survival.world import World

SECTION = "Copies"


@row(SECTION, "duplicate (object.duplicate)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.duplicate()
    return w.of_object(w.obj("Seat.001"))


@row(SECTION, "linked duplicate (object.duplicate, linked)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.duplicate(linked=True)
    return w.of_object(w.obj("Seat.001"))


@row(SECTION, "duplicate everything and delete the originals")
def _(w: World) -> list[Trace]:
    names = ("Seat", "Cushion", "Rope", "Label", "Drop")
    w.select(*(w.obj(name) for name in names))
    w.ops.object.duplicate()
    made = [w.obj(f"{name}.001") for name in names]
    w.only(*made)
    return [trace for item in made for trace in w.of_object(item)]


@row(SECTION, "copy (ID.copy)")
def _(w: World) -> list[Trace]:
    item = w.obj("Seat").copy()
    item.data = item.data.copy()
    w.scene.collection.objects.link(item)
    blocks = [
        w.data.materials["Wood"].copy(),
        w.data.images["wood.png"].copy(),
        w.data.node_groups["Grain"].copy(),
    ]
    for block in blocks:
        block.use_fake_user = True
    return [*w.of_object(item), *w.traces(*blocks)]


@row(SECTION, "make single user")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"))
    w.ops.object.duplicate(linked=True)
    w.ops.object.make_single_user(object=True, obdata=True, material=True)
    item = w.obj("Seat.001")
    return [*w.of_object(item), *w.traces(*(slot.material for slot in item.material_slots))]


@row(SECTION, "full copy of the scene")
def _(w: World) -> list[Trace]:
    first = w.scene
    w.ops.scene.new(type="FULL_COPY")
    assert w.scene != first
    items = [item for item in w.scene.objects if item.name.startswith("Seat")]
    return [trace for item in items for trace in w.of_object(item)]


@row(SECTION, "full copy of the scene, the first scene deleted")
def _(w: World) -> list[Trace]:
    first = w.scene
    w.ops.scene.new(type="FULL_COPY")
    w.data.scenes.remove(first)
    w.purge()
    items = [item for item in w.scene.objects if item.name.startswith("Seat")]
    return [trace for item in items for trace in w.of_object(item)]


@row(SECTION, "linked copy of the scene (Scene.copy)")
def _(w: World) -> list[Trace]:
    w.scene.copy()
    return w.of_object(w.obj("Seat"))


@row(SECTION, "duplicate the collection")
def _(w: World) -> list[Trace]:
    copy = w.data.collections["Chair"].copy()
    w.scene.collection.children.link(copy)
    w.scene.collection.children.unlink(w.data.collections["Chair"])
    return [*w.traces(copy), *w.of_object(w.obj("Seat"))]


@row(SECTION, "its mesh on a new object of one's own")
def _(w: World) -> list[Trace]:
    item = w.add(w.obj("Seat").data)
    w.only(item)
    return w.of_object(item)


@row(SECTION, "its mesh on one's own object (link object data)")
def _(w: World) -> list[Trace]:
    w.select(w.obj("Seat"), w.obj("Mine"))
    w.ops.object.make_links_data(type="OBDATA")
    w.only(w.obj("Mine"))
    return w.of_object(w.obj("Mine"))


@row(SECTION, "its mesh on one's own stamped object")
def _(w: World) -> list[Trace]:
    w.obj("Shelf").data = w.obj("Seat").data
    w.only(w.obj("Shelf"))
    return w.traces(w.obj("Shelf").data)


@row(SECTION, "its curve on a new object")
def _(w: World) -> list[Trace]:
    item = w.add(w.obj("Rope").data)
    w.only(item)
    return w.of_object(item)


@row(SECTION, "users moved to one's own data (user_remap)", known=False)
def _(w: World) -> list[Trace]:
    own = w.bare_copy(w.obj("Seat").data)
    w.obj("Seat").data.user_remap(own)
    item = w.obj("Seat")
    w.only(item)
    return w.of_object(item)


@row(SECTION, "instances on vertices made real")
def _(w: World) -> list[Trace]:
    parent = w.obj("Mine")
    parent.instance_type = "VERTS"
    w.obj("Seat").parent = parent
    w.select(parent)
    before = set(w.data.objects)
    w.ops.object.duplicates_make_real()
    made = [item for item in w.data.objects if item not in before]
    assert made
    return w.traces(*made)


@row(SECTION, "array of instances by particles, made real")
def _(w: World) -> list[Trace]:
    parent = w.obj("Mine")
    w.select(parent)
    w.ops.object.particle_system_add()
    settings = parent.particle_systems[0].settings
    settings.count, settings.type = 5, "HAIR"
    settings.render_type, settings.instance_object = "OBJECT", w.obj("Seat")
    before = set(w.data.objects)
    w.ops.object.duplicates_make_real()
    made = [item for item in w.data.objects if item not in before]
    assert made
    return w.traces(*made)


@row(SECTION, "marked as an asset, and no longer")
def _(w: World) -> list[Trace]:
    blocks = [w.obj("Seat"), w.data.materials["Wood"], w.data.collections["Chair"]]
    for block in blocks:
        block.asset_mark()
        block.asset_clear()
    return w.traces(*blocks)


@row(SECTION, "moved to another scene and collection, hidden")
def _(w: World) -> list[Trace]:
    other = w.data.scenes.new("Other")
    place = w.data.collections.new("Place")
    other.collection.children.link(place)
    item = w.obj("Seat")
    for collection in item.users_collection:
        collection.objects.unlink(item)
    place.objects.link(item)
    item.hide_render = item.hide_viewport = True
    return w.of_object(item)


@row(SECTION, "kept by a fake user only")
def _(w: World) -> list[Trace]:
    mesh = w.obj("Seat").data
    mesh.use_fake_user = True
    w.only(w.obj("Mine"))
    return w.traces(mesh)
