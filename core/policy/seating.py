"""How many may work under a license, and whether one more fits. Pure.

PostgreSQL holds the same for a shared ledger (``clearance_seats_of`` in ``core/ledger/sql/access.sql``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ..model.license import UNKNOWN, Cap, LicenseTerms, SeatKind, Unknown
from ..model.seat import SeatPool

SURELY_BOUGHT = 1
"""Where a license is sold by the seat and nobody noted how many: one was bought, more is not known."""
NEARLY_FULL = 0.8
"""From this part of the seats on, somebody should think of more."""


class SeatSource(StrEnum):
    """Who says how many seats there are."""

    LICENSE = "license"
    AGREEMENT = "agreement"
    NOTED = "noted"
    """Somebody noted it from an invoice or a contract."""
    NOT_NOTED = "not_noted"
    """The license is sold by the seat; until the number is noted, only one is known to have been bought."""


class SeatLevel(StrEnum):
    """How full the seats are."""

    FREE = "free"
    NEARLY_FULL = "nearly_full"
    FULL = "full"
    EXCEEDED = "exceeded"
    """More are taken than there are: an agreement ended, or the number was different before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatCount:
    """What a license counts, and how many it allows; ``seats_max`` None: as many as are wanted."""

    kind: SeatKind
    seats_max: int | None
    source: SeatSource

    def level(self, taken: int) -> SeatLevel:
        """Say how full it is when so many are taken."""
        if self.seats_max is None or taken == 0:
            return SeatLevel.FREE
        if taken > self.seats_max:
            return SeatLevel.EXCEEDED
        if taken == self.seats_max:
            return SeatLevel.FULL
        return SeatLevel.NEARLY_FULL if taken >= self.seats_max * NEARLY_FULL else SeatLevel.FREE


def count_seats(
    terms: LicenseTerms | None, pool: SeatPool | None, *, by_agreement: bool = False
) -> SeatCount | None:
    """Return what a license counts; None where it counts nothing, or where it is not known that it does.

    What was noted goes first. ``terms`` are those with the agreement that holds, if any; ``by_agreement``:
    their number of seats is the agreement's.
    """
    kind: SeatKind | Unknown = terms.seat_kind if terms is not None else UNKNOWN
    if pool is not None:
        return SeatCount(kind=pool.kind, seats_max=pool.seats_max, source=SeatSource.NOTED)
    if terms is None or not terms.known:
        return None
    counted = SeatKind.NAMED if isinstance(kind, Unknown) else kind
    if isinstance(terms.seats, Cap):
        if terms.seats.limit is None:
            return None
        source = SeatSource.AGREEMENT if by_agreement else SeatSource.LICENSE
        return SeatCount(kind=counted, seats_max=terms.seats.limit, source=source)
    if isinstance(kind, Unknown):
        return None
    return SeatCount(kind=counted, seats_max=SURELY_BOUGHT, source=SeatSource.NOT_NOTED)
