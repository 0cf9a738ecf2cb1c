"""The panel of seats and of what ends soon."""

from __future__ import annotations

from typing import Any

import bpy
from bpy.types import Panel

from ... import runtime
from ...pump import CATEGORY


class CLEARANCE_PT_seats(Panel):
    """Who has seats, and which licenses and agreements end soon."""

    bl_idname = "CLEARANCE_PT_seats"
    bl_label = "Seats and Renewals"
    bl_space_type: Any = "VIEW_3D"
    bl_region_type: Any = "UI"
    bl_category = CATEGORY
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return runtime.peek() is not None

    def draw(self, context: Any) -> None:
        """Draw them; look by itself when the panel is opened for the first time."""
        app = runtime.peek()
        if app is None:
            return
        from ....core.session.state import Phase
        from ..drawing import seats as draw_seats

        if app.session.state.seating.phase is Phase.IDLE and not bpy.app.background:
            app.session.refresh_seating()
        draw_seats.draw_seats(self.layout, context, app)


CLASSES = (CLEARANCE_PT_seats,)
