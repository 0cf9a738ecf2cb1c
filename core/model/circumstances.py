"""What holds for one grant beside its license: an agreement, renewals, seats, and where it is used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from .agreement import Agreement
from .license import LicenseTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What was gathered of one grant; the default says nothing."""

    terms: LicenseTerms | None = None
    """The terms with what the agreement and the noted seats say; None: those that were kept."""
    agreement: Agreement | None = None
    ends_at: datetime | None = None
    must_use_by: date | None = None
    seats_held: int | None = None
    """How many seats there are, where that was noted."""
    seats_taken: int | None = None
    """How many are taken; None: the license counts none."""
    used_in: tuple[str, ...] = ()
    """Scenes that use it, where it may be used no more."""


NO_CIRCUMSTANCES = Circumstances()
