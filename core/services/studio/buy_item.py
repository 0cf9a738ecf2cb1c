"""Buys one item of an approved request: its approval, its order, and what the answer means for the item."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from ...clock import Clock
from ...errors import (
    CancelledError,
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    LedgerError,
    NotAllowed,
    OfflineError,
    PriceChanged,
    PurchaseInDoubt,
    RateLimited,
    Unavailable,
    UserInputError,
)
from ...http.cancel import CancelToken
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...marketplaces import registry
from ...model.audit import AuditEvent
from ...model.buy_request import BuyRequest, ItemState, RequestItem, RequestState
from ...model.order import Order
from ...model.quote import Approval
from ...settings import Settings
from ..buying.purchase import Purchase, Sending
from ..buying.purchase_bulk import send_many
from ..buying.web_basis import sells_on_website
from ..buying.web_purchase import WebPurchases
from ..steps import FindMarketplace
from .items import Items
from .limits import Limits
from .request_rules import find_request

OF_THE_SHOP = (OfflineError, CredentialsMissing, CredentialsRejected, RateLimited, Unavailable)
"""What every further item of the same marketplace would run into now; nothing was sent."""
SOMEBODY_ELSE = frozenset({"request.changed", "request.expired"})
"""Codes that say that the item is no longer to be bought by us now: nothing ends by that."""


class NotNow(Exception):
    """Nothing was sent, and the item waits for the next run. ``for_all``: so do all others of the shop."""

    def __init__(self, reason: str, *, for_all: bool) -> None:
        super().__init__(reason)
        self.for_all = for_all


class Reopened(Exception):
    """Price or terms changed before anything was bought: the request is open again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyItem:
    """Buys one item."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    settings: Settings
    purchase: Purchase
    web: WebPurchases
    limits: Limits
    items: Items
    find_marketplace: FindMarketplace = registry.find

    def run_many(
        self,
        request: BuyRequest,
        items: Iterable[RequestItem],
        *,
        references: Iterable[tuple[str, str]] = (),
        actor: str,
        cancel: CancelToken | None = None,
    ) -> dict[str, NotNow]:
        """Buy items of one marketplace with its own bulk calls; return those that wait, by their ids.

        What was committed as being sent is sent, whatever happens to a later one. Raises Reopened,
        CancelledError, LedgerError.
        """
        noted = tuple(references)
        waiting: dict[str, NotNow] = {}
        sending: list[tuple[RequestItem, Sending]] = []
        stopped: Exception | None = None
        for item in items:
            if waiting and (last := next(reversed(waiting.values()))).for_all:
                waiting[item.id] = last
                continue
            try:
                ready = self._prepare(request, item, references=noted, actor=actor, cancel=cancel)
            except ClearanceError as error:
                stopped = self._try_handle(request, item, error, actor, waiting)
                if stopped is not None:
                    break
            else:
                if isinstance(ready, Order):
                    self.items.follow(self.items.read(item.id), ready, actor=actor)
                else:
                    sending.append((item, ready))
        results = send_many(self.purchase, [one for _, one in sending], actor=actor)
        for (item, _), result in zip(sending, results, strict=True):
            if isinstance(result, Order):
                self.items.follow(self.items.read(item.id), result, actor=actor)
            else:
                stopped = self._try_handle(request, item, result, actor, waiting) or stopped
        if stopped is not None:
            raise stopped
        return waiting

    def _prepare(
        self,
        request: BuyRequest,
        item: RequestItem,
        *,
        references: Iterable[tuple[str, str]],
        actor: str,
        cancel: CancelToken | None,
    ) -> Order | Sending:
        """Do everything up to sending; an order where nothing is sent."""
        if cancel is not None:
            cancel.check()
        self.limits.check_order(
            item.cost,
            project_id=request.project_id,
            marketplace=item.ref.marketplace,
            reader=self.ledger,
        )
        approval = self._approve(request, item, actor)
        opened = self._open(request, item, actor)
        if sells_on_website(self.find_marketplace(item.ref.marketplace).INFO):
            return self.web.start(approval.id, actor=actor, project=request.project_id, opened=opened)
        return self.purchase.prepare(
            approval.id,
            actor=actor,
            references=references,
            project=request.project_id,
            opened=opened,
            cancel=cancel,
        )

    def _try_handle(
        self,
        request: BuyRequest,
        item: RequestItem,
        error: ClearanceError,
        actor: str,
        waiting: dict[str, NotNow],
    ) -> Exception | None:
        """Let an error end one item of several; return what ends the run, if it does."""
        try:
            self._handle(request, item, error, actor)
        except NotNow as problem:
            waiting[item.id] = problem
        except (Reopened, ClearanceError) as problem:
            return problem
        return None

    def _handle(self, request: BuyRequest, item: RequestItem, error: ClearanceError, actor: str) -> None:
        """Say what an error means for an item; raise NotNow, Reopened, or the error where it ends the run."""
        match error:
            case UserInputError():
                self._refused(item, error, actor)
            case PriceChanged():
                self._price_changed(request, item, error, actor)
            case NotAllowed():
                raise NotNow(error.message, for_all=False) from error
            case LedgerError() | CancelledError():
                self._after(item, actor)
                if error.code == "ledger.not_allowed":
                    raise NotNow(error.message, for_all=False) from error
                raise error
            case PurchaseInDoubt():
                if not self._after(item, actor):
                    raise NotNow(error.message, for_all=False) from error
            case _ if isinstance(error, OF_THE_SHOP):
                self._after(item, actor)
                raise NotNow(error.message, for_all=True) from error
            case _:
                self._fail(item, error, actor)

    def _approve(self, request: BuyRequest, item: RequestItem, actor: str) -> Approval:
        """Turn the request's approval into that of the item's quote: bound to the same price and terms."""
        now = self.clock.now()
        quote = self.ledger.quote(item.quote_id)
        if quote is None or quote.cost != item.cost or quote.ref != item.ref:
            raise UserInputError(
                "This item's quote is not in the ledger. Submit it in a new request.", code="request.no_quote"
            )
        until = now + timedelta(seconds=self.settings.approval_valid_s)
        approval = Approval(
            id=self.ids.new("approval"),
            quote_id=quote.id,
            binding_sha256=quote.binding_sha256,
            approved_by=actor,
            approved_at=now,
            expires_at=until if request.expires_at is None else min(until, request.expires_at),
            reason=f"{request.id}, approved by {request.decided_by}",
        )
        with self.ledger.transaction() as work:
            work.add_approval(approval)
            work.record(
                AuditEvent(
                    action="quote.approved",
                    subject=quote.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("approval_id", approval.id),
                        ("binding_sha256", approval.binding_sha256),
                        ("request_id", request.id),
                        ("approved_by", request.decided_by),
                    ),
                )
            )
        return approval

    def _open(
        self, request: BuyRequest, item: RequestItem, actor: str
    ) -> Callable[[LedgerTransaction, Order], None]:
        """Return what notes the order with the item, in the unit of work that opens the order."""

        def opened(work: LedgerTransaction, order: Order) -> None:
            self.limits.check_order(
                order.cost,
                project_id=request.project_id,
                marketplace=order.ref.marketplace,
                reader=work,
                order_id=order.id,
            )
            self.items.start(work, request.id, item.id, order, actor=actor)

        return opened

    def _refused(self, item: RequestItem, error: UserInputError, actor: str) -> None:
        """End an item that is not ordered: the studio owns it by now, or it cannot be bought so."""
        if error.code in SOMEBODY_ELSE:
            raise NotNow(error.message, for_all=False) from error
        if error.code == "purchase.already_owned":
            self.items.cover(item, str(error.context.get("grant_id") or ""), actor=actor)
        else:
            self._fail(item, error, actor)

    def _price_changed(self, request: BuyRequest, item: RequestItem, error: PriceChanged, actor: str) -> None:
        """Send the request back while nothing of it is bought; later on only this item fails."""
        if find_request(self.ledger, request.id).state is RequestState.APPROVED and self.items.reopen(
            request.id, actor=actor, why=error.message, item_id=item.id
        ):
            raise Reopened(error.message) from error
        self._fail(item, error, actor)

    def _fail(self, item: RequestItem, error: ClearanceError, actor: str) -> None:
        """End the item with its reason, unless its order says otherwise."""
        if not self._after(item, actor, failure=error.message):
            self.items.fail(item, error.message, actor=actor)

    def _after(self, item: RequestItem, actor: str, *, failure: str = "") -> bool:
        """Let an item follow its order after an error; False when none was opened."""
        current = self.items.read(item.id)
        order = self.ledger.order(current.order_id) if current.order_id else None
        if current.state is not ItemState.BUYING or order is None:
            return False
        self.items.follow(current, order, actor=actor, failure=failure)
        return True
