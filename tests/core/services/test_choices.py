"""What is wanted, whose license it is, surcharges and notes: from the quote to what is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fake_marketplaces import make_listing
from fakes import IMAGE, MODEL, page, paid, record

from core import errors
from core.marketplaces.base import QuoteOption, RecordState, ReferenceField, Wanted
from core.model.findings import Decision
from core.model.license import TermsSource
from core.model.listing import MediaKind, Offer
from core.model.money import Balance, Credits, Money
from core.model.order import OrderState

OVERAGE = "This asset will cost you 9.99 USD beyond your plan."


def test_what_is_wanted_is_asked_for_and_options_are_told(shop: Any) -> None:
    """The choice reaches the marketplace; its options, notes and page reach the user."""
    options = (QuoteOption(wanted=Wanted(variant="hd"), label="HD", cost=Credits(amount=1)),)
    fake = shop.agency
    fake.basis = replace(
        fake.basis, options=options, note="Uses 1 of 5", page_url="https://a.example/7", surcharge=""
    )
    wanted = Wanted(license_label="Standard", variant="4k", account_id="a1")
    result = shop.quoted(fake, wanted=wanted)
    assert fake.wanted == [wanted]
    assert result.options == options
    assert result.page_url == "https://a.example/7"
    assert result.quote.note == "Uses 1 of 5"
    assert shop.ledger.quote(result.quote.id) == result.quote
    assert result.quote.license_source is TermsSource.MARKETPLACE


def test_the_purchase_asks_again_for_exactly_what_was_quoted(shop: Any) -> None:
    """Account, variant and license of the quote are what is wanted when it matters."""
    fake = shop.agency
    approval = shop.agreed(fake)
    shop.sender.answers["purchase"] = paid(license_label="Standard")
    order = shop.purchase.run(approval.id, actor="ann")
    assert order.state is OrderState.PAID
    assert fake.wanted[-1] == Wanted(license_label="Standard", variant="4k", account_id="a1")
    (request,) = fake.requests
    assert (request.account_id, request.variant, request.license_label) == ("a1", "4k", "Standard")
    assert not request.surcharge_accepted


@pytest.mark.parametrize(
    "changes",
    [
        {"cost": Credits(amount=2)},
        {"license_label": "Extended"},
        {"variant": "hd"},
        {"surcharge": OVERAGE},
        {"accounts": (Balance(label="Other", left=Credits(amount=5), account_id="a2"),)},
    ],
    ids=["price", "license", "variant", "surcharge", "account"],
)
def test_whatever_changed_stops_the_purchase(shop: Any, changes: dict[str, Any]) -> None:
    """Nothing is opened, nothing is sent."""
    approval = shop.agreed(shop.agency)
    shop.agency.basis = replace(shop.agency.basis, **changes)
    with pytest.raises(errors.PriceChanged):
        shop.purchase.run(approval.id, actor="ann")
    assert shop.ledger.orders() == ()
    assert shop.agency.requests == []


# Surcharges


@pytest.mark.parametrize("accepted", ["", "yes", OVERAGE.lower(), OVERAGE + " ", OVERAGE[:-1]])
def test_a_surcharge_is_accepted_word_for_word_or_not_at_all(shop: Any, accepted: str) -> None:
    """Anything but the marketplace's own sentence is no agreement."""
    shop.agency.basis = replace(shop.agency.basis, surcharge=OVERAGE)
    result = shop.quoted(shop.agency)
    assert result.quote.surcharge == OVERAGE
    with pytest.raises(errors.UserInputError) as caught:
        shop.approve.run(result.quote, result.answer, actor="ann", reason="r", accept_surcharge=accepted)
    assert caught.value.code == "approve.surcharge"
    assert OVERAGE in caught.value.message
    assert shop.ledger.approval_for(result.quote.id) is None


