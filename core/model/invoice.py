"""Invoices: those that came in, and the studio's own purchase records and charge-backs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import Money


class InvoiceKind(StrEnum):
    """What an invoice is."""

    RECEIVED = "received"
    """A marketplace's invoice or receipt."""
    PURCHASE_RECORD = "purchase_record"
    """The studio's own record of what was bought."""
    CHARGE_BACK = "charge_back"
    """What a client or another department is charged for."""
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One invoice. Own ones are unique by series and number, received ones by issuer and number."""

    id: str
    kind: InvoiceKind
    number: str
    issuer: str
    recipient: str
    net: Money
    tax: Money
    gross: Money
    issued_on: date
    created_at: datetime
    created_by: str
    series: str = ""
    sequence: int = 0
    """The place in its series, from 1 without gaps; 0 for received ones."""
    due_on: date | None = None
    project_id: str = ""
    client: str = ""
    marketplace: str = ""
    purchase_order: str = ""
    document_sha256: str = ""
    """The file in the store."""
    data_sha256: str = ""
    """The embedded EN 16931 XML, where there is one."""
    corrects: str = ""
    """With a credit note: the invoice's id."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line. ``quantity`` and ``tax_percent`` are decimal text; ``order_id`` once it is matched."""

    id: str
    invoice_id: str
    position: int
    description: str
    quantity: str
    net: Money
    tax_percent: str
    tax_category: str
    """UNCL 5305: S standard, Z zero, E exempt, AE reverse charge, O outside the scope."""
    order_id: str = ""
    reference: str = ""
    """The marketplace's order number or item number on the line."""
    difference: str = ""
    """What does not fit the order, as a sentence; empty when it does."""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberSeries:
    """The last number given out in a series of own invoices."""

    id: str
    last: int
    version: int = 1
