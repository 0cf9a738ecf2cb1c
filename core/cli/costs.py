"""``payments`` and ``costs``: what was paid, line by line and added up."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserInputError
from ..model.costs import CostKey, CostReport
from ..services.typed import parse_day
from .context import Context, json_option, pass_context
from .output import print_json, print_table

FORMATS = ("text", "csv", "json", "html")

from_option = click.option("--from", "starts", help="The first day, such as 2026-01-01.")
to_option = click.option("--to", "ends", help="The last day.")
of_option = click.option("--of", "project", default="", help="Only this project.")
marketplace_option = click.option("-m", "--marketplace", default="", help="Only this marketplace.")


@click.command()
@from_option
@to_option
@of_option
@marketplace_option
@json_option
@pass_context
def payments(
    context: Context, starts: str | None, ends: str | None, project: str, marketplace: str, as_json: bool
) -> None:
    """List what was paid and what came back, the newest first."""
    context.as_json = as_json
    report = _run(context, CostKey.MONTH, starts, ends, project=project, marketplace=marketplace)
    if as_json:
        print_json(report.lines)
        return
    rows = [
        (
            line.day.isoformat(),
            line.title,
            line.marketplace,
            line.project,
            line.method,
            "" if line.cost is None else str(line.cost),
            "" if line.value is None else str(line.value),
            "" if line.tax is None else f"{line.tax} ({line.tax_source})",
            str(line.home) if line.home is not None else line.why_not,
            line.order_id,
        )
        for line in report.lines
    ]
    columns = ("Day", "What", "Marketplace", "Project", "By", "Charged", "Worth", "Tax", "At home", "Order")
    print_table("", columns, rows)


@click.command()
@click.option(
    "--by",
    type=click.Choice([key.value for key in CostKey]),
    default=CostKey.PROJECT.value,
    show_default=True,
    help="What to add up by.",
)
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@from_option
@to_option
@of_option
@click.option("--client", default="", help="Only this client.")
@marketplace_option
@json_option
@pass_context
def costs(
    context: Context,
    by: str,
    format_: str,
    output: Path | None,
    starts: str | None,
    ends: str | None,
    project: str,
    client: str,
    marketplace: str,
    as_json: bool,
) -> None:
    """Add up what was paid by project, client, marketplace or month."""
    context.as_json = as_json
    wanted = {"project": project, "client": client, "marketplace": marketplace}
    report = _run(context, CostKey(by), starts, ends, **wanted)
    format_ = "json" if as_json else format_
    if format_ == "text" and output is None:
        _print(report)
        return
    if output is not None:
        from ..services.reporting.write_report import write_text

        click.echo(str(write_text(output.absolute(), lambda: _render(report, format_))), err=True)
        return
    click.echo(_render(report, format_), nl=False)


COMMANDS = (payments, costs)


def _run(context: Context, by: CostKey, starts: str | None, ends: str | None, **wanted: str) -> CostReport:
    first, last = parse_day(starts), parse_day(ends)
    if first is not None and last is not None and last < first:
        raise UserInputError("The last day is before the first.", code="costs.period")
    studio = context.app.services.studio
    studio.tell_usage.run()
    return studio.costs.run(by, starts_on=first, ends_on=last, **wanted)


def _render(report: CostReport, format_: str) -> str:
    if format_ == "text":
        return "".join("\t".join(row) + "\n" for row in _rows(report))
    from ..services.studio.papers import render_costs

    return render_costs(report, format_)


def _rows(report: CostReport) -> list[tuple[str, ...]]:
    return [
        (
            one.key or "–",
            str(one.purchases),
            str(one.refunds),
            ", ".join(str(money) for money in one.sums),
            ", ".join(one.credits_used),
            "" if one.home is None else str(one.home),
            str(one.not_converted) if report.home_currency else "",
        )
        for one in report.groups
    ]


def _print(report: CostReport) -> None:
    title = report.by.value.capitalize()
    columns = (title, "Purchases", "Refunds", "Charged", "Without value", "At home", "Not converted")
    print_table("", columns, _rows(report))
    total = report.total
    whole = f", {total.home} at home" if total.home is not None else ""
    click.echo(f"Together {', '.join(str(money) for money in total.sums) or 'nothing'}{whole}.", err=True)
    for note in report.notes:
        click.echo(note, err=True)
