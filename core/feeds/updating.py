"""Takes a feed's rows over into the catalogue: what is new, changed or gone. All of it, or nothing."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from .codec import INDEX_VERSION, decode, encode, index_texts, price_of
from .products import NotAProduct, Product, ProductReader
from .rows import BadRow, Row

MAX_REPORTED = 50
MAX_BAD_SHARE = 0.01
"""Above this share of bad rows nothing is removed: the bad ones may be what seems to be gone."""
MAX_LOSS_SHARE = 0.5
_LOSS_MATTERS_FROM = 200
PRICE_SCALE = 1000
_COLUMNS = "title, author, tags, collection, description, marks"
_INSERT = f"INSERT INTO words (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_FACTS = ("price", "polygons", "added", "popularity")
_SET_FACTS = (  # those that differ alone: an index that stays as it is costs nothing
    f"INSERT INTO facts (id, {', '.join(_FACTS)}) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "  # noqa: S608
    + ", ".join(f"{name} = excluded.{name}" for name in _FACTS)
    + " WHERE "
    + " OR ".join(f"{name} IS NOT excluded.{name}" for name in _FACTS)
)
_DELETE = f"INSERT INTO words (words, rowid, {_COLUMNS}) VALUES ('delete', ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


@dataclass(slots=True, kw_only=True)
class Counts:
    """What an update did; grows while it runs."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    unavailable: int = 0
    duplicates: int = 0
    bad: int = 0
    unclear: int = 0
    """Rows that were taken over although something in them could not be read."""
    bad_rows: list[BadRow] = field(default_factory=list)
    """The first of the bad and unclear rows."""
    told: set[str] = field(default_factory=set)
    day: date | None = None
    """The newest day that the rows give for themselves."""
    why_kept: str = ""
    """Why nothing was removed, where something might have been."""

    def note(self, row: BadRow) -> None:
        """Count a row that is none, or not in full."""
        if row.kept:
            self.unclear += 1
        else:
            self.bad += 1
        if len(self.bad_rows) < MAX_REPORTED:
            self.bad_rows.append(row)


