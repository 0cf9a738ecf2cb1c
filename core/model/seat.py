"""Seats: who works under a license that counts people or computers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .license import SeatKind


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatPool:
    """How many seats a grant has; ``id`` is the grant's. ``seats_max`` None: the license sets no number."""

    id: str
    kind: SeatKind
    seats_max: int | None
    noted_by: str
    noted_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """One seat that somebody has, or had until ``released_at``. ``device`` is set where computers count."""

    id: str
    grant_id: str
    member_id: str
    assigned_at: datetime
    assigned_by: str
    device: str = ""
    released_at: datetime | None = None
    released_by: str = ""
    version: int = 1
