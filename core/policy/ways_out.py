"""The cheapest ways out for a scene that is not cleared: each was tried on the part before it is suggested.

Pure. What is cheap is a rough order of work (:func:`_effort`), not a price: hiding is less work than leaving
an output out, that less than buying another license, that less than replacing many objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import combinations

from ..model.findings import Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind
from ..model.license import LicenseTerms
from ..model.resolution import Resolution, ResolutionKind
from .compound import WEIGHT, CompoundAnswer, Judge, Part, PartAnswer
from .facts import Facts
from .resolving import PICTURES, find_kinds
from .studio import NO_STUDIO, StudioPolicy
from .wording import OUTPUTS, name_license, shorten

Alternatives = Callable[[Part], Iterable[LicenseTerms]]
"""The licenses that the same marketplace has for a part, as they are today."""


class WayOut(StrEnum):
    """What can be done about a part."""

    CHECK = "check"
    """Nothing stands against it; a person has to look at what is open."""
    HIDE = "hide"
    LEAVE_OUT_OUTPUT = "leave_out_output"
    UPGRADE = "upgrade"
    DECLARE = "declare"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """One way out for one part; ``leads_to`` is the part's verdict afterwards."""

    way: WayOut
    subject: str
    text: str
    leads_to: Verdict
    effort: int
    license_id: str = ""
    """With an upgrade: the license to buy."""
    note: str = ""
    """What else has to be known, such as that a license is for enterprises only."""
    outputs: frozenset[OutputKind] = frozenset()
    """With an output that is left out: which."""


def suggest(
    found: CompoundAnswer,
    *,
    now: datetime,
    alternatives: Alternatives | None = None,
    studio: StudioPolicy = NO_STUDIO,
    resolutions: Iterable[Resolution] = (),
) -> tuple[Suggestion, ...]:
    """Return the ways out for every part that is not cleared: worst part first, then the cheapest way."""
    judge = Judge(now=now, studio=studio, resolutions=resolutions)
    made: list[Suggestion] = []
    for entry in found.parts:
        if entry.verdict is Verdict.CLEARED:
            continue
        ways = [
            *_check(entry),
            *_hide(entry, found.use),
            *_leave_out(entry, found.use, judge),
            *_upgrade(entry, found.use, judge, alternatives(entry.part) if alternatives else ()),
            *_declare(entry),
            _replace(entry),
        ]
        better = [
            way for way in ways if way.way is WayOut.CHECK or WEIGHT[way.leads_to] < WEIGHT[entry.verdict]
        ]
        made.extend(sorted(better, key=lambda way: (WEIGHT[way.leads_to], way.effort, way.license_id)))
    return tuple(made)


def pick_cheapest(suggestions: Iterable[Suggestion]) -> tuple[Suggestion, ...]:
    """Return the first way out of each part: what to do, in all, to get as far as possible."""
    first: dict[str, Suggestion] = {}
    for suggestion in suggestions:
        first.setdefault(suggestion.subject, suggestion)
    return tuple(first.values())


def pick_alternatives(terms: Iterable[LicenseTerms], *, now: datetime) -> Alternatives:
    """Return the newest version in force of each license, for parts of the same marketplace."""
    newest: dict[str, LicenseTerms] = {}
    for entry in terms:
        before = newest.get(entry.license_id)
        if entry.version <= now.date() and (before is None or before.version < entry.version):
            newest[entry.license_id] = entry

    def alternatives(part: Part) -> Iterable[LicenseTerms]:
        if part.facts is None:
            return ()
        return tuple(entry for entry in newest.values() if entry.marketplace == part.facts.terms.marketplace)

    return alternatives


def _effort(way: WayOut, objects: int) -> int:
    """Return a rough measure of work; a way that touches objects grows with their number."""
    base, each = {
        WayOut.CHECK: (1, 0),
        WayOut.HIDE: (2, 1),
        WayOut.LEAVE_OUT_OUTPUT: (20, 0),
        WayOut.UPGRADE: (10, 0),
        WayOut.DECLARE: (1, 1),
        WayOut.REPLACE: (4, 5),
    }[way]
    return base + each * max(objects, 1)


def _check(entry: PartAnswer) -> list[Suggestion]:
    if entry.verdict is not Verdict.NEEDS_REVIEW:
        return []
    open_ = [f for f in entry.findings if f.decides and f.severity is Severity.WARNING]
    if not all(ResolutionKind.CLEARED_IN_WRITING in find_kinds(f.rule) and not f.final for f in open_):
        return []
    questions = "one open question" if len(open_) == 1 else f"{len(open_)} open questions"
    text = f"Have somebody look at {questions} about {_name(entry.part)} and record the answer."
    return [_make(entry, WayOut.CHECK, text, Verdict.CLEARED)]


