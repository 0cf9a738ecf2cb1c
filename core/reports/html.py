"""Writes the report as one self-contained HTML page: verdict first, then what stands against it.

Every foreign text is cleaned here and escaped by the template; sizes are bounded, so that a scene of ten
thousand data-blocks stays a page that a browser opens. Pure; pictures come in as bytes.
"""

from __future__ import annotations

from ..model.findings import Finding, Severity, Verdict
from ..model.intended_use import IntendedUse, OutputKind, Purpose
from ..model.report import Report
from ..model.report_details import NO_DETAILS, ReportDetails
from ..policy.wording import OUTPUTS
from .credits import collect_credits, collect_open, explain
from .html_findings import (
    MAX_RESOLUTIONS,
    Names,
    group_findings,
    view_cheapest,
    view_decisions,
    view_uses,
)
from .html_materials import (
    MAX_GRANTS,
    name_grant,
    sum_up,
    view_grants,
    view_groups,
    view_licenses,
    view_pictures,
    view_proofs,
)
from .html_words import TITLE_LENGTH, VERDICTS, file_name, moment, number
from .text import clean

MAX_UNDECLARED = 400


def render_html(report: Report, details: ReportDetails = NO_DETAILS) -> str:
    """Write the page."""
    from .page import render_page

    return render_page("report.html.j2", make_context(report, details))


def make_context(report: Report, details: ReportDetails = NO_DETAILS) -> dict[str, object]:
    """Return everything that the template shows, cleaned and bounded."""
    titles = {grant.grant_id: name_grant(grant) for grant in report.grants}
    titles |= {grant_id: "No longer there" for grant_id in report.lost if grant_id not in titles}
    # What stands for many data-blocks that are alike has a title of its own there.
    folded = (way for way in (report.answer.ways_out if report.answer is not None else ()) if way.title)
    titles |= {way.subject: clean(way.title, 80) for way in folded if "/" not in way.subject}
    pictures = view_pictures(report, details)
    names = Names(titles, pictures)
    deciding = [finding for finding in report.findings if finding.decides]
    against = [finding for finding in deciding if finding.severity is not Severity.HINT]
    hints = [one for one in deciding if one.severity is Severity.HINT and not _told(one, details)]
    obstacles = group_findings(against, names, report.answer)
    undeclared = [row for row in report.rows if row.verdict is Verdict.UNDECLARED]
    cheapest, more_ways = view_cheapest(report.answer)
    decisions = view_decisions(report.findings, names)
    proofs, more_proofs = view_proofs(report, details)
    outside = sum(row.in_output is False for row in report.rows)
    return {
        "verdict": VERDICTS[report.verdict],
        "verdict_class": report.verdict.value,
        "summary": clean(report.summary, 600),
        "project": clean(report.use.name, TITLE_LENGTH) or "Untitled project",
        "client": clean(report.use.client, TITLE_LENGTH),
        "scene": clean(file_name(report.scene), TITLE_LENGTH) or "Unsaved scene",
        "scene_path": clean(report.scene, 300),
        "host": clean(report.host, TITLE_LENGTH),
        "made_at": moment(report.made_at),
        "made_at_iso": report.made_at.isoformat(),
        "tool_version": clean(report.tool_version, 40),
        "counts": (
            ("Licensed assets", len(report.grants)),
            ("Data-blocks", len(report.rows)),
            ("Obstacles", len(obstacles)),
            ("Undeclared", len(undeclared)),
        ),
        "cheapest": cheapest,
        "more_ways": more_ways,
        "obstacles": obstacles,
        "hints": group_findings(hints, names),
        "uses": view_uses(report.answer, report.use, names),
        "purpose": report.use.purpose.value,
        "use": _use(report.use),
        "materials": sum_up(report.grants),
        "grants": view_grants(report, details, pictures),
        "grants_more": max(0, len(report.grants) - MAX_GRANTS),
        "licenses": view_licenses(report, details),
        "proofs": proofs,
        "more_proofs": more_proofs,
        "credits": [(credit.line, credit.confirmed, explain(credit)) for credit in collect_credits(report)][
            :MAX_GRANTS
        ],
        "open_credits": [(one.marketplace, one.license, one.assets) for one in collect_open(report)],
        "decisions": decisions[:MAX_RESOLUTIONS],
        "decisions_more": max(0, len(decisions) - MAX_RESOLUTIONS),
        "undeclared": [(row.id_type, clean(row.name, 80)) for row in undeclared[:MAX_UNDECLARED]],
        "undeclared_count": len(undeclared),
        "undeclared_more": max(0, len(undeclared) - MAX_UNDECLARED),
        "lost": [
            (clean(finding.message, 300), clean(finding.subject, TITLE_LENGTH))
            for finding in report.findings
            if finding.rule == "scene.lost"
        ][:MAX_GRANTS],
        "outside": view_groups(report.rows, titles, outside=True) if outside else ([], 0),
        "outside_count": outside,
        "groups": view_groups(report.rows, titles),
        "rows_count": len(report.rows),
    }


def _told(hint: Finding, details: ReportDetails) -> bool:
    """Say whether another part of the page tells it: what is gone, credits, and how a license was read."""
    if hint.rule in {"scene.lost", "credit.required", "credit.unknown"}:
        return True
    return hint.rule in {"license.note", "terms.confidence"} and hint.terms_sha256 in details.terms


def _use(use: IntendedUse) -> list[tuple[str, str]]:
    budget = use.production_budget
    extra = [
        word
        for word, wanted in (
            ("merchandise", use.merchandise),
            ("templates", use.templates),
            ("sensitive context", use.sensitive),
            ("part of a logo", use.logo),
            ("the client takes over the licenses", use.transfer),
            ("affiliated companies work with it", use.affiliates),
            ("titles and tags go to an AI", use.ai_metadata),
        )
        if wanted
    ]
    further = ", ".join(clean(name, 80) for name in use.clients[:20])
    lines = [
        ("Purpose", "Commercial" if use.purpose is Purpose.COMMERCIAL else "Editorial"),
        ("Leaves the house by", "; ".join(OUTPUTS[kind] for kind in OutputKind if kind in use.outputs)),
        ("Media", ", ".join(_medium(word) for word in use.media)),
        ("Territory", ", ".join(clean(word, 8) for word in use.territory) or "worldwide"),
        ("Shown for", f"{use.term_months:,} months" if use.term_months is not None else ""),
        ("Printed copies", number(use.print_run)),
        ("Impressions", number(use.impressions)),
        ("Audience", number(use.audience)),
        ("Copies sold", number(use.sales)),
        ("Production budget", str(budget) if budget is not None else ""),
        ("Further clients", further),
        ("Programs", ", ".join(clean(name, 40) for name in use.engines[:20])),
        ("Also", ", ".join(extra)),
        ("People at the files", f"{use.seats:,}"),
    ]
    optional = {"Also", "Further clients", "Programs", "Copies sold"}
    return [(label, value or "not stated") for label, value in lines if value or label not in optional]


def _medium(word: str) -> str:
    return word.upper() if word in {"tv", "vr"} else clean(word, 40).replace("_", " ")
