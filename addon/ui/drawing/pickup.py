"""Draw what arrived from websites, and what waits for a file. Decides nothing: ``views.pickup`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.pickup import FoundRow, view_pickup
from ..views.rows import Note
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_pickup(layout: Any, context: Any, app: App) -> None:
    """Draw the panel."""
    shown = view_pickup(app.session.state, app.session.marketplaces)
    if shown.waiting:
        column = layout.column(align=True)
        column.label(text="Waiting for Their Files")
        for line in shown.waiting:
            widgets.draw_text(column, context, line, icon="SORTTIME", max_lines=2)
    layout.operator(
        "clearance.look_for_downloads",
        text="Looking…" if shown.busy else "Look for Downloads",
        icon=icons.RETRY,
    )
    widgets.draw_notes(layout, context, shown.notes)
    for row in shown.rows:
        _draw_found(layout.box(), context, row)
    if shown.rows and not any(row.grant_id for row in shown.rows):
        widgets.draw_note(
            layout, context, Note(text="Nothing waits for these files. Buy and confirm something first.")
        )


def _draw_found(box: Any, context: Any, row: FoundRow) -> None:
    widgets.draw_text(box, context, row.name, icon=icons.FILE, boxes=1, max_lines=2)
    quiet = box.column(align=True)
    quiet.active = False
    widgets.draw_text(quiet, context, row.detail, boxes=1)
    if row.match:
        widgets.draw_text(box, context, row.match, boxes=1, icon="CHECKMARK" if row.certain else "QUESTION")
    button = box.operator("clearance.take_download", icon=icons.IMPORT)
    button.path, button.grant_id = row.path, row.grant_id
