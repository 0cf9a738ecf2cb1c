"""The cheapest ways out for a scene that is not cleared: each was tried on the part before it is suggested.

Pure. What is cheap is a rough order of work (:func:`_effort`), not a price: hiding is less work than leaving
an output out, that less than buying another license, that less than replacing many objects.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from itertools import combinations

from ..model.findings import Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind
from ..model.license import LicenseTerms
from ..model.resolution import Resolution, ResolutionKind
from .compound import WEIGHT, CompoundAnswer, Judge, Part, PartAnswer
from .facts import Facts
from .resolving import ABOUT_THE_HOUSE, find_kinds
from .studio import NO_STUDIO, StudioPolicy
from .wording import OUTPUTS, name_license, shorten

Alternatives = Callable[[Part], Iterable[LicenseTerms]]
"""The licenses that the same marketplace has for a part, as they are today."""

_HOW_TO_HIDE = "Switch its render visibility off or exclude its collection: then the report sets it aside."


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
    title: str = ""
    license_id: str = ""
    """With an upgrade: the license to buy."""
    note: str = ""
    """What else has to be known, such as that a license is for enterprises only."""
    outputs: frozenset[OutputKind] = frozenset()
    """With an output that is left out: which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Offer:
    """A way out as it is for every part that is alike; ``put`` makes the sentence for one of them."""

    way: WayOut
    leads_to: Verdict
    put: Callable[[Part], str]
    license_id: str = ""
    note: str = ""
    outputs: frozenset[OutputKind] = frozenset()


def suggest(
    found: CompoundAnswer,
    *,
    now: datetime,
    alternatives: Alternatives | None = None,
    studio: StudioPolicy = NO_STUDIO,
    resolutions: Iterable[Resolution] = (),
    judge: Judge | None = None,
) -> tuple[Suggestion, ...]:
    """Return the ways out for every part that is not cleared: worst part first, then the cheapest way.

    ``judge`` is the one that made the answer, where there is one: it knows most of what is asked here. It
    then stands for ``now``, ``studio`` and ``resolutions``.
    """
    judge = judge or Judge(now=now, studio=studio, resolutions=resolutions)
    tried: dict[tuple[Hashable, Verdict], tuple[_Offer, ...]] = {}
    made: list[Suggestion] = []
    for entry in found.parts:
        if entry.verdict is Verdict.CLEARED:
            continue
        likeness = judge.find_likeness(entry.part)
        offers = tried.get((likeness, entry.verdict)) if likeness is not None else None
        if offers is None:
            licenses = alternatives(entry.part) if alternatives else ()
            offers = _find_offers(entry, found.use, judge, licenses)
            if likeness is not None:
                tried[(likeness, entry.verdict)] = offers
        ways = [_suggest(entry.part, offer) for offer in offers]
        made.extend(sorted(ways, key=lambda way: (WEIGHT[way.leads_to], way.effort, way.license_id)))
    return tuple(made)


def _find_offers(
    entry: PartAnswer, use: IntendedUse, judge: Judge, licenses: Iterable[LicenseTerms]
) -> tuple[_Offer, ...]:
    ways = [
        *_check(entry),
        *_hide(entry, use),
        *_leave_out(entry, use, judge),
        *_upgrade(entry, use, judge, licenses),
        *_declare(entry),
        *_replace(entry),
    ]
    return tuple(
        way for way in ways if way.way is WayOut.CHECK or WEIGHT[way.leads_to] < WEIGHT[entry.verdict]
    )


def _suggest(part: Part, offer: _Offer) -> Suggestion:
    return Suggestion(
        way=offer.way,
        subject=part.subject,
        title=part.title,
        text=offer.put(part),
        leads_to=offer.leads_to,
        effort=_effort(offer.way, part.objects),
        license_id=offer.license_id,
        note=offer.note,
        outputs=offer.outputs,
    )


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


def _check(entry: PartAnswer) -> list[_Offer]:
    if entry.verdict is not Verdict.NEEDS_REVIEW:
        return []
    open_ = [f for f in entry.findings if f.decides and f.severity is Severity.WARNING]
    if not all(ResolutionKind.CLEARED_IN_WRITING in find_kinds(f.rule) and not f.final for f in open_):
        return []
    questions = "one open question" if len(open_) == 1 else f"{len(open_)} open questions"

    def put(part: Part) -> str:
        return f"Have somebody look at {questions} about {_name(part)} and record the answer."

    return [_Offer(way=WayOut.CHECK, leads_to=Verdict.CLEARED, put=put)]


