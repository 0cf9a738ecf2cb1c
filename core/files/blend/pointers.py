"""Which pointers in the structs of a .blend file can lead to another data-block, and what each is there for.

Worked out of the layouts alone, once for each struct of each version of Blender.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from .dna import DamagedDna, Dna, Layout

_MAX_DEPTH = 12
_MAX_STEPS = 200_000
_SKIPPED_STRUCTS = frozenset({b"ID", b"ListBase"})
ANY_TARGET = b"ID"
_ANY = frozenset({ANY_TARGET, b"void"})
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
_NEVER_BLOCKS = frozenset(
    {
        (b"ARegion", b"regiondata"), (b"Attribute", b"data"), (b"AttributeArray", b"data"),
        (b"AttributeSingle", b"data"), (b"CustomDataLayer", b"data"), (b"PackedFile", b"data"),
        (b"bNode", b"storage"), (b"bNodeSocket", b"default_value"),
        (b"bNodeSocket", b"storage"), (b"bNodeStack", b"data"),
        # A view layer's bases are the objects of its collections once more.
        (b"Base", b"object"),
    }
)  # fmt: skip
"""Pointers to anything that never lead to a data-block, and are many."""
_MODIFIERS = frozenset({b"ModifierData", b"GpencilModifierData"})
_PLACING = frozenset(
    {
        b"bCameraSolverConstraint", b"bChildOfConstraint", b"bDampTrackConstraint", b"bDistLimitConstraint",
        b"bFollowTrackConstraint", b"bGeometryAttributeConstraint", b"bKinematicConstraint",
        b"bLocateLikeConstraint", b"bLockTrackConstraint", b"bMinMaxConstraint", b"bObjectSolverConstraint",
        b"bPivotConstraint", b"bRotateLikeConstraint", b"bSizeLikeConstraint", b"bStretchToConstraint",
        b"bTrackToConstraint", b"bTransLikeConstraint", b"bTransformConstraint",
    }
)  # fmt: skip
"""Constraints that read only the place of their target. All others may read its shape."""
LOOKED_AT = frozenset(
    {
        b"Attribute", b"AttributeArray", b"AttributeSingle", b"Bone", b"Collection", b"CustomDataLayer",
        b"Editing", b"FCurve", b"GreasePencilLayer", b"IDProperty", b"ImagePackedFile", b"LayerCollection",
        b"MEdge", b"MIntProperty", b"MLoop", b"MPoly", b"MVert", b"NodesModifierBake",
        b"NodesModifierBakeFile", b"NodesModifierPackedBake", b"Nurb", b"PackedFile",
        b"SeqTimelineChannel", b"Sequence", b"Strip", b"StripElem", b"ViewLayer", b"bGPDlayer", b"vec2i",
        b"vec3f",
    }
)  # fmt: skip
"""Structs that are read although no pointer in them may lead to a data-block."""
UNMET = 2


class Kind(IntEnum):
    """What a reference is there for."""

    SHAPES = 0
    """It may be seen, or shape what is seen."""
    PLACES = 1
    """Its owner follows it: a parent, the target of some constraints, a driver's variable."""
    IDLE = 2
    """A render reads nothing of it."""
    SAME = 3
    """What its owner overrides."""
    INSTANCED = 4
    """The collection of an instance."""
    MODIFIER = 5
    """It shapes its owner while the modifier is rendered."""
    MEMBER = 6
    """An object or a collection in a collection."""


class Slot(NamedTuple):
    """A pointer in a struct that can refer to a data-block."""

    owner: bytes
    """Name of the struct that it is a field of; it may be a part of the block's own."""
    field: bytes
    counts: bool
    """It makes its owner a user."""
    is_array: bool
    """Points to an array of pointers, as ``Material **mat``."""
    kind: Kind
    offset: int
    target: bytes
    """Struct of what it leads to; ``ID`` and ``void`` may be any."""


