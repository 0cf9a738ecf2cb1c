"""Makes identifiers. Pure but for the source of randomness, which is handed in."""

from __future__ import annotations

import hashlib
import uuid
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Protocol

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


MARK_ERROR = 512
"""How far the average of equal marks may be from them."""
MAX_MARKS = 64


class Ids(Protocol):
    """Source of new identifiers."""

    def new(self, kind: str) -> str:
        """Return a new id such as ``order_5f3k…``: the kind, an underscore, 26 characters (128 bits)."""
        ...

    def new_uuid(self) -> str:
        """Return a new UUID in its usual form; orders carry one to the marketplace."""
        ...


class RandomIds:
    """Identifiers from 128 random bits."""

    def __init__(self, random_uuid: Callable[[], uuid.UUID] = uuid.uuid4) -> None:
        self._random_uuid = random_uuid

    def new(self, kind: str) -> str:
        """Return ``<kind>_<26 characters>``."""
        return f"{kind}_{encode_base32(self._random_uuid().int)}"

    def new_uuid(self) -> str:
        """Return a plain UUID, for marketplaces that want one."""
        return str(self._random_uuid())


def encode_base32(number: int, *, length: int = 26) -> str:
    """Write a number below ``32**length`` in Crockford's base 32."""
    digits: list[str] = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        digits.append(ALPHABET[rest])
    return "".join(reversed(digits))


@lru_cache(maxsize=4096)
def hash_grant_id(grant_id: str) -> int:
    """Return the 31-bit number that stands for a grant on mesh faces (never 0, which means "no grant")."""
    digest = hashlib.sha256(grant_id.encode()).digest()
    return (int.from_bytes(digest[:4], "big") & 0x7FFFFFFF) or 1


def gather_marks(counts: Mapping[int, int]) -> frozenset[int]:
    """Return the grants' numbers out of marks that were averaged: how often there is each, 0 for none.

    Blender averages the marks of faces where it puts them on points. An average of equal numbers is off by a
    few hundred at most, since they are large; of numbers that are so near the most frequent one is taken. Of
    very many different ones only those are of use of which there are most.
    """
    groups: list[list[int]] = []
    for number in sorted(counts.keys() - {0}):
        if groups and number - groups[-1][-1] <= MARK_ERROR:
            groups[-1].append(number)
        else:
            groups.append([number])
    groups.sort(key=lambda group: -sum(counts[number] for number in group))
    return frozenset(max(group, key=lambda number: counts[number]) for group in groups[:MAX_MARKS])


def find_near_mark(number: int, known: Sequence[int]) -> int | None:
    """Return the number of a grant that a mark is an average of; ``known`` is in order."""
    at = bisect_left(known, number)
    near = [one for one in known[max(at - 1, 0) : at + 1] if abs(one - number) <= MARK_ERROR]
    return min(near, key=lambda one: abs(one - number)) if near else None
