"""Payments and license compliance beside their goals, as notes. Pure: no bpy."""

from __future__ import annotations

from ....core.services.status import COMPLIANCE_GOAL, PAYMENT_GOAL, ComplianceStatus, PaymentStatus, Status
from .rows import Note, Tone
from .text import count, shorten

_SHOWN = 3


def view_goals(status: Status) -> tuple[Note, ...]:
    """Build the notes; what there is no number for is said."""
    return (_payments(status.payments, status.days), *_compliance(status.compliance))


def _payments(found: PaymentStatus, days: int) -> Note:
    rate = found.success_rate
    if rate is None:
        return Note(text=f"No payments in the last {days} days.")
    doubt = f", {found.in_doubt:,} in doubt" if found.in_doubt else ""
    tried = found.settled + found.failed + found.in_doubt
    return Note(
        text=f"Payments in {days} days: {rate:.1%} of {tried:,} settled{doubt}. The goal: more than "
        f"{PAYMENT_GOAL:.0%}.",
        tone=Tone.GOOD if found.meets_goal else Tone.WARN,
    )


def _compliance(found: ComplianceStatus) -> tuple[Note, ...]:
    rate, grants_rate = found.rate, found.grants_rate
    if grants_rate is None:
        return (Note(text="No saved scene uses anything licensed yet."),)
    share = rate if rate is not None else grants_rate
    notes = [
        Note(
            text=f"Licenses: {share:.1%} of what {count(found.scenes, 'scene')} "
            f"{'uses' if found.scenes == 1 else 'use'} is covered. The goal: {COMPLIANCE_GOAL:.0%}.",
            tone=Tone.GOOD if found.meets_goal else Tone.BAD,
        )
    ]
    notes += [
        Note(
            text=f"{shorten(one.title, 60) or one.grant_id}: {one.why}, {count(one.scenes, 'scene')}.",
            tone=Tone.BAD,
        )
        for one in found.uncovered[:_SHOWN]
    ]
    if len(found.uncovered) > _SHOWN:
        notes.append(Note(text=f"And {count(len(found.uncovered) - _SHOWN, 'more license')}."))
    return tuple(notes)
