"""``order``: settle single orders, and book what was bought on websites."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserInputError
from ..marketplaces import registry
from ..model.evidence import WebPurchase
from ..model.listing import ListingRef, MediaKind
from ..model.order import Order, OrderState
from ..services.buying.documents import attach
from ..services.buying.quote import sort_kinds
from ..services.typed import parse_day, parse_price
from .context import Context, json_option, pass_context, use_option
from .output import print_json
from .typed import KINDS, absolute

number_option = click.option("--number", required=True, help="The marketplace's order number.")
date_option = click.option(
    "--date", "bought_on", help="Day of the purchase, such as 2026-11-23; today if left out."
)
license_option = click.option(
    "--license", "label", required=True, help="What was bought, in the invoice's words."
)
price_option = click.option("--price", help="What was paid, with its currency: “19.00 USD”.")
invoice_option = click.option(
    "--invoice", "invoices", multiple=True, type=click.Path(path_type=Path), help="A file to keep as proof."
)
note_option = click.option("--note", default="", help="Anything else worth keeping.")


@click.group()
def order() -> None:
    """Settle single orders; “clearance orders” lists them."""


@order.command(name="open")
@click.argument("order_id")
@pass_context
def open_page(context: Context, order_id: str) -> None:
    """Show the page where ORDER_ID is paid or bought."""
    found = _order(context, order_id)
    if not found.checkout_url:
        raise UserInputError("There is no page to open for this order.", code="order.no_page")
    context.app.host.open_url(found.checkout_url)
    click.echo(found.checkout_url)


@order.command()
@click.argument("order_id")
@number_option
@date_option
@license_option
@price_option
@invoice_option
@note_option
@json_option
@pass_context
def confirm(
    context: Context,
    order_id: str,
    number: str,
    bought_on: str | None,
    label: str,
    price: str | None,
    invoices: tuple[Path, ...],
    note: str,
    as_json: bool,
) -> None:
    """Enter what proves that ORDER_ID was bought on the marketplace's website."""
    context.as_json = as_json
    entered = _entered(context, number, bought_on, label, price, note)
    paid = context.app.services.web_purchases.confirm(
        order_id, entered, documents=attach(absolute(invoices)), actor=context.actor
    )
    _say_booked(context, paid, as_json=as_json)


@order.command()
@click.argument("listing")
@number_option
@date_option
@license_option
@price_option
@invoice_option
@note_option
@click.option("--title", default="", help="What it is called.")
@click.option("--author", default="", help="Who made it.")
@click.option("--kind", type=click.Choice(KINDS), help="What it is.")
@use_option
@json_option
@pass_context
def record(
    context: Context,
    listing: str,
    number: str,
    bought_on: str | None,
    label: str,
    price: str | None,
    invoices: tuple[Path, ...],
    note: str,
    title: str,
    author: str,
    kind: str | None,
    use_path: Path | None,
    as_json: bool,
) -> None:
    """Book LISTING (marketplace:id), which was bought on a website without Clearance."""
    context.as_json = as_json
    ref = _ref(listing)
    booked = context.app.services.web_purchases.record_outside(
        ref,
        _entered(context, number, bought_on, label, price, note),
        context.read_use(use_path),
        title=title,
        author=author,
        kind=MediaKind(kind) if kind else sort_kinds(registry.find(ref.marketplace).INFO)[0],
        documents=attach(absolute(invoices)),
        actor=context.actor,
    )
    _say_booked(context, booked.order, as_json=as_json)


@order.command()
@click.argument("order_id")
@click.option("--bought/--not-bought", required=True, help="What your account at the marketplace shows.")
@click.option("--reason", required=True, help="Where you looked, and what you saw.")
@click.option("--number", default="", help="The marketplace's order or transaction number.")
@json_option
@pass_context
def decide(context: Context, order_id: str, bought: bool, reason: str, number: str, as_json: bool) -> None:
    """End ORDER_ID, which is in doubt, by your word; it is kept as your word."""
    context.as_json = as_json
    decided = context.app.services.reconcile.decide(
        order_id, bought=bought, actor=context.actor, reason=reason, marketplace_order_id=number
    )
    _say_booked(context, decided, as_json=as_json)


@order.command(name="give-up")
@click.argument("order_id")
@json_option
@pass_context
def give_up(context: Context, order_id: str, as_json: bool) -> None:
    """Stop waiting for ORDER_ID to be paid."""
    context.as_json = as_json
    given_up = context.app.services.reconcile.give_up(order_id, actor=context.actor)
    _say_booked(context, given_up, as_json=as_json)


COMMANDS = (order,)


def _say_booked(context: Context, booked: Order, *, as_json: bool) -> None:
    grant = context.app.ledger.grant_for_order(booked.id)
    if as_json:
        print_json({"state": booked.state, "order": booked, "grant": grant})
        return
    click.echo(f"Order {booked.id} is {booked.state.replace('_', ' ')}.")
    if grant is not None and booked.state is OrderState.PAID:
        click.echo(f"License: {grant.id}. Next: clearance download {grant.id}, or clearance pickup")


def _order(context: Context, order_id: str) -> Order:
    found = context.app.ledger.order(order_id)
    if found is None:
        raise UserInputError("There is no such order.", code="order.unknown")
    return found


def _entered(
    context: Context, number: str, bought_on: str | None, label: str, price: str | None, note: str
) -> WebPurchase:
    return WebPurchase(
        order_number=number,
        bought_on=parse_day(bought_on) or context.app.clock.now().date(),
        license_label=label,
        price=parse_price(price),
        note=note,
    )


def _ref(text: str) -> ListingRef:
    try:
        return ListingRef.parse(text)
    except ValueError as error:
        raise UserInputError(f"{error}.", code="user_input.listing") from None
