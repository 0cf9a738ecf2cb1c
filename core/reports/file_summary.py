"""Reduce what one scene file holds to a few numbers, for the report of a whole production. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from ..model.production import FileSummary
from ..model.scene import SceneScan
from .witnesses import Decoded, Witness, see

_UNREADABLE = (Witness.DAMAGED, Witness.NEWER)


def summarize(scan: SceneScan) -> FileSummary:
    """Reduce a scene to what a production's report needs."""
    decoded = Decoded()
    # Objects that count alike may be told as one and the same, hundreds of times: it is looked at once.
    once = tuple({id(block): block for block in scan.data_blocks}.values())
    times = Counter(map(id, scan.data_blocks))
    counts: dict[str, int] = {}
    undeclared = unreadable = 0
    for sighting in see(replace(scan, data_blocks=once), ledger_ids=(), decoded=decoded):
        number = times[id(sighting.block)]
        if sighting.stamp is not None:
            counts[sighting.stamp.grant_id] = counts.get(sighting.stamp.grant_id, 0) + number
        undeclared += number * (sighting.witness is Witness.NONE)
        unreadable += number * (sighting.witness in _UNREADABLE)
    faces = frozenset().union(*(block.face_grants for block in once))
    return FileSummary(
        path=scan.scene,
        grants=tuple(sorted({**dict.fromkeys(decoded.by_grant(), 0), **counts}.items())),
        face_numbers=tuple(sorted(faces)),
        undeclared=undeclared,
        unreadable_stamps=unreadable,
    )
