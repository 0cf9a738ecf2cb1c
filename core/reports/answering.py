"""Makes the answer for the whole scene of what was judged for the report.

Pure. Data-blocks of which the same has to be said are one part when there are many: nobody reads ten thousand
ways out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..model.answer import OutputAnswer, SceneUse, WayOutLine
from ..model.findings import Verdict
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..policy.compound import Judge, Part, PartAnswer, put_together
from ..policy.ways_out import Suggestion, pick_cheapest, suggest

FOLD_ABOVE = 20
"""So many data-blocks are named one by one in the answer."""


class Observed(NamedTuple):
    """Something in the scene that is no license: undeclared content, or what is wrong with a data-block."""

    part: Part
    rules: tuple[str, ...] = ()
    """What has to be said of it: parts with the same rules can be one."""
    decided: bool = False
    """Somebody decided about it: it is then like no other."""


def answer_scene(
    judge: Judge,
    licenses: Sequence[PartAnswer],
    observed: Iterable[Observed],
    use: IntendedUse,
    *,
    today: Iterable[LicenseTerms] = (),
) -> tuple[SceneUse, Verdict]:
    """Return what the scene may be used for, and its verdict.

    ``today`` are the licenses as they are sold now, for what could be bought instead.
    """
    found = put_together(judge, (*licenses, *(judge.judge(part, use) for part in fold(observed))), use)
    by_marketplace: dict[str, list[LicenseTerms]] = {}
    for terms in today:
        by_marketplace.setdefault(terms.marketplace, []).append(terms)

    def alternatives(part: Part) -> Iterable[LicenseTerms]:
        return by_marketplace.get(part.facts.terms.marketplace, ()) if part.facts is not None else ()

    ways = suggest(found, now=judge.now, alternatives=alternatives, judge=judge)
    made = SceneUse(
        obstacles=tuple(entry.part.subject for entry in found.obstacles),
        still_for=tuple(
            OutputAnswer(
                output=entry.output, purpose=entry.purpose, verdict=entry.verdict, obstacles=entry.obstacles
            )
            for entry in found.still_for
        ),
        ways_out=tuple(map(_line, ways)),
        cheapest=tuple(map(_line, pick_cheapest(ways))),
    )
    return made, found.verdict


def fold(observed: Iterable[Observed]) -> tuple[Part, ...]:
    """Return the parts; where more than :data:`FOLD_ABOVE` are alike, one that stands for them all."""
    alike: dict[tuple[str, ...], list[Part]] = {}
    parts: list[Part] = []
    for one in observed:
        if one.decided or not one.rules:
            parts.append(one.part)
        else:
            alike.setdefault(one.rules, []).append(one.part)
    for rules, members in alike.items():
        if len(members) <= FOLD_ABOVE:
            parts.extend(members)
            continue
        first = members[0]
        parts.append(
            Part(
                subject=" ".join(rules),
                title=f"{len(members):,} data-blocks",
                objects=len(members),
                extra=first.extra,
                loose=first.loose,
                folded=True,
            )
        )
    return tuple(parts)


def _line(way: Suggestion) -> WayOutLine:
    return WayOutLine(
        way=way.way.value,
        subject=way.subject,
        title=way.title,
        text=way.text,
        leads_to=way.leads_to,
        note=way.note,
        license_id=way.license_id,
        effort=way.effort,
    )
