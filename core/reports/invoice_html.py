"""Writes an invoice of one's own as one self-contained page, to be printed or sent. Pure; all is cleaned."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ..model.invoice import Invoice, InvoiceKind, InvoiceLine
from ..model.invoice_data import InvoiceData, Party
from .html_words import day
from .text import clean

TITLES = {
    InvoiceKind.RECEIVED: "Invoice received",
    InvoiceKind.PURCHASE_RECORD: "Purchase record",
    InvoiceKind.CHARGE_BACK: "Invoice",
    InvoiceKind.CREDIT_NOTE: "Credit note",
}
TAX_WORDS = {
    "S": "VAT",
    "Z": "VAT, zero rate",
    "E": "Exempt from VAT",
    "AE": "Reverse charge: the recipient owes the VAT",
    "O": "Not subject to VAT",
}


def render_invoice_html(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    data: InvoiceData,
    *,
    corrects: str = "",
    tool_version: str = "",
) -> str:
    """Write the page. ``corrects`` is the number of the invoice that a credit note corrects."""
    from .page import render_page

    return render_page(
        "invoice.html.j2",
        make_invoice_context(invoice, lines, data, corrects=corrects, tool_version=tool_version),
    )


def make_invoice_context(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    data: InvoiceData,
    *,
    corrects: str = "",
    tool_version: str = "",
) -> dict[str, object]:
    """Return everything that the template shows."""
    own = invoice.kind is not InvoiceKind.PURCHASE_RECORD
    return {
        "title": TITLES[invoice.kind],
        "number": clean(invoice.number, 80),
        "issued_on": day(invoice.issued_on),
        "issued_iso": invoice.issued_on.isoformat(),
        "seller": _address(data.seller),
        "buyer": _address(data.buyer) if own else None,
        "seller_facts": _facts(data.seller),
        "facts": _about(invoice, data, corrects),
        "currency": invoice.net.currency,
        "lines": [_line(line) for line in lines],
        "net": str(invoice.net),
        "gross": str(invoice.gross),
        "taxes": _taxes(invoice, lines),
        "has_tax": bool(invoice.tax.minor),
        "total_word": "To be paid" if invoice.kind is InvoiceKind.CHARGE_BACK else "Total",
        "iban": _account(data.seller.iban) if invoice.kind is InvoiceKind.CHARGE_BACK else "",
        "terms": clean(data.terms, 500),
        "note": clean(invoice.note, 1000),
        "data_sha256": invoice.data_sha256,
        "record": not own,
        "tool_version": clean(tool_version, 40),
        "created_by": clean(invoice.created_by, 80),
    }


def _address(party: Party) -> dict[str, object]:
    town = " ".join(part for part in (clean(party.postal_code, 20), clean(party.city, 100)) if part)
    rows = (clean(party.street, 200), clean(party.street_more, 200), town, clean(party.country, 10))
    return {"name": clean(party.name, 200), "rows": [row for row in rows if row]}


def _account(iban: str) -> str:
    """Write an account's number in groups of four."""
    plain = "".join(clean(iban, 60).split())
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def _facts(party: Party) -> list[tuple[str, str]]:
    facts = (
        ("VAT number", party.vat_id),
        ("Tax number", party.tax_number),
        ("Register", party.legal_id),
        ("E-mail", party.email),
    )
    return [(name, clean(value, 120)) for name, value in facts if value]


def _about(invoice: Invoice, data: InvoiceData, corrects: str) -> list[tuple[str, str]]:
    facts = [("Date", day(invoice.issued_on))]
    if invoice.due_on is not None:
        facts.append(("Due", day(invoice.due_on)))
    for name, value in (
        ("Corrects", corrects),
        ("Project", invoice.project_id),
        ("Client", invoice.client),
        ("Your order", invoice.purchase_order),
        ("Your VAT number", data.buyer.vat_id if invoice.kind is not InvoiceKind.PURCHASE_RECORD else ""),
    ):
        if value:
            facts.append((name, clean(value, 120)))
    return facts


def _line(line: InvoiceLine) -> dict[str, str]:
    about, _, place = clean(line.description, 400).rpartition(" (")
    whole = not about or not place.endswith(")")
    return {
        "position": str(line.position),
        "title": clean(line.description, 400) if whole else about,
        "about": "" if whole else place[:-1],
        "order": clean(line.order_id, 80),
        "quantity": clean(line.quantity, 20),
        "tax": f"{clean(line.tax_percent, 10)} %" if line.tax_category == "S" else line.tax_category[:3],
        "net": str(line.net),
    }


def _taxes(invoice: Invoice, lines: Sequence[InvoiceLine]) -> list[tuple[str, str]]:
    """Return the kinds of tax with their words; the amount stands with the whole."""
    kinds = dict.fromkeys((line.tax_category, line.tax_percent) for line in lines)
    shown = []
    for category, percent in kinds:
        words = TAX_WORDS.get(category, "Tax")
        rate = f" {Decimal(percent or '0').normalize():f} %" if category == "S" else ""
        shown.append((f"{words}{rate}", str(invoice.tax) if category == "S" or len(kinds) == 1 else ""))
    return shown
