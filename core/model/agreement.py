"""Agreements that stand over standard terms for a time, renewals, and what somebody was reminded of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An enterprise agreement with a marketplace; days are inclusive.

    ``overrides`` is the text of a TOML table with the fields of the license terms that it changes; what it
    leaves out stays as in the standard terms. ``license_ids`` empty: all licenses of the marketplace.
    """

    id: str
    marketplace: str
    name: str
    starts_on: date
    overrides: str
    noted_by: str
    noted_at: datetime
    ends_on: date | None = None
    license_ids: tuple[str, ...] = ()
    document_sha256: str = ""
    ended_at: datetime | None = None
    version: int = 1


class RenewalState(StrEnum):
    """Where a renewal stands."""

    PLANNED = "planned"
    RENEWED = "renewed"
    LET_GO = "let_go"
    """Decided not to renew: what uses it has to be replaced by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What was decided about a grant or agreement that ends."""

    id: str
    subject: str
    """The grant's or agreement's id."""
    state: RenewalState
    ends_at: datetime
    decided_by: str
    decided_at: datetime
    reason: str = ""
    renewed_until: datetime | None = None
    order_id: str = ""
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """That somebody was told, so many days before something ends. ``id`` is ``<subject>/<end>/<days>``."""

    id: str
    subject: str
    ends_at: datetime
    days: int
    told_at: datetime
