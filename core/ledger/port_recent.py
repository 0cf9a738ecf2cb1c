"""The part of the ledger's port that asks about a time, a person or a few names.

What such a question costs follows from its answer, not from how old the ledger is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from ..model.budget import EntryKind
from ..model.costs import PaidSums
from ..model.grant import Grant, GrantFile, Usage
from ..model.invoice import Invoice
from ..model.money import Cost, Money
from ..model.order import Order, OrderState


@dataclass(frozen=True, slots=True)
class Between:
    """Stands for all values from one to another, both included, where a field's value is asked for."""

    low: Any
    high: Any


class RecentReader(Protocol):
    """What can be asked about a part of a ledger."""

    def grants_that_end(self, *, after: datetime, before: datetime) -> tuple[Grant, ...]:
        """Return active grants that end by their own date within a time; oldest first."""
        ...

    def grants_under(
        self,
        terms_sha256: str,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[Grant, ...]:
        """Return active grants under a reading of terms, granted within a time."""
        ...

    def terms_that_end(self, *, every: bool = False) -> Mapping[str, str]:
        """Return by hash the kept terms that speak of days or of an end, or ``every`` reading."""
        ...

    def count_orders(self, *, since: datetime) -> Mapping[tuple[OrderState, str], int]:
        """Count the orders made since a moment by their state and why they failed."""
        ...

    def spent_since(
        self, buyer: str, *, since: datetime, states: Collection[OrderState], besides: str = ""
    ) -> tuple[tuple[str, str, Cost | None, int], ...]:
        """Return what somebody ordered since a moment: project, marketplace, cost, and how many such orders.

        ``besides`` is an order that does not count.
        """
        ...

    def orders_changed(
        self, *, since: datetime, state: OrderState, failures: Collection[str]
    ) -> tuple[Order, ...]:
        """Return the orders in a state that came to it, for one of these reasons, since a moment."""
        ...

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Return those of the orders that exist, in few queries."""
        ...

    def files_of_standing(self) -> Iterator[GrantFile]:
        """Go through the files of all active grants, in the order in which they came, in pieces."""
        ...

    def orders_named(self, names: Collection[str]) -> frozenset[str]:
        """Return the ids of orders that have one of these names: as it stands, in small letters or capitals.

        A name is the order's own id or key, its listing's number, or what the marketplace calls the order or
        the license by.
        """
        ...

    def orders_charged(
        self, amounts: Collection[Money], *, after: datetime, before: datetime
    ) -> frozenset[str]:
        """Return the ids of orders that were paid, or given back, within a time with one of these amounts.

        So are those made in that time of which no payment is noted: what they cost is not looked at.
        """
        ...

    def newest_payment_ids(
        self, *, projects: Collection[str] | None, states: Collection[OrderState], limit: int
    ) -> tuple[str, ...]:
        """Return the ids of the last payments that were written, or of the newest orders of some projects."""
        ...

    def invoices_to_look_at(self, *, limit: int) -> tuple[Invoice, ...]:
        """Return received invoices with lines that have no order, or do not fit theirs; the newest first."""
        ...

    def orders_without_invoice(
        self, *, since: datetime, states: Collection[OrderState], limit: int
    ) -> tuple[str, ...]:
        """Return the ids of the newest orders since a moment that no received invoice is for."""
        ...

    def entry_sums(self, budget_id: str) -> Mapping[EntryKind, int]:
        """Add up a budget's journal by kind of entry, in minor units."""
        ...

    def payment_sums(
        self,
        *,
        after: datetime,
        before: datetime,
        ordered_after: datetime,
        states: Collection[OrderState],
        home_currency: str,
        projects: Collection[str] | None,
    ) -> PaidSums | None:
        """Add up what was paid within a time for orders in some states, by month and what it was for.

        Of orders without a payment, made ``ordered_after`` a moment, the receipts count. What is worth
        something else on each day, in the home currency, is counted by day and amount. None: there is an
        amount that cannot be added up here.
        """
        ...

    def downloads_by_day(
        self, marketplaces: Collection[str], *, since: datetime
    ) -> Mapping[tuple[str, str, date], int]:
        """Count the licenses that files came of, by marketplace, project and day, since a moment."""
        ...

    def usages_of(self, grant_ids: Iterable[str]) -> Mapping[str, tuple[Usage, ...]]:
        """Return the usages of those grants that are used, in few queries."""
        ...
