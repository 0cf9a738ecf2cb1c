"""Writes a production's report as CSV: one line per use, unused license, open question and problem. Pure."""

from __future__ import annotations

import csv
import io

from ..model.findings import Verdict
from ..model.production import GrantLine, ProductionReport
from .table import neutralize

COLUMNS = (
    "kind", "project_folder", "project", "client", "file", "grant_id", "listing", "title", "license", "state",
    "booked_on", "data_blocks", "message",
)  # fmt: skip

_KINDS = {Verdict.CLEARED: "used", Verdict.NOT_CLEARED: "not_covered"}


def render_production_csv(report: ProductionReport) -> str:
    """Write the table; cells that a spreadsheet would run as a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    known = {line.folder: (line.project, line.client) for line in report.folders}
    rows: list[tuple[str, ...]] = []
    for line in report.used:
        for place in line.places:
            verdict, message = line.in_folder(place.folder)
            kind = _KINDS.get(verdict, "needs_review")
            where = (place.folder, *known.get(place.folder, ("", "")), place.path)
            rows.append((kind, *where, *_grant_cells(line), str(place.data_blocks), message))
    rows.extend(("unused", "", "", "", "", *_grant_cells(line), "", "") for line in report.unused)
    for file in report.files:
        start = (file.folder, *known.get(file.folder, ("", "")), file.path, *("",) * 6)
        for kind, number in (
            ("undeclared", file.undeclared),
            ("unreadable_stamp", file.unreadable_stamps),
            ("unknown_faces", file.unknown_faces),
            ("doubtful", file.doubtful),
        ):
            if number:
                rows.append((kind, *start, str(number), ""))
    rows.extend(("skipped", "", "", "", one.path, *("",) * 7, one.message) for one in report.problems)
    rows.extend(
        ("use_file", folder.folder, "", "", folder.use_file, *("",) * 7, folder.use_problem)
        for folder in report.folders
        if folder.use_problem
    )
    writer.writerows([neutralize(cell) for cell in row] for row in rows)
    return out.getvalue()


def _grant_cells(line: GrantLine) -> tuple[str, ...]:
    return (line.grant_id, line.listing, line.title, line.license, line.state, line.project)
