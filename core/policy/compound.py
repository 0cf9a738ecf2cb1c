"""The compound answer: what a whole scene may be used for, derived part by part.

It names the parts that stand in the way, what the scene is still good for, and the cheapest ways out (in
:mod:`.ways_out`). Pure: parts, use and today's day come in; a part more never makes the answer better.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.license import UNKNOWN, LicenseTerms
from ..model.resolution import Resolution
from .engine import find, sort_findings, weigh
from .facts import Facts
from .grant_rules import check_credit
from .resolving import UNDECLARED, resolve
from .studio import NO_STUDIO, StudioPolicy

WEIGHT = {Verdict.CLEARED: 0, Verdict.NEEDS_REVIEW: 1, Verdict.UNDECLARED: 2, Verdict.NOT_CLEARED: 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a scene is made of, as far as licenses go: one grant, or content that nobody declared.

    ``facts`` None: undeclared. The use in ``facts`` is put in by :func:`answer`. ``extra`` is what was found
    beside the license (a stamp that was lost); it stands for every use.
    """

    subject: str
    """The grant id, or "MESH/Chair"."""
    title: str = ""
    objects: int = 1
    facts: Facts | None = None
    extra: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartAnswer:
    """The verdict on one part, and the findings behind it, worst first."""

    part: Part
    verdict: Verdict
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StillFor:
    """The answer for one output and one purpose, everything else as planned, and the parts in the way."""

    output: OutputKind
    purpose: Purpose
    verdict: Verdict
    obstacles: tuple[str, ...] = ()
    """Subjects of the parts that keep it from being cleared, worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompoundAnswer:
    """What the whole scene may be used for."""

    use: IntendedUse
    verdict: Verdict
    parts: tuple[PartAnswer, ...]
    """Worst first."""
    obstacles: tuple[PartAnswer, ...]
    """The parts whose verdict is the scene's, unless that is "cleared"."""
    still_for: tuple[StillFor, ...]
    """Every output and purpose, in their own order."""

    @property
    def cleared_for(self) -> tuple[StillFor, ...]:
        """The outputs and purposes that every part is cleared for."""
        return tuple(entry for entry in self.still_for if entry.verdict is Verdict.CLEARED)


class Judge:
    """Judges parts for uses, once per license where nothing else differs. Lives as long as one answer."""

    def __init__(
        self, *, now: datetime, studio: StudioPolicy = NO_STUDIO, resolutions: Iterable[Resolution] = ()
    ) -> None:
        self._now = now
        self._studio = studio
        self._leans_on_hints = any(rule.findings for rule in studio.rules)
        self._by_subject: dict[str, list[Resolution]] = {}
        for resolution in resolutions:
            self._by_subject.setdefault(resolution.subject, []).append(resolution)
        self._verdicts: dict[tuple[object, ...], Verdict] = {}
        self._found: dict[tuple[object, ...], tuple[Finding, ...]] = {}
        self._kept: list[LicenseTerms] = []

    def judge(self, part: Part, use: IntendedUse) -> PartAnswer:
        """Answer for one part."""
        about = dict.fromkeys((part.subject, *(finding.subject for finding in part.extra)))
        resolutions = [one for subject in about for one in self._by_subject.get(subject, ())]
        extra = resolve(part.extra, resolutions, use=use, now=self._now)
        if part.facts is None:
            declared = resolve((_undeclared(part),), resolutions, use=use, now=self._now)
            bare = any(finding.decides for finding in declared)
            verdict = worst_verdict((Verdict.UNDECLARED if bare else Verdict.CLEARED, weigh(extra)))
            return PartAnswer(part=part, verdict=verdict, findings=sort_findings((*declared, *extra)))
        own = self._find(part.facts, part.subject, use)
        findings = sort_findings((*resolve(own, resolutions, use=use, now=self._now), *extra))
        return PartAnswer(part=part, verdict=weigh(findings), findings=findings)

    def verdict(self, part: Part, use: IntendedUse) -> Verdict:
        """Return only the verdict on one part, without naming the part in every finding."""
        if part.extra or part.subject in self._by_subject:
            return self.judge(part, use).verdict
        if part.facts is None:
            return Verdict.UNDECLARED
        key = self._key(part.facts, use, weigh_only=True)
        verdict = self._verdicts.get(key)
        if verdict is None:
            found = self._share(part.facts, use, self._key(part.facts, use))
            verdict = self._verdicts[key] = weigh(found)
        return verdict

    def _find(self, facts: Facts, subject: str, use: IntendedUse) -> tuple[Finding, ...]:
        named = replace(facts, use=use, now=self._now, subject=subject)
        return tuple(_name(finding, named) for finding in self._share(facts, use, self._key(facts, use)))

    def _share(self, facts: Facts, use: IntendedUse, key: tuple[object, ...]) -> tuple[Finding, ...]:
        """Ask the rules; parts that differ in nothing but their subject and their credits share the work."""
        found = self._found.get(key)
        if found is None:
            alike = replace(facts, use=use, now=self._now, subject="", credit="", author="", listing_id="")
            found = self._found[key] = find(alike, studio=self._studio)
            self._kept.append(facts.terms)
        return found

    def _key(self, facts: Facts, use: IntendedUse, *, weigh_only: bool = False) -> tuple[object, ...]:
        # Terms hold a dict, so they are told apart by identity; they are kept so that none is taken for
        # another one that was made in its place. The day of a purchase matters to the rules where the
        # license runs from it, or (for a hint only) where it lies before the oldest reading: else a hundred
        # purchases are one.
        terms, bought = facts.terms, facts.acquired_on
        early = bought is not None and bought < terms.version and not weigh_only
        if terms.term_days is UNKNOWN and not early and not self._leans_on_hints:
            bought = None
        return (id(terms), use, bought, *_TELL(facts))


