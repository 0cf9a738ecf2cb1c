"""Every kind of alert from both sides: what makes it, and what looks alike and does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core.ids import hash_grant_id
from core.model.alert import Alert, AlertKind, Occasion
from core.model.findings import Severity
from core.model.grant import GrantState
from core.model.intended_use import OutputKind, Purpose
from core.model.report import Report
from core.model.resolution import Resolution, ResolutionKind
from core.policy.occasion import use_on
from core.reports.alerts import Moment, find_alerts
from core.reports.vanished import Vanished

if TYPE_CHECKING:
    from conftest import Studio

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

LOAD, SAVE, RENDER, EXPORT = Occasion


def alerts(studio: Studio, occasion: Occasion = LOAD, **moment: Any) -> dict[AlertKind, Alert]:
    report = studio.report(use=use_on(studio.use, occasion))
    found = find_alerts(report, Moment(occasion=occasion, grants=studio.grants, **moment))
    assert len({alert.kind for alert in found}) == len(found)
    assert all(alert.message and alert.how_to_fix for alert in found)
    return {alert.kind: alert for alert in found}


def test_a_clean_scene_has_none(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    for occasion in (LOAD, SAVE, RENDER):
        assert alerts(studio, occasion) == {}


def test_an_empty_scene_has_none(studio: Studio) -> None:
    for occasion in Occasion:
        assert alerts(studio, occasion) == {}


def test_editorial_content_in_a_commercial_project(studio: Studio) -> None:
    studio.add_mesh_object("Crowd", studio.buy("grant_a", editorial=True, title="Crowd in Rome"))
    alert = alerts(studio)[AlertKind.EDITORIAL]
    assert alert.severity is Severity.ERROR
    assert alert.subjects == ("grant_a",)
    assert alert.message == "“Crowd in Rome” is for editorial use only, and this project is commercial."
    studio.use = replace(studio.use, purpose=Purpose.EDITORIAL)
    assert AlertKind.EDITORIAL not in alerts(studio)


def test_whether_it_is_editorial_being_unknown_is_no_alert(studio: Studio) -> None:
    studio.add_mesh_object("Crowd", studio.buy("grant_a", "cgtrader:nobody knows this label"))
    assert AlertKind.EDITORIAL not in alerts(studio)


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (GrantState.EXPIRED, AlertKind.EXPIRED),
        (GrantState.REFUNDED, AlertKind.REFUNDED),
        (GrantState.REVOKED, AlertKind.REVOKED),
    ],
)
def test_a_right_that_ended(studio: Studio, state: GrantState, kind: AlertKind) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a", state=state))
    found = alerts(studio)
    assert set(found) == {kind}
    assert found[kind].severity is Severity.ERROR
    assert "“Chair”" in found[kind].message
    studio.grants["grant_a"] = replace(studio.grants["grant_a"], state=GrantState.ACTIVE)
    assert alerts(studio) == {}


@pytest.mark.parametrize(
    ("hours", "days", "kinds"),
    [
        (-1, 30, {AlertKind.EXPIRED}),
        (0, 30, {AlertKind.EXPIRED}),
        (1, 30, {AlertKind.EXPIRING}),
        (30 * 24, 30, {AlertKind.EXPIRING}),
        (30 * 24 + 1, 30, set()),
        (60 * 24, 90, {AlertKind.EXPIRING}),
        (60 * 24, 30, set()),
        (1, 0, set()),
    ],
)
def test_a_right_that_ends_soon(studio: Studio, hours: int, days: int, kinds: set[AlertKind]) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    until = NOW + timedelta(hours=hours)
    studio.grants["grant_a"] = replace(studio.grants["grant_a"], valid_until=until)
    assert set(alerts(studio, expiring_days=days)) == kinds


def test_the_first_to_end_is_named_first(studio: Studio) -> None:
    for number in (3, 1, 2):
        name = f"grant_{number}"
        studio.add_mesh_object(name, studio.buy(name, title=f"Asset {number}"))
        studio.grants[name] = replace(studio.grants[name], valid_until=NOW + timedelta(days=number))
    alert = alerts(studio)[AlertKind.EXPIRING]
    assert alert.subjects == ("grant_1", "grant_2", "grant_3")
    assert alert.message == (
        "The rights to use “Asset 1”, “Asset 2” and 1 more end soon, the first on 2026-11-25, in a day."
    )


def test_more_people_than_seats(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a", "shutterstock:standard"))
    studio.use = replace(studio.use, seats=500)
    alert = alerts(studio)[AlertKind.SEATS]
    assert alert.severity is Severity.ERROR
    assert "500 people" in alert.message
    studio.use = replace(studio.use, seats=1)
    assert AlertKind.SEATS not in alerts(studio)


def test_content_that_nobody_declared(studio: Studio) -> None:
    for name in ("Mystery", "Enigma"):
        studio.add("OBJECT", name, data_name=name, data_type="MESH")
    alert = alerts(studio)[AlertKind.UNDECLARED]
    assert alert.severity is Severity.WARNING
    assert alert.subjects == ("OBJECT/Mystery", "OBJECT/Enigma")
    assert alert.message.startswith("2 data-blocks are undeclared")


def test_what_no_picture_shows_matters_to_a_file_only(studio: Studio) -> None:
    studio.add("OBJECT", "Behind", data_name="Behind", data_type="MESH")
    report = studio.report(use=use_on(studio.use, RENDER))
    rows = tuple(row._replace(in_output=False) for row in report.rows)
    hidden = replace(report, rows=rows)
    kinds = {
        occasion: {alert.kind for alert in find_alerts(hidden, Moment(occasion=occasion, grants={}))}
        for occasion in Occasion
    }
    assert kinds[RENDER] == set()
    assert kinds[LOAD] == kinds[SAVE] == kinds[EXPORT] == {AlertKind.UNDECLARED}


def test_a_form_that_the_license_forbids(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a", "turbosquid:Standard"))
    found = alerts(studio, EXPORT, of_format="glb")
    assert set(found) == {AlertKind.FORBIDDEN_OUTPUT}
    alert = found[AlertKind.FORBIDDEN_OUTPUT]
    assert alert.severity is Severity.ERROR
    assert alert.message.startswith("“Chair” may not leave the house as .glb: ")
    assert alert.url.startswith("https://")
    assert alerts(studio, RENDER) == {}
    # On other occasions the report says it: nothing is about to leave.
    studio.use = replace(studio.use, outputs=frozenset({OutputKind.INTERACTIVE_OPEN_FORMAT}))
    assert alerts(studio, LOAD) == alerts(studio, SAVE) == {}


def test_a_form_that_the_license_allows(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a", "turbosquid:Standard"))
    studio.use = replace(studio.use, outputs=frozenset({OutputKind.FILE_SHARE_INTERNAL}))
    assert AlertKind.FORBIDDEN_OUTPUT not in alerts(studio, EXPORT, of_format="glb")


def test_a_stamp_that_the_faces_still_tell_of(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.register.append(studio.stamp(grant))
    studio.add("MESH", "Chair", face_grants=frozenset({hash_grant_id(grant.id)}))
    alert = alerts(studio)[AlertKind.STAMP_VANISHED]
    assert alert.severity is Severity.ERROR
    assert alert.subjects == ("MESH/Chair",)
    assert "Chair (mesh)" in alert.message


def test_a_stamp_that_cannot_be_read(studio: Studio) -> None:
    studio.add("MESH", "Chair", stamp="not a stamp")
    assert alerts(studio)[AlertKind.STAMP_VANISHED].subjects == ("MESH/Chair",)


def test_a_stamp_that_only_the_register_tells_of(studio: Studio) -> None:
    grant = studio.buy("grant_a", title="Oak chair")
    studio.register.append(studio.stamp(grant))
    assert alerts(studio) == {}, "an asset that was deleted, and nothing that could be it"
    studio.add("MESH", "Mystery")
    found = alerts(studio)
    assert found[AlertKind.STAMP_VANISHED].severity is Severity.WARNING
    assert "“Oak chair”" in found[AlertKind.STAMP_VANISHED].message
    assert set(alerts(studio, deleted=frozenset({"grant_a"}))) == {AlertKind.UNDECLARED}


def test_a_stamp_that_was_there_a_moment_ago(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add("MESH", "Chair")
    studio.add("MESH", "Other", grant)
    gone = Vanished(id_type="MESH", name="Chair", grant_id="grant_a")
    alert = alerts(studio, vanished=(gone,))[AlertKind.STAMP_VANISHED]
    assert (alert.severity, alert.subjects) == (Severity.ERROR, ("MESH/Chair",))
    known = Vanished(id_type="MESH", name="Other", grant_id="grant_a")
    assert AlertKind.STAMP_VANISHED not in alerts(studio, vanished=(known,))


def test_terms_that_allow_less_today(studio: Studio) -> None:
    from core.model.findings import Finding

    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    report = studio.report()
    moment = Moment(occasion=LOAD, grants=studio.grants)
    changed = Finding(
        rule="terms.changed",
        severity=Severity.HINT,
        message="CGTrader's license allows less since 2026-12-01.",
        how_to_fix="Keep the text.",
        subject="grant_a",
    )
    assert find_alerts(report, moment) == ()
    (alert,) = find_alerts(replace(report, findings=(*report.findings, changed)), moment)
    assert (alert.kind, alert.severity) == (AlertKind.TERMS_CHANGED, Severity.HINT)
    assert alert.message == "“Chair”: CGTrader's license allows less since 2026-12-01."


def test_what_is_resolved_gives_no_alert(studio: Studio) -> None:
    studio.add_mesh_object("Crowd", studio.buy("grant_a", editorial=True))
    report = studio.report()
    decided = Resolution(
        id="resolution_1",
        kind=ResolutionKind.CLEARED_IN_WRITING,
        rule="use.editorial_only",
        subject="grant_a",
        reason="Everybody agreed.",
        author="Ann",
        decided_at=NOW,
    )
    resolved = replace(report, findings=tuple(replace(one, resolved_by=decided) for one in report.findings))
    assert find_alerts(resolved, Moment(occasion=LOAD, grants=studio.grants)) == ()


def test_the_worst_comes_first_and_each_kind_once(studio: Studio) -> None:
    for number in range(40):
        name = f"grant_{number}"
        studio.add_mesh_object(name, studio.buy(name, editorial=True, title=f"Photo {number}"))
        studio.grants[name] = replace(studio.grants[name], valid_until=NOW + timedelta(days=2))
    studio.add("MESH", "Mystery")
    report = studio.report()
    found = find_alerts(report, Moment(occasion=LOAD, grants=studio.grants))
    assert [alert.kind for alert in found] == [
        AlertKind.EDITORIAL,
        AlertKind.UNDECLARED,
        AlertKind.EXPIRING,
    ]
    assert len(found[0].subjects) == 40
    assert found[0].message == (
        "“Photo 0”, “Photo 1” and 38 more are for editorial use only, and this project is commercial."
    )


def test_hostile_names_stay_on_one_short_line(nasty: Report) -> None:
    for occasion in Occasion:
        for alert in find_alerts(nasty, Moment(occasion=occasion, grants={})):
            assert alert.message.isprintable()
            assert len(alert.message) < 700
