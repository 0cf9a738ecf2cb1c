"""``invoice``: take invoices in, match them with orders, and write one's own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import UserInputError
from ..model.invoice import InvoiceKind, InvoiceLine
from ..services.typed import parse_day, parse_price
from .context import Context, json_option, pass_context
from .output import print_json, print_table

if TYPE_CHECKING:
    from ..services.studio.invoice_match import InvoiceView
    from ..services.studio.issuing import Issued

FORMATS = ("text", "html", "xml", "pdf")
KINDS = {"charge-back": InvoiceKind.CHARGE_BACK, "purchase-record": InvoiceKind.PURCHASE_RECORD}


@click.group()
def invoice() -> None:
    """Take invoices in, match them with orders, and write your own."""


@invoice.command(name="import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("-m", "--marketplace", default="", help="Whose invoice it is.")
@click.option("--number", default="", help="Its number, where the file carries no data.")
@click.option("--issuer", default="", help="Who wrote it.")
@click.option("--date", "day", help="The day on it, such as 2026-11-23.")
@click.option("--gross", help="The whole amount with tax, such as “22.61 EUR”.")
@click.option("--tax", help="The tax in it.")
@click.option("--order", "order_reference", default="", help="The order number on it.")
@json_option
@pass_context
def import_(
    context: Context,
    files: tuple[Path, ...],
    marketplace: str,
    number: str,
    issuer: str,
    day: str | None,
    gross: str | None,
    tax: str | None,
    order_reference: str,
    as_json: bool,
) -> int:
    """Take in FILES: EN 16931 XML, PDFs with such XML inside, and others with what you type in."""
    from ..errors import ClearanceError
    from ..services.studio.invoice_import import TypedInvoice

    context.as_json = as_json
    typed = TypedInvoice(
        number=number,
        issuer=issuer,
        issued_on=parse_day(day),
        gross=parse_price(gross),
        tax=parse_price(tax),
        marketplace=marketplace,
        order_reference=order_reference,
    )
    if len(files) > 1 and (number or gross):
        raise UserInputError("What you type in is for one file; give them one by one.", code="invoice.typed")
    studio = context.app.services.studio
    results: list[dict[str, object]] = []
    failed = False
    for path in files:
        try:
            made = studio.invoice_import.run(path.absolute(), typed)
        except ClearanceError as error:
            failed = True
            if len(files) == 1:
                raise
            results.append({"file": path.name, "error": {"code": error.code, "message": error.message}})
            click.echo(f"{path.name}: {error.message}", err=True)
            continue
        results.append({"file": path.name, "imported": made})
        if not as_json:
            click.echo(
                f"{made.invoice.number} of {made.invoice.issuer}, {made.invoice.gross}: {made.invoice.id}"
            )
            for fault in (*made.faults, *([made.unread] if made.unread else [])):
                click.echo(f"  Look at it: {fault}")
            _print_lines(made.lines)
    if as_json:
        print_json(results if len(files) > 1 else results[0]["imported"])
    return 1 if failed else 0


@invoice.command()
@click.argument("invoice_id", required=False)
@click.option("--line", "position", type=int, help="Match this line by hand …")
@click.option("--order", "order_id", help="… with this order; with “none”, with none.")
@json_option
@pass_context
def match(
    context: Context, invoice_id: str | None, position: int | None, order_id: str | None, as_json: bool
) -> None:
    """Match the open lines of INVOICE_ID, or of all invoices, with orders, and list what differs."""
    context.as_json = as_json
    matching = context.app.services.studio.invoice_matching
    if (position is None) != (order_id is None) or (position is not None and not invoice_id):
        raise UserInputError(
            "To match by hand, give the invoice, --line and --order.", code="invoice.match_options"
        )
    if invoice_id and position is not None and order_id is not None:
        by_hand = "" if order_id == "none" else order_id
        views: tuple[InvoiceView, ...] = (matching.assign(invoice_id, position, by_hand),)
    else:
        views = matching.match(invoice_id or "")
    without = matching.without_invoice()
    if as_json:
        print_json({"invoices": views, "orders_without_invoice": without})
        return
    for view in views:
        click.echo(f"{view.invoice.number} of {view.invoice.issuer}")
        _print_lines(view.lines)
    if without:
        rows = [
            (one.day.isoformat(), one.title, one.marketplace, str(one.charged or ""), one.order_id)
            for one in without
        ]
        print_table("Bought, and on no invoice", ("Day", "What", "Marketplace", "Charged", "Order"), rows)


@invoice.command(name="list")
@click.option("--kind", type=click.Choice([kind.value for kind in InvoiceKind]), help="Only these.")
@json_option
@pass_context
def list_invoices(context: Context, kind: str | None, as_json: bool) -> None:
    """List all invoices, the newest first."""
    context.as_json = as_json
    found = [
        view
        for view in context.app.services.studio.invoice_matching.all()
        if kind is None or view.invoice.kind == kind
    ]
    if as_json:
        print_json([{**_plain(view), "lines": len(view.lines)} for view in found])
        return
    rows = [
        (
            view.invoice.issued_on.isoformat(),
            view.invoice.kind.value.replace("_", " "),
            view.invoice.number,
            view.invoice.issuer if view.invoice.kind is InvoiceKind.RECEIVED else view.invoice.recipient,
            str(view.invoice.gross),
            _state(view),
            view.invoice.id,
        )
        for view in found
    ]
    print_table("", ("Day", "Kind", "Number", "With", "Amount", "Lines", "Id"), rows)


@invoice.command()
@click.argument("invoice_id")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file instead of stdout.")
@json_option
@pass_context
def show(context: Context, invoice_id: str, format_: str, output: Path | None, as_json: bool) -> None:
    """Show INVOICE_ID (its id or number): as text, as a page to print, its EN 16931 XML, or both as PDF."""
    context.as_json = as_json
    studio = context.app.services.studio
    view = studio.invoice_matching.view(invoice_id)
    if as_json:
        print_json({"invoice": view.invoice, "lines": view.lines})
        return
    if format_ == "text":
        click.echo(f"{view.invoice.number}, {view.invoice.issued_on.isoformat()}")
        click.echo(f"{view.invoice.issuer} to {view.invoice.recipient or '–'}: {view.invoice.gross}")
        if view.invoice.note:
            click.echo(view.invoice.note)
        _print_lines(view.lines)
        return
    _deliver(context, view, format_, output)


@invoice.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option("--of", "project", default="", help="What was bought for this project.")
@click.option("--client", default="", help="What was bought for this client.")
@click.option("--order", "orders", multiple=True, help="These orders; may be repeated.")
@click.option("--from", "starts", help="The first day, such as 2026-11-01.")
@click.option("--to", "ends", help="The last day.")
@click.option("--currency", default="", help="What to bill in; without it, the home currency.")
@click.option("--tax-category", default="", help="S, Z, E, AE or O (UNCL 5305).")
@click.option("--tax-percent", default="", help="With S: the rate, such as 19.")
@click.option("--tax-reason", default="", help="Why no tax is charged.")
@click.option("--purchase-order", default="", help="The client's order number.")
@click.option("--note", default="", help="What else stands on it.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the page, XML or PDF to this file."
)
@json_option
@pass_context
def issue(
    context: Context,
    kind: str,
    project: str,
    client: str,
    orders: tuple[str, ...],
    starts: str | None,
    ends: str | None,
    currency: str,
    tax_category: str,
    tax_percent: str,
    tax_reason: str,
    purchase_order: str,
    note: str,
    format_: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Write an invoice of your own: a charge-back to a client, or a record of what was bought."""
    from ..billing.lines import WhatToBill
    from ..billing.own_invoices import read_tax

    context.as_json = as_json
    what = WhatToBill(
        project=project,
        client=client,
        orders=orders,
        starts_on=parse_day(starts),
        ends_on=parse_day(ends),
        currency=currency.upper(),
        purchase_order=purchase_order,
        note=note,
    )
    _check_format(format_, output)
    issuing = context.app.services.studio.issuing
    if KINDS[kind] is InvoiceKind.PURCHASE_RECORD:
        made = issuing.purchase_record(what)
    else:
        if not tax_category:
            raise UserInputError(
                "Say how it is taxed: --tax-category S --tax-percent 19, or another category. Clearance does "
                "not guess taxes.",
                code="invoice.tax",
            )
        made = issuing.charge_back(what, read_tax(tax_category, tax_percent, tax_reason))
    _tell(context, made, format_, output, as_json=as_json)


