# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows about witnesses that somebody took off, edited or forged."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from survival.assets import picture
from survival.outcome import Trace
from survival.table import row
from survival.world import CHAIR, TABLE, NotHere, World

SECTION = "Witnesses taken off"


def unstamp(*blocks: Any) -> None:
    """Take the stamp off data-blocks."""
    for block in blocks:
        del block["clearance"]


def unmark(mesh: Any) -> None:
    """Take the marks off the faces."""
    mesh.attributes.remove(mesh.attributes["clearance_grant"])


@row(SECTION, "the object's stamp")
def _(w: World) -> list[Trace]:
    unstamp(w.obj("Seat"))
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the mesh's stamp")
def _(w: World) -> list[Trace]:
    unstamp(w.obj("Seat").data)
    return w.of_object(w.obj("Seat"))


@row(SECTION, "object's and mesh's stamp")
def _(w: World) -> list[Trace]:
    unstamp(w.obj("Seat"), w.obj("Seat").data)
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the attribute on the faces")
def _(w: World) -> list[Trace]:
    unmark(w.obj("Seat").data)
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the attribute renamed")
def _(w: World) -> list[Trace]:
    w.obj("Seat").data.attributes["clearance_grant"].name = "mine"
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the attribute renamed, and the mesh's stamp", known=False)
def _(w: World) -> list[Trace]:
    w.obj("Seat").data.attributes["clearance_grant"].name = "mine"
    unstamp(w.obj("Seat").data)
    return w.of_object(w.obj("Seat"))


def _convert_attribute(w: World, domain: str) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    item.data.attributes.active = item.data.attributes["clearance_grant"]
    w.ops.geometry.attribute_convert(mode="GENERIC", domain=domain, data_type="INT")
    unstamp(item.data)
    return w.of_object(item)


@row(SECTION, "the attribute moved to the points, and the mesh's stamp")
def _(w: World) -> list[Trace]:
    return _convert_attribute(w, "POINT")


@row(SECTION, "the attribute moved to the corners, and the mesh's stamp")
def _(w: World) -> list[Trace]:
    return _convert_attribute(w, "CORNER")


@row(SECTION, "the attribute made a float, and the mesh's stamp", known=False)
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    item.data.attributes.active = item.data.attributes["clearance_grant"]
    w.ops.geometry.attribute_convert(mode="GENERIC", domain="FACE", data_type="FLOAT")
    unstamp(item.data)
    return w.of_object(item)


@row(SECTION, "all stamps and marks of one object", known=False)
def _(w: World) -> list[Trace]:
    item = w.obj("Seat")
    unmark(item.data)
    unstamp(item, item.data)
    return w.of_object(item)


@row(SECTION, "every stamp in the file; the register stays")
def _(w: World) -> list[Trace]:
    unstamp(*(block for block in w.every_block() if "clearance" in block))
    return w.traces(w.obj("Seat").data)


@row(SECTION, "every stamp and mark in the file; the register stays", known=False)
def _(w: World) -> list[Trace]:
    unstamp(*(block for block in w.every_block() if "clearance" in block))
    for mesh in w.data.meshes:
        if "clearance_grant" in mesh.attributes:
            unmark(mesh)
    return [*w.of_object(w.obj("Seat")), *w.traces(w.data.materials["Wood"], w.data.images["wood.png"])]


@row(SECTION, "the register")
def _(w: World) -> list[Trace]:
    del w.scene["clearance_register"]
    return w.of_object(w.obj("Seat"))


@row(SECTION, "register and every stamp; the faces are left")
def _(w: World) -> list[Trace]:
    unstamp(*(block for block in w.every_block() if "clearance" in block))
    del w.scene["clearance_register"]
    return w.traces(w.obj("Seat").data)


@row(SECTION, "everything: register, stamps, faces", known=False)
def _(w: World) -> list[Trace]:
    unstamp(*(block for block in w.every_block() if "clearance" in block))
    del w.scene["clearance_register"]
    for mesh in w.data.meshes:
        if "clearance_grant" in mesh.attributes:
            unmark(mesh)
    blocks = [
        w.obj("Rope").data,
        w.data.materials["Wood"],
        w.data.images["wood.png"],
        w.data.node_groups["Grain"],
    ]
    return [*w.of_object(w.obj("Seat")), *w.traces(*blocks)]


@row(SECTION, "the register cut off in the middle", known=False)
def _(w: World) -> list[Trace]:
    w.scene["clearance_register"] = w.scene["clearance_register"][:40]
    return w.of_object(w.obj("Seat"))


@row(SECTION, "the stamp cut off in the middle")
def _(w: World) -> list[Trace]:
    mesh = w.obj("Seat").data
    mesh["clearance"] = mesh["clearance"][:40]
    return w.traces(mesh)


