"""A studio's rules only make answers stricter, and a file that is wrong says where."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.licenses import LicenseCatalogue
from core.model.findings import Decision, Finding, Severity
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.license import LicenseTerms
from core.policy.engine import evaluate
from core.policy.facts import Facts
from core.policy.media import MEDIA
from core.policy.rules.registry import RULE_NAMES
from core.policy.studio import Effect, StudioPolicy, StudioRule
from core.policy.studio_file import parse_studio

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CATALOGUE = LicenseCatalogue.load()
ALL = CATALOGUE.all()
IDS = frozenset(terms.license_id for terms in ALL)
WEIGHT = {Decision.ALLOW: 0, Decision.NEEDS_REVIEW: 1, Decision.DENY: 2}
WEB = IntendedUse(media=("web",))
MakeFacts = Callable[..., Facts]

FILE = """
schema = 1
name = "Harbor Pictures"

[[rule]]
id = "no-editorial"
effect = "deny"
message = "We use no editorial content, whatever the production."
how_to_fix = "Ask the library for a cleared picture."
editorial = true
when_unknown = "pass"

[[rule]]
id = "no-ai-made"
effect = "deny"
message = "Nothing that generative AI made."
ai_generated = true

[[rule]]
id = "tv-in-china"
effect = "review"
message = "Legal looks at everything for China."
media = ["tv", "streaming"]
territory = ["CN"]

[[rule]]
id = "primary-only"
effect = "review"
message = "Only terms that were read in the licensor's own text."
findings = ["terms.confidence"]

[[rule]]
id = "no-files-of-cgtrader"
effect = "deny"
message = "No CGTrader file leaves the house."
marketplaces = ["cgtrader"]
licenses = ["cgtrader.royalty_free", "cgtrader.royalty_free_no_ai"]
outputs = ["file_share_internal", "file_share_contractor"]
exceptions = false
"""


def studio(text: str = FILE) -> StudioPolicy:
    return parse_studio(text, name="studio.toml", marketplaces=CATALOGUE.marketplaces, licenses=IDS)


def said(facts: Facts, policy: StudioPolicy) -> dict[str, Finding]:
    findings = evaluate(facts, studio=policy).findings
    return {finding.rule: finding for finding in findings if finding.rule.startswith("studio.")}


def test_a_file_is_read() -> None:
    policy = studio()
    assert [rule.id for rule in policy.rules] == [
        "no-editorial", "no-ai-made", "tv-in-china", "primary-only", "no-files-of-cgtrader",
    ]  # fmt: skip
    assert policy.name == "Harbor Pictures"
    assert len(policy.sha256) == 64
    first, *_, last = policy.rules
    assert (first.effect, first.editorial, first.pass_unknown, first.final) == (
        Effect.DENY,
        True,
        True,
        False,
    )
    assert (last.outputs, last.final, last.pass_unknown) == (
        {OutputKind.FILE_SHARE_INTERNAL, OutputKind.FILE_SHARE_CONTRACTOR},
        True,
        False,
    )
    assert parse_studio("schema = 1", name="x").rules == ()


def test_marks_hold_fail_or_are_not_known(make_facts: MakeFacts) -> None:
    policy = studio()
    plain = make_facts("cgtrader:general", WEB, ai_generated=False)
    assert not {"studio.no-editorial", "studio.no-ai-made"} & set(said(plain, policy))
    made = said(replace(plain, ai_generated=True), policy)["studio.no-ai-made"]
    assert (made.severity, made.message) == (Severity.ERROR, "Nothing that generative AI made.")
    assert (made.subject, made.terms_sha256) == ("grant_1", plain.terms_sha256)
    doubt = said(replace(plain, ai_generated=None), policy)["studio.no-ai-made"]
    assert doubt.severity is Severity.WARNING
    assert "is not known" in doubt.message
    marked = make_facts("cgtrader:general", replace(WEB, purpose=Purpose.EDITORIAL), editorial=True)
    assert said(marked, policy)["studio.no-editorial"].how_to_fix == "Ask the library for a cleared picture."
    unmarked = make_facts("cgtrader:custom", WEB, ai_generated=False)
    assert "studio.no-editorial" not in said(unmarked, policy)
    asking = replace(policy.rules[0], pass_unknown=False)
    heavy = said(unmarked, replace(policy, rules=(asking,)))["studio.no-editorial"]
    assert heavy.severity is Severity.WARNING


def test_media_and_territory_must_both_hold(make_facts: MakeFacts) -> None:
    policy = studio()

    def fires(media: tuple[str, ...], territory: tuple[str, ...]) -> bool:
        use = IntendedUse(media=media, territory=territory)
        return "studio.tv-in-china" in said(make_facts("cgtrader:general", use, ai_generated=False), policy)

    assert fires(("tv",), ("CN", "DE"))
    assert fires(("tv",), ())  # worldwide is China too
    assert fires((), ("CN",))  # nobody said that it is not for television
    assert not fires(("web",), ("CN",))
    assert not fires(("tv",), ("DE",))
    assert not fires((), ("DE",))


def test_a_rule_can_lean_on_what_was_found(make_facts: MakeFacts) -> None:
    policy = studio()
    secondhand = make_facts("shutterstock:standard", WEB, ai_generated=False)
    assert evaluate(secondhand).decision is Decision.ALLOW
    assert evaluate(secondhand, studio=policy).decision is Decision.NEEDS_REVIEW
    firsthand = make_facts("cgtrader:general", WEB, ai_generated=False)
    assert evaluate(firsthand, studio=policy).decision is Decision.ALLOW


def test_marketplace_license_and_output_must_all_hold(make_facts: MakeFacts) -> None:
    policy = studio()
    share = IntendedUse(outputs=frozenset({OutputKind.FILE_SHARE_INTERNAL}), media=("internal",))
    shared = said(make_facts("cgtrader:general", share), policy)["studio.no-files-of-cgtrader"]
    assert shared.final
    assert "Harbor Pictures" in shared.how_to_fix
    assert "studio.no-files-of-cgtrader" not in said(make_facts("cgtrader:custom", share), policy)
    assert "studio.no-files-of-cgtrader" not in said(make_facts("unity:Single Entity", share), policy)
    assert "studio.no-files-of-cgtrader" not in said(make_facts("cgtrader:general", WEB), policy)


def test_clients_and_purpose(make_facts: MakeFacts) -> None:
    text = """
