"""The tax in purchases and refunds, from the invoices that were received for them. Reads only.

Payments are booked when a marketplace charges, which tells no tax; the invoice that comes later does, and
what is booked never changes. So the tax is read from the invoice's lines that were matched with an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation

from ...ledger.port import LedgerReader
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.money import Money

NARROWED = 500
"""Up to so many, single ones are asked for; above that everything is read in one go."""
Taxes = Mapping[tuple[str, bool], Money]
"""By order, and whether it is of what came back."""


def find_taxes(reader: LedgerReader, order_ids: Iterable[str]) -> Taxes:
    """Return the tax of the orders that received invoices tell of; not of those in several currencies.

    Of an invoice whose lines are all of one order the tax is what the invoice says; of any other, each line's
    own rate of its net amount, rounded by itself.
    """
    wanted = set(order_ids)
    matched = (
        reader.values(InvoiceLine, order_id=wanted) if len(wanted) <= NARROWED else reader.values(InvoiceLine)
    )
    ids = {line.invoice_id for line in matched if line.order_id in wanted}
    invoices = {
        one.id: one
        for one in (reader.values(Invoice, id=ids) if len(ids) <= NARROWED else reader.values(Invoice))
        if one.id in ids and one.kind is InvoiceKind.RECEIVED
    }
    lines: dict[str, list[InvoiceLine]] = {}
    for line in (
        reader.values(InvoiceLine, invoice_id=ids) if len(ids) <= NARROWED else reader.values(InvoiceLine)
    ):
        if line.invoice_id in invoices:
            lines.setdefault(line.invoice_id, []).append(line)
    found: dict[tuple[str, bool], Money | None] = {}
    for invoice_id, own in lines.items():
        invoice = invoices[invoice_id]
        orders = {line.order_id for line in own}
        if len(orders) == 1 and "" not in orders:
            _add(found, (orders.pop(), invoice.gross.minor < 0), invoice.tax)
            continue
        for line in own:
            tax = _tax_of(line)
            if line.order_id and tax is not None:
                _add(found, (line.order_id, line.net.minor < 0), tax)
    return {key: tax for key, tax in found.items() if tax is not None}


def _tax_of(line: InvoiceLine) -> Money | None:
    """Return a line's tax; None for a rate that is no number."""
    try:
        percent = Decimal(line.tax_percent or "0")
    except InvalidOperation:
        return None
    return Money.rounded(line.net.decimal * percent / 100, line.net.currency)


def _add(found: dict[tuple[str, bool], Money | None], key: tuple[str, bool], tax: Money) -> None:
    before = found.get(key, Money(minor=0, currency=tax.currency))
    same = before is not None and before.currency == tax.currency
    found[key] = (
        Money(minor=before.minor + tax.minor, currency=tax.currency) if before is not None and same else None
    )
