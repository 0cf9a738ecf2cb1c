"""Buying: approval, purchase, checkout in the browser, and orders whose end is not known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..errors import ClearanceError, LedgerError, PurchaseInDoubt, UserInputError
from ..marketplaces import registry
from ..marketplaces.base import Capability, Wanted
from ..model.grant import Grant
from ..model.money import Balance
from ..model.order import Order, OrderState
from ..services.buying.quote import QuoteResult
from ..services.buying.reconcile import Reconciled
from ..services.buying.web_basis import sells_on_website
from ..tasks import Task
from .checkout import CheckoutWatch
from .importing import Importing
from .state import AccountState, OrderProgress, Phase, Problem


class Buying(Importing):
    """Buy, and follow what was bought until it is here."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._checkouts = CheckoutWatch(
            tasks=self._tasks,
            look=lambda order_id: self._services.reconcile.run_one(order_id, actor=self._settings.user),
            on_order=self._on_checkout,
            on_error=self._on_checkout_error,
        )

    def choose_option(self, wanted: Wanted) -> None:
        """Ask again what the selected listing costs, licensed this way (one of its quote's options)."""
        selection = self.state.selection
        if selection is None:
            raise UserInputError("Select a listing first.", code="select.none")
        listing, use = selection.listing, self.state.use
        selection.wanted, selection.phase = wanted, Phase.BUSY
        # What is on the screen must be what would be bought: the earlier quote is gone at once.
        selection.result = selection.problem = None

        def current() -> bool:
            return self.state.selection is selection and selection.wanted is wanted

        def done(result: QuoteResult) -> None:
            if current():
                selection.phase, selection.result = Phase.READY, result
                selection.listing, selection.owned = result.listing, result.owned
                self._changed()

        def failed(error: ClearanceError) -> None:
            if current():
                selection.phase, selection.problem = Phase.FAILED, Problem.of(error)
                self._changed()

        self._tasks.submit(
            "quote",
            f"Price and license of {listing.title}",
            lambda task: self._services.quote.run(
                selection.ref,
                listing.kind,
                use,
                actor=self._settings.user,
                search_id=listing.search_id,
                wanted=wanted,
                cancel=task.token,
            ),
            on_done=done,
            on_error=failed,
            subject=str(selection.ref),
        )
        self._changed()

    def buy(
        self,
        quote_id: str,
        *,
        reason: str = "",
        accept_surcharge: str = "",
        references: Sequence[tuple[str, str]] = (),
        then_import: bool = False,
    ) -> None:
        """Approve and buy the selected quote, then download it (and import it when wanted).

        ``accept_surcharge`` repeats the quote's ``surcharge``; ``references`` are (field id, value) of what
        the marketplace wants noted.
        """
        result = self._quoted(quote_id)
        quote, noted = result.quote, tuple(references)
        progress = OrderProgress(key=quote_id, title=quote.title, ref=quote.ref, stage="buying")
        self.state.progress.insert(0, progress)

        def work(_task: Task) -> Order:
            actor = self._settings.user
            approval = self._services.approve.run(
                quote, result.answer, actor=actor, reason=reason, accept_surcharge=accept_surcharge
            )
            return self._services.purchase.run(approval.id, actor=actor, references=noted)

        progress.task = self._tasks.submit(
            "purchase",
            f"Buying {quote.title}",
            work,
            on_done=lambda order: self._bought(progress, order, then_import=then_import),
            on_error=lambda error: self._buy_failed(progress, error),
            subject=str(quote.ref),
        )
        self._changed()

    def _quoted(self, quote_id: str) -> QuoteResult:
        """Return the selected quote; raise UserInputError when it is gone, not good, or being bought."""
        selection = self.state.selection
        result = selection.result if selection else None
        if result is None or result.quote.id != quote_id:
            raise UserInputError("Select the listing again; its quote is gone.", code="buy.no_quote")
        if result.why_not:
            raise UserInputError(result.why_not, code="buy.not_possible")
        if any(p.key == quote_id and p.problem is None for p in self.state.progress):
            raise UserInputError("It is being bought already. Wait until that has ended.", code="buy.busy")
        return result

    def _bought(self, progress: OrderProgress, order: Order, *, then_import: bool) -> None:
        progress.order_id = order.id
        if order.state is OrderState.AWAITING_CHECKOUT:
            progress.stage, progress.checkout_url = "awaiting_checkout", order.checkout_url
            if then_import:
                self._import_when_ready.add(order.id)
            self._host.open_url(order.checkout_url)
            self._checkouts.watch(order.id)
            self._changed()
            return
        self._paid(progress, order, then_import=then_import)
        self._read_balance(order.ref.marketplace)

    def _read_balance(self, marketplace: str) -> None:
        """Read again what is left to pay with. A purchase is done whether or not that can be told."""

        def done(balances: tuple[Balance, ...]) -> None:
            known = self.state.accounts.get(marketplace) or AccountState(marketplace=marketplace)
            self.state.accounts[marketplace] = replace(known, balances=balances)
            self._changed()

        self._tasks.submit(
            "account",
            "Reading what is left",
            lambda task: self._services.balances.read(marketplace, cancel=task.token),
            on_done=done,
            subject=marketplace,
        )

    def _paid(self, progress: OrderProgress, order: Order, *, then_import: bool) -> None:
        """Read the library again, with the new grant in it, and go on with that."""

        def read(grants: tuple[Grant, ...]) -> None:
            self._take_library(grants)
            grant = next((one for one in grants if one.order_id == order.id), None)
            if grant is not None:
                self._granted(progress, order, grant, then_import=then_import)
                return
            message = "The order is paid, but its license is not in the ledger."
            self._buy_failed(progress, LedgerError(message, code="ledger"))

        self._tasks.submit(
            "library",
            "Reading the library",
            lambda _task: self._library(),
            on_done=read,
            on_error=lambda error: self._buy_failed(progress, error),
            subject=order.id,
        )

    def _granted(self, progress: OrderProgress, order: Order, grant: Grant, *, then_import: bool) -> None:
        progress.grant_id, progress.checkout_url = grant.id, ""
        if then_import:
            self._import_when_ready.add(grant.id)
        if self._is_picked_up(order):
            progress.stage, progress.problem = "awaiting_file", None
            self._keep_picture(grant)
            self._changed()
        elif then_import:
            self._prepare(grant, progress)
        else:
            self._fetch(grant, progress)

    def _is_picked_up(self, order: Order) -> bool:
        info = registry.find(order.ref.marketplace).INFO
        return Capability.DOWNLOAD_API not in info.capabilities

    def _is_on_website(self, order: Order) -> bool:
        return sells_on_website(registry.find(order.ref.marketplace).INFO)

    def _buy_failed(self, progress: OrderProgress, error: ClearanceError) -> None:
        in_doubt = isinstance(error, PurchaseInDoubt)
        progress.stage = "in_doubt" if in_doubt else "failed"
        progress.problem = Problem.of(error)
        if in_doubt:
            progress.order_id = str(error.context.get("order_id") or "")
        self._changed()

    def check_checkout(self, order_id: str) -> None:
        """Look now whether an order was paid."""
        self._checkouts.look_now(order_id)

    def cancel_order(self, order_id: str) -> None:
        """Stop waiting for an order's payment; it leaves the list when the ledger has it."""
        if not any(p.order_id == order_id for p in self.state.progress):
            raise no_such_order()
        self._checkouts.forget(order_id)

        def done(_order: Order) -> None:
            self.state.progress = [p for p in self.state.progress if p.order_id != order_id]
            self._changed()

        self._tasks.submit(
            "checkout",
            "Giving up an order",
            lambda _task: self._services.reconcile.give_up(order_id, actor=self._settings.user),
            on_done=done,
            on_error=lambda error: self._on_checkout_error(order_id, error),
            subject=order_id,
        )

    def decide_order(
        self, order_id: str, *, bought: bool, reason: str, marketplace_order_id: str = ""
    ) -> None:
        """End an order in doubt by the user's word, after they looked into their account."""
        if not any(p.order_id == order_id for p in self.state.progress):
            raise no_such_order()
        self._tasks.submit(
            "checkout",
            "Settling an order",
            lambda task: self._services.reconcile.decide(
                order_id,
                bought=bought,
                actor=self._settings.user,
                reason=reason,
                marketplace_order_id=marketplace_order_id,
                cancel=task.token,
            ),
            on_done=self._on_checkout,
            on_error=lambda error: self._on_checkout_error(order_id, error),
            subject=order_id,
        )

    def _on_checkout(self, order: Order) -> None:
        progress = self._progress_of(order)
        progress.problem = None
        match order.state:
            case OrderState.PAID | OrderState.FULFILLED:
                self._checkouts.forget(order.id)
                wanted = order.id in self._import_when_ready
                self._import_when_ready.discard(order.id)
                self._paid(progress, order, then_import=wanted)
            case OrderState.FAILED:
                self._checkouts.forget(order.id)
                progress.stage = "failed"
                progress.problem = Problem(code="payment.failed", message=describe_failure(order))
            case OrderState.AWAITING_CHECKOUT:
                stage = "awaiting_evidence" if self._is_on_website(order) else "awaiting_checkout"
                progress.stage, progress.checkout_url = stage, order.checkout_url
            case _:
                progress.stage = "in_doubt"
        self._changed()

    def _on_checkout_error(self, order_id: str, error: ClearanceError) -> None:
        for progress in self.state.progress:
            if progress.order_id == order_id:
                progress.problem = Problem.of(error)
        self._changed()

    def _progress_of(self, order: Order) -> OrderProgress:
        for progress in self.state.progress:
            if progress.order_id == order.id:
                return progress
        progress = OrderProgress(
            key=order.id, title=order.title, ref=order.ref, stage="buying", order_id=order.id
        )
        self.state.progress.insert(0, progress)
        return progress

    def reconcile(self) -> None:
        """Settle what is unsettled, from the marketplaces' records."""

        def done(results: tuple[Reconciled, ...]) -> None:
            for result in results:
                self._on_checkout(result.order)
                if result.problem is not None:
                    self._on_checkout_error(result.order.id, result.problem)
                waits = result.order.state is OrderState.AWAITING_CHECKOUT
                if waits and not self._is_on_website(result.order):
                    self._checkouts.watch(result.order.id)
            self.refresh_library()

        self._tasks.submit(
            "reconcile",
            "Checking open orders",
            lambda task: self._services.reconcile.run(actor=self._settings.user, cancel=task.token),
            on_done=done,
            on_error=self._problem,
        )


def describe_failure(order: Order) -> str:
    """Say that an order came to nothing, and why where its failure is words and not a code."""
    is_code = not order.failure or re.fullmatch(r"[a-z_.]+", order.failure)
    why = "" if is_code else f" ({order.failure})"
    return f"“{order.title}” was not bought{why}. Select it again if you still want it."


def no_such_order() -> UserInputError:
    """Return the error for an order that the list does not have."""
    return UserInputError(
        "That order is not in the list, or no longer. Check the open orders.", code="order.unknown"
    )
