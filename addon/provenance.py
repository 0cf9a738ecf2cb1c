"""Keep native metadata and the scene's register in step with the stamps. Marks nothing as an asset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import bpy

from ..core.model.grant import Grant
from ..core.stamp_format import PROPERTY
from . import linked, quiet, stamp_io


def write_asset_metadata(blocks: Iterable[Any], grant: Grant) -> int:
    """Fill license, author and copyright of data-blocks that are assets already; return how many.

    Only empty fields are filled: what the author wrote stays. Nothing relies on these fields, which
    Blender drops on append.
    """
    count = 0
    for block in blocks:
        metadata = block.asset_data
        if metadata is None or block.library is not None:
            continue
        for name, value in (
            ("license", grant.license_label),
            ("author", grant.author),
            ("copyright", grant.credit),
        ):
            if value and not getattr(metadata, name):
                setattr(metadata, name, value)
        count += 1
    return count


def keep_up() -> int:
    """Complete what the file itself notes of licenses; return how many stamps were new to its registers.

    The register gets what came in without us (appended, pasted), meshes whose every face carries one license
    get back its stamp, and libraries get a note of what is linked from them. Done before the file is saved
    and after it was opened, and before it is checked.
    """
    texts = sorted(stamp_io.find_stamps())
    stamp_io.complete_meshes(texts)
    stamp_io.complete_materials()
    linked.remember()
    quiet.note(bpy.context.scene)
    return stamp_io.register_found(bpy.context.scene, texts)


def register_imported(import_items: Iterable[Any]) -> int:
    """Note the stamps of what was just appended or linked; return how many were new."""
    texts = []
    for item in import_items:
        block = item.id
        if block is None:
            continue
        for owner in (block, block.library):
            text = owner.get(PROPERTY) if owner is not None else None
            if isinstance(text, str):
                texts.append(text)
    return stamp_io.register_found(bpy.context.scene, texts)
