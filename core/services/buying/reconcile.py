"""Find out from the marketplace's own records what became of orders that are not settled.

Runs at start and on demand. It only reads at the marketplace; it never buys. Where a marketplace keeps no
records that we can read, silence proves nothing: the user looks there and decides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ...clock import Clock
from ...errors import ClearanceError, LedgerConflict, LedgerError, MarketplaceError, NotFound, UserInputError
from ...http.cancel import CancelToken
from ...http.message import clean_text
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import (
    Capability,
    HistoryQuery,
    HistoryRecord,
    Marketplace,
    OwnedRef,
    PurchaseOutcome,
    PurchaseResult,
    RecordState,
)
from ...model.listing import MediaKind
from ...model.order import Order, OrderState
from ...settings import Settings
from ..steps import FindMarketplace, Sender, run_steps
from .settle import Proof, Settle

CLOCK_SKEW = timedelta(minutes=5)
"""How far the marketplace's clock may differ from ours when records without our key are matched."""
MAX_HISTORY_PAGES = 20
NOT_IN_HISTORY = "not in the marketplace's history"
GIVEN_UP = "given up before payment"
DECIDED = "not bought, by the user's word"
LATE_PAYMENT = timedelta(days=30)
"""How long a failed order is still looked for: a payment that arrives late is still a payment."""
LOOKED_FOR_LATE = (NOT_IN_HISTORY, GIVEN_UP, DECIDED)
_RECORDS = frozenset({Capability.HISTORY, Capability.ORDER_STATUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What became of one order. ``problem`` is why the marketplace could not be asked, if so."""

    order: Order
    problem: ClearanceError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Settles what can be settled."""

    ledger: Ledger
    sender: Sender
    settle: Settle
    clock: Clock
    settings: Settings
    find_marketplace: FindMarketplace = registry.find

    def run(self, *, actor: str, cancel: CancelToken | None = None) -> tuple[Reconciled, ...]:
        """Look at every order that is not settled; one that fails never keeps the others from it."""
        results: list[Reconciled] = []
        for order in self.unsettled():
            try:
                results.append(Reconciled(order=self.run_one(order.id, actor=actor, cancel=cancel)))
            except ClearanceError as error:
                results.append(Reconciled(order=order, problem=error))
        return tuple(results)

    def unsettled(self) -> tuple[Order, ...]:
        """Return the orders whose end is not known, oldest first."""
        waiting = self.ledger.orders(
            states=(
                OrderState.APPROVED,
                OrderState.SUBMITTING,
                OrderState.UNKNOWN,
                OrderState.AWAITING_CHECKOUT,
            )
        )
        late = tuple(
            order
            for order in self.ledger.orders_changed(
                since=self.clock.now() - LATE_PAYMENT, state=OrderState.FAILED, failures=LOOKED_FOR_LATE
            )
            if self._can_ask(order)
        )
        return tuple(sorted(waiting + late, key=lambda order: order.created_at))

    def run_one(self, order_id: str, *, actor: str, cancel: CancelToken | None = None) -> Order:
        """Settle one order as far as its marketplace's records allow, and return it."""
        order = self.ledger.order(order_id)
        if order is None:
            raise UserInputError(
                "There is no such order.", code="order.unknown", context={"order_id": order_id}
            )
        try:
            match order.state:
                case OrderState.APPROVED:
                    return self._never_sent(order, actor)
                case OrderState.SUBMITTING | OrderState.UNKNOWN:
                    return self._look_up(order, actor, cancel)
                case OrderState.AWAITING_CHECKOUT:
                    return self._check_checkout(order, actor, cancel)
                case OrderState.FAILED if order.failure in LOOKED_FOR_LATE and self._can_ask(order):
                    return self._check_late(order, actor, cancel)
                case _:
                    return order
        except LedgerConflict:
            # Another process settled it while we looked; its word is as good as ours.
            current = self.ledger.order(order_id)
            if current is None or current.state is order.state:
                raise
            return current

    def give_up(self, order_id: str, *, actor: str) -> Order:
        """Stop waiting for a checkout that the user does not want to pay."""
        order = self.ledger.order(order_id)
        if order is None or order.state is not OrderState.AWAITING_CHECKOUT:
            raise UserInputError(
                "Only an order that waits for payment can be given up.", code="order.not_waiting"
            )
        return self.settle.moved(order, OrderState.FAILED, actor=actor, failure=GIVEN_UP, checkout_url="")

    def decide(
        self,
        order_id: str,
        *,
        bought: bool,
        actor: str,
        reason: str,
        marketplace_order_id: str = "",
        cancel: CancelToken | None = None,
    ) -> Order:
        """End an order in doubt by the word of somebody who looked into the account at the marketplace.

        Where the marketplace has records of its own, they are asked first, and they outweigh the word.
        Raises UserInputError when the order is not in doubt, when there is no reason, or while records may
        still tell.
        """
        why = clean_text(reason, limit=500)
        if not why:
            raise UserInputError(
                "Say where you looked and what you saw there; it is kept with the order.",
                code="order.reason_needed",
            )
        order = self._asked_first(order_id, actor, cancel)
        if order.state is not OrderState.UNKNOWN:
            if order.state in (OrderState.PAID, OrderState.FAILED):
                return order
            raise UserInputError(
                f"Only an order in doubt is decided by hand; this one is {order.state.replace('_', ' ')}.",
                code="order.not_in_doubt",
                context={"order_id": order_id},
            )
        if not bought:
            return self.settle.moved(
                order, OrderState.FAILED, actor=actor, failure=DECIDED, checkout_url="", reason=why
            )
        result = PurchaseResult(
            outcome=PurchaseOutcome.PAID,
            marketplace_order_id=clean_text(marketplace_order_id, limit=100),
        )
        proof = Proof(evidence="user_word", details=(("reason", why),))
        return self.settle.paid(order, result, actor=actor, proof=proof)

    def _asked_first(self, order_id: str, actor: str, cancel: CancelToken | None) -> Order:
        """Return an order after its marketplace was asked; one that is not in doubt is refused."""
        order = self.ledger.order(order_id)
        if order is None:
            raise UserInputError(
                "There is no such order.", code="order.unknown", context={"order_id": order_id}
            )
        if order.state not in (OrderState.SUBMITTING, OrderState.UNKNOWN):
            raise UserInputError(
                f"Only an order in doubt is decided by hand; this one is {order.state.replace('_', ' ')}.",
                code="order.not_in_doubt",
                context={"order_id": order_id},
            )
        try:
            order = self.run_one(order_id, actor=actor, cancel=cancel)
        except MarketplaceError:
            return order  # its records cannot be read now; the user's word is what there is
        still_silent = order.state in (OrderState.SUBMITTING, OrderState.UNKNOWN)
        if (
            still_silent
            and Capability.HISTORY in self.find_marketplace(order.ref.marketplace).INFO.capabilities
        ):
            raise UserInputError(
                "The marketplace's own records may still show it. Reconcile again in a few minutes; they "
                "settle it by themselves.",
                code="order.records_first",
                context={"order_id": order_id},
            )
        return order

    def _can_ask(self, order: Order) -> bool:
        """Say whether the marketplace has records that we can read."""
        try:
            return bool(_RECORDS & self.find_marketplace(order.ref.marketplace).INFO.capabilities)
        except UserInputError:
            return False  # of a marketplace that this version does not know

    def _never_sent(self, order: Order, actor: str) -> Order:
        """End an order that stayed APPROVED: the commit before sending is missing, so it was never sent."""
        age = (self.clock.now() - order.created_at).total_seconds()
        if age < min(60.0, self.settings.settle_s):
            return order
        return self.settle.moved(order, OrderState.FAILED, actor=actor, failure="never sent")

    def _look_up(self, order: Order, actor: str, cancel: CancelToken | None) -> Order:
        module = self.find_marketplace(order.ref.marketplace)
        has_history = Capability.HISTORY in module.INFO.capabilities
        record = self._find_record(module, order, cancel) if has_history else None
        if record is not None:
            return self._apply(module, order, record, actor, cancel, evidence="history")
        sent_at = order.submitted_at or order.created_at
        age = (self.clock.now() - sent_at).total_seconds()
        if has_history and age >= self.settings.settle_s:
            return self.settle.moved(order, OrderState.FAILED, actor=actor, failure=NOT_IN_HISTORY)
        if order.state is OrderState.SUBMITTING and age >= self.settings.purchase_timeout_s:
            return self.settle.moved(order, OrderState.UNKNOWN, actor=actor, failure="no answer")
        return order

    def _check_checkout(self, order: Order, actor: str, cancel: CancelToken | None) -> Order:
        module = self.find_marketplace(order.ref.marketplace)
        if Capability.ORDER_STATUS not in module.INFO.capabilities:
            # Bought on a website: nobody can be asked; the user confirms it or gives it up.
            return order
        record = self.sender.send(module.order_status(self._owned(order)), module.INFO, cancel=cancel)
        return self._apply(module, order, record, actor, cancel, evidence="order_status")

    def _check_late(self, order: Order, actor: str, cancel: CancelToken | None) -> Order:
        """Look whether an order that we gave up was paid after all. Only our own key or id counts here."""
        module = self.find_marketplace(order.ref.marketplace)
        if order.marketplace_order_id and Capability.ORDER_STATUS in module.INFO.capabilities:
            record: HistoryRecord | None = self.sender.send(
                module.order_status(self._owned(order)), module.INFO, cancel=cancel
            )
        elif Capability.HISTORY in module.INFO.capabilities:
            record = self._find_record(module, order, cancel, by_key_only=True)
        else:
            record = None
        if record is not None and record.state is RecordState.PAID:
            return self._apply(module, order, record, actor, cancel, evidence="history")
        return order

    def _apply(
        self,
        module: Marketplace,
        order: Order,
        record: HistoryRecord,
        actor: str,
        cancel: CancelToken | None,
        *,
        evidence: str,
    ) -> Order:
        state = record.state
        if state is RecordState.UNRECOGNIZED and self._can_download(module, order, record, cancel):
            state, evidence = RecordState.PAID, "download_offered"
        match state:
            case RecordState.PAID:
                return self.settle.paid(
                    order,
                    PurchaseResult(
                        outcome=PurchaseOutcome.PAID,
                        marketplace_order_id=record.marketplace_order_id,
                        marketplace_license_id=record.marketplace_license_id,
                        license_label=record.license_label,
                        charged=record.charged,
                    ),
                    evidence=evidence,
                    actor=actor,
                )
            case RecordState.CANCELLED | RecordState.REFUNDED:
                return self.settle.moved(
                    order, OrderState.FAILED, actor=actor, failure=f"{state} at the marketplace"
                )
            case RecordState.UNPAID | RecordState.UNRECOGNIZED:
                if order.state is OrderState.AWAITING_CHECKOUT:
                    return order
                return self.settle.moved(
                    order,
                    OrderState.AWAITING_CHECKOUT,
                    actor=actor,
                    marketplace_order_id=record.marketplace_order_id,
                    checkout_url=record.checkout_url,
                )

    def _can_download(
        self, module: Marketplace, order: Order, record: HistoryRecord, cancel: CancelToken | None
    ) -> bool:
        """Settle a status word that we do not know by whether the marketplace hands out the file."""
        owned = replace(
            self._owned(order),
            marketplace_order_id=record.marketplace_order_id,
            marketplace_license_id=record.marketplace_license_id,
        )
        try:
            return bool(run_steps(module.download_links(owned), module.INFO, self.sender, cancel=cancel))
        except MarketplaceError as error:
            if error.retryable:
                raise
            return False

    def _find_record(
        self, module: Marketplace, order: Order, cancel: CancelToken | None, *, by_key_only: bool = False
    ) -> HistoryRecord | None:
        """Search the marketplace's history for this order: by our key, else by what and when."""
        since = (order.submitted_at or order.created_at) - CLOCK_SKEW
        query = HistoryQuery(
            ref=order.ref, kind=self._kind(order), since=since, license_label=order.license_label
        )
        candidates: list[HistoryRecord] = []
        for _ in range(MAX_HISTORY_PAGES):
            try:
                page = self.sender.send(module.history(query), module.INFO, cancel=cancel)
            except NotFound:
                break
            for record in page.records:
                if record.key == order.key:
                    return record
                if not record.key and record.ref == order.ref and (record.at is None or record.at >= since):
                    candidates.append(record)
            if page.next_cursor is None:
                break
            query = replace(query, cursor=page.next_cursor)
        if by_key_only:
            return None
        return self._best_unclaimed(order, candidates)

    def _best_unclaimed(self, order: Order, candidates: list[HistoryRecord]) -> HistoryRecord | None:
        """Of records without a key, take one that no order of ours has claimed; a paid one first."""
        known_licenses = self.ledger.known_license_ids(order.ref)
        known_orders = {o.marketplace_order_id for o in self.ledger.orders(ref=order.ref) if o.id != order.id}
        free = [
            record
            for record in candidates
            if not (record.marketplace_license_id and record.marketplace_license_id in known_licenses)
            and not (record.marketplace_order_id and record.marketplace_order_id in known_orders)
            and record.state in (RecordState.PAID, RecordState.UNPAID, RecordState.UNRECOGNIZED)
        ]
        free.sort(key=lambda record: record.state is not RecordState.PAID)
        return free[0] if free else None

    def _owned(self, order: Order) -> OwnedRef:
        return OwnedRef(
            ref=order.ref,
            kind=self._kind(order),
            marketplace_order_id=order.marketplace_order_id,
            variant=order.variant,
        )

    def _kind(self, order: Order) -> MediaKind:
        quote = self.ledger.quote(order.quote_id)
        if quote is None:
            raise LedgerError(
                "The ledger has an order without its quote; restore it from a backup.",
                context={"order_id": order.id},
            )
        return quote.kind
