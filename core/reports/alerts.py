"""Turns a report into alerts for one occasion: the few things that somebody should know right now. Pure.

It decides nothing about licenses: every alert rests on a finding of the report, on a grant's dates, or on
what became of stamps while the file was open. What is resolved gives no alert.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..model.alert import Alert, AlertKind, Occasion
from ..model.findings import Finding, Severity, Verdict
from ..model.grant import Grant, GrantState
from ..model.report import Report
from ..policy.wording import shorten
from .vanished import Vanished

NAMED = 2
"""How many assets a sentence names before it counts."""

_BY_RULE: Mapping[str, AlertKind] = {
    "use.editorial_only": AlertKind.EDITORIAL,
    "grant.expired": AlertKind.EXPIRED,
    "grant.revoked": AlertKind.REVOKED,
    "grant.refunded": AlertKind.REFUNDED,
    "use.seats": AlertKind.SEATS,
    "use.seats_left": AlertKind.SEATS_LOW,
    "grant.must_use_by": AlertKind.USE_BY,
    "terms.changed": AlertKind.TERMS_CHANGED,
    "stamp.lost": AlertKind.STAMP_VANISHED,
    "stamp.damaged": AlertKind.STAMP_VANISHED,
}
_ONLY_WHEN_SURE = frozenset({AlertKind.EDITORIAL, AlertKind.SEATS})
"""What is merely not known of these is the report's business; an alert says what is so."""
_ORDER = (
    AlertKind.FORBIDDEN_OUTPUT,
    AlertKind.REVOKED,
    AlertKind.REFUNDED,
    AlertKind.EXPIRED,
    AlertKind.EDITORIAL,
    AlertKind.STAMP_VANISHED,
    AlertKind.SEATS,
    AlertKind.UNDECLARED,
    AlertKind.EXPIRING,
    AlertKind.USE_BY,
    AlertKind.SEATS_LOW,
    AlertKind.TERMS_CHANGED,
)
_WORDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.HINT: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the alerts are for, beside the report."""

    occasion: Occasion
    grants: Mapping[str, Grant]
    """Those of the scene that the ledger knows."""
    expiring_days: int = 30
    vanished: tuple[Vanished, ...] = ()
    deleted: frozenset[str] = frozenset()
    """Grants that somebody deleted from the scene: nothing vanished there."""
    of_format: str = ""
    """With an export: the format, such as ``glb``."""


def find_alerts(report: Report, moment: Moment) -> tuple[Alert, ...]:
    """Return the alerts of a report, at most one of a kind, worst first."""
    names = name_grants(report, moment.grants)
    found: dict[AlertKind, list[Finding]] = {}
    for finding in report.findings:
        kind = _kind_of(finding, moment.occasion)
        if kind is not None:
            found.setdefault(kind, []).append(finding)
    alerts = [_from_findings(kind, findings, names, moment) for kind, findings in found.items()]
    alerts += [
        alert
        for alert in (
            _find_expiring(report, names, moment),
            _find_undeclared(report, moment.occasion),
            _find_vanished(report, found.get(AlertKind.STAMP_VANISHED, ()), names, moment),
        )
        if alert is not None
    ]
    by_kind = {alert.kind: alert for alert in alerts}  # the last of a kind is the one that knows more
    return tuple(
        sorted(by_kind.values(), key=lambda alert: (_WEIGHT[alert.severity], _ORDER.index(alert.kind)))
    )


def name_grants(report: Report, grants: Mapping[str, Grant]) -> dict[str, str]:
    """Return what to call each grant in a sentence; ``grants`` also has those of which nothing is left."""
    titles = {grant.id: grant.title or grant.ref.id for grant in grants.values()}
    titles |= {line.grant_id: line.title or line.listing_id for line in report.grants}
    return {grant_id: f"“{shorten(title) or grant_id}”" for grant_id, title in titles.items()}


def write_line(alert: Alert) -> str:
    """Write an alert on one line, for a farm's log."""
    return f"Clearance: {_WORDS[alert.severity]}: {alert.message} {alert.how_to_fix}"


def _kind_of(finding: Finding, occasion: Occasion) -> AlertKind | None:
    if not finding.decides:
        return None
    if finding.rule.startswith("output."):
        leaves = occasion in {Occasion.RENDER, Occasion.EXPORT}
        return AlertKind.FORBIDDEN_OUTPUT if leaves and finding.severity is Severity.ERROR else None
    kind = _BY_RULE.get(finding.rule)
    if kind in _ONLY_WHEN_SURE and finding.severity is not Severity.ERROR:
        return None
    if kind is AlertKind.USE_BY and finding.severity is Severity.WARNING:
        return None  # the day is not known
    return kind


def _from_findings(
    kind: AlertKind, findings: Sequence[Finding], names: Mapping[str, str], moment: Moment
) -> Alert:
    first = findings[0]
    subjects = tuple(dict.fromkeys(finding.subject for finding in findings if finding.subject))
    clauses = (finding.clause for finding in findings)
    return Alert(
        kind=kind,
        severity=min((finding.severity for finding in findings), key=_WEIGHT.__getitem__),
        message=_say(kind, first, _name_all(subjects, names), plural=len(subjects) > 1, moment=moment),
        how_to_fix=first.how_to_fix,
        subjects=subjects,
        url=next((clause.url for clause in clauses if clause is not None and clause.url), ""),
    )


