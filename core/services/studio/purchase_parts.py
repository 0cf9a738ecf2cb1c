"""Buying single listings put together, one way for :mod:`core.app` and for tests.

Whoever calls it says how is paid, who is let through, and which marketplaces there are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ...marketplaces import registry
from ..buying.approve import Approve
from ..buying.balances import Balances
from ..buying.documents import Documents
from ..buying.fresh_links import FreshLinks
from ..buying.history import PurchaseHistory
from ..buying.past import BookPast
from ..buying.paying import MARKETPLACE_PAYS, PayPort
from ..buying.purchase import Purchase
from ..buying.quote import MakeQuote
from ..buying.reconcile import Reconcile
from ..buying.settle import Settle
from ..buying.web_purchase import WebPurchases
from ..steps import FindMarketplace
from .gate import Gate
from .refund import Refunds


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleBuying:
    """From a quote to the license, and back."""

    fresh_links: FreshLinks
    """Where a purchase leaves the links that came with it, for the download."""
    approve: Approve
    purchase: Purchase
    reconcile: Reconcile
    web_purchases: WebPurchases
    refunds: Refunds
    history: PurchaseHistory


def build_single_buying(
    quote: MakeQuote,
    documents: Documents,
    *,
    pay: PayPort = MARKETPLACE_PAYS,
    gate: Gate | None = None,
    balances: Balances | None = None,
    place: Callable[[str], str] = str,
    find_marketplace: FindMarketplace = registry.find,
) -> SingleBuying:
    """Put it together; ledger, sender, clock, ids and settings are those of quotes."""
    ledger, sender, clock, ids, settings = (
        quote.ledger,
        quote.sender,
        quote.clock,
        quote.ids,
        quote.settings,
    )
    settle = Settle(ledger=ledger, clock=clock, ids=ids, catalogue=quote.catalogue, pay=pay)
    past = BookPast(ledger=ledger, settle=settle, quote=quote, clock=clock, ids=ids, settings=settings)
    fresh_links = FreshLinks()
    check_order = gate.check_order if gate is not None else None
    return SingleBuying(
        fresh_links=fresh_links,
        approve=Approve(
            ledger=ledger,
            clock=clock,
            ids=ids,
            settings=settings,
            gate=gate.check_approval if gate is not None else None,
        ),
        purchase=Purchase(
            ledger=ledger,
            sender=sender,
            settle=settle,
            clock=clock,
            ids=ids,
            settings=settings,
            fresh_links=fresh_links,
            balances=balances,
            gate=check_order,
            find_marketplace=find_marketplace,
        ),
        reconcile=Reconcile(
            ledger=ledger,
            sender=sender,
            settle=settle,
            clock=clock,
            settings=settings,
            find_marketplace=find_marketplace,
        ),
        web_purchases=WebPurchases(
            ledger=ledger,
            settle=settle,
            documents=documents,
            past=past,
            clock=clock,
            ids=ids,
            settings=settings,
            place=place,
            gate=check_order,
            find_marketplace=find_marketplace,
        ),
        refunds=Refunds(
            ledger=ledger,
            documents=documents,
            clock=clock,
            ids=ids,
            pay=pay,
            find_marketplace=find_marketplace,
        ),
        history=PurchaseHistory(
            ledger=ledger,
            sender=sender,
            settle=settle,
            past=past,
            clock=clock,
            ids=ids,
            find_marketplace=find_marketplace,
        ),
    )
