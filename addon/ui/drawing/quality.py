"""Draw how a delivery compares to its offer. Decides nothing: ``views.quality`` does."""

from __future__ import annotations

from typing import Any

from ..views.quality import QualityView
from . import widgets


def draw_in_progress(layout: Any, context: Any, shown: QualityView) -> None:
    """Draw the outcome below what is under way, and the way to all of it."""
    widgets.draw_notes(layout, context, shown.notes, boxes=1)
    line = layout.row(align=True)
    line.operator("clearance.show_delivery_check", icon="VIEWZOOM").grant_id = shown.grant_id
    if shown.refund_order_id:
        line.operator("clearance.refund", text="Refund…", icon="LOOP_BACK").order_id = shown.refund_order_id


def draw_dialog(layout: Any, context: Any, shown: QualityView, *, width: int) -> None:
    """Draw everything that was looked at."""
    widgets.draw_notes(layout, context, shown.notes[:1], dialog=width)
    layout.separator()
    widgets.draw_notes(layout, context, shown.all, dialog=width)
