"""Each rule from both sides, and what must hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.licenses import LicenseCatalogue
from core.model.findings import Decision, Severity, Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.license import UNKNOWN, Cap, Edits, LicenseTerms, Permission, TermsSource
from core.model.money import Money
from core.policy.engine import evaluate, judge
from core.policy.facts import Facts
from core.policy.rules.registry import RULE_NAMES, RULES
from core.policy.rules.times import add_months

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MakeFacts = Callable[..., Facts]
ALL = LicenseCatalogue.load().all()
WEIGHT = {Decision.ALLOW: 0, Decision.NEEDS_REVIEW: 1, Decision.DENY: 2}
WEB = IntendedUse(media=("web",))


def rules_of(facts: Facts) -> set[str]:
    return {finding.rule for finding in judge(facts)[1]}


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        (GrantState.REFUNDED, "grant.refunded"),
        (GrantState.REVOKED, "grant.revoked"),
        (GrantState.EXPIRED, "grant.expired"),
    ],
)
def test_a_right_that_ended_is_not_cleared(state: GrantState, rule: str, make_facts: MakeFacts) -> None:
    verdict, findings = judge(make_facts("shutterstock:standard", WEB, grant_state=state))
    assert verdict is Verdict.NOT_CLEARED
    assert [finding.rule for finding in findings if finding.severity is Severity.ERROR] == [rule]
    assert rule not in rules_of(make_facts("shutterstock:standard", WEB, grant_state=GrantState.ACTIVE))


def test_expiry_by_date(make_facts: MakeFacts) -> None:
    def at(until: datetime) -> set[str]:
        return rules_of(
            make_facts("cgtrader:general", WEB, grant_state=GrantState.ACTIVE, valid_until=until)
        ) & {"grant.expired", "grant.expiring"}

    assert at(NOW - timedelta(seconds=1)) == {"grant.expired"}
    assert at(NOW) == {"grant.expired"}
    assert at(NOW + timedelta(seconds=1)) == {"grant.expiring"}
    assert at(NOW + timedelta(days=30)) == {"grant.expiring"}
    assert at(NOW + timedelta(days=31)) == set()


def test_a_stamp_that_claims_something_else_is_an_error(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", WEB, held_license_id="cgtrader.royalty_free_no_ai")
    good = replace(facts, stamped_license_id=facts.held_license_id, stamped_terms_sha256=facts.terms_sha256)
    assert judge(good)[0] is Verdict.CLEARED
    other_license = replace(good, stamped_license_id="cgtrader.royalty_free")
    other_terms = replace(good, stamped_terms_sha256="0" * 64)
    for bad in (other_license, other_terms):
        verdict, findings = judge(bad)
        assert verdict is Verdict.NOT_CLEARED
        assert findings[0].rule == "stamp.disagrees"


def test_the_credit_line_is_named_exactly(make_facts: MakeFacts) -> None:
    editorial = IntendedUse(purpose=Purpose.EDITORIAL, media=("web",))
    _, findings = judge(
        make_facts("shutterstock:editorial", editorial, author="Ola  {listing_id}\nBerg", listing_id="17")
    )
    (hint,) = [finding for finding in findings if finding.rule == "credit.required"]
    assert hint.severity is Severity.HINT
    assert hint.how_to_fix.endswith("Ola {listing_id} Berg/Shutterstock.com")
    kept = make_facts("shutterstock:editorial", editorial, credit="As agreed")
    assert "As agreed" in next(f.how_to_fix for f in judge(kept)[1] if f.rule == "credit.required")
    assert "credit.required" not in rules_of(make_facts("shutterstock:standard", WEB))
    assert "credit.required" in rules_of(make_facts("shutterstock:standard", editorial))
    assert "credit.unknown" in rules_of(make_facts("cgtrader:general", WEB))


def test_doubts_about_the_reading_are_hints(make_facts: MakeFacts) -> None:
    facts = make_facts("shutterstock:standard", WEB)
    secondary = next(f for f in judge(facts)[1] if f.rule == "terms.confidence")
    assert secondary.severity is Severity.HINT
    assert secondary.clause is not None
    assert evaluate(facts).decision is Decision.ALLOW
    assert "terms.confidence" not in rules_of(make_facts("cgtrader:general", WEB))
    film = IntendedUse(outputs=frozenset({OutputKind.VIDEO}), media=("cinema",))
    unconfirmed = next(
        f for f in judge(make_facts("cgtrader:general", film))[1] if f.rule == "terms.confidence"
    )
    assert "not confirmed" in unconfirmed.message


def test_a_purchase_before_the_oldest_reading_is_said(make_facts: MakeFacts) -> None:
    early = make_facts("cgtrader:general", WEB, at=date(2020, 1, 1), acquired_on=date(2020, 1, 1))
    assert "terms.read_after_purchase" in rules_of(early)
    late = make_facts("cgtrader:general", WEB, acquired_on=date(2026, 11, 20))
    assert "terms.read_after_purchase" not in rules_of(late)


def test_what_a_user_typed_in_is_marked(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", WEB)
    assert "terms.typed_in" not in rules_of(facts)
    typed = replace(facts, terms=replace(facts.terms, source=TermsSource.USER))
    assert "terms.typed_in" in rules_of(typed)


def test_a_note_is_shown_where_there_is_one(make_facts: MakeFacts) -> None:
    notes = {f.rule: f.message for f in judge(make_facts("shutterstock:standard", WEB))[1]}
    assert "platform licenses" in notes["license.note"]
    assert "license.note" not in rules_of(make_facts("cgtrader:general", WEB, at=date(2026, 3, 1)))


def test_territory_and_limits_that_no_shipped_license_has(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", IntendedUse(territory=("DE",), media=("web",)))
    assert "use.territory" not in rules_of(facts)
    for worldwide in (False, UNKNOWN):
        narrow = replace(facts, terms=replace(facts.terms, worldwide=worldwide))
        (finding,) = [f for f in judge(narrow)[1] if f.rule == "use.territory"]
        assert finding.severity is Severity.WARNING
        assert "DE" in finding.message
    many = replace(facts, use=replace(facts.use, seats=9), terms=replace(facts.terms, seats=Cap(limit=None)))
    assert "use.seats" not in rules_of(many)
    viewers = replace(facts.use, media=("tv",), audience=100)
    capped = replace(facts, use=viewers, terms=replace(facts.terms, audience=Cap(limit=99)))
    assert judge(capped)[0] is Verdict.NOT_CLEARED
    assert judge(replace(capped, terms=replace(facts.terms, audience=Cap(limit=100))))[0] is Verdict.CLEARED


def only(facts: Facts, rule: str) -> Severity | None:
    """Return how heavy a rule's finding is, or None when it says nothing."""
    return next((finding.severity for finding in judge(facts)[1] if finding.rule == rule), None)


