"""The scene license report as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.model.findings import Severity, Verdict
from ...core.model.report import Report, ReportGrant
from ...core.session.state import Phase, SessionState
from ..messages import tell
from .rows import FindingRow, Note, Tone, view_finding
from .text import count, shorten

MAX_FINDINGS_SHOWN = 40
MAX_UNDECLARED_SHOWN = 30
_VERDICTS = {
    Verdict.CLEARED: ("Cleared", Tone.GOOD),
    Verdict.NEEDS_REVIEW: ("Needs review", Tone.WARN),
    Verdict.UNDECLARED: ("Undeclared parts", Tone.WARN),
    Verdict.NOT_CLEARED: ("Not cleared", Tone.BAD),
    Verdict.IN_FILE_ONLY: ("In the file only", Tone.INFO),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleRow:
    """What stands against the use, and what it is about."""

    finding: FindingRow
    about: str
    """The listing's title, or the data-block; empty when it is about the whole scene."""
    select: str
    """What to hand to ``clearance.select_finding``; empty when nothing can be selected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    """One license in the scene."""

    grant_id: str
    title: str
    detail: str
    tone: Tone
    quiet: bool = False
    """It is in the file only, and counts for nothing that goes out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report panel."""

    notes: tuple[Note, ...] = ()
    verdict: Note | None = None
    summary: str = ""
    about_use: str = ""
    obstacles: tuple[ObstacleRow, ...] = ()
    hints: tuple[ObstacleRow, ...] = ()
    licenses: tuple[LicenseRow, ...] = ()
    undeclared: tuple[str, ...] = ()
    more_undeclared: int = 0
    aside: str = ""
    """What else nobody declared, but is in the file only; empty when nothing is."""
    can_save: bool = False
    busy: bool = False


def view_report(state: SessionState) -> ReportView:
    """Build the report panel for whatever state the report is in."""
    notes: list[Note] = []
    busy = state.report_phase is Phase.BUSY
    if busy:
        notes.append(Note(text="Reading the scene and the licenses.", tone=Tone.BUSY))
    if state.report_phase is Phase.FAILED and state.report_problem is not None:
        notes.append(Note(text=tell(state.report_problem), tone=Tone.BAD))
    report = state.report
    if report is None:
        if not notes:
            notes.append(Note(text="Check what the scene may be used for under the licenses in it."))
        return ReportView(notes=tuple(notes), busy=busy)
    if report.use != state.use:
        notes.append(Note(text="The intended use has changed since. Check again.", tone=Tone.WARN))
    text, tone = _VERDICTS[report.verdict]
    titles = {grant.grant_id: shorten(grant.title, 60) or grant.listing_id for grant in report.grants}
    against = [f for f in report.findings if f.severity is not Severity.HINT]
    hints = [f for f in report.findings if f.severity is Severity.HINT]
    if len(against) > MAX_FINDINGS_SHOWN:
        more = count(len(against) - MAX_FINDINGS_SHOWN, "more finding")
        notes.append(Note(text=f"{more} in the saved report.", tone=Tone.WARN))
    return ReportView(
        notes=tuple(notes),
        verdict=Note(text=text, tone=tone),
        summary=shorten(report.summary, 400),
        about_use=_describe_use(report),
        obstacles=tuple(_obstacle(view_finding(f), titles) for f in against[:MAX_FINDINGS_SHOWN]),
        hints=tuple(_obstacle(view_finding(f), titles) for f in hints[:MAX_FINDINGS_SHOWN]),
        licenses=tuple(_license(grant) for grant in report.grants),
        undeclared=report.undeclared[:MAX_UNDECLARED_SHOWN],
        more_undeclared=max(0, len(report.undeclared) - MAX_UNDECLARED_SHOWN),
        aside=_describe_aside(report),
        can_save=not busy,
        busy=busy,
    )


def _describe_aside(report: Report) -> str:
    number = sum(row.verdict is Verdict.IN_FILE_ONLY and not row.witness for row in report.rows)
    if not number:
        return ""
    are = "is" if number == 1 else "are"
    return (
        f"{count(number, 'undeclared data-block')} {are} in the file only: no picture shows {_them(number)}."
    )


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _obstacle(row: FindingRow, titles: dict[str, str]) -> ObstacleRow:
    about = titles.get(row.subject) or shorten(row.subject, 80)
    return ObstacleRow(finding=row, about=about, select=row.subject)


def _license(grant: ReportGrant) -> LicenseRow:
    label = shorten(grant.license_label, 50) or "license not known"
    quiet = grant.verdict is Verdict.IN_FILE_ONLY
    where = "in the file only · " if quiet else ""
    return LicenseRow(
        grant_id=grant.grant_id,
        title=shorten(grant.title, 60) or f"{grant.marketplace} {grant.listing_id}",
        detail=f"{where}{label} · {count(grant.data_blocks, 'data-block')}",
        tone=_VERDICTS[grant.verdict][1],
        quiet=quiet,
    )


def _describe_use(report: Report) -> str:
    use = report.use
    outputs = ", ".join(sorted(kind.value.replace("_", " ") for kind in use.outputs)) or "nothing chosen"
    return f"{shorten(use.name, 60)}: {use.purpose.value}, {outputs}"
