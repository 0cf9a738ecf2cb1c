"""Writes an invoice of one's own as PDF, with its EN 16931 XML inside where it has one.

Needs the extra ``invoices``.

The XML is the one that was written when the invoice was issued, byte for byte: there is no second version.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...errors import LedgerError, UserInputError
from ...files.invoices.pdf import find_invoice_xml
from ...files.invoices.xml import read_invoice_xml
from ...model.invoice import Invoice, InvoiceKind
from ...pdf.fonts import require_packages
from ...reports.invoice_html import TITLES, make_invoice_context
from ...reports.text import clean
from ..reporting.write_report import already_there, write_new
from .invoice_match import InvoiceView
from .issuing import Issuing


def check_before(path: Path | None) -> Path:
    """Return the place of a PDF that is to be written; raise UserInputError when that cannot be done.

    Asked before an invoice is issued: a number is not taken for a file that cannot be.
    """
    if path is None:
        raise UserInputError("A PDF is written to a file: name it with -o.", code="invoice.no_output")
    require_packages()
    if path.exists() or path.is_symlink():
        raise already_there(path)
    return path


def write_invoice_pdf(issuing: Issuing, view: InvoiceView, path: Path | None, *, tool_version: str) -> Path:
    """Write the file, whole or not at all; return where it is.

    Raises UserInputError (not one's own invoice, its XML is gone, a package is missing, the file is there).
    """
    place = check_before(path)
    return write_new(place, render(issuing, view, tool_version=tool_version))


def render(issuing: Issuing, view: InvoiceView, *, tool_version: str) -> bytes:
    """Return the file's bytes: the same for the same invoice and version."""
    invoice = view.invoice
    if invoice.kind is InvoiceKind.RECEIVED:
        raise UserInputError(
            f"Invoice {invoice.number} is from {invoice.issuer}: only your own are written as PDF.",
            code="invoice.not_own",
        )
    data = _data_of(issuing, invoice)
    corrected = issuing.ledger.value(Invoice, invoice.corrects) if invoice.corrects else None
    page = make_invoice_context(
        invoice,
        view.lines,
        issuing.data(invoice, view.lines),
        corrects=corrected.number if corrected is not None else "",
        tool_version=tool_version,
    )
    from ...pdf.invoice import render_invoice_pdf
    from ...pdf.xmp import AboutPdf

    about = AboutPdf(
        title=f"{TITLES[invoice.kind]} {clean(invoice.number, 80)}",
        author=clean(invoice.issuer, 200),
        tool=f"Clearance {tool_version}".strip(),
        written_at=invoice.created_at,
        carries_invoice=bool(data),
    )
    made = render_invoice_pdf(page, data, about)
    found = find_invoice_xml(made)
    if (found[1] if found is not None else b"") != data:
        raise LedgerError(
            f"The PDF of invoice {invoice.number} does not hold what was put into it, and was not written.",
            code="invoice.pdf_differs",
        )
    return made


def _data_of(issuing: Issuing, invoice: Invoice) -> bytes:
    """Return the XML of an invoice; empty for what never had one. It has to be the one that was issued."""
    if not invoice.data_sha256:
        return b""
    issuing.xml(invoice)  # says why, where it is gone
    place = issuing.store.path(invoice.data_sha256)
    data = place.read_bytes() if place is not None else b""
    if hashlib.sha256(data).hexdigest() == invoice.data_sha256:
        written = read_invoice_xml(data, invoice.number)
        figures = (invoice.number, invoice.net, invoice.tax, invoice.gross)
        if (written.number, written.net, written.tax, written.gross) == figures:
            return data
    raise UserInputError(
        f"The XML of invoice {invoice.number} in the store is not the one that was written: it is damaged. "
        "Bring it back from a backup of the store.",
        code="invoice.data_differs",
    )
