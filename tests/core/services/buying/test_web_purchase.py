"""Bought on a website: opened, confirmed with evidence, booked once; and what somebody bought without us."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_marketplaces import AGENCY, WEBSHOP, make_listing
from fakes import IMAGE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import errors
from core.model.evidence import DocumentKind, WebPurchase
from core.model.findings import Decision
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse
from core.model.license import TermsSource
from core.model.listing import ListingRef, MediaKind
from core.model.money import Money
from core.model.order import OrderState
from core.services.buying.documents import Attachment, attach
from core.services.buying.web_purchase import check_web_purchase

USD = Money.parse("29", "USD")
BOUGHT = WebPurchase(
    order_number="TS-1001", bought_on=date(2026, 11, 20), license_label="Standard", price=USD, note="with VAT"
)


@pytest.fixture
def invoice(tmp_path: Path) -> Path:
    path = tmp_path / "Rechnung č. 7.pdf"
    path.write_bytes(b"%PDF-1.7 invoice")
    return path


def started(shop: Any) -> Any:
    """Leave one order waiting for its evidence."""
    listing = make_listing(WEBSHOP)
    shop.feed[listing.ref] = listing
    return shop.web.start(shop.agreed(shop.webshop).id, actor="ann")


def test_starting_opens_the_page_and_sends_nothing(shop: Any) -> None:
    order = started(shop)
    assert order.state is OrderState.AWAITING_CHECKOUT
    assert order.checkout_url == "https://www.webshop.example/item/7"
    assert order.submitted_at is None
    assert shop.sender.sent == []
    assert shop.ledger.grants() == ()
    actions = [entry.event.action for entry in shop.ledger.audit()][-2:]
    assert actions == ["order.approved", "order.awaiting_checkout"]


def test_a_confirmed_purchase_has_everything_in_the_ledger(shop: Any, invoice: Path) -> None:
    order = started(shop)
    paid = shop.web.confirm(order.id, BOUGHT, documents=attach([invoice]), actor="ann")
    assert paid.state is OrderState.PAID
    assert paid.marketplace_order_id == "TS-1001"
    assert paid.checkout_url == ""
    (receipt,) = shop.ledger.receipts(order.id)
    assert (receipt.evidence, receipt.charged, receipt.marketplace_order_id) == (
        "web_evidence",
        USD,
        "TS-1001",
    )
    grant = shop.ledger.grant_for_order(order.id)
    assert (grant.license_label, grant.source) == ("Standard", TermsSource.USER)
    assert grant.granted_at == datetime(2026, 11, 20, tzinfo=UTC)
    assert grant.marketplace_license_id == ""
    (document,) = shop.ledger.documents(order.id)
    digest = hashlib.sha256(b"%PDF-1.7 invoice").hexdigest()
    assert (document.sha256, document.kind, document.name) == (digest, DocumentKind.INVOICE, invoice.name)
    assert shop.documents.path(document).read_bytes() == b"%PDF-1.7 invoice"
    assert invoice.exists(), "a copy is kept; the user's file stays"
    events = {entry.event.action: dict(entry.event.details) for entry in shop.ledger.audit()}
    assert events["document.kept"]["sha256"] == digest
    assert events["order.paid"]["bought_on"] == "2026-11-20"
    assert events["order.paid"]["note"] == "with VAT"
    assert events["grant.created"]["license_source"] == "user"
    assert shop.ledger.verify_audit().ok


def test_the_terms_are_those_of_the_day_of_buying_and_marked_as_typed_in(shop: Any) -> None:
    order = started(shop)
    shop.web.confirm(order.id, replace(BOUGHT, bought_on=date(2026, 11, 23)), actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    assert grant.granted_at <= shop.clock.now()
    assert '"source":"user"' in shop.ledger.terms_text(grant.terms_sha256)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"order_number": "  \n"}, "order.number_missing"),
        ({"bought_on": date(2026, 11, 25)}, "order.date_in_future"),
        ({"license_label": " "}, "order.license_missing"),
        ({"price": Money.parse("20")}, "order.price_currency"),
        ({"price": Money(minor=100, currency="usd")}, "order.price_currency"),
        ({"price": Money(minor=100, currency="€")}, "order.price_currency"),
        ({"price": Money(minor=-1, currency="USD")}, "order.price"),
    ],
)
def test_what_cannot_be_is_refused_and_the_order_waits_on(
    shop: Any, changes: dict[str, Any], code: str, invoice: Path
) -> None:
    order = started(shop)
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.confirm(order.id, replace(BOUGHT, **changes), documents=attach([invoice]), actor="ann")
    assert caught.value.code == code
    assert shop.ledger.order(order.id) == order
    assert shop.ledger.documents(order.id) == ()


def test_tomorrow_is_not_the_future_east_of_us(shop: Any) -> None:
    shop.clock.moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    order = started(shop)
    assert shop.web.confirm(order.id, replace(BOUGHT, bought_on=date(2026, 11, 24)), actor="ann")
    assert shop.ledger.grant_for_order(order.id).granted_at == shop.clock.now()


def test_labels_are_the_websites_words_or_unknown(shop: Any) -> None:
    order = started(shop)
    shop.web.confirm(order.id, replace(BOUGHT, license_label=" extended "), actor="ann")
    assert shop.ledger.grant_for_order(order.id).license_label == "Extended"
    other = make_listing(WEBSHOP, "8")
    shop.feed[other.ref] = other
    shop.webshop.basis = replace(shop.webshop.basis, listing=other)
    order = shop.web.start(shop.agreed(shop.webshop).id, actor="ann")
    shop.web.confirm(order.id, replace(BOUGHT, license_label="Legacy Deal 2009"), actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    assert grant.license_label == "Legacy Deal 2009"
    assert grant.license_id.endswith(".unknown")


def test_one_order_of_a_website_has_several_products_but_each_only_once(shop: Any) -> None:
    first = started(shop)
    shop.web.confirm(first.id, BOUGHT, actor="ann")
    other = make_listing(WEBSHOP, "8")
    shop.webshop.basis = replace(shop.webshop.basis, listing=other)
    second = shop.web.start(shop.agreed(shop.webshop).id, actor="ann")
    assert shop.web.confirm(second.id, BOUGHT, actor="ann").state is OrderState.PAID
    shop.webshop.basis = replace(shop.webshop.basis, listing=make_listing(WEBSHOP))
    shop.refund_of(first.id)
    third = shop.web.start(shop.agreed(shop.webshop).id, actor="ann")
    with pytest.raises(errors.LedgerConflict) as caught:
        shop.web.confirm(third.id, replace(BOUGHT, order_number=" ts-1001"), actor="ann")
    assert caught.value.code == "order.number_taken"
    assert caught.value.context["order_id"] == first.id
    assert shop.ledger.order(third.id).state is OrderState.AWAITING_CHECKOUT
    assert shop.web.confirm(third.id, replace(BOUGHT, order_number="TS-2002"), actor="ann")


def test_an_order_is_confirmed_once(shop: Any) -> None:
    order = started(shop)
    shop.web.confirm(order.id, BOUGHT, actor="ann")
    for wrong in (order.id, "order_none"):
        with pytest.raises(errors.UserInputError):
            shop.web.confirm(wrong, replace(BOUGHT, order_number="other"), actor="ann")
    assert len(shop.ledger.grants()) == 1


def test_only_website_orders_are_confirmed_that_way(shop: Any) -> None:
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.start(shop.agreed(shop.agency).id, actor="ann")
    assert caught.value.code == "purchase.not_on_website"
    shop.sender.answers["purchase"] = errors.OutcomeUnknown("?")
    with pytest.raises(errors.PurchaseInDoubt):
        shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    (order,) = shop.ledger.orders()
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.confirm(order.id, BOUGHT, actor="ann")
    assert caught.value.code == "order.not_waiting"


def test_a_second_start_finds_the_first(shop: Any) -> None:
    started(shop)
    with pytest.raises(errors.PurchaseInDoubt) as caught:
        shop.web.start(shop.agreed(shop.webshop).id, actor="ann")
    assert caught.value.code == "payment.order_open"
    assert len(shop.ledger.orders()) == 1


def test_given_up_and_bought_all_the_same(shop: Any) -> None:
    order = started(shop)
    assert shop.reconcile.give_up(order.id, actor="ann").state is OrderState.FAILED
    assert shop.web.confirm(order.id, BOUGHT, actor="ann").state is OrderState.PAID


def test_nobody_polls_a_website(shop: Any) -> None:
    order = started(shop)
    (result,) = shop.reconcile.run(actor="ann")
    assert (result.order, result.problem) == (order, None)
    shop.reconcile.give_up(order.id, actor="ann")
    assert shop.reconcile.run(actor="ann") == ()
    assert shop.sender.sent == []


def test_the_policy_is_asked_as_always(shop: Any) -> None:
    result = shop.quoted(shop.webshop)
    assert result.answer.decision is Decision.NEEDS_REVIEW
    with pytest.raises(errors.UserInputError) as caught:
        shop.approve.run(result.quote, result.answer, actor="ann")
    assert caught.value.code == "approve.reason_needed"


# What was bought without us


def test_a_purchase_without_us_is_booked_in_one_step(shop: Any, invoice: Path) -> None:
    ref = ListingRef(marketplace="webshop", id="99")
    booked = shop.web.record_outside(
        ref, BOUGHT, IntendedUse(), title="Old lamp", author="Eve", kind=MediaKind.MODEL,
        documents=[Attachment(path=invoice, kind=DocumentKind.ORDER_PAGE)], actor="ann",
        reason="by Bob, in May",
    )  # fmt: skip
    assert booked.order.state is OrderState.PAID
    assert booked.new
    assert (booked.grant.title, booked.grant.author, booked.grant.source) == (
        "Old lamp",
        "Eve",
        TermsSource.USER,
    )
    assert booked.answer.decision is Decision.NEEDS_REVIEW
    quote = shop.ledger.quote(booked.order.quote_id)
    approval = shop.ledger.approval(booked.order.approval_id)
    assert (quote.cost, approval.reason) == (USD, "by Bob, in May")
    assert quote.expires_at <= shop.clock.now(), "nothing can be bought on it"
    assert [one.kind for one in shop.ledger.documents(booked.order.id)] == [DocumentKind.ORDER_PAGE]
    assert shop.ledger.verify_audit().ok
    with pytest.raises(errors.LedgerConflict) as caught:
        shop.web.record_outside(ref, BOUGHT, IntendedUse(), title="x", kind=MediaKind.MODEL, actor="ann")
    assert caught.value.code == "order.number_taken"
    assert len(shop.ledger.orders()) == 1


def test_also_at_marketplaces_with_an_api(shop: Any) -> None:
    booked = shop.web.record_outside(
        ListingRef(marketplace="agency", id="5"), replace(BOUGHT, price=None), IntendedUse(), title="",
        kind=MediaKind.VIDEO, actor="ann",
    )  # fmt: skip
    assert booked.grant.title == "agency:5"
    assert booked.grant.marketplace_license_id == ""
    assert shop.ledger.receipts(booked.order.id)[0].charged is None


def test_while_an_order_is_open_it_may_be_that_one(shop: Any) -> None:
    order = started(shop)
    with pytest.raises(errors.PurchaseInDoubt):
        shop.web.record_outside(
            order.ref, BOUGHT, IntendedUse(), title="x", kind=MediaKind.MODEL, actor="ann"
        )
    assert shop.ledger.grants() == ()


@pytest.mark.parametrize(
    ("marketplace", "kind", "code"),
    [("webshop", MediaKind.AUDIO, "order.kind"), ("nowhere", MediaKind.MODEL, "user_input.marketplace")],
)
def test_what_nobody_sells_is_not_booked(shop: Any, marketplace: str, kind: MediaKind, code: str) -> None:
    ref = ListingRef(marketplace=marketplace, id="1")
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.record_outside(ref, BOUGHT, IntendedUse(), title="x", kind=kind, actor="ann")
    assert caught.value.code == code
    assert shop.ledger.orders() == ()


# Documents


@pytest.mark.parametrize("content", [None, b"", "folder"])
def test_a_file_that_is_none_is_refused_before_anything_is_booked(
    shop: Any, tmp_path: Path, content: bytes | str | None
) -> None:
    order = started(shop)
    path = tmp_path / "invoice.pdf"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.confirm(order.id, BOUGHT, documents=attach([path]), actor="ann")
    assert caught.value.code.startswith("document.")
    assert shop.ledger.order(order.id).state is OrderState.AWAITING_CHECKOUT


def test_documents_can_be_added_later_and_count_once(shop: Any, invoice: Path) -> None:
    order = started(shop)
    shop.web.confirm(order.id, BOUGHT, documents=attach([invoice, invoice]), actor="ann")
    added = shop.documents.add(order.id, attach([invoice], DocumentKind.INVOICE), actor="bob")
    assert len(shop.ledger.documents(order.id)) == 1
    assert added[0].added_by == "bob"
    with pytest.raises(errors.UserInputError):
        shop.documents.add("order_none", attach([invoice]), actor="bob")
    with pytest.raises(errors.UserInputError) as caught:
        shop.documents.add(order.id, attach([invoice] * 51), actor="bob")
    assert caught.value.code == "document.too_many"


def test_a_huge_file_is_no_invoice(shop: Any, tmp_path: Path) -> None:
    order = started(shop)
    path = tmp_path / "film.mov"
    with path.open("wb") as file:
        file.truncate(200 * 1024**2)
    with pytest.raises(errors.UserInputError) as caught:
        shop.web.confirm(order.id, BOUGHT, documents=attach([path]), actor="ann")
    assert caught.value.code == "document.too_large"


entries = st.builds(
    WebPurchase,
    order_number=st.text(max_size=200),
    bought_on=st.dates(),
    license_label=st.text(max_size=200),
    note=st.text(max_size=800),
    price=st.none() | st.builds(Money, minor=st.integers(-5, 10**9), currency=st.text(max_size=4)),
)


@given(entered=entries)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_typed_is_clean_or_refused(entered: WebPurchase) -> None:
    try:
        checked = check_web_purchase(entered, WEBSHOP, now=datetime(2026, 11, 23, 12, tzinfo=UTC))
    except errors.UserInputError:
        return
    assert checked.order_number.strip() == checked.order_number != ""
    assert checked.license_label
    assert checked.bought_on <= date(2026, 11, 24)
    assert len(checked.order_number) <= 100


def test_a_grant_of_a_website_is_picked_up_not_downloaded(shop: Any) -> None:
    order = started(shop)
    shop.web.confirm(order.id, BOUGHT, actor="ann")
    grant = shop.ledger.grant_for_order(order.id)
    with pytest.raises(errors.UserInputError) as caught:
        shop.download.run(grant.id, actor="ann")
    assert caught.value.code == "download.pick_up"
    assert "your orders page" in caught.value.message
    assert grant.state is GrantState.ACTIVE
    assert AGENCY.id != IMAGE.ref.marketplace