schema = 1
[[rule]]
id = "rival"
effect = "deny"
message = "Not for them."
clients = ["ACME"]
purpose = "commercial"
"""
    policy = studio(text)
    for use, severity in [
        (replace(WEB, client="ACME"), Severity.ERROR),
        (replace(WEB, client="Else", clients=("ACME",)), Severity.ERROR),
        (replace(WEB, client="Else"), None),
        (WEB, Severity.WARNING),
        (replace(WEB, client="ACME", purpose=Purpose.EDITORIAL), None),
    ]:
        found = said(make_facts("cgtrader:general", use), policy).get("studio.rival")
        assert (found.severity if found else None) is severity


GOOD = """schema = 1
[[rule]]
id = "one"
effect = "deny"
message = "No."
marketplaces = ["unity"]
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('effect = "deny"', 'effect = "allow"', 4, "only be stricter"),
        ('effect = "deny"', 'effect = "ignore"', 4, "only be stricter"),
        ('message = "No."', 'message = "No."\nunless = ["x"]', 6, "only be stricter"),
        ('message = "No."', 'message = "No."\nseverity = "hint"', 6, "only be stricter"),
        ("schema = 1", 'schema = 1\nallow = ["cgtrader"]', 2, "only be stricter"),
        ("schema = 1", 'schema = 1\n[override]\n"use.seats" = "hint"', 2, "only be stricter"),
    ],
)
def test_a_rule_that_would_loosen_is_an_error_that_says_so(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserInputError) as caught:
        studio(GOOD.replace(old, new, 1))
    assert caught.value.code == "studio.loosens"
    assert caught.value.message.startswith(f"studio.toml:{line}: ")
    assert said in caught.value.message


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("schema = 1", "schema = 2", 1, "schema = 1"),
        ("schema = 1", "schema = true", 1, "schema = 1"),
        ("schema = 1\n", "", 0, "schema = 1"),
        ("schema = 1", "schema = = 1", 1, "not TOML"),
        ("schema = 1", "schema = 1\nname = 3", 2, "text"),
        ("schema = 1", "schema = 1\nrulez = 3", 2, "did you mean 'rule'?"),
        ("[[rule]]", "[rule]", 2, "[[rule]]"),
        ('id = "one"', 'id = "One!"', 3, "is no id"),
        ('id = "one"\n', "", 2, "field required"),
        ('effect = "deny"', 'effect = "forbid"', 4, "'forbid' is not known here"),
        ('effect = "deny"', 'effect = "rewiew"', 4, "did you mean 'review'?"),
        ('message = "No."', 'message = ""', 5, "message"),
        ('message = "No."', 'message = " "', 5, "message"),
        ('marketplaces = ["unity"]', 'marketplaces = ["unitty"]', 6, "did you mean 'unity'?"),
        ('marketplaces = ["unity"]', 'marketplaces = "unity"', 6, "list"),
        ('marketplaces = ["unity"]', "marketplaces = []", 6, "marketplaces"),
        ('marketplaces = ["unity"]', "", 2, "has no condition"),
        ('marketplaces = ["unity"]', 'marketplace = ["unity"]', 6, "did you mean 'marketplaces'?"),
        ('marketplaces = ["unity"]', 'licenses = ["unity"]', 6, "is no license id"),
        ('marketplaces = ["unity"]', 'licenses = ["unity.singel_entity"]', 6, "did you mean"),
        ('marketplaces = ["unity"]', 'outputs = ["rendr"]', 6, "did you mean 'render'?"),
        ('marketplaces = ["unity"]', 'purpose = "comercial"', 6, "did you mean 'commercial'?"),
        ('marketplaces = ["unity"]', 'media = ["cinemas"]', 6, "did you mean 'cinema'?"),
        ('marketplaces = ["unity"]', 'territory = ["Germany"]', 6, "country code"),
        ('marketplaces = ["unity"]', 'findings = ["use.seat"]', 6, "did you mean 'use.seats'?"),
        ('marketplaces = ["unity"]', 'editorial = "yes"', 6, "editorial"),
        ('marketplaces = ["unity"]', 'editorial = true\nwhen_unknown = "deny"', 7, "when_unknown"),
        ('marketplaces = ["unity"]', 'editorial = true\nexceptions = "no"', 7, "exceptions"),
    ],
)
def test_what_is_wrong_is_said_with_file_and_line(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    with pytest.raises(UserInputError) as caught:
        studio(GOOD.replace(old, new, 1))
    assert caught.value.code == "studio.invalid"
    assert caught.value.message.startswith(f"studio.toml:{line}: " if line else "studio.toml: ")
    assert said in caught.value.message


def test_two_rules_may_not_share_a_name() -> None:
    again = GOOD.partition("\n")[2]
    with pytest.raises(UserInputError, match=r"studio\.toml:8: id: there are two rules 'one'"):
        studio(GOOD + again)


def test_a_license_that_nobody_read_can_be_named() -> None:
    policy = studio(GOOD.replace('marketplaces = ["unity"]', 'licenses = ["unity.unknown"]'))
    unread = LicenseTerms.unknown(marketplace="unity", label="?", version=date(2026, 1, 1))
    assert "studio.one" in said(Facts(terms=unread, use=WEB, now=NOW), policy)


@given(st.text(max_size=300))
def test_any_text_gives_rules_or_an_error_that_helps(text: str) -> None:
    said = "x.toml"
    try:
        assert isinstance(parse_studio(text, name="x.toml"), StudioPolicy)
    except UserInputError as problem:
        said = problem.message
    assert said.startswith("x.toml")


def some(values: object) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(sorted(values)), max_size=2)  # type: ignore[call-overload]


