"""Fingerprints of content that the ledger knows. Values only; :mod:`core.fingerprints` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ContentKind(StrEnum):
    """What a fingerprint was taken of."""

    IMAGE = "image"
    MESH = "mesh"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContent:
    """One image or mesh of a grant (or of a declaration), as it can be recognized without a stamp."""

    grant_id: str
    kind: ContentKind
    name: str
    """What it was called in the file that it came in; for people."""
    code: str
    """The fingerprint as text; opaque here."""