def test_an_accepted_surcharge_is_sent_and_noted(shop: Any) -> None:
    """The audit says who agreed to what; the request says that somebody did."""
    shop.agency.basis = replace(shop.agency.basis, surcharge=OVERAGE)
    approval = shop.agreed(shop.agency)
    shop.sender.answers["purchase"] = paid()
    shop.purchase.run(approval.id, actor="ann")
    assert shop.agency.requests[0].surcharge_accepted
    (approved,) = [e.event for e in shop.ledger.audit() if e.event.action == "quote.approved"]
    assert ("surcharge_accepted", OVERAGE) in approved.details


def test_without_a_surcharge_nothing_is_to_be_accepted(shop: Any) -> None:
    """Agreeing to something that is not asked changes nothing."""
    result = shop.quoted(shop.agency)
    approval = shop.approve.run(
        result.quote, result.answer, actor="ann", reason="r", accept_surcharge="whatever"
    )
    shop.sender.answers["purchase"] = paid()
    shop.purchase.run(approval.id, actor="ann")
    assert not shop.agency.requests[0].surcharge_accepted


# References


def test_what_has_to_be_noted_is_filled_in_or_asked_for(shop: Any) -> None:
    """A required field without a value stops before anything is opened; a known one goes by itself."""
    fields = (
        ReferenceField(id="2", label="Project code", required=True),
        ReferenceField(id="5", label="Cost center", required=True),
    )
    shop.agency.basis = replace(shop.agency.basis, references=fields)
    approval = shop.agreed(shop.agency)
    with pytest.raises(errors.UserInputError) as caught:
        shop.purchase.run(approval.id, actor="ann")
    assert caught.value.code == "purchase.reference_missing"
    assert "Cost center" in caught.value.message
    assert "Project code" not in caught.value.message
    assert shop.ledger.orders() == ()
    shop.sender.answers["purchase"] = paid()
    shop.purchase.run(approval.id, actor="ann", references=(("5", "4711"),))
    assert shop.agency.requests[0].references == (("2", "film"), ("5", "4711"))


# Licenses that a contract gives


@pytest.mark.parametrize(("set_to", "label"), [("Business", "Business"), (" business ", "Business")])
def test_the_contracts_license_is_the_settings_word(shop: Any, set_to: str, label: str) -> None:
    """The tier comes from the settings, and quote and grant say so."""
    shop.with_settings(contract_licenses={"contractor": set_to})
    result = shop.quoted(shop.contractor)
    assert (result.quote.license_label, result.quote.license_source) == (label, TermsSource.CONTRACT)
    assert result.note == ""
    approval = shop.agreed(shop.contractor)
    shop.sender.answers["purchase"] = paid()
    order = shop.purchase.run(approval.id, actor="ann")
    assert shop.contractor.requests[0].license_label == "", "nothing that its API would not know"
    grant = shop.ledger.grant_for_order(order.id)
    assert (grant.license_label, grant.source) == (label, TermsSource.CONTRACT)


def test_without_a_setting_the_license_is_unknown(shop: Any) -> None:
    """Needs review, and a sentence that says where to set it."""
    result = shop.quoted(shop.contractor)
    assert result.quote.license_label == ""
    assert not result.terms.known
    assert result.answer.decision is Decision.NEEDS_REVIEW
    assert "Individual, Business" in result.note
    assert "preferences" in result.note


def test_a_tier_that_there_is_not_is_unknown_too(shop: Any) -> None:
    """A slip in the settings is no license."""
    shop.with_settings(contract_licenses={"contractor": "Platinum"})
    result = shop.quoted(shop.contractor)
    assert not result.terms.known
    assert "none of the license tiers" in result.note


def test_a_tier_that_was_set_after_the_quote_stops_the_purchase(shop: Any) -> None:
    """What was approved was another license."""
    approval = shop.agreed(shop.contractor)
    shop.with_settings(contract_licenses={"contractor": "Business"})
    with pytest.raises(errors.PriceChanged):
        shop.purchase.run(approval.id, actor="ann")
    assert shop.ledger.orders() == ()


