"""What holds for every request to buy: totals, what an approval is bound to, which state follows which."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ...errors import UserInputError
from ...ledger.port import LedgerReader, LedgerTransaction
from ...model.audit import AuditEvent
from ...model.buy_request import REQUEST_TRANSITIONS, BuyRequest, ItemState, RequestItem, RequestState
from ...model.money import Cost, Credits, Money

MAX_ITEMS = 1_000
"""How many listings one request may have."""
ENDED = frozenset({ItemState.COVERED, ItemState.BOUGHT, ItemState.FAILED, ItemState.LEFT_OUT})
"""States of items with which nothing happens any more while a request is bought."""


def find_request(reader: LedgerReader, request_id: str) -> BuyRequest:
    """Return a request; raise UserInputError when there is none, or none that this login may see."""
    request = reader.value(BuyRequest, request_id)
    if request is None:
        raise UserInputError(
            f"There is no request {request_id[:60]!r} that you may see. “clearance request list” shows them.",
            code="request.unknown",
        )
    return request


def find_items(reader: LedgerReader, request_id: str, *states: ItemState) -> tuple[RequestItem, ...]:
    """Return a request's items by position; without ``states`` all of them."""
    found = (
        reader.values(RequestItem, request_id=request_id, state=states)
        if states
        else reader.values(RequestItem, request_id=request_id)
    )
    return tuple(sorted(found, key=lambda item: item.position))


def sum_money(items: Iterable[RequestItem]) -> Money | None:
    """Add what has a price in money; None without any.

    Raises UserInputError when there are several currencies: one yes is for one amount.
    """
    sums = sum_by_currency(item.cost for item in items)
    if len(sums) > 1:
        raise UserInputError(
            f"The items are priced in several currencies ({', '.join(str(one) for one in sums)}). Make one "
            "request for each currency.",
            code="request.currencies",
        )
    return sums[0] if sums else None


def sum_by_currency(costs: Iterable[Cost | None]) -> tuple[Money, ...]:
    """Add amounts of money, each currency by itself, in the order in which they first come."""
    sums: dict[str, int] = {}
    for cost in costs:
        if isinstance(cost, Money):
            sums[cost.currency] = sums.get(cost.currency, 0) + cost.minor
    return tuple(Money(minor=minor, currency=currency) for currency, minor in sums.items())


def sum_credits(items: Iterable[RequestItem]) -> tuple[tuple[str, Credits], ...]:
    """Add credits and downloads: (marketplace, amount), each unit by itself."""
    sums: dict[tuple[str, str], int] = {}
    for item in items:
        if isinstance(item.cost, Credits):
            key = (item.ref.marketplace, item.cost.unit)
            sums[key] = sums.get(key, 0) + item.cost.amount
    return tuple((shop, Credits(amount=amount, unit=unit)) for (shop, unit), amount in sums.items())


def bind(reader: LedgerReader, request: BuyRequest, waiting: Iterable[RequestItem]) -> str:
    """Return the hash that an approval holds for: project, use, reason and every quote, in order.

    Raises UserInputError when an item's quote is missing, or is not what the item says.
    """
    quotes = []
    for item in waiting:
        quote = reader.quote(item.quote_id) if item.quote_id else None
        if quote is None or quote.cost != item.cost or quote.ref != item.ref:
            raise UserInputError(
                f"Item {item.position} (“{item.title}”) has no valid quote. Submit the request again.",
                code="request.no_quote",
                context={"item_id": item.id},
            )
        quotes.append([item.position, quote.binding_sha256])
    facts = [request.project_id, request.use, request.reason, quotes]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()


MAY_STAY = frozenset({RequestState.DRAFT, RequestState.OPEN, RequestState.BUYING})
"""States in which a request is changed and stays. Nobody decides about one a second time."""


def move(
    work: LedgerTransaction,
    request: BuyRequest,
    state: RequestState,
    *,
    actor: str,
    at: datetime,
    details: tuple[tuple[str, str], ...] = (),
    action: str = "",
    **facts: object,
) -> BuyRequest:
    """Move a request to a state, with further new facts, and note it in the audit.

    Raises UserInputError when that does not follow on the state that it is in.
    """
    check_next(request, state)
    changed = work.change(replace(request, state=state, changed_at=at, **facts))  # type: ignore[arg-type]
    work.record(
        AuditEvent(
            action=action or f"request.{state}", subject=request.id, actor=actor, at=at, details=details
        )
    )
    return changed


def check_next(request: BuyRequest, state: RequestState) -> None:
    """Raise UserInputError when a request cannot go on to a state."""
    stays = state is request.state and state in MAY_STAY
    if not stays and state not in REQUEST_TRANSITIONS[request.state]:
        by = f" by {request.decided_by}" if request.decided_by else ""
        raise UserInputError(
            f"This request is {request.state}{by}; it cannot become {state} any more. Make a new one.",
            code="request.state",
            context={"request_id": request.id, "state": request.state},
        )


def check_own(request: BuyRequest, actor: str) -> None:
    """Raise UserInputError for a request of somebody else."""
    if request.requested_by != actor:
        raise UserInputError(
            f"This is {request.requested_by}'s request; only they change or withdraw it.",
            code="request.not_yours",
            context={"request_id": request.id},
        )
