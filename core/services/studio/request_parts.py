"""Buying in a studio put together: people, limits, budgets and requests, for :mod:`core.app`."""

from __future__ import annotations

from dataclasses import dataclass

from ..buying.purchase import Purchase
from ..buying.quote import MakeQuote
from ..buying.reconcile import Reconcile
from ..buying.web_purchase import WebPurchases
from .budgets import Budgets
from .buy_item import BuyItem
from .buying import BuyRequests
from .cart import Cart
from .coverage import FindCoverage
from .decide import Decide
from .items import Items
from .judging import JudgeItems
from .limits import Limits
from .people import People
from .requests import Requests
from .standing import Standing
from .submit import Submit


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """How a studio buys: from a cart to the license."""

    people: People
    limits: Limits
    budgets: Budgets
    requests: Requests


def build_buying(
    standing: Standing,
    quote: MakeQuote,
    *,
    purchase: Purchase,
    web_purchases: WebPurchases,
    reconcile: Reconcile,
) -> Buying:
    """Put them together over the purchase of single listings; clock, ids and rules are those of quotes."""
    settings, clock, ids, house = quote.settings, quote.clock, quote.ids, quote.house
    ledger = standing.ledger
    limits = Limits(ledger=ledger, clock=clock, ids=ids, standing=standing)
    budgets = Budgets(ledger=ledger, clock=clock, ids=ids, standing=standing)
    find = quote.find_marketplace
    coverage = FindCoverage(ledger=ledger, clock=clock, house=house, find_marketplace=find)
    judging = JudgeItems(ledger=ledger, quote=quote, house=house, coverage=coverage)
    decide = Decide(
        ledger=ledger,
        clock=clock,
        ids=ids,
        settings=settings,
        standing=standing,
        limits=limits,
        budgets=budgets,
        judging=judging,
    )
    items = Items(ledger=ledger, clock=clock, ids=ids)
    return Buying(
        people=People(ledger=ledger, clock=clock, standing=standing),
        limits=limits,
        budgets=budgets,
        requests=Requests(
            ledger=ledger,
            clock=clock,
            standing=standing,
            budgets=budgets,
            cart=Cart(
                ledger=ledger,
                clock=clock,
                ids=ids,
                settings=settings,
                standing=standing,
                find_marketplace=find,
            ),
            submit=Submit(
                ledger=ledger,
                clock=clock,
                ids=ids,
                standing=standing,
                quote=quote,
                coverage=coverage,
                budgets=budgets,
                decide=decide,
            ),
            decide=decide,
            buying=BuyRequests(
                ledger=ledger,
                clock=clock,
                ids=ids,
                standing=standing,
                reconcile=reconcile,
                items=items,
                buy_item=BuyItem(
                    ledger=ledger,
                    clock=clock,
                    ids=ids,
                    settings=settings,
                    purchase=purchase,
                    web=web_purchases,
                    limits=limits,
                    items=items,
                    find_marketplace=find,
                ),
            ),
            judging=judging,
            find_marketplace=find,
        ),
    )
