"""Writes the credits: one line per credited asset, in each license's wording. Pure.

A wording that was not read in the licensor's own text is marked: it has to be compared before it is printed.
Whether a license asks for a credit depends on the use: stock banks want one for editorial use only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..model.findings import Finding, Verdict
from ..model.license import Confidence
from ..model.report import Report, ReportGrant
from .text import clean

UNCONFIRMED = "wording not confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """One line and the grants that it is for.

    ``confidence`` is the weakest of what its wording rests on; None: no clause is known (the line was kept
    with the purchase, or came with a stamp).
    """

    line: str
    grant_ids: tuple[str, ...]
    marketplace: str = ""
    confidence: Confidence | None = None

    @property
    def confirmed(self) -> bool:
        """Say whether the wording was read in the licensor's own text."""
        return self.confidence is Confidence.PRIMARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A license of which nobody knows whether it asks for a credit, and how many assets are under it."""

    marketplace: str
    license: str
    assets: int


_WEAKEST = (Confidence.UNCONFIRMED, Confidence.SECONDARY, Confidence.PRIMARY)


def collect_credits(report: Report) -> tuple[Credit, ...]:
    """Return every credit line once, in alphabetical order; what no picture shows needs none."""
    lines: dict[str, list[ReportGrant]] = {}
    for grant in report.grants:
        if grant.verdict is Verdict.IN_FILE_ONLY:
            continue
        line = clean(grant.credit, 300)
        if line:
            lines.setdefault(line, []).append(grant)
    return tuple(
        Credit(
            line=line,
            grant_ids=tuple(grant.grant_id for grant in grants),
            marketplace=_shop(grants[0]),
            confidence=_weakest(finding for grant in grants for finding in grant.findings),
        )
        for line, grants in sorted(lines.items(), key=lambda entry: (entry[0].casefold(), entry[0]))
    )


def collect_open(report: Report) -> tuple[Open, ...]:
    """Return the licenses of which it is not known whether they ask for a credit."""
    found: dict[tuple[str, str], int] = {}
    for grant in report.grants:
        if not grant.credit and any(finding.rule == "credit.unknown" for finding in grant.findings):
            key = (_shop(grant), clean(grant.license_label or grant.license_id, 80))
            found[key] = found.get(key, 0) + 1
    return tuple(
        Open(marketplace=shop, license=label, assets=count) for (shop, label), count in sorted(found.items())
    )


def render_credits(report: Report) -> str:
    """Write the credits as plain text for an end title, a caption or a web page.

    The lines stand alone, so that they can be copied; what is open about them stands below.
    """
    found, open_ = collect_credits(report), collect_open(report)
    lines = [f"Credits for {clean(report.use.name, 200) or 'this project'}", ""]
    lines += [credit.line for credit in found] or ["No license in this scene asks for a credit line."]
    doubtful = [credit for credit in found if not credit.confirmed]
    if doubtful:
        lines += ["", "", "Not part of the credits: compare with the license before these are printed"]
        lines += [f"  {credit.line}  ({explain(credit)})" for credit in doubtful]
    if open_:
        lines += ["", "", "Not part of the credits: whether these licenses ask for a credit is not known"]
        lines += [
            f"  {entry.marketplace}, {entry.license}: {entry.assets:,} {_assets(entry.assets)}"
            for entry in open_
        ]
    return "\n".join(lines) + "\n"


def render_credits_html(report: Report) -> str:
    """Write the credits as a small page of its own."""
    from .page import render_page

    found = collect_credits(report)
    return render_page(
        "credits.html.j2",
        {
            "project": clean(report.use.name, 200) or "this project",
            "editorial": report.use.purpose.value == "editorial",
            "credits": [(credit.line, credit.confirmed, explain(credit)) for credit in found],
            "open": [(entry.marketplace, entry.license, entry.assets) for entry in collect_open(report)],
            "made_at": f"{report.made_at:%Y-%m-%d}",
        },
    )


def explain(credit: Credit) -> str:
    """Say how sure a line's wording is."""
    match credit.confidence:
        case Confidence.PRIMARY:
            return "wording read in the licensor's own text"
        case Confidence.SECONDARY:
            return f"{UNCONFIRMED}: read in somebody else's dated account"
        case Confidence.UNCONFIRMED:
            return UNCONFIRMED
        case None:
            return f"{UNCONFIRMED}: no clause about it is known here"


def _weakest(findings: Iterable[Finding]) -> Confidence | None:
    known = [
        finding.clause.confidence
        for finding in findings
        if finding.rule == "credit.required" and finding.clause is not None
    ]
    return min(known, key=_WEAKEST.index, default=None)


def _shop(grant: ReportGrant) -> str:
    return clean(grant.marketplace_name or grant.marketplace, 40)


def _assets(number: int) -> str:
    return "asset" if number == 1 else "assets"
