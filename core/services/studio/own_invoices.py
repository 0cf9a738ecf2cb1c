"""What the ledger knows of one's own invoices: their numbers, what is billed, what was credited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ...errors import UserInputError
from ...ledger.port import LedgerReader, LedgerTransaction
from ...model.invoice import Invoice, InvoiceKind, InvoiceLine, NumberSeries


def take_number(work: LedgerTransaction, series: str) -> tuple[str, int]:
    """Take the next number of a series, in the unit of work that uses it: without it, it is not taken."""
    known = work.value(NumberSeries, series)
    if known is None:
        work.add(NumberSeries(id=series, last=1))
        return series, 1
    return series, work.change(replace(known, last=known.last + 1)).last


def billed_orders(reader: LedgerReader, kind: InvoiceKind) -> frozenset[str]:
    """Return the orders that are on an invoice of a kind and were not credited."""
    invoices = reader.values(Invoice, kind=kind)
    gone = credited_lines(reader, invoices)
    ids = {invoice.id for invoice in invoices}
    return frozenset(
        line.order_id
        for line in reader.values(InvoiceLine)
        if line.invoice_id in ids and line.order_id and line.id not in gone
    )


def credited_lines(reader: LedgerReader, invoices: Iterable[Invoice]) -> frozenset[str]:
    """Return the ids of the lines of some invoices that credit notes took back."""
    ids = {invoice.id for invoice in invoices}
    notes = {note.id for note in reader.values(Invoice, kind=InvoiceKind.CREDIT_NOTE) if note.corrects in ids}
    return frozenset(line.reference for line in reader.values(InvoiceLine) if line.invoice_id in notes)


def find_own(reader: LedgerReader, invoice_id: str) -> Invoice:
    """Return an invoice of one's own by its id or number; raise UserInputError when there is none."""
    invoice = reader.value(Invoice, invoice_id)
    if invoice is None:
        own = [one for one in reader.values(Invoice, number=invoice_id) if one.sequence]
        invoice = own[0] if own else None
    if invoice is None or not invoice.sequence:
        raise UserInputError(
            f"There is no invoice “{invoice_id[:60]}” of your own. See `clearance invoice list`.",
            code="invoice.unknown",
        )
    return invoice
