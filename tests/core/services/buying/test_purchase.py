"""Buying what was approved: the states, the refusals, and every way in which an answer can fail to come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fakes import IMAGE, MODEL, make_basis, page, paid, record

from core import errors
from core.marketplaces.base import DownloadLink, PurchaseOutcome, PurchaseResult
from core.model.money import Balance, Credits, Money
from core.model.order import OrderState


def test_an_image_is_paid_and_granted(shop: Any) -> None:
    """Order, receipt, grant, terms and audit are all there after a purchase."""
    approval = shop.approved()
    shop.sender.answers["purchase"] = paid()
    order = shop.purchase.run(approval.id, actor="ann")
    assert order.state is OrderState.PAID
    grant = shop.ledger.grant_for_order(order.id)
    assert grant is not None
    assert grant.marketplace_license_id == "L1"
    assert grant.license_id == "shutterstock.standard"
    assert shop.ledger.terms_text(grant.terms_sha256) is not None
    (receipt,) = shop.ledger.receipts(order.id)
    assert receipt.charged == Credits(amount=1)
    actions = [entry.event.action for entry in shop.ledger.audit()]
    assert actions == [
        "quote.made", "quote.approved", "order.approved", "order.submitting", "order.paid", "grant.created",
        "payment.noted",
    ]  # fmt: skip
    assert shop.ledger.verify_audit().ok


def test_the_link_that_came_with_it_is_used_once(shop: Any) -> None:
    """A license that allows no second download is fetched by the link in the purchase's own answer."""
    link = DownloadLink(url="https://download.shutterstock.com/a.jpg", name="a.jpg")
    shop.sender.answers["purchase"] = paid(links=(link,))
    order = shop.purchase.run(shop.approved().id, actor="ann")
    assert shop.fresh_links.take(order.id) == (link,)
    assert shop.fresh_links.take(order.id) == ()


