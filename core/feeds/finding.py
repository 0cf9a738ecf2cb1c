"""Finds products: a page at a time, in bounded time even for words that nearly all have.

Few matches are all ranked (:mod:`.ranking`). Of very many, those come first that have the words one after the
other in the title, then those with all of them in the title, then the rest in the feed's own order; each of
these is ranked as far as it is small.

Three ways lead to a page, and the counts decide which: to walk through the matches and look up what limits
and order need; to walk along the prices in order and ask the full-text index about each product, when nearly
all match; or to ask it about each of the few products within the limits. None goes through a whole million.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .asking import Question
from .codec import read_texts
from .narrow import Narrow
from .ranking import MIN_PREFIX, begins, order, split_tokens, title_tier

RANKED_MAX = 600
LISTED_MAX = 2_000
"""So many matches are fetched at once; beyond, they are fetched tier by tier, as far as needed."""
COMMON_FROM = 50_000
"""Words are counted no further: how common they are beyond this changes no order."""
COMMON_TOTAL = 300_000
"""For all words of a search together."""
COUNTED_MAX = 50_000
SORTED_MAX = 20_000
"""Up to so many matches all are sorted; of more, the order is walked along instead."""
WALKED_MAX = 100_000
"""So many matches, divided by the number of words and filters, are held against the limits."""
ASKED_MAX = 2_000
"""The full-text index is asked about so many single products; each costs it about 20 µs."""
FEW = 200
"""With fewer exact matches than this, words that only begin so are shown below them."""
DEPTH_MAX = 50_000
BEGUN_MAX = 30
FIRST, LAST = "0", "\U0010ffff"
"""What stands first and last among the letters and digits of words."""


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
    if question.order is not None:
        return finder.sorted(offset, limit, question.order.sql)
    if not question.words:
        return finder.unranked(offset, limit)
    return finder.ranked(offset, limit)


class _Finder:
    """One question at one database."""

    def __init__(self, db: sqlite3.Connection, question: Question) -> None:
        self._db, self._question = db, question
        self._limits = Narrow(db, question.ranges)
        self._where, self._values = self._limits.where, self._limits.values
        self._terms = max(2, question.match(question.exact).count('"') // 2)
        self._few = self._limits.few(ASKED_MAX // self._terms)
        """The products within the limits, in order of number, where they are few."""

    def sorted(self, offset: int, limit: int, sql_order: str) -> Found:
        """Return a page in the order of a fact."""
        match, need = self._question.match(self._question.exact), offset + limit + 1
        if self._few is not None:
            found = self._limits.in_order(self._matching(match, self._few), sql_order)
            return _slice(found, offset, limit, len(found))
        found = self._rows(match, "LIMIT ?", SORTED_MAX + 1, limited=False) if match else []
        if match and len(found) <= SORTED_MAX:
            found = self._limits.in_order(found, sql_order)
            return _slice(found, offset, limit, len(found))
        along = self._along_order(match, need)
        if along is None:
            along = self._rows(match, f"ORDER BY {sql_order} LIMIT ?", need)
        return _slice(along, offset, limit, None)

    def unranked(self, offset: int, limit: int) -> Found:
        """Return a page in the feed's own order."""
        match, need = self._question.match(""), offset + limit + 1
        if self._few is not None:
            found = self._matching(match, self._few)
            return _slice(found, offset, limit, len(found))
        found, is_whole = self._take(match, max(need, RANKED_MAX))
        if is_whole:
            return _slice(found, offset, limit, len(found))
        if len(found) < need:
            found = self._rows(match, "LIMIT ?", need)
        return _slice(found, offset, limit, None if self._where else self._count(match))

    def ranked(self, offset: int, limit: int) -> Found:
        """Return a page by relevance."""
        question, need = self._question, offset + limit + 1
        exact = question.match(question.exact)
        if self._few is not None:
            found = self._ranked_few(exact, self._few)
            return _slice(found, offset, limit, len(found))
        found, is_whole = self._take(exact, LISTED_MAX)
        if not is_whole:
            total = None if self._where else self._count(exact)
            return _slice(self._in_tiers(need, found), offset, limit, total)
        if len(found) > RANKED_MAX:
            return _slice(self._titles_first(found, need), offset, limit, len(found))
        found = self._sort(found)
        total = len(found)
        if len(found) < FEW and question.beginnings:
            wider = self._more(question.match(self._begun()), need, known=found, beginnings=True)
            total = len(found) + len(wider) if len(wider) <= RANKED_MAX else None
            found += wider
        return _slice(found, offset, limit, total)

    def _begun(self) -> str:
        """Return the words as beginnings, each as the words of the index that begin so where these are few.

        Asked for a beginning, the index first collects all that has it, which for a word that all products
        have takes as long as everything else together.
        """
        sql = "SELECT term FROM terms WHERE term >= ? AND term < ? LIMIT 1"
        parts = []
        for word, begun in zip(self._question.words, self._question.begun, strict=True):
            tokens = split_tokens(word)
            if begun == word or len(tokens) != 1 or len(tokens[0]) <= MIN_PREFIX:
                parts.append(begun)  # those of three letters are in an index of their own
                continue
            terms, end = [tokens[0]], f"{tokens[0]}{LAST}"
            # The next word, without a walk through the products that have the last one.
            while len(terms) <= BEGUN_MAX and (
                row := self._db.execute(sql, (f"{terms[-1]}{FIRST}", end)).fetchone()
            ):
                terms.append(row[0])
            either = " OR ".join(f'"{term}"' for term in terms)
            parts.append(begun if len(terms) > BEGUN_MAX else f"({either})")
        return f"({' AND '.join(parts)})"

    def _ranked_few(self, exact: str, few: Sequence[int]) -> list[int]:
        """Return what matches of the products within the limits, best first."""
        question = self._question
        found = self._sort(self._matching(exact, few))
        if len(found) < FEW and question.beginnings:
            seen = set(found)
            others = self._matching(question.match(""), [one for one in few if one not in seen])
            texts = self._texts(others)
            wider = [one for one in others if begins(texts[one], question.words)]
            found += self._sort(wider, beginnings=True)
        return found

    def _titles_first(self, numbers: list[int], need: int) -> list[int]:
        """Return all matches, those with the words in the title ranked and first."""
        texts, words = self._texts(numbers), self._question.words
        tiers: list[list[int]] = [[], [], []]
        for number in numbers:
            tiers[title_tier(texts[number][0], words)].append(number)
        best = list[int]()
        for tier in tiers[:2]:
            best += tier if len(tier) > RANKED_MAX or len(best) >= need else self._sort(tier, texts=texts)
        return best + tiers[2]

    def _in_tiers(self, need: int, first: Sequence[int]) -> list[int]:
        """Return the first of very many matches: the best of them ranked, the others as they come.

        ``first`` are some in the feed's own order, from the beginning.
        """
        question, found = self._question, list[int]()
        for tier in (question.best_in_title, question.in_title):
            found += self._more(question.match(tier), need - len(found), known=found)
            if len(found) >= need:
                return found
        seen = set(found)
        rest = [number for number in first if number not in seen]
        if len(found) + len(rest) < need:
            rest = self._more(question.match(question.exact), need - len(found), known=found)
        return found + rest

    def _more(self, match: str, need: int, *, known: Collection[int], beginnings: bool = False) -> list[int]:
        """Return further matches beside known ones: all of them, ranked, or as many as needed."""
        seen = set(known)
        rows, is_whole = self._take(match, max(RANKED_MAX, need) + len(seen), share=2)
        if not is_whole and len(rows) < need + len(seen):
            rows = self._rows(match, "LIMIT ?", need + len(seen))
        rows = [number for number in rows if number not in seen]
        return self._sort(rows, beginnings=beginnings) if is_whole and len(rows) <= RANKED_MAX else rows

    def _sort(
        self,
        numbers: list[int],
        *,
        beginnings: bool = False,
        texts: Mapping[int, Sequence[str]] | None = None,
    ) -> list[int]:
        """Order matches, best first."""
        if len(numbers) < 2:
            return numbers
        (products,) = self._db.execute("SELECT coalesce(max(id), 0) FROM product").fetchone()
        return order(
            self._texts(numbers) if texts is None else {number: texts[number] for number in numbers},
            self._question.words,
            count_of=self._count_token,
            products=products,
            beginnings=beginnings,
        )

    def _texts(self, numbers: Iterable[int]) -> dict[int, Sequence[str]]:
        sql = "SELECT written FROM document WHERE id = ?"
        return {number: read_texts(self._db.execute(sql, (number,)).fetchone()[0]) for number in numbers}

    def _count_token(self, token: str) -> int:
        most = min(COMMON_FROM, COMMON_TOTAL // max(1, len(self._question.words)))
        sql = "SELECT count(*) FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)"
        (count,) = self._db.execute(sql, (f'"{token}"', most)).fetchone()
        return int(count)

    def _matching(self, match: str, numbers: Iterable[int]) -> list[int]:
        """Return those of some products that match, asking the index about each."""
        if not match:
            return list(numbers)
        sql = "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?"
        return [number for number in numbers if self._db.execute(sql, (match, number)).fetchone()]

    def _along_order(self, match: str, need: int) -> list[int] | None:
        """Walk along the sorted products until enough match; None when too many had to be asked about."""
        found, asked = list[int](), 0
        for number in self._in_question_order():
            if match:
                asked += 1
                if asked > ASKED_MAX:
                    return None
                if not self._matching(match, (number,)):
                    continue
            found.append(number)
            if len(found) >= need:
                break
        return found

    def _in_question_order(self) -> Iterator[int]:
        if self._question.order is not None:
            yield from self._limits.along(
                self._question.order.column, descending=self._question.order.descending
            )

    def _take(self, match: str, most: int, *, share: int = 1) -> tuple[list[int], bool]:
        """Return matches within the limits, and whether these are all of them.

        Not all: there are more than asked for, or more than it is worth to hold against the limits.
        ``share``: among how many passes of a search that worth is shared.
        """
        if not self._where or not match:
            rows = self._rows(match, "LIMIT ?", most + 1)
            return rows, len(rows) <= most
        found = list[int]()
        for walked, (number, is_within) in enumerate(self._held_against_limits(match)):
            if walked >= WALKED_MAX // (self._terms * share) or len(found) > most:
                return found, False
            if is_within:
                found.append(number)
        return found, len(found) <= most

    def _held_against_limits(self, match: str) -> Iterator[tuple[int, bool]]:
        """Yield each match and whether it is within the limits; reads on demand."""
        within = self._limits.within
        if within is not None:
            sql = "SELECT rowid FROM words WHERE words MATCH ?"
            for (number,) in self._db.execute(sql, (match,)):
                yield number, number in within
            return
        sql = (
            f"SELECT words.rowid, 1{self._where} FROM words CROSS JOIN facts f NOT INDEXED"  # noqa: S608
            " ON f.id = words.rowid WHERE words MATCH ?"
        )
        yield from self._db.execute(sql, (*self._values, match))

    def _rows(self, match: str, tail: str, *values: int, limited: bool = True) -> list[int]:
        source = self._source(match, with_facts="f." in tail, limited=limited)
        column = "words.rowid" if match else "f.id"
        sql = f"SELECT {column} FROM {source} {tail}"  # noqa: S608 - constants and own words
        given = (match,) if match else ()
        limits = self._values if limited else ()
        return [number for (number,) in self._db.execute(sql, (*given, *limits, *values))]

    def _count(self, match: str) -> int | None:
        """Count the matches, whatever the limits; None when they are very many."""
        sql = f"SELECT count(*) FROM (SELECT 1 FROM {self._source(match, limited=False)} LIMIT ?)"  # noqa: S608
        given = (match,) if match else ()
        (count,) = self._db.execute(sql, (*given, COUNTED_MAX + 1)).fetchone()
        return None if count > COUNTED_MAX else int(count)

    def _source(self, match: str, *, with_facts: bool = False, limited: bool = True) -> str:
        where = self._where if limited else ""
        if not match:
            return f"facts f NOT INDEXED WHERE 1{where}"
        if where or with_facts:
            # CROSS: the index first, then the facts of what it found; the other way round takes seconds.
            return f"words CROSS JOIN facts f NOT INDEXED ON f.id = words.rowid WHERE words MATCH ?{where}"
        return "words WHERE words MATCH ?"


def _page(rows: Sequence[int], limit: int, total: int | None) -> Found:
    return Found(numbers=tuple(rows[:limit]), total=total, more=len(rows) > limit)


def _slice(numbers: Sequence[int], offset: int, limit: int, total: int | None) -> Found:
    return _page(numbers[offset : offset + limit + 1], limit, total)


Interrupt = Callable[[], bool]


def interrupt_with(db: sqlite3.Connection, cancelled: Interrupt) -> None:
    """Let a long search end when nobody wants it any more; it then raises ``sqlite3.OperationalError``."""
    db.set_progress_handler(lambda: int(cancelled()), 20_000)
