"""What the account bought before: listed beside what the ledger knows, and taken over once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_marketplaces import AGENCY, make_listing
from fakes import paid, record

from core import errors
from core.marketplaces.base import HistoryPage, RecordState
from core.model.findings import Decision
from core.model.intended_use import IntendedUse
from core.model.license import TermsSource
from core.model.listing import MediaKind
from core.model.money import Credits
from core.model.order import OrderState

LISTING = make_listing(AGENCY)
AT = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)


def bought(**changes: Any) -> Any:
    return record(LISTING, at=AT, license_label="Standard", charged=Credits(amount=1), **changes)


def adopt(shop: Any, one: Any, **changes: Any) -> Any:
    shop.sender.answers.setdefault("listing", LISTING)
    return shop.history.adopt(one, IntendedUse(), kind=MediaKind.MODEL, actor="ann", **changes)


def test_pages_come_as_the_marketplace_has_them_one_kind_after_the_other(shop: Any) -> None:
    shop.sender.answers["history"] = [
        HistoryPage(records=(bought(), bought(marketplace_license_id="L2")), next_cursor="p 2"),
        HistoryPage(records=()),
        HistoryPage(records=(bought(marketplace_license_id="L3"),)),
    ]
    first = shop.history.load("agency")
    assert [row.record.marketplace_license_id for row in first.rows] == ["L1", "L2"]
    assert all(row.adoptable and row.grant is None for row in first.rows)
    second = shop.history.load("agency", cursor=first.next_cursor)
    third = shop.history.load("agency", cursor=second.next_cursor, since=AT)
    assert (second.rows, third.next_cursor) == ((), None)
    assert [row.kind for row in third.rows] == [MediaKind.VIDEO]
    asked = [(query.kind, query.cursor, query.since) for query in shop.agency.queries]
    assert asked == [
        (MediaKind.MODEL, None, None), (MediaKind.MODEL, "p 2", None), (MediaKind.VIDEO, None, AT),
    ]  # fmt: skip


def test_one_kind_alone_and_what_an_entry_tells(shop: Any) -> None:
    shop.sender.answers["history"] = HistoryPage(records=(bought(kind=MediaKind.MODEL),))
    page = shop.history.load("agency", kind=MediaKind.VIDEO)
    assert page.next_cursor is None
    assert [row.kind for row in page.rows] == [MediaKind.MODEL]
    with pytest.raises(errors.UserInputError) as caught:
        shop.history.load("agency", cursor="nonsense")
    assert caught.value.code == "user_input.cursor"


def test_what_the_ledger_knows_is_marked(shop: Any) -> None:
    shop.sender.answers["purchase"] = paid()
    order = shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    shop.sender.answers["history"] = HistoryPage(
        records=(
            bought(),
            bought(marketplace_license_id="", marketplace_order_id="L1"),
            bought(marketplace_license_id="", marketplace_order_id="other", key=order.key),
            bought(marketplace_license_id="L9", marketplace_order_id="L9"),
            bought(marketplace_license_id="L8", state=RecordState.CANCELLED, marketplace_order_id="L8"),
        )
    )
    rows = shop.history.load("agency").rows
    assert [row.grant is not None for row in rows] == [True, True, True, False, False]
    assert [row.adoptable for row in rows] == [False, False, False, True, False]


def test_an_earlier_purchase_is_taken_over_once(shop: Any) -> None:
    booked = adopt(shop, bought())
    assert booked.new
    assert booked.order.state is OrderState.PAID
    grant = booked.grant
    assert (grant.title, grant.license_label, grant.granted_at) == ("Drone flight", "Standard", AT)
    assert (grant.marketplace_license_id, grant.source) == ("L1", TermsSource.MARKETPLACE)
    (receipt,) = shop.ledger.receipts(booked.order.id)
    assert (receipt.evidence, receipt.charged) == ("history", Credits(amount=1))
    assert booked.answer.decision is Decision.NEEDS_REVIEW
    again = adopt(shop, bought())
    assert not again.new
    assert (again.order, again.grant) == (booked.order, booked.grant)
    assert len(shop.ledger.orders()) == len(shop.ledger.grants()) == 1
    assert "purchase" not in shop.sender.operations()
    assert shop.ledger.verify_audit().ok


def test_a_second_license_of_the_same_thing_is_another_purchase(shop: Any) -> None:
    first = adopt(shop, bought())
    second = adopt(shop, bought(marketplace_license_id="L2"))
    assert second.new
    assert second.grant.id != first.grant.id


def test_what_is_no_longer_on_sale_is_named_by_its_id(shop: Any) -> None:
    shop.sender.answers["listing"] = errors.NotFound("gone")
    booked = adopt(shop, bought())
    assert booked.grant.title == "agency:7"
    shop.sender.answers["listing"] = errors.Unavailable("down")
    with pytest.raises(errors.Unavailable):
        adopt(shop, bought(marketplace_license_id="L2"))
    assert len(shop.ledger.grants()) == 1


def test_a_license_that_is_not_told_is_typed_in_or_unknown(shop: Any) -> None:
    nameless = replace(bought(), license_label="")
    unknown = adopt(shop, nameless)
    assert (unknown.grant.license_label, unknown.grant.source) == ("", TermsSource.MARKETPLACE)
    assert unknown.grant.license_id.endswith(".unknown")
    typed = adopt(shop, replace(nameless, marketplace_license_id="L2"), license_label="Extended")
    assert (typed.grant.license_label, typed.grant.source) == ("Extended", TermsSource.USER)
    told = adopt(shop, bought(marketplace_license_id="L3"), license_label="Extended")
    assert (told.grant.license_label, told.grant.source) == ("Standard", TermsSource.MARKETPLACE)


@pytest.mark.parametrize("state", [state for state in RecordState if state is not RecordState.PAID])
def test_only_what_is_paid_is_taken_over(shop: Any, state: RecordState) -> None:
    with pytest.raises(errors.UserInputError) as caught:
        adopt(shop, bought(state=state))
    assert caught.value.code == "history.not_paid"
    assert shop.ledger.orders() == ()


def test_a_record_without_any_number_is_not_taken_over(shop: Any) -> None:
    with pytest.raises(errors.UserInputError) as caught:
        adopt(shop, bought(marketplace_license_id="", marketplace_order_id=""))
    assert caught.value.code == "history.unnamed"


def in_doubt(shop: Any) -> Any:
    shop.sender.answers["purchase"] = errors.OutcomeUnknown("?")
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    (order,) = shop.ledger.orders()
    return order


def test_a_record_with_our_key_settles_our_order(shop: Any) -> None:
    order = in_doubt(shop)
    booked = adopt(shop, bought(key=order.key))
    assert (booked.order.id, booked.order.state) == (order.id, OrderState.PAID)
    assert len(shop.ledger.orders()) == 1


def test_while_an_order_is_in_doubt_a_record_may_be_that_one(shop: Any) -> None:
    in_doubt(shop)
    with pytest.raises(errors.PurchaseInDoubt) as caught:
        adopt(shop, bought())
    assert caught.value.code == "payment.order_open"
    assert shop.ledger.grants() == ()


@pytest.mark.parametrize("marketplace", ["contractor", "webshop"])
def test_where_there_are_no_records_it_is_said(shop: Any, marketplace: str) -> None:
    with pytest.raises(errors.UserInputError) as caught:
        shop.history.load(marketplace)
    assert caught.value.code == "history.not_offered"
    assert shop.sender.sent == []
