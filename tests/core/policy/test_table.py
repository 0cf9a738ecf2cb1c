"""License × item's mark × intended use → answer and rules, over all seven marketplaces.

The cases are data (``cases/<marketplace>.toml``), each with the row of the terms that it was derived from.
``fires`` names every rule that warns or denies, no more and no fewer; ``hints`` must be there beside them;
``silent`` must not say anything at all.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from core.licenses import LicenseCatalogue, terms_sha256
from core.marketplaces import registry
from core.model.agreement import Agreement
from core.model.findings import Decision, Finding, Severity
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind
from core.model.license import Permission, TermsSource
from core.policy.engine import evaluate
from core.policy.facts import Facts
from core.policy.presets import PRESETS
from core.policy.rules.registry import RULE_NAMES
from core.policy.use_file import parse_use

FOLDER = Path(__file__).parent / "cases"
CATALOGUE = LicenseCatalogue.load()
DECISIONS = {"allow": Decision.ALLOW, "review": Decision.NEEDS_REVIEW, "deny": Decision.DENY}
TODAY = date(2026, 11, 24)
KEYS = {
    "license", "editorial", "at", "state", "valid_until", "acquired_on", "held", "stamped", "typed_in",
    "seats_held", "seats_taken", "agreement", "other_projects", "other_clients", "must_use_by",
    "first_used_on",
    "use", "expect", "fires", "hints", "silent",
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """One row."""

    marketplace: str
    row: str
    values: dict[str, Any]

    def __str__(self) -> str:
        asked = ",".join(f"{key}={value}" for key, value in self.values["use"].items())
        return f"{self.marketplace}-{self.values['license']}-{asked}"


def read_cases() -> Iterator[Case]:
    """Read every file; what a group says holds for its cases."""
    for path in sorted(FOLDER.glob("*.toml")):
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        for group in data["group"]:
            shared = {key: group[key] for key in ("license", "editorial") if key in group}
            for values in group["cases"]:
                assert set(values) <= KEYS, values
                yield Case(data["marketplace"], group["row"], {**shared, **values})


CASES = tuple(read_cases())


def read_use(values: dict[str, Any]) -> IntendedUse:
    """Read the use through the use file's own reader; the web, if no media are named."""
    if values.get("outputs") == []:
        return IntendedUse(outputs=frozenset(), media=("web",))
    lines = []
    for key, value in {"media": ["web"], **values}.items():
        if key == "media" and "preset" in values and "media" not in values:
            continue
        lines.append(f"{key} = {str(value).lower() if isinstance(value, bool) else repr(value)}")
    return parse_use("\n".join(lines), name="case.toml")


def make_facts(case: Case) -> Facts:
    """Gather what the case says."""
    said = case.values
    mark = said.get("editorial")
    editorial = mark if isinstance(mark, bool) else None
    terms = CATALOGUE.resolve(
        case.marketplace, said["license"], editorial=editorial, at=said.get("at", TODAY)
    )
    if said.get("typed_in"):
        terms = replace(terms, source=TermsSource.USER)
    until = said.get("valid_until")
    return Facts(
        terms=terms,
        use=read_use(said["use"]),
        now=datetime(2026, 11, 24, 12, tzinfo=UTC),
        terms_sha256=terms_sha256(terms),
        editorial=editorial,
        subject="grant_1",
        grant_state=GrantState(said["state"]) if "state" in said else None,
        valid_until=datetime.combine(until, time(), UTC) if until else None,
        acquired_on=said.get("acquired_on"),
        held_license_id=said.get("held", ""),
        stamped_license_id=said.get("stamped", ""),
        seats_held=said.get("seats_held"),
        seats_taken=said.get("seats_taken"),
        agreement=make_agreement(said["agreement"]) if "agreement" in said else None,
        other_projects=frozenset(said.get("other_projects", ())),
        other_clients=frozenset(said.get("other_clients", ())),
        must_use_by=said.get("must_use_by"),
        first_used_on=said.get("first_used_on"),
    )


def make_agreement(name: str) -> Agreement:
    """Make an agreement that holds today."""
    return Agreement(
        id="agreement_1", marketplace="any", name=name, starts_on=date(2026, 1, 1), overrides="",
        noted_by="lea", noted_at=datetime(2026, 1, 1, tzinfo=UTC), document_sha256="ab" * 32,
    )  # fmt: skip


