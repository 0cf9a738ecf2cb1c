"""Ask what a listing costs us, under which license, and what the policy says of it. Spends nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from ...clock import Clock
from ...errors import MarketplaceError, NotFound, NotSupported, UserInputError
from ...http.cancel import CancelToken
from ...ids import Ids
from ...ledger.port import Ledger
from ...licenses import LicenseCatalogue, canonical_text, terms_sha256
from ...marketplaces import registry
from ...marketplaces.base import (
    ANY,
    MarketplaceInfo,
    QuoteBasis,
    QuoteOption,
    ReferenceField,
    Wanted,
)
from ...model.agreement import Agreement
from ...model.audit import AuditEvent
from ...model.delivery import Offered, OfferSource
from ...model.findings import PolicyAnswer
from ...model.grant import Grant
from ...model.intended_use import IntendedUse
from ...model.license import LicenseTerms, TermsSource
from ...model.listing import Listing, ListingRef, MediaKind
from ...model.money import encode_cost
from ...model.quote import Quote
from ...policy.engine import evaluate
from ...policy.facts import Facts
from ...quality.offer import encode_offer, read_offer
from ...settings import Settings
from ..clearing.circumstances import find_agreed
from ..clearing.house import NO_HOUSE, House, HouseRules
from ..steps import FindMarketplace, Sender, run_steps
from .owned import describe_other_sizes, describe_untold, find_covering, find_holdings, find_untold
from .web_basis import make_web_basis, sells_on_website

FindListing = Callable[[ListingRef], Listing | None]
"""Finds a product in the local catalogue that was filled from product feeds."""


def find_nowhere(_ref: ListingRef) -> Listing | None:
    """Find nothing: where there is no local catalogue."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteResult:
    """A quote with the policy's answer, the terms it is under, and what we own of this listing already."""

    quote: Quote
    listing: Listing
    terms: LicenseTerms
    answer: PolicyAnswer
    owned: tuple[Grant, ...] = ()
    """All that is owned of this listing, under whatever license and in whatever size."""
    covered_by: Grant | None = None
    """What is owned and gives just this already: buying it again would pay twice."""
    untold: Grant | None = None
    """The same, where only nobody says in which size it was bought: the user can."""
    why_not: str = ""
    """Why it cannot be bought with the accounts we have; empty when it can."""
    options: tuple[QuoteOption, ...] = ()
    """The ways to license it, this one included; empty where there is only one."""
    references: tuple[ReferenceField, ...] = ()
    """What has to be noted with the purchase."""
    page_url: str = ""
    """Where it can be bought on the website."""
    note: str = ""
    """What the user should know about this quote, in our words."""
    agreement: Agreement | None = None
    """The enterprise agreement whose words stand in ``terms`` over the standard ones."""
    house: HouseRules = NO_HOUSE
    """The studio's rules and resolutions that the answer rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedLicense:
    """Which license a quote is under, and who says so. ``note`` says what to do when nobody does."""

    label: str
    source: TermsSource
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeQuote:
    """Makes quotes and keeps them in the ledger."""

    ledger: Ledger
    sender: Sender
    catalogue: LicenseCatalogue
    clock: Clock
    ids: Ids
    settings: Settings
    house: House
    find_listing: FindListing = find_nowhere
    find_marketplace: FindMarketplace = registry.find

    def run(
        self,
        ref: ListingRef,
        kind: MediaKind,
        use: IntendedUse,
        *,
        actor: str,
        search_id: str = "",
        wanted: Wanted = ANY,
        cancel: CancelToken | None = None,
    ) -> QuoteResult:
        """Quote a listing for an intended use; raise a MarketplaceError when it cannot be read.

        ``wanted`` is one of an earlier result's options. Where the marketplace sells on its website only,
        nothing is asked: the quote says what the product feed says.
        """
        info = self.find_marketplace(ref.marketplace).INFO
        stub = listing_stub(ref, kind, search_id=search_id)
        note = ""
        if sells_on_website(info):
            found = self.find_listing(ref)
            basis = make_web_basis(info, found or stub, wanted)
            note = describe_web_price(info, basis, found=found is not None)
        else:
            basis = run_steps(
                self.find_marketplace(ref.marketplace).quote(stub, wanted), info, self.sender, cancel=cancel
            )
        now = self.clock.now()
        named = name_license(info, basis, self.settings)
        terms = sourced(
            self.catalogue.resolve(
                ref.marketplace,
                named.label,
                editorial=basis.listing.editorial,
                at=now.date(),
                kind=basis.listing.kind,
            ),
            named.source,
        )
        quote = self._quote(basis, named, terms, search_id=search_id)
        house = self.house.about([str(ref)])
        agreed = find_agreed(self.ledger, terms, day=now.date())
        agreement = agreed.agreement if agreed is not None else None
        holding = agreed.terms if agreed is not None else terms
        answer = self.judge(quote, holding, use, house, agreement)
        with self.ledger.transaction() as work:
            work.keep_terms(quote.terms_sha256, canonical_text(terms))
            work.add_quote(quote)
            work.add(note_offer(quote, basis.listing, from_feed=sells_on_website(info)))
            work.record(
                AuditEvent(
                    action="quote.made",
                    subject=quote.id,
                    actor=actor,
                    at=now,
                    details=(
                        ("listing", str(ref)),
                        ("license_id", quote.license_id),
                        ("license_source", quote.license_source),
                        ("cost", encode_cost(quote.cost) or "at checkout"),
                        ("decision", answer.decision),
                        ("rules", " ".join(sorted({f.rule for f in answer.findings}))),
                    ),
                )
            )
        holdings = find_holdings(self.ledger, ref, basis.listing.kind, info)
        untold, sizes = find_untold(holdings, quote, info), describe_other_sizes(holdings, quote, info)
        return QuoteResult(
            quote=quote,
            listing=basis.listing,
            terms=holding,
            agreement=agreement,
            answer=answer,
            owned=tuple(held.grant for held in holdings),
            covered_by=find_covering(holdings, quote, info),
            untold=untold,
            why_not=basis.why_not,
            options=basis.options,
            references=basis.references,
            page_url=basis.page_url,
            note=" ".join(filter(None, (note, named.note, sizes, describe_untold(untold, info)))),
            house=house,
        )

    def find_kind(self, ref: ListingRef, *, cancel: CancelToken | None = None) -> MediaKind:
        """Find out what a listing is, where a marketplace sells several kinds of media and nobody said.

        Some vendors count each kind by itself, so that one number can be a picture and a film. Raises
        UserInputError then, NotFound when it is none of them.
        """
        module = self.find_marketplace(ref.marketplace)
        kinds = sort_kinds(module.INFO)
        if len(kinds) == 1:
            return kinds[0]
        if sells_on_website(module.INFO):
            listed = self.find_listing(ref)
            return listed.kind if listed is not None else kinds[0]
        found: dict[MediaKind, Listing] = {}
        missing: MarketplaceError | None = None
        for kind in kinds:
            try:
                listing = self.sender.send(module.listing(ref, kind), module.INFO, cancel=cancel)
            except (NotFound, NotSupported) as error:
                missing = missing or error
            else:
                found.setdefault(listing.kind, listing)
                if not module.INFO.numbers_by_kind:
                    break  # the number is taken: each further question is one of the hour's requests
        if not found and missing is not None:
            raise missing
        if len(found) > 1:
            several = ", ".join(f"{kind} “{listing.title}”" for kind, listing in found.items())
            raise UserInputError(
                f"{module.INFO.name} has several things with the number {ref.id}: {several}. Say which kind.",
                code="user_input.kind",
            )
        return next(iter(found))

    def judge(
        self,
        quote: Quote,
        terms: LicenseTerms,
        use: IntendedUse,
        house: HouseRules,
        agreement: Agreement | None = None,
    ) -> PolicyAnswer:
        """Ask the policy about a quote and a use; pure but for the clock.

        ``terms`` are a result's: with what an agreement says, where one holds.
        """
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
                agreement=agreement,
            ),
            studio=house.studio,
            resolutions=house.resolutions,
        )

    def _quote(self, basis: QuoteBasis, named: NamedLicense, terms: LicenseTerms, *, search_id: str) -> Quote:
        now = self.clock.now()
        account = basis.accounts[0] if basis.accounts else None
        return Quote(
            id=self.ids.new("quote"),
            ref=basis.listing.ref,
            title=basis.listing.title,
            kind=basis.listing.kind,
            author=basis.listing.author,
            license_label=named.label,
            license_id=terms.license_id,
            terms_sha256=terms_sha256(terms),
            cost=basis.cost,
            balance=account,
            variant=basis.variant,
            account_id=account.account_id if account else "",
            editorial=basis.listing.editorial,
            search_id=search_id,
            web_checkout=basis.web_checkout,
            license_source=named.source,
            surcharge=basis.surcharge,
            note=basis.note,
            created_at=now,
            expires_at=now + timedelta(seconds=self.settings.quote_valid_s),
        )


def note_offer(quote: Quote, listing: Listing, *, from_feed: bool = False) -> Offered:
    """Make of a listing what is kept beside its quote, to hold the delivery against."""
    source = OfferSource.FEED if from_feed else OfferSource.QUOTE
    offer = read_offer(listing, source=source, as_of=quote.created_at.date(), variant=quote.variant)
    return Offered(id=quote.id, facts=encode_offer(offer), noted_at=quote.created_at)


def sort_kinds(info: MarketplaceInfo) -> tuple[MediaKind, ...]:
    """Return the kinds of media that a marketplace sells, in the order of :class:`MediaKind`."""
    return tuple(kind for kind in MediaKind if kind in info.kinds)


def listing_stub(ref: ListingRef, kind: MediaKind, *, search_id: str = "") -> Listing:
    """Name a listing to a marketplace that is about to read it anyway."""
    return Listing(ref=ref, title=str(ref), kind=kind, offers=(), search_id=search_id)


def name_license(info: MarketplaceInfo, basis: QuoteBasis, settings: Settings) -> NamedLicense:
    """Say which license it would be: the marketplace's word, the user's choice on a website, or a contract.

    Where the marketplace names none and the settings do not either, the label stays empty: unknown.
    """
    if sells_on_website(info):
        return NamedLicense(label=basis.license_label, source=TermsSource.USER)
    if basis.license_label or not info.contract_licenses:
        return NamedLicense(label=basis.license_label, source=TermsSource.MARKETPLACE)
    chosen = " ".join(settings.contract_licenses.get(info.id, "").split())
    tier = next((one for one in info.contract_licenses if one.casefold() == chosen.casefold()), "")
    if tier:
        return NamedLicense(label=tier, source=TermsSource.CONTRACT)
    tiers = ", ".join(info.contract_licenses)
    if chosen:
        note = f"“{chosen}” is none of the license tiers that {info.name} gives. Choose one of: {tiers}."
        return NamedLicense(label=chosen, source=TermsSource.CONTRACT, note=note)
    note = (
        f"{info.name} does not say which license your contract gives. Choose the tier ({tiers}) in the "
        f"preferences, under {info.name}; it stands in your contract."
    )
    return NamedLicense(label="", source=TermsSource.MARKETPLACE, note=note)


def describe_web_price(info: MarketplaceInfo, basis: QuoteBasis, *, found: bool) -> str:
    """Say how sure the price of a product is that is sold on a website."""
    if not found:
        return f"This product is not in your product feeds; its price is on {info.name}'s page."
    if basis.cost is None:
        return f"The product feed names no price for this license; it is on {info.name}'s page."
    if basis.listing.price_as_of is not None:
        day = basis.listing.price_as_of.isoformat()
        return f"The price is the product feed's of {day}; what {info.name}'s page says counts."
    return f"The price is the product feed's; what {info.name}'s page says counts."


def sourced(terms: LicenseTerms, source: TermsSource) -> LicenseTerms:
    """Return the terms with who says that they apply."""
    return terms if terms.source is source else replace(terms, source=source)
