"""What people declare: what each origin and license allows; each rule is reached from both sides."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.declaration import Declaration, Origin
from core.model.findings import Decision, Severity, Verdict
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.license import Confidence, Permission, TermsSource
from core.model.resolution import Resolution, ResolutionKind
from core.policy.declared import DECLARED_LICENSES, declared_facts, declared_terms, make_credit
from core.policy.engine import evaluate, judge
from core.policy.free_licenses import deed_url, find_free_license, free_terms, name_free_license
from core.policy.presets import PRESETS
from core.policy.resolving import find_kinds
from core.policy.rules.registry import RULE_NAMES
from core.policy.studio import Effect, StudioPolicy, StudioRule

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
K = OutputKind
OWN, CLIENT, FREE, PUBLIC, OTHER = Origin
LETTER = "ab" * 32
PAGE = "https://museum.example/moss"
ALLOW, REVIEW, DENY = Decision.ALLOW, Decision.NEEDS_REVIEW, Decision.DENY


def declare(origin: Origin, **facts: Any) -> Declaration:
    values = {
        "id": "declaration_1", "title": "Moss", "declared_by": "mia", "reason": "Because.",
        "declared_at": NOW - timedelta(days=3), **facts,
    }  # fmt: skip
    return Declaration(origin=origin, **values)


def use(*outputs: OutputKind, **facts: Any) -> IntendedUse:
    return IntendedUse(outputs=frozenset(outputs or {K.RENDER}), **{"media": ("web",), **facts})


@dataclass(frozen=True)
class Case:
    """A declaration, a use, and what has to come out: the rules that warn or deny, and no others."""

    declared: Declaration
    asked: IntendedUse
    expect: Decision
    fires: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        outputs = "+".join(sorted(kind.value for kind in self.asked.outputs))
        return f"{self.declared.origin.value}-{self.declared.license}-{outputs}-{self.expect.value}"


def case(declared: Declaration, asked: IntendedUse, expect: Decision, *fires: str) -> Case:
    return Case(declared, asked, expect, frozenset(fires))


def free(license_: str, **facts: Any) -> Declaration:
    return declare(FREE, license=license_, author="A. Botanist", **{"source_url": PAGE, **facts})


def clients(**facts: Any) -> Declaration:
    return declare(CLIENT, **{"client": "ACME", "evidence_sha256": LETTER, **facts})


EVERYTHING = use(*K, protected=True)
FOR_ACME = use(K.RENDER, K.VIDEO, K.PRINT, client="acme ", print_run=5)
CASES = (
    # own work: cleared, whatever is planned
    case(declare(OWN), use(), ALLOW),
    case(declare(OWN), EVERYTHING, ALLOW),
    case(declare(OWN), use(K.PRINT, logo=True, merchandise=True, templates=True, sensitive=True), ALLOW),
    case(declare(OWN), use(ai_training=True, ai_metadata=True, transfer=True, client="ACME"), ALLOW),
    case(declare(OWN, withdrawn_at=NOW), use(), REVIEW, "declaration.withdrawn"),
    case(declare(OWN, withdrawn_at=NOW + timedelta(days=1)), use(), ALLOW),
    # the client's: for that client's work, with proof
    case(clients(), FOR_ACME, ALLOW),
    case(clients(client="Acme"), use(K.INTERACTIVE_PACKED, K.FILE_SHARE_CONTRACTOR, client="ACME"), ALLOW),
    case(clients(), use(), REVIEW, "declaration.client"),
    case(clients(), use(client="Rival"), REVIEW, "declaration.client"),
    case(clients(), use(client="ACME", clients=("Rival",)), REVIEW, "declaration.client"),
    case(clients(client=""), use(client="ACME"), REVIEW, "declaration.client"),
    case(clients(evidence_sha256=""), FOR_ACME, REVIEW, "declaration.evidence"),
    case(clients(), use(K.FILE_SHARE_PUBLIC, client="ACME"), REVIEW, "output.file_share_public"),
    case(clients(), use(K.INTERACTIVE_OPEN_FORMAT, client="ACME"), REVIEW, "output.interactive_open_format"),
    case(clients(), use(K.AI_INPUT, client="ACME"), REVIEW, "output.ai_input", "ai.training"),
    case(clients(), use(client="ACME", merchandise=True), REVIEW, "use.merchandise"),
    case(clients(), use(client="ACME", logo=True), REVIEW, "use.logo"),
    # CC0: everything, but trademarks and persons
    case(free("CC0-1.0"), EVERYTHING, ALLOW),
    case(free("cc0"), use(ai_training=True), ALLOW),
    case(free("CC0-1.0"), use(logo=True), REVIEW, "use.logo"),
    case(free("CC0-1.0"), use(sensitive=True), REVIEW, "use.sensitive"),
    case(free("CC0-1.0", source_url=""), use(), REVIEW, "declaration.evidence"),
    case(free("CC0-1.0", source_url="", evidence_sha256=LETTER), use(), ALLOW),
    # CC BY: a credit
    case(free("CC-BY-4.0"), use(K.RENDER, K.VIDEO, K.PRINT, K.FILE_SHARE_PUBLIC, K.PRINT_3D), ALLOW),
    case(free("cc by 4.0"), use(K.INTERACTIVE_OPEN_FORMAT, merchandise=True, templates=True), ALLOW),
    case(free("CC-BY-4.0"), use(K.INTERACTIVE_PACKED, protected=False), ALLOW),
    case(free("CC-BY-4.0"), use(K.INTERACTIVE_PACKED), REVIEW, "declaration.protection"),
    case(free("CC-BY-4.0"), use(K.INTERACTIVE_PACKED, protected=True), REVIEW, "declaration.protection"),
    case(free("CC-BY-4.0"), use(K.AI_INPUT), REVIEW, "output.ai_input", "ai.training"),
    case(free("CC-BY-3.0"), use(), ALLOW),
    # ShareAlike: what is made of it and closed
    case(free("CC-BY-SA-4.0"), use(), REVIEW, "output.render"),
    case(free("CC-BY-SA-4.0"), use(K.VIDEO), REVIEW, "output.video"),
    case(free("CC-BY-SA-4.0"), use(K.FILE_SHARE_PUBLIC, K.INTERACTIVE_OPEN_FORMAT), ALLOW),
    case(free("CC-BY-SA-4.0"), use(K.FILE_SHARE_INTERNAL, K.FILE_SHARE_CONTRACTOR), ALLOW),
    # NonCommercial: no commercial use; an editorial work is looked at
    case(free("CC-BY-NC-4.0"), use(), DENY, "use.commercial"),
    case(free("CC-BY-NC-4.0"), use(merchandise=True), DENY, "use.commercial", "use.merchandise"),
    case(
        free("CC-BY-NC-4.0"), use(purpose=Purpose.EDITORIAL), REVIEW, "declaration.noncommercial"
    ),
    case(free("CC-BY-4.0"), use(purpose=Purpose.EDITORIAL), ALLOW),
    # NoDerivatives: what is made of it must not go out
    case(free("CC-BY-ND-4.0"), use(), REVIEW, "output.render"),
    case(free("CC-BY-ND-4.0"), use(K.FILE_SHARE_PUBLIC), REVIEW, "output.file_share_public"),
    case(free("CC-BY-ND-4.0"), use(K.FILE_SHARE_INTERNAL), ALLOW),
    case(free("CC-BY-NC-SA-4.0"), use(), DENY, "use.commercial", "output.render"),
    case(free("CC-BY-NC-ND-2.0"), use(K.FILE_SHARE_INTERNAL), DENY, "use.commercial"),
    # what nobody knows
    case(free("My own license"), use(), REVIEW, "license.unknown"),
    case(free(""), use(), REVIEW, "license.unknown"),
    case(free("CC-BY-ND-SA-4.0"), use(), REVIEW, "license.unknown"),
    case(free("CC-BY-5.0"), use(), REVIEW, "license.unknown"),
    # the public domain
    case(declare(PUBLIC, source_url=PAGE), EVERYTHING, ALLOW),
    case(declare(PUBLIC), use(), REVIEW, "declaration.evidence"),
    case(declare(PUBLIC, source_url=PAGE), use(logo=True), REVIEW, "use.logo"),
    case(declare(PUBLIC, source_url=PAGE, license="CC0-1.0"), use(), ALLOW),
    case(declare(PUBLIC, source_url=PAGE, license="CC-BY-NC-4.0"), use(), DENY, "use.commercial"),
    # anything else is looked at
    case(declare(OTHER), use(), REVIEW, "license.unknown"),
    case(declare(OTHER, license="CC0-1.0", source_url=PAGE), use(), REVIEW, "license.unknown"),
)  # fmt: skip


@pytest.mark.parametrize("one", CASES, ids=str)
def test_what_is_declared_is_answered(one: Case) -> None:
    answer = evaluate(declared_facts(one.declared, one.asked, now=NOW))
    weighty = {finding.rule for finding in answer.findings if finding.severity is not Severity.HINT}
    assert (answer.decision, weighty) == (one.expect, set(one.fires))
    for finding in answer.findings:
        assert finding.message.endswith((".", "”")), finding
        assert finding.how_to_fix
        assert finding.subject == "declaration_1"
        if finding.severity is Severity.ERROR:
            assert finding.clause is not None
            assert finding.clause.url.startswith("https://creativecommons.org/")
    hints = {finding.rule for finding in answer.findings} - weighty
    assert "declaration.made" in hints
    assert "terms.typed_in" not in hints


@pytest.mark.parametrize("rule", [rule for rule in RULE_NAMES if rule.startswith("declaration.")])
def test_every_rule_about_declarations_is_reached_from_both_sides(rule: str) -> None:
    if rule == "declaration.made":
        plain = replace(declared_facts(declare(OWN), use(), now=NOW), declaration=None)
        assert rule not in {finding.rule for finding in evaluate(plain).findings}
        return
    assert any(rule in one.fires for one in CASES)
    assert any(rule not in one.fires and one.expect is ALLOW for one in CASES)
    assert find_kinds(rule)


def test_the_hint_says_who_declared_it_when_and_why() -> None:
    (made,) = [
        finding
        for finding in evaluate(declared_facts(declare(OWN), use(), now=NOW)).findings
        if finding.rule == "declaration.made"
    ]
    assert made.message == "Declared as own work by mia on 2026-11-26: Because."


@pytest.mark.parametrize(
    ("license_", "credit", "line"),
    [
        (
            "CC-BY-4.0", "",
            f"“Moss” by A. Botanist, {PAGE}, CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)",
        ),
        ("CC-BY-4.0", "Moss © A. Botanist, CC BY", "Moss © A. Botanist, CC BY"),
        ("CC0-1.0", "", ""),
        ("Unknown thing", "", ""),
    ],
)  # fmt: skip
def test_a_credit_is_what_the_license_asks_for(license_: str, credit: str, line: str) -> None:
    declared = free(license_, credit=credit)
    assert make_credit(declared) == line
    asked = [
        finding.how_to_fix
        for finding in evaluate(declared_facts(declared, use(), now=NOW)).findings
        if finding.rule == "credit.required"
    ]
    assert asked == ([f"Put this line into the credits: {line}"] if line else [])


def test_a_title_is_no_template() -> None:
    declared = free("CC-BY-4.0", title="{author} {listing_id}")
    (asked,) = [
        finding
        for finding in evaluate(declared_facts(declared, use(), now=NOW)).findings
        if finding.rule == "credit.required"
    ]
    assert "“{author} {listing_id}” by A. Botanist" in asked.how_to_fix


def test_a_withdrawn_declaration_declares_nothing() -> None:
    gone = declared_facts(declare(OWN, withdrawn_at=NOW), use(), now=NOW)
    assert judge(gone)[0] is Verdict.UNDECLARED
    denied = declared_facts(free("CC-BY-NC-4.0", withdrawn_at=NOW), use(), now=NOW)
    assert judge(denied)[0] is Verdict.NOT_CLEARED
    own = Resolution(
        id="1", kind=ResolutionKind.OWN_WORK, rule="declaration.withdrawn", subject="declaration_1",
        reason="Mine after all.", author="ann", decided_at=NOW,
    )  # fmt: skip
    assert judge(gone, resolutions=[own])[0] is Verdict.CLEARED


@pytest.mark.parametrize(
    ("name", "spdx_id"),
    [
        ("CC0-1.0", "CC0-1.0"), ("cc0", "CC0-1.0"), ("CC-0", "CC0-1.0"), ("CC0 1.0 Universal", "CC0-1.0"),
        ("CC BY-NC-SA 4.0", "CC-BY-NC-SA-4.0"), ("cc_by_nd_3.0", "CC-BY-ND-3.0"),
        (" CC-BY-2.5 ", "CC-BY-2.5"),
        ("CC-BY", ""), ("CC BY 4", ""), ("BY-4.0", ""), ("CC-BY-4.0-ish", ""), ("", ""), ("\x00", ""),
        ("GPL-3.0-or-later", ""), ("CC-BY-1.0", ""),
    ],
)  # fmt: skip
def test_licenses_are_known_by_their_spdx_ids(name: str, spdx_id: str) -> None:
    assert find_free_license(name) == spdx_id


@given(st.text(max_size=60))
def test_any_text_as_a_license_is_known_or_asked_about(text: str) -> None:
    declared = free(text)
    terms = declared_terms(declared)
    assert terms.known is bool(find_free_license(text))
    if not terms.known:
        assert evaluate(declared_facts(declared, use(), now=NOW)).decision is not ALLOW


@pytest.mark.parametrize("preset", sorted(PRESETS))
@pytest.mark.parametrize("origin", Origin)
def test_every_preset_is_answered_for_every_origin(origin: Origin, preset: str) -> None:
    answer = evaluate(declared_facts(declare(origin), PRESETS[preset], now=NOW))
    assert (answer.decision is ALLOW) is (origin is OWN)


def test_what_was_read_and_what_was_not_is_marked() -> None:
    for spdx_id, confidence in (
        ("CC0-1.0", Confidence.PRIMARY), ("CC-BY-SA-4.0", Confidence.PRIMARY),
        ("CC-BY-SA-3.0", Confidence.UNCONFIRMED),
    ):  # fmt: skip
        terms = free_terms("declared.free_license", spdx_id, version=date(2026, 11, 29))
        assert {clause.confidence for clause in terms.clauses} == {confidence}
        assert {clause.url for clause in terms.clauses} == {deed_url(spdx_id)} == {terms.terms_url}
    old = evaluate(declared_facts(free("CC-BY-SA-3.0"), use(), now=NOW))
    assert "terms.confidence" in {finding.rule for finding in old.findings}
    assert deed_url("CC-BY-NC-SA-3.0") == "https://creativecommons.org/licenses/by-nc-sa/3.0/"
    assert name_free_license("CC-BY-NC-SA-3.0") == "CC BY-NC-SA 3.0"


def test_terms_of_declared_content_are_marked_as_such() -> None:
    for origin in Origin:
        terms = declared_terms(declare(origin, license="CC-BY-4.0"))
        assert terms.marketplace == "declared"
        assert terms.license_id in DECLARED_LICENSES
        assert terms.source is TermsSource.USER
        assert terms.version == date(2026, 11, 26)
    assert set(declared_terms(declare(OWN)).outputs.values()) == {Permission.ALLOWED}


def test_a_studio_s_rules_hold_for_declared_content_too() -> None:
    house = StudioPolicy(
        rules=(
            StudioRule(
                id="no-free", effect=Effect.DENY, message="Nothing free.",
                licenses=frozenset({"declared.free_license"}), clients=frozenset({"ACME"}),
            ),
        )
    )  # fmt: skip
    for declared, expect in ((free("CC0-1.0"), DENY), (declare(OWN), ALLOW)):
        facts = declared_facts(declared, use(client="ACME"), now=NOW)
        assert evaluate(facts, studio=house).decision is expect


def test_a_stamp_that_claims_another_origin_is_found() -> None:
    facts = declared_facts(declare(OTHER), use(), now=NOW)
    claimed = replace(facts, stamped_license_id="declared.own_work")
    assert "stamp.disagrees" in {finding.rule for finding in evaluate(claimed).findings}
    same = replace(facts, stamped_license_id="declared.other")
    assert "stamp.disagrees" not in {finding.rule for finding in evaluate(same).findings}
