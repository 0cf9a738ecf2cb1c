"""Payments and license compliance in the panel: numbers beside goals, and honest words without numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from clearance_package import load

Tone = load("addon.ui.views.rows").Tone
view_goals = load("addon.ui.views.status").view_goals
view_health = load("addon.ui.views.health").view_health
status = load("core.services.status")
CallHealth = load("core.services.health").CallHealth
session = load("core.session.state")
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def make(payments: Any = None, compliance: Any = None) -> Any:
    return status.Status(
        at=NOW, hours=24, days=30, marketplaces=(), calls=CallHealth(),
        payments=payments or status.PaymentStatus(since=NOW),
        compliance=compliance or status.ComplianceStatus(),
    )  # fmt: skip


def test_without_numbers_the_words_say_so() -> None:
    texts = [note.text for note in view_goals(make())]
    assert texts == ["No payments in the last 30 days.", "No saved scene uses anything licensed yet."]


def test_numbers_stand_beside_their_goals() -> None:
    good = view_goals(
        make(
            status.PaymentStatus(since=NOW, settled=200, failed=1),
            status.ComplianceStatus(
                scenes=2, grants=4, grants_covered=4, data_blocks=9, data_blocks_covered=9
            ),
        )
    )
    assert [note.tone for note in good] == [Tone.GOOD, Tone.GOOD]
    assert good[0].text == "Payments in 30 days: 99.5% of 201 settled. The goal: more than 99%."
    assert good[1].text == "Licenses: 100.0% of what 2 scenes use is covered. The goal: 100%."


def test_what_is_not_covered_is_named() -> None:
    gone = tuple(
        status.Uncovered(
            grant_id=f"grant_{n}", title="" if n else "Oak chair", why="refunded", scenes=2, data_blocks=3
        )
        for n in range(5)
    )
    notes = view_goals(
        make(
            status.PaymentStatus(since=NOW, settled=1, in_doubt=1),
            status.ComplianceStatus(
                scenes=1, grants=6, grants_covered=1, data_blocks=20, data_blocks_covered=5, uncovered=gone
            ),
        )
    )
    texts = [note.text for note in notes]
    assert "1 in doubt" in texts[0]
    assert notes[0].tone is Tone.WARN
    assert texts[1].startswith("Licenses: 25.0% of what 1 scene uses is covered.")
    assert texts[2] == "Oak chair: refunded, 2 scenes."
    assert texts[3].startswith("grant_1: refunded")
    assert texts[-1] == "And 2 more licenses."


def test_the_panel_shows_goals_even_when_no_marketplace_was_asked() -> None:
    state = session.SessionState()
    assert view_health(state).goals == ()
    state.status, state.health_phase = make(), session.Phase.READY
    assert len(view_health(state).goals) == 2