def _say(kind: AlertKind, first: Finding, who: str, *, plural: bool, moment: Moment) -> str:
    """Write the sentence of an alert; ``who`` are the assets."""
    their = "their rights have" if plural else "the right to use it has"
    match kind:
        case AlertKind.FORBIDDEN_OUTPUT if moment.occasion is Occasion.EXPORT:
            form = f" as .{moment.of_format}" if moment.of_format else ""
            return f"{who} may not leave the house{form}: {first.message}"
        case AlertKind.FORBIDDEN_OUTPUT:
            return f"{who} may not be in this render: {first.message}"
        case AlertKind.EDITORIAL:
            are = "are" if plural else "is"
            return f"{who} {are} for editorial use only, and this project is commercial."
        case AlertKind.EXPIRED if plural:
            return f"The rights to use {who} have expired."
        case AlertKind.REFUNDED:
            return f"{who} {'were' if plural else 'was'} refunded, so {their} ended."
        case AlertKind.REVOKED:
            return f"{who}: {their} been revoked."
        case _:
            return f"{who}: {first.message}" if who else first.message


def _find_expiring(report: Report, names: Mapping[str, str], moment: Moment) -> Alert | None:
    now = report.made_at
    ends: list[tuple[datetime, str]] = []
    for line in report.grants:
        grant = moment.grants.get(line.grant_id)
        if grant is None or grant.state is not GrantState.ACTIVE or grant.valid_until is None:
            continue
        if now < grant.valid_until <= now + timedelta(days=moment.expiring_days):
            ends.append((grant.valid_until, line.grant_id))
    if not ends:
        return None
    ends.sort()
    first, subjects = ends[0][0], tuple(grant_id for _, grant_id in ends)
    days = max(1, math.ceil((first - now) / timedelta(days=1)))
    when = f"{first.date().isoformat()}, in {'a day' if days == 1 else f'{days} days'}"
    who = _name_all(subjects, names)
    return Alert(
        kind=AlertKind.EXPIRING,
        severity=Severity.WARNING,
        message=(
            f"The right to use {who} ends on {when}."
            if len(subjects) == 1
            else f"The rights to use {who} end soon, the first on {when}."
        ),
        how_to_fix="Finish before that day, renew the license in time, or replace the asset.",
        subjects=subjects,
    )


def _find_undeclared(report: Report, occasion: Occasion) -> Alert | None:
    names = tuple(
        f"{row.id_type}/{row.name}"
        for row in report.rows
        if row.verdict is Verdict.UNDECLARED
        # What no picture shows needs no license for one.
        and not (occasion is Occasion.RENDER and row.in_output is False)
    )
    if not names:
        return None
    are = "1 data-block is" if len(names) == 1 else f"{len(names):,} data-blocks are"
    return Alert(
        kind=AlertKind.UNDECLARED,
        severity=Severity.WARNING,
        message=f"{are} undeclared: nobody said where {'it comes' if len(names) == 1 else 'they come'} from.",
        how_to_fix="Declare what is your own, the client's or freely licensed; license or remove the rest.",
        subjects=names,
    )


def _find_vanished(
    report: Report, said: Sequence[Finding], names: Mapping[str, str], moment: Moment
) -> Alert | None:
    """Put together what is known of vanished stamps: by the faces, by the register, and by earlier looks."""
    subjects: dict[str, None] = dict.fromkeys(finding.subject for finding in said if finding.subject)
    still = {
        (row.id_type, row.name, row.library): row.grant_ids for row in report.rows
    } if moment.vanished else {}  # fmt: skip
    gone_from = [
        one
        for one in moment.vanished
        # Where another witness still names the license, nothing is lost.
        if one.grant_id not in still.get((one.id_type, one.name, one.library), ())
    ]
    subjects |= dict.fromkeys(f"{one.id_type}/{one.name}" for one in gone_from)
    lost = [
        finding.subject
        for finding in report.findings
        if finding.rule == "scene.lost"
        and finding.severity is not Severity.HINT
        and finding.subject not in moment.deleted
    ]
    if not subjects and not lost:
        return None
    if subjects:
        where = _name_all(subjects, names)
        message = f"The license stamp is gone from {where}, or cannot be read."
        fix = "Undo the step that removed it, or import the asset again so that it is stamped."
    else:
        message = (
            f"Nothing in the file carries the stamp of {_name_all(lost, names)} any more, and there is "
            "content that nobody declared."
        )
        fix = "Check that the undeclared data-blocks are not what is left of it; if so, import it again."
    return Alert(
        kind=AlertKind.STAMP_VANISHED,
        severity=Severity.ERROR if subjects else Severity.WARNING,
        message=message,
        how_to_fix=fix,
        subjects=(*subjects, *lost),
    )


def _name_all(subjects: Iterable[str], names: Mapping[str, str]) -> str:
    """Name the first of what an alert is about, and count the others."""
    every = [names.get(subject) or _plain(subject) for subject in subjects]
    if len(every) <= NAMED:
        return " and ".join(every)
    return f"{', '.join(every[:NAMED])} and {len(every) - NAMED:,} more"


def _plain(subject: str) -> str:
    id_type, slash, name = subject.partition("/")
    return f"{shorten(name)} ({id_type.lower()})" if slash else shorten(subject)