class Update:
    """One update of one feed, inside a transaction of the caller."""

    def __init__(self, db: sqlite3.Connection, reader: ProductReader, *, feed_id: int, day: date) -> None:
        self._db, self._reader, self._feed_id, self._day = db, reader, feed_id, day
        self._seen = bytearray()
        """One bit a product row: a million of them are 125 kB."""
        self.counts = Counts()
        (last,) = db.execute("SELECT coalesce(max(id), 0) FROM product").fetchone()
        self._next = last + 1

    def take(self, rows: Iterable[Row | BadRow], *, file: str) -> None:
        """Take over the rows of one file."""
        counts = self.counts
        for row in rows:
            counts.read += 1
            if isinstance(row, BadRow):
                counts.note(BadRow(row.line, row.why, file))
                continue
            try:
                notes = self._take_row(row)
            except NotAProduct as problem:
                counts.note(BadRow(row.line, str(problem), file))
                continue
            if notes:
                counts.note(BadRow(row.line, "; ".join(notes), file, kept=True))

    def finish(self, *, complete: bool, replace: bool) -> None:
        """Remove what the feed no longer lists, unless it looks as if the feed were not whole."""
        counts = self.counts
        known = self._db.execute("SELECT id FROM product WHERE feed_id = ?", (self._feed_id,))
        gone = [number for (number,) in known if not self._was_seen(number)]
        if not gone:
            return
        kept = self._why_kept(len(gone), complete=complete, replace=replace)
        if kept:
            counts.why_kept = kept
            return
        for number in gone:
            forget(self._db, number)
        counts.removed += len(gone)

    def _take_row(self, row: Row) -> tuple[str, ...]:
        reader, counts = self._reader, self.counts
        told = reader.pick(row.cells)
        listing_id = reader.id_of(told)
        known = self._db.execute(
            "SELECT id, digest, feed_id FROM product WHERE listing_id = ?", (listing_id,)
        ).fetchone()
        if known is not None and self._was_seen(known[0]):
            counts.duplicates += 1
            return ()
        if not reader.is_for_sale(told):
            counts.unavailable += 1
            if known is not None:
                forget(self._db, known[0])
                counts.removed += 1
            return ()
        if known is not None:
            self._mark_seen(known[0])  # a row that turns out bad does not remove what it was
        if day := reader.day_of(told):
            counts.day = max(day, counts.day or day)
        counts.told.update(told)
        digest = reader.digest_of(told, self._day)
        if known is not None and known[1] == digest and known[2] == self._feed_id:
            counts.unchanged += 1
            return ()
        product = reader.build(listing_id, told, self._day)
        if known is None:
            self._add(product, digest)
        else:
            self._change(known[0], product, digest)
        return product.notes

    def _add(self, product: Product, digest: bytes) -> None:
        number, self._next = self._next, self._next + 1
        self._mark_seen(number)
        self._db.execute(
            "INSERT INTO product VALUES (?, ?, ?, ?)",
            (number, product.listing.ref.id, self._feed_id, digest),
        )
        self._write(number, product)
        self.counts.added += 1

    def _change(self, number: int, product: Product, digest: bytes) -> None:
        unindex(self._db, number)
        self._db.execute(
            "UPDATE product SET feed_id = ?, digest = ? WHERE id = ?", (self._feed_id, digest, number)
        )
        self._write(number, product)
        self.counts.changed += 1

    def _write(self, number: int, product: Product) -> None:
        listing, price = product.listing, price_of(product.listing)
        scaled = None if price is None else int(price.decimal * PRICE_SCALE)
        added = product.added.toordinal() if product.added else None
        self._db.execute(_SET_FACTS, (number, scaled, listing.polygons, added, product.popularity))
        self._db.execute("INSERT OR REPLACE INTO document VALUES (?, ?)", (number, encode(listing)))
        self._db.execute(_INSERT, (number, *index_texts(listing)))

    def _why_kept(self, gone: int, *, complete: bool, replace: bool) -> str:
        counts = self.counts
        if not complete:
            return (
                f"{gone:,} products that it does not list stay: the mapping says that it lists changes only."
            )
        if replace:
            return ""
        share = counts.bad / max(1, counts.read)
        if share > MAX_BAD_SHARE:
            return (
                f"{gone:,} products that it does not list stay: {counts.bad:,} of its rows are unreadable, "
                "and may be they."
            )
        before = gone + counts.unchanged + counts.changed
        if gone >= _LOSS_MATTERS_FROM and gone > MAX_LOSS_SHARE * before:
            return (
                f"{gone:,} products that it no longer lists stay: that is more than half, as if the file had "
                "been cut off. If it is right, add it again and say that it replaces the old one."
            )
        return ""

    def _was_seen(self, number: int) -> bool:
        byte = number >> 3
        return byte < len(self._seen) and bool(self._seen[byte] & (1 << (number & 7)))

    def _mark_seen(self, number: int) -> None:
        byte = number >> 3
        if byte >= len(self._seen):
            self._seen.extend(bytes(byte - len(self._seen) + 65_536))
        self._seen[byte] |= 1 << (number & 7)


def unindex(db: sqlite3.Connection, number: int) -> None:
    """Take a product out of the full-text index, which has to be told what it held."""
    row = db.execute("SELECT written FROM document WHERE id = ?", (number,)).fetchone()
    if row is not None:
        db.execute(_DELETE, (number, *index_texts(decode("", "", row[0], None))))


def forget(db: sqlite3.Connection, number: int) -> None:
    """Remove a product from everywhere."""
    unindex(db, number)
    for table in ("product", "facts", "document"):
        db.execute(f"DELETE FROM {table} WHERE id = ?", (number,))  # noqa: S608 - the names stand above


def renew_index(db: sqlite3.Connection) -> None:
    """Write the index anew where it was written in another way than today's."""
    row = db.execute("SELECT value FROM meta WHERE key = 'index'").fetchone()
    if row is not None and json.loads(row[0]) == INDEX_VERSION:
        return
    db.execute("INSERT INTO words (words) VALUES ('delete-all')")
    last = 0
    sql = "SELECT id, written FROM document WHERE id > ? ORDER BY id LIMIT 1000"
    while rows := db.execute(sql, (last,)).fetchall():
        db.executemany(_INSERT, [(number, *index_texts(decode("", "", text, None))) for number, text in rows])
        last = rows[-1][0]
    db.execute("INSERT OR REPLACE INTO meta VALUES ('index', ?)", (json.dumps(INDEX_VERSION),))
