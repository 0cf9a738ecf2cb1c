"""``request``: from a cart to the licenses, for who asks, who approves and who buys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..marketplaces import registry
from ..model.buy_request import RequestState
from ..model.listing import ListingRef, MediaKind
from .context import Context, json_option, pass_context, use_option
from .output import print_json, print_table, show_progress
from .request_text import SHOWN, name_total, print_items, print_result, print_view

if TYPE_CHECKING:
    from ..services.studio.cart_file import WantedItem
    from ..services.studio.requests import Requests

MAX_FILE_BYTES = 4 * 1024**2

positions_argument = click.argument("positions", nargs=-1, required=True, type=click.IntRange(1))
budget_option = click.option("--budget", "budget_id", default="", help="Pay from this budget.")


@click.group()
def request() -> None:
    """Ask for what a project needs, have it approved, and buy it."""


@request.command()
@click.argument("listings", nargs=-1, metavar="[LISTING]...")
@click.option("--reason", default="", help="What it is for; who approves it reads that.")
@use_option
@json_option
@pass_context
def new(
    context: Context, listings: tuple[str, ...], reason: str, use_path: Path | None, as_json: bool
) -> None:
    """Begin a request, with LISTINGs (marketplace:id) if you like. The project is that of --project."""
    context.as_json = as_json
    use = context.read_use(use_path)
    wanted = [_wanted(context, text) for text in listings]
    cart = _requests(context).cart
    made = cart.new(use, reason=reason)
    if wanted:
        cart.add(made.id, wanted)
    _say(made, as_json=as_json, text=f"{made.id} for {made.project_id}. Add to it, then submit it.")


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.argument("listings", nargs=-1, required=True, metavar="LISTING...")
@click.option("--kind", type=click.Choice([kind.value for kind in MediaKind]))
@click.option("--license", "license_label", default="", help="License, in the marketplace's word.")
@click.option("--variant", default="", help="Size or version, in the marketplace's word.")
@json_option
@pass_context
def add(
    context: Context,
    request_id: str,
    listings: tuple[str, ...],
    *,
    kind: str | None,
    license_label: str,
    variant: str,
    as_json: bool,
) -> None:
    """Add LISTINGs (marketplace:id) to a cart."""
    from dataclasses import replace

    context.as_json = as_json
    wanted = [
        replace(_wanted(context, text, kind), license_label=license_label, variant=variant)
        for text in listings
    ]
    added = _requests(context).cart.add(request_id, wanted)
    _say(added, as_json=as_json, text=f"{len(added)} added.")


@request.command("import-csv")
@click.argument("request_id", metavar="REQUEST")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@json_option
@pass_context
def import_csv(context: Context, request_id: str, path: Path, as_json: bool) -> None:
    """Add every listing of a CSV FILE: listing (or marketplace and id), kind, license, variant, title."""
    context.as_json = as_json
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES)
    except OSError as error:
        raise UserInputError(f"{path} cannot be read: {error.strerror}.", code="cart.unreadable") from error
    added = _requests(context).cart.import_csv(request_id, data)
    _say(added, as_json=as_json, text=f"{len(added):,} added.")


@request.command("leave-out")
@click.argument("request_id", metavar="REQUEST")
@positions_argument
@json_option
@pass_context
def leave_out(context: Context, request_id: str, positions: tuple[int, ...], as_json: bool) -> None:
    """Take items, by their numbers, out of your request before it is approved."""
    context.as_json = as_json
    left = _requests(context).decide.leave_out(request_id, positions)
    total = f" It is {left.total} now." if left.total is not None else ""
    _say(left, as_json=as_json, text=f"Left out.{total}")


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", default=None, help="What it is for, if that was not said yet.")
@budget_option
@json_option
@pass_context
def submit(context: Context, request_id: str, reason: str | None, budget_id: str, as_json: bool) -> None:
    """Quote every item, check it against the policy and what is owned, and ask for approval."""
    context.as_json = as_json
    requests = _requests(context)
    if reason is not None:
        requests.cart.change(request_id, reason=reason)
    with show_progress("Looking at the items", unit="items") as task:
        done = requests.submit.run(request_id, budget_id=budget_id, progress=task.report)
    if as_json:
        print_json(done)
        return
    print_items(done.items, everything=False)
    for item in done.failed:
        click.echo(f"{item.position}: {item.failure}", err=True)
    match done.request.state:
        case RequestState.DONE:
            click.echo("The studio owns all of it: import it from the library. Nothing is bought.")
        case RequestState.APPROVED:
            click.echo(f"Approved by itself: {name_total(done.request)}. A buyer can buy it.")
        case _:
            click.echo(f"Asked for: {name_total(done.request)}. {done.why_not_auto}".rstrip())


@request.command("list")
@click.option("--mine", is_flag=True, help="Only your own.")
@click.option("--waiting", is_flag=True, help="Only what waits for you to approve or buy.")
@click.option("--state", "states", multiple=True, type=click.Choice([state.value for state in RequestState]))
@json_option
@pass_context
def list_requests(
    context: Context, mine: bool, waiting: bool, states: tuple[str, ...], as_json: bool
) -> None:
    """List requests, newest first."""
    context.as_json = as_json
    requests = _requests(context)
    found = (
        requests.waiting_for_me()
        if waiting
        else requests.list(states=[RequestState(state) for state in states], mine=mine)
    )
    if as_json:
        print_json(found)
        return
    rows = [
        (one.id, one.state.value, one.project_id, one.requested_by, name_total(one), one.reason)
        for one in found
    ]
    print_table("", ("Id", "State", "Project", "By", "Total", "Reason"), rows)


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--all", "everything", is_flag=True, help="Every item of a long request.")
@json_option
@pass_context
def show(context: Context, request_id: str, everything: bool, as_json: bool) -> None:
    """Show a request: prices, licenses, the policy's answers, what is owned, and the budget."""
    context.as_json = as_json
    view = _requests(context).show(request_id, most=None if everything or as_json else SHOWN)
    if as_json:
        print_json(view)
        return
    print_view(view)


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", default="", help="Why it may be bought; needed where the policy is in doubt.")
@click.option("--accept-surcharge", "surcharges", multiple=True, metavar="TEXT", help="Word for word.")
@click.option("--valid-days", type=click.IntRange(1, 90), help="For how long the approval holds.")
@budget_option
@json_option
@pass_context
def approve(
    context: Context,
    request_id: str,
    *,
    reason: str,
    surcharges: tuple[str, ...],
    valid_days: int | None,
    budget_id: str,
    as_json: bool,
) -> None:
    """Approve a request: for exactly these prices and terms."""
    context.as_json = as_json
    approved = _requests(context).decide.approve(
        request_id,
        reason=reason,
        accept_surcharges=surcharges,
        budget_id=budget_id,
        valid_for=timedelta(days=valid_days) if valid_days else None,
    )
    until = f" until {approved.expires_at:%Y-%m-%d %H:%M} UTC" if approved.expires_at else ""
    _say(approved, as_json=as_json, text=f"Approved: {name_total(approved)}{until}.")


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.option("--reason", required=True, help="Why; its author reads that.")
@json_option
@pass_context
def decline(context: Context, request_id: str, reason: str, as_json: bool) -> None:
    """Decline a request."""
    context.as_json = as_json
    _say(_requests(context).decide.decline(request_id, reason=reason), as_json=as_json, text="Declined.")