def test_unknown_licenses_are_the_same_only_in_the_same_words(shop: Any) -> None:
    """Owning something under one unknown license does not keep from buying it under another."""
    shop.sender.answers["purchase"] = [paid(), paid(marketplace_license_id="L2", marketplace_order_id="L2")]
    shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    with pytest.raises(errors.UserInputError, match="own"):
        shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")
    shop.agency.basis = replace(shop.agency.basis, license_label="Extended")
    assert shop.purchase.run(shop.agreed(shop.agency).id, actor="ann").state is OrderState.PAID


# Products of websites


def test_a_product_of_a_feed_is_quoted_with_its_dated_price(shop: Any) -> None:
    """Nothing is asked of the website; the license is the one the user means to choose."""
    listing = make_listing(shop.webshop.INFO, price_as_of=date(2026, 11, 1))
    shop.feed[listing.ref] = listing
    result = shop.quoted(shop.webshop)
    assert shop.sender.sent == []
    assert shop.webshop.wanted == []
    quote = result.quote
    assert (quote.title, quote.cost) == ("Drone flight", Money.parse("29", "USD"))
    assert quote.web_checkout
    assert (quote.license_label, quote.license_source) == ("Standard", TermsSource.USER)
    assert result.page_url == "https://www.webshop.example/item/7"
    assert "2026-11-01" in result.note
    assert [option.wanted.license_label for option in result.options] == ["Standard", "Extended"]
    assert result.options[0].label == "Standard · for most"
    other = shop.quoted(shop.webshop, wanted=Wanted(license_label="extended"))
    assert other.quote.license_label == "Extended"


def test_a_price_of_another_license_is_not_the_price(shop: Any) -> None:
    """A feed's price counts for the license that it names."""
    offers = (Offer(license_label="extended", cost=Money.parse("99", "USD")), Offer(license_label="Standard"))
    listing = make_listing(shop.webshop.INFO, offers=offers)
    shop.feed[listing.ref] = listing
    assert shop.quoted(shop.webshop).quote.cost is None
    assert "names no price" in shop.quoted(shop.webshop).note
    assert shop.quoted(shop.webshop, wanted=Wanted(license_label="Extended")).quote.cost == Money.parse(
        "99", "USD"
    )


def test_a_product_that_no_feed_knows_can_be_bought_all_the_same(shop: Any) -> None:
    """Its price is on its page."""
    result = shop.quoted(shop.webshop)
    assert result.quote.cost is None
    assert result.why_not == ""
    assert "not in your product feeds" in result.note
    with pytest.raises(errors.UserInputError) as caught:
        shop.purchase.run(shop.agreed(shop.webshop).id, actor="ann")
    assert caught.value.code == "purchase.on_website"


def test_a_real_marketplace_still_takes_what_is_wanted(shop: Any) -> None:
    """The quote of an image goes through with the account and the size it was made for."""
    approval = shop.approved(IMAGE)
    shop.sender.answers["purchase"] = paid()
    assert shop.purchase.run(approval.id, actor="ann").state is OrderState.PAID


# What the account holds already


def held(shop: Any, **changes: Any) -> Any:
    """Let the agency say that this license is held already, as its history does."""
    shop.agency.basis = replace(shop.agency.basis, cost=Credits(amount=0, unit="credit"))
    one = record(shop.agency.basis.listing, license_label="Standard", at=shop.clock.now(), **changes)
    shop.sender.answers["history"] = page(one)
    return shop.agreed(shop.agency)


def test_what_is_held_already_is_booked_and_nothing_is_sent(shop: Any) -> None:
    """No call that could charge a second time leaves the machine."""
    order = shop.purchase.run(held(shop).id, actor="ann")
    assert order.state is OrderState.PAID
    assert shop.agency.requests == []
    assert "purchase" not in shop.sender.operations()
    (receipt,) = shop.ledger.receipts(order.id)
    assert (receipt.evidence, receipt.charged) == ("history", Credits(amount=0, unit="credit"))
    assert shop.ledger.grant_for_order(order.id).marketplace_license_id == "L1"
    assert shop.agency.queries[0].license_label == "Standard"
    assert shop.ledger.verify_audit().ok


