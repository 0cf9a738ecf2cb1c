"""The bill of materials as the page shows it: assets with pictures, licenses with clauses, proof. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..model.declaration import Origin
from ..model.findings import Verdict
from ..model.license import Clause, Confidence, LicenseTerms
from ..model.report import Report, ReportGrant, ReportRow
from ..model.report_details import ReportDetails
from .html_words import (
    EVIDENCE,
    ORIGINS,
    SOURCES,
    TITLE_LENGTH,
    VERDICTS,
    WITNESSES,
    ClauseView,
    count,
    day,
    embed,
    name_topic,
    size,
    view_clause,
)
from .text import clean, web_address

MAX_GRANTS = 1_000
MAX_LICENSES = 200
MAX_CLAUSES = 80
MAX_GROUPS = 400
MAX_NAMES = 60
"""Data-blocks named in one group."""
MAX_PROOFS = 3_000
PICTURE_BYTES = 8 * 1024 * 1024
"""What pictures may add to a page; assets beyond that are shown without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantView:
    """A line of the bill of materials."""

    title: str
    listing: str
    author: str
    license: str
    terms_url: str
    reading: str
    source: str
    verdict: str
    verdict_class: str
    credit: str
    granted: str
    until: str
    data_blocks: int
    grant_id: str
    note: str
    origin: str
    letter: str
    """What stands in the place of a picture."""
    proofs: int
    anchor: str = ""
    license_anchor: str = ""
    picture: str = ""
    outside: int = 0
    """Data-blocks that are only in the file, in no picture that goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseView:
    """One reading of one license's terms."""

    anchor: str
    label: str
    shop: str
    url: str
    sha256: str
    version: str
    read: str
    levels: tuple[tuple[str, str, int], ...]
    """How many clauses are how sure: level, words, number."""
    notes: str
    clauses: tuple[ClauseView, ...]
    assets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofView:
    """What proves one asset."""

    title: str
    anchor: str
    lines: tuple[tuple[str, str, str, str], ...]
    """What, its name, when, its SHA-256."""


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


def view_pictures(report: Report, details: ReportDetails) -> dict[str, str]:
    """Return the pictures of a report's grants as addresses, as many as a page should hold."""
    found: dict[str, str] = {}
    left = PICTURE_BYTES
    for grant in report.grants[:MAX_GRANTS]:
        picture = details.pictures.get(grant.grant_id)
        if picture is not None and len(picture.data) <= left:
            left -= len(picture.data)
            found[grant.grant_id] = embed(picture)
    return found


def view_grants(report: Report, details: ReportDetails, pictures: Mapping[str, str]) -> list[GrantView]:
    """Return the bill of materials, as many lines as a page should have."""
    outside: dict[str, int] = {}
    for row in report.rows:
        if row.in_output is False:
            for grant_id in row.grant_ids:
                outside[grant_id] = outside.get(grant_id, 0) + 1
    anchors = _license_anchors(report)
    return [
        replace(
            _grant(grant, details),
            anchor=f"asset-{number}",
            license_anchor=anchors.get(_license_key(grant), ""),
            picture=pictures.get(grant.grant_id, ""),
            outside=outside.get(grant.grant_id, 0),
        )
        for number, grant in enumerate(report.grants[:MAX_GRANTS], start=1)
    ]


def name_grant(grant: ReportGrant) -> str:
    """Return what an asset is called."""
    return clean(grant.title, TITLE_LENGTH) or clean(grant.grant_id, 60)


def _grant(grant: ReportGrant, details: ReportDetails) -> GrantView:
    declared = grant.is_declared
    shop = "" if declared else clean(grant.marketplace_name or grant.marketplace, 40)
    held, terms = details.grants.get(grant.grant_id), details.terms.get(grant.terms_sha256)
    title = name_grant(grant)
    return GrantView(
        title=title,
        listing="" if declared else f"{shop} {clean(grant.listing_id, 40)}".strip(),
        author=clean(grant.author, 80),
        license=clean(grant.license_label or grant.license_id, 80) or "Unknown license",
        terms_url=web_address(grant.terms_url),
        reading=f"reading of {day(terms.version)}" if terms is not None and terms.known else "",
        source=SOURCES[held.source] if held is not None else "",
        verdict=VERDICTS[grant.verdict],
        verdict_class=grant.verdict.value,
        credit=clean(grant.credit, 300),
        granted=day(grant.granted_at.date()) if grant.granted_at is not None else "",
        until=day(held.valid_until.date()) if held is not None and held.valid_until is not None else "",
        data_blocks=grant.data_blocks,
        grant_id=clean(grant.grant_id, 60),
        note="" if grant.granted_at is not None or declared else "not in this ledger",
        origin=_origin(grant) if declared else "",
        letter=next((char for char in title if char.isalnum()), "?").upper()[:1],
        proofs=len(grant.evidence) + len(details.files.get(grant.grant_id, ())),
    )


def _origin(grant: ReportGrant) -> str:
    try:
        return ORIGINS[Origin(grant.origin)]
    except ValueError:
        return "Declared"


def view_licenses(report: Report, details: ReportDetails) -> list[LicenseView]:
    """Return each reading of terms once, in the order of the bill of materials."""
    grants: dict[tuple[str, str], list[ReportGrant]] = {}
    for grant in report.grants:
        if grant.license_id and not grant.is_declared:
            grants.setdefault(_license_key(grant), []).append(grant)
    anchors = _license_anchors(report)
    return [
        _license(anchors[key], members, details.terms.get(members[0].terms_sha256))
        for key, members in list(grants.items())[:MAX_LICENSES]
    ]


