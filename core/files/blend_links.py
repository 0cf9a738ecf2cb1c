"""Find which data-blocks refer to which, from the struct layouts in a .blend file.

Counts users as Blender does for what a scan reports: some references count (a material in a slot), some do
not (a parent, a constraint's target, a view layer's entry).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .blend_file import BlendFile, Block, IdBlock, damaged

_MAX_DEPTH = 12
_MAX_STEPS = 200_000
_FAKE_USER = 1 << 9
_SKIPPED_STRUCTS = frozenset({b"ID", b"ListBase"})
_ANY = frozenset({b"ID", b"void"})
# References to objects are mostly without a user; these are the ones that count. Compared with what Blender
# 4.2.23, 4.5.15 and 5.2.3 count for the same files.
_OBJECT_USERS = frozenset({(b"CollectionObject", b"ob"), (b"bNodeSocketValueObject", b"value")})
_NOT_COUNTED = frozenset(
    {
        (b"LayerCollection", b"collection"),
        (b"Key", b"from"),
        (b"IDOverrideLibrary", b"storage"),
        (b"Library", b"archive_parent_library"),
    }
)


@dataclass(frozen=True, slots=True)
class _Slot:
    offset: int
    counts: bool
    is_array: bool
    """Points to an array of pointers, as ``Material **mat``."""


class Links:
    """The references of one file's data-blocks."""

    def __init__(self, file: BlendFile) -> None:
        self._file = file
        self._slots: dict[int, tuple[_Slot, ...]] = {}
        self._steps = 0

    def of(self, owner: IdBlock) -> Iterator[tuple[int, bool]]:
        """Yield address and "counts as a user" for every reference to another data-block."""
        if owner.is_placeholder:
            return
        for block in (owner.head, *owner.parts.values()):
            slots = self._layout(block)
            if not slots:
                continue
            data = self._file.data(block)
            size = self._file.struct(block).size
            for index in range(min(block.count, len(data) // size if size else 0)):
                for slot in slots:
                    address = struct.unpack_from("<Q", data, index * size + slot.offset)[0]
                    if address:
                        yield from self._follow(owner, slot, address)

    def has_fake_user(self, owner: IdBlock) -> bool:
        """Say whether a data-block is kept although nothing uses it."""
        layout, data = self._file.struct(owner.head), self._file.data(owner.head)
        return bool((self._file.number(layout, data, b"id", b"flag", code="H") or 0) & _FAKE_USER)

    def _follow(self, owner: IdBlock, slot: _Slot, address: int) -> Iterator[tuple[int, bool]]:
        if not slot.is_array:
            if address in self._file.by_address and address != owner.head.address:
                yield address, slot.counts
            return
        block = owner.parts.get(address)
        if block is not None:
            data = self._file.data(block)
            for (inner,) in struct.iter_unpack("<Q", data[: len(data) // 8 * 8]):
                if inner in self._file.by_address:
                    yield inner, slot.counts

    def _layout(self, block: Block) -> tuple[_Slot, ...]:
        if block.struct_index not in self._slots:
            layout = self._file.struct(block)
            # Struct 0 marks raw data; its bytes are no struct (its name is not the same in all versions).
            is_raw = block.struct_index == 0
            self._steps = 0
            self._slots[block.struct_index] = () if is_raw else tuple(self._find(layout, 0, 0))
        return self._slots[block.struct_index]

    def _find(self, layout: Any, base: int, depth: int) -> Iterator[_Slot]:
        owner = layout.dna_type_id
        if depth > _MAX_DEPTH or owner in _SKIPPED_STRUCTS:
            return
        for part in layout.fields:
            kind, name = part.dna_type.dna_type_id, part.name
            if name.is_method_pointer:
                continue
            if name.is_pointer and kind not in _ANY and not _is_id(part.dna_type):
                continue
            if not name.is_pointer and not part.dna_type.fields:
                continue
            for index in range(name.array_size):
                self._steps += 1
                if self._steps > _MAX_STEPS:
                    raise damaged(self._file.path, "the description of its structure is damaged")
                if name.is_pointer:
                    counts = _counts(owner, name.name_only, kind)
                    yield _Slot(base + part.offset + 8 * index, counts, name.name_full.startswith(b"**"))
                else:
                    offset = base + part.offset + part.dna_type.size * index
                    yield from self._find(part.dna_type, offset, depth + 1)


def _is_id(layout: Any) -> bool:
    fields = layout.fields
    return bool(fields and fields[0].dna_type.dna_type_id == b"ID" and not fields[0].name.is_pointer)


def _counts(owner: bytes, name: bytes, target: bytes) -> bool:
    if (owner, name) in _NOT_COUNTED:
        return False
    return target != b"Object" or (owner, name) in _OBJECT_USERS
