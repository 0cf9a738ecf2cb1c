"""Rows of what was recognized, in every state of the look."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from clearance_package import load

Tone = load("addon.ui.views.rows").Tone
view_recognized = load("addon.ui.views.recognized").view_recognized
recognition = load("core.model.recognition")
state = load("core.session.state")
Phase, Problem = state.Phase, state.Problem


def suggest(**changes: Any) -> Any:
    given = {
        "grant_id": "grant_1",
        "marketplace": "CGTrader",
        "listing_id": "123",
        "title": "Oak Chair",
        "since": datetime(2026, 3, 2, tzinfo=UTC),
        "state": "active",
        "name": "chair.obj",
        "likeness": "corners",
    } | changes
    return recognition.Suggestion(**given)


def state_of(**changes: Any) -> Any:
    return state.SessionState(recognition=state.RecognitionState(**changes))


def recognized(name: str, *suggestions: Any) -> Any:
    return recognition.Recognized(subject=f"MESH/{name}", suggestions=suggestions or (suggest(),))


def test_nothing_is_said_before_anybody_looked() -> None:
    shown = view_recognized(state.SessionState())
    assert (shown.notes, shown.rows, shown.busy, shown.certain) == ((), (), False, 0)


def test_it_is_offered_where_something_could_be_recognized() -> None:
    assert not view_recognized(state.SessionState()).offered
    report = SimpleNamespace(undeclared=("OBJECT/Chair", "MESH/Chair", "IMAGE/wood.png"))
    shown = view_recognized(state.SessionState(report=report))
    assert shown.offered and shown.offer == "2 meshes or images without a license:"
    report = SimpleNamespace(undeclared=("OBJECT/Chair", "MESH/Chair"))
    assert view_recognized(state.SessionState(report=report)).offer == "1 mesh or image without a license:"
    report = SimpleNamespace(undeclared=("MATERIAL/Wood",))
    assert not view_recognized(state.SessionState(report=report)).offered
    # What was found is shown whatever the report said.
    assert view_recognized(state_of(phase=Phase.READY, found=[recognized("Chair")])).offered


def test_what_was_done_with_the_proposals_is_said() -> None:
    shown = view_recognized(state_of(phase=Phase.READY, known=5, looked_at=9, stamped=3))
    assert [(note.text, note.tone) for note in shown.notes] == [("3 data-blocks stamped.", Tone.GOOD)]
    assert view_recognized(state_of(phase=Phase.READY, known=5, looked_at=9, dismissed=1)).notes == ()
    shown = view_recognized(state_of(phase=Phase.READY, known=5, looked_at=9))
    assert shown.notes[0].text == "Nothing in it looks like what you own."


def test_the_look_is_followed() -> None:
    shown = view_recognized(state_of(phase=Phase.BUSY, looked_at=1200, total=3400))
    assert shown.busy and [note.text for note in shown.notes] == ["Compared 1,200 of 3,400."]
    shown = view_recognized(state_of(phase=Phase.BUSY, is_learning=True))
    assert "once" in shown.notes[0].text


def test_one_thing_that_it_may_be() -> None:
    shown = view_recognized(state_of(phase=Phase.READY, found=[recognized("Chair")], known=5, looked_at=9))
    row = shown.rows[0]
    assert (row.title, row.question) == ("Chair (mesh)", "Looks like")
    assert [(one.text, one.button, one.tone) for one in row.choices] == [
        ("CGTrader 123 (“Oak Chair”), bought 2026-03-02: the same shape.", "Stamp It", Tone.INFO)
    ]
    assert shown.certain == 1 and shown.notes == ()


def test_several_things_that_it_may_be_are_no_certainty() -> None:
    found = recognized("Chair", *(suggest(grant_id=f"grant_{n}", title=f"Chair {n}") for n in range(8)))
    row = view_recognized(state_of(phase=Phase.READY, found=[found], known=5)).rows[0]
    assert row.question == "It may be one of several. Which?"
    assert len(row.choices) == 5 and row.more == "And 3 more licenses."
    assert {one.button for one in row.choices} == {"Stamp as This"}
    assert found.certain is None


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"state": "refunded"}, "CGTrader 123 (“Oak Chair”), bought 2026-03-02, refunded: the same shape."),
        ({"likeness": "exact"}, "CGTrader 123 (“Oak Chair”), bought 2026-03-02: exactly the same."),
        ({"likeness": "look"}, "CGTrader 123 (“Oak Chair”), bought 2026-03-02: looks the same."),
        (
            {"likeness": "stretched"},
            "CGTrader 123 (“Oak Chair”), bought 2026-03-02: the same shape, stretched.",
        ),
        ({"is_declared": True, "state": "declared"}, "“Oak Chair”, declared 2026-03-02: the same shape."),
        ({"title": ""}, "CGTrader 123 (without a title), bought 2026-03-02: the same shape."),
    ],
)
def test_what_it_may_be_in_words(changes: dict[str, Any], text: str) -> None:
    found = recognized("Chair", suggest(**changes))
    shown = view_recognized(state_of(phase=Phase.READY, found=[found], known=1))
    assert shown.rows[0].choices[0].text == text
    assert shown.certain == (changes.get("likeness") != "stretched")


def test_the_end_is_told() -> None:
    nothing_known = view_recognized(state_of(phase=Phase.READY, looked_at=3))
    assert "download what you own" in nothing_known.notes[0].text
    nothing_found = view_recognized(state_of(phase=Phase.READY, looked_at=3, known=7))
    assert nothing_found.notes[0].text == "Nothing in it looks like what you own."
    passed = [recognition.Passed(subject=f"MESH/{n}", why="It is being edited.") for n in range(5)]
    told = view_recognized(
        state_of(phase=Phase.READY, looked_at=5, known=7, passed=passed, found=[recognized("a")])
    )
    assert told.notes[0].text == "Not looked at: 0, 1, 2 and 2 more. It is being edited."
    failed = view_recognized(
        state_of(phase=Phase.FAILED, problem=Problem(code="ledger.busy", message="The ledger is busy."))
    )
    assert failed.notes[0].tone is Tone.BAD


def test_thousands_and_hostile_names_stay_drawable() -> None:
    long = "x" * 5000 + "\n\x00"
    found = [recognized(f"{long}{n}", suggest(title=long, listing_id=long)) for n in range(3000)]
    shown = view_recognized(state_of(phase=Phase.READY, found=found, known=1))
    assert len(shown.rows) == 20 and shown.more == "And 2,980 more; stamp these first."
    assert len(shown.rows[0].title) < 100 and len(shown.rows[0].choices[0].text) < 400
    assert shown.certain == 3000
