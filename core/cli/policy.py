"""``policy check|rules|ask|answer|resolve|resolutions``: the license policy, without a purchase."""

from __future__ import annotations

import hashlib
import tomllib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..ids import RandomIds
from ..licenses import LicenseCatalogue, terms_sha256
from ..model.findings import Decision, Finding, Severity
from ..model.resolution import Resolution, ResolutionKind
from ..policy.engine import evaluate
from ..policy.facts import Facts
from ..policy.resolution_file import parse_resolutions
from ..policy.resolving import find_kinds, find_unused
from ..policy.rules import RULE_NAMES
from ..policy.studio import NO_STUDIO, StudioPolicy
from ..policy.studio_file import parse_studio
from ..policy.use_file import parse_use
from ..policy.wording import OUTPUTS
from ..services.resolutions import ResolutionFile
from .context import Context, json_option, pass_context, use_option
from .output import print_json, print_table
from .records import EXIT_BY_VERDICT, read_scan

if TYPE_CHECKING:
    from ..services.scene_answer import SceneAnswer

STUDIO_NAME = "studio.toml"
BOOK_NAME = "resolutions.toml"
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
    help=f"Where resolutions are kept; without it, {BOOK_NAME} in the data folder.",
)


@click.group()
def policy() -> None:
    """Ask the license policy, check its files, and record what was decided about findings."""


@policy.command("check")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def check_files(paths: tuple[Path, ...]) -> None:
    """Check use files, studio rules and resolutions; what is wrong is named with its place."""
    for path in paths:
        click.echo(f"{path}: {_check(path, _read(path))}")


@policy.command("rules")
@json_option
@pass_context
def list_rules(context: Context, as_json: bool) -> None:
    """List the rules, and what kinds of resolution answer each."""
    context.as_json = as_json
    rows = [(rule, sorted(kind.value for kind in find_kinds(rule))) for rule in (*RULE_NAMES, "studio.*")]
    if as_json:
        print_json([{"rule": rule, "answered_by": kinds} for rule, kinds in rows])
        return
    print_table("", ("Rule", "Answered by"), [(rule, ", ".join(kinds) or "nothing") for rule, kinds in rows])


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
    now = context.app.clock.now()
    catalogue = LicenseCatalogue.load()
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
    answer = evaluate(facts, studio=read_studio(context, studio_path))
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
    from ..services.scene_answer import AnswerForScene

    context.as_json = as_json
    use = context.read_use(use_path)
    studio, book = read_studio(context, studio_path), open_book(context, book_path)
    resolutions = book.resolutions()
    app = context.app
    report = app.services.report.run(read_scan(context, scene), use, actor=context.actor)
    service = AnswerForScene(ledger=app.ledger, catalogue=LicenseCatalogue.load(), clock=app.clock)
    made = service.run(report, studio=studio, resolutions=resolutions)
    findings = [finding for entry in made.answer.parts for finding in entry.findings]
    unused = find_unused(findings, resolutions, use=use, now=app.clock.now())
    if as_json:
        print_json(_plain(made))
    else:
        _print_answer(made)
        for entry in unused:
            one = entry.resolution
            click.echo(f"The resolution {one.id} ({one.rule}) does not count: {entry.why}")
    return EXIT_BY_VERDICT[made.answer.verdict]


@policy.command("resolve")
@click.argument("subject")
@click.argument("rule")
@click.option("--kind", type=click.Choice([kind.value for kind in ResolutionKind]), required=True)
@click.option("--reason", required=True, help="Why, in a sentence that others understand.")
@click.option(
    "--evidence", type=click.Path(path_type=Path), help="The document that proves it; its hash is kept."
)
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
    if rule not in RULE_NAMES and not find_kinds(rule):
        raise UserInputError(f"Nothing answers {rule!r}.", code="resolution.refused")
    made = Resolution(
        id=RandomIds().new("resolution"),
        kind=ResolutionKind(kind),
        rule=rule,
        subject=subject,
        reason=reason,
        author=context.actor,
        decided_at=context.app.clock.now(),
        evidence_sha256=_hash(evidence) if evidence is not None else "",
        ends_at=(
            datetime.combine(until.date(), time(), UTC) + timedelta(days=1) if until is not None else None
        ),
        project=project,
        terms_sha256=terms_hash,
    )
    book = open_book(context, book_path)
    book.add(made)
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made.id} is recorded in {book.path}.")


