"""``report``, ``orders``, ``reconcile``, ``library``."""

from __future__ import annotations

from pathlib import Path, PurePath

import click

from ..errors import UserInputError
from ..model.findings import Verdict
from ..model.order import OrderState
from ..model.report_format import ReportFormat
from ..policy.compound import WEIGHT
from .context import Context, json_option, pass_context, use_option
from .exit_codes import EXIT_BY_VERDICT
from .output import print_json, print_table, show_progress
from .scene import read_scan

FAIL_ON = {
    "review": Verdict.NEEDS_REVIEW,
    "undeclared": Verdict.UNDECLARED,
    "not-cleared": Verdict.NOT_CLEARED,
    "never": Verdict.NOT_CLEARED,
}


@click.command()
@click.argument("scene", type=click.Path(path_type=Path), required=False)
@use_option
@click.option(
    "--format",
    "formats",
    type=click.Choice([one.value for one in ReportFormat]),
    multiple=True,
    help="json (default), html, csv, credits, credits-html, junit, sarif, spdx, odrl.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@click.option(
    "--also", metavar="FORMAT=FILE", multiple=True, help="Write another format too; may be repeated."
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    help="Write into this folder: every format, or those named with --format.",
)
@click.option(
    "--fail-on",
    type=click.Choice(list(FAIL_ON)),
    help="From which verdict on it ends with 3 or 4, and with 0 before; without it, from review on.",
)
@click.option(
    "--recognize",
    "recognizing",
    is_flag=True,
    help="Also hint at undeclared content that looks like what you own.",
)
@pass_context
def report(
    context: Context,
    scene: Path | None,
    use_path: Path | None,
    formats: tuple[str, ...],
    output: Path | None,
    also: tuple[str, ...],
    output_dir: Path | None,
    fail_on: str | None,
    recognizing: bool,
) -> int:
    """Say what SCENE (a .blend file) may be used for. Ends with 0, 3 or 4."""
    from ..services.reporting.write_report import render, write_report
    from .recognize import look_at_scene

    chosen, files = _choose_outputs(formats, output, also, output_dir)
    use = context.read_use(use_path)
    scan = read_scan(context, scene)
    recognized = look_at_scene(context, scan).found if recognizing else ()
    made = context.app.services.report.run(scan, use, actor=context.actor, recognized=recognized)
    if output_dir is not None:
        stem = f"{PurePath(made.scene).stem or 'scene'}-licenses"
        files += [(one, output_dir.absolute() / one.name_file(stem)) for one in chosen]
    pictured = output_dir is not None or ReportFormat.HTML in (*chosen, *(one for one, _ in files))
    details = context.app.services.report_details.run(made, pictures=pictured)
    strict = fail_on == "review"
    for format_, path in files:
        write_report(made, path, format_, details, strict=strict)
    if output is None and output_dir is None:
        click.echo(render(made, chosen[0], details, strict=strict), nl=False)
        for _, path in files:
            click.echo(str(path), err=True)
    else:
        click.echo("\n".join((made.summary, *(str(path) for _, path in files))), err=True)
    failing = fail_on is None or WEIGHT[made.verdict] >= WEIGHT[FAIL_ON[fail_on]]
    return EXIT_BY_VERDICT[made.verdict] if failing and fail_on != "never" else 0


def _choose_outputs(
    formats: tuple[str, ...], output: Path | None, also: tuple[str, ...], output_dir: Path | None
) -> tuple[tuple[ReportFormat, ...], list[tuple[ReportFormat, Path]]]:
    """Return the formats that were asked for, and the files that are named; raise UserInputError."""
    from ..services.reporting.write_report import find_format

    chosen = tuple(dict.fromkeys(ReportFormat(one) for one in formats))
    if output_dir is not None:
        if output is not None:
            raise UserInputError(
                "Give --output or --output-dir, not both; --also names single files.", code="report.outputs"
            )
        chosen = chosen or tuple(ReportFormat)
    else:
        chosen = chosen or (ReportFormat.JSON,)
        if len(chosen) > 1:
            raise UserInputError(
                "Several formats need several files: name them with --also FORMAT=FILE or --output-dir.",
                code="report.outputs",
            )
    files: list[tuple[ReportFormat, Path]] = []
    if output is not None:
        files.append((chosen[0], output.absolute()))
    for one in also:
        name, equals, path = one.partition("=")
        if not equals or not path:
            raise UserInputError(
                f"“{one[:80]}” is not of the form FORMAT=FILE, such as sarif=report.sarif.",
                code="report.outputs",
            )
        files.append((find_format(name), Path(path).absolute()))
    return chosen, files


@click.command()
@click.option("--open", "only_open", is_flag=True, help="Only those that are not settled.")
@json_option
@pass_context
def orders(context: Context, only_open: bool, as_json: bool) -> None:
    """List the orders of the ledger, newest first."""
    context.as_json = as_json
    open_states = (
        OrderState.APPROVED,
        OrderState.SUBMITTING,
        OrderState.UNKNOWN,
        OrderState.AWAITING_CHECKOUT,
    )
    found = context.app.ledger.orders(states=open_states if only_open else ())
    if as_json:
        print_json(found)
        return
    rows = [
        (o.created_at.strftime("%Y-%m-%d %H:%M"), o.state.value, str(o.ref), o.title,
         str(o.cost) if o.cost is not None else "at checkout", o.id)
        for o in found
    ]  # fmt: skip
    print_table("", ("When", "State", "Listing", "Title", "Cost", "Order"), rows)


@click.command()
@json_option
@pass_context
def reconcile(context: Context, as_json: bool) -> int:
    """Find out from the marketplaces' own records what became of unsettled orders. Buys nothing."""
    context.as_json = as_json
    with show_progress("Reading the marketplaces' records", unit="items") as task:
        results = context.app.services.reconcile.run(actor=context.actor, cancel=task.token)
    problems = [result for result in results if result.problem is not None]
    if as_json:
        print_json(
            [{"order": r.order, "problem": None if r.problem is None else r.problem.message} for r in results]
        )
    else:
        for result in results:
            end = result.problem.message if result.problem else result.order.state.value.replace("_", " ")
            click.echo(f"{result.order.id}  {result.order.ref}  {end}")
        if not results:
            click.echo("Every order is settled.")
    return 1 if problems else 0


@click.command()
@click.option(
    "--fetch-pictures", is_flag=True, help="Get a small picture of each, for reports; nothing is charged."
)
@json_option
@pass_context
def library(context: Context, fetch_pictures: bool, as_json: bool) -> None:
    """List what is owned: the licenses in the ledger."""
    context.as_json = as_json
    grants = context.app.ledger.grants()
    if fetch_pictures:
        kept = 0
        with show_progress("Getting pictures", unit="items") as task:
            for number, grant in enumerate(grants, start=1):
                kept += context.app.services.pictures.keep(grant, cancel=task.token) is not None
                task.report(number, len(grants))
        click.echo(f"{kept:,} of {len(grants):,} have a picture.", err=True)
    if as_json:
        print_json(grants)
        return
    rows = [
        (g.granted_at.strftime("%Y-%m-%d"), str(g.ref), g.title, g.license_label, g.state.value, g.id)
        for g in grants
    ]
    print_table("", ("Since", "Listing", "Title", "License", "State", "Id"), rows)


COMMANDS = (report, orders, reconcile, library)
