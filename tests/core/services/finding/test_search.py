"""Searching: by API, by feed, or not yet; and the list that is made of what several marketplaces found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock, FakeSender
from hypothesis import given
from hypothesis import strategies as st

from core.errors import NotSupported, UserInputError
from core.feeds.catalogue import FeedCatalogue
from core.marketplaces import registry
from core.model.listing import Listing, ListingRef, MediaKind, Offer, SearchPage, SearchQuery, key_of
from core.services.finding.feeds import Feeds
from core.services.finding.search import (
    Search,
    check_opted_in,
    count_facets,
    find_equals,
    merge,
    search_link,
    searchable,
)
from core.settings import settings_from_environ

QUERY = SearchQuery(text="oak chair")
INFOS = tuple(registry.find(name).INFO for name in registry.all_ids())


@pytest.fixture
def feeds(tmp_path: Path) -> Feeds:
    return Feeds(catalogue=FeedCatalogue(tmp_path / "feeds", clock=FakeClock()))


@pytest.fixture
def sender() -> FakeSender:
    return FakeSender(search=SearchPage(listings=(make("cgtrader", 1),), total=1))


@pytest.fixture
def feed_file(tmp_path: Path) -> Path:
    path = tmp_path / "feed.tsv"
    path.write_text("id\ttitle\tprice\n12345\tOak chair\t19.00 USD\n12346\tPine chair\t9.00 USD\n")
    return path


def make(marketplace: str, number: int, title: str = "", **more: Any) -> Listing:
    facts = {"title": title or f"Thing {number}", "kind": MediaKind.MODEL, "offers": (), **more}
    return Listing(ref=ListingRef(marketplace=marketplace, id=str(number)), **facts)


class TestRun:
    def test_an_api_is_asked(self, feeds: Feeds, sender: FakeSender) -> None:
        page = Search(sender=sender, feeds=feeds).run("cgtrader", QUERY)
        assert page.total == 1
        assert sender.operations() == ["search"]

    @pytest.mark.parametrize("marketplace", ["turbosquid", "unity"])
    def test_a_feed_is_searched_without_the_network(
        self, feeds: Feeds, sender: FakeSender, feed_file: Path, marketplace: str
    ) -> None:
        feeds.add(marketplace, feed_file)
        page = Search(sender=sender, feeds=feeds).run(marketplace, QUERY)
        assert [listing.title for listing in page.listings] == ["Oak chair"]
        assert page.listings[0].price_as_of is not None
        assert sender.sent == []

    @pytest.mark.parametrize("marketplace", ["turbosquid", "unity"])
    def test_without_a_feed_it_says_how_to_get_one(
        self, feeds: Feeds, sender: FakeSender, marketplace: str
    ) -> None:
        for search in (Search(sender=sender, feeds=feeds), Search(sender=sender)):
            with pytest.raises(NotSupported) as caught:
                search.run(marketplace, QUERY)
            assert caught.value.code == "search.no_feed"
            info = registry.find(marketplace).INFO
            assert search_link(info, "oak chair") in caught.value.message
            assert f"clearance feed add {marketplace}" in caught.value.message
        assert sender.sent == []

    def test_the_editors_search_is_off_until_it_is_switched_on(
        self, feeds: Feeds, sender: FakeSender, feed_file: Path
    ) -> None:
        info = registry.find("unity").INFO
        with pytest.raises(UserInputError) as caught:
            check_opted_in(info, frozenset())
        assert caught.value.code == "search.not_opted_in"
        assert info.opt_in is not None
        assert info.opt_in.terms_url in caught.value.message
        feeds.add("unity", feed_file)
        search = Search(sender=sender, feeds=feeds, opted_in=frozenset({"unity"}))
        search.run("unity", QUERY)
        assert sender.operations() == ["search"]
        assert sender.sent[0].request.url == "https://assetstore.unity.com/api/search"
        check_opted_in(registry.find("cgtrader").INFO, frozenset())

    @pytest.mark.parametrize("query", [replace(QUERY, text="x" * 501), replace(QUERY, per_page=0)])
    def test_what_no_marketplace_takes_is_refused(
        self, feeds: Feeds, sender: FakeSender, query: SearchQuery
    ) -> None:
        for marketplace in ("cgtrader", "turbosquid"):
            with pytest.raises(UserInputError):
                Search(sender=sender, feeds=feeds).run(marketplace, query)


class TestSearchable:
    def test_what_has_an_api(self) -> None:
        found = {info.id for info in searchable(QUERY, INFOS)}
        assert "cgtrader" in found
        assert not {"turbosquid", "unity"} & found

    def test_what_has_a_feed_or_is_switched_on(self) -> None:
        assert {"turbosquid"} <= {i.id for i in searchable(QUERY, INFOS, with_feed=["turbosquid"])}
        assert {"unity"} <= {i.id for i in searchable(QUERY, INFOS, opted_in=["unity"])}
        models = replace(QUERY, kind=MediaKind.AUDIO)
        assert "turbosquid" not in {i.id for i in searchable(models, INFOS, with_feed=["turbosquid"])}
        assert "unity" in {i.id for i in searchable(models, INFOS, with_feed=["unity"])}

    def test_as_things_are_here(self, feeds: Feeds, sender: FakeSender, feed_file: Path) -> None:
        search = Search(sender=sender, feeds=feeds)
        assert "turbosquid" not in {info.id for info in search.choose(QUERY, INFOS)}
        feeds.add("turbosquid", feed_file)
        assert "turbosquid" in {info.id for info in search.choose(QUERY, INFOS)}
        assert "unity" not in {info.id for info in search.choose(QUERY, INFOS)}
        opted_in = Search(sender=sender, opted_in=frozenset({"unity"}))
        assert "unity" in {info.id for info in opted_in.choose(QUERY, INFOS)}


def test_links_to_websites() -> None:
    assert search_link(registry.find("unity").INFO, "a b") == "https://assetstore.unity.com/?q=a+b"
    with pytest.raises(NotSupported):
        search_link(registry.find("cgtrader").INFO, "a b")


SHOPS = ("a", "b", "c")
LISTINGS = st.lists(
    st.tuples(st.sampled_from(SHOPS), st.integers(0, 20)).map(lambda pair: make(*pair)), max_size=30
)


class TestMerge:
    def test_marketplaces_take_turns(self) -> None:
        fast = [make("a", n) for n in range(3)]
        slow = [make("b", n) for n in range(2)]
        dealt = merge([], [*fast, *slow])
        assert [str(x.ref) for x in dealt] == ["a:0", "b:0", "a:1", "b:1", "a:2"]
        assert [x.ref.marketplace for x in merge([], [*fast, *slow], order=("b", "a"))][:2] == ["b", "a"]

    def test_what_is_shown_stays(self) -> None:
        shown = merge([], [make("a", n) for n in range(4)])
        assert merge(shown, [make("b", 1), make("a", 1)])[:4] == shown
        mixed = merge(shown, [make("b", n) for n in range(2)], shown=2)
        assert [str(x.ref) for x in mixed] == ["a:0", "a:1", "a:2", "b:0", "a:3", "b:1"]

    @given(known=LISTINGS, new=LISTINGS, shown=st.none() | st.integers(-1, 40))
    def test_nothing_is_lost_twice_or_moved(
        self, known: list[Listing], new: list[Listing], shown: int | None
    ) -> None:
        known = merge([], known)
        merged = merge(known, new, shown=shown)
        refs = [listing.ref for listing in merged]
        assert len(refs) == len(set(refs))
        assert set(refs) == {listing.ref for listing in (*known, *new)}
        fixed = len(known) if shown is None else max(0, min(shown, len(known)))
        assert merged[:fixed] == known[:fixed]
        assert merge(merged, []) == merged

    @given(pages=st.lists(LISTINGS, max_size=4), turns=st.randoms())
    def test_it_does_not_matter_who_answers_first(self, pages: list[list[Listing]], turns: Any) -> None:
        own = {shop: [x for page in pages for x in page if x.ref.marketplace == shop] for shop in SHOPS}
        expected = merge([], [x for shop in SHOPS for x in own[shop]])
        order = list(SHOPS)
        turns.shuffle(order)
        merged: list[Listing] = []
        for shop in order:
            merged = merge(merged, own[shop], shown=0)
        assert [x.ref for x in merged] == [x.ref for x in expected]

    @given(listings=LISTINGS)
    def test_each_marketplaces_own_order_stays(self, listings: list[Listing]) -> None:
        merged = merge([], listings)
        for shop in SHOPS:
            own = dict.fromkeys(x.ref for x in listings if x.ref.marketplace == shop)
            assert [x.ref for x in merged if x.ref.marketplace == shop] == list(own)


class TestEquals:
    def test_the_same_product_at_two_marketplaces(self) -> None:
        listings = [
            make("a", 1, "Oak Chair, 3D model", author="Björn S."),
            make("b", 2, "oak chair", author="bjorn s"),
            make("c", 3, "Oak Chair", author="Bjorn S", kind=MediaKind.IMAGE),
            make("b", 4, "oak chair", author="somebody else"),
            make("a", 5, "Oak chair", author=""),
            make("c", 6, "Oak chair", author=""),
        ]
        assert find_equals(listings) == {
            listings[0].key: (ListingRef(marketplace="b", id="2"),),
            listings[1].key: (ListingRef(marketplace="a", id="1"),),
        }

    def test_a_film_with_a_pictures_number_is_another_thing(self) -> None:
        listings = [
            make("a", 1, "Oak", author="X", kind=MediaKind.IMAGE),
            make("a", 1, "Oak", author="X", kind=MediaKind.VIDEO),
            make("b", 2, "Oak", author="X", kind=MediaKind.IMAGE),
        ]
        equals = find_equals(listings)
        assert listings[0].key != listings[1].key
        assert set(equals) == {listings[0].key, listings[2].key}

    def test_two_of_one_marketplace_are_two_products(self) -> None:
        twins = [make("a", n, "Oak", author="x") for n in range(2)]
        assert find_equals(twins) == {}
        both = find_equals([*twins, make("b", 9, "Oak 3D Model", author="X")])
        assert both[key_of("b:9", MediaKind.MODEL)] == (twins[0].ref, twins[1].ref)
        assert both[twins[0].key] == (ListingRef(marketplace="b", id="9"),)

    @given(
        listings=st.lists(
            st.builds(
                make,
                st.sampled_from(SHOPS),
                st.integers(0, 9),
                st.sampled_from(["Oak", "oak 3d model", "Pine", "3D"]),
                author=st.sampled_from(["", "Ann", "ann", "Ben"]),
            ),
            max_size=20,
        )
    )
    def test_it_goes_both_ways(self, listings: list[Listing]) -> None:  # fmt: skip
        equals = find_equals(listings)
        keys = {x.key: x for x in listings}
        for key, others in equals.items():
            assert key in keys
            assert others
            for other in others:
                assert other.marketplace != keys[key].ref.marketplace
                assert keys[key].ref in equals[key_of(other, keys[key].kind)]

    @given(title=st.text(max_size=30), author=st.text(max_size=20))
    def test_any_title_can_be_compared(self, title: str, author: str) -> None:
        find_equals([make("a", 1, title, author=author), make("b", 1, title, author=author)])


def test_facets_count_each_listing_once() -> None:
    listings = [
        make("a", 1, formats=("fbx", "obj"), editorial=False, offers=(Offer(license_label="Standard"),) * 2),
        make("a", 1, formats=("fbx", "obj")),
        make("b", 2, formats=("fbx",), editorial=True, kind=MediaKind.IMAGE),
        make("b", 3),
    ]
    facets = {facet.name: {v.value: v.count for v in facet.values} for facet in count_facets(listings)}
    assert facets == {
        "marketplace": {"b": 2, "a": 1},
        "kind": {"model": 2, "image": 1},
        "formats": {"fbx": 2, "obj": 1},
        "editorial": {"commercial": 1, "editorial": 1},
        "license": {"Standard": 1},
    }
    assert count_facets([]) == ()
    assert "kind" not in {facet.name for facet in count_facets([make("a", 1), make("b", 2)])}


def test_a_variable_switches_it_on_for_the_command_line(tmp_path: Path) -> None:
    environ = {"CLEARANCE_DATA_DIR": str(tmp_path), "CLEARANCE_OPTED_IN": "unity, other"}
    assert settings_from_environ(environ, home=tmp_path).opted_in == {"unity", "other"}
    del environ["CLEARANCE_OPTED_IN"]
    assert settings_from_environ(environ, home=tmp_path).opted_in == frozenset()
