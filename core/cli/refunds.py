"""``refund``: give purchases back."""

from __future__ import annotations

from pathlib import Path

import click

from ..errors import UserInputError
from ..model.evidence import DocumentKind
from ..services.buying.documents import attach
from ..services.typed import parse_price
from .context import Context, json_option, pass_context
from .output import print_json, print_table
from .typed import absolute


@click.group()
def refund() -> None:
    """Give purchases back."""


@refund.command()
@click.argument("order_id")
@json_option
@pass_context
def policy(context: Context, order_id: str, as_json: bool) -> None:
    """Say how the marketplace takes ORDER_ID back, and which scenes use it."""
    context.as_json = as_json
    advice = context.app.services.refunds.advise(order_id)
    if as_json:
        print_json(advice)
        return
    click.echo(f"{advice.order.title}  ({advice.order.ref}), {advice.order.state.replace('_', ' ')}")
    if advice.policy is None:
        click.echo("  The marketplace's policy is not known. Look at its website.")
    else:
        sure = "" if advice.policy.confirmed else " Not confirmed."
        click.echo(f"  {advice.policy.summary}{sure} (read on {advice.policy.read_on.isoformat()})")
        click.echo(f"  {advice.policy.how}\n  {advice.policy.url}")
    if advice.days_left is not None:
        over = advice.days_left < 0
        click.echo("  Its time is over." if over else f"  {advice.days_left} days are left.")
    for usage in advice.scenes:
        click.echo(f"  used in {usage.scene}")


@refund.command()
@click.argument("order_id")
@click.option("--reason", help="Why it is given back.")
@click.option(
    "--from-check", is_flag=True, help="Name what the delivery check found; --reason is added to it."
)
@json_option
@pass_context
def request(context: Context, order_id: str, reason: str | None, from_check: bool, as_json: bool) -> None:
    """Note that ORDER_ID is to be refunded, and print the message for the marketplace's support."""
    context.as_json = as_json
    refunds = context.app.services.refunds
    why = reason or ""
    if from_check:
        claim = context.app.services.check_delivery.claim_for_order(order_id)
        if not claim:
            raise UserInputError(
                "No delivery check names something that differs from the offer. Run clearance "
                "check-delivery, or say why with --reason.",
                code="refund.no_difference",
            )
        why = f"{claim}\n{why}".strip()
    made = refunds.request(order_id, reason=why, actor=context.actor)
    message = refunds.message(made.id)
    if as_json:
        print_json({"refund": made, "message": message})
        return
    click.echo(message)
    click.echo(f"Send this yourself. Then: clearance refund settle {made.id} --refunded", err=True)


@refund.command()
@click.argument("refund_id")
@click.option("--refunded/--refused", required=True, help="What the marketplace answered.")
@click.option("--amount", help="What came back, with its currency: “19.00 USD”.")
@click.option("--reference", default="", help="The marketplace's case or credit note number.")
@click.option(
    "--document", "documents", multiple=True, type=click.Path(path_type=Path), help="A file to keep as proof."
)
@json_option
@pass_context
def settle(
    context: Context,
    refund_id: str,
    refunded: bool,
    amount: str | None,
    reference: str,
    documents: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Book how REFUND_ID ended. Refunded: the license is gone, and its files are locked."""
    context.as_json = as_json
    refunds = context.app.services.refunds
    settled = refunds.settle(
        refund_id,
        refunded=refunded,
        amount=parse_price(amount),
        reference=reference,
        documents=attach(absolute(documents), DocumentKind.CORRESPONDENCE),
        actor=context.actor,
    )
    scenes = refunds.affected(settled.grant_id) if refunded else ()
    if as_json:
        print_json({"refund": settled, "scenes": scenes})
        return
    click.echo(f"{settled.id}: {settled.state}.")
    for usage in scenes:
        click.echo(f"  Take it out of {usage.scene}")


@refund.command(name="list")
@json_option
@pass_context
def list_refunds(context: Context, as_json: bool) -> None:
    """List all refunds, newest first."""
    context.as_json = as_json
    found = context.app.ledger.refunds()
    if as_json:
        print_json(found)
        return
    rows = [
        (r.requested_at.strftime("%Y-%m-%d"), r.state.value, str(r.amount or ""), r.reason, r.order_id, r.id)
        for r in found
    ]
    print_table("", ("When", "State", "Amount", "Reason", "Order", "Id"), rows)


COMMANDS = (refund,)
