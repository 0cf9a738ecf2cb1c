"""What is owned already: by kind where numbers repeat, by size where sizes are sold, never by chance."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_marketplaces import make_listing
from fakes import paid, record

from core import errors
from core.marketplaces import registry
from core.model.intended_use import IntendedUse
from core.model.listing import MediaKind
from core.model.order import OrderState
from core.services.buying.owned import find_covering, find_holdings

VIDEO = MediaKind.VIDEO


def film(shop: Any, *, by_size: bool = True, by_kind: bool = False, **basis: Any) -> Any:
    """Let the agency sell a film; ``by_size``: HD and 4K apart."""
    fake = shop.agency
    fake.INFO = replace(
        fake.INFO, sold_by_size=frozenset({VIDEO} if by_size else ()), numbers_by_kind=by_kind
    )
    fake.basis = replace(fake.basis, listing=make_listing(fake.INFO, kind=VIDEO), **basis)
    return fake


def buy(shop: Any, fake: Any, number: str = "L1") -> Any:
    """Quote, approve and buy what the agency offers now."""
    shop.sender.answers["purchase"] = paid(marketplace_license_id=number, marketplace_order_id=number)
    return shop.purchase.run(shop.agreed(fake).id, actor="ann")


def test_an_owned_hd_film_leaves_its_4k_to_be_bought(shop: Any) -> None:
    fake = film(shop, variant="hd")
    buy(shop, fake)
    fake.basis = replace(fake.basis, variant="4k")
    quoted = shop.quoted(fake)
    assert [grant.kind for grant in quoted.owned] == [VIDEO]
    assert quoted.covered_by is None
    assert "You own this as “hd”" in quoted.note
    assert "charged once more" in quoted.note
    assert buy(shop, fake, "L2").state is OrderState.PAID
    assert {order.variant for order in shop.ledger.orders()} == {"hd", "4k"}


def test_the_same_size_is_not_bought_twice(shop: Any) -> None:
    fake = film(shop, variant="hd")
    buy(shop, fake)
    quoted = shop.quoted(fake)
    assert quoted.covered_by == quoted.owned[0]
    assert "charged" not in quoted.note
    with pytest.raises(errors.UserInputError) as caught:
        buy(shop, fake, "L2")
    assert caught.value.code == "purchase.already_owned"
    assert len(fake.requests) == 1


def test_where_a_license_covers_all_sizes_none_is_bought_a_second_time(shop: Any) -> None:
    fake = film(shop, by_size=False, variant="hd")
    buy(shop, fake)
    fake.basis = replace(fake.basis, variant="4k")
    assert shop.quoted(fake).covered_by is not None
    with pytest.raises(errors.UserInputError):
        buy(shop, fake, "L2")


def test_a_license_that_is_named_by_its_size_is_another_one(shop: Any) -> None:
    """Adobe's HD and 4K stand for one license text and differ in nothing but their name."""
    info = registry.find("adobe_stock").INFO
    fake = film(shop, variant="", license_label="Video_HD")
    grant = shop.ledger.grant_for_order(buy(shop, fake).id)
    hd = replace(shop.quoted(fake).quote, license_id=grant.license_id)
    holdings = find_holdings(shop.ledger, hd.ref, VIDEO, info)
    assert find_covering(holdings, replace(hd, license_label="video hd"), info) == grant
    assert find_covering(holdings, replace(hd, license_label="Video_4K"), info) is None


def test_a_size_that_nobody_knows_counts_as_the_one_that_is_wanted(shop: Any) -> None:
    """What was taken over from records that tell no size: nothing is paid for a second time on a guess."""
    fake = film(shop, variant="4k")
    shop.sender.answers["listing"] = fake.basis.listing
    entry = record(fake.basis.listing, license_label="Standard")
    shop.history.adopt(entry, IntendedUse(), kind=VIDEO, actor="ann")
    assert shop.quoted(fake).covered_by is not None


def test_a_size_that_the_records_tell_is_kept(shop: Any) -> None:
    fake = film(shop, variant="4k")
    shop.sender.answers["listing"] = fake.basis.listing
    entry = record(fake.basis.listing, license_label="Standard", variant="hd")
    booked = shop.history.adopt(entry, IntendedUse(), kind=VIDEO, actor="ann")
    assert booked.order.variant == "hd"
    assert shop.quoted(fake).covered_by is None


def test_a_picture_and_a_film_with_one_number_are_two_things(shop: Any) -> None:
    fake = film(shop, by_kind=True, variant="")
    buy(shop, fake)
    fake.basis = replace(fake.basis, listing=make_listing(fake.INFO))
    quoted = shop.quoted(fake)
    assert (quoted.owned, quoted.covered_by) == ((), None)
    assert buy(shop, fake, "L2").state is OrderState.PAID
    kinds = [grant.kind for grant in shop.ledger.grants_for(quoted.quote.ref)]
    assert sorted(kinds) == [MediaKind.MODEL, VIDEO]


def test_where_numbers_do_not_repeat_the_kind_does_not_matter(shop: Any) -> None:
    """A feed that calls it a model today and something else tomorrow must not lead to a second purchase."""
    fake = film(shop, by_size=False, variant="")
    buy(shop, fake)
    fake.basis = replace(fake.basis, listing=make_listing(fake.INFO))
    assert shop.quoted(fake).covered_by is not None


def test_what_was_refunded_is_not_owned(shop: Any) -> None:
    fake = film(shop, variant="hd")
    shop.refund_of(buy(shop, fake).id)
    assert shop.quoted(fake).owned == ()


def test_an_unknown_license_is_the_same_only_by_its_words(shop: Any) -> None:
    fake = film(shop, by_size=False, license_label="Odd One", variant="")
    grant = shop.ledger.grant_for_order(buy(shop, fake).id)
    assert grant.license_id.endswith(".unknown")
    assert shop.quoted(fake).covered_by == grant
    fake.basis = replace(fake.basis, license_label="Odd Two")
    assert shop.quoted(fake).covered_by is None


@pytest.mark.parametrize(
    ("marketplace", "by_size", "by_kind"),
    [
        ("adobe_stock", {MediaKind.IMAGE, VIDEO}, False),
        ("cgtrader", set(), False),
        ("getty_images", {MediaKind.IMAGE, VIDEO}, False),
        ("pond5", {MediaKind.IMAGE, VIDEO, MediaKind.AUDIO}, False),
        ("shutterstock", {VIDEO}, True),
        ("turbosquid", set(), False),
        ("unity", set(), False),
    ],
)
def test_what_each_marketplace_sells_by_size(marketplace: str, by_size: set[Any], by_kind: bool) -> None:
    info = registry.find(marketplace).INFO
    assert (info.sold_by_size & info.kinds, info.numbers_by_kind) == (by_size, by_kind)
