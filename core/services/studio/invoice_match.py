"""Matches the lines of received invoices with orders, and says what differs."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from ...billing.matching import (
    NEAR_DAYS,
    Bought,
    Match,
    find_amounts,
    find_difference,
    find_names,
    match_lines,
)
from ...clock import Clock
from ...errors import UserInputError
from ...files.store import Store
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.evidence import Document, DocumentKind
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.money import Money
from ...model.order import Order, OrderState
from ...model.payment import Payment
from ...policy.ending import add_days, end_of_day
from ...policy.roles import Act
from ..buying.paying import money_of
from ..clearing.circumstances import group, values_of
from .payments import MANY
from .standing import Standing

BOUGHT = (OrderState.PAID, OrderState.FULFILLED, OrderState.REFUNDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """An invoice with its lines."""

    invoice: Invoice
    lines: tuple[InvoiceLine, ...]

    @property
    def open_lines(self) -> int:
        """How many lines have no order."""
        return sum(not line.order_id for line in self.lines)

    @property
    def differences(self) -> int:
        """How many lines have an order that they do not fit."""
        return sum(bool(line.order_id and line.difference) for line in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceMatching:
    """Matches invoices; reads them."""

    ledger: Ledger
    store: Store
    clock: Clock
    standing: Standing

    def view(self, invoice_id: str) -> InvoiceView:
        """Return an invoice by its id or number. Raises NotAllowed, UserInputError."""
        self.standing.require(Act.SEE_INVOICES)
        return self._view(self.ledger, invoice_id)

    def all(self) -> tuple[InvoiceView, ...]:
        """Return every invoice, the newest first. Raises NotAllowed."""
        self.standing.require(Act.SEE_INVOICES)
        lines: dict[str, list[InvoiceLine]] = {}
        for line in self.ledger.values(InvoiceLine):
            lines.setdefault(line.invoice_id, []).append(line)
        return tuple(
            InvoiceView(invoice=invoice, lines=_sorted(lines.get(invoice.id, ())))
            for invoice in self.ledger.values(Invoice, newest=True)
        )

    def newest(self, *, limit: int) -> tuple[InvoiceView, ...]:
        """Return so many invoices, the newest first. Raises NotAllowed."""
        self.standing.require(Act.SEE_INVOICES)
        return self._views(self.ledger.values(Invoice, newest=True, limit=limit))

    def to_look_at(self, *, limit: int) -> tuple[InvoiceView, ...]:
        """Return received invoices with lines that have no order, or do not fit theirs; newest first."""
        self.standing.require(Act.SEE_INVOICES)
        return self._views(self.ledger.invoices_to_look_at(limit=limit))

    def without_invoice(self, *, since: datetime | None = None, limit: int = MANY) -> tuple[Bought, ...]:
        """Return what was bought for money and is on no received invoice; the newest of a time, or all.

        Raises NotAllowed.
        """
        self.standing.require(Act.SEE_INVOICES)
        of = (
            self.ledger.orders_without_invoice(since=since, states=BOUGHT, limit=limit)
            if since is not None
            else None
        )
        return tuple(
            one
            for one in gather_bought(self.ledger, credit=False, of=of)
            if one.charged is not None and one.charged.minor
        )

    def match(self, invoice_id: str = "") -> tuple[InvoiceView, ...]:
        """Match the open lines of one received invoice, or of all; return those that were looked at."""
        actor = self.standing.require(Act.INVOICE)
        found: list[InvoiceView] = []
        with self.ledger.transaction() as work:
            if invoice_id:
                views = [self._view(work, invoice_id)]
            else:
                views = [self._view(work, one.id) for one in work.values(Invoice, kind=InvoiceKind.RECEIVED)]
            for view in views:
                if view.invoice.kind is InvoiceKind.RECEIVED and view.open_lines:
                    lines = self.match_in(
                        work, view.invoice, view.lines, references=(view.invoice.purchase_order,), actor=actor
                    )
                    found.append(InvoiceView(invoice=view.invoice, lines=lines))
        return tuple(found)

    def assign(self, invoice_id: str, position: int, order_id: str) -> InvoiceView:
        """Say by hand which order a line is for; an empty ``order_id`` takes that back."""
        actor = self.standing.require(Act.INVOICE)
        with self.ledger.transaction() as work:
            view = self._view(work, invoice_id)
            line = next((one for one in view.lines if one.position == position), None)
            if line is None or view.invoice.kind is not InvoiceKind.RECEIVED:
                raise UserInputError(
                    f"Invoice {view.invoice.number} has no line {position} that can be matched.",
                    code="invoice.no_line",
                )
            if not order_id:
                changed = self._write(work, view.invoice, Match(line=line, difference="no order"), actor)
            else:
                credit = view.invoice.gross.minor < 0
                bought = gather_bought(work, credit=credit, besides=line.id, of=(order_id,))
                order = next(iter(bought), None)
                if order is None:
                    raise UserInputError(
                        "There is no such order that was paid, or another invoice is for it already.",
                        code="invoice.no_order",
                        context={"order_id": order_id},
                    )
                difference = find_difference(view.invoice, line, order)
                match = Match(line=line, order_id=order_id, difference=difference)
                changed = self._write(work, view.invoice, match, actor)
            lines = tuple(changed if one.id == changed.id else one for one in view.lines)
        return InvoiceView(invoice=view.invoice, lines=lines)

    def match_in(
        self,
        work: LedgerTransaction,
        invoice: Invoice,
        lines: tuple[InvoiceLine, ...],
        *,
        references: Iterable[str],
        actor: str,
    ) -> tuple[InvoiceLine, ...]:
        """Match the open lines of an invoice within a unit of work; return all of its lines."""
        references = tuple(references)
        wanted = find_candidates(work, invoice, lines, references)
        orders = gather_bought(work, credit=invoice.gross.minor < 0, of=wanted)
        changed: dict[str, InvoiceLine] = {}
        for found in match_lines(invoice, lines, orders, references=references):
            line = found.line
            if (line.order_id, line.difference) != (found.order_id, found.difference):
                changed[line.id] = self._write(work, invoice, found, actor)
        return tuple(changed.get(line.id, line) for line in lines)

    def _write(
        self,
        work: LedgerTransaction,
        invoice: Invoice,
        found: Match,
        actor: str,
    ) -> InvoiceLine:
        line, order_id, difference = found.line, found.order_id, found.difference
        changed = work.change(replace(line, order_id=order_id, difference=difference))
        at = self.clock.now()
        work.record(
            AuditEvent(
                action="invoice.matched" if order_id else "invoice.not_matched",
                subject=invoice.id,
                actor=actor,
                at=at,
                details=(
                    ("line", str(line.position)),
                    ("order_id", order_id),
                    ("difference", difference),
                ),
            )
        )
        if order_id:
            self._attach(work, invoice, order_id, actor)
        return changed

    def _attach(self, work: LedgerTransaction, invoice: Invoice, order_id: str, actor: str) -> None:
        """Keep the invoice's file with the order, as its document."""
        place = self.store.path(invoice.document_sha256) if invoice.document_sha256 else None
        if place is None:
            return
        work.add_document(
            Document(
                order_id=order_id,
                kind=DocumentKind.INVOICE,
                sha256=invoice.document_sha256,
                name=f"invoice {invoice.number}"[:100],
                size=place.stat().st_size,
                added_at=self.clock.now(),
                added_by=actor,
            )
        )

    def _views(self, invoices: tuple[Invoice, ...]) -> tuple[InvoiceView, ...]:
        lines = group(
            values_of(self.ledger, InvoiceLine, "invoice_id", [one.id for one in invoices]),
            lambda line: line.invoice_id,
        )
        return tuple(InvoiceView(invoice=one, lines=_sorted(lines.get(one.id, ()))) for one in invoices)

    def _view(self, reader: LedgerReader, invoice_id: str) -> InvoiceView:
        invoice = reader.value(Invoice, invoice_id)
        if invoice is None:
            numbered = reader.values(Invoice, number=invoice_id, limit=2)
            invoice = numbered[0] if len(numbered) == 1 else None
        if invoice is None:
            raise UserInputError(
                f"There is no invoice “{invoice_id[:60]}”, or several have that number. See "
                "`clearance invoice list`.",
                code="invoice.unknown",
            )
        return InvoiceView(invoice=invoice, lines=_sorted(reader.values(InvoiceLine, invoice_id=invoice.id)))


