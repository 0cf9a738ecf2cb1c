"""Alerts as rows: the panel, one line for menus, the dialogs of exports."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from clearance_package import load

rows = load("addon.ui.views.rows")
view = load("addon.ui.views.alerts")
model = load("core.model.alert")
findings = load("core.model.findings")
uses = load("core.model.intended_use")
states = load("core.session.state")

Alert, AlertKind, GuardAnswer, Occasion = model.Alert, model.AlertKind, model.GuardAnswer, model.Occasion
Severity, Tone = findings.Severity, rows.Tone
AlertNotes, AlertsState, Phase, Problem = (
    states.AlertNotes, states.AlertsState, states.Phase, states.Problem,
)  # fmt: skip
view_alerts, view_dialog, view_menu_line = view.view_alerts, view.view_dialog, view.view_menu_line


def alert(kind: Any = AlertKind.EDITORIAL, severity: Any = Severity.ERROR, **more: object) -> Any:
    given = {"message": "It is editorial.", "how_to_fix": "Replace it.", "subjects": ("grant_1",), **more}
    return Alert(kind=kind, severity=severity, **given)


def answer(*alerts: Any, occasion: Any = Occasion.LOAD, **more: object) -> Any:
    given = {"outputs": frozenset({uses.OutputKind.RENDER}), "verdict": findings.Verdict.NOT_CLEARED, **more}
    return GuardAnswer(occasion=occasion, alerts=alerts, **given)


def test_nothing_needs_no_panel() -> None:
    state = AlertsState()
    assert not view.has_anything(state)
    assert view.view_title(state) == "Alerts"
    state.answer = answer()
    assert not view.has_anything(state)


def test_alerts_become_rows() -> None:
    state = AlertsState(phase=Phase.READY)
    state.answer = answer(
        alert(url="https://example.com/terms"),
        alert(AlertKind.UNDECLARED, Severity.WARNING, subjects=("OBJECT/Rock",)),
        alert(AlertKind.TERMS_CHANGED, Severity.HINT, subjects=()),
    )
    assert view.has_anything(state)
    shown = view_alerts(state)
    assert shown.title == "Alerts (3)"
    assert [(row.kind, row.tone, row.selectable) for row in shown.rows] == [
        ("editorial", Tone.BAD, True),
        ("undeclared", Tone.WARN, True),
        ("terms_changed", Tone.INFO, False),
    ]
    assert shown.rows[0].url == "https://example.com/terms"
    assert (shown.notes, shown.hidden, shown.when) == ((), "", "As of the last look.")


def test_what_is_hidden_is_counted() -> None:
    state = AlertsState(scene="/a.blend")
    state.answer = answer(alert(), occasion=Occasion.SAVE)
    state.notes["/a.blend"] = AlertNotes(hidden={AlertKind.EDITORIAL: frozenset({"grant_1"})})
    shown = view_alerts(state)
    assert (shown.title, shown.rows, shown.hidden) == ("Alerts", (), "1 hidden alert")
    assert [note.tone for note in shown.notes] == [Tone.GOOD]
    assert view.has_anything(state)


def test_what_was_stopped_and_what_went_wrong_is_said() -> None:
    state = AlertsState(phase=Phase.BUSY)
    state.answer = answer(
        occasion=Occasion.EXPORT, stopped=True, why="The export was stopped.", of_format="glb"
    )
    state.problem = Problem(code="ledger", message="The ledger is locked.")
    shown = view_alerts(state)
    assert [note.text for note in shown.notes] == [
        "Looking at the licenses.",
        "The ledger is locked.",
        "The export was stopped.",
    ]
    assert shown.when == "As of the last export as .glb."


FORBIDDEN = alert(AlertKind.FORBIDDEN_OUTPUT)


@pytest.mark.parametrize(
    ("given", "text", "tone"),
    [
        (None, None, None),
        (answer(alert(), occasion=Occasion.EXPORT), None, None),
        (
            answer(FORBIDDEN, occasion=Occasion.EXPORT, names={"grant_1": "“Oak chair”"}),
            "“Oak chair” may not leave as an open file",
            Tone.WARN,
        ),
        (
            answer(replace(FORBIDDEN, subjects=("grant_1", "grant_2")), occasion=Occasion.EXPORT),
            "2 assets may not leave as open files",
            Tone.WARN,
        ),
        (
            answer(FORBIDDEN, occasion=Occasion.EXPORT, stopped=True),
            "Licenses stop exports of the whole scene",
            Tone.BAD,
        ),
        (
            answer(occasion=Occasion.RENDER, stopped=True),
            "Licenses stop renders of the whole scene",
            Tone.BAD,
        ),
    ],
)
def test_menus_get_one_short_line(given: Any, text: str | None, tone: Any) -> None:
    note = view_menu_line(given)
    assert (note and note.text, note and note.tone) == (text, tone)


def test_a_dialog_says_what_stands_against_the_export() -> None:
    assert [note.tone for note in view_dialog(None, narrowed=False)] == [Tone.BUSY]
    assert [note.tone for note in view_dialog(answer(), narrowed=False)] == [Tone.GOOD]
    stopped = answer(FORBIDDEN, stopped=True, why="It was stopped.")
    assert [note.text for note in view_dialog(stopped, narrowed=False)] == ["It was stopped."]
    notes = view_dialog(answer(alert(AlertKind.UNDECLARED, Severity.WARNING)), narrowed=True)
    assert [note.tone for note in notes] == [Tone.WARN, Tone.WARN]
    assert notes[0].text.startswith("Only what is selected is exported")


def test_long_and_hostile_text_is_cut() -> None:
    evil = "<b>\x07\u202e" + "x" * 10_000
    state = AlertsState()
    state.answer = answer(alert(message=evil, how_to_fix=evil), stopped=True, why=evil)
    shown = view_alerts(state)
    assert len(shown.rows[0].text) <= 300
    assert all(text.isprintable() for text in (shown.rows[0].text, shown.notes[0].text))


def test_a_file_that_appeared_is_said_with_no_more_than_is_known() -> None:
    assert view.tell_written(["chair.obj"], stops=False) == (
        "chair.obj was written while this scene was open, and has no rights file. If it came from here, the "
        "licenses did not go along: use File › Export › With Licenses."
    )
    said = view.tell_written([f"{n}.stl" for n in range(9)], stops=True)
    assert said.startswith("0.stl, 1.stl, 2.stl, 3.stl, 4.stl and 4 more were written")
    assert said.endswith("Your studio stops exports that are not cleared: have them checked first.")
    assert len(view.tell_written(["x" * 9000 + ".obj"], stops=False)) < 300
