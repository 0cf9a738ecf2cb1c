"""Seats on both engines: as many as the license, a note or an agreement says, and never one more."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from ledger_values import REF, moment
from seat_studio import NOW, make_seats, make_terms, own

from core.errors import LedgerConflict, NotAllowed, UserInputError
from core.ledger.engine import SqlLedger
from core.model.agreement import Agreement
from core.model.grant import GrantState
from core.model.license import Cap, SeatKind
from core.model.people import Member, Role
from core.model.seat import Seat, SeatPool
from core.policy.seating import SeatLevel, SeatSource

Start = Callable[..., "subprocess.Popen[str]"]


def test_a_license_counts_its_seats_by_itself(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=2)))
    ida, otto, mia = (make_seats(ledger, user) for user in ("ida", "otto", "mia"))
    first = ida.take("grant_1")
    assert first is not None
    assert ida.take("grant_1") == first
    assert otto.take("grant_1") is not None
    with pytest.raises(UserInputError, match=r"All 2 seats of “.*” are taken: ida, otto") as caught:
        mia.take("grant_1")
    assert caught.value.code == "seat.full"
    ida.release("grant_1")
    assert mia.take("grant_1") is not None
    (seats,) = ida.overview()
    assert [seat.member_id for seat in seats.taken] == ["otto", "mia"]
    assert (seats.level, seats.left, seats.count.source) == (SeatLevel.FULL, 0, SeatSource.LICENSE)
    assert [entry.event.action for entry in ledger.audit()] == [
        "seat.assigned", "seat.assigned", "seat.released", "seat.assigned",
    ]  # fmt: skip
    assert ledger.verify_audit().ok


def test_what_counts_none_takes_none(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=None)))
    seats = make_seats(ledger, "ida")
    assert seats.take("grant_1") is None
    assert seats.overview() == ()
    with pytest.raises(UserInputError, match="counts no seats"):
        seats.assign("grant_1", "ida")
    own(ledger, make_terms(), number=2)
    assert seats.take("grant_2") is None


def test_sold_by_the_seat_and_not_noted_is_one(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seat_kind=SeatKind.NAMED))
    ida, otto = make_seats(ledger, "ida"), make_seats(ledger, "otto")
    ida.take("grant_1")
    with pytest.raises(UserInputError, match=r"The only seat .* is taken by ida. If more were bought"):
        otto.take("grant_1")
    ida.note("grant_1", seats_max=2)
    otto.take("grant_1")
    with pytest.raises(UserInputError, match=r"2 seats of .* are taken \(ida, otto\)"):
        ida.note("grant_1", seats_max=1)
    ida.note("grant_1", seats_max=None)
    make_seats(ledger, "mia").take("grant_1")
    assert ida.overview()[0].left is None


def test_computers_count_where_the_license_counts_them(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=2), seat_kind=SeatKind.COMPUTERS))
    box, laptop = make_seats(ledger, "ida", device="box"), make_seats(ledger, "ida", device="laptop")
    assert box.take("grant_1") != laptop.take("grant_1")
    with pytest.raises(UserInputError, match="ida on box, ida on laptop"):
        make_seats(ledger, "ida", device="third").take("grant_1")
    with pytest.raises(UserInputError, match="name the computer"):
        box.assign("grant_1", "ida")
    assert [seat.device for seat in laptop.release("grant_1", device="laptop")] == ["laptop"]
    with pytest.raises(UserInputError, match=r"ida has no seat of .* on laptop"):
        laptop.release("grant_1", device="laptop")


def test_an_agreement_gives_other_numbers_while_it_holds(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=1)))
    ida, otto = make_seats(ledger, "ida"), make_seats(ledger, "otto")
    ida.take("grant_1")
    with pytest.raises(UserInputError):
        otto.take("grant_1")
    agreement = Agreement(
        id="agreement_1", marketplace=REF.marketplace, name="Studio", starts_on=date(2020, 1, 1),
        overrides="seats = 2\n", noted_by="ada", noted_at=moment(1),
    )  # fmt: skip
    with ledger.transaction() as work:
        work.add(agreement)
    otto.take("grant_1")
    assert ida.overview()[0].count.source is SeatSource.AGREEMENT
    with pytest.raises(UserInputError, match="All 2 seats"):
        make_seats(ledger, "mia").take("grant_1")
    with ledger.transaction() as work:
        work.change(replace(agreement, ended_at=NOW))
    assert ida.overview()[0].level is SeatLevel.EXCEEDED
    with pytest.raises(UserInputError, match="has 1 seats, and 2 are taken"):
        make_seats(ledger, "mia").take("grant_1")


def test_rows_past_the_core_are_held_back_by_the_database(ledger: SqlLedger) -> None:
    """One seat for one person on both engines; a studio's database counts by itself, too."""
    own(ledger, make_terms(seats=Cap(limit=1)))
    seat = Seat(id="s1", grant_id="grant_1", member_id="a", assigned_at=NOW, assigned_by="a")
    pool = SeatPool(id="grant_1", kind=SeatKind.NAMED, seats_max=None, noted_by="a", noted_at=NOW)
    with ledger.transaction() as work:
        work.add(seat)
        with pytest.raises(LedgerConflict):
            work.add(replace(seat, id="s2"))
        if not ledger.place.startswith("postgresql:"):
            return
        with pytest.raises(LedgerConflict, match="no seat is left"):
            work.add(replace(seat, id="s2", member_id="b"))
        work.add(pool)
        work.add(replace(seat, id="s2", member_id="b"))
        with pytest.raises(LedgerConflict, match="more seats are taken"):
            work.change(replace(pool, seats_max=1))
        work.change_grant_state("grant_1", GrantState.REVOKED, at=NOW)
        work.change(replace(seat, released_at=NOW, released_by="a"))
        with pytest.raises(LedgerConflict, match="does not stand"):
            work.add(replace(seat, id="s3", member_id="c"))


