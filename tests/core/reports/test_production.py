"""The report of a whole production: per folder, client and project; as a page, CSV, JUnit and SARIF."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree as ET

import pytest
from ledger_values import make_grant
from pages import Page

from core.model.declaration import Declaration, Origin
from core.model.file_summary import FileSummary, Problem
from core.model.findings import Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse
from core.model.picture import Picture
from core.model.production import FolderUse, ProductionReport
from core.reports.production import build_production
from core.reports.production_formats import (
    render_production_junit,
    render_production_sarif,
    summarize_production,
)
from core.reports.production_html import MAX_LINES, make_production_context, render_production_html
from core.reports.production_table import COLUMNS, render_production_csv

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
EVIL = "<script>alert(1)</script>"


def file(path: str, *grants: str, undeclared: int = 0, **other: Any) -> FileSummary:
    values: dict[str, Any] = {"face_numbers": (), "unreadable_stamps": 0, **other}
    return FileSummary(
        path=f"/p/{path}", grants=tuple((one, 2) for one in grants), undeclared=undeclared, **values
    )


def use(client: str, name: str, **verdicts: tuple[Verdict, str]) -> FolderUse:
    return FolderUse(
        path=f"/p/{name}/clearance.toml", use=IntendedUse(name=name, client=client), verdicts=verdicts
    )


def declaration(**changes: Any) -> Declaration:
    values: dict[str, Any] = {
        "id": "declaration_1", "origin": Origin.OWN_WORK, "title": "Logo", "declared_by": "ann",
        "declared_at": NOW, "reason": "We made it.",
    }  # fmt: skip
    return Declaration(**{**values, **changes})


def build(*files: FileSummary, **other: Any) -> ProductionReport:
    owned = {one.id: one for one in (make_grant(number, project="spring") for number in range(4))}
    values: dict[str, Any] = {"folder": "/p", "grants": owned, "now": NOW, "read": len(files)}
    return build_production(files, **{**values, **other})


@pytest.fixture
def production() -> ProductionReport:
    """Two projects for two clients, and a folder that nobody said anything of."""
    return build(
        file("spring/a.blend", "grant_0", "grant_1"),
        file("spring/b.blend", "grant_0", undeclared=3),
        file("museum/c.blend", "grant_0", "grant_2", "declaration_1"),
        file("loose/d.blend", "grant_0", "stranger", unreadable_stamps=1, face_numbers=(77,)),
        uses={
            "spring": use("ACME", "spring", grant_1=(Verdict.NEEDS_REVIEW, "Somebody has to look.")),
            "museum": use("Museum", "Film", grant_0=(Verdict.NOT_CLEARED, "Not for films.")),
        },
        declarations={"declaration_1": declaration()},
        problems=[Problem(path="/p/loose/cut.blend", message="It is cut off.")],
    )


def test_a_license_is_judged_in_each_folder_by_its_use(production: ProductionReport) -> None:
    lines = {line.grant_id: line for line in production.used}
    assert [line.grant_id for line in production.not_covered] == ["grant_0", "stranger"]
    assert lines["grant_0"].in_folder("museum") == (Verdict.NOT_CLEARED, "Not for films.")
    assert lines["grant_0"].in_folder("spring") == (Verdict.CLEARED, "")
    assert lines["stranger"].in_folder("anywhere")[0] is Verdict.NOT_CLEARED
    assert lines["grant_1"].in_folder("spring")[0] is Verdict.NEEDS_REVIEW
    assert (lines["declaration_1"].state, lines["declaration_1"].license) == ("declared", "own work")
    assert lines["grant_0"].clients == ("ACME", "Museum")
    assert [line.grant_id for line in production.unused] == ["grant_3"]
    assert production.verdict is Verdict.NOT_CLEARED


def test_sums_per_folder_client_and_project(production: ProductionReport) -> None:
    folders = {line.folder: line for line in production.folders}
    assert [(line.folder, line.project, line.client) for line in production.folders] == [
        ("loose", "", ""),
        ("museum", "Film", "Museum"),
        ("spring", "spring", "ACME"),
    ]
    assert [
        (line.grants, line.not_covered, line.to_review, line.undeclared) for line in production.folders
    ] == [(2, 1, 0, 0), (3, 1, 0, 0), (2, 0, 1, 3)]
    assert folders["spring"].use_file == "/p/spring/clearance.toml"
    assert [
        (line.client, line.projects, line.files, line.grants, line.not_covered, line.undeclared)
        for line in production.clients
    ] == [
        ("ACME", ("spring",), 2, 2, 0, 3),
        ("Museum", ("Film",), 1, 3, 1, 0),
        ("", (), 1, 2, 1, 0),
    ]
    assert [
        (line.project, line.client, line.grants, line.used, line.unused, line.not_covered)
        for line in production.projects
    ] == [("spring", "ACME", 4, 3, 1, 1)]


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (build(file("a/x.blend", "grant_0")), Verdict.CLEARED),
        (build(), Verdict.CLEARED),
        (build(file("a/x.blend", undeclared=1)), Verdict.UNDECLARED),
        (build(file("a/x.blend", unreadable_stamps=1)), Verdict.UNDECLARED),
        (build(file("a/x.blend", "grant_0", doubtful=2)), Verdict.NEEDS_REVIEW),
        (build(file("a/x.blend", "nobody")), Verdict.NOT_CLEARED),
        (build(problems=[Problem(path="/p/x", message="No.")]), Verdict.NOT_CLEARED),
        (
            build(
                file("a/x.blend", "grant_0"),
                uses={"a": use("", "a", grant_0=(Verdict.NEEDS_REVIEW, "Look."))},
            ),
            Verdict.NEEDS_REVIEW,
        ),
        (build(file("a/x.blend"), uses={"a": FolderUse(path="/p/a/u", problem="Bad.")}), Verdict.NOT_CLEARED),
        (
            build(
                file("a/x.blend", "declaration_1"),
                declarations={"declaration_1": declaration(withdrawn_at=NOW)},
            ),
            Verdict.NOT_CLEARED,
        ),
    ],
)
def test_the_verdict(report: ProductionReport, verdict: Verdict) -> None:
    assert report.verdict is verdict
    assert summarize_production(report)[-1] == "."
    for page in (render_production_html(report), render_production_junit(report)):
        assert page
    assert ("everything is covered" in summarize_production(report)) is (verdict is Verdict.CLEARED)


def test_a_refunded_license_covers_nothing_anywhere() -> None:
    grants = {"grant_0": make_grant(0, state=GrantState.REFUNDED)}
    denied = {"a": use("", "a", grant_0=(Verdict.NOT_CLEARED, "Refunded."))}
    files = (file("a/x.blend", "grant_0"), file("b/y.blend", "grant_0"))
    report = build(*files, grants=grants, uses=denied)
    assert [line.not_covered for line in report.folders] == [1, 1]


def test_the_table_says_project_and_client(production: ProductionReport) -> None:
    lines = list(csv.DictReader(io.StringIO(render_production_csv(production))))
    assert tuple(lines[0]) == COLUMNS
    kinds = {(line["project_folder"], line["grant_id"]): line for line in lines if line["grant_id"]}
    assert kinds["museum", "grant_0"]["kind"] == "not_covered"
    assert kinds["museum", "grant_0"]["message"] == "Not for films."
    assert kinds["spring", "grant_0"]["kind"] == "used"
    assert kinds["spring", "grant_1"]["kind"] == "needs_review"
    assert kinds["spring", "grant_0"]["client"] == "ACME"
    assert kinds["spring", "grant_0"]["booked_on"] == "spring"
    assert {line["kind"] for line in lines} >= {"unused", "undeclared", "unreadable_stamp", "skipped"}


def test_the_page(production: ProductionReport) -> None:
    picture = Picture(media_type="image/png", width=1, height=1, data=b"\x89PNG\r\n\x1a\n")
    source = render_production_html(production, pictures={"grant_0": picture}, tool_version="0.1.0")
    page = Page(source)
    text = " ".join(" ".join(page.texts).split())
    assert "Not covered 4 files with 5 licenses" in text
    assert [name.strip() for name in re.findall(r"<h2>([^<]+)", source)] == [
        "Used, but not covered", "Somebody has to look", "Project folders", "By client", "By project",
        "Undeclared, unreadable and in doubt", "Paid but unused", "Used and covered", "Skipped",
        "How this report was made",
    ]  # fmt: skip
    assert "museum: Not for films." in text
    assert "It is cut off." in text and "loose/cut.blend" in text
    assert source.count("data:image/png;base64,") == 1
    assert not {"script", "link", "form"} & set(page.tags)
    ids = re.findall(r'\bid="([^"]+)"', source)
    assert {one[1:] for one in page.addresses if one.startswith("#")} <= set(ids)
    assert not re.search(r"<th(?! scope)[ >]", source)


def test_hostile_names_and_huge_productions() -> None:
    grants = {
        one.id: one
        for one in (
            make_grant(number, title=EVIL, author=EVIL, license_label=EVIL, project=EVIL)
            for number in range(1_500)
        )
    }
    files = [file(f"{EVIL}/{number}\u202e.blend", f"grant_{number}", undeclared=1) for number in range(1_200)]
    files = [replace(one, path=one.path.replace("/script", "\\script")) for one in files]
    report = build_production(
        files, folder="/p", grants=grants, now=NOW, problems=[Problem(path=EVIL, message=EVIL)] * 3
    )
    source = render_production_html(report)
    assert "<script" not in source and "\u202e" not in source
    assert len(source) < 4_000_000
    context = make_production_context(report, {})
    assert (len(context["used"]), context["used_more"]) == (MAX_LINES, 200)  # type: ignore[arg-type]
    junit = render_production_junit(report)
    assert "\u202e" not in junit
    assert len(list(ET.fromstring(junit.encode()).iter("testcase"))) == 2_404
    json.loads(render_production_sarif(report))


def test_an_address_of_a_file_with_an_odd_name_leads_to_that_file() -> None:
    name = "new\nline\x1b\u202e [1]%.blend"
    report = build_production(
        [file(name, undeclared=1)],
        folder="/p",
        grants={},
        now=NOW,
        problems=[Problem(path=f"/p/{name}", message="x")],
    )
    (run,) = json.loads(render_production_sarif(report))["runs"]
    uris = {one["location"]["uri"] for one in run["artifacts"]}
    assert {unquote(uri).removeprefix("p/") for uri in uris} == {name}


def test_junit_has_a_case_per_file_and_license(production: ProductionReport) -> None:
    root = ET.fromstring(render_production_junit(production).encode())
    assert [suite.attrib["name"] for suite in root] == [
        "loose", "museum", "spring", "skipped", "licenses", "production",
    ]  # fmt: skip
    kinds = {
        case.attrib["name"]: next((child.tag for child in case if child.tag != "system-out"), "passed")
        for case in root.iter("testcase")
    }
    assert kinds["spring/a.blend"] == "skipped"
    assert kinds["spring/b.blend"] == kinds["museum/c.blend"] == kinds["loose/d.blend"] == "failure"
    assert kinds["loose/cut.blend"] == "failure"
    assert kinds["verdict"] == "failure"
    strict = ET.fromstring(render_production_junit(production, strict=True).encode())
    assert not list(strict.iter("skipped"))
    names = [case.attrib["name"] for case in strict.iter("testcase")]
    assert len(set(names)) == len(names)


def test_sarif_names_files_relative_to_the_production(production: ProductionReport) -> None:
    (run,) = json.loads(render_production_sarif(production, tool_version="0.1.0"))["runs"]
    assert run["originalUriBaseIds"]["SCENE_FOLDER"]["uri"] == "file:///p/"
    uris = [one["location"]["uri"] for one in run["artifacts"]]
    assert set(uris) == {
        "spring/a.blend", "spring/b.blend", "museum/c.blend", "loose/d.blend", "loose/cut.blend",
    }  # fmt: skip
    found = {
        (one["ruleId"], one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]): one["level"]
        for one in run["results"]
    }
    assert found == {
        ("production.not_covered", "museum/c.blend"): "error",
        ("production.not_covered", "loose/d.blend"): "error",
        ("production.needs_review", "spring/a.blend"): "warning",
        ("content.undeclared", "spring/b.blend"): "error",
        ("stamp.damaged", "loose/d.blend"): "error",
        ("grant.unknown", "loose/d.blend"): "error",
        ("production.skipped_file", "loose/cut.blend"): "error",
    }
    assert len({one["partialFingerprints"]["clearanceFinding/v1"] for one in run["results"]}) == len(found)


def test_what_is_in_doubt_is_said_in_every_format() -> None:
    report = build(file("a/x.blend", "grant_0", doubtful=2), file("a/y.blend", "grant_0"))
    assert report.doubtful == 2
    assert "somebody has to look at 2 data-blocks." in summarize_production(report)
    assert "doubtful,a,,,/p/a/x.blend,,,,,,,2,\r\n" in render_production_csv(report)
    assert "2 data-blocks in doubt" in render_production_junit(report)
    assert "<failure" not in render_production_junit(report)
    assert "<failure" in render_production_junit(report, strict=True)
    page = " ".join(" ".join(Page(render_production_html(report)).texts).split())
    assert "In doubt a/x.blend" in page
    assert "a/y.blend" not in page.partition("In doubt")[2].partition("Paid but unused")[0]
