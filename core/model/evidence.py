"""What proves a purchase that no API confirms, and what is known of a refund."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import Cost, Money


class DocumentKind(StrEnum):
    """What an attached file is."""

    INVOICE = "invoice"
    ORDER_PAGE = "order_page"
    LICENSE_TEXT = "license_text"
    CORRESPONDENCE = "correspondence"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file that proves something about an order; its content is in the store. ``size`` in bytes."""

    order_id: str
    kind: DocumentKind
    sha256: str
    name: str
    size: int
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPurchase:
    """What the user enters after buying on a marketplace's website. Typed in, and marked as such."""

    order_number: str
    bought_on: date
    license_label: str
    """The tier that was bought, one of the marketplace's own words."""
    price: Money | None = None
    note: str = ""


class EvidenceKind(StrEnum):
    """What a piece of evidence in a report is. The first five are the kinds of documents."""

    INVOICE = "invoice"
    ORDER_PAGE = "order_page"
    LICENSE_TEXT = "license_text"
    CORRESPONDENCE = "correspondence"
    OTHER = "other"
    RECEIPT = "receipt"
    """The marketplace's word that it was paid; no file."""
    TERMS = "terms"
    """The reading of the license terms that was kept with the purchase."""
    DECLARATION = "declaration"
    """Somebody's word for content that was not bought."""
    RESOLUTION = "resolution"
    """What was kept with a decision about a finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One thing that proves a line of a report. ``sha256`` is of the document; empty where there is none."""

    kind: EvidenceKind
    label: str
    """What it is, for people: a file's name, "order 4711 at CGTrader"."""
    sha256: str = ""
    at: datetime | None = None


class RefundState(StrEnum):
    """Where a refund stands."""

    REQUESTED = "requested"
    REFUNDED = "refunded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One attempt to give a purchase back. ``amount`` None while it is not known."""

    id: str
    order_id: str
    grant_id: str
    state: RefundState
    reason: str
    requested_at: datetime
    requested_by: str
    settled_at: datetime | None = None
    amount: Cost | None = None
    reference: str = ""
    """The marketplace's case or credit note number, as the user entered it."""
