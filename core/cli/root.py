"""The command group and its common options."""

from __future__ import annotations

from pathlib import Path

import click

from ..settings import VERSION
from . import (
    accounts,
    audit,
    budgets,
    costs,
    declare,
    delivery,
    feeds,
    guard,
    health,
    history,
    invoices,
    ledger,
    orders,
    payments,
    pickup,
    policy,
    recognize,
    records,
    refunds,
    request,
    scan,
    seats,
    shopping,
    status,
    store,
    terms,
)
from .context import Context, pass_context


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="clearance")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Where ledger and files are kept.")
@click.option(
    "--sandbox", "sandbox_url", help="Use a sandbox on this machine, such as http://127.0.0.1:8700."
)
@click.option("--offline", is_flag=True, help="Make no network connection.")
@click.option("--project", help="The project that purchases are booked on.")
@click.option("--pay-by", help="The payment method (its id) that purchases are paid by.")
@pass_context
def cli(
    context: Context,
    data_dir: Path | None,
    sandbox_url: str | None,
    offline: bool,
    project: str | None,
    pay_by: str | None,
) -> None:
    """Find, license, download and account for marketplace assets."""
    if data_dir is not None:
        context.overrides["data_dir"] = data_dir.absolute()
    if sandbox_url is not None:
        context.overrides["sandbox_url"] = sandbox_url
    if offline:
        context.overrides["offline"] = True
    if project is not None:
        context.overrides["project"] = project
    if pay_by is not None:
        context.overrides["payment_method"] = pay_by


for command in (
    *shopping.COMMANDS,
    *orders.COMMANDS,
    *refunds.COMMANDS,
    *history.COMMANDS,
    *pickup.COMMANDS,
    *records.COMMANDS,
    *audit.COMMANDS,
    *guard.COMMANDS,
    *scan.COMMANDS,
    *recognize.COMMANDS,
    *accounts.COMMANDS,
    *health.COMMANDS,
    *status.COMMANDS,
    *delivery.COMMANDS,
    *feeds.COMMANDS,
    *terms.COMMANDS,
    *policy.COMMANDS,
    *declare.COMMANDS,
    *ledger.COMMANDS,
    *request.COMMANDS,
    *budgets.COMMANDS,
    *seats.COMMANDS,
    *store.COMMANDS,
    *payments.COMMANDS,
    *costs.COMMANDS,
    *invoices.COMMANDS,
):
    cli.add_command(command)
