"""License × intended use → answer, for two marketplaces; expectations from the terms as they were read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from core.model.findings import Decision, Severity
from core.model.intended_use import IntendedUse, OutputKind, Purpose
from core.model.money import Money
from core.policy.engine import evaluate
from core.policy.facts import Facts

ALLOW, REVIEW, DENY = Decision.ALLOW, Decision.NEEDS_REVIEW, Decision.DENY
K = OutputKind
RF, NO_AI, CG_EDITORIAL, CUSTOM = (
    "cgtrader:general",
    "cgtrader:general",
    "cgtrader:editorial",
    "cgtrader:custom",
)
STANDARD, ENHANCED, EDITORIAL = "shutterstock:standard", "shutterstock:enhanced", "shutterstock:editorial"
PREMIER, COMP, UNHEARD = "shutterstock:premier", "shutterstock:comp", "cgtrader:unheard of"
BEFORE_21A7, IN_BETWEEN = {"at": date(2026, 3, 1)}, {"at": date(2026, 4, 1)}


def use(*outputs: OutputKind, **other: Any) -> IntendedUse:
    """Make a use that goes on the web, if nothing else is said."""
    return IntendedUse(**{"outputs": frozenset(outputs or {K.RENDER}), "media": ("web",), **other})


def usd(amount: int) -> Money:
    return Money.parse(amount, "USD")


@dataclass(frozen=True)
class Case:
    license: str
    use: IntendedUse
    expected: Decision
    rules: tuple[str, ...] = ()
    """Rules with an error or a warning, exactly."""
    facts: dict[str, Any] = field(default_factory=dict)


NOT_COMMERCIAL = ("use.editorial_only", "use.commercial", "output.render", "use.territory")
EDIT: dict[str, Any] = {"purpose": Purpose.EDITORIAL}
CASES = [
    # CGTrader Royalty Free and its No AI variant: pictures yes, files no.
    Case(NO_AI, use(), ALLOW),
    Case(NO_AI, use(K.VIDEO), ALLOW),
    Case(NO_AI, use(K.PRINT, print_run=9_000_000), ALLOW),
    Case(NO_AI, use(K.PRINT), ALLOW),
    Case(NO_AI, use(K.VIDEO, media=("cinema", "tv"), production_budget=usd(50_000_000)), ALLOW),
    Case(NO_AI, use(K.VIDEO, media=("cinema",), production_budget=None), ALLOW),
    Case(NO_AI, use(media=("outdoor",), impressions=80_000_000), ALLOW),
    Case(NO_AI, use(**EDIT), ALLOW),
    Case(NO_AI, use(K.INTERACTIVE_PACKED), REVIEW, ("output.interactive_packed",)),
    Case(NO_AI, use(K.INTERACTIVE_OPEN_FORMAT), DENY, ("output.interactive_open_format",)),
    Case(NO_AI, use(K.FILE_SHARE_PUBLIC), DENY, ("output.file_share_public",)),
    Case(NO_AI, use(K.FILE_SHARE_CONTRACTOR), DENY, ("output.file_share_contractor",)),
    Case(NO_AI, use(K.FILE_SHARE_INTERNAL), REVIEW, ("output.file_share_internal",)),
    Case(NO_AI, use(K.PRINT_3D), REVIEW, ("output.print_3d",)),
    Case(NO_AI, use(K.RENDER, K.AI_INPUT), DENY, ("output.ai_input",)),
    Case(RF, use(K.RENDER, K.AI_INPUT), ALLOW, (), BEFORE_21A7),
    Case(RF, use(K.RENDER, K.AI_INPUT), REVIEW, ("output.ai_input", "ai.training"), IN_BETWEEN),
    Case(RF, use(), ALLOW, (), IN_BETWEEN),
    Case(RF, use(K.RENDER, K.FILE_SHARE_PUBLIC), DENY, ("output.file_share_public",), BEFORE_21A7),
    Case(NO_AI, use(merchandise=True), ALLOW),
    Case(NO_AI, use(templates=True), REVIEW, ("use.templates",)),
    Case(NO_AI, use(sensitive=True), REVIEW, ("use.sensitive",)),
    Case(NO_AI, use(seats=1), ALLOW),
    Case(NO_AI, use(seats=5), REVIEW, ("use.seats",)),
    Case(NO_AI, use(territory=("DE", "JP")), ALLOW),
    Case(NO_AI, use(), DENY, NOT_COMMERCIAL,
         {"editorial": True}),
    # CGTrader Editorial: never commercial, and a person judges the news value.
    Case(CG_EDITORIAL, use(), DENY, NOT_COMMERCIAL),
    Case(CG_EDITORIAL, use(**EDIT), REVIEW, ("output.render", "use.territory")),
    Case(CG_EDITORIAL, use(merchandise=True, **EDIT), DENY,
         ("use.merchandise", "output.render", "use.territory")),
    Case(CG_EDITORIAL, use(K.FILE_SHARE_PUBLIC, **EDIT), DENY, ("output.file_share_public", "use.territory")),
    Case(CG_EDITORIAL, use(K.AI_INPUT, **EDIT), REVIEW, ("output.ai_input", "ai.training", "use.territory")),
    # CGTrader Custom: per the seller's text.
    Case(CUSTOM, use(), REVIEW, NOT_COMMERCIAL),
    Case(CUSTOM, use(**EDIT), REVIEW, ("output.render", "use.territory")),
    Case("cgtrader:custom_no_ai", use(K.AI_INPUT, **EDIT), DENY, ("output.ai_input", "use.territory")),
    # Labels that nobody mapped.
    Case(UNHEARD, use(), REVIEW, ("license.unknown",)),
    Case(UNHEARD, use(*K, merchandise=True, seats=40), REVIEW, ("license.unknown",)),
    Case(UNHEARD, use(), DENY, ("use.editorial_only", "license.unknown"), {"editorial": True}),
    Case("shutterstock:shutterstock_license", use(), REVIEW, ("license.unknown",)),
    # Shutterstock Standard: the web without limit, caps on print, film and advertising.
    Case(STANDARD, use(), ALLOW),
    Case(STANDARD, use(media=()), ALLOW),
    Case(STANDARD, use(**EDIT), ALLOW),
    Case(STANDARD, use(K.PRINT, media=("book",), print_run=500_000), ALLOW),
    Case(STANDARD, use(K.PRINT, media=("book",), print_run=500_001), DENY, ("cap.print_run",)),
    Case(STANDARD, use(K.PRINT, media=("book",)), REVIEW, ("cap.print_run",)),
    Case(STANDARD, use(K.PRINT, media=(), print_run=100), REVIEW, ("cap.impressions",)),
    Case(STANDARD, use(media=("outdoor",), impressions=500_000), ALLOW),
    Case(STANDARD, use(media=("outdoor",), impressions=500_001), DENY, ("cap.impressions",)),
    Case(STANDARD, use(media=("outdoor",)), REVIEW, ("cap.impressions",)),
    Case(STANDARD, use(K.VIDEO, production_budget=usd(10_000)), ALLOW),
    Case(STANDARD, use(K.VIDEO, production_budget=usd(10_001)), DENY, ("cap.production_budget",)),
    Case(STANDARD, use(K.VIDEO), REVIEW, ("cap.production_budget",)),
    Case(STANDARD, use(K.VIDEO, production_budget=Money.parse(9_000, "EUR")), REVIEW,
         ("cap.production_budget",)),
    Case(STANDARD, use(production_budget=usd(900_000)), ALLOW),
    Case(STANDARD, use(media=(), production_budget=usd(900_000)), REVIEW, ("cap.production_budget",)),
    Case(STANDARD, use(K.VIDEO, media=("tv",), production_budget=usd(500)), REVIEW, ("cap.audience",)),
    Case(STANDARD, use(K.VIDEO, media=(), production_budget=usd(500)), REVIEW, ("cap.audience",)),
    Case(STANDARD, use(audience=5), REVIEW, ("cap.audience",)),
    Case(STANDARD, use(merchandise=True), DENY, ("use.merchandise",)),
    Case(STANDARD, use(templates=True), DENY, ("use.templates",)),
    Case(STANDARD, use(sensitive=True), DENY, ("use.sensitive",)),
    Case(STANDARD, use(seats=2), DENY, ("use.seats",)),
    Case(STANDARD, use(K.FILE_SHARE_PUBLIC), DENY, ("output.file_share_public",)),
    Case(STANDARD, use(K.FILE_SHARE_INTERNAL), REVIEW, ("output.file_share_internal",)),
    Case(STANDARD, use(K.FILE_SHARE_CONTRACTOR), REVIEW, ("output.file_share_contractor",)),
    Case(STANDARD, use(K.INTERACTIVE_PACKED), REVIEW, ("output.interactive_packed",)),
    Case(STANDARD, use(K.INTERACTIVE_OPEN_FORMAT), REVIEW, ("output.interactive_open_format",)),
    Case(STANDARD, use(K.PRINT_3D), REVIEW, ("output.print_3d",)),
    Case(STANDARD, use(K.AI_INPUT), REVIEW, ("output.ai_input", "ai.training")),
    Case(STANDARD, use(), DENY, NOT_COMMERCIAL,
         {"editorial": True}),
    # Shutterstock Enhanced: the same without the caps, and goods.
    Case(ENHANCED, use(), ALLOW),
    Case(ENHANCED, use(K.PRINT, print_run=5_000_000), ALLOW),
    Case(ENHANCED, use(K.VIDEO, media=("tv", "cinema"), production_budget=usd(9_000_000)), ALLOW),
    Case(ENHANCED, use(media=("outdoor",), impressions=5_000_000), ALLOW),
    Case(ENHANCED, use(merchandise=True), ALLOW),
    Case(ENHANCED, use(templates=True), REVIEW, ("use.templates",)),
    Case(ENHANCED, use(sensitive=True), DENY, ("use.sensitive",)),
    Case(ENHANCED, use(seats=3), DENY, ("use.seats",)),
    Case(ENHANCED, use(K.FILE_SHARE_PUBLIC), DENY, ("output.file_share_public",)),
    # Shutterstock Editorial: one use, one context, country by country.
    Case(EDITORIAL, use(), DENY, NOT_COMMERCIAL),
    Case(EDITORIAL, use(**EDIT), REVIEW, ("output.render", "use.territory")),
    Case(EDITORIAL, use(K.PRINT, media=("magazine",), print_run=600_000, **EDIT), DENY,
         ("cap.print_run", "output.print", "use.territory")),
    Case(EDITORIAL, use(merchandise=True, **EDIT), DENY,
         ("use.merchandise", "output.render", "use.territory")),
    # Plans whose terms were not read, and comps.
    Case(PREMIER, use(), REVIEW, NOT_COMMERCIAL),
    Case(PREMIER, use(), DENY, NOT_COMMERCIAL,
         {"editorial": True}),
    Case("shutterstock:multi_share", use(), REVIEW,
         NOT_COMMERCIAL),
    Case("shutterstock:premier_editorial_all_media", use(), DENY,
         NOT_COMMERCIAL),
    Case(COMP, use(**EDIT), DENY, ("output.render", "use.territory")),
    Case(COMP, use(K.FILE_SHARE_INTERNAL, **EDIT), REVIEW, ("output.file_share_internal", "use.territory")),
    # A question that names no output is no question.
    Case(STANDARD, IntendedUse(outputs=frozenset()), REVIEW, ("use.no_output",)),
]  # fmt: skip


def test_the_table_is_large_enough() -> None:
    assert len(CASES) >= 60


@pytest.mark.parametrize(
    "case", CASES, ids=lambda case: f"{case.license}-{'+'.join(sorted(case.use.outputs))}"
)
def test_answer(case: Case, make_facts: Callable[..., Facts]) -> None:
    facts = make_facts(case.license, case.use, **case.facts)
    answer = evaluate(facts)
    weighty = {finding.rule for finding in answer.findings if finding.severity is not Severity.HINT}
    assert (answer.decision, weighty) == (case.expected, set(case.rules))
    for finding in answer.findings:
        assert finding.message.endswith((".", "”"))
        assert finding.how_to_fix
        assert finding.subject == "grant_1"
        assert finding.terms_sha256 == facts.terms_sha256
        if finding.severity is Severity.ERROR and finding.rule != "use.editorial_only":
            assert finding.clause is not None
            assert finding.clause.url
