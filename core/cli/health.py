"""``health``: how well the marketplaces' APIs work, and how much of each hour's requests is used."""

from __future__ import annotations

from datetime import datetime

import click

from ..http.breaker import BreakerState
from ..http.throttle import Usage
from ..services.health import DEFAULT_HOURS, GOAL, CallHealth, MarketplaceHealth
from .context import Context, json_option, pass_context
from .output import print_json, print_table

COLUMNS = (
    "Marketplace",
    "Operation",
    "Calls",
    "Successful",
    "Half within",
    "95 % within",
    "429",
    "This hour",
    "State",
)


@click.command()
@click.option(
    "--hours", type=click.IntRange(1, 168), default=DEFAULT_HOURS, show_default=True, help="How far back."
)
@json_option
@pass_context
def health(context: Context, hours: int, as_json: bool) -> None:
    """Tell how the marketplaces' APIs do. Asks none of them."""
    context.as_json = as_json
    found = context.app.services.health.run(hours=hours)
    if as_json:
        print_json({"goal": GOAL, "hours": hours, "marketplaces": [_to_plain(one) for one in found]})
        return
    print_table(f"The last {hours} hours; the goal is more than {GOAL:.0%} successful", COLUMNS, _rows(found))
    for one in found:
        if one.last_error is not None:
            when = _clock_time(one.last_error.at)
            click.echo(f"{one.name}, {when}, {_words(one.last_error.operation)}: {one.last_error.message}")


def _rows(found: tuple[MarketplaceHealth, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for one in found:
        rows.append((one.name, "all", *_numbers(one.health), _budget(one.budget), _state(one.breaker, 0.0)))
        rows += [
            ("", _words(part.operation), *_numbers(part.health), "", _state(part.breaker, part.retry_in_s))
            for part in one.operations
        ]
    return rows


def _numbers(health: CallHealth) -> tuple[str, ...]:
    rate = health.success_rate
    return (
        str(health.calls),
        "" if rate is None else f"{rate:.1%}",
        _seconds(health.p50_s),
        _seconds(health.p95_s),
        str(health.rate_limited) if health.requests else "",
    )


def _budget(usage: Usage | None) -> str:
    if usage is None:
        return "not known"
    wait = f", next in {usage.next_free_in_s:.0f} s" if usage.next_free_in_s >= 1 else ""
    return f"{usage.used} of {usage.limit}{wait}"


def _state(state: BreakerState, retry_in_s: float) -> str:
    match state:
        case BreakerState.CLOSED:
            return "works"
        case BreakerState.HALF_OPEN:
            return "is being tried"
        case BreakerState.OPEN:
            return f"rests, {retry_in_s:.0f} s more" if retry_in_s else "rests"


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{value:.2f} s"


def _words(operation: str) -> str:
    return operation.replace("_", " ")


def _clock_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def _to_plain(one: MarketplaceHealth) -> dict[str, object]:
    """Return a marketplace for JSON, with the rates that are worked out."""
    return {
        "marketplace": one.marketplace,
        "name": one.name,
        **_with_rates(one.health),
        "breaker": one.breaker,
        "budget": one.budget,
        "last_error": one.last_error,
        "operations": [
            {
                "operation": part.operation,
                **_with_rates(part.health),
                "breaker": part.breaker,
                "retry_in_s": part.retry_in_s,
            }
            for part in one.operations
        ],
    }


def _with_rates(health: CallHealth) -> dict[str, object]:
    return {
        "calls": health.calls,
        "ok": health.ok,
        "refused": health.refused,
        "failed": health.failed,
        "requests": health.requests,
        "rate_limited": health.rate_limited,
        "p50_s": health.p50_s,
        "p95_s": health.p95_s,
        "success_rate": health.success_rate,
        "meets_goal": health.meets_goal,
    }


COMMANDS = (health,)
