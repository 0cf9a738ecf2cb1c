"""Gathers what holds for grants beside their licenses: agreements, renewals, seats, use-by dates, scenes.

Reads the ledger in a number of queries that does not grow with each grant; writes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

from ...errors import UserInputError
from ...ledger.port import LedgerReader
from ...licenses import parse_text
from ...model.agreement import Agreement, Renewal
from ...model.circumstances import NO_CIRCUMSTANCES, Circumstances
from ...model.grant import Grant, GrantState
from ...model.license import UNKNOWN, Cap, Clause, Confidence, LicenseTerms
from ...model.seat import Seat, SeatPool
from ...policy.agreeing import choose_agreement
from ...policy.ending import find_ending
from ...policy.seating import SeatSource, count_seats

V = TypeVar("V")
CHUNK = 400
ASK_BY_ID = 4_000
"""From this many ids on, a whole table is read instead: one of a studio's grants in general."""


@dataclass(frozen=True, slots=True)
class Agreed:
    """Terms with what an agreement says, and the agreement. ``topics``: what it says something about."""

    terms: LicenseTerms
    agreement: Agreement
    topics: tuple[str, ...]


def gather_circumstances(
    reader: LedgerReader,
    grants: Mapping[str, Grant],
    *,
    now: datetime,
    terms: Mapping[str, LicenseTerms] | None = None,
    with_scenes: bool = True,
) -> dict[str, Circumstances]:
    """Return by grant id what holds; grants of which there is nothing to say are left out.

    ``terms`` are kept readings by hash; those that are missing are read here. ``with_scenes``: where grants
    that stand no more are used, too.
    """
    kept = read_terms(reader, {grant.terms_sha256 for grant in grants.values()}, known=terms or {})
    agreements = reader.values(Agreement, ended_at=None)
    ids = list(grants)
    renewals = group(values_of(reader, Renewal, "subject", ids), lambda one: one.subject)
    pools = {pool.id: pool for pool in values_of(reader, SeatPool, "id", ids)}
    taken = Counter(
        seat.grant_id for seat in values_of(reader, Seat, "grant_id", ids) if seat.released_at is None
    )
    found: dict[str, Circumstances] = {}
    made: dict[tuple[str, str], Agreed | None] = {}
    for grant in grants.values():
        standard = kept.get(grant.terms_sha256)
        agreed = _agreed(made, agreements, grant, standard, now.date())
        found[grant.id] = _describe(
            grant, agreed.terms if agreed is not None else standard, agreed,
            renewals=renewals.get(grant.id, ()), pool=pools.get(grant.id), taken=taken[grant.id],
        )  # fmt: skip
        if with_scenes and grant.state is not GrantState.ACTIVE:
            scenes = tuple(sorted({usage.scene for usage in reader.usages(grant_id=grant.id)}))
            found[grant.id] = replace(found[grant.id], used_in=scenes)
    return {grant_id: one for grant_id, one in found.items() if one != NO_CIRCUMSTANCES}


def with_ends(grants: Mapping[str, Grant], circumstances: Mapping[str, Circumstances]) -> dict[str, Grant]:
    """Return grants whose ``valid_until`` is what was noted and decided since."""
    return {
        grant_id: replace(grant, valid_until=circumstances[grant_id].ends_at)
        if grant_id in circumstances and circumstances[grant_id].ends_at != grant.valid_until
        else grant
        for grant_id, grant in grants.items()
    }


def find_agreed(reader: LedgerReader, terms: LicenseTerms, *, day: date) -> Agreed | None:
    """Return the terms with the agreement that holds for them on a day; None where none does."""
    return apply_agreements(
        reader.values(Agreement, marketplace=terms.marketplace, ended_at=None), terms, day=day
    )


