"""Draw the cart, requests, and what waits for somebody. Decides nothing: ``views.requests`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.requests import ItemRow, RequestRow, view_requests
from ..views.rows import Tone
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_requests(layout: Any, context: Any, app: App) -> None:
    """Draw the whole panel."""
    shown = view_requests(app.session.state, app.session.marketplaces)
    row = layout.row(align=True)
    row.operator("clearance.refresh_requests", icon=icons.RETRY)
    if shown.busy:
        row.operator("clearance.stop_requests", text="", icon=icons.STOP)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.cart is not None:
        _draw_request(layout, context, shown.cart)
    for title, rows in (("Waiting for You", shown.waiting), ("My Requests", shown.mine)):
        if rows:
            layout.label(text=title)
        for one in rows:
            _draw_request(layout, context, one)


def _draw_request(layout: Any, context: Any, shown: RequestRow) -> None:
    box = layout.box()
    widgets.draw_text(box, context, shown.title, boxes=1, max_lines=2)
    widgets.draw_facts(box, context, shown.facts, boxes=1)
    for item in shown.items:
        _draw_item(box, context, shown.request_id, item)
    if shown.more:
        widgets.draw_text(box, context, shown.more, boxes=1)
    widgets.draw_notes(box, context, shown.notes, boxes=1)
    column = box.column(align=True)
    if shown.can_submit:
        submit = column.operator("clearance.submit_request", text=shown.submit_text, icon="EXPORT")
        submit.request_id = shown.request_id
    if shown.can_approve:
        approve = column.operator("clearance.approve_request", icon="CHECKMARK")
        approve.request_id, approve.needs_reason = shown.request_id, shown.needs_reason
        approve.surcharges = "\n".join(shown.surcharges)
    if shown.can_decline:
        column.operator("clearance.decline_request", icon="CANCEL").request_id = shown.request_id
    if shown.buy_text:
        buy = column.operator("clearance.buy_request", text=shown.buy_text, icon="CHECKMARK")
        buy.request_id = shown.request_id
    if shown.can_withdraw:
        column.operator("clearance.withdraw_request", icon=icons.STOP).request_id = shown.request_id
    if shown.can_discard:
        column.operator("clearance.discard_cart", icon=icons.STOP).request_id = shown.request_id


def _draw_item(layout: Any, context: Any, request_id: str, item: ItemRow) -> None:
    whole = layout.column(align=True)
    row = whole.row(align=True)
    room = widgets.available(context, boxes=1, icon=True) - (24.0 if item.removable else 0.0)
    # What was not looked at yet has nothing to say with an icon.
    icon = "DOT" if item.tone is Tone.INFO else icons.TONES[item.tone]
    widgets.draw_text(row, context, item.text, icon=icon, max_lines=2, width=room)
    if item.removable:
        out = row.operator("clearance.take_from_cart", text="", icon=icons.STOP)
        out.request_id, out.position = request_id, item.position
    widgets.draw_text(whole, context, item.detail, icon="BLANK1", boxes=1)
    quiet = whole.column(align=True)
    quiet.active = False
    for note in item.notes:
        widgets.draw_text(quiet, context, note, icon="BLANK1", boxes=1)
