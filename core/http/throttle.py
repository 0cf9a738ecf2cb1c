"""Keeps every process on this machine together below a marketplace's request rate.

One SQLite file holds when requests were made (pyrate-limiter's bucket) and until when a key is paused because
the vendor said so. pyrate-limiter's own guard between processes needs one more package; SQLite's write
transaction does the same: the bucket is given a lock that is ``BEGIN IMMEDIATE``.

Keys are names made of a marketplace and a digest; no credential comes in here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from ..clock import Clock
from ..errors import ClearanceError, RateLimited
from .cancel import CancelToken, Pause

if TYPE_CHECKING:
    import sqlite3

    from pyrate_limiter import Rate

OnWait = Callable[[float], None]
"""Told how many seconds a wait will be, before it starts."""

_HOUR_MS = 3_600_000
_SECOND_MS = 1_000
_CLOCK_SLACK_MS = 5_000
_OPEN_PATIENCE_S = 30.0
_OPEN_NAP_S = 0.01
_LONGEST_NAP_S = 5.0
"""The pause may be set or lifted by another process meanwhile: look again this often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A ceiling of our own: so many requests an hour and, None for no such rule, so many a second."""

    per_hour: int
    per_second: int | None = None

    def rules(self) -> tuple[tuple[int, int], ...]:
        """Return (requests, milliseconds) pairs that make sense together, shortest first."""
        per_hour = max(1, self.per_hour)
        if self.per_second is None or self.per_second < 1 or self.per_second >= per_hour:
            return ((per_hour, _HOUR_MS),)
        if self.per_second * 3600 <= per_hour:
            return ((self.per_second, _SECOND_MS),)
        return ((self.per_second, _SECOND_MS), (per_hour, _HOUR_MS))


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
        marketplace: str = "",
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
    ) -> float:
        """Wait until one more request may be made and count it; return the seconds waited.

        Raises RateLimited when the wait would be longer than is sensible to sit through, CancelledError.
        """
        started = self._clock.monotonic()
        told: float | None = None
        while True:
            if cancel is not None:
                cancel.check()
            wait_s = self._try(key, limit)
            waited_s = self._clock.monotonic() - started
            if wait_s <= 0:
                return waited_s
            if waited_s + wait_s > self._longest_wait_s:
                raise RateLimited(
                    f"Too many requests for now; try again in {_in_words(wait_s)}.",
                    marketplace=marketplace,
                    status=None,
                    retry_after_s=wait_s,
                )
            if on_wait is not None and (told is None or wait_s > told):
                on_wait(wait_s)
            told = wait_s
            self._pause(min(wait_s, _LONGEST_NAP_S), cancel)

    def pause_key(self, key: str, seconds: float) -> None:
        """Let no process make a request with this key for so long: the vendor has asked for it."""
        now = self._now_ms()
        until = now + int(max(0.0, seconds) * 1000)
        with self._lock, _Transaction(self._connect()) as connection:
            connection.execute(
                "INSERT INTO pauses (name, set_at, until) VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
                " set_at = excluded.set_at, until = max(until, excluded.until)",
                (_table(key), now, until),
            )

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _try(self, key: str, limit: Limit) -> float:
        """Count a request if it may be made now (0), else return the seconds until it may."""
        import sqlite3

        with self._lock:
            try:
                return self._count(key, limit)
            except sqlite3.OperationalError as error:
                problem = str(error)
        raise ClearanceError(
            "The file that counts requests cannot be used. Check the disk and the data folder's permissions.",
            code="throttle",
            retryable=True,
            context={"file": self._path.name, "problem": problem},
        )

    def _count(self, key: str, limit: Limit) -> float:
        from pyrate_limiter import Rate, RateItem, SQLiteBucket

        connection = self._connect()
        table = _table(key)
        rates: list[Rate] = [Rate(count, interval) for count, interval in limit.rules()]
        with _Transaction(connection):
            now = self._now_ms()
            paused_s = self._paused(connection, table, now)
            if paused_s > 0:
                return paused_s
            connection.execute(f'CREATE TABLE IF NOT EXISTS "{table}" (name VARCHAR, item_timestamp INTEGER)')
            connection.execute(f'CREATE INDEX IF NOT EXISTS "idx_{table}" ON "{table}" (item_timestamp)')
            # After the clock was set back, what lies in the future would count until the time comes round.
            connection.execute(
                f'DELETE FROM "{table}" WHERE item_timestamp > ? OR item_timestamp < ?',  # noqa: S608
                (now + _CLOCK_SLACK_MS, now - 2 * _HOUR_MS),
            )
        bucket = SQLiteBucket(rates, connection, table, lock=_Transaction(connection))
        item = RateItem(table, self._now_ms())
        if bucket.put(item):
            return 0.0
        waiting = bucket.waiting(item)
        return max(0.001, waiting / 1000) if isinstance(waiting, int) else 1.0

    def _paused(self, connection: sqlite3.Connection, table: str, now: int) -> float:
        row = connection.execute("SELECT set_at, until FROM pauses WHERE name = ?", (table,)).fetchone()
        if row is None:
            return 0.0
        set_at, until = int(row[0]), int(row[1])
        if until > now and set_at <= now + _CLOCK_SLACK_MS:
            return (until - now) / 1000
        connection.execute("DELETE FROM pauses WHERE name = ?", (table,))
        return 0.0

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
            connection.execute(
                "CREATE TABLE IF NOT EXISTS pauses (name TEXT PRIMARY KEY, set_at INTEGER, until INTEGER)"
            )
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


def _in_words(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} seconds"
    return f"{round(timedelta(seconds=seconds) / timedelta(minutes=1))} minutes"
