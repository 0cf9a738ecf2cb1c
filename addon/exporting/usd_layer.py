"""What stands in a USD file's root layer: the whole rights record, and the public credit lines.

Called by the hook in :mod:`.usd_hook`; on export in Blender's own export thread, so it only reads.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import ClearanceError
from .. import data_blocks, runtime
from ..alerting.exports import before_usd
from .formats import BY_ENDING
from .leaving import find_leaving
from .passing import SeenExport
from .plan import Leaving, record_export
from .restore import restore

LAYER_KEY = "clearance"
"""Key in ``customLayerData``: a dictionary with ``rights`` (the record as JSON) and ``copyright``."""

log = logging.getLogger(__name__)


def write(stage: Any, depsgraph: Any) -> None:
    """Put the record of what is in a stage into its root layer."""
    from ...core.rights.sidecar import render_short

    layer = stage.GetRootLayer()
    names = _names_in(stage)
    objects = [item.original for item in depsgraph.objects]
    objects = [item for item in objects if _spell(item.name) in names or _spell(_data_name(item)) in names]
    format = BY_ENDING["usdc"]  # noqa: A001 - the word users know
    scene = depsgraph.scene.original
    leaving = Leaving(
        format=format, objects=tuple(objects), blocks=tuple(find_leaving(scene, objects, format))
    )
    before_usd(stage, leaving.blocks)
    record = record_export(bpy.context, leaving, depsgraph=depsgraph)
    if not record.licenses:
        return
    data = dict(layer.customLayerData)
    data[LAYER_KEY] = {"rights": render_short(record), "copyright": "\n".join(record.credits)}
    layer.customLayerData = data
    path, passing = layer.realPath, runtime.passing()
    # A .usdz is packed later, from files in a temporary folder: its own name is not known here.
    if path and not passing.is_own_export and not _is_temporary(path):
        passing.note(SeenExport(Path(path), record))


def read(stage: Any, prim_map: Any) -> None:
    """Put the licenses of the layer's record on what was imported."""
    from ...core.rights.sidecar import parse

    data = stage.GetRootLayer().customLayerData.get(LAYER_KEY)
    text = data.get("rights") if isinstance(data, dict) else None
    if not isinstance(text, str):
        return
    try:
        record = parse(text, name="The USD file's license data")
    except ClearanceError as error:
        log.warning("%s", error)
        return
    blocks: dict[data_blocks.Key, Any] = {}
    for found in prim_map.values():
        for block in found:
            blocks[data_blocks.key_of(block)] = block
    for block in _images_of(list(blocks.values())):
        blocks[data_blocks.key_of(block)] = block
    restore(record, list(blocks.values()))


def _names_in(stage: Any) -> set[str]:
    names = set()
    for prim in stage.Traverse():
        names.add(prim.GetName())
        for attribute in ("userProperties:blender:object_name", "userProperties:blender:data_name"):
            value = prim.GetAttribute(attribute)
            if value and isinstance(value.Get(), str):
                names.add(_spell(value.Get()))
    return names


def _spell(name: str) -> str:
    """Write a name as USD does: letters, digits and underscores."""
    return "".join(char if char.isalnum() or char == "_" else "_" for char in name)


def _data_name(item: Any) -> str:
    return str(item.data.name) if item.data is not None else ""


def _is_temporary(path: str) -> bool:
    folder = bpy.app.tempdir
    return bool(folder) and Path(path).is_relative_to(folder)


def _images_of(blocks: Iterable[Any]) -> list[Any]:
    """Return the images in the node trees of materials."""
    found: dict[Any, None] = {}
    for block in blocks:
        tree = getattr(block, "node_tree", None) if block.id_type in {"MATERIAL", "WORLD"} else None
        for node in tree.nodes if tree is not None else ():
            image = getattr(node, "image", None)
            if image is not None:
                found[image] = None
    return list(found)
