"""Asks every rule and weighs the findings. Pure; a denial wins, and a doubt is never a yes."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.findings import Decision, Finding, PolicyAnswer, Severity, Verdict
from .facts import Facts
from .rules import RULES

_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


def evaluate(facts: Facts) -> PolicyAnswer:
    """Answer before buying, whether a license fits this use."""
    findings = find(facts)
    match worst(findings):
        case Severity.ERROR:
            decision = Decision.DENY
        case Severity.WARNING:
            decision = Decision.NEEDS_REVIEW
        case _:
            decision = Decision.ALLOW
    return PolicyAnswer(decision=decision, findings=findings)


def judge(facts: Facts) -> tuple[Verdict, tuple[Finding, ...]]:
    """Answer for what is in a scene, whether a grant is good for this use."""
    findings = find(facts)
    return weigh(findings), findings


def find(facts: Facts) -> tuple[Finding, ...]:
    """Return what every rule has to say, worst first."""
    return sort_findings(finding for rule in RULES if (finding := rule(facts)) is not None)


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings worst first, otherwise in the order in which they came."""
    return tuple(sorted(findings, key=lambda finding: _WEIGHT[finding.severity]))


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the heaviest severity, or None without findings."""
    return min((finding.severity for finding in findings), key=_WEIGHT.__getitem__, default=None)


def weigh(findings: Iterable[Finding]) -> Verdict:
    """Turn findings into a verdict (never UNDECLARED, which is about what has no license at all)."""
    match worst(findings):
        case Severity.ERROR:
            return Verdict.NOT_CLEARED
        case Severity.WARNING:
            return Verdict.NEEDS_REVIEW
        case _:
            return Verdict.CLEARED
