"""The data-blocks of a .blend file: what stands at the head of each, and each itself when it is asked for.

Of most of them a scan of thousands of files needs the head alone.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import count as numbers_from
from typing import Any, NamedTuple

from .bytes import damaged
from .chain import CODE, PLACEHOLDER, Block, Chain, Head
from .dna import DamagedDna, Dna, Field, Record

_LOOKED_THROUGH = 1024**2
"""Up to so many bytes, looking for a name in all of them is quicker than reading what they mean."""
_ID_FIELDS: tuple[Field, ...] = (
    ("Q", b"id", b"lib"), ("s", b"id", b"name"), ("H", b"id", b"flag"), ("Q", b"id", b"properties"),
)  # fmt: skip
_PLACEHOLDER_FIELDS: tuple[Field, ...] = (
    ("Q", b"lib"), ("s", b"name"), ("H", b"flag"), ("Q", b"properties"),
)  # fmt: skip
_Reader = tuple[Callable[[Any, int], tuple[Any, ...]], int]
"""What reads a data-block's header and first fields, and how many bytes these are."""


class IdBlock:
    """A data-block: its own struct and the pieces that belong to it (they follow it in the file)."""

    __slots__ = (
        "_parts", "_pieces", "chain", "end", "flag", "head", "is_placeholder", "library", "name",
        "properties",
    )  # fmt: skip

    def __init__(self, row: Row, head: Block, end: int, chain: Chain) -> None:
        self.name = row.name.split(b"\x00", 1)[0]
        """With the two-letter code in front, as ``OBCube``."""
        self.library, self.flag, self.properties = row.library, row.flag, row.properties
        """The library that it is linked from and its custom properties are addresses, 0 for none."""
        self.head, self.end = head, end
        self.is_placeholder = row.code == PLACEHOLDER
        """Only a name: the data-block itself is in the library's file."""
        self.chain = chain
        self._pieces: list[Block] | None = None
        self._parts: dict[int, Block] | None = None

    @property
    def pieces(self) -> list[Block]:
        """Its own block and all that belong to it, without those that have nothing to say."""
        if self._pieces is None:
            self._pieces = [self.head, *self.chain.read(self.head.offset + self.head.size, self.end)]
        return self._pieces

    def part(self, address: int) -> Block | None:
        """Return what belongs to it at an address."""
        if self._parts is None:
            return self.chain.find(address, self.head.offset + self.head.size, self.end)
        return self._parts.get(address)

    @property
    def parts(self) -> dict[int, Block]:
        """What belongs to it, by address; of two at one address the first."""
        if self._parts is None:
            pieces = self.pieces[1:]
            parts = {block[0]: block for block in pieces}
            if len(parts) < len(pieces):
                for block in reversed(pieces):
                    parts[block[0]] = block
            self._parts = parts
        return self._parts

    def keep_parts(self) -> None:
        """Read all parts, since many of them will be asked for."""
        _ = self.parts

    def mentions(self, text: bytes) -> bool:
        """Say whether some bytes are anywhere in what belongs to it. Of large data it is supposed."""
        start = self.head[3]
        return self.end - start > _LOOKED_THROUGH or self.chain.data.find(text, start, self.end) >= 0


class Row(NamedTuple):
    """What stands at the head of a data-block. The order is that of the header in the file, since 5.0."""

    code: int
    """Of its block: two letters as a number."""
    struct_index: int
    address: int
    size: int
    length: int
    library: int
    name: bytes
    """With the code in front; a NUL and anything may be behind it."""
    flag: int
    properties: int


