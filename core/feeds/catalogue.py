"""The local catalogue of product feeds: add, update, remove, search, and look up one listing.

One database a marketplace, in the data folder. It never uses the network: what it knows is in the files that
the user added, and as old as they are.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from ..clock import Clock
from ..errors import CancelledError, UserInputError
from ..http.cancel import CancelToken
from ..marketplaces.base import MarketplaceInfo
from ..marketplaces.calls import page_number
from ..model.listing import Listing, ListingRef, SearchPage, SearchQuery
from .asking import ask
from .codec import MARK, decode
from .columns import COMMON, FeedMapping
from .database import explain_trouble, open_for_reading, open_for_writing, transaction
from .finding import find, interrupt_with
from .opening import OnProgress
from .products import ProductReader
from .reading import find_files, read_rows
from .rows import BadRow
from .updating import Counts, Update, forget, renew_index

_OPTIMIZE_FROM = 10_000
_MAX_CURRENCIES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedInfo:
    """One feed as the catalogue knows it."""

    marketplace: str
    id: int
    path: Path
    mapping_path: Path | None
    day: date
    """The day of its prices."""
    imported_at: datetime
    products: int
    bad: int
    """Rows of the last update that could not be used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedResult:
    """What an update did."""

    feed: FeedInfo
    files: int
    read: int
    added: int
    changed: int
    unchanged: int
    removed: int
    unavailable: int
    """Rows of products that the feed says are not for sale."""
    duplicates: int
    bad: int
    unclear: int
    """Products that were taken over although a value of theirs could not be read."""
    bad_rows: tuple[BadRow, ...] = ()
    """The first of both, with line and reason."""
    note: str = ""
    """Why products stayed that the feed does not list."""


