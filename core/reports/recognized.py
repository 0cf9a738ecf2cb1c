"""Sentences about recognized content, and the hints of a report. Pure; a hint changes no verdict."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.findings import Finding, Severity
from ..model.recognition import EXACT, STRETCHED, Recognized, Suggestion
from ..policy.wording import shorten

RULE = "content.recognized"
SHOWN = 3
"""Of several things that it may be, so many are named."""


def name_suggestion(one: Suggestion) -> str:
    """Return what something may be: ``CGTrader 123 (“Oak Chair”), bought 2026-03-02``."""
    title = f"“{shorten(one.title)}”" if one.title else "without a title"
    day = one.since.date().isoformat()
    if one.is_declared:
        return f"{title}, declared {day}"
    state = f", {one.state}" if one.state != "active" else ""
    return f"{one.marketplace} {shorten(one.listing_id)} ({title}), bought {day}{state}"


def describe_likeness(one: Suggestion) -> str:
    """Say in what way they are the same."""
    match one.likeness:
        case "exact":
            return "exactly the same"
        case "look":
            return "looks the same"
        case "corners" | "surface":
            return "the same shape"
        case "stretched":
            return "the same shape, stretched"
    return "alike"


def ask(found: Recognized) -> str:
    """Return the question: what it is, and whether to stamp it."""
    kind, _, _name = found.subject.partition("/")
    thing = {"MESH": "This mesh", "IMAGE": "This image", "OBJECT": "This object"}.get(kind, "This")
    named = [name_suggestion(one) for one in found.suggestions[:SHOWN]]
    more = len(found.suggestions) - len(named)
    if len(found.suggestions) == 1:
        only = found.suggestions[0]
        verb = "is" if only.likeness == EXACT else "looks like"
        how = " after stretching" if only.likeness == STRETCHED else ""
        return f"{thing} {verb} {named[0]}{how}; stamp it?"
    rest = f", and {more} more" if more > 0 else ""
    return f"{thing} may be one of several: {'; '.join(named)}{rest}. Which one is it?"


def recognized_hints(found: Iterable[Recognized]) -> tuple[Finding, ...]:
    """Return a hint for each: what is undeclared stays so until somebody stamps it."""
    return tuple(
        Finding(
            rule=RULE,
            severity=Severity.HINT,
            message=ask(one),
            how_to_fix=(
                "Look at it, and stamp it with that license if it is what it looks like; otherwise declare "
                "where it comes from."
            ),
            subject=one.subject,
        )
        for one in found
    )
