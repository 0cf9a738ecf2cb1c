"""The compound answer: what a whole scene may be used for, derived part by part.

It names the parts that stand in the way, what the scene is still good for, and the cheapest ways out (in
:mod:`.ways_out`). Pure: parts, use and today's day come in; a part more never makes the answer better.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.license import UNKNOWN, LicenseTerms
from ..model.resolution import Resolution
from .engine import find, sort_findings, weigh
from .facts import Facts
from .resolving import UNDECLARED, resolve
from .rules.grants import ask_for_credit
from .studio import NO_STUDIO, StudioPolicy

WEIGHT = {
    Verdict.IN_FILE_ONLY: -1,
    Verdict.CLEARED: 0,
    Verdict.NEEDS_REVIEW: 1,
    Verdict.UNDECLARED: 2,
    Verdict.NOT_CLEARED: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What a scene is made of, as far as licenses go: a license, undeclared content, or something found.

    The use in ``facts`` is put in by :func:`answer`. ``extra`` is what was found beside the license (a stamp
    that disagrees); it stands for every use.
    """

    subject: str
    """The grant id, or "MESH/Chair"."""
    title: str = ""
    objects: int = 1
    facts: Facts | None = None
    """None: undeclared, or ``loose``."""
    extra: tuple[Finding, ...] = ()
    loose: bool = False
    """No content by itself: something that was found in the scene. Only ``extra`` counts."""
    folded: bool = False
    """Stands for ``objects`` data-blocks of which the same has to be said."""
    aside: tuple[Finding, ...] = ()
    """As ``extra``, but of copies that no picture shows: it stands where more than pictures goes out."""
    in_output: bool | None = None
    """False: no picture shows it, so it is asked only where more than pictures goes out."""


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
        self._verdicts: dict[tuple[IntendedUse, Hashable], Verdict] = {}
        self._found: dict[tuple[IntendedUse, Hashable], tuple[Finding, ...]] = {}
        self._kept: dict[int, LicenseTerms] = {}

    @property
    def now(self) -> datetime:
        """The moment that everything is judged for."""
        return self._now

    def judge(self, part: Part, use: IntendedUse) -> PartAnswer:
        """Answer for one part; what the use does not ask about is cleared for it."""
        if _is_aside(part, use):
            return PartAnswer(part=part, verdict=Verdict.CLEARED, findings=())
        extra = part.extra if use.only_pictures else (*part.extra, *part.aside)
        if part.facts is not None:
            own = self._find(part.facts, part.subject, use)
        else:
            own = () if part.loose else (undeclared(part),)
        # What stands for many is decided about one by one.
        findings = sort_findings((*own, *extra) if part.folded else self.resolve((*own, *extra), use))
        return PartAnswer(part=part, verdict=weigh(findings), findings=findings)

    def resolve(self, findings: tuple[Finding, ...], use: IntendedUse) -> tuple[Finding, ...]:
        """Return the findings, each with the resolution that counts for it."""
        if not self._by_subject:
            return findings
        about = dict.fromkeys(finding.subject for finding in findings)
        resolutions = [one for subject in about for one in self._by_subject.get(subject, ())]
        return resolve(findings, resolutions, use=use, now=self._now) if resolutions else findings

    def decided(self, subject: str) -> bool:
        """Say whether anything was decided about a subject, whether it counts or not."""
        return subject in self._by_subject

    def verdict(self, part: Part, use: IntendedUse) -> Verdict:
        """Return only the verdict on one part, without naming the part in every finding."""
        return self.verdicts((part,), use)[0]

    def verdicts(self, parts: Sequence[Part], use: IntendedUse) -> list[Verdict]:
        """Return the verdict on each part, asking the rules once for parts that are alike."""
        return self.weigh_all([(part, self.find_likeness(part)) for part in parts], use)

    def weigh_all(self, parts: Sequence[tuple[Part, Hashable | None]], use: IntendedUse) -> list[Verdict]:
        """Do what :meth:`verdicts` does, for parts whose likeness was found before."""
        found: list[Verdict] = []
        here: dict[Hashable, Verdict] = {}
        for part, likeness in parts:
            if _is_aside(part, use):
                found.append(Verdict.CLEARED)
                continue
            if likeness is None:
                found.append(self.judge(part, use).verdict)
                continue
            verdict = here.get(likeness)
            if verdict is None:
                verdict = here[likeness] = self._weigh_alike(part, likeness, use)
            found.append(verdict)
        return found

    def find_likeness(self, part: Part) -> Hashable | None:
        """Return what a part has in common with all for which the rules give the same verdict and ways out.

        None for a part of which something was decided, or that something was found of: it is like no other.
        """
        if part.extra or part.aside or part.facts is None or part.subject in self._by_subject:
            return None
        return (part.in_output is False, self._key(part.facts, weigh_only=True))

    def _weigh_alike(self, part: Part, likeness: Hashable, use: IntendedUse) -> Verdict:
        key = (use, likeness)
        verdict = self._verdicts.get(key)
        if verdict is None:
            assert part.facts is not None  # noqa: S101 - only such parts have a likeness
            verdict = self._verdicts[key] = weigh(self._share(part.facts, use))
        return verdict

    def _find(self, facts: Facts, subject: str, use: IntendedUse) -> tuple[Finding, ...]:
        return tuple(
            about(
                finding,
                subject,
                how_to_fix=ask_for_credit(facts, use) if finding.rule == "credit.required" else "",
            )
            for finding in self._share(facts, use)
        )

    def _share(self, facts: Facts, use: IntendedUse) -> tuple[Finding, ...]:
        """Ask the rules; parts that differ in nothing but their subject and their credits share the work."""
        key = (use, self._key(facts))
        found = self._found.get(key)
        if found is None:
            alike = replace(facts, use=use, now=self._now, subject="", credit="", author="", listing_id="")
            found = self._found[key] = find(alike, studio=self._studio)
        return found

    def _key(self, facts: Facts, *, weigh_only: bool = False) -> Hashable:
        # Terms hold a dict, so they are told apart by identity; they are kept so that none is taken for
        # another one that was made in its place. The day of a purchase matters to the rules where the
        # license runs from it, or (for a hint only) where it lies before the oldest reading: else a hundred
        # purchases are one.
        terms, bought = facts.terms, facts.acquired_on
        self._kept[id(terms)] = terms
        early = bought is not None and bought < terms.version and not weigh_only
        if terms.term_days is UNKNOWN and not early and not self._leans_on_hints:
            bought = None
        return (id(terms), bought, *_TELL(facts))


