"""Invoices with what does not fit, as rows. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ....core.errors import UserInputError
from ....core.marketplaces.base import MarketplaceInfo
from ....core.model.invoice import InvoiceKind, InvoiceLine
from ....core.policy.roles import Act
from ....core.services.studio.finance import FinancePart, InvoicesPage
from ....core.services.studio.invoice_match import InvoiceView
from ....core.session.state import FinanceState
from .finance import Head, Pager, name_amount, view_head, view_pager
from .rows import Note, Tone, names_of
from .text import count, shorten

EMPTY = (
    "No invoices yet. Import those of the marketplaces: XML, and PDFs with XML inside, are read and held "
    "against what was bought; of others, you type in what stands on them."
)
WITHOUT = 6
"""Purchases without an invoice that are named before they are counted."""
CREDIT = 8
"""Lines that can be credited that are named before they are counted."""
LINES = 3
"""Lines of one invoice that are named before they are counted."""
KINDS = {
    InvoiceKind.RECEIVED: "received",
    InvoiceKind.PURCHASE_RECORD: "purchase record",
    InvoiceKind.CHARGE_BACK: "charge-back",
    InvoiceKind.CREDIT_NOTE: "credit note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """A line that has no order, or does not fit it."""

    position: int
    note: Note
    assignable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """One invoice."""

    invoice_id: str
    title: str
    tone: Tone
    detail: str
    state: str = ""
    lines: tuple[LineRow, ...] = ()
    notes: tuple[Note, ...] = ()
    """What does not add up in it, and how many lines are not named."""
    can_show: bool = False
    can_credit: bool = False
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoughtRow:
    """A purchase that is on no received invoice."""

    order_id: str
    text: str
    detail: str
    can_record: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesView:
    """The panel. ``untyped`` names a file whose facts are to be typed in."""

    head: Head
    can_import: bool = False
    untyped: str = ""
    notes: tuple[Note, ...] = ()
    rows: tuple[InvoiceRow, ...] = ()
    pager: Pager | None = None
    without: tuple[BoughtRow, ...] = ()
    without_more: str = ""
    can_match: bool = False


def view_invoices(state: FinanceState, infos: Sequence[MarketplaceInfo]) -> InvoicesView:
    """Build the panel."""
    head, page = view_head(state, FinancePart.INVOICES), state.parts[FinancePart.INVOICES].page
    can_import = state.who is not None and Act.INVOICE in state.who.acts
    untyped = shorten(state.untyped.name, 60) if state.untyped is not None else ""
    if not isinstance(page, InvoicesPage):
        return InvoicesView(head=head, can_import=can_import, untyped=untyped)
    names = names_of(infos)
    more = page.without_total - min(len(page.without), WITHOUT)
    return InvoicesView(
        head=head,
        can_import=can_import,
        untyped=untyped,
        notes=tuple(_notes(page)),
        rows=tuple(_row(one, page.credited, is_mine=can_import) for one in page.rows),
        pager=view_pager(page.page, page.total, is_cut=page.is_cut),
        without=tuple(
            BoughtRow(
                order_id=one.order_id,
                text=shorten(one.title, 60) or "Untitled",
                detail=" · ".join(
                    (
                        one.day.isoformat(),
                        names.get(one.marketplace, one.marketplace),
                        name_amount(one.charged),
                    )
                ),
                can_record=can_import,
            )
            for one in page.without[:WITHOUT]
        ),
        without_more=f"And {count(more, 'more purchase')}." if more > 0 else "",
        can_match=can_import and bool(page.to_look_at),
    )


def name_orders(state: FinanceState) -> list[tuple[str, str]]:
    """Return ids of purchases that are on no invoice, each with words for people."""
    page = state.parts[FinancePart.INVOICES].page
    found = page.without if isinstance(page, InvoicesPage) else ()
    return [
        (one.order_id, f"{shorten(one.title, 40)}, {one.day.isoformat()}, {name_amount(one.charged)}")
        for one in found
    ]


def name_lines(state: FinanceState, invoice_id: str) -> tuple[str, ...]:
    """Return what stands on an invoice that was read and is not credited yet, by its numbers; a few of it."""
    page = state.parts[FinancePart.INVOICES].page
    if not isinstance(page, InvoicesPage):
        return ()
    lines = [
        line
        for view in page.rows
        if view.invoice.id == invoice_id
        for line in view.lines
        if line.id not in page.credited
    ]
    named = [
        f"{line.position}: {shorten(line.description, 50) or 'no text'}, {line.net}"
        for line in lines[:CREDIT]
    ]
    if (more := len(lines) - CREDIT) > 0:
        named.append(f"And {count(more, 'more line')}.")
    return tuple(named)


def read_positions(text: str) -> tuple[int, ...]:
    """Return the numbers of lines that somebody typed in, such as “1, 3”; raise UserInputError for others."""
    parts = text.replace(",", " ").replace(";", " ").split()
    if any(not (part.isascii() and part.isdecimal()) or len(part) > 6 for part in parts):
        raise UserInputError(
            f"“{shorten(text, 40)}” are no numbers of lines. Write them such as 1, 3; empty means all.",
            code="invoice.lines",
        )
    return tuple(sorted({int(part) for part in parts}))


def _notes(page: InvoicesPage) -> list[Note]:
    if not page.total:
        return [Note(text=EMPTY)]
    if not page.to_look_at:
        return [Note(text="Every received invoice fits what was bought.", tone=Tone.GOOD)]
    verb = "does" if page.to_look_at == 1 else "do"
    return [Note(text=f"{count(page.to_look_at, 'invoice')} {verb} not fit what was bought.", tone=Tone.WARN)]


def _row(view: InvoiceView, credited: frozenset[str], *, is_mine: bool) -> InvoiceRow:
    invoice = view.invoice
    is_received = invoice.kind is InvoiceKind.RECEIVED
    other = invoice.issuer if is_received else invoice.recipient
    wrong = [line for line in view.lines if is_received and (not line.order_id or line.difference)]
    notes = []
    if invoice.note and is_received:
        notes.append(Note(text=shorten(invoice.note, 200)))
    if (more := len(wrong) - LINES) > 0:
        notes.append(Note(text=f"And {count(more, 'more line')}; “clearance invoice show” lists all."))
    total = len(view.lines)
    gone = sum(line.id in credited for line in view.lines)
    if is_received:
        state = f"{total - view.open_lines:,} of {count(total, 'line')} matched"
    elif gone:
        state = "credited" if gone == total else f"{gone:,} of {count(total, 'line')} credited"
    else:
        state = ""
    return InvoiceRow(
        invoice_id=invoice.id,
        title=f"{shorten(invoice.number, 40)} · {shorten(other, 60) or 'nobody named'}",
        tone=Tone.WARN if wrong else Tone.GOOD if is_received else Tone.INFO,
        detail=" · ".join((invoice.issued_on.isoformat(), str(invoice.gross), KINDS[invoice.kind])),
        state=state,
        lines=tuple(_line(one, can_assign=is_mine) for one in wrong[:LINES]),
        notes=tuple(notes),
        can_show=not is_received,
        can_credit=is_mine
        and gone < total
        and invoice.kind in (InvoiceKind.CHARGE_BACK, InvoiceKind.PURCHASE_RECORD),
        number=shorten(invoice.number, 40),
    )


def _line(line: InvoiceLine, *, can_assign: bool) -> LineRow:
    why = line.difference or "no order fits it"
    return LineRow(
        position=line.position,
        note=Note(text=f"Line {line.position}: {shorten(why, 200)}", tone=Tone.WARN),
        assignable=can_assign,
    )
