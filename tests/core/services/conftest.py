"""Services over a real ledger on disk, with time and marketplaces that the test steers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import IMAGE, MODEL, CountingIds, FakeClock, FakeSender, make_basis

from core.ledger.engine import SqlLedger, open_ledger
from core.licenses import LicenseCatalogue
from core.model.intended_use import IntendedUse
from core.model.listing import Listing
from core.model.quote import Approval
from core.services.approve import Approve
from core.services.fresh_links import FreshLinks
from core.services.purchase import Purchase
from core.services.quote import MakeQuote, QuoteResult
from core.services.reconcile import Reconcile
from core.services.settle import Settle
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


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with an empty ledger."""
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    clock, ids, sender = FakeClock(), CountingIds(), QuotingSender()
    settings = Settings(data_dir=tmp_path, user="ann", project="film")
    catalogue = LicenseCatalogue.load()
    fresh = FreshLinks()
    settle = Settle(ledger=ledger, clock=clock, ids=ids, catalogue=catalogue)
    yield Shop(
        ledger=ledger,
        clock=clock,
        sender=sender,
        quote=MakeQuote(
            ledger=ledger, sender=sender, catalogue=catalogue, clock=clock, ids=ids, settings=settings
        ),
        approve=Approve(ledger=ledger, clock=clock, ids=ids, settings=settings),
        purchase=Purchase(
            ledger=ledger,
            sender=sender,
            settle=settle,
            clock=clock,
            ids=ids,
            settings=settings,
            fresh_links=fresh,
        ),
        fresh_links=fresh,
        reconcile=Reconcile(ledger=ledger, sender=sender, settle=settle, clock=clock, settings=settings),
    )
    ledger.close()


class QuotingSender(FakeSender):
    """Answers the calls of a quote so that the marketplace module arrives at a given basis."""

    basis: Any = None

    def send(self, call: Any, info: Any, *, cancel: Any = None) -> Any:
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


@pytest.fixture
def model() -> Listing:
    """A 3D model."""
    return MODEL