class Pointers(NamedTuple):
    """All slots of a struct, and how to read their pointers at once."""

    slots: tuple[Slot, ...]
    reader: struct.Struct


class Counted(NamedTuple):
    """What reads, of a block with its header, the pointers that make users of one kind of data-block."""

    first: struct.Struct
    """For the first of a block's structs, with the block's header before it: size and count come first."""
    each: struct.Struct
    """For any of them, without the header."""
    arrays: struct.Struct | None
    """Likewise, the pointers that lead to arrays of pointers; there are few."""
    size: int
    """Of one of the block's structs, in bytes."""
    found: list[int]
    """How many data-blocks it was found to be a user of, in all files so far: one number."""


class PointerTable:
    """The pointers of all structs of one description, worked out as they are met."""

    def __init__(self, dna: Dna) -> None:
        self._layouts = dna.layouts
        self.of: list[Pointers | None] = [None] * len(dna.layouts)
        """By index of the struct; None when there are none, or when it was not met yet."""
        self.wanted = bytearray([UNMET]) * len(dna.layouts)
        """By index: 0 to pass blocks of it over, 1 to keep them, :data:`UNMET` when it is not known yet."""
        self.silent: set[int] = set()
        """Blocks that make users of nothing, by code and index as in the file: there are thousands."""
        self._makes_users: dict[int, bool] = {}
        self._counted: dict[tuple[bytes | None, str], tuple[dict[int, Counted], set[int]]] = {}

    def makes_users(self, index: int) -> bool:
        """Say whether a struct has pointers that make users. Raises DamagedDna, IndexError."""
        found = self._makes_users.get(index)
        if found is None:
            slots = _find_all(self._layouts[index]) if index else ()
            found = self._makes_users[index] = any(slot.counts for slot in slots)
        return found

    def counted(
        self, target: bytes | None, header: str, places: Mapping[int, Sequence[int]]
    ) -> list[tuple[int, Counted]]:
        """Return what reads the pointers that make users of one kind of data-block, named by its struct.

        ``ANY_TARGET`` is for those pointers that may lead to every kind, None for all of both. Those come
        first that led to the most so far, then those of which there are few. ``header`` is what reads size
        and count of a block. Raises DamagedDna.
        """
        known, met = self._counted.setdefault((target, header), ({}, set()))
        for index in places.keys() - met:
            one = _make_counted(self._layouts[index], target, header)
            if one is not None:
                known[index] = one
            met.add(index)
        there = [(index, known[index]) for index in known.keys() & places.keys()]
        there.sort(key=lambda pair: (-pair[1].found[0], len(places[pair[0]]), pair[0]))
        return there

    def meet(self, index: int) -> int:
        """Work out a struct; return whether blocks of it are kept. Raises DamagedDna."""
        if index == 0:
            # Struct 0 marks raw data: its bytes are no struct (its name is not the same in all versions).
            self.wanted[0] = 1
            return 1
        layout = self._layouts[index]
        pointers = self.of[index] = _read_pointers(layout)
        kept = pointers is not None or layout.name in LOOKED_AT or is_modifier(layout)
        self.wanted[index] = kept
        return kept


def pointer_table(dna: Dna) -> PointerTable:
    """Return the table of a description; there is one for each."""
    found: PointerTable | None = dna.memo.get("pointers")
    if found is None:
        found = dna.memo["pointers"] = PointerTable(dna)
    return found


def is_modifier(layout: Layout) -> bool:
    """Say whether a struct is that of a modifier: they all begin alike."""
    fields = layout.struct.fields
    return bool(fields) and fields[0].dna_type.dna_type_id in _MODIFIERS and not fields[0].name.is_pointer


def _read_pointers(layout: Layout) -> Pointers | None:
    slots = _find_all(layout)
    return Pointers(tuple(slots), _make_reader(slots, layout.size)) if slots else None


