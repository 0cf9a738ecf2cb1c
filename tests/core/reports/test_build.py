"""The report joins witnesses, grants and terms, and says what is wrong with each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ids import hash_grant_id
from core.licenses import LicenseCatalogue
from core.model.findings import Severity, Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.report import Report, ReportRow
from core.model.scene import DataBlock, SceneScan
from core.policy.compound import WEIGHT, worst_verdict
from core.policy.presets import PRESETS
from core.reports.build import build_report

if TYPE_CHECKING:
    from conftest import Studio


def row(report: Report, name: str) -> ReportRow:
    (found,) = [entry for entry in report.rows if f"{entry.id_type}/{entry.name}" == name]
    return found


def rules(report: Report, subject: str = "") -> dict[str, Severity]:
    return {f.rule: f.severity for f in report.findings if not subject or f.subject == subject}


def test_an_empty_scene_has_nothing_to_clear(studio: Studio) -> None:
    report = studio.report()
    assert report.verdict is Verdict.CLEARED
    assert "nothing to clear" in report.summary
    assert (report.rows, report.grants, report.findings, report.undeclared, report.lost) == (
        (),
        (),
        (),
        (),
        (),
    )


def test_a_scene_of_licensed_things_is_cleared(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    studio.add_mesh_object("Chair", chair)
    studio.add("MATERIAL", "Wood", chair)
    studio.register.append(studio.stamp(chair))
    report = studio.report()
    assert report.verdict is Verdict.CLEARED
    assert "1 licensed asset" in report.summary
    assert [entry.witness for entry in report.rows] == ["stamp", "stamp+faces", "stamp"]
    (grant,) = report.grants
    assert (grant.title, grant.author, grant.data_blocks, grant.verdict) == (
        "Chair",
        "Ada",
        3,
        Verdict.CLEARED,
    )
    assert grant.terms_url.startswith("https://www.cgtrader.com/")
    assert all(finding.severity is Severity.HINT for finding in report.findings)


def test_the_use_decides(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    assert studio.report(use=PRESETS["web_ad"]).verdict is Verdict.CLEARED
    assert studio.report(use=PRESETS["game"]).verdict is Verdict.NEEDS_REVIEW
    report = studio.report(use=PRESETS["asset_handover"])
    assert report.verdict is Verdict.NOT_CLEARED
    assert "1 of 1 licensed asset stands against it" in report.summary
    assert report.findings[0].rule == "output.file_share_contractor"
    assert report.findings[0].clause is not None


@pytest.mark.parametrize(
    "block",
    [
        {"id_type": "OBJECT", "data_type": "CAMERA", "data_name": "Camera"},
        {"id_type": "OBJECT", "data_type": "LIGHT", "data_name": "Light"},
        {"id_type": "OBJECT", "data_type": "EMPTY"},
        {"id_type": "OBJECT", "data_type": "SPEAKER", "data_name": "Speaker"},
        {"id_type": "OBJECT", "data_type": "LIGHT_PROBE", "data_name": "Probe"},
        {"id_type": "CAMERA"}, {"id_type": "LIGHT"}, {"id_type": "COLLECTION"}, {"id_type": "WORLD"},
        {"id_type": "ACTION"}, {"id_type": "KEY"}, {"id_type": "PARTICLE"}, {"id_type": "LIBRARY"},
        {"id_type": "MESH", "users": 0}, {"id_type": "MATERIAL", "users": 0},
    ],
)  # fmt: skip
def test_what_every_scene_makes_is_not_undeclared(block: dict[str, object], studio: Studio) -> None:
    values = {"name": "Something", **block}
    studio.add(**values)  # type: ignore[arg-type]
    assert studio.report().rows == ()
    # With a stamp, each of them is something that was bought.
    studio.blocks.clear()
    studio.add(**{**values, "grant": studio.buy("grant_a")})  # type: ignore[arg-type]
    assert len(studio.report().rows) == 1


@pytest.mark.parametrize(
    "id_type", ["MESH", "MATERIAL", "IMAGE", "NODETREE", "CURVE", "SOUND", "MOVIECLIP", "FONT", "ARMATURE"]
)
def test_what_nobody_declared_is_said(id_type: str, studio: Studio) -> None:
    studio.add(id_type, "Thing")
    report = studio.report()
    assert report.verdict is Verdict.UNDECLARED
    assert report.undeclared == (f"{id_type}/Thing",)
    assert report.rows[0].witness == ""
    assert report.rows[0].grant_ids == ()
    assert rules(report) == {"scene.undeclared": Severity.WARNING}
    assert "1 data-block in this scene is undeclared" in report.summary


def test_verdicts_weigh_in_order(studio: Studio) -> None:
    studio.add("MATERIAL", "Mine")
    studio.add_mesh_object("Car", studio.buy("grant_r", "cgtrader:nobody knows"))
    assert studio.report().verdict is Verdict.UNDECLARED
    studio.add_mesh_object("Lamp", studio.buy("grant_x", state=GrantState.REFUNDED))
    report = studio.report()
    assert report.verdict is Verdict.NOT_CLEARED
    assert "1 of 2 licensed assets stands against it, and 1 data-block is undeclared" in report.summary
    assert [grant.verdict for grant in report.grants] == [Verdict.NOT_CLEARED, Verdict.NEEDS_REVIEW]
    weights = [list(Severity).index(finding.severity) for finding in report.findings]
    assert weights == sorted(weights)


def test_a_merged_mesh_reports_every_grant(studio: Studio) -> None:
    chair, lamp = studio.buy("grant_a"), studio.buy("grant_b", state=GrantState.REVOKED)
    both = frozenset({hash_grant_id("grant_a"), hash_grant_id("grant_b")})
    studio.add("MESH", "Joined", chair, face_grants=both)
    report = studio.report()
    assert row(report, "MESH/Joined").witness == "merged"
    assert row(report, "MESH/Joined").grant_ids == ("grant_a", "grant_b")
    assert row(report, "MESH/Joined").verdict is Verdict.NOT_CLEARED
    assert {grant.grant_id: grant.verdict for grant in report.grants} == {
        "grant_b": Verdict.NOT_CLEARED,
        "grant_a": Verdict.CLEARED,
    }
    assert rules(report, "MESH/Joined") == {"mesh.merged": Severity.HINT}
    assert lamp.id in rules_subjects(report, "grant.revoked")


def rules_subjects(report: Report, rule: str) -> set[str]:
    return {finding.subject for finding in report.findings if finding.rule == rule}


def test_rebuilt_geometry_is_said(studio: Studio) -> None:
    studio.add("MESH", "Remeshed", studio.buy("grant_a"), unmarked_faces=400)
    report = studio.report()
    assert row(report, "MESH/Remeshed").witness == "faces_lost"
    assert row(report, "MESH/Remeshed").grant_ids == ("grant_a",)
    assert report.verdict is Verdict.NEEDS_REVIEW
    assert rules(report, "MESH/Remeshed") == {"mesh.rebuilt": Severity.WARNING}


def test_an_empty_stamped_mesh_was_not_rebuilt(studio: Studio) -> None:
    studio.add("MESH", "NoFaces", studio.buy("grant_a"))
    assert studio.report().rows[0].witness == "stamp"


def test_a_stripped_stamp_is_an_error(studio: Studio) -> None:
    studio.buy("grant_a")
    studio.add("MESH", "Stripped", face_grants=frozenset({hash_grant_id("grant_a")}))
    report = studio.report()
    assert row(report, "MESH/Stripped").witness == "stamp_lost"
    assert row(report, "MESH/Stripped").grant_ids == ("grant_a",)
    assert report.verdict is Verdict.NOT_CLEARED
    assert "1 finding stands against it" in report.summary
    assert rules(report, "MESH/Stripped") == {"stamp.lost": Severity.ERROR}


def test_licensed_parts_in_an_own_mesh_need_a_look(studio: Studio) -> None:
    studio.buy("grant_a")
    faces = frozenset({hash_grant_id("grant_a")})
    studio.add("OBJECT", "Mine", data_name="Mine", data_type="MESH")
    studio.add("MESH", "Mine", face_grants=faces, unmarked_faces=6)
    report = studio.report()
    assert row(report, "MESH/Mine").witness == "faces"
    assert row(report, "OBJECT/Mine").witness == "data"
    assert report.verdict is Verdict.NEEDS_REVIEW
    assert rules(report, "MESH/Mine") == {"mesh.merged": Severity.WARNING}


def test_added_faces_in_a_licensed_mesh_need_a_look(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add("MESH", "Edited", grant, face_grants=frozenset({hash_grant_id("grant_a")}), unmarked_faces=2)
    report = studio.report()
    assert report.rows[0].witness == "stamp+faces"
    assert report.rows[0].verdict is Verdict.NEEDS_REVIEW
    assert rules(report, "MESH/Edited") == {"mesh.unmarked_faces": Severity.WARNING}


@pytest.mark.parametrize("stamp", ["", "{", "[]", "null", '{"v":1}', '{"v":"1"}', "x" * 9999, "[" * 99_999])
def test_a_damaged_stamp_is_an_error(stamp: str, studio: Studio) -> None:
    studio.add("IMAGE", "Oak", stamp=stamp)
    report = studio.report()
    assert (report.rows[0].witness, report.verdict) == ("damaged", Verdict.NOT_CLEARED)
    assert rules(report) == {"stamp.damaged": Severity.ERROR}
    assert report.undeclared == ()


def test_a_damaged_stamp_on_a_mesh_keeps_what_the_faces_tell(studio: Studio) -> None:
    studio.buy("grant_a")
    studio.add("MESH", "M", stamp="oops", face_grants=frozenset({hash_grant_id("grant_a")}))
    report = studio.report()
    assert (report.rows[0].witness, report.rows[0].grant_ids) == ("damaged", ("grant_a",))


def test_a_newer_stamp_asks_for_an_update(studio: Studio) -> None:
    studio.add("IMAGE", "Oak", stamp=json.dumps({"v": 99}))
    report = studio.report()
    assert (report.rows[0].witness, report.verdict) == ("newer", Verdict.NEEDS_REVIEW)
    assert "newer" in report.findings[0].message


def test_a_grant_that_the_ledger_does_not_know(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add_mesh_object("Chair", grant)
    report = studio.report(grants={}, terms={})
    assert report.verdict is Verdict.NEEDS_REVIEW
    assert {entry.witness for entry in report.rows} == {"unknown_grant"}
    (line,) = report.grants
    assert (line.title, line.granted_at, line.license_id) == ("cgtrader:4711", None, grant.license_id)
    assert rules(report, "grant_a") == {"grant.unknown": Severity.WARNING}
    assert "cannot be proven here" in report.findings[0].message


def test_a_claimed_license_can_only_make_it_worse(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    assert studio.report(grants={}).verdict is Verdict.NEEDS_REVIEW
    report = studio.report(grants={}, use=PRESETS["asset_handover"])
    assert report.verdict is Verdict.NOT_CLEARED


def test_faces_of_a_grant_that_nobody_knows(studio: Studio) -> None:
    studio.add("MESH", "M", face_grants=frozenset({12345}))
    studio.add("MESH", "N", studio.buy("grant_a"), face_grants=frozenset({12345, hash_grant_id("grant_a")}))
    report = studio.report()
    assert row(report, "MESH/M").witness == "unknown_grant"
    assert row(report, "MESH/N").witness == "merged"
    assert rules(report, "MESH/M") == {"grant.unknown": Severity.WARNING}
    assert rules(report, "MESH/N")["grant.unknown"] is Severity.WARNING
    assert report.verdict is Verdict.NEEDS_REVIEW


@pytest.mark.parametrize("change", [{"license_id": "cgtrader.royalty_free"}, {"terms_sha256": "0" * 64}])
def test_a_stamp_that_disagrees_with_the_ledger(change: dict[str, str], studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add("IMAGE", "Good", grant)
    studio.add("IMAGE", "Edited", stamp=studio.stamp(grant, **change))
    report = studio.report()
    assert row(report, "IMAGE/Good").verdict is Verdict.CLEARED
    assert row(report, "IMAGE/Edited").verdict is Verdict.NOT_CLEARED
    assert report.grants[0].verdict is Verdict.NOT_CLEARED
    assert rules(report, "grant_a")["stamp.disagrees"] is Severity.ERROR
    assert report.grants[0].license_id == grant.license_id, "the ledger is right"


def test_terms_that_are_gone_need_review(studio: Studio) -> None:
    studio.add("IMAGE", "Oak", studio.buy("grant_a"))
    report = studio.report(terms={})
    assert report.verdict is Verdict.NEEDS_REVIEW
    assert {"terms.missing", "license.unknown"} <= set(rules(report, "grant_a"))


def test_a_lost_grant_is_a_hint_and_a_warning_beside_undeclared_things(studio: Studio) -> None:
    studio.register.append(studio.stamp(studio.buy("grant_a", title="Sofa")))
    studio.register.append("damaged")
    report = studio.report()
    assert report.lost == ("grant_a",)
    assert report.verdict is Verdict.CLEARED
    assert rules(report, "grant_a") == {"scene.lost": Severity.HINT}
    assert "Sofa" in report.findings[0].message
    studio.add("MESH", "Anonymous")
    assert rules(studio.report(), "grant_a") == {"scene.lost": Severity.WARNING}


def test_the_register_helps_to_read_faces_without_a_ledger(studio: Studio) -> None:
    studio.register.append(studio.stamp(studio.buy("grant_a")))
    studio.add("MESH", "M", face_grants=frozenset({hash_grant_id("grant_a")}))
    report = studio.report(grants={}, terms={})
    assert report.rows[0].grant_ids == ("grant_a",)
    assert report.grants[0].title == "cgtrader:4711"
    assert report.lost == ()


def test_nothing_is_inherited_in_silence(studio: Studio) -> None:
    chair = studio.buy("grant_a")
    studio.add("OBJECT", "Copy", data_name="Chair", data_type="MESH")
    studio.add("MESH", "Chair", chair)
    studio.add("OBJECT", "Fake", chair, data_name="Other", data_type="MESH")
    studio.add("MESH", "Other")
    report = studio.report()
    assert row(report, "OBJECT/Copy").witness == "data"
    assert rules(report, "OBJECT/Copy") == {"object.by_data": Severity.HINT}
    assert row(report, "OBJECT/Fake").witness == "stamp"
    assert report.undeclared == ("MESH/Other",)


def test_an_object_finds_data_of_another_type_name(studio: Studio) -> None:
    text = studio.buy("grant_a")
    studio.add("OBJECT", "Title", data_name="Title", data_type="FONT")
    studio.add("CURVE", "Title", text)
    studio.add("MESH", "Title")
    report = studio.report()
    assert row(report, "OBJECT/Title").grant_ids == ("grant_a",)
    assert report.undeclared == ("MESH/Title",)


def test_linked_data_is_judged_by_its_own_stamp(studio: Studio) -> None:
    studio.add("MESH", "Linked", studio.buy("grant_a"), library="//props.blend")
    studio.add("MESH", "Bare", library="//props.blend")
    report = studio.report()
    assert [(entry.library, entry.verdict) for entry in report.rows] == [
        ("//props.blend", Verdict.CLEARED),
        ("//props.blend", Verdict.UNDECLARED),
    ]


def test_the_credit_of_an_editorial_use_is_filled_in(studio: Studio) -> None:
    studio.add("IMAGE", "Oak", studio.buy("grant_a", "shutterstock:standard", author="Ola"))
    assert studio.report().grants[0].credit == ""
    editorial = IntendedUse(purpose=Purpose.EDITORIAL, media=("web",))
    assert studio.report(use=editorial).grants[0].credit == "Ola/Shutterstock.com"


def test_ten_thousand_objects_and_three_hundred_grants(studio: Studio) -> None:
    grants = [studio.buy(f"grant_{number}") for number in range(300)]
    for number in range(5_000):
        studio.add_mesh_object(f"Thing {number}", grants[number % 300])
    report = studio.report()
    assert len(report.rows) == 10_000
    assert len(report.grants) == 300
    assert sum(grant.data_blocks for grant in report.grants) == 10_000
    assert report.verdict is Verdict.CLEARED
    assert len(set(report.findings)) == len(report.findings)


def test_the_heaviest_verdict_wins() -> None:
    assert worst_verdict([]) is Verdict.CLEARED
    order = [
        Verdict.IN_FILE_ONLY,
        Verdict.CLEARED,
        Verdict.NEEDS_REVIEW,
        Verdict.UNDECLARED,
        Verdict.NOT_CLEARED,
    ]
    assert sorted(Verdict, key=WEIGHT.__getitem__) == order
    assert worst_verdict(order) is Verdict.NOT_CLEARED


ANY_TERMS = LicenseCatalogue.load().all()[0]
STAMP = json.dumps(
    {"v": 1, "grant_id": "g", "marketplace": "m", "listing_id": "l", "license_id": "x", "terms_sha256": "y"}
)


@given(data=st.data())
def test_more_in_the_scene_never_makes_the_verdict_lighter(data: st.DataObject) -> None:
    blocks = st.builds(
        DataBlock,
        id_type=st.sampled_from(["OBJECT", "MESH", "IMAGE", "WORLD", "CURVE"]),
        name=st.text(max_size=3),
        stamp=st.none() | st.text(max_size=5) | st.just(STAMP),
        library=st.sampled_from(["", "//a.blend"]),
        data_name=st.text(max_size=2),
        data_type=st.sampled_from(["", "MESH", "EMPTY"]),
        face_grants=st.frozensets(st.integers(1, 3), max_size=2),
        unmarked_faces=st.integers(0, 2),
        users=st.integers(0, 2),
    )
    found = data.draw(st.lists(blocks, max_size=6))
    scan = SceneScan(host="", scene="", data_blocks=tuple(found[:-1]), register=())
    more = replace(scan, data_blocks=tuple(found))
    now = datetime(2026, 1, 1, tzinfo=UTC)
    use = IntendedUse(outputs=frozenset({OutputKind.RENDER}))
    terms = {"y": ANY_TERMS}
    before = build_report(scan, grants={}, terms=terms, use=use, now=now)
    after = build_report(more, grants={}, terms=terms, use=use, now=now)
    assert WEIGHT[after.verdict] >= WEIGHT[before.verdict] or any(
        entry.witness == "data" for entry in after.rows
    )
