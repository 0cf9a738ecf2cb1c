"""Buy what was approved, at most once.

The order and its key are committed before anything is sent. From that commit on, only the marketplace's
answer, or later its own records, decide what happened: no answer is never taken for "nothing happened".
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...clock import Clock
from ...errors import (
    AccessDenied,
    CancelledError,
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
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
from ...http.cancel import CancelToken
from ...http.message import Call
from ...ids import Ids
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import (
    Capability,
    HistoryQuery,
    HistoryRecord,
    Marketplace,
    MarketplaceInfo,
    PurchaseOutcome,
    PurchaseRequest,
    PurchaseResult,
    QuoteBasis,
    RecordState,
    Wanted,
)
from ...model.license import TermsSource
from ...model.money import Credits, encode_cost
from ...model.order import Order, OrderState
from ...model.quote import Quote
from ...settings import Settings
from ..steps import FindMarketplace, Sender, run_steps
from .approve import find_approved
from .balances import Balances
from .fresh_links import FreshLinks
from .ordering import OnOpened, add_approved_order, doubt_when_open, new_order
from .quote import listing_stub, name_license
from .references import fill_references
from .settle import Proof, Settle
from .web_basis import sells_on_website

NOTHING_HAPPENED = (
    OfflineError,
    CancelledError,
    CredentialsMissing,
    CredentialsRejected,
    AccessDenied,
    CancelledError,
    NotFound,
    NotSupported,
    RequestRejected,
    RateLimited,
    Unavailable,
)
"""Errors after which it is certain that the marketplace did not take the order: it refused it in so many
words, or nothing was sent. The client gives Unavailable to a spending call only when no byte left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """An order that is committed as being sent, and the call that buys it. It is sent once, or never."""

    order: Order
    info: MarketplaceInfo
    call: Call[PurchaseResult]


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
    balances: Balances | None = None
    find_marketplace: FindMarketplace = registry.find
    gate: OnOpened | None = None
    """Raises NotAllowed for who may not place this order in the studio; None: everybody may."""

    def run(
        self,
        approval_id: str,
        *,
        actor: str,
        references: Iterable[tuple[str, str]] = (),
        project: str | None = None,
        opened: OnOpened | None = None,
        cancel: CancelToken | None = None,
    ) -> Order:
        """Buy. Return the order: PAID, or AWAITING_CHECKOUT with the page where to pay.

        ``references`` are values, by ``ReferenceField.id``, of what the marketplace wants noted; ``project``
        is what it is booked on, None for that of the settings. Raises
        UserInputError (stale approval, already owned, something to be noted is missing), PriceChanged,
        PaymentError (refused; no money moved), PurchaseInDoubt (reconcile), or the MarketplaceError that
        kept it from being sent.
        """
        ready = self.prepare(
            approval_id,
            actor=actor,
            references=references,
            project=project,
            opened=opened,
            cancel=cancel,
        )
        return ready if isinstance(ready, Order) else self.send(ready, actor)

    def prepare(
        self,
        approval_id: str,
        *,
        actor: str,
        references: Iterable[tuple[str, str]] = (),
        project: str | None = None,
        opened: OnOpened | None = None,
        cancel: CancelToken | None = None,
    ) -> Order | Sending:
        """Do all of :meth:`run` up to the commit before sending. An order: nothing has to be sent."""
        approval, quote = find_approved(self.ledger, approval_id, now=self.clock.now())
        module = self.find_marketplace(quote.ref.marketplace)
        if sells_on_website(module.INFO):
            raise UserInputError(
                f"{module.INFO.name} sells on its website only. Buy it there, then enter the order number.",
                code="purchase.on_website",
            )
        basis = self._check_unchanged(module, quote, cancel)
        noted = fill_references(basis.references, references, self.settings)
        held = self._held_already(module, quote, cancel)
        order = new_order(
            quote,
            approval,
            ids=self.ids,
            now=self.clock.now(),
            project=self.settings.project if project is None else project,
            buyer=actor,
        )
        if held is not None:
            return self._take_over(order, quote, held, actor, opened)
        if cancel is not None:
            cancel.check()
        # One commit says that it is ordered, and that it may have been sent from here on.
        with doubt_when_open(quote), self.ledger.transaction() as work:
            if self.gate is not None:
                self.gate(work, order)
            self.settle.pay.check(work, order, quote)
            add_approved_order(work, order, quote, module.INFO, opened)
            order = self.settle.move(work, order, OrderState.SUBMITTING, actor=actor, key=order.key)
        return Sending(order=order, info=module.INFO, call=self._build(module, order, quote, noted, actor))

    def send(self, sending: Sending, actor: str) -> Order:
        """Send what was prepared, once, and book the answer."""
        order, info = sending.order, sending.info
        try:
            result = self.sender.send(sending.call, info)
        except NOTHING_HAPPENED as error:
            self.settle.moved(order, OrderState.FAILED, actor=actor, failure=error.code)
            raise
        except ClearanceError as error:
            raise self.doubt(sending, error, actor) from error
        return self.finish(order, result, actor)

    def doubt(self, sending: Sending, error: ClearanceError, actor: str) -> PurchaseInDoubt:
        """Note that nobody knows whether an order took effect; return what to raise."""
        order = sending.order
        self.settle.moved(order, OrderState.UNKNOWN, actor=actor, failure=error.code)
        return PurchaseInDoubt(
            f"{sending.info.name} gave no clear answer when “{order.title}” was bought. It will not be "
            "bought again before the marketplace's own records have been read.",
            context={"order_id": order.id, "cause": error.code},
        )

    def _check_unchanged(self, module: Marketplace, quote: Quote, cancel: CancelToken | None) -> QuoteBasis:
        """Read price, license, surcharge and balance once more, right before they matter."""
        info = module.INFO
        of_marketplace = quote.license_source is TermsSource.MARKETPLACE
        wanted = Wanted(
            license_label=quote.license_label if of_marketplace else "",
            variant=quote.variant,
            account_id=quote.account_id,
        )
        steps = module.quote(listing_stub(quote.ref, quote.kind, search_id=quote.search_id), wanted)
        basis = run_steps(steps, info, self.sender, cancel=cancel)
        if basis.why_not:
            raise PaymentError(f"{basis.why_not} Nothing was bought.", code="payment.not_possible")
        named = name_license(info, basis, self.settings)
        accounts = {account.account_id for account in basis.accounts}
        now = (encode_cost(basis.cost), named.label, named.source, basis.listing.editorial, basis.variant)
        approved = (encode_cost(quote.cost), quote.license_label, quote.license_source)
        quoted = (*approved, quote.editorial, quote.variant)
        same_account = not quote.account_id or quote.account_id in accounts
        if now != quoted or not same_account or basis.surcharge != quote.surcharge:
            price = basis.cost if basis.cost is not None else "priced at checkout"
            more = f", with this on top: “{basis.surcharge}”" if basis.surcharge else ""
            raise PriceChanged(
                f"{info.name} changed its offer for “{quote.title}” after it was approved: it is now "
                f"{price}, license “{named.label}”{more}. Nothing was bought; ask for a new quote.",
                marketplace=info.id,
            )
        return basis

    def _held_already(
        self, module: Marketplace, quote: Quote, cancel: CancelToken | None
    ) -> HistoryRecord | None:
        """Return the marketplace's own record of a license that costs nothing because it is held already.

        Then no purchase is sent at all, so that nothing can be charged a second time.
        """
        costs_nothing = isinstance(quote.cost, Credits) and quote.cost.amount == 0
        if not costs_nothing or Capability.HISTORY not in module.INFO.capabilities:
            return None
        query = HistoryQuery(ref=quote.ref, kind=quote.kind, license_label=quote.license_label)
        try:
            page = self.sender.send(module.history(query), module.INFO, cancel=cancel)
        except NotFound:
            return None
        licenses = self.ledger.known_license_ids(quote.ref)
        orders = {order.marketplace_order_id for order in self.ledger.orders(ref=quote.ref)}
        return next(
            (
                record
                for record in page.records
                if record.state is RecordState.PAID
                and record.ref == quote.ref
                and record.license_label.casefold() == quote.license_label.casefold()
                and (record.marketplace_license_id or record.marketplace_order_id)
                and record.marketplace_license_id not in licenses
                and (record.marketplace_license_id or record.marketplace_order_id not in orders)
            ),
            None,
        )

    def _take_over(
        self, order: Order, quote: Quote, record: HistoryRecord, actor: str, opened: OnOpened | None
    ) -> Order:
        """Book a license that the account holds already; nothing is sent."""
        result = PurchaseResult(
            outcome=PurchaseOutcome.PAID,
            marketplace_order_id=record.marketplace_order_id,
            marketplace_license_id=record.marketplace_license_id,
            license_label=record.license_label,
            charged=quote.cost,
        )
        proof = Proof(evidence="history", bought_at=record.at, details=(("held_before", "yes"),))
        with doubt_when_open(quote), self.ledger.transaction() as work:
            add_approved_order(work, order, quote, self.find_marketplace(order.ref.marketplace).INFO, opened)
            order = work.change_order(replace(order, state=OrderState.AWAITING_CHECKOUT))
            order, _ = self.settle.book(work, order, result, proof=proof, actor=actor)
        self.ledger.write_checkpoint(at=order.updated_at)
        return order

    def _build(
        self,
        module: Marketplace,
        order: Order,
        quote: Quote,
        references: tuple[tuple[str, str], ...],
        actor: str,
    ) -> Call[PurchaseResult]:
        request = PurchaseRequest(
            key=order.key,
            ref=order.ref,
            kind=quote.kind,
            variant=order.variant,
            account_id=order.account_id,
            # A license that only the user's settings name is not the marketplace's to be asked for.
            license_label=order.license_label if quote.license_source is TermsSource.MARKETPLACE else "",
            search_id=quote.search_id,
            editorial_acknowledged=bool(quote.editorial),
            project=order.project,
            client=self.settings.client,
            purchase_order=self.settings.purchase_order,
            references=references,
            # There is no approval of a surcharge without somebody's yes to exactly this sentence.
            surcharge_accepted=bool(quote.surcharge),
        )
        try:
            return module.purchase(request)
        except ClearanceError as error:  # refused while it was put together: nothing has been sent
            self.settle.moved(order, OrderState.FAILED, actor=actor, failure=error.code)
            raise

    def finish(self, order: Order, result: PurchaseResult, actor: str, *, is_last: bool = True) -> Order:
        """Book what the marketplace answered; raise PaymentError when it refused.

        Not ``is_last``: the caller books more of the same answer, and writes the audit's checkpoint then.
        """
        match result.outcome:
            case PurchaseOutcome.PAID:
                self.fresh_links.keep(order.id, result.links)
                if self.balances is not None:
                    self.balances.tell(order.ref.marketplace, result.balance)
                return self.settle.paid(
                    order, result, evidence="purchase_answer", actor=actor, is_last=is_last
                )
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
