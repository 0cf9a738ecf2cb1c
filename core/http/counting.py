"""Counts calls that succeeded by day, project and person, until the ledger has been told. SQL on a file.

Beside the notes of :mod:`.health`, in the same file and the same write. A row holds the day's total so far,
so that telling it twice changes nothing; rows are told again whenever they grew.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from .message import clean_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

KEPT_DAYS = 62
"""So long a machine may stay away from its ledger: what it counted before that is not told any more."""
MAX_NAME = 200

SCHEMA = """
CREATE TABLE IF NOT EXISTS counts (
    day TEXT, place TEXT, project TEXT, person TEXT, marketplace TEXT, operation TEXT,
    count INTEGER, told INTEGER, since TEXT,
    PRIMARY KEY (day, place, project, person, marketplace, operation)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS source (id TEXT);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose calls are counted: ``ledger`` is which one will be told, ``place`` keeps a sandbox's apart."""

    person: str
    project: str
    ledger: str
    place: str = ""

    @property
    def key(self) -> str:
        """What the rows of this ledger are kept under."""
        return f"{self.place} {self.ledger}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """How many calls of a kind succeeded on a day (UTC), as far as one file has counted them for one ledger.

    ``source`` names the file and the ledger: another one counts for itself, and they add up.
    """

    day: date
    project: str
    person: str
    marketplace: str
    operation: str
    number: int
    source: str


def count_call(
    connection: sqlite3.Connection, whose: Whose, *, marketplace: str, operation: str, at: datetime
) -> None:
    """Count one call, within the transaction of its note."""
    moment = at.astimezone(UTC)
    connection.execute(
        "INSERT INTO counts VALUES (?, ?, ?, ?, ?, ?, 1, 0, ?) ON CONFLICT DO UPDATE SET count = count + 1,"
        " since = CASE WHEN told = count THEN excluded.since ELSE since END",
        (
            moment.date().isoformat(),
            whose.key,
            clean_text(whose.project, limit=MAX_NAME),
            whose.person,
            marketplace,
            operation,
            moment.isoformat(timespec="seconds"),
        ),
    )


def forget_old(connection: sqlite3.Connection, now: datetime) -> None:
    """Forget days that the ledger knows. Others stay, whatever the clock says: it may be wrong."""
    first = now.astimezone(UTC).date() - timedelta(days=KEPT_DAYS)
    connection.execute("DELETE FROM counts WHERE day < ? AND count = told", (first.isoformat(),))


def read_untold(
    connection: sqlite3.Connection, whose: Whose, *, before: datetime | None
) -> tuple[DayCount, ...]:
    """Return a person's rows, of all projects, that grew since the ledger was told.

    With ``before``, none as long as the oldest of them began to grow later than that.
    """
    rows = connection.execute(
        "SELECT day, project, marketplace, operation, count, since FROM counts"
        " WHERE place = ? AND person = ? AND count > told ORDER BY day, project, marketplace, operation",
        (whose.key, whose.person),
    ).fetchall()
    if before is not None:
        latest = before.astimezone(UTC).isoformat(timespec="seconds")
        if all(row[5] > latest for row in rows):
            return ()
    if not rows:
        return ()
    # The id is made by whoever reads first; a file that was deleted and made anew has another one.
    connection.execute(
        "INSERT INTO source SELECT lower(hex(randomblob(8))) WHERE NOT EXISTS (SELECT 1 FROM source)"
    )
    (own,) = connection.execute("SELECT id FROM source").fetchone()
    source = hashlib.sha256(f"{own} {whose.key}".encode()).hexdigest()[:16]
    return tuple(
        DayCount(
            day=date.fromisoformat(row[0]),
            project=row[1],
            person=whose.person,
            marketplace=row[2],
            operation=row[3],
            number=int(row[4]),
            source=source,
        )
        for row in rows
    )


def mark_told(connection: sqlite3.Connection, whose: Whose, told: Iterable[DayCount]) -> None:
    """Note what the ledger knows now; what grew meanwhile stays to be told."""
    connection.executemany(
        "UPDATE counts SET told = ? WHERE place = ? AND day = ? AND project = ? AND person = ?"
        " AND marketplace = ? AND operation = ? AND told < ?",
        [
            (
                one.number,
                whose.key,
                one.day.isoformat(),
                one.project,
                one.person,
                one.marketplace,
                one.operation,
                one.number,
            )
            for one in told
        ],
    )
