"""``seat``, ``agreement``, ``renewals``, ``renew``: who works under what, what was agreed, and what ends."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from ..errors import UserInputError
from ..model.license import SeatKind
from ..services.studio.agreements import NewAgreement
from ..services.studio.ends import REMIND_DAYS, EndsAs, EndsSoon
from ..services.studio.seats import SeatsOf
from .context import Context, json_option, pass_context
from .output import print_json, print_table
from .typed import absolute

_ENDS_AS = {EndsAs.LICENSE: "ends", EndsAs.AGREEMENT: "agreement ends", EndsAs.USE_BY: "to be in use by"}
MAX_TEXT = 1024 * 1024


def read_day(text: str | None) -> date | None:
    """Read a day as ``2027-01-31``; raise UserInputError for anything else."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UserInputError(
            f"“{text[:40]}” is no day. Write it as 2027-01-31.", code="user_input.day"
        ) from None


@click.group()
def seat() -> None:
    """Look after the seats of licenses that count people or computers."""


@seat.command(name="list")
@json_option
@pass_context
def list_seats(context: Context, as_json: bool) -> None:
    """List how many seats there are, and who has them."""
    context.as_json = as_json
    found = context.app.services.studio.seats.overview()
    if as_json:
        print_json([_plain(one) for one in found])
        return
    rows = [
        (
            f"{len(one.taken)} of {one.count.seats_max if one.count.seats_max is not None else 'any'}",
            one.level.replace("_", " "),
            one.grant.title,
            ", ".join(f"{s.member_id} ({s.device})" if s.device else s.member_id for s in one.taken),
            one.grant.id,
        )
        for one in found
    ]
    print_table("", ("Taken", "Level", "License", "Who", "Id"), rows)


@seat.command()
@click.argument("grant_id")
@click.argument("member")
@click.option("--device", default="", help="The computer, for licenses that count computers.")
@json_option
@pass_context
def assign(context: Context, grant_id: str, member: str, device: str, as_json: bool) -> None:
    """Give MEMBER a seat of GRANT_ID."""
    context.as_json = as_json
    made = context.app.services.studio.seats.assign(grant_id, member, device=device)
    if as_json:
        print_json(made)
        return
    click.echo(f"{made.member_id} has a seat{f' on {made.device}' if made.device else ''}.")


@seat.command()
@click.argument("grant_id")
@click.argument("member", required=False, default="")
@click.option("--device", default="", help="Only the seat on this computer.")
@json_option
@pass_context
def release(context: Context, grant_id: str, member: str, device: str, as_json: bool) -> None:
    """Release the seats that MEMBER (you, if nobody is named) has of GRANT_ID."""
    context.as_json = as_json
    released = context.app.services.studio.seats.release(grant_id, member, device=device)
    if as_json:
        print_json(released)
        return
    number = len(released)
    click.echo(f"Released {number} seat{'s' if number != 1 else ''} of {released[0].member_id}.")


@seat.command(name="set")
@click.argument("grant_id")
@click.option("--seats", "number", required=True, help="How many were bought, or “unlimited”.")
@click.option("--kind", type=click.Choice([kind.value for kind in SeatKind]), help="What a seat counts.")
@json_option
@pass_context
def set_seats(context: Context, grant_id: str, number: str, kind: str | None, as_json: bool) -> None:
    """Note how many seats GRANT_ID has, from its invoice or contract."""
    context.as_json = as_json
    made = context.app.services.studio.seats.note(
        grant_id, seats_max=_read_number(number), kind=SeatKind(kind) if kind is not None else None
    )
    if as_json:
        print_json(made)
        return
    click.echo(f"Noted: {made.seats_max if made.seats_max is not None else 'any number of'} seats.")


@click.group()
def agreement() -> None:
    """Look after enterprise agreements that stand over a marketplace's standard terms."""


