"""Asks every rule and weighs the findings. Pure; a denial wins, and a doubt is never a yes.

A studio's own rules only add findings. A finding that is resolved stays among them and decides no more.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..model.findings import Decision, Finding, PolicyAnswer, Severity, Verdict
from ..model.resolution import Resolution
from .facts import Facts
from .resolving import UNDECLARED_RULES, resolve
from .rules.registry import RULES
from .studio import NO_STUDIO, StudioPolicy, apply_studio

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}
_RESOLVED = 3


def evaluate(
    facts: Facts, *, studio: StudioPolicy = NO_STUDIO, resolutions: Iterable[Resolution] = ()
) -> PolicyAnswer:
    """Answer before buying, whether a license fits this use."""
    findings = find(facts, studio=studio, resolutions=resolutions)
    match worst(findings):
        case Severity.ERROR:
            decision = Decision.DENY
        case Severity.WARNING:
            decision = Decision.NEEDS_REVIEW
        case _:
            decision = Decision.ALLOW
    return PolicyAnswer(decision=decision, findings=findings)


def judge(
    facts: Facts, *, studio: StudioPolicy = NO_STUDIO, resolutions: Iterable[Resolution] = ()
) -> tuple[Verdict, tuple[Finding, ...]]:
    """Answer for what is in a scene, whether a grant is good for this use."""
    findings = find(facts, studio=studio, resolutions=resolutions)
    return weigh(findings), findings


def find(
    facts: Facts, *, studio: StudioPolicy = NO_STUDIO, resolutions: Iterable[Resolution] = ()
) -> tuple[Finding, ...]:
    """Return what every rule has to say, worst first, what is resolved last."""
    found = [finding for rule in RULES if (finding := rule(facts)) is not None]
    found.extend(apply_studio(studio, facts, found))
    return sort_findings(resolve(found, resolutions, use=facts.use, now=facts.now))


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first and resolved ones last, otherwise in the order in which they came."""
    return tuple(
        sorted(findings, key=lambda finding: _WEIGHT[finding.severity] if finding.decides else _RESOLVED)
    )


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the heaviest severity of what still decides, or None without such findings."""
    deciding = (finding.severity for finding in findings if finding.decides)
    return min(deciding, key=_WEIGHT.__getitem__, default=None)


def weigh(findings: Iterable[Finding]) -> Verdict:
    """Turn findings into a verdict."""
    verdict = Verdict.CLEARED
    for finding in findings:
        if not finding.decides:
            continue
        if finding.severity is Severity.ERROR:
            return Verdict.NOT_CLEARED
        if finding.rule in UNDECLARED_RULES:
            verdict = Verdict.UNDECLARED
        elif finding.severity is Severity.WARNING and verdict is Verdict.CLEARED:
            verdict = Verdict.NEEDS_REVIEW
    return verdict
