"""The tax in purchases and refunds, from the invoices that were received for them. Reads only.

Payments are booked when a marketplace charges, which tells no tax; the invoice that comes later does, and
what is booked never changes. So the tax is read from the invoice's lines that were matched with an order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ...ledger.port import LedgerReader
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine
from ...model.money import Money
from ...model.payment import Payment

NARROWED = 500
"""Up to so many, single ones are asked for; above that everything is read in one go."""
NAMED = 3
"""So many invoices are named; of more, how many there are."""
TOLD_WITH_CHARGE = "told with the charge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax:
    """A tax, and who told it. ``amount`` is in the invoice's currency, which need not be the payment's."""

    amount: Money
    source: str


Taxes = Mapping[tuple[str, bool], Tax]
"""By order, and whether it is of what came back."""


def tax_of(payment: Payment, taxes: Taxes) -> Tax | None:
    """Return the tax in a payment: as it was told with the charge, else as its invoices say."""
    if payment.tax is not None:
        return Tax(amount=payment.tax, source=TOLD_WITH_CHARGE)
    return taxes.get((payment.order_id, bool(payment.refund_id)))


def find_taxes(reader: LedgerReader, order_ids: Iterable[str]) -> Taxes:
    """Return the tax of the orders that received invoices tell of; not of those in several currencies.

    Of an invoice whose lines are all of one order the tax is what the invoice says; of any other, each line's
    own rate of its net amount, rounded by itself. An order of which one line's rate is no number has none:
    a part of a tax would pass for all of it.
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
    found: dict[tuple[str, bool], list[tuple[Money | None, str]]] = {}
    for invoice_id, own in lines.items():
        invoice = invoices[invoice_id]
        orders = {line.order_id for line in own}
        if len(orders) == 1 and "" not in orders:
            key = (orders.pop(), invoice.gross.minor < 0)
            found.setdefault(key, []).append((invoice.tax, invoice.number))
            continue
        for line in own:
            if line.order_id:
                key = (line.order_id, line.net.minor < 0)
                found.setdefault(key, []).append((_tax_of(line), invoice.number))
    summed = {key: _sum(parts) for key, parts in found.items()}
    return {key: tax for key, tax in summed.items() if tax is not None}


def _tax_of(line: InvoiceLine) -> Money | None:
    """Return a line's tax; None for a rate that is no number."""
    try:
        percent = Decimal(line.tax_percent or "0")
    except InvalidOperation:
        return None
    return Money.rounded(line.net.decimal * percent / 100, line.net.currency)


def _sum(parts: Sequence[tuple[Money | None, str]]) -> Tax | None:
    """Add up what invoices tell; None when one of them cannot be told, or they are in several currencies."""
    amounts = [amount for amount, _ in parts if amount is not None]
    if len(amounts) < len(parts) or len({amount.currency for amount in amounts}) != 1:
        return None
    numbers = sorted({number for _, number in parts})
    named = ", ".join(numbers) if len(numbers) <= NAMED else f"{len(numbers):,} invoices"
    word = "" if len(numbers) > NAMED else "invoice " if len(numbers) == 1 else "invoices "
    total = Money(minor=sum(amount.minor for amount in amounts), currency=amounts[0].currency)
    return Tax(amount=total, source=f"{word}{named}")
