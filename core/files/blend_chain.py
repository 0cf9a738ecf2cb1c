"""Follow the blocks of a .blend file from one to the next, each held against the file's real size.

Most of the blocks of a file belong to windows, brushes and nodes, and are never asked for: only code, kind
and size of each are looked at on the way; what belongs to a data-block is read when somebody asks.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping
from itertools import repeat
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import UserInputError
from .blend_bytes import damaged
from .blend_dna import DamagedDna, Dna, read_dna
from .blend_pointers import PointerTable, pointer_table

MAX_BLOCKS = 20_000_000
_SMALL_BLOCK = struct.Struct("<IiQii")  # code, size, old address, struct, count
_LARGE_BLOCK = struct.Struct("<IiQqq")  # code, struct, old address, size, count: since 5.0
# Only code, size and struct. The size has no sign here: one that is negative leads out of the file.
_SMALL_STEP, _LARGE_STEP = struct.Struct("<II8xi"), struct.Struct("<Ii8xQ")
# The code is read as a number: kinds of data-blocks have two letters, so numbers below 65,536.
_DATA, _DNA1, _ENDB, _GLOB = (int.from_bytes(code, "little") for code in (b"DATA", b"DNA1", b"ENDB", b"GLOB"))
_PLACEHOLDER = int.from_bytes(b"ID\x00\x00", "little")
_DESCRIPTION = b"SDNANAME"
_NONE_KEPT = bytes(2**16)


class Block(NamedTuple):
    """A piece of the file: so many structs of one kind (``length``), or raw bytes."""

    address: int
    struct_index: int
    length: int
    offset: int
    size: int


class Head(NamedTuple):
    """A data-block's own block, and what follows it in the file up to the next one: what belongs to it."""

    block: Block
    is_placeholder: bool
    """Only a name: the data-block itself is in the library's file."""
    end: int
    """Where the last block ends that belongs to it."""


class Chain(NamedTuple):
    """The blocks of one file."""

    path: Path
    data: Any
    is_large: bool
    header: struct.Struct
    table: PointerTable
    places: Mapping[int, list[int]]
    """Where the headers are of the blocks that may make users of something, by their struct's index."""

    def read(self, at: int, end: int) -> list[Block]:
        """Read the blocks from one place to another: those that may have something to say."""
        unpack, is_large, size_of_head = self.header.unpack_from, self.is_large, self.header.size
        data, wanted, new = self.data, self.table.wanted, tuple.__new__
        found: list[Block] = []
        try:
            while at < end:
                if is_large:
                    _, index, address, size, count = unpack(data, at)
                else:
                    _, size, address, index, count = unpack(data, at)
                if count < 0:
                    raise _cut_off(self.path)
                at += size_of_head
                if wanted[index]:
                    found.append(new(Block, (address, index, count, at, size)))
                at += size
        except IndexError:
            raise damaged(self.path, "a part of it is of an unknown kind") from None
        return found

    def find(self, wanted: int, at: int, end: int) -> Block | None:
        """Find among the same blocks the first one that was at an address."""
        unpack, is_large, size_of_head = self.header.unpack_from, self.is_large, self.header.size
        while at < end:
            if is_large:
                _, index, address, size, count = unpack(self.data, at)
            else:
                _, size, address, index, count = unpack(self.data, at)
            at += size_of_head
            if address == wanted and self.table.wanted[index]:
                return Block(address, index, count, at, size)
            at += size
        return None


class Followed(NamedTuple):
    """All blocks of a file that was followed to its end. ``session`` is what Blender keeps of its session."""

    chain: Chain
    dna: Dna
    heads: list[Head]
    session: Block | None


class _Way(NamedTuple):
    heads: list[Head]
    places: Mapping[int, list[int]]
    description: Block
    session: Block | None


def follow(path: Path, data: Any, *, is_large: bool) -> Followed:
    """Meet every block of a file.

    The description of its structs is looked for first where every file has it, near its end; when another one
    is met on the way, that one counts. Raises UserInputError (damaged, a package is missing).
    """
    header = _LARGE_BLOCK if is_large else _SMALL_BLOCK
    try:
        at = data.rfind(_DESCRIPTION)
        dna = None
        if at >= 0 and (size := _size_before(data, at, header, is_large=is_large)) is not None:
            dna = read_dna(bytes(data[at : at + size]))
        way = _walk(path, data, dna, is_large=is_large)
        start, size = way.description.offset, way.description.size
        if dna is None or start != at:
            dna = read_dna(bytes(data[start : start + size]))
            way = _walk(path, data, dna, is_large=is_large)
    except (DamagedDna, IndexError):
        raise damaged(path, "the description of its structure is missing or damaged") from None
    chain = Chain(path, data, is_large, header, pointer_table(dna), way.places)
    return Followed(chain, dna, way.heads, way.session)


def _size_before(data: Any, at: int, header: struct.Struct, *, is_large: bool) -> int | None:
    """Return the size of the description that begins at a place, as its header tells; None: it has none."""
    if at < header.size:
        return None
    code, second, _, fourth, _ = header.unpack_from(data, at - header.size)
    size = fourth if is_large else second
    return size if code == _DNA1 and 0 < size <= len(data) - at else None


def _walk(  # noqa: C901, PLR0912 - one loop over millions of blocks
    path: Path, data: Any, dna: Dna | None, *, is_large: bool
) -> _Way:
    header, step, at = (_LARGE_BLOCK, _LARGE_STEP, 17) if is_large else (_SMALL_BLOCK, _SMALL_STEP, 12)
    unpack, size_of_head, size_of_all = step.unpack_from, header.size, len(data)
    kept = pointer_table(dna).kept if dna is not None else _NONE_KEPT
    heads: list[Head] = []
    places: defaultdict[int, list[int]] = defaultdict(list)
    descriptions: list[Block] = []
    session = last = None
    is_placeholder = False
    try:
        for _ in repeat(None, MAX_BLOCKS):
            if is_large:
                code, index, size = unpack(data, at)
            else:
                code, size, index = unpack(data, at)
            if code == _DATA:
                if kept[index]:
                    places[index].append(at)
                at += size_of_head + size  # beyond the end nothing can be unpacked
                continue
            if last is not None:
                heads.append(Head(last, is_placeholder, at))
                last = None
            if is_large:
                _, index, address, size, count = header.unpack_from(data, at)
            else:
                _, size, address, index, count = header.unpack_from(data, at)
            if size < 0 or count < 0 or size > size_of_all - at - size_of_head:
                raise _cut_off(path)
            block = Block(address, index, count, at + size_of_head, size)
            if 0x100 <= code < 0x10000 and code & 0xFF:  # data-blocks have codes of two letters
                last, is_placeholder = block, code == _PLACEHOLDER
                if kept[index] and not is_placeholder:
                    places[index].append(at)
            elif code == _DNA1:
                descriptions.append(block)
            elif code == _GLOB:
                session = block
            elif code == _ENDB:
                break
            at += size_of_head + size
        else:
            raise _cut_off(path)
    except (struct.error, OverflowError):
        raise _cut_off(path) from None
    if len(descriptions) != 1:
        raise damaged(path, "the description of its structure is missing or damaged")
    if dna is not None:
        pointer_table(dna).meet_counted(places)
    return _Way(heads, places, descriptions[0], session)


def _cut_off(path: Path) -> UserInputError:
    return damaged(path, "it is damaged or was cut off")
