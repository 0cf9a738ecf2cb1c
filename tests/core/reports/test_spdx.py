"""SPDX 3.0.1: every class has what the model requires, and every reference leads somewhere."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from core.model.declaration import DECLARED, Origin
from core.model.evidence import Evidence, EvidenceKind
from core.model.report import Report
from core.reports.spdx import CONTEXT, MAX_UNDECLARED, NO_ASSERTION, render_spdx

if TYPE_CHECKING:
    from conftest import Studio

# What the model requires of each class that we use, beside what every element has (spdxId, creationInfo).
REQUIRED: dict[str, set[str]] = {
    "SoftwareAgent": set(),
    "Tool": set(),
    "Organization": set(),
    "Agent": set(),
    "software_Package": {"name"},
    "software_File": {"name"},
    "software_Sbom": {"rootElement"},
    "SpdxDocument": {"rootElement"},
    "Relationship": {"from", "to", "relationshipType"},
    "Annotation": {"annotationType", "subject"},
    "simplelicensing_LicenseExpression": {"simplelicensing_licenseExpression"},
    "simplelicensing_SimpleLicensingText": {"simplelicensing_licenseText"},
}
AGENTS = {"SoftwareAgent", "Organization", "Agent", "Person"}
LICENSES = {"simplelicensing_LicenseExpression"}
ARTIFACTS = {"software_Package", "software_File"}
RELATIONSHIPS = {"contains", "hasDeclaredLicense", "hasConcludedLicense", "hasEvidence"}
URI = re.compile(r"https://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
EXPRESSION = re.compile(r"(LicenseRef-)?[A-Za-z0-9.-]+")


def read(text: str) -> dict[str, dict[str, Any]]:
    """Parse and check; return the elements by id."""
    document = json.loads(text)
    assert document["@context"] == CONTEXT
    creation, *elements = document["@graph"]
    assert creation["type"] == "CreationInfo"
    assert creation["specVersion"] == "3.0.1"
    assert MOMENT.fullmatch(creation["created"])
    by_id = {one["spdxId"]: one for one in elements}
    assert len(by_id) == len(elements), "ids are unique"
    for one in elements:
        assert URI.fullmatch(one["spdxId"])
        assert one["creationInfo"] == creation["@id"]
        assert REQUIRED[one["type"]] <= set(one), one
        for key, value in one.items():
            assert value not in ("", [], None), (one["spdxId"], key)
    assert {by_id[agent]["type"] for agent in creation["createdBy"]} <= AGENTS
    assert {by_id[tool]["type"] for tool in creation["createdUsing"]} == {"Tool"}
    for one in elements:
        check_references(one, by_id)
    (root,) = [one for one in elements if one["type"] == "SpdxDocument"]
    assert set(root["element"]) == set(by_id) - {root["spdxId"]}
    assert by_id[root["rootElement"][0]]["type"] == "software_Sbom"
    assert root["profileConformance"] == ["core", "software", "simpleLicensing"]
    return by_id


def check_references(one: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> None:
    for key, kinds in (("suppliedBy", AGENTS), ("originatedBy", AGENTS)):
        given = one.get(key, [])
        for reference in [given] if isinstance(given, str) else given:
            assert by_id[reference]["type"] in kinds
    for reference in (*one.get("element", ()), *one.get("rootElement", ())):
        assert by_id[reference]["type"] != "SpdxDocument"
    if one["type"] == "Relationship":
        assert one["relationshipType"] in RELATIONSHIPS
        assert one["from"] in by_id
        for reference in one["to"]:
            wanted = LICENSES if one["relationshipType"].endswith("License") else ARTIFACTS
            assert reference == NO_ASSERTION or by_id[reference]["type"] in wanted
    if one["type"] == "Annotation":
        assert one["annotationType"] in {"review", "other"}
        assert one["subject"] in by_id
    for method in one.get("verifiedUsing", ()):
        assert method["type"] == "Hash" and method["algorithm"] == "sha256"
        assert re.fullmatch(r"[0-9a-f]{64}", method["hashValue"])
    for entry in one.get("externalIdentifier", ()):
        assert {"externalIdentifierType", "identifier"} <= set(entry)
    for entry in one.get("simplelicensing_customIdToUri", ()):
        assert entry["key"] == one["simplelicensing_licenseExpression"]
        assert by_id[entry["value"]]["type"] == "simplelicensing_SimpleLicensingText"
    if "simplelicensing_licenseExpression" in one:
        assert EXPRESSION.fullmatch(one["simplelicensing_licenseExpression"])
    if "validUntilTime" in one:
        assert MOMENT.fullmatch(one["validUntilTime"])


def related(by_id: dict[str, dict[str, Any]], kind: str) -> dict[str, list[str]]:
    """Return what is related so, by the name of where it starts."""
    return {
        by_id[one["from"]]["name"]: one["to"]
        for one in by_id.values()
        if one["type"] == "Relationship" and one["relationshipType"] == kind
    }


def test_the_scene_contains_every_part(mixed: Report, studio: Studio) -> None:
    by_id = read(render_spdx(mixed, studio.details()))
    contained = related(by_id, "contains")
    assert [by_id[one]["name"] for one in contained["spot.blend"]] == ["Crowd", "Chair", "MATERIAL/Concrete"]
    (file,) = [by_id[one] for one in contained["Chair"]]
    assert (file["type"], file["name"]) == ("software_File", "Chair.glb")
    declared, concluded = related(by_id, "hasDeclaredLicense"), related(by_id, "hasConcludedLicense")
    assert declared["Chair"] == concluded["Chair"] != [NO_ASSERTION]
    assert concluded["MATERIAL/Concrete"] == [NO_ASSERTION]
    license_ = by_id[declared["Chair"][0]]
    assert license_["simplelicensing_licenseExpression"] == (
        f"LicenseRef-clearance-cgtrader.royalty-free-no-ai-{mixed.grants[1].terms_sha256[:12]}"
    )
    text = by_id[license_["simplelicensing_customIdToUri"][0]["value"]]["simplelicensing_licenseText"]
    assert mixed.grants[1].terms_sha256 in text
    assert "output.render: " in text and "read 2026-" in text
    chair = next(one for one in by_id.values() if one.get("name") == "Chair")
    assert chair["externalIdentifier"][0]["identifier"] == "cgtrader:4711"
    assert by_id[chair["suppliedBy"]]["name"] == "CGTrader"
    assert by_id[chair["originatedBy"][0]]["name"] == "Ada"
    assert chair["externalRef"][0]["externalRefType"] == "license"


def test_findings_are_annotations(mixed: Report, studio: Studio) -> None:
    by_id = read(render_spdx(studio.resolve(mixed, "use.editorial_only")))
    notes = [one for one in by_id.values() if one["type"] == "Annotation"]
    by_rule = {note["statement"].split("] ")[1].split(":")[0]: note for note in notes}
    editorial = by_rule["use.editorial_only"]
    assert by_id[editorial["subject"]]["name"] == "Crowd"
    assert "Resolved on 2026-11-24: cleared in writing." in editorial["statement"]
    assert "Ann" not in editorial["statement"], "nobody is named"
    assert editorial["annotationType"] == "review"
    assert by_rule["credit.required"]["annotationType"] == "other"
    assert by_id[by_rule["stamp.lost"]["subject"]]["name"] == "spot.blend"
    assert "About: MESH/Stripped" in by_rule["stamp.lost"]["statement"]


def test_evidence_is_named_by_its_hash_only(mixed: Report) -> None:
    proof = (
        Evidence(kind=EvidenceKind.RECEIPT, label="order 4711-SECRET at CGTrader"),
        Evidence(kind=EvidenceKind.INVOICE, label="invoice-jane-doe.pdf", sha256="cd" * 32),
    )
    report = replace(mixed, grants=tuple(replace(grant, evidence=proof) for grant in mixed.grants))
    text = render_spdx(report)
    by_id = read(text)
    (evidence,) = [by_id[one] for one in related(by_id, "hasEvidence")["Chair"]]
    assert evidence["verifiedUsing"][0]["hashValue"] == "cd" * 32
    assert evidence["software_primaryPurpose"] == "evidence"
    assert "SECRET" not in text and "jane" not in text


def test_what_is_not_proven_is_no_conclusion(mixed: Report, studio: Studio) -> None:
    report = studio.report(grants={})
    by_id = read(render_spdx(report))
    assert set(map(tuple, related(by_id, "hasConcludedLicense").values())) == {(NO_ASSERTION,)}
    assert related(by_id, "hasDeclaredLicense")["cgtrader:4711"] != [NO_ASSERTION]
    assert mixed.grants


@pytest.mark.parametrize(
    ("origin", "label", "expression"),
    [
        (Origin.FREE_LICENSE, "CC BY-SA 4.0", "CC-BY-SA-4.0"),
        (Origin.OWN_WORK, "Own work", "LicenseRef-clearance-declared.own-work-no-reading"),
    ],
)
def test_declared_content(origin: Origin, label: str, expression: str, mixed: Report) -> None:
    declared = replace(
        mixed.grants[1], grant_id="declaration_1", marketplace=DECLARED, marketplace_name="Declared",
        listing_id="", license_id=f"declared.{origin}", license_label=label, origin=origin, terms_sha256="",
    )  # fmt: skip
    by_id = read(render_spdx(replace(mixed, grants=(declared,))))
    (license_,) = related(by_id, "hasDeclaredLicense")["Chair"]
    assert by_id[license_]["simplelicensing_licenseExpression"] == expression
    assert related(by_id, "hasConcludedLicense")["Chair"] == [license_]
    chair = next(one for one in by_id.values() if one.get("name") == "Chair")
    assert "suppliedBy" not in chair
    assert [one["identifier"] for one in chair["externalIdentifier"]] == ["declaration_1"]
    assert f"declared as {origin.replace('_', ' ')}" in chair["comment"]


def test_a_license_that_ends(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    studio.add("MESH", "Chair", grant)
    ending = replace(grant, valid_until=datetime(2027, 1, 2, 3, tzinfo=UTC))
    by_id = read(render_spdx(studio.report(), studio.details(grants={"grant_a": ending})))
    assert [one["validUntilTime"] for one in by_id.values() if "validUntilTime" in one] == [
        "2027-01-02T03:00:00Z"
    ]


def test_it_depends_on_nothing_but_the_report(mixed: Report, studio: Studio) -> None:
    details = studio.details()
    assert render_spdx(mixed, details) == render_spdx(mixed, details)
    later = replace(mixed, made_at=datetime(2027, 1, 1, tzinfo=UTC))
    assert not set(read(render_spdx(mixed))) & set(read(render_spdx(later))), "another document's elements"


def test_an_empty_scene(studio: Studio) -> None:
    by_id = read(render_spdx(studio.report()))
    assert [one["type"] for one in by_id.values()] == [
        "SoftwareAgent", "Tool", "software_Package", "software_Sbom", "SpdxDocument",
    ]  # fmt: skip


@pytest.mark.parametrize("with_details", [False, True])
def test_hostile_text(with_details: bool, nasty: Report, studio: Studio) -> None:
    text = render_spdx(nasty, studio.details()) if with_details else render_spdx(nasty)
    read(text)
    text.encode("utf-8")
    assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069]", text)


def test_hostile_ids(studio: Studio) -> None:
    grant = studio.buy("grant_a")
    wild = {"grant_id": 'grant_" /<>', "license_id": "ünlicensed OR MIT", "terms_sha256": "../x"}
    studio.add("IMAGE", "Edited", stamp=studio.stamp(grant, **wild, marketplace="a b", listing_id="ü/?#"))
    read(render_spdx(studio.report()))


def test_a_huge_scene_is_bounded(studio: Studio) -> None:
    undeclared = tuple(f"MATERIAL/{number}" for number in range(MAX_UNDECLARED + 7))
    by_id = read(render_spdx(replace(studio.report(), undeclared=undeclared)))
    notes = [one["statement"] for one in by_id.values() if one["type"] == "Annotation"]
    assert notes == ["7 more data-blocks are undeclared; the JSON report names them."]
