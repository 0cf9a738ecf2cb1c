"""Finds out what a scene has lost: grants of which nothing is left, and libraries that no longer tell. Pure.

A grant counts as lost when no content carries it any more. A collection, a library or an empty has no content
of its own, and a data-block without users is gone with the next save: a stamp on those alone proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from ..model.findings import Finding, Severity
from ..model.scene import HELPER_OBJECTS, DataBlock, IdType, SceneScan
from ..stamp_format import NAMED_TYPES, QUIET_TYPES, Stamp, is_name
from .witnesses import Decoded, Sighting, Witness

_IN_DOUBT = frozenset(
    {
        Witness.FACES, Witness.FACES_LOST, Witness.STAMP_LOST, Witness.UNKNOWN_GRANT, Witness.DAMAGED,
        Witness.NEWER, Witness.MISSING, Witness.REMEMBERED, Witness.NONE,
    }
)  # fmt: skip
"""Witnesses that leave open what a data-block is made of."""

_BARE_TYPES = QUIET_TYPES - {IdType.MESH}


class Lost(NamedTuple):
    """A grant of which no content is left.

    ``hollow``: a container still carries its stamp. ``suspicious``: something here could be what is left.
    """

    grant_id: str
    hollow: bool
    suspicious: bool


def find_lost(
    scan: SceneScan, decoded: Decoded, sightings: Iterable[Sighting], stripped: Iterable[tuple[str, str]] = ()
) -> tuple[Lost, ...]:
    """Return the grants of which no content is left; ``stripped`` is what :func:`find_stripped` found."""
    whole: set[str] = set()
    hollow: dict[str, None] = {}
    suspicious = False
    for sighting in sightings:
        block, witness, grant_ids, _, unknown_faces = sighting
        suspicious = suspicious or (
            witness in _IN_DOUBT or block.unmarked_faces > 0 or unknown_faces > 0 or block.parts_added
        )
        if not grant_ids or (grant_ids[0] in whole and len(grant_ids) == 1):
            continue
        if _has_content(block):
            whole.update(grant_ids)
        else:
            hollow.update(dict.fromkeys(grant_ids))
    registered = (stamp.grant_id for text in scan.register if isinstance(stamp := decoded.read(text), Stamp))
    ids = dict.fromkeys((*registered, *hollow))
    bare = _bare_kinds(scan) if scan.quiet else frozenset[str]()
    bare |= {name for _, name in stripped}
    return tuple(
        Lost(one, one in hollow, suspicious or bool(bare & scan.quiet.get(one, frozenset())))
        for one in ids
        if one not in whole
    )


def find_unstamped_actions(
    scan: SceneScan, sightings: Iterable[Sighting], lost: Iterable[Lost]
) -> tuple[tuple[str, ...], int]:
    """Return the grants whose actions carry their stamp no more, and how many actions here carry none."""
    if not scan.quiet:
        return (), 0
    bare = sum(_is_bare(block) for block in scan.data_blocks if block.id_type == IdType.ACTION)
    if not bare:
        return (), 0
    gone = {each.grant_id for each in lost}
    still = {
        grant_id
        for sighting in sightings
        if sighting.block.id_type == IdType.ACTION and sighting.block.users
        for grant_id in sighting.grant_ids
    }
    noted = (one for one, kinds in scan.quiet.items() if IdType.ACTION in kinds)
    return tuple(sorted(one for one in noted if one not in still and one not in gone)), bare


def find_stripped(scan: SceneScan, sightings: Iterable[Sighting]) -> Iterator[tuple[str, str]]:
    """Yield grants with the data-blocks (``LIGHT/Lamp``) that carried their stamp by that name, but not now.

    Of those only that every scene makes by itself too; others are undeclared without a stamp. An object whose
    data still says whose it is has lost nothing.
    """
    owners = {name: grant_id for grant_id, kinds in scan.quiet.items() for name in kinds if is_name(name)}
    if not owners:
        return
    by_data = {id(sighting.block) for sighting in sightings if sighting.witness is Witness.DATA}
    for block in scan.data_blocks:
        if block.stamp is not None or block.library or block.id_type not in NAMED_TYPES:
            continue
        if block.id_type == IdType.OBJECT and block.data_type not in HELPER_OBJECTS:
            continue
        grant_id = owners.get(f"{block.id_type}/{block.name}")
        if grant_id is not None and _is_bare(block) and id(block) not in by_data:
            yield grant_id, f"{block.id_type}/{block.name}"


def _bare_kinds(scan: SceneScan) -> frozenset[str]:
    """Return the quiet kinds of which something may be left here unseen."""
    bare = (block for block in scan.data_blocks if block.id_type in _BARE_TYPES and _is_bare(block))
    return frozenset({str(IdType.MESH), *(str(block.id_type) for block in bare)})


def _is_bare(block: DataBlock) -> bool:
    return block.stamp is None and block.remembered is None and block.users > 0


def find_absent(sightings: Iterable[Sighting]) -> Iterator[tuple[str, Finding]]:
    """Say by path which libraries are missing, and which no longer say what they said."""
    missing: dict[str, int] = {}
    changed: dict[str, int] = {}
    for sighting in sightings:
        library = sighting.block.library
        if sighting.block.missing and library:
            missing[library] = missing.get(library, 0) + 1
        elif sighting.witness is Witness.REMEMBERED:
            changed[library] = changed.get(library, 0) + 1
    for library, count in missing.items():
        what = f"{_things(count)} linked from “{_name(library)}” {'is' if count == 1 else 'are'} missing"
        message = (
            f"{what}: what was there cannot be checked, only what was noted when this scene was last saved."
        )
        how_to_fix = (
            "Find the library again (File › External Data › Find Missing Files, or relocate it in the "
            "Outliner), then check the scene again."
        )
        yield library, _about(library, "library.missing", message, how_to_fix)
    for library, count in changed.items():
        they = "no longer does in its library" if count == 1 else "no longer do in their library"
        what = f"{_things(count)} linked from “{_name(library)}” carried a license"
        message = f"{what} when this scene was last saved, and {they}."
        how_to_fix = "Find out who changed the library, and import the asset there again."
        yield library, _about(library, "library.changed", message, how_to_fix)


def _about(library: str, rule: str, message: str, how_to_fix: str) -> Finding:
    return Finding(
        rule=rule,
        severity=Severity.WARNING,
        message=message,
        how_to_fix=how_to_fix,
        subject=f"{IdType.LIBRARY}/{_name(library)}",
    )


def _has_content(block: DataBlock) -> bool:
    if block.missing:
        return True
    if block.users == 0 or block.id_type in {IdType.COLLECTION, IdType.LIBRARY}:
        return False
    return not (block.id_type == IdType.OBJECT and block.data_type in HELPER_OBJECTS)


def _things(count: int) -> str:
    return "A data-block" if count == 1 else f"{count:,} data-blocks"


def _name(library: str) -> str:
    """Return a library's name out of its path, which may be another system's."""
    return PurePosixPath(library.replace("\\", "/")).name or library
