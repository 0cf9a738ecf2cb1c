"""Writes cost reports and invoices in the formats that people ask for: command line and panels."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ...billing.lines import WhatToBill
from ...ledger.port import LedgerReader
from ...marketplaces import registry
from ...model.costs import CostReport
from ...model.invoice import Invoice
from ...settings import VERSION
from .invoice_match import InvoiceView
from .issuing import Issued, Issuing


def render_costs(report: CostReport, format: str) -> str:  # noqa: A002 - the word users know
    """Return a cost report as ``csv``, as an ``html`` page with charts, or else as JSON."""
    match format:
        case "csv":
            from ...reports.costs import render_costs_csv

            return render_costs_csv(report)
        case "html":
            from ...reports.costs_html import render_costs_html

            names = {one: registry.find(one).INFO.name for one in registry.all_ids()}
            return render_costs_html(report, names=names, tool_version=VERSION)
        case _:
            from ...reports.costs import render_costs_json

            return render_costs_json(report)


def render_invoice(reader: LedgerReader, issuing: Issuing, view: InvoiceView, format: str = "html") -> str:  # noqa: A002
    """Return an invoice as a page, or as its ``xml``; raise UserInputError for one that has none."""
    from ...reports.invoice_html import render_invoice_html

    invoice = view.invoice
    if format == "xml":
        return issuing.xml(invoice)
    corrected = reader.value(Invoice, invoice.corrects) if invoice.corrects else None
    return render_invoice_html(
        invoice,
        view.lines,
        issuing.data(invoice, view.lines),
        corrects=corrected.number if corrected is not None else "",
        tool_version=VERSION,
    )


def record_purchases(
    issuing: Issuing,
    *,
    project: str = "",
    orders: Sequence[str] = (),
    starts_on: date | None = None,
    ends_on: date | None = None,
    note: str = "",
) -> Issued:
    """Write a purchase record over what is on none yet; empty fields do not narrow it down.

    Raises like :meth:`Issuing.purchase_record`.
    """
    return issuing.purchase_record(
        WhatToBill(project=project, orders=tuple(orders), starts_on=starts_on, ends_on=ends_on, note=note)
    )
