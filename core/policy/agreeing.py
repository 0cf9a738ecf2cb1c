"""Which enterprise agreement stands over a license on a day. Pure.

Agreements do not add up: exactly one holds, the one that names the fewest licenses (one that names none is
for all of a marketplace's), then the one that began last, then the one that was noted last.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..model.agreement import Agreement

ALL = 1_000_000
"""How many licenses an agreement covers that names none: more than any that names some."""


def holds_on(agreement: Agreement, day: date) -> bool:
    """Say whether a day is within an agreement's period, and it was not ended."""
    if agreement.ended_at is not None or day < agreement.starts_on:
        return False
    return agreement.ends_on is None or day <= agreement.ends_on


def covers(agreement: Agreement, marketplace: str, license_id: str) -> bool:
    """Say whether an agreement is about a license."""
    if agreement.marketplace != marketplace:
        return False
    return not agreement.license_ids or license_id in agreement.license_ids


def choose_agreement(
    agreements: Iterable[Agreement], *, marketplace: str, license_id: str, day: date
) -> Agreement | None:
    """Return the agreement that holds for a license on a day, or None."""
    holding = [one for one in agreements if covers(one, marketplace, license_id) and holds_on(one, day)]
    # Ids come last so that the answer never hangs on the order in which rows are read.
    return max(
        holding,
        key=lambda one: (-(len(one.license_ids) or ALL), one.starts_on, one.noted_at, one.id),
        default=None,
    )
