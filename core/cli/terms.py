"""``terms list``, ``terms show``, ``terms diff``: what is known of license terms, and what changed since."""

from __future__ import annotations

from datetime import date, datetime

import click

from ..licenses import terms_sha256
from ..licenses.compare import FACTS, Direction, read_fact, write_fact
from ..model.license import LicenseTerms
from ..services.clearing.terms import Since, TermsDiff
from .context import Context, json_option, pass_context
from .output import print_json, print_table

EXIT_CHANGED = 3
GRANTS_SHOWN = 10
MARKS = {Direction.NARROWER: "less", Direction.WIDER: "more", Direction.OTHER: ""}
WHAT_HAPPENED = {
    Since.SAME: "The terms are what they were.",
    Since.NEW_VERSION: "The marketplace's terms have a newer version. What was bought keeps the older one.",
    Since.READ_AGAIN: "The same terms were read again, and otherwise. Compare with the text that you kept.",
    Since.NOW_KNOWN: "The license was not known then; now it is. Have somebody confirm that it is the one.",
    Since.GONE: "This license is not among those that are known any more.",
    Since.NOT_KEPT: "The terms that were kept with these purchases are not in the ledger, or are damaged.",
}


@click.group()
def terms() -> None:
    """Read license terms, and find what changed since something was bought."""


@terms.command("list")
@click.option("--marketplace", default="", help="Only this marketplace.")
@click.option("--all", "every_version", is_flag=True, help="Older readings too.")
@json_option
@pass_context
def list_terms(context: Context, marketplace: str, every_version: bool, as_json: bool) -> None:
    """List the licenses that are known, and how many purchases are under each."""
    context.as_json = as_json
    lines = context.app.services.terms.list(marketplace=marketplace, every_version=every_version)
    if as_json:
        print_json(
            [
                {
                    "license_id": line.terms.license_id,
                    "label": line.terms.label,
                    "marketplace": line.terms.marketplace,
                    "version": line.terms.version,
                    "terms_sha256": line.terms_sha256,
                    "terms_url": line.terms.terms_url,
                    "in_force": line.in_force,
                    "grants": line.grants,
                }
                for line in lines
            ]
        )
        return
    rows = [
        (line.terms.license_id, line.terms.label, line.terms.version.isoformat(), f"{line.grants:,}")
        for line in lines
    ]
    print_table("", ("Id", "License", "Reading", "Purchases"), rows)


@terms.command("show")
@click.argument("license_id")
@click.option("--at", type=click.DateTime(["%Y-%m-%d"]), help="The reading in force on this day.")
@json_option
@pass_context
def show_terms(context: Context, license_id: str, at: datetime | None, as_json: bool) -> None:
    """Show every fact of LICENSE_ID with the clause that it rests on."""
    context.as_json = as_json
    day: date | None = at.date() if at is not None else None
    found = context.app.services.terms.show(license_id, at=day)
    if as_json:
        print_json({**_facts(found), "terms_sha256": terms_sha256(found), "clauses": found.clauses})
        return
    click.echo(f"{found.label} ({found.license_id}), reading of {found.version.isoformat()}")
    click.echo(found.terms_url)
    if found.notes:
        click.echo(found.notes)
    rows = []
    for fact, value in _facts(found).items():
        clause = found.clause("credit" if fact.startswith("credit_") else fact)
        source = (
            f"{clause.summary} ({clause.confidence.value}, {clause.read_on.isoformat()})" if clause else ""
        )
        rows.append((fact, value, source))
    print_table("", ("Fact", "Says", "Rests on"), rows)


@terms.command("diff")
@click.argument("license_ids", nargs=-1)
@click.option("--marketplace", default="", help="Only purchases of this marketplace.")
@click.option("--all", "unchanged", is_flag=True, help="Also where nothing changed.")
@json_option
@pass_context
def diff_terms(
    context: Context, license_ids: tuple[str, ...], marketplace: str, unchanged: bool, as_json: bool
) -> int:
    """Say what changed in terms since purchases were made under them. Ends with 0, or 3 for a change."""
    context.as_json = as_json
    found = context.app.services.terms.diff(license_ids, marketplace=marketplace, unchanged=unchanged)
    if as_json:
        print_json([_plain(one) for one in found])
    else:
        for one in found:
            _print_diff(one)
        if not found:
            click.echo("Nothing changed in the terms of what was bought.")
    return EXIT_CHANGED if any(one.since is not Since.SAME for one in found) else 0


COMMANDS = (terms,)


def _facts(found: LicenseTerms) -> dict[str, str]:
    """Return the facts that are known, as people read them."""
    facts = {fact: write_fact(fact, read_fact(found, fact)) for fact in FACTS}
    skipped = {"label", "terms_url", "notes"}
    return {
        fact: text for fact, text in facts.items() if text not in {"not known", ""} and fact not in skipped
    }


def _plain(one: TermsDiff) -> dict[str, object]:
    return {
        "license_id": one.license_id,
        "since": one.since,
        "terms_sha256": one.terms_sha256,
        "kept_version": one.kept.version if one.kept else None,
        "todays_version": one.today.version if one.today else None,
        "sold_as": one.sold_as or None,
        "narrower": one.narrower,
        "changes": one.changes,
        "grants": [
            {"id": grant.id, "listing": str(grant.ref), "title": grant.title, "project": grant.project}
            for grant in one.grants
        ],
    }


def _print_diff(one: TermsDiff) -> None:
    kept = one.kept.version.isoformat() if one.kept else "lost"
    today = one.today.version.isoformat() if one.today else "none"
    number = len(one.grants)
    purchases = "1 purchase" if number == 1 else f"{number:,} purchases"
    click.echo(f"{one.license_id}: reading of {kept}, today's of {today}; {purchases}")
    click.echo(f"  {WHAT_HAPPENED[one.since]}")
    if one.sold_as:
        click.echo(f"  The same label stands for {one.sold_as} today.")
    rows = [(change.fact, change.before, change.after, MARKS[change.direction]) for change in one.changes]
    if rows:
        print_table("", ("Fact", "Then", "Now", "Allows"), rows)
    for grant in one.grants[:GRANTS_SHOWN]:
        click.echo(f"  {grant.id}  {grant.ref}  {grant.title}")
    if number > GRANTS_SHOWN:
        click.echo(f"  and {number - GRANTS_SHOWN:,} more; --json names them all")
