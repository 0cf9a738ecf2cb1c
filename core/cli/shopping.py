"""``search``, ``quote``, ``buy``, ``download``."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping
from pathlib import Path

import click

from ..errors import ClearanceError, UserInputError
from ..marketplaces import registry
from ..marketplaces.base import MarketplaceInfo, Wanted
from ..model.findings import PolicyAnswer
from ..model.license import TermsSource
from ..model.listing import (
    Listing,
    ListingRef,
    MediaKind,
    Orientation,
    SearchFilters,
    SearchPage,
    SearchQuery,
    Sort,
)
from ..model.order import Order, OrderState
from ..services.buying.quote import QuoteResult
from ..services.buying.web_basis import sells_on_website
from .context import Context, json_option, pass_context, use_option, wanted_options
from .limits import check_limit, read_money
from .output import print_json, print_table, show_progress

POLL_PAUSE_S = 3.0
SEARCH_PATIENCE_S = 120.0
SAID_BY = {
    TermsSource.MARKETPLACE: "at the marketplace",
    TermsSource.USER: "as chosen by you on the website",
    TermsSource.INVOICE: "on the invoice",
    TermsSource.CONTRACT: "by your contract, as the settings say",
}


@click.command()
@click.argument("text")
@click.option("--marketplace", "-m", "marketplaces", multiple=True, help="Only this one; may be repeated.")
@click.option("--kind", type=click.Choice([kind.value for kind in MediaKind]))
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), default=Sort.RELEVANCE.value)
@click.option("--no-editorial", is_flag=True, help="Leave out what is for editorial use only.")
@click.option("--max-price", help="Such as 20.")
@click.option("--format", "formats", multiple=True, help="Such as glb; may be repeated.")
@click.option("--orientation", type=click.Choice([o.value for o in Orientation]))
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True, help="Per marketplace.")
@json_option
@pass_context
def search(
    context: Context,
    text: str,
    marketplaces: tuple[str, ...],
    kind: str | None,
    sort: str,
    no_editorial: bool,
    max_price: str | None,
    formats: tuple[str, ...],
    orientation: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Search the marketplaces for TEXT."""
    context.as_json = as_json
    query = SearchQuery(
        text=text,
        kind=MediaKind(kind) if kind else None,
        sort=Sort(sort),
        per_page=limit,
        filters=SearchFilters(
            exclude_editorial=no_editorial,
            max_price=read_money(max_price),
            formats=tuple(f.lower().lstrip(".") for f in formats),
            orientation=Orientation(orientation) if orientation else None,
        ),
    )
    # What is named is asked even if it cannot be searched: then it says why, and what to do.
    infos = [registry.find(name).INFO for name in dict.fromkeys(marketplaces)]
    if not infos:
        everything = (registry.find(name).INFO for name in registry.all_ids())
        infos = list(context.app.services.search.choose(query, everything))
    found, problems, notes = _search_all(context, query, infos)
    if as_json:
        print_json(
            {
                "listings": found,
                "problems": {m: {"code": e.code, "message": e.message} for m, e in problems.items()},
                "notes": notes,
            }
        )
    else:
        print_table("", ("Listing", "Title", "Price", "License", "Author"), [_row(one) for one in found])
        for note in notes:
            click.echo(note, err=True)
        for error in list(problems.values())[len(problems) == len(infos) :]:  # the first is raised below
            click.echo(error.message, err=True)
        if not found and len(problems) < len(infos):
            click.echo("Nothing found. Try fewer or other words.", err=True)
    if len(problems) == len(infos) > 0:
        context.as_json = False  # the JSON above has said it; one answer is one document
        raise next(iter(problems.values()))


@click.command()
@click.argument("listing")
@wanted_options
@use_option
@json_option
@pass_context
def quote(
    context: Context, /, listing: str, use_path: Path | None, as_json: bool, **wanted: str | None
) -> None:
    """Say what LISTING (marketplace:id) costs, and whether its license fits the project."""
    context.as_json = as_json
    result = _quote(context, listing, use_path, wanted)
    if as_json:
        print_json(result)
    else:
        _print_quote(result)


