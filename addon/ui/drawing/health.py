"""Draw how the marketplaces' APIs do. Decides nothing: ``views.health`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..views import icons
from ..views.health import view_health
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App


def draw_health(layout: Any, context: Any, app: App) -> None:
    """Draw the panel."""
    shown = view_health(app.session.state)
    layout.operator("clearance.refresh_health", icon=icons.RETRY)
    widgets.draw_notes(layout, context, shown.notes)
    widgets.draw_notes(layout, context, shown.goals)
    for row in shown.rows:
        box = layout.box()
        box.label(text=row.name, icon=icons.TONES[row.tone], translate=False)
        if row.budget:
            box.progress(factor=row.used, text=row.budget, translate=False)
        widgets.draw_facts(box, context, row.facts, boxes=1)
        widgets.draw_notes(box, context, row.notes, boxes=1)
