"""Makes the answer for the whole scene of what was judged for the report.

Pure. Data-blocks of which the same has to be said are one part when there are many: nobody reads ten thousand
ways out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..model.answer import OutputAnswer, SceneUse, WayOutLine
from ..model.findings import Finding, Verdict
from ..model.intended_use import IntendedUse
from ..model.license import LicenseTerms
from ..policy.compound import Judge, Part, PartAnswer, put_together
from ..policy.resolving import UNDECLARED
from ..policy.ways_out import Suggestion, pick_cheapest, suggest

FOLD_ABOVE = 20
"""So many data-blocks are named one by one in the answer."""
IN_FILE_ONLY = Verdict.IN_FILE_ONLY.value


class Observed:
    """What is in a scene beside its licenses: undeclared content, and what is wrong with data-blocks.

    Of data-blocks that are alike, those above :data:`FOLD_ABOVE` are only counted.
    """

    def __init__(self) -> None:
        self._parts: list[Part] = []
        self._alike: dict[tuple[str, ...], list[Part]] = {}
        self._counts: dict[tuple[str, ...], int] = {}

    def add(self, part: Part) -> None:
        """Take a part that is like no other, such as one that somebody decided about."""
        self._parts.append(part)

    def add_alike(
        self, subject: str, title: str, extra: tuple[Finding, ...] = (), *, in_output: bool | None = None
    ) -> None:
        """Take a data-block; without ``extra``, nobody declared it."""
        rules = tuple(finding.rule for finding in extra) or (UNDECLARED,)
        if in_output is False:
            rules = (*rules, IN_FILE_ONLY)
        count = self._counts[rules] = self._counts.get(rules, 0) + 1
        if count <= FOLD_ABOVE + 1:
            part = Part(subject=subject, title=title, extra=extra, loose=bool(extra), in_output=in_output)
            self._alike.setdefault(rules, []).append(part)

    def parts(self) -> tuple[Part, ...]:
        """Return the parts; where too many are alike, one that stands for them all."""
        parts = list(self._parts)
        for rules, members in self._alike.items():
            count, first = self._counts[rules], members[0]
            if count <= FOLD_ABOVE:
                parts.extend(members)
                continue
            parts.append(
                Part(
                    subject=" ".join(rules),
                    title=f"{count:,} data-blocks",
                    objects=count,
                    extra=first.extra,
                    loose=first.loose,
                    folded=True,
                    in_output=first.in_output,
                )
            )
        return tuple(parts)


def answer_scene(
    judge: Judge,
    licenses: Sequence[PartAnswer],
    observed: Observed,
    use: IntendedUse,
    *,
    today: Iterable[LicenseTerms] = (),
) -> tuple[SceneUse, Verdict]:
    """Return what the scene may be used for, and its verdict.

    ``today`` are the licenses as they are sold now, for what could be bought instead.
    """
    found = put_together(judge, (*licenses, *(judge.judge(part, use) for part in observed.parts())), use)
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
