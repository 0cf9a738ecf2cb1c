"""Reduce what one scene file holds to a few numbers, for the report of a whole production. Pure."""

from __future__ import annotations

from ..model.production import FileSummary
from ..model.scene import SceneScan
from .witnesses import Decoded, Witness, see


def summarize(scan: SceneScan) -> FileSummary:
    """Reduce a scene to what a production's report needs."""
    decoded = Decoded()
    sightings = see(scan, ledger_ids=(), decoded=decoded)
    counts = dict.fromkeys(decoded.by_grant(), 0)
    for sighting in sightings:
        if sighting.stamp is not None:
            counts[sighting.stamp.grant_id] += 1
    faces = {number for block in scan.data_blocks for number in block.face_grants}
    return FileSummary(
        path=scan.scene,
        grants=tuple(sorted(counts.items())),
        face_numbers=tuple(sorted(faces)),
        undeclared=sum(sighting.witness is Witness.NONE for sighting in sightings),
        unreadable_stamps=sum(sighting.witness in (Witness.DAMAGED, Witness.NEWER) for sighting in sightings),
    )
