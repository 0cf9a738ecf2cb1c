"""Draw the way out and in for files with licenses. Decides nothing: ``views.exchange`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.exchange import view_exchange
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_exchange(layout: Any, context: Any, app: App) -> None:
    """Draw the panel."""
    shown = view_exchange(app.session.state)
    column = layout.column(align=True)
    column.scale_y = 1.2
    column.operator("clearance.export_with_licenses", text="Export with Licenses…", icon=icons.EXPORT)
    column.operator("clearance.import_with_licenses", text="Import with Licenses…", icon=icons.IMPORT)
    layout.operator("clearance.restore_licenses", text="Restore Licenses from a File…", icon=icons.FILE)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.retry:
        again = layout.operator("clearance.import_with_licenses", text="Import Although It Changed")
        again.filepath, again.accept_changed = shown.retry, True
