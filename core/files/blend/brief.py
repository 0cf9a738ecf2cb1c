"""Describe the data-blocks of a scene's own file for sums over thousands of files: no more than these ask.

It leads to the same sums as what ``reader.read_scene`` says; ``read_briefly`` tells the differences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...model.scene import DataBlock, IdType
from ...stamp_format import FILED_TYPES, SceneNotes
from .baked import find_baking
from .dna import Field
from .facts import LICENSED_WITHIN, NOT_CONTENT, OBJECT_TYPES, STAMPED, kind_of, read_facts
from .file import BlendFile
from .ids import IdBlock
from .links import FAKE_USER
from .mesh import has_new_loose, has_other_file, shows_new
from .scene import Opened

# In the order in which files have them: they need not be sorted then.
_ALIKE: tuple[Field, ...] = (("h", b"type"), ("Q", b"data"))
"""Objects without a stamp that have these in common count alike."""
_FACES: tuple[Field, ...] = (("i", b"totvert"), ("i", b"totpoly"))
_TYPE: tuple[Field, ...] = (("h", b"source"), ("h", b"type"))


def describe_own(
    opened: Opened, own: Mapping[bytes, Sequence[int]], unasked: frozenset[str], notes: SceneNotes
) -> Iterator[DataBlock]:
    """Yield what counts of the data-blocks of a scene's own file. They are given by code and number.

    Those of the kinds ``unasked`` are left out unless they have properties, or ``notes`` name them. What was
    loaded of libraries is told whether it has users on the way.
    """
    file, rows = opened.file, opened.file.ids.rows
    asked = _sort_asked(file, own, unasked, _sort_names(notes))
    noted = asked.noted
    unused = _find_unused(opened, asked.addresses, asked.structs, unasked)
    baking = find_baking(file)
    if baking:
        noted.update(one for one in own.get(b"OB", ()) if rows[one].address in baking)
    alike: dict[tuple[str, bool, bool], DataBlock] = {}
    for kind, numbers in asked.kinds:
        plain = [one for one in numbers if not rows[one][8] and one not in noted]
        special = numbers if not plain else [one for one in numbers if rows[one][8] or one in noted]
        if kind == IdType.OBJECT:
            yield from _describe_objects(file, plain, unused)
        else:
            examples, others = _count_alike(file, kind, plain, unused)
            special = [*special, *others]
            for number, times in examples:
                is_used = rows[number][2] not in unused
                found = _describe(file, file.ids[number], kind, users=int(is_used), notes=notes)
                if found is not None:
                    # Without a license nobody asks for its name: it is told as the first of its kind.
                    found = alike.setdefault((kind, is_used, found.unmarked_faces > 0), found)
                    yield from (found,) * times
        for number in special:
            is_used = rows[number][2] not in unused
            found = _describe(
                file, file.ids[number], kind, users=int(is_used), notes=notes, is_noted=number in noted
            )
            if found is None:
                continue
            is_plain = kind != IdType.OBJECT and found.stamp is None and not found.face_grants
            if is_plain and number not in noted:
                found = alike.setdefault((kind, is_used, found.unmarked_faces > 0), found)
            yield found


class _Asked(NamedTuple):
    """What has to be told of a file."""

    kinds: list[tuple[str, Sequence[int]]]
    """Which data-blocks, by their numbers."""
    noted: set[int]
    """Those that the scene noted by name."""
    addresses: dict[bytes, set[int]]
    """Of those data-blocks of which it counts whether they have a user, by code."""
    structs: dict[bytes, bytes]
    """What the structs of the codes are called."""


def _sort_asked(
    file: BlendFile,
    own: Mapping[bytes, Sequence[int]],
    unasked: frozenset[str],
    names: Mapping[str, set[bytes]],
) -> _Asked:
    rows = file.ids.rows
    asked = _Asked([], set(), {}, {})
    nothing: set[int] = set()
    for code, every in own.items():
        kind = kind_of(code)
        asked.structs[code] = file.dna.layouts[rows[every[0]].struct_index].name
        if kind is None:
            continue
        numbers = every
        wanted = names.get(kind)
        named = (
            {one for one in every if rows[one].name[2:].split(b"\x00", 1)[0] in wanted} if wanted else nothing
        )
        if kind in unasked or kind not in STAMPED:
            numbers = [one for one in every if rows[one].properties or one in named]
        asked.kinds.append((kind, numbers))
        asked.noted.update(named)
        asking = numbers if kind not in unasked else named
        if asking:
            asked.addresses[code] = {rows[one][2] for one in asking if not rows[one][7] & FAKE_USER}
    return asked


def _find_unused(
    opened: Opened,
    addresses: dict[bytes, set[int]],
    structs: dict[bytes, bytes],
    unasked: frozenset[str],
) -> set[int]:
    """Find which data-blocks have no user: of those given, and of what was loaded from libraries."""
    reached = opened.reached
    for address, loaded in reached.items():
        kind = kind_of(loaded.name)
        if kind is not None and not loaded.users and (loaded.block is None or kind not in unasked):
            addresses.setdefault(loaded.code, set()).add(address)
    unused = opened.find_unused(addresses, structs)
    for address, loaded in reached.items():
        loaded.users = loaded.users or int(address not in unused)
    return unused


def _describe_objects(file: BlendFile, objects: Sequence[int], unused: set[int]) -> Iterator[DataBlock]:
    """Describe objects without properties; those that count alike are told as one and the same."""
    rows, ids = file.ids.rows, file.ids
    used = [rows[number][2] not in unused for number in objects]
    keys = list(zip(file.records(objects, _ALIKE), used, strict=True))
    examples = dict(zip(keys, objects, strict=True))
    for key, times in Counter(keys).items():
        (type_, address), is_used = key
        data = ids.row_at(address)
        one = DataBlock(
            id_type=IdType.OBJECT,
            name=_read_name(rows[examples[key]].name),
            data_name="" if data is None else _read_name(data.name),
            data_type=OBJECT_TYPES.get(type_, ""),
            users=int(is_used),
        )
        yield from (one,) * times


def _count_alike(
    file: BlendFile, kind: str, numbers: Sequence[int], unused: set[int]
) -> tuple[list[tuple[int, int]], Sequence[int]]:
    """Sort data-blocks of one kind without properties: how many count as an example does, and the others."""
    if not numbers or kind == IdType.FONT:
        return [], numbers
    rows, ids = file.ids.rows, file.ids
    others: Sequence[int] = ()
    text = LICENSED_WITHIN.get(kind)
    if text is not None and (others := ids.find_mentioning(numbers, text)):
        numbers = sorted(set(numbers).difference(others))
    if kind == IdType.MESH:
        tells = [faces > 0 for _, faces in file.records(numbers, _FACES)]
    elif kind == IdType.IMAGE:
        tells = [type_ in NOT_CONTENT for _, type_ in file.records(numbers, _TYPE)]
    else:
        tells = [False] * len(numbers)
    keys = [(tell, rows[number][2] in unused) for tell, number in zip(tells, numbers, strict=True)]
    examples = dict(zip(reversed(keys), reversed(numbers), strict=True))
    return [(examples[key], times) for key, times in Counter(keys).items()], others


def _read_name(name: bytes) -> str:
    return name[2:].split(b"\x00", 1)[0].decode("utf-8", "replace")


def _sort_names(notes: SceneNotes) -> dict[str, set[bytes]]:
    """Return by kind which data-blocks the scene noted with a stamp."""
    found: dict[str, set[bytes]] = {}
    for entry in notes.names:
        kind, _, name = entry.partition("/")
        found.setdefault(kind, set()).add(name.encode())
    return found


def _describe(
    file: BlendFile,
    block: IdBlock,
    kind: str,
    *,
    users: int,
    notes: SceneNotes | None,
    is_noted: bool = False,
) -> DataBlock | None:
    """Return what a scan tells of a data-block; None for one that it passes over."""
    facts = read_facts(file, block, kind)
    if facts.is_made_by_blender or (kind not in STAMPED and facts.stamp is None and not is_noted):
        return None
    grown = facts.parts_added
    if kind == IdType.MESH and notes is not None and notes.ask_loose(facts.stamp):
        grown = has_new_loose(file, block)
    elif kind == IdType.IMAGE and notes is not None and notes.ask_image(facts.stamp):
        grown = shows_new(file, block)
    elif kind in FILED_TYPES and notes is not None and notes.ask_image(facts.stamp):
        grown = has_other_file(file, block)
    return DataBlock(
        id_type=kind,
        name=block.name[2:].decode("utf-8", "replace"),
        stamp=facts.stamp,
        data_name=facts.data_name,
        data_type=facts.data_type,
        face_grants=facts.face_grants,
        unmarked_faces=facts.unmarked_faces,
        users=users,
        parts_added=grown,
    )
