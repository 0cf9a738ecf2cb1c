"""Buy what was approved, at most once.

The order and its key are committed before anything is sent. From that commit on, only the marketplace's
answer, or later its own records, decide what happened: no answer is never taken for "nothing happened".
"""

from __future__ import annotations

from dataclasses import dataclass

from ..clock import Clock
from ..errors import (
    AccessDenied,
    CancelledError,
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    LedgerConflict,
    NotFound,
    NotSupported,
    OfflineError,
    PaymentError,
    PriceChanged,
    PurchaseInDoubt,
    RateLimited,
    RequestRejected,
    Unavailable,
    UserInputError,
)
from ..http.cancel import CancelToken
from ..ids import Ids
from ..ledger.port import Ledger
from ..marketplaces import registry
from ..marketplaces.base import Marketplace, PurchaseOutcome, PurchaseRequest, PurchaseResult
from ..model.audit import AuditEvent
from ..model.grant import Grant, GrantState
from ..model.money import encode_cost
from ..model.order import Order, OrderState
from ..model.quote import Approval, Quote
from ..settings import Settings
from .fresh_links import FreshLinks
from .quote import listing_stub
from .settle import Settle
from .steps import Sender, run_steps

NOTHING_HAPPENED = (
    OfflineError,
    CancelledError,
    CredentialsMissing,
    CredentialsRejected,
    AccessDenied,
    NotFound,
    NotSupported,
    RequestRejected,
    RateLimited,
    Unavailable,
)
"""Errors after which it is certain that the marketplace did not take the order: it refused it in so many
words, or nothing was sent. The client gives Unavailable to a spending call only when no byte left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """Turns an approval into an order, and the order into a grant or a checkout page."""

    ledger: Ledger
    sender: Sender
    settle: Settle
    clock: Clock
    ids: Ids
    settings: Settings
    fresh_links: FreshLinks

    def run(self, approval_id: str, *, actor: str, cancel: CancelToken | None = None) -> Order:
        """Buy. Return the order: PAID, or AWAITING_CHECKOUT with the page where to pay.

        Raises UserInputError (stale approval, already owned), PriceChanged, PaymentError (refused; no
        money moved), PurchaseInDoubt (reconcile), or the MarketplaceError that kept it from being sent.
        """
        approval, quote = self._load(approval_id)
        module = registry.find(quote.ref.marketplace)
        self._check_unchanged(module, quote, cancel)
        order = self._open_order(approval, quote, actor)
        try:
            if cancel is not None:
                cancel.check()
            order = self.settle.moved(order, OrderState.SUBMITTING, actor=actor, key=order.key)
        except CancelledError:
            self.settle.moved(order, OrderState.FAILED, actor=actor, failure="cancelled before it was sent")
            raise
        result = self._send(module, order, quote, actor)
        return self._finish(order, result, actor)

    def _load(self, approval_id: str) -> tuple[Approval, Quote]:
        approval = self.ledger.approval(approval_id)
        quote = self.ledger.quote(approval.quote_id) if approval else None
        if approval is None or quote is None:
            raise UserInputError("There is no such approval.", code="purchase.no_approval")
        if approval.binding_sha256 != quote.binding_sha256:
            raise PriceChanged(
                "The quote is not what was approved. Nothing was bought.", marketplace=quote.ref.marketplace
            )
        if self.clock.now() >= approval.expires_at:
            raise UserInputError(
                "The approval is no longer valid. Ask for a new quote.", code="purchase.approval_expired"
            )
        return approval, quote

    def _check_unchanged(self, module: Marketplace, quote: Quote, cancel: CancelToken | None) -> None:
        """Read price, license and balance once more, right before they matter."""
        steps = module.quote(listing_stub(quote.ref, quote.kind, search_id=quote.search_id))
        basis = run_steps(steps, module.INFO, self.sender, cancel=cancel)
        if basis.why_not:
            raise PaymentError(f"{basis.why_not} Nothing was bought.", code="payment.not_possible")
        accounts = {account.account_id for account in basis.accounts}
        now = (encode_cost(basis.cost), basis.license_label, basis.listing.editorial)
        quoted = (encode_cost(quote.cost), quote.license_label, quote.editorial)
        if now != quoted or (quote.account_id and quote.account_id not in accounts):
            price = basis.cost if basis.cost is not None else "priced at checkout"
            raise PriceChanged(
                f"{module.INFO.name} changed its offer for “{quote.title}” after it was approved: it is now "
                f"{price}, license “{basis.license_label}”. Nothing was bought; ask for a new quote.",
                marketplace=module.INFO.id,
            )

    def _open_order(self, approval: Approval, quote: Quote, actor: str) -> Order:
        now = self.clock.now()
        order = Order(
            id=self.ids.new("order"),
            key=self.ids.new_uuid(),
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
            project=self.settings.project,
            buyer=actor,
            state=OrderState.APPROVED,
            created_at=now,
            updated_at=now,
        )
        try:
            with self.ledger.transaction() as work:
                owned = find_equal_grant(work.grants_for(quote.ref), quote)
                if owned is not None:
                    raise UserInputError(
                        f"You own “{quote.title}” under this license already. Import it from the library.",
                        code="purchase.already_owned",
                        context={"grant_id": owned.id},
                    )
                if any(o.approval_id == approval.id for o in work.orders(ref=quote.ref)):
                    raise UserInputError(
                        "This approval was used already. Ask for a new quote.", code="purchase.approval_used"
                    )
                work.add_order(order)
                work.record(
                    AuditEvent(
                        action="order.approved",
                        subject=order.id,
                        actor=actor,
                        at=now,
                        details=(
                            ("approval_id", approval.id),
                            ("listing", str(order.ref)),
                            ("cost", encode_cost(order.cost) or "at checkout"),
                        ),
                    )
                )
        except LedgerConflict:
            raise PurchaseInDoubt(
                f"“{quote.title}” is being bought already, or an earlier attempt is not settled. "
                "Check the open orders before buying again.",
                code="payment.order_open",
                context={"listing": str(quote.ref)},
            ) from None
        return order

    def _send(self, module: Marketplace, order: Order, quote: Quote, actor: str) -> PurchaseResult:
        request = PurchaseRequest(
            key=order.key,
            ref=order.ref,
            kind=quote.kind,
            variant=order.variant,
            account_id=order.account_id,
            license_label=order.license_label,
            search_id=quote.search_id,
            editorial_acknowledged=bool(quote.editorial),
            project=order.project,
            client=self.settings.client,
            purchase_order=self.settings.purchase_order,
        )
        try:
            return self.sender.send(module.purchase(request), module.INFO)
        except NOTHING_HAPPENED as error:
            self.settle.moved(order, OrderState.FAILED, actor=actor, failure=error.code)
            raise
        except ClearanceError as error:
            self.settle.moved(order, OrderState.UNKNOWN, actor=actor, failure=error.code)
            raise PurchaseInDoubt(
                f"{module.INFO.name} gave no clear answer when “{order.title}” was bought. It will not be "
                "bought again before the marketplace's own records have been read.",
                context={"order_id": order.id, "cause": error.code},
            ) from error

    def _finish(self, order: Order, result: PurchaseResult, actor: str) -> Order:
        match result.outcome:
            case PurchaseOutcome.PAID:
                self.fresh_links.keep(order.id, result.links)
                return self.settle.paid(order, result, evidence="purchase_answer", actor=actor)
            case PurchaseOutcome.CHECKOUT:
                return self.settle.moved(
                    order,
                    OrderState.AWAITING_CHECKOUT,
                    actor=actor,
                    marketplace_order_id=result.marketplace_order_id,
                    checkout_url=result.checkout_url,
                )
            case PurchaseOutcome.REFUSED:
                self.settle.moved(order, OrderState.FAILED, actor=actor, failure=result.why_not or "refused")
                raise PaymentError(
                    f"The purchase of “{order.title}” was refused: {result.why_not or 'no reason given'}. "
                    "Nothing was bought.",
                    code="payment.refused",
                    context={"order_id": order.id},
                )


def find_equal_grant(grants: tuple[Grant, ...], quote: Quote) -> Grant | None:
    """Return an active grant under the same license, which makes buying again pointless."""
    return next(
        (g for g in grants if g.state is GrantState.ACTIVE and g.license_id == quote.license_id), None
    )
