"""What stands in an invoice, in the terms of EN 16931 (BT-1, BT-2 …), whatever syntax it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from .money import Money

CREDIT_TYPES = frozenset({"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"})
"""Codes of UNTDID 1001 that EN 16931 counts among credit notes (BT-3)."""
CREDIT_NOTE = "381"
INVOICE = "380"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """A seller or buyer (BG-4, BG-7). ``country`` is ISO 3166-1's code of two letters."""

    name: str
    street: str = ""
    street_more: str = ""
    postal_code: str = ""
    city: str = ""
    country: str = ""
    vat_id: str = ""
    tax_number: str = ""
    legal_id: str = ""
    email: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSum:
    """One line of the VAT breakdown (BG-23). ``percent`` is decimal text, empty where there is no rate."""

    category: str
    percent: str
    base: Money
    tax: Money
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataLine:
    """One line (BG-25). ``quantity`` and ``price`` are decimal text; ``unit`` is a code of UNECE Rec 20."""

    id: str
    description: str
    quantity: str
    net: Money
    unit: str = "C62"
    price: str = ""
    tax_category: str = ""
    tax_percent: str = ""
    reference: str = ""
    """The order, item or license number on the line, as it stands there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceData:
    """An invoice or credit note. Amounts have the invoice's currency (BT-5)."""

    number: str
    issued_on: date
    type_code: str
    currency: str
    seller: Party
    buyer: Party
    lines: tuple[DataLine, ...]
    net: Money
    """BT-109, without VAT."""
    tax: Money
    """BT-110."""
    gross: Money
    """BT-112, with VAT."""
    payable: Money | None = None
    """BT-115."""
    lines_total: Money | None = None
    """BT-106."""
    allowances: Money | None = None
    """BT-107."""
    charges: Money | None = None
    """BT-108."""
    taxes: tuple[TaxSum, ...] = ()
    due_on: date | None = None
    buyer_reference: str = ""
    """BT-10."""
    project_reference: str = ""
    """BT-11."""
    order_reference: str = ""
    """BT-13, the buyer's order number."""
    sales_order: str = ""
    """BT-14, the seller's order number."""
    corrects: str = ""
    """BT-25, the number of the invoice that this one corrects."""
    corrects_on: date | None = None
    note: str = ""
    terms: str = ""
    profile: str = ""
    """BT-24."""
    syntax: str = ""

    @property
    def is_credit(self) -> bool:
        """Say whether it gives money back: then its amounts are above zero all the same."""
        return self.type_code in CREDIT_TYPES
