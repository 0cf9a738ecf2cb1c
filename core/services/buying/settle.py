"""Writes what a marketplace confirmed into the ledger: receipt, terms, grant and audit, all or nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ...clock import Clock
from ...errors import LedgerError
from ...ids import Ids
from ...ledger.port import Ledger, LedgerTransaction
from ...licenses import LicenseCatalogue, canonical_text, terms_sha256
from ...marketplaces.base import PurchaseResult
from ...model.audit import AuditEvent
from ...model.evidence import Document
from ...model.grant import Grant
from ...model.license import LicenseTerms, TermsSource
from ...model.money import encode_cost
from ...model.order import Order, OrderState, Receipt
from ...model.quote import Quote
from ...policy.credit import format_credit
from ..late_payment import book_late
from .paying import MARKETPLACE_PAYS, PayPort
from .quote import sourced


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """How it is known that an order was bought. The defaults are those of a marketplace's own answer."""

    evidence: str
    """What ``Receipt.evidence`` says."""
    source: TermsSource | None = None
    """Who says which license it is; None: the marketplace where its answer names one, else the quote's."""
    bought_at: datetime | None = None
    """When; None: now."""
    line: str = ""
    """With an order number that can be on several items: what tells this item's receipt from the others'."""
    order_number: str = ""
    """One that a person typed in: it must be new for this listing."""
    documents: tuple[Document, ...] = ()
    """Files, already in the store, that prove it."""
    details: tuple[tuple[str, str], ...] = ()
    """What else the audit has to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """The one way from an order to a grant, whoever confirmed it."""

    ledger: Ledger
    clock: Clock
    ids: Ids
    catalogue: LicenseCatalogue
    pay: PayPort = MARKETPLACE_PAYS

    def paid(
        self,
        order: Order,
        result: PurchaseResult,
        *,
        evidence: str = "",
        actor: str,
        proof: Proof | None = None,
        is_last: bool = True,
    ) -> Order:
        """Book a confirmed purchase: order PAID, receipt, kept terms, grant, in one unit of work.

        Not ``is_last``: others of the same answer are booked right after it, and one checkpoint is for all.
        """
        with self.ledger.transaction() as work:
            changed, _ = self.book(work, order, result, proof=proof or Proof(evidence=evidence), actor=actor)
        # Outside of the unit of work, so that a cut of the audit's end is noticed later on.
        if is_last:
            self.ledger.write_checkpoint(at=changed.updated_at)
        return changed

    def book(
        self,
        work: LedgerTransaction,
        order: Order,
        result: PurchaseResult,
        *,
        proof: Proof,
        actor: str,
    ) -> tuple[Order, Grant]:
        """Book a confirmed purchase within a unit of work that is open; the caller writes a checkpoint."""
        now = self.clock.now()
        quote = work.quote(order.quote_id)
        if quote is None:
            raise LedgerError(
                "The ledger has an order without its quote; restore it from a backup.",
                context={"order_id": order.id},
            )
        bought_at = min(proof.bought_at or now, now)
        # The terms of the day of buying: a confirmation may come much later, an order may wait for it.
        day = (proof.bought_at or order.created_at).date()
        label = result.license_label or order.license_label
        told = TermsSource.MARKETPLACE if result.license_label else quote.license_source
        terms = sourced(
            self.catalogue.resolve(
                order.ref.marketplace, label, editorial=quote.editorial, at=day, kind=quote.kind
            ),
            proof.source or told,
        )
        digest = terms_sha256(terms)
        work.keep_terms(digest, canonical_text(terms))
        changed = work.change_order(
            replace(
                order,
                state=OrderState.PAID,
                updated_at=now,
                marketplace_order_id=result.marketplace_order_id or order.marketplace_order_id,
                checkout_url="",
                failure="",
            )
        )
        receipt = Receipt(
            id=self.ids.new("receipt"),
            order_id=order.id,
            marketplace_order_id=changed.marketplace_order_id,
            marketplace_license_id=result.marketplace_license_id or proof.line,
            charged=result.charged,
            license_label=label,
            received_at=now,
            evidence=proof.evidence,
        )
        work.add_receipt(receipt)
        grant = self._grant(changed, quote, result, label=label, terms=terms, digest=digest, at=bought_at)
        work.add_grant(grant)
        for document in proof.documents:
            work.add_document(document)
        self._record(work, changed, receipt, grant, proof=proof, actor=actor)
        self.pay.paid(work, changed, quote, receipt, actor=actor, at=bought_at)
        if order.state is OrderState.FAILED:
            book_late(work, changed, receipt, grant_id=grant.id, ids=self.ids, at=now, actor=actor)
        return changed, grant

    def moved(self, order: Order, state: OrderState, *, actor: str, **facts: str) -> Order:
        """Move an order to a state that creates no right: submitting, checkout, unknown, failed."""
        with self.ledger.transaction() as work:
            return self.move(work, order, state, actor=actor, **facts)

    def move(
        self, work: LedgerTransaction, order: Order, state: OrderState, *, actor: str, **facts: str
    ) -> Order:
        """Do as :meth:`moved` does, within a unit of work that is open."""
        now = self.clock.now()
        submitted = now if state is OrderState.SUBMITTING else order.submitted_at
        changed = work.change_order(
            replace(
                order,
                state=state,
                updated_at=now,
                submitted_at=submitted,
                marketplace_order_id=facts.get("marketplace_order_id", order.marketplace_order_id),
                checkout_url=facts.get("checkout_url", order.checkout_url),
                failure=facts.get("failure", order.failure),
            )
        )
        details = tuple((key, value) for key, value in facts.items() if key != "checkout_url")
        work.record(
            AuditEvent(action=f"order.{state}", subject=order.id, actor=actor, at=now, details=details)
        )
        return changed

    def _grant(
        self,
        order: Order,
        quote: Quote,
        result: PurchaseResult,
        *,
        label: str,
        terms: LicenseTerms,
        digest: str,
        at: datetime,
    ) -> Grant:
        return Grant(
            id=self.ids.new("grant"),
            order_id=order.id,
            ref=order.ref,
            title=order.title,
            author=quote.author,
            kind=quote.kind,
            license_id=terms.license_id,
            license_label=label,
            terms_sha256=digest,
            marketplace_license_id=result.marketplace_license_id,
            licensee=order.buyer,
            project=order.project,
            granted_at=at,
            editorial=quote.editorial,
            credit=format_credit(
                terms, author=quote.author, listing_id=order.ref.id, editorial=quote.editorial is True
            ),
            source=terms.source,
        )

    def _record(
        self,
        work: LedgerTransaction,
        order: Order,
        receipt: Receipt,
        grant: Grant,
        *,
        proof: Proof,
        actor: str,
    ) -> None:
        work.record(
            AuditEvent(
                action="order.paid",
                subject=order.id,
                actor=actor,
                at=order.updated_at,
                details=(
                    ("marketplace_order_id", order.marketplace_order_id),
                    ("marketplace_license_id", receipt.marketplace_license_id),
                    ("charged", encode_cost(receipt.charged) or "not told"),
                    ("evidence", receipt.evidence),
                    *proof.details,
                ),
            )
        )
        record_documents(work, proof.documents, actor=actor)
        work.record(
            AuditEvent(
                action="grant.created",
                subject=grant.id,
                actor=actor,
                at=order.updated_at,
                details=(
                    ("order_id", order.id),
                    ("listing", str(grant.ref)),
                    ("license_id", grant.license_id),
                    ("license_source", grant.source),
                    ("terms_sha256", grant.terms_sha256),
                ),
            )
        )


def record_documents(work: LedgerTransaction, documents: tuple[Document, ...], *, actor: str) -> None:
    """Note in the audit which files prove an order, by their hashes."""
    for document in documents:
        work.record(
            AuditEvent(
                action="document.kept",
                subject=document.order_id,
                actor=actor,
                at=document.added_at,
                details=(
                    ("kind", document.kind),
                    ("sha256", document.sha256),
                    ("size", str(document.size)),
                ),
            )
        )
