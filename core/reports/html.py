"""Writes the report as one self-contained HTML page: verdict first, then what stands against it.

Every foreign text is cleaned here and escaped by the template; sizes are bounded, so that a scene of ten
thousand data-blocks stays a page that a browser opens. Imports Jinja2 only while it renders. No I/O but
reading its own template from the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.license import Clause, Confidence
from ..model.report import Report, ReportGrant, ReportRow
from ..model.scene import IdType
from ..policy.wording import OUTPUTS
from .credits import collect_credits
from .text import clean, web_address

TITLE_LENGTH = 120
MAX_SUBJECTS = 24
"""Names shown beside one finding."""
MAX_GRANTS = 1_000
MAX_GROUPS = 400
MAX_NAMES = 60
"""Data-blocks named in one group."""
MAX_UNDECLARED = 400

VERDICTS = {
    Verdict.CLEARED: "Cleared",
    Verdict.NEEDS_REVIEW: "Needs review",
    Verdict.UNDECLARED: "Undeclared",
    Verdict.NOT_CLEARED: "Not cleared",
}
_SEVERITIES = {
    Severity.ERROR: "Stands against the use",
    Severity.WARNING: "Somebody has to look",
    Severity.HINT: "Good to know",
}
_ID_TYPES = frozenset(IdType)
_CONFIDENCE = {
    Confidence.PRIMARY: "read in the licensor’s own text",
    Confidence.SECONDARY: "read in somebody else’s dated account",
    Confidence.UNCONFIRMED: "not confirmed",
}
_WITNESSES = {
    "stamp": "stamp",
    "faces": "marked faces, partly",
    "stamp+faces": "stamp and marked faces",
    "data": "by its data",
    "merged": "merged from several assets",
    "faces_lost": "stamp; geometry rebuilt",
    "stamp_lost": "marked faces; stamp taken off",
    "unknown_grant": "not in this ledger",
    "damaged": "damaged stamp",
    "newer": "stamp of a newer version",
    "": "no license",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClauseView:
    """A clause as it is shown."""

    summary: str
    url: str
    host: str
    read_on: str
    confidence: str
    level: str
    quoted: bool


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
class CardView:
    """Everything that is said of the same subjects. ``severity`` is the worst of its points."""

    severity: str
    label: str
    subjects: tuple[str, ...]
    more: int
    points: tuple[PointView, ...]
    asides: tuple[PointView, ...]
    """Doubts beside a denial: the denial decides, so these are only named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """A line of the bill of materials."""

    title: str
    listing: str
    author: str
    license: str
    terms_url: str
    verdict: str
    verdict_class: str
    credit: str
    granted: str
    data_blocks: int
    grant_id: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """Data-blocks with the same licenses and verdict."""

    title: str
    verdict: str
    verdict_class: str
    count: int
    names: tuple[tuple[str, str, str], ...]
    """Type, name, and how the license is known."""
    more: int


def render_html(report: Report) -> str:
    """Write the page."""
    from .page import render_page

    return render_page("report.html.j2", make_context(report))


