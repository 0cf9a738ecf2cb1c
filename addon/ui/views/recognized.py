"""Unstamped content that the ledger knows, as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.model.recognition import Recognized, Suggestion
from ....core.reports.recognized import describe_likeness, name_suggestion
from ....core.session.state import Phase, SessionState
from ...messages import tell
from .rows import Note, Tone
from .text import count, shorten

MAX_SHOWN = 20
MAX_CHOICES = 5
MAX_PASSED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRow:
    """One thing that it may be."""

    grant_id: str
    text: str
    tone: Tone
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedRow:
    """A data-block, and what it looks like."""

    subject: str
    title: str
    question: str
    choices: tuple[ChoiceRow, ...]
    more: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognizedView:
    """What is drawn below the verdict."""

    offered: bool = False
    """There is something that could be recognized, or the look is still to be told of."""
    offer: str = ""
    notes: tuple[Note, ...] = ()
    rows: tuple[RecognizedRow, ...] = ()
    more: str = ""
    busy: bool = False
    certain: int = 0
    """How many can be but one thing."""


def view_recognized(state: SessionState) -> RecognizedView:
    """Build the rows for whatever state the look is in."""
    look = state.recognition
    notes: list[Note] = []
    busy = look.phase is Phase.BUSY
    if busy and look.is_learning:
        notes.append(Note(text="Looking into what you bought before. This happens once.", tone=Tone.BUSY))
    elif busy:
        notes.append(Note(text=f"Compared {look.looked_at:,} of {look.total:,}.", tone=Tone.BUSY))
    if look.phase is Phase.FAILED and look.problem is not None:
        notes.append(Note(text=tell(look.problem), tone=Tone.BAD))
    if look.phase is Phase.READY:
        notes += _tell_end(state)
    rows = tuple(_row(one) for one in look.found[:MAX_SHOWN])
    left = len(look.found) - len(rows)
    free = _count_free(state)
    return RecognizedView(
        offered=bool(free or rows or look.phase is not Phase.IDLE),
        offer=f"{count(free, 'mesh or image', 'meshes or images')} without a license:" if free else "",
        notes=tuple(notes),
        rows=rows,
        more=f"And {left:,} more; stamp these first." if left > 0 else "",
        busy=busy,
        certain=sum(one.certain is not None for one in look.found),
    )


def _count_free(state: SessionState) -> int:
    """Return how much in the report could be recognized."""
    undeclared = state.report.undeclared if state.report is not None else ()
    return sum(name.startswith(("MESH/", "IMAGE/")) for name in undeclared)


def _tell_end(state: SessionState) -> list[Note]:
    look = state.recognition
    notes: list[Note] = []
    if not look.known and look.looked_at:
        notes.append(
            Note(text="Nothing is known yet: download what you own, then look again.", tone=Tone.WARN)
        )
    elif look.stamped:
        notes.append(Note(text=f"{count(look.stamped, 'data-block')} stamped.", tone=Tone.GOOD))
    elif not look.found and not look.dismissed:
        notes.append(Note(text="Nothing in it looks like what you own.", tone=Tone.INFO))
    if look.passed:
        named = ", ".join(
            shorten(one.subject.partition("/")[2] or one.subject, 40) for one in look.passed[:MAX_PASSED]
        )
        more = len(look.passed) - MAX_PASSED
        rest = f" and {more:,} more" if more > 0 else ""
        notes.append(Note(text=f"Not looked at: {named}{rest}. {look.passed[0].why}", tone=Tone.WARN))
    return notes


def _row(found: Recognized) -> RecognizedRow:
    kind, _, name = found.subject.partition("/")
    several = len(found.suggestions) > 1
    choices = tuple(_choice(one, several=several) for one in found.suggestions[:MAX_CHOICES])
    left = len(found.suggestions) - len(choices)
    return RecognizedRow(
        subject=found.subject,
        title=f"{shorten(name, 60)} ({kind.lower()})",
        question="It may be one of several. Which?" if several else "Looks like",
        choices=choices,
        more=f"And {count(left, 'more license')}." if left > 0 else "",
    )


def _choice(one: Suggestion, *, several: bool) -> ChoiceRow:
    return ChoiceRow(
        grant_id=one.grant_id,
        text=f"{name_suggestion(one)}: {describe_likeness(one)}.",
        tone=Tone.INFO if one.state in ("active", "declared") else Tone.WARN,
        button="Stamp as This" if several else "Stamp It",
    )
