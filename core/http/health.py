"""Notes how calls to the marketplaces went: a small file of its own that every process on the machine shares.

Writing must never fail or slow a call: what cannot be noted at once is dropped. Nothing secret comes in: of
an error its code and its message, which has been cleaned before. Kept are seven days, by the hour, and the
last errors; how the numbers are read is the business of the health service. What succeeded is counted beside
that, see :mod:`.counting`, until the ledger has it.
"""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from . import counting
from .counting import DayCount, Whose

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

KEPT_HOURS = 7 * 24
KEPT_ERRORS = 200
MAX_MESSAGE = 500

EDGES_S = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 13.0, 20.0, 30.0, 60.0, 120.0)
"""Upper ends of the histogram's buckets; one more holds what took longer."""

_PATIENCE_S = 0.1
"""How long a call may wait for the file; then its note is dropped."""
_READ_PATIENCE_S = 2.0

_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    hour INTEGER, place TEXT, marketplace TEXT, operation TEXT,
    ok INTEGER, refused INTEGER, failed INTEGER, requests INTEGER, rate_limited INTEGER,
    PRIMARY KEY (hour, place, marketplace, operation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS latencies (
    hour INTEGER, place TEXT, marketplace TEXT, operation TEXT, bucket INTEGER, count INTEGER,
    PRIMARY KEY (hour, place, marketplace, operation, bucket)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS errors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT, place TEXT, marketplace TEXT, operation TEXT, code TEXT, status INTEGER, message TEXT
);
"""


class Outcome(StrEnum):
    """How a call ended."""

    OK = "ok"
    REFUSED = "refused"
    """The marketplace answered, and said no (4xx)."""
    FAILED = "failed"
    """No answer, a broken one, a problem of the marketplace's own, or too many requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallNote:
    """One call as it went. ``latencies_s`` has one entry for each request that was sent for it."""

    marketplace: str
    operation: str
    at: datetime
    outcome: Outcome
    latencies_s: tuple[float, ...]
    rate_limited: int = 0
    status: int | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationCounts:
    """What was noted of one operation. ``buckets`` belongs to EDGES_S and is one longer."""

    marketplace: str
    operation: str
    ok: int
    refused: int
    failed: int
    requests: int
    rate_limited: int
    buckets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorNote:
    """One error as it was told."""

    marketplace: str
    operation: str
    at: datetime
    code: str
    message: str
    status: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReading:
    """What the file holds since a moment; errors newest first."""

    operations: tuple[OperationCounts, ...] = ()
    errors: tuple[ErrorNote, ...] = ()


def find_bucket(seconds: float) -> int:
    """Return which bucket a duration belongs to."""
    return next((index for index, edge in enumerate(EDGES_S) if seconds <= edge), len(EDGES_S))


def percentile(buckets: Iterable[int], share: float) -> float | None:
    """Return below which duration so great a share (0 to 1) of the calls was, in seconds; None without calls.

    Inside a bucket the calls are taken as evenly spread; in the last one its lower end is all that is known.
    """
    counts = list(buckets)
    wanted = sum(counts) * min(max(share, 0.0), 1.0)
    if not sum(counts):
        return None
    before = 0
    for index, count in enumerate(counts):
        if count and before + count >= wanted:
            low = EDGES_S[index - 1] if index else 0.0
            if index >= len(EDGES_S):
                return low
            return low + (EDGES_S[index] - low) * max(0.0, wanted - before) / count
        before += count
    return EDGES_S[-1]


class HealthLog:
    """The file. Safe to use from several threads and processes; ``place`` keeps a sandbox's notes apart."""

    def __init__(self, path: Path, *, place: str = "", whose: Whose | None = None) -> None:
        self._path = path
        self._place = place
        self._whose = whose
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._pruned_hour = -1
        self.dropped = 0
        """How many notes this process could not write."""

    def add(self, note: CallNote) -> None:
        """Write a note, or drop it."""
        if not self._lock.acquire(timeout=_PATIENCE_S):
            self.dropped += 1
            return
        try:
            if not self._write(note):
                self.dropped += 1
        finally:
            self._lock.release()

    def read(self, since: datetime) -> HealthReading:
        """Return what was noted since a moment, by the hour; nothing where the file cannot be read."""
        import sqlite3

        if not self._path.exists():
            return HealthReading()
        try:
            connection = _open(self._path, _READ_PATIENCE_S)
        except sqlite3.Error:
            return HealthReading()
        try:
            return _read(connection, self._place, since)
        except (sqlite3.Error, ValueError):
            return HealthReading()
        finally:
            connection.close()

    def read_untold(self, *, before: datetime | None = None) -> tuple[DayCount, ...]:
        """Return what was counted and is not in the ledger yet; with ``before``, only if it waited so long.

        Nothing where the file cannot be read.
        """
        import sqlite3

        if self._whose is None or not self._path.exists():
            return ()
        try:
            with closing(_open(self._path, _READ_PATIENCE_S)) as connection:
                return counting.read_untold(connection, self._whose, before=before)
        except (sqlite3.Error, ValueError):
            return ()

    def mark_told(self, told: Iterable[DayCount]) -> None:
        """Note what the ledger knows now; where that fails, it is told the same once more."""
        import sqlite3

        if self._whose is None:
            return
        with suppress(sqlite3.Error), closing(_open(self._path, _READ_PATIENCE_S)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            counting.mark_told(connection, self._whose, told)
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _write(self, note: CallNote) -> bool:
        import sqlite3

        for last_try in (False, True):
            try:
                if self._connection is None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._connection = _open(self._path, _PATIENCE_S)
                self._insert(self._connection, note)
                return True
            except (sqlite3.OperationalError, OSError):
                self._drop_connection()
                return False  # busy, read-only, full: not worth waiting for
            except sqlite3.DatabaseError:
                # Not a database, or damaged: it holds nothing that cannot be missed.
                self._drop_connection()
                if last_try:
                    return False
                _remove(self._path)
        return False

    def _drop_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _insert(self, connection: sqlite3.Connection, note: CallNote) -> None:
        hour = _hour(note.at)
        row = (hour, self._place, note.marketplace, note.operation)
        buckets = [find_bucket(latency_s) for latency_s in note.latencies_s]
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET ok = ok + excluded.ok, refused = refused + excluded.refused,"
                " failed = failed + excluded.failed, requests = requests + excluded.requests,"
                " rate_limited = rate_limited + excluded.rate_limited",
                (
                    *row,
                    note.outcome is Outcome.OK,
                    note.outcome is Outcome.REFUSED,
                    note.outcome is Outcome.FAILED,
                    len(buckets),
                    note.rate_limited,
                ),
            )
            connection.executemany(
                "INSERT INTO latencies VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1",
                [(*row, bucket) for bucket in buckets],
            )
            if note.outcome is Outcome.OK and self._whose is not None:
                counting.count_call(connection, self._whose, marketplace=row[2], operation=row[3], at=note.at)
            if note.outcome is not Outcome.OK:
                connection.execute(
                    "INSERT INTO errors (at, place, marketplace, operation, code, status, message)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (
                        note.at.astimezone(UTC).isoformat(),
                        *row[1:],
                        note.code,
                        note.status,
                        note.message[:MAX_MESSAGE],
                    ),
                )
                connection.execute(
                    "DELETE FROM errors WHERE id <= (SELECT MAX(id) FROM errors) - ?", (KEPT_ERRORS,)
                )
            if hour != self._pruned_hour:
                for table in ("calls", "latencies"):
                    # Hours of the future come from a clock that was wrong.
                    connection.execute(
                        f"DELETE FROM {table} WHERE hour <= ? OR hour > ?",  # noqa: S608
                        (hour - KEPT_HOURS, hour + 24),
                    )
                counting.forget_old(connection, note.at)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._pruned_hour = hour


