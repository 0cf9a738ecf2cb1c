"""Purchases on a marketplace's own website: opened from here, paid there, proved by what the user enters.

Nothing is sent and nothing is polled: an order waits until the user confirms it with order number, date,
license and, better still, the invoice. What was typed in is marked as typed in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...marketplaces.base import MarketplaceInfo, PurchaseOutcome, PurchaseResult
from ...model.audit import AuditEvent
from ...model.evidence import Document, WebPurchase
from ...model.intended_use import IntendedUse
from ...model.license import TermsSource
from ...model.listing import ListingRef, MediaKind
from ...model.money import UNSTATED_CURRENCY, Money
from ...model.order import Order, OrderState
from ...settings import Settings
from ..steps import FindMarketplace
from .approve import find_approved
from .documents import Attachment, Documents
from .ordering import OnOpened, add_approved_order, doubt_when_open, new_order
from .past import Booked, BookPast, PastPurchase, check_number_is_new
from .quote import listing_stub
from .reconcile import GIVEN_UP
from .settle import Proof, Settle
from .web_basis import match_label, page_of, sells_on_website

EVIDENCE = "web_evidence"
MAX_NUMBER = 100
MAX_LABEL = 120
MAX_NOTE = 500
AHEAD = timedelta(hours=14)
"""How far the buyer's calendar may be ahead of UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPurchases:
    """Starts and confirms purchases on websites."""

    ledger: Ledger
    settle: Settle
    documents: Documents
    past: BookPast
    clock: Clock
    ids: Ids
    settings: Settings
    find_marketplace: FindMarketplace = registry.find
    gate: OnOpened | None = None
    """Raises NotAllowed for who may not place this order in the studio; None: everybody may."""
    place: Callable[[str], str] = str
    """Where a page of the website really is: in the sandbox if there is one, so that nobody buys for real."""

    def start(
        self,
        approval_id: str,
        *,
        actor: str,
        project: str | None = None,
        opened: OnOpened | None = None,
    ) -> Order:
        """Note that the user goes to buy on the website; the order's ``checkout_url`` is the page there.

        Raises UserInputError (stale approval, already owned, not sold that way), PurchaseInDoubt (open).
        """
        approval, quote = find_approved(self.ledger, approval_id, now=self.clock.now())
        info = self.find_marketplace(quote.ref.marketplace).INFO
        if not sells_on_website(info) or info.web is None:
            raise UserInputError(
                f"{info.name} sells to Clearance itself, without its website. Buy it from here.",
                code="purchase.not_on_website",
            )
        now = self.clock.now()
        booked_on = self.settings.project if project is None else project
        order = new_order(quote, approval, ids=self.ids, now=now, project=booked_on, buyer=actor)
        page = self.place(page_of(info, listing_stub(quote.ref, quote.kind)))
        with doubt_when_open(quote), self.ledger.transaction() as work:
            if self.gate is not None:
                self.gate(work, order)
            self.settle.pay.check(work, order, quote)
            add_approved_order(work, order, quote, info, opened)
            order = work.change_order(replace(order, state=OrderState.AWAITING_CHECKOUT, checkout_url=page))
            work.record(
                AuditEvent(
                    action="order.awaiting_checkout",
                    subject=order.id,
                    actor=actor,
                    at=now,
                    details=(("place", "the marketplace's website"),),
                )
            )
        return order

    def confirm(
        self,
        order_id: str,
        purchase: WebPurchase,
        *,
        documents: Iterable[Attachment] = (),
        actor: str,
    ) -> Order:
        """Book a website purchase on what the user entered and attached; the order is PAID then.

        The grant's source is USER, with an invoice too: that a file is attached does not say that anybody
        read the license in it. Raises UserInputError for what cannot be, LedgerConflict when this order
        number is in the ledger for this product already.
        """
        order = self._waiting(order_id)
        info = self.find_marketplace(order.ref.marketplace).INFO
        checked = check_web_purchase(purchase, info, now=self.clock.now())
        # Before files are copied: what is refused leaves nothing behind.
        check_number_is_new(self.ledger, order.ref, checked.order_number, besides=order.id)
        kept = self.documents.keep(order.id, documents, actor=actor)
        with self.ledger.transaction() as work:
            check_number_is_new(work, order.ref, checked.order_number, besides=order.id)
            result = PurchaseResult(
                outcome=PurchaseOutcome.PAID,
                marketplace_order_id=checked.order_number,
                license_label=checked.license_label,
                charged=checked.price,
            )
            proof = self._proof(checked, order.ref, kept)
            booked, _ = self.settle.book(work, order, result, proof=proof, actor=actor)
        self.ledger.write_checkpoint(at=booked.updated_at)
        return booked

    def record_outside(
        self,
        ref: ListingRef,
        purchase: WebPurchase,
        use: IntendedUse,
        *,
        title: str,
        author: str = "",
        kind: MediaKind,
        editorial: bool | None = None,
        documents: Iterable[Attachment] = (),
        actor: str,
        reason: str = "",
    ) -> Booked:
        """Book what somebody bought on a website without us, at any marketplace, in one step.

        Raises like ``confirm``; PurchaseInDoubt when an order of ours for it is open.
        """
        info = self.find_marketplace(ref.marketplace).INFO
        if kind not in info.kinds:
            raise UserInputError(f"{info.name} sells no {kind} here.", code="order.kind")
        checked = check_web_purchase(purchase, info, now=self.clock.now())
        check_number_is_new(self.ledger, ref, checked.order_number, besides="")
        order_id = self.ids.new("order")
        kept = self.documents.keep(order_id, documents, actor=actor)
        past = PastPurchase(
            ref=ref,
            title=clean_text(title, limit=300) or str(ref),
            author=clean_text(author, limit=200),
            kind=kind,
            license_label=checked.license_label,
            source=TermsSource.USER,
            cost=checked.price,
            marketplace_order_id=checked.order_number,
            bought_at=moment_of(checked.bought_on, now=self.clock.now()),
            editorial=editorial,
        )
        return self.past.run(
            past,
            use,
            order_id=order_id,
            proof=self._proof(checked, ref, kept),
            actor=actor,
            reason=clean_text(reason, limit=MAX_NOTE) or "bought on the marketplace's website",
        )

    def _proof(self, purchase: WebPurchase, ref: ListingRef, kept: tuple[Document, ...]) -> Proof:
        return Proof(
            evidence=EVIDENCE,
            source=TermsSource.USER,
            bought_at=moment_of(purchase.bought_on, now=self.clock.now()),
            # One order of a website has several products; each has a receipt of its own here.
            line=f"{purchase.order_number}/{ref.id}",
            order_number=purchase.order_number,
            documents=kept,
            details=(
                ("bought_on", purchase.bought_on.isoformat()),
                *((("note", purchase.note),) if purchase.note else ()),
            ),
        )

    def _waiting(self, order_id: str) -> Order:
        order = self.ledger.order(order_id)
        if order is None:
            raise UserInputError(
                "There is no such order.", code="order.unknown", context={"order_id": order_id}
            )
        # Given up, and bought all the same: a purchase that is confirmed late is still a purchase.
        given_up = order.state is OrderState.FAILED and order.failure == GIVEN_UP
        waits = order.state is OrderState.AWAITING_CHECKOUT or given_up
        if not waits or not sells_on_website(self.find_marketplace(order.ref.marketplace).INFO):
            raise UserInputError(
                f"“{order.title}” does not wait for an order number from a website; it is "
                f"{order.state.replace('_', ' ')}. Look at it in the library.",
                code="order.not_waiting",
                context={"order_id": order_id},
            )
        return order