rules = st.builds(
    StudioRule,
    id=st.sampled_from(["a", "b"]),
    effect=st.sampled_from(Effect),
    message=st.just("No."),
    marketplaces=some(CATALOGUE.marketplaces),
    licenses=some(IDS),
    outputs=st.frozensets(st.sampled_from(OutputKind), max_size=2),
    purpose=st.none() | st.sampled_from(Purpose),
    media=some(MEDIA),
    territory=some({"DE", "CN"}),
    clients=some({"A", "B"}),
    findings=some(RULE_NAMES),
    editorial=st.none() | st.booleans(),
    ai_generated=st.none() | st.booleans(),
    pass_unknown=st.booleans(),
)
uses = st.builds(
    IntendedUse,
    purpose=st.sampled_from(Purpose),
    outputs=st.frozensets(st.sampled_from(OutputKind), min_size=1),
    media=st.lists(st.sampled_from(sorted(MEDIA)), max_size=2).map(tuple),
    territory=st.sampled_from([(), ("DE",), ("CN", "DE")]),
    client=st.sampled_from(["", "A"]),
)


@given(st.sampled_from(ALL), uses, st.lists(rules, max_size=4).map(tuple), st.none() | st.booleans())
def test_a_studio_never_makes_an_answer_better(
    terms: LicenseTerms, use: IntendedUse, house: tuple[StudioRule, ...], ai_generated: bool | None
) -> None:
    facts = Facts(terms=terms, use=use, now=NOW, ai_generated=ai_generated, subject="g")
    plain = evaluate(facts)
    stricter = evaluate(facts, studio=StudioPolicy(rules=house))
    assert WEIGHT[stricter.decision] >= WEIGHT[plain.decision]
    assert set(plain.findings) <= set(stricter.findings)
    more = evaluate(facts, studio=StudioPolicy(rules=house[1:]))
    assert WEIGHT[stricter.decision] >= WEIGHT[more.decision]