def name_weighty(findings: tuple[Finding, ...]) -> set[str]:
    """Name the rules that warn or deny."""
    return {finding.rule for finding in findings if finding.severity is not Severity.HINT}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_answer(case: Case) -> None:
    facts = make_facts(case)
    answer = evaluate(facts)
    expected = (DECISIONS[case.values["expect"]], set(case.values.get("fires", ())))
    assert (answer.decision, name_weighty(answer.findings)) == expected, case.row
    said = {finding.rule for finding in answer.findings}
    hints = said - name_weighty(answer.findings)
    assert set(case.values.get("hints", ())) <= hints
    assert not said & set(case.values.get("silent", ()))
    for finding in answer.findings:
        assert finding.message.endswith((".", "”"))
        assert finding.how_to_fix
        assert finding.subject == "grant_1"
        assert finding.terms_sha256 == facts.terms_sha256
        if finding.severity is Severity.ERROR and not finding.rule.startswith(("grant.", "stamp.")):
            of_the_item = finding.rule == "use.editorial_only" and facts.terms.editorial_only is not True
            by_date = finding.rule == "use.term" and facts.valid_until is not None
            by_seat = finding.rule == "use.seats" and facts.seats_held is not None
            assert of_the_item or by_date or by_seat or finding.clause is not None, finding


def test_the_table_is_large_enough_and_about_every_marketplace() -> None:
    assert len(CASES) >= 150
    assert len({case.marketplace for case in CASES} & set(registry.all_ids())) >= 7
    assert all(case.row.startswith("A.") for case in CASES)


def test_no_case_is_there_twice() -> None:
    seen = [(case.marketplace, repr(sorted(case.values.items(), key=str))) for case in CASES]
    assert len(seen) == len(set(seen))


# What people declare is no marketplace's license: test_declared.py has its own table.
OF_LICENSES = [rule for rule in RULE_NAMES if not rule.startswith("declaration.")]


@pytest.mark.parametrize("rule", OF_LICENSES)
def test_every_rule_is_reached_from_both_sides(rule: str) -> None:
    """Some case demands that the rule speaks, another that it is silent where its license is known."""
    assert any(rule in (*case.values.get("fires", ()), *case.values.get("hints", ())) for case in CASES)
    assert any(rule in case.values.get("silent", ()) for case in CASES)


def test_no_case_names_a_rule_that_is_none() -> None:
    for case in CASES:
        for key in ("fires", "hints", "silent"):
            assert set(case.values.get(key, ())) <= set(RULE_NAMES), case


def test_every_license_that_was_read_is_in_the_table() -> None:
    reached = {make_facts(case).terms.license_id for case in CASES}
    with_cases = {case.marketplace for case in CASES}
    for terms in CATALOGUE.all():
        if terms.marketplace in with_cases and any(
            permission is Permission.ALLOWED for permission in terms.outputs.values()
        ):
            alike = {
                "turbosquid.model_license",
                "adobe_stock.video",
            }  # one is sold in tiers, one is kept apart
            assert terms.license_id in reached | alike, terms.license_id


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_every_preset_is_answered_for_every_license(preset: str) -> None:
    """An answer, a reason for every answer that is not a yes, and never a yes for what was not read."""
    for terms in CATALOGUE.all():
        answer = evaluate(Facts(terms=terms, use=PRESETS[preset], now=datetime(2026, 11, 24, tzinfo=UTC)))
        assert bool(name_weighty(answer.findings)) == (answer.decision is not Decision.ALLOW)
        unread = [kind for kind in PRESETS[preset].outputs if kind not in terms.outputs]
        assert not unread or answer.decision is not Decision.ALLOW


OPEN = (OutputKind.INTERACTIVE_OPEN_FORMAT, OutputKind.FILE_SHARE_PUBLIC)


@pytest.mark.parametrize("kind", OPEN)
@pytest.mark.parametrize("marketplace", ["cgtrader", "pond5", "turbosquid", "unity"])
def test_an_open_file_of_a_mesh_is_never_allowed_outside(marketplace: str, kind: OutputKind) -> None:
    """The single most valuable rule: a render may go out where the file may not."""
    use = IntendedUse(outputs=frozenset({kind}), media=("web",))
    for terms in CATALOGUE.all():
        if terms.marketplace != marketplace:
            continue
        decision = evaluate(Facts(terms=terms, use=use, now=datetime(2026, 11, 24, tzinfo=UTC))).decision
        read = any(permission is Permission.ALLOWED for permission in terms.outputs.values())
        assert decision is Decision.DENY if read else decision is not Decision.ALLOW
