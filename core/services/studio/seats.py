"""Seats: how many a license has, who has them, assigning, taking and releasing. Never more than there are.

Whatever is written is counted in the same unit of work. PostgreSQL counts once more by itself
(``clearance_check_seat`` in ``core/ledger/sql/access.sql``), whatever program writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ...clock import Clock
from ...errors import UserInputError
from ...http.message import clean_text
from ...ids import Ids
from ...ledger.port import Ledger, LedgerReader, LedgerTransaction
from ...model.agreement import Agreement
from ...model.audit import AuditEvent
from ...model.grant import Grant, GrantState
from ...model.license import SeatKind
from ...model.people import Member
from ...model.seat import Seat, SeatPool
from ...policy.roles import Act
from ...policy.seating import SeatCount, SeatLevel, SeatSource, count_seats
from ...policy.wording import shorten
from ..clearing.circumstances import apply_agreements, group, read_terms
from .standing import Standing

MAX_SEATS = 1_000_000
MAX_DEVICE = 100
NAMED = 10
"""People whom a sentence names before it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsOf:
    """The seats of one grant. ``taken`` are in the order in which they were assigned."""

    grant: Grant
    count: SeatCount
    taken: tuple[Seat, ...] = ()

    @property
    def left(self) -> int | None:
        """How many are left, never below 0; None: as many as are wanted."""
        if self.count.seats_max is None:
            return None
        return max(0, self.count.seats_max - len(self.taken))

    @property
    def level(self) -> SeatLevel:
        """How full it is."""
        return self.count.level(len(self.taken))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """Looks after seats. ``device`` is the name of this computer, for licenses that count computers."""

    ledger: Ledger
    standing: Standing
    clock: Clock
    ids: Ids
    device: str = ""

    def overview(self) -> tuple[SeatsOf, ...]:
        """Return the seats of grants that stand, where somebody has one or noted how many there are.

        Fullest first. Everybody sees it: who has a seat is asked by who needs one.
        """
        reader = self.ledger
        taken = group(reader.values(Seat, released_at=None), lambda seat: seat.grant_id)
        pools = {pool.id: pool for pool in reader.values(SeatPool)}
        grants = reader.grants_by_id(sorted({*taken, *pools}))
        counts = self._count_all(
            [grant for grant in grants.values() if grant.state is GrantState.ACTIVE], pools, reader
        )
        found = [
            SeatsOf(grant=grants[grant_id], count=count, taken=taken.get(grant_id, ()))
            for grant_id, count in counts.items()
        ]
        weight = tuple(SeatLevel)
        return tuple(sorted(found, key=lambda one: (-weight.index(one.level), one.grant.title, one.grant.id)))

    def of(self, grant_id: str, *, reader: LedgerReader | None = None) -> SeatsOf | None:
        """Return the seats of a grant; None where its license counts none. Raises UserInputError."""
        reader = reader or self.ledger
        grant = self._grant(grant_id, reader)
        count = self._count(grant, reader)
        if count is None:
            return None
        return SeatsOf(
            grant=grant, count=count, taken=reader.values(Seat, grant_id=grant_id, released_at=None)
        )

    def note(self, grant_id: str, *, seats_max: int | None, kind: SeatKind | None = None) -> SeatPool:
        """Note how many seats a grant has, from its invoice or contract; None: as many as are wanted.

        Raises UserInputError when fewer are noted than are taken, NotAllowed.
        """
        if seats_max is not None and not 1 <= seats_max <= MAX_SEATS:
            raise UserInputError(
                f"A license has 1 to {MAX_SEATS:,} seats, or “unlimited”.", code="seat.number"
            )
        now = self.clock.now()
        with self.ledger.transaction() as work:
            actor = self.standing.require(Act.SET_SEATS, reader=work)
            grant = self._standing_grant(grant_id, work)
            before = work.value(SeatPool, grant_id)
            taken = work.values(Seat, grant_id=grant_id, released_at=None)
            if seats_max is not None and len(taken) > seats_max:
                raise UserInputError(
                    f"{len(taken)} seats of “{grant.title}” are taken ({_name(taken)}). Release some "
                    f"before you note that there are {seats_max}.",
                    code="seat.more_taken",
                    context={"grant_id": grant_id},
                )
            count = self._count(grant, work)
            pool = SeatPool(
                id=grant_id,
                kind=kind or (count.kind if count is not None else SeatKind.NAMED),
                seats_max=seats_max,
                noted_by=actor,
                noted_at=now,
                version=before.version if before is not None else 1,
            )
            if before is None:
                work.add(pool)
            else:
                pool = work.change(pool)
            facts = (("seats", "unlimited" if seats_max is None else str(seats_max)), ("kind", pool.kind))
            work.record(
                AuditEvent(action="seats.noted", subject=grant_id, actor=actor, at=now, details=facts)
            )
        return pool

    def take(self, grant_id: str) -> Seat | None:
        """Take a seat oneself, or keep the one that one has; None where the license counts none.

        An import does so by itself. Raises UserInputError (``seat.full``), which names who has them, or
        NotAllowed.
        """
        found = self.of(grant_id)
        if found is None:
            return None
        mine = _find(found.taken, self.standing.actor, self._device(found.count.kind, self.device))
        return mine or self.assign(grant_id, self.standing.actor, device=self.device)

    def assign(self, grant_id: str, member_id: str, *, device: str = "") -> Seat:
        """Give somebody a seat; one that they have is no error. ``device`` counts where computers do.

        Raises UserInputError: nobody of that name, the license counts no seats, none is left (``seat.full``).
        """
        now = self.clock.now()
        with self.ledger.transaction() as work:
            own = member_id == self.standing.actor
            actor = self.standing.require(Act.TAKE_SEAT if own else Act.ASSIGN_SEAT, reader=work)
            self._check_member(member_id, work)
            grant = self._standing_grant(grant_id, work)
            found = self.of(grant.id, reader=work)
            if found is None:
                raise UserInputError(
                    f"The license of “{grant.title}” counts no seats that Clearance knows of. If the "
                    "contract does, note how many with `clearance seat set`.",
                    code="seat.not_counted",
                    context={"grant_id": grant_id},
                )
            where = self._device(found.count.kind, device)
            if found.count.kind is SeatKind.COMPUTERS and not where:
                raise UserInputError(
                    "This license counts computers: name the computer.", code="seat.device_needed"
                )
            mine = _find(found.taken, member_id, where)
            if mine is not None:
                return mine
            if found.left == 0:
                raise _full(found)
            seat = Seat(
                id=self.ids.new("seat"),
                grant_id=grant_id,
                member_id=member_id,
                assigned_at=now,
                assigned_by=actor,
                device=where,
            )
            work.add(seat)
            facts = (("member", member_id), ("device", where), ("seat_id", seat.id))
            work.record(
                AuditEvent(action="seat.assigned", subject=grant_id, actor=actor, at=now, details=facts)
            )
        return seat

    def release(self, grant_id: str, member_id: str = "", *, device: str = "") -> tuple[Seat, ...]:
        """Release the seats that somebody (empty: oneself) has of a grant; of one ``device`` only when named.

        Raises UserInputError when there are none, NotAllowed.
        """
        member = member_id or self.standing.actor
        with self.ledger.transaction() as work:
            act = Act.TAKE_SEAT if member == self.standing.actor else Act.ASSIGN_SEAT
            actor = self.standing.require(act, reader=work)
            grant = self._grant(grant_id, work)
            held = [
                seat
                for seat in work.values(Seat, grant_id=grant_id, member_id=member, released_at=None)
                if device in ("", seat.device)
            ]
            if not held:
                raise UserInputError(
                    f"{member} has no seat of “{grant.title}”"
                    + (f" on {shorten(device)}." if device else ".")
                    + " `clearance seat list` shows who has one.",
                    code="seat.none",
                    context={"grant_id": grant_id},
                )
            return release_seats(work, held, clock=self.clock, actor=actor)

    def _device(self, kind: SeatKind, device: str) -> str:
        return clean_text(device, limit=MAX_DEVICE) if kind is SeatKind.COMPUTERS else ""

    def _check_member(self, member_id: str, work: LedgerTransaction) -> None:
        if not member_id.strip():
            raise UserInputError("Say whose seat it is.", code="seat.no_member")
        if not self.standing.is_shared(work):
            return
        member = work.value(Member, member_id)
        if member is None or not member.active:
            raise UserInputError(
                f"There is nobody called {shorten(member_id)} in the studio. An admin adds people with "
                "`clearance ledger member`.",
                code="seat.no_member",
            )

    def _count(self, grant: Grant, reader: LedgerReader) -> SeatCount | None:
        pool = reader.value(SeatPool, grant.id)
        return self._count_all([grant], {grant.id: pool} if pool is not None else {}, reader).get(grant.id)

    def _count_all(
        self, grants: Iterable[Grant], pools: Mapping[str, SeatPool], reader: LedgerReader
    ) -> dict[str, SeatCount]:
        """Return how many seats grants have, those that count any; each reading of terms is read once."""
        grants = tuple(grants)
        kept = read_terms(reader, {grant.terms_sha256 for grant in grants}, known={})
        agreements = reader.values(Agreement, ended_at=None)
        day = self.clock.now().date()
        agreed = {digest: apply_agreements(agreements, terms, day=day) for digest, terms in kept.items()}
        counts: dict[str, SeatCount] = {}
        for grant in grants:
            over = agreed.get(grant.terms_sha256)
            count = count_seats(
                over.terms if over is not None else kept.get(grant.terms_sha256),
                pools.get(grant.id),
                by_agreement=over is not None and "seats" in over.topics,
            )
            if count is not None:
                counts[grant.id] = count
        return counts

    def _grant(self, grant_id: str, reader: LedgerReader) -> Grant:
        grant = reader.grant(grant_id)
        if grant is None:
            raise UserInputError(
                "There is no such license in the ledger.",
                code="grant.unknown",
                context={"grant_id": grant_id},
            )
        return grant

    def _standing_grant(self, grant_id: str, reader: LedgerReader) -> Grant:
        grant = self._grant(grant_id, reader)
        if grant.state is not GrantState.ACTIVE:
            raise UserInputError(
                f"The license of “{grant.title}” is {grant.state}: it has no seats any more.",
                code="grant.not_active",
                context={"grant_id": grant_id},
            )
        return grant