def test_in_a_studio_roles_decide(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=3)))
    with ledger.transaction() as work:
        for name, role in (("ida", Role.ARTIST), ("lea", Role.APPROVER), ("finn", Role.FINANCE)):
            work.add(Member(id=name, name=name, roles=(role,), added_at=NOW, added_by="ada"))
        work.add(Member(id="gone", name="g", roles=(Role.ARTIST,), added_at=NOW, added_by="a", active=False))
    ida, lea, finn = (make_seats(ledger, user) for user in ("ida", "lea", "finn"))
    ida.take("grant_1")
    with pytest.raises(NotAllowed):
        ida.assign("grant_1", "lea")
    with pytest.raises(NotAllowed):
        finn.take("grant_1")
    with pytest.raises(NotAllowed):
        ida.note("grant_1", seats_max=9)
    for nobody in ("gone", "eve", "x" * 10_000, "\U0001f4a5", "  "):
        with pytest.raises(UserInputError):
            lea.assign("grant_1", nobody)
    lea.release("grant_1", "ida")
    lea.assign("grant_1", "ida")
    finn.note("grant_1", seats_max=1)
    with pytest.raises(UserInputError, match="The only seat"):
        lea.take("grant_1")


@pytest.mark.parametrize("number", [0, -1, 10**9])
def test_numbers_that_cannot_be_are_refused(ledger: SqlLedger, number: int) -> None:
    own(ledger, make_terms())
    with pytest.raises(UserInputError) as caught:
        make_seats(ledger, "ida").note("grant_1", seats_max=number)
    assert caught.value.code == "seat.number"
    assert ledger.audit() == ()


def test_what_ended_has_no_seats(ledger: SqlLedger) -> None:
    own(ledger, make_terms(seats=Cap(limit=1)))
    seats = make_seats(ledger, "ida")
    seats.take("grant_1")
    with ledger.transaction() as work:
        work.change_grant_state("grant_1", GrantState.REFUNDED, at=NOW)
    with pytest.raises(UserInputError, match="no seats any more"):
        seats.assign("grant_1", "otto")
    with pytest.raises(UserInputError, match="no such license"):
        seats.take("grant_none")
    assert seats.overview() == ()
