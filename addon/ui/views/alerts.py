"""License alerts as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.model.alert import Alert, AlertKind, GuardAnswer, Occasion
from ....core.model.findings import Severity
from ....core.session.state import AlertsState, Phase
from ...messages import tell
from .rows import Note, Tone
from .text import count, join, shorten

LONGEST = 300
MOST_FILES = 5
"""Files that one sentence names."""
_TONES = {Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.HINT: Tone.INFO}
_WHEN = {
    Occasion.LOAD: "As of the last look",  # at opening the file, or because somebody asked
    Occasion.SAVE: "As of the last save",
    Occasion.RENDER: "As of the last render",
    Occasion.EXPORT: "As of the last export",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert with its buttons."""

    kind: str
    text: str
    how_to_fix: str
    tone: Tone
    selectable: bool
    """There is something to select."""
    url: str = ""
    """The terms to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsView:
    """The panel. ``title`` is what stands in its header."""

    title: str
    rows: tuple[AlertRow, ...] = ()
    notes: tuple[Note, ...] = ()
    hidden: str = ""
    """How many were hidden; empty: none."""
    when: str = ""


def has_anything(alerts: AlertsState) -> bool:
    """Say whether there is anything to show: without it, there is no panel. Quick, for polling."""
    return bool(alerts.all) or alerts.problem is not None or _is_stopped(alerts)


def view_title(alerts: AlertsState) -> str:
    """Return the panel's title."""
    number = len(alerts.shown)
    return f"Alerts ({number})" if number else "Alerts"


def view_alerts(alerts: AlertsState) -> AlertsView:
    """Build the panel."""
    notes: list[Note] = []
    if alerts.phase is Phase.BUSY:
        notes.append(Note(text="Looking at the licenses.", tone=Tone.BUSY))
    if alerts.problem is not None:
        notes.append(Note(text=tell(alerts.problem), tone=Tone.BAD))
    answer, shown = alerts.answer, alerts.shown
    if answer is not None and answer.stopped:
        notes.append(Note(text=shorten(answer.why, 2 * LONGEST), tone=Tone.BAD))
    if not shown and not notes:
        notes.append(Note(text="Nothing new.", tone=Tone.GOOD))
    hidden = len(alerts.all) - len(shown)
    return AlertsView(
        title=view_title(alerts),
        rows=tuple(_row(alert) for alert in shown),
        notes=tuple(notes),
        hidden=f"{count(hidden, 'hidden alert')}" if hidden else "",
        when=_say_when(answer),
    )


def view_menu_line(answer: GuardAnswer | None) -> Note | None:
    """Return one short line for a menu, where lines do not wrap; None where there is nothing to say."""
    if answer is None:
        return None
    forbidden = next((one for one in answer.alerts if one.kind is AlertKind.FORBIDDEN_OUTPUT), None)
    what = "renders" if answer.occasion is Occasion.RENDER else "exports"
    if answer.stopped:
        return Note(text=f"Licenses stop {what} of the whole scene", tone=Tone.BAD)
    if forbidden is None:
        return None
    number = len(forbidden.subjects)
    if number == 1:
        who = answer.names.get(forbidden.subjects[0], "One asset")
        return Note(text=f"{shorten(who, 40)} may not leave as an open file", tone=Tone.WARN)
    return Note(text=f"{count(number, 'asset')} may not leave as open files", tone=Tone.WARN)


def view_dialog(answer: GuardAnswer | None, *, narrowed: bool) -> tuple[Note, ...]:
    """Return what stands in the dialog of an export."""
    if answer is None:
        return (Note(text="Looking at the licenses.", tone=Tone.BUSY),)
    if answer.stopped:
        return (Note(text=answer.why, tone=Tone.BAD),)
    notes: list[Note] = []
    if narrowed:
        text = "Only what is selected is exported: the licenses of the rest do not allow it."
        notes.append(Note(text=text, tone=Tone.WARN))
    notes += [
        Note(text=f"{shorten(alert.message, LONGEST)}", tone=_TONES[alert.severity])
        for alert in answer.alerts
    ]
    return tuple(notes) or (Note(text="The licenses do not stand against it.", tone=Tone.GOOD),)


def tell_written(names: Sequence[str], *, stops: bool) -> str:
    """Write what is known of files that appeared without rights files, and no more than that."""
    shown = [shorten(name, 60) for name in names[:MOST_FILES]]
    if len(names) > MOST_FILES:
        shown.append(f"{len(names) - MOST_FILES:,} more")
    one = len(names) == 1
    said = (
        f"{join(shown)} {'was' if one else 'were'} written while this scene was open, and "
        f"{'has no rights file' if one else 'have no rights files'}. If {'it' if one else 'they'} came from "
        f"here, the licenses did not go along: use File › Export › With Licenses."
    )
    if stops:
        said += (
            f" Your studio stops exports that are not cleared: have {'it' if one else 'them'} checked first."
        )
    return said


def _row(alert: Alert) -> AlertRow:
    return AlertRow(
        kind=alert.kind.value,
        text=shorten(alert.message, LONGEST),
        how_to_fix=shorten(alert.how_to_fix, LONGEST),
        tone=_TONES[alert.severity],
        selectable=bool(alert.subjects),
        url=alert.url,
    )


def _say_when(answer: GuardAnswer | None) -> str:
    if answer is None:
        return ""
    form = f" as .{answer.of_format}" if answer.of_format else ""
    return f"{_WHEN[answer.occasion]}{form}."


def _is_stopped(alerts: AlertsState) -> bool:
    return alerts.answer is not None and alerts.answer.stopped