@agreement.command(name="list")
@click.option("--all", "with_ended", is_flag=True, help="Those that are over, too.")
@json_option
@pass_context
def list_agreements(context: Context, with_ended: bool, as_json: bool) -> None:
    """List agreements."""
    context.as_json = as_json
    found = context.app.services.studio.agreements.list(with_ended=with_ended)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            one.starts_on.isoformat(),
            one.ends_on.isoformat() if one.ends_on is not None else "open",
            "ended" if one.ended_at is not None else "",
            one.marketplace,
            ", ".join(one.license_ids) or "all",
            one.name,
            one.id,
        )
        for one in found
    ]
    print_table("", ("From", "To", "", "Marketplace", "Licenses", "Name", "Id"), rows)


@agreement.command(name="add")
@click.argument("terms", type=click.Path(path_type=Path))
@click.option("--marketplace", required=True)
@click.option("--name", required=True, help="What the agreement is called.")
@click.option("--from", "starts", required=True, help="The first day, such as 2026-01-01.")
@click.option("--to", "ends", help="The last day; without it, the agreement has no end.")
@click.option("--license", "licenses", multiple=True, help="Only for this license; several may be named.")
@click.option("--document", type=click.Path(path_type=Path), help="The signed document, to be kept.")
@json_option
@pass_context
def add_agreement(
    context: Context,
    terms: Path,
    marketplace: str,
    name: str,
    starts: str,
    ends: str | None,
    licenses: tuple[str, ...],
    document: Path | None,
    as_json: bool,
) -> None:
    """Note an agreement; TERMS is a TOML file with the fields of the license terms that it changes."""
    context.as_json = as_json
    service = context.app.services.studio.agreements
    made = service.add(
        NewAgreement(
            marketplace=marketplace,
            name=name,
            starts_on=read_day(starts) or date.min,
            ends_on=read_day(ends),
            text=_read_text(terms),
            text_name=terms.name,
            license_ids=licenses,
            document=absolute((document,))[0] if document is not None else None,
        )
    )
    beside = service.find_beside(made)
    if as_json:
        print_json({"agreement": made, "beside": beside})
        return
    click.echo(f"Noted: {made.id}.")
    for other in beside:
        click.echo(
            f"  It stands beside “{other.name}”: the one for fewer licenses holds, then the one that began "
            "last."
        )
    if not made.document_sha256:
        click.echo("  No document is kept with it, so nothing proves it.", err=True)


@agreement.command(name="end")
@click.argument("agreement_id")
@click.option("--reason", required=True, help="Why it ends.")
@json_option
@pass_context
def end_agreement(context: Context, agreement_id: str, reason: str, as_json: bool) -> None:
    """End AGREEMENT_ID now; the standard terms hold from then on."""
    context.as_json = as_json
    ended = context.app.services.studio.agreements.end(agreement_id, reason=reason)
    if as_json:
        print_json(ended)
        return
    click.echo(f"“{ended.name}” ended. The standard terms hold from now on.")


@click.command()
@click.option("--within", type=click.IntRange(0, 3650), default=REMIND_DAYS[0], show_default=True,
              help="How many days to look ahead.")  # fmt: skip
@click.option("--remind", is_flag=True, help="Tell only what has to be told now, each once in a studio.")
@json_option
@pass_context
def renewals(context: Context, within: int, remind: bool, as_json: bool) -> None:
    """List what ends: licenses, agreements, and what has to be in use by a day."""
    context.as_json = as_json
    service = context.app.services.studio.renewals
    if remind:
        told = service.remind()
        if as_json:
            print_json(told)
            return
        for one in told:
            click.echo(describe_end(one))
        return
    outlook = service.outlook(within_days=within)
    if as_json:
        not_noted = [grant.id for grant in outlook.not_noted]
        print_json({"ends": outlook.ends, "subscription_end_not_noted": not_noted})
        return
    rows = [
        (
            one.ends_at.date().isoformat(),
            str(one.days_left),
            _ENDS_AS[one.ends_as] + (", let go" if one.let_go else ""),
            one.title,
            ", ".join(one.scenes),
            one.subject,
        )
        for one in outlook.ends
    ]
    print_table("", ("Day", "Days left", "What", "Title", "Used in", "Id"), rows)
    if outlook.not_noted:
        number = len(outlook.not_noted)
        click.echo(
            f"{number:,} license{'s' if number != 1 else ''} end{'' if number != 1 else 's'} with a "
            "subscription whose last day is not noted: clearance renew --subscription MARKETPLACE --ends DAY",
            err=True,
        )


