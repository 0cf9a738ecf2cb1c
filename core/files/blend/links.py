"""Find which data-blocks of a .blend file refer to which."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from .chain import Block
from .file import BlendFile
from .ids import IdBlock
from .pointers import ANY_TARGET, UNMET, Slot, pointer_table

FAKE_USER = 1 << 9


class Reference(NamedTuple):
    """One reference from a data-block to another in the same file."""

    target: IdBlock
    slot: Slot
    block: Block
    """Where it is written."""
    at: int
    """Which of the block's structs it is in."""


class Links:
    """The references of one file's data-blocks."""

    def __init__(self, file: BlendFile) -> None:
        self._file = file
        self._table = pointer_table(file.dna)

    def of(self, owner: IdBlock) -> list[Reference]:  # noqa: C901 - one loop over millions of pointers
        """Return every reference to another data-block."""
        found: list[Reference] = []
        if owner.is_placeholder:
            return found
        pointers_of, wanted, get = self._table.of, self._table.wanted, self._file.by_address.get
        own, raw, new, add = owner.head.address, self._file.raw, tuple.__new__, found.append
        for block in owner.pieces:
            _, index, length, offset, size = block
            pointers = pointers_of[index]
            if pointers is None:
                if wanted[index] != UNMET or not self._table.meet(index):
                    continue
                pointers = pointers_of[index]
                if pointers is None:
                    continue
            slots, reader = pointers
            if length == 1 and size >= reader.size:  # nearly all of them
                every: Iterable[tuple[int, ...]] = (reader.unpack_from(raw, offset),)
            else:
                many = min(length, size // reader.size)
                every = reader.iter_unpack(raw[offset : offset + many * reader.size])
            for at, values in enumerate(every):
                if not any(values):
                    continue
                for address, slot in zip(values, slots, strict=True):
                    if not address:
                        continue
                    if slot[3]:  # an array of pointers
                        for inner in self._follow_array(owner, address):
                            add(new(Reference, (get(inner), slot, block, at)))
                    elif (target := get(address)) is not None and address != own:
                        add(new(Reference, (target, slot, block, at)))
        return found

    def find_unused(self, asked: dict[bytes | None, set[int]]) -> set[int]:
        """Return which of some data-blocks nothing in the file is a user of. They are named by address.

        They are given by the name of their struct; None when it is not known. Far quicker than :meth:`of`,
        since only those pointers are read that can lead to them, and only until none is left.
        """
        left = set().union(*(self._drop_used(some, target) for target, some in asked.items()))
        return self._drop_used(left, ANY_TARGET)

    def _drop_used(self, waiting: set[int], target: bytes | None) -> set[int]:
        """Drop those that are found, and return what is left."""
        chain, raw = self._file.chain, self._file.raw
        for index, reader in self._table.counted(target, chain.extent, chain.places):
            if not waiting:
                break
            places, unpack = chain.places[index], reader.first.unpack_from
            sizes, counts, *columns = zip(*[unpack(raw, place) for place in places], strict=True)
            starts = [place + chain.header.size for place in places]
            if min(sizes) < reader.size or min(counts) != 1 or max(counts) != 1:  # seldom
                starts = [
                    start + reader.size * at
                    for start, size, count in zip(starts, sizes, counts, strict=True)
                    for at in range(min(count, size // reader.size))
                ]
                columns = list(zip(*[reader.each.unpack_from(raw, start) for start in starts], strict=True))
            before = len(waiting)
            for column in columns:
                if hits := waiting.intersection(column):
                    waiting -= self._drop_own(hits, column, starts)
            if reader.arrays is not None and waiting:
                for start in starts:
                    for address in filter(None, reader.arrays.unpack_from(raw, start)):
                        waiting.difference_update(self._follow_array(self._file.ids.owner_of(start), address))
            reader.found[0] += before - len(waiting)
        return waiting

    def _drop_own(self, hits: set[int], column: Sequence[int], places: list[int]) -> set[int]:
        """Drop those that only themselves refer to; each address was read at the place of the same number."""
        if hits.isdisjoint(self._file.ids.owners_between(min(places), max(places))):
            return hits
        owner_of = self._file.ids.owner_of
        return {
            address
            for address, place in zip(column, places, strict=True)
            if address in hits and owner_of(place).head.address != address
        }

    def has_fake_user(self, owner: IdBlock) -> bool:
        """Say whether a data-block is kept although nothing uses it."""
        return bool(owner.flag & FAKE_USER)

    def _follow_array(self, owner: IdBlock, address: int) -> list[int]:
        """Return the addresses of data-blocks in an array that belongs to one."""
        block = owner.part(address)
        if block is None:
            return []
        raw, has = self._file.raw, self._file.ids.has
        if block.size < 16:  # a single one, as an object's only material
            found = int.from_bytes(raw[block.offset : block.offset + 8], "little")
            return [found] if block.size >= 8 and has(found) else []
        data = self._file.data(block)
        return [one for (one,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]) if has(one)]