def _is_aside(part: Part, use: IntendedUse) -> bool:
    return part.in_output is False and use.only_pictures


def about(finding: Finding, subject: str, *, how_to_fix: str = "") -> Finding:
    """Return a shared finding about one of the parts that share it.

    Written out, since a scene has thousands and ``dataclasses.replace`` takes three times as long.
    """
    return Finding(
        rule=finding.rule,
        severity=finding.severity,
        message=finding.message,
        how_to_fix=how_to_fix or finding.how_to_fix,
        subject=subject,
        clause=finding.clause,
        terms_sha256=finding.terms_sha256,
        resolved_by=finding.resolved_by,
        final=finding.final,
    )


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
    return put_together(judge, tuple(judge.judge(part, use) for part in parts), use)


def put_together(judge: Judge, answers: Sequence[PartAnswer], use: IntendedUse) -> CompoundAnswer:
    """Make the answer for the scene of those for its parts, which the same judge gave."""
    ordered = tuple(sorted(answers, key=_by_weight))
    verdict = worst_verdict(found.verdict for found in ordered)
    known = [(found.part, judge.find_likeness(found.part)) for found in answers]
    return CompoundAnswer(
        use=use,
        verdict=verdict,
        parts=ordered,
        obstacles=tuple(
            found for found in ordered if found.verdict is verdict and verdict is not Verdict.CLEARED
        ),
        still_for=tuple(
            _still_for(judge, known, replace(use, outputs=frozenset({kind}), purpose=purpose))
            for purpose in Purpose
            for kind in OutputKind
        ),
    )


def worst_verdict(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the heaviest verdict; nothing to judge is cleared, and so is what is in the file only."""
    return max((Verdict.CLEARED, *verdicts), key=WEIGHT.__getitem__)


def _still_for(judge: Judge, known: Sequence[tuple[Part, Hashable | None]], use: IntendedUse) -> StillFor:
    verdicts = judge.weigh_all(known, use)
    against = [
        (verdict, part)
        for verdict, (part, _) in zip(verdicts, known, strict=True)
        if verdict is not Verdict.CLEARED
    ]
    against.sort(key=lambda entry: -WEIGHT[entry[0]])
    (output,) = use.outputs
    return StillFor(
        output=output,
        purpose=use.purpose,
        verdict=against[0][0] if against else Verdict.CLEARED,
        obstacles=tuple(part.subject for _, part in against),
    )


def _by_weight(found: PartAnswer) -> tuple[int, int, str]:
    return (-WEIGHT[found.verdict], -found.part.objects, found.part.subject)


def undeclared(part: Part) -> Finding:
    """Say that nobody declared where a part comes from."""
    return Finding(
        rule=UNDECLARED,
        severity=Severity.WARNING,
        message="Nobody declared where this comes from.",
        how_to_fix="Declare it (own work, the client's, freely licensed), license it, or remove it.",
        subject=part.subject,
    )