def gather_bought(
    reader: LedgerReader, *, credit: bool, besides: str = "", of: Collection[str] | None = None
) -> list[Bought]:
    """Return the orders that no received invoice is for yet; with ``credit``, those that were given back.

    ``of`` are the ids of the only orders that matter; of all others nothing is read then.
    """
    if of is None:
        orders = {order.id: order for order in reader.orders(states=BOUGHT, limit=MANY)}
        lines: Iterable[InvoiceLine] = reader.values(InvoiceLine)
        payments_found: Iterable[Payment] = reader.values(Payment)
    else:
        found_orders = reader.orders_by_id(of).values()
        newest = sorted(found_orders, key=lambda order: order.created_at, reverse=True)
        orders = {order.id: order for order in newest if order.state in BOUGHT}
        ids = list(orders)
        lines = values_of(reader, InvoiceLine, "order_id", ids)
        payments_found = values_of(reader, Payment, "order_id", ids)
    lines = tuple(line for line in lines if line.order_id and line.id != besides)
    received = _received(reader, lines)
    taken = {line.order_id for line in lines if received.get(line.invoice_id) is credit}
    orders = {order_id: order for order_id, order in orders.items() if order_id not in taken}
    payments = {one.order_id: one for one in payments_found if bool(one.refund_id) is credit}
    receipts = reader.receipts_of(orders)
    found = []
    for order in orders.values():
        payment = payments.get(order.id)
        if credit and payment is None:
            continue
        papers = receipts.get(order.id, ())
        told = next((one.charged for one in papers if one.charged is not None), order.cost)
        numbers = {order.id, order.key, order.marketplace_order_id}
        numbers |= {one.marketplace_order_id for one in papers}
        numbers |= {one.marketplace_license_id for one in papers}
        charged = payment.value if payment is not None else money_of(told)
        day = payment.paid_at.date() if payment is not None else order.created_at.date()
        found.append(_bought(order, numbers, charged, day))
    return found


