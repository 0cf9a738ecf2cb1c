"""Where a marketplace has no records, silence proves nothing: the user looks, and decides."""

from __future__ import annotations

from typing import Any

import pytest
from fakes import page, paid, record

from core import errors
from core.model.license import TermsSource
from core.model.order import OrderState
from core.services.buying.reconcile import DECIDED


def in_doubt(shop: Any, fake: Any) -> Any:
    shop.sender.answers["purchase"] = errors.OutcomeUnknown("?")
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(shop.agreed(fake).id, actor="ann")
    return shop.ledger.orders()[0]


def test_silence_proves_nothing_without_records(shop: Any) -> None:
    order = in_doubt(shop, shop.contractor)
    shop.clock.advance(10 * 86_400)
    (result,) = shop.reconcile.run(actor="ann")
    assert result.problem is None
    assert result.order.state is OrderState.UNKNOWN
    assert "history" not in shop.sender.operations()
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(shop.agreed(shop.contractor).id, actor="ann")
    assert shop.sender.operations().count("purchase") == 1
    assert shop.ledger.order(order.id).state is OrderState.UNKNOWN


def test_bought_by_the_users_word(shop: Any) -> None:
    shop.with_settings(contract_licenses={"contractor": "Business"})
    order = in_doubt(shop, shop.contractor)
    done = shop.reconcile.decide(
        order.id, bought=True, actor="ann", reason="invoice of May, line 3", marketplace_order_id=" T-55 "
    )
    assert (done.state, done.marketplace_order_id) == (OrderState.PAID, "T-55")
    (receipt,) = shop.ledger.receipts(order.id)
    assert (receipt.evidence, receipt.charged) == ("user_word", None)
    grant = shop.ledger.grant_for_order(order.id)
    assert (grant.license_label, grant.source) == ("Business", TermsSource.CONTRACT)
    (event,) = [e.event for e in shop.ledger.audit() if e.event.action == "order.paid"]
    assert dict(event.details)["reason"] == "invoice of May, line 3"
    assert dict(event.details)["evidence"] == "user_word"
    assert shop.ledger.verify_audit().ok


def test_not_bought_by_the_users_word(shop: Any) -> None:
    order = in_doubt(shop, shop.contractor)
    done = shop.reconcile.decide(order.id, bought=False, actor="ann", reason="not in my account")
    assert (done.state, done.failure) == (OrderState.FAILED, DECIDED)
    (event,) = [e.event for e in shop.ledger.audit() if e.event.action == "order.failed"]
    assert dict(event.details)["reason"] == "not in my account"
    assert shop.reconcile.run(actor="ann") == (), "nobody could be asked about it later"
    shop.sender.answers["purchase"] = paid()
    assert shop.purchase.run(shop.agreed(shop.contractor).id, actor="ann").state is OrderState.PAID
    with pytest.raises(errors.UserInputError):
        shop.reconcile.decide(order.id, bought=True, actor="ann", reason="after all")


def test_records_come_before_words(shop: Any) -> None:
    order = in_doubt(shop, shop.agency)
    shop.sender.answers["history"] = page()
    with pytest.raises(errors.UserInputError) as caught:
        shop.reconcile.decide(order.id, bought=False, actor="ann", reason="I think not")
    assert caught.value.code == "order.records_first"
    shop.sender.answers["history"] = page(record(shop.agency.basis.listing, key=order.key))
    done = shop.reconcile.decide(order.id, bought=False, actor="ann", reason="I think not")
    assert done.state is OrderState.PAID, "the marketplace's own records outweigh the word"
    assert shop.ledger.receipts(order.id)[0].evidence == "history"


def test_records_that_cannot_be_read_leave_the_word(shop: Any) -> None:
    order = in_doubt(shop, shop.agency)
    shop.sender.answers["history"] = errors.AccessDenied("no rights for that")
    done = shop.reconcile.decide(order.id, bought=False, actor="ann", reason="their support says so")
    assert done.state is OrderState.FAILED
    shop.sender.answers["history"] = page(record(shop.agency.basis.listing, key=order.key))
    (late,) = shop.reconcile.run(actor="ann")
    assert late.order.state is OrderState.PAID, "a payment that shows up later is still a payment"


@pytest.mark.parametrize("reason", ["", "  \n\t"])
def test_a_word_needs_a_reason(shop: Any, reason: str) -> None:
    order = in_doubt(shop, shop.contractor)
    with pytest.raises(errors.UserInputError) as caught:
        shop.reconcile.decide(order.id, bought=True, actor="ann", reason=reason)
    assert caught.value.code == "order.reason_needed"
    assert shop.ledger.order(order.id) == order


def test_only_doubts_are_decided(shop: Any) -> None:
    shop.sender.answers["purchase"] = paid()
    order = shop.purchase.run(shop.agreed(shop.contractor).id, actor="ann")
    for order_id, code in ((order.id, "order.not_in_doubt"), ("order_none", "order.unknown")):
        with pytest.raises(errors.UserInputError) as caught:
            shop.reconcile.decide(order_id, bought=False, actor="ann", reason="r")
        assert caught.value.code == code


def test_the_same_transaction_is_not_booked_twice(shop: Any) -> None:
    shop.sender.answers["purchase"] = paid(marketplace_order_id="T-1", marketplace_license_id="T-1")
    shop.with_settings(contract_licenses={"contractor": "Business"})
    shop.purchase.run(shop.agreed(shop.contractor).id, actor="ann")
    shop.with_settings(contract_licenses={"contractor": "Individual"})
    order = in_doubt(shop, shop.contractor)
    with pytest.raises(errors.LedgerConflict):
        shop.reconcile.decide(
            order.id, bought=True, actor="ann", reason="in my account", marketplace_order_id="T-1"
        )
    assert shop.ledger.order(order.id).state is OrderState.UNKNOWN