def release_seats(
    work: LedgerTransaction, seats: Iterable[Seat], *, clock: Clock, actor: str, reason: str = ""
) -> tuple[Seat, ...]:
    """Release seats within a unit of work, each with its entry in the audit."""
    now = clock.now()
    released: list[Seat] = []
    for seat in seats:
        released.append(work.change(replace(seat, released_at=now, released_by=actor)))
        facts = (
            ("member", seat.member_id),
            ("device", seat.device),
            ("seat_id", seat.id),
            ("reason", reason),
        )
        work.record(
            AuditEvent(
                action="seat.released",
                subject=seat.grant_id,
                actor=actor,
                at=now,
                details=facts if reason else facts[:-1],
            )
        )
    return tuple(released)


def _find(seats: Iterable[Seat], member_id: str, device: str) -> Seat | None:
    """Return the seat that somebody has: on this computer, where computers count."""
    return next((seat for seat in seats if (seat.member_id, seat.device) == (member_id, device)), None)


def _name(seats: Iterable[Seat]) -> str:
    """Name who has seats."""
    who = [f"{seat.member_id} on {seat.device}" if seat.device else seat.member_id for seat in seats]
    more = len(who) - NAMED
    return ", ".join(who[:NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _full(found: SeatsOf) -> UserInputError:
    number = found.count.seats_max or 0
    title = found.grant.title
    if number == 1:
        said = f"The only seat of “{title}” is taken by {_name(found.taken)}."
    else:
        said = f"All {number:,} seats of “{title}” are taken: {_name(found.taken)}."
    if len(found.taken) > number:
        said = f"“{title}” has {number:,} seats, and {len(found.taken):,} are taken: {_name(found.taken)}."
    how = (
        "If more were bought, have the number on the invoice noted with `clearance seat set`."
        if found.count.source is SeatSource.NOT_NOTED
        else "License more seats, or have one released with `clearance seat release`."
    )
    return UserInputError(f"{said} {how}", code="seat.full", context={"grant_id": found.grant.id})
