"""JUnit XML as the readers of pipelines take it: the shape, the counts, and what fails."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.findings import Verdict
from core.model.report import Report
from core.policy.presets import PRESETS
from core.reports.in_file import set_grant_aside
from core.reports.junit import Case, Suite, render_junit, write_suites

if TYPE_CHECKING:
    from conftest import Studio

# What the schemas of Jenkins' xUnit plug-in and GitLab's reader have in common.
ATTRIBUTES = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, set()),
    "testsuite": (
        {"name", "tests", "failures", "errors", "time", "timestamp", "hostname"},
        {"id", "package", "skipped"},
    ),
    "properties": (set(), set()),
    "property": ({"name", "value"}, set()),
    "testcase": ({"name", "classname", "time"}, set()),
    "failure": ({"type", "message"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "properties": ["property"],
    "testcase": ["skipped", "failure", "system-out"],
}
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


def read(text: str) -> ET.Element:
    """Parse and check the shape: names, required attributes, order of children, counts."""
    root = ET.fromstring(text.encode("utf-8"))
    assert root.tag == "testsuites"
    for node in root.iter():
        required, optional = ATTRIBUTES[node.tag]
        assert required <= set(node.attrib) <= required | optional, (node.tag, node.attrib)
        order = [CHILDREN.get(node.tag, []).index(child.tag) for child in node]
        assert order == sorted(order), node.tag
        if node.tag in ("testsuites", "testsuite"):
            cases = list(node.iter("testcase"))
            assert int(node.attrib["tests"]) == len(cases)
            assert int(node.attrib["failures"]) == sum(case.find("failure") is not None for case in cases)
            assert node.attrib["errors"] == "0"
        if node.tag == "testsuite":
            assert TIMESTAMP.fullmatch(node.attrib["timestamp"])
            skipped = sum(case.find("skipped") is not None for case in node)
            assert int(node.attrib["skipped"]) == skipped
    names = [(case.attrib["classname"], case.attrib["name"]) for case in root.iter("testcase")]
    assert len(set(names)) == len(names), "readers tell cases apart by class and name"
    return root


def outcome(root: ET.Element) -> dict[str, str]:
    """Return what became of each case, by its name."""
    found = {}
    for case in root.iter("testcase"):
        kind = next((child.tag for child in case if child.tag != "system-out"), "passed")
        found[case.attrib["name"]] = kind
    return found


def test_a_case_per_license_undeclared_thing_and_finding(mixed: Report) -> None:
    root = read(render_junit(mixed))
    assert [suite.attrib["name"] for suite in root] == ["licenses", "undeclared", "data-blocks", "scene"]
    assert outcome(root) == {
        "Crowd (shutterstock:4711, grant_b)": "failure",
        "Chair (cgtrader:4711, grant_a)": "passed",
        "MATERIAL/Concrete": "failure",
        "MESH/Stripped": "failure",
        "grant_lost": "skipped",
        "verdict": "failure",
    }
    crowd = next(case for case in root.iter("testcase") if case.attrib["name"].startswith("Crowd"))
    failure = crowd.find("failure")
    assert failure is not None
    assert failure.attrib["type"] == "use.editorial_only"
    assert failure.text is not None
    assert "What to do: Replace the asset" in failure.text
    assert "Rests on:" in failure.text
    assert f"Terms: sha256 {mixed.grants[0].terms_sha256}" in failure.text
    assert crowd.attrib["classname"] == "clearance.licenses.shutterstock.editorial"
    properties = {one.attrib["name"]: one.attrib["value"] for one in root.iter("property")}
    assert properties["verdict"] == "not_cleared"


def test_review_is_skipped_or_fails_when_strict(studio: Studio) -> None:
    studio.add("IMAGE", "Oak", studio.buy("grant_a", "shutterstock:premier", title="Oak"))
    report = studio.report()
    assert report.verdict is Verdict.NEEDS_REVIEW
    lenient, strict = read(render_junit(report)), read(render_junit(report, strict=True))
    assert set(outcome(lenient).values()) == {"skipped"}
    assert set(outcome(strict).values()) == {"failure"}
    skipped = lenient.find("testsuite/testcase/skipped")
    assert skipped is not None
    assert skipped.attrib["message"].startswith("Needs review: ")


def test_a_cleared_scene_passes_and_an_empty_one_is_no_empty_report(studio: Studio) -> None:
    assert outcome(read(render_junit(studio.report()))) == {"verdict": "passed"}
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    assert set(outcome(read(render_junit(studio.report()))).values()) == {"passed"}


def test_what_is_resolved_passes_and_says_who_decided(mixed: Report, studio: Studio) -> None:
    root = read(render_junit(studio.resolve(studio.resolve(mixed, "use.editorial_only"), "use.commercial")))
    crowd = next(case for case in root.iter("testcase") if case.attrib["name"].startswith("Crowd"))
    assert crowd.find("failure") is None
    said = crowd.findtext("system-out") or ""
    assert "Resolved: cleared in writing by Ann on 2026-11-24, until 2027-12-31: The museum agreed" in said


def test_what_is_only_in_the_file_passes_and_says_so(mixed: Report) -> None:
    aside = tuple(set_grant_aside(grant) for grant in mixed.grants)
    root = read(render_junit(replace(mixed, grants=aside)))
    crowd = next(case for case in root.iter("testcase") if case.attrib["name"].startswith("Crowd"))
    assert crowd.find("failure") is None and crowd.find("skipped") is None
    said = crowd.findtext("system-out") or ""
    assert said.startswith("In the file only: no picture shows it")
    assert "use.editorial_only" in said


def test_hostile_text_is_only_text(nasty: Report) -> None:
    text = render_junit(nasty)
    root = read(text)
    assert "<script>alert(1)" not in text
    assert len(list(root.iter("testcase"))) == len(nasty.grants) + len(nasty.undeclared) + 1


@given(st.text(), st.text(), st.text())
def test_any_text_is_well_formed(name: str, message: str, output: str) -> None:
    case = Case(classname=name, name=message, failure=(output, name, message), output=output)
    text = write_suites(
        name, [Suite(name=output, cases=(case,))], timestamp="2026-01-01T00:00:00", package=""
    )
    assert len(list(ET.fromstring(text.encode("utf-8", "surrogatepass")).iter("failure"))) == 1


def test_a_huge_scene(studio: Studio) -> None:
    grants = [studio.buy(f"grant_{number}", title="Asset") for number in range(300)]
    for number in range(5_000):
        studio.add_mesh_object(f"Thing {number}", grants[number % 300])
        studio.add("MATERIAL", f"Own {number}")
    root = read(render_junit(studio.report(use=PRESETS["film"])))
    assert len(list(root.iter("testcase"))) == 5_301


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict(verdict: Verdict, studio: Studio) -> None:
    read(render_junit(replace(studio.report(), verdict=verdict)))
