"""The scene license report as rows. Pure: no bpy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ....core.model.answer import SceneUse
from ....core.model.findings import Finding, Severity, Verdict
from ....core.model.report import Report, ReportGrant
from ....core.policy.resolving import WITHDRAWN, find_kinds
from ....core.policy.wording import OUTPUTS
from ....core.session.state import Decisions, Phase, SessionState
from ...messages import tell
from .rows import FindingRow, Note, Tone, view_finding
from .text import count, shorten

MAX_FINDINGS_SHOWN = 40
MAX_UNDECLARED_SHOWN = 30
MAX_WAYS_SHOWN = 6
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
    rule: str = ""
    """With ``select``, what to hand to ``clearance.resolve_finding``; empty: nobody can decide it away."""
    way_out: str = ""
    """The least work that would help; empty where none is known, or where it was told before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedRow:
    """A finding that was decided, and decides no more."""

    message: str
    about: str
    decided: str
    """Kind, who, when, and until when."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """What the scene is good for as it is, and the least work for more."""

    good_for: tuple[str, ...] = ()
    """Outputs that are cleared, with their purposes."""
    ways_out: tuple[str, ...] = ()
    more_ways: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRow:
    """One license in the scene."""

    grant_id: str
    title: str
    detail: str
    tone: Tone
    quiet: bool = False
    """It is in the file only, and counts for nothing that goes out."""
    withdraw: bool = False
    """It is a declaration that holds: it can be withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The report panel."""

    notes: tuple[Note, ...] = ()
    verdict: Note | None = None
    summary: str = ""
    about_use: str = ""
    obstacles: tuple[ObstacleRow, ...] = ()
    hints: tuple[ObstacleRow, ...] = ()
    resolved: tuple[ResolvedRow, ...] = ()
    answer: AnswerView | None = None
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
    notes.extend(_tell_decisions(state.decisions, state.report))
    report = state.report
    if report is None:
        if not notes:
            notes.append(Note(text="Check what the scene may be used for under the licenses in it."))
        return ReportView(notes=tuple(notes), busy=busy)
    if report.use != state.use:
        notes.append(Note(text="The intended use has changed since. Check again.", tone=Tone.WARN))
    text, tone = _VERDICTS[report.verdict]
    titles = {grant.grant_id: shorten(grant.title, 60) or grant.listing_id for grant in report.grants}
    standing = [f for f in report.findings if f.decides]
    resolved = [f for f in report.findings if not f.decides]
    against = [f for f in standing if f.severity is not Severity.HINT]
    hints = [f for f in standing if f.severity is Severity.HINT]
    if len(against) > MAX_FINDINGS_SHOWN:
        more = count(len(against) - MAX_FINDINGS_SHOWN, "more finding")
        notes.append(Note(text=f"{more} in the saved report.", tone=Tone.WARN))
    return ReportView(
        notes=tuple(notes),
        verdict=Note(text=text, tone=tone),
        summary=shorten(report.summary, 400),
        about_use=_describe_use(report),
        obstacles=_obstacles(against[:MAX_FINDINGS_SHOWN], titles, report.answer),
        hints=tuple(_obstacle(view_finding(f), titles) for f in hints[:MAX_FINDINGS_SHOWN]),
        resolved=tuple(_resolved(f, titles) for f in resolved[:MAX_FINDINGS_SHOWN]),
        answer=_answer(report.answer) if report.answer is not None else None,
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


def _tell_decisions(decisions: Decisions, report: Report | None) -> list[Note]:
    """Say that something is being written down, went wrong, or makes the report old."""
    if decisions.phase is Phase.BUSY:
        return [Note(text="Writing it down.", tone=Tone.BUSY)]
    if decisions.phase is Phase.FAILED and decisions.problem is not None:
        return [Note(text=tell(decisions.problem), tone=Tone.BAD)]
    if report is None:
        return []
    moments = [
        *(resolution.decided_at for resolution in decisions.resolutions),
        *(made.withdrawn_at or made.declared_at for made in decisions.declarations),
    ]
    if any(moment > report.made_at for moment in moments):
        return [Note(text="Something was decided or declared since. Check again.", tone=Tone.WARN)]
    return []


def _obstacle(row: FindingRow, titles: dict[str, str]) -> ObstacleRow:
    return ObstacleRow(finding=row, about=_about(row.subject, titles), select=row.subject)


def _about(subject: str, titles: dict[str, str]) -> str:
    return titles.get(subject) or shorten(subject, 80)


def _obstacles(
    findings: list[Finding], titles: dict[str, str], answer: SceneUse | None
) -> tuple[ObstacleRow, ...]:
    ways = {line.subject: line.text for line in answer.cheapest} if answer is not None else {}
    found = []
    for finding in findings:
        row = _obstacle(view_finding(finding), titles)
        can = bool(finding.subject) and not finding.final and bool(find_kinds(finding.rule))
        way = shorten(ways.pop(finding.subject, ""), 300)
        found.append(
            replace(
                row,
                rule=finding.rule if can else "",
                # The policy's own advice is not said twice.
                way_out="" if way == row.finding.how_to_fix else way,
            )
        )
    return tuple(found)


def _resolved(finding: Finding, titles: dict[str, str]) -> ResolvedRow:
    made = finding.resolved_by
    if made is None:
        raise ValueError("a finding that was not decided has no decision to show")
    parts = [
        made.kind.value.replace("_", " ").capitalize(),
        shorten(made.author, 60),
        made.decided_at.date().isoformat(),
    ]
    if made.ends_at is not None:
        # It ends at the beginning of a day: the day before is the last one on which it counts.
        parts.append(f"until {(made.ends_at - timedelta(microseconds=1)).date().isoformat()}")
    return ResolvedRow(
        message=shorten(finding.message, 200),
        about=_about(finding.subject, titles),
        decided=" · ".join(parts),
        reason=shorten(made.reason, 300),
    )


def _answer(answer: SceneUse) -> AnswerView:
    cleared: dict[str, list[str]] = {}
    for line in answer.still_for:
        if line.verdict is Verdict.CLEARED:
            name = OUTPUTS[line.output]
            cleared.setdefault(name[:1].upper() + name[1:], []).append(line.purpose.value)
    ways = [
        f"{shorten(line.title, 60) or shorten(line.subject, 60)}: {shorten(line.text, 300)}"
        + (f" {shorten(line.note, 200)}" if line.note else "")
        for line in answer.cheapest
    ]
    return AnswerView(
        good_for=tuple(f"{name} ({' and '.join(purposes)})" for name, purposes in cleared.items()),
        ways_out=tuple(ways[:MAX_WAYS_SHOWN]),
        more_ways=max(0, len(ways) - MAX_WAYS_SHOWN),
    )


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
        withdraw=bool(grant.origin) and all(finding.rule != WITHDRAWN for finding in grant.findings),
    )


def _describe_use(report: Report) -> str:
    use = report.use
    outputs = ", ".join(sorted(kind.value.replace("_", " ") for kind in use.outputs)) or "nothing chosen"
    return f"{shorten(use.name, 60)}: {use.purpose.value}, {outputs}"
