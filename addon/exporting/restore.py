"""Puts licenses back on what was imported: stamps, the marks on faces, the scene's register."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import bpy

from ...core.errors import UserInputError
from ...core.ids import hash_grant_id
from ...core.rights.matching import Found, Key, Rights, match
from ...core.rights.record import UNDECLARED, RightsLicense, RightsRecord
from ...core.stamp_format import PROPERTY, Stamp, decode, encode
from .. import data_blocks, pasted, stamp_io
from .faces import read_numbers, write_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put back."""

    data_blocks: int = 0
    """How many carry one of the record's licenses now."""
    changed: int = 0
    """How many of these did not before."""
    licenses: int = 0
    notes: tuple[str, ...] = ()
    """What could not be put back, as sentences."""


def restore(record: RightsRecord, blocks: Sequence[Any], *, strict: bool = False) -> Restored:
    """Put the licenses of a record on the data-blocks that it fits (:func:`core.rights.matching.match`)."""
    blocks = [block for block in blocks if getattr(block, "library", None) is None]
    found = describe(blocks, with_owners=strict)
    matched = match(record, found, strict=strict)
    by_key = {data_blocks.key_of(block): block for block in blocks}
    done = write_all([(by_key[key], rights) for key, rights in matched.rights.items()], record.licenses)
    notes = []
    shared = [by_key[key].name for key, rights in matched.rights.items() if not rights.is_exact]
    if shared:
        notes.append(
            f"In {_name(shared)} the faces came in another form: every license is there, but not every face "
            "may carry the right one."
        )
    if matched.unclear:
        notes.append(
            f"{_name(matched.unclear)} may be one of several things with different licenses, and got none."
        )
    if matched.missing and not strict:
        notes.append(f"Not found again, and so without a license: {_name(matched.missing)}.")
    return replace(done, notes=tuple(notes))


def count_carried(blocks: Iterable[Any]) -> Restored:
    """Say what stamps data-blocks brought along themselves, and note them in the scene's register."""
    stamps = [stamp for block in blocks if (stamp := read_stamp(block)) is not None]
    stamp_io.register_found(bpy.context.scene, dict.fromkeys(encode(stamp) for stamp in stamps))
    return Restored(data_blocks=len(stamps), licenses=len({stamp.grant_id for stamp in stamps}))


def every_local_block() -> list[Any]:
    """Return what could have been imported: every data-block of this file's own."""
    return [
        block
        for collection in data_blocks.collections()
        for block in collection
        if getattr(block, "library", None) is None
    ]


def describe(blocks: Iterable[Any], *, with_owners: bool = False) -> list[Found]:
    """Describe data-blocks for the matcher. ``with_owners`` looks up which objects use them."""
    blocks = list(blocks)
    owners = _find_owners(blocks) if with_owners else {}
    found = []
    for block in blocks:
        key = data_blocks.key_of(block)
        values: dict[str, Any] = {}
        if block.id_type == "MESH":
            values = {"faces": len(block.polygons), "vertices": len(block.vertices)}
        elif block.id_type == "OBJECT" and block.data is not None:
            values = {"data": data_blocks.key_of(block.data)}
        found.append(
            Found(key=key, id_type=key[0], name=block.name, owners=owners.get(key, frozenset()), **values)
        )
    return found


def write_all(pairs: Iterable[tuple[Any, Rights]], licenses: Sequence[RightsLicense]) -> Restored:
    """Write stamps and faces, and note them in the scene's register.

    What a data-block carries already stays: a stamp that can be read, faces that are marked.
    """
    texts = [encode(each.stamp) for each in licenses]
    numbers = {index: hash_grant_id(each.stamp.grant_id) for index, each in enumerate(licenses)}
    numbers[UNDECLARED] = 0
    known, written = set(texts), dict[str, None]()
    used: set[str] = set()
    count = changed = 0
    for block, rights in pairs:
        indexes = {index for index, _ in rights.faces if index != UNDECLARED}
        if rights.stamp is not None:
            indexes.add(rights.stamp)
        is_bare = rights.stamp is not None and not _carries_one(block, known)
        if is_bare and rights.stamp is not None:
            stamp_io.put(block, texts[rights.stamp])
        elif rights.stamp is not None and block.id_type == "MATERIAL":
            is_bare = pasted.put_within(block, texts[rights.stamp])
        if indexes and rights.faces and block.id_type == "MESH" and not read_numbers(block).any():
            write_numbers(block, [(numbers[index], faces) for index, faces in rights.faces])
            is_bare = True
        written.update(dict.fromkeys(texts[index] for index in sorted(indexes)))
        used.update(licenses[index].stamp.grant_id for index in indexes)
        count += bool(indexes)
        changed += is_bare
    stamp_io.register_found(bpy.context.scene, written)
    return Restored(data_blocks=count, changed=changed, licenses=len(used))


def read_stamp(block: Any) -> Stamp | None:
    """Return the stamp on a data-block, or None when there is none that can be read."""
    text = block.get(PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        return decode(text)
    except UserInputError:
        return None


def _carries_one(block: Any, known: set[str]) -> bool:
    """Say whether a data-block has a stamp; most have one of the known, and only others have to be read."""
    text = block.get(PROPERTY)
    return isinstance(text, str) and (text in known or read_stamp(block) is not None)


def _find_owners(blocks: Sequence[Any]) -> dict[Key, frozenset[Key]]:
    """Return for each data-block the objects that use it, through data, materials and node groups."""
    users = bpy.data.user_map(subset=[each for each in blocks if isinstance(each, bpy.types.ID)])
    every = bpy.data.user_map()
    owners: dict[Key, frozenset[Key]] = {}
    for block in blocks:
        if block.id_type in {"OBJECT", "MESH"} or block not in users:
            continue
        seen: set[Any] = set()
        waiting = list(users[block])
        while waiting:
            user = waiting.pop()
            if user in seen or user.id_type in {"SCENE", "COLLECTION", "WINDOWMANAGER"}:
                continue
            seen.add(user)
            if user.id_type != "OBJECT":
                waiting += every.get(user, ())
        owners[data_blocks.key_of(block)] = frozenset(
            data_blocks.key_of(each) for each in seen if each.id_type == "OBJECT"
        )
    return owners


def _name(names: Sequence[str]) -> str:
    """Name a few of many."""
    shown = [f"“{name[:60]}”" for name in names[:3]]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")
