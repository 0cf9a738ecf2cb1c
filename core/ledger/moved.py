"""The mark in a file whose ledger moved elsewhere: whoever opens it, or has it open still, is told where.

The mark is written in the unit of work that ends the move, and holds for every program: this one asks for it
at the beginning of each unit of work, reads included; any other is stopped by triggers when it writes.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import LedgerError
from . import schema
from .codecs import encode_moment

if TYPE_CHECKING:
    from sqlalchemy import Connection

HAS_MOVED = 1
"""SQLite's ``user_version`` of such a file: in its first page, so that asking costs next to nothing."""
MOVED_NEVER = "this ledger has moved to"
"""How the triggers' message begins; the new place follows."""


def mark_moved(connection: Connection, place: str, *, at: datetime) -> None:
    """Note in a file, within its unit of work, that its ledger is at ``place`` from now on."""
    connection.exec_driver_sql("CREATE TABLE moved (place TEXT NOT NULL, moved_at TEXT NOT NULL)")
    connection.exec_driver_sql("INSERT INTO moved VALUES (?, ?)", (place, encode_moment(at)))
    message = f"{MOVED_NEVER} {place}".replace("'", "''")
    for table in (*schema.metadata.sorted_tables, schema.schema_version):
        for verb in ("INSERT", "UPDATE", "DELETE"):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table.name}_moved_{verb.lower()} BEFORE {verb} ON {table.name} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
    connection.exec_driver_sql(f"PRAGMA user_version = {HAS_MOVED}")


def refuse_moved(connection: sqlite3.Connection, path: Path) -> None:
    """Raise LedgerError (``ledger.moved``) when the ledger in a file has moved.

    Within a transaction what is found holds until its end. Raises sqlite3.Error when the file cannot be read.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] != HAS_MOVED:
        return
    row = connection.execute("SELECT place, moved_at FROM moved").fetchone()
    place, at = (str(row[0]), str(row[1])) if row is not None else ("another place", "")
    raise LedgerError(
        f"The ledger {path} has moved to {place}{f' ({at[:10]})' if at else ''}. Use it there: set "
        "CLEARANCE_LEDGER to that address, then start Blender or the command anew. Nothing is written to the "
        "old file any more.",
        code="ledger.moved",
        context={"place": str(path), "moved_to": place},
    )