def _license(anchor: str, grants: Sequence[ReportGrant], terms: LicenseTerms | None) -> LicenseView:
    first = grants[0]
    clauses = terms.clauses if terms is not None else _known_clauses(grants)
    days = sorted({clause.read_on for clause in clauses})
    read = "" if not days else day(days[0]) if len(days) == 1 else f"{day(days[0])} to {day(days[-1])}"
    shown = merge_clauses(clauses)
    found = [clause.level for clause in shown]
    return LicenseView(
        anchor=anchor,
        label=clean(first.license_label or first.license_id, 80) or "Unknown license",
        shop=clean(first.marketplace_name or first.marketplace, 40),
        url=web_address(first.terms_url),
        sha256=clean(first.terms_sha256, 64),
        version=day(terms.version) if terms is not None and terms.known else "",
        read=read,
        levels=tuple(
            (level.value, _LEVEL_WORDS[level], found.count(level.value))
            for level in Confidence
            if level.value in found
        ),
        notes=clean(terms.notes, 500) if terms is not None else "",
        clauses=shown[:MAX_CLAUSES],
        assets=len(grants),
    )


def merge_clauses(clauses: Iterable[Clause]) -> tuple[ClauseView, ...]:
    """Return each clause once, with all that it is about: the terms have it once for each fact."""
    topics: dict[Clause, list[str]] = {}
    for clause in clauses:
        topics.setdefault(replace(clause, topic=""), []).append(name_topic(clause.topic))
    return tuple(
        replace(view, topic=", ".join((names[0], *(_lower(name) for name in names[1:]))))
        for clause, names in topics.items()
        if (view := view_clause(clause)) is not None
    )


def _lower(name: str) -> str:
    """Begin a word within a list in lower case, unless it is an abbreviation."""
    return name if name[1:2].isupper() else name[:1].lower() + name[1:]


_LEVEL_WORDS = {
    Confidence.PRIMARY: "from the licensor’s own text",
    Confidence.SECONDARY: "from somebody else’s dated account",
    Confidence.UNCONFIRMED: "not confirmed",
}


def _known_clauses(grants: Sequence[ReportGrant]) -> tuple[Clause, ...]:
    """Return the clauses that findings name, for a report whose terms are not at hand."""
    found = {one.clause: None for grant in grants for one in grant.findings if one.clause is not None}
    return tuple(found)


def _license_key(grant: ReportGrant) -> tuple[str, str]:
    return (grant.license_id, grant.terms_sha256)


def _license_anchors(report: Report) -> dict[tuple[str, str], str]:
    keys = dict.fromkeys(
        _license_key(grant) for grant in report.grants if grant.license_id and not grant.is_declared
    )
    return {key: f"license-{number}" for number, key in enumerate(list(keys)[:MAX_LICENSES], start=1)}


def view_proofs(report: Report, details: ReportDetails) -> tuple[list[ProofView], int]:
    """Return what proves each asset: papers, receipts, delivered files; and how many lines are left out."""
    made: list[ProofView] = []
    left, dropped = MAX_PROOFS, 0
    for number, grant in enumerate(report.grants, start=1):
        lines = [
            (
                EVIDENCE[one.kind],
                clean(one.label, 160),
                day(one.at.date()) if one.at is not None else "",
                clean(one.sha256, 64),
            )
            for one in grant.evidence
        ]
        lines += [
            (
                "Delivered file",
                f"{clean(file.name, 120)}, {size(file.size)}",
                day(file.downloaded_at.date()),
                clean(file.sha256, 64),
            )
            for file in details.files.get(grant.grant_id, ())
        ]
        if not lines:
            continue
        dropped += max(0, len(lines) - left)
        if left > 0:
            shown = tuple(lines[:left])
            left -= len(shown)
            anchor = f"asset-{number}" if number <= MAX_GRANTS else ""
            made.append(ProofView(title=name_grant(grant), anchor=anchor, lines=shown))
    return made, dropped


_ELSEWHERE = frozenset({Verdict.UNDECLARED, Verdict.IN_FILE_ONLY})
"""What parts of the page of their own list."""


def view_groups(
    rows: Iterable[ReportRow], titles: Mapping[str, str], *, outside: bool = False
) -> tuple[list[GroupView], int]:
    """Return data-blocks grouped by license and verdict, and how many groups were left out.

    ``outside``: only those that are in the file and in no picture that goes out.
    """
    groups: dict[tuple[tuple[str, ...], Verdict], list[ReportRow]] = {}
    for row in rows:
        wanted = row.in_output is False if outside else row.verdict not in _ELSEWHERE
        if wanted:
            groups.setdefault((row.grant_ids, row.verdict), []).append(row)
    views = [
        GroupView(
            title=" + ".join(titles.get(grant_id, clean(grant_id, 60)) for grant_id in grant_ids[:4])
            or ("Undeclared" if verdict in _ELSEWHERE and not group[0].witness else "License not known"),
            verdict=VERDICTS[verdict],
            verdict_class=verdict.value,
            count=len(group),
            names=tuple(
                (row.id_type, clean(row.name, 80), WITNESSES.get(row.witness, clean(row.witness, 40)))
                for row in group[:MAX_NAMES]
            ),
            more=max(0, len(group) - MAX_NAMES),
        )
        for (grant_ids, verdict), group in list(groups.items())[:MAX_GROUPS]
    ]
    return views, max(0, len(groups) - MAX_GROUPS)


def sum_up(grants: Sequence[ReportGrant]) -> str:
    """Return such as "7 assets under 6 licenses"."""
    licenses = len({_license_key(grant) for grant in grants})
    return f"{count(len(grants), 'asset')} under {count(licenses, 'license')}"
