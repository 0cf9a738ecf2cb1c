"""Which of several products pays, for which size, and what is said when none does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.marketplaces.answers import Plan
from core.marketplaces.base import ANY, ReferenceField, Wanted
from core.marketplaces.ways import CHOICE_GONE, Product, Size, Way, pair, quote_on_ways, why_not
from core.model.listing import Listing, ListingRef, MediaKind
from core.model.money import Balance, Credits

LISTING = Listing(
    ref=ListingRef(marketplace="shop", id="1"),
    title="x",
    kind=MediaKind.VIDEO,
    offers=(),
    page_url="https://x/1",
)
BIG = Size(variant="4k", label="4K", products=frozenset({"a", "b"}))
SMALL = Size(variant="hd", label="HD", products=frozenset({"a", "b", "c"}))
ONE = Credits(amount=1)


def product(name: str, left: int | None = 1, **changes: Any) -> Product:
    facts: dict[str, Any] = {"fits": True, "expired": False, "variants": None}
    facts |= {key: changes.pop(key) for key in tuple(changes) if key in facts}
    balance = Balance(
        label=name.upper(), left=None if left is None else Credits(amount=left), account_id=name
    )
    return Product(plan=Plan(balance=balance, **facts), kind=name, names=frozenset({name}), **changes)


def ways(*products: Product, sizes: tuple[Size, ...] = (BIG, SMALL), every_size: bool = True) -> list[Way]:
    return list(
        pair(products, sizes, license_label=lambda _: "standard", cost=lambda _: ONE, every_size=every_size)
    )


def names(found: list[Way]) -> list[str]:
    return [f"{way.balance.account_id}/{way.variant}" for way in found]


def test_paid_ones_first_then_the_best_size_then_those_that_tell_what_is_left() -> None:
    found = ways(product("c"), product("b", None), product("a"), product("d", overage=True))
    assert names(found) == ["a/4k", "b/4k", "c/hd", "a/hd", "b/hd"]
    found = ways(product("a", 0, overage=True), product("c"))
    assert names(found) == ["c/hd", "a/4k", "a/hd"]
    assert [bool(way.surcharge) for way in found] == [False, True, True]


def test_a_way_begins_with_what_tells_it_from_the_others() -> None:
    assert [
        way.label for way in ways(product("plan"), sizes=(replace(BIG, products=frozenset({"plan"})),))
    ] == ["4K · PLAN"]
    bare = Size(variant="", products=frozenset({"plan"}))
    assert [way.label for way in ways(product("plan"), sizes=(bare,))] == ["PLAN"]


def test_what_wants_a_note_and_what_is_for_layouts_come_later() -> None:
    code = (ReferenceField(id="code", label="Code", required=True),)
    choice = (ReferenceField(id="code", label="Code", required=False, choices=("x",)),)
    found = ways(product("a", references=code), product("b", None, references=choice), sizes=(BIG,))
    assert names(found) == ["b/4k", "a/4k"]
    found = ways(product("c", drafts=True), product("b", None, references=code), sizes=(SMALL,))
    assert names(found) == ["b/hd", "c/hd"]
    found = ways(product("c", drafts=True), product("b", 0, overage=True), sizes=(SMALL,))
    assert names(found) == ["c/hd", "b/hd"], "what costs extra is never the first offer"


def test_a_product_gives_its_best_size_where_only_that_counts() -> None:
    assert names(ways(product("c"), product("a"), every_size=False)) == ["a/4k", "c/hd"]


def test_what_cannot_pay_is_no_way() -> None:
    assert not ways(product("a", 0), product("b", expired=True), product("a", fits=False), product("z"))
    assert not ways(product("a", 0, overage=True, expired=True))
    assert not pair([product("a")], [BIG], license_label=lambda _: "x", cost=lambda _: None, every_size=True)


@pytest.mark.parametrize(
    ("wanted", "chosen"),
    [
        (ANY, "a/4k"),
        (Wanted(variant="hd"), "a/hd"),
        (Wanted(account_id="b"), "b/4k"),
        (Wanted(license_label="standard", variant="hd", account_id="c"), "c/hd"),
    ],
)
def test_what_is_wanted_is_quoted(wanted: Wanted, chosen: str) -> None:
    found = ways(product("a"), product("b"), product("c"))
    basis = quote_on_ways(LISTING, found, wanted, reason="never", note="n")
    assert f"{basis.accounts[0].account_id}/{basis.variant}" == chosen
    assert (basis.why_not, basis.note, basis.license_label, basis.cost) == ("", "n", "standard", ONE)
    assert len(basis.options) == len(found)
    for option in basis.options:
        again = quote_on_ways(LISTING, found, option.wanted, reason="never")
        assert (again.variant, again.accounts[0].account_id) == (
            option.wanted.variant,
            option.wanted.account_id,
        )


def test_accounts_are_those_that_could_pay_for_the_same() -> None:
    code = (ReferenceField(id="code", label="Code", required=True),)
    found = ways(product("a"), product("b", references=code), product("c"))
    assert [b.account_id for b in quote_on_ways(LISTING, found, ANY, reason="").accounts] == ["a"]
    found = ways(product("a"), product("b"), product("c"))
    assert [b.account_id for b in quote_on_ways(LISTING, found, ANY, reason="").accounts] == ["a", "b"]
    found[1] = replace(found[1], cost=Credits(amount=2))
    assert [b.account_id for b in quote_on_ways(LISTING, found, ANY, reason="").accounts] == ["a"]


def test_one_way_is_no_choice() -> None:
    assert quote_on_ways(LISTING, ways(product("c")), ANY, reason="").options == ()


def test_a_choice_that_is_gone_is_not_replaced_by_another() -> None:
    basis = quote_on_ways(LISTING, ways(product("a")), Wanted(account_id="b"), reason="never")
    assert (basis.why_not, basis.accounts, basis.license_label, basis.cost) == (CHOICE_GONE, (), "", None)
    basis = quote_on_ways(LISTING, [], Wanted(account_id="b"), reason="Nothing pays.")
    assert (basis.why_not, basis.page_url) == ("Nothing pays.", "https://x/1")


@pytest.mark.parametrize(
    ("products", "sizes", "words"),
    [
        ([], (BIG,), "no product"),
        ([product("a", fits=False)], (BIG,), "no product"),
        ([product("a", expired=True)], (BIG,), "expired"),
        ([product("z"), product("a", expired=True)], (BIG,), "covers this"),
        ([product("a")], (), "covers this"),
        ([product("a", 0)], (BIG,), "used up"),
        (
            [product("a", 0, starts_again="2027-01-01"), product("b", 0, starts_again="2026-12-01")],
            (BIG,),
            "2026-12-01",
        ),
        ([product("a")], (BIG,), "no price"),
    ],
)
def test_the_reason_is_exact(products: list[Product], sizes: tuple[Size, ...], words: str) -> None:
    reason = why_not(products, sizes, name="The Shop")
    assert words in reason
    assert "The Shop" in reason or "used up" in reason
