"""Makes identifiers. Pure but for the source of randomness, which is handed in."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from typing import Protocol

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32: no i, l, o, u to misread


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


def hash_grant_id(grant_id: str) -> int:
    """Return the 31-bit number that stands for a grant on mesh faces (never 0, which means "no grant")."""
    digest = hashlib.sha256(grant_id.encode()).digest()
    return (int.from_bytes(digest[:4], "big") & 0x7FFFFFFF) or 1
