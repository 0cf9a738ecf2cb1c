"""Moves the ledger in a file into another one for good: only while no other program has the file open.

Somebody who had it open would go on in what was left behind. So the file is held alone from before the first
row is read until the mark of :mod:`.moved` is in it, and a program that has it open stops the move.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from ..errors import LedgerError
from .engine import EmbeddedLedger, open_ledger
from .moved import mark_moved
from .sql_ledger import LOCK_TIMEOUT_S, SqlLedger
from .sqlite import EXCLUSIVE, choose_journal_of, is_busy, make_engine
from .transfer import Progress, Transfer, transfer
from .trouble import translated

PATIENCE_S = 3.0
"""How long a command that is just ending is waited for."""


def move_ledger(
    path: Path,
    target: SqlLedger,
    *,
    at: datetime,
    progress: Progress | None = None,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Transfer:
    """Copy the ledger in a file into an empty one, verify it, and mark the file; return what was copied.

    A move that broke off is given again: what has arrived is recognized, and the file is marked. Raises
    LedgerError: ``ledger.in_use`` while another program has the file open, ``ledger.moved`` when it was
    moved before, and what :func:`.transfer.transfer` raises. The file is then as it was.
    """
    path = path.absolute()
    with closing(open_ledger(path)):
        pass  # brought to this version's schema
    with _open_alone(path, patience_s=patience_s, sleep=sleep) as own:
        return transfer(
            own, target, progress=progress, at_the_end=partial(mark_moved, place=target.place, at=at)
        )


@contextmanager
def _open_alone(path: Path, *, patience_s: float, sleep: Callable[[float], None]) -> Iterator[EmbeddedLedger]:
    """Open a file so that until the block ends nobody else can read or write it; raise LedgerError.

    Where write-ahead mode is on, SQLite lets nobody leave it while another connection is open, however idle.
    On a network share there is no such mode: who has the file open there is told at their next step.
    """
    with translated(path), closing(_connect(path)) as connection:
        try:
            # Set before the mode is left, so that the lock that this needs is kept.
            connection.execute("PRAGMA locking_mode = EXCLUSIVE").close()
            choose_journal_of(connection, "delete", patience_s=patience_s, sleep=sleep)
            connection.execute(EXCLUSIVE).close()
            connection.execute("ROLLBACK").close()
        except sqlite3.OperationalError as error:
            if not is_busy(error):
                raise
            raise LedgerError(
                f"The ledger {path} is open in another program, which would go on in the old file. Close "
                "every Blender that uses Clearance and every other `clearance` command, on every machine, "
                "then give this command again. Nothing was moved.",
                code="ledger.in_use",
                retryable=True,
                context={"place": str(path)},
            ) from error
        engine = make_engine(path, lock_timeout_s=LOCK_TIMEOUT_S, held=connection)
        with closing(
            EmbeddedLedger(engine, path=path, journal_mode="delete", lock_timeout_s=LOCK_TIMEOUT_S)
        ) as ledger:
            yield ledger


def _connect(path: Path) -> sqlite3.Connection:
    """Connect to a file that is there; the waiting is done by whoever asks."""
    return sqlite3.connect(path, timeout=0.0, isolation_level=None, check_same_thread=False)
