"""What ends, as values: licenses, agreements, use-by dates, and which reminder of them is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from ...model.agreement import Agreement, Renewal, RenewalState
from ...model.grant import Grant
from ...policy.ending import Ending, end_of_day

REMIND_DAYS = (90, 30, 14, 1)
"""Somebody is told so many days before something ends."""
PAST_DAYS = 30
"""What ended is shown for so long."""


class EndsAs(StrEnum):
    """What of it ends."""

    LICENSE = "license"
    AGREEMENT = "agreement"
    USE_BY = "use_by"
    """The content has to be in use by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndsSoon:
    """Something that ends. ``subject`` is the grant's or agreement's id; ``days_left`` below 0: it ended."""

    subject: str
    ends_as: EndsAs
    title: str
    marketplace: str
    ends_at: datetime
    days_left: int
    let_go: bool = False
    scenes: tuple[str, ...] = ()
    """Scenes that use it, as far as the ledger knows; of an agreement none are listed."""

    @property
    def due(self) -> int | None:
        """The reminder that is due: the smallest of ``REMIND_DAYS`` that was reached; else None."""
        if self.days_left < 0:
            return None
        return min((days for days in REMIND_DAYS if self.days_left <= days), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What ends, the next first, and the grants that end with a subscription whose end nobody noted."""

    ends: tuple[EndsSoon, ...] = ()
    not_noted: tuple[Grant, ...] = ()
    not_noted_more: bool = False
    """Only the newest grants were looked at: there may be more than those in ``not_noted``."""


def of_grant(grant: Grant, ends_as: EndsAs, ends_at: datetime, ending: Ending, today: date) -> EndsSoon:
    """Say when a license ends, or by when it has to be in use."""
    return EndsSoon(
        subject=grant.id,
        ends_as=ends_as,
        title=grant.title,
        marketplace=grant.ref.marketplace,
        ends_at=ends_at,
        days_left=(ends_at.date() - today).days,
        let_go=ending.decided is not None,
    )


def of_agreement(agreement: Agreement, renewals: tuple[Renewal, ...], today: date) -> EndsSoon:
    """Say when an agreement ends."""
    day = agreement.ends_on or date.max
    return EndsSoon(
        subject=agreement.id,
        ends_as=EndsAs.AGREEMENT,
        title=agreement.name,
        marketplace=agreement.marketplace,
        ends_at=end_of_day(day),
        days_left=(day - today).days,
        let_go=bool(renewals) and renewals[-1].state is RenewalState.LET_GO,
    )


def reminder_id(one: EndsSoon) -> str:
    """Return the one id of a reminder: of two who tell at once, the ledger takes the first."""
    kind = "" if one.ends_as is not EndsAs.USE_BY else "use_by/"
    return f"{one.subject}/{kind}{one.ends_at.date().isoformat()}/{one.due}"
