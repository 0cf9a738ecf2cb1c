"""Finds products: ranks what the index gives, a page at a time, in bounded time even for words that all have.

Relevance is FTS5's bm25 with the title counting most. That looks at every product that matches, so for words
that very many have, it is used on the best part only: those with the words one after the other in the title,
then those with all of them in the title, then the rest in the feed's own order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from .asking import Question

RANKED_MAX = 15_000
"""So many matches are ranked whole; a few tens of milliseconds."""
FEW = 200
"""With fewer exact matches than this, words that only begin so are shown below them."""
DEPTH_MAX = 50_000
# The columns' weights: title, author, tags, collection, description, marks.
_RANK = "bm25(words, 10.0, 3.0, 4.0, 2.0, 1.0, 0.0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The numbers of one page's products. ``total`` None: very many."""

    numbers: tuple[int, ...]
    total: int | None
    more: bool


def find(db: sqlite3.Connection, question: Question, *, offset: int, limit: int) -> Found:
    """Return one page."""
    if offset >= DEPTH_MAX:
        return Found(numbers=(), total=None, more=False)
    finder = _Finder(db, question)
    if question.order:
        return finder.sorted(offset, limit)
    if not question.words:
        return finder.unranked(offset, limit)
    return finder.ranked(offset, limit)


class _Finder:
    """One question at one database."""

    def __init__(self, db: sqlite3.Connection, question: Question) -> None:
        self._db, self._question = db, question
        self._where = "".join(f" AND {condition}" for condition, _ in question.ranges)
        self._values = tuple(value for _, value in question.ranges)

    def sorted(self, offset: int, limit: int) -> Found:
        """Return a page in the order of a fact."""
        match = self._question.match(self._question.exact)
        rows = self._rows(match, f"ORDER BY {self._question.order}, f.id LIMIT ? OFFSET ?", limit + 1, offset)
        return self._page(rows, limit, self._count(match))

    def unranked(self, offset: int, limit: int) -> Found:
        """Return a page in the feed's own order."""
        match = self._question.match("")
        return self._page(self._rows(match, "LIMIT ? OFFSET ?", limit + 1, offset), limit, self._count(match))

    def ranked(self, offset: int, limit: int) -> Found:
        """Return a page by relevance."""
        question = self._question
        whole = self._ranked_all(question.match(question.exact))
        if whole is None:
            return self._in_tiers(offset, limit)
        if len(whole) < FEW and question.beginnings:
            wider = self._ranked_all(question.match(question.beginnings, without=question.exact))
            if wider is None:
                rest = self._rows(
                    question.match(question.beginnings, without=question.exact), "LIMIT ?", DEPTH_MAX
                )
                numbers = [*whole, *rest]
                return self._slice(numbers, offset, limit, None)
            whole = [*whole, *wider]
        return self._slice(whole, offset, limit, len(whole))

    def _in_tiers(self, offset: int, limit: int) -> Found:
        """Return a page of very many matches: the best of them ranked, the others as they come."""
        question = self._question
        tiers = (
            question.match(question.best_in_title),
            question.match(question.in_title, without=question.best_in_title),
            question.match(question.exact, without=question.in_title),
        )
        found: list[int] = []
        for tier in tiers:
            ranked = self._ranked_all(tier)
            missing = offset + limit + 1 - len(found)
            found += ranked if ranked is not None else self._rows(tier, "LIMIT ?", missing)
            if len(found) > offset + limit:
                break
        total = None if question.ranges else self._count(question.match(question.exact))
        return self._slice(found, offset, limit, total)

    def _ranked_all(self, match: str) -> list[int] | None:
        """Return all matches, best first; None when they are too many to be ranked."""
        rows = self._db.execute(
            f"SELECT words.rowid, {_RANK} FROM {self._source(match)} LIMIT ?",  # noqa: S608 - constants
            (match, *self._values, RANKED_MAX + 1),
        ).fetchall()
        if len(rows) > RANKED_MAX:
            return None
        rows.sort(key=lambda row: (row[1], row[0]))
        return [number for number, _ in rows]

    def _rows(self, match: str, tail: str, *values: int) -> list[int]:
        source = self._source(match, with_facts="f." in tail)
        column = "words.rowid" if match else "f.id"
        sql = f"SELECT {column} FROM {source} {tail}"  # noqa: S608 - constants and own words
        given = (match,) if match else ()
        return [number for (number,) in self._db.execute(sql, (*given, *self._values, *values))]

    def _count(self, match: str) -> int | None:
        """Count the matches; None when that would take long."""
        if self._question.ranges:
            sql = f"SELECT count(*) FROM (SELECT 1 FROM {self._source(match)} LIMIT ?)"  # noqa: S608
            given = (match,) if match else ()
            (count,) = self._db.execute(sql, (*given, *self._values, RANKED_MAX + 1)).fetchone()
            return None if count > RANKED_MAX else int(count)
        sql = f"SELECT count(*) FROM {self._source(match)}"  # noqa: S608
        (count,) = self._db.execute(sql, (match,) if match else ()).fetchone()
        return int(count)

    def _source(self, match: str, *, with_facts: bool = False) -> str:
        if not match:
            return f"facts f WHERE 1{self._where}"
        if self._where or with_facts:
            # CROSS: the index first, then the facts of what it found; the other way round takes seconds.
            return f"words CROSS JOIN facts f ON f.id = words.rowid WHERE words MATCH ?{self._where}"
        return "words WHERE words MATCH ?"

    @staticmethod
    def _page(rows: list[int], limit: int, total: int | None) -> Found:
        return Found(numbers=tuple(rows[:limit]), total=total, more=len(rows) > limit)

    @staticmethod
    def _slice(numbers: list[int], offset: int, limit: int, total: int | None) -> Found:
        shown = numbers[offset : offset + limit]
        return Found(numbers=tuple(shown), total=total, more=len(numbers) > offset + limit)


Interrupt = Callable[[], bool]


def interrupt_with(db: sqlite3.Connection, cancelled: Interrupt) -> None:
    """Let a long search end when nobody wants it any more; it then raises ``sqlite3.OperationalError``."""
    db.set_progress_handler(lambda: int(cancelled()), 20_000)
