"""Buys what a request got approved, item by item, each at most once, and goes on after a crash where it was.

An item names its order in the unit of work that opens the order: from there on only the order, and the
marketplace's own records, tell what happened. Doubts are settled first. One item's trouble is its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum

from ...clock import Clock
from ...errors import CancelledError, ClearanceError, UserInputError
from ...http.cancel import CancelToken
from ...ids import Ids
from ...ledger.port import Ledger
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.order import OPEN_STATES, Order, OrderState
from ...policy.roles import Act
from ..buying.reconcile import Reconcile
from .buy_item import BuyItem, NotNow, Reopened
from .items import Items
from .request_rules import find_items, find_request
from .standing import Standing

Progress = Callable[[int, int], None]
MAX_SHOPS = 4
"""At how many marketplaces something is bought at once; at each of them one thing after the other."""


class Outcome(StrEnum):
    """What became of one item in this run."""

    OK = "ok"
    """Bought, or owned by now."""
    FAILED = "failed"
    CHECKOUT = "checkout"
    """Somebody pays on the marketplace's page; then buy goes on."""
    IN_DOUBT = "in_doubt"
    """The marketplace gave no clear answer; its records are read at the next run."""
    LATER = "later"
    """Nothing was sent; the next run tries again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult:
    """One item, and what became of it. ``page_url`` is where to pay, with CHECKOUT."""

    item: RequestItem
    outcome: Outcome
    reason: str = ""
    page_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What became of a request. It is ``DONE`` once every item has ended."""

    request: BuyRequest
    items: tuple[ItemResult, ...]

    def count(self, outcome: Outcome) -> int:
        """Return how many items ended so."""
        return sum(one.outcome is outcome for one in self.items)