def _hide(entry: PartAnswer, use: IntendedUse) -> list[_Offer]:
    """Suggest to hide a part where only pictures go out and everything against it can be hidden.

    Once it is not rendered (render visibility, excluded collection), the report sets it aside by itself; what
    is rendered but out of sight takes a resolution "not visible".
    """
    if not use.only_pictures:
        return []
    against = [f for f in entry.findings if f.decides and f.severity is not Severity.HINT]
    if any(ResolutionKind.NOT_VISIBLE not in find_kinds(f.rule) or f.final for f in against):
        return []

    def put(part: Part) -> str:
        return f"Hide {_data_blocks(part)} from every picture that goes out."

    return [_Offer(way=WayOut.HIDE, leads_to=Verdict.CLEARED, put=put, note=_HOW_TO_HIDE)]


def _leave_out(entry: PartAnswer, use: IntendedUse, judge: Judge) -> list[_Offer]:
    """Find the smallest set of outputs without which the part is cleared, or at least better."""
    kinds = [kind for kind in OutputKind if kind in use.outputs]
    if entry.part.facts is None and entry.part.in_output is not False:
        return []  # what is undeclared or damaged is so whatever goes out
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
            return [
                _Offer(
                    way=WayOut.LEAVE_OUT_OUTPUT,
                    leads_to=verdict,
                    put=partial(_put_plain, text=f"Do without {what}."),
                    outputs=frozenset(dropped),
                )
            ]
    return []


def _put_plain(_part: Part, *, text: str) -> str:
    return text


def _upgrade(
    entry: PartAnswer, use: IntendedUse, judge: Judge, licenses: Iterable[LicenseTerms]
) -> list[_Offer]:
    """Try the marketplace's licenses on the part as if it was bought again today; keep the best of them."""
    part, facts = entry.part, entry.part.facts
    if facts is None:
        return []
    made: list[tuple[tuple[int, int], _Offer]] = []
    for terms in licenses:
        again = terms.license_id == facts.terms.license_id
        if not terms.known or (again and facts.grant_state is None):
            continue
        if (terms.editorial_only is True) is not (facts.editorial is True):
            continue  # an editorial item has no other license, and nothing else has an editorial one
        tried = judge.judge(replace(part, facts=_buy(facts, terms)), use)
        open_ = sum(f.decides and f.severity is not Severity.HINT for f in tried.findings)
        offer = _Offer(
            way=WayOut.UPGRADE,
            leads_to=tried.verdict,
            put=partial(_put_upgrade, terms=terms, again=again),
            license_id=terms.license_id,
            note=shorten(terms.notes, 400),
        )
        made.append(((WEIGHT[tried.verdict], open_), offer))
    best = min((rank for rank, _ in made), default=None)
    return [offer for rank, offer in made if rank == best]


def _put_upgrade(part: Part, *, terms: LicenseTerms, again: bool) -> str:
    return f"License {_name(part)} {'once more ' if again else ''}under {name_license(terms)}."


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


def _declare(entry: PartAnswer) -> list[_Offer]:
    if entry.verdict is not Verdict.UNDECLARED:
        return []

    def put(part: Part) -> str:
        if part.folded:
            return f"If {_name(part)} are own work or were given to you, declare them, with a reason."
        return f"If {_name(part)} is own work or was given to you, declare it, with a reason."

    return [_Offer(way=WayOut.DECLARE, leads_to=Verdict.CLEARED, put=put)]


def _replace(entry: PartAnswer) -> list[_Offer]:
    if any(finding.rule.startswith(ABOUT_THE_HOUSE) for finding in entry.findings):
        return []  # not of the scene: nothing in it can be replaced
    return [
        _Offer(
            way=WayOut.REPLACE, leads_to=Verdict.CLEARED, put=lambda part: f"Replace {_data_blocks(part)}."
        )
    ]


def _name(part: Part) -> str:
    if part.folded:
        return f"these {part.objects:,} data-blocks"
    return f"“{shorten(part.title) or shorten(part.subject)}”"


def _data_blocks(part: Part) -> str:
    if part.folded:
        return _name(part)
    number = part.objects
    return f"{_name(part)} ({number:,} data-block{'' if number == 1 else 's'})"
