"""``scan``: one report of all .blend files of a production."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress

if TYPE_CHECKING:
    from ..reports.production import ProductionReport

EXIT_NOT_COVERED = 4
LINES_SHOWN = 20


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for spreadsheets.")
@click.option("--backups", is_flag=True, help="Read .blend1 backups too.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; without it, one a processor.")
@pass_context
def scan(context: Context, folder: Path, as_json: bool, as_csv: bool, backups: bool, jobs: int | None) -> int:
    """Read all .blend files below DIR: licenses used where, unused, or missing. Ends with 0 or 4."""
    from ..reports.production import render_production_csv

    context.as_json = as_json
    # Inside a DCC a further process would be a further DCC.
    workers = 1 if context.host is not None else jobs or os.cpu_count() or 1
    with show_progress("Reading .blend files", unit="items") as task:
        report = context.app.services.scan.run(
            folder,
            actor=context.actor,
            workers=workers,
            backups=backups,
            progress=task.report,
            cancelled=lambda: task.token.cancelled,
        )
    if as_json:
        print_json(report)
    elif as_csv:
        click.echo(render_production_csv(report), nl=False)
    else:
        _print(report)
    is_open = report.not_covered or report.undeclared or report.unreadable_stamps or report.unknown_faces
    return EXIT_NOT_COVERED if is_open or report.problems else 0


COMMANDS = (scan,)


def _print(report: ProductionReport) -> None:
    print_table(
        "Project folders",
        ("Folder", "Files", "Licenses", "Not covered", "Undeclared"),
        [
            (
                one.folder or ".",
                f"{one.files:,}",
                str(one.grants),
                str(one.not_covered),
                f"{one.undeclared:,}",
            )
            for one in report.folders
        ],
    )
    if report.used:
        print_table(
            "Used",
            ("Id", "Listing", "Title", "License", "Files", "Not covered because"),
            [
                (one.grant_id, one.listing, one.title, one.license, str(len(one.places)), one.why_not)
                for one in report.used
            ],
        )
    if report.unused:
        print_table(
            "Paid but unused here",
            ("Id", "Listing", "Title", "License", "Used elsewhere"),
            [
                (one.grant_id, one.listing, one.title, one.license, "yes" if one.used_elsewhere else "no")
                for one in report.unused
            ],
        )
    for problem in report.problems[:LINES_SHOWN]:
        click.echo(f"Skipped {problem.path}: {problem.message}", err=True)
    more = len(report.problems) - LINES_SHOWN
    if more > 0:
        click.echo(f"… and {more:,} more; --json or --csv lists all.", err=True)
    click.echo(
        f"{len(report.files):,} files ({report.read:,} tried now), {len(report.problems):,} skipped; "
        f"{len(report.used):,} licenses used, {len(report.not_covered):,} not covered, "
        f"{len(report.unused):,} unused; {report.undeclared:,} data-blocks undeclared, "
        f"{report.unreadable_stamps:,} unreadable stamps.",
        err=True,
    )
    if report.problems and report.unused:
        click.echo("What is said to be unused may be in a file that was skipped.", err=True)
