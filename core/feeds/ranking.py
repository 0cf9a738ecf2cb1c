"""Orders a few hundred candidates by BM25 (Robertson and Zaragoza, 2009) with weights per field. Pure.

The full-text index could do it too, but only by counting every word over the whole index with each question;
here the counts come in, and common words may be counted roughly.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

MIN_PREFIX = 3
"""From so many letters on, a word is also looked for as the beginning of others."""
K1 = 1.2
B = 0.75
WEIGHTS = (10.0, 3.0, 4.0, 2.0, 1.0)
"""Title, author, tags, collection, description."""
_USUAL_LENGTHS = (6, 2, 10, 4, 120)
_SHORTEST = 0.5
"""A field that is shorter than this share of the usual is no better for it: three tags beat no title."""

Texts = Sequence[str]
_ASCII_TOKEN = re.compile(r"[a-z0-9]+")


def split_tokens(text: str) -> list[str]:
    """Split a text as the index does: letters and digits, without case and diacritics."""
    if text.isascii():
        return _ASCII_TOKEN.findall(text.lower())
    decomposed = unicodedata.normalize("NFD", text)
    text = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else " " for letter in text.casefold()).split()


def order(
    candidates: Mapping[int, Texts],
    words: Sequence[str],
    *,
    count_of: Callable[[str], int],
    products: int,
    beginnings: bool = False,
) -> list[int]:
    """Return the candidates' numbers, best first; equals by number. ``beginnings``: words may be longer."""
    tokens = list(dict.fromkeys(token for word in words for token in split_tokens(word)))
    rarity = {token: _rarity(count_of(token), products) for token in tokens}

    def score(texts: Texts) -> float:
        fields = [split_tokens(text) for text in texts[: len(WEIGHTS)]]
        return sum(rarity[token] * _saturated(fields, token, beginnings=beginnings) for token in tokens)

    scores = {number: score(texts) for number, texts in candidates.items()}
    return sorted(scores, key=lambda number: (-scores[number], number))


def begins(texts: Texts, words: Sequence[str]) -> bool:
    """Say whether each word is in one of the texts, those of three letters and more as a beginning too."""
    tokens = {token for text in texts[: len(WEIGHTS)] for token in split_tokens(text)}
    return all(
        wanted in tokens or (len(wanted) >= MIN_PREFIX and any(one.startswith(wanted) for one in tokens))
        for word in words
        for wanted in split_tokens(word)
    )


def title_tier(title: str, words: Sequence[str]) -> int:
    """Say how a title has the words: 0 one after the other (a single one first), 1 all of them, 2 not all."""
    tokens, wanted = split_tokens(title), [token for word in words for token in split_tokens(word)]
    if not set(wanted) <= set(tokens):
        return 2
    count = len(wanted)
    places = range(len(tokens) - count + 1) if count > 1 else (0,)
    return 0 if any(tokens[place : place + count] == wanted for place in places) else 1


def _rarity(count: int, products: int) -> float:
    """Return the inverse document frequency; never zero, so that a common word still breaks ties."""
    return math.log(1.0 + (max(0, products - count) + 0.5) / (count + 0.5))


def _saturated(fields: Sequence[Sequence[str]], token: str, *, beginnings: bool) -> float:
    """Return the word's weighted frequency over all fields, each against its usual length (BM25F)."""
    weighted = 0.0
    for tokens, weight, usual in zip(fields, WEIGHTS, _USUAL_LENGTHS, strict=True):
        count = tokens.count(token)
        if not count and beginnings:
            count = sum(one.startswith(token) for one in tokens)
        if count:
            weighted += weight * count / (1 - B + B * max(_SHORTEST, len(tokens) / usual))
    return weighted * (K1 + 1) / (weighted + K1)
