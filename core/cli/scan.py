"""``scan``: one report of all .blend files of a production."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..model.report_format import ProductionFormat
from ..settings import VERSION
from .context import Context, json_option, pass_context
from .output import print_table, show_progress, to_json_lines

if TYPE_CHECKING:
    from ..model.production import ProductionReport

LINES_SHOWN = 20
PICTURED = 2_000
"""Licenses whose pictures are looked for."""


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for spreadsheets.")
@click.option(
    "--format",
    "format_",
    type=click.Choice([one.value for one in ProductionFormat]),
    help="html, json, csv, junit or sarif; without it, tables for people.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@click.option(
    "--also", metavar="FORMAT=FILE", multiple=True, help="Write another format too; may be repeated."
)
@click.option("--backups", is_flag=True, help="Read .blend1 backups too.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; without it, one a processor.")
@pass_context
def scan(
    context: Context,
    folder: Path,
    as_json: bool,
    as_csv: bool,
    format_: str | None,
    output: Path | None,
    also: tuple[str, ...],
    backups: bool,
    jobs: int | None,
) -> int:
    """Read all .blend files below DIR: licenses used where, unused, or missing. Ends with 0, 3 or 4.

    A clearance.toml in a project folder (the first level below DIR) says what the project does; the licenses
    in it are then judged for that use.
    """
    from ..services.reporting.scan_files import ProductionReading
    from ..services.reporting.scan_reading import no_collecting, nothing_here_ends

    context.as_json = as_json
    chosen, files = _choose_outputs(format_, output, also, as_json=as_json, as_csv=as_csv)
    # Inside a DCC a further process would be a further DCC.
    workers = 1 if context.host is not None else jobs or os.cpu_count() or 1
    with (
        ProductionReading(
            folder, cache_path=context.read_settings().scan_cache_path, workers=workers, backups=backups
        ) as reading,
        show_progress("Reading .blend files", unit="items") as task,
    ):
        with no_collecting():  # importing and opening the ledger
            scanner = context.scanner
        with nothing_here_ends():
            report = scanner.report(
                reading,
                actor=context.actor,
                progress=task.report,
                cancelled=lambda: task.token.cancelled,
            )
    if files:
        from ..services.reporting.write_report import write_text
    for one, path in files:
        write_text(path, partial(_render, context, report, one))
        click.echo(str(path), err=True)
    if output is None and chosen is not None:
        click.echo(_render(context, report, chosen), nl=False)
    elif output is None:
        _print(report)
    from .exit_codes import EXIT_BY_VERDICT

    return EXIT_BY_VERDICT[report.verdict]


def _choose_outputs(
    format_: str | None, output: Path | None, also: tuple[str, ...], *, as_json: bool, as_csv: bool
) -> tuple[ProductionFormat | None, list[tuple[ProductionFormat, Path]]]:
    """Return the main format (None: tables for people) and the files that are named."""
    names = [
        *([ProductionFormat.JSON] if as_json else []),
        *([ProductionFormat.CSV] if as_csv else []),
        *([ProductionFormat(format_)] if format_ else []),
    ]
    if len(set(names)) > 1:
        raise UserInputError(
            "Choose one format; --also FORMAT=FILE writes further ones.", code="report.outputs"
        )
    chosen = names[0] if names else None
    files: list[tuple[ProductionFormat, Path]] = []
    if output is not None:
        files.append((chosen or ProductionFormat.HTML, output.absolute()))
    for one in also:
        name, equals, path = one.partition("=")
        if not equals or not path or name not in set(ProductionFormat):
            raise UserInputError(
                f"“{one[:80]}” is not of the form FORMAT=FILE with one of {', '.join(ProductionFormat)}.",
                code="report.outputs",
            )
        files.append((ProductionFormat(name), Path(path).absolute()))
    return chosen, files


def _render(context: Context, report: ProductionReport, format_: ProductionFormat) -> str:
    match format_:
        case ProductionFormat.JSON:
            return to_json_lines(report)
        case ProductionFormat.CSV:
            from ..reports.production_table import render_production_csv

            return render_production_csv(report)
        case ProductionFormat.JUNIT:
            from ..reports.production_formats import render_production_junit

            return render_production_junit(report, tool_version=VERSION)
        case ProductionFormat.SARIF:
            from ..reports.production_formats import render_production_sarif

            return render_production_sarif(report, tool_version=VERSION)
        case ProductionFormat.HTML:
            from ..reports.production_html import render_production_html

            lines = (*report.not_covered, *report.used, *report.unused)[:PICTURED]
            grants = context.app.ledger.grants_by_id({line.grant_id for line in lines})
            pictures = context.app.services.pictures.find(grants.values())
            return render_production_html(report, pictures=pictures, tool_version=VERSION)


COMMANDS = (scan,)


def _print(report: ProductionReport) -> None:
    print_table(
        "Project folders",
        ("Folder", "Project", "Client", "Files", "Licenses", "Not covered", "To look at", "Undeclared"),
        [
            (
                one.folder or ".",
                one.project,
                one.client,
                f"{one.files:,}",
                str(one.grants),
                str(one.not_covered),
                str(one.to_review),
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
    for line in report.folders:
        if line.use_problem:
            click.echo(line.use_problem, err=True)
    for problem in report.problems[:LINES_SHOWN]:
        click.echo(f"Skipped {problem.path}: {problem.message}", err=True)
    more = len(report.problems) - LINES_SHOWN
    if more > 0:
        click.echo(f"… and {more:,} more; --json or --csv lists all.", err=True)
    click.echo(
        f"{len(report.files):,} files ({report.read:,} tried now), {len(report.problems):,} skipped; "
        f"{len(report.used):,} licenses used, {len(report.not_covered):,} not covered, "
        f"{len(report.unused):,} unused; {report.undeclared:,} data-blocks undeclared, "
        f"{report.unreadable_stamps:,} unreadable stamps, {report.doubtful:,} in doubt.",
        err=True,
    )
    if report.problems and report.unused:
        click.echo("What is said to be unused may be in a file that was skipped.", err=True)
