"""Searches of many products: each way to a page finds what a plain look finds, in the same order."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock

from core.feeds import finding, narrow
from core.feeds.catalogue import FeedCatalogue
from core.marketplaces import turbosquid
from core.model.listing import ListingRef, SearchFilters, SearchQuery, Sort
from core.model.money import Money

SHOP = "turbosquid"
MANY = finding.SORTED_MAX + 2_000
DOLLARS = (0, 5, 9, 15, 39, 99, 500)


def usd(amount: int) -> Money:
    return Money.parse(str(amount), "USD")


def price_of(number: int) -> int | None:
    """No price for one in eleven; the dearest for few, so that limits can be narrow."""
    if number % 11 == 0:
        return None
    return 900 if number % 500 == 7 else DOLLARS[number * 7919 % len(DOLLARS)]


def polygons_of(number: int) -> int:
    return 10 + number * 104_729 % 10_000


def title_of(number: int) -> str:
    if number % 400 == 3:
        return f"Oak chair {number}"
    return f"Chair of oak {number}" if number % 3 == 0 else f"Thing {number}"


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> FeedCatalogue:
    """As many products as need every way there is; all have the words of the description."""
    folder = tmp_path_factory.mktemp("many")
    feed = folder / "many.tsv"
    lines = ["id\ttitle\tdescription\tprice\tformats\tpolygons\tavailability\tdate added"]
    for number in range(MANY):
        price = price_of(number)
        lines.append(
            f"{1_000_000 + number}\t{title_of(number)}\tmodel made of oak, a chair\t"
            f"{'' if price is None else f'{price} USD'}\t{'ma' if number % 5 == 0 else 'fbx'}\t"
            f"{polygons_of(number)}\tin stock\t{'2026-01-01' if number % 9 == 1 else ''}"
        )
    feed.write_text("\n".join(lines) + "\n")
    made = FeedCatalogue(folder / "feeds", clock=FakeClock())
    made.update(turbosquid.INFO, feed)
    return made


def first(catalogue: FeedCatalogue, text: str, *, pages: int = 1, **query: Any) -> list[int]:
    """Return the numbers on the first pages."""
    found: list[int] = []
    cursor = None
    for _ in range(pages):
        page = catalogue.search(SHOP, SearchQuery(text=text, cursor=cursor, **query))
        found += [int(listing.ref.id) - 1_000_000 for listing in page.listings]
        cursor = page.next_cursor
        if cursor is None:
            break
    return found


def by_price(numbers: list[int], *, descending: bool) -> list[int]:
    sign = -1 if descending else 1
    return sorted(
        numbers,
        key=lambda number: (price_of(number) is None, sign * (price_of(number) or 0), sign * number),
    )


CASES: dict[str, tuple[SearchFilters, Callable[[int], bool]]] = {
    "all": (SearchFilters(), lambda number: True),
    "one format": (SearchFilters(formats=("ma",)), lambda number: number % 5 == 0),
    "a wide limit": (SearchFilters(max_polygons=9_000), lambda number: polygons_of(number) <= 9_000),
    "a narrow limit": (SearchFilters(max_polygons=40), lambda number: polygons_of(number) <= 40),
    "a price that few have": (SearchFilters(min_price=usd(900)), lambda number: price_of(number) == 900),
    "two limits": (
        SearchFilters(min_price=usd(9), max_price=usd(15), max_polygons=6_000),
        lambda number: price_of(number) in (9, 15) and polygons_of(number) <= 6_000,
    ),
    "two limits and a format": (
        SearchFilters(max_price=usd(0), max_polygons=900, formats=("ma",)),
        lambda number: price_of(number) == 0 and polygons_of(number) <= 900 and number % 5 == 0,
    ),
    "nothing": (SearchFilters(max_polygons=5), lambda number: False),
}


@pytest.mark.parametrize("text", ["", "chair oak", "model"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sort", [Sort.PRICE_LOW, Sort.PRICE_HIGH])
def test_by_price(catalogue: FeedCatalogue, case: str, sort: Sort, text: str) -> None:
    filters, fits = CASES[case]
    expected = by_price([n for n in range(MANY) if fits(n)], descending=sort is Sort.PRICE_HIGH)
    found = first(catalogue, text, pages=3, filters=filters, sort=sort, per_page=24)
    assert found == expected[:72]


def test_what_has_no_value_comes_last(catalogue: FeedCatalogue) -> None:
    """To the end: the last pages are those without a price, and every product comes once."""
    filters = SearchFilters(max_polygons=400)
    expected = by_price([n for n in range(MANY) if polygons_of(n) <= 400], descending=True)
    found = first(catalogue, "oak", pages=50, filters=filters, sort=Sort.PRICE_HIGH, per_page=100)
    assert found == expected
    assert price_of(found[-1]) is None


def test_by_day_where_few_have_one(catalogue: FeedCatalogue) -> None:
    found = first(catalogue, "model", sort=Sort.NEWEST, per_page=100)
    assert len(found) == 100
    assert all(number % 9 == 1 for number in found)
    narrowed = first(
        catalogue, "model", pages=9, sort=Sort.NEWEST, per_page=100, filters=SearchFilters(max_polygons=300)
    )
    within = [n for n in range(MANY) if polygons_of(n) <= 300]
    assert sorted(narrowed) == within
    dated = [n % 9 == 1 for n in narrowed]
    assert dated == sorted(dated, reverse=True)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("text", ["", "oak chair", "model", "mode cha"])
def test_every_match_is_found_once(catalogue: FeedCatalogue, case: str, text: str) -> None:
    filters, fits = CASES[case]
    expected = [n for n in range(MANY) if fits(n)]
    found = first(catalogue, text, pages=20, filters=filters, per_page=100)
    assert len(found) == len(set(found)) == min(len(expected), 2_000)
    assert set(found) <= set(expected)


@pytest.mark.parametrize("case", ["all", "a wide limit", "two limits", "two limits and a format"])
def test_titles_come_first(catalogue: FeedCatalogue, case: str) -> None:
    filters, fits = CASES[case]
    phrases = [n for n in range(MANY) if fits(n) and n % 400 == 3]
    titles = [n for n in range(MANY) if fits(n) and n % 3 == 0 and n % 400 != 3]
    found = first(catalogue, "oak chair", pages=20, filters=filters, per_page=24)
    assert set(found[: len(phrases)]) == set(phrases[: len(found)])
    rest = found[len(phrases) : len(phrases) + len(titles)]
    assert all(number % 3 == 0 for number in rest)


def test_the_number_of_matches_is_told_where_it_is_known(catalogue: FeedCatalogue) -> None:
    def total(text: str, **filters: Any) -> int | None:
        return catalogue.search(SHOP, SearchQuery(text=text, filters=SearchFilters(**filters))).total

    assert total("oak") == total("") == MANY
    assert total("oak", max_polygons=40) == sum(polygons_of(n) <= 40 for n in range(MANY))
    assert total("oak", max_polygons=5) == 0
    assert total("thing", max_polygons=9_000) is None


def test_a_catalogue_of_the_first_form_is_brought_up_to_date(
    catalogue: FeedCatalogue, tmp_path: Path
) -> None:
    """Its indexes are made when it is searched, or updated, for the first time."""
    feed = tmp_path / "a.tsv"
    feed.write_text(
        "id\ttitle\tprice\tavailability\n1000001\tOak chair\t5 USD\tin stock\n"
        "1000002\tChair\t3 USD\tin stock\n"
    )
    old = FeedCatalogue(tmp_path / "feeds", clock=FakeClock())
    old.update(turbosquid.INFO, feed)
    path = tmp_path / "feeds" / f"{SHOP}.sqlite"
    with closing(sqlite3.connect(path)) as db:
        made = [
            row[0]
            for row in db.execute("SELECT name FROM sqlite_master WHERE name LIKE 'facts\\__%' ESCAPE '\\'")
        ]
        assert len(made) == 4
        for name in made:
            db.execute(f"DROP INDEX {name}")
        db.execute("DROP TABLE terms")
        db.execute("PRAGMA user_version = 1")
        db.commit()
    page = old.search(SHOP, SearchQuery(text="chair", sort=Sort.PRICE_LOW))
    assert [listing.ref for listing in page.listings] == [
        ListingRef(marketplace=SHOP, id="1000002"), ListingRef(marketplace=SHOP, id="1000001"),
    ]  # fmt: skip
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)


def test_bounds_fit_each_other() -> None:
    assert finding.ASKED_MAX // 2 <= narrow.WITHIN_MAX < finding.WALKED_MAX
    assert finding.RANKED_MAX <= finding.LISTED_MAX < finding.SORTED_MAX
