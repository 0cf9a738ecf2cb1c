"""Draw the buy dialog, what is under way, and what we own. Decides nothing: ``views.buy`` does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ... import runtime
from ..views import icons
from ..views.buy import ProgressRow, view_buy, view_library, view_progress
from ..views.rows import Note, Tone
from . import quality as draw_quality
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_dialog(operator: Any, layout: Any, context: Any, *, width: int) -> None:
    """Draw everything that has to be seen before something is spent."""
    app = runtime.peek()
    shown = None
    if app is not None:
        shown = view_buy(
            app.session.state, app.session.marketplaces, operator.quote_id, now=datetime.now(UTC)
        )
    if shown is None:
        widgets.draw_text(
            layout, context, "The price is no longer good. Select the result again.", dialog=width
        )
        return
    widgets.draw_facts(layout, context, shown.facts, dialog=width)
    layout.separator()
    widgets.draw_note(layout, context, shown.answer, dialog=width)
    widgets.draw_findings(layout, context, shown.findings, dialog=width)
    if shown.needs_reason:
        column = layout.column()
        widgets.draw_text(
            column, context, "Say why it may be bought all the same; this is kept:", dialog=width
        )
        column.prop(operator, "reason", text="")
    if shown.surcharge:
        box = layout.box()
        widgets.draw_text(
            box, context, f"Costs more than your plan covers. The marketplace says: {shown.surcharge}",
            icon="ERROR", alert=True, dialog=width, boxes=1,
        )  # fmt: skip
        box.prop(operator, "accept_surcharge")
    if operator.references:
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        widgets.draw_text(column, context, "Your account wants this noted with it:", dialog=width)
        for row in operator.references:
            column.prop(row, "value", text=row.label)
    layout.separator()
    widgets.draw_notes(layout, context, shown.notes, dialog=width)
    if shown.blocked:
        widgets.draw_text(layout, context, f"{shown.blocked}.", icon="CANCEL", alert=True, dialog=width)
    layout.prop(operator, "then_import")


def draw_progress(layout: Any, context: Any, app: App) -> None:
    """Draw purchases and downloads."""
    rows = view_progress(app.session.state, app.session.marketplaces)
    if not rows:
        widgets.draw_note(layout, context, Note(text="What you buy and download shows up here."))
    for row in rows:
        box = layout.box()
        widgets.draw_text(box, context, row.title, boxes=1, max_lines=2)
        widgets.draw_note(box, context, row.note, boxes=1)
        widgets.draw_notes(box, context, row.more, boxes=1)
        if row.quality is not None:
            draw_quality.draw_in_progress(box, context, row.quality)
        _draw_bar(box, row)
        _draw_buttons(box, row)
    layout.operator("clearance.reconcile", icon=icons.RETRY)


def _draw_bar(layout: Any, row: ProgressRow) -> None:
    if row.fraction is None and not row.task_id:
        return
    line = layout.row(align=True)
    if row.fraction is not None:
        line.progress(factor=row.fraction, text=row.bar_text, translate=False)
    if row.task_id:
        text = "" if row.fraction is not None else "Cancel"
        line.operator("clearance.cancel_task", text=text, icon=icons.STOP).task_id = row.task_id


def _draw_buttons(layout: Any, row: ProgressRow) -> None:
    if not row.actions:
        return  # an empty column would leave a gap
    column = layout.column(align=True)
    if "open_checkout" in row.actions and row.checkout_url:
        column.operator(
            "clearance.open_page", text="Open the Checkout", icon=icons.PAGE
        ).url = row.checkout_url
    if "open_website" in row.actions:
        column.operator("clearance.open_order_page", icon=icons.PAGE).order_id = row.order_id
    if "confirm_purchase" in row.actions:
        column.operator("clearance.confirm_purchase", icon=icons.TONES[Tone.GOOD]).order_id = row.order_id
    if "look_for_file" in row.actions:
        column.operator("clearance.look_for_downloads", icon=icons.FILE)
    if "decide" in row.actions:
        column.operator("clearance.decide_order", icon="QUESTION").order_id = row.order_id
    if "check_payment" in row.actions:
        column.operator("clearance.check_payment", icon=icons.RETRY).order_id = row.order_id
    if "cancel_order" in row.actions:
        column.operator("clearance.cancel_order", icon=icons.STOP).order_id = row.order_id
    if "import" in row.actions:
        text = "Import Again" if row.imported else "Import"
        column.operator("clearance.import_asset", text=text, icon=icons.IMPORT).grant_id = row.grant_id


def draw_library(layout: Any, context: Any, app: App) -> None:
    """Draw what we own."""
    state, given = app.session.state, context.window_manager.clearance
    if not state.library:
        widgets.draw_note(
            layout, context, Note(text="You own nothing yet. What you buy stays here, across files.")
        )
        return
    layout.prop(given, "library_text", text="", icon="FILTER")
    rows = view_library(state, app.session.marketplaces, text=given.library_text)
    if not rows:
        widgets.draw_note(layout, context, Note(text="Nothing that you own matches."))
    for row in rows:
        box = layout.box()
        widgets.draw_text(box, context, row.title, boxes=1, max_lines=2)
        quiet = box.column()
        quiet.active = False
        widgets.draw_text(quiet, context, row.detail, boxes=1)
        line = box.row(align=True)
        if row.importable:
            line.operator("clearance.import_asset", icon=icons.IMPORT).grant_id = row.grant_id
            line.operator_menu_enum(
                "clearance.import_asset", "use", text="", icon="DOWNARROW_HLT"
            ).grant_id = row.grant_id
        line.operator("clearance.refund", text="", icon="LOOP_BACK").order_id = row.order_id
    if len(rows) < len(state.library) and not given.library_text:
        widgets.draw_note(
            layout, context, Note(text=f"The newest {len(rows)} are shown. Filter to find others.")
        )
