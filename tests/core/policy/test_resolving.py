"""What a resolution answers, what it cannot, and when it counts no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.licenses import LicenseCatalogue
from core.model.findings import Decision, Finding, Severity, Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind
from core.model.license import LicenseTerms
from core.model.resolution import Resolution, ResolutionKind
from core.policy.engine import evaluate, judge
from core.policy.facts import Facts
from core.policy.resolution_file import (
    check_resolution,
    encode_resolution,
    encode_resolutions,
    parse_resolutions,
)
from core.policy.resolving import find_kinds, find_unused, resolve, say_why_not
from core.policy.rules.registry import RULE_NAMES
from core.policy.studio import Effect, StudioPolicy, StudioRule

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
K = ResolutionKind
WEB = IntendedUse(name="Spot", media=("web",))
LETTER = "a" * 64
MakeFacts = Callable[..., Facts]
WEIGHT = {Decision.ALLOW: 0, Decision.NEEDS_REVIEW: 1, Decision.DENY: 2}

CLEARED = Resolution(
    id="r1",
    kind=K.CLEARED_IN_WRITING,
    rule="use.merchandise",
    subject="grant_1",
    reason="The photographer agreed.",
    author="ann",
    decided_at=NOW - timedelta(days=1),
    evidence_sha256=LETTER,
)


def goods(make_facts: MakeFacts) -> Facts:
    """A use that exactly one rule stands against."""
    return make_facts("shutterstock:standard", replace(WEB, merchandise=True))


def test_a_resolved_finding_stays_and_decides_no_more(make_facts: MakeFacts) -> None:
    facts = goods(make_facts)
    assert evaluate(facts).decision is Decision.DENY
    answer = evaluate(facts, resolutions=[CLEARED])
    assert answer.decision is Decision.ALLOW
    assert judge(facts, resolutions=[CLEARED])[0] is Verdict.CLEARED
    *_, last = answer.findings
    assert (last.rule, last.severity, last.resolved_by) == ("use.merchandise", Severity.ERROR, CLEARED)
    assert not last.decides
    assert len(answer.findings) == len(evaluate(facts).findings)
    assert len({hash(finding) for finding in answer.findings}) == len(answer.findings)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ends_at": NOW}, "It ended on 2026-11-24."),
        ({"ends_at": NOW - timedelta(days=9), "decided_at": NOW - timedelta(days=20)}, "It ended"),
        ({"decided_at": NOW + timedelta(seconds=1)}, "still to come"),
        ({"evidence_sha256": ""}, "needs evidence"),
        ({"reason": " "}, "no reason or no author"),
        ({"author": ""}, "no reason or no author"),
        ({"project": "Another"}, "for the project “Another” only"),
        ({"terms_sha256": "b" * 64}, "another reading"),
        ({"kind": K.OWN_WORK}, "“own work” is no answer to use.merchandise"),
        ({"kind": K.REPLACED}, "until when"),
        ({"rule": "use.templates"}, "another finding"),
        ({"subject": "grant_2"}, "another finding"),
    ],
)
def test_what_counts_no_more_leaves_the_finding(
    change: dict[str, object], why: str, make_facts: MakeFacts
) -> None:
    facts = goods(make_facts)
    stale = replace(CLEARED, **change)  # type: ignore[arg-type]
    answer = evaluate(facts, resolutions=[stale])
    assert answer == evaluate(facts)
    about = next(finding for finding in answer.findings if finding.rule == "use.merchandise")
    assert why in say_why_not(stale, about, use=facts.use, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"ends_at": NOW + timedelta(seconds=1)},
        {"project": "Spot"},
        {"decided_at": NOW},
        {"kind": K.LICENSE_UPGRADED},
        {"kind": K.NOT_VISIBLE, "evidence_sha256": ""},
        {"kind": K.REPLACED, "evidence_sha256": "", "ends_at": NOW + timedelta(days=7)},
    ],
)
def test_what_counts(change: dict[str, object], make_facts: MakeFacts) -> None:
    facts = goods(make_facts)
    assert evaluate(facts, resolutions=[replace(CLEARED, **change)]).decision is Decision.ALLOW  # type: ignore[arg-type]
    same_terms = replace(CLEARED, terms_sha256=facts.terms_sha256)
    assert evaluate(facts, resolutions=[same_terms]).decision is Decision.ALLOW


def test_one_resolution_answers_one_rule_of_one_subject(make_facts: MakeFacts) -> None:
    facts = make_facts("shutterstock:standard", replace(WEB, merchandise=True, templates=True))
    answer = evaluate(facts, resolutions=[CLEARED])
    assert answer.decision is Decision.DENY
    assert [finding.rule for finding in answer.findings if not finding.decides] == ["use.merchandise"]


def test_what_cannot_be_seen_is_still_in_a_file_that_leaves(make_facts: MakeFacts) -> None:
    hidden = replace(CLEARED, kind=K.NOT_VISIBLE, evidence_sha256="")
    facts = goods(make_facts)
    assert evaluate(facts, resolutions=[hidden]).decision is Decision.ALLOW
    packed = replace(facts.use, outputs=facts.use.outputs | {OutputKind.INTERACTIVE_PACKED})
    about = next(f for f in evaluate(replace(facts, use=packed)).findings if f.rule == "use.merchandise")
    assert "still in the file" in say_why_not(hidden, about, use=packed, now=NOW)


def test_the_newest_that_counts_is_shown(make_facts: MakeFacts) -> None:
    newer = replace(CLEARED, id="r2", decided_at=NOW - timedelta(hours=1), reason="Asked again.")
    ended = replace(CLEARED, id="r3", decided_at=NOW - timedelta(minutes=1), ends_at=NOW)
    for order in ([CLEARED, newer, ended], [ended, newer, CLEARED]):
        answer = evaluate(goods(make_facts), resolutions=order)
        assert [finding.resolved_by for finding in answer.findings if not finding.decides] == [newer]


def test_what_resolves_nothing_is_listed_with_the_reason(make_facts: MakeFacts) -> None:
    facts = goods(make_facts)
    ended = replace(CLEARED, id="r9", ends_at=NOW)
    elsewhere = replace(CLEARED, id="r8", subject="grant_9")
    findings = evaluate(facts, resolutions=[CLEARED, ended, elsewhere]).findings
    (unused,) = find_unused(findings, [CLEARED, ended, elsewhere], use=facts.use, now=NOW)
    assert (unused.resolution, unused.why) == (ended, "It ended on 2026-11-24.")


@pytest.mark.parametrize(
    ("rule", "kinds"),
    [
        ("studio.no-editorial", {K.CLEARED_IN_WRITING, K.NOT_VISIBLE, K.REPLACED}),
        ("use.editorial_only", {K.CLEARED_IN_WRITING, K.NOT_VISIBLE, K.REPLACED}),
        ("use.no_output", set()),
        ("grant.refunded", set()),
        ("scene.undeclared", set()),
        ("grant.revoked", {K.CLEARED_IN_WRITING, K.REPLACED}),
        ("stamp.disagrees", {K.CLEARED_IN_WRITING, K.OWN_WORK, K.REPLACED}),
        ("mesh.unmarked_faces", {K.CLEARED_IN_WRITING, K.OWN_WORK, K.REPLACED}),
        ("content.undeclared", set(K)),
        ("grant.unknown", set(K)),
        ("cap.print_run", {K.CLEARED_IN_WRITING, K.LICENSE_UPGRADED, K.NOT_VISIBLE, K.REPLACED}),
    ],
)
def test_which_kinds_answer_which_rule(rule: str, kinds: set[ResolutionKind]) -> None:
    assert find_kinds(rule) == kinds


def test_what_was_bought_is_never_own_work() -> None:
    of_licenses = [rule for rule in RULE_NAMES if not rule.startswith(("stamp.", "declaration."))]
    assert all(K.OWN_WORK not in find_kinds(rule) for rule in of_licenses)


def house(*, final: bool) -> StudioPolicy:
    rule = StudioRule(id="house", effect=Effect.DENY, message="No.", marketplaces=frozenset({"cgtrader"}))
    return StudioPolicy(rules=(replace(rule, final=final),))


@pytest.mark.parametrize("kind", K)
def test_a_studio_s_denial_is_answered_by_some_kinds_only(
    kind: ResolutionKind, make_facts: MakeFacts
) -> None:
    facts = make_facts("cgtrader:general", WEB)
    asked = replace(CLEARED, kind=kind, rule="studio.house", ends_at=NOW + timedelta(days=1))
    answered = evaluate(facts, studio=house(final=False), resolutions=[asked]).decision is Decision.ALLOW
    assert answered == (kind in {K.CLEARED_IN_WRITING, K.NOT_VISIBLE, K.REPLACED})
    assert evaluate(facts, studio=house(final=True), resolutions=[asked]).decision is Decision.DENY


def test_a_refund_cannot_be_decided_away(make_facts: MakeFacts) -> None:
    facts = make_facts("cgtrader:general", WEB, grant_state=GrantState.REFUNDED)
    every = [
        replace(CLEARED, id=kind, kind=kind, rule="grant.refunded", ends_at=NOW + timedelta(days=1))
        for kind in K
    ]
    assert evaluate(facts, resolutions=every).decision is Decision.DENY


def test_a_finding_about_the_whole_scene_is_not_resolved_at_once() -> None:
    finding = Finding(rule="content.undeclared", severity=Severity.WARNING, message="?", how_to_fix="?")
    wholesale = replace(CLEARED, rule="content.undeclared", subject="")
    assert resolve([finding], [wholesale], use=WEB, now=NOW) == (finding,)


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(str.strip)
times = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
hashes = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@st.composite
def whole(draw: st.DrawFn) -> Resolution:
    """Make a resolution that could count."""
    rule = draw(st.sampled_from([name for name in RULE_NAMES if find_kinds(name)] + ["studio.x"]))
    decided_at = draw(times)
    return Resolution(
        id=draw(st.uuids().map(str)),
        kind=draw(st.sampled_from(sorted(find_kinds(rule)))),
        rule=rule,
        subject=draw(texts),
        reason=draw(texts),
        author=draw(texts),
        decided_at=decided_at,
        evidence_sha256=draw(hashes),
        ends_at=decided_at + draw(st.timedeltas(timedelta(seconds=1), timedelta(days=9999))),
        project=draw(st.just("") | texts),
        terms_sha256=draw(st.just("") | hashes),
    )


@given(st.lists(whole(), max_size=4, unique_by=lambda resolution: resolution.id))
def test_what_is_written_reads_back_the_same(resolutions: list[Resolution]) -> None:
    text = encode_resolutions(resolutions)
    assert parse_resolutions(text, name="x.toml") == tuple(resolutions)
    if resolutions:
        *before, last = resolutions
        assert encode_resolutions(before) + encode_resolution(last) == text


@given(st.lists(whole(), max_size=6), st.sampled_from(LicenseCatalogue.load().all()), st.booleans())
def test_resolving_only_ever_helps_and_hides_nothing(
    resolutions: list[Resolution], terms: LicenseTerms, merchandise: bool
) -> None:
    use = IntendedUse(media=("web",), merchandise=merchandise, outputs=frozenset({OutputKind.RENDER}))
    facts = Facts(terms=terms, use=use, now=NOW, subject="g")
    about = [replace(resolution, subject="g") for resolution in resolutions]
    plain, resolved = evaluate(facts), evaluate(facts, resolutions=about)
    assert WEIGHT[resolved.decision] <= WEIGHT[plain.decision]
    assert {replace(finding, resolved_by=None) for finding in resolved.findings} == set(plain.findings)


GOOD = encode_resolutions([replace(CLEARED, ends_at=NOW + timedelta(days=30))])


def test_days_are_read_as_whole_days() -> None:
    text = GOOD.replace("2026-11-23T12:00:00+00:00", "2026-11-23").replace(
        "2026-12-24T12:00:00+00:00", "2026-12-24"
    )
    (resolution,) = parse_resolutions(text, name="x")
    assert resolution.decided_at == datetime(2026, 11, 23, tzinfo=UTC)
    assert resolution.ends_at == datetime(2026, 12, 25, tzinfo=UTC)
    zoned = GOOD.replace("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00+02:00")
    assert parse_resolutions(zoned, name="x")[0].decided_at == datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("schema = 1", "schema = 9", 1, "schema"),
        ("schema = 1", "schema = = 1", 1, "not TOML"),
        ("schema = 1", "schema = 1\nmore = 2", 2, "no such key"),
        ("[[resolution]]", "[resolution]", 3, "[[resolution]]"),
        ('id = "r1"', 'idd = "r1"', 4, "no such key"),
        ('id = "r1"', "id = 1", 4, "as text"),
        ('author = "ann"', 'author = " "', 8, "missing"),
        ('author = "ann"\n', "", 3, "author: it is missing"),
        ('"cleared_in_writing"', '"forgiven"', 9, "'forgiven' is none of"),
        ('"cleared_in_writing"', '"own_work"', 9, "is no answer to use.merchandise"),
        (f'evidence_sha256 = "{LETTER}"\n', "", 9, "evidence"),
        (LETTER, "letter.pdf", 10, "SHA-256"),
        ("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00", 11, "with its zone"),
        ("2026-11-23T12:00:00+00:00", '"yesterday"', 11, "with its zone"),
        ("2026-12-24T12:00:00+00:00", "2026-11-01", 9, "end before"),
        ("2026-12-24T12:00:00+00:00", "9999-12-31", 12, "with its zone"),
        ('"use.merchandise"', '"grant.refunded"', 9, "nothing: change the scene"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserInputError) as caught:
        parse_resolutions(GOOD.replace(old, new, 1), name="resolutions.toml")
    assert caught.value.code == "resolutions.invalid"
    assert caught.value.message.startswith(f"resolutions.toml:{line}: ")
    assert said in caught.value.message


def test_two_resolutions_may_not_share_an_id() -> None:
    with pytest.raises(UserInputError, match="two resolutions 'r1'"):
        parse_resolutions(GOOD + GOOD.partition("\n")[2], name="x")


def test_a_resolution_without_a_subject_is_refused() -> None:
    with pytest.raises(UserInputError, match="no subject"):
        check_resolution(replace(CLEARED, subject=" "))


@given(st.text(max_size=200))
def test_any_text_gives_resolutions_or_an_error_that_helps(text: str) -> None:
    said = "x.toml"
    try:
        assert isinstance(parse_resolutions(text, name="x.toml"), tuple)
    except UserInputError as problem:
        said = problem.message
    assert said.startswith("x.toml")