def test_the_link_of_a_purchase_outlives_a_download_that_failed(shop: Any) -> None:
    """Some licenses allow no second download: a cut connection must not cost the only way to the file."""

    class Cut:
        def fetch(self, *_given: Any, **_options: Any) -> None:
            raise errors.DownloadError("The connection was cut.", code="download.cut")

    link = DownloadLink(url="https://download.shutterstock.com/a.jpg", name="a.jpg")
    shop.sender.answers["purchase"] = paid(links=(link,))
    order = shop.purchase.run(shop.approved().id, actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    with pytest.raises(errors.DownloadError):
        replace(shop.download, downloader=Cut()).run(grant.id, actor="ann")
    assert shop.ledger.files(grant.id) == ()
    assert shop.fresh_links.take(order.id) == (link,)


class Opened:
    """Notes which links it is handed, and fetches nothing."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def fetch(self, next_link: Any, *_given: Any, **_options: Any) -> None:
        self.urls.append(next_link().url)
        raise errors.DownloadError("The connection was cut.", code="download.cut")


PLAIN = DownloadLink(url="http://download.shutterstock.com/a.jpg", name="a.jpg", unencrypted=True)


def test_a_link_without_encryption_is_never_opened(shop: Any) -> None:
    """What is paid is paid, and booked; the file is asked for by another link."""
    shop.sender.answers["purchase"] = paid(links=(PLAIN,))
    order = shop.purchase.run(shop.approved().id, actor="ann")
    assert order.state is OrderState.PAID
    grant = shop.ledger.grant_for_order(order.id)
    better = DownloadLink(url="https://download.shutterstock.com/b.jpg", name="b.jpg")
    shop.sender.answers["download_links"] = better
    opened = Opened()
    for _ in range(2):
        with pytest.raises(errors.DownloadError, match="was cut"):
            replace(shop.download, downloader=opened).run(grant.id, actor="ann")
    assert opened.urls == [better.url, better.url]


@pytest.mark.parametrize(
    "error",
    [
        errors.NotSupported("Pond5 has no such call. Ask their support.", marketplace="pond5"),
        errors.NotFound("There is no file.", marketplace="pond5"),
    ],
)
def test_where_no_other_link_is_to_be_had_that_is_said(shop: Any, error: errors.ClearanceError) -> None:
    shop.sender.answers["purchase"] = paid(links=(PLAIN,))
    order = shop.purchase.run(shop.approved().id, actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    shop.sender.answers["download_links"] = error
    opened = Opened()
    for _ in range(2):
        with pytest.raises(errors.DownloadError) as caught:
            replace(shop.download, downloader=opened).run(grant.id, actor="ann")
        assert caught.value.code == "download.unencrypted_link"
        assert "is bought, but the link" in caught.value.message
        assert caught.value.message.endswith(error.message)
    assert opened.urls == []
    shop.sender.answers["download_links"] = errors.Unavailable("Down.", marketplace="shutterstock")
    with pytest.raises(errors.Unavailable):
        replace(shop.download, downloader=opened).run(grant.id, actor="ann")


def test_a_model_waits_for_its_checkout_page(shop: Any) -> None:
    """No grant exists before somebody has paid."""
    approval = shop.approved(MODEL)
    shop.sender.answers["purchase"] = PurchaseResult(
        outcome=PurchaseOutcome.CHECKOUT,
        marketplace_order_id="9",
        checkout_url="https://www.cgtrader.com/cg/9",
    )
    order = shop.purchase.run(approval.id, actor="ann")
    assert order.state is OrderState.AWAITING_CHECKOUT
    assert order.checkout_url == "https://www.cgtrader.com/cg/9"
    assert shop.ledger.grant_for_order(order.id) is None


def test_the_order_is_committed_before_it_is_sent(shop: Any) -> None:
    """When the purchase call leaves, another reader of the ledger already sees SUBMITTING and the key."""
    approval = shop.approved()
    seen: list[Any] = []

    def look(call: Any) -> Any:
        seen.extend(shop.ledger.orders())
        return paid()

    shop.sender.answers["purchase"] = look
    order = shop.purchase.run(approval.id, actor="ann")
    assert [(o.state, o.key) for o in seen] == [(OrderState.SUBMITTING, order.key)]


@pytest.mark.parametrize(
    "error",
    [
        errors.OfflineError("o"),
        errors.CredentialsMissing("m"),
        errors.CredentialsRejected("r"),
        errors.AccessDenied("d"),
        errors.NotFound("n"),
        errors.RequestRejected("b"),
        errors.RateLimited("l"),
        errors.Unavailable("u"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_certain_no_ends_the_order(shop: Any, error: errors.ClearanceError) -> None:
    """The order is FAILED, the error is told as it is, and the same thing can be bought at once."""
    approval = shop.approved()
    shop.sender.answers["purchase"] = [error, paid()]
    with pytest.raises(type(error)):
        shop.purchase.run(approval.id, actor="ann")
    (order,) = shop.ledger.orders()
    assert order.state is OrderState.FAILED
    assert order.failure == error.code
    assert shop.purchase.run(shop.approved().id, actor="ann").state is OrderState.PAID


@pytest.mark.parametrize(
    "error",
    [
        errors.OutcomeUnknown("?"),
        errors.UnexpectedResponse("html"),
        errors.MarketplaceError("something else"),
        errors.LedgerError("disk"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_clear_answer_leaves_the_order_in_doubt(shop: Any, error: errors.ClearanceError) -> None:
    """The order is UNKNOWN, is not sent again, and blocks a second one for the same thing."""
    approval = shop.approved()
    shop.sender.answers["purchase"] = error
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(approval.id, actor="ann")
    (order,) = shop.ledger.orders()
    assert order.state is OrderState.UNKNOWN
    again = shop.approved()
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(again.id, actor="ann")
    assert shop.sender.operations().count("purchase") == 1


def test_what_a_module_refuses_to_ask_was_not_sent(shop: Any) -> None:
    """Shutterstock's module wants a plan to charge; without one it raises before anything leaves."""
    shop.sender.answers["purchase"] = paid()
    nameless = Balance(label="Images", left=Credits(amount=10))
    approval = shop.approved(accounts=(nameless,))
    with pytest.raises(errors.UserInputError):
        shop.purchase.run(approval.id, actor="ann")
    assert "purchase" not in shop.sender.operations()
    (order,) = shop.ledger.orders()
    assert (order.state, order.failure) == (OrderState.FAILED, "user_input.account")


def test_a_refusal_names_the_reason(shop: Any) -> None:
    """The vendor's words reach the user, and no money moved."""
    approval = shop.approved()
    shop.sender.answers["purchase"] = PurchaseResult(
        outcome=PurchaseOutcome.REFUSED, why_not="No downloads left"
    )
    with pytest.raises(errors.PaymentError, match="No downloads left"):
        shop.purchase.run(approval.id, actor="ann")
    assert shop.ledger.orders()[0].state is OrderState.FAILED
    assert shop.ledger.grants() == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"cost": Money.parse("20")},
        {"license_label": "editorial"},
    ],
)
def test_a_changed_offer_is_not_bought(shop: Any, changes: dict[str, Any]) -> None:
    """Price and license are read once more; what differs from the approval stops the purchase."""
    approval = shop.approved(MODEL)
    shop.answer_quotes(make_basis(MODEL, **changes))
    with pytest.raises(errors.PriceChanged):
        shop.purchase.run(approval.id, actor="ann")
    assert shop.ledger.orders() == ()
    assert "purchase" not in shop.sender.operations()


