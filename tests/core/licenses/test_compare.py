"""Two readings are compared fact by fact, and what is allowed less is said to be less."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licenses import LicenseCatalogue, canonical_text
from core.licenses.compare import FACTS, Direction, compare_terms, write_fact
from core.model.intended_use import OutputKind
from core.model.license import UNKNOWN, Cap, Edits, LicenseTerms, Permission
from core.model.money import Money

ALL = LicenseCatalogue.load().all()
BASE = next(terms for terms in ALL if terms.license_id == "shutterstock.standard")
USD = Money.parse(10_000, "USD")
CENT, EUR = replace(USD, minor=1), replace(USD, currency="EUR")


def test_every_field_is_compared() -> None:
    names = {field.name for field in dataclasses.fields(LicenseTerms)}
    apart = {"license_id", "marketplace", "version", "outputs", "clauses", "source", "marketplace_name"}
    assert names - apart == {fact for fact in FACTS if not fact.startswith("output.")}
    assert {fact for fact in FACTS if fact.startswith("output.")} == {
        f"output.{kind.value}" for kind in OutputKind
    }


@pytest.mark.parametrize(
    ("fact", "before", "after", "told", "direction"),
    [
        ("commercial", Permission.ALLOWED, Permission.DENIED, ("allowed", "denied"), Direction.NARROWER),
        ("commercial", Permission.DENIED, Permission.CONDITIONAL, ("denied", "conditional"), Direction.WIDER),
        ("commercial", Permission.ALLOWED, Permission.UNKNOWN, ("allowed", "not known"), Direction.OTHER),
        ("editorial_only", False, True, ("no", "yes"), Direction.NARROWER),
        ("worldwide", False, True, ("no", "yes"), Direction.WIDER),
        ("perpetual", True, False, ("yes", "no"), Direction.NARROWER),
        ("extraction_protection", True, False, ("yes", "no"), Direction.WIDER),
        ("print_run", Cap(limit=None), Cap(limit=9), ("unlimited", "9"), Direction.NARROWER),
        ("print_run", Cap(limit=9), Cap(limit=1000), ("9", "1,000"), Direction.WIDER),
        ("print_run", Cap(limit=9), Cap(limit=None), ("9", "unlimited"), Direction.WIDER),
        ("print_run", UNKNOWN, Cap(limit=9), ("not known", "9"), Direction.OTHER),
        ("production_budget_max", None, USD, ("unlimited", "10,000.00 USD"), Direction.NARROWER),
        ("production_budget_max", USD, None, ("10,000.00 USD", "unlimited"), Direction.WIDER),
        ("production_budget_max", USD, CENT, ("10,000.00 USD", "0.01 USD"), Direction.NARROWER),
        ("production_budget_max", USD, EUR, ("10,000.00 USD", "10,000.00 EUR"), Direction.OTHER),
        ("credit_template", None, "{author}", ("none", "{author}"), Direction.OTHER),
        ("engines", (), ("unity",), ("any", "unity"), Direction.OTHER),
        ("territory", UNKNOWN, ("DE", "AT"), ("not known", "DE, AT"), Direction.OTHER),
        ("editorial_edits", UNKNOWN, Edits.TECHNICAL_ONLY, ("not known", "technical only"), Direction.OTHER),
        ("label", "A", "B", ("A", "B"), Direction.OTHER),
    ],
)  # fmt: skip
def test_a_change_is_told_with_its_direction(
    fact: str, before: object, after: object, told: tuple[str, str], direction: Direction
) -> None:
    old, new = replace(BASE, **{fact: before}), replace(BASE, **{fact: after})  # type: ignore[arg-type]
    (change,) = compare_terms(old, new)
    assert (change.fact, (change.before, change.after), change.direction) == (fact, told, direction)


def test_an_output_is_a_fact_of_its_own() -> None:
    narrower = replace(BASE, outputs={**BASE.outputs, OutputKind.RENDER: Permission.DENIED})
    (change,) = compare_terms(BASE, narrower)
    assert (change.fact, change.direction) == ("output.render", Direction.NARROWER)
    assert change.clause is not None
    silent = replace(BASE, outputs={})
    assert {change.after for change in compare_terms(BASE, silent)} == {"not known"}


def test_other_words_about_the_same_fact_are_told() -> None:
    first, *others = BASE.clauses
    (change,) = compare_terms(BASE, replace(BASE, clauses=(replace(first, summary="Otherwise."), *others)))
    assert (change.fact, change.before, change.after) == (
        f"clause.{first.topic}",
        first.summary,
        "Otherwise.",
    )
    (gone,) = compare_terms(BASE, replace(BASE, clauses=tuple(others)))
    assert gone.after == "not there"
    moved = replace(BASE, clauses=(replace(first, read_on=date(2027, 1, 1)), *others))
    assert compare_terms(BASE, moved) == ()


def test_no_limit_and_no_credit_are_written_apart() -> None:
    assert write_fact("production_budget_max", None) == "unlimited"
    assert write_fact("licensee_revenue_max", None) == "unlimited"
    assert write_fact("credit_template", None) == "none"


def test_spring_2026_at_cgtrader() -> None:
    plain, doubtful, _ = [terms for terms in ALL if terms.license_id == "cgtrader.royalty_free"]
    assert {change.fact for change in compare_terms(plain, doubtful)} == {
        "output.ai_input",
        "ai_training",
        "notes",
    }


@given(st.sampled_from(ALL), st.sampled_from(ALL))
def test_what_differs_is_found_and_the_same_is_not(one: LicenseTerms, other: LicenseTerms) -> None:
    assert compare_terms(one, one) == ()
    changes, back = compare_terms(one, other), compare_terms(other, one)
    assert [change.fact for change in changes] == [change.fact for change in back]
    turned = {
        Direction.NARROWER: Direction.WIDER,
        Direction.WIDER: Direction.NARROWER,
        Direction.OTHER: Direction.OTHER,
    }
    assert [turned[change.direction] for change in changes] == [change.direction for change in back]
    same = replace(other, license_id=one.license_id, version=one.version, marketplace=one.marketplace)
    if not changes:
        assert canonical_text(same).count("summary") == canonical_text(one).count("summary")
