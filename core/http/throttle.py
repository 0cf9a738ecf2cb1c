"""Keeps every process on this machine together below a marketplace's request rate.

One SQLite file holds when requests were made (pyrate-limiter's bucket), until when a key is paused because
the vendor said so, and what the vendor's own counter stood at. How long a request waits below the plain
ceiling is decided by :mod:`.pacing`. pyrate-limiter's own guard between processes needs one more package;
SQLite's write transaction does the same: the bucket is given a lock that is ``BEGIN IMMEDIATE``.

Keys are names made of a marketplace and a digest; no credential comes in here.
"""

from __future__ import annotations

import hashlib
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from ..clock import Clock
from ..errors import ClearanceError, RateLimited
from .cancel import CancelToken, Pause
from .pacing import WINDOW_S, Limit, Spent, Told, in_words, wait_s

if TYPE_CHECKING:
    import sqlite3

    from pyrate_limiter import Rate

__all__ = ["Limit", "OnWait", "Throttle", "Usage"]

T = TypeVar("T")

OnWait = Callable[[float], None]
"""Told how many seconds a wait will be, before it starts."""

_HOUR_MS = int(WINDOW_S * 1000)
_CLOCK_SLACK_MS = 5_000
_OPEN_PATIENCE_S = 30.0
_OPEN_NAP_S = 0.01
_LONGEST_NAP_S = 5.0
"""The pause may be set or lifted by another process meanwhile: look again this often."""
_UNTOLD_RESET_S = 60.0
"""A vendor's counter that is told without the time when it starts anew; ours, as most count by the minute."""
_SHARED_TABLES = (
    "CREATE TABLE IF NOT EXISTS pauses (name TEXT PRIMARY KEY, set_at INTEGER, until INTEGER)",
    "CREATE TABLE IF NOT EXISTS told (name TEXT PRIMARY KEY, set_at, until, remaining, top)",
    "CREATE TABLE IF NOT EXISTS keys (name TEXT PRIMARY KEY, key TEXT)",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How much of an hour's budget is used. Times in seconds; 0: at once."""

    used: int
    limit: int
    reserve: int = 0
    """How many of ``limit`` are kept for purchases and what belongs to them."""
    next_free_in_s: float = 0.0
    """Until the next ordinary request may go out."""
    paused_for_s: float = 0.0
    """What of that the vendor has asked for."""


class Throttle:
    """Counts requests by key across processes and threads. ``path`` is the file they share."""

    def __init__(self, path: Path, *, clock: Clock, pause: Pause, longest_wait_s: float = 120.0) -> None:
        self._path = path
        self._clock = clock
        self._pause = pause
        self._longest_wait_s = longest_wait_s
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def acquire(
        self,
        key: str,
        limit: Limit,
        *,
        urgent: bool = False,
        marketplace: str = "",
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
    ) -> float:
        """Wait until one more request may be made and count it; return the seconds waited.

        ``urgent``: it belongs to a purchase, so that it may use what is kept for those. Raises RateLimited
        when the wait would be longer than is sensible to sit through, CancelledError.
        """
        started = self._clock.monotonic()
        told: float | None = None
        while True:
            if cancel is not None:
                cancel.check()
            wait = self._try(key, limit, urgent=urgent)
            waited_s = self._clock.monotonic() - started
            if wait <= 0:
                return waited_s
            if waited_s + wait > self._longest_wait_s:
                raise RateLimited(
                    f"Too many requests for now; try again in {in_words(wait)}.",
                    marketplace=marketplace,
                    status=None,
                    retry_after_s=wait,
                )
            if on_wait is not None and (told is None or wait > told):
                on_wait(wait)
            told = wait
            self._pause(min(wait, _LONGEST_NAP_S), cancel)

    def pause_key(self, key: str, seconds: float) -> None:
        """Let no process make a request with this key for so long: the vendor has asked for it."""
        now = self._now_ms()
        until = now + int(max(0.0, seconds) * 1000)
        self._change(
            "INSERT INTO pauses (name, set_at, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
            " set_at = excluded.set_at, until = max(until, excluded.until)",
            (_table(key), now, until),
        )

    def note_told(self, key: str, told: Told) -> None:
        """Remember what the vendor says about its own counter, for every process that uses the key."""
        now = self._now_ms()
        until = now + int(1000 * (_UNTOLD_RESET_S if told.reset_s is None else max(0.0, told.reset_s)))
        self._change(
            "INSERT OR REPLACE INTO told (name, set_at, until, remaining, top) VALUES (?, ?, ?, ?, ?)",
            (_table(key), now, until, max(0, told.remaining), told.limit),
        )

    def usage(self, prefix: str, limit: Limit) -> Usage:
        """Return how much of a budget is used, counting nothing; of several keys, the one used most.

        ``prefix`` is how the keys in question begin. Raises ClearanceError when the file cannot be read.
        """
        found = self._guard(lambda: self._measure(prefix, limit))
        unused = Usage(used=0, limit=limit.budget, reserve=limit.reserve)
        return max(found, key=lambda usage: (usage.used, usage.next_free_in_s), default=unused)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _change(self, statement: str, values: tuple[object, ...]) -> None:
        def work() -> None:
            with _Transaction(self._connect()) as connection:
                connection.execute(statement, values)

        self._guard(work)

    def _measure(self, prefix: str, limit: Limit) -> list[Usage]:
        if not self._path.exists():
            return []
        connection, now = self._connect(), self._now_ms()
        rows = connection.execute(
            "SELECT name FROM keys WHERE substr(key, 1, ?) = ?", (len(prefix), prefix)
        ).fetchall()
        found: list[Usage] = []
        for (table,) in rows:
            spent = self._spent(connection, table, limit, now)
            paused_s = self._paused(connection, table, now)
            found.append(
                Usage(
                    used=spent.used,
                    limit=limit.budget,
                    reserve=limit.reserve,
                    next_free_in_s=max(paused_s, wait_s(spent, limit, urgent=False)),
                    paused_for_s=paused_s,
                )
            )
        return found

    def _try(self, key: str, limit: Limit, *, urgent: bool) -> float:
        """Count a request if it may be made now (0), else return the seconds until it may."""
        return self._guard(lambda: self._count(key, limit, urgent=urgent))

    def _guard(self, work: Callable[[], T]) -> T:
        """Do something with the file, alone in this process; say so when it cannot be used."""
        import sqlite3

        with self._lock:
            try:
                return work()
            except sqlite3.OperationalError as error:
                problem = str(error)
        raise ClearanceError(
            "The file that counts requests cannot be used. Check the disk and the data folder's permissions.",
            code="throttle",
            retryable=True,
            context={"file": self._path.name, "problem": problem},
        )

    def _count(self, key: str, limit: Limit, *, urgent: bool) -> float:
        from pyrate_limiter import Rate, RateItem, SQLiteBucket

        connection = self._connect()
        table = _table(key)
        rates: list[Rate] = [Rate(count, interval) for count, interval in limit.rules()]
        # One transaction from the first look to the counting: what is decided on cannot change in between.
        transaction = _Transaction(connection)
        with transaction:
            now = self._now_ms()
            paused_s = self._paused(connection, table, now)
            if paused_s > 0:
                return paused_s
            connection.execute("DELETE FROM pauses WHERE name = ?", (table,))
            connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (name VARCHAR, item_timestamp INTEGER)')
            connection.execute(f'CREATE INDEX IF NOT EXISTS "idx_{table}" ON "{table}" (item_timestamp)')
            connection.execute("INSERT OR IGNORE INTO keys (name, key) VALUES (?, ?)", (table, key))
            # After the clock was set back, what lies in the future would count until the time comes round.
            connection.execute(
                f'DELETE FROM "{table}" WHERE item_timestamp > ? OR item_timestamp < ?',  # noqa: S608
                (now + _CLOCK_SLACK_MS, now - 2 * _HOUR_MS),
            )
            paced_s = wait_s(self._spent(connection, table, limit, now), limit, urgent=urgent)
            if paced_s > 0:
                return max(0.001, paced_s)
            bucket = SQLiteBucket(rates, connection, table, lock=transaction)
            item = RateItem(table, now)
            if bucket.put(item):
                return 0.0
            waiting = bucket.waiting(item)
            return max(0.001, waiting / 1000) if isinstance(waiting, int) else 1.0

    def _spent(self, connection: sqlite3.Connection, table: str, limit: Limit, now: int) -> Spent:
        """Read what the last hour looks like."""
        since = now - _HOUR_MS
        row = connection.execute(
            f'SELECT COUNT(*), MAX(item_timestamp) FROM "{table}" WHERE item_timestamp >= ?',  # noqa: S608
            (since,),
        ).fetchone()
        used, last = int(row[0]), row[1]

        def until_gone_s(count: int) -> float:
            """Return how long until so many of the oldest have left the window."""
            if count <= 0:
                return 0.0
            found = connection.execute(
                f'SELECT item_timestamp FROM "{table}" WHERE item_timestamp >= ?'  # noqa: S608
                " ORDER BY item_timestamp LIMIT 1 OFFSET ?",
                (since, min(count, used) - 1),
            ).fetchone()
            return max(0.0, (int(found[0]) + _HOUR_MS + 1 - now) / 1000)

        return Spent(
            used=used,
            since_last_s=math.inf if last is None else max(0.0, (now - int(last)) / 1000),
            until_calm_s=until_gone_s(used - limit.budget // 2),
            until_browse_s=until_gone_s(used - (limit.budget - limit.reserve) + 1),
            told=self._told(connection, table, now),
        )

    def _told(self, connection: sqlite3.Connection, table: str, now: int) -> Told | None:
        row = connection.execute(
            "SELECT set_at, until, remaining, top FROM told WHERE name = ?", (table,)
        ).fetchone()
        if row is None:
            return None
        set_at, until, remaining = int(row[0]), int(row[1]), int(row[2])
        if until <= now or set_at > now + _CLOCK_SLACK_MS:
            return None
        (sent,) = connection.execute(
            f'SELECT COUNT(*) FROM "{table}" WHERE item_timestamp >= ?',  # noqa: S608
            (set_at,),
        ).fetchone()
        return Told(
            remaining=max(0, remaining - int(sent)),
            limit=None if row[3] is None else int(row[3]),
            reset_s=(until - now) / 1000,
        )

    def _paused(self, connection: sqlite3.Connection, table: str, now: int) -> float:
        row = connection.execute("SELECT set_at, until FROM pauses WHERE name = ?", (table,)).fetchone()
        if row is None:
            return 0.0
        set_at, until = int(row[0]), int(row[1])
        return (until - now) / 1000 if until > now and set_at <= now + _CLOCK_SLACK_MS else 0.0

    def _now_ms(self) -> int:
        return int(self._clock.now().timestamp() * 1000)

    def _connect(self) -> sqlite3.Connection:
        import sqlite3

        if self._connection is None:
            try:
                self._connection = self._open()
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                # Not a database, or damaged. It holds nothing but the last hour's counts: start anew.
                self._path.unlink(missing_ok=True)
                self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        """Open the file; processes that do so at the same moment wait for each other.

        SQLite's own waiting does not cover the switch to WAL: the second of two processes is told at once
        that the file is locked.
        """
        import sqlite3

        self._path.parent.mkdir(parents=True, exist_ok=True)
        until = self._clock.monotonic() + _OPEN_PATIENCE_S
        while True:
            try:
                return self._open_once()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or self._clock.monotonic() >= until:
                    raise
            self._clock.sleep(_OPEN_NAP_S)

    def _open_once(self) -> sqlite3.Connection:
        import sqlite3

        connection = sqlite3.connect(self._path, timeout=30.0, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            for statement in _SHARED_TABLES:
                connection.execute(statement)
        except BaseException:
            connection.close()
            raise
        return connection


class _Transaction:
    """SQLite's write lock as a lock object: one process and one thread at a time is inside."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._depth = 0

    def __enter__(self) -> sqlite3.Connection:
        if self._depth == 0:
            self._connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        return self._connection

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        # The bucket commits by itself when it has counted something.
        if self._depth == 0 and self._connection.in_transaction:
            if kind is None:
                self._connection.commit()
            else:
                self._connection.rollback()


def _table(key: str) -> str:
    return f"key_{hashlib.sha256(key.encode()).hexdigest()[:32]}"