@request.command()
@click.argument("request_id", metavar="REQUEST")
@json_option
@pass_context
def withdraw(context: Context, request_id: str, as_json: bool) -> None:
    """Withdraw your own request before anything of it is bought."""
    context.as_json = as_json
    _say(_requests(context).decide.withdraw(request_id), as_json=as_json, text="Withdrawn.")


@request.command()
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="MARKETPLACE:ID=VALUE",
    help="Something that an account's administrator wants noted; may be repeated.",
)
@json_option
@pass_context
def buy(context: Context, request_id: str, references: tuple[str, ...], as_json: bool) -> None:
    """Buy what was approved. Run it again to go on after a crash, a checkout, or a marketplace in doubt."""
    context.as_json = as_json
    noted = _read_references(references)
    with show_progress("Buying", unit="items") as task:
        result = _requests(context).buying.run(
            request_id, references=noted, progress=task.report, cancel=task.token
        )
    if as_json:
        print_json(result)
    else:
        print_result(result)
    if result.request.state is not RequestState.DONE:
        click.get_current_context().exit(2)


@request.command()
@click.argument("request_id", metavar="REQUEST")
@json_option
@pass_context
def again(context: Context, request_id: str, as_json: bool) -> None:
    """Begin a new request with what an ended one did not get."""
    context.as_json = as_json
    made = _requests(context).cart.again(request_id)
    _say(made, as_json=as_json, text=f"{made.id} for {made.project_id}. Submit it.")


COMMANDS = (request,)


def _requests(context: Context) -> Requests:
    return context.app.services.buying.requests


def _wanted(context: Context, text: str, kind: str | None = None) -> WantedItem:
    from ..services.studio.cart_file import WantedItem

    try:
        ref = ListingRef.parse(text)
    except ValueError as error:
        raise UserInputError(f"{error}.", code="user_input.listing") from None
    registry.find(ref.marketplace)
    found = MediaKind(kind) if kind else context.app.services.quote.find_kind(ref)
    return WantedItem(ref=ref, kind=found)


def _read_references(texts: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    noted: dict[str, list[tuple[str, str]]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        shop, colon, field = name.partition(":")
        if not (equals and colon and field) or shop not in registry.MODULES:
            raise UserInputError(
                f"{text[:60]!r} is not of the form MARKETPLACE:ID=VALUE.", code="user_input.reference"
            )
        noted.setdefault(shop, []).append((field, value))
    return noted


def _say(value: object, *, as_json: bool, text: str) -> None:
    if as_json:
        print_json(value)
    else:
        click.echo(text)