@invoice.command()
@click.argument("invoice_id")
@click.option("--line", "positions", type=int, multiple=True, help="Only this line; may be repeated.")
@click.option("--reason", required=True, help="Why; it stands on the credit note.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Write the page, XML or PDF to this file."
)
@json_option
@pass_context
def credit(
    context: Context,
    invoice_id: str,
    positions: tuple[int, ...],
    reason: str,
    format_: str,
    output: Path | None,
    as_json: bool,
) -> None:
    """Take back INVOICE_ID, an invoice of your own, or some of its lines, by a credit note."""
    context.as_json = as_json
    _check_format(format_, output)
    made = context.app.services.studio.issuing.credit(invoice_id, positions=positions, reason=reason)
    _tell(context, made, format_, output, as_json=as_json)


COMMANDS = (invoice,)


def _tell(context: Context, made: Issued, format_: str, output: Path | None, *, as_json: bool) -> None:
    if as_json:
        print_json({"invoice": made.invoice, "lines": made.lines, "left_out": made.left_out})
    elif format_ == "text":
        click.echo(f"{made.invoice.number}: {made.invoice.gross} to {made.invoice.recipient}")
    if format_ != "text":
        view = context.app.services.studio.invoice_matching.view(made.invoice.id)
        if output is not None or not as_json:
            _deliver(context, view, format_, output)
    for text in made.left_out:
        click.echo(f"Left out: {text}.", err=True)


