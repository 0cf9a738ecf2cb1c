"""Seats and what ends soon, as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.policy.seating import SeatLevel
from ....core.services.studio.ends import EndsAs, EndsSoon
from ....core.services.studio.seats import SeatsOf
from ....core.session.state import Phase, SeatingState
from .rows import Note, Tone
from .text import count, join, shorten

SHOWN = 30
"""Licenses and ends that the panel lists before it counts."""
NAMED = 6
_TONES = {
    SeatLevel.FREE: Tone.GOOD,
    SeatLevel.NEARLY_FULL: Tone.WARN,
    SeatLevel.FULL: Tone.WARN,
    SeatLevel.EXCEEDED: Tone.BAD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """The seats of one license. ``mine``: the user has one, and can give it back."""

    grant_id: str
    title: str
    tone: Tone
    text: str
    used: float
    """Part of the seats that are taken, 0 to 1; 0 where there is no number."""
    who: Note
    mine: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsView:
    """The panel."""

    notes: tuple[Note, ...] = ()
    ends: tuple[Note, ...] = ()
    rows: tuple[SeatRow, ...] = ()


def view_seats(state: SeatingState) -> SeatsView:
    """Build the panel: what is due, what ends, and who has seats."""
    notes: list[Note] = []
    if state.problem is not None:
        notes.append(Note(text=state.problem.message, tone=Tone.BAD))
    if state.phase is Phase.BUSY:
        notes.append(Note(text="Looking.", tone=Tone.BUSY))
    elif state.phase is Phase.READY and not state.seats and not state.outlook.ends:
        notes.append(Note(text="Nobody has a seat, and nothing ends within 90 days."))
    elif state.phase is Phase.IDLE:
        notes.append(Note(text="Who has seats, and which licenses and agreements end soon."))
    notes += [Note(text=f"Reminder: {_end(one)}", tone=Tone.WARN) for one in state.told[:NAMED]]
    ends = [_end_note(one) for one in state.outlook.ends[:SHOWN]]
    if (more := len(state.outlook.ends) - SHOWN) > 0:
        ends.append(Note(text=f"{count(more, 'more end')} within 90 days; `clearance renewals` lists them."))
    if number := len(state.outlook.not_noted):
        at_least = "At least " if state.outlook.not_noted_more else ""
        hang = "hang" if number > 1 else "hangs"
        ends.append(
            Note(
                text=f"{at_least}{count(number, 'license')} {hang} on a subscription whose last day nobody "
                "noted."
            )
        )
    rows = [_row(one, state.user) for one in state.seats[:SHOWN]]
    if (more := len(state.seats) - SHOWN) > 0:
        notes.append(Note(text=f"{more:,} more licenses have seats; `clearance seat list` shows them."))
    return SeatsView(notes=tuple(notes), ends=tuple(ends), rows=tuple(rows))


def _row(one: SeatsOf, user: str) -> SeatRow:
    most, taken = one.count.seats_max, len(one.taken)
    who = [
        shorten(f"{seat.member_id} on {seat.device}" if seat.device else seat.member_id, 60)
        for seat in one.taken[:NAMED]
    ]
    if (more := taken - NAMED) > 0:
        who.append(f"{more:,} more")
    return SeatRow(
        grant_id=one.grant.id,
        title=shorten(one.grant.title, 60) or str(one.grant.ref),
        # A license for one person is full with that person: nothing to worry about.
        tone=Tone.GOOD if most == taken == 1 else _TONES[one.level],
        text=f"{taken:,} of {most:,} seats" if most is not None else count(taken, "seat"),
        used=min(1.0, taken / most) if most else 0.0,
        who=Note(text=join(who) if who else "Nobody has one."),
        mine=any(seat.member_id == user for seat in one.taken),
    )


def _end_note(one: EndsSoon) -> Note:
    tone = Tone.BAD if one.days_left < 0 else Tone.WARN if one.days_left <= 14 else Tone.INFO
    return Note(text=_end(one), tone=tone)


def _end(one: EndsSoon) -> str:
    day, title = one.ends_at.date().isoformat(), shorten(one.title, 60)
    left = "today" if one.days_left == 0 else f"in {count(one.days_left, 'day')}"
    gone = one.days_left < 0
    match one.ends_as:
        case EndsAs.USE_BY:
            said = f"“{title}” {'had' if gone else 'has'} to be in use by {day}"
        case EndsAs.AGREEMENT:
            said = f"The agreement “{title}” {'ended' if gone else 'ends'} on {day}"
        case EndsAs.LICENSE:
            said = f"“{title}” {'ended' if gone else 'ends'} on {day}"
    parts = [said if gone else f"{said}, {left}"]
    if one.let_go:
        parts.append("It was let go")
    if one.scenes:
        parts.append(f"Used in {count(len(one.scenes), 'scene')}")
    return ". ".join(parts) + "."
