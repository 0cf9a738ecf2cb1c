"""The commands for feeds and for the websites' own search, as a shell sees them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TSV = (
    "id\ttitle\tprice\tbrand\n12345\tOak chair\t19.00 USD\tann\n12346\tPine chair\t1.299\tben\nSKU\tbad\t\t\n"
)


def test_a_feed_is_added_searched_and_removed(shell: Any, tmp_path: Path) -> None:
    path = tmp_path / "feed.tsv"
    path.write_text(TSV)
    added = shell.run("feed", "add", "turbosquid", str(path))
    assert added.code == 0, added.err
    assert "2 products of turbosquid" in added.out
    assert "feed.tsv, line 4: no product id" in added.err
    assert "line 3: price" in added.err
    listed = shell.run("feed", "list", "--json").json
    assert [(one["marketplace"], one["products"], one["bad"]) for one in listed] == [("turbosquid", 2, 1)]
    assert "turbosquid\t1\t2" in shell.run("feed", "list").out
    found = shell.run("feed", "search", "turbosquid", "oak")
    assert "turbosquid:12345\tOak chair\t19.00 USD" in found.out
    page = shell.run("feed", "search", "turbosquid", "chair", "--format", "fbx", "--json").json
    assert (page["total"], page["ignored_filters"]) == (2, ["formats"])
    assert "19.00 USD (20" in shell.run("search", "oak chair", "-m", "turbosquid").out, "the price's day"
    both = shell.run("search", "oak chair", "-m", "turbosquid", "--json").json
    assert [one["ref"] for one in both["listings"]] == ["turbosquid:12345"]
    again = shell.run("feed", "add", "turbosquid", str(path), "--json").json
    assert (again["unchanged"], again["added"]) == (2, 0)
    assert shell.run("feed", "remove", "turbosquid", "1").code == 0
    assert shell.run("feed", "list", "--json").json == []
    assert shell.run("feed", "remove", "turbosquid", "1").code != 0


def test_mistakes_are_sentences(shell: Any, tmp_path: Path) -> None:
    path, mapping = tmp_path / "feed.tsv", tmp_path / "map.toml"
    path.write_text("nothing that is a feed\n")
    mapping.write_text('schema = 1\ncurrency = "dollars"\n')
    broken = shell.run("feed", "add", "turbosquid", str(path), "--json")
    assert broken.code != 0
    assert broken.json["error"]["code"] == "feeds.broken"
    wrong = shell.run("feed", "add", "turbosquid", str(path), "--mapping", str(mapping))
    assert "map.toml, line 2" in wrong.err
    assert "searched directly" in shell.run("feed", "add", "cgtrader", str(path)).err


def test_a_marketplace_that_is_named_says_why_it_cannot_be_searched(shell: Any) -> None:
    result = shell.run("search", "oak", "-m", "unity", "--json")
    assert result.code != 0
    assert result.json["problems"]["unity"]["code"] == "search.no_feed"
    assert "clearance feed add unity" in result.err
    switched_on = shell.run("search", "oak", "-m", "unity", "--json", CLEARANCE_OPTED_IN="unity")
    assert [one["ref"] for one in switched_on.json["listings"]] == ["unity:310001"]


def test_the_link_to_the_websites_search(shell: Any) -> None:
    result = shell.run("open-search", "turbosquid", "oak", "chair")
    assert result.out.strip().endswith("Index.cfm?keyword=oak+chair&media_typeid=2")
    assert shell.run("open-search", "unity", "a&b", "--json").json == {
        "url": "https://assetstore.unity.com/?q=a%26b"
    }
    assert shell.run("open-search", "cgtrader", "oak").code != 0
