"""What the viewport says of each object: its answer, its label, its pattern, the legend. Pure: no bpy.

Color is never the only sign: each answer has a pattern of its own around the object and a word in the label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ....core.model.declaration import Origin
from ....core.model.findings import Finding, Severity, Verdict
from ....core.model.report import Report, ReportGrant, ReportRow
from ....core.model.scene import HELPER_OBJECTS
from ....core.policy.compound import WEIGHT
from .text import count, shorten

PartKey = tuple[str, str, str]
"""Type, name and library path of a data-block, as the report's rows have them."""
Color = tuple[float, float, float]
Point = tuple[float, float, float]
Segment = tuple[Point, Point]

ORDER = (Verdict.NOT_CLEARED, Verdict.UNDECLARED, Verdict.NEEDS_REVIEW, Verdict.CLEARED)
"""What is drawn, the heaviest first."""
NAMES: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.NOT_CLEARED: "not cleared",
        Verdict.UNDECLARED: "undeclared",
        Verdict.NEEDS_REVIEW: "needs review",
        Verdict.CLEARED: "cleared",
    }
)
COLORS: Mapping[Verdict, Color] = MappingProxyType(
    {
        Verdict.NOT_CLEARED: (0.86, 0.18, 0.08),
        Verdict.UNDECLARED: (0.64, 0.30, 0.74),
        Verdict.NEEDS_REVIEW: (0.97, 0.90, 0.20),
        Verdict.CLEARED: (0.15, 0.85, 0.77),
    }
)
"""sRGB, far from each other with each kind of color blindness: a test simulates them."""
SIGNS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.NOT_CLEARED: "\N{MULTIPLICATION SIGN}",
        Verdict.UNDECLARED: "?",
        Verdict.NEEDS_REVIEW: "!",
        Verdict.CLEARED: "\N{CHECK MARK}",
    }
)
_ORIGINS = {
    Origin.OWN_WORK: "own work",
    Origin.CLIENT: "from the client",
    Origin.FREE_LICENSE: "free license",
    Origin.PUBLIC_DOMAIN: "public domain",
    Origin.OTHER: "declared",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """What the viewport says of one object."""

    verdict: Verdict | None
    """None: the last check did not see it."""
    label: str = ""
    """Such as ``cgtrader:42 · Royalty Free · not cleared``."""
    line: str = ""
    """The finding that decides, as a sentence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LegendRow:
    """One answer, and how many objects have it."""

    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Legend:
    """The corner's box."""

    title: str
    rows: tuple[LegendRow, ...]
    notes: tuple[str, ...] = ()


UNCHECKED = Tag(verdict=None, label="not checked yet", line="It came after the last check. Check again.")


class Tagger:
    """Says for any object, by the data-blocks that it is made of, what a report's answer about it is."""

    def __init__(self, report: Report) -> None:
        self._rows: dict[PartKey, ReportRow] = {
            (row.id_type, row.name, row.library): row for row in report.rows
        }
        self._grants = {grant.grant_id: grant for grant in report.grants}
        self._findings: dict[str, Finding] = {}
        for finding in report.findings:
            if finding.decides and finding.severity is not Severity.HINT:
                self._findings.setdefault(finding.subject, finding)
        self._use = shorten(report.use.name, 40)

    def tag(self, parts: Iterable[PartKey | None], *, data_type: str) -> Tag | None:
        """Return what to say of an object; None where there is nothing to say (a lamp, a camera).

        ``data_type`` is Blender's type of the object. The parts are all that it is made of, itself included;
        None for one that came after the scene was read: then nothing is known of the whole.
        """
        keys = tuple(parts)
        rows = [row for part in dict.fromkeys(keys) if part and (row := self._rows.get(part)) is not None]
        is_helper = data_type in HELPER_OBJECTS
        if None in keys and (rows or not is_helper):
            return UNCHECKED
        return self._say(rows) if rows else None

    def _say(self, rows: list[ReportRow]) -> Tag:
        counted = [row for row in rows if row.verdict is not Verdict.IN_FILE_ONLY]
        if not counted:
            return Tag(verdict=Verdict.IN_FILE_ONLY)
        counted.sort(key=lambda row: -WEIGHT[row.verdict])
        worst = counted[0]
        grant_ids = tuple(dict.fromkeys(one for row in counted for one in row.grant_ids))
        return Tag(
            verdict=worst.verdict,
            label=self._label(worst, grant_ids),
            line=self._line([row for row in counted if row.verdict is worst.verdict]),
        )

    def _label(self, worst: ReportRow, grant_ids: tuple[str, ...]) -> str:
        name = NAMES[worst.verdict]
        if not worst.grant_ids:
            # What nobody declared has no license to name: the part is, where it is not the object itself.
            part = "" if worst.id_type == "OBJECT" else shorten(worst.name, 24)
            return " · ".join(filter(None, (part, name, _more(len(grant_ids), "license"))))
        shown = max(worst.grant_ids, key=self._weight)
        grant = self._grants.get(shown)
        said = _name_license(grant) if grant is not None else shorten(shown, 24)
        return " · ".join(filter(None, (said, name, _more(len(grant_ids) - 1, "other"))))

    def _weight(self, grant_id: str) -> int:
        grant = self._grants.get(grant_id)
        return WEIGHT[grant.verdict] if grant is not None else 0

    def _line(self, worst: list[ReportRow]) -> str:
        subjects = (
            *(f"{row.id_type}/{row.name}" for row in worst),
            *(one for row in worst for one in row.grant_ids),
        )
        for subject in subjects:
            finding = self._findings.get(subject)
            if finding is not None:
                return shorten(finding.message, 200)
        if worst[0].verdict is Verdict.UNDECLARED:
            return "Nobody has said where it comes from."
        if worst[0].verdict is Verdict.CLEARED:
            return f"Cleared for “{self._use}”."
        return "See the report: what stands against it is about the whole scene."


def make_legend(report: Report, tags: Iterable[Tag]) -> Legend:
    """Count the answers of the objects in view."""
    counts = Counter(tag.verdict for tag in tags)
    rows = tuple(
        LegendRow(verdict=verdict, text=f"{NAMES[verdict].capitalize()}  {counts[verdict]:,}")
        for verdict in ORDER
        if counts[verdict]
    )
    notes = []
    if not rows:
        notes.append("Nothing here carries a license.")
    if counts[Verdict.IN_FILE_ONLY]:
        notes.append(f"{count(counts[Verdict.IN_FILE_ONLY], 'object')} in the file only")
    if counts[None]:
        notes.append(f"{counts[None]:,} not checked yet: check again")
    return Legend(title=f"Licenses for “{shorten(report.use.name, 28)}”", rows=rows, notes=tuple(notes))


def pattern(verdict: Verdict, *, light: bool = False) -> tuple[Segment, ...]:
    """Return the lines around an object, in a box from (0, 0, 0) to (1, 1, 1).

    Not cleared: all edges, and a cross on each face. Undeclared: dots along the edges. Needs review: dashes.
    Cleared: corners only. ``light`` is for thousands of objects: twelve lines or fewer, as different.
    """
    if light:
        return _light_pattern(verdict)
    match verdict:
        case Verdict.NOT_CLEARED:
            return (*_along_edges(((0.0, 1.0),)), *_crosses())
        case Verdict.UNDECLARED:
            dots = tuple((number / 8 - 0.014, number / 8 + 0.014) for number in range(9))
            return _along_edges(dots)
        case Verdict.NEEDS_REVIEW:
            return _along_edges(((0.0, 0.2), (0.4, 0.6), (0.8, 1.0)))
        case _:
            return _along_edges(((0.0, 0.16), (0.84, 1.0)))


def _light_pattern(verdict: Verdict) -> tuple[Segment, ...]:
    match verdict:
        case Verdict.NOT_CLEARED:
            return _along_edges(((0.0, 1.0),))
        case Verdict.UNDECLARED:
            return _along_edges(((0.46, 0.54),))
        case Verdict.NEEDS_REVIEW:
            return _along_edges(((0.3, 0.7),))
        case _:
            upright = 2
            return tuple(
                (_on_edge(upright, u, v, start), _on_edge(upright, u, v, end))
                for u in (0.0, 1.0)
                for v in (0.0, 1.0)
                for start, end in ((0.0, 0.2), (0.8, 1.0))
            )


def _along_edges(pieces: tuple[tuple[float, float], ...]) -> tuple[Segment, ...]:
    return tuple(
        (_on_edge(axis, u, v, start), _on_edge(axis, u, v, end))
        for axis in range(3)
        for u in (0.0, 1.0)
        for v in (0.0, 1.0)
        for start, end in pieces
    )


def _on_edge(axis: int, u: float, v: float, t: float) -> Point:
    point = [u, v]
    point.insert(axis, t)
    return point[0], point[1], point[2]


def _crosses() -> tuple[Segment, ...]:
    """Return a small cross in the middle of each face."""
    low, high = 0.38, 0.62
    found: list[Segment] = []
    for axis in range(3):
        for side in (0.0, 1.0):
            for first, second in (((low, low), (high, high)), ((low, high), (high, low))):
                ends = []
                for u, v in (first, second):
                    point = [u, v]
                    point.insert(axis, side)
                    ends.append((point[0], point[1], point[2]))
                found.append((ends[0], ends[1]))
    return tuple(found)


def _name_license(grant: ReportGrant) -> str:
    if grant.is_declared:
        try:
            origin = _ORIGINS[Origin(grant.origin)]
        except ValueError:
            origin = "declared"
        return " · ".join(filter(None, (shorten(grant.title, 24), origin)))
    label = shorten(grant.license_label, 28) or "license not known"
    return f"{shorten(grant.marketplace, 20)}:{shorten(grant.listing_id, 20)} · {label}"


def _more(number: int, what: str) -> str:
    return f"+{count(number, what)}" if number > 0 else ""
