"""A look for unstamped content that is owned: copy a little out at every tick, and stamp what was recognized.

Main thread only. What the tick does is bounded by its time; comparing is the workers' part.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from ..core.model.content import Candidate
from ..core.model.scene import Handle
from ..core.stamp_format import decode
from . import declaring
from .content import copy_out

if TYPE_CHECKING:
    from ..core.app import App
    from ..core.model.recognition import Suggestion
    from ..core.model.scene import DataBlock, SceneScan

BATCH = 24
BATCH_BYTES = 64 * 1024 * 1024
"""What is handed to a worker at once; two batches are under way at most."""
_COLLECTIONS = {"MESH": "meshes", "IMAGE": "images"}


@dataclass(slots=True)
class Look:
    """One look at a scene: what is still to be copied out."""

    number: int
    waiting: list[DataBlock]
    """In reverse order."""
    bounded: bool = True

    def step(self, app: App, *, until: float | None) -> bool:
        """Copy some out and hand it in; return whether there is more to do."""
        session = app.session
        while self.waiting and session.can_look(self.number):
            batch: list[Candidate] = []
            size = 0
            is_late = False
            while self.waiting and len(batch) < BATCH and size < BATCH_BYTES and not is_late:
                block = _find(self.waiting.pop())
                # What is no longer there, or empty, counts as looked at.
                candidate = copy_out(block, bounded=self.bounded) if block is not None else None
                if candidate is not None:
                    batch.append(candidate)
                    size += _size_of(candidate)
                is_late = until is not None and time.perf_counter() >= until
            session.compare_batch(self.number, batch)
            if is_late:
                break
        if not self.waiting and session.is_looking(self.number):
            session.end_look(self.number)
        return bool(self.waiting) and session.is_looking(self.number)


def start(app: App, scan: SceneScan, *, bounded: bool) -> Look:
    """Begin a look at everything in a scene that carries no license."""
    from ..core.services.reporting.recognize import find_free

    free = find_free(scan)
    return Look(app.session.start_recognition(len(free)), list(reversed(free)), bounded)


def _find(wanted: DataBlock) -> Any:
    """Return a data-block by its name, if it still is the one that was scanned; None otherwise."""
    known = getattr(bpy.data, _COLLECTIONS[wanted.id_type])
    found = known.get((wanted.name, wanted.library or None))
    return found if found is not None and found.session_uid == wanted.session_uid else None


def _size_of(candidate: Candidate) -> int:
    if candidate.mesh is not None:
        return int(candidate.mesh.positions.nbytes + candidate.mesh.corners.nbytes)
    if candidate.pixels is not None:
        return int(candidate.pixels.values.nbytes)
    return len(candidate.image or b"")


def write_stamps(
    chosen: Sequence[tuple[str, Suggestion]], scan: SceneScan, *, with_materials: bool
) -> list[tuple[str, str]]:
    """Stamp recognized data-blocks (``MESH/Chair``) with what they are; return which, with the grants' ids.

    With a mesh the objects that show it are stamped. What got a license meanwhile, or is gone, is left out.
    """
    from ..core.services.reporting.recognize import find_free, with_objects

    by_subject = {f"{block.id_type}/{block.name}": block for block in find_free(scan)}
    done: list[tuple[str, str]] = []
    for subject, suggestion in chosen:
        block = by_subject.get(subject)
        if block is None:
            continue
        handles = list(with_objects(scan, block))
        if with_materials:
            handles += _materials_of(block)
        if declaring.write_stamps(handles, decode(suggestion.stamp), scan):
            done.append((subject, suggestion.grant_id))
    return done


def _materials_of(wanted: DataBlock) -> Iterable[Handle]:
    """Return the materials on a mesh, or those that show an image."""
    block = _find(wanted)
    if block is None:
        return []
    if block.id_type == "MESH":
        materials = [material for material in block.materials if material is not None]
    else:
        users = bpy.data.user_map(subset=[block]).get(block, ())
        materials = [user for user in users if user.id_type == "MATERIAL"]
    return [Handle(id_type="MATERIAL", session_uid=int(one.session_uid)) for one in materials]
