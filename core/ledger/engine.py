"""The ledger on SQLite: opened from a file, used from any thread, shared with any other process.

Import this module only when a ledger is opened: it pulls in SQLAlchemy. One ``SqlLedger`` belongs to the
process that opened it; a forked child opens its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ..audit.chain import read_entries
from ..audit.checkpoints import FILE_NAME, Checkpoint, read_checkpoints, write_checkpoint
from ..audit.verify import ChainProblem, ChainReport, Tampering, verify
from ..errors import LedgerError
from .migrate import prepare_schema
from .network import is_on_network
from .reader import SqlReader, hold
from .sqlite import IMMEDIATE, choose_journal, make_engine
from .tail import damaged_tail, read_tail
from .transaction import SqlTransaction
from .trouble import translated

LOCK_TIMEOUT_S = 15.0
"""How long a writer waits for other processes. Units of work are short: none waits for a network."""


class SqlLedger(SqlReader):
    """A ledger in a SQL database. See ``core.ledger.port.Ledger``."""

    def __init__(self, engine: Engine, *, path: Path, journal_mode: str, lock_timeout_s: float) -> None:
        super().__init__(self._reading, place=str(path))
        self._engine = engine
        self._writing_engine = engine.execution_options(**IMMEDIATE)
        self._path = path
        self._journal_mode = journal_mode
        self._lock_timeout_s = lock_timeout_s
        # SQLite lets waiting connections in at random; threads of one process queue up here instead.
        self._turn = threading.Lock()
        self._writer: int | None = None
        self._closed = False

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    @property
    def journal_mode(self) -> str:
        """``wal``; ``delete`` where the file is on a network share."""
        return self._journal_mode

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Open a unit of work: committed when the block ends, rolled back when it raises.

        Raises LedgerError when the write lock is not to be had in time, or when this thread has it already.
        """
        with self._take_turn(), self._connected(self._writing_engine) as connection:
            with translated(self._place):
                unit = connection.begin()
            try:
                yield SqlTransaction(connection, place=self._place)
            except BaseException:
                try:
                    unit.rollback()
                except SQLAlchemyError:
                    # Whatever state the connection is in: without it nothing can be committed.
                    connection.invalidate()
                raise
            with translated(self._place):
                unit.commit()

    @contextmanager
    def snapshot(self) -> Iterator[SqlReader]:
        """Open a view on one moment: all reads in the block see the same state, whatever others write."""
        with self._connected(self._engine) as connection:
            with translated(self._place):
                unit = connection.begin()
            try:
                yield SqlReader(partial(hold, connection), place=self._place)
            finally:
                unit.rollback()

    def close(self) -> None:
        """Let go of the database; work that is under way in other threads ends with LedgerError."""
        self._closed = True
        self._engine.dispose()

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

    def verify_audit(self) -> ChainReport:
        """Verify the audit chain against itself, its recorded end and the checkpoints beside the ledger.

        Raises AuditError when the checkpoints cannot be read.
        """
        # Checkpoints first: one that is written meanwhile must not be held against the older snapshot.
        checkpoints = read_checkpoints(self.checkpoints_path)
        with translated(self._place), self._reading() as connection:
            source = read_entries(SqlReader(partial(hold, connection), place=self._place))
            try:
                tail = read_tail(connection, lock=False)
            except LedgerError as error:
                return _with_damaged_tail(verify(source, checkpoints=checkpoints), error.message)
            return verify(source, expected_size=tail.size, expected_root=tail.root, checkpoints=checkpoints)

    @property
    def checkpoints_path(self) -> Path:
        """The file with the audit's checkpoints."""
        return self._path.with_name(FILE_NAME)

    def write_checkpoint(self, *, at: datetime) -> Checkpoint:
        """Note size and root of the audit beside the ledger, unless that is what was noted last.

        Raises LedgerError when the chain does not end where it is said to.
        """
        with translated(self._place), self._reading() as connection:
            tail = read_tail(connection, lock=False)
            last = SqlReader(partial(hold, connection), place=self._place).audit(after=tail.size - 1, limit=2)
            if [entry.entry_sha256 for entry in last] != [tail.entry_sha256][: tail.size]:
                raise damaged_tail()
        checkpoint = Checkpoint(size=tail.size, root=tail.root, at=at)
        known = read_checkpoints(self.checkpoints_path)
        if known and (known[-1].size, known[-1].root) == (checkpoint.size, checkpoint.root):
            return known[-1]
        write_checkpoint(self.checkpoints_path, checkpoint)
        return checkpoint

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        if self._closed:
            raise LedgerError(f"The ledger {self._place} is closed.", code="ledger.closed")
        with translated(self._place):
            connection = engine.connect()
        try:
            yield connection
        finally:
            connection.close()

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._connected(self._engine) as connection, connection.begin():
            yield connection

    @contextmanager
    def _take_turn(self) -> Iterator[None]:
        me = threading.get_ident()
        if self._writer == me:
            raise LedgerError(
                "A unit of work is open in this thread already; finish it before opening the next.",
                code="ledger.nested",
            )
        if not self._turn.acquire(timeout=self._lock_timeout_s):
            raise LedgerError(
                f"The ledger {self._place} is busy with other work. Wait a moment and try again.",
                code="ledger.locked",
                retryable=True,
            )
        self._writer = me
        try:
            yield
        finally:
            self._writer = None
            self._turn.release()


def _with_damaged_tail(report: ChainReport, message: str) -> ChainReport:
    problem = ChainProblem(kind=Tampering.EDITED, first=report.size, last=report.size, message=message)
    return replace(report, problems=(*report.problems, problem), problem_count=report.problem_count + 1)


def open_ledger(
    path: Path,
    *,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    on_network: Callable[[Path], bool] = is_on_network,
    sleep: Callable[[float], None] = time.sleep,
) -> SqlLedger:
    """Open the ledger in a file, which is made, or brought to this version's schema, where necessary.

    Raises LedgerError (its ``code`` tells which): locked, read-only, disk full, damaged, no ledger, made by
    a newer version, or not to be migrated.
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
    engine = make_engine(path, lock_timeout_s=lock_timeout_s)
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
    return SqlLedger(engine, path=path, journal_mode=journal_mode, lock_timeout_s=lock_timeout_s)