@click.command()
@click.argument("listing")
@wanted_options
@use_option
@click.option("--yes", is_flag=True, help="Do not ask; buy at the quoted price.")
@click.option("--max-price", help="Refuse when it costs more than this (money, or a number of downloads).")
@click.option("--reason", default="", help="Why it may be bought although the policy wants a review.")
@click.option(
    "--accept-surcharge",
    default="",
    metavar="TEXT",
    help="Agree to a charge beyond what is paid for: the marketplace's sentence, word for word.",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="ID=VALUE",
    help="Something that the account's administrator wants noted; may be repeated.",
)
@click.option("--wait/--no-wait", default=True, help="Wait for the payment on a checkout page.")
@click.option("--wait-for", type=float, default=900.0, show_default=True, help="At most, in seconds.")
@json_option
@pass_context
def buy(
    context: Context,
    /,
    listing: str,
    use_path: Path | None,
    yes: bool,
    max_price: str | None,
    reason: str,
    accept_surcharge: str,
    references: tuple[str, ...],
    wait: bool,
    wait_for: float,
    as_json: bool,
    **wanted: str | None,
) -> None:
    """Buy LISTING (marketplace:id), unless it is owned already.

    Where a marketplace sells on its website only, its page is opened; confirm the purchase afterwards with
    “clearance order confirm”.
    """
    context.as_json = as_json
    services, actor = context.app.services, context.actor
    noted = tuple(_reference(text) for text in references)
    result = _quote(context, listing, use_path, wanted)
    same = result.covered_by
    if same is not None:
        if as_json:
            print_json({"state": "owned", "grant": same})
        else:
            click.echo(f"You own “{same.title}” already: {same.id}. Nothing was bought.")
        return
    if not as_json:
        _print_quote(result)
    if result.why_not:
        raise UserInputError(result.why_not, code="buy.not_possible")
    check_limit(result, max_price)
    if not yes and not click.confirm("Buy it?", default=False, err=True):
        raise click.Abort
    approval = services.approve.run(
        result.quote, result.answer, actor=actor, reason=reason, accept_surcharge=accept_surcharge
    )
    if sells_on_website(registry.find(result.quote.ref.marketplace).INFO):
        _hand_over(context, services.web_purchases.start(approval.id, actor=actor), as_json=as_json)
        return
    order = services.purchase.run(approval.id, actor=actor, references=noted)
    if order.state is OrderState.AWAITING_CHECKOUT:
        click.echo(f"Pay here: {order.checkout_url}", err=True)
        context.app.host.open_url(order.checkout_url)
        if wait:
            order = _wait_for_payment(context, order, wait_for)
    grant = context.app.ledger.grant_for_order(order.id)
    if grant is not None:
        services.pictures.keep(grant, listing=result.listing)
    if as_json:
        print_json({"state": order.state, "order": order, "grant": grant})
    elif grant is not None:
        click.echo(f"Bought “{grant.title}”. License: {grant.id}. Next: clearance download {grant.id}")
    else:
        click.echo(f"Order {order.id} is {order.state}. Later: clearance reconcile")


@click.command()
@click.argument("what")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Also put copies into this folder.")
@json_option
@pass_context
def download(context: Context, what: str, output: Path | None, as_json: bool) -> None:
    """Download the files of WHAT: a license id (grant_…) or an owned listing (marketplace:id)."""
    context.as_json = as_json
    app = context.app
    grant_id = what if what.startswith("grant_") else _grant_of(context, _ref(what))
    with show_progress("Downloading") as task:
        files = app.services.download.run(
            grant_id, actor=context.actor, on_progress=task.report, cancel=task.token
        )
    app.services.pictures.keep_for(grant_id)
    app.services.fingerprinting.keep_for(grant_id)
    places: dict[str, Path | None] = {file.sha256: app.store.path(file.sha256) for file in files}
    if output is not None:
        places.update(app.services.download.copy_out(files, output.absolute()))
    if as_json:
        print_json({"grant_id": grant_id, "files": [{"file": f, "path": places[f.sha256]} for f in files]})
    else:
        for file in files:
            click.echo(f"{file.name}  {file.size:,} bytes  sha256 {file.sha256}\n  {places[file.sha256]}")


COMMANDS = (search, quote, buy, download)


def _search_all(
    context: Context, query: SearchQuery, infos: list[MarketplaceInfo]
) -> tuple[list[Listing], dict[str, ClearanceError], list[str]]:
    """Search all at once; return what was found, what failed by marketplace, and notes on filters."""
    found: list[Listing] = []
    problems: dict[str, ClearanceError] = {}
    notes: list[str] = []
    service, tasks = context.app.services.search, context.app.tasks

    def search_one(info: MarketplaceInfo) -> None:
        def done(page: SearchPage) -> None:
            found.extend(page.listings)
            notes.extend(page.notes)
            if page.left_out:
                notes.append(f"{info.name}: {page.left_out} results left out, in a form that is not known.")
            if page.ignored_filters:
                notes.append(f"{info.name} cannot filter by {', '.join(page.ignored_filters)}.")

        def failed(error: ClearanceError) -> None:
            problems[info.id] = error

        tasks.submit(
            "search",
            info.name,
            lambda task: service.run(info.id, query, cancel=task.token),
            on_done=done,
            on_error=failed,
        )

    for info in infos:
        search_one(info)
    tasks.wait(timeout_s=SEARCH_PATIENCE_S)
    return found, problems, notes


