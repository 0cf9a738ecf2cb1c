"""Unstamped content that looks like what the ledger knows. A question to a person, never an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

EXACT = "exact"
STRETCHED = "stretched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What a piece of content may be: a grant (or a declaration) of the ledger.

    ``likeness`` says in what way they are the same (a value of :class:`core.fingerprints.Likeness`),
    ``apart`` how far they are apart all the same: 0 for exact copies.
    """

    grant_id: str
    marketplace: str
    """Its name for people; ``declared`` content has none."""
    listing_id: str
    title: str
    since: datetime
    """When it was bought, or declared."""
    state: str
    """``active``, ``refunded`` …, or ``declared``."""
    name: str
    """What the matching piece was called in the file that it came in."""
    likeness: str
    apart: float = 0.0
    is_declared: bool = False
    stamp: str = ""
    """What would be written on it: public, as every stamp."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognized:
    """A data-block without a license (``MESH/Chair``), or a file, and what it may be: the likeliest first."""

    subject: str
    suggestions: tuple[Suggestion, ...]

    @property
    def certain(self) -> Suggestion | None:
        """Return the one thing that it may be; None when there are several, or it is merely stretched."""
        only = self.suggestions[0] if len(self.suggestions) == 1 else None
        return None if only is None or only.likeness == STRETCHED else only


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """Content that was not looked at, and why: a sentence."""

    subject: str
    why: str
