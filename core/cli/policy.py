"""``policy check|rules|ask|answer|resolve|resolutions``: the license policy, without a purchase."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..licenses import terms_sha256
from ..model.findings import Decision, Finding, Severity, Verdict
from ..model.resolution import Resolution, ResolutionKind
from ..policy.alert_file import parse_alerts
from ..policy.engine import evaluate
from ..policy.facts import Facts
from ..policy.resolution_file import parse_resolutions
from ..policy.resolving import find_kinds, find_unused
from ..policy.use_file import parse_use
from ..policy.wording import OUTPUTS
from ..reports.rule_texts import RULE_TEXTS
from ..services.clearing.house import BOOK_NAME, STUDIO_NAME, read_text
from ..services.clearing.resolutions import ResolutionFile
from .context import Context, json_option, pass_context, use_option
from .exit_codes import EXIT_BY_VERDICT
from .output import print_json, print_table
from .scene import read_scan

if TYPE_CHECKING:
    from ..model.report import Report

EXIT_BY_DECISION = {Decision.ALLOW: 0, Decision.NEEDS_REVIEW: 3, Decision.DENY: 4}
WAYS_SHOWN = 12

studio_option = click.option(
    "--studio",
    "studio_path",
    type=click.Path(path_type=Path),
    help=f"The studio's own rules; without it, {STUDIO_NAME} in the data folder, where there is one.",
)
book_option = click.option(
    "--resolutions",
    "book_path",
    type=click.Path(path_type=Path),
    help=f"A file with resolutions; without it, the ledger, and {BOOK_NAME} in the data folder.",
)


@click.group()
def policy() -> None:
    """Ask the license policy, check its files, and record what was decided about findings."""


@policy.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@pass_context
def check_files(context: Context, paths: tuple[Path, ...]) -> None:
    """Check use files, studio rules and resolutions; what is wrong is named with its place."""
    for path in paths:
        click.echo(f"{path}: {_check(context, path, read_text(path))}")


@policy.command("rules")
@json_option
@pass_context
def list_rules(context: Context, as_json: bool) -> None:
    """List the rules, and what kinds of resolution answer each."""
    context.as_json = as_json
    asks = {rule: text.asks for rule, text in RULE_TEXTS.items()} | {"studio.*": "The studio's own rules."}
    rows = [(rule, what, sorted(kind.value for kind in find_kinds(rule))) for rule, what in asks.items()]
    if as_json:
        print_json([{"rule": rule, "asks": what, "answered_by": kinds} for rule, what, kinds in rows])
        return
    print_table(
        "",
        ("Rule", "What it asks", "Answered by"),
        [(rule, what, ", ".join(kinds) or "nothing") for rule, what, kinds in rows],
    )


@policy.command("ask")
@click.argument("marketplace")
@click.argument("label")
@use_option
@studio_option
@click.option("--editorial/--not-editorial", default=None, help="The item's own mark.")
@json_option
@pass_context
def ask(
    context: Context,
    marketplace: str,
    label: str,
    use_path: Path | None,
    studio_path: Path | None,
    editorial: bool | None,
    as_json: bool,
) -> int:
    """Answer whether LABEL of MARKETPLACE fits a use. Ends with 0, 3 or 4."""
    context.as_json = as_json
    app = context.app
    now, house, catalogue = app.clock.now(), app.services.house, app.services.house.catalogue
    terms = catalogue.by_id(label, now.date()) or catalogue.resolve(
        marketplace, label, editorial=editorial, at=now.date()
    )
    facts = Facts(
        terms=terms,
        use=context.read_use(use_path),
        now=now,
        terms_sha256=terms_sha256(terms),
        editorial=editorial,
    )
    studio = house.read_rules(studio_path) if studio_path is not None else house.rules()
    answer = evaluate(facts, studio=studio)
    if as_json:
        print_json({"license_id": terms.license_id, "version": terms.version, "answer": answer})
    else:
        click.echo(f"{terms.label} ({terms.license_id}): {answer.decision.value.replace('_', ' ')}")
        _print_findings(answer.findings)
    return EXIT_BY_DECISION[answer.decision]


@policy.command("answer")
@click.argument("scene", type=click.Path(path_type=Path), required=False)
@use_option
@studio_option
@book_option
@json_option
@pass_context
def answer_scene(
    context: Context,
    scene: Path | None,
    use_path: Path | None,
    studio_path: Path | None,
    book_path: Path | None,
    as_json: bool,
) -> int:
    """Say what SCENE may be used for, what is in the way, and the cheapest ways out. Ends with 0, 3 or 4."""
    context.as_json = as_json
    use = context.read_use(use_path)
    service, scan = context.app.services.report, read_scan(context, scene)
    house = service.read_house(scan, studio=studio_path, book=book_path)
    report = service.run(scan, use, actor=context.actor, house=house)
    unused = find_unused(report.findings, house.resolutions, use=use, now=report.made_at)
    if as_json:
        print_json(_plain(report))
    else:
        _print_answer(report)
        for entry in unused:
            one = entry.resolution
            click.echo(f"The resolution {one.id} ({one.rule}) does not count: {entry.why}")
    return EXIT_BY_VERDICT[report.verdict]


@policy.command("resolve")
@click.argument("subject")
@click.argument("rule")
@click.option("--kind", type=click.Choice([kind.value for kind in ResolutionKind]), required=True)
@click.option("--reason", required=True, help="Why, in a sentence that others understand.")
@click.option("--evidence", type=click.Path(path_type=Path), help="The document that proves it; it is kept.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it counts.")
@click.option("--project", default="", help="Only for the use of this name.")
@click.option("--terms", "terms_hash", default="", help="Only for this reading of the terms (its SHA-256).")
@book_option
@json_option
@pass_context
def resolve(
    context: Context,
    subject: str,
    rule: str,
    kind: str,
    reason: str,
    evidence: Path | None,
    until: datetime | None,
    project: str,
    terms_hash: str,
    book_path: Path | None,
    as_json: bool,
) -> None:
    """Record what was decided about RULE's finding on SUBJECT (a grant id, or such as MESH/Chair)."""
    context.as_json = as_json
    book = ResolutionFile(path=book_path) if book_path is not None else None
    made = context.app.services.resolutions.resolve(
        subject,
        rule,
        kind=ResolutionKind(kind),
        reason=reason,
        actor=context.actor,
        evidence=evidence.absolute() if evidence is not None else None,
        until=until.date() if until is not None else None,
        project=project,
        terms_sha256=terms_hash,
        book=book,
    )
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made.id} is recorded in {book.path if book is not None else 'the ledger'}.")