def test_a_territory_that_is_named_is_held_to(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", WEB)
    named = replace(facts, terms=replace(facts.terms, worldwide=False, territory=("DE", "AT")))
    for wanted, severity in [
        (("DE",), None), (("AT", "DE"), None), (("DE", "CH"), Severity.ERROR), ((), Severity.ERROR),
    ]:  # fmt: skip
        asked = replace(named, use=replace(WEB, territory=wanted))
        assert only(asked, "use.territory") is severity
    swiss = replace(named, use=replace(WEB, territory=("DE", "CH")))
    assert "CH" in next(f.how_to_fix for f in judge(swiss)[1] if f.rule == "use.territory")


def test_revenue_and_sales_as_other_shops_limit_them(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", WEB)
    small = replace(facts.terms, licensee_revenue_max=Money.parse(100_000, "USD"), sales=Cap(limit=2000))
    for revenue, severity in [
        (None, Severity.WARNING),
        (Money.parse(100_000, "USD"), None),
        (Money.parse("100000.01", "USD"), Severity.ERROR),
        (Money.parse(5, "EUR"), Severity.WARNING),
    ]:
        asked = replace(facts, terms=small, use=replace(WEB, licensee_revenue=revenue))
        assert only(asked, "cap.licensee_revenue") is severity
    for sales, heavy in [(None, Severity.WARNING), (2000, None), (2001, Severity.ERROR)]:
        assert only(replace(facts, terms=small, use=replace(WEB, sales=sales)), "cap.sales") is heavy
    free = replace(facts.terms, licensee_revenue_max=None, sales=Cap(limit=None))
    rich = replace(WEB, sales=10**9, licensee_revenue=Money.parse(10**9, "USD"))
    assert not rules_of(replace(facts, terms=free, use=rich)) & {"cap.sales", "cap.licensee_revenue"}


def test_a_term_is_counted_in_months_to_the_end_of_the_license(make_facts: MakeFacts) -> None:
    until = datetime(2027, 2, 28, 23, tzinfo=UTC)

    def at(day: date, months: int) -> Severity | None:
        now = datetime(day.year, day.month, day.day, tzinfo=UTC)
        facts = make_facts("cgtrader:general", replace(WEB, term_months=months), valid_until=until)
        return only(replace(facts, now=now), "use.term")

    assert at(date(2026, 11, 28), 3) is None
    assert at(date(2026, 11, 30), 3) is None  # February has no 30th: its last day counts
    assert at(date(2026, 12, 1), 3) is Severity.ERROR
    assert at(date(2026, 11, 28), 1200) is Severity.ERROR
    assert add_months(date(9999, 12, 1), 5) == date.max


def test_protection_that_nobody_read_about_is_asked_for(make_facts: MakeFacts) -> None:
    game = IntendedUse(outputs=frozenset({OutputKind.INTERACTIVE_PACKED}), media=("game",))
    facts = make_facts("cgtrader:general", game)
    open_minded = replace(facts.terms, outputs={OutputKind.INTERACTIVE_PACKED: Permission.ALLOWED})
    for known, severity in [(True, Severity.WARNING), (UNKNOWN, Severity.WARNING), (False, None)]:
        asked = replace(facts, terms=replace(open_minded, extraction_protection=known))
        assert only(asked, "use.extraction") is severity


def test_what_counts_as_altered_where_nobody_read_about_it(make_facts: MakeFacts) -> None:
    altering = IntendedUse(purpose=Purpose.EDITORIAL, media=("web",), alters_content=True)
    marked = make_facts("shutterstock:editorial", altering, editorial=True)
    assert only(marked, "use.editorial_edits") is Severity.WARNING
    anything = replace(marked, terms=replace(marked.terms, editorial_edits=Edits.ANY))
    assert only(anything, "use.editorial_edits") is None
    assert only(make_facts("shutterstock:standard", altering), "use.editorial_edits") is None


def test_a_portion_is_only_asked_about_where_something_is_published(make_facts: MakeFacts) -> None:
    main = IntendedUse(media=("web",), main_content=True)
    assert only(make_facts("cgtrader:general", main), "use.substantial_portion") is Severity.WARNING
    inside = replace(main, outputs=frozenset({OutputKind.FILE_SHARE_INTERNAL}))
    assert only(make_facts("unity:Single Entity", inside), "use.substantial_portion") is None
    free = make_facts("cgtrader:general", main)
    assert (
        only(
            replace(free, terms=replace(free.terms, substantial_portion_limit=False)),
            "use.substantial_portion",
        )
        is None
    )


def test_rules_and_their_names_agree() -> None:
    assert len(RULE_NAMES) == len(set(RULE_NAMES))
    assert all(f"output.{kind.value}" in RULE_NAMES for kind in OutputKind)
    assert len(RULES) == len(RULE_NAMES) - 1  # one rule says credit.required or credit.unknown


uses = st.builds(
    IntendedUse,
    purpose=st.sampled_from(Purpose),
    outputs=st.frozensets(st.sampled_from(OutputKind), min_size=1),
    media=st.lists(st.sampled_from(["web", "tv", "outdoor", "book", "hologram"]), max_size=3).map(tuple),
    territory=st.sampled_from([(), ("DE",)]),
    print_run=st.none() | st.integers(0, 10**6),
    impressions=st.none() | st.integers(0, 10**6),
    audience=st.none() | st.integers(0, 10**6),
    production_budget=st.none()
    | st.builds(Money, minor=st.integers(0, 10**8), currency=st.sampled_from(["USD", "EUR"])),
    merchandise=st.booleans(),
    templates=st.booleans(),
    sensitive=st.booleans(),
    seats=st.integers(1, 20),
    term_months=st.none() | st.integers(1, 1200),
    client=st.sampled_from(["", "A"]),
    clients=st.sampled_from([(), ("B",), ("B", "C")]),
    projects=st.integers(1, 3),
    affiliates=st.booleans(),
    protected=st.none() | st.booleans(),
    main_content=st.none() | st.booleans(),
    engines=st.sampled_from([(), ("unity",), ("unreal", "unity")]),
    sales=st.none() | st.integers(0, 10**5),
    licensee_revenue=st.none()
    | st.builds(Money, minor=st.integers(0, 10**9), currency=st.sampled_from(["USD", "EUR"])),
    logo=st.booleans(),
    alters_content=st.none() | st.booleans(),
    transfer=st.booleans(),
    ai_training=st.none() | st.booleans(),
    ai_metadata=st.booleans(),
)
all_terms = st.sampled_from(ALL)
editorial_flags = st.sampled_from([None, True, False])


@given(all_terms, uses, editorial_flags, st.sampled_from(OutputKind))
def test_another_output_never_makes_the_answer_better(
    terms: LicenseTerms, use: IntendedUse, editorial: bool | None, more: OutputKind
) -> None:
    facts = Facts(terms=terms, use=use, now=NOW, editorial=editorial)
    wider = replace(facts, use=replace(use, outputs=use.outputs | {more}))
    assert WEIGHT[evaluate(wider).decision] >= WEIGHT[evaluate(facts).decision]


@given(uses, editorial_flags)
def test_an_unknown_license_is_never_allowed(use: IntendedUse, editorial: bool | None) -> None:
    terms = LicenseTerms.unknown(marketplace="shop", label="?", version=date(2026, 1, 1))
    assert evaluate(Facts(terms=terms, use=use, now=NOW, editorial=editorial)).decision is not Decision.ALLOW


@given(all_terms, uses, st.data())
def test_an_output_that_is_unknown_is_never_allowed(
    terms: LicenseTerms, use: IntendedUse, data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(sorted(use.outputs)))
    outputs = {key: value for key, value in terms.outputs.items() if key is not kind}
    unknown = Facts(terms=replace(terms, outputs=outputs), use=use, now=NOW)
    assert evaluate(unknown).decision is not Decision.ALLOW
    explicit = replace(terms, outputs={**terms.outputs, kind: Permission.UNKNOWN})
    assert evaluate(replace(unknown, terms=explicit)).decision is not Decision.ALLOW


FIELDS = ("commercial", "merchandise", "templates", "sensitive_use", "worldwide", "print_run", "audience",
          "impressions", "production_budget_max", "seats", "editorial_only", "ai_training", "perpetual",
          "clients", "projects", "transfer", "licensee_kind", "extraction_protection", "editorial_edits",
          "substantial_portion_limit", "engines", "logo_use", "ai_metadata")  # fmt: skip


@given(all_terms, uses, st.sampled_from(FIELDS))
def test_forgetting_a_fact_never_turns_doubt_into_yes(
    terms: LicenseTerms, use: IntendedUse, name: str
) -> None:
    facts = Facts(terms=terms, use=use, now=NOW)
    nothing = Permission.UNKNOWN if isinstance(getattr(terms, name), Permission) else UNKNOWN
    forgotten = replace(facts, terms=replace(terms, **{name: nothing}))
    if evaluate(forgotten).decision is Decision.ALLOW:
        assert evaluate(facts).decision is Decision.ALLOW


@given(all_terms, uses)
def test_the_engine_is_pure_and_sorted(terms: LicenseTerms, use: IntendedUse) -> None:
    facts = Facts(terms=terms, use=use, now=NOW)
    answer = evaluate(facts)
    assert answer == evaluate(facts)
    order = [list(Severity).index(finding.severity) for finding in answer.findings]
    assert order == sorted(order)
    assert {Verdict.CLEARED: 0, Verdict.NEEDS_REVIEW: 1, Verdict.NOT_CLEARED: 2}[judge(facts)[0]] == WEIGHT[
        answer.decision
    ]
