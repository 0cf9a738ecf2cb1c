"""Turns a search into what the full-text index is asked, and says which filters the feeds cannot answer.

Pure. A filter counts only where a feed tells what it asks about: then a product that does not tell is left
out of what is wanted ("rigged"), and stays in what is not wanted ("no editorial"). What no feed tells is
named as ignored.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR

from ..marketplaces.calls import asked_filters
from ..model.listing import MediaKind, SearchFilters, SearchQuery, Sort
from ..model.money import UNSTATED_CURRENCY
from .codec import MARK, mark
from .ranking import MIN_PREFIX

PRICE_SCALE = 1000
MAX_WORDS = 24
_KNOWN_BY = {
    "exclude_editorial": ("editorial", "license"),
    "editorial_only": ("editorial", "license"),
    "exclude_ai": ("ai_generated",),
    "premium": ("premium",),
    "collection": ("category",),
    "min_price": ("price", "sale_price"),
    "max_price": ("price", "sale_price"),
    "formats": ("formats",),
    "max_polygons": ("polygons",),
    "animated": ("animated",),
    "rigged": ("rigged",),
    "pbr": ("pbr",),
}
"""Filters that a catalogue can answer → what a feed has to tell for it. All others are ignored, and named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """By which column of ``facts``; what has no value there comes last, equals go by number the same way."""

    column: str
    descending: bool

    @property
    def sql(self) -> str:
        """SQL order on ``facts f``."""
        way = " DESC" if self.descending else ""
        return f"f.{self.column} IS NULL, f.{self.column}{way}, f.id{way}"


_SORTS = {
    Sort.POPULAR: Order(column="popularity", descending=True),
    Sort.NEWEST: Order(column="added", descending=True),
    Sort.PRICE_LOW: Order(column="price", descending=False),
    Sort.PRICE_HIGH: Order(column="price", descending=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search as the index takes it."""

    words: tuple[str, ...]
    """The words searched, each quoted."""
    wanted: tuple[str, ...] = ()
    """Expressions that must hold beside the words."""
    unwanted: tuple[str, ...] = ()
    """Expressions that must not hold."""
    ranges: tuple[tuple[str, str, int], ...] = ()
    """Limits on ``facts``: column, comparison, value."""
    order: Order | None = None
    """None: by relevance."""
    ignored: tuple[str, ...] = ()
    """Filters that cannot be applied at all, and ``sort``."""

    def match(self, words: str) -> str:
        """Return the full-text expression for some form of the words; empty: everything."""
        parts = [part for part in (words, *self.wanted) if part]
        if not parts and self.unwanted:
            parts = [_any_kind()]
        expression = " AND ".join(parts)
        return f"({expression}) NOT ({' OR '.join(self.unwanted)})" if self.unwanted else expression

    @property
    def exact(self) -> str:
        """All words, anywhere."""
        return f"({' AND '.join(self.words)})" if self.words else ""

    @property
    def beginnings(self) -> str:
        """All words as beginnings of words; empty where that is no wider than the exact ones."""
        return f"({' AND '.join(self.begun)})" if self.begun != self.words else ""

    @property
    def begun(self) -> tuple[str, ...]:
        """The words, each as the beginning of a word where it is long enough for that."""
        return tuple(f"{word} *" if _may_begin(word) else word for word in self.words)

    @property
    def in_title(self) -> str:
        """All words in the title."""
        return f"title : {self.exact}" if self.words else ""

    @property
    def best_in_title(self) -> str:
        """The words one after the other in the title; a single one at its beginning."""
        if not self.words:
            return ""
        return f"title : ({' + '.join(self.words)})" if len(self.words) > 1 else f"title : ^ {self.words[0]}"


def ask(query: SearchQuery, told: Collection[str], currencies: Collection[str]) -> Question:
    """Make the question. ``told`` is what the feeds tell, ``currencies`` what their prices are in."""
    asked = asked_filters(query.filters)
    answered: list[str] = []
    ignored: list[str] = []
    for name in asked:
        known = any(what in told for what in _KNOWN_BY.get(name, ()))
        if name in ("min_price", "max_price"):
            known = known and asked[name].currency in {UNSTATED_CURRENCY, *currencies}
        (answered if known else ignored).append(name)
    wanted, unwanted = _marks(query.filters, answered)
    if query.kind is not None:
        wanted.append(f'"{MARK}kind{query.kind.value}"')
    order = _SORTS.get(query.sort)
    if order is not None and order.column not in told:
        order = None
        ignored.append("sort")
    return Question(
        words=quote_words(query.text),
        wanted=tuple(wanted),
        unwanted=tuple(unwanted),
        ranges=_ranges(query.filters, answered),
        order=order,
        ignored=tuple(ignored),
    )


def quote_words(text: str) -> tuple[str, ...]:
    """Return the words of a search as full-text strings: nothing in them is read as an operator."""
    parts = [part for part in text.split() if any(letter.isalnum() for letter in part)]
    return tuple(dict.fromkeys('"' + part.replace('"', '""') + '"' for part in parts[:MAX_WORDS]))


def _marks(filters: SearchFilters, answered: Collection[str]) -> tuple[list[str], list[str]]:
    wanted, unwanted = [], []
    for name in answered:
        value = getattr(filters, name)
        match name:
            case "exclude_editorial":
                unwanted.append(_flag("editorial", yes=True))
            case "editorial_only":
                wanted.append(_flag("editorial", yes=True))
            case "exclude_ai":
                unwanted.append(_flag("ai_generated", yes=True))
            case "premium" | "animated" | "rigged" | "pbr":
                (wanted if value else unwanted).append(_flag(name, yes=True))
            case "formats":
                plain = ["".join(c for c in name.lower() if c.isalnum()) for name in value]
                either = " OR ".join(f'"{MARK}format{name}"' for name in plain)
                wanted.append(f"({either})")
            case "collection":
                words = quote_words(value)
                if words:
                    wanted.append(f"collection : ({' + '.join(words)})")
    for name in ("min_price", "max_price"):
        if name in answered and (limit := getattr(filters, name)).currency != UNSTATED_CURRENCY:
            wanted.append(f'"{MARK}currency{limit.currency.lower()}"')
            break
    return wanted, unwanted


def _ranges(filters: SearchFilters, answered: Collection[str]) -> tuple[tuple[str, str, int], ...]:
    found: list[tuple[str, str, int]] = []
    if "min_price" in answered and filters.min_price is not None:
        low = (filters.min_price.decimal * PRICE_SCALE).to_integral_value(ROUND_FLOOR)
        found.append(("price", ">=", int(low)))
    if "max_price" in answered and filters.max_price is not None:
        high = (filters.max_price.decimal * PRICE_SCALE).to_integral_value(ROUND_CEILING)
        found.append(("price", "<=", int(high)))
    if "max_polygons" in answered and filters.max_polygons is not None:
        found.append(("polygons", "<=", filters.max_polygons))
    return tuple(found)


def _flag(name: str, *, yes: bool) -> str:
    return f'"{mark(name, yes=yes)}"'


def _any_kind() -> str:
    return "(" + " OR ".join(f'"{MARK}kind{kind.value}"' for kind in MediaKind) + ")"


def _may_begin(word: str) -> bool:
    return len(word) - 2 >= MIN_PREFIX
