"""Product feeds as rows for the preferences. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.session.state import FeedProgress, Phase, SessionState
from ...messages import tell
from .rows import Note, Tone
from .text import clean, count, shorten


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One feed that is searched here."""

    feed_id: int
    name: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedsView:
    """The feeds of one marketplace."""

    rows: tuple[FeedRow, ...]
    notes: tuple[Note, ...] = ()
    fraction: float | None = None
    """How much of a feed that is being read has been read; None: none is, or it is not known."""


def view_feeds(state: SessionState, marketplace: str) -> FeedsView:
    """Build the list of a marketplace's feeds, and how reading one goes."""
    rows = tuple(
        FeedRow(
            feed_id=feed.id,
            name=clean(feed.path.name)[:80],
            detail=f"{count(feed.products, 'product')}, prices of {feed.day.isoformat()}"
            + (f", {count(feed.bad, 'row')} unusable" if feed.bad else ""),
        )
        for feed in state.feeds
        if feed.marketplace == marketplace
    )
    progress = state.feed if state.feed is not None and state.feed.marketplace == marketplace else None
    notes = _notes(progress)
    if not rows and progress is None:
        notes.append(Note(text="No feed yet: add a file with its products to search them here."))
    task = progress.task if progress is not None else None
    return FeedsView(
        rows=rows, notes=tuple(notes), fraction=task.fraction if task is not None and task.active else None
    )


def _notes(progress: FeedProgress | None) -> list[Note]:
    if progress is None:
        return []
    name = shorten(progress.path.name, 60)
    if progress.problem is not None:
        return [Note(text=tell(progress.problem), tone=Tone.BAD)]
    if progress.phase is Phase.BUSY or progress.result is None:
        return [Note(text=f"Reading {name}.", tone=Tone.BUSY)]
    done = progress.result
    notes = [
        Note(
            text=f"{name}: {done.added:,} new, {done.changed:,} changed, {done.removed:,} gone, "
            f"{done.unchanged:,} as before.",
            tone=Tone.GOOD,
        )
    ]
    if done.bad or done.unclear:
        notes.append(
            Note(
                text=f"{count(done.bad, 'row')} could not be used, {done.unclear:,} only in part.",
                tone=Tone.WARN,
            )
        )
    notes += [Note(text=f"Line {row.line}: {shorten(row.why, 160)}") for row in done.bad_rows[:3]]
    if done.note:
        notes.append(Note(text=shorten(done.note, 300), tone=Tone.WARN))
    return notes
