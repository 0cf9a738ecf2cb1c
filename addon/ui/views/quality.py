"""What was delivered, held against what was offered, as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ....core.model.delivery_check import CheckResult
from ....core.quality.finding import QualityFinding, Severity
from ....core.services.delivering.check_delivery import Checked
from .rows import Note, Tone
from .text import count, shorten

SHOWN = 4
"""So many findings stand in the sidebar; all of them in the dialog."""
SIDEBAR_CHARS = 140
"""Of one finding in the sidebar; the dialog has more of it."""
_TONES = {
    Severity.DIFFERS: Tone.BAD,
    Severity.WARNING: Tone.WARN,
    Severity.NOT_CHECKED: Tone.INFO,
    Severity.NOTE: Tone.INFO,
    Severity.AS_OFFERED: Tone.GOOD,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityView:
    """A check. ``refund_order_id`` is empty when there are no grounds for a refund."""

    grant_id: str
    notes: tuple[Note, ...]
    """For the sidebar: how it came out, and the worst of it."""
    all: tuple[Note, ...]
    """Everything that was looked at, the worst first."""
    refund_order_id: str = ""


def view_quality(checked: Checked) -> QualityView:
    """Build the rows of one check."""
    worst = [one for one in checked.findings if one.severity in (Severity.DIFFERS, Severity.WARNING)]
    notes = [_summary(checked), *(_note(one) for one in worst[:SHOWN])]
    if len(worst) > SHOWN:
        notes.append(Note(text=f"And {count(len(worst) - SHOWN, 'more finding')}."))
    return QualityView(
        grant_id=checked.check.grant_id,
        notes=tuple(notes),
        all=tuple(_note(one, with_words=True) for one in checked.findings),
        refund_order_id=checked.order_id if checked.differs else "",
    )


def _summary(checked: Checked) -> Note:
    unseen = sum(one.severity is Severity.NOT_CHECKED for one in checked.findings)
    more = f" {count(unseen, 'thing')} could not be checked." if unseen else ""
    match checked.check.result:
        case CheckResult.AS_OFFERED:
            return Note(text=f"Delivered as offered.{more}", tone=Tone.GOOD)
        case CheckResult.DIFFERS:
            return Note(text=f"Not as offered. Look before you import it.{more}", tone=Tone.BAD)
        case CheckResult.UNKNOWN:
            return Note(text=f"Whether it is as offered is not certain.{more}", tone=Tone.INFO)


def _note(one: QualityFinding, *, with_words: bool = False) -> Note:
    words = f"{one.subject.value.capitalize()}: " if with_words else ""
    unseen = "not checked. " if with_words and one.severity is Severity.NOT_CHECKED else ""
    limit = 300 if with_words else SIDEBAR_CHARS
    return Note(text=shorten(f"{words}{unseen}{one.sentence}", limit), tone=_TONES[one.severity])