def _quote(
    context: Context, listing: str, use_path: Path | None, wanted: Mapping[str, str | None]
) -> QuoteResult:
    ref = _ref(listing)
    use = context.read_use(use_path)
    service = context.app.services.quote
    kind = MediaKind(wanted["kind"]) if wanted["kind"] else service.find_kind(ref)
    choice = Wanted(
        license_label=wanted["license_label"] or "",
        variant=wanted["variant"] or "",
        account_id=wanted["account_id"] or "",
    )
    return service.run(ref, kind, use, actor=context.actor, wanted=choice)


def _reference(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise UserInputError(
            f"“{text[:60]}” is not of the form ID=VALUE, such as 2=Forest.", code="user_input.reference"
        )
    return name.strip(), value.strip()


def _hand_over(context: Context, order: Order, *, as_json: bool) -> None:
    """Open the page where it is bought, and say how to go on."""
    context.app.host.open_url(order.checkout_url)
    if as_json:
        print_json({"state": order.state, "order": order, "grant": None})
        return
    click.echo(f"Buy it here: {order.checkout_url}")
    click.echo(f"Then: clearance order confirm {order.id} --number … --license … --invoice …")


def _ref(text: str) -> ListingRef:
    try:
        ref = ListingRef.parse(text)
    except ValueError as error:
        raise UserInputError(f"{error}.", code="user_input.listing") from None
    registry.find(ref.marketplace)
    return ref


def _grant_of(context: Context, ref: ListingRef) -> str:
    from ..services.buying.owned import active

    owned = active(context.app.ledger.grants_for(ref))
    if not owned:
        raise UserInputError(f"You own no license for {ref}.", code="grant.unknown")
    if len({grant.kind for grant in owned}) > 1:
        several = ", ".join(f"{grant.kind} “{grant.title}” is {grant.id}" for grant in owned)
        raise UserInputError(f"{ref} is several things: {several}. Name the license.", code="grant.several")
    return owned[0].id


def _wait_for_payment(context: Context, order: Order, wait_for: float) -> Order:
    until = time.monotonic() + wait_for
    with show_progress("Waiting for the payment", unit="items") as task:
        while order.state is OrderState.AWAITING_CHECKOUT and time.monotonic() < until:
            task.token.wait(POLL_PAUSE_S)
            order = context.app.services.reconcile.run_one(order.id, actor=context.actor)
    return order


def _row(listing: Listing) -> tuple[str, ...]:
    offer = listing.offers[0] if listing.offers else None
    price = str(offer.cost) if offer and offer.cost is not None else "ask"
    if listing.price_as_of is not None and price != "ask":
        price = f"{price} ({listing.price_as_of})"  # a feed's price is as old as the feed
    return (str(listing.ref), listing.title, price, offer.license_label if offer else "", listing.author)


def _print_quote(result: QuoteResult) -> None:
    quote, balance = result.quote, result.quote.balance
    click.echo(f"{quote.title}  ({quote.ref}, {quote.kind})")
    click.echo(f"  price    {quote.cost if quote.cost is not None else 'shown at checkout'}")
    if balance is not None:
        left = balance.left if balance.left is not None else "not told"
        click.echo(f"  pays     {balance.label}, left: {left}")
    click.echo(f"  license  {result.terms.label} (“{quote.license_label}” {SAID_BY[quote.license_source]})")
    for line in filter(None, (quote.note, result.note)):
        click.echo(f"  note     {line}")
    if quote.surcharge:
        click.echo(f"  on top   “{quote.surcharge}”  (agree with --accept-surcharge)")
    for field in result.references:
        need = "required" if field.required else "optional"
        allowed = f", one of: {', '.join(field.choices)}" if field.choices else ""
        click.echo(f"  to note  {field.label} ({need}{allowed}): --reference {field.id}=…")
    for option in result.options:
        click.echo(f"  option   {option.label}  ({_how_to_choose(option.wanted)})")
    _print_answer(result.answer)
    if result.why_not:
        click.echo(f"  cannot be bought: {result.why_not}")
    for grant in result.owned:
        same = "owned already" if grant == result.covered_by else "owned, not the same"
        click.echo(f"  {same}: {grant.id} ({grant.license_label})")


def _how_to_choose(wanted: Wanted) -> str:
    """Return the options of the command line that choose a way to license."""
    given = (("license", wanted.license_label), ("variant", wanted.variant), ("account", wanted.account_id))
    return " ".join(f"--{name} {shlex.quote(value)}" for name, value in given if value) or "as it is"


def _print_answer(answer: PolicyAnswer) -> None:
    click.echo(f"  for this project: {answer.decision.replace('_', ' ')}")
    for finding in answer.findings:
        click.echo(f"    {finding.severity}: {finding.message}\n      {finding.how_to_fix}")
