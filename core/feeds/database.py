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

SCHEMA_VERSION = 1
BUSY_S = 20.0
_MMAP = 2 * 1024**3
_CACHE_KIB = 32 * 1024

# `facts` is narrow on purpose: it is what a search with price or polygon limits walks through. `document` is
# read only for what is shown. The index keeps no copy of the texts: `document` has them.
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
    """Open a catalogue that is there; None when there is none, or one from another version."""
    if not path.is_file():
        return None
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute(f"PRAGMA mmap_size={_MMAP}")
        db.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
        db.execute("PRAGMA query_only=1")
        (version,) = db.execute("PRAGMA user_version").fetchone()
    except BaseException:
        db.close()
        raise
    if version != SCHEMA_VERSION:
        db.close()
        if version > SCHEMA_VERSION:
            raise UserInputError(
                "The catalogue was made by a newer Clearance. Update this one, or add the feed again there.",
                code="feeds.newer",
            )
        return None
    return db


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open a catalogue, and make it where there is none (or one of an older form: feeds are read again)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute(f"PRAGMA cache_size=-{4 * _CACHE_KIB}")
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            db.execute("BEGIN IMMEDIATE")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    if statement.strip():
                        db.execute(statement)
                db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
            db.execute("COMMIT")
        if version > SCHEMA_VERSION:
            raise UserInputError(
                "The catalogue was made by a newer Clearance. Update this one first.", code="feeds.newer"
            )
    except BaseException:
        db.close()
        raise
    return db


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