def test_an_empty_subscription_stops_before_the_order(shop: Any) -> None:
    """When nothing can pay any more, nothing is sent and the ledger has no order."""
    approval = shop.approved()
    shop.answer_quotes(make_basis(IMAGE, accounts=()))
    with pytest.raises(errors.PaymentError):
        shop.purchase.run(approval.id, actor="ann")
    assert shop.ledger.orders() == ()


def test_what_is_owned_is_not_bought_again(shop: Any) -> None:
    """A second approval of the same license is refused with where to find it."""
    shop.sender.answers["purchase"] = paid()
    shop.purchase.run(shop.approved().id, actor="ann")
    with pytest.raises(errors.UserInputError, match="own"):
        shop.purchase.run(shop.approved().id, actor="ann")
    assert shop.sender.operations().count("purchase") == 1


def test_an_approval_counts_once_and_not_for_ever(shop: Any) -> None:
    """A used approval and an expired one buy nothing."""
    approval = shop.approved()
    shop.sender.answers["purchase"] = [errors.NotFound("gone"), paid()]
    with pytest.raises(errors.NotFound):
        shop.purchase.run(approval.id, actor="ann")
    with pytest.raises(errors.UserInputError, match="used"):
        shop.purchase.run(approval.id, actor="ann")
    late = shop.approved()
    shop.clock.advance(3600)
    with pytest.raises(errors.UserInputError, match="no longer valid"):
        shop.purchase.run(late.id, actor="ann")
    with pytest.raises(errors.UserInputError, match="no such"):
        shop.purchase.run("approval_none", actor="ann")


def test_cancelled_before_sending(shop: Any) -> None:
    """A cancelled purchase is FAILED and was never sent."""
    from core.http.cancel import CancelToken

    approval = shop.approved()
    token = CancelToken()

    def cancel_now(call: Any) -> Any:
        token.cancel()
        raise AssertionError("a cancelled purchase was sent")

    shop.sender.answers["purchase"] = cancel_now
    token.cancel()
    with pytest.raises(errors.CancelledError):
        shop.purchase.run(approval.id, actor="ann", cancel=token)
    assert "purchase" not in shop.sender.operations()


# Reconciliation


def in_doubt(shop: Any, listing: Any = IMAGE) -> Any:
    """Leave one order UNKNOWN."""
    approval = shop.approved(listing)
    shop.sender.answers["purchase"] = errors.OutcomeUnknown("?")
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(approval.id, actor="ann")
    (order,) = [o for o in shop.ledger.orders() if o.state is OrderState.UNKNOWN]
    return order


def test_history_with_our_key_settles_it(shop: Any) -> None:
    """The record with our key is ours, whatever else is in the history."""
    order = in_doubt(shop)
    shop.sender.answers["history"] = page(
        record(IMAGE, key="someone-else", marketplace_license_id="L8"),
        record(IMAGE, key=order.key, marketplace_license_id="L9", license_label="standard"),
    )
    (result,) = shop.reconcile.run(actor="ann")
    assert result.problem is None
    assert result.order.state is OrderState.PAID
    grant = shop.ledger.grant_for_order(order.id)
    assert grant is not None
    assert grant.marketplace_license_id == "L9"
    assert shop.reconcile.run(actor="ann") == ()


def test_history_without_keys_is_matched_by_what_and_when(shop: Any) -> None:
    """A record without any key that no other order claims, and not from before, is taken."""
    order = in_doubt(shop)
    old = record(IMAGE, marketplace_license_id="L0", at=shop.clock.now().replace(year=2025))
    new = record(IMAGE, marketplace_license_id="L7", at=shop.clock.now())
    shop.sender.answers["history"] = page(old, new)
    assert shop.reconcile.run_one(order.id, actor="ann").state is OrderState.PAID
    grant = shop.ledger.grant_for_order(order.id)
    assert grant is not None
    assert grant.marketplace_license_id == "L7"


