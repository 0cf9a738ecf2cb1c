"""What was paid, line by line, as cost reports add it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import Cost, Credits, Money


class CostKind(StrEnum):
    """What a line of costs is."""

    PURCHASE = "purchase"
    REFUND = "refund"
    USAGE = "usage"
    """Calls or downloads that a contract charges for."""


class CostKey(StrEnum):
    """What costs are added up by."""

    PROJECT = "project"
    CLIENT = "client"
    MARKETPLACE = "marketplace"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostLine:
    """One payment, refund, or a month's calls of a kind. Refunds are below zero."""

    day: date
    kind: CostKind
    marketplace: str
    title: str
    project: str = ""
    client: str = ""
    order_id: str = ""
    listing: str = ""
    method: str = ""
    cost: Cost | None = None
    """As the marketplace charged it; None: it did not say."""
    value: Money | None = None
    """That in money; None: not known (credits without a value, an amount that was not told)."""
    home: Money | None = None
    """In the home currency; None: it could not be converted."""
    tax: Money | None = None
    """The tax in it, in its own currency; None: nobody told it."""
    tax_source: str = ""
    """Who told it, such as “invoice A-17”; empty without tax."""
    rate: str = ""
    rate_on: date | None = None
    rate_source: str = ""
    purchase_order: str = ""
    cost_center: str = ""
    paid_by: str = ""
    why_not: str = ""
    """Why there is no value or no amount in the home currency; empty when there is one."""
    count: int = 1
    """How many payments this is the sum of, where a report adds up only."""

    def key(self, by: CostKey) -> str:
        """Return what a line belongs to."""
        match by:
            case CostKey.PROJECT:
                return self.project
            case CostKey.CLIENT:
                return self.client
            case CostKey.MARKETPLACE:
                return self.marketplace
            case CostKey.MONTH:
                return f"{self.day:%Y-%m}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidSum:
    """Payments that are alike, added up: of one month, or, where ``is_each``, of one day and amount.

    ``value`` is then that of each, else of all together.
    """

    day: date
    """The very day where ``is_each``; else the month's first."""
    kind: CostKind
    marketplace: str
    project: str
    count: int
    is_each: bool
    value: Money | None
    credits: Credits | None
    """What has no value in money."""
    home: Money | None
    """As it was noted with the payments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidSums:
    """What was paid in a time. ``rated``: payments by their day and the day of the rate noted with them."""

    sums: tuple[PaidSum, ...]
    rated: Mapping[tuple[date, date], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CostSum:
    """What one project, client, marketplace or month cost. ``key`` is empty for none."""

    key: str
    purchases: int
    refunds: int
    sums: tuple[Money, ...]
    """One a currency, as it was charged."""
    home: Money | None
    """What could be converted, in the home currency; None without one."""
    not_converted: int
    """How many lines are not in ``home``."""
    credits_used: tuple[str, ...] = ()
    """Credits and downloads that have no value in money, such as “3 credits”."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostReport:
    """What was paid in a period; days are inclusive, None: open."""

    by: CostKey
    made_at: datetime
    home_currency: str
    groups: tuple[CostSum, ...]
    """The dearest first; months in order."""
    total: CostSum
    months: tuple[CostSum, ...]
    lines: tuple[CostLine, ...]
    """The newest first."""
    starts_on: date | None = None
    ends_on: date | None = None
    notes: tuple[str, ...] = ()
    """What a reader has to know to understand the numbers."""

    @property
    def not_converted(self) -> tuple[CostLine, ...]:
        """The lines that are in no sum of the home currency."""
        return tuple(line for line in self.lines if line.home is None)
