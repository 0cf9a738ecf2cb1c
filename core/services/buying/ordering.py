"""Opens orders for what was approved: not for what is owned, not twice, not beside an open one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from ...errors import LedgerConflict, PurchaseInDoubt, UserInputError
from ...ids import Ids
from ...ledger.port import LedgerTransaction
from ...marketplaces.base import MarketplaceInfo
from ...model.audit import AuditEvent
from ...model.money import encode_cost
from ...model.order import Order, OrderState
from ...model.quote import Approval, Quote
from .owned import find_covering, find_holdings

OnOpened = Callable[[LedgerTransaction, Order], None]
"""Writes what belongs to a new order into the unit of work that opens it; raising keeps it from being."""


def new_order(
    quote: Quote, approval: Approval, *, ids: Ids, now: datetime, project: str, buyer: str
) -> Order:
    """Make the order for an approved quote; nothing of it is written or sent."""
    return Order(
        id=ids.new("order"),
        key=ids.new_uuid(),
        quote_id=quote.id,
        approval_id=approval.id,
        ref=quote.ref,
        title=quote.title,
        variant=quote.variant,
        license_label=quote.license_label,
        license_id=quote.license_id,
        terms_sha256=quote.terms_sha256,
        account_id=quote.account_id,
        cost=quote.cost,
        project=project,
        buyer=buyer,
        state=OrderState.APPROVED,
        created_at=now,
        updated_at=now,
    )


def add_approved_order(
    work: LedgerTransaction,
    order: Order,
    quote: Quote,
    info: MarketplaceInfo,
    opened: OnOpened | None = None,
) -> None:
    """Write a new order; raise UserInputError when it is owned or the approval was used already."""
    owned = find_covering(find_holdings(work, quote.ref, quote.kind, info), quote, info)
    if owned is not None:
        raise UserInputError(
            f"You own “{quote.title}” under this license already. Import it from the library.",
            code="purchase.already_owned",
            context={"grant_id": owned.id},
        )
    if any(other.approval_id == order.approval_id for other in work.orders(ref=quote.ref)):
        raise UserInputError(
            "This approval was used already. Ask for a new quote.", code="purchase.approval_used"
        )
    work.add_order(order)
    work.record(
        AuditEvent(
            action="order.approved",
            subject=order.id,
            actor=order.buyer,
            at=order.created_at,
            details=(
                ("approval_id", order.approval_id),
                ("listing", str(order.ref)),
                ("cost", encode_cost(order.cost) or "at checkout"),
            ),
        )
    )
    if opened is not None:
        opened(work, order)


@contextmanager
def doubt_when_open(quote: Quote) -> Iterator[None]:
    """Turn the ledger's refusal of a second open order into what the user can do about it."""
    try:
        yield
    except LedgerConflict:
        raise PurchaseInDoubt(
            f"“{quote.title}” is being bought already, or an earlier attempt is not settled. "
            "Check the open orders before buying again.",
            code="payment.order_open",
            context={"listing": str(quote.ref)},
        ) from None
