"""``payment-method``, ``rate``, ``usage-price``: how is paid, at which rates, and what calls cost."""

from __future__ import annotations

from datetime import date

import click

from ..billing.paying import Choice
from ..errors import UserInputError
from ..model.money import Money
from ..model.payment import MethodKind
from ..services.typed import parse_day, parse_price
from .context import Context, json_option, pass_context
from .output import print_json, print_table


@click.group(name="payment-method")
def payment_method() -> None:
    """Say how the studio pays. Card numbers are never asked for, and refused where they are typed."""


@payment_method.command()
@click.argument("kind", type=click.Choice([kind.value for kind in MethodKind]))
@click.argument("label")
@click.option("-m", "--marketplace", default="", help="For this marketplace only.")
@click.option("--account", default="", help="The marketplace's own number of a subscription or product.")
@click.option("--for-project", default="", help="For this project only.")
@click.option("--purchase-order", default="", help="The studio's order number.")
@click.option("--cost-center", default="")
@click.option("--unit", default="", help="What it pays in: credit, download.")
@click.option("--unit-value", help="What one of them cost, such as “0.99 USD”.")
@click.option("--paid-in", help="What was paid in, such as “500.00 EUR”.")
@click.option("--limit", help="Up to where it may be used, such as “2000.00 EUR”.")
@click.option("--until", help="The last day on which it may be used, such as 2026-12-31.")
@json_option
@pass_context
def add(
    context: Context,
    kind: str,
    label: str,
    marketplace: str,
    account: str,
    for_project: str,
    purchase_order: str,
    cost_center: str,
    unit: str,
    unit_value: str | None,
    paid_in: str | None,
    limit: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """Set up a way to pay of KIND, known to people as LABEL."""
    from ..services.studio.payments import MethodDraft

    context.as_json = as_json
    made = context.app.services.studio.payments.add_method(
        MethodDraft(
            kind=MethodKind(kind),
            label=label,
            marketplace=marketplace,
            account_id=account,
            project_id=for_project,
            purchase_order=purchase_order,
            cost_center=cost_center,
            unit=unit,
            unit_value=parse_price(unit_value),
            paid_in=parse_price(paid_in),
            limit_amount=parse_price(limit),
            valid_until=parse_day(until),
        )
    )
    if as_json:
        print_json(made)
        return
    click.echo(f"{made.id}: {made.label}. Use it with `clearance --pay-by {made.id} buy …`, or in a request.")


@payment_method.command(name="list")
@click.option("--all", "ended", is_flag=True, help="Those that were ended, too.")
@json_option
@pass_context
def list_methods(context: Context, ended: bool, as_json: bool) -> None:
    """List the ways to pay, with what is left of each."""
    context.as_json = as_json
    found = context.app.services.studio.payments.methods(ended=ended)
    if as_json:
        print_json([{"method": one.method, "left": one.left} for one in found])
        return
    columns = ("Name", "Kind", "For", "Purchase order", "Left", "Until", "Id")
    print_table("", columns, [_method_row(one) for one in found])


@payment_method.command()
@click.argument("method_id")
@json_option
@pass_context
def end(context: Context, method_id: str, as_json: bool) -> None:
    """End the way to pay METHOD_ID; what was paid by it stays."""
    context.as_json = as_json
    ended = context.app.services.studio.payments.end_method(method_id)
    if as_json:
        print_json(ended)
        return
    click.echo(f"“{ended.label}” was ended.")


@click.group()
def rate() -> None:
    """Note exchange rates, with their day and source."""


@rate.command(name="set")
@click.argument("pair")
@click.argument("number", metavar="RATE")
@click.option("--on", "day", help="The day of the rate; without it, today.")
@click.option("--source", required=True, help="Who says so, such as ECB.")
@json_option
@pass_context
def set_rate(context: Context, pair: str, number: str, day: str | None, source: str, as_json: bool) -> None:
    """Note that one unit of the first currency of PAIR (USD/EUR) is RATE units of the second."""
    context.as_json = as_json
    base, slash, quote = pair.partition("/")
    if not slash:
        raise UserInputError(
            f"“{pair[:40]}” is no pair of currencies. Write it as USD/EUR.", code="rate.pair"
        )
    made = context.app.services.studio.rates.set_rate(
        base, quote, number, valid_on=parse_day(day) or _today(context), source=source
    )
    if as_json:
        print_json(made)
        return
    click.echo(f"1 {made.base} = {made.rate} {made.quote} on {made.valid_on.isoformat()} ({made.source}).")


@rate.command(name="list")
@click.option("--pair", help="Only this pair, such as USD/EUR.")
@json_option
@pass_context
def list_rates(context: Context, pair: str | None, as_json: bool) -> None:
    """List the rates, the newest day first."""
    context.as_json = as_json
    base, _, quote = (pair or "").partition("/")
    found = context.app.services.studio.rates.rates(base=base, quote=quote)
    if as_json:
        print_json(found)
        return
    rows = [(r.valid_on.isoformat(), f"1 {r.base}", f"{r.rate} {r.quote}", r.source, r.set_by) for r in found]
    print_table("", ("Day", "One", "Is", "Source", "Noted by"), rows)


@click.group(name="usage-price")
def usage_price() -> None:
    """Note what contracts charge for calls and downloads."""


@usage_price.command(name="set")
@click.argument("marketplace")
@click.argument("operation")
@click.argument("amount")
@click.option("--per", type=int, default=1, show_default=True, help="For how many of them the price is.")
@click.option("--from", "starts", required=True, help="The first day, such as 2026-01-01.")
@click.option("--to", "ends", help="The last day; without it, the price has no end.")
@json_option
@pass_context
def set_price(
    context: Context,
    marketplace: str,
    operation: str,
    amount: str,
    per: int,
    starts: str,
    ends: str | None,
    as_json: bool,
) -> None:
    """Note that OPERATION (download, or a call as in `clearance health`) costs AMOUNT at MARKETPLACE."""
    context.as_json = as_json
    price, first = parse_price(amount), parse_day(starts)
    if price is None or first is None:
        raise UserInputError("Give an amount, such as “0.05 USD”, and the first day.", code="rate.invalid")
    made = context.app.services.studio.rates.set_price(
        marketplace, operation, price, per=per, starts_on=first, ends_on=parse_day(ends)
    )
    if as_json:
        print_json(made)
        return
    click.echo(f"{made.marketplace} {made.operation}: {made.amount} for {made.per:,}.")


@usage_price.command(name="list")
@json_option
@pass_context
def list_prices(context: Context, as_json: bool) -> None:
    """List what contracts charge."""
    context.as_json = as_json
    found = context.app.services.studio.rates.prices()
    if as_json:
        print_json(found)
        return
    rows = [
        (p.marketplace, p.operation, str(p.amount), f"{p.per:,}", p.starts_on.isoformat(), _day(p.ends_on))
        for p in found
    ]
    print_table("", ("Marketplace", "What", "Price", "For", "From", "To"), rows)


COMMANDS = (payment_method, rate, usage_price)


def _method_row(one: Choice) -> tuple[str, ...]:
    method = one.method
    where = ", ".join(part for part in (method.marketplace, method.project_id) if part) or "all"
    state = "" if method.active else " (ended)"
    worth = f" at {method.unit_value} each" if method.unit_value is not None else ""
    return (
        method.label + state,
        method.kind.value.replace("_", " ") + worth,
        where,
        method.purchase_order,
        _amount(one.left),
        _day(method.valid_until),
        method.id,
    )


def _amount(money: Money | None) -> str:
    return "" if money is None else str(money)


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _today(context: Context) -> date:
    return context.app.clock.now().date()
