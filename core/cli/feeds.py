"""The commands for product feeds, and the link to a marketplace's own search."""

from __future__ import annotations

from pathlib import Path

import click

from ..feeds.catalogue import FeedResult
from ..marketplaces import registry
from ..model.listing import Listing, MediaKind, SearchFilters, SearchQuery, Sort
from ..services.finding.search import clean_query, search_link
from .context import Context, json_option, pass_context
from .output import print_json, print_table, show_progress

BAD_ROWS_SHOWN = 10


@click.group()
def feed() -> None:
    """Search marketplaces without an API in product feeds on this machine."""


@feed.command("add")
@click.argument("marketplace")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Column names.")
@click.option("--replace", is_flag=True, help="Believe it even when more than half of its products are gone.")
@json_option
@pass_context
def add_feed(
    context: Context, marketplace: str, path: Path, mapping: Path | None, replace: bool, as_json: bool
) -> None:
    """Read the feed PATH (a file, or a folder of its files) of MARKETPLACE; again to update it."""
    context.as_json = as_json
    with show_progress(f"Reading {path.name}") as task:
        result = context.app.services.feeds.add(
            marketplace, path, mapping, replace=replace, cancel=task.token, on_progress=task.report
        )
    if as_json:
        print_json(result)
    else:
        _print_result(result)


@feed.command("list")
@click.argument("marketplace", default="")
@json_option
@pass_context
def list_feeds(context: Context, marketplace: str, as_json: bool) -> None:
    """List the feeds of MARKETPLACE, or all."""
    context.as_json = as_json
    feeds = context.app.services.feeds.list_feeds(marketplace)
    if as_json:
        print_json(feeds)
        return
    rows = [
        (one.marketplace, str(one.id), f"{one.products:,}", one.day.isoformat(), str(one.path))
        for one in feeds
    ]
    print_table("", ("Marketplace", "Id", "Products", "Prices of", "File"), rows)
    if not feeds:
        click.echo("There are no feeds. Add one: clearance feed add MARKETPLACE FILE", err=True)


@feed.command("remove")
@click.argument("marketplace")
@click.argument("feed_id", type=int)
@json_option
@pass_context
def remove_feed(context: Context, marketplace: str, feed_id: int, as_json: bool) -> None:
    """Forget feed FEED_ID of MARKETPLACE (see: feed list). Your file stays where it is."""
    context.as_json = as_json
    count = context.app.services.feeds.remove(marketplace, feed_id)
    if as_json:
        print_json({"removed": count})
    else:
        click.echo(f"Forgotten, with {count:,} products.")


@feed.command("search")
@click.argument("marketplace")
@click.argument("text")
@click.option("--kind", type=click.Choice([kind.value for kind in MediaKind]))
@click.option("--sort", type=click.Choice([sort.value for sort in Sort]), default=Sort.RELEVANCE.value)
@click.option("--no-editorial", is_flag=True, help="Leave out what is for editorial use only.")
@click.option("--format", "formats", multiple=True, help="Such as fbx; may be repeated.")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
@json_option
@pass_context
def search_feed(
    context: Context,
    marketplace: str,
    text: str,
    kind: str | None,
    sort: str,
    no_editorial: bool,
    formats: tuple[str, ...],
    limit: int,
    as_json: bool,
) -> None:
    """Search the feeds of MARKETPLACE for TEXT."""
    context.as_json = as_json
    query = SearchQuery(
        text=text,
        kind=MediaKind(kind) if kind else None,
        sort=Sort(sort),
        filters=SearchFilters(exclude_editorial=no_editorial, formats=formats),
        per_page=limit,
    )
    page = context.app.services.feeds.search(marketplace, clean_query(query))
    if as_json:
        print_json(page)
        return
    print_table("", ("Listing", "Title", "Price", "Price of", "Author"), [_row(one) for one in page.listings])
    if page.ignored_filters:
        click.echo(f"The feed tells nothing about {', '.join(page.ignored_filters)}.", err=True)
    if not page.listings:
        click.echo("Nothing found. Try fewer or other words.", err=True)


@click.command("open-search")
@click.argument("marketplace")
@click.argument("words", nargs=-1, required=True)
@json_option
@pass_context
def open_search(context: Context, marketplace: str, words: tuple[str, ...], as_json: bool) -> None:
    """Print (and open, where there is a browser) MARKETPLACE's own website search for WORDS."""
    context.as_json = as_json
    link = search_link(registry.find(marketplace).INFO, " ".join(words))
    if as_json:
        print_json({"url": link})
    else:
        click.echo(link)
    if context.host is not None:
        context.host.open_url(link)


COMMANDS = (feed, open_search)


def _print_result(result: FeedResult) -> None:
    feed_info = result.feed
    click.echo(f"{feed_info.products:,} products of {feed_info.marketplace}, prices of {feed_info.day}.")
    click.echo(
        f"  {result.read:,} rows: {result.added:,} new, {result.changed:,} changed, "
        f"{result.unchanged:,} unchanged, {result.removed:,} removed, {result.unavailable:,} not for sale, "
        f"{result.duplicates:,} twice, {result.bad:,} bad, {result.unclear:,} not read in full"
    )
    for row in result.bad_rows[:BAD_ROWS_SHOWN]:
        click.echo(f"  {row.file}, line {row.line}: {row.why}{' (kept)' if row.kept else ''}", err=True)
    more = result.bad + result.unclear - BAD_ROWS_SHOWN
    if more > 0:
        click.echo(f"  … and {more:,} more", err=True)
    if result.note:
        click.echo(f"  {result.note}", err=True)


def _row(listing: Listing) -> tuple[str, ...]:
    cost = listing.offers[0].cost if listing.offers else None
    day = listing.price_as_of.isoformat() if listing.price_as_of else ""
    return (str(listing.ref), listing.title, "ask" if cost is None else str(cost), day, listing.author)
