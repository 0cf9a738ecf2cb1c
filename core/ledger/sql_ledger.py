"""What every ledger in a SQL database does: units of work, snapshots, the audit's end and its checkpoints.

What only holds for one engine is in :mod:`.engine` (SQLite, embedded) and :mod:`.studio` (PostgreSQL). One
``SqlLedger`` belongs to the process that opened it; a forked child opens its own.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import SQLAlchemyError

from ..audit.chain import read_entries
from ..audit.checkpoints import Checkpoint, read_checkpoints, read_last_checkpoint, write_checkpoint
from ..audit.verify import ChainProblem, ChainReport, Tampering, verify
from ..errors import LedgerError
from . import schema
from .reader import SqlReader, hold
from .tail import damaged_tail, read_tail
from .transaction import SqlTransaction
from .trouble import translated

LOCK_TIMEOUT_S = 15.0
"""How long a writer waits for others. Units of work are short: none waits for a marketplace."""


class SqlLedger(SqlReader, ABC):
    """A ledger in a SQL database. See ``core.ledger.port.Ledger``.

    ``reading`` gives connections whose transactions see one state and write nothing; those of ``writing``
    hold the one right to write from their beginning on.
    """

    def __init__(
        self, *, reading: Engine, writing: Engine, place: str, checkpoints_path: Path, lock_timeout_s: float
    ) -> None:
        super().__init__(self._reading, place=place)
        self._engine = reading
        self._writing_engine = writing
        self._checkpoints_path = checkpoints_path
        self._lock_timeout_s = lock_timeout_s
        # Databases let waiting connections in at random; threads of one process queue up here instead.
        self._turn = threading.Lock()
        self._writer: int | None = None
        self._closed = threading.Event()

    @property
    def place(self) -> str:
        """Where the ledger is, for sentences: a file's path, or a database's address without a password."""
        return self._place

    @contextmanager
    def transaction(self) -> Iterator[SqlTransaction]:
        """Open a unit of work: committed when the block ends, rolled back when it raises.

        Raises LedgerError when the right to write is not to be had in time, or when this thread has it
        already.
        """
        with self._take_turn(), self._connected(self._writing_engine) as connection:
            with translated(self._place):
                unit = connection.begin()
            try:
                yield self._make_unit(connection)
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
    def exclusive(self) -> Iterator[Connection]:
        """Hand out a connection that alone may write until the block ends; for moving a whole ledger.

        Committed when the block ends, rolled back when it raises. Raises LedgerError as ``transaction`` does.
        """
        with (
            self._take_turn(),
            self._connected(self._writing_engine) as connection,
            translated(self._place),
            connection.begin(),
        ):
            yield connection

    @abstractmethod
    def check_integrity(self) -> tuple[str, ...]:
        """Let the database check itself; return what is wrong, nothing when it is sound."""

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
        self._closed.set()
        self._engine.dispose()

    def verify_audit(self, kept: Sequence[Checkpoint] = ()) -> ChainReport:
        """Verify the audit chain against itself, its recorded end, the checkpoints and those kept elsewhere.

        Raises AuditError when the checkpoints cannot be read.
        """
        # Checkpoints first: one that is written meanwhile must not be held against the older snapshot.
        checkpoints = (*read_checkpoints(self.checkpoints_path), *kept)
        with translated(self._place), self._reading() as connection:
            source = read_entries(SqlReader(partial(hold, connection), place=self._place))
            try:
                tail = read_tail(connection)
            except LedgerError as error:
                return _with_damaged_tail(verify(source, checkpoints=checkpoints), error.message)
            return verify(source, expected_size=tail.size, expected_root=tail.root, checkpoints=checkpoints)

    @property
    def checkpoints_path(self) -> Path:
        """The file with the audit's checkpoints."""
        return self._checkpoints_path

    def write_checkpoint(self, *, at: datetime) -> Checkpoint:
        """Note size and root of the audit outside of the database, unless that is what was noted last.

        Raises LedgerError when the chain does not end where it is said to.
        """
        with translated(self._place), self._reading() as connection:
            tail = read_tail(connection)
            # Only hashes: not every login of a studio may read what the entries say.
            entries = schema.audit.c
            query = select(entries.entry_sha256).where(entries.sequence > tail.size - 1)
            last = connection.execute(query.order_by(entries.sequence).limit(2)).scalars().all()
            if list(last) != [tail.entry_sha256][: tail.size]:
                raise damaged_tail()
        checkpoint = Checkpoint(size=tail.size, root=tail.root, at=at)
        known = read_last_checkpoint(self.checkpoints_path)
        if known is not None and (known.size, known.root) == (checkpoint.size, checkpoint.root):
            return known
        write_checkpoint(self.checkpoints_path, checkpoint)
        return checkpoint

    def _make_unit(self, connection: Connection) -> SqlTransaction:
        """Make the unit of work on a connection that may write."""
        return SqlTransaction(connection, place=self._place)

    @contextmanager
    def _connected(self, engine: Engine) -> Iterator[Connection]:
        if self._closed.is_set():
            raise LedgerError(f"The ledger {self._place} is closed.", code="ledger.closed")
        with translated(self._place):
            pool, connection = engine.pool, engine.connect()
        try:
            yield connection
        finally:
            connection.close()
            if self._closed.is_set():
                # It came back after the pool was emptied: nobody else would close it.
                pool.dispose()
                engine.pool.dispose()

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
