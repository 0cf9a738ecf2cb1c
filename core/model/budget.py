"""Limits and budgets: how much may be spent by whom and for what. Amounts are money, never credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import Money


class LimitKind(StrEnum):
    """What a limit bounds."""

    SPEND = "spend"
    """What may be bought."""
    APPROVE = "approve"
    """What somebody may approve; above it another approver has to."""
    OWN = "own"
    """Up to where somebody may approve their own request."""
    AUTO = "auto"
    """Up to where a request is approved by itself."""


class LimitPeriod(StrEnum):
    """Over what a limit adds up."""

    REQUEST = "request"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. What is empty holds for all; where several fit, each of them holds."""

    id: str
    kind: LimitKind
    period: LimitPeriod
    amount: Money
    set_by: str
    set_at: datetime
    role: str = ""
    project_id: str = ""
    marketplace: str = ""
    ended_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Money for a project or a department and a period; days are inclusive."""

    id: str
    name: str
    amount: Money
    starts_on: date
    ends_on: date
    created_by: str
    created_at: datetime
    project_id: str = ""
    department: str = ""
    alert_percent: int = 80
    """From how much of it on somebody is told."""
    closed_at: datetime | None = None
    version: int = 1


class EntryKind(StrEnum):
    """What an entry of the journal does to a budget. What is left follows from the entries alone."""

    COMMIT = "commit"
    """Set aside for an approved request."""
    RELEASE = "release"
    """Set aside no more."""
    SPEND = "spend"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetEntry:
    """One line of a budget's journal: written once, never changed. ``amount`` is above zero."""

    id: str
    budget_id: str
    kind: EntryKind
    amount: Money
    subject: str
    """The request, order or refund behind it."""
    at: datetime
    by: str
    note: str = ""
