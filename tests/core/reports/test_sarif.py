"""SARIF 2.1.0: what the standard requires of what we write, checked rule by rule (§ numbers are its own)."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import pytest

from core.model.report import Report
from core.policy.rules.registry import RULE_NAMES
from core.reports.rule_texts import RULE_TEXTS, describe_rule
from core.reports.sarif import FINGERPRINT, MAX_RESULTS, render_sarif

if TYPE_CHECKING:
    from conftest import Studio

# Properties of each object that we use, of those that the standard knows; "!" marks required ones.
KNOWN: dict[str, set[str]] = {
    "log": {"$schema", "version!", "runs!"},
    "run": {
        "tool!", "invocations", "automationDetails", "artifacts", "results", "columnKind", "properties",
        "originalUriBaseIds",
    },
    "driver": {"name!", "version", "semanticVersion", "rules"},
    "rule": {"id!", "name", "shortDescription", "help", "helpUri", "defaultConfiguration", "properties"},
    "result": {
        "ruleId", "ruleIndex", "level", "message!", "locations", "partialFingerprints", "properties",
        "suppressions",
    },
    "location": {"physicalLocation", "logicalLocations"},
    "logical": {"name", "fullyQualifiedName", "kind"},
    "suppression": {"kind!", "status", "justification"},
}  # fmt: skip
URI = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")


def keys(kind: str, value: dict[str, Any]) -> None:
    """Hold an object's properties to what the standard knows (it allows no others)."""
    known = {name.rstrip("!") for name in KNOWN[kind]}
    assert set(value) <= known, (kind, set(value) - known)
    assert {name[:-1] for name in KNOWN[kind] if name.endswith("!")} <= set(value), kind


def read(text: str) -> dict[str, Any]:
    """Parse and check; return the run."""
    log = json.loads(text)
    keys("log", log)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    keys("run", run)
    driver = run["tool"]["driver"]
    keys("driver", driver)
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids), "§3.19.23: unique"
    for rule in driver["rules"]:
        keys("rule", rule)
        assert re.fullmatch(r"[A-Za-z0-9]+", rule["name"])
        assert rule["shortDescription"]["text"] and rule["help"]["text"]
        tags = rule["properties"]["tags"]
        assert len(set(tags)) == len(tags), "§3.8.2: a set"
        assert rule["defaultConfiguration"]["level"] in {"none", "note", "warning", "error"}
        if "helpUri" in rule:
            assert URI.fullmatch(rule["helpUri"])
            assert urlsplit(rule["helpUri"]).scheme in {"http", "https"}
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] is True
    assert datetime.fromisoformat(invocation["endTimeUtc"]).utcoffset() is not None
    places = {json.dumps(one["location"], sort_keys=True) for one in run["artifacts"]}
    bases = run.get("originalUriBaseIds", {})
    for base in bases.values():
        assert base["uri"].startswith("file://") and base["uri"].endswith("/"), "§3.14.14"
        assert URI.fullmatch(base["uri"])
    for result in run["results"]:
        check_result(result, ids, places)
    return dict(run)


def check_result(result: dict[str, Any], ids: list[str], places: set[str]) -> None:
    keys("result", result)
    assert ids[result["ruleIndex"]] == result["ruleId"], "§3.27.6"
    assert result["level"] in {"note", "warning", "error"}
    assert result["message"]["text"]
    assert not re.search(r"(?<!\\)\[", result["message"]["text"]), "§3.11.6: no links by accident"
    assert re.fullmatch(r"[0-9a-f]{64}", result["partialFingerprints"][FINGERPRINT])
    for location in result.get("locations", []):
        keys("location", location)
        if "physicalLocation" in location:
            artifact = location["physicalLocation"]["artifactLocation"]
            assert json.dumps(artifact, sort_keys=True) in places
            assert URI.fullmatch(artifact["uri"])
            assert not urlsplit(artifact["uri"]).scheme, "relative to its base"
        for logical in location.get("logicalLocations", []):
            keys("logical", logical)
            assert logical["name"] and logical["fullyQualifiedName"]
    for suppression in result.get("suppressions", []):
        keys("suppression", suppression)
        assert suppression["kind"] in {"inSource", "external"}
        assert suppression["status"] in {"accepted", "underReview", "rejected"}