def _hour(moment: datetime) -> int:
    return int(moment.timestamp() // 3600)


def _open(path: Path, patience_s: float) -> sqlite3.Connection:
    import sqlite3

    connection = sqlite3.connect(path, timeout=patience_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        # What a power cut takes with it is no loss, and waiting for the disk would slow the call.
        connection.execute("PRAGMA synchronous = OFF")
        for statement in (_SCHEMA + counting.SCHEMA).split(";"):
            connection.execute(statement)
    except BaseException:
        connection.close()
        raise
    return connection


def _remove(path: Path) -> None:
    """Delete a damaged file and what SQLite keeps beside it, as far as that works."""
    for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
        try:
            path.with_name(name).unlink(missing_ok=True)
        except OSError:
            return  # in use on Windows: the next try drops its note, too


def _read(connection: sqlite3.Connection, place: str, since: datetime) -> HealthReading:
    first = _hour(since)
    buckets: dict[tuple[str, str], list[int]] = {}
    for marketplace, operation, bucket, count in connection.execute(
        "SELECT marketplace, operation, bucket, SUM(count) FROM latencies WHERE place = ? AND hour >= ?"
        " GROUP BY marketplace, operation, bucket",
        (place, first),
    ):
        counts = buckets.setdefault((marketplace, operation), [0] * (len(EDGES_S) + 1))
        counts[min(max(int(bucket), 0), len(EDGES_S))] += int(count)
    rows = connection.execute(
        "SELECT marketplace, operation, SUM(ok), SUM(refused), SUM(failed), SUM(requests), SUM(rate_limited)"
        " FROM calls WHERE place = ? AND hour >= ? GROUP BY marketplace, operation"
        " ORDER BY marketplace, operation",
        (place, first),
    )
    operations = tuple(
        OperationCounts(
            marketplace=row[0],
            operation=row[1],
            ok=int(row[2]),
            refused=int(row[3]),
            failed=int(row[4]),
            requests=int(row[5]),
            rate_limited=int(row[6]),
            buckets=tuple(buckets.get((row[0], row[1]), [0] * (len(EDGES_S) + 1))),
        )
        for row in rows
    )
    earliest = datetime.fromtimestamp(first * 3600, UTC)
    errors = tuple(
        ErrorNote(
            marketplace=row[0],
            operation=row[1],
            at=datetime.fromisoformat(row[2]),
            code=row[3],
            status=row[4],
            message=row[5],
        )
        for row in connection.execute(
            "SELECT marketplace, operation, at, code, status, message FROM errors WHERE place = ?"
            " ORDER BY id DESC",
            (place,),
        )
    )
    return HealthReading(
        operations=operations, errors=tuple(error for error in errors if error.at >= earliest)
    )


def earliest_kept(now: datetime) -> datetime:
    """Return the moment from which on notes are kept."""
    return now - timedelta(hours=KEPT_HOURS)
