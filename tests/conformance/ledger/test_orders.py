"""What keeps money from moving twice: keys, open orders, transitions, versions, receipts, grants."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ledger_values import (
    REF,
    make_approval,
    make_event,
    make_grant,
    make_order,
    make_quote,
    make_receipt,
    moment,
)

from core.errors import LedgerConflict
from core.ledger.engine import SqlLedger
from core.ledger.port import Ledger, LedgerTransaction
from core.model.listing import ListingRef
from core.model.order import OPEN_STATES, TRANSITIONS, Order, OrderState

SETTLED = sorted(set(OrderState) - OPEN_STATES)
Write = Callable[[LedgerTransaction], object]


def write(ledger: Ledger, *steps: Write) -> None:
    with ledger.transaction() as work:
        for step in steps:
            step(work)


def refuse(ledger: Ledger, step: Write) -> LedgerConflict:
    with pytest.raises(LedgerConflict) as caught, ledger.transaction() as work:
        step(work)
    assert caught.value.message
    return caught.value


def add(order: Order) -> Write:
    return lambda work: work.add_order(order)


@pytest.mark.parametrize(
    "again",
    [
        lambda work: work.add_quote(make_quote(1, title="other")),
        lambda work: work.add_approval(make_approval(1, reason="other")),
        lambda work: work.add_order(make_order(1, key="other", ref=REF)),
        lambda work: work.add_receipt(make_receipt(1, marketplace_license_id="other")),
        lambda work: work.add_grant(make_grant(1, title="other")),
    ],
    ids=["quote", "approval", "order", "receipt", "grant"],
)
def test_an_id_is_there_once(ledger: Ledger, again: Write) -> None:
    write(
        ledger,
        lambda work: work.add_quote(make_quote()),
        lambda work: work.add_approval(make_approval()),
        add(make_order()),
        lambda work: work.add_receipt(make_receipt()),
        lambda work: work.add_grant(make_grant()),
    )
    refuse(ledger, again)
    assert ledger.quote("quote_1") == make_quote()
    assert ledger.order("order_1") == make_order()


def test_a_key_is_there_once(ledger: Ledger) -> None:
    write(ledger, add(make_order(1)))
    refuse(ledger, add(make_order(2, key=make_order(1).key)))


@pytest.mark.parametrize(
    "dangling",
    [
        lambda work: work.add_approval(make_approval(quote_id="nobody")),
        lambda work: work.add_approval(make_approval(quote_id="")),
        lambda work: work.add_order(make_order(quote_id="nobody")),
        lambda work: work.add_order(make_order(approval_id="nobody")),
        lambda work: work.add_receipt(make_receipt(order_id="nobody")),
        lambda work: work.add_grant(make_grant(order_id="nobody")),
    ],
)
def test_nothing_refers_to_what_is_not_there(ledger: Ledger, dangling: Write) -> None:
    refuse(ledger, dangling)


@pytest.mark.parametrize("first", sorted(OPEN_STATES))
@pytest.mark.parametrize("second", sorted(OPEN_STATES))
def test_two_open_orders_for_the_same_thing_are_never_there(
    ledger: Ledger, first: OrderState, second: OrderState
) -> None:
    write(ledger, add(make_order(1, ref=REF, state=first)))
    refuse(ledger, add(make_order(2, ref=REF, state=second)))
    assert len(ledger.orders()) == 1


@pytest.mark.parametrize("settled", SETTLED)
def test_a_settled_order_does_not_stand_in_the_way(ledger: Ledger, settled: OrderState) -> None:
    write(ledger, add(make_order(1, ref=REF, state=settled)), add(make_order(2, ref=REF)))
    write(ledger, add(make_order(3, ref=REF, state=settled)))
    assert len(ledger.orders(ref=REF)) == 3


@pytest.mark.parametrize(
    "facts",
    [
        {"ref": ListingRef(marketplace="cgtrader", id="124")},
        {"ref": ListingRef(marketplace="pond5", id="123")},
        {"license_id": "cgtrader.editorial"},
        {"account_id": "other"},
    ],
)
def test_an_open_order_for_something_else_does_not_stand_in_the_way(
    ledger: Ledger, facts: dict[str, Any]
) -> None:
    write(ledger, add(make_order(1, ref=REF)), add(replace(make_order(2, ref=REF), **facts)))
    assert len(ledger.orders()) == 2


def test_failing_makes_room_for_the_next_order_and_paying_late_does_not_need_it(ledger: Ledger) -> None:
    first = make_order(1, ref=REF)
    write(ledger, add(first))
    with ledger.transaction() as work:
        failed = work.change_order(replace(first, state=OrderState.FAILED))
        work.add_order(make_order(2, ref=REF))
    with ledger.transaction() as work:
        work.change_order(replace(failed, state=OrderState.PAID))
    assert {order.state for order in ledger.orders()} == {OrderState.PAID, OrderState.APPROVED}


@pytest.mark.parametrize("before", list(OrderState))
@pytest.mark.parametrize("after", list(OrderState))
def test_only_the_transitions_of_the_design(ledger: Ledger, before: OrderState, after: OrderState) -> None:
    order = make_order(state=before)
    write(ledger, add(order))
    wanted = replace(order, state=after, updated_at=moment(50), failure="x")
    if after is before or after in TRANSITIONS[before]:
        with ledger.transaction() as work:
            changed = work.change_order(wanted)
        assert changed == replace(wanted, version=2)
        assert ledger.order(order.id) == changed
    else:
        error = refuse(ledger, lambda work: work.change_order(wanted))
        assert before in error.message
        assert after in error.message
        assert ledger.order(order.id) == order


def test_every_state_has_its_transitions() -> None:
    assert set(TRANSITIONS) == set(OrderState)


def test_a_version_is_used_once(ledger: Ledger) -> None:
    order = make_order()
    write(ledger, add(order))
    with ledger.transaction() as work:
        second = work.change_order(replace(order, failure="one"))
    refuse(ledger, lambda work: work.change_order(replace(order, failure="two")))
    refuse(ledger, lambda work: work.change_order(replace(order, version=3)))
    with ledger.transaction() as work:
        third = work.change_order(replace(second, failure="three"))
    assert (second.version, third.version) == (2, 3)
    assert ledger.order(order.id) == third


def test_an_order_that_is_not_there_is_not_changed(ledger: Ledger) -> None:
    refuse(ledger, lambda work: work.change_order(make_order()))
    assert ledger.orders() == ()


@pytest.mark.parametrize(
    "facts",
    [
        {"key": "other"},
        {"ref": REF},
        {"quote_id": "quote_2"},
        {"approval_id": "x"},
        {"created_at": moment(9)},
    ],
)
def test_what_an_order_is_about_never_changes(ledger: Ledger, facts: dict[str, Any]) -> None:
    order = make_order()
    write(ledger, lambda work: work.add_quote(make_quote(2)), add(order))
    refuse(ledger, lambda work: work.change_order(replace(order, **facts)))
    assert ledger.order(order.id) == order


def test_of_many_who_change_an_order_at_once_one_wins(
    ledger: Ledger, open_again: Callable[[], SqlLedger]
) -> None:
    order = make_order()
    write(ledger, add(order))
    handles = [ledger, ledger, open_again(), open_again()]
    won: list[int] = []
    lost: list[int] = []
    start = threading.Barrier(len(handles))

    def change(number: int, handle: SqlLedger) -> None:
        start.wait()
        try:
            with handle.transaction() as work:
                work.change_order(replace(order, failure=str(number)))
        except LedgerConflict:
            lost.append(number)
        else:
            won.append(number)

    threads = [threading.Thread(target=change, args=pair) for pair in enumerate(handles)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert len(lost) == 3
    stored = ledger.order(order.id)
    assert stored is not None
    assert (stored.failure, stored.version) == (str(won[0]), 2)


class TestReceipts:
    def orders(self, ledger: Ledger) -> None:
        shutterstock = ListingRef(marketplace="shutterstock", id="1")
        write(ledger, add(make_order(1)), add(make_order(2)), add(make_order(3, ref=shutterstock)))

    def test_a_license_of_a_marketplace_is_booked_once(self, ledger: Ledger) -> None:
        self.orders(ledger)
        write(ledger, lambda work: work.add_receipt(make_receipt(1, marketplace_license_id="L")))
        for number in (1, 2):
            twin = make_receipt(9, order_id=f"order_{number}", marketplace_license_id="L")
            refuse(ledger, lambda work, twin=twin: work.add_receipt(twin))  # type: ignore[misc]

    def test_another_marketplace_may_have_the_same_number(self, ledger: Ledger) -> None:
        self.orders(ledger)
        write(
            ledger,
            lambda work: work.add_receipt(make_receipt(1, marketplace_license_id="L")),
            lambda work: work.add_receipt(make_receipt(3, marketplace_license_id="L")),
        )

    def test_one_order_there_may_hold_several_licenses(self, ledger: Ledger) -> None:
        self.orders(ledger)
        write(
            ledger,
            lambda work: work.add_receipt(make_receipt(1, marketplace_order_id="O")),
            lambda work: work.add_receipt(make_receipt(2, marketplace_order_id="O")),
        )
        assert [receipt.id for receipt in ledger.receipts("order_1")] == ["receipt_1"]

    @pytest.mark.parametrize("license_id", ["", "L"])
    def test_without_a_license_an_order_there_is_booked_once(self, ledger: Ledger, license_id: str) -> None:
        self.orders(ledger)
        first = make_receipt(1, marketplace_order_id="O", marketplace_license_id=license_id)
        write(ledger, lambda work: work.add_receipt(first))
        second = make_receipt(2, marketplace_order_id="O", marketplace_license_id="")
        refuse(ledger, lambda work: work.add_receipt(second))
        third = replace(second, id="receipt_3", order_id="order_3")
        write(ledger, lambda work: work.add_receipt(third))

    def test_without_any_number_of_theirs_an_order_of_ours_has_one_receipt(self, ledger: Ledger) -> None:
        self.orders(ledger)
        bare = {"marketplace_order_id": "", "marketplace_license_id": ""}
        write(
            ledger,
            lambda work: work.add_receipt(make_receipt(1, **bare)),
            lambda work: work.add_receipt(make_receipt(2, **bare)),
        )
        refuse(ledger, lambda work: work.add_receipt(make_receipt(9, order_id="order_1", **bare)))


def test_an_order_leads_to_one_grant(ledger: Ledger) -> None:
    write(ledger, add(make_order()), lambda work: work.add_grant(make_grant(1, order_id="order_1")))
    refuse(ledger, lambda work: work.add_grant(make_grant(2, order_id="order_1")))
    write(ledger, lambda work: work.add_grant(make_grant(3)), lambda work: work.add_grant(make_grant(4)))
    assert ledger.grant_for_order("") is None


def test_a_conflict_that_is_handled_inside_leaves_the_rest_of_the_unit(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order(1))
        with pytest.raises(LedgerConflict):
            work.add_order(make_order(1))
        with pytest.raises(LedgerConflict):
            work.add_grant(make_grant(order_id="nobody"))
        with pytest.raises(LedgerConflict):
            work.change_order(make_order(1, version=7))
        work.add_order(make_order(2))
        work.record(make_event())
    assert {order.id for order in ledger.orders()} == {"order_1", "order_2"}
    assert len(ledger.audit()) == 1
