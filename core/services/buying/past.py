"""Books a purchase that happened without us: from a marketplace's history, or from what the user enters.

Quote, approval, order, receipt and grant become durable together. Nothing is sent and nothing is bought:
the money moved long ago, so a denial of the policy does not undo it; it is said and noted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ...clock import Clock
from ...errors import LedgerConflict, PurchaseInDoubt
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...licenses import canonical_text, terms_sha256
from ...marketplaces.base import PurchaseOutcome, PurchaseResult
from ...model.audit import AuditEvent
from ...model.findings import PolicyAnswer
from ...model.grant import Grant
from ...model.intended_use import IntendedUse
from ...model.license import TermsSource
from ...model.listing import ListingRef, MediaKind
from ...model.money import Cost, encode_cost
from ...model.order import OPEN_STATES, Order, OrderState
from ...model.quote import Approval, Quote
from ...settings import Settings
from .quote import MakeQuote, sourced
from .settle import Proof, Settle


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPurchase:
    """What is known of a purchase that happened without us. ``cost`` None: it is not known."""

    ref: ListingRef
    title: str
    author: str
    kind: MediaKind
    license_label: str
    source: TermsSource
    cost: Cost | None
    marketplace_order_id: str
    bought_at: datetime
    marketplace_license_id: str = ""
    variant: str = ""
    account_id: str = ""
    editorial: bool | None = None
    order_key: str = ""
    """Ours, when the marketplace gave one back; empty: a new one is made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """What the ledger has now, and what the policy says of it for the project. ``new`` False: it had it."""

    order: Order
    grant: Grant
    answer: PolicyAnswer | None = None
    new: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BookPast:
    """The one way from a purchase of the past to a grant."""

    ledger: Ledger
    settle: Settle
    quote: MakeQuote
    clock: Clock
    ids: Ids
    settings: Settings

    def run(
        self,
        past: PastPurchase,
        use: IntendedUse,
        *,
        order_id: str,
        proof: Proof,
        actor: str,
        reason: str,
    ) -> Booked:
        """Book it. ``order_id`` is made by the caller, so that documents can name it.

        Raises PurchaseInDoubt when an order for this listing is open: it may be this very purchase.
        LedgerConflict when its receipt is in the ledger already.
        """
        now = self.clock.now()
        terms = sourced(
            self.settle.catalogue.resolve(
                past.ref.marketplace,
                past.license_label,
                editorial=past.editorial,
                at=past.bought_at.date(),
                kind=past.kind,
            ),
            past.source,
        )
        quote = self._quote(past, license_id=terms.license_id, digest=terms_sha256(terms), now=now)
        answer = self.quote.judge(quote, terms, use, self.quote.house.about([str(past.ref)]))
        approval = Approval(
            id=self.ids.new("approval"),
            quote_id=quote.id,
            binding_sha256=quote.binding_sha256,
            approved_by=actor,
            approved_at=now,
            expires_at=now,
            reason=reason,
        )
        order = self._order(past, quote, approval, order_id=order_id, actor=actor, now=now)
        with self.ledger.transaction() as work:
            check_none_open(work, past.ref, title=past.title)
            check_number_is_new(work, past.ref, proof.order_number, besides=order.id)
            work.keep_terms(quote.terms_sha256, canonical_text(terms))
            work.add_quote(quote)
            work.add_approval(approval)
            work.add_order(order)
            work.record(
                AuditEvent(
                    action="order.recorded",
                    subject=order.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("listing", str(past.ref)),
                        ("cost", encode_cost(past.cost) or "not told"),
                        ("decision", answer.decision),
                        ("reason", reason),
                    ),
                )
            )
            result = PurchaseResult(
                outcome=PurchaseOutcome.PAID,
                marketplace_order_id=past.marketplace_order_id,
                marketplace_license_id=past.marketplace_license_id,
                license_label=past.license_label,
                charged=past.cost,
            )
            booked, grant = self.settle.book(work, order, result, proof=proof, actor=actor)
        self.ledger.write_checkpoint(at=now)
        return Booked(order=booked, grant=grant, answer=answer)

    def _quote(self, past: PastPurchase, *, license_id: str, digest: str, now: datetime) -> Quote:
        return Quote(
            id=self.ids.new("quote"),
            ref=past.ref,
            title=past.title,
            kind=past.kind,
            author=past.author,
            license_label=past.license_label,
            license_id=license_id,
            terms_sha256=digest,
            cost=past.cost,
            balance=None,
            variant=past.variant,
            account_id=past.account_id,
            editorial=past.editorial,
            license_source=past.source,
            created_at=now,
            # It is no offer: nothing can be bought on it.
            expires_at=now,
        )

    def _order(
        self,
        past: PastPurchase,
        quote: Quote,
        approval: Approval,
        *,
        order_id: str,
        actor: str,
        now: datetime,
    ) -> Order:
        return Order(
            id=order_id,
            key=past.order_key or self.ids.new_uuid(),
            quote_id=quote.id,
            approval_id=approval.id,
            ref=past.ref,
            title=past.title,
            variant=past.variant,
            license_label=past.license_label,
            license_id=quote.license_id,
            terms_sha256=quote.terms_sha256,
            account_id=past.account_id,
            cost=past.cost,
            project=self.settings.project,
            buyer=actor,
            state=OrderState.AWAITING_CHECKOUT,
            created_at=now,
            updated_at=now,
            marketplace_order_id=past.marketplace_order_id,
        )


def check_none_open(work: LedgerTransaction, ref: ListingRef, *, title: str) -> None:
    """Raise PurchaseInDoubt when an order for a listing is open: it may be the one to be booked."""
    if work.orders(states=OPEN_STATES, ref=ref, limit=1):
        raise PurchaseInDoubt(
            f"An order of “{title}” is open already; this purchase may be that one. Settle it first: "
            "reconcile, confirm it with its order number, or give it up.",
            code="payment.order_open",
            context={"listing": str(ref)},
        )


def check_number_is_new(reader: LedgerReader, ref: ListingRef, order_number: str, *, besides: str) -> None:
    """Raise LedgerConflict when an order number is in the ledger for this listing already."""
    wanted = order_number.casefold()
    for other in reader.orders(ref=ref):
        if other.id != besides and wanted and other.marketplace_order_id.casefold() == wanted:
            raise LedgerConflict(
                f"Order {order_number} of this product is in the ledger already. Look for it in the library, "
                "or enter the number of the other order.",
                code="order.number_taken",
                context={"order_id": other.id},
            )
