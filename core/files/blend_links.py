"""Find which data-blocks of a .blend file refer to which."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .blend_file import BlendFile, Block, IdBlock
from .blend_pointers import UNMET, Pointers, Slot, pointer_table

_FAKE_USER = 1 << 9


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
        own, new, add = owner.head.address, tuple.__new__, found.append
        for block in owner.pieces:
            pointers = pointers_of[block[1]]
            if pointers is None:
                if wanted[block[1]] != UNMET:
                    continue
                self._table.meet(block[1])
                pointers = pointers_of[block[1]]
                if pointers is None:
                    continue
            for at, values in enumerate(self._read(block, pointers)):
                if not any(values):
                    continue
                for address, slot in zip(values, pointers[0], strict=True):
                    if not address:
                        continue
                    if slot[3]:  # an array of pointers
                        for inner in self._follow_array(owner, address):
                            add(new(Reference, (inner, slot, block, at)))
                    elif (target := get(address)) is not None and address != own:
                        add(new(Reference, (target, slot, block, at)))
        return found

    def _read(self, block: Block, pointers: Pointers) -> Iterable[tuple[int, ...]]:
        """Return the pointers in each struct of a block that is whole."""
        _, _, count, offset, size = block
        reader = pointers[1]
        many = min(count, size // reader.size)
        if many == 1:
            return (reader.unpack_from(self._file.raw, offset),)
        return reader.iter_unpack(self._file.raw[offset : offset + many * reader.size])

    def has_fake_user(self, owner: IdBlock) -> bool:
        """Say whether a data-block is kept although nothing uses it."""
        return bool(owner.flag & _FAKE_USER)

    def _follow_array(self, owner: IdBlock, address: int) -> Iterator[IdBlock]:
        block = owner.part(address)
        if block is not None:
            data = self._file.data(block)
            for (inner,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]):
                if (target := self._file.by_address.get(inner)) is not None:
                    yield target
