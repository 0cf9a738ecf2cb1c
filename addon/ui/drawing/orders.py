"""Draw a refund, and what was bought before. Decides nothing: ``views.refund`` and ``views.history`` do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.history import HistoryView, view_history
from ..views.refund import view_refund
from ..views.rows import Note
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_refund(layout: Any, context: Any, app: App) -> None:
    """Draw the refund that the user looks at."""
    shown = view_refund(app.session.state, app.session.marketplaces)
    if shown is None:
        widgets.draw_note(layout, context, Note(text="Choose a purchase in your library to give it back."))
        return
    if shown.title:
        widgets.draw_text(layout, context, shown.title)
    widgets.draw_facts(layout, context, shown.facts)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.scenes:
        column = layout.column(align=True)
        column.label(text="Used in These Scenes")
        for scene in shown.scenes:
            widgets.draw_text(column, context, scene, icon="SCENE_DATA")
    column = layout.column(align=True)
    if shown.policy_url.startswith("https://"):
        column.operator(
            "clearance.open_page", text="Read Their Policy", icon=icons.PAGE
        ).url = shown.policy_url
    if shown.can_ask:
        column.operator("clearance.request_refund").order_id = shown.order_id
    if shown.has_text:
        column.operator("clearance.copy_refund_text", icon="COPYDOWN")
    if shown.refund_id:
        column.operator("clearance.settle_refund").refund_id = shown.refund_id
    column.operator("clearance.close_refund", icon=icons.STOP)


def draw_history(layout: Any, context: Any, app: App) -> None:
    """Draw what was bought before, a part for each marketplace that tells."""
    widgets.draw_note(
        layout, context,
        Note(text="What your accounts bought before can be added to your library. Nothing is charged."),
    )  # fmt: skip
    for part in view_history(app.session.state, app.session.marketplaces):
        _draw_part(layout.box(), context, part)
    layout.operator("clearance.record_purchase", icon="ADD")


def _draw_part(box: Any, context: Any, part: HistoryView) -> None:
    box.label(text=part.name, translate=False)
    head = box.row(align=True)
    for kind in part.kinds:
        button = head.operator(
            "clearance.load_history", text=f"{kind.capitalize()}s" if kind != "audio" else "Audio"
        )
        button.marketplace, button.kind = part.marketplace, kind
    widgets.draw_notes(box, context, part.notes, boxes=1)
    for row in part.rows:
        line = box.column(align=True)
        widgets.draw_text(line, context, row.text, icon="CHECKMARK" if row.owned else "BLANK1", boxes=1)
        quiet = line.column(align=True)
        quiet.active = False
        widgets.draw_text(quiet, context, row.detail, icon="BLANK1", boxes=1)
        if row.adoptable:
            button = line.operator("clearance.adopt_purchase")
            button.marketplace, button.number = part.marketplace, row.number
    if part.more:
        button = box.operator("clearance.load_history", text="More", icon="TRIA_DOWN")
        button.marketplace, button.more = part.marketplace, True