def apply_agreements(agreements: Iterable[Agreement], terms: LicenseTerms, *, day: date) -> Agreed | None:
    """Return the terms with the one of these agreements that holds; None where none does."""
    chosen = choose_agreement(agreements, marketplace=terms.marketplace, license_id=terms.license_id, day=day)
    if chosen is None or not terms.known:
        return None
    from ...licenses.overrides import apply_overrides, read_overrides

    overrides = read_overrides(chosen.overrides, name=f"The agreement “{chosen.name}”")

    def make_clause(topic: str, what: str) -> Clause:
        return Clause(
            topic=topic,
            summary=describe_source(chosen, what),
            url="",
            read_on=chosen.noted_at.date(),
            # What was signed is the licensor's own word; what nobody can look up is not confirmed.
            confidence=Confidence.PRIMARY if chosen.document_sha256 else Confidence.UNCONFIRMED,
        )

    return Agreed(apply_overrides(terms, overrides, make_clause=make_clause), chosen, overrides.topics)


def describe_source(agreement: Agreement, what: str) -> str:
    """Say which agreement a fact rests on, and how to tell its document."""
    period = f"from {agreement.starts_on.isoformat()}"
    if agreement.ends_on is not None:
        period += f" to {agreement.ends_on.isoformat()}"
    proof = (
        f"document with the SHA-256 {agreement.document_sha256}"
        if agreement.document_sha256
        else "no document is kept with it"
    )
    return f"The agreement “{agreement.name}” ({period}; {proof}) says: {what}."


def read_terms(
    reader: LedgerReader, digests: Collection[str], *, known: Mapping[str, LicenseTerms]
) -> dict[str, LicenseTerms]:
    """Return kept readings of terms by hash; what is missing or damaged is left out."""
    found = dict(known)
    for digest in digests:
        if digest in found:
            continue
        text = reader.terms_text(digest)
        try:
            if text is not None:
                found[digest] = parse_text(text)
        except UserInputError:
            continue  # damaged: whoever judges says that they are not at hand
    return found


def values_of(reader: LedgerReader, kind: type[V], field: str, ids: list[str]) -> Iterator[V]:
    """Go through the values that belong to some ids, in the order in which they were written."""
    if len(ids) > ASK_BY_ID:
        wanted = frozenset(ids)
        yield from (value for value in reader.values(kind) if getattr(value, field) in wanted)
        return
    for start in range(0, len(ids), CHUNK):
        chosen: dict[str, Any] = {field: tuple(ids[start : start + CHUNK])}
        yield from reader.values(kind, **chosen)


def group(values: Iterable[V], key: Callable[[V], str]) -> dict[str, tuple[V, ...]]:
    """Return values by a key, in their order."""
    found: dict[str, list[V]] = {}
    for value in values:
        found.setdefault(key(value), []).append(value)
    return {name: tuple(members) for name, members in found.items()}


def _agreed(
    made: dict[tuple[str, str], Agreed | None],
    agreements: tuple[Agreement, ...],
    grant: Grant,
    terms: LicenseTerms | None,
    day: date,
) -> Agreed | None:
    """Apply agreements to a reading of terms once, however many grants have it."""
    if terms is None or not agreements:
        return None
    key = (grant.terms_sha256, terms.license_id)
    if key not in made:
        made[key] = apply_agreements(agreements, terms, day=day)
    return made[key]


def _describe(
    grant: Grant,
    terms: LicenseTerms | None,
    agreed: Agreed | None,
    *,
    renewals: tuple[Renewal, ...],
    pool: SeatPool | None,
    taken: int,
) -> Circumstances:
    ending = find_ending(grant, terms, renewals)
    count = count_seats(terms, pool, by_agreement=agreed is not None and "seats" in agreed.topics)
    noted = count is not None and count.source is SeatSource.NOTED
    changed = agreed.terms if agreed is not None else None
    if noted and count is not None and count.seats_max is None and terms is not None:
        changed = replace(terms, seats=Cap(limit=None))
    if ending.renewed and terms is not None and isinstance(terms.term_days, Cap):
        changed = replace(changed or terms, term_days=UNKNOWN)
    if grant.state is not GrantState.ACTIVE:
        count = None
    return Circumstances(
        terms=changed,
        agreement=agreed.agreement if agreed is not None else None,
        # An end that is the license's own (a comp's days) is the rules' to find.
        ends_at=ending.ends_at if renewals else grant.valid_until,
        must_use_by=ending.must_use_by,
        seats_held=count.seats_max if noted and count is not None else None,
        seats_taken=taken if count is not None and taken else None,
    )
