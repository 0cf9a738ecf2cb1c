"""What a scene has lost is said: grants without content, missing and changed libraries, unstamped actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.ids import hash_grant_id
from core.model.declaration import Declaration, Origin
from core.model.findings import Severity, Verdict
from core.model.report import Report
from core.model.resolution import Resolution, ResolutionKind
from core.reports.build import build_report
from core.reports.file_summary import summarize
from core.stamp_format import FILED_TYPES, NAMED_TYPES, encode, make_declared_stamp

if TYPE_CHECKING:
    from conftest import Studio

LIBRARY = "//sets/room.blend"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def severity(report: Report, rule: str) -> Severity | None:
    return next((finding.severity for finding in report.findings if finding.rule == rule), None)


def declare(title: str) -> Declaration:
    return Declaration(
        id=f"declaration_{'0' * 26}", origin=Origin.OWN_WORK, title=title, declared_by="Ada",
        declared_at=NOW, reason="Made here",
    )  # fmt: skip


@pytest.mark.parametrize(
    "left",
    [
        {"id_type": "COLLECTION"},
        {"id_type": "LIBRARY"},
        {"id_type": "OBJECT", "data_type": "EMPTY"},
        {"id_type": "OBJECT", "data_type": "LIGHT", "data_name": "Lamp"},
        {"id_type": "MESH", "users": 0},
    ],
)
def test_what_has_no_content_does_not_speak_for_an_asset(left: dict[str, object], studio: Studio) -> None:
    chair = studio.buy("grant_a", title="Sofa")
    studio.add(name="Sofa", grant=chair, **left)  # type: ignore[arg-type]
    report = studio.report()
    assert report.lost == ("grant_a",)
    assert severity(report, "scene.lost") is Severity.HINT
    assert any("empty containers" in finding.message for finding in report.findings)
    studio.add("IMAGE", "Fabric", chair)
    assert studio.report().lost == ()


@pytest.mark.parametrize(
    "doubt",
    [
        {"id_type": "MESH", "name": "Anonymous"},
        {"id_type": "MESH", "name": "Merged", "face_grants": frozenset({7}), "unmarked_faces": 0},
        {"id_type": "IMAGE", "name": "Damaged", "stamp": "{"},
        {"id_type": "MESH", "name": "Gone", "library": LIBRARY, "missing": True},
    ],
)
def test_a_loss_is_suspicious_beside_what_could_be_what_is_left(
    doubt: dict[str, object], studio: Studio
) -> None:
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    assert severity(studio.report(), "scene.lost") is Severity.HINT
    studio.add(**doubt)  # type: ignore[arg-type]
    assert severity(studio.report(), "scene.lost") is Severity.WARNING


@pytest.mark.parametrize(
    "change", [{"unmarked_faces": 3}, {"face_grants": frozenset()}, {"parts_added": True, "id_type": "CURVE"}]
)
def test_a_loss_is_suspicious_beside_a_stamped_thing_that_grew(
    change: dict[str, object], studio: Studio
) -> None:
    own = studio.buy("grant_b")
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    values = {"id_type": "MESH", "face_grants": frozenset({hash_grant_id("grant_b")}), "unmarked_faces": 0}
    if change.get("face_grants") == frozenset():
        change = {**change, "unmarked_faces": 4}
    if "parts_added" in change:
        values = {}
    studio.add(name="Own", grant=own, **{**values, **change})  # type: ignore[arg-type]
    report = studio.report()
    assert severity(report, "scene.lost") is Severity.WARNING
    assert report.lost == ("grant_a",)


def test_a_mesh_of_two_licenses_needs_no_stamp(studio: Studio) -> None:
    studio.buy("grant_a")
    studio.buy("grant_b")
    both = frozenset({hash_grant_id("grant_a"), hash_grant_id("grant_b")})
    studio.add("MESH", "Both", face_grants=both)
    report = studio.report()
    assert report.rows[0].witness == "merged"
    assert report.rows[0].grant_ids == ("grant_a", "grant_b")
    assert report.verdict is Verdict.CLEARED
    studio.add("MESH", "More", face_grants=both | {5})
    assert studio.report().rows[1].witness == "stamp_lost"


def test_a_missing_library_is_said_once_and_what_was_noted_still_counts(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    for name in ("Seat", "Back"):
        studio.add(
            "OBJECT", name, library=LIBRARY, missing=True, remembered=studio.stamp(chair), data_type="EMPTY"
        )
    studio.add("OBJECT", "Nobody's", library=LIBRARY, missing=True, data_type="EMPTY")
    report = studio.report()
    assert [row.witness for row in report.rows] == ["missing", "missing", ""]
    assert [row.verdict for row in report.rows] == [
        Verdict.NEEDS_REVIEW, Verdict.NEEDS_REVIEW, Verdict.UNDECLARED,
    ]  # fmt: skip
    assert [grant.grant_id for grant in report.grants] == ["grant_a"]
    (said,) = [finding for finding in report.findings if finding.rule == "library.missing"]
    assert said.severity is Severity.WARNING
    assert said.subject == "LIBRARY/room.blend"
    assert "3 data-blocks linked from “room.blend” are missing" in said.message
    assert report.lost == ()


def test_a_missing_library_that_is_stamped_itself_speaks_for_its_parts(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    studio.add("OBJECT", "Seat", chair, library="C:\\sets\\room.blend", missing=True, data_type="EMPTY")
    studio.add("LIBRARY", "room.blend", chair, missing=True)
    report = studio.report()
    assert {row.witness for row in report.rows} == {"missing"}
    assert "A data-block linked from “room.blend” is missing" in report.findings[0].message


def test_a_library_that_lost_its_stamps_is_said(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    mark = {"library": LIBRARY, "remembered": studio.stamp(chair)}
    studio.add("MESH", "Seat", unmarked_faces=6, **mark)
    studio.add("OBJECT", "Seat", data_name="Seat", data_type="MESH", **mark)
    report = studio.report()
    assert [row.witness for row in report.rows] == ["remembered", "remembered"]
    assert report.verdict is Verdict.NEEDS_REVIEW
    (said,) = [finding for finding in report.findings if finding.rule == "library.changed"]
    assert "no longer do in their library" in said.message
    # What the faces say themselves is worth more than a note.
    studio.blocks[0] = replace(
        studio.blocks[0], face_grants=frozenset({hash_grant_id("grant_a")}), unmarked_faces=0
    )
    assert studio.report().rows[0].witness == "stamp_lost"


@pytest.mark.parametrize("note", ["{", "7", "x" * 20_000, '{"v":99}'])
def test_a_damaged_note_is_damage(note: str, studio: Studio) -> None:
    studio.add("OBJECT", "Seat", library=LIBRARY, missing=True, remembered=note, data_type="EMPTY")
    report = studio.report()
    assert report.rows[0].witness in {"damaged", "newer"}
    assert report.verdict in {Verdict.NOT_CLEARED, Verdict.NEEDS_REVIEW}


def test_actions_that_lost_their_license_are_said(studio: Studio) -> None:
    walk = studio.buy("grant_a", title="Walk")
    studio.add("ARMATURE", "Rig", walk)
    studio.add("ACTION", "Walk", walk)
    studio.add("ACTION", "Own")
    quiet = {"grant_a": frozenset({"ACTION"})}

    def report() -> Report:
        return build_report(
            replace(studio.scan(), quiet=quiet), grants=studio.grants, terms=studio.terms, use=studio.use,
            now=studio.report().made_at,
        )  # fmt: skip

    assert severity(report(), "action.unstamped") is None
    studio.blocks[1] = replace(studio.blocks[1], stamp=None)
    assert severity(report(), "action.unstamped") is Severity.WARNING
    assert "“Walk” carries its license no more, and 2 actions here carry none" in report().findings[0].message
    # When all of it is gone, that is said instead.
    studio.register.append(studio.stamp(walk))
    del studio.blocks[0]
    assert severity(report(), "action.unstamped") is None
    assert severity(report(), "scene.lost") is Severity.WARNING
    # Without any action left there is nothing to suspect.
    studio.blocks.clear()
    assert severity(report(), "scene.lost") is Severity.HINT


@pytest.mark.parametrize(
    ("rule", "subject"), [("scene.lost", "grant_a"), ("library.missing", "LIBRARY/room.blend")]
)
def test_somebody_can_decide_about_a_loss(rule: str, subject: str, studio: Studio) -> None:
    chair = studio.buy("grant_a")
    studio.register.append(studio.stamp(chair))
    if rule == "scene.lost":
        studio.add("CURVE", "Own", studio.buy("grant_b"), parts_added=True)
    else:
        mark = {"library": LIBRARY, "missing": True, "remembered": studio.stamp(chair)}
        studio.add("OBJECT", "Seat", data_type="EMPTY", **mark)
    assert severity(studio.report(), rule) is Severity.WARNING
    assert studio.report().verdict is Verdict.NEEDS_REVIEW
    decided = Resolution(
        id="resolution_1", kind=ResolutionKind.OWN_WORK, rule=rule, subject=subject,
        reason="Looked at", author="Ann", decided_at=studio.report().made_at,
    )  # fmt: skip
    grown = replace(decided, id="resolution_2", rule="data.parts_added", subject="CURVE/Own")
    report = studio.report(resolutions=[decided, grown])
    assert not any(finding.decides for finding in report.findings if finding.severity is not Severity.HINT)
    assert report.verdict is Verdict.CLEARED


@pytest.mark.parametrize("kind", sorted(map(str, NAMED_TYPES - {"OBJECT"})))
def test_a_stamp_that_was_taken_off_what_every_scene_has_is_said(kind: str, studio: Studio) -> None:
    studio.add("MESH", "Chair", studio.buy("grant_a"))
    studio.add(kind, "Kit")
    studio.add(kind, "Mine")

    def report(*notes: str) -> Report:
        return build_report(
            replace(studio.scan(), quiet={"grant_a": frozenset(notes)}), grants=studio.grants,
            terms=studio.terms, use=studio.use, now=studio.report().made_at,
        )  # fmt: skip

    assert severity(report(), "stamp.lost") is None
    assert severity(report(f"{kind}/Another"), "stamp.lost") is None
    found = report(f"{kind}/Kit")
    assert [one.subject for one in found.findings if one.rule == "stamp.lost"] == [f"{kind}/Kit"]
    assert found.verdict is Verdict.NEEDS_REVIEW


def test_an_empty_without_its_stamp_is_said_and_an_object_with_content_is_not(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add("LIGHT", "Lamp", grant)
    studio.add("OBJECT", "Handle", data_type="EMPTY")
    studio.add("OBJECT", "By its data", data_type="LIGHT", data_name="Lamp")
    studio.add("OBJECT", "By nothing", data_type="LIGHT", data_name="Another")
    studio.add("OBJECT", "A mesh by now", data_type="MESH", data_name="Mine")
    names = ("Handle", "By its data", "By nothing", "A mesh by now")
    quiet = {"grant_a": frozenset(f"OBJECT/{name}" for name in names)}
    found = build_report(
        replace(studio.scan(), quiet=quiet), grants=studio.grants, terms=studio.terms, use=studio.use,
        now=studio.report().made_at,
    )  # fmt: skip
    said = {one.subject for one in found.findings if one.rule == "stamp.lost"}
    assert said == {"OBJECT/Handle", "OBJECT/By nothing"}
    rows = {row.name: row.witness for row in found.rows if row.id_type == "OBJECT"}
    assert rows == {"By its data": "data", "A mesh by now": ""}


def test_a_summary_counts_what_is_in_doubt(studio: Studio) -> None:
    grant, mark = studio.buy("grant_a"), frozenset({hash_grant_id("grant_a")})
    other = hash_grant_id(studio.buy("grant_b").id)
    studio.add("MESH", "Sound", grant, face_grants=mark)
    studio.add("MESH", "Several", grant, face_grants=mark | {other})
    studio.add("MESH", "Several without a stamp", face_grants=mark | {other})
    studio.add("LIGHT", "Mine")
    assert summarize(studio.scan()).doubtful == 0
    studio.add("MESH", "Merged", face_grants=mark, unmarked_faces=2)
    studio.add("MESH", "Stripped", face_grants=mark)
    studio.add("MESH", "Grown", grant, face_grants=mark, unmarked_faces=2)
    studio.add("MESH", "Rebuilt", grant, unmarked_faces=6)
    studio.add("CURVE", "Joined", grant, parts_added=True)
    studio.add("MESH", "Elsewhere", grant, missing=True, library=LIBRARY)
    studio.add("LIGHT", "Kit")
    scan = replace(studio.scan(), quiet={"grant_a": frozenset({"LIGHT/Kit"})})
    assert summarize(scan).doubtful == 7
    report = build_report(
        scan, grants=studio.grants, terms=studio.terms, use=studio.use, now=studio.report().made_at
    )
    heavy = [one for one in report.findings if one.severity is not Severity.HINT]
    assert len({one.subject for one in heavy if "/" in one.subject}) == 7


def test_what_an_object_shows_out_of_a_cache_counts(studio: Studio) -> None:
    baked = {"data_type": "MESH", "data_name": "Own", "face_grants": frozenset({hash_grant_id("grant_a")})}
    studio.buy("grant_a")
    studio.add("MESH", "Own", studio.buy("grant_b"), face_grants=frozenset({hash_grant_id("grant_b")}))
    studio.add("OBJECT", "Stamped", studio.grants["grant_b"], **baked)
    studio.add("OBJECT", "Bare", **baked)
    studio.add("OBJECT", "Its own", studio.grants["grant_a"], **baked)
    rows = {row.name: row for row in studio.report().rows if row.id_type == "OBJECT"}
    assert rows["Stamped"].grant_ids == ("grant_b", "grant_a")
    assert rows["Bare"].grant_ids == rows["Its own"].grant_ids == ("grant_a",)
    assert [rows[name].witness for name in ("Stamped", "Bare", "Its own")] == [
        "merged",
        "faces",
        "stamp+faces",
    ]
    assert rows["Bare"].verdict is Verdict.NEEDS_REVIEW
    assert severity(studio.report(), "mesh.unmarked_faces") is None


def test_a_name_that_carries_a_license_again_is_not_missed(studio: Studio) -> None:
    studio.add("LIGHT", "Kit", studio.buy("grant_a"))
    studio.add("LIGHT", "Gone", library=LIBRARY)
    notes = {"grant_a": frozenset({"LIGHT/Kit", "LIGHT/Gone"})}
    found = build_report(
        replace(studio.scan(), quiet=notes), grants=studio.grants, terms=studio.terms, use=studio.use,
        now=studio.report().made_at,
    )  # fmt: skip
    assert severity(found, "stamp.lost") is None


def test_parts_that_were_added_are_said_where_they_may_be_anothers(studio: Studio) -> None:
    own = Declaration(
        id=f"declaration_{'0' * 26}", origin=Origin.OWN_WORK, title="Shelf", declared_by="Ada",
        declared_at=NOW, reason="Modeled here",
    )  # fmt: skip
    known = {own.id: own}
    studio.add("CURVE", "Mine", stamp=encode(make_declared_stamp(own)), parts_added=True)
    assert severity(studio.report(declarations=known), "data.parts_added") is None
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    report = studio.report(declarations=known)
    assert severity(report, "data.parts_added") is Severity.WARNING
    assert report.rows[0].grant_ids == (own.id,)
    assert report.rows[0].verdict is Verdict.NEEDS_REVIEW


def test_a_declared_picture_that_shows_something_else_is_said(studio: Studio) -> None:
    own = Declaration(
        id=f"declaration_{'0' * 26}", origin=Origin.OWN_WORK, title="Drawn", declared_by="Ada",
        declared_at=NOW, reason="Painted here",
    )  # fmt: skip
    known = {own.id: own}
    studio.add("IMAGE", "Drawn", stamp=encode(make_declared_stamp(own)), parts_added=True)
    assert severity(studio.report(declarations=known), "data.changed") is None
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    report = studio.report(declarations=known)
    assert severity(report, "data.changed") is Severity.WARNING
    assert severity(report, "data.parts_added") is None
    assert severity(report, "scene.lost") is Severity.WARNING
    assert report.rows[0].verdict is Verdict.NEEDS_REVIEW


@pytest.mark.parametrize("kind", sorted(FILED_TYPES))
def test_a_declared_file_that_is_another_one_is_said(kind: str, studio: Studio) -> None:
    own = declare("Rain")
    studio.add(kind, "Rain", stamp=encode(make_declared_stamp(own)), parts_added=True)
    assert severity(studio.report(declarations={own.id: own}), "data.changed") is None
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    report = studio.report(declarations={own.id: own})
    assert severity(report, "data.changed") is Severity.WARNING
    assert severity(report, "data.parts_added") is None
    assert "picture" not in next(one.message for one in report.findings if one.rule == "data.changed")
    assert report.rows[0].verdict is Verdict.NEEDS_REVIEW


def test_own_work_that_was_rebuilt_is_said_only_where_something_is_bought(studio: Studio) -> None:
    own = declare("Statue")
    studio.add("MESH", "Statue", stamp=encode(make_declared_stamp(own)), unmarked_faces=90)
    alone = studio.report(declarations={own.id: own})
    assert severity(alone, "mesh.rebuilt") is None
    assert alone.verdict is Verdict.CLEARED
    assert summarize(studio.scan()).doubtful == 0
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    report = studio.report(declarations={own.id: own})
    assert severity(report, "mesh.rebuilt") is Severity.WARNING
    assert report.rows[0].verdict is Verdict.NEEDS_REVIEW
    assert summarize(studio.scan()).doubtful == 1


def test_marks_on_points_tell_what_is_in_a_mesh_and_that_nobody_vouches_for_its_faces(studio: Studio) -> None:
    own = declare("Ground")
    mark, of_own = hash_grant_id(studio.buy("grant_a").id), hash_grant_id(own.id)
    studio.register.append(studio.stamp(studio.grants["grant_a"]))
    studio.add(
        "MESH", "Ground", stamp=encode(make_declared_stamp(own)),
        face_grants=frozenset({mark - 81, mark + 33, of_own}), unmarked_faces=54,
    )  # fmt: skip
    report = studio.report(declarations={own.id: own})
    assert report.rows[0].grant_ids == (own.id, "grant_a")
    assert severity(report, "grant.unknown") is None
    assert severity(report, "mesh.unmarked_faces") is Severity.WARNING
    assert severity(report, "scene.lost") is None
    assert set(summarize(studio.scan()).face_numbers) == {mark, of_own}


def test_a_material_with_pasted_nodes_is_judged_by_both(studio: Studio) -> None:
    own = declare("Shelf")
    bought = studio.buy("grant_a")
    studio.register.append(studio.stamp(bought))
    studio.add(
        "MATERIAL", "Shelf", stamp=encode(make_declared_stamp(own)),
        face_grants=frozenset({hash_grant_id("grant_a")}),
    )  # fmt: skip
    report = studio.report(declarations={own.id: own})
    assert report.rows[0].grant_ids == (own.id, "grant_a")
    assert severity(report, "mesh.merged") is Severity.HINT
    assert severity(report, "scene.lost") is None
    assert summarize(studio.scan()).face_numbers == (hash_grant_id("grant_a"),)


def test_a_lost_mesh_without_faces_is_suspicious(studio: Studio) -> None:
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    found = build_report(
        replace(studio.scan(), quiet={"grant_a": frozenset({"MESH"})}), grants=studio.grants,
        terms=studio.terms, use=studio.use, now=studio.report().made_at,
    )  # fmt: skip
    assert severity(studio.report(), "scene.lost") is Severity.HINT
    assert severity(found, "scene.lost") is Severity.WARNING