def test_a_record_of_another_buyer_is_not_ours(shop: Any) -> None:
    """A record with somebody else's key is never taken."""
    order = in_doubt(shop)
    shop.sender.answers["history"] = page(record(IMAGE, key="not-ours", at=shop.clock.now()))
    assert shop.reconcile.run_one(order.id, actor="ann").state is OrderState.UNKNOWN
    assert shop.ledger.grants() == ()


def test_silence_counts_only_after_the_settling_time(shop: Any) -> None:
    """Before it, the order stays in doubt; after it, it is FAILED; a late record still makes it PAID."""
    order = in_doubt(shop)
    shop.sender.answers["history"] = page()
    assert shop.reconcile.run_one(order.id, actor="ann").state is OrderState.UNKNOWN
    shop.clock.advance(901)
    failed = shop.reconcile.run_one(order.id, actor="ann")
    assert failed.state is OrderState.FAILED
    shop.clock.advance(86_400)
    shop.sender.answers["history"] = page(record(IMAGE, key=order.key))
    (late,) = shop.reconcile.run(actor="ann")
    assert late.order.state is OrderState.PAID
    assert shop.ledger.grant_for_order(order.id) is not None


def test_a_marketplace_that_is_down_changes_nothing(shop: Any) -> None:
    """The problem is told, the order stays as it was."""
    order = in_doubt(shop)
    shop.sender.answers["history"] = errors.Unavailable("down")
    shop.clock.advance(5000)
    (result,) = shop.reconcile.run(actor="ann")
    assert isinstance(result.problem, errors.Unavailable)
    assert shop.ledger.order(order.id).state is OrderState.UNKNOWN


def awaiting(shop: Any) -> Any:
    """Leave one order at its checkout page."""
    approval = shop.approved(MODEL)
    shop.sender.answers["purchase"] = PurchaseResult(
        outcome=PurchaseOutcome.CHECKOUT,
        marketplace_order_id="9",
        checkout_url="https://www.cgtrader.com/cg/9",
    )
    return shop.purchase.run(approval.id, actor="ann")


@pytest.mark.parametrize(
    ("state", "ends"),
    [
        ("PAID", OrderState.PAID),
        ("UNPAID", OrderState.AWAITING_CHECKOUT),
        ("CANCELLED", OrderState.FAILED),
        ("REFUNDED", OrderState.FAILED),
    ],
)
def test_every_word_of_an_order_status(shop: Any, state: str, ends: OrderState) -> None:
    """Each documented state of a marketplace's order leads to one of ours."""
    from core.marketplaces.base import RecordState

    order = awaiting(shop)
    shop.sender.answers["order_status"] = record(MODEL, state=RecordState[state], marketplace_order_id="9")
    assert shop.reconcile.run_one(order.id, actor="ann").state is ends


@pytest.mark.parametrize(
    ("offered", "ends"), [(True, OrderState.PAID), (False, OrderState.AWAITING_CHECKOUT)]
)
def test_an_unknown_status_word_is_settled_by_the_file(shop: Any, offered: bool, ends: OrderState) -> None:
    """A word that nobody documented counts as paid only when the marketplace hands out the file."""
    from core.marketplaces.base import RecordState
    from core.model.listing import ListedFile

    order = awaiting(shop)
    shop.sender.answers["order_status"] = record(
        MODEL, state=RecordState.UNRECOGNIZED, marketplace_order_id="9"
    )
    shop.sender.answers["files"] = (ListedFile(id="5", name="a.zip"),)
    link = DownloadLink(url="https://cgtfiles.s3.amazonaws.com/a.zip", name="a.zip")
    shop.sender.answers["download_links"] = link if offered else errors.AccessDenied("not bought")
    assert shop.reconcile.run_one(order.id, actor="ann").state is ends


def test_giving_up_a_checkout_and_paying_all_the_same(shop: Any) -> None:
    """The order is FAILED for us; when the user paid on the website, it becomes PAID."""
    from core.marketplaces.base import RecordState

    order = awaiting(shop)
    assert shop.reconcile.give_up(order.id, actor="ann").state is OrderState.FAILED
    shop.sender.answers["order_status"] = record(MODEL, state=RecordState.PAID, marketplace_order_id="9")
    (result,) = shop.reconcile.run(actor="ann")
    assert result.order.state is OrderState.PAID
    with pytest.raises(errors.UserInputError):
        shop.reconcile.give_up(order.id, actor="ann")