@pytest.mark.parametrize(
    "changes",
    [{"state": RecordState.CANCELLED}, {"marketplace_order_id": "", "marketplace_license_id": ""}],
)
def test_without_such_a_record_it_is_bought_for_nothing(shop: Any, changes: dict[str, Any]) -> None:
    """A free asset is ordered like any other."""
    approval = held(shop, **changes)
    shop.sender.answers["purchase"] = paid(charged=Credits(amount=0, unit="credit"))
    assert shop.purchase.run(approval.id, actor="ann").state is OrderState.PAID
    assert len(shop.agency.requests) == 1


def test_a_refunded_license_is_not_taken_over_again(shop: Any) -> None:
    """The ledger has that record already; it is given back there."""
    order = shop.purchase.run(held(shop).id, actor="ann")
    shop.refund_of(order.id)
    approval = held(shop)
    shop.sender.answers["purchase"] = paid(marketplace_license_id="L2", marketplace_order_id="L2")
    shop.purchase.run(approval.id, actor="ann")
    assert len(shop.agency.requests) == 1


# What a number is, where a marketplace sells several kinds


def test_the_kind_is_found_out_by_asking(shop: Any) -> None:
    """The one kind that has the number is it; nothing is asked where there is only one."""
    film = make_listing(shop.agency.INFO, kind=MediaKind.VIDEO)
    shop.sender.answers["listing"] = [errors.NotFound("no"), film]
    assert shop.quote.find_kind(film.ref) is MediaKind.VIDEO
    shop.sender.answers["listing"] = film
    assert shop.quote.find_kind(film.ref) is MediaKind.VIDEO, "the marketplace tells the kind itself"
    before = len(shop.sender.sent)
    assert shop.quote.find_kind(MODEL.ref) is MediaKind.MODEL
    assert len(shop.sender.sent) == before


def test_a_number_that_is_two_things_is_not_guessed(shop: Any) -> None:
    """A picture and a film with one number: the wrong one must not be bought."""
    shop.agency.INFO = replace(shop.agency.INFO, numbers_by_kind=True)
    model = make_listing(shop.agency.INFO)
    film = replace(model, kind=MediaKind.VIDEO, title="Flight")
    shop.sender.answers["listing"] = [model, film]
    with pytest.raises(errors.UserInputError) as caught:
        shop.quote.find_kind(model.ref)
    assert caught.value.code == "user_input.kind"
    assert "Flight" in caught.value.message


def test_where_one_number_is_one_thing_nothing_more_is_asked(shop: Any) -> None:
    """Each question is one of the hour's requests."""
    shop.sender.answers["listing"] = make_listing(shop.agency.INFO)
    assert shop.quote.find_kind(make_listing(shop.agency.INFO).ref) is MediaKind.MODEL
    assert shop.sender.operations() == ["listing"]


def test_a_number_that_is_nothing_is_not_found(shop: Any) -> None:
    """The marketplace's own error is told; one that is down is not taken for a no."""
    ref = make_listing(shop.agency.INFO).ref
    shop.sender.answers["listing"] = errors.NotFound("no")
    with pytest.raises(errors.NotFound):
        shop.quote.find_kind(ref)
    shop.sender.answers["listing"] = [errors.NotFound("no"), errors.Unavailable("down")]
    with pytest.raises(errors.Unavailable):
        shop.quote.find_kind(ref)


def test_on_a_website_the_feed_tells_the_kind(shop: Any) -> None:
    """Without a feed it is the first that is sold there."""
    film = make_listing(shop.webshop.INFO, kind=MediaKind.VIDEO)
    assert shop.quote.find_kind(film.ref) is MediaKind.MODEL
    shop.feed[film.ref] = film
    assert shop.quote.find_kind(film.ref) is MediaKind.VIDEO
