"""Compares two readings of a license, fact by fact, and says which way each fact moved. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

from ..model.intended_use import OutputKind
from ..model.license import UNKNOWN, Cap, Clause, LicenseTerms, Permission, Unknown
from ..model.money import Money
from .canonical import (
    AMOUNTS,
    BOOLEANS,
    CAPS,
    LATER_AMOUNTS,
    LATER_BOOLEANS,
    LATER_CAPS,
    LATER_CHOICES,
    LATER_LISTS,
    LATER_PERMISSIONS,
    PERMISSIONS,
)


class Direction(StrEnum):
    """Which way a fact moved."""

    NARROWER = "narrower"
    """It allows less than before."""
    WIDER = "wider"
    OTHER = "other"
    """It became known or unknown, or is something else, neither less nor more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """One fact that differs; values are written as people read them."""

    fact: str
    before: str
    after: str
    direction: Direction
    clause: Clause | None = None
    """What the newer reading rests on."""


_GENEROSITY = {Permission.DENIED: 0, Permission.CONDITIONAL: 1, Permission.ALLOWED: 2}
# Booleans by whether a yes allows more.
_YES_IS_WIDER = {
    "editorial_only": False,
    "perpetual": True,
    "worldwide": True,
    "extraction_protection": False,
    "substantial_portion_limit": False,
}
_OTHERS = ("credit_template", "credit_required_when", "label", "terms_url", "notes")
FACTS = (
    *(f"output.{kind.value}" for kind in OutputKind),
    *PERMISSIONS,
    *LATER_PERMISSIONS,
    *BOOLEANS,
    *LATER_BOOLEANS,
    *CAPS,
    *LATER_CAPS,
    *AMOUNTS,
    *LATER_AMOUNTS,
    *LATER_LISTS,
    *LATER_CHOICES,
    *_OTHERS,
)
"""Every fact that can differ, in the order in which changes are told."""


def compare_terms(before: LicenseTerms, after: LicenseTerms) -> tuple[FactChange, ...]:
    """Return the facts that differ, and the clauses that say something else about the same fact."""
    changes = []
    for fact in FACTS:
        old, new = read_fact(before, fact), read_fact(after, fact)
        if old != new:
            changes.append(
                FactChange(
                    fact=fact,
                    before=write_fact(fact, old),
                    after=write_fact(fact, new),
                    direction=_direct(fact, old, new),
                    clause=after.clause(fact) or before.clause(fact),
                )
            )
    changed = {change.fact for change in changes}
    return (*changes, *_compare_clauses(before, after, changed))


def read_fact(terms: LicenseTerms, fact: str) -> object:
    """Return one fact's value."""
    kind = fact.removeprefix("output.")
    if kind != fact:
        return terms.outputs.get(OutputKind(kind), Permission.UNKNOWN)
    return getattr(terms, fact)


def write_fact(fact: str, value: object) -> str:
    """Write a fact as people read it."""
    match value:
        case Unknown() | Permission.UNKNOWN:
            return "not known"
        case bool():
            return "yes" if value else "no"
        case None:
            return "unlimited" if fact in {*AMOUNTS, *LATER_AMOUNTS} else "none"
        case Cap(limit=None):
            return "unlimited"
        case Cap(limit=int(limit)):
            return f"{limit:,}"
        case tuple():
            return ", ".join(map(str, value)) or "any"
        case Enum():
            return str(value.value).replace("_", " ")
        case _:
            return str(value)


def _compare_clauses(before: LicenseTerms, after: LicenseTerms, changed: set[str]) -> Iterator[FactChange]:
    """Find clauses in other words about facts that are the same: a person may read more in them."""
    old = {clause.topic: clause for clause in before.clauses}
    new = {clause.topic: clause for clause in after.clauses}
    for topic in sorted(old.keys() | new.keys()):
        was, now = old.get(topic), new.get(topic)
        if topic in changed or (was and now and was.summary == now.summary):
            continue
        yield FactChange(
            fact=f"clause.{topic}",
            before=was.summary if was else "not there",
            after=now.summary if now else "not there",
            direction=Direction.OTHER,
            clause=now or was,
        )


def _direct(fact: str, old: object, new: object) -> Direction:
    """Say which way a fact moved; a step from or to "not known" is neither."""
    if UNKNOWN in {old, new} or Permission.UNKNOWN in {old, new}:
        return Direction.OTHER
    match old, new:
        case Permission(), Permission():
            less = _GENEROSITY[new] < _GENEROSITY[old]
        case bool(), bool():
            less = new is not _YES_IS_WIDER[fact]
        case Cap(), Cap():
            less = old.limit is None or (new.limit is not None and new.limit < old.limit)
        case ((Money() | None), (Money() | None)) if fact in {*AMOUNTS, *LATER_AMOUNTS}:
            if old is not None and new is not None and old.currency != new.currency:
                return Direction.OTHER
            less = old is None or (new is not None and new.minor < old.minor)
        case _:
            return Direction.OTHER
    return Direction.NARROWER if less else Direction.WIDER
