"""The answer for a whole scene: its obstacle, what it is still good for, and ways out that are true."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.licenses import LicenseCatalogue, terms_sha256
from core.model.findings import Finding, Severity, Verdict
from core.model.grant import GrantState
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.license import LicenseTerms, Permission
from core.model.resolution import Resolution, ResolutionKind
from core.policy.compound import WEIGHT, CompoundAnswer, Part, answer
from core.policy.engine import judge
from core.policy.facts import Facts
from core.policy.presets import PRESETS
from core.policy.studio import Effect, StudioPolicy, StudioRule
from core.policy.ways_out import Suggestion, WayOut, pick_alternatives, pick_cheapest, suggest

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CATALOGUE = LicenseCatalogue.load()
ALL = CATALOGUE.all()
ALTERNATIVES = pick_alternatives(ALL, now=NOW)
WEB = IntendedUse(media=("web",))
K = OutputKind


def part(label: str, *, subject: str = "", objects: int = 1, **other: object) -> Part:
    """Make a part of ``marketplace:label``."""
    marketplace, _, word = label.partition(":")
    editorial = other.pop("editorial", False)
    assert editorial is None or isinstance(editorial, bool)
    terms = CATALOGUE.resolve(marketplace, word, editorial=editorial, at=NOW.date())
    facts = Facts(
        terms=terms,
        use=WEB,
        now=NOW,
        terms_sha256=terms_sha256(terms),
        editorial=editorial,
        subject=subject or label,
        **{"grant_state": GrantState.ACTIVE, "acquired_on": date(2026, 11, 20), **other},  # type: ignore[arg-type]
    )
    return Part(subject=subject or label, title=f"The {word}", objects=objects, facts=facts)


def use(*outputs: OutputKind, **other: object) -> IntendedUse:
    return replace(WEB, outputs=frozenset(outputs or {K.RENDER}), **other)  # type: ignore[arg-type]


def ways(found: CompoundAnswer, subject: str, **other: object) -> list[Suggestion]:
    made = suggest(found, now=NOW, alternatives=ALTERNATIVES, **other)  # type: ignore[arg-type]
    return [suggestion for suggestion in made if suggestion.subject == subject]


def test_an_empty_scene_is_cleared_for_everything() -> None:
    found = answer([], WEB, now=NOW)
    assert (found.verdict, found.obstacles) == (Verdict.CLEARED, ())
    assert len(found.cleared_for) == len(OutputKind) * len(Purpose)
    assert suggest(found, now=NOW) == ()


def test_one_part_stands_in_the_way_of_all() -> None:
    chair, lamp = part("cgtrader:general", objects=3), part("cgtrader:editorial", subject="lamp", objects=2)
    found = answer([chair, lamp], WEB, now=NOW)
    assert found.verdict is Verdict.NOT_CLEARED
    assert [entry.part.subject for entry in found.obstacles] == ["lamp"]
    assert [entry.part.subject for entry in found.parts] == ["lamp", "cgtrader:general"]
    assert found.obstacles[0].findings[0].severity is Severity.ERROR
    assert all(finding.subject == "lamp" for finding in found.obstacles[0].findings)
    render = next(
        entry for entry in found.still_for if (entry.output, entry.purpose) == (K.RENDER, Purpose.EDITORIAL)
    )
    assert (render.verdict, render.obstacles) == (Verdict.NEEDS_REVIEW, ("lamp",))


def test_what_a_scene_is_still_good_for() -> None:
    found = answer(
        [part("cgtrader:general"), part("shutterstock:enhanced")], use(K.FILE_SHARE_PUBLIC), now=NOW
    )
    assert found.verdict is Verdict.NOT_CLEARED
    assert len(found.obstacles) == 2
    cleared = {(entry.output, entry.purpose) for entry in found.cleared_for}
    pictures = {K.RENDER, K.VIDEO, K.PRINT}
    assert cleared == {(kind, purpose) for kind in pictures for purpose in Purpose}


def test_undeclared_content_outweighs_a_doubt_and_not_a_denial() -> None:
    bare = Part(subject="MESH/Cube", title="Cube")
    assert answer([bare, part("cgtrader:custom")], WEB, now=NOW).verdict is Verdict.UNDECLARED
    assert answer([bare, part("cgtrader:editorial")], WEB, now=NOW).verdict is Verdict.NOT_CLEARED
    found = answer([bare], WEB, now=NOW)
    assert found.obstacles[0].findings[0].rule == "content.undeclared"
    assert [way.way for way in ways(found, "MESH/Cube")] == [WayOut.DECLARE, WayOut.HIDE, WayOut.REPLACE]
    own = Resolution(
        id="1", kind=ResolutionKind.OWN_WORK, rule="content.undeclared", subject="MESH/Cube", reason="Mine.",
        author="ann", decided_at=NOW,
    )  # fmt: skip
    declared = answer([bare], WEB, now=NOW, resolutions=[own])
    assert declared.verdict is Verdict.CLEARED
    assert declared.parts[0].findings[0].resolved_by is own


def test_what_was_found_beside_the_license_counts_for_every_use() -> None:
    lost = Finding(
        rule="stamp.lost", severity=Severity.ERROR, message="?", how_to_fix="?", subject="cgtrader:general"
    )
    found = answer([replace(part("cgtrader:general"), extra=(lost,))], WEB, now=NOW)
    assert found.verdict is Verdict.NOT_CLEARED
    assert found.cleared_for == ()
    assert [way.way for way in ways(found, "cgtrader:general")] == [WayOut.REPLACE]


def test_hide_is_cheap_while_only_pictures_go_out() -> None:
    lamp = part("cgtrader:editorial", subject="lamp", objects=2)
    first, *_ = ways(answer([lamp], WEB, now=NOW), "lamp")
    assert (first.way, first.leads_to) == (WayOut.HIDE, Verdict.CLEARED)
    assert first.text == "Hide “The editorial” (2 data-blocks) from every picture that goes out."
    packed = answer([lamp], use(K.RENDER, K.INTERACTIVE_PACKED), now=NOW)
    assert WayOut.HIDE not in {way.way for way in ways(packed, "lamp")}


def test_an_upgrade_is_found_by_trying_the_marketplace_s_licenses() -> None:
    photo = part("shutterstock:standard", subject="photo", objects=40)
    found = answer([photo], use(merchandise=True), now=NOW)
    made = ways(found, "photo")
    upgrade = next(way for way in made if way.way is WayOut.UPGRADE)
    assert (upgrade.license_id, upgrade.leads_to) == ("shutterstock.enhanced", Verdict.CLEARED)
    assert upgrade.text == "License “The standard” under Shutterstock's Enhanced License."
    assert "platform licenses" in upgrade.note
    assert made.index(upgrade) < [way.way for way in made].index(WayOut.REPLACE)
    few = ways(answer([replace(photo, objects=1)], use(merchandise=True), now=NOW), "photo")
    assert [way.way for way in few][:2] == [WayOut.HIDE, WayOut.REPLACE]


def test_what_was_refunded_can_be_licensed_once_more() -> None:
    gone = part("cgtrader:general", subject="gone", grant_state=GrantState.REFUNDED)
    made = ways(answer([gone], WEB, now=NOW), "gone")
    again = [way.text for way in made if way.license_id == "cgtrader.royalty_free_no_ai"]
    assert again == ["License “The general” once more under CGTrader's Royalty Free License, No AI."]
    assert WayOut.HIDE not in {way.way for way in made}


def test_no_license_makes_an_editorial_item_commercial() -> None:
    famous = part("adobe_stock:Standard", subject="famous", editorial=True)
    found = answer([famous], WEB, now=NOW)
    assert found.verdict is Verdict.NOT_CLEARED
    assert WayOut.UPGRADE not in {way.way for way in ways(found, "famous")}


def test_an_output_can_be_left_out() -> None:
    chair = part("cgtrader:general", subject="chair", objects=90)
    found = answer([chair], use(K.RENDER, K.INTERACTIVE_OPEN_FORMAT), now=NOW)
    first, *_ = ways(found, "chair")
    assert (first.way, first.outputs) == (WayOut.LEAVE_OUT_OUTPUT, {K.INTERACTIVE_OPEN_FORMAT})
    assert first.leads_to is Verdict.CLEARED
    two = answer([chair], use(K.RENDER, K.FILE_SHARE_PUBLIC, K.INTERACTIVE_OPEN_FORMAT), now=NOW)
    both = next(way for way in ways(two, "chair") if way.way is WayOut.LEAVE_OUT_OUTPUT)
    assert both.outputs == {K.INTERACTIVE_OPEN_FORMAT, K.FILE_SHARE_PUBLIC}


def test_a_doubt_is_best_looked_at() -> None:
    found = answer([part("cgtrader:custom", subject="own")], WEB, now=NOW)
    first, *_ = ways(found, "own")
    assert (first.way, first.effort) == (WayOut.CHECK, 1)
    assert "3 open questions" in first.text


def test_a_studio_s_last_word_leaves_only_replacing() -> None:
    rule = StudioRule(
        id="x", effect=Effect.REVIEW, message="No.", marketplaces=frozenset({"cgtrader"}), final=True
    )
    policy = StudioPolicy(rules=(rule,))
    found = answer([part("cgtrader:general", subject="c")], WEB, now=NOW, studio=policy)
    assert found.verdict is Verdict.NEEDS_REVIEW
    assert [way.way for way in ways(found, "c", studio=policy)] == [WayOut.REPLACE]


def test_the_plan_takes_the_cheapest_way_of_each_part() -> None:
    parts = [part("cgtrader:editorial", subject="a"), part("cgtrader:custom", subject="b")]
    found = answer([*parts, part("cgtrader:general")], WEB, now=NOW)
    plan = pick_cheapest(suggest(found, now=NOW, alternatives=ALTERNATIVES))
    assert [(step.subject, step.way) for step in plan] == [("a", WayOut.HIDE), ("b", WayOut.CHECK)]


def test_alternatives_are_today_s_versions_of_the_same_marketplace() -> None:
    plain = [
        terms
        for terms in ALTERNATIVES(part("cgtrader:general"))
        if terms.license_id == "cgtrader.royalty_free"
    ]
    assert [terms.version for terms in plain] == [date(2026, 5, 1)]
    assert {terms.marketplace for terms in ALTERNATIVES(part("unity:Single Entity"))} == {"unity"}
    assert ALTERNATIVES(Part(subject="x")) == ()
    early = pick_alternatives(ALL, now=datetime(2026, 3, 2, tzinfo=UTC))
    assert "cgtrader.royalty_free_no_ai" not in {
        terms.license_id for terms in early(part("cgtrader:general"))
    }


def test_a_huge_scene_asks_each_license_once() -> None:
    parts = [part("cgtrader:general", subject=f"g{number}") for number in range(5_000)]
    found = answer([*parts, part("cgtrader:editorial", subject="one")], WEB, now=NOW)
    assert [entry.part.subject for entry in found.obstacles] == ["one"]
    assert len(found.parts) == 5_001


marks = st.sampled_from([None, True, False])
subjects = st.sampled_from([f"g{number}" for number in range(4)])
days = st.sampled_from([None, date(2020, 1, 1), date(2026, 8, 1), date(2026, 11, 20)])


@st.composite
def parts_of(draw: st.DrawFn) -> Part:
    if draw(st.integers(0, 5)) == 0:
        return Part(subject=draw(subjects), objects=draw(st.integers(0, 99)))
    facts = Facts(
        terms=draw(st.sampled_from(ALL)),
        use=WEB,
        now=NOW,
        editorial=draw(marks),
        subject="overwritten",
        grant_state=draw(st.sampled_from([None, *GrantState])),
        valid_until=draw(st.sampled_from([None, NOW + timedelta(days=400)])),
        acquired_on=draw(days),
        author=draw(st.sampled_from(["", "Ola"])),
    )
    return Part(subject=draw(subjects), objects=draw(st.integers(0, 99)), facts=facts)


plans = st.sampled_from(
    [*PRESETS.values(), WEB, use(merchandise=True, templates=True), use(K.AI_INPUT), use(K.PRINT)]
)
scenes = st.lists(parts_of(), max_size=5)


@given(scenes, parts_of(), plans)
def test_a_part_more_never_makes_the_answer_better(scene: list[Part], more: Part, plan: IntendedUse) -> None:
    before, after = answer(scene, plan, now=NOW), answer([*scene, more], plan, now=NOW)
    assert WEIGHT[after.verdict] >= WEIGHT[before.verdict]
    for was, now in zip(before.still_for, after.still_for, strict=True):
        assert (was.output, was.purpose) == (now.output, now.purpose)
        assert WEIGHT[now.verdict] >= WEIGHT[was.verdict]


@given(scenes, plans)
def test_removing_the_obstacles_never_makes_it_worse(scene: list[Part], plan: IntendedUse) -> None:
    found = answer(scene, plan, now=NOW)
    against = [entry.part for entry in found.obstacles]
    left = answer([one for one in scene if all(one is not other for other in against)], plan, now=NOW)
    assert WEIGHT[left.verdict] <= WEIGHT[found.verdict]
    assert not against or WEIGHT[left.verdict] < WEIGHT[found.verdict]
    assert set(found.cleared_for) <= set(left.cleared_for)


EARLY = StudioPolicy(
    rules=(
        StudioRule(
            id="early",
            effect=Effect.REVIEW,
            message="Read the invoice.",
            findings=frozenset({"terms.read_after_purchase"}),
        ),
    )
)


@given(scenes, plans, st.sampled_from([StudioPolicy(), EARLY]))
def test_each_part_is_judged_as_if_it_was_alone(
    scene: list[Part], plan: IntendedUse, studio: StudioPolicy
) -> None:
    """What is shared between parts for speed changes nothing: the same findings, name by name."""
    found = answer(scene, plan, now=NOW, studio=studio)
    for entry in found.parts:
        if entry.part.facts is None:
            assert entry.verdict is Verdict.UNDECLARED
            continue
        alone = replace(entry.part.facts, use=plan, subject=entry.part.subject)
        assert (entry.verdict, entry.findings) == judge(alone, studio=studio)
    for still in found.still_for:
        narrow = replace(plan, outputs=frozenset({still.output}), purpose=still.purpose)
        against = {
            one.subject
            for one in scene
            if one.facts is None
            or judge(replace(one.facts, use=narrow), studio=studio)[0] is not Verdict.CLEARED
        }
        assert set(still.obstacles) == against


@settings(max_examples=60)
@given(scenes, plans)
def test_every_way_out_was_tried(scene: list[Part], plan: IntendedUse) -> None:
    found = answer(scene, plan, now=NOW)
    newest = {terms.license_id: terms for terms in ALL if terms.version <= NOW.date()}
    named: dict[str, list[Part]] = {}
    for one in scene:
        named.setdefault(one.subject, []).append(one)
    for way in suggest(found, now=NOW, alternatives=ALTERNATIVES):
        if len(named[way.subject]) > 1:
            continue
        (about,) = named[way.subject]
        before = next(entry for entry in found.parts if entry.part is about)
        assert way.way is WayOut.CHECK or WEIGHT[way.leads_to] < WEIGHT[before.verdict]
        if way.way is WayOut.LEAVE_OUT_OUTPUT:
            left = replace(plan, outputs=plan.outputs - way.outputs)
            assert left.outputs
            assert answer([about], left, now=NOW).verdict is way.leads_to
        elif way.way is WayOut.UPGRADE:
            assert about.facts is not None
            bought = Facts(
                terms=newest[way.license_id], use=plan, now=NOW, editorial=about.facts.editorial, subject="x"
            )
            assert judge(bought)[0] is way.leads_to
    worst = {entry.part.subject for entry in found.parts if entry.verdict is not Verdict.CLEARED}
    assert {way.subject for way in suggest(found, now=NOW)} == worst


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_a_scene_of_every_license_says_something_of_each(preset: str) -> None:
    scene = [
        Part(subject=f"{terms.license_id}@{terms.version}", facts=Facts(terms=terms, use=WEB, now=NOW))
        for terms in ALL
    ]
    found = answer(scene, PRESETS[preset], now=NOW)
    assert found.verdict is Verdict.NOT_CLEARED
    for entry in found.parts:
        assert (entry.verdict is Verdict.CLEARED) == (
            all(finding.severity is Severity.HINT for finding in entry.findings)
        )


def test_terms_that_look_alike_are_not_taken_for_one_another() -> None:
    """Parts share work by their terms' identity, so terms made on the fly must be told apart."""

    def made(permission: Permission) -> Part:
        base = CATALOGUE.resolve("cgtrader", "general", at=NOW.date())
        terms: LicenseTerms = replace(base, merchandise=permission)
        return Part(subject=permission.value, facts=Facts(terms=terms, use=WEB, now=NOW))

    found = answer([made(permission) for permission in Permission], use(merchandise=True), now=NOW)
    verdicts = {entry.part.subject: entry.verdict for entry in found.parts}
    assert verdicts == {
        "allowed": Verdict.CLEARED,
        "denied": Verdict.NOT_CLEARED,
        "conditional": Verdict.NEEDS_REVIEW,
        "unknown": Verdict.NEEDS_REVIEW,
    }
