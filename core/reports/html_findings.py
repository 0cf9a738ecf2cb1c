"""What the page says of findings: cards of what stands in the way, ways out, and what was decided. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..model.answer import SceneUse, WayOutLine
from ..model.findings import Finding, Severity
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.license import Clause
from ..model.scene import IdType
from .html_words import OUTPUT_NAMES, RESOLUTIONS, SEVERITIES, VERDICTS, ClauseView, day, view_clause
from .text import clean

MAX_SUBJECTS = 24
"""Names shown beside one finding."""
MAX_PICTURES = 8
"""Pictures shown on one card."""
MAX_WAYS = 12
MAX_OTHER_WAYS = 4
MAX_RESOLUTIONS = 500
MAX_IN_CELL = 2
"""Obstacles named in one cell of the table of uses."""

_ID_TYPES = frozenset(IdType)
_Key = tuple[str, str, str, Clause | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """One thing that is said."""

    rule: str
    severity: str
    label: str
    message: str
    how_to_fix: str
    clause: ClauseView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """One way out, and the verdict that it leads to."""

    text: str
    note: str
    verdict: str
    verdict_class: str
    anchor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """Everything that is said of the same subjects. ``severity`` is the worst of its points."""

    severity: str
    label: str
    subjects: tuple[str, ...]
    more: int
    points: tuple[PointView, ...]
    asides: tuple[PointView, ...]
    """Doubts beside a denial: the denial decides, so these are only named."""
    pictures: tuple[str, ...] = ()
    ways: tuple[WayView, ...] = ()
    more_ways: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CellView:
    """The answer for one output and purpose."""

    verdict: str
    verdict_class: str
    obstacles: tuple[str, ...]
    """Names, where they are few."""
    number: int
    """How many parts are in the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseRow:
    """One output in the table of what the scene may be used for."""

    output: str
    planned: bool
    cells: tuple[CellView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """What somebody decided about a finding."""

    subject: str
    rule: str
    message: str
    kind: str
    author: str
    decided: str
    until: str
    reason: str
    evidence: str
    project: str


class Names:
    """What the subjects of findings are called, and what they look like."""

    def __init__(self, titles: Mapping[str, str], pictures: Mapping[str, str]) -> None:
        self._titles = titles
        self._pictures = pictures

    def of(self, subject: str) -> str:
        """Write ``MESH/Chair`` as "Mesh Chair", and a grant's id as its title."""
        title = self._titles.get(subject)
        if title is not None:
            return title
        kind, slash, name = subject.partition("/")
        if slash and kind in _ID_TYPES:
            return f"{kind.capitalize()} {clean(name, 80)}"
        return clean(subject, 80)

    def picture(self, subject: str) -> str:
        """Return a subject's picture as an address; empty without one."""
        return self._pictures.get(subject, "")


def group_findings(
    findings: Iterable[Finding], names: Names, answer: SceneUse | None = None
) -> tuple[CardView, ...]:
    """Put what is said of the same subjects on one card, in the order in which it came.

    Equal findings on many subjects are one point first: three hundred assets under one license give one
    card, not three hundred.
    """
    subjects: dict[_Key, dict[str, None]] = {}
    worst: dict[_Key, Severity] = {}
    for finding in findings:
        key = (finding.rule, finding.message, finding.how_to_fix, finding.clause)
        worst.setdefault(key, finding.severity)
        about = subjects.setdefault(key, {})
        if finding.subject:
            about[finding.subject] = None
    cards: dict[tuple[str, ...], list[PointView]] = {}
    for key, about in subjects.items():
        rule, message, how_to_fix, clause = key
        cards.setdefault(tuple(about), []).append(
            PointView(
                rule=rule,
                severity=worst[key].value,
                label=SEVERITIES[worst[key]],
                message=clean(message, 700),
                how_to_fix=clean(how_to_fix, 700),
                clause=view_clause(clause),
            )
        )
    ways = _ways_by_subject(answer)
    return tuple(_card(shown, points, names, ways) for shown, points in cards.items())


def _card(
    subjects: tuple[str, ...],
    points: list[PointView],
    names: Names,
    ways: Mapping[str, Sequence[WayOutLine]],
) -> CardView:
    worst = points[0].severity
    split = worst == Severity.ERROR
    called = tuple(dict.fromkeys(names.of(subject) for subject in subjects))
    pictures = [picture for subject in subjects if (picture := names.picture(subject))]
    # Each subject's own cheapest way; for a single one, what else there is too.
    known = [way for subject in subjects for way in ways.get(subject, ())[: 1 if len(subjects) > 1 else None]]
    shown = tuple({(way.text, way.leads_to): view_way(way) for way in known}.values())
    limit = MAX_OTHER_WAYS
    return CardView(
        severity=worst,
        label=points[0].label,
        subjects=called[:MAX_SUBJECTS],
        more=max(0, len(called) - MAX_SUBJECTS),
        points=tuple(point for point in points if not split or point.severity == worst),
        asides=tuple(point for point in points if split and point.severity != worst),
        pictures=tuple(pictures[:MAX_PICTURES]),
        ways=shown[:limit],
        more_ways=max(0, len(shown) - limit),
    )


def view_way(way: WayOutLine) -> WayView:
    """Return a way out as it is shown."""
    return WayView(
        text=clean(way.text, 400),
        note=clean(way.note, 300),
        verdict=VERDICTS[way.leads_to],
        verdict_class=way.leads_to.value,
    )


def view_cheapest(answer: SceneUse | None) -> tuple[tuple[WayView, ...], int]:
    """Return the first way out of each part, and how many more there are."""
    ways = answer.cheapest if answer is not None else ()
    # An object and its mesh are two parts with one name, and one thing to do.
    shown = tuple({(way.text, way.leads_to): view_way(way) for way in ways}.values())
    return shown[:MAX_WAYS], max(0, len(shown) - MAX_WAYS)


def view_uses(answer: SceneUse | None, use: IntendedUse, names: Names) -> tuple[UseRow, ...]:
    """Return the table of what the scene is good for: outputs down, purposes across."""
    if answer is None or not answer.still_for:
        return ()
    found = {(one.output, one.purpose): one for one in answer.still_for}
    rows: list[UseRow] = []
    for output in OutputKind:
        cells = []
        for purpose in Purpose:
            one = found.get((output, purpose))
            if one is None:
                continue
            called = tuple(dict.fromkeys(names.of(subject) for subject in one.obstacles))
            cells.append(
                CellView(
                    verdict=VERDICTS[one.verdict],
                    verdict_class=one.verdict.value,
                    obstacles=called if len(called) <= MAX_IN_CELL else (),
                    number=len(one.obstacles),
                )
            )
        if len(cells) == len(Purpose):
            rows.append(
                UseRow(output=OUTPUT_NAMES[output], planned=output in use.outputs, cells=tuple(cells))
            )
    return tuple(rows)


def view_decisions(findings: Iterable[Finding], names: Names) -> tuple[DecisionView, ...]:
    """Return what was decided about findings, each decision once."""
    found: dict[tuple[str, str, str], DecisionView] = {}
    for finding in findings:
        resolution = finding.resolved_by
        if resolution is None:
            continue
        found.setdefault(
            (resolution.id, finding.rule, finding.subject),
            DecisionView(
                subject=names.of(finding.subject),
                rule=finding.rule,
                message=clean(finding.message, 300),
                kind=RESOLUTIONS[resolution.kind],
                author=clean(resolution.author, 80),
                decided=day(resolution.decided_at.date()),
                until=day(resolution.ends_at.date()) if resolution.ends_at is not None else "",
                reason=clean(resolution.reason, 500),
                evidence=clean(resolution.evidence_sha256, 64),
                project=clean(resolution.project, 80),
            ),
        )
    return tuple(found.values())


def _ways_by_subject(answer: SceneUse | None) -> dict[str, list[WayOutLine]]:
    found: dict[str, list[WayOutLine]] = {}
    for way in answer.ways_out if answer is not None else ():
        found.setdefault(way.subject, []).append(way)
    return found
