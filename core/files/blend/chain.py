"""Follow the blocks of a .blend file from one to the next, each held against the file's real size.

Most of the blocks of a file belong to windows, brushes and nodes, and are never asked for: only code, kind
and size of each are looked at on the way; what belongs to a data-block is read when somebody asks.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from ...errors import UserInputError
from .bytes import damaged
from .dna import DamagedDna, Dna, read_dna
from .pointers import PointerTable, pointer_table
from .runs import LONGEST, SHORTEST, Place, Runs, runs_of

MAX_BLOCKS = 20_000_000
_SMALL_BLOCK = struct.Struct("<IiQii")  # code, size, old address, struct, count
_LARGE_BLOCK = struct.Struct("<IiQqq")  # code, struct, old address, size, count: since 5.0
# Only code, struct and size; code and struct are one number in the large one. The size has no sign here: one
# that is negative leads out of the file.
_SMALL_STEP, _LARGE_STEP = struct.Struct("<II8xI"), struct.Struct("<Q8xQ")
_SMALL_EXTENT, _LARGE_EXTENT = "<4xi12xi", "<16xqq"
CODE = 0xFFFFFFFF
# The code is read as a number: kinds of data-blocks have two letters, so numbers below 65,536.
_DATA, _DNA1, _ENDB, _GLOB = (int.from_bytes(code, "little") for code in (b"DATA", b"DNA1", b"ENDB", b"GLOB"))
PLACEHOLDER = int.from_bytes(b"ID\x00\x00", "little")
_DESCRIPTION = b"SDNANAME"
_distance = [0]
"""How far from its end the last file had its description: others of the same Blender have it there too."""
_NOTHING: frozenset[int] = frozenset()
_RUN = range(LONGEST)


class Block(NamedTuple):
    """A piece of the file: so many structs of one kind (``length``), or raw bytes."""

    address: int
    struct_index: int
    length: int
    offset: int
    size: int


class Chain(NamedTuple):
    """The blocks of one file."""

    path: Path
    data: Any
    is_large: bool
    header: struct.Struct
    table: PointerTable
    places: Mapping[int, list[int]]
    """Where the headers are of the blocks that may make users of something, by their struct's index."""

    @property
    def extent(self) -> str:
        """What reads of a block's header its size and count, as a format."""
        return _LARGE_EXTENT if self.is_large else _SMALL_EXTENT

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
                return tuple.__new__(Block, (address, index, count, at, size))
            at += size
        return None


class Head(NamedTuple):
    """Where a data-block's own block is, and what belongs to it: all that follows up to the next one."""

    place: int
    """Of its header."""
    kind: int
    """What it is: its code, and the index of its struct 32 bits further up."""
    end: int
    """Where the last block ends that belongs to it."""


class Followed(NamedTuple):
    """All blocks of a file that was followed to its end. ``session`` is what Blender keeps of its session."""

    chain: Chain
    dna: Dna
    heads: list[Head]
    session: Block | None


class _Way(NamedTuple):
    places: Mapping[int, list[int]]
    """Where the headers are, by what they are of; without those that have nothing to say."""
    marks: list[tuple[int, int]]
    """Where the headers are, and of what, of all that begin something: in order, the end too."""


def follow(path: Path, data: Any, *, is_large: bool) -> Followed:
    """Meet every block of a file.

    The description of its structs is looked for first where every file has it, near its end; when another one
    is met on the way, that one counts. Raises UserInputError (damaged, a package is missing).
    """
    header = _LARGE_BLOCK if is_large else _SMALL_BLOCK
    try:
        at = _find_description(data)
        dna = None
        if at >= 0 and (size := _size_before(data, at, header, is_large=is_large)) is not None:
            dna = read_dna(bytes(data[at : at + size]))
        silent = pointer_table(dna).silent if dna is not None else _NOTHING
        runs = runs_of(dna, is_large=is_large) if dna is not None else Runs(is_large=is_large)
        way = _walk(path, data, silent, runs, is_large=is_large)
        heads, others = _sort_out(path, data, way.marks, is_large=is_large)
        description = others.get(_DNA1)
        if description is None:
            raise damaged(path, "the description of its structure is missing or damaged")
        if dna is None or description.offset != at:
            dna = read_dna(bytes(data[description.offset : description.offset + description.size]))
            runs = runs_of(dna, is_large=is_large)
            way = _walk(path, data, pointer_table(dna).silent, runs, is_large=is_large)
        table = pointer_table(dna)
        places = _find_places(table, way.places)
    except (DamagedDna, IndexError):
        raise damaged(path, "the description of its structure is missing or damaged") from None
    return Followed(Chain(path, data, is_large, header, table, places), dna, heads, others.get(_GLOB))


