"""Sends several prepared purchases with as few calls as the marketplace takes, each bought at most once.

Every order was committed as being sent before; each gets its own outcome. What the answer does not say about
an order is in doubt, like a purchase whose answer was lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ClearanceError, MarketplaceError
from ...marketplaces.bulk import group, merge
from ...model.order import Order, OrderState
from .purchase import NOTHING_HAPPENED, Purchase, Sending

Result = Order | ClearanceError
"""What became of one: its order, or what alone it would have raised."""


def send_many(purchase: Purchase, sendings: Sequence[Sending], *, actor: str) -> tuple[Result, ...]:
    """Send purchases of one marketplace, and return what became of each, in their order.

    Raises LedgerError when an answer cannot be kept; the orders are then in doubt, and looked up later.
    """
    results: dict[int, Result] = {}
    rule = sendings[0].info.bulk if sendings else None
    groups = group([one.call for one in sendings], rule) if rule is not None else ()
    for places in groups or tuple((place,) for place in range(len(sendings))):
        together = [sendings[place] for place in places]
        results.update(zip(places, _send_group(purchase, together, actor), strict=True))
    return tuple(results[place] for place in range(len(sendings)))


def _send_group(purchase: Purchase, sendings: list[Sending], actor: str) -> list[Result]:
    info = sendings[0].info
    if len(sendings) == 1 or info.bulk is None:
        return [_alone(purchase, one, actor) for one in sendings]
    try:
        outcomes = purchase.sender.send(merge([one.call for one in sendings], info.bulk), info)
    except NOTHING_HAPPENED as error:
        for one in sendings:
            purchase.settle.moved(one.order, OrderState.FAILED, actor=actor, failure=error.code)
        return [error] * len(sendings)
    except ClearanceError as error:
        return [purchase.doubt(one, error, actor) for one in sendings]
    results: list[Result] = []
    try:
        for one, outcome in zip(sendings, outcomes, strict=True):
            if isinstance(outcome, MarketplaceError):
                results.append(purchase.doubt(one, outcome, actor))
                continue
            try:
                results.append(purchase.finish(one.order, outcome, actor, is_last=False))
            except ClearanceError as error:
                results.append(error)
    finally:
        # Each is in the ledger by itself; where the audit ends is noted once for all of one answer.
        if any(isinstance(one, Order) for one in results):
            purchase.ledger.write_checkpoint(at=purchase.clock.now())
    return results


def _alone(purchase: Purchase, sending: Sending, actor: str) -> Result:
    try:
        return purchase.send(sending, actor)
    except ClearanceError as error:
        return error
