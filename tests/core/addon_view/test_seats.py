"""The panel of seats and ends: who has one, how full it is, what ends, in few words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from clearance_package import load
from session_states import EVIL_TITLE, NOW, States

view = load("addon.ui.views.seats")
state_of = load("core.session.state")
seats_of = load("core.services.studio.seats")
ends = load("core.services.studio.ends")
seating = load("core.policy.seating")
Seat = load("core.model.seat").Seat
SeatKind = load("core.model.license").SeatKind
Phase, Tone = state_of.Phase, load("addon.ui.views.rows").Tone


def seats(most: int | None, *who: str, title: str = "Oak chair", device: str = "") -> Any:
    grant = replace(States(load).grant(), title=title)
    taken = tuple(
        Seat(id=f"s{n}", grant_id=grant.id, member_id=name, assigned_at=NOW, assigned_by="a", device=device)
        for n, name in enumerate(who)
    )
    count = seating.SeatCount(kind=SeatKind.NAMED, seats_max=most, source=seating.SeatSource.LICENSE)
    return seats_of.SeatsOf(grant=grant, count=count, taken=taken)


def ending(days: int, **facts: Any) -> Any:
    made = ends.EndsSoon(
        subject="grant_1", ends_as=ends.EndsAs.LICENSE, title="Oak chair", marketplace="cgtrader",
        ends_at=NOW + timedelta(days=days), days_left=days,
    )  # fmt: skip
    return replace(made, **facts)


def show(**facts: Any) -> Any:
    return view.view_seats(state_of.SeatingState(**({"phase": Phase.READY, "user": "ida"} | facts)))


@pytest.mark.parametrize(
    ("phase", "says"),
    [
        (Phase.IDLE, "Who has seats, and which licenses and agreements end soon."),
        (Phase.BUSY, "Looking."),
        (Phase.READY, "Nobody has a seat, and nothing ends within 90 days."),
    ],
)
def test_each_phase_in_its_words(phase: Any, says: str) -> None:
    assert [note.text for note in show(phase=phase).notes] == [says]


def test_a_problem_is_said() -> None:
    problem = state_of.Problem(code="seat.none", message="You have no seat.")
    assert [note.tone for note in show(phase=Phase.FAILED, problem=problem).notes] == [Tone.BAD]


@pytest.mark.parametrize(
    ("row", "tone", "text", "mine"),
    [
        (seats(5, "ida", "otto"), Tone.GOOD, "2 of 5 seats", True),
        (seats(5, "a", "b", "c", "d"), Tone.WARN, "4 of 5 seats", False),
        (seats(2, "a", "b"), Tone.WARN, "2 of 2 seats", False),
        (seats(2, "a", "b", "ida"), Tone.BAD, "3 of 2 seats", True),
        (seats(1, "ida"), Tone.GOOD, "1 of 1 seats", True),
        (seats(None, "ida"), Tone.GOOD, "1 seat", True),
        (seats(9), Tone.GOOD, "0 of 9 seats", False),
    ],
)
def test_a_license_says_how_full_it_is(row: Any, tone: Any, text: str, mine: bool) -> None:
    (shown,) = show(seats=(row,)).rows
    assert (shown.tone, shown.text, shown.mine) == (tone, text, mine)
    assert 0.0 <= shown.used <= 1.0


@pytest.mark.parametrize(
    ("number", "more", "says"),
    [
        (1, False, "1 license hangs on a subscription whose last day nobody noted."),
        (200, False, "200 licenses hang on a subscription whose last day nobody noted."),
        (200, True, "At least 200 licenses hang on a subscription whose last day nobody noted."),
    ],
)
def test_what_hangs_on_a_subscription_is_counted_as_far_as_it_was_looked_at(
    number: int, more: bool, says: str
) -> None:
    grants = (States(load).grant(),) * number
    shown = show(outlook=ends.Outlook(not_noted=grants, not_noted_more=more))
    assert [note.text for note in shown.ends] == [says]


def test_many_people_and_hostile_names_stay_short() -> None:
    row = seats(10_000, *(f"{EVIL_TITLE}{n}" for n in range(3000)), title=EVIL_TITLE, device=EVIL_TITLE)
    (shown,) = show(seats=(row,)).rows
    assert "2,994 more" in shown.who.text
    assert len(shown.who.text) < 500
    assert len(shown.title) <= 60
    assert "\x1b" not in shown.who.text + shown.title
    assert "\u202e" not in shown.who.text + shown.title
    many = show(seats=(row,) * 50, outlook=ends.Outlook(ends=(ending(3),) * 50))
    assert (len(many.rows), len(many.ends)) == (30, 31)
    assert "20 more licenses have seats" in many.notes[-1].text
    assert many.ends[-1].text.startswith("20 more ends within 90 days")


@pytest.mark.parametrize(
    ("one", "says", "tone"),
    [
        (ending(20), "“Oak chair” ends on 2026-12-13, in 20 days.", Tone.INFO),
        (ending(1), "“Oak chair” ends on 2026-11-24, in 1 day.", Tone.WARN),
        (ending(0), "“Oak chair” ends on 2026-11-23, today.", Tone.WARN),
        (ending(-2), "“Oak chair” ended on 2026-11-21.", Tone.BAD),
        (
            ending(5, ends_as=ends.EndsAs.USE_BY),
            "“Oak chair” has to be in use by 2026-11-28, in 5 days.",
            Tone.WARN,
        ),
        (
            ending(5, ends_as=ends.EndsAs.AGREEMENT, title="Studio", let_go=True, scenes=("a", "b")),
            "The agreement “Studio” ends on 2026-11-28, in 5 days. It was let go. Used in 2 scenes.",
            Tone.WARN,
        ),
    ],
)
def test_what_ends_is_said_in_a_sentence(one: Any, says: str, tone: Any) -> None:
    (note,) = show(outlook=ends.Outlook(ends=(one,))).ends
    assert (note.text, note.tone) == (says, tone)
    shown = show(told=(one,), outlook=ends.Outlook(not_noted=(States(load).grant(),)))
    assert shown.notes[-1].text == f"Reminder: {says}"
    assert shown.ends[-1].text == "1 license hangs on a subscription whose last day nobody noted."