def check_web_purchase(purchase: WebPurchase, info: MarketplaceInfo, *, now: datetime) -> WebPurchase:
    """Return what the user entered, cleaned; raise UserInputError for what cannot be.

    No form of an order number is assumed: the vendors publish none.
    """
    number = clean_text(purchase.order_number, limit=MAX_NUMBER)
    if not number:
        raise UserInputError(
            f"Enter the order number. It is in {info.name}'s e-mail and on your orders page there.",
            code="order.number_missing",
        )
    if purchase.bought_on > (now + AHEAD).date():
        raise UserInputError(
            f"{purchase.bought_on.isoformat()} is still to come. Enter the day on which it was bought.",
            code="order.date_in_future",
        )
    label = match_label(info, clean_text(purchase.license_label, limit=MAX_LABEL))
    if not label:
        raise UserInputError(
            "Choose the license that was bought, in the words of the invoice.", code="order.license_missing"
        )
    _check_price(purchase.price)
    note = clean_text(purchase.note, limit=MAX_NOTE)
    return replace(purchase, order_number=number, license_label=label, note=note)


def moment_of(day: date, *, now: datetime) -> datetime:
    """Return a moment for a day of which no more is known: its start in UTC, and never later than now."""
    return min(datetime.combine(day, time(), UTC), now)


def _check_price(price: Money | None) -> None:
    if price is None:
        return
    currency = price.currency
    if price.minor < 0:
        raise UserInputError("A price is not below zero. Enter what was paid.", code="order.price")
    if currency == UNSTATED_CURRENCY or len(currency) != 3 or not (currency.isascii() and currency.isupper()):
        raise UserInputError(
            "Enter the price with its currency, such as 19.00 USD, or leave it out.",
            code="order.price_currency",
        )
