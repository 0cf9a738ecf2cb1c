"""``account``: keys, sign-in and connection test of a marketplace."""

from __future__ import annotations

import sys

import click

from ..marketplaces import registry
from ..marketplaces.base import AppAuth, CredentialField
from ..services.accounts import KeyStatus, describe_account
from .context import Context, json_option, pass_context
from .output import print_json, print_table


@click.group()
def account() -> None:
    """Keys and sign-ins, kept in this system's keyring."""


@account.command(name="list")
@json_option
@pass_context
def list_accounts(context: Context, as_json: bool) -> None:
    """Say which marketplaces have keys."""
    context.as_json = as_json
    found = [context.app.services.accounts.status(m) for m in registry.all_ids()]
    if as_json:
        print_json(found)
        return
    print_table("", ("Marketplace", "Key", "Signed in"), [_row(status) for status in found])


def _row(status: KeyStatus) -> tuple[str, str, str]:
    auth = registry.find(status.marketplace).INFO.auth
    if auth.app is AppAuth.NONE:
        return status.marketplace, "none needed", ""
    user = ("yes" if status.has_user else "no") if auth.authorize_url else "not offered"
    return status.marketplace, "yes" if status.has_app_key else "no", user


@account.command(name="set")
@click.argument("marketplace")
@click.argument("field", type=click.Choice([field.value for field in CredentialField]))
@pass_context
def set_key(context: Context, marketplace: str, field: str) -> None:
    """Store one key; it is asked for (or read from standard input), never an argument."""
    registry.find(marketplace)
    stdin = sys.stdin
    secret = str(click.prompt(field, hide_input=True)) if stdin.isatty() else stdin.readline()
    context.app.services.accounts.store(marketplace, field, secret)
    click.echo(f"Kept in: {context.app.services.accounts.credentials.kind}.")


@account.command()
@click.argument("marketplace")
@pass_context
def forget(context: Context, marketplace: str) -> None:
    """Delete a marketplace's keys and sign-in."""
    context.app.services.accounts.forget(marketplace, tell=lambda said: click.echo(said, err=True))
    click.echo("Deleted.")


@account.command(name="sign-in")
@click.argument("marketplace")
@pass_context
def sign_in(context: Context, marketplace: str) -> None:
    """Sign in through the browser, so that purchases are made in your name."""

    def open_url(url: str) -> None:
        if not context.app.host.open_url(url):
            click.echo(f"Open this page in a browser:\n{url}", err=True)
            click.launch(url)

    def pasted() -> str:
        return str(click.prompt("Paste the address on which the browser ended"))

    context.app.services.accounts.sign_in(marketplace, open_url, pasted=pasted)
    click.echo("Signed in.")


@account.command()
@click.argument("marketplace")
@json_option
@pass_context
def test(context: Context, marketplace: str, as_json: bool) -> None:
    """Ask the marketplace who we are and what is left to pay with."""
    context.as_json = as_json
    found = context.app.services.accounts.test(marketplace)
    if as_json:
        print_json(found)
    else:
        click.echo(describe_account(found))


COMMANDS = (account,)
