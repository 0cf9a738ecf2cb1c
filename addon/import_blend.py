"""Append what a .blend file holds: its collections with all objects, or its materials where there are none.

Scenes are not taken: with them would come worlds, render settings and scripts of the author's.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy

from ..core.errors import ImportRefused
from . import data_blocks

# Looked at, in this order, when a file has no objects. Each is kept by a fake user.
_MATERIAL_KINDS = ("materials", "node_groups", "worlds", "images", "actions")


def append_all(path: Path, into: Any) -> None:
    """Append, and link what stands at the top of the author's file into a collection."""
    before = data_blocks.snapshot()
    try:
        found = _load(path)
    except (OSError, RuntimeError, UnicodeDecodeError) as error:
        raise ImportRefused(
            "Blender could not read the .blend file; it may be damaged or made by a newer Blender.",
            code="host.import_failed",
            context={"format": "blend"},
        ) from error
    linked = next((block for block in data_blocks.find_new(before) if block.library is not None), None)
    if linked is not None:
        raise ImportRefused(
            "The .blend file takes parts from another file that did not come with it. Ask the seller for a "
            "file that has everything packed.",
            code="host.blend_links_out",
            context={"library": Path(linked.library.filepath).name[:80]},
        )
    # Appending leaves a reference to the author's file behind, which nothing uses any more.
    data_blocks.remove(block for block in data_blocks.find_new(before) if block.id_type == "LIBRARY")
    collections = [block for block in found if block.id_type == "COLLECTION"]
    objects = [block for block in found if block.id_type == "OBJECT"]
    nested = {child.session_uid for collection in collections for child in collection.children}
    held = {item.session_uid for collection in collections for item in collection.objects}
    # A collection that is shown by an instancing empty is not at the top of anything.
    instanced = {
        item.instance_collection.session_uid for item in objects if item.instance_collection is not None
    }
    for collection in collections:
        if collection.session_uid not in nested and collection.session_uid not in instanced:
            into.children.link(collection)
    for item in objects:
        # What something else uses (the shape of a bone) is drawn there and not by itself.
        if item.session_uid not in held and item.users == 0:
            into.objects.link(item)
    for block in found:
        if not objects and block.users == 0:
            block.use_fake_user = True


def _load(path: Path) -> list[Any]:
    load: Any = bpy.data.libraries.load
    with load(str(path), link=False) as (source, wanted):
        if source.objects:
            wanted.objects = list(source.objects)
            wanted.collections = list(source.collections)
        else:
            kind = next((kind for kind in _MATERIAL_KINDS if getattr(source, kind)), None)
            if kind is None:
                raise ImportRefused(
                    "The .blend file holds nothing that can be imported.", code="host.nothing_in_it"
                )
            setattr(wanted, kind, list(getattr(source, kind)))
    lists = (getattr(wanted, kind) for kind in ("collections", "objects", *_MATERIAL_KINDS))
    return [block for blocks in lists for block in blocks if block is not None and not isinstance(block, str)]
