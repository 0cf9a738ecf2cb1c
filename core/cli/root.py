"""The command group and its common options."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click

from ..settings import VERSION
from .context import Context, pass_context

COMMANDS_OF: Mapping[str, tuple[str, ...]] = {
    "shopping": (
        "search",
        "quote",
        "buy",
        "download",
    ),
    "orders": ("order",),
    "refunds": ("refund",),
    "history": ("history",),
    "pickup": ("pickup",),
    "records": (
        "report",
        "orders",
        "reconcile",
        "library",
    ),
    "audit": ("audit",),
    "guard": ("guard",),
    "scan": ("scan",),
    "recognize": (
        "recognize",
        "fingerprints",
    ),
    "accounts": ("account",),
    "health": ("health",),
    "status": ("status",),
    "delivery": ("check-delivery",),
    "feeds": (
        "feed",
        "open-search",
    ),
    "terms": ("terms",),
    "policy": ("policy",),
    "declare": (
        "declare",
        "declarations",
    ),
    "ledger": ("ledger",),
    "request": ("request",),
    "budgets": (
        "limit",
        "budget",
    ),
    "seats": (
        "seat",
        "agreement",
        "renewals",
        "renew",
    ),
    "store": ("store",),
    "payments": (
        "payment-method",
        "rate",
        "usage-price",
    ),
    "costs": (
        "payments",
        "costs",
    ),
    "invoices": ("invoice",),
}
"""The commands of each module beside this one. A module is imported when one of its commands is called."""
_MODULE_OF = {command: module for module, commands in COMMANDS_OF.items() for command in commands}


class _Commands(click.Group):
    """A group that imports no more than the command that is called: importing all takes half a second."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(_MODULE_OF)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import a command; None when there is none of that name."""
        module = _MODULE_OF.get(cmd_name)
        if module is None:
            return None
        found: tuple[click.Command, ...] = import_module(f".{module}", __package__).COMMANDS
        return next(command for command in found if command.name == cmd_name)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
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
