"""Read the grants on faces that only a bake of geometry nodes still holds, packed into a .blend file.

How they are kept was read from files that Blender 4.5.15 and 5.2.3 wrote: what a frame holds is described in
JSON, and its arrays are pieces of files beside that; both are packed with the modifier. A bake that lies in
files beside the .blend is not read.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from typing import Any, TypeGuard

from ...stamp_format import FACE_ATTRIBUTE
from .file import BlendFile, Piece
from .ids import IdBlock

_MODIFIER = b"NodesModifierData"
_NAME_BYTES = 1024
_ATTRIBUTE = f'"{FACE_ATTRIBUTE}"'.encode()


def find_baking(file: BlendFile) -> frozenset[int]:
    """Return the addresses of objects that may hold a bake with licensed faces. Quick."""
    found: frozenset[int] | None = file.memo.get("baking")
    if found is None:
        structs = [index for index in file.chain.places if file.dna.layouts[index].name == _MODIFIER]
        owners = (file.ids.owner_of(place) for index in structs for place in file.chain.places[index])
        found = frozenset(one.head.address for one in owners if one.mentions(_ATTRIBUTE))
        file.memo["baking"] = found
    return found


def read_baked(file: BlendFile, owner: IdBlock) -> frozenset[int]:
    """Return the numbers on faces in all frames of all bakes of an object, without 0."""
    if owner.head.address not in find_baking(file):
        return frozenset()
    found: set[int] = set()
    for packed in _packed_bakes(file, owner):
        blobs = dict(_read_files(file, owner, packed, b"blob_files"))
        done: set[tuple[str, int, int]] = set()
        for _, described in _read_files(file, owner, packed, b"meta_files"):
            for part in _find_marks(described):
                if part not in done:
                    done.add(part)
                    name, start, size = part
                    marks = blobs.get(name, b"")[start : start + size]
                    found.update(array("i", marks[: len(marks) // 4 * 4]))
    return frozenset(found - {0})


def _packed_bakes(file: BlendFile, owner: IdBlock) -> Iterator[Piece]:
    for block in owner.pieces:
        if file.struct(block).name != _MODIFIER:
            continue
        modifier = file.piece(block)
        for bake in _array(file, owner, modifier, b"bakes"):
            packed = owner.part(bake.pointer(b"packed"))
            if packed is not None:
                yield file.piece(packed)


def _read_files(file: BlendFile, owner: IdBlock, packed: Piece, name: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the files of a bake: what each is called, and its bytes."""
    for one in _array(file, owner, packed, name):
        label, head = owner.part(one.pointer(b"name")), owner.part(one.pointer(b"packed_file"))
        if label is None or head is None:
            continue
        content = file.piece(head)
        where = owner.part(content.pointer(b"data"))
        if where is not None:
            title = file.data(label)[:_NAME_BYTES].split(b"\x00", 1)[0]
            yield title.decode("utf-8", "replace"), file.data(where)[: max(content.number(b"size"), 0)]


def _array(file: BlendFile, owner: IdBlock, piece: Piece, name: bytes) -> Iterator[Piece]:
    block = owner.part(piece.pointer(name))
    for at in range(min(block.length, piece.number(name + b"_num")) if block is not None else 0):
        if block is not None:
            yield file.piece(block, at)


def _find_marks(described: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield where the marks on faces or points are: a file's name, the place in it, and the size in bytes."""
    if _ATTRIBUTE not in described:
        return
    try:
        waiting: list[Any] = [json.loads(described)]
    except (ValueError, RecursionError):
        return  # Blender cannot read it either
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
            if (one.get("name"), one.get("type")) == (FACE_ATTRIBUTE, "INT"):
                where = one.get("data")
                if isinstance(where, dict):
                    name, start, size = (where.get(key) for key in ("name", "start", "size"))
                    if isinstance(name, str) and _is_count(start) and _is_count(size):
                        yield name, start, size


def _is_count(value: Any) -> TypeGuard[int]:
    return type(value) is int and value >= 0
