"""Draw seats and what ends soon. Decides nothing: ``views.seats`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.seats import view_seats
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_seats(layout: Any, context: Any, app: App) -> None:
    """Draw the panel."""
    shown = view_seats(app.session.state.seating)
    layout.operator("clearance.refresh_seating", icon=icons.RETRY)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.ends:
        box = layout.box()
        widgets.draw_notes(box, context, shown.ends, boxes=1)
    for row in shown.rows:
        box = layout.box()
        widgets.draw_text(box, context, row.title, icon=icons.TONES[row.tone], boxes=1)
        if row.used:
            box.progress(factor=row.used, text=row.text, translate=False)
        else:
            box.label(text=row.text, translate=False)
        widgets.draw_note(box, context, row.who, boxes=1)
        if row.mine:
            box.operator("clearance.release_seat", icon=icons.STOP).grant_id = row.grant_id
