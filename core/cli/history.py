"""``history``: purchases of before, by the marketplaces' own records."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path

import click

from ..errors import UserInputError
from ..marketplaces.base import HistoryRecord
from ..model.grant import Grant
from ..model.listing import MediaKind
from ..services.buying.documents import Attachment
from ..services.buying.history import KnownRecord
from ..services.buying.state_size import state_size
from ..services.typed import parse_day
from .context import Context, json_option, pass_context, use_option
from .output import print_json, print_table
from .typed import KINDS

HISTORY_PAGES = 50


@click.group()
def history() -> None:
    """Purchases of before, by the marketplaces' own records."""


@history.command(name="list")
@click.argument("marketplace")
@click.option("--kind", type=click.Choice(KINDS), help="Where the marketplace keeps a list for each.")
@click.option("--since", help="Day from which on, such as 2026-05-01.")
@click.option("--new", "only_new", is_flag=True, help="Only what the ledger does not have.")
@json_option
@pass_context
def list_history(
    context: Context, marketplace: str, kind: str | None, since: str | None, only_new: bool, as_json: bool
) -> None:
    """List what the account bought at MARKETPLACE, and what the ledger knows of it."""
    context.as_json = as_json
    rows = [row for row in _read_history(context, marketplace, kind, since) if not only_new or row.adoptable]
    if as_json:
        print_json(rows)
        return
    table = [
        (
            row.record.at.strftime("%Y-%m-%d") if row.record.at else "",
            str(row.record.ref),
            row.record.license_label,
            str(row.record.state),
            row.grant.id if row.grant else "",
            row.record.marketplace_license_id or row.record.marketplace_order_id,
        )
        for row in rows
    ]
    print_table("", ("When", "Listing", "License", "State", "Ledger", "Number"), table)


@history.command()
@click.argument("marketplace")
@click.argument("numbers", nargs=-1)
@click.option("--all", "all_new", is_flag=True, help="Everything that the ledger does not have.")
@click.option("--kind", type=click.Choice(KINDS), help="Where the marketplace keeps a list for each.")
@click.option("--since", help="Day from which on, such as 2026-05-01.")
@click.option("--license", "label", default="", help="License, where the record names none.")
@use_option
@json_option
@pass_context
def adopt(
    context: Context,
    marketplace: str,
    numbers: tuple[str, ...],
    all_new: bool,
    kind: str | None,
    since: str | None,
    label: str,
    use_path: Path | None,
    as_json: bool,
) -> None:
    """Take purchases at MARKETPLACE over, by their NUMBERS in “history list”. Nothing is charged."""
    context.as_json = as_json
    if not numbers and not all_new:
        raise UserInputError("Name purchases by their numbers, or say --all.", code="history.which")
    use = context.read_use(use_path)
    grants: list[Grant] = []
    missing = set(numbers)
    for row in _read_history(context, marketplace, kind, since):
        named = {row.record.marketplace_license_id, row.record.marketplace_order_id} & set(numbers)
        missing -= named
        if not named and not (all_new and row.adoptable):
            continue
        booked = context.app.services.history.adopt(
            row.record, use, kind=row.kind, actor=context.actor, license_label=label
        )
        grants.append(booked.grant)
        if not as_json:
            click.echo(f"{booked.grant.id}  {booked.grant.title}{'' if booked.new else '  (was here)'}")
    if as_json:
        print_json(grants)
    if missing:
        raise UserInputError(
            f"Not in the history that was read: {', '.join(sorted(missing))}.", code="history.not_found"
        )


@history.command()
@click.argument("grant_id")
@click.argument("size")
@click.option(
    "--invoice",
    "invoices",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="What proves it; a copy is kept.",
)
@click.option("--note", default="", help="Anything else worth keeping.")
@json_option
@pass_context
def size(
    context: Context, grant_id: str, size: str, invoices: tuple[Path, ...], note: str, as_json: bool
) -> None:
    """Note that the license GRANT_ID was bought in SIZE, where the marketplace's records do not tell."""
    context.as_json = as_json
    order = state_size(
        context.app.services.documents,
        grant_id,
        size,
        actor=context.actor,
        note=note,
        attachments=[Attachment(path=path) for path in invoices],
    )
    if as_json:
        print_json(order)
    else:
        click.echo(f"“{order.title}” is noted as bought in “{order.variant}”, on your word.")


COMMANDS = (history,)


def _read_history(
    context: Context, marketplace: str, kind: str | None, since: str | None
) -> list[KnownRecord]:
    service, cursor = context.app.services.history, None
    rows: list[KnownRecord] = []
    known: set[HistoryRecord] = set()
    wanted = MediaKind(kind) if kind else None
    day = parse_day(since)
    start = datetime.combine(day, time(), UTC) if day else None
    for _ in range(HISTORY_PAGES):
        page = service.load(marketplace, kind=wanted, since=start, cursor=cursor)
        # Some vendors have one list for all kinds of media, and tell all of it whatever kind is asked for.
        rows.extend(row for row in page.rows if row.record not in known)
        known.update(row.record for row in page.rows)
        cursor = page.next_cursor
        if cursor is None:
            break
    return rows