@click.command()
@click.argument("subject", required=False, default="")
@click.option("--until", help="Renewed: the new last day.")
@click.option("--order", "order_id", default="", help="With --until: the order that renewed it.")
@click.option("--document", type=click.Path(path_type=Path), help="With --until: a file that proves it.")
@click.option("--let-go", is_flag=True, help="Not renewed: what uses it is listed.")
@click.option("--ends", help="Note on which day the subscription ends that it hangs on.")
@click.option("--subscription", default="", help="With --ends: all licenses of a marketplace without a day.")
@click.option("--reason", default="", help="Why.")
@json_option
@pass_context
def renew(
    context: Context,
    subject: str,
    until: str | None,
    order_id: str,
    document: Path | None,
    let_go: bool,
    ends: str | None,
    subscription: str,
    reason: str,
    as_json: bool,
) -> None:
    """Note what was decided about SUBJECT (a license or an agreement) that ends."""
    context.as_json = as_json
    if (until is not None) + let_go + (ends is not None) != 1:
        raise UserInputError("Choose one of --until, --let-go and --ends.", code="renewal.choose")
    if bool(subject) == bool(subscription) or (subscription and ends is None):
        raise UserInputError(
            "Name one license or agreement, or with --ends a marketplace (--subscription).",
            code="renewal.choose",
        )
    service = context.app.services.studio.renewals
    if ends is not None:
        ids = [subject] if subject else [
            grant.id for grant in service.outlook().not_noted if grant.ref.marketplace == subscription
        ]  # fmt: skip
        noted = service.note_end(ids, read_day(ends) or date.min)
        if as_json:
            print_json(noted)
            return
        click.echo(f"Noted for {len(noted)} license{'s' if len(noted) != 1 else ''}.")
    elif let_go:
        gone = service.let_go(subject, reason=reason)
        if as_json:
            print_json(gone)
            return
        click.echo(f"Let go; it ends on {gone.renewal.ends_at.date().isoformat()}.")
        for scene in gone.scenes:
            click.echo(f"  Replace it in {scene}")
    else:
        made = service.renew(
            subject,
            until=read_day(until) or date.min,
            order_id=order_id,
            document=absolute((document,))[0] if document is not None else None,
            reason=reason,
        )
        if as_json:
            print_json(made)
            return
        click.echo(f"Renewed until {until}.")


def describe_end(one: EndsSoon) -> str:
    """Say in a sentence what ends, when, and where it is used."""
    day = one.ends_at.date().isoformat()
    left = "today" if one.days_left == 0 else "in a day" if one.days_left == 1 else f"in {one.days_left} days"
    used = f" Used in {', '.join(one.scenes)}." if one.scenes else ""
    match one.ends_as:
        case EndsAs.USE_BY:
            said = f"“{one.title}” has to be in use by {day} ({left})."
        case EndsAs.AGREEMENT:
            said = f"The agreement “{one.title}” ends on {day} ({left})."
        case EndsAs.LICENSE:
            said = f"The license of “{one.title}” ends on {day} ({left})."
    how = " It was let go: replace it." if one.let_go else f" Then: clearance renew {one.subject}"
    return said + used + how


def _plain(one: SeatsOf) -> dict[str, object]:
    return {
        "grant_id": one.grant.id,
        "title": one.grant.title,
        "kind": one.count.kind,
        "seats_max": one.count.seats_max,
        "source": one.count.source,
        "left": one.left,
        "level": one.level,
        "taken": one.taken,
    }


def _read_number(text: str) -> int | None:
    if text == "unlimited":
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise UserInputError("Give a number of seats, or “unlimited”.", code="seat.number")
    return int(text)


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT + 1)
        if len(data) > MAX_TEXT:
            raise UserInputError(f"{path.name} is larger than 1 MB.", code="agreement.unreadable")
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserInputError(f"{path} cannot be read: {error}.", code="agreement.unreadable") from error


COMMANDS = (seat, agreement, renewals, renew)
