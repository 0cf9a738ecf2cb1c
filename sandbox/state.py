"""The sandbox's memory: one SQLite file that survives restarts and kills; every write is a transaction.

It knows tables, not the marketplaces' rules.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
    token_sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, marketplace TEXT NOT NULL, user TEXT,
    scopes TEXT NOT NULL, expires_at REAL, refreshable INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS codes (
    code_sha256 TEXT PRIMARY KEY, marketplace TEXT NOT NULL, client_id TEXT NOT NULL,
    redirect_uri TEXT NOT NULL, scopes TEXT NOT NULL, challenge TEXT, challenge_method TEXT,
    expires_at REAL NOT NULL, used INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS subscriptions (
    id TEXT PRIMARY KEY, license TEXT NOT NULL, description TEXT NOT NULL, asset_type TEXT NOT NULL,
    downloads_left INTEGER NOT NULL, downloads_limit INTEGER NOT NULL,
    start_at REAL NOT NULL, end_at REAL NOT NULL, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS licenses (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, image_id TEXT NOT NULL,
    license TEXT NOT NULL, subscription_id TEXT NOT NULL, size TEXT NOT NULL, metadata TEXT NOT NULL,
    user TEXT NOT NULL, charge INTEGER NOT NULL, licensed_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS licenses_image ON licenses (image_id);
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL, model_id TEXT NOT NULL, buyer TEXT NOT NULL,
    owner TEXT NOT NULL, price TEXT NOT NULL, return_url TEXT NOT NULL, download_token TEXT NOT NULL,
    created_at REAL NOT NULL, paid_at REAL);
CREATE TABLE IF NOT EXISTS products (
    id INTEGER PRIMARY KEY, type TEXT NOT NULL, name TEXT, agreement TEXT NOT NULL, status TEXT NOT NULL,
    downloads_left INTEGER, downloads_limit INTEGER, overage_left INTEGER, overage_limit INTEGER,
    note_required INTEGER NOT NULL, code_required INTEGER NOT NULL, project_codes TEXT NOT NULL,
    resets_at REAL, expires_at REAL);
CREATE TABLE IF NOT EXISTS asset_downloads (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, asset_id TEXT NOT NULL, asset_type TEXT NOT NULL,
    product_id INTEGER NOT NULL, product_type TEXT NOT NULL, agreement TEXT NOT NULL,
    license_model TEXT NOT NULL, size_name TEXT NOT NULL, width INTEGER NOT NULL, height INTEGER NOT NULL,
    notes TEXT, project_code TEXT, user TEXT, downloaded_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS asset_downloads_asset ON asset_downloads (asset_id);
CREATE TABLE IF NOT EXISTS adobe_licenses (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, content_id TEXT NOT NULL, license TEXT NOT NULL,
    noted TEXT NOT NULL, licensed_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS web_orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT, shop TEXT NOT NULL, thing_id TEXT NOT NULL, tier TEXT NOT NULL,
    price TEXT NOT NULL, ordered_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, marketplace TEXT NOT NULL, kind TEXT NOT NULL,
    account TEXT NOT NULL, item_id TEXT NOT NULL, amount TEXT NOT NULL, unit TEXT NOT NULL,
    reference TEXT NOT NULL, uuid TEXT, metadata TEXT NOT NULL);
"""

_TABLES = (
    "tokens",
    "codes",
    "subscriptions",
    "licenses",
    "orders",
    "products",
    "asset_downloads",
    "adobe_licenses",
    "web_orders",
    "events",
)
# Credentials and the signing key stay the same through a reset, so that a client that runs on keeps its keys.
_KEPT = ("secrets",)


class Store:
    """Open the state file and hand out transactions, one at a time for all threads."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction: all of it is kept, or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        """Read rows."""
        with self._lock:
            return self._db.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:
        """Read the first row, if any."""
        return next(iter(self.rows(sql, *values)), None)

    def read_meta(self, key: str, default: Any) -> Any:
        """Read a stored setting."""
        found = self.row("SELECT value FROM meta WHERE key = ?", key)
        return default if found is None else json.loads(found["value"])

    def write_meta(self, key: str, value: Any) -> None:
        """Keep a setting."""
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def read_secret(self, name: str, *, prefix: str = "") -> str:
        """Read a secret of this state folder, made at random the first time."""
        with self._lock:
            known: dict[str, str] = self.read_meta("secrets", {})
            if name not in known:
                known[name] = prefix + secrets.token_hex(12)
                self.write_meta("secrets", known)
            return known[name]

    def clear(self) -> None:
        """Forget everything but the credentials, and start numbering afresh."""
        with self.transaction() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names stand above, nothing comes from outside
            db.execute("DELETE FROM sqlite_sequence")
            marks = ", ".join("?" for _ in _KEPT)
            db.execute(f"DELETE FROM meta WHERE key NOT IN ({marks})", _KEPT)  # noqa: S608

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
