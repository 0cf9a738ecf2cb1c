"""The one sentence that an artist reads first. Text only: the verdict was found before."""

from __future__ import annotations

from collections.abc import Sequence

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse
from ..model.report import ReportGrant, ReportRow
from ..policy.studio import UNREADABLE
from ..policy.wording import shorten


def summarize(
    verdict: Verdict,
    use: IntendedUse,
    grants: Sequence[ReportGrant],
    rows: Sequence[ReportRow],
    findings: Sequence[Finding],
) -> str:
    """Say what a scene may be used for, or how much stands against it; ``grants`` are those that count."""
    aside = sum(row.verdict is Verdict.IN_FILE_ONLY for row in rows)
    shown = [row for row in rows if row.verdict is not Verdict.IN_FILE_ONLY] if aside else rows
    return _sum_up(verdict, use, grants, shown, findings) + _mention(aside)


def _sum_up(
    verdict: Verdict,
    use: IntendedUse,
    grants: Sequence[ReportGrant],
    rows: Sequence[ReportRow],
    findings: Sequence[Finding],
) -> str:
    project = f"“{shorten(use.name)}”"
    if not rows:
        if verdict is Verdict.CLEARED:
            return "There is nothing to clear: nothing in this scene needs a license."
        return "Nothing in this scene carries a license, but not everything about it is clear."
    if any(finding.rule == UNREADABLE for finding in findings):
        return f"The studio's own rules cannot be read, so nothing here is cleared for {project}."
    assets = _count_assets(grants)
    bare = sum(row.verdict is Verdict.UNDECLARED for row in rows)
    match verdict:
        case Verdict.CLEARED | Verdict.IN_FILE_ONLY:  # the latter never is a scene's
            return f"Everything in this scene may be used for {project}: {assets}; nothing undeclared."
        case Verdict.NEEDS_REVIEW:
            doubtful = sum(grant.verdict is Verdict.NEEDS_REVIEW for grant in grants)
            what = f"{doubtful} of {assets}" if doubtful else "what the findings name"
            return f"Somebody has to look at {what} before this scene is used for {project}."
        case Verdict.UNDECLARED:
            they, come = ("is", "it comes") if bare == 1 else ("are", "they come")
            return (
                f"{_count(bare, 'data-block')} in this scene {they} undeclared: until it is known where "
                f"{come} from, it is not cleared for {project}."
            )
        case Verdict.NOT_CLEARED:
            against = sum(grant.verdict is Verdict.NOT_CLEARED for grant in grants)
            errors = sum(finding.severity is Severity.ERROR and finding.decides for finding in findings)
            what = (
                f"{against} of {assets} {'stands' if against == 1 else 'stand'} against it"
                if against
                else f"{_count(errors, 'finding')} {'stands' if errors == 1 else 'stand'} against it"
            )
            also = (
                f", and {_count(bare, 'data-block')} {'is' if bare == 1 else 'are'} undeclared"
                if bare
                else ""
            )
            return f"This scene may not be used for {project}: {what}{also}."


def _mention(aside: int) -> str:
    if not aside:
        return ""
    return f" {_count(aside, 'data-block')} only in the file {'does' if aside == 1 else 'do'} not count here."


def _count_assets(lines: Sequence[ReportGrant]) -> str:
    """Name what was bought, and what was declared where anything was."""
    declared = sum(bool(line.origin) for line in lines)
    licensed = len(lines) - declared
    if not declared:
        return _count(licensed, "licensed asset")
    if not licensed:
        return _count(declared, "declared asset")
    return f"{_count(len(lines), 'asset')}, {licensed:,} licensed and {declared:,} declared"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