class Ids:
    """All data-blocks of a file, by their number in it. Raises UserInputError (damaged)."""

    def __init__(self, heads: list[Head], chain: Chain, dna: Dna) -> None:
        self._heads, self._chain = heads, chain
        self.rows = self._read(dna)
        """What stands at the head of each."""
        self._made: list[IdBlock | None] = [None] * len(heads)
        self._ends: list[int] | None = None
        # Of two at one address the last.
        self._number_of = dict(zip([row[2] for row in self.rows], numbers_from(), strict=False))

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[IdBlock]:
        return map(self.__getitem__, range(len(self.rows)))

    def __getitem__(self, number: int) -> IdBlock:
        found = self._made[number]
        if found is None:
            row, (place, _, end) = self.rows[number], self._heads[number]
            _, index, address, size, length, *_ = row
            head = tuple.__new__(Block, (address, index, length, place + self._chain.header.size, size))
            found = self._made[number] = IdBlock(row, head, end, self._chain)
        return found

    def at(self, address: int) -> IdBlock | None:
        """Return the data-block at an address."""
        number = self._number_of.get(address)
        return None if number is None else self[number]

    def row_at(self, address: int) -> Row | None:
        """Return what stands at the head of the data-block at an address."""
        number = self._number_of.get(address)
        return None if number is None else self.rows[number]

    def find_mentioning(self, numbers: Iterable[int], text: bytes) -> list[int]:
        """Return those of some data-blocks that :meth:`IdBlock.mentions` some bytes."""
        heads, find, before = self._heads, self._chain.data.find, self._chain.header.size
        return [
            number
            for number in numbers
            for place, _, end in (heads[number],)
            if end - place - before > _LOOKED_THROUGH or find(text, place + before, end) >= 0
        ]

    def has(self, address: int) -> bool:
        """Say whether there is a data-block at an address."""
        return address in self._number_of

    def owner_of(self, place: int) -> IdBlock:
        """Return the data-block that what is at a place of the file belongs to."""
        return self[bisect_right(self._find_ends(), place)]

    def owners_between(self, first: int, last: int) -> list[int]:
        """Return the addresses of all data-blocks from that at one place to that at another."""
        ends = self._find_ends()
        return [row[2] for row in self.rows[bisect_right(ends, first) : bisect_right(ends, last) + 1]]

    def records(self, numbers: Iterable[int], record_of: Callable[[int], Record]) -> list[tuple[Any, ...]]:
        """Read the same fields of many; ``record_of`` tells what reads them of a struct, by its index."""
        data, width_of_head = self._chain.data, self._chain.header.size
        found: list[tuple[Any, ...]] = []
        record, known = None, -1
        for number in numbers:
            _, index, _, size, *_ = self.rows[number]
            if record is None or index != known:
                record, known = record_of(index), index
            if record.size > size:
                raise damaged(self._chain.path, "a part of it is shorter than it says")
            found.append(record.read(data, self._heads[number][0] + width_of_head))
        return found

    def _find_ends(self) -> list[int]:
        if self._ends is None:
            self._ends = [end for _, _, end in self._heads]
        return self._ends

    def _read(self, dna: Dna) -> list[Row]:
        path, data, is_large = self._chain.path, self._chain.data, self._chain.is_large
        readers: dict[int, _Reader] = dna.memo.setdefault(("heads", is_large), {})
        rows: list[Row] = []
        new, add = tuple.__new__, rows.append
        known, read, width = -1, None, 0
        try:
            for at, kind, _ in self._heads:
                if read is None or kind != known:
                    read, width = readers.get(kind) or self._make_reader(kind, dna, readers)
                    known = kind
                if is_large:
                    row: Row = new(Row, read(data, at))
                else:
                    code, size, address, index, *others = read(data, at)
                    row = new(Row, (code, index, address, size, *others))
                _, _, _, size, length, _, name, _, _ = row
                if length < 0:
                    raise damaged(path, "it is damaged or was cut off")
                if width > size:
                    raise damaged(path, "a part of it is shorter than it says")
                if not name or b"\x00" in name[:3] or len(name) < 3:
                    raise damaged(path, "a data-block in it has no name")
                add(row)
        except struct.error:
            raise damaged(path, "a part of it is shorter than it says") from None
        except (DamagedDna, IndexError):
            raise damaged(path, "a part of it is of an unknown kind") from None
        return rows

    def _make_reader(self, kind: int, dna: Dna, readers: dict[int, _Reader]) -> _Reader:
        fields = _PLACEHOLDER_FIELDS if kind & CODE == PLACEHOLDER else _ID_FIELDS
        record = Record(dna.layouts[kind >> 32], fields, self._chain.header)
        found = readers[kind] = (record.read, record.size)
        return found
