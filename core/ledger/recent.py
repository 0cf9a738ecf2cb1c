"""Asks about a time, a person or a few names: what it costs must not follow from how old the ledger is.

Each question has an index of its own (versions 0006 and 0008), and answers with what there is of that time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Select, exists, func, or_, select

from ..model.grant import Grant, GrantFile, GrantState, Usage
from ..model.money import Cost, Money, decode_cost
from ..model.order import Order, OrderState
from . import rows, schema
from .asking import IDS_PER_QUERY, Asking, beside_index, read_one
from .codecs import encode_cost_text, encode_moment
from .studio_tables import PAYMENTS
from .trouble import translated

FILES_PER_QUERY = 5000
ENDING_WORDS = ('"term_days":', '"must_use_days":', '"perpetual":false')
"""What kept terms hold (as ``core/licenses/canonical.py`` writes them) of licenses that end."""


class Recent(Asking):
    """What is asked about a part of a ledger."""

    def grants_that_end(self, *, after: datetime, before: datetime) -> tuple[Grant, ...]:
        """Return active grants that end by their own date within a time; oldest first."""
        table = schema.grants
        query = select(table).where(
            beside_index(table.c.state) == str(GrantState.ACTIVE),
            table.c.valid_until >= encode_moment(after),
            table.c.valid_until <= encode_moment(before),
        )
        return self._all(query.order_by(table.c.serial), rows.read_grant, table)

    def grants_under(
        self,
        terms_sha256: str,
        *,
        after: datetime | None = None,
        before: datetime | None = None,
        limit: int | None = None,
    ) -> tuple[Grant, ...]:
        """Return active grants under a reading of terms, granted within a time, newest first."""
        table = schema.grants
        query = select(table).where(
            table.c.terms_sha256 == terms_sha256, table.c.state == str(GrantState.ACTIVE)
        )
        if after is not None:
            query = query.where(table.c.granted_at >= encode_moment(after))
        if before is not None:
            query = query.where(table.c.granted_at <= encode_moment(before))
        query = query.order_by(table.c.granted_at.desc(), table.c.serial.desc())
        return self._all(query if limit is None else query.limit(max(limit, 0)), rows.read_grant, table)

    def terms_that_end(self, *, every: bool = False) -> Mapping[str, str]:
        """Return by hash the kept terms that speak of days or of an end, or ``every`` reading."""
        kept = schema.terms.c
        query = select(kept.terms_sha256, kept.body)
        if not every:
            query = query.where(or_(*(kept.body.like(f"%{word}%") for word in ENDING_WORDS)))
        with translated(self._place), self._connect() as connection:
            return {row.terms_sha256: row.body for row in connection.execute(query)}

    def count_orders(self, *, since: datetime) -> Mapping[tuple[OrderState, str], int]:
        """Count the orders made since a moment by their state and why they failed."""
        made = schema.orders.c
        state, failure = beside_index(made.state), beside_index(made.failure)
        query = (
            select(state.label("state"), failure.label("failure"), func.count().label("number"))
            .where(made.created_at >= encode_moment(since))
            .group_by(state, failure)
        )
        with translated(self._place), self._connect() as connection:
            return {(OrderState(row.state), row.failure): row.number for row in connection.execute(query)}

    def spent_since(
        self, buyer: str, *, since: datetime, states: Collection[OrderState], besides: str = ""
    ) -> tuple[tuple[str, str, Cost | None, int], ...]:
        """Return what somebody ordered since a moment: project, marketplace, cost, and how many such orders.

        ``besides`` is an order that does not count.
        """
        made = schema.orders.c
        query = (
            select(made.project, made.marketplace, made.cost, func.count().label("number"))
            .where(
                made.buyer == buyer,
                made.created_at >= encode_moment(since),
                beside_index(made.state).in_(sorted(str(state) for state in states)),
                made.id != besides,
            )
            .group_by(made.project, made.marketplace, made.cost)
        )
        with translated(self._place), self._connect() as connection:
            return tuple(
                (row.project, row.marketplace, decode_cost(row.cost), row.number)
                for row in connection.execute(query)
            )

    def orders_changed(
        self, *, since: datetime, state: OrderState, failures: Collection[str]
    ) -> tuple[Order, ...]:
        """Return the orders in a state that came to it, for one of these reasons, since a moment."""
        table = schema.orders
        query = select(table).where(
            table.c.state == str(state),
            table.c.updated_at > encode_moment(since),
            table.c.failure.in_(sorted(failures)),
        )
        return self._all(query.order_by(table.c.created_at, table.c.serial), rows.read_order, table)

    def orders_by_id(self, order_ids: Iterable[str]) -> Mapping[str, Order]:
        """Return those of the orders that exist, 500 a query."""
        return {order.id: order for _, order in self._any(schema.orders, rows.read_order, "id", order_ids)}

    def usages_of(self, grant_ids: Iterable[str]) -> Mapping[str, tuple[Usage, ...]]:
        """Return the usages of those grants that are used, 500 a query."""
        return self._any_in_order(schema.usages, rows.read_usage, "grant_id", grant_ids)

    def files_of_standing(self) -> Iterator[GrantFile]:
        """Go through the files of all active grants, in the order in which they came, in pieces."""
        files, grants = schema.files, schema.grants
        query = (
            select(files)
            .join(grants, grants.c.id == files.c.grant_id)
            .where(beside_index(grants.c.state) == str(GrantState.ACTIVE))
            .order_by(files.c.serial)
            .limit(FILES_PER_QUERY)
        )
        after = 0
        while True:
            with translated(self._place), self._connect() as connection:
                piece = connection.execute(query.where(files.c.serial > after)).mappings().all()
            for row in piece:
                yield read_one(rows.read_file, row, files)
            if len(piece) < FILES_PER_QUERY:
                return
            after = piece[-1]["serial"]

    def orders_named(self, names: Collection[str]) -> frozenset[str]:
        """Return the ids of orders that have one of these names: as it stands, in small letters or capitals.

        A name is the order's own id or key, its listing's number, or what the marketplace calls the order or
        the license by.
        """
        orders, receipts = schema.orders.c, schema.receipts.c
        spelled = {form for name in names if name for form in (name, name.casefold(), name.upper())}
        columns = (
            (orders.id, orders.id),
            (orders.id, orders.key),
            (orders.id, orders.listing_id),
            (orders.id, orders.marketplace_order_id),
            (receipts.order_id, receipts.marketplace_order_id),
            (receipts.order_id, receipts.marketplace_license_id),
        )
        return self._ids(
            select(found).where(column.in_(chunk)) for found, column in columns for chunk in _chunks(spelled)
        )

    def orders_charged(
        self, amounts: Collection[Money], *, after: datetime, before: datetime
    ) -> frozenset[str]:
        """Return the ids of orders that were paid, or given back, within a time with one of these amounts.

        So are those made in that time of which no payment is noted: what they cost is not looked at.
        """
        begins, ends = encode_moment(after), encode_moment(before)
        paid, orders = PAYMENTS.c, schema.orders.c
        values = sorted(str(encode_cost_text(amount)) for amount in amounts)
        noted = exists().where(paid.order_id == orders.id, paid.refund_id.is_(None))
        with_payment = (
            select(paid.order_id).where(paid.paid_at >= begins, paid.paid_at <= ends, paid.value.in_(chunk))
            for chunk in _chunks(values)
        )
        without = select(orders.id).where(orders.created_at >= begins, orders.created_at <= ends, ~noted)
        return self._ids(chain(with_payment, (without,)))

    def _ids(self, queries: Iterable[Select[Any]]) -> frozenset[str]:
        found: set[str] = set()
        with translated(self._place), self._connect() as connection:
            for query in queries:
                found.update(connection.execute(query).scalars())
        return frozenset(found)


def _chunks(values: Iterable[str]) -> Iterable[list[str]]:
    every = sorted(values)
    return (every[start : start + IDS_PER_QUERY] for start in range(0, len(every), IDS_PER_QUERY))
