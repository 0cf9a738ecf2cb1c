"""Tell data-blocks apart before and after an import, find them again, and take them away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import bpy

from . import strips

Key = tuple[str, int]
"""``(id_type, session_uid)``: stays true through renaming, and never holds a data-block."""

_NEVER_IMPORTED = frozenset({"window_managers", "screens", "workspaces", "all_ids"})


def collections() -> Iterator[Any]:
    """Yield every collection of ``bpy.data`` that an import can add to, and the strips of all scenes."""
    for prop in bpy.data.bl_rna.properties:
        if prop.type == "COLLECTION" and prop.identifier not in _NEVER_IMPORTED:
            yield getattr(bpy.data, prop.identifier)
    yield strips.every_strip()


def key_of(block: Any) -> Key:
    """Return what names a data-block."""
    return str(block.id_type), int(block.session_uid)


def snapshot() -> frozenset[Key]:
    """Name everything that is in the file now."""
    return frozenset(key_of(block) for collection in collections() for block in collection)


def find_new(before: frozenset[Key]) -> list[Any]:
    """Return every data-block that was not there before, each once."""
    found = {key_of(block): block for collection in collections() for block in collection}
    return [block for key, block in found.items() if key not in before]


def find(keys: Iterable[Key]) -> list[Any]:
    """Return the data-blocks that are still there, in the order of the keys."""
    wanted = list(keys)
    asked = set(wanted)
    found = {
        key: block for collection in collections() for block in collection if (key := key_of(block)) in asked
    }
    return [found[key] for key in wanted if key in found]


def remove(blocks: Iterable[Any]) -> None:
    """Take data-blocks out of the file together, whatever uses them."""
    keys = [key_of(block) for block in blocks]
    for block in find(keys):
        if block.id_type == strips.ID_TYPE:
            block.remove()
    keys = [key for key in keys if key[0] != strips.ID_TYPE]
    plain = [block for block in find(keys) if block.id_type != "LIBRARY"]
    if plain:
        bpy.data.batch_remove(plain)
    # A library takes what is linked from it along, so it is asked for again after the others.
    libraries = [block for block in find(keys) if block.id_type == "LIBRARY"]
    if libraries:
        bpy.data.batch_remove(libraries)
