"""The embedded ledger on SQLite: opened from a file, used from any thread, shared with any other process.

Import this module only when a ledger is opened: it pulls in SQLAlchemy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from ..audit.checkpoints import FILE_NAME
from ..errors import LedgerError
from .migrate import prepare_schema
from .network import is_on_network
from .sql_ledger import LOCK_TIMEOUT_S, SqlLedger
from .sqlite import IMMEDIATE, choose_journal, make_engine
from .trouble import translated

__all__ = ["LOCK_TIMEOUT_S", "EmbeddedLedger", "SqlLedger", "open_ledger"]


class EmbeddedLedger(SqlLedger):
    """A ledger in one file, for one person or a few on one machine."""

    def __init__(self, engine: Engine, *, path: Path, journal_mode: str, lock_timeout_s: float) -> None:
        super().__init__(
            reading=engine,
            writing=engine.execution_options(**IMMEDIATE),
            place=str(path),
            checkpoints_path=path.with_name(FILE_NAME),
            lock_timeout_s=lock_timeout_s,
        )
        self._path = path
        self._journal_mode = journal_mode

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def journal_mode(self) -> str:
        """``wal``; ``delete`` where the file is on a network share."""
        return self._journal_mode

    def check_integrity(self) -> tuple[str, ...]:
        """Let SQLite check the whole file; return what is wrong, nothing when it is sound."""
        try:
            with translated(self._place), self._reading() as connection:
                lines = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
                links = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        except LedgerError as error:
            if error.code != "ledger.corrupt":
                raise
            return (error.message,)
        problems = [line for line in lines if line != "ok"]
        problems += [f"a row of {row[0]} refers to a row of {row[2]} that is missing" for row in links]
        return tuple(problems)


def open_ledger(
    path: Path,
    *,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    although_moved: bool = False,
    on_network: Callable[[Path], bool] = is_on_network,
    sleep: Callable[[float], None] = time.sleep,
) -> EmbeddedLedger:
    """Open the ledger in a file, which is made, or brought to this version's schema, where necessary.

    ``although_moved`` opens what a ledger that moved elsewhere has left behind, to be looked at. Raises
    LedgerError (its ``code`` tells which): locked, read-only, disk full, damaged, no ledger, made by a newer
    version, not to be migrated, or moved.
    """
    path = path.absolute()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shared_memory = not on_network(path.parent)
    except OSError as error:
        raise LedgerError(
            f"The folder {path.parent} for the ledger cannot be used: {error.strerror or error}. Choose "
            "another folder for Clearance's data.",
            code="ledger.cannot_open",
        ) from error
    engine = make_engine(path, lock_timeout_s=lock_timeout_s, although_moved=although_moved)
    try:
        prepare_schema(engine, path, lock_timeout_s=lock_timeout_s)
        # The mode is changed alone: not beside a connection that the pool keeps.
        engine.dispose()
        with translated(path):
            journal_mode = choose_journal(
                path, shared_memory=shared_memory, lock_timeout_s=lock_timeout_s, sleep=sleep
            )
    except BaseException:
        engine.dispose()
        raise
    return EmbeddedLedger(engine, path=path, journal_mode=journal_mode, lock_timeout_s=lock_timeout_s)
