"""The catalogue: updates are whole or not at all, searches find what is there, and filters are honest."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import CancelledError, UserInputError
from core.feeds import asking, finding
from core.feeds.catalogue import FeedCatalogue, FeedResult
from core.feeds.columns import FeedMapping
from core.feeds.database import FeedError
from core.feeds.ranking import order, split_tokens
from core.http.cancel import CancelToken
from core.marketplaces import turbosquid, unity
from core.model.listing import ListingRef, MediaKind, SearchFilters, SearchQuery, Sort
from core.model.money import Money

Write = Callable[..., Path]
Make = Callable[..., dict[str, Any]]
INFO = turbosquid.INFO
SHOP = "turbosquid"


def ids(catalogue: FeedCatalogue, text: str = "", **query: Any) -> list[int]:
    """Return the numbers of what is found, over all pages."""
    found: list[int] = []
    cursor = None
    for _ in range(1000):
        page = catalogue.search(SHOP, SearchQuery(text=text, cursor=cursor, **query))
        found += [int(listing.ref.id) - 1_000_000 for listing in page.listings]
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the search does not end")


def counts(result: FeedResult) -> dict[str, int]:
    names = ("added", "changed", "unchanged", "removed", "unavailable", "duplicates", "bad", "unclear")
    return {name: value for name in names if (value := getattr(result, name))}


def check_index(catalogue: FeedCatalogue) -> None:
    """Hold the full-text index against the documents: a word that went must not be found any more."""
    db = sqlite3.connect(catalogue._path(SHOP))
    try:
        db.execute("INSERT INTO words (words) VALUES ('integrity-check')")
        (indexed,) = db.execute("SELECT count(*) FROM words WHERE words MATCH 'zq7kindmodel'").fetchone()
        for table in ("product", "facts", "document"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == indexed
    finally:
        db.close()


def test_a_feed_comes_changes_and_goes(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    path = write("a.tsv", [product(n) for n in range(5)])
    assert not catalogue.has_feed(SHOP)
    result = catalogue.update(INFO, path)
    assert counts(result) == {"added": 5}
    assert catalogue.has_feed(SHOP)
    assert result.feed.products == 5
    assert counts(catalogue.update(INFO, path)) == {"unchanged": 5}
    write("a.tsv", [product(0), product(1, title="Renamed thing"), product(4), product(9)])
    assert counts(catalogue.update(INFO, path)) == {"added": 1, "changed": 1, "unchanged": 2, "removed": 2}
    assert sorted(ids(catalogue)) == [0, 1, 4, 9]
    assert ids(catalogue, "renamed") == [1]
    assert ids(catalogue, "Model 1") == []
    check_index(catalogue)
    (feed,) = catalogue.feeds(SHOP)
    assert catalogue.remove(SHOP, feed.id) == 4
    assert catalogue.feeds(SHOP) == ()
    assert ids(catalogue) == []
    check_index(catalogue)
    with pytest.raises(UserInputError) as caught:
        catalogue.remove(SHOP, feed.id)
    assert caught.value.code == "feeds.unknown"


def test_what_is_not_for_sale_goes_at_once(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    path = write("a.tsv", [product(n) for n in range(3)])
    catalogue.update(INFO, path)
    write("a.tsv", [product(0), product(1, availability="out of stock"), product(2, price="6 USD")])
    result = catalogue.update(INFO, path, FeedMapping(complete=False))
    assert result.removed == 1
    assert sorted(ids(catalogue)) == [0, 2]


def test_one_listing_has_the_day_of_its_price(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    path = write("a.tsv", [product(1, title="Oak chair")])
    os.utime(path, (0, datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp()))
    catalogue.update(INFO, path)
    ref = ListingRef(marketplace=SHOP, id="1000001")
    found = catalogue.listing(ref)
    assert found is not None
    assert (found.ref, found.title, found.price_as_of) == (ref, "Oak chair", date(2026, 11, 18))
    assert found.offers[0].cost == Money.parse("19", "USD")
    assert catalogue.listing(ListingRef(marketplace=SHOP, id="7")) is None
    assert catalogue.listing(ListingRef(marketplace="unity", id="1")) is None
    write("a.tsv", [{**product(1, title="Oak chair"), "last updated": "2026-11-20T10:00:00Z"}])
    assert catalogue.update(INFO, path).feed.day == date(2026, 11, 20)
    assert catalogue.update(INFO, path, FeedMapping(day=date(2026, 1, 2))).feed.day == date(2026, 1, 2)


def test_bad_rows_are_told_with_their_lines(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    rows = [product(1), product(2, id="SKU"), product(3, title=""), product(1), product(4, price="1.299")]
    result = catalogue.update(INFO, write("a.tsv", rows))
    assert counts(result) == {"added": 2, "duplicates": 1, "bad": 2, "unclear": 1}
    assert [(row.line, row.kept, row.file) for row in result.bad_rows] == [
        (3, False, "a.tsv"), (4, False, "a.tsv"), (6, True, "a.tsv"),
    ]  # fmt: skip
    assert result.feed.bad == 2


def test_a_row_that_turns_bad_does_not_remove_its_product(
    catalogue: FeedCatalogue, write: Write, product: Make
) -> None:
    path = write("a.tsv", [product(n) for n in range(3)])
    catalogue.update(INFO, path)
    write("a.tsv", [product(0), product(1, title=""), product(2)])
    assert counts(catalogue.update(INFO, path)) == {"unchanged": 2, "bad": 1}
    assert sorted(ids(catalogue)) == [0, 1, 2]


def test_a_feed_that_looks_damaged_removes_nothing(
    catalogue: FeedCatalogue, write: Write, product: Make
) -> None:
    path = write("a.tsv", [product(n) for n in range(1000)])
    catalogue.update(INFO, path)
    write("a.tsv", [product(n) for n in range(400)])
    result = catalogue.update(INFO, path)
    assert "more than half" in result.note
    assert counts(result) == {"unchanged": 400}
    write("a.tsv", [product(n) for n in range(900)] + [product(n, id="SKU") for n in range(20)])
    result = catalogue.update(INFO, path)
    assert "unreadable" in result.note
    assert len(ids(catalogue, per_page=100)) == 1000
    write("a.tsv", [product(n) for n in range(400)])
    assert catalogue.update(INFO, path, replace=True).removed == 600
    write("a.tsv", [product(1, price="7 USD")])
    result = catalogue.update(INFO, path, FeedMapping(complete=False))
    assert "changes only" in result.note
    assert result.feed.products == 400
    check_index(catalogue)


@pytest.mark.parametrize("text", ["id\ttitle\nSKU\tx\n", "", "<rss><item><id>1</id>", "no header\n"])
def test_a_broken_feed_leaves_everything_as_it_was(
    catalogue: FeedCatalogue, write: Write, product: Make, text: str
) -> None:
    path = write("a.tsv", [product(n) for n in range(3)])
    catalogue.update(INFO, path)
    before = catalogue.feeds(SHOP)
    path.write_text(text)
    with pytest.raises(UserInputError):
        catalogue.update(INFO, path)
    assert catalogue.feeds(SHOP) == before
    assert sorted(ids(catalogue)) == [0, 1, 2]
    with pytest.raises(UserInputError):
        catalogue.update(unity.INFO, path)
    assert not catalogue.has_feed("unity")


def test_a_file_that_breaks_in_its_middle_leaves_everything_as_it_was(
    catalogue: FeedCatalogue, write: Write, product: Make
) -> None:
    path = write("a.tsv.gz", [product(n) for n in range(20_000)])
    whole = path.read_bytes()
    path.write_bytes(whole[:-100])
    with pytest.raises(UserInputError, match="cut off"):
        catalogue.update(INFO, path)
    assert ids(catalogue) == []
    assert not catalogue.has_feed(SHOP)
    token = CancelToken()
    token.cancel()
    path.write_bytes(whole)
    with pytest.raises(CancelledError):
        catalogue.update(INFO, path, cancel=token)
    assert not catalogue.has_feed(SHOP)
    assert catalogue.update(INFO, path).added == 20_000


def test_a_folder_is_one_feed_and_two_feeds_live_side_by_side(
    catalogue: FeedCatalogue, tmp_path: Path, write: Write, product: Make
) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for name, numbers in (("a.tsv", range(3)), ("b.tsv", range(3, 6))):
        write(name, [product(n) for n in numbers]).rename(folder / name)
    result = catalogue.update(INFO, folder)
    assert (result.files, result.added) == (2, 6)
    other = write("other.jsonl", [product(5, title="Taken over"), product(9)])
    assert counts(catalogue.update(INFO, other)) == {"added": 1, "changed": 1}
    assert [feed.products for feed in catalogue.feeds(SHOP)] == [5, 2]
    first, second = catalogue.feeds(SHOP)
    assert catalogue.remove(SHOP, second.id) == 2
    assert sorted(ids(catalogue)) == [0, 1, 2, 3, 4]
    assert first.path == folder
    check_index(catalogue)


def test_words_are_found_with_any_accent_and_case(
    catalogue: FeedCatalogue, write: Write, product: Make
) -> None:
    rows = [
        product(1, title="Café TABLE, round", description="A fine thing", tags="bistro"),
        product(2, title="Oak chair", description="goes with the café table", brand="Möbelhaus"),
        product(3, title='"NOT" (AND) OR* -x^2 column:y', description=""),
    ]
    catalogue.update(INFO, write("a.tsv", rows))
    assert ids(catalogue, "cafe table") == [1, 2], "the title counts most"
    assert ids(catalogue, "TABLE café") == [1, 2]
    assert ids(catalogue, "mobelhaus") == [2]
    assert ids(catalogue, "bistro table") == [1]
    assert ids(catalogue, "tab") == [1, 2], "beginnings of words"
    assert ids(catalogue, "bist roun") == [1]
    assert ids(catalogue, "nothing like it") == []
    for hostile in (
        '"',
        "NOT",
        "a AND",
        "*",
        "NEAR(a b)",
        "title:x",
        "marks : zq7kindmodel",
        "^",
        "-",
        "''",
        "𐀀𝟘",
    ):
        ids(catalogue, hostile)
    assert ids(catalogue, 'NOT (AND) "OR"') == [3]
    assert ids(catalogue, "column:y") == [3]
    assert ids(catalogue, "!!! ...") == ids(catalogue)
    assert ids(catalogue, "x" * 500) == []


def test_filters_and_what_no_feed_tells(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    rows = [
        product(1, editorial="yes", formats="fbx,obj", polygons="500", rigged="yes", price="5 USD"),
        product(2, editorial="no", formats="blend", polygons="50,000", rigged="no", price="50 USD"),
        product(3, editorial="", formats="", polygons="", rigged="", price=""),
        product(4, editorial="no", formats="FBX", polygons="5k", rigged="yes", price="20 EUR"),
    ]
    for row, category in zip(rows, ("3D > Props > Chair", "3D > Props", "3D", "Props"), strict=True):
        row["category"] = category
    catalogue.update(INFO, write("a.tsv", rows))

    def found(**filters: Any) -> set[int]:
        return set(ids(catalogue, filters=SearchFilters(**filters)))

    assert found(exclude_editorial=True) == {2, 3, 4}
    assert found(editorial_only=True) == {1}
    assert found(formats=("fbx",)) == {1, 4}
    assert found(formats=(".FBX", "blend")) == {1, 2, 4}
    assert found(max_polygons=5000) == {1, 4}
    assert found(rigged=True) == {1, 4}
    assert found(rigged=False) == {2, 3}
    assert found(max_price=Money.parse("20", "USD")) == {1}
    assert found(min_price=Money.parse("20", "EUR")) == {4}
    assert found(max_price=Money.parse("20")) == {1, 4}
    assert found(collection="Props") == {1, 2, 4}
    assert found(collection="3D > Props") == {1, 2}
    assert found(exclude_editorial=True, formats=("fbx",), max_polygons=6000) == {4}
    assert set(ids(catalogue, "model", kind=MediaKind.MODEL)) == {1, 2, 3, 4}
    assert ids(catalogue, "model", kind=MediaKind.AUDIO) == []
    asked = SearchFilters(
        animated=True, low_poly=True, max_price=Money.parse("5", "JPY"), rigged=True, min_width=10
    )
    page = catalogue.search(SHOP, SearchQuery(text="", filters=asked, sort=Sort.NEWEST))
    assert set(page.ignored_filters) == {"animated", "low_poly", "max_price", "min_width", "sort"}
    assert page.client_filters == ()
    assert page.total == 2


def test_orders(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    rows = [
        product(1, price="20 USD", sales="5", date_added="2026-01-01"),
        product(2, price="5 USD", sales="50", date_added="2026-03-01"),
        product(3, price="", sales="", date_added=""),
        product(4, price="10 USD", sales="7", date_added="2025-01-01"),
    ]
    catalogue.update(INFO, write("a.tsv", rows))
    assert ids(catalogue, sort=Sort.PRICE_LOW) == [2, 4, 1, 3]
    assert ids(catalogue, sort=Sort.PRICE_HIGH) == [1, 4, 2, 3]
    assert ids(catalogue, sort=Sort.POPULAR) == [2, 4, 1, 3]
    assert ids(catalogue, "model", sort=Sort.NEWEST) == [2, 1, 4, 3]


def test_pages_have_every_product_once(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    """Whole lists, tiers of very many, and the ends of both."""
    rows = [
        product(
            n,
            title=f"{'Oak chair' if n % 7 == 0 else 'chair made of oak' if n % 3 == 0 else 'thing'} {n}",
            description="oak and chair",
        )
        for n in range(6_000)
    ]
    catalogue.update(INFO, write("a.tsv", rows))
    for text in ("oak chair", "chair", "thing", ""):
        for query in ({}, {"filters": SearchFilters(max_price=Money.parse("100", "USD"))}):
            found = ids(catalogue, text, per_page=100, **query)
            assert len(found) == len(set(found)) == (3428 if text == "thing" else 6000), (text, query)
    best = ids(catalogue, "oak chair", per_page=100)
    phrases = {n for n in range(6_000) if n % 7 == 0}
    assert set(best[: len(phrases)]) == phrases
    assert all(n % 3 == 0 for n in best[len(phrases) : len(phrases) + 1000])
    page = catalogue.search(SHOP, SearchQuery(text="oak chair"))
    assert page.total == 6000
    assert page == catalogue.search(SHOP, SearchQuery(text="oak chair"))
    for cursor in ("x", "0", "-1", "9" * 9):
        with pytest.raises(UserInputError):
            catalogue.search(SHOP, SearchQuery(text="x", cursor=cursor))
    beyond = catalogue.search(SHOP, SearchQuery(text="oak", cursor="999999"))
    assert (beyond.listings, beyond.next_cursor) == ((), None)


WORDS = ["oak", "Oak", "chair", "Stuhl", "café", "table", "old"]
TITLES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)


@given(
    titles=st.lists(TITLES, min_size=1, max_size=20),
    text=st.lists(st.sampled_from([*WORDS, "ta", "cha"]), max_size=3).map(" ".join),
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_finds_what_a_plain_look_finds(
    tmp_path: Path, write: Write, product: Make, titles: list[str], text: str
) -> None:
    from fakes import FakeClock

    catalogue = FeedCatalogue(tmp_path / f"feeds-{os.urandom(4).hex()}", clock=FakeClock())
    catalogue.update(INFO, write("a.tsv", [product(n, title=title) for n, title in enumerate(titles)]))
    wanted = split_tokens(text)

    def matches(title: str) -> bool:
        tokens = split_tokens(title)
        return all(
            any(token.startswith(word) if len(word) >= 3 else token == word for token in tokens)
            for word in wanted
        )

    expected = {n for n, title in enumerate(titles) if matches(f"{title} studio")}
    assert set(ids(catalogue, text)) == expected


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_row_of_updates_ends_in_the_last_feed(
    tmp_path: Path, write: Write, product: Make, data: st.DataObject
) -> None:
    from fakes import FakeClock

    catalogue = FeedCatalogue(tmp_path / f"feeds-{os.urandom(4).hex()}", clock=FakeClock())
    state = st.dictionaries(st.integers(0, 12), TITLES, min_size=1, max_size=10)
    for _ in range(data.draw(st.integers(1, 4))):
        feed = data.draw(state)
        path = write("a.tsv", [product(n, title=title) for n, title in feed.items()])
        catalogue.update(INFO, path)
        assert sorted(ids(catalogue)) == sorted(feed)
        for number, title in feed.items():
            found = catalogue.listing(ListingRef(marketplace=SHOP, id=str(1_000_000 + number)))
            assert found is not None
            assert found.title == title
    check_index(catalogue)


def test_searching_goes_on_while_a_feed_is_read(
    catalogue: FeedCatalogue, write: Write, product: Make
) -> None:
    path = write("a.tsv", [product(n) for n in range(2_000)])
    catalogue.update(INFO, path)
    write("a.tsv", [product(n, title="Renewed") for n in range(2_000)])
    seen: set[int | None] = set()
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            seen.add(catalogue.search(SHOP, SearchQuery(text="renewed")).total)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        catalogue.update(INFO, path)
    finally:
        ended.set()
        thread.join()
    assert seen <= {0, 2_000}
    assert catalogue.search(SHOP, SearchQuery(text="renewed")).total == 2_000


def test_a_search_can_be_stopped(catalogue: FeedCatalogue, write: Write, product: Make) -> None:
    catalogue.update(INFO, write("a.tsv", [product(n, description="same words here") for n in range(20_000)]))
    token = CancelToken()
    token.cancel()
    with pytest.raises(CancelledError):
        catalogue.search(SHOP, SearchQuery(text="same words", sort=Sort.PRICE_LOW), cancel=token)


def test_a_damaged_catalogue_says_what_to_do(
    catalogue: FeedCatalogue, write: Write, product: Make, tmp_path: Path
) -> None:
    catalogue.update(INFO, write("a.tsv", [product(1)]))
    path = tmp_path / "feeds" / "turbosquid.sqlite"
    path.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(FeedError, match="add it again"):
        catalogue.search(SHOP, SearchQuery(text="x"))
    path.unlink()
    db = sqlite3.connect(path)
    db.execute("PRAGMA user_version=99")
    db.close()
    with pytest.raises(UserInputError, match="newer"):
        catalogue.search(SHOP, SearchQuery(text="x"))
    with pytest.raises(UserInputError, match="newer"):
        catalogue.update(INFO, write("a.tsv", [product(1)]))


def test_an_index_of_another_version_is_written_anew(
    catalogue: FeedCatalogue, write: Write, product: Make, tmp_path: Path
) -> None:
    path = write("a.tsv", [product(n, title=f"Oak {n}") for n in range(2_500)])
    catalogue.update(INFO, path)
    db = sqlite3.connect(tmp_path / "feeds" / "turbosquid.sqlite")
    db.execute("UPDATE meta SET value = '0' WHERE key = 'index'")
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    db.commit()
    db.close()
    assert ids(catalogue, "oak") == []
    assert catalogue.update(INFO, path).unchanged == 2_500
    assert len(ids(catalogue, "oak", per_page=100)) == 2_500
    check_index(catalogue)


def test_words_of_a_search_are_never_operators() -> None:
    assert asking.quote_words('a"b OR c* NEAR(d)') == ('"a""b"', '"OR"', '"c*"', '"NEAR(d)"')
    assert len(asking.quote_words(" ".join(f"w{n}" for n in range(1000)))) == asking.MAX_WORDS


def test_ranking_prefers_titles_short_fields_and_rare_words() -> None:
    texts = {
        1: ("Old oak", "", "", "", ""), 2: ("A very long title that has oak in it", "", "", "", ""),
        3: ("Pine", "", "oak", "", ""), 4: ("Pine", "", "", "", "oak " * 3),
    }  # fmt: skip
    assert order(texts, ['"oak"'], count_of=lambda _: 10, products=1000) == [1, 2, 3, 4]
    rare = {1: ("common", "", "", "", ""), 2: ("rare", "", "", "", "")}
    counts_of = {"common": 900, "rare": 3}
    assert order(rare, ["common", "rare"], count_of=counts_of.__getitem__, products=1000) == [2, 1]
    assert order({}, ["x"], count_of=lambda _: 0, products=0) == []


def test_bounds_are_what_the_pages_count_on() -> None:
    assert finding.RANKED_MAX < finding.LISTED_MAX < finding.DEPTH_MAX
    assert finding.FEW <= finding.RANKED_MAX
