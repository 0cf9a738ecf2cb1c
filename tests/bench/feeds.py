"""Measure the catalogue of product feeds: a million made-up products, searched and updated.

Beside it: SQLite's LIKE over the same texts in a plain table, which is what one would write without an index.
Standard library and the core only; the feed is the same with every run (seeded).
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from core.clock import SystemClock
from core.feeds.catalogue import FeedCatalogue
from core.marketplaces import turbosquid
from core.model.listing import SearchFilters, SearchQuery, Sort
from core.model.money import Money

COMMON = (  # noqa: SIM905 - words read best as words
    "chair table wood oak lamp car sports modern vintage house tree rock sword robot dragon kitchen low poly "
    "interior furniture office metal glass steel leather red blue old street city fantasy medieval weapon "
    "character animal plant food building vehicle truck"
).split()
SYLLABLES = "ka ro mi ta lu ne so vi da po re ga be tu ci fo".split()  # noqa: SIM905 - the same
FORMATS = ("fbx", "obj", "max", "blend", "c4d", "glb", "ma")
PRICES = (0, 5, 9, 15, 19, 25, 29, 39, 49, 59, 79, 99, 149, 199)
COLUMNS = (
    "id", "title", "description", "link", "image_link", "price", "availability", "brand", "product_type",
    "formats", "polygons", "editorial", "rigged", "animated", "pbr", "keywords",
)  # fmt: skip
FILTERS = SearchFilters(
    exclude_editorial=True,
    max_price=Money.parse("30", "USD"),
    formats=("fbx",),
    rigged=True,
    max_polygons=50_000,
)
FEW = SearchFilters(min_price=Money.parse("199", "USD"), formats=("ma",))
FEW_POLYGONS = SearchFilters(max_polygons=110, formats=("ma",))
TWO_LIMITS = SearchFilters(min_price=Money.parse("199", "USD"), max_polygons=150)
ODD = SearchFilters(editorial_only=True, max_price=Money.parse("0", "USD"), formats=("ma",))
QUERIES = (
    ("two words", SearchQuery(text="oak table")),
    ("a word that nearly a quarter has", SearchQuery(text="chair")),
    ("words that all have", SearchQuery(text="3d model")),
    ("two words, five filters", SearchQuery(text="oak table", filters=FILTERS)),
    ("a common word, five filters", SearchQuery(text="chair", filters=FILTERS)),
    ("words that all have, five filters", SearchQuery(text="3d model", filters=FILTERS)),
    ("beginnings of words", SearchQuery(text="chai tab")),
    ("two words, by price", SearchQuery(text="oak table", sort=Sort.PRICE_LOW)),
    ("words that all have, by price", SearchQuery(text="3d model", sort=Sort.PRICE_LOW)),
    ("words that all have, dearest first", SearchQuery(text="3d model", sort=Sort.PRICE_HIGH)),
    ("a common word, dearest first", SearchQuery(text="chair", sort=Sort.PRICE_HIGH)),
    (
        "words that all have, five filters, dearest first",
        SearchQuery(text="3d model", filters=FILTERS, sort=Sort.PRICE_HIGH),
    ),
    ("no words, by price", SearchQuery(text="", sort=Sort.PRICE_LOW)),
    ("words that all have, one price and format", SearchQuery(text="3d model", filters=FEW)),
    ("words that all have, few polygons and a format", SearchQuery(text="3d model", filters=FEW_POLYGONS)),
    ("words that all have, price and few polygons", SearchQuery(text="3d model", filters=TWO_LIMITS)),
    (
        "the same, by price",
        SearchQuery(text="3d model", filters=TWO_LIMITS, sort=Sort.PRICE_LOW),
    ),
    (
        "two common words, few polygons",
        SearchQuery(text="chair wood", filters=SearchFilters(max_polygons=130)),
    ),
    ("words that all have, free, editorial, a format", SearchQuery(text="3d model", filters=ODD)),
    (
        "the same, by price",
        SearchQuery(text="3d model", filters=ODD, sort=Sort.PRICE_HIGH),
    ),
    ("within limits that nothing is in", SearchQuery(text="3d model", filters=SearchFilters(max_polygons=5))),
    ("no words, few polygons and a format", SearchQuery(text="", filters=FEW_POLYGONS)),
    ("the beginning of a word that all have", SearchQuery(text="mode")),
    ("beginnings of common words, five filters", SearchQuery(text="mode char", filters=FILTERS)),
    ("six common words", SearchQuery(text="chair table wood oak lamp car")),
)

Figures = tuple[str, str, str, str]


def measure_feeds(folder: Path, runs: int, products: int) -> list[Figures]:
    """Return rows for the table: what, ours, beside, ratio."""
    feed, plain = folder / "feed.tsv", folder / "plain.sqlite"
    write_feed(feed, plain, products)
    catalogue = FeedCatalogue(folder / "feeds", clock=SystemClock())
    first = cpu_seconds(lambda: catalogue.update(turbosquid.INFO, feed))
    again = cpu_seconds(lambda: catalogue.update(turbosquid.INFO, feed))
    change_prices(feed, each=100)
    changed = cpu_seconds(lambda: catalogue.update(turbosquid.INFO, feed))
    copied = cpu_seconds(lambda: read_only(feed))
    rows = [
        (
            f"feed of {products:,} products, first time",
            f"{first:.0f} s CPU, {products / first:,.0f} a second",
            f"reading its lines alone {copied:.1f} s",
            "",
        ),
        (
            "the same feed again, nothing changed",
            f"{again:.0f} s CPU, {products / again:,.0f} a second",
            "",
            "",
        ),
        ("and again with one price in a hundred changed", f"{changed:.0f} s CPU", "", ""),
    ]
    db = sqlite3.connect(plain)
    likes: dict[str, float] = {}
    try:
        for name, query in QUERIES:
            work = partial(catalogue.search, "turbosquid", query)
            times = [cpu_seconds(work) for _ in range(runs + 1)][1:]
            plainly = likes.setdefault(
                query.text, cpu_seconds(partial(like_search, db, query.text)) if query.text else 0.0
            )
            middle = statistics.median(times)
            rows.append(
                (
                    f"feed search: {name}",
                    f"{middle * 1000:.0f} ms CPU ({min(times) * 1000:.0f} to {max(times) * 1000:.0f})",
                    f"bar 100 ms; LIKE over the same texts {plainly * 1000:.0f} ms"
                    if plainly
                    else "bar 100 ms",
                    f"{plainly / middle:.0f} × as fast" if plainly else "",
                    middle < 0.1,
                )
            )
    finally:
        db.close()
    return rows


def write_feed(feed: Path, plain: Path, products: int) -> None:
    """Write the feed, and the plain table beside it."""
    db = sqlite3.connect(plain)
    db.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "CREATE TABLE plain (id INTEGER PRIMARY KEY, title TEXT, tags TEXT, description TEXT)"
    )
    with feed.open("w", encoding="utf-8") as out:
        out.write("\t".join(COLUMNS) + "\n")
        made = make_rows(products)
        while batch := list(itertools.islice(made, 10_000)):
            out.writelines("\t".join(row) + "\n" for row in batch)
            db.executemany(
                "INSERT INTO plain VALUES (?, ?, ?, ?)", [(row[0], row[1], row[15], row[2]) for row in batch]
            )
    db.commit()
    db.close()


def make_rows(products: int) -> Iterator[tuple[str, ...]]:
    """Make products whose words are as unevenly spread as those of a language (Zipf)."""
    chance = random.Random(20261123)
    made_up = ("".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(60_000))
    words = list(dict.fromkeys([*COMMON, *made_up]))
    weights = list(itertools.accumulate(1 / (place + 12) ** 0.85 for place in range(len(words))))
    pool = iter(())

    def take(count: int) -> str:
        nonlocal pool
        found = list(itertools.islice(pool, count))
        if len(found) < count:
            pool = iter(chance.choices(words, cum_weights=weights, k=200_000))
            found = list(itertools.islice(pool, count))
        return " ".join(found)

    for number in range(1_000_000, 1_000_000 + products):
        title = take(3).title()
        yield (
            str(number), f"{title} 3D model", take(40),
            f"https://www.turbosquid.com/3d-models/{title.lower().replace(' ', '-')}-3d-model-{number}",
            f"https://p.turbosquid.com/ts-thumb/{number}.jpg", f"{chance.choice(PRICES)}.00 USD", "in_stock",
            f"studio{chance.randrange(4000)}", f"3D > {take(1)} > {take(1)}",
            ",".join(chance.sample(FORMATS, 3)), str(int(10 ** chance.uniform(2, 6.5))),
            flag(number, 12), flag(number, 7), flag(number, 9), flag(number, 2), take(6).replace(" ", ","),
        )  # fmt: skip


def flag(number: int, each: int) -> str:
    """Say yes for each so-manieth product."""
    return "yes" if number % each == 0 else "no"


def like_search(db: sqlite3.Connection, text: str) -> list[tuple[int]]:
    """Find the 24 best as one would without an index: all words anywhere, those in the title first."""
    words = text.split()
    everywhere = " AND ".join("(title LIKE ? OR tags LIKE ? OR description LIKE ?)" for _ in words)
    in_title = " AND ".join("title LIKE ?" for _ in words)
    values = [f"%{word}%" for word in words for _ in range(3)] + [f"%{word}%" for word in words]
    sql = f"SELECT id FROM plain WHERE {everywhere} ORDER BY ({in_title}) DESC LIMIT 24"
    return db.execute(sql, values).fetchall()


def read_only(path: Path) -> None:
    """Read the lines and split them."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            line.split("\t")


def change_prices(feed: Path, *, each: int) -> None:
    """Write the feed anew with another price for each so-manieth product."""
    price, changed = COLUMNS.index("price"), feed.with_suffix(".new")
    with feed.open(encoding="utf-8") as old, changed.open("w", encoding="utf-8") as new:
        for line, text in enumerate(old):
            cells = text.split("\t")
            if line and line % each == 0:
                cells[price] = "17.00 USD"
            new.write("\t".join(cells))
    changed.replace(feed)


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return what something takes of the processor's time, which others on the machine change little."""
    started = time.process_time()
    work()
    return time.process_time() - started