@dataclass(slots=True)
class _Run:
    """What the workers of one run share."""

    total: int
    progress: Progress | None
    done: int = 0
    reasons: dict[str, str] = field(default_factory=dict)
    reopened: Reopened | None = None
    cancelled: bool = False
    broken: ClearanceError | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def wait(self, waiting: Mapping[str, NotNow]) -> None:
        """Note why items wait."""
        with self.lock:
            self.reasons.update((item_id, str(why)) for item_id, why in waiting.items())

    def step(self, count: int) -> None:
        """Report progress."""
        with self.lock:
            self.done += count
            if self.progress is not None:
                self.progress(self.done, self.total)

    @property
    def over(self) -> bool:
        return self.reopened is not None or self.cancelled or self.broken is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyRequests:
    """Buys approved requests."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    standing: Standing
    reconcile: Reconcile
    items: Items
    buy_item: BuyItem

    def run(
        self,
        request_id: str,
        *,
        references: Mapping[str, Iterable[tuple[str, str]]] | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> BulkResult:
        """Buy what waits, settle what is open, and return what became of each item.

        May be run again at any time, also after a crash. ``references`` are what a marketplace wants noted,
        by its id. Raises NotAllowed; UserInputError when the request is not approved, or not any more;
        CancelledError and LedgerError, after which the next run goes on.
        """
        request = find_request(self.ledger, request_id)
        actor = self.standing.require(Act.BUY, project_id=request.project_id)
        if request.state not in (RequestState.APPROVED, RequestState.BUYING):
            raise UserInputError(
                f"This request is {request.state}; only an approved one is bought.",
                code="request.state",
                context={"request_id": request_id, "state": request.state},
            )
        problems = self._settle(request, actor, cancel)
        waiting = find_items(self.ledger, request_id, ItemState.WAITING)
        if waiting and request.expires_at is not None and self.clock.now() >= request.expires_at:
            self._expire(request, waiting, actor)
            waiting = ()
        run = _Run(total=len(waiting), progress=progress, reasons=problems)
        if waiting:
            self._buy_all(request, waiting, references=references or {}, run=run, actor=actor, cancel=cancel)
        if run.broken is not None:
            raise run.broken
        if run.cancelled:
            raise CancelledError("Stopped. What was bought is in the ledger; the rest waits.")
        if run.reopened is not None:
            raise UserInputError(
                f"{run.reopened} The request is open again: {request.requested_by} submits it with the new "
                "price, and somebody approves that.",
                code="request.price_changed",
                context={"request_id": request_id},
            )
        request = self.items.finish(request_id, actor=actor)
        results = tuple(self._tell(item, run.reasons) for item in find_items(self.ledger, request_id))
        return BulkResult(request=request, items=tuple(one for one in results if one is not None))

    def _settle(self, request: BuyRequest, actor: str, cancel: CancelToken | None) -> dict[str, str]:
        """Find out about items that an order was opened for, before anything is bought; return problems."""
        problems: dict[str, str] = {}
        for item in find_items(self.ledger, request.id, ItemState.BUYING):
            order = self.ledger.order(item.order_id) if item.order_id else None
            if order is None:
                continue
            if order.state in OPEN_STATES:
                try:
                    order = self.reconcile.run_one(order.id, actor=actor, cancel=cancel)
                except CancelledError:
                    raise
                except ClearanceError as error:
                    problems[item.id] = error.message
                    continue
            self.items.follow(item, order, actor=actor)
        return problems

    def _buy_all(
        self,
        request: BuyRequest,
        waiting: tuple[RequestItem, ...],
        *,
        references: Mapping[str, Iterable[tuple[str, str]]],
        run: _Run,
        actor: str,
        cancel: CancelToken | None,
    ) -> None:
        """Buy at several marketplaces at once, one thing after the other at each."""
        shops: dict[str, list[RequestItem]] = {}
        for item in waiting:
            shops.setdefault(item.ref.marketplace, []).append(item)

        def work(shop: str) -> None:
            self._buy_at(
                request,
                shops[shop],
                references=tuple(references.get(shop, ())),
                run=run,
                actor=actor,
                cancel=cancel,
            )

        names = list(shops)
        if len(names) == 1:
            work(names[0])
            return
        with ThreadPoolExecutor(min(len(names), MAX_SHOPS), thread_name_prefix="clearance-buy") as pool:
            for future in [pool.submit(work, name) for name in names]:
                future.result()

    def _buy_at(
        self,
        request: BuyRequest,
        items: list[RequestItem],
        *,
        references: tuple[tuple[str, str], ...],
        run: _Run,
        actor: str,
        cancel: CancelToken | None,
    ) -> None:
        """Buy one marketplace's items; stop there when the marketplace cannot be used now."""
        rule = self.buy_item.find_marketplace(items[0].ref.marketplace).INFO.bulk
        size = rule.most if rule is not None else 1
        not_now: NotNow | None = None
        for start in range(0, len(items), size):
            if run.over:
                return
            if cancel is not None and cancel.cancelled:
                run.cancelled = True
                return
            chunk = items[start : start + size]
            if not_now is not None and not_now.for_all:
                run.wait(dict.fromkeys((item.id for item in chunk), not_now))
            else:
                try:
                    waiting = self.buy_item.run_many(
                        request, chunk, references=references, actor=actor, cancel=cancel
                    )
                except Reopened as problem:
                    run.reopened = problem
                    return
                except CancelledError:
                    run.cancelled = True
                    return
                except ClearanceError as error:
                    run.broken = error
                    return
                run.wait(waiting)
                not_now = next(reversed(waiting.values()), None)
            run.step(len(chunk))

    def _expire(self, request: BuyRequest, waiting: tuple[RequestItem, ...], actor: str) -> None:
        """Do what follows when an approval is no longer valid: ask again, or end what is left."""
        if self.items.reopen(request.id, actor=actor, why="the approval was no longer valid"):
            raise UserInputError(
                "The approval of this request is no longer valid. It is open again; somebody has to approve "
                "it once more.",
                code="request.expired",
                context={"request_id": request.id},
            )
        for item in waiting:
            self.items.fail(item, "The approval was no longer valid.", actor=actor)

    def _tell(self, item: RequestItem, reasons: Mapping[str, str]) -> ItemResult | None:
        match item.state:
            case ItemState.BOUGHT | ItemState.COVERED:
                return ItemResult(item=item, outcome=Outcome.OK)
            case ItemState.FAILED:
                return ItemResult(item=item, outcome=Outcome.FAILED, reason=item.failure)
            case ItemState.WAITING:
                return ItemResult(item=item, outcome=Outcome.LATER, reason=reasons.get(item.id, item.failure))
            case ItemState.BUYING:
                return self._tell_open(item, self.ledger.order(item.order_id), reasons)
            case ItemState.LEFT_OUT:
                return None

    def _tell_open(self, item: RequestItem, order: Order | None, reasons: Mapping[str, str]) -> ItemResult:
        if order is not None and order.state is OrderState.AWAITING_CHECKOUT:
            return ItemResult(
                item=item,
                outcome=Outcome.CHECKOUT,
                reason="Pay on the marketplace's page, then run this again.",
                page_url=order.checkout_url,
            )
        why = reasons.get(item.id) or "The marketplace gave no clear answer; run this again in a few minutes."
        return ItemResult(item=item, outcome=Outcome.IN_DOUBT, reason=why)
