"""Writes the report as CSV: one line per data-block and license, for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io

from ..model.report import Report, ReportGrant, ReportRow

COLUMNS = (
    "verdict", "id_type", "name", "library", "witness", "grant_id", "marketplace", "listing_id", "title",
    "author", "license_id", "license", "license_verdict", "granted_at", "terms_url", "terms_sha256",
    "credit", "findings",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render_csv(report: Report) -> str:
    """Write the table; cells that a spreadsheet would run as a formula begin with an apostrophe."""
    grants = {grant.grant_id: grant for grant in report.grants}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in report.rows:
        for grant_id in row.grant_ids or ("",):
            writer.writerow([neutralize(cell) for cell in _cells(row, grants.get(grant_id))])
    return out.getvalue()


def neutralize(cell: str) -> str:
    """Keep a spreadsheet from running the cell, and other programs from stumbling over NUL."""
    cell = cell.replace("\x00", "")
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(row: ReportRow, grant: ReportGrant | None) -> tuple[str, ...]:
    own = (row.verdict.value, row.id_type, row.name, row.library, row.witness)
    if grant is None:
        return (*own, *("" for _ in COLUMNS[len(own) :]))
    return (
        *own,
        grant.grant_id,
        grant.marketplace,
        grant.listing_id,
        grant.title,
        grant.author,
        grant.license_id,
        grant.license_label,
        grant.verdict.value,
        grant.granted_at.isoformat() if grant.granted_at is not None else "",
        grant.terms_url,
        grant.terms_sha256,
        grant.credit,
        " ".join(sorted({finding.rule for finding in grant.findings})),
    )
