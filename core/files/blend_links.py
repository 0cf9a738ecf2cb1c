"""Find which data-blocks of a .blend file refer to which."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

from .blend_chain import Block
from .blend_file import BlendFile, IdBlock
from .blend_pointers import ANY_TARGET, UNMET, Slot, pointer_table

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
                            add(new(Reference, (inner, slot, block, at)))
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
        file, chain, raw = self._file, self._file.chain, self._file.raw
        is_large, width_of_head = chain.is_large, chain.header.size
        for index, reader in self._table.counted(target, chain.header.format, chain.places):
            first, each, arrays, width = reader
            unpack, none_of = first.unpack_from, waiting.isdisjoint
            for place in chain.places[index] if waiting else ():
                _, one, _, other, count, *values = unpack(raw, place)
                start, size = place + width_of_head, other if is_large else one
                here: Iterable[int] = (start,)
                if count != 1 or size < width:  # seldom
                    here = range(start, start + min(count, size // width) * width, width)
                    values = [value for at in here for value in each.unpack_from(raw, at)]
                if not none_of(values):
                    own = file.owner_of(place).head.address
                    waiting.difference_update([value for value in values if value != own])
                    if not waiting:
                        break
                if arrays is not None:
                    for address in [value for at in here for value in arrays.unpack_from(raw, at) if value]:
                        inner = self._follow_array(file.owner_of(place), address)
                        waiting.difference_update(one.head.address for one in inner)
        return waiting

    def has_fake_user(self, owner: IdBlock) -> bool:
        """Say whether a data-block is kept although nothing uses it."""
        return bool(owner.flag & FAKE_USER)

    def _follow_array(self, owner: IdBlock, address: int) -> list[IdBlock]:
        block = owner.part(address)
        if block is None:
            return []
        get = self._file.by_address.get
        if block.size < 16:  # a single one, as an object's only material
            found = get(int.from_bytes(self._file.raw[block.offset : block.offset + 8], "little"))
            return [] if found is None or block.size < 8 else [found]
        data = self._file.data(block)
        inner = (get(one) for (one,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]))
        return [target for target in inner if target is not None]
