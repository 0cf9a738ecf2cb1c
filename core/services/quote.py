"""Ask what a listing costs us, under which license, and what the policy says of it. Spends nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..clock import Clock
from ..http.cancel import CancelToken
from ..ids import Ids
from ..ledger.port import Ledger
from ..licenses import LicenseCatalogue, canonical_text, terms_sha256
from ..marketplaces import registry
from ..marketplaces.base import QuoteBasis
from ..model.audit import AuditEvent
from ..model.findings import PolicyAnswer
from ..model.grant import Grant, GrantState
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..model.listing import Listing, ListingRef, MediaKind
from ..model.money import encode_cost
from ..model.quote import Quote
from ..policy.engine import evaluate
from ..policy.facts import Facts
from ..settings import Settings
from .steps import Sender, run_steps


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteResult:
    """A quote with the policy's answer, the terms it is under, and what we own of this listing already."""

    quote: Quote
    listing: Listing
    terms: LicenseTerms
    answer: PolicyAnswer
    owned: tuple[Grant, ...] = ()
    why_not: str = ""
    """Why it cannot be bought with the accounts we have; empty when it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeQuote:
    """Makes quotes and keeps them in the ledger."""

    ledger: Ledger
    sender: Sender
    catalogue: LicenseCatalogue
    clock: Clock
    ids: Ids
    settings: Settings

    def run(
        self,
        ref: ListingRef,
        kind: MediaKind,
        use: IntendedUse,
        *,
        actor: str,
        search_id: str = "",
        cancel: CancelToken | None = None,
    ) -> QuoteResult:
        """Quote a listing for an intended use; raise a MarketplaceError when it cannot be read."""
        module = registry.find(ref.marketplace)
        steps = module.quote(listing_stub(ref, kind, search_id=search_id))
        basis = run_steps(steps, module.INFO, self.sender, cancel=cancel)
        now = self.clock.now()
        terms = self.catalogue.resolve(
            ref.marketplace, basis.license_label, editorial=basis.listing.editorial, at=now.date()
        )
        quote = self._quote(basis, terms, search_id=search_id)
        answer = self.judge(quote, terms, use)
        with self.ledger.transaction() as work:
            work.keep_terms(quote.terms_sha256, canonical_text(terms))
            work.add_quote(quote)
            work.record(
                AuditEvent(
                    action="quote.made",
                    subject=quote.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("listing", str(ref)),
                        ("license_id", quote.license_id),
                        ("cost", encode_cost(quote.cost) or "at checkout"),
                        ("decision", answer.decision),
                        ("rules", " ".join(sorted({f.rule for f in answer.findings}))),
                    ),
                )
            )
        return QuoteResult(
            quote=quote,
            listing=basis.listing,
            terms=terms,
            answer=answer,
            owned=active(self.ledger.grants_for(ref)),
            why_not=basis.why_not,
        )

    def judge(self, quote: Quote, terms: LicenseTerms, use: IntendedUse) -> PolicyAnswer:
        """Ask the policy about a quote and a use; pure but for the clock."""
        return evaluate(
            Facts(
                terms=terms,
                use=use,
                editorial=quote.editorial,
                now=self.clock.now(),
                terms_sha256=quote.terms_sha256,
                author=quote.author,
                listing_id=quote.ref.id,
                subject=str(quote.ref),
            )
        )

    def _quote(self, basis: QuoteBasis, terms: LicenseTerms, *, search_id: str) -> Quote:
        now = self.clock.now()
        account = basis.accounts[0] if basis.accounts else None
        return Quote(
            id=self.ids.new("quote"),
            ref=basis.listing.ref,
            title=basis.listing.title,
            kind=basis.listing.kind,
            author=basis.listing.author,
            license_label=basis.license_label,
            license_id=terms.license_id,
            terms_sha256=terms_sha256(terms),
            cost=basis.cost,
            balance=account,
            variant=basis.variant,
            account_id=account.account_id if account else "",
            editorial=basis.listing.editorial,
            search_id=search_id,
            web_checkout=basis.web_checkout,
            created_at=now,
            expires_at=now + timedelta(seconds=self.settings.quote_valid_s),
        )


def listing_stub(ref: ListingRef, kind: MediaKind, *, search_id: str = "") -> Listing:
    """Name a listing to a marketplace that is about to read it anyway."""
    return Listing(ref=ref, title=str(ref), kind=kind, offers=(), search_id=search_id)


def active(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Keep the grants that stand."""
    return tuple(grant for grant in grants if grant.state is GrantState.ACTIVE)
