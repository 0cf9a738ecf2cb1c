"""Finds the grants that end within a time without reading all others: by their dates, terms and renewals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from ...errors import UserInputError
from ...ledger.port import LedgerReader
from ...ledger.port_recent import Between
from ...licenses import parse_text
from ...model.agreement import Agreement, Renewal, RenewalState
from ...model.grant import Grant, GrantState
from ...model.license import Cap, LicenseTerms
from ...policy.ending import add_days, end_of_day
from ..clearing.circumstances import apply_agreements, values_of


@dataclass(frozen=True, slots=True)
class Span:
    """A time of whole days, both included."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """Its first moment."""
        return datetime.combine(self.first, time.min, tzinfo=UTC)

    @property
    def ends(self) -> datetime:
        """Its last moment."""
        return end_of_day(self.last)

    def earlier(self, days: int) -> Span:
        """Return the time that lies so many days before."""
        return Span(first=add_days(self.first, -days), last=add_days(self.last, -days))


@dataclass(frozen=True, slots=True)
class NotNoted:
    """Grants that hang on a subscription whose end nobody noted. ``more``: there may be others."""

    grants: tuple[Grant, ...] = ()
    more: bool = False


def read_ending_terms(reader: LedgerReader, *, every: bool) -> dict[str, LicenseTerms]:
    """Return the kept readings of terms that end somehow, by hash; damaged ones are left out."""
    found: dict[str, LicenseTerms] = {}
    for digest, text in reader.terms_that_end(every=every).items():
        try:
            found[digest] = parse_text(text)
        except UserInputError:
            continue  # damaged: whoever judges says that they are not at hand
    return found


def apply_all(
    agreements: Iterable[Agreement], kept: Mapping[str, LicenseTerms], *, day: date
) -> dict[str, LicenseTerms]:
    """Return readings of terms with what agreements say, where one holds."""
    agreements = tuple(agreements)
    holding: dict[str, LicenseTerms] = {}
    for digest, terms in kept.items():
        agreed = apply_agreements(agreements, terms, day=day)
        holding[digest] = agreed.terms if agreed is not None else terms
    return holding


def find_ending_grants(
    reader: LedgerReader, terms: Mapping[str, LicenseTerms], span: Span
) -> dict[str, Grant]:
    """Return, by id, the active grants that may end within a time, or have to be in use by then.

    ``terms`` are the readings that end somehow. Which of them really do is for ``find_ending`` to say.
    """
    found = {grant.id: grant for grant in reader.grants_that_end(after=span.begins, before=span.ends)}
    before_use: set[int] = {0}
    for digest, one in terms.items():
        if (days := _limit(one.term_days)) is not None:
            made = span.earlier(days)
            found |= {
                grant.id: grant for grant in reader.grants_under(digest, after=made.begins, before=made.ends)
            }
        if (days := _limit(one.must_use_days)) is not None:
            before_use.add(days)
    subjects: set[str] = set()
    for days in before_use:
        earlier = span.earlier(days)
        noted = Between(earlier.begins, earlier.ends)
        subjects.update(one.subject for one in reader.values(Renewal, ends_at=noted))
        subjects.update(one.subject for one in reader.values(Renewal, renewed_until=noted))
    more = reader.grants_by_id(sorted(subjects - found.keys())).values()
    return found | {grant.id: grant for grant in more if grant.state is GrantState.ACTIVE}


def find_not_noted(reader: LedgerReader, terms: Mapping[str, LicenseTerms], *, most: int | None) -> NotNoted:
    """Return the active grants that hang on a subscription without a known end, oldest first.

    Of each reading of terms at most the newest ``most`` grants are looked at.
    """
    if most == 0:
        return NotNoted()
    found: list[Grant] = []
    more = False
    for digest, one in terms.items():
        by_use = _limit(one.must_use_days) is not None
        if _limit(one.term_days) is not None or not (by_use or one.perpetual is False):
            continue
        grants = reader.grants_under(digest, limit=most)
        more = more or len(grants) == most
        found.extend(grant for grant in grants if grant.valid_until is None)
    ids = [grant.id for grant in found]
    noted = {
        one.subject
        for one in values_of(reader, Renewal, "subject", ids)
        if one.state in (RenewalState.PLANNED, RenewalState.RENEWED)
    }
    left = [grant for grant in found if grant.id not in noted]
    return NotNoted(tuple(sorted(left, key=lambda grant: (grant.granted_at, grant.id))), more=more)


def _limit(value: object) -> int | None:
    return value.limit if isinstance(value, Cap) else None
