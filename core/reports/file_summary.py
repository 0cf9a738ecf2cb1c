"""Reduce what one scene file holds to a few numbers, for the report of a whole production. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..ids import find_near_mark, hash_grant_id
from ..model.declaration import is_declaration_id
from ..model.file_summary import FileSummary
from ..model.scene import IdType, SceneScan
from .losses import find_stripped
from .witnesses import Decoded, Sighting, Witness, see

_UNREADABLE = (Witness.DAMAGED, Witness.NEWER)
_DOUBTFUL = (Witness.MISSING, Witness.REMEMBERED)


def summarize(scan: SceneScan) -> FileSummary:
    """Reduce a scene to what a production's report needs."""
    decoded = Decoded()
    # Objects that count alike may be told as one and the same, hundreds of times: it is looked at once.
    once = tuple({id(block): block for block in scan.data_blocks}.values())
    times = Counter(map(id, scan.data_blocks))
    counts: dict[str, int] = {}
    undeclared = unreadable = 0
    each = replace(scan, data_blocks=once)
    sightings = see(each, ledger_ids=(), decoded=decoded)
    bought = not all(map(is_declaration_id, decoded.by_grant()))
    doubtful = sum(1 for _ in find_stripped(each, sightings))
    for sighting in sightings:
        number = times[id(sighting.block)]
        if sighting.stamp is not None:
            counts[sighting.stamp.grant_id] = counts.get(sighting.stamp.grant_id, 0) + number
        undeclared += number * (sighting.witness is Witness.NONE)
        unreadable += number * (sighting.witness in _UNREADABLE)
        doubtful += number * _is_doubtful(sighting, bought=bought)
    marks = sorted(map(hash_grant_id, decoded.by_grant()))
    numbers = frozenset().union(*(block.face_grants for block in once))
    faces = {one if (near := find_near_mark(one, marks)) is None else near for one in numbers}
    return FileSummary(
        path=scan.scene,
        grants=tuple(sorted({**dict.fromkeys(decoded.by_grant(), 0), **counts}.items())),
        face_numbers=tuple(sorted(faces)),
        undeclared=undeclared,
        unreadable_stamps=unreadable,
        doubtful=doubtful,
    )


def _is_doubtful(sighting: Sighting, *, bought: bool) -> bool:
    """Say whether the scene's own report has something to say of a data-block's witnesses.

    What is marked on faces is judged without the ledger, so that its numbers stay what they are.
    """
    block, stamp = sighting.block, sighting.stamp
    if sighting.witness is Witness.FACES_LOST:
        return bought or not all(map(is_declaration_id, sighting.grant_ids))
    if sighting.witness in _DOUBTFUL:
        return True
    if block.stamp is None:
        is_merged = len(block.face_grants) > 1 and not block.unmarked_faces and block.id_type == IdType.MESH
        return bool(block.face_grants) and not is_merged
    if stamp is None:
        return False
    is_partly = bool(block.face_grants) and block.unmarked_faces > 0
    return is_partly or (block.parts_added and (bought or not is_declaration_id(stamp.grant_id)))