def find_candidates(
    reader: LedgerReader, invoice: Invoice, lines: Iterable[InvoiceLine], references: Iterable[str]
) -> frozenset[str]:
    """Return the ids of all orders that open lines could be for: by a number, or by day and amount."""
    open_lines = [line for line in lines if not line.order_id]
    begins = datetime.combine(add_days(invoice.issued_on, -NEAR_DAYS), time.min, tzinfo=UTC)
    ends = end_of_day(add_days(invoice.issued_on, NEAR_DAYS))
    return reader.orders_named(find_names(open_lines, references)) | reader.orders_charged(
        find_amounts(open_lines), after=begins, before=ends
    )


def _received(reader: LedgerReader, lines: Iterable[InvoiceLine]) -> dict[str, bool]:
    """Say of the received invoices among those of some lines whether they are credit notes."""
    ids = sorted({line.invoice_id for line in lines})
    found = values_of(reader, Invoice, "id", ids)
    return {one.id: one.gross.minor < 0 for one in found if one.kind is InvoiceKind.RECEIVED}


def _bought(order: Order, numbers: set[str], charged: Money | None, day: date) -> Bought:
    return Bought(
        order_id=order.id,
        marketplace=order.ref.marketplace,
        numbers=frozenset(number.casefold() for number in numbers if number),
        listing_id=order.ref.id.casefold(),
        title=order.title,
        charged=charged,
        day=day,
    )


def _sorted(lines: Iterable[InvoiceLine]) -> tuple[InvoiceLine, ...]:
    return tuple(sorted(lines, key=lambda line: line.position))