def _hide(entry: PartAnswer, use: IntendedUse) -> list[Suggestion]:
    """Suggest to hide a part where only pictures go out and everything against it can be hidden."""
    if not use.outputs or not use.outputs <= PICTURES:
        return []
    against = [f for f in entry.findings if f.decides and f.severity is not Severity.HINT]
    if any(ResolutionKind.NOT_VISIBLE not in find_kinds(f.rule) or f.final for f in against):
        return []
    text = f"Hide {_objects(entry.part)} of {_name(entry.part)} from every picture that goes out."
    return [_make(entry, WayOut.HIDE, text, Verdict.CLEARED)]


def _leave_out(entry: PartAnswer, use: IntendedUse, judge: Judge) -> list[Suggestion]:
    """Find the smallest set of outputs without which the part is cleared, or at least better."""
    kinds = [kind for kind in OutputKind if kind in use.outputs]
    for number in range(1, len(kinds)):
        tried = []
        for dropped in combinations(kinds, number):
            left = replace(use, outputs=use.outputs - frozenset(dropped))
            verdict = judge.verdict(entry.part, left)
            if WEIGHT[verdict] < WEIGHT[entry.verdict]:
                tried.append((verdict, dropped))
        if tried:
            verdict, dropped = min(tried, key=lambda one: WEIGHT[one[0]])
            what = " and ".join(OUTPUTS[kind] for kind in dropped)
            text = f"Do without {what}."
            return [_make(entry, WayOut.LEAVE_OUT_OUTPUT, text, verdict, outputs=frozenset(dropped))]
    return []


def _upgrade(
    entry: PartAnswer, use: IntendedUse, judge: Judge, licenses: Iterable[LicenseTerms]
) -> list[Suggestion]:
    """Try the marketplace's licenses on the part as if it was bought again today; keep the best of them."""
    part, facts = entry.part, entry.part.facts
    if facts is None:
        return []
    made: list[tuple[tuple[int, int], Suggestion]] = []
    for terms in licenses:
        again = terms.license_id == facts.terms.license_id
        if not terms.known or (again and facts.grant_state is None):
            continue
        if (terms.editorial_only is True) is not (facts.editorial is True):
            continue  # an editorial item has no other license, and nothing else has an editorial one
        tried = judge.judge(replace(part, facts=_buy(facts, terms)), use)
        verdict = tried.verdict
        open_ = sum(f.decides and f.severity is not Severity.HINT for f in tried.findings)
        words = "once more " if again else ""
        text = f"License {_name(part)} {words}under {name_license(terms)}."
        note = shorten(terms.notes, 400)
        made.append(
            (
                (WEIGHT[verdict], open_),
                _make(entry, WayOut.UPGRADE, text, verdict, license_id=terms.license_id, note=note),
            )
        )
    best = min((rank for rank, _ in made), default=None)
    return [suggestion for rank, suggestion in made if rank == best]


def _buy(facts: Facts, terms: LicenseTerms) -> Facts:
    """Return the facts after a purchase today under other terms: what is marked editorial stays so."""
    return replace(
        facts,
        terms=terms,
        terms_sha256="",
        grant_state=None,
        valid_until=None,
        acquired_on=None,
        credit="",
        seats_held=None,
        other_projects=frozenset(),
        other_clients=frozenset(),
        must_use_by=None,
        first_used_on=None,
        held_license_id="",
        stamped_license_id="",
        stamped_terms_sha256="",
    )


def _declare(entry: PartAnswer) -> list[Suggestion]:
    if entry.verdict is not Verdict.UNDECLARED:
        return []
    text = f"If {_name(entry.part)} is own work or was given to you, declare it, with a reason."
    return [_make(entry, WayOut.DECLARE, text, Verdict.CLEARED)]


def _replace(entry: PartAnswer) -> Suggestion:
    text = f"Replace {_objects(entry.part)} of {_name(entry.part)}."
    return _make(entry, WayOut.REPLACE, text, Verdict.CLEARED)


def _make(
    entry: PartAnswer,
    way: WayOut,
    text: str,
    leads_to: Verdict,
    *,
    license_id: str = "",
    note: str = "",
    outputs: frozenset[OutputKind] = frozenset(),
) -> Suggestion:
    return Suggestion(
        way=way,
        subject=entry.part.subject,
        text=text,
        leads_to=leads_to,
        effort=_effort(way, entry.part.objects),
        license_id=license_id,
        note=note,
        outputs=outputs,
    )


def _name(part: Part) -> str:
    return f"“{shorten(part.title) or shorten(part.subject)}”"


def _objects(part: Part) -> str:
    match part.objects:
        case 1:
            return "the one object"
        case 2:
            return "these two objects"
        case number:
            return f"these {number:,} objects"
