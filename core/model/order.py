"""An order: the one place where the state of a purchase is kept, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .listing import ListingRef
from .money import Cost


class OrderState(StrEnum):
    """Where a purchase stands. The arrows are in :data:`TRANSITIONS`."""

    APPROVED = "approved"
    """Committed with its key; nothing has been sent."""
    SUBMITTING = "submitting"
    """Committed before sending: from here on only the marketplace's own records tell what happened."""
    AWAITING_CHECKOUT = "awaiting_checkout"
    """The marketplace's checkout page is open; nobody has paid yet as far as we know."""
    UNKNOWN = "unknown"
    """Sent, and no usable answer came back. Never sent again before it is reconciled."""
    PAID = "paid"
    """The marketplace confirmed it; receipt and grant are in the ledger."""
    FULFILLED = "fulfilled"
    """The files are here and verified."""
    FAILED = "failed"
    """Certain not to have been charged."""
    REFUNDED = "refunded"


TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    # Straight to the checkout: bought on the marketplace's website, nothing is sent by us.
    OrderState.APPROVED: frozenset({OrderState.SUBMITTING, OrderState.AWAITING_CHECKOUT, OrderState.FAILED}),
    OrderState.SUBMITTING: frozenset(
        {OrderState.PAID, OrderState.AWAITING_CHECKOUT, OrderState.UNKNOWN, OrderState.FAILED}
    ),
    OrderState.UNKNOWN: frozenset({OrderState.PAID, OrderState.AWAITING_CHECKOUT, OrderState.FAILED}),
    OrderState.AWAITING_CHECKOUT: frozenset({OrderState.PAID, OrderState.FAILED}),
    OrderState.PAID: frozenset({OrderState.FULFILLED, OrderState.REFUNDED}),
    OrderState.FULFILLED: frozenset({OrderState.REFUNDED}),
    # A payment that arrives after we gave up is still a payment: history may turn FAILED into PAID.
    OrderState.FAILED: frozenset({OrderState.PAID}),
    OrderState.REFUNDED: frozenset(),
}

OPEN_STATES = frozenset(
    {OrderState.APPROVED, OrderState.SUBMITTING, OrderState.AWAITING_CHECKOUT, OrderState.UNKNOWN}
)
"""States in which a second order for the same listing and license would risk paying twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One purchase of one listing.

    ``key`` is a UUID made before anything is sent; it travels to the marketplace (CGTrader ``uuid``,
    Shutterstock ``metadata``) so that their records can be matched to ours. ``version`` grows by one with
    every change and guards against lost updates.
    """

    id: str
    key: str
    quote_id: str
    approval_id: str
    ref: ListingRef
    title: str
    variant: str
    license_label: str
    license_id: str
    terms_sha256: str
    account_id: str
    cost: Cost | None
    project: str
    buyer: str
    state: OrderState
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None = None
    marketplace_order_id: str = ""
    checkout_url: str = ""
    """Without secrets; empty once paid."""
    failure: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The marketplace's word that an order was charged. ``charged`` None: it did not say how much."""

    id: str
    order_id: str
    marketplace_order_id: str
    marketplace_license_id: str
    charged: Cost | None
    license_label: str
    received_at: datetime
    evidence: str
    """How we know: ``purchase_answer``, ``history``, ``order_status``, ``web_evidence`` (what the user
    entered and attached after buying on the website)."""
