"""What left with its licenses, or came back with them, as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.session.state import ExchangeNote, Phase, SessionState
from ...messages import tell
from .rows import Note, Tone
from .text import count, shorten

MAX_NOTES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeView:
    """The panel."""

    notes: tuple[Note, ...]
    retry: str = ""
    """The path of a file that can be imported although it changed; empty when there is none."""


def view_exchange(state: SessionState) -> ExchangeView:
    """Build the panel for the last file that was exported or imported."""
    last = state.exchange
    if last is None:
        return ExchangeView(
            notes=(Note(text="What you hand over keeps its licenses, and brings them back."),)
        )
    if last.problem is not None:
        retry = str(last.path) if last.problem.code == "rights.changed" else ""
        return ExchangeView(notes=(Note(text=tell(last.problem), tone=Tone.BAD),), retry=retry)
    name = shorten(last.path.name, 60)
    if last.phase is Phase.BUSY:
        doing = "Reading" if last.is_import else "Writing"
        return ExchangeView(notes=(Note(text=f"{doing} the rights file of {name}.", tone=Tone.BUSY),))
    return ExchangeView(
        notes=_describe_import(last, name) if last.is_import else _describe_export(last, name)
    )


def _describe_export(last: ExchangeNote, name: str) -> tuple[Note, ...]:
    if not last.licenses:
        first = Note(text=f"{name} was exported. No license is in it.")
    else:
        first = Note(
            text=f"{name} was exported with {count(last.licenses, 'license')}; its rights file is beside it.",
            tone=Tone.GOOD,
        )
    if not last.undeclared:
        return (first,)
    undeclared = count(last.undeclared, "data-block")
    return (first, Note(text=f"{undeclared} in it: nobody said where from.", tone=Tone.WARN))


def _describe_import(last: ExchangeNote, name: str) -> tuple[Note, ...]:
    notes = [Note(text=f"{name} brought {count(last.licenses, 'license')} back.", tone=Tone.GOOD)]
    notes += [Note(text=shorten(text, 300), tone=Tone.WARN) for text in last.notes[:MAX_NOTES]]
    return tuple(notes)