def test_findings_become_results(mixed: Report) -> None:
    run = read(render_sarif(mixed))
    by_rule = {result["ruleId"]: result for result in run["results"]}
    editorial = by_rule["use.editorial_only"]
    assert editorial["level"] == "error"
    assert "“Crowd” (shutterstock:4711)" in editorial["message"]["text"]
    assert editorial["properties"]["clauseUrl"].startswith("https://")
    assert editorial["properties"]["termsSha256"] == mixed.grants[0].terms_sha256
    logical = editorial["locations"][0]["logicalLocations"]
    assert [one["fullyQualifiedName"] for one in logical] == ["IMAGE/crowd.jpg"]
    stripped = by_rule["stamp.lost"]["locations"][0]["logicalLocations"]
    assert stripped == [{"name": "Stripped", "fullyQualifiedName": "MESH/Stripped", "kind": "resource"}]
    assert by_rule["content.undeclared"]["level"] == "error"
    assert "scene.undeclared" not in by_rule, "each thing is told by itself"
    assert {by_rule["credit.required"]["level"], by_rule["scene.lost"]["level"]} == {"note", "warning"}
    assert run["originalUriBaseIds"] == {"SCENE_FOLDER": {"uri": "file:///job/"}}
    assert run["properties"]["verdict"] == "not_cleared"
    rule = next(one for one in run["tool"]["driver"]["rules"] if one["id"] == "use.editorial_only")
    assert rule["name"] == "EditorialOnly"
    assert rule["helpUri"].startswith("https://")
    assert "Rests on:" in rule["help"]["text"]


def test_fingerprints_hold_from_run_to_run_and_tell_results_apart(mixed: Report) -> None:
    first, later = read(render_sarif(mixed)), read(render_sarif(replace(mixed, summary="Other words.")))
    prints = [result["partialFingerprints"][FINGERPRINT] for result in first["results"]]
    assert len(set(prints)) == len(prints)
    assert prints == [result["partialFingerprints"][FINGERPRINT] for result in later["results"]]


def test_what_is_resolved_is_suppressed(mixed: Report, studio: Studio) -> None:
    run = read(render_sarif(studio.resolve(mixed, "use.editorial_only")))
    result = next(one for one in run["results"] if one["ruleId"] == "use.editorial_only")
    (suppression,) = result["suppressions"]
    assert suppression["justification"].startswith("Cleared in writing: The museum agreed")
    assert "Ann, 2026-11-24" in suppression["justification"]
    assert "Until 2027-12-31." in suppression["justification"]
    assert "ab" * 32 in suppression["justification"]
    other = next(one for one in run["results"] if one["ruleId"] == "stamp.lost")
    assert other["suppressions"] == []


@pytest.mark.parametrize(
    ("scene", "uri", "folder"),
    [
        ("", None, None),
        ("shot.blend", "shot.blend", None),
        ("/job/a b/shöt#1.blend", "sh%C3%B6t%231.blend", "file:///job/a%20b/"),
        ("C:\\jobs\\Spot 1\\shot.blend", "shot.blend", "file:///C:/jobs/Spot%201/"),
        ("\\\\server\\share\\shot.blend", "shot.blend", "file://server/share/"),
        ("/shot.blend", "shot.blend", "file:///"),
        ("/job/\ud800.blend", "%3F.blend", "file:///job/"),
    ],
)
def test_the_scene_is_named_by_a_uri(scene: str, uri: str | None, folder: str | None, mixed: Report) -> None:
    run = read(render_sarif(replace(mixed, scene=scene)))
    found = [unquote(one["location"]["uri"]) for one in run["artifacts"]]
    assert found == ([unquote(uri)] if uri is not None else []) or scene.startswith("/job/\ud800")
    assert run.get("originalUriBaseIds", {}).get("SCENE_FOLDER", {}).get("uri") == folder


def test_an_empty_scene_is_a_run_without_results(studio: Studio) -> None:
    run = read(render_sarif(studio.report()))
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])
    assert run["properties"]["cleared"] is True


def test_hostile_text(nasty: Report) -> None:
    text = render_sarif(nasty)
    read(text)
    assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069\ud800]", text)


def test_more_than_a_code_host_takes_is_counted(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    undeclared = tuple(f"MATERIAL/{number}" for number in range(MAX_RESULTS + 10))
    run = read(render_sarif(replace(studio.report(), undeclared=undeclared)))
    assert len(run["results"]) == MAX_RESULTS
    assert "more findings" in run["results"][-1]["message"]["text"]


def test_every_rule_is_described() -> None:
    assert set(RULE_NAMES) <= set(RULE_TEXTS)
    core = Path(__file__).parents[3] / "core"
    sources = [path for part in ("reports", "policy") for path in (core / part).rglob("*.py")]
    said = {
        rule
        for path in sources
        for rule in re.findall(r'rule="([a-z_]+\.[a-z_0-9]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(said) > 20
    assert said <= set(RULE_TEXTS), "a rule that a finding names has no text"
    names = [text.name for text in RULE_TEXTS.values()]
    assert len(set(names)) == len(names)
    assert describe_rule("studio.no-ai-made").name == "StudioNoAiMade"
    assert describe_rule("☃").name == "Rule"
