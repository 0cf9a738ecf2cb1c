"""What arrived in the folder for downloads, and what waits for a file, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.files.pickup import Candidate
from ....core.marketplaces.base import MarketplaceInfo
from ....core.services.delivering.pickup import Found
from ....core.session.state import Phase, SessionState
from ...messages import tell
from .rows import Note, Tone, names_of
from .text import clean, count, describe_size, join, shorten

MAX_FOUND_SHOWN = 12
MAX_CHOICES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A file that may be a download from a marketplace."""

    path: str
    name: str
    detail: str
    """Size, and what the file says of itself."""
    match: str
    """What it seems to be for, and why; empty when nothing fits."""
    grant_id: str = ""
    """The license that it fits best; empty when a person has to say."""
    certain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PickUpView:
    """The panel for downloads from websites."""

    notes: tuple[Note, ...]
    rows: tuple[FoundRow, ...] = ()
    waiting: tuple[str, ...] = ()
    """What waits for a file, as lines."""
    busy: bool = False


def view_pickup(state: SessionState, infos: Sequence[MarketplaceInfo]) -> PickUpView:
    """Build the panel."""
    notes: list[Note] = []
    looked = state.pickup
    if state.pickup_phase is Phase.FAILED and state.pickup_problem is not None:
        notes.append(Note(text=tell(state.pickup_problem), tone=Tone.BAD))
    if looked is None:
        if not notes:
            notes.append(
                Note(text="What you buy and download on a website is found in your folder for downloads.")
            )
        return PickUpView(notes=tuple(notes), busy=state.pickup_phase is Phase.BUSY)
    notes += [Note(text=shorten(problem, 300), tone=Tone.WARN) for problem in looked.problems]
    if looked.arriving:
        names = join([shorten(name, 40) for name in looked.arriving[:3]])
        notes.append(Note(text=f"Still being downloaded: {names}.", tone=Tone.BUSY))
    shown = looked.found[:MAX_FOUND_SHOWN]
    if not looked.found:
        notes.append(Note(text="No download was found. Download the file on the website first."))
    elif len(looked.found) > len(shown):
        notes.append(Note(text=f"The best {len(shown)} of {count(len(looked.found), 'file')} are shown."))
    names_by_id = names_of(infos)
    return PickUpView(
        notes=tuple(notes),
        rows=tuple(_row(found) for found in shown),
        waiting=tuple(_waiting(one, names_by_id) for one in looked.waiting[:MAX_FOUND_SHOWN]),
        busy=state.pickup_phase is Phase.BUSY,
    )


def choices(state: SessionState) -> tuple[tuple[str, str], ...]:
    """Return (grant id, title) of what a file can be taken for."""
    waiting = state.pickup.waiting if state.pickup is not None else ()
    return tuple((one.grant_id, f"{shorten(one.title, 50)} ({one.ref})") for one in waiting if one.grant_id)[
        :MAX_CHOICES
    ]


def _row(found: Found) -> FoundRow:
    archive, origin = found.archive, found.archive.origin
    told = ""
    if origin is not None:
        version = f" {origin.version}" if origin.version else ""
        told = (
            f" · says it is “{shorten(origin.title, 50)}”{version}, product {shorten(origin.product_id, 20)}"
        )
    elif archive.origin_trouble:
        told = f" · {shorten(archive.origin_trouble, 120)}"
    best = next((one for one in found.matches if one.candidate.grant_id), None)
    first = best or next(iter(found.matches), None)
    sure = found.certain
    match = ""
    if first is not None:
        why = f" ({shorten(join(list(first.reasons)), 120)})" if first.reasons else ""
        word = "Is" if first.is_certain else "May be"
        later = "" if first.candidate.grant_id else "; confirm that purchase first"
        match = f"{word}: {shorten(first.candidate.title, 60)}{why}{later}"
    return FoundRow(
        path=str(archive.path),
        name=clean(archive.path.name)[:80],
        detail=f"{describe_size(archive.size)}{told}",
        match=match,
        grant_id=(sure.grant_id if sure is not None else best.candidate.grant_id if best else ""),
        certain=sure is not None,
    )


def _waiting(one: Candidate, names: dict[str, str]) -> str:
    where = names.get(one.ref.marketplace, one.ref.marketplace)
    state = "bought" if one.grant_id else "not confirmed yet"
    return f"{shorten(one.title, 60)} · {where}, {state}"
