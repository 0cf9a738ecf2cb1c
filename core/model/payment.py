"""How purchases are paid, what that is worth in money, and at which exchange rate. Never card numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from .money import Cost, Money


class MethodKind(StrEnum):
    """Ways to pay: the marketplaces', and a studio's own."""

    SUBSCRIPTION = "subscription"
    """A marketplace's allotment of downloads."""
    CREDITS = "credits"
    PRODUCT = "product"
    """A product of an agreement, with an allowance (Getty Images)."""
    CONTRACT = "contract"
    """Billed afterwards under a contract (Pond5)."""
    CHECKOUT = "checkout"
    """Paid on the marketplace's own page."""
    PURCHASE_ORDER = "purchase_order"
    """A studio's order number and cost center; the invoice comes later."""
    PREPAID = "prepaid"
    """A balance that was paid in before."""
    MANUAL = "manual"
    """Paid outside, with evidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """One way to pay, for one marketplace and project or for all. ``account_id`` is the marketplace's."""

    id: str
    kind: MethodKind
    label: str
    created_by: str
    created_at: datetime
    marketplace: str = ""
    account_id: str = ""
    project_id: str = ""
    purchase_order: str = ""
    cost_center: str = ""
    unit: str = ""
    unit_value: Money | None = None
    """What one credit or download cost when it was bought: so credits count in money."""
    paid_in: Money | None = None
    """With PREPAID: what was paid in."""
    limit_amount: Money | None = None
    """With PURCHASE_ORDER: up to where it may be used."""
    valid_until: date | None = None
    active: bool = True
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one order cost, and by which method. A refund is a payment with a negative ``value``.

    ``cost`` is as the marketplace charged it; ``value`` is that in money; ``home`` in the studio's currency
    at ``rate`` (decimal text: units of the home currency for one of ``value``'s) of the day ``rate_on``.
    ``tax`` is as it was told with the charge, and None otherwise: no marketplace tells it so far, and what is
    booked never changes. What the invoice says later is read beside the payment, see
    ``core.services.studio.invoiced_tax``.
    """

    id: str
    order_id: str
    method_id: str
    cost: Cost | None
    value: Money | None
    paid_at: datetime
    paid_by: str
    tax: Money | None = None
    home: Money | None = None
    rate: str = ""
    rate_on: date | None = None
    rate_source: str = ""
    purchase_order: str = ""
    cost_center: str = ""
    evidence_sha256: str = ""
    refund_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """One dated rate: so many units of ``quote`` for one of ``base``, as decimal text, and who says so."""

    id: str
    base: str
    quote: str
    rate: str
    valid_on: date
    source: str
    set_by: str
    set_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePrice:
    """What a contract charges for calls or downloads; ``per`` is how many of them the amount is for."""

    id: str
    marketplace: str
    operation: str
    amount: Money
    per: int
    starts_on: date
    set_by: str
    set_at: datetime
    ends_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCount:
    """How many calls of a kind succeeded on a day (UTC), by one person for a project, as one machine counted.

    ``number`` is that day's total so far: told twice, it changes nothing. ``source`` names the file of the
    machine that counted. The id ends in who counted.
    """

    id: str
    day: date
    marketplace: str
    operation: str
    number: int
    counted_by: str
    counted_at: datetime
    source: str
    project_id: str = ""
    version: int = 1
