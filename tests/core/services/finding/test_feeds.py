"""The feeds' use cases: mappings are remembered, and only marketplaces that need feeds take them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import FakeClock

from core.errors import UserInputError
from core.feeds.catalogue import FeedCatalogue
from core.model.listing import ListingRef, SearchQuery
from core.model.money import Money
from core.services.finding.feeds import Feeds, read_mapping

MAPPING = 'schema = 1\ncurrency = "EUR"\n[columns]\nid = "Nummer"\ntitle = "Name"\nprice = "Preis"\n'


@pytest.fixture
def feeds(tmp_path: Path) -> Feeds:
    return Feeds(catalogue=FeedCatalogue(tmp_path / "feeds", clock=FakeClock()))


def test_a_mapping_is_remembered(feeds: Feeds, tmp_path: Path) -> None:
    feed, mapping = tmp_path / "feed.csv", tmp_path / "map.toml"
    feed.write_text("Nummer;Name;Preis\n12345;Eichenstuhl;19,50\n")
    mapping.write_text(MAPPING)
    assert feeds.add("turbosquid", feed, mapping).added == 1
    feed.write_text("Nummer;Name;Preis\n12345;Eichenstuhl;20,50\n")
    assert feeds.add("turbosquid", feed).changed == 1
    found = feeds.listing(ListingRef(marketplace="turbosquid", id="12345"))
    assert found is not None
    assert found.offers[0].cost == Money.parse("20.50", "EUR")
    (info,) = feeds.list_feeds()
    assert (info.marketplace, info.mapping_path) == ("turbosquid", mapping)
    assert feeds.list_feeds("turbosquid") == (info,)
    assert feeds.list_feeds("unity") == ()
    assert feeds.search("turbosquid", SearchQuery(text="eichen")).total == 1
    mapping.unlink()
    with pytest.raises(UserInputError) as caught:
        feeds.add("turbosquid", feed)
    assert caught.value.code == "feeds.mapping"
    assert feeds.remove("turbosquid", info.id) == 1
    assert not feeds.has_feed("turbosquid")


def test_who_has_an_api_needs_no_feed(feeds: Feeds, tmp_path: Path) -> None:
    for step in (
        lambda: feeds.add("cgtrader", tmp_path),
        lambda: feeds.remove("cgtrader", 1),
        lambda: feeds.search("cgtrader", SearchQuery(text="x")),
    ):
        with pytest.raises(UserInputError) as caught:
            step()
        assert caught.value.code == "feeds.not_needed"
    with pytest.raises(UserInputError):
        feeds.add("nowhere", tmp_path)


def test_a_mapping_for_another_marketplace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_bytes(b'\xef\xbb\xbfschema = 1\nmarketplace = "unity"\n')
    assert read_mapping(path).marketplace == "unity"
    with pytest.raises(UserInputError):
        read_mapping(path, "turbosquid")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UserInputError):
        read_mapping(path)
