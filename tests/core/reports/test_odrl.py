"""ODRL 2.2: each policy is one that the model allows, and says no more than the terms do."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.licenses import LicenseCatalogue
from core.model.grant import GrantState
from core.model.intended_use import OutputKind
from core.model.license import UNKNOWN, Cap, LicenseTerms, Permission
from core.model.report import Report
from core.model.report_details import ReportDetails
from core.reports.odrl import make_policy, render_odrl
from core.reports.odrl_profile import (
    CONTEXT,
    OUTPUT_ACTIONS,
    PERMISSION_ACTIONS,
    PROFILE,
    TERMS,
    name,
    render_profile,
)

if TYPE_CHECKING:
    from conftest import Studio

PROFILE_FILE = Path(__file__).parents[3] / "docs" / "odrl-profile.jsonld"
# From the vocabulary's JSON-LD context; ``odrl:commercialize`` has no short word in it.
ODRL_ACTIONS = {"use", "attribute", "reviewPolicy", "odrl:commercialize"}
ODRL_OPERANDS = {
    "count",
    "dateTime",
    "elapsedTime",
    "delayPeriod",
    "event",
    "purpose",
    "recipient",
    "spatial",
}
OPERATORS = {"eq", "lt", "lteq", "gteq", "isAnyOf"}
OWN = {name(term) for term in TERMS}
URI = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def check(policy: dict[str, Any]) -> None:
    """Hold a policy to the information model: §2.1 policies, §2.5 constraints, §2.6 rules."""
    assert policy["@type"] in {"Agreement", "Set"}
    assert URI.fullmatch(policy["uid"])
    assert policy["profile"] == PROFILE
    assert policy["conflict"] == "prohibit"
    for party in ("assigner", "assignee"):
        assert URI.fullmatch(policy[party]["uid"]), "an agreement has exactly one of each"
    assert URI.fullmatch(policy["target"]["uid"])
    rules = [
        (kind, rule) for kind in ("permission", "prohibition", "obligation") for rule in policy.get(kind, ())
    ]
    assert rules, "a policy has at least one rule"
    for kind, rule in rules:
        assert rule["@type"] == {"permission": "Permission", "prohibition": "Prohibition"}.get(kind, "Duty")
        check_rule(rule)
        if kind != "permission":
            assert "duty" not in rule
        for key in ("target", "assigner", "assignee"):
            assert rule[key] == policy[key]["uid"]
    for term in policy.get("clr:unknownTerm", ()):
        assert term in OWN or term in {"odrl:spatial", "odrl:dateTime", "odrl:attribute"}
    for key in policy:
        assert not key.startswith("clr:") or key in OWN, key


def check_rule(rule: dict[str, Any]) -> None:
    assert rule["action"] in ODRL_ACTIONS | OWN
    for constraint in rule.get("constraint", ()):
        check_constraint(constraint)
    for duty in rule.get("duty", ()):
        assert duty["@type"] == "Duty"
        check_rule(duty)
    for key in rule:
        assert not key.startswith("clr:") or key in OWN, key


def check_constraint(constraint: dict[str, Any]) -> None:
    if constraint["@type"] == "LogicalConstraint":
        for operand in constraint["andSequence"]["@list"]:
            check_constraint(operand)
        return
    assert constraint["@type"] == "Constraint"
    assert constraint["leftOperand"] in ODRL_OPERANDS | OWN
    assert constraint["operator"] in OPERATORS
    right = constraint["rightOperand"]
    for value in right if isinstance(right, list) else [right]:
        if isinstance(value, dict):
            assert "@value" in value or value["@id"] in OWN
    unit = constraint.get("unit", {})
    assert unit.get("@id", next(iter(OWN))) in OWN


def read(text: str) -> list[dict[str, Any]]:
    """Parse and check all policies."""
    document = json.loads(text)
    assert document["@context"][0] == CONTEXT
    policies: list[dict[str, Any]] = document["@graph"]
    assert len({policy["uid"] for policy in policies}) == len(policies)
    for policy in policies:
        check(policy)
    return policies


def policy_of(terms: LicenseTerms, studio: Studio, **grant: Any) -> dict[str, Any]:
    """Return the policy of a grant under these terms."""
    held = replace(studio.buy("grant_a"), terms_sha256="ab" * 32, **grant)
    studio.add("MESH", "Chair", held)
    report = studio.report(grants={"grant_a": held}, terms={held.terms_sha256: terms})
    made = make_policy(
        report.grants[0], ReportDetails(grants={"grant_a": held}, terms={held.terms_sha256: terms})
    )
    check(made)
    return made


def actions(policy: dict[str, Any], kind: str) -> set[str]:
    """Return what is permitted or prohibited."""
    return {rule["action"] for rule in policy.get(kind, ())}


@pytest.mark.parametrize(
    "terms", LicenseCatalogue.load().all(), ids=lambda terms: f"{terms.license_id}@{terms.version}"
)
def test_every_license_says_what_its_terms_say(terms: LicenseTerms, studio: Studio) -> None:
    policy = policy_of(terms, studio)
    for permission, action in [
        *((terms.outputs.get(kind, Permission.UNKNOWN), name(term)) for kind, term in OUTPUT_ACTIONS.items()),
        *((getattr(terms, field), name(term)) for field, term in PERMISSION_ACTIONS.items()),
    ]:
        found = [rule for rule in policy.get("permission", ()) if rule["action"] == action]
        review = any(duty["action"] == "reviewPolicy" for rule in found for duty in rule.get("duty", ()))
        assert bool(found) is (permission in (Permission.ALLOWED, Permission.CONDITIONAL))
        assert review is (permission is Permission.CONDITIONAL)
        assert (action in actions(policy, "prohibition")) is (permission is Permission.DENIED)
        assert (action in policy.get("clr:unknownTerm", ())) is (permission is Permission.UNKNOWN)
    if terms.editorial_only is True:
        assert "odrl:commercialize" in actions(policy, "prohibition")
        purposes = [
            constraint["rightOperand"]
            for rule in policy.get("permission", ())
            for constraint in rule["constraint"]
            if constraint.get("leftOperand") == "purpose"
        ]
        assert len(purposes) == len(policy.get("permission", ()))
    if policy.get("clr:unknownTerm"):
        assert actions(policy, "obligation") == {"reviewPolicy"}
    for rule in (*policy.get("permission", ()), *policy.get("prohibition", ())):
        assert rule["clr:restsOn"]["dct:source"]["@id"].startswith("https://"), "no fact without its clause"


def test_limits_are_constraints(studio: Studio) -> None:
    terms = LicenseCatalogue.load().resolve("shutterstock", "standard", at=date(2026, 11, 24))
    terms = replace(
        terms, worldwide=False, territory=("DE", "AT"), must_use_days=Cap(limit=30), seats=Cap(limit=1),
        engines=("unity",), impressions=Cap(limit=None),
    )  # fmt: skip
    ends = datetime(2027, 1, 1, tzinfo=UTC)
    policy = policy_of(terms, studio, valid_until=ends)
    (prints,) = [rule for rule in policy["permission"] if rule["action"] == "clr:publishPrints"]
    by_operand: dict[str, Any] = {}
    for constraint in prints["constraint"]:
        unit = constraint.get("unit", {}).get("@id", "")
        by_operand[f"{constraint.get('leftOperand', 'sequence')}{unit}"] = constraint
    assert by_operand["countclr:printedCopy"]["rightOperand"]["@value"] == "500000"
    assert by_operand["countclr:seat"]["rightOperand"]["@value"] == "1"
    assert "countclr:impression" not in by_operand, "unlimited is no limit"
    assert by_operand["dateTime"]["rightOperand"]["@value"] == "2027-01-01T00:00:00Z"
    assert [one["@value"] for one in by_operand["spatial"]["rightOperand"]] == ["DE", "AT"]
    assert by_operand["clr:engine"]["rightOperand"] == ["unity"]
    assert by_operand["clr:productionBudget"]["unit"] == {"@value": "USD", "@type": "clr:iso4217"}
    first, second = by_operand["sequence"]["andSequence"]["@list"]
    assert (first["leftOperand"], second["rightOperand"]["@value"]) == ("event", "P30D")


def test_a_credit_is_a_duty(studio: Studio) -> None:
    for number, (label, editorial) in enumerate((("editorial", True), ("standard", False))):
        grant = studio.buy(f"g{number}", f"shutterstock:{label}", author="Ola", editorial=editorial)
        studio.add("IMAGE", label, replace(grant, credit="Ola/Shutterstock.com" if editorial else ""))
    by_id = {one["clr:grantId"]: one for one in read(render_odrl(studio.report(), studio.details()))}
    duties = {
        grant_id: [
            duty
            for rule in policy["permission"]
            for duty in rule.get("duty", ())
            if duty["action"] == "attribute"
        ]
        for grant_id, policy in by_id.items()
    }
    assert all("constraint" not in duty for duty in duties["g0"])
    assert {duty["clr:creditLine"] for duty in duties["g0"]} == {"Ola/Shutterstock.com"}
    assert duties["g1"][0]["constraint"][0]["rightOperand"] == {"@id": "clr:editorial"}
    assert duties["g1"][0]["clr:creditLine"] == "{author}/Shutterstock.com"


@pytest.mark.parametrize("state", [GrantState.REFUNDED, GrantState.REVOKED, GrantState.EXPIRED])
def test_a_right_that_ended_permits_nothing(state: GrantState, studio: Studio) -> None:
    terms = LicenseCatalogue.load().resolve("cgtrader", "general", at=date(2026, 11, 24))
    policy = policy_of(terms, studio, state=state)
    assert policy["clr:grantState"] == state.value
    assert "permission" not in policy
    assert actions(policy, "prohibition") == {"use"}


def test_unknown_is_named_and_never_permitted(studio: Studio) -> None:
    studio.add("IMAGE", "Oak", studio.buy("grant_a", "shutterstock:nobody knows"))
    studio.add("IMAGE", "Elm", studio.buy("grant_b"))
    report = studio.report()
    policies = {one["clr:grantId"]: one for one in read(render_odrl(report, studio.details(terms={})))}
    for policy in policies.values():
        assert policy["@type"] == "Set", "nothing was agreed to that is known here"
        assert "permission" not in policy
        assert set(policy["clr:unknownTerm"]) >= {name(term) for term in OUTPUT_ACTIONS.values()}


def test_what_only_a_stamp_says_is_no_agreement(studio: Studio) -> None:
    studio.add_mesh_object("Chair", studio.buy("grant_a"))
    (policy,) = read(render_odrl(studio.report(grants={}), studio.details(grants={})))
    assert (policy["@type"], policy["clr:grantState"]) == ("Set", "unproven")
    assert "permission" not in policy


def test_nobody_is_named_but_author_and_marketplace(mixed: Report, studio: Studio) -> None:
    text = render_odrl(mixed, studio.details())
    policies = read(text)
    assert "Studio" not in text and "order_1" not in text
    assert policies[1]["assigner"]["dct:title"] == "CGTrader"
    assert policies[1]["target"]["dct:identifier"] == "cgtrader:4711"
    assert text == render_odrl(mixed, studio.details()), "deterministic"


def test_hostile_text(nasty: Report, studio: Studio) -> None:
    text = render_odrl(nasty, studio.details())
    assert len(read(text)) == len(nasty.grants)
    text.encode("utf-8")


def test_declared_content_has_no_policy(mixed: Report) -> None:
    """Nobody granted a right to it in a purchase."""
    declared = replace(mixed.grants[1], grant_id="declaration_1", origin="own_work")
    assert read(render_odrl(replace(mixed, grants=(declared,)))) == []


def test_an_empty_scene_has_no_policies(studio: Studio) -> None:
    assert read(render_odrl(studio.report())) == []


def test_the_profile_file_is_fresh() -> None:
    assert PROFILE_FILE.read_text(encoding="utf-8") == render_profile(), (
        "stale: python -m core.reports.odrl_profile docs/odrl-profile.jsonld"
    )
    graph = json.loads(render_profile())["@graph"]
    assert len({entry["@id"] for entry in graph}) == len(graph)
    assert {entry["odrl:includedIn"]["@id"] for entry in graph if "odrl:includedIn" in entry} == {"odrl:use"}
    assert set(OUTPUT_ACTIONS) == set(OutputKind)
    assert all(hasattr(LicenseTerms, field) for field in PERMISSION_ACTIONS)
    assert UNKNOWN is not None
