"""The panel of requests: the cart, what the user asked for, and what waits for them."""

from __future__ import annotations

from typing import Any

from bpy.types import Panel

from ... import runtime
from ...pump import CATEGORY


class CLEARANCE_PT_requests(Panel):
    """Ask for what a project needs, approve what others ask for, and buy it."""

    bl_idname = "CLEARANCE_PT_requests"
    bl_label = "Requests"
    bl_space_type: Any = "VIEW_3D"
    bl_region_type: Any = "UI"
    bl_category = CATEGORY
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return runtime.peek() is not None

    def draw(self, context: Any) -> None:
        """Draw what was read last."""
        app = runtime.peek()
        if app is not None:
            from ..drawing import requests as draw_requests

            draw_requests.draw_requests(self.layout, context, app)


CLASSES = (CLEARANCE_PT_requests,)
