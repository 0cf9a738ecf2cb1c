"""Find what findings and alerts are about, and select the objects that use it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Any

from .. import data_blocks, stamp_io


def blocks_about(subjects: Iterable[str]) -> list[Any]:
    """Return the data-blocks of grants, by their ids, and those that are named, such as ``MESH/Chair``.

    A library that is named stands for what is linked from it.
    """
    grants: set[str] = set()
    named: set[tuple[str, str]] = set()
    for subject in subjects:
        id_type, slash, name = subject.partition("/")
        if slash and id_type.isupper():
            named.add((id_type, name))
        elif subject:
            grants.add(subject)
    found = stamp_io.stamped_with(grants) if grants else []
    if named:
        found += [
            block
            for collection in data_blocks.collections()
            for block in collection
            if (block.id_type, block.name) in named or not named.isdisjoint(_library_of(block))
        ]
    return found


def _library_of(block: Any) -> tuple[tuple[str, str], ...]:
    """Return how findings call the library of a linked data-block: by its name, and by its file's."""
    library = block.library
    if library is None:
        return ()
    return ("LIBRARY", library.name), ("LIBRARY", PurePosixPath(library.filepath.replace("\\", "/")).name)


def select_using(view_layer: Any, blocks: Iterable[Any]) -> int:
    """Select the objects that are or use these data-blocks, and no other; return how many are visible."""
    names = {(str(block.id_type), block.name_full) for block in blocks}
    found, active = 0, None
    for item in view_layer.objects:
        chosen = bool(names) and _uses(item, names)
        item.select_set(chosen, view_layer=view_layer)
        if chosen and item.visible_get(view_layer=view_layer):
            found += 1
            active = active or item
    if active is not None:
        view_layer.objects.active = active
    return found


def _uses(item: Any, names: set[tuple[str, str]]) -> bool:
    """Say whether an object is one of them, or uses one: its data, its materials, their images."""
    if ("OBJECT", item.name_full) in names:
        return True
    data = item.data
    if data is not None and (str(data.id_type), data.name_full) in names:
        return True
    materials = [slot.material for slot in item.material_slots if slot.material is not None]
    if any(("MATERIAL", material.name_full) in names for material in materials):
        return True
    images = (
        node.image
        for material in materials
        if material.node_tree is not None
        for node in material.node_tree.nodes
        if node.bl_idname == "ShaderNodeTexImage" and node.image is not None
    )
    return any(("IMAGE", image.name_full) in names for image in images)
