"""What is asked about a time, a person or a few names is what reading everything would find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from ledger_values import (
    make_file,
    make_grant,
    make_order,
    make_receipt,
    make_usage,
    moment,
)
from studio_values import USD_19, make_studio_values

from core.ledger.engine import SqlLedger
from core.ledger.port_recent import Between
from core.model.budget import Budget, BudgetEntry, EntryKind
from core.model.grant import GrantState
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine
from core.model.listing import ListingRef
from core.model.money import Money
from core.model.order import Order, OrderState
from core.model.payment import Payment, PaymentMethod
from core.model.people import Project

BOUGHT = (OrderState.PAID, OrderState.FULFILLED)
STATES = tuple(OrderState)
BUYERS = ("ida", "ben")
CURRENCIES = ("EUR", "USD", "USD")
VALUES: dict[type, Any] = {type(one): one for one in reversed(make_studio_values(1))}
PAYMENT = replace(VALUES[Payment], cost=USD_19, home=None, rate="", rate_on=None)


def order_of(number: int) -> Order:
    """Make one of sixty orders: states, buyers, projects, costs and times take turns."""
    state = STATES[number % len(STATES)]
    return make_order(
        number,
        id=f"order_{number}", key=f"Key-{number}", state=state, buyer=BUYERS[number % 2],
        ref=ListingRef(marketplace="cgtrader", id=f"Listing{number}"), project=f"film{number % 3}",
        created_at=moment(number), updated_at=moment(100 + number),
        marketplace_order_id=f"MO-{number}", failure="payment.refused" if number % 2 else "late",
        cost=None if number % 7 == 0 else Money(minor=100 * (number % 5), currency=CURRENCIES[number % 3]),
    )  # fmt: skip


@pytest.fixture
def orders(ledger: SqlLedger) -> tuple[Order, ...]:
    """Sixty orders, every second one with a payment a day later."""
    made = tuple(order_of(number) for number in range(1, 61))
    with ledger.transaction() as work:
        work.add(VALUES[PaymentMethod])
        for number, order in enumerate(made, 1):
            work.add_order(order)
            if number % 2:
                work.add(
                    replace(
                        PAYMENT, id=f"pay{number}", order_id=order.id, paid_at=moment(1000 + number),
                        value=Money(minor=100 * (number % 4), currency="USD"),
                    )
                )  # fmt: skip
        work.add_receipt(
            make_receipt(1, order_id="order_2", marketplace_order_id="", marketplace_license_id="Lic/ß")
        )
    return made


def test_orders_of_a_time_are_counted_by_how_they_went(ledger: SqlLedger, orders: tuple[Order, ...]) -> None:
    found = ledger.count_orders(since=moment(20))
    assert found == Counter((one.state, one.failure) for one in orders if one.created_at >= moment(20))
    assert ledger.count_orders(since=moment(99)) == {}


@pytest.mark.parametrize("states", [BOUGHT, STATES, ()])
def test_what_somebody_spent_is_the_sum_of_their_orders(
    ledger: SqlLedger, orders: tuple[Order, ...], states: Iterable[OrderState]
) -> None:
    for buyer in (*BUYERS, "nobody"):
        found = ledger.spent_since(buyer, since=moment(10), states=tuple(states), besides="order_33")
        expected = Counter(
            (one.project, one.ref.marketplace, one.cost)
            for one in orders
            if one.buyer == buyer
            and one.created_at >= moment(10)
            and one.state in tuple(states)
            and one.id != "order_33"
        )
        assert {(project, shop, cost): number for project, shop, cost, number in found} == expected


def test_orders_that_ended_lately_are_found_by_why(ledger: SqlLedger, orders: tuple[Order, ...]) -> None:
    found = ledger.orders_changed(since=moment(120), state=OrderState.FAILED, failures=["late", "other"])
    assert found == tuple(
        one
        for one in orders
        if one.state is OrderState.FAILED and one.failure == "late" and one.updated_at > moment(120)
    )
    assert found
    assert ledger.orders_changed(since=moment(0), state=OrderState.FAILED, failures=[]) == ()


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["order_7"], {"order_7"}),
        (["ORDER_7", "mo-9"], {"order_7", "order_9"}),
        (["MO-9", "MO-10"], {"order_9", "order_10"}),
        (["Key-3"], {"order_3"}),
        (["Listing12"], {"order_12"}),
        (["Lic/ß"], {"order_2"}),
        (["nothing", "", "'; DROP TABLE orders; --", "x" * 5000, "🪑"], set()),
        ([], set()),
        ([f"MO-{number}" for number in range(2000)], {f"order_{number}" for number in range(1, 61)}),
    ],
)
def test_orders_are_found_by_any_of_their_names(
    ledger: SqlLedger, orders: tuple[Order, ...], names: list[str], ids: set[str]
) -> None:
    assert ledger.orders_named(names) == ids
    found = ledger.orders_by_id([*ids, "unknown"])
    assert found == {one.id: one for one in orders if one.id in ids}


def test_orders_are_found_by_what_was_paid_and_when(ledger: SqlLedger, orders: tuple[Order, ...]) -> None:
    amounts = [Money(minor=100, currency="USD"), Money(minor=300, currency="USD")]
    without = {one.id for number, one in enumerate(orders, 1) if not number % 2 and 30 <= number <= 40}
    found = ledger.orders_charged(amounts, after=moment(30), before=moment(40))
    assert found == without
    paid = {f"order_{number}" for number in range(1, 61, 2) if 10 <= number <= 20 and number % 4 in (1, 3)}
    assert ledger.orders_charged(amounts, after=moment(1010), before=moment(1020)) == paid
    assert ledger.orders_charged([], after=moment(1010), before=moment(1020)) == frozenset()


def test_payments_come_newest_first_for_all_or_for_some_projects(
    ledger: SqlLedger, orders: tuple[Order, ...]
) -> None:
    every = ledger.values(Payment, newest=True)
    ids = tuple(one.id for one in every)
    assert ledger.newest_payment_ids(projects=None, states=STATES, limit=7) == ids[:7]
    mine = {one.id for one in orders if one.project in ("film0", "film2") and one.state in BOUGHT}
    found = ledger.newest_payment_ids(projects={"film0", "film2", "none"}, states=BOUGHT, limit=500)
    assert found == tuple(one.id for one in every if one.order_id in mine)
    assert found
    assert ledger.newest_payment_ids(projects=(), states=BOUGHT, limit=9) == ()
    assert ledger.newest_payment_ids(projects=None, states=BOUGHT, limit=0) == ()


def test_invoices_and_what_they_are_for(ledger: SqlLedger, orders: tuple[Order, ...]) -> None:
    kinds = (InvoiceKind.RECEIVED, InvoiceKind.CHARGE_BACK)
    with ledger.transaction() as work:
        for number in range(1, 21):
            received = number % 4 != 0
            gross = replace(USD_19, minor=-1900 if number % 5 == 0 else 1900)
            work.add(
                replace(
                    VALUES[Invoice], id=f"i{number}", kind=kinds[not received], number=f"n{number}",
                    series="" if received else "CB", sequence=0 if received else number, gross=gross,
                )
            )  # fmt: skip
            order_id = f"order_{number}" if number % 3 else ""
            difference = "charged more" if number % 6 == 1 else ""
            work.add(
                replace(
                    VALUES[InvoiceLine], id=f"l{number}", invoice_id=f"i{number}", order_id=order_id,
                    difference=difference,
                )
            )  # fmt: skip
    wrong = [number for number in range(20, 0, -1) if number % 4 and (not number % 3 or number % 6 == 1)]
    assert [one.id for one in ledger.invoices_to_look_at(limit=99)] == [f"i{number}" for number in wrong]
    assert [one.id for one in ledger.invoices_to_look_at(limit=2)] == [f"i{number}" for number in wrong[:2]]
    invoiced = {f"order_{number}" for number in range(1, 21) if number % 4 and number % 3 and number % 5}
    left = [
        one.id
        for one in reversed(orders)
        if one.created_at >= moment(5) and one.state in BOUGHT and one.id not in invoiced
    ]
    assert list(ledger.orders_without_invoice(since=moment(5), states=BOUGHT, limit=99)) == left
    assert list(ledger.orders_without_invoice(since=moment(5), states=BOUGHT, limit=3)) == left[:3]


def test_a_budgets_journal_is_added_up_where_it_is(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        work.add(VALUES[Project])
        for name in ("budget_1", "other"):
            work.add(replace(VALUES[Budget], id=name))
        for number in range(1, 40):
            work.add(
                replace(
                    VALUES[BudgetEntry], id=f"e{number}", budget_id=("budget_1", "other")[number % 10 == 0],
                    kind=tuple(EntryKind)[number % 4], amount=replace(USD_19, minor=number % 6 + 1),
                )
            )  # fmt: skip
    expected = dict.fromkeys(EntryKind, 0)
    for entry in ledger.values(BudgetEntry, budget_id="budget_1"):
        expected[entry.kind] += entry.amount.minor
    assert ledger.entry_sums("budget_1") == expected
    assert ledger.entry_sums("none") == dict.fromkeys(EntryKind, 0)


def test_grants_are_found_by_their_end_their_terms_and_their_files(ledger: SqlLedger) -> None:
    grants = [
        make_grant(
            number,
            terms_sha256=("aa" * 32, "bb" * 32)[number % 2],
            valid_until=moment(10 * number) if number % 3 else None,
            state=GrantState.ACTIVE if number % 5 else GrantState.REFUNDED,
            granted_at=moment(number // 2),
        )
        for number in range(1, 31)
    ]
    with ledger.transaction() as work:
        for number, grant in enumerate(grants, 1):
            work.add_grant(grant)
            work.add_file(make_file(number % 9, grant_id=grant.id, name=f"f{number}"))
        work.replace_usages("a.blend", [make_usage(1, scene="a.blend"), make_usage(2, scene="a.blend")])
        work.replace_usages("b.blend", [make_usage(1, scene="b.blend")])
        work.keep_terms("aa" * 32, '{"perpetual":false}')
        work.keep_terms("bb" * 32, '{"perpetual":true}')
    active = [grant for grant in grants if grant.state is GrantState.ACTIVE]
    assert ledger.grants_that_end(after=moment(40), before=moment(160)) == tuple(
        one for one in active if one.valid_until is not None and moment(40) <= one.valid_until <= moment(160)
    )
    under = [one for one in reversed(active) if one.terms_sha256 == "aa" * 32]
    assert ledger.grants_under("aa" * 32) == tuple(under)
    assert ledger.grants_under("aa" * 32, limit=3) == tuple(under[:3])
    some = tuple(one for one in under if moment(3) <= one.granted_at <= moment(9))
    assert ledger.grants_under("aa" * 32, after=moment(3), before=moment(9)) == some
    assert ledger.terms_that_end() == {"aa" * 32: '{"perpetual":false}'}
    assert set(ledger.terms_that_end(every=True)) == {"aa" * 32, "bb" * 32}
    standing = {one.id for one in active}
    files = [
        make_file(number % 9, grant_id=grant.id, name=f"f{number}") for number, grant in enumerate(grants, 1)
    ]
    assert list(ledger.files_of_standing()) == [one for one in files if one.grant_id in standing]
    assert {key: len(found) for key, found in ledger.usages_of(["grant_1", "grant_2", "x"]).items()} == {
        "grant_1": 2,
        "grant_2": 1,
    }


def test_values_between_two_are_found_with_both_ends(ledger: SqlLedger, orders: tuple[Order, ...]) -> None:
    found = ledger.values(Payment, paid_at=Between(moment(1011), moment(1015)))
    assert [one.id for one in found] == ["pay11", "pay13", "pay15"]
    assert ledger.values(Payment, paid_at=Between(moment(1015), moment(1011))) == ()
    one = ledger.count_values(Payment, paid_at=Between(moment(1011), moment(1015)), order_id="order_13")
    assert one == 1