def _check_format(format_: str, output: Path | None) -> None:
    """Refuse what could not be written, before an invoice takes a number."""
    if format_ == "pdf":
        from ..services.studio.invoice_pdf import check_before

        check_before(output.absolute() if output is not None else None)


def _deliver(context: Context, view: InvoiceView, format_: str, output: Path | None) -> None:
    if format_ != "pdf":
        _write(_render(context, view, format_), output)
        return
    from ..services.studio.invoice_pdf import write_invoice_pdf
    from ..settings import VERSION

    issuing = context.app.services.studio.issuing
    place = output.absolute() if output is not None else None
    click.echo(str(write_invoice_pdf(issuing, view, place, tool_version=VERSION)), err=True)


def _render(context: Context, view: InvoiceView, format_: str) -> str:
    from ..services.studio.papers import render_invoice

    return render_invoice(context.app.ledger, context.app.services.studio.issuing, view, format_)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    from ..services.reporting.write_report import write_text

    click.echo(str(write_text(output.absolute(), lambda: text)), err=True)


def _print_lines(lines: tuple[InvoiceLine, ...]) -> None:
    rows = [
        (str(line.position), line.description, str(line.net), line.order_id or "–", line.difference)
        for line in lines
    ]
    print_table("", ("Line", "What", "Amount", "Order", "Difference"), rows)


def _plain(view: InvoiceView) -> dict[str, object]:
    return {"invoice": view.invoice, "open_lines": view.open_lines, "differences": view.differences}


def _state(view: InvoiceView) -> str:
    total = len(view.lines)
    if view.invoice.kind is not InvoiceKind.RECEIVED:
        return str(total)
    parts = [f"{total - view.open_lines} of {total} matched"]
    if view.differences:
        parts.append(f"{view.differences} differ")
    return ", ".join(parts)
