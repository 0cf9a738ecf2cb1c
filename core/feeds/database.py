"""One marketplace's catalogue file: tables, full-text index, and how it is opened.

SQLite with FTS5, which every Python that Blender ships has; where it is missing, an error says so. A reader
never waits for a writer (write-ahead log); what a writer did not finish is not there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ClearanceError, UserInputError

SCHEMA_VERSION = 2
BUSY_S = 20.0
_MMAP = 2 * 1024**3
_CACHE_KIB = 32 * 1024

# `facts` is narrow on purpose: it is what a search with price or polygon limits walks through. Its indexes
# hold all that such a walk asks for, each in the order of a sort (the number behind the value, since equals
# go by it); what no feed of the user tells costs nothing. `document` is read only for what is shown. The
# full-text index keeps no copy of the texts: `document` has them.
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE feed (
    id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, mapping_path TEXT NOT NULL, day TEXT NOT NULL,
    imported_at TEXT NOT NULL, bad INTEGER NOT NULL, told TEXT NOT NULL, complete INTEGER NOT NULL);
CREATE TABLE product (
    id INTEGER PRIMARY KEY, listing_id TEXT NOT NULL UNIQUE, feed_id INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE INDEX product_feed ON product (feed_id);
CREATE TABLE facts (
    id INTEGER PRIMARY KEY, price INTEGER, polygons INTEGER, added INTEGER, popularity INTEGER);
CREATE TABLE document (id INTEGER PRIMARY KEY, written BLOB NOT NULL);
CREATE VIRTUAL TABLE words USING fts5(
    title, author, tags, collection, description, marks,
    content='', prefix='3', tokenize="unicode61 remove_diacritics 2");
"""
_INDEXES = """
CREATE VIRTUAL TABLE terms USING fts5vocab(words, instance);
CREATE INDEX facts_price ON facts (price, id, polygons);
CREATE INDEX facts_polygons ON facts (polygons, price);
CREATE INDEX facts_added ON facts (added, id, price, polygons) WHERE added IS NOT NULL;
CREATE INDEX facts_popularity ON facts (popularity, id, price, polygons) WHERE popularity IS NOT NULL;
"""


class FeedError(ClearanceError):
    """The local catalogue of product feeds cannot be read or written."""

    code = "feeds.database"


@contextmanager
def explain_trouble(doing: str) -> Iterator[None]:
    """Turn SQLite's errors into a FeedError that says what to do."""
    try:
        yield
    except sqlite3.DatabaseError as problem:
        text = str(problem)
        if "no such module: fts5" in text:
            message = (
                "This Python's SQLite has no full-text search (FTS5); product feeds cannot be used with it."
            )
        elif "locked" in text or "busy" in text:
            message = (
                f"Could not {doing}: another Clearance is at work on the catalogue. Try again in a minute."
            )
        elif "disk is full" in text or "full" in text:
            message = f"Could not {doing}: the disk is full. Free some space and try again."
        elif "malformed" in text or "not a database" in text:
            message = (
                f"Could not {doing}: the catalogue's file is damaged. It holds nothing that is not in your "
                "feeds: remove the feed and add it again."
            )
        else:
            message = f"Could not {doing}: {text}."
        raise FeedError(message, retryable="locked" in text, context={"reason": text[:200]}) from problem


def open_for_reading(path: Path) -> sqlite3.Connection | None:
    """Open a catalogue that is there; None when there is none. One of an older form is brought up to date."""
    if not path.is_file():
        return None
    db, version = _connect_reading(path)
    if version < SCHEMA_VERSION:
        db.close()
        open_for_writing(path).close()
        db, version = _connect_reading(path)
    if version > SCHEMA_VERSION:
        db.close()
        raise UserInputError(
            "The catalogue was made by a newer Clearance. Update this one, or add the feed again there.",
            code="feeds.newer",
        )
    return db


def _connect_reading(path: Path) -> tuple[sqlite3.Connection, int]:
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute(f"PRAGMA mmap_size={_MMAP}")
        db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        db.execute("PRAGMA query_only=1")
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except BaseException:
        db.close()
        raise
    return db, int(version)


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a catalogue, and make it where there is none, or bring one of an older form up to date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute(f"PRAGMA cache_size=-{4 * _CACHE_KIB}")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version < SCHEMA_VERSION:
            with transaction(db):
                (version,) = db.execute("PRAGMA user_version").fetchone()
                for made_in, statements in enumerate((_SCHEMA, _INDEXES), start=1):
                    if version < made_in:
                        _run(db, statements)
                        db.execute(f"PRAGMA user_version={made_in}")
        if version > SCHEMA_VERSION:
            raise UserInputError(
                "The catalogue was made by a newer Clearance. Update this one first.", code="feeds.newer"
            )
    except BaseException:
        db.close()
        raise
    return db


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            db.execute(statement)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """Keep all of a block, or nothing."""
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
