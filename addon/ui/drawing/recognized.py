"""Draw what content without a license looks like. Decides nothing: ``views.recognized`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.recognized import RecognizedRow, view_recognized
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_recognized(layout: Any, context: Any, app: App) -> None:
    """Draw the button, what was found, and what to do with it."""
    shown = view_recognized(app.session.state)
    if not shown.offered:
        return
    if shown.offer:
        widgets.draw_text(layout, context, shown.offer)
    row = layout.row(align=True)
    row.operator("clearance.recognize", icon=icons.SEARCH)
    if shown.busy:
        row.operator("clearance.stop_recognition", text="", icon=icons.STOP)
    widgets.draw_notes(layout, context, shown.notes)
    for found in shown.rows:
        _draw_row(layout, context, found)
    if shown.more:
        widgets.draw_text(layout, context, shown.more)
    if shown.certain > 1:
        layout.operator("clearance.stamp_all_recognized", text=f"Stamp All {shown.certain:,} Recognized…")


def _draw_row(layout: Any, context: Any, found: RecognizedRow) -> None:
    box = layout.box()
    row = box.row(align=True)
    widgets.draw_text(
        row, context, found.title, boxes=1, max_lines=1, width=widgets.available(context, icon=True) - 24.0
    )
    row.operator("clearance.select_finding", text="", icon=icons.SELECT).subject = found.subject
    row.operator("clearance.dismiss_recognized", text="", icon=icons.STOP).subject = found.subject
    quiet = box.column()
    quiet.active = False
    widgets.draw_text(quiet, context, found.question, boxes=1)
    for choice in found.choices:
        widgets.draw_text(box, context, choice.text, icon=icons.TONES[choice.tone], boxes=1)
        button = box.operator("clearance.stamp_recognized", text=choice.button, icon=icons.DECLARE)
        button.subject, button.grant_id = found.subject, choice.grant_id
    if found.more:
        widgets.draw_text(box, context, found.more, boxes=1)