def _find_all(layout: Layout) -> list[Slot]:
    return sorted(_find_slots(layout.struct, layout, 0, 0, [0]), key=lambda slot: slot.offset)


def _make_counted(layout: Layout, target: bytes | None, header: str) -> Counted | None:
    wanted = _ANY if target == ANY_TARGET else {target}
    slots = [slot for slot in _find_all(layout) if slot.counts and (target is None or slot.target in wanted)]
    if not slots:
        return None
    plain = [slot for slot in slots if not slot.is_array]
    arrays = [slot for slot in slots if slot.is_array]
    return Counted(
        _make_reader(plain, layout.size, header),
        _make_reader(plain, layout.size),
        _make_reader(arrays, layout.size) if arrays else None,
        layout.size,
        [0],
    )


def _make_reader(slots: list[Slot], size: int, header: str = "<") -> struct.Struct:
    """Return what reads some pointers of a struct of so many bytes at once."""
    parts, at = [header], 0
    for slot in slots:
        if slot.offset < at:
            raise DamagedDna
        parts.append(f"{slot.offset - at}xQ")
        at = slot.offset + 8
    if size < at:
        raise DamagedDna
    return struct.Struct(f"{''.join(parts)}{size - at}x")


def _find_slots(inner: Any, outer: Layout, base: int, depth: int, steps: list[int]) -> Iterator[Slot]:
    """Yield the pointers in one of BAT's structs, which is a part of ``outer``."""
    owner = inner.dna_type_id
    if depth > _MAX_DEPTH or owner in _SKIPPED_STRUCTS:
        return
    for part in inner.fields:
        kind, name = part.dna_type.dna_type_id, part.name
        if name.is_method_pointer or (owner, name.name_only) in _NEVER_BLOCKS:
            continue
        if name.is_pointer and kind not in _ANY and not _is_id(part.dna_type):
            continue
        if not name.is_pointer and not part.dna_type.fields:
            continue
        for index in range(name.array_size):
            steps[0] += 1
            if steps[0] > _MAX_STEPS:
                raise DamagedDna
            if name.is_pointer:
                yield Slot(
                    owner=owner,
                    field=name.name_only,
                    counts=_counts(owner, name.name_only, kind),
                    is_array=name.name_full.startswith(b"**"),
                    kind=_find_kind(outer, owner, name.name_only, kind),
                    offset=base + part.offset + 8 * index,
                    target=kind,
                )
            else:
                offset = base + part.offset + part.dna_type.size * index
                yield from _find_slots(part.dna_type, outer, offset, depth + 1, steps)


def _is_id(layout: Any) -> bool:
    fields = layout.fields
    return bool(fields and fields[0].dna_type.dna_type_id == b"ID" and not fields[0].name.is_pointer)


def _counts(owner: bytes, name: bytes, target: bytes) -> bool:
    if (owner, name) in _NOT_COUNTED:
        return False
    return target != b"Object" or (owner, name) in _OBJECT_USERS


def _find_kind(outer: Layout, owner: bytes, name: bytes, target: bytes) -> Kind:
    match owner, name:
        case ((b"CollectionObject" | b"CollectionChild"), _):
            return Kind.MEMBER
        case (b"Object", b"parent") | (b"DriverTarget", b"id") | (b"CameraDOFSettings", b"focus_object"):
            return Kind.PLACES
        case b"Object", (b"dup_group" | b"instance_collection"):  # the former is what files say
            return Kind.INSTANCED
        case (b"bPoseChannel", b"custom") | ((b"LightLinking" | b"CameraBGImage" | b"LayerCollection"), _):
            return Kind.IDLE
        case b"IDOverrideLibrary", _:
            return Kind.SAME if name == b"reference" else Kind.IDLE
        case _ if owner in _PLACING:
            return Kind.PLACES if target == b"Object" else Kind.IDLE
        case _:
            return Kind.MODIFIER if is_modifier(outer) else Kind.SHAPES
