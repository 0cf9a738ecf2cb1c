# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""License alerts: ask before a render or an export, show what they are about, put them away."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from ..pump import CATEGORY
from ..ui.views.text import count
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App


class CLEARANCE_OT_before_render(Operator):
    """Check the licenses before rendering"""

    bl_idname = "clearance.before_render"
    bl_label = "Check before Rendering"
    bl_options = {"INTERNAL"}

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Let the key go on to Blender, unless the render is stopped."""
        from ..alerting import look

        answer = look.check_render(context.scene)
        if answer is not None and answer.stopped:
            self.report({"ERROR"}, answer.why)
            return {"CANCELLED"}
        return {"PASS_THROUGH"}


class CLEARANCE_OT_check_export(Operator):
    """Check whether the scene may be exported. For scripts: an error when the studio stops it"""

    bl_idname = "clearance.check_export"
    bl_label = "Check before Exporting"
    bl_options = {"INTERNAL"}

    format: StringProperty(name="Format", description="A file ending, such as obj", maxlen=16)
    selection_only: BoolProperty(name="Selected Only")

    def execute(self, context: Any) -> Answer:
        """Raise in scripts what the export would be stopped for."""
        from ..alerting import exports
        from ..alerting.exporters import find_blocks

        ending = self.format.lower().lstrip(".")
        if not ending.isalnum():
            self.report({"ERROR"}, "Name a format by its file ending, such as obj.")
            return {"CANCELLED"}
        options = {"use_selection": self.selection_only, "use_active_scene": True}
        answer = exports.check(ending, find_blocks(context, ending, options))
        if answer is not None and answer.stopped:
            self.report({"ERROR"}, answer.why)
            return {"CANCELLED"}
        return {"FINISHED"}


class CLEARANCE_OT_look_again(Operator):
    """Look for license alerts now"""

    bl_idname = "clearance.look_again"
    bl_label = "Look Again"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read the scene here, judge it in a worker."""
        from ..alerting import look

        look.look_now(app)
        return {"FINISHED"}


class CLEARANCE_OT_select_alert(Operator):
    """Select the objects that this alert is about"""

    bl_idname = "clearance.select_alert"
    bl_label = "Select"
    bl_options = {"REGISTER", "UNDO"}

    kind: StringProperty(name="Alert", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Needs Object Mode."""
        return refuse(cls, "" if context.mode == "OBJECT" else "Switch to Object Mode to select")

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Select in the active view layer."""
        from .selecting import blocks_about, select_using

        alert = next((one for one in app.session.state.alerts.all if one.kind == self.kind), None)
        if alert is None:
            raise UserInputError("This alert is no longer there.", code="alerts.gone")
        blocks = blocks_about(alert.subjects)
        found = select_using(context.view_layer, blocks)
        if found:
            self.report({"INFO"}, f"{count(found, 'object')} selected.")
        elif blocks:
            self.report({"WARNING"}, "It is in the file, but no visible object uses it.")
        else:
            self.report({"WARNING"}, "Nothing of it is in the file any more.")
        return {"FINISHED"}


class CLEARANCE_OT_hide_alert(Operator):
    """Do not show this alert again for this file, until it is about something more"""

    bl_idname = "clearance.hide_alert"
    bl_label = "Hide"
    bl_options = {"INTERNAL"}

    kind: StringProperty(name="Alert", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Remember it for this file, as long as Blender runs."""
        app.session.hide_alert(self.kind)
        return {"FINISHED"}


class CLEARANCE_OT_show_hidden_alerts(Operator):
    """Show the alerts again that were hidden"""

    bl_idname = "clearance.show_hidden_alerts"
    bl_label = "Show Hidden Alerts"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Forget what was hidden."""
        app.session.show_hidden_alerts()
        return {"FINISHED"}


class CLEARANCE_OT_show_alerts(Operator):
    """Show the alerts in the sidebar of the 3D viewport"""

    bl_idname = "clearance.show_alerts"
    bl_label = "Show in the Sidebar"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a window."""
        return not bpy.app.background

    def execute(self, context: Any) -> Answer:
        """Open the sidebar of the first viewport at our tab."""
        for area in context.screen.areas:
            if area.type != "VIEW_3D":
                continue
            area.spaces.active.show_region_ui = True
            for region in area.regions:
                if region.type == "UI":
                    _choose_tab(region)
            area.tag_redraw()
            return {"FINISHED"}
        self.report({"INFO"}, "Open a 3D viewport; the alerts are in its sidebar, in the tab Clearance.")
        return {"CANCELLED"}


def _choose_tab(region: Any) -> None:
    try:
        region.active_panel_category = CATEGORY
    except (AttributeError, TypeError):
        return  # only newer Blenders let a script choose; and none before the region was drawn once


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_before_render,
    CLEARANCE_OT_check_export,
    CLEARANCE_OT_look_again,
    CLEARANCE_OT_select_alert,
    CLEARANCE_OT_hide_alert,
    CLEARANCE_OT_show_hidden_alerts,
    CLEARANCE_OT_show_alerts,
)