class FeedCatalogue:
    """All feeds of all marketplaces. Safe to use from several threads and processes."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    def update(
        self,
        info: MarketplaceInfo,
        path: Path,
        mapping: FeedMapping = COMMON,
        *,
        mapping_path: Path | None = None,
        replace: bool = False,
        cancel: CancelToken | None = None,
        on_progress: OnProgress | None = None,
    ) -> FeedResult:
        """Read a feed (a file, or a folder of its files) and take over what differs.

        ``replace``: believe it even when more than half of the products are gone. Raises UserInputError for a
        feed that cannot be read to its end, CancelledError on request; the catalogue is then as it was.
        """
        path = path.resolve()
        files = find_files(path)
        reader = ProductReader(info, mapping)
        day = mapping.day or max(datetime.fromtimestamp(file.stat().st_mtime, UTC).date() for file in files)
        with explain_trouble("update the catalogue"), closing(self._open(info.id)) as db:
            with transaction(db):
                renew_index(db)
                feed_id = self._register(db, path, mapping_path, day)
                update = Update(db, reader, feed_id=feed_id, day=day)
                for file in files:
                    with read_rows(file, mapping, cancel=cancel, on_progress=on_progress) as rows:
                        update.take(rows, file=file.name)
                counts = update.counts
                if not counts.added + counts.changed + counts.unchanged + counts.unavailable:
                    raise _nothing_usable(path, counts)
                update.finish(complete=mapping.complete, replace=replace)
                self._note(db, feed_id, counts, day if mapping.day else counts.day or day)
                if counts.added + counts.changed >= _OPTIMIZE_FROM:
                    db.execute("INSERT INTO words (words) VALUES ('optimize')")
                if cancel is not None:
                    cancel.check()
            _settle(db)
            feed = next(feed for feed in _feeds(db, info.id) if feed.id == feed_id)
        return FeedResult(
            feed=feed, files=len(files), read=counts.read, added=counts.added, changed=counts.changed,
            unchanged=counts.unchanged, removed=counts.removed, unavailable=counts.unavailable,
            duplicates=counts.duplicates, bad=counts.bad, unclear=counts.unclear,
            bad_rows=tuple(counts.bad_rows), note=counts.why_kept,
        )  # fmt: skip

    def remove(self, marketplace: str, feed_id: int) -> int:
        """Forget a feed and its products; return how many they were."""
        with explain_trouble("remove the feed"), closing(self._open(marketplace)) as db:
            with transaction(db):
                feeds = _feeds(db, marketplace)
                feed = next((feed for feed in feeds if feed.id == feed_id), None)
                if feed is None:
                    raise UserInputError(
                        f"There is no feed {feed_id} of {marketplace}.", code="feeds.unknown"
                    )
                if len(feeds) == 1:
                    for table in ("product", "facts", "document"):
                        db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above
                    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
                else:
                    sql = "SELECT id FROM product WHERE feed_id = ?"
                    for (number,) in db.execute(sql, (feed_id,)).fetchall():
                        forget(db, number)
                db.execute("DELETE FROM feed WHERE id = ?", (feed_id,))
            if len(feeds) == 1:
                db.execute("VACUUM")
            _settle(db)
        return feed.products

    def feeds(self, marketplace: str) -> tuple[FeedInfo, ...]:
        """Return the feeds of a marketplace, oldest first."""
        with self._reading(marketplace, "read the list of feeds") as db:
            return _feeds(db, marketplace) if db is not None else ()

    def has_feed(self, marketplace: str) -> bool:
        """Say whether there is anything to search."""
        with self._reading(marketplace, "read the list of feeds") as db:
            return db is not None and db.execute("SELECT 1 FROM feed LIMIT 1").fetchone() is not None

    def search(
        self, marketplace: str, query: SearchQuery, *, cancel: CancelToken | None = None
    ) -> SearchPage:
        """Return one page of what the feeds hold; raise UserInputError for a cursor that is none."""
        page = page_number(query.cursor)
        if cancel is not None:
            cancel.check()
        with self._reading(marketplace, "search the catalogue", cancel) as db:
            if db is None:
                return SearchPage(listings=(), total=0)
            told, currencies = _what_is_told(db)
            question = ask(query, told, currencies)
            found = find(db, question, offset=(page - 1) * query.per_page, limit=query.per_page)
            return SearchPage(
                listings=tuple(_listings(db, marketplace, found.numbers)),
                total=found.total,
                next_cursor=str(page + 1) if found.more else None,
                ignored_filters=question.ignored,
            )

    def listing(self, ref: ListingRef) -> Listing | None:
        """Return one listing as the feed has it, with the day of its price; None when no feed has it."""
        with self._reading(ref.marketplace, "look into the catalogue") as db:
            if db is None:
                return None
            row = db.execute("SELECT id FROM product WHERE listing_id = ?", (ref.id,)).fetchone()
            return next(_listings(db, ref.marketplace, row), None) if row is not None else None

    def _path(self, marketplace: str) -> Path:
        return self._folder / f"{marketplace}.sqlite"

    def _open(self, marketplace: str) -> sqlite3.Connection:
        return open_for_writing(self._path(marketplace))

    @contextmanager
    def _reading(
        self, marketplace: str, doing: str, cancel: CancelToken | None = None
    ) -> Iterator[sqlite3.Connection | None]:
        with explain_trouble(doing):
            db = open_for_reading(self._path(marketplace))
            if db is None:
                yield None
                return
            with closing(db):
                if cancel is not None:
                    interrupt_with(db, lambda: cancel.cancelled)
                db.execute("BEGIN")  # all that is read belongs to one moment
                try:
                    yield db
                except sqlite3.OperationalError as problem:
                    if cancel is not None and cancel.cancelled:
                        raise CancelledError("The search was stopped.") from problem
                    raise

    def _register(self, db: sqlite3.Connection, path: Path, mapping_path: Path | None, day: date) -> int:
        now, where = self._clock.now().isoformat(), str(mapping_path.resolve()) if mapping_path else ""
        db.execute(
            "INSERT INTO feed (path, mapping_path, day, imported_at, bad, told, complete)"
            " VALUES (?, ?, ?, ?, 0, '[]', 1) ON CONFLICT (path) DO UPDATE SET"
            " mapping_path = excluded.mapping_path, imported_at = excluded.imported_at",
            (str(path), where, day.isoformat(), now),
        )
        (feed_id,) = db.execute("SELECT id FROM feed WHERE path = ?", (str(path),)).fetchone()
        return int(feed_id)

    def _note(self, db: sqlite3.Connection, feed_id: int, counts: Counts, day: date) -> None:
        db.execute(
            "UPDATE feed SET day = ?, bad = ?, told = ?, complete = ? WHERE id = ?",
            (day.isoformat(), counts.bad, json.dumps(sorted(counts.told)), not counts.why_kept, feed_id),
        )
        vocabulary = "SELECT DISTINCT term FROM temp.terms WHERE term >= ? AND term < ? LIMIT ?"
        db.execute("CREATE VIRTUAL TABLE IF NOT EXISTS temp.terms USING fts5vocab('main', 'words', 'row')")
        beginning = f"{MARK}currency"
        rows = db.execute(vocabulary, (beginning, f"{beginning}~", _MAX_CURRENCIES)).fetchall()
        currencies = [term.removeprefix(beginning).upper() for (term,) in rows]
        db.execute("INSERT OR REPLACE INTO meta VALUES ('currencies', ?)", (json.dumps(currencies),))


def _nothing_usable(path: Path, counts: Counts) -> UserInputError:
    if not counts.read:
        raise UserInputError(
            f"The feed {path.name} holds no product, only the names of its columns. Get the file again.",
            code="feeds.nothing_usable",
            context={"read": 0, "bad": 0},
        )
    first = (
        f" The first is in line {counts.bad_rows[0].line}: {counts.bad_rows[0].why}." if counts.bad else ""
    )
    return UserInputError(
        f"The feed {path.name} holds no product that can be used: {counts.read:,} rows were read, and "
        f"{counts.bad:,} are none.{first} If its columns have names of their own, write a mapping file.",
        code="feeds.nothing_usable",
        context={"read": counts.read, "bad": counts.bad},
    )


def _feeds(db: sqlite3.Connection, marketplace: str) -> tuple[FeedInfo, ...]:
    rows = db.execute(
        "SELECT id, path, mapping_path, day, imported_at, bad,"
        " (SELECT count(*) FROM product WHERE feed_id = feed.id) FROM feed ORDER BY id"
    )
    return tuple(
        FeedInfo(
            marketplace=marketplace,
            id=number,
            path=Path(path),
            mapping_path=Path(mapping_path) if mapping_path else None,
            day=date.fromisoformat(day),
            imported_at=datetime.fromisoformat(imported_at),
            bad=bad,
            products=products,
        )
        for number, path, mapping_path, day, imported_at, bad, products in rows
    )


def _what_is_told(db: sqlite3.Connection) -> tuple[frozenset[str], frozenset[str]]:
    told = frozenset(what for (text,) in db.execute("SELECT told FROM feed") for what in json.loads(text))
    row = db.execute("SELECT value FROM meta WHERE key = 'currencies'").fetchone()
    return told, frozenset(json.loads(row[0])) if row else frozenset()


def _listings(db: sqlite3.Connection, marketplace: str, numbers: tuple[int, ...]) -> Iterator[Listing]:
    sql = (
        "SELECT listing_id, written, day FROM product JOIN document USING (id)"
        " JOIN feed ON feed.id = feed_id WHERE product.id = ?"
    )
    for number in numbers:
        listing_id, written, day = db.execute(sql, (number,)).fetchone()
        yield decode(marketplace, listing_id, written, date.fromisoformat(day))


def _settle(db: sqlite3.Connection) -> None:
    """Move what was written into the file itself, as far as readers allow."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA optimize")
