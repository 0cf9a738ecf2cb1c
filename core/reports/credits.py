"""Writes the credits: one line per credited asset, as each license asks for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..model.report import Report
from .text import clean


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One line and the grants that it is for."""

    line: str
    grant_ids: tuple[str, ...]


def collect_credits(report: Report) -> tuple[Credit, ...]:
    """Return every credit line once, in alphabetical order."""
    lines: dict[str, list[str]] = {}
    for grant in report.grants:
        line = clean(grant.credit, 300)
        if line:
            lines.setdefault(line, []).append(grant.grant_id)
    return tuple(
        Credit(line=line, grant_ids=tuple(grant_ids))
        for line, grant_ids in sorted(lines.items(), key=lambda entry: entry[0].casefold())
    )


def render_credits(report: Report) -> str:
    """Write the credits as plain text for an end title, a caption or a web page."""
    return "\n".join(_lines(report, (credit.line for credit in collect_credits(report)))) + "\n"


def _lines(report: Report, lines: Iterable[str]) -> list[str]:
    found = list(lines)
    head = f"Credits for {clean(report.use.name, 200) or 'this project'}"
    if not found:
        return [head, "", "No license in this scene asks for a credit line."]
    return [head, "", *found]