def make_context(report: Report) -> dict[str, object]:
    """Return everything that the template shows, cleaned and bounded."""
    titles = {grant.grant_id: _title(grant) for grant in report.grants}
    titles |= dict.fromkeys(report.lost, "No longer there")
    against = [finding for finding in report.findings if finding.severity is not Severity.HINT]
    hints = [
        finding
        for finding in report.findings
        if finding.severity is Severity.HINT and finding.rule != "scene.lost"
    ]
    credit_lines = [credit.line for credit in collect_credits(report)]
    obstacles = group_findings(against, titles)
    undeclared = [row for row in report.rows if row.verdict is Verdict.UNDECLARED]
    return {
        "verdict": VERDICTS[report.verdict],
        "verdict_class": report.verdict.value,
        "summary": clean(report.summary, 600),
        "project": clean(report.use.name, TITLE_LENGTH) or "Untitled project",
        "client": clean(report.use.client, TITLE_LENGTH),
        "scene": clean(_file_name(report.scene), TITLE_LENGTH) or "Unsaved scene",
        "scene_path": clean(report.scene, 300),
        "host": clean(report.host, TITLE_LENGTH),
        "made_at": _moment(report.made_at),
        "made_at_iso": report.made_at.isoformat(),
        "tool_version": clean(report.tool_version, 40),
        "counts": (
            ("Licensed assets", len(report.grants)),
            ("Data-blocks", len(report.rows)),
            ("Obstacles", len(obstacles)),
            ("Undeclared", len(undeclared)),
        ),
        "obstacles": obstacles,
        "hints": group_findings(hints, titles),
        "use": _use(report.use),
        "grants": [_grant(grant) for grant in report.grants[:MAX_GRANTS]],
        "grants_more": max(0, len(report.grants) - MAX_GRANTS),
        "credits": credit_lines[:MAX_GRANTS],
        "undeclared": [(row.id_type, clean(row.name, 80)) for row in undeclared[:MAX_UNDECLARED]],
        "undeclared_count": len(undeclared),
        "undeclared_more": max(0, len(undeclared) - MAX_UNDECLARED),
        "lost": [
            (clean(finding.message, 300), clean(finding.subject, TITLE_LENGTH))
            for finding in report.findings
            if finding.rule == "scene.lost"
        ][:MAX_GRANTS],
        "groups": _groups(report.rows, titles),
        "rows_count": len(report.rows),
        "evidence": _evidence(report.grants),
    }


def group_findings(findings: Iterable[Finding], titles: dict[str, str]) -> tuple[CardView, ...]:
    """Put what is said of the same subjects on one card, in the order in which it came.

    Equal findings on many subjects are one point first: three hundred assets under one license give one
    card, not three hundred.
    """
    subjects: dict[tuple[str, str, str, Clause | None], dict[str, None]] = {}
    worst: dict[tuple[str, str, str, Clause | None], Severity] = {}
    for finding in findings:
        key = (finding.rule, finding.message, finding.how_to_fix, finding.clause)
        worst.setdefault(key, finding.severity)
        names = subjects.setdefault(key, {})
        if finding.subject:
            names[titles.get(finding.subject) or _subject(finding.subject)] = None
    cards: dict[tuple[str, ...], list[PointView]] = {}
    for key, names in subjects.items():
        rule, message, how_to_fix, clause = key
        cards.setdefault(tuple(names), []).append(
            PointView(
                rule=rule,
                severity=worst[key].value,
                label=_SEVERITIES[worst[key]],
                message=clean(message, 700),
                how_to_fix=clean(how_to_fix, 700),
                clause=_clause(clause),
            )
        )
    return tuple(_card(shown, points) for shown, points in cards.items())


def _card(subjects: tuple[str, ...], points: list[PointView]) -> CardView:
    worst = points[0].severity
    split = worst == Severity.ERROR
    return CardView(
        severity=worst,
        label=points[0].label,
        subjects=subjects[:MAX_SUBJECTS],
        more=max(0, len(subjects) - MAX_SUBJECTS),
        points=tuple(point for point in points if not split or point.severity == worst),
        asides=tuple(point for point in points if split and point.severity != worst),
    )


def _subject(subject: str) -> str:
    """Write ``MESH/Chair`` as "Mesh Chair"."""
    kind, slash, name = subject.partition("/")
    return f"{kind.capitalize()} {clean(name, 80)}" if slash and kind in _ID_TYPES else clean(subject, 80)


def _clause(clause: Clause | None) -> ClauseView | None:
    if clause is None:
        return None
    url = web_address(clause.url)
    return ClauseView(
        summary=clean(clause.summary, 700),
        url=url,
        host=url.partition("://")[2].partition("/")[0].removeprefix("www."),
        read_on=_day(clause.read_on.isoformat()),
        confidence=_CONFIDENCE[clause.confidence],
        level=clause.confidence.value,
        quoted=clause.quoted,
    )


