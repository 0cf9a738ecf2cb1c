"""``report``, ``orders``, ``reconcile``, ``library``, ``audit verify``."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import AuditError, UserInputError
from ..model.findings import Verdict
from ..model.order import OrderState
from ..model.scene import SceneScan
from .context import Context, json_option, pass_context, use_option
from .output import print_json, print_table, show_progress

EXIT_BY_VERDICT = {
    Verdict.CLEARED: 0,
    Verdict.NEEDS_REVIEW: 3,
    Verdict.UNDECLARED: 4,
    Verdict.NOT_CLEARED: 4,
}


@click.command()
@click.argument("scene", type=click.Path(path_type=Path), required=False)
@use_option
@click.option("--format", "format_", type=click.Choice(["json", "html", "csv", "credits"]), default="json")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@pass_context
def report(
    context: Context, scene: Path | None, use_path: Path | None, format_: str, output: Path | None
) -> int:
    """Say what SCENE (a .blend file) may be used for. Ends with 0, 3 or 4."""
    from ..services.write_report import render, write_report

    use = context.read_use(use_path)
    scan = read_scan(context, scene)
    made = context.app.services.report.run(scan, use, actor=context.actor)
    if output is None:
        click.echo(render(made, format_))
    else:
        write_report(made, output.absolute(), format_)
        click.echo(f"{made.summary}\n{output}", err=True)
    return EXIT_BY_VERDICT[made.verdict]


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
@json_option
@pass_context
def library(context: Context, as_json: bool) -> None:
    """List what is owned: the licenses in the ledger."""
    context.as_json = as_json
    grants = context.app.ledger.grants()
    if as_json:
        print_json(grants)
        return
    rows = [
        (g.granted_at.strftime("%Y-%m-%d"), str(g.ref), g.title, g.license_label, g.state.value, g.id)
        for g in grants
    ]
    print_table("", ("Since", "Listing", "Title", "License", "State", "Id"), rows)


@click.group()
def audit() -> None:
    """Work with the audit chain of the ledger."""


@audit.command()
@json_option
@pass_context
def verify(context: Context, as_json: bool) -> None:
    """Check that no entry of the audit was edited, deleted, inserted or reordered."""
    context.as_json = as_json
    outcome = context.app.ledger.verify_audit()
    if as_json:
        print_json(outcome)
    elif outcome.ok:
        click.echo(f"The audit is whole: {outcome.size:,} entries, root {outcome.root}.")
    if not outcome.ok:
        raise AuditError(
            "The audit does not verify: " + " ".join(problem.message for problem in outcome.problems)
        )


COMMANDS = (report, orders, reconcile, library, audit)


def read_scan(context: Context, scene: Path | None) -> SceneScan:
    """Read a .blend file (in Blender where this runs in one), or the scene that is open there."""
    if scene is None:
        return context.app.host.scan()
    if not scene.is_file():
        raise UserInputError(f"There is no file {scene}.", code="report.no_scene")
    scan = context.app.host.scan_file(scene.absolute())
    if scan is not None:
        return scan
    from ..files.blend_reader import read_scene

    return read_scene(scene.absolute())
