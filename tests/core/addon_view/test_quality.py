"""Delivery checks as rows: the worst in the sidebar, all of it in the dialog, and the way to a refund."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from clearance_package import load

Tone = load("addon.ui.views.rows").Tone
view_progress = load("addon.ui.views.buy").view_progress
quality = load("addon.ui.views.quality")
view_quality, SHOWN = quality.view_quality, quality.SHOWN
check_values = load("core.model.delivery_check")
CheckResult, DeliveryCheck = check_values.CheckResult, check_values.DeliveryCheck
ListingRef = load("core.model.listing").ListingRef
finding = load("core.quality.finding")
QualityFinding, Severity, Subject = finding.QualityFinding, finding.Severity, finding.Subject
Checked = load("core.services.delivering.check_delivery").Checked
state_values = load("core.session.state")
OrderProgress, SessionState = state_values.OrderProgress, state_values.SessionState


def found(severity: Any, sentence: str = "A rig is missing.") -> Any:
    return QualityFinding(subject=Subject.RIG, severity=severity, sentence=sentence)


def checked(result: Any, *findings: Any) -> Any:
    check = DeliveryCheck(
        id="check_1", grant_id="grant_1", result=result, facts="{}", differences="[]", source_host="",
        source_certificate_sha256="", checked_at=datetime(2026, 11, 24, tzinfo=UTC), checked_by="ann",
    )  # fmt: skip
    return Checked(check=check, findings=findings, order_id="order_1")


@pytest.mark.parametrize(
    ("result", "tone", "words"),
    [
        (CheckResult.AS_OFFERED, Tone.GOOD, "Delivered as offered."),
        (CheckResult.DIFFERS, Tone.BAD, "Not as offered. Look before you import it."),
        (CheckResult.UNKNOWN, Tone.INFO, "Whether it is as offered is not certain."),
    ],
)
def test_the_outcome_comes_first(result: Any, tone: Any, words: str) -> None:
    shown = view_quality(checked(result, found(Severity.NOT_CHECKED, "x" * 900), found(Severity.AS_OFFERED)))
    assert shown.notes[0].tone is tone
    assert shown.notes[0].text == f"{words} 1 thing could not be checked."
    assert len(shown.notes) == 1
    assert [note.tone for note in shown.all] == [Tone.INFO, Tone.GOOD]
    assert shown.all[0].text.startswith("Rig: not checked. xxx")
    assert len(shown.all[0].text) <= 300
    assert shown.refund_order_id == ("order_1" if result is CheckResult.DIFFERS else "")


def test_only_the_worst_stands_in_the_sidebar() -> None:
    many = [found(Severity.DIFFERS)] * 5 + [found(Severity.WARNING)] * 2 + [found(Severity.NOTE)]
    shown = view_quality(checked(CheckResult.DIFFERS, *many))
    assert len(shown.notes) == SHOWN + 2
    assert shown.notes[-1].text == "And 3 more findings."
    assert len(shown.all) == len(many)


def test_what_is_under_way_carries_its_check() -> None:
    state = SessionState()
    ref = ListingRef(marketplace="cgtrader", id="1")
    item = OrderProgress(key="grant_1", title="Chair", ref=ref, stage="ready", grant_id="grant_1")
    state.progress = [item]
    assert view_progress(state, ())[0].quality is None
    item.checked = checked(CheckResult.DIFFERS, found(Severity.DIFFERS))
    shown = view_progress(state, ())[0].quality
    assert shown is not None
    assert [note.text for note in shown.notes] == [
        "Not as offered. Look before you import it.",
        "A rig is missing.",
    ]
