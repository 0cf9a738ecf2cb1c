"""Writes a production's report as one self-contained HTML page. Pure; everything is cleaned and bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from ..model.findings import Verdict
from ..model.picture import Picture
from ..model.production import GrantLine, ProductionReport
from .html_materials import PICTURE_BYTES
from .html_words import TITLE_LENGTH, day, embed, moment
from .production_formats import summarize_production
from .text import clean

MAX_LINES = 1_000
MAX_FILES = 2_000
MAX_PLACES = 40
"""Files named with one license."""

WORDS = {
    Verdict.CLEARED: "Covered",
    Verdict.NEEDS_REVIEW: "Needs review",
    Verdict.UNDECLARED: "Undeclared",
    Verdict.NOT_CLEARED: "Not covered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseView:
    """A license in the production, as it is shown."""

    title: str
    listing: str
    author: str
    license: str
    state: str
    since: str
    project: str
    clients: str
    verdict: str
    verdict_class: str
    why: tuple[str, ...]
    files: int
    folders: tuple[str, ...]
    places: tuple[tuple[str, int], ...]
    more_places: int
    elsewhere: bool
    grant_id: str
    picture: str
    letter: str


def render_production_html(
    report: ProductionReport, *, pictures: Mapping[str, Picture] | None = None, tool_version: str = ""
) -> str:
    """Write the page. ``pictures`` by grant id."""
    from .page import render_page

    return render_page(
        "production.html.j2", make_production_context(report, pictures or {}, tool_version=tool_version)
    )


def make_production_context(
    report: ProductionReport, pictures: Mapping[str, Picture], *, tool_version: str = ""
) -> dict[str, object]:
    """Return everything that the template shows."""
    shown = _embed(report, pictures)
    review = [line for line in report.used if not line.why_not and line.verdicts]
    fine = [line for line in report.used if not line.why_not and not line.verdicts]
    open_files = [
        file
        for file in report.files
        if file.undeclared or file.unreadable_stamps or file.unknown_faces or file.doubtful
    ]
    return {
        "verdict": WORDS[report.verdict],
        "verdict_class": report.verdict.value,
        "summary": summarize_production(report),
        "folder": clean(PurePath(report.folder).name, TITLE_LENGTH) or "/",
        "folder_path": clean(report.folder, 400),
        "made_at": moment(report.made_at),
        "made_at_iso": report.made_at.isoformat(),
        "tool_version": clean(tool_version, 40),
        "counts": (
            ("Files", len(report.files)),
            ("Licenses used", len(report.used)),
            ("Not covered", len(report.not_covered)),
            ("Paid but unused", len(report.unused)),
            ("Undeclared", report.undeclared),
        ),
        "folders": [
            {
                "folder": clean(line.folder, TITLE_LENGTH) or "(in the folder itself)",
                "project": clean(line.project, TITLE_LENGTH),
                "client": clean(line.client, TITLE_LENGTH),
                "problem": clean(line.use_problem, 400),
                "files": line.files,
                "grants": line.grants,
                "not_covered": line.not_covered,
                "to_review": line.to_review,
                "undeclared": line.undeclared,
            }
            for line in report.folders[:MAX_LINES]
        ],
        "folders_more": max(0, len(report.folders) - MAX_LINES),
        "has_uses": any(line.use_file for line in report.folders),
        "clients": [
            {
                "client": clean(line.client, TITLE_LENGTH) or "No client named",
                "projects": ", ".join(clean(name, 80) for name in line.projects[:20]),
                "folders": len(line.folders),
                "files": line.files,
                "grants": line.grants,
                "not_covered": line.not_covered,
                "undeclared": line.undeclared,
            }
            for line in report.clients[:MAX_LINES]
        ],
        "projects": [
            {
                "project": clean(line.project, TITLE_LENGTH) or "No project named",
                "client": clean(line.client, TITLE_LENGTH),
                "grants": line.grants,
                "used": line.used,
                "unused": line.unused,
                "not_covered": line.not_covered,
            }
            for line in report.projects[:MAX_LINES]
        ],
        "against": _views(report.not_covered, report, shown),
        "review": _views(review, report, shown),
        "used": _views(fine, report, shown),
        "unused": _views(report.unused, report, shown),
        "against_more": max(0, len(report.not_covered) - MAX_LINES),
        "review_more": max(0, len(review) - MAX_LINES),
        "used_more": max(0, len(fine) - MAX_LINES),
        "unused_more": max(0, len(report.unused) - MAX_LINES),
        "open_files": [
            (
                _relative(file.path, report.folder),
                file.undeclared,
                file.unreadable_stamps,
                file.unknown_faces,
                file.doubtful,
            )
            for file in open_files[:MAX_FILES]
        ],
        "open_files_count": len(open_files),
        "open_files_more": max(0, len(open_files) - MAX_FILES),
        "problems": [
            (_relative(one.path, report.folder), clean(one.message, 400))
            for one in report.problems[:MAX_FILES]
        ],
        "problems_more": max(0, len(report.problems) - MAX_FILES),
    }


def _views(
    lines: Sequence[GrantLine], report: ProductionReport, pictures: Mapping[str, str]
) -> list[LicenseView]:
    return [_view(line, report.folder, pictures) for line in lines[:MAX_LINES]]


def _view(line: GrantLine, root: str, pictures: Mapping[str, str]) -> LicenseView:
    title = clean(line.title, TITLE_LENGTH) or clean(line.listing, 80) or clean(line.grant_id, 60)
    verdict = Verdict.NOT_CLEARED if line.why_not else Verdict.CLEARED
    if not line.why_not and line.verdicts:
        verdict = Verdict.NEEDS_REVIEW
    denied = [one for one in line.verdicts if one.verdict is Verdict.NOT_CLEARED]
    said = () if line.nowhere else denied if line.why_not else line.verdicts
    why = [f"{clean(one.folder, 80) or 'In the folder itself'}: {clean(one.message, 400)}" for one in said]
    places: dict[str, int] = {}
    for place in line.places:
        places[place.path] = places.get(place.path, 0) + place.data_blocks
    named = sorted((_relative(path, root), number) for path, number in places.items())
    return LicenseView(
        title=title,
        listing=_listing(line),
        author=clean(line.author, 80),
        license=clean(line.license, 80) or "Unknown license",
        state=clean(line.state, 40),
        since=day(line.since.date()) if line.since is not None else "",
        project=clean(line.project, 80),
        clients=", ".join(clean(name, 80) for name in line.clients[:10]),
        verdict=WORDS[verdict],
        verdict_class=verdict.value,
        why=tuple(why[:10]) if why else ((clean(line.why_not, 400),) if line.why_not else ()),
        files=len(places),
        folders=tuple(dict.fromkeys(clean(place.folder, 80) or "." for place in line.places))[:20],
        places=tuple(named[:MAX_PLACES]),
        more_places=max(0, len(named) - MAX_PLACES),
        elsewhere=line.used_elsewhere,
        grant_id=clean(line.grant_id, 60),
        picture=pictures.get(line.grant_id, ""),
        letter=next((char for char in title if char.isalnum()), "?").upper()[:1],
    )


def _listing(line: GrantLine) -> str:
    if line.state in ("declared", "withdrawn"):
        return ""
    number = line.listing.partition(":")[2]
    return clean(f"{line.shop} {number}" if line.shop and number else line.listing, 80)


def _embed(report: ProductionReport, pictures: Mapping[str, Picture]) -> dict[str, str]:
    """Return pictures as addresses, those of what is used first, as many as a page should hold."""
    found: dict[str, str] = {}
    left = PICTURE_BYTES
    for line in (*report.not_covered, *report.used, *report.unused):
        picture = pictures.get(line.grant_id)
        if picture is not None and line.grant_id not in found and len(picture.data) <= left:
            left -= len(picture.data)
            found[line.grant_id] = embed(picture)
    return found


def _relative(path: str, root: str) -> str:
    pure = PurePath(path)
    return clean(pure.relative_to(root).as_posix() if pure.is_relative_to(root) else path, 300)
