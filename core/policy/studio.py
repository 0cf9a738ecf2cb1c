"""A studio's own rules: they can only make an answer stricter. Pure; :mod:`.studio_file` reads them.

A rule has conditions that must all hold. What is not known (an item's editorial mark, the media) is asked
about, unless the rule says that it shall pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from ..model.findings import Finding, Severity
from ..model.intended_use import OutputKind, Purpose
from .facts import Facts
from .wording import name_license


class Effect(StrEnum):
    """What a studio's rule does. There is none that loosens."""

    DENY = "deny"
    REVIEW = "review"


class Match(Enum):
    """Whether a condition holds."""

    YES = 2
    UNKNOWN = 1
    NO = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioRule:
    """One rule. An empty or absent condition asks nothing."""

    id: str
    effect: Effect
    message: str
    how_to_fix: str = ""
    marketplaces: frozenset[str] = frozenset()
    licenses: frozenset[str] = frozenset()
    outputs: frozenset[OutputKind] = frozenset()
    purpose: Purpose | None = None
    media: frozenset[str] = frozenset()
    territory: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    findings: frozenset[str] = frozenset()
    """Names of rules, such as ``terms.confidence``: it holds where one of them has something to say."""
    editorial: bool | None = None
    ai_generated: bool | None = None
    pass_unknown: bool = False
    final: bool = False
    """No resolution answers it."""

    @property
    def name(self) -> str:
        """The rule's name in findings and resolutions."""
        return f"studio.{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudioPolicy:
    """All rules of a studio, and the hash of the file that they came from."""

    name: str = ""
    rules: tuple[StudioRule, ...] = ()
    sha256: str = ""
    problem: str = ""
    """Why the file cannot be read, as a sentence. Nothing is then known to be allowed by the house."""


NO_STUDIO = StudioPolicy()
UNREADABLE = "policy.studio_unreadable"
"""The finding about a studio's file that is damaged or gone. Nothing but mending it answers it."""


def apply_studio(policy: StudioPolicy, facts: Facts, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return what the studio's rules add to what was found.

    Rules that cannot be read stand against everything: what they would deny must not pass because of that.
    """
    if policy.problem:
        return (unreadable(policy, subject=facts.subject),)
    if not policy.rules:
        return ()
    said = frozenset(finding.rule for finding in found)
    made: list[Finding] = []
    for rule in policy.rules:
        match = match_rule(rule, facts, said)
        if match is Match.YES:
            severity = Severity.ERROR if rule.effect is Effect.DENY else Severity.WARNING
            made.append(_finding(policy, rule, facts, severity=severity, message=rule.message))
        elif match is Match.UNKNOWN and not rule.pass_unknown:
            message = f"Whether the studio's rule “{rule.id}” applies is not known: {rule.message}"
            made.append(_finding(policy, rule, facts, severity=Severity.WARNING, message=message))
    return tuple(made)


def unreadable(policy: StudioPolicy, *, subject: str = "") -> Finding:
    """Say that a studio's rules cannot be read."""
    return Finding(
        rule=UNREADABLE,
        severity=Severity.ERROR,
        message=f"The studio's own rules cannot be read, so nothing is cleared: {policy.problem}",
        how_to_fix="Mend the file (“clearance policy check FILE” names the place), or ask who keeps it.",
        subject=subject,
        final=True,
    )


def match_rule(rule: StudioRule, facts: Facts, said: frozenset[str]) -> Match:
    """Say whether all conditions of a rule hold; one that does not hold settles it."""
    terms, use = facts.terms, facts.use
    shown = frozenset(use.territory)
    conditions = (
        _within(holds=terms.marketplace in rule.marketplaces, asked=rule.marketplaces),
        _within(holds=terms.license_id in rule.licenses, asked=rule.licenses),
        _within(holds=bool(use.outputs & rule.outputs), asked=rule.outputs),
        _within(holds=use.purpose is rule.purpose, asked=rule.purpose is not None),
        _within(holds=bool(rule.media & frozenset(use.media)), asked=rule.media, unknown=not use.media),
        # Shown worldwide is shown everywhere.
        _within(holds=not shown or bool(shown & rule.territory), asked=rule.territory),
        _within(holds=bool(use.all_clients & rule.clients), asked=rule.clients, unknown=not use.all_clients),
        _within(holds=bool(said & rule.findings), asked=rule.findings),
        _mark(wanted=rule.editorial, known=_is_editorial(facts)),
        _mark(wanted=rule.ai_generated, known=facts.ai_generated),
    )
    return min(conditions, key=lambda match: match.value)


def _within(*, holds: bool, asked: object, unknown: bool = False) -> Match:
    if not asked or holds:
        return Match.YES
    return Match.UNKNOWN if unknown else Match.NO


def _mark(*, wanted: bool | None, known: bool | None) -> Match:
    if wanted is None:
        return Match.YES
    if known is None:
        return Match.UNKNOWN
    return Match.YES if wanted is known else Match.NO


def _is_editorial(facts: Facts) -> bool | None:
    """Say whether the content is editorial; the license's word counts as the item's own mark does."""
    if facts.editorial is True or facts.terms.editorial_only is True:
        return True
    if facts.editorial is False or facts.terms.editorial_only is False:
        return False
    return None


def _finding(
    policy: StudioPolicy, rule: StudioRule, facts: Facts, *, severity: Severity, message: str
) -> Finding:
    return Finding(
        rule=rule.name,
        severity=severity,
        message=message,
        how_to_fix=rule.how_to_fix
        or (
            f"Replace {name_license(facts.terms)} content, or ask whoever answers for the rules of "
            f"“{policy.name or 'the studio'}” for an exception in writing."
        ),
        subject=facts.subject,
        terms_sha256=facts.terms_sha256,
        final=rule.final,
    )
