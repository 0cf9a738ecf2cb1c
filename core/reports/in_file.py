"""What counts for a use: all that is in the file, or only what reaches the pictures and sounds that go out.

Pure. While nothing but pictures leaves the house, a data-block that no render shows is set aside: it stays in
the report as "in the file only", and decides nothing. As soon as anything else goes out (the file, a game, an
AI's input), everything counts. What is not known counts too.
"""

from __future__ import annotations

from dataclasses import replace

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse
from ..model.report import ReportGrant, ReportRow
from ..model.scene import DataBlock

_ENDS_KEEPING = frozenset({"grant.refunded", "grant.revoked"})


def counts(block: DataBlock, use: IntendedUse) -> bool:
    """Say whether a data-block counts for a use."""
    return block.in_output is not False or not use.only_pictures


def set_row_aside(row: ReportRow) -> ReportRow:
    """Return the row of a data-block that does not count."""
    return row._replace(verdict=Verdict.IN_FILE_ONLY)


def set_grant_aside(grant: ReportGrant) -> ReportGrant:
    """Return the line of a license none of whose data-blocks counts; its findings are good to know."""
    return replace(
        grant,
        verdict=Verdict.IN_FILE_ONLY,
        findings=tuple(replace(finding, severity=Severity.HINT) for finding in grant.findings),
    )


def tell_of(grant: ReportGrant) -> tuple[Finding, ...]:
    """Return what the report tells of a license; of one that was set aside, that it may not even be kept."""
    if grant.verdict is not Verdict.IN_FILE_ONLY:
        return grant.findings
    return tuple(finding for finding in grant.findings if finding.rule in _ENDS_KEEPING)


def about_aside(blocks: int, grants: int) -> Finding:
    """Say how much was set aside, and when it counts."""
    are = "1 data-block is" if blocks == 1 else f"{blocks:,} data-blocks are"
    under = {0: "", 1: ", under 1 further license"}.get(grants, f", under {grants:,} further licenses")
    return Finding(
        rule="scene.in_file_only",
        severity=Severity.HINT,
        message=f"{are} in the file but in no picture or sound that goes out{under}: not counted here.",
        how_to_fix=(
            "Nothing to do for pictures. Before the file itself is handed on, add that output to the "
            "intended use: then everything in it counts."
        ),
    )
