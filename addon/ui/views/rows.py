"""What the views are made of: notes, facts, findings, and how costs are written. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ....core.model.findings import Decision, Finding, Severity
from ....core.model.license import Confidence
from ....core.model.money import UNSTATED_CURRENCY, Cost, Credits, Money
from .text import clean, shorten

if TYPE_CHECKING:  # it imports much, which a start of Blender has no use for
    from ....core.marketplaces.base import MarketplaceInfo


class Tone(StrEnum):
    """How a note is meant; decides its icon."""

    INFO = "info"
    BUSY = "busy"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A sentence to wrap. ``action`` names a button that belongs to it, or is empty."""

    text: str
    tone: Tone = Tone.INFO
    action: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A label and its value."""

    label: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """A finding of the policy with what it rests on."""

    message: str
    how_to_fix: str
    clause: str
    url: str
    tone: Tone
    subject: str = ""


def names_of(infos: Sequence[MarketplaceInfo]) -> dict[str, str]:
    """Return the marketplaces' names by id."""
    return {info.id: info.name for info in infos}


def describe_cost(cost: Cost | None) -> str:
    """Write a cost for people, and say when the currency or the price is not known."""
    match cost:
        case None:
            return "Price shown at checkout"
        case Money(currency=currency):
            return f"{cost} (currency not stated)" if currency == UNSTATED_CURRENCY else str(cost)
        case Credits():
            return str(cost)


def view_answer(decision: Decision) -> Note:
    """Say the policy's answer for this project."""
    match decision:
        case Decision.ALLOW:
            return Note(text="For this project: allowed", tone=Tone.GOOD)
        case Decision.NEEDS_REVIEW:
            return Note(text="For this project: needs review", tone=Tone.WARN)
        case Decision.DENY:
            return Note(text="For this project: not allowed", tone=Tone.BAD)


def view_finding(finding: Finding) -> FindingRow:
    """Make a finding ready to be shown, with how sure its source is."""
    clause = finding.clause
    said = ""
    if clause is not None:
        how = {
            Confidence.PRIMARY: "the licensor's own terms",
            Confidence.SECONDARY: "a dated reading of the terms",
            Confidence.UNCONFIRMED: "not confirmed",
        }[clause.confidence]
        words = f"“{clean(clause.summary)}”" if clause.quoted else clean(clause.summary)
        said = f"{shorten(words, 400)} ({how}, {clause.read_on.isoformat()})"
    return FindingRow(
        message=shorten(finding.message, 400),
        how_to_fix=shorten(finding.how_to_fix, 400),
        clause=said,
        url=clause.url if clause is not None else "",
        tone={Severity.ERROR: Tone.BAD, Severity.WARNING: Tone.WARN, Severity.HINT: Tone.INFO}[
            finding.severity
        ],
        subject=finding.subject,
    )
