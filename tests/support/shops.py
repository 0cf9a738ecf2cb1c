"""Services over a real ledger on disk, with time and marketplaces that the test steers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fake_marketplaces import AGENCY, CONTRACTOR, WEBSHOP, FakeMarketplace
from fakes import IMAGE, CountingIds, FakeClock, FakeSender, make_basis

from core.files.store import Store
from core.ledger.engine import SqlLedger, open_ledger
from core.licenses import LicenseCatalogue
from core.marketplaces import registry
from core.marketplaces.base import ANY, Wanted
from core.model.intended_use import IntendedUse
from core.model.listing import Listing, ListingRef
from core.model.quote import Approval
from core.services.buying.approve import Approve
from core.services.buying.documents import Documents
from core.services.buying.fresh_links import FreshLinks
from core.services.buying.history import PurchaseHistory
from core.services.buying.purchase import Purchase
from core.services.buying.quote import MakeQuote, QuoteResult
from core.services.buying.reconcile import Reconcile
from core.services.buying.web_purchase import WebPurchases
from core.services.clearing.house import House
from core.services.delivering.download import Download
from core.services.delivering.hand_out import HandOut
from core.services.studio.purchase_parts import build_single_buying
from core.services.studio.refund import Refunds
from core.settings import Settings


@dataclass
class Shop:
    """Everything that a purchase needs."""

    ledger: SqlLedger
    clock: FakeClock
    sender: FakeSender
    quote: MakeQuote
    approve: Approve
    purchase: Purchase
    reconcile: Reconcile
    fresh_links: FreshLinks
    documents: Documents
    web: WebPurchases
    refunds: Refunds
    history: PurchaseHistory
    download: Download
    store: Store
    settings: Settings
    catalogue: LicenseCatalogue
    agency: FakeMarketplace
    contractor: FakeMarketplace
    webshop: FakeMarketplace
    feed: dict[ListingRef, Listing]

    def quoted(
        self, fake: FakeMarketplace, *, wanted: Wanted = ANY, use: IntendedUse | None = None
    ) -> QuoteResult:
        """Quote what a steered marketplace says."""
        listing = fake.basis.listing
        return self.quote.run(listing.ref, listing.kind, use or IntendedUse(), actor="ann", wanted=wanted)

    def agreed(self, fake: FakeMarketplace, *, wanted: Wanted = ANY) -> Approval:
        """Quote and approve what a steered marketplace says, with all that it wants agreed to."""
        result = self.quoted(fake, wanted=wanted)
        surcharge = result.quote.surcharge
        return self.approve.run(
            result.quote, result.answer, actor="ann", reason="for the test", accept_surcharge=surcharge
        )

    def refund_of(self, order_id: str) -> None:
        """Give an order back."""
        refund = self.refunds.request(order_id, reason="for the test", actor="ann")
        self.refunds.settle(refund.id, refunded=True, actor="ann")

    def with_settings(self, **changes: Any) -> None:
        """Go on with other settings."""
        self.settings = settings = replace(self.settings, **changes)
        for name in ("quote", "approve", "purchase", "reconcile", "web"):
            setattr(self, name, replace(getattr(self, name), settings=settings))

    def made_quote(self, listing: Listing = IMAGE, **changes: Any) -> QuoteResult:
        """Quote a listing; the marketplace says what ``make_basis`` says."""
        basis = make_basis(listing, **changes)
        self.sender.answers["listing"] = basis.listing
        self.sender.answers["subscriptions"] = ()
        self.answer_quotes(basis)
        return self.quote.run(listing.ref, listing.kind, IntendedUse(), actor="ann")

    def answer_quotes(self, basis: Any) -> None:
        """Let the marketplace quote this from now on."""
        self.sender.basis = basis  # type: ignore[attr-defined]

    def approved(self, listing: Listing = IMAGE, **changes: Any) -> Approval:
        """Quote and approve."""
        result = self.made_quote(listing, **changes)
        return self.approve.run(result.quote, result.answer, actor="ann", reason="for the test")


class NoDownloader:
    """Fetches nothing."""


class QuotingSender(FakeSender):
    """Answers the calls of a quote so that the marketplace module arrives at a given basis."""

    basis: Any = None

    def send(self, call: Any, info: Any, *, cancel: Any = None, on_wait: Any = None) -> Any:
        """Answer listing and subscriptions from the basis; everything else as told."""
        if self.basis is not None and call.operation == "listing":
            self.sent.append(call)
            return listed(self.basis)
        if self.basis is not None and call.operation == "subscriptions":
            self.sent.append(call)
            return plans(self.basis)
        return super().send(call, info, cancel=cancel)


def listed(basis: Any) -> Listing:
    """Return the listing as the marketplace shows it when it offers this."""
    from dataclasses import replace

    from core.model.listing import ListedFile, Offer

    if basis.web_checkout:
        return replace(basis.listing, offers=(Offer(license_label=basis.license_label, cost=basis.cost),))
    return replace(basis.listing, files=(ListedFile(id=basis.variant or "huge", name="a.jpg"),))


def plans(basis: Any) -> Any:
    """Return the subscriptions that lead to this basis."""
    from dataclasses import replace

    from core.marketplaces.answers import Plan

    return tuple(
        Plan(
            balance=replace(account, license_label=basis.license_label),
            fits=True,
            expired=False,
            variants=None,
        )
        for account in basis.accounts
    )


@contextmanager
def open_shop(folder: Path) -> Iterator[Shop]:
    """Open a shop with an empty ledger; beside the real marketplaces there are three that a test steers."""
    ledger = open_ledger(folder / "ledger.sqlite")
    clock, ids, sender = FakeClock(), CountingIds(), QuotingSender()
    settings = Settings(data_dir=folder, user="ann", project="film")
    catalogue = LicenseCatalogue.load()
    store = Store(settings.store_dir, clock=clock)
    fakes = {info.id: FakeMarketplace(info) for info in (AGENCY, CONTRACTOR, WEBSHOP)}
    feed: dict[ListingRef, Listing] = {}

    def find(marketplace: str) -> Any:
        return fakes.get(marketplace) or registry.find(marketplace)

    documents = Documents(ledger=ledger, store=store, clock=clock)
    quote = MakeQuote(
        ledger=ledger,
        sender=sender,
        catalogue=catalogue,
        clock=clock,
        ids=ids,
        settings=settings,
        house=House(ledger=ledger, catalogue=catalogue, settings=settings),
        find_listing=feed.get,
        find_marketplace=find,
    )
    single = build_single_buying(quote, documents, find_marketplace=find)
    yield Shop(
        ledger=ledger,
        clock=clock,
        sender=sender,
        quote=quote,
        approve=single.approve,
        purchase=single.purchase,
        fresh_links=single.fresh_links,
        reconcile=single.reconcile,
        documents=documents,
        web=single.web_purchases,
        refunds=single.refunds,
        history=single.history,
        download=Download(
            ledger=ledger,
            sender=sender,
            downloader=NoDownloader(),  # type: ignore[arg-type]
            store=store,
            clock=clock,
            fresh_links=single.fresh_links,
            hand_out=HandOut(ledger=ledger, clock=clock),
            find_marketplace=find,
        ),
        store=store,
        settings=settings,
        catalogue=catalogue,
        agency=fakes["agency"],
        contractor=fakes["contractor"],
        webshop=fakes["webshop"],
        feed=feed,
    )
    ledger.close()
