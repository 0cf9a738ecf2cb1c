"""Finds products: a page at a time, in bounded time even for words that nearly all have.

Few matches are all ranked (:mod:`.ranking`). Of very many, those come first that have the words one after the
other in the title, then those with all of them in the title, then the rest in the feed's own order; each of
these is ranked as far as it is small. So a page never costs more than walking through the index a few times.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from .asking import Question
from .codec import decode, index_texts
from .ranking import order

RANKED_MAX = 800
LISTED_MAX = 5_000
"""So many matches are fetched at once; beyond, they are fetched tier by tier, as far as needed."""
COMMON_FROM = 50_000
"""Words are counted no further: how common they are beyond this changes no order."""
COUNTED_MAX = 100_000
FEW = 200
"""With fewer exact matches than this, words that only begin so are shown below them."""
DEPTH_MAX = 50_000


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
        tail = f"ORDER BY {self._question.order}, f.id LIMIT ? OFFSET ?"
        rows = self._rows(match, tail, limit + 1, offset)
        return _page(rows, limit, self._count(match))

    def unranked(self, offset: int, limit: int) -> Found:
        """Return a page in the feed's own order."""
        match = self._question.match("")
        return _page(self._rows(match, "LIMIT ? OFFSET ?", limit + 1, offset), limit, self._count(match))

    def ranked(self, offset: int, limit: int) -> Found:
        """Return a page by relevance."""
        question, need = self._question, offset + limit + 1
        exact = question.match(question.exact)
        found = self._rows(exact, "LIMIT ?", LISTED_MAX + 1)
        if len(found) > LISTED_MAX:
            return _slice(self._in_tiers(need), offset, limit, self._count(exact))
        if len(found) > RANKED_MAX:
            return _slice(self._titles_first(found, need), offset, limit, len(found))
        found = self._sort(found)
        total: int | None = len(found)
        if len(found) < FEW and question.beginnings:
            wider = self._more(question.match(question.beginnings), need, known=found, beginnings=True)
            total = len(found) + len(wider) if len(wider) <= RANKED_MAX else None
            found += wider
        return _slice(found, offset, limit, total)

    def _titles_first(self, numbers: list[int], need: int) -> list[int]:
        """Return all matches, those with the words in the title ranked and first."""
        question = self._question
        best = self._more(question.match(question.best_in_title), need, known=())
        if len(best) < need:
            best += self._more(question.match(question.in_title), need - len(best), known=best)
        seen = set(best)
        return [*best, *(number for number in numbers if number not in seen)]

    def _in_tiers(self, need: int) -> list[int]:
        """Return the first of very many matches: the best of them ranked, the others as they come."""
        question, found = self._question, list[int]()
        for tier in (question.best_in_title, question.in_title, question.exact):
            found += self._more(question.match(tier), need - len(found), known=found)
            if len(found) >= need:
                break
        return found

    def _more(self, match: str, need: int, *, known: Collection[int], beginnings: bool = False) -> list[int]:
        """Return further matches beside known ones: all of them, ranked, or as many as needed."""
        seen = set(known)
        most = max(RANKED_MAX + 1, need) + len(seen)
        rows = [number for number in self._rows(match, "LIMIT ?", most) if number not in seen]
        return rows if len(rows) > RANKED_MAX else self._sort(rows, beginnings=beginnings)

    def _sort(self, numbers: list[int], *, beginnings: bool = False) -> list[int]:
        """Order matches, best first."""
        if len(numbers) < 2:
            return numbers
        sql = "SELECT written FROM document WHERE id = ?"
        texts = {
            number: index_texts(decode("", "", self._db.execute(sql, (number,)).fetchone()[0], None))
            for number in numbers
        }
        (products,) = self._db.execute("SELECT coalesce(max(id), 0) FROM product").fetchone()
        return order(
            texts, self._question.words, count_of=self._count_token, products=products, beginnings=beginnings
        )

    def _count_token(self, token: str) -> int:
        sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        (count,) = self._db.execute(sql, (f'"{token}"', COMMON_FROM)).fetchone()
        return int(count)

    def _rows(self, match: str, tail: str, *values: int) -> list[int]:
        source = self._source(match, with_facts="f." in tail)
        column = "words.rowid" if match else "f.id"
        sql = f"SELECT {column} FROM {source} {tail}"  # noqa: S608 - constants and own words
        given = (match,) if match else ()
        return [number for (number,) in self._db.execute(sql, (*given, *self._values, *values))]

    def _count(self, match: str) -> int | None:
        """Count the matches; None when they are very many."""
        most = RANKED_MAX if self._values else COUNTED_MAX  # with limits of facts each match is looked up
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {self._source(match)} LIMIT ?)"  # noqa: S608
        given = (match,) if match else ()
        (count,) = self._db.execute(sql, (*given, *self._values, most + 1)).fetchone()
        return None if count > most else int(count)

    def _source(self, match: str, *, with_facts: bool = False) -> str:
        if not match:
            return f"facts f WHERE 1{self._where}"
        if self._where or with_facts:
            # CROSS: the index first, then the facts of what it found; the other way round takes seconds.
            return f"words CROSS JOIN facts f ON f.id = words.rowid WHERE words MATCH ?{self._where}"
        return "words WHERE words MATCH ?"


def _page(rows: Sequence[int], limit: int, total: int | None) -> Found:
    return Found(numbers=tuple(rows[:limit]), total=total, more=len(rows) > limit)


def _slice(numbers: Sequence[int], offset: int, limit: int, total: int | None) -> Found:
    return _page(numbers[offset : offset + limit + 1], limit, total)


Interrupt = Callable[[], bool]


def interrupt_with(db: sqlite3.Connection, cancelled: Interrupt) -> None:
    """Let a long search end when nobody wants it any more; it then raises ``sqlite3.OperationalError``."""
    db.set_progress_handler(lambda: int(cancelled()), 20_000)
