"""Draw budgets, payments, invoices and costs. Decides nothing: the views do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.budgets import view_budgets
from ..views.costs import CostGroup, view_costs
from ..views.finance import Head, Pager, view_ledger
from ..views.invoices import BoughtRow, InvoiceRow, view_invoices
from ..views.payments import PaymentRow, WaitingRow, view_payments
from ..views.rows import Note
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_ledger(layout: Any, context: Any, app: App) -> None:
    """Draw which ledger all of it is from."""
    widgets.draw_note(layout, context, view_ledger(app.settings.ledger_url))


def draw_budgets(layout: Any, context: Any, app: App) -> None:
    """Draw budgets with their bars."""
    shown = view_budgets(app.session.state.finance)
    _draw_head(layout, context, shown.head, "budgets")
    if shown.empty is not None:
        widgets.draw_note(layout, context, shown.empty)
    for row in shown.rows:
        box = layout.box()
        widgets.draw_text(box, context, row.title, icon=icons.TONES[row.tone], boxes=1, max_lines=2)
        box.progress(factor=row.used, text=row.bar, translate=False)
        widgets.draw_facts(box, context, row.facts, boxes=1)
        if row.alert is not None:
            widgets.draw_note(box, context, row.alert, boxes=1)
    _draw_pager(layout, shown.pager, "budgets")


def draw_payments(layout: Any, context: Any, app: App) -> None:
    """Draw what waits, then what was paid."""
    shown = view_payments(app.session.state.finance, app.session.marketplaces)
    _draw_head(layout, context, shown.head, "payments")
    widgets.draw_notes(layout, context, shown.notes)
    if shown.waiting:
        layout.label(text="Waiting")
    for one in shown.waiting:
        _draw_waiting(layout.box(), context, one)
    if shown.waiting_more:
        widgets.draw_note(layout, context, Note(text=shown.waiting_more))
    if shown.can_look_up:
        layout.operator("clearance.look_up_payments", icon=icons.SEARCH)
    if shown.rows:
        layout.label(text="Paid")
    for row in shown.rows:
        _draw_payment(layout.box(), context, row)
    _draw_pager(layout, shown.pager, "payments")


def draw_invoices(layout: Any, context: Any, app: App) -> None:
    """Draw invoices, those that do not fit first, and what is on none."""
    shown = view_invoices(app.session.state.finance, app.session.marketplaces)
    _draw_head(layout, context, shown.head, "invoices")
    if shown.untyped:
        box = layout.box()
        text = f"{shown.untyped} carries no data that can be read."
        widgets.draw_text(box, context, text, icon="QUESTION", boxes=1)
        box.operator("clearance.type_invoice", icon="GREASEPENCIL")
    if shown.can_import:
        column = layout.column(align=True)
        column.operator("clearance.import_invoice", icon=icons.IMPORT)
        column.operator("clearance.make_charge_back", icon="CURRENT_FILE")
        column.operator("clearance.make_purchase_record", icon="TEXT")
        if shown.can_match:
            column.operator("clearance.match_invoices", icon=icons.RETRY)
    widgets.draw_notes(layout, context, shown.notes)
    for row in shown.rows:
        _draw_invoice(layout.box(), context, row)
    _draw_pager(layout, shown.pager, "invoices")
    if shown.without:
        layout.label(text="Bought, on No Invoice")
        box = layout.box()
        for one in shown.without:
            _draw_bought(box, context, one)
        if shown.without_more:
            widgets.draw_note(box, context, Note(text=shown.without_more), boxes=1)


def draw_costs(layout: Any, context: Any, app: App) -> None:
    """Draw this month."""
    shown = view_costs(app.session.state.finance, app.session.marketplaces)
    _draw_head(layout, context, shown.head, "costs")
    if shown.can_export:
        layout.operator("clearance.export_costs", icon=icons.EXPORT)
    if shown.facts:
        box = layout.box()
        box.label(text=shown.title, translate=False)
        widgets.draw_facts(box, context, shown.facts, boxes=1)
    for group in shown.groups:
        _draw_group(layout.box(), context, group)
    widgets.draw_notes(layout, context, shown.notes)


def _draw_head(layout: Any, context: Any, head: Head, part: str) -> None:
    row = layout.row(align=True)
    row.operator("clearance.refresh_finance", icon=icons.RETRY).part = part
    if head.is_stoppable:
        row.operator("clearance.stop_finance", text="", icon=icons.STOP).part = part
    widgets.draw_notes(layout, context, head.notes)


def _draw_pager(layout: Any, pager: Pager | None, part: str) -> None:
    if pager is None:
        return
    row = layout.row(align=True)
    for page, icon in ((pager.newer, "TRIA_LEFT"), (pager.older, "TRIA_RIGHT")):
        button = row.row(align=True)
        button.enabled = page is not None
        turn = button.operator("clearance.turn_finance_page", text="", icon=icon)
        turn.part, turn.page = part, page or 0
        if icon == "TRIA_LEFT":
            row.label(text=pager.text, translate=False)


def _draw_waiting(box: Any, context: Any, row: WaitingRow) -> None:
    widgets.draw_text(box, context, row.title, boxes=1, max_lines=2)
    _draw_quiet(box, context, row.detail)
    widgets.draw_note(box, context, row.note, boxes=1)
    if not (row.page_url or row.actions):
        return  # an empty column would leave a gap
    column = box.column(align=True)
    if row.page_url:
        column.operator("clearance.open_page", text="Open the Page", icon=icons.PAGE).url = row.page_url
    if "record" in row.actions:
        column.operator("clearance.record_payment", icon="CHECKMARK").order_id = row.order_id
    if "settle" in row.actions:
        column.operator("clearance.settle_payment", icon="QUESTION").order_id = row.order_id
    if "fail" in row.actions:
        column.operator("clearance.fail_payment", icon=icons.STOP).order_id = row.order_id


def _draw_payment(outer: Any, context: Any, row: PaymentRow) -> None:
    box = outer.column(align=True)
    line = box.row(align=True)
    room = widgets.available(context, boxes=1, icon=True) - 22.0 * widgets.scale_of(context) * len(
        row.actions
    )
    widgets.draw_text(line, context, row.title, icon=icons.TONES[row.tone], max_lines=2, width=room)
    buttons = line.row(align=True)
    if "attach" in row.actions:
        buttons.operator("clearance.attach_evidence", text="", icon="DOCUMENTS").order_id = row.order_id
    if "purchase_record" in row.actions:
        record = buttons.operator("clearance.make_purchase_record", text="", icon="TEXT")
        record.order_id, record.title = row.order_id, row.title
    if "charge_back" in row.actions:
        charge = buttons.operator("clearance.make_charge_back", text="", icon="CURRENT_FILE")
        charge.order_id, charge.title = row.order_id, row.title
    if "refund" in row.actions:
        buttons.operator("clearance.refund", text="", icon="LOOP_BACK").order_id = row.order_id
    widgets.draw_text(box, context, row.amount, icon="BLANK1", boxes=1)
    _draw_quiet(box, context, row.detail, icon="BLANK1")


def _draw_invoice(box: Any, context: Any, row: InvoiceRow) -> None:
    head = box.column(align=True)
    widgets.draw_text(head, context, row.title, icon=icons.TONES[row.tone], boxes=1, max_lines=2)
    _draw_quiet(head, context, row.detail, icon="BLANK1")
    if row.state:
        widgets.draw_text(head, context, row.state, icon="BLANK1", boxes=1)
    for one in row.lines:
        line = box.row(align=True)
        room = widgets.available(context, boxes=1, icon=True) - (24.0 if one.assignable else 0.0)
        widgets.draw_text(line, context, one.note.text, icon=icons.TONES[one.note.tone], width=room)
        if one.assignable:
            choose = line.operator("clearance.match_invoice_line", text="", icon="LINKED")
            choose.invoice_id, choose.position = row.invoice_id, one.position
    widgets.draw_notes(box, context, row.notes, boxes=1)
    if row.can_show:
        buttons = box.row(align=True)
        buttons.operator("clearance.show_invoice", icon=icons.SHOW).invoice_id = row.invoice_id
        write = buttons.operator("clearance.write_invoice", text="Save…", icon=icons.EXPORT)
        write.invoice_id, write.number = row.invoice_id, row.number
        if row.can_credit:
            credit = buttons.operator("clearance.credit_invoice", text="Credit…", icon="LOOP_BACK")
            credit.invoice_id, credit.number = row.invoice_id, row.number


def _draw_bought(outer: Any, context: Any, row: BoughtRow) -> None:
    box = outer.column(align=True)
    line = box.row(align=True)
    room = widgets.available(context, boxes=1) - (24.0 if row.can_record else 0.0)
    widgets.draw_text(line, context, row.text, max_lines=1, width=room)
    if row.can_record:
        record = line.operator("clearance.make_purchase_record", text="", icon="TEXT")
        record.order_id, record.title = row.order_id, row.text
    _draw_quiet(box, context, row.detail)


def _draw_group(box: Any, context: Any, group: CostGroup) -> None:
    box.label(text=group.title)
    for row in group.rows:
        if row.share is None:
            widgets.draw_text(box, context, f"{row.name}: {row.amount}", boxes=1)
        else:
            widgets.draw_text(box, context, row.name, boxes=1, max_lines=1)
            box.progress(factor=row.share, text=row.amount, translate=False)
    if group.more:
        widgets.draw_note(box, context, Note(text=group.more), boxes=1)


def _draw_quiet(box: Any, context: Any, text: str, *, icon: str = "") -> None:
    quiet = box.column()
    quiet.active = False
    widgets.draw_text(quiet, context, text, icon=icon, boxes=1)