@policy.command("resolutions")
@book_option
@json_option
@pass_context
def list_resolutions(context: Context, book_path: Path | None, as_json: bool) -> None:
    """List what was decided about findings."""
    context.as_json = as_json
    found = open_book(context, book_path).resolutions()
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


def read_studio(context: Context, path: Path | None) -> StudioPolicy:
    """Read a studio's rules: the file that is named, else the one in the data folder, else none."""
    if path is None:
        path = context.app.settings.data_dir / STUDIO_NAME
        if not path.exists():
            return NO_STUDIO
    return _parse_studio(path, _read(path))


def open_book(context: Context, path: Path | None) -> ResolutionFile:
    """Return where resolutions are kept."""
    return ResolutionFile(path=path or context.app.settings.data_dir / BOOK_NAME)


def _check(path: Path, text: str) -> str:
    """Check one file by what it holds, and say what it is."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        data = {}
    if "resolution" in data:
        number = len(parse_resolutions(text, name=str(path)))
        return f"{number} resolution{'' if number == 1 else 's'}"
    if "rule" in data or "schema" in data:
        rules = _parse_studio(path, text).rules
        return f"{len(rules)} rule{'' if len(rules) == 1 else 's'} of a studio"
    use = parse_use(text, name=path.name)
    return f"the intended use “{use.name}”"


def _parse_studio(path: Path, text: str) -> StudioPolicy:
    catalogue = LicenseCatalogue.load()
    licenses = frozenset(terms.license_id for terms in catalogue.all())
    return parse_studio(text, name=str(path), marketplaces=catalogue.marketplaces, licenses=licenses)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(f"{path} cannot be read: {error}.", code="policy.unreadable") from error


def _hash(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UserInputError(f"{path} cannot be read: {error}.", code="policy.unreadable") from error


def _end(one: Resolution, now: datetime) -> str:
    if one.ends_at is None:
        return ""
    return f"{one.ends_at:%Y-%m-%d}{' (over)' if one.ends_at <= now else ''}"


def _print_findings(findings: tuple[Finding, ...]) -> None:
    for finding in findings:
        done = "" if finding.resolved_by is None else f" (resolved: {finding.resolved_by.reason})"
        click.echo(f"  {finding.severity.value:8}{finding.rule}: {finding.message}{done}")
        click.echo(f"          {finding.how_to_fix}")


def _print_answer(made: SceneAnswer) -> None:
    found = made.answer
    click.echo(f"For “{found.use.name}”: {found.verdict.value.replace('_', ' ')}.")
    for entry in found.obstacles[:WAYS_SHOWN]:
        click.echo(f"{entry.part.title or entry.part.subject} ({entry.part.subject})")
        _print_findings(tuple(one for one in entry.findings if one.severity is not Severity.HINT))
    if len(found.obstacles) > WAYS_SHOWN:
        click.echo(f"and {len(found.obstacles) - WAYS_SHOWN:,} more parts; --json names them all")
    cleared = [f"{OUTPUTS[entry.output]} ({entry.purpose.value})" for entry in found.cleared_for]
    if found.parts:
        click.echo(f"Every part is cleared for: {'; '.join(cleared) or 'nothing'}.")
    if made.suggestions:
        click.echo("Ways out, the cheapest first:")
    for way in made.suggestions[:WAYS_SHOWN]:
        click.echo(f"  {way.text}  → {way.leads_to.value.replace('_', ' ')}")


def _plain(made: SceneAnswer) -> dict[str, object]:
    found = made.answer
    return {
        "use": found.use,
        "verdict": found.verdict,
        "parts": [
            {
                "subject": entry.part.subject,
                "title": entry.part.title,
                "objects": entry.part.objects,
                "verdict": entry.verdict,
                "findings": entry.findings,
            }
            for entry in found.parts
        ],
        "obstacles": [entry.part.subject for entry in found.obstacles],
        "still_for": found.still_for,
        "suggestions": made.suggestions,
    }