def _find_description(data: Any) -> int:
    """Return where the last description seems to begin, -1 for nowhere; first where the last file had it."""
    at = len(data) - _distance[0]
    if at < 0 or data[at : at + len(_DESCRIPTION)] != _DESCRIPTION:
        at = data.rfind(_DESCRIPTION)
        _distance[0] = len(data) - at
    return at


def _size_before(data: Any, at: int, header: struct.Struct, *, is_large: bool) -> int | None:
    """Return the size of the description that begins at a place, as its header tells; None: it has none."""
    if at < header.size:
        return None
    code, second, _, fourth, _ = header.unpack_from(data, at - header.size)
    size = fourth if is_large else second
    return size if code == _DNA1 and 0 < size <= len(data) - at else None


def _walk(  # noqa: C901 - what is done here is done for millions of blocks
    path: Path, data: Any, silent: AbstractSet[int], runs: Runs, *, is_large: bool
) -> _Way:
    """Go from block to block. ``silent`` is what the blocks are of that have nothing to say."""
    step, size_of_head, at = (_LARGE_STEP, 32, 17) if is_large else (_SMALL_STEP, 24, 12)
    unpack, size_of_all, behind = step.unpack_from, len(data), runs.behind
    places: defaultdict[int, list[int]] = defaultdict(list)
    marks: list[tuple[int, int]] = []
    place: Place | None = None
    left = MAX_BLOCKS
    kind = size = 0
    try:
        while left > 0:
            if place is not None and place.runs and (run := place.find(data, at)) is not None:
                for kind, some in run.telling:
                    places[kind] += [at + one for one in some]
                at += run.length
                place = run.next
                left -= LONGEST
                continue
            start = at
            for count in _RUN:  # noqa: B007 - used behind the loop
                if is_large:
                    kind, size = unpack(data, at)
                else:
                    code, size, index = unpack(data, at)
                    kind = index << 32 | code
                if kind not in silent:
                    places[kind].append(at)
                    if kind & CODE != _DATA:
                        break
                at += size_of_head + size  # beyond the end nothing can be unpacked
            else:
                count = LONGEST
            left -= count + 1
            if count >= SHORTEST and place is not None and silent:  # of a first file all would be told
                runs.learn(place, data, start, count, silent)
            if count == LONGEST:
                place = None
                continue
            marks.append((at, kind))
            if size > size_of_all - at - size_of_head:
                raise _cut_off(path)
            if kind & CODE == _ENDB:
                return _Way(places, marks)
            at += size_of_head + size
            place = behind.get(kind)
            if place is None:
                place = behind[kind] = Place()
    except (struct.error, OverflowError):
        pass
    raise _cut_off(path)


def _sort_out(
    path: Path, data: Any, marks: list[tuple[int, int]], *, is_large: bool
) -> tuple[list[Head], dict[int, Block]]:
    """Return the data-blocks, and the others by their code. Of two descriptions none can be believed."""
    heads: list[Head] = []
    others: dict[int, Block] = {}
    new, add = tuple.__new__, heads.append
    for (at, kind), (end, _) in pairwise(marks):
        code = kind & CODE
        if 0x100 <= code < 0x10000 and code & 0xFF:  # data-blocks have codes of two letters
            add(new(Head, (at, kind, end)))
            continue
        if is_large:
            _, index, address, size, count = _LARGE_BLOCK.unpack_from(data, at)
        else:
            _, size, address, index, count = _SMALL_BLOCK.unpack_from(data, at)
        if count < 0:
            raise _cut_off(path)
        if code == _DNA1 and code in others:
            raise damaged(path, "the description of its structure is missing or damaged")
        others[code] = Block(address, index, count, at + (32 if is_large else 24), size)
    return heads, others


def _find_places(table: PointerTable, places: Mapping[int, list[int]]) -> dict[int, list[int]]:
    """Return where the headers are of what may make users of something, by the index of their struct.

    Raises DamagedDna, IndexError.
    """
    found: dict[int, list[int]] = {}
    for kind, some in places.items():
        code, index = kind & CODE, kind >> 32
        if code == _DATA or (0x100 <= code < 0x10000 and code & 0xFF and code != PLACEHOLDER):
            if table.makes_users(index):
                found[index] = found[index] + some if index in found else some
            elif code == _DATA:
                table.silent.add(kind)
    return found


def _cut_off(path: Path) -> UserInputError:
    return damaged(path, "it is damaged or was cut off")
