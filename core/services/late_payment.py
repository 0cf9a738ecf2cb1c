"""Books an order that was paid after it had been taken for failed into the request that it belongs to.

The item says that it was bought then, and the budget that it was spent: what was set aside had been released.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..ids import Ids
from ..ledger.port import LedgerTransaction
from ..model.audit import AuditEvent
from ..model.budget import Budget, BudgetEntry, EntryKind
from ..model.buy_request import BuyRequest, ItemState, RequestItem
from ..model.money import Money, encode_cost
from ..model.order import Order, Receipt


def book_late(
    work: LedgerTransaction,
    order: Order,
    receipt: Receipt,
    *,
    grant_id: str,
    ids: Ids,
    at: datetime,
    actor: str,
) -> None:
    """Correct the item of a request whose order failed and was paid all the same, and its budget.

    A budget is never exceeded: where it does not have that much left, nothing is booked in it, and the audit
    says so. An item that is bought anew by now, or an order of no request, is left as it is.
    """
    item = next(iter(work.values(RequestItem, order_id=order.id)), None)
    if item is None or item.state is not ItemState.FAILED:
        return
    why = item.failure
    work.change(replace(item, state=ItemState.BOUGHT, grant_id=grant_id, failure="", changed_at=at))
    request = work.value(BuyRequest, item.request_id)
    booked = _spend(work, request, item, order, receipt, ids=ids, at=at, actor=actor)
    work.record(
        AuditEvent(
            action="request.item_bought",
            subject=item.request_id,
            actor=actor,
            at=at,
            details=(
                ("item", str(item.position)),
                ("listing", str(item.ref)),
                ("order_id", order.id),
                ("grant_id", grant_id),
                ("late", f"it had ended: {why}"[:200]),
                ("budget", booked),
            ),
        )
    )


def _spend(
    work: LedgerTransaction,
    request: BuyRequest | None,
    item: RequestItem,
    order: Order,
    receipt: Receipt,
    *,
    ids: Ids,
    at: datetime,
    actor: str,
) -> str:
    """Book what was paid; say what was booked, or why nothing was."""
    budget = work.value(Budget, request.budget_id) if request is not None and request.budget_id else None
    if budget is None:
        return "none"
    wanted = [cost for cost in (receipt.charged, item.cost) if isinstance(cost, Money) and cost.minor > 0]
    used = sum(
        entry.amount.minor if entry.kind in (EntryKind.COMMIT, EntryKind.SPEND) else -entry.amount.minor
        for entry in work.values(BudgetEntry, budget_id=budget.id)
    )
    fitting = (
        cost
        for cost in wanted
        if cost.currency == budget.amount.currency and used + cost.minor <= budget.amount.minor
    )
    amount = next(fitting, None)
    if amount is None:
        return f"not booked in {budget.id}: it does not have that much left" if wanted else "none"
    work.add(
        BudgetEntry(
            id=ids.new("entry"),
            budget_id=budget.id,
            kind=EntryKind.SPEND,
            amount=amount,
            subject=order.id,
            at=at,
            by=actor,
            note="paid late",
        )
    )
    return f"{encode_cost(amount)} in {budget.id}"