def _grant(grant: ReportGrant) -> GrantView:
    shop = clean(grant.marketplace_name or grant.marketplace, 40)
    return GrantView(
        title=_title(grant),
        listing=f"{shop} {clean(grant.listing_id, 40)}".strip(),
        author=clean(grant.author, 80),
        license=clean(grant.license_label or grant.license_id, 80) or "Unknown license",
        terms_url=web_address(grant.terms_url),
        verdict=VERDICTS[grant.verdict],
        verdict_class=grant.verdict.value,
        credit=clean(grant.credit, 300),
        granted=_day(grant.granted_at.date().isoformat()) if grant.granted_at is not None else "",
        data_blocks=grant.data_blocks,
        grant_id=clean(grant.grant_id, 60),
        note="" if grant.granted_at is not None else "not in this ledger",
    )


def _groups(rows: Sequence[ReportRow], titles: dict[str, str]) -> tuple[list[GroupView], int]:
    """Return data-blocks grouped by license and verdict, and how many groups were left out."""
    groups: dict[tuple[tuple[str, ...], Verdict], list[ReportRow]] = {}
    for row in rows:
        if row.verdict is not Verdict.UNDECLARED:
            groups.setdefault((row.grant_ids, row.verdict), []).append(row)
    views = [
        GroupView(
            title=" + ".join(titles.get(grant_id, clean(grant_id, 60)) for grant_id in grant_ids[:4])
            or "License not known",
            verdict=VERDICTS[verdict],
            verdict_class=verdict.value,
            count=len(group),
            names=tuple(
                (row.id_type, clean(row.name, 80), _WITNESSES.get(row.witness, row.witness))
                for row in group[:MAX_NAMES]
            ),
            more=max(0, len(group) - MAX_NAMES),
        )
        for (grant_ids, verdict), group in list(groups.items())[:MAX_GROUPS]
    ]
    return views, max(0, len(groups) - MAX_GROUPS)


def _evidence(grants: Iterable[ReportGrant]) -> list[tuple[str, str, str, int]]:
    """Return each reading of terms once: license, hash, address, number of assets under it."""
    found: dict[tuple[str, str, str], int] = {}
    for grant in grants:
        if grant.terms_sha256:
            label = clean(grant.license_label or grant.license_id, 80)
            shop = clean(grant.marketplace_name or grant.marketplace, 40)
            key = (f"{shop}: {label}", clean(grant.terms_sha256, 64), web_address(grant.terms_url))
            found[key] = found.get(key, 0) + 1
    return [(*key, count) for key, count in sorted(found.items())][:MAX_GRANTS]


def _use(use: IntendedUse) -> list[tuple[str, str]]:
    budget = use.production_budget
    extra = [
        word
        for word, wanted in (
            ("merchandise", use.merchandise),
            ("templates", use.templates),
            ("sensitive context", use.sensitive),
        )
        if wanted
    ]
    lines = [
        ("Purpose", "Commercial" if use.purpose is Purpose.COMMERCIAL else "Editorial"),
        ("Leaves the house by", "; ".join(OUTPUTS[kind] for kind in OutputKind if kind in use.outputs)),
        ("Media", ", ".join(_medium(word) for word in use.media)),
        ("Territory", ", ".join(clean(word, 8) for word in use.territory) or "worldwide"),
        ("Printed copies", _number(use.print_run)),
        ("Impressions", _number(use.impressions)),
        ("Audience", _number(use.audience)),
        ("Production budget", str(budget) if budget is not None else ""),
        ("Also", ", ".join(extra)),
        ("People at the files", f"{use.seats:,}"),
    ]
    return [(label, value or "not stated") for label, value in lines if value or label != "Also"]


def _medium(word: str) -> str:
    return word.upper() if word in {"tv", "vr"} else clean(word, 40).replace("_", " ")


def _title(grant: ReportGrant) -> str:
    return clean(grant.title, TITLE_LENGTH) or clean(grant.grant_id, 60)


def _file_name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _moment(at: datetime) -> str:
    return f"{_day(at.date().isoformat())}, {at:%H:%M} {at.tzname() or ''}".strip()


def _day(iso: str) -> str:
    """Write a day without asking the machine's language."""
    months = (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    )  # fmt: skip
    year, month, day = iso.split("-")
    return f"{int(day)} {months[int(month) - 1]} {year}"
