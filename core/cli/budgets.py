"""``limit`` and ``budget``: how much may be spent, by whom and for what."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..marketplaces import registry
from ..model.budget import LimitKind, LimitPeriod
from ..model.money import Money
from ..model.people import Role
from .context import Context, json_option, pass_context
from .limits import read_money
from .output import print_json, print_table

if TYPE_CHECKING:
    from ..services.studio.journal import BudgetStatus

day_type = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def limit() -> None:
    """Limits: what may be spent or approved, by whom, at once or in a month."""


@limit.command("set")
@click.argument("kind", type=click.Choice([kind.value for kind in LimitKind]))
@click.argument("amount", metavar="AMOUNT")
@click.option("--month", is_flag=True, help="For a month; without it, for one request.")
@click.option("--role", default="", type=click.Choice(["", *(role.value for role in Role)]))
@click.option("--for-project", "project_id", default="", help="Only for this project.")
@click.option("--marketplace", "-m", default="", type=click.Choice(["", *registry.all_ids()]))
@json_option
@pass_context
def set_limit(
    context: Context,
    kind: str,
    amount: str,
    *,
    month: bool,
    role: str,
    project_id: str,
    marketplace: str,
    as_json: bool,
) -> None:
    """Set a limit of AMOUNT, such as "500 USD".

    KIND is spend (what a buyer may buy), approve (what somebody may approve), own (of their own requests), or
    auto (what is approved by itself). It takes the place of one for the same people and things.
    """
    context.as_json = as_json
    made = context.app.services.buying.limits.set(
        LimitKind(kind),
        _money(amount),
        period=LimitPeriod.MONTH if month else LimitPeriod.REQUEST,
        role=role,
        project_id=project_id,
        marketplace=marketplace,
    )
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made.id}: {made.kind} at most {made.amount} a {made.period}.")


@limit.command("end")
@click.argument("limit_id", metavar="LIMIT")
@json_option
@pass_context
def end_limit(context: Context, limit_id: str, as_json: bool) -> None:
    """End a limit. Without any of its kind, everything is allowed (spend, approve) or nothing (own, auto)."""
    context.as_json = as_json
    ended = context.app.services.buying.limits.end(limit_id)
    if as_json:
        print_json(ended)
    else:
        click.echo(f"{ended.id} ended.")


@limit.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that ended, too.")
@json_option
@pass_context
def list_limits(context: Context, everything: bool, as_json: bool) -> None:
    """List the limits."""
    context.as_json = as_json
    found = context.app.services.buying.limits.list(with_ended=everything)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.id,
            one.kind.value,
            f"{one.amount} a {one.period}",
            one.role or "everybody",
            one.project_id or "all projects",
            one.marketplace or "all marketplaces",
            "ended" if one.ended_at is not None else "",
        )
        for one in found
    ]
    print_table("", ("Id", "Kind", "At most", "For", "Project", "Marketplace", ""), rows)


@click.group()
def budget() -> None:
    """Budgets: money for a project or a department and a period."""


@budget.command("set")
@click.argument("name")
@click.argument("amount", metavar="AMOUNT")
@click.option("--from", "starts_on", type=day_type, help="First day; without it, today.")
@click.option("--until", "ends_on", type=day_type, required=True, help="Last day.")
@click.option("--for-project", "project_id", default="")
@click.option("--department", default="")
@click.option(
    "--alert", type=click.IntRange(1, 100), default=80, show_default=True, help="From what percentage on."
)
@click.option("--id", "budget_id", default="", help="Change this budget.")
@json_option
@pass_context
def set_budget(
    context: Context,
    name: str,
    amount: str,
    *,
    starts_on: datetime | None,
    ends_on: datetime,
    project_id: str,
    department: str,
    alert: int,
    budget_id: str,
    as_json: bool,
) -> None:
    """Make a budget NAME of AMOUNT, such as "5000 EUR", or change one."""
    context.as_json = as_json
    app = context.app
    if budget_id:
        before = app.services.buying.budgets.status(budget_id).budget
        project_id, department = before.project_id, before.department
        first = before.starts_on
    else:
        first = starts_on.date() if starts_on else app.clock.now().date()
    made = app.services.buying.budgets.set(
        name,
        _money(amount),
        starts_on=first,
        ends_on=ends_on.date(),
        project_id=project_id or ("" if department else app.settings.project),
        department=department,
        alert_percent=alert,
        budget_id=budget_id,
    )
    if as_json:
        print_json(made)
    else:
        click.echo(f"{made.id}: {made.amount} from {made.starts_on} until {made.ends_on}.")


@budget.command("list")
@click.option("--all", "everything", is_flag=True, help="Closed ones, too.")
@json_option
@pass_context
def list_budgets(context: Context, everything: bool, as_json: bool) -> None:
    """List budgets with what is spent, set aside and left, and where they will end."""
    context.as_json = as_json
    found = context.app.services.buying.budgets.list(with_closed=everything)
    if as_json:
        print_json(found)
        return
    print_table(
        "",
        ("Id", "Name", "For", "Until", "Amount", "Spent", "Set aside", "Left", "Forecast", ""),
        [_row(one) for one in found],
    )
    for one in found:
        if one.alert:
            click.echo(one.alert, err=True)


@budget.command("show")
@click.argument("budget_id", metavar="BUDGET")
@json_option
@pass_context
def show_budget(context: Context, budget_id: str, as_json: bool) -> None:
    """Show a budget and its journal."""
    context.as_json = as_json
    budgets = context.app.services.buying.budgets
    status, entries = budgets.status(budget_id), budgets.entries(budget_id)
    if as_json:
        print_json({"status": status, "entries": entries})
        return
    for label, text in zip(
        ("Name", "For", "Until", "Amount", "Spent", "Set aside", "Left", "Forecast"),
        _row(status)[1:],
        strict=False,
    ):
        click.echo(f"{label}: {text}")
    if status.alert:
        click.echo(status.alert)
    rows = [
        (
            f"{entry.at:%Y-%m-%d %H:%M}",
            entry.kind.value,
            str(entry.amount),
            entry.by,
            entry.subject,
            entry.note,
        )
        for entry in entries
    ]
    print_table("", ("When", "What", "Amount", "By", "Subject", "Note"), rows)


@budget.command("close")
@click.argument("budget_id", metavar="BUDGET")
@json_option
@pass_context
def close_budget(context: Context, budget_id: str, as_json: bool) -> None:
    """Let nothing more be set aside from a budget."""
    context.as_json = as_json
    closed = context.app.services.buying.budgets.close(budget_id)
    if as_json:
        print_json(closed)
    else:
        click.echo(f"{closed.id} is closed.")


COMMANDS = (limit, budget)


def _money(text: str) -> Money:
    found = read_money(text)
    if found is None:
        raise UserInputError("Give an amount with its currency, such as 500 USD.", code="user_input.money")
    return found


def _row(status: BudgetStatus) -> tuple[str, ...]:
    made = status.budget
    ends: date = made.ends_on
    return (
        made.id,
        made.name,
        made.project_id or f"department {made.department}",
        ends.isoformat(),
        str(made.amount),
        str(status.spent),
        str(status.committed),
        str(status.left),
        str(status.forecast),
        "closed" if made.closed_at is not None else "",
    )
