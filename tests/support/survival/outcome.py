# SPDX-License-Identifier: GPL-3.0-or-later
"""Judge one row: is the license of every trace known, is its loss said, or did it end in silence?

Pure: reads a report as values, of whichever copy of the package made it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

DECIDING = frozenset({"warning", "error"})
WITNESSES = {
    "stamp": ("stamp",),
    "faces": ("faces",),
    "stamp+faces": ("stamp", "faces"),
    "merged": ("stamp", "faces"),
    "data": ("its data",),
    "faces_lost": ("stamp",),
    "stamp_lost": ("faces",),
    "damaged": ("faces",),
    "missing": ("noted when saved",),
    "remembered": ("noted when saved",),
}
"""By what a license is known, in the words of the table."""


@dataclass(frozen=True)
class Trace:
    """A data-block that holds licensed content after a row was done, and whose grants it should show."""

    id_type: str
    name: str
    grants: tuple[str, ...]
    library: str = ""

    @property
    def subject(self) -> str:
        """What findings call it."""
        return f"{self.id_type}/{self.name}"


@dataclass
class Outcome:
    """What a report says of a row's traces. ``silent`` names those that it passes over."""

    known: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The cell of the table."""
        parts = []
        if self.silent:
            parts.append(f"SILENT: {', '.join(sorted(set(self.silent)))}")
        if self.known:
            parts.append(f"known ({', '.join(_unique(self.known))})")
        if self.said:
            parts.append(f"said ({', '.join(_unique(self.said))})")
        return "; ".join(parts)


def judge(report: Any, traces: Iterable[Trace]) -> Outcome:
    """Look every trace up in the report."""
    outcome = Outcome()
    for trace in traces:
        _judge_trace(report, trace, outcome)
    return outcome


def _judge_trace(report: Any, trace: Trace, outcome: Outcome) -> None:
    rows = [
        row
        for row in report.rows
        if (row.id_type, row.name) == (trace.id_type, trace.name) and bool(row.library) == bool(trace.library)
    ]
    about = {
        str(finding.rule)
        for finding in report.findings
        if finding.severity in DECIDING and finding.subject in {trace.subject, _library_of(trace)}
    }
    if any(row.verdict == "undeclared" for row in rows):
        about.add("undeclared")
    about |= {
        str(finding.rule)
        for finding in report.findings
        if finding.rule == "stamp.disagrees" and finding.subject in trace.grants
    }
    for grant_id in trace.grants:
        if rows and all(grant_id in row.grant_ids for row in rows):
            outcome.known += [word for row in rows for word in WITNESSES.get(row.witness, (row.witness,))]
            outcome.said += sorted(about)
            continue
        said = about | {
            str(finding.rule)
            for finding in report.findings
            if (finding.severity in DECIDING or not trace.name)
            and finding.subject == grant_id
            and finding.rule in {"scene.lost", "action.unstamped"}
        }
        if said and (report.verdict != "cleared" or not trace.name):
            outcome.said += sorted(said)
        else:
            outcome.silent.append(trace.subject)


def _library_of(trace: Trace) -> str:
    return f"LIBRARY/{PurePath(trace.library).name}" if trace.library else trace.subject


def _unique(words: list[str]) -> list[str]:
    return list(dict.fromkeys(words))