@policy.command("resolutions")
@book_option
@json_option
@pass_context
def list_resolutions(context: Context, book_path: Path | None, as_json: bool) -> None:
    """List what was decided about findings."""
    context.as_json = as_json
    services = context.app.services
    if book_path is not None:
        found = ResolutionFile(path=book_path).resolutions()
    else:
        found = (*services.resolutions.resolutions(), *services.house.book().resolutions())
    if as_json:
        print_json(found)
        return
    now = context.app.clock.now()
    rows = [
        (
            one.id,
            one.subject,
            one.rule,
            one.kind.value.replace("_", " "),
            one.author,
            one.decided_at.strftime("%Y-%m-%d"),
            _end(one, now),
            one.reason,
        )
        for one in found
    ]
    print_table("", ("Id", "Subject", "Rule", "Kind", "Author", "Decided", "Ends", "Reason"), rows)


COMMANDS = (policy,)


def _check(context: Context, path: Path, text: str) -> str:
    """Check one file by what it holds, and say what it is."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        data = {}
    if "resolution" in data:
        number = len(parse_resolutions(text, name=str(path)))
        return f"{number} resolution{'' if number == 1 else 's'}"
    if "rule" in data or "schema" in data or "alerts" in data:
        parse_alerts(text, name=str(path))
        rules = context.app.services.house.parse_rules(text, name=str(path)).rules
        return f"{len(rules)} rule{'' if len(rules) == 1 else 's'} of a studio"
    use = parse_use(text, name=path.name)
    return f"the intended use “{use.name}”"


def _end(one: Resolution, now: datetime) -> str:
    if one.ends_at is None:
        return ""
    return f"{one.ends_at:%Y-%m-%d}{' (over)' if one.ends_at <= now else ''}"


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        done = "" if finding.resolved_by is None else f" (resolved: {finding.resolved_by.reason})"
        click.echo(f"  {finding.severity.value:8}{finding.rule}: {finding.message}{done}")
        click.echo(f"          {finding.how_to_fix}")


def _print_answer(report: Report) -> None:
    answer = report.answer
    if answer is None:
        return
    click.echo(f"For “{report.use.name}”: {report.verdict.value.replace('_', ' ')}.")
    by_subject: dict[str, list[Finding]] = {}
    for finding in report.findings:
        by_subject.setdefault(finding.subject, []).append(finding)
        by_subject.setdefault(finding.rule, []).append(finding)
    titles = {line.grant_id: line.title for line in report.grants}
    for subject in answer.obstacles[:WAYS_SHOWN]:
        click.echo(f"{titles[subject]} ({subject})" if subject in titles else subject)
        weighty = (one for one in by_subject.get(subject, ()) if one.severity is not Severity.HINT)
        _print_findings(tuple(dict.fromkeys(weighty))[:WAYS_SHOWN])
    if len(answer.obstacles) > WAYS_SHOWN:
        click.echo(f"and {len(answer.obstacles) - WAYS_SHOWN:,} more parts; --json names them all")
    cleared = [
        f"{OUTPUTS[entry.output]} ({entry.purpose.value})"
        for entry in answer.still_for
        if entry.verdict is Verdict.CLEARED
    ]
    if report.rows:
        click.echo(f"Every part is cleared for: {'; '.join(cleared) or 'nothing'}.")
    if answer.ways_out:
        click.echo("Ways out, the cheapest first:")
    for way in answer.ways_out[:WAYS_SHOWN]:
        click.echo(f"  {way.text}  → {way.leads_to.value.replace('_', ' ')}")


def _plain(report: Report) -> dict[str, object]:
    return {
        "use": report.use,
        "verdict": report.verdict,
        "summary": report.summary,
        "parts": [
            {
                "subject": line.grant_id,
                "title": line.title,
                "objects": line.data_blocks,
                "verdict": line.verdict,
                "findings": line.findings,
            }
            for line in report.grants
        ],
        "undeclared": report.undeclared,
        "findings": report.findings,
        "answer": report.answer,
    }
