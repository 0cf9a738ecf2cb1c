"""``status``: calls, payments and license compliance as numbers, with the goals beside them."""

from __future__ import annotations

import click

from ..errors import UserInputError
from ..services.status import COMPLIANCE_GOAL, DEFAULT_DAYS, DEFAULT_HOURS, GOAL, PAYMENT_GOAL, Status
from .context import Context, json_option, pass_context
from .output import print_json, print_table

COLUMNS = ("What", "Now", "Goal", "Met", "Of")


@click.command()
@click.option(
    "--hours", type=click.IntRange(1, 168), default=DEFAULT_HOURS, show_default=True, help="Of calls."
)
@click.option(
    "--days", type=click.IntRange(1, 3660), default=DEFAULT_DAYS, show_default=True, help="Of payments."
)
@click.option("--openmetrics", is_flag=True, help="Print OpenMetrics text, for monitoring systems.")
@json_option
@pass_context
def status(context: Context, hours: int, days: int, openmetrics: bool, as_json: bool) -> None:
    """Tell how calls, payments and license compliance do. Asks no marketplace."""
    context.as_json = as_json
    if openmetrics and as_json:
        raise UserInputError("Choose one of --json and --openmetrics.", code="user_input.format")
    found = context.app.services.status.run(hours=hours, days=days)
    if openmetrics:
        from ..reports.openmetrics import write_openmetrics
        from ..services.status_metrics import list_families

        click.echo(write_openmetrics(list_families(found)), nl=False)
        return
    if as_json:
        print_json(_to_plain(found))
        return
    print_table(f"Calls of {hours} hours, payments of {days} days", COLUMNS, _rows(found))
    for one in found.compliance.uncovered:
        where = f"{one.scenes} scene{'' if one.scenes == 1 else 's'}"
        click.echo(f"{one.title or 'Unknown'} ({one.grant_id}): {one.why}, used in {where}")


def _rows(found: Status) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in found.marketplaces:
        if not one.health.calls:
            continue
        speed = ""
        if one.health.p50_s is not None and one.health.p95_s is not None:
            speed = f", half within {one.health.p50_s:.2f} s, 95 % within {one.health.p95_s:.2f} s"
        of = f"{one.health.calls:,} calls{speed}"
        rows.append(
            (one.name, _share(one.health.success_rate), f"> {GOAL:.0%}", _met(one.health.meets_goal), of)
        )
    calls = found.calls
    rows.append(
        (
            "All calls", _share(calls.success_rate), f"> {GOAL:.0%}", _met(calls.meets_goal),
            f"{calls.calls:,} calls" if calls.calls else "no calls yet",
        )
    )  # fmt: skip
    paid = found.payments
    told = f"{paid.settled:,} settled, {paid.failed:,} failed, {paid.in_doubt:,} in doubt, "
    told += f"{paid.waiting:,} waiting"
    rows.append(
        (
            "Payments", _share(paid.success_rate), f"> {PAYMENT_GOAL:.0%}", _met(paid.meets_goal),
            told if paid.success_rate is not None or paid.waiting else "no payments yet",
        )
    )  # fmt: skip
    used = found.compliance
    rows.append(
        (
            "License compliance", _share(used.grants_rate), f"{COMPLIANCE_GOAL:.0%}", _met(used.meets_goal),
            f"{used.grants_covered:,} of {used.grants:,} licenses, {used.data_blocks_covered:,} of "
            f"{used.data_blocks:,} data-blocks, {used.scenes:,} scenes" if used.grants
            else "no licensed content in saved scenes yet",
        )
    )  # fmt: skip
    return rows


def _share(rate: float | None) -> str:
    if rate is None:
        return ""
    # Never rounded up to a goal that is not met.
    return "100 %" if rate == 1 else f"{min(rate, 0.9999) * 100:.2f} %"


def _met(met: bool | None) -> str:
    return "" if met is None else "yes" if met else "no"


def _to_plain(found: Status) -> dict[str, object]:
    calls, paid, used = found.calls, found.payments, found.compliance
    return {
        "at": found.at,
        "hours": found.hours,
        "days": found.days,
        "goals": {"calls": GOAL, "payments": PAYMENT_GOAL, "compliance": COMPLIANCE_GOAL},
        "calls": {
            "calls": calls.calls,
            "success_rate": calls.success_rate,
            "meets_goal": calls.meets_goal,
            "marketplaces": [
                {
                    "marketplace": one.marketplace,
                    "calls": one.health.calls,
                    "success_rate": one.health.success_rate,
                    "meets_goal": one.health.meets_goal,
                    "p50_s": one.health.p50_s,
                    "p95_s": one.health.p95_s,
                }
                for one in found.marketplaces
            ],
        },
        "payments": {
            "since": paid.since,
            "settled": paid.settled,
            "failed": paid.failed,
            "in_doubt": paid.in_doubt,
            "waiting": paid.waiting,
            "called_off": paid.called_off,
            "success_rate": paid.success_rate,
            "meets_goal": paid.meets_goal,
        },
        "compliance": {
            "scenes": used.scenes,
            "grants": used.grants,
            "grants_covered": used.grants_covered,
            "grants_rate": used.grants_rate,
            "data_blocks": used.data_blocks,
            "data_blocks_covered": used.data_blocks_covered,
            "data_blocks_rate": used.rate,
            "meets_goal": used.meets_goal,
            "uncovered": used.uncovered,
        },
    }


COMMANDS = (status,)
