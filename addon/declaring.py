"""Which data-blocks a declaration is about, and its stamps on them. Never touches what carries a license."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import bpy

from ..core.model.scene import DataBlock, Handle, SceneScan
from ..core.stamp_format import Stamp, encode
from . import data_blocks, linked, stamp_io, strips

if TYPE_CHECKING:
    from ..core.model.report import Report

_NOT_PART_OF_AN_OBJECT = frozenset({"SCENE", "OBJECT", "COLLECTION", "WORLD", "SCREEN", "WORKSPACE"})


def find_free(scan: SceneScan) -> set[data_blocks.Key]:
    """Return what carries no license at all: no stamp, none on its faces, none that it once had."""
    return {(block.id_type, block.session_uid) for block in scan.data_blocks if _is_free(block)}


def _is_free(block: DataBlock) -> bool:
    return block.stamp is None and not block.face_grants and block.remembered is None and not block.missing


def of_selection(selected: Iterable[Any], free: set[data_blocks.Key]) -> tuple[Handle, ...]:
    """Return what objects are made of and nobody declared: themselves, data, materials, images, actions.

    Other objects that they only refer to (a parent, a modifier's target) are not part of them; those that
    they instance are.
    """
    uses: dict[Any, list[Any]] = {}
    for used, users in bpy.data.user_map().items():
        for user in users:
            uses.setdefault(user, []).append(used)
    waiting = deque(selected)
    seen = set(waiting)
    while waiting:
        block = waiting.popleft()
        if block.id_type == "COLLECTION":
            parts = [*block.all_objects]
        else:
            parts = [part for part in uses.get(block, ()) if part.id_type not in _NOT_PART_OF_AN_OBJECT]
            if block.id_type == "OBJECT" and block.instance_collection is not None:
                parts.append(block.instance_collection)
        for part in parts:
            if part not in seen:
                seen.add(part)
                waiting.append(part)
    return _handles((block for block in seen if block.id_type != "LIBRARY"), free)


def of_report(report: Report, free: set[data_blocks.Key], *, only: str = "") -> tuple[Handle, ...]:
    """Return what the report calls undeclared and still is; with ``only`` ("MESH/Cube") just that."""
    wanted = frozenset({only} & {*report.undeclared}) if only else frozenset(report.undeclared)
    every = (block for collection in data_blocks.collections() for block in collection)
    return _handles((block for block in every if f"{stamp_io.kind_of(block)}/{block.name}" in wanted), free)


def _handles(blocks: Iterable[Any], free: set[data_blocks.Key]) -> tuple[Handle, ...]:
    found = {
        data_blocks.key_of(block): None
        for block in blocks
        if (stamp_io.kind_of(block), int(block.session_uid)) in free
    }
    return tuple(Handle(id_type=id_type, session_uid=uid) for id_type, uid in sorted(found))


def write_stamps(handles: Iterable[Handle], stamp: Stamp, scan: SceneScan) -> int:
    """Write a declaration's stamp, and note it in the scenes' registers; return on how many data-blocks.

    What got a license meanwhile, or is gone, is left out. A linked data-block is noted on its library, and
    the rest of that library is not declared with it.
    """
    free = find_free(scan)
    blocks = [
        block
        for block in data_blocks.find((handle.id_type, handle.session_uid) for handle in handles)
        if (stamp_io.kind_of(block), int(block.session_uid)) in free
    ]
    if not blocks:
        return 0
    local = [block for block in blocks if block.library is None]
    stamp_io.write(local, stamp)
    linked.note_all_here((block for block in blocks if block.library is not None), encode(stamp))
    of_strips = (block.scene for block in local if block.id_type == strips.ID_TYPE)
    for scene in {bpy.context.scene, *of_strips}:
        stamp_io.register(scene, stamp)
    return len(blocks)
