"""Moves a whole ledger into another database: every row, and the audit chain as it is.

All of it arrives in one unit of work or nothing does; the numbers of rows and the audit's root are compared
before it is committed. Nobody can write to the ledger that is left meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, update

from ..audit.chain import read_entries
from ..audit.verify import verify
from ..errors import LedgerError
from . import schema
from .reader import SqlReader, hold
from .sql_ledger import SqlLedger
from .tail import read_tail

CHUNK = 500
COUNTED = frozenset({"seats", "seat_pools"})
"""Tables whose rows PostgreSQL counts when they are written: licenses and agreements may have ended since."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What was moved: rows by table, and the audit's size and root, equal on both sides."""

    rows: tuple[tuple[str, int], ...]
    audit_size: int
    audit_root: str
    already_there: bool = False
    """The target held this ledger already: an earlier move was cut off after it had arrived. Since then the
    studio may have gone on in it."""

    @property
    def total(self) -> int:
        """All rows."""
        return sum(number for _, number in self.rows)


def transfer(
    source: SqlLedger,
    target: SqlLedger,
    *,
    progress: Progress | None = None,
    at_the_end: Callable[[Connection], None] | None = None,
) -> Transfer:
    """Copy everything from one ledger into an empty one, verify it, and return what was copied.

    ``progress`` is told rows done and rows in all. ``at_the_end`` may write to the source once everything has
    arrived and is committed there, before anybody else can. Raises LedgerError when the source's audit is not
    whole, when the target holds something else, or when what arrived differs; both are then as they were.
    """
    with source.exclusive() as leaving:
        moved = _copy(source, leaving, target, progress)
        if at_the_end is not None:
            at_the_end(leaving)
    return moved


def _copy(source: SqlLedger, leaving: Connection, target: SqlLedger, progress: Progress | None) -> Transfer:
    with target.exclusive() as arriving:
        counts = _count(leaving)
        expected = _verified_tail(leaving, source)
        before = _count(arriving)
        if any(number for name, number in before if name != schema.audit_tail.name):
            if (before == counts and _same_rows(leaving, arriving)) or _goes_on(arriving, target, expected):
                return Transfer(
                    rows=counts, audit_size=expected[0], audit_root=expected[1], already_there=True
                )
            raise LedgerError(
                f"{target.place} is not empty, and holds something else than {source.place}. Choose an empty "
                "database; nothing was changed.",
                code="ledger.target_not_empty",
            )
        total, done = sum(number for _, number in counts), 0
        for table in schema.metadata.sorted_tables:
            with _uncounted(arriving, table):
                for chunk in _read(leaving, table):
                    _write(arriving, table, chunk)
                    done += len(chunk)
                    if progress is not None:
                        progress(done, total)
            _continue_numbers(arriving, table)
        arrived = _verified_tail(arriving, target)
        if _count(arriving) != counts or arrived != expected:
            raise LedgerError(
                f"What arrived in {target.place} is not what left {source.place}. Nothing was kept there; "
                "please report this.",
                code="ledger.transfer_differs",
            )
    return Transfer(rows=counts, audit_size=expected[0], audit_root=expected[1])


def _count(connection: Connection) -> tuple[tuple[str, int], ...]:
    return tuple(
        (table.name, connection.scalar(select(func.count()).select_from(table)) or 0)
        for table in schema.metadata.sorted_tables
    )


def _verified_tail(connection: Connection, ledger: SqlLedger) -> tuple[int, str]:
    """Verify the audit chain on a connection and return its size and root; raise LedgerError."""
    tail = read_tail(connection)
    entries = read_entries(SqlReader(partial(hold, connection), place=ledger.place))
    report = verify(entries, expected_size=tail.size, expected_root=tail.root)
    if not report.ok:
        raise LedgerError(
            f"The audit of {ledger.place} is not whole: {report.problems[0].message} Run `clearance audit "
            "verify`, and put back a backup, before the ledger is moved. Nothing was changed.",
            code="ledger.audit_broken",
        )
    return tail.size, tail.root


def _goes_on(connection: Connection, ledger: SqlLedger, expected: tuple[int, str]) -> bool:
    """Say whether a ledger's audit is whole and begins with the one that is to be moved, which has entries.

    Every change has its entry, and the audit arrives together with all rows or not at all: whoever has the
    entries has got the rows.
    """
    size, root = expected
    if size == 0 or read_tail(connection).size < size:
        return False
    _verified_tail(connection, ledger)
    first = islice(read_entries(SqlReader(partial(hold, connection), place=ledger.place)), size)
    return verify(first).root == root


def _read(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    """Yield a table's rows in the order in which they were written, some at a time."""
    order = list(table.primary_key.columns)
    with connection.execute(select(table).order_by(*order)) as result:
        rows = (dict(row) for row in result.mappings())
        while chunk := list(islice(rows, CHUNK)):
            yield chunk


def _write(connection: Connection, table: Table, chunk: list[dict[str, Any]]) -> None:
    if table is schema.audit_tail:
        # It is made with the schema and has one row.
        connection.execute(update(table).values(chunk[0]))
    else:
        connection.execute(insert(table), chunk)


@contextmanager
def _uncounted(connection: Connection, table: Table) -> Iterator[None]:
    """Let rows arrive that were counted when they were written, whatever would be allowed today."""
    held_back = connection.dialect.name == "postgresql" and table.name in COUNTED
    if held_back:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} DISABLE TRIGGER USER")
    yield
    if held_back:
        connection.exec_driver_sql(f"ALTER TABLE {table.name} ENABLE TRIGGER USER")


def _continue_numbers(connection: Connection, table: Table) -> None:
    """Let PostgreSQL count on behind the rows that came with their numbers."""
    if connection.dialect.name != "postgresql" or "serial" not in table.c:
        return
    last = connection.scalar(select(func.max(table.c.serial)))
    if last is not None:
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "serial"), last)))


def _same_rows(one: Connection, other: Connection) -> bool:
    return all(
        list(_read(one, table)) == list(_read(other, table)) for table in schema.metadata.sorted_tables
    )
