"""What lies within a search's limits, and in which order: from the indexes of ``facts`` alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cached_property

WITHIN_MAX = 30_000
"""Up to so many products within the limits are kept in memory while a search goes on."""
_INDEXES = {"price": "facts_price", "polygons": "facts_polygons"}
_WALKS = {"price": "facts_price", "added": "facts_added", "popularity": "facts_popularity"}


class Narrow:
    """The limits of one search. ``where`` and ``values``: all of them as SQL on ``facts f``."""

    def __init__(self, db: sqlite3.Connection, ranges: Sequence[tuple[str, str, int]]) -> None:
        self._db, self._ranges = db, ranges
        self.where = "".join(f" AND f.{column} {comparison} ?" for column, comparison, _ in ranges)
        self.values = tuple(value for _, _, value in ranges)

    @cached_property
    def within(self) -> frozenset[int] | None:
        """The products within the limits; None where they are many, or there are no limits."""
        counts = {column: self._count(column) for column in dict.fromkeys(one[0] for one in self._ranges)}
        if not counts:
            return None
        column = min(counts, key=lambda name: counts[name])
        if counts[column] > WITHIN_MAX:
            return None
        sql = f"SELECT f.id FROM facts f INDEXED BY {_INDEXES[column]} WHERE 1{self.where}"  # noqa: S608
        return frozenset(number for (number,) in self._db.execute(sql, self.values))

    def few(self, most: int) -> list[int] | None:
        """Return the products within the limits, in order of number; None where there are more."""
        return sorted(self.within) if self.within is not None and len(self.within) <= most else None

    def in_order(self, numbers: Sequence[int], sql_order: str) -> list[int]:
        """Return those of some products that are within the limits, in the order of a fact."""
        rows = self._db.execute(
            "SELECT f.id FROM json_each(?) AS one CROSS JOIN facts f NOT INDEXED ON f.id = one.value"  # noqa: S608
            f" WHERE 1{self.where} ORDER BY {sql_order}",
            ("[" + ",".join(map(str, numbers)) + "]", *self.values),
        )
        return [number for (number,) in rows]

    def along(self, column: str, *, descending: bool) -> Iterator[int]:
        """Yield the products within the limits in the order of a fact, those without it last, on demand."""
        way = " DESC" if descending else ""
        yield from self._each(
            f"INDEXED BY {_WALKS[column]} WHERE f.{column} IS NOT NULL{self.where}"
            f" ORDER BY f.{column}{way}, f.id{way}"
        )
        yield from self._each(f"NOT INDEXED WHERE f.{column} IS NULL{self.where} ORDER BY f.id{way}")

    def _each(self, how: str) -> Iterator[int]:
        for (number,) in self._db.execute(f"SELECT f.id FROM facts f {how}", self.values):  # noqa: S608
            yield number

    def _count(self, column: str) -> int:
        """Count what lies within the limits of one fact, no further than is of interest."""
        own = [one for one in self._ranges if one[0] == column]
        where = "".join(f" AND {name} {comparison} ?" for name, comparison, _ in own)
        sql = (
            f"SELECT count(*) FROM (SELECT 1 FROM facts INDEXED BY {_INDEXES[column]}"  # noqa: S608
            f" WHERE 1{where} LIMIT ?)"
        )
        (count,) = self._db.execute(sql, (*(value for _, _, value in own), WITHIN_MAX + 1)).fetchone()
        return int(count)
