"""When a right ends, with what was noted and decided about it, and by when it has to be in use. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from ..model.agreement import Renewal, RenewalState
from ..model.grant import Grant
from ..model.license import Cap, LicenseTerms

LAST_DAY = date.max


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """``ends_at`` None: no end is known. ``decided``: the newest decision about this end, or None."""

    ends_at: datetime | None = None
    must_use_by: date | None = None
    """The last day on which use has to begin, where a license sets one and a subscription's end is known."""
    subscription: bool = False
    """The license hangs on a subscription: it has no end of its own, or asks for use soon after that one."""
    decided: Renewal | None = None
    renewed: bool = False
    """The end is the one of a renewal, whatever the license itself says."""


def find_ending(grant: Grant, terms: LicenseTerms | None, renewals: Iterable[Renewal] = ()) -> Ending:
    """Return when a grant ends.

    ``terms`` are those that hold (an agreement's included), ``renewals`` what was noted of this grant in the
    order in which it came: a planned one notes the day on which a subscription ends, a renewed one moves it.
    """
    own = [grant.valid_until] if grant.valid_until is not None else []
    if terms is not None and isinstance(terms.term_days, Cap) and terms.term_days.limit is not None:
        own.append(end_of_day(add_days(grant.granted_at.date(), terms.term_days.limit)))
    noted: datetime | None = None
    renewed = False
    decided: Renewal | None = None
    for renewal in renewals:
        match renewal.state:
            case RenewalState.PLANNED:
                noted, renewed, decided = renewal.ends_at, False, None
            case RenewalState.RENEWED:
                noted, renewed, decided = renewal.renewed_until, True, None
            case RenewalState.LET_GO:
                decided = renewal
    days = terms.must_use_days if terms is not None else None
    if isinstance(days, Cap) and days.limit is not None:
        by = add_days(noted.date(), days.limit) if noted is not None else None
        return Ending(ends_at=min(own, default=None), must_use_by=by, subscription=True, decided=decided)
    subscription = not own and terms is not None and terms.perpetual is False
    if noted is not None:
        own = [noted] if renewed else [*own, noted]
    return Ending(ends_at=min(own, default=None), subscription=subscription, decided=decided, renewed=renewed)


def end_of_day(day: date) -> datetime:
    """Return the last moment of a day, in UTC."""
    return datetime.combine(day, time.max, tzinfo=UTC)


def add_days(day: date, days: int) -> date:
    """Return a later day, or an earlier one; at most the last that there is, and at least the first."""
    return day + timedelta(days=max(min(days, (LAST_DAY - day).days), (date.min - day).days))
