# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Show how a delivery compares to its offer."""

from typing import Any

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from .. import runtime
from .guard import Answer, refuse, why_no_app

DIALOG_WIDTH = 480


class CLEARANCE_OT_show_delivery_check(Operator):
    """Show what was delivered beside what was offered. Changes nothing"""

    bl_idname = "clearance.show_delivery_check"
    bl_label = "Delivery Check"
    bl_options = {"INTERNAL"}

    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Open the dialog."""
        result: Answer = context.window_manager.invoke_popup(self, width=DIALOG_WIDTH)
        return result

    def draw(self, context: Any) -> None:
        """Draw the findings of the check in this session."""
        from ..ui.drawing import quality as draw_quality
        from ..ui.drawing import widgets
        from ..ui.views.quality import view_quality

        app = runtime.peek()
        progress = app.session.state.progress if app is not None else []
        checked = next((one.checked for one in progress if one.grant_id == self.grant_id), None)
        if checked is None:
            widgets.draw_text(
                self.layout, context, "It was not checked in this session.", dialog=DIALOG_WIDTH
            )
            return
        draw_quality.draw_dialog(self.layout, context, view_quality(checked), width=DIALOG_WIDTH)

    def execute(self, _context: Any) -> Answer:
        """Do nothing: what there is to see is in the dialog."""
        return {"FINISHED"}


CLASSES: tuple[type[bpy.types.Operator], ...] = (CLEARANCE_OT_show_delivery_check,)
