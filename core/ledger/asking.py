"""How the ledger's tables are asked. Keeps no connection: each question asks for one and gives it back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, Table, literal_column, select

from .codecs import Row, read_row
from .trouble import translated

K = TypeVar("K")
V = TypeVar("V")

IDS_PER_QUERY = 500
"""Below the smallest number of parameters that a SQLite of any build takes (999)."""


class Asking:
    """What every reader does."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Connection]], *, place: str) -> None:
        self._connect = connect
        self._place = place

    def _any(
        self, table: Table, reader: Callable[[Row], V], column: str, wanted: Iterable[str] | Iterable[int]
    ) -> list[tuple[Any, V]]:
        """Return the rows that have one of the values in a column, and which: all of one moment."""
        values = iter(dict.fromkeys(wanted))
        found: list[tuple[Any, V]] = []
        with translated(self._place), self._connect() as connection:
            while chunk := list(islice(values, IDS_PER_QUERY)):
                rows_found = connection.execute(select(table).where(table.c[column].in_(chunk))).mappings()
                found.extend((row[column], read_one(reader, row, table)) for row in rows_found)
        return found

    def _any_in_order(
        self, table: Table, reader: Callable[[Row], V], column: str, wanted: Iterable[str]
    ) -> dict[str, tuple[V, ...]]:
        found = self._any(table, lambda row: (row["serial"], reader(row)), column, wanted)
        return gather((key, value) for key, (_, value) in sorted(found, key=lambda entry: entry[1][0]))

    def _one(self, table: Table, reader: Callable[[Row], V], **wanted: str) -> V | None:
        query = select(table).filter_by(**wanted)
        with translated(self._place), self._connect() as connection:
            row = connection.execute(query).mappings().first()
        return None if row is None else read_one(reader, row, table)

    def _all(self, query: Select[Any], reader: Callable[[Row], V], table: Table) -> tuple[V, ...]:
        with translated(self._place), self._connect() as connection:
            return tuple(read_one(reader, row, table) for row in connection.execute(query).mappings())


@contextmanager
def hold(connection: Connection) -> Iterator[Connection]:
    """Hand out a connection that somebody else opened and will close."""
    yield connection


def read_one(reader: Callable[[Row], V], row: Mapping[Any, Any], table: Table) -> V:
    """Read a row; raise LedgerError for one that makes no value."""
    return read_row(reader, row, table=table.name)


def gather(found: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    """Return values by their keys, each in its order."""
    gathered: dict[K, list[V]] = {}
    for key, value in found:
        gathered.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in gathered.items()}


def beside_index(column: ColumnElement[str]) -> ColumnElement[str]:
    """Compare or group by a column without its index, which SQLite would go through from end to end."""
    return column.concat(literal_column("''"))


def newest_first(query: Select[Any], table: Table, moment: str, *, limit: int | None = None) -> Select[Any]:
    """Order by a moment, and by the order of writing where that is the same; a limit below 0 is 0."""
    ordered = query.order_by(table.c[moment].desc(), table.c.serial.desc())
    return ordered if limit is None else ordered.limit(max(limit, 0))
