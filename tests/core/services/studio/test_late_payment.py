"""An order that had ended as failed and is paid after all: the finished request and its budget say so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from studio_shop import USE, StudioShop, usd, want

from core.model.budget import Budget, BudgetEntry, EntryKind
from core.model.buy_request import ItemState, RequestState
from core.model.evidence import WebPurchase
from core.model.listing import ListingRef
from core.model.order import OrderState
from core.services.studio.request_rules import find_items, find_request

STARTS, ENDS = date(2026, 1, 1), date(2030, 12, 31)


def given_up(house: StudioShop, budget: int) -> tuple[str, str, str]:
    """Have a request end whose one item was given up; return the request, its order and its budget."""
    made = house.studio("fin").budgets.set(
        "Assets", usd(budget), project_id="film", starts_on=STARTS, ends_on=ENDS
    )
    ref = ListingRef(marketplace="webshop", id="9")
    cart = house.studio("ida").requests.cart
    request = cart.new(USE, reason="from their site")
    cart.add(request.id, [replace(want(house.market, "9"), ref=ref)])
    house.studio("ida").requests.submit.run(request.id)
    house.studio("pia").requests.decide.approve(request.id, reason="read", budget_id=made.id)
    buying = house.studio("ben").requests.buying
    buying.run(request.id)
    (order,) = house.shop.ledger.orders()
    house.shop.reconcile.give_up(order.id, actor="ben")
    assert buying.run(request.id).request.state is RequestState.DONE
    (item,) = find_items(house.shop.ledger, request.id)
    assert item.state is ItemState.FAILED
    return request.id, order.id, made.id


def pay(house: StudioShop, order_id: str) -> None:
    """Enter the order number of a purchase that was paid on the website after all."""
    purchase = WebPurchase(
        order_number="W-1", bought_on=date(2026, 11, 23), license_label="Standard", price=usd(12)
    )
    assert house.shop.web.confirm(order_id, purchase, actor="ben").state is OrderState.PAID


@pytest.mark.parametrize(("amount", "spent"), [(100, 12), (12, 12), (11, 0)])
def test_what_is_paid_late_counts_in_its_request_and_budget(
    house: StudioShop, amount: int, spent: int
) -> None:
    """As far as the budget has it: a budget is never exceeded, and the audit says what was not booked."""
    request_id, order_id, budget_id = given_up(house, amount)
    assert house.studio("fin").budgets.status(budget_id).spent == usd(0)
    pay(house, order_id)
    ledger = house.shop.ledger
    (item,) = find_items(ledger, request_id)
    grant = ledger.grant_for_order(order_id)
    assert grant is not None
    assert (item.state, item.grant_id, item.failure) == (ItemState.BOUGHT, grant.id, "")
    assert find_request(ledger, request_id).state is RequestState.DONE
    status = house.studio("fin").budgets.status(budget_id)
    assert (status.spent, status.committed) == (usd(spent), usd(0))
    told = next(
        dict(entry.event.details)
        for entry in reversed(ledger.audit())
        if entry.event.action == "request.item_bought"
    )
    assert told["late"].startswith("it had ended: ")
    assert told["budget"] == (
        f"money:1200:USD in {budget_id}"
        if spent
        else f"not booked in {budget_id}: it does not have that much left"
    )
    assert ledger.verify_audit().ok


def test_an_order_of_no_request_changes_none(house: StudioShop) -> None:
    """Nothing is invented where there is no item, and nothing is booked twice."""
    request_id, order_id, budget_id = given_up(house, 100)
    with house.shop.ledger.transaction() as work:
        (item,) = find_items(work, request_id)
        work.change(replace(item, order_id=""))
    pay(house, order_id)
    (item,) = find_items(house.shop.ledger, request_id)
    assert item.state is ItemState.FAILED
    assert house.shop.ledger.value(Budget, budget_id) is not None
    assert house.shop.ledger.values(BudgetEntry, budget_id=budget_id, kind=EntryKind.SPEND) == ()
