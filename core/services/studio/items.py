"""What happens to items while a request is bought, each in one unit of work with its budget entries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ...clock import Clock
from ...errors import UserInputError
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.money import Money, encode_cost
from ...model.order import Order, OrderState
from .journal import release, release_rest, spend
from .request_rules import ENDED, find_items, find_request, move

NEVER_BOUGHT = frozenset(
    {
        "never sent",
        "cancelled before it was sent",
        "not in the marketplace's history",
        "cancelled",
        "offline",
        "marketplace.rate_limited",
        "marketplace.unavailable",
        "marketplace.credentials_missing",
        "marketplace.credentials_rejected",
    }
)
"""Why an order failed of which nothing reached the marketplace, or nothing is in its records: the item waits
for another try. Anything else was refused, or given up by somebody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """Moves items."""

    ledger: Ledger
    clock: Clock
    ids: Ids

    def read(self, item_id: str) -> RequestItem:
        """Return an item as it is now."""
        item = self.ledger.value(RequestItem, item_id)
        if item is None:
            raise UserInputError("There is no such item.", code="request.no_item")
        return item

    def start(
        self, work: LedgerTransaction, request_id: str, item_id: str, order: Order, *, actor: str
    ) -> None:
        """Note the order that was opened for an item; raise UserInputError when it is not to be bought (now).

        The first one makes the request one that is being bought.
        """
        request = find_request(work, request_id)
        item = work.value(RequestItem, item_id)
        now = self.clock.now()
        if (
            item is None
            or item.state is not ItemState.WAITING
            or item.quote_id != order.quote_id
            or request.state not in (RequestState.APPROVED, RequestState.BUYING)
        ):
            raise UserInputError(
                "Somebody else is buying this item, or the request was changed.", code="request.changed"
            )
        if request.expires_at is not None and now >= request.expires_at:
            raise UserInputError("The approval was no longer valid.", code="request.expired")
        work.change(replace(item, state=ItemState.BUYING, order_id=order.id, failure="", changed_at=now))
        self._note(work, "buying", item, actor=actor, at=now, details=(("order_id", order.id),))
        if request.state is RequestState.APPROVED:
            move(work, request, RequestState.BUYING, actor=actor, at=now)

    def follow(self, item: RequestItem, order: Order, *, actor: str, failure: str = "") -> RequestItem:
        """Let an item say what its order says."""
        if item.state is not ItemState.BUYING or item.order_id != order.id:
            return item
        match order.state:
            case OrderState.PAID | OrderState.FULFILLED | OrderState.REFUNDED:
                return self._bought(item, order, actor)
            case OrderState.FAILED if order.failure in NEVER_BOUGHT:
                return self._change(item, actor, ItemState.WAITING, order_id="", failure=failure)
            case OrderState.FAILED:
                return self.fail(item, failure or f"It was not bought: {order.failure}.", actor=actor)
            case _:
                return item

    def fail(self, item: RequestItem, why: str, *, actor: str) -> RequestItem:
        """End an item that is not bought; what was set aside for it is free again."""
        return self._change(item, actor, ItemState.FAILED, failure=why[:500])

    def cover(self, item: RequestItem, grant_id: str, *, actor: str) -> RequestItem:
        """End an item that the studio owns by now."""
        return self._change(item, actor, ItemState.COVERED, grant_id=grant_id)

    def finish(self, request_id: str, *, actor: str) -> BuyRequest:
        """End a request whose items have all ended; return it as it is."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            items = find_items(work, request_id)
            if request.state not in (RequestState.APPROVED, RequestState.BUYING) or not all(
                item.state in ENDED for item in items
            ):
                return request
            if request.state is RequestState.APPROVED:
                request = move(work, request, RequestState.BUYING, actor=actor, at=now)
            if request.budget_id:
                release_rest(
                    work, request.budget_id, subject=request.id, ids=self.ids, at=now, by=actor, note="done"
                )
            counts = tuple(
                (str(state), str(sum(item.state is state for item in items)))
                for state in ItemState
                if any(item.state is state for item in items)
            )
            return move(work, request, RequestState.DONE, actor=actor, at=now, details=counts)

    def reopen(self, request_id: str, *, actor: str, why: str, item_id: str = "") -> bool:
        """Send an approved request back to be asked again; False once something of it was being bought."""
        now = self.clock.now()
        with self.ledger.transaction() as work:
            request = find_request(work, request_id)
            if request.state is not RequestState.APPROVED:
                return False
            item = work.value(RequestItem, item_id) if item_id else None
            if item is not None:
                work.change(replace(item, failure=why[:500], changed_at=now))
            move(
                work,
                request,
                RequestState.OPEN,
                action="request.reopened",
                actor=actor,
                at=now,
                details=(("why", why[:200]),),
            )
            if request.budget_id:
                release_rest(
                    work,
                    request.budget_id,
                    subject=request.id,
                    ids=self.ids,
                    at=now,
                    by=actor,
                    note="open again",
                )
        return True

    def _bought(self, item: RequestItem, order: Order, actor: str) -> RequestItem:
        grant = self.ledger.grant_for_order(order.id)
        receipt = next(iter(self.ledger.receipts(order.id)), None)
        charged = receipt.charged if receipt is not None else None
        now = self.clock.now()
        with self.ledger.transaction() as work:
            current = work.value(RequestItem, item.id)
            if current is None or current.state is not ItemState.BUYING:
                return item if current is None else current
            changed = work.change(
                replace(
                    current,
                    state=ItemState.BOUGHT,
                    grant_id=grant.id if grant is not None else "",
                    failure="",
                    changed_at=now,
                )
            )
            request = find_request(work, item.request_id)
            if request.budget_id and isinstance(item.cost, Money) and item.cost.minor > 0:
                spend(
                    work,
                    request.budget_id,
                    item.cost,
                    charged if isinstance(charged, Money) else None,
                    request_id=request.id,
                    order_id=order.id,
                    ids=self.ids,
                    at=now,
                    by=actor,
                )
            details = (
                ("order_id", order.id),
                ("grant_id", changed.grant_id),
                ("cost", encode_cost(item.cost) or "at checkout"),
            )
            self._note(work, "bought", changed, actor=actor, at=now, details=details)
        return changed

    def _change(self, seen: RequestItem, actor: str, state: ItemState, **facts: str) -> RequestItem:
        """Move an item that has not ended, and return it as it is then.

        Nothing happens when somebody else went on with it since it was ``seen``: an order that was opened
        for it decides alone. Releases what was set aside when it ends without a purchase.
        """
        now = self.clock.now()
        with self.ledger.transaction() as work:
            item = work.value(RequestItem, seen.id)
            if item is None:
                raise UserInputError("There is no such item.", code="request.no_item")
            moves = item.state in (ItemState.WAITING, ItemState.BUYING)
            order = work.order(item.order_id) if item.order_id else None
            bought = order is not None and order.state is not OrderState.FAILED
            if not moves or item.order_id != seen.order_id or bought:
                return item
            changed = work.change(replace(item, state=state, changed_at=now, **facts))  # type: ignore[arg-type]
            request = find_request(work, item.request_id)
            ends = state in ENDED and request.state in (RequestState.APPROVED, RequestState.BUYING)
            if ends and request.budget_id and isinstance(item.cost, Money) and item.cost.minor > 0:
                release(
                    work,
                    request.budget_id,
                    item.cost,
                    subject=request.id,
                    ids=self.ids,
                    at=now,
                    by=actor,
                    note=f"item {item.position} {state}",
                )
            self._note(
                work,
                state,
                changed,
                actor=actor,
                at=now,
                details=tuple((key, value[:200]) for key, value in facts.items()),
            )
        return changed

    def _note(
        self,
        work: LedgerTransaction,
        what: str,
        item: RequestItem,
        *,
        actor: str,
        at: datetime,
        details: tuple[tuple[str, str], ...],
    ) -> None:
        work.record(
            AuditEvent(
                action=f"request.item_{what}",
                subject=item.request_id,
                actor=actor,
                at=at,
                details=(("item", str(item.position)), ("listing", str(item.ref)), *details),
            )
        )
