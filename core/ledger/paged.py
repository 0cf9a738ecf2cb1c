"""Asks for the newest of something, so many and no more: what a panel shows of a ledger of any size."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import exists, func, or_, select

from ..model.budget import BudgetEntry, EntryKind
from ..model.invoice import Invoice, InvoiceKind, InvoiceLine
from ..model.money import Money, decode_cost
from ..model.order import OrderState
from . import schema
from .asking import IDS_PER_QUERY, Asking, beside_index
from .codecs import encode_moment
from .studio_tables import PAYMENTS, record_of
from .trouble import translated


class Paged(Asking):
    """What is asked for page by page."""

    def newest_payment_ids(
        self, *, projects: Collection[str] | None, states: Collection[OrderState], limit: int
    ) -> tuple[str, ...]:
        """Return the ids of the last payments that were written, or of the newest orders of some projects."""
        orders, paid, most = schema.orders.c, PAYMENTS.c, max(limit, 0)
        query = select(paid.serial, paid.id).order_by(paid.serial.desc()).limit(most)
        newest: list[tuple[str, str]] = []
        found: list[tuple[int, str]] = []
        with translated(self._place), self._connect() as connection:
            if projects is None:
                return tuple(row.id for row in connection.execute(query))
            for project in sorted(projects):
                made = (
                    select(orders.created_at, orders.id)
                    .where(orders.project == project, orders.state.in_(sorted(map(str, states))))
                    .order_by(orders.created_at.desc(), orders.serial.desc())
                    .limit(most)
                )
                newest += [(row.created_at, row.id) for row in connection.execute(made)]
            ids = [order_id for _, order_id in sorted(newest, reverse=True)[:most]]
            for start in range(0, len(ids), IDS_PER_QUERY):
                some = query.where(paid.order_id.in_(ids[start : start + IDS_PER_QUERY]))
                found += [(row.serial, row.id) for row in connection.execute(some)]
        return tuple(payment_id for _, payment_id in sorted(found, reverse=True)[:most])

    def invoices_to_look_at(self, *, limit: int) -> tuple[Invoice, ...]:
        """Return received invoices with lines that have no order, or do not fit theirs; the newest first."""
        record, lines = record_of(Invoice), record_of(InvoiceLine).table.c
        invoices = record.table
        wrong = select(lines.invoice_id).where(or_(lines.order_id.is_(None), lines.difference != ""))
        query = (
            select(invoices)
            .where(invoices.c.id.in_(wrong), invoices.c.kind == str(InvoiceKind.RECEIVED))
            .order_by(invoices.c.serial.desc())
            .limit(max(limit, 0))
        )
        return self._all(query, record.read, invoices)

    def orders_without_invoice(
        self, *, since: datetime, states: Collection[OrderState], limit: int
    ) -> tuple[str, ...]:
        """Return the ids of the newest orders since a moment that no received invoice is for."""
        orders, lines = schema.orders.c, record_of(InvoiceLine).table.c
        invoices = record_of(Invoice).table.c
        invoiced = exists().where(
            lines.order_id == orders.id,
            invoices.id == lines.invoice_id,
            invoices.kind == str(InvoiceKind.RECEIVED),
            # What is below zero was given back: it is an invoice for something else.
            invoices.gross.not_like("money:-%"),
        )
        query = (
            select(orders.id)
            .where(
                orders.created_at >= encode_moment(since),
                beside_index(orders.state).in_(sorted(map(str, states))),
                ~invoiced,
            )
            .order_by(orders.created_at.desc(), orders.serial.desc())
            .limit(max(limit, 0))
        )
        with translated(self._place), self._connect() as connection:
            return tuple(connection.execute(query).scalars())

    def entry_sums(self, budget_id: str) -> Mapping[EntryKind, int]:
        """Add up a budget's journal by kind of entry, in minor units."""
        entries = record_of(BudgetEntry).table.c
        query = (
            select(entries.kind, entries.amount, func.count().label("number"))
            .where(entries.budget_id == budget_id)
            .group_by(entries.kind, entries.amount)
        )
        sums = dict.fromkeys(EntryKind, 0)
        with translated(self._place), self._connect() as connection:
            for row in connection.execute(query):
                amount = decode_cost(row.amount)
                sums[EntryKind(row.kind)] += amount.minor * row.number if isinstance(amount, Money) else 0
        return sums
