"""Holds resolutions against findings: which kind can answer which rule, and which resolution counts today.

Pure. A resolved finding stays where it is, with its resolution; it only decides no more. What counts no more
(ended, other terms, no evidence) leaves the finding as it was.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from ..model.findings import Finding
from ..model.intended_use import IntendedUse
from ..model.resolution import Resolution, ResolutionKind

STUDIO = "studio."
ABOUT_THE_HOUSE = "policy."
"""How the names of findings begin that are about a studio's own files, not about anything in a scene."""
UNDECLARED = "content.undeclared"
"""The finding about a data-block that carries no license at all."""
WITHDRAWN = "declaration.withdrawn"
"""The finding about content whose declaration was withdrawn: nobody declares it any more."""
UNDECLARED_RULES = frozenset({UNDECLARED, WITHDRAWN})

NEEDS_EVIDENCE = frozenset({ResolutionKind.LICENSE_UPGRADED, ResolutionKind.CLEARED_IN_WRITING})
NEEDS_END = frozenset({ResolutionKind.REPLACED})

# Nobody can decide these away: a question without an output is no question, and a refund ends the right to
# keep the content at all (buy it again, or take it out).
_NEVER = ("use.no_output", "grant.refunded", "scene.undeclared", ABOUT_THE_HOUSE)
# The kinds that can answer a rule, by the beginning of the rule's name: the first line that fits holds.
_WRITING, _UPGRADED, _OWN, _HIDDEN, _REPLACED = (
    ResolutionKind.CLEARED_IN_WRITING,
    ResolutionKind.LICENSE_UPGRADED,
    ResolutionKind.OWN_WORK,
    ResolutionKind.NOT_VISIBLE,
    ResolutionKind.REPLACED,
)
_KINDS: tuple[tuple[str, frozenset[ResolutionKind]], ...] = (
    # A better license does not answer a house rule, and neither does a claim to be the author of what was
    # bought: whoever answers for the rule agrees in writing, or the content leaves the picture or the scene.
    (STUDIO, frozenset({_WRITING, _HIDDEN, _REPLACED})),
    # No tier of a license brings the releases that editorial content lacks.
    ("use.editorial_only", frozenset({_WRITING, _HIDDEN, _REPLACED})),
    ("grant.revoked", frozenset({_WRITING, _REPLACED})),
    ("grant.unknown", frozenset({_WRITING, _UPGRADED, _OWN, _HIDDEN, _REPLACED})),
    ("stamp.", frozenset({_WRITING, _OWN, _REPLACED})),
    ("mesh.", frozenset({_WRITING, _OWN, _REPLACED})),
    ("data.", frozenset({_WRITING, _OWN, _REPLACED})),
    ("scene.lost", frozenset({_WRITING, _OWN, _HIDDEN, _REPLACED})),
    ("action.unstamped", frozenset({_WRITING, _OWN, _HIDDEN, _REPLACED})),
    ("library.", frozenset({_WRITING, _OWN, _HIDDEN, _REPLACED})),
    (WITHDRAWN, frozenset({_WRITING, _UPGRADED, _OWN, _HIDDEN, _REPLACED})),
    (UNDECLARED, frozenset({_WRITING, _UPGRADED, _OWN, _HIDDEN, _REPLACED})),
    ("", frozenset({_WRITING, _UPGRADED, _HIDDEN, _REPLACED})),
)


def find_kinds(rule: str) -> frozenset[ResolutionKind]:
    """Return the kinds of resolution that can answer a rule's finding."""
    if rule.startswith(_NEVER):
        return frozenset()
    return next(kinds for prefix, kinds in _KINDS if rule.startswith(prefix))


def say_why_not(resolution: Resolution, finding: Finding, *, use: IntendedUse, now: datetime) -> str:
    """Say why a resolution does not count for a finding; an empty text when it does."""
    kind = resolution.kind
    if resolution.rule != finding.rule or not finding.subject or resolution.subject != finding.subject:
        return "It is about another finding."
    if finding.final:
        return "The studio's rule allows no exception."
    if kind not in find_kinds(finding.rule):
        return f"“{kind.value.replace('_', ' ')}” is no answer to {finding.rule}."
    if kind is ResolutionKind.NOT_VISIBLE and not use.only_pictures:
        return "More than pictures leaves the house: what cannot be seen is still in the file."
    if resolution.decided_at > now:
        return "It was decided on a day that is still to come."
    if resolution.ends_at is not None and resolution.ends_at <= now:
        return f"It ended on {resolution.ends_at.date().isoformat()}."
    if resolution.project and resolution.project != use.name:
        return f"It holds for the project “{resolution.project}” only."
    if resolution.terms_sha256 and resolution.terms_sha256 != finding.terms_sha256:
        return "It was decided on another reading of the license terms."
    return say_whats_missing(resolution)


def say_whats_missing(resolution: Resolution) -> str:
    """Say what a resolution has to bring and does not; an empty text when it is whole."""
    if not resolution.reason.strip() or not resolution.author.strip():
        return "It names no reason or no author."
    if resolution.kind in NEEDS_EVIDENCE and not resolution.evidence_sha256:
        return "It needs evidence: an invoice, a license, a letter."
    if resolution.kind in NEEDS_END and resolution.ends_at is None:
        return "It has to say until when the content will be replaced."
    return ""


def resolve(
    findings: Iterable[Finding], resolutions: Iterable[Resolution], *, use: IntendedUse, now: datetime
) -> tuple[Finding, ...]:
    """Return the findings, each with the newest resolution that counts for it."""
    by_finding: dict[tuple[str, str], list[Resolution]] = {}
    for resolution in resolutions:
        by_finding.setdefault((resolution.rule, resolution.subject), []).append(resolution)
    if not by_finding:
        return tuple(findings)
    resolved: list[Finding] = []
    for finding in findings:
        counting = [
            resolution
            for resolution in by_finding.get((finding.rule, finding.subject), ())
            if not say_why_not(resolution, finding, use=use, now=now)
        ]
        newest = max(counting, key=lambda resolution: (resolution.decided_at, resolution.id), default=None)
        resolved.append(finding if newest is None else replace(finding, resolved_by=newest))
    return tuple(resolved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unused:
    """A resolution that resolves nothing in this answer, and why."""

    resolution: Resolution
    why: str


def find_unused(
    findings: Iterable[Finding], resolutions: Iterable[Resolution], *, use: IntendedUse, now: datetime
) -> tuple[Unused, ...]:
    """Return the resolutions about these findings that do not count, each with the reason."""
    by_finding: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        by_finding.setdefault((finding.rule, finding.subject), finding)
    unused: list[Unused] = []
    for resolution in resolutions:
        about = by_finding.get((resolution.rule, resolution.subject))
        if about is not None and (why := say_why_not(resolution, about, use=use, now=now)):
            unused.append(Unused(resolution=resolution, why=why))
    return tuple(unused)
