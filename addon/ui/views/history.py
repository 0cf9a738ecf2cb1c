"""What was bought at a marketplace before, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.marketplaces.base import Capability, MarketplaceInfo, RecordState
from ....core.services.buying.history import KnownRecord
from ....core.session.state import HistoryState, Phase, SessionState
from ...messages import tell
from .rows import Note, Tone
from .text import count, shorten

MAX_ROWS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One earlier purchase."""

    number: int
    text: str
    detail: str
    owned: bool
    """It is in the library already."""
    adoptable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryView:
    """The earlier purchases at one marketplace."""

    marketplace: str
    name: str
    kinds: tuple[str, ...]
    notes: tuple[Note, ...] = ()
    rows: tuple[HistoryRow, ...] = ()
    more: bool = False


def view_history(state: SessionState, infos: Sequence[MarketplaceInfo]) -> tuple[HistoryView, ...]:
    """Build a part for every marketplace that keeps records which can be read."""
    return tuple(
        _view(info, state.history.get(info.id)) for info in infos if Capability.HISTORY in info.capabilities
    )


def _view(info: MarketplaceInfo, history: HistoryState | None) -> HistoryView:
    kinds = tuple(sorted(kind.value for kind in info.kinds))
    if history is None:
        return HistoryView(marketplace=info.id, name=info.name, kinds=kinds)
    notes: list[Note] = []
    if history.phase is Phase.BUSY:
        notes.append(Note(text=f"Asking {info.name}.", tone=Tone.BUSY))
    if history.problem is not None:
        notes.append(Note(text=tell(history.problem, where=info.name), tone=Tone.BAD))
    if history.phase is Phase.READY and not history.rows:
        notes.append(Note(text=f"{info.name} lists nothing that this account bought."))
    if len(history.rows) > MAX_ROWS:
        notes.append(Note(text=f"The first {MAX_ROWS} of {count(len(history.rows), 'purchase')} are shown."))
    return HistoryView(
        marketplace=info.id,
        name=info.name,
        kinds=kinds,
        notes=tuple(notes),
        rows=tuple(_row(number, row) for number, row in enumerate(history.rows[:MAX_ROWS])),
        more=history.next_cursor is not None and history.phase is not Phase.BUSY,
    )


def _row(number: int, row: KnownRecord) -> HistoryRow:
    record = row.record
    words = [record.at.date().isoformat() if record.at else "", shorten(record.license_label, 40)]
    if record.charged is not None:
        words.append(str(record.charged))
    if record.state is not RecordState.PAID:
        words.append(record.state.value.replace("_", " "))
    title = row.grant.title if row.grant is not None else ""
    return HistoryRow(
        number=number,
        text=shorten(title, 60) or f"{row.kind.value.capitalize()} {shorten(record.ref.id, 40) or '(no id)'}",
        detail=" · ".join(word for word in words if word),
        owned=row.grant is not None,
        adoptable=row.adoptable and bool(record.ref.id),
    )
