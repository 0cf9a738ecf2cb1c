"""Writes the report as CSV: one line per data-block and license, for spreadsheets. Pure."""

from __future__ import annotations

import csv
import io

from ..model.report import Report, ReportGrant, ReportRow

COLUMNS = (
    "verdict", "id_type", "name", "library", "witness", "in_output", "grant_id", "marketplace", "listing_id",
    "title", "author", "license_id", "license", "license_verdict", "granted_at", "terms_url", "terms_sha256",
    "credit", "origin", "findings",
)  # fmt: skip
_IN_OUTPUT = {True: "yes", False: "no", None: ""}
"""Whether a picture that goes out shows it; empty: not known."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""OWASP's list; the last four are the wide forms, which some spreadsheets read as the narrow ones."""


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
    own = (row.verdict.value, row.id_type, row.name, row.library, row.witness, _IN_OUTPUT[row.in_output])
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
        grant.origin,
        " ".join(sorted({finding.rule for finding in grant.findings})),
    )