@row(SECTION, "the material's stamp cut off in the middle", known=False)
def _(w: World) -> list[Trace]:
    wood = w.data.materials["Wood"]
    wood["clearance"] = wood["clearance"][:40]
    return w.traces(wood)


@row(SECTION, "the stamp made a number", known=False)
def _(w: World) -> list[Trace]:
    w.data.materials["Wood"]["clearance"] = 7
    return w.traces(w.data.materials["Wood"])


@row(SECTION, "another grant's stamp on the mesh")
def _(w: World) -> list[Trace]:
    w.obj("Seat").data["clearance"] = w.obj("Top").data["clearance"]
    return w.traces(w.obj("Seat").data)


@row(SECTION, "another license in the stamp", known=False)
def _(w: World) -> list[Trace]:
    text = json.loads(w.data.materials["Wood"]["clearance"])
    text["license_id"] = "cgtrader.extended"
    w.data.materials["Wood"]["clearance"] = json.dumps(text, separators=(",", ":"))
    return w.traces(w.data.materials["Wood"])


@row(SECTION, "another grant's stamp on the mesh, and its number on the faces")
def _(w: World) -> list[Trace]:
    # Both witnesses are forged alike: what stands beside them, the object, still says what it was.
    mesh, other = w.obj("Seat").data, w.obj("Top").data
    mesh["clearance"] = other["clearance"]
    value = other.attributes["clearance_grant"].data[0].value
    count = len(mesh.polygons)
    mesh.attributes["clearance_grant"].data.foreach_set("value", np.full(count, value, dtype=np.int32))
    return w.traces(w.obj("Seat"))


@row(SECTION, "numbers on the faces that no license has", known=False)
def _(w: World) -> list[Trace]:
    mesh = w.obj("Seat").data
    unstamp(mesh)
    mesh.attributes["clearance_grant"].data.foreach_set(
        "value", np.full(len(mesh.polygons), 12345, dtype=np.int32)
    )
    return w.traces(mesh)


@row(SECTION, "custom properties cleared (wm.properties_remove)", known=False)
def _(w: World) -> list[Trace]:
    item = w.select(w.obj("Seat"))
    try:
        w.ops.wm.properties_remove(data_path="object", property_name="clearance")
    except RuntimeError as error:
        raise NotHere("cannot run without a window") from error
    return w.of_object(item)


@row(SECTION, "an image's stamp; it is called Render Result then", known=False)
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    unstamp(image)
    image.name = "Render Result"
    return w.traces(image)


@row(SECTION, "an image's stamp; it is called Viewer Node then", known=False)
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    unstamp(image)
    image.name = "Viewer Node"
    return w.traces(image)


@row(SECTION, "a node group's stamp; it is called like an embedded one", known=False)
def _(w: World) -> list[Trace]:
    group = w.data.node_groups["Grain"]
    unstamp(group)
    group.name = "Shader Nodetree"
    return w.traces(group)


@row(SECTION, "an action's stamp", known=False)
def _(w: World) -> list[Trace]:
    unstamp(w.data.actions["Sway"])
    return w.traces(w.data.actions["Sway"])


@row(SECTION, "a new picture behind an old stamp (path changed)", known=True)
def _(w: World) -> list[Trace]:
    image = w.data.images["wood.png"]
    path = picture(w.bpy, w.folder / "other.png", size=48)
    if image.packed_file is not None:
        image.unpack(method="REMOVE")
    image.filepath = str(path)
    image.reload()
    return w.traces(image, of=(CHAIR,))


@row(SECTION, "a streamed file's stamp, its object is declared work", known=False)
def _(w: World) -> list[Trace]:
    path = w.folder / "wave.abc"
    w.modify(w.obj("Mine"), "WAVE")
    w.select(w.obj("Mine"))
    w.ops.wm.alembic_export(filepath=str(path), selected=True, start=1, end=3)
    before = set(w.data.objects)
    w.bring_in(path, "MODEL", "COLLECTION", TABLE)
    cache = next(block for block in w.all_blocks("CACHEFILE") if "clearance" in block)
    modifier = w.modify(w.obj("Shelf"), "MESH_SEQUENCE_CACHE")
    modifier.cache_file = cache
    w.data.batch_remove(set(w.data.objects) - before)
    unstamp(cache)
    return w.traces(cache, of=(TABLE,))


@row(SECTION, "the stamps of two meshes exchanged")
def _(w: World) -> list[Trace]:
    first, second = w.obj("Seat").data, w.obj("Top").data
    first["clearance"], second["clearance"] = second["clearance"], first["clearance"]
    return [*w.traces(first), *w.traces(second, of=(TABLE,))]
