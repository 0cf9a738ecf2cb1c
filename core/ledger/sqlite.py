"""SQLite as the ledger's engine: how connections are set up, begun and put into write-ahead mode.

Everything that only holds for SQLite is here and in ``migrate``; the statements themselves are the same on
every database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, StaticPool, create_engine, event

from .moved import refuse_moved

EXCLUSIVE = "BEGIN EXCLUSIVE"
IMMEDIATE = {"clearance_begin": "BEGIN IMMEDIATE"}
"""Execution options of an engine whose transactions take the write lock at once."""

_RETRY_S = 0.05
_BUSY_CODES = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def make_engine(
    path: Path,
    *,
    lock_timeout_s: float,
    foreign_keys: bool = True,
    although_moved: bool = False,
    held: sqlite3.Connection | None = None,
) -> Engine:
    """Make an engine on a database file; nothing is opened yet.

    Every transaction begins by raising LedgerError where the ledger has moved elsewhere, unless
    ``although_moved``. ``held`` is the one connection to be used, where somebody holds the file alone.

    A connection is used by one thread at a time but not always by the same one. Connections are kept open:
    when the last one closes, SQLite folds the log into the file, which is slow.
    """
    url = URL.create("sqlite", database=str(path))
    if held is not None:
        engine = create_engine(url, poolclass=StaticPool, creator=lambda: held)
    else:
        engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=4,
            max_overflow=-1,
            connect_args={"timeout": lock_timeout_s, "check_same_thread": False},
        )

    def set_up(connection: Any, _record: object) -> None:
        # The driver's own BEGIN comes too late (not for SELECT, not for CREATE TABLE): see `begin` below.
        connection.isolation_level = None
        for pragma in (
            f"foreign_keys = {'ON' if foreign_keys else 'OFF'}",
            "synchronous = FULL",
            # macOS: a plain fsync leaves data in the drive's cache.
            "fullfsync = ON",
            "checkpoint_fullfsync = ON",
            "trusted_schema = OFF",
            # 16 MB: with the default of two, the indexes of a large ledger are read anew all the time.
            "cache_size = -16000",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("clearance_begin", "BEGIN"))
        driver: Any = connection.connection.dbapi_connection
        if not although_moved:
            refuse_moved(driver, path)

    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
    return engine


def choose_journal(
    path: Path, *, shared_memory: bool, lock_timeout_s: float, sleep: Callable[[float], None]
) -> str:
    """Put a database into write-ahead mode, or into rollback mode where memory cannot be shared.

    Returns the mode that it is in then. Raises sqlite3.Error when others hold the file all the time:
    changing the mode needs a moment alone, for which SQLite itself does not wait.
    """
    wanted = "wal" if shared_memory else "delete"
    connection = sqlite3.connect(path, timeout=lock_timeout_s, isolation_level=None)
    try:
        return choose_journal_of(connection, wanted, patience_s=lock_timeout_s, sleep=sleep)
    finally:
        connection.close()


def choose_journal_of(
    connection: sqlite3.Connection, wanted: str, *, patience_s: float, sleep: Callable[[float], None]
) -> str:
    """Put the database of a connection into a mode; return that which it is in then. Raises sqlite3.Error."""
    waited_s = 0.0
    while True:
        try:
            mode: str = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]
        except sqlite3.OperationalError as error:
            if not is_busy(error) or waited_s >= patience_s:
                raise
        else:
            return mode.lower()
        sleep(_RETRY_S)
        waited_s += _RETRY_S


def is_busy(error: sqlite3.Error) -> bool:
    """Say whether it failed because somebody else holds the file."""
    # The low byte is the plain code; the rest says what exactly was busy.
    return error.sqlite_errorcode & 0xFF in _BUSY_CODES


def copy_database(path: Path, target: Path) -> None:
    """Copy the committed state of a database into one file, whole or not at all."""
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    source = sqlite3.connect(path)
    try:
        copy = sqlite3.connect(unfinished)
        try:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE").close()
        finally:
            copy.close()
    finally:
        source.close()
    unfinished.replace(target)