def _name(finding: Finding, facts: Facts) -> Finding:
    """Give a shared finding back its subject, and a credit line its author."""
    if finding.rule == "credit.required":
        return check_credit(facts) or finding
    return replace(finding, subject=facts.subject)


_TELL = attrgetter(
    *(
        name
        for name in Facts.__slots__
        if name not in {"terms", "use", "now", "subject", "credit", "author", "listing_id", "acquired_on"}
    )
)
"""What two parts must have in common, beside the terms, for the rules to say the same of them."""


def answer(
    parts: Sequence[Part],
    use: IntendedUse,
    *,
    now: datetime,
    studio: StudioPolicy = NO_STUDIO,
    resolutions: Iterable[Resolution] = (),
) -> CompoundAnswer:
    """Answer for the whole scene."""
    judge = Judge(now=now, studio=studio, resolutions=resolutions)
    answers = sorted((judge.judge(part, use) for part in parts), key=_by_weight)
    verdict = worst_verdict(found.verdict for found in answers)
    return CompoundAnswer(
        use=use,
        verdict=verdict,
        parts=tuple(answers),
        obstacles=tuple(
            found for found in answers if found.verdict is verdict and verdict is not Verdict.CLEARED
        ),
        still_for=tuple(
            _still_for(parts, replace(use, outputs=frozenset({kind}), purpose=purpose), judge.verdict)
            for purpose in Purpose
            for kind in OutputKind
        ),
    )


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the heaviest verdict; nothing to judge is cleared."""
    return max(verdicts, key=WEIGHT.__getitem__, default=Verdict.CLEARED)


def _still_for(
    parts: Sequence[Part], use: IntendedUse, judge: Callable[[Part, IntendedUse], Verdict]
) -> StillFor:
    verdicts = [(judge(part, use), part) for part in parts]
    against = sorted(
        (entry for entry in verdicts if entry[0] is not Verdict.CLEARED), key=lambda entry: -WEIGHT[entry[0]]
    )
    (output,) = use.outputs
    return StillFor(
        output=output,
        purpose=use.purpose,
        verdict=worst_verdict(verdict for verdict, _ in verdicts),
        obstacles=tuple(part.subject for _, part in against),
    )


def _by_weight(found: PartAnswer) -> tuple[int, int, str]:
    return (-WEIGHT[found.verdict], -found.part.objects, found.part.subject)


def _undeclared(part: Part) -> Finding:
    return Finding(
        rule=UNDECLARED,
        severity=Severity.WARNING,
        message="Nobody declared where this comes from.",
        how_to_fix="Declare it (own work, the client's, freely licensed), license it, or remove it.",
        subject=part.subject,
    )
