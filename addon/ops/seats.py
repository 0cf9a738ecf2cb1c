# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Look at seats and what ends, and give a seat back."""

from typing import TYPE_CHECKING, Any

from bpy.props import StringProperty
from bpy.types import Operator

from .guard import Answer, guarded

if TYPE_CHECKING:
    from ...core.app import App


class CLEARANCE_OT_refresh_seating(Operator):
    """Read who has seats, and what ends within 90 days"""

    bl_idname = "clearance.refresh_seating"
    bl_label = "Look Now"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read."""
        app.session.refresh_seating()
        return {"FINISHED"}


class CLEARANCE_OT_release_seat(Operator):
    """Give back your seat of this license, so that somebody else can take it"""

    bl_idname = "clearance.release_seat"
    bl_label = "Give Back"
    bl_options = {"INTERNAL"}

    grant_id: StringProperty(name="License", options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Release."""
        app.session.release_seat(self.grant_id)
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (CLEARANCE_OT_refresh_seating, CLEARANCE_OT_release_seat)
