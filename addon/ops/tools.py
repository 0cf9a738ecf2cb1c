# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Small things: open a page, open the preferences, wait (for scripts)."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import FloatProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import pump, runtime
from .guard import Answer, guarded

if TYPE_CHECKING:
    from ...core.app import App


class CLEARANCE_OT_open_page(Operator):
    """Open this page in your browser"""

    bl_idname = "clearance.open_page"
    bl_label = "Open Page"
    bl_options = {"INTERNAL"}

    url: StringProperty(name="Address", options={"SKIP_SAVE", "HIDDEN"})

    def execute(self, _context: Any) -> Answer:
        """Hand http(s) addresses, and nothing else, to the browser."""
        if not self.url.startswith(("https://", "http://")):
            self.report({"ERROR"}, "This is not the address of a web page.")
            return {"CANCELLED"}
        if not runtime.host().open_url(self.url):
            self.report({"INFO"}, self.url)
        return {"FINISHED"}


class CLEARANCE_OT_open_preferences(Operator):
    """Open the preferences of Clearance"""

    bl_idname = "clearance.open_preferences"
    bl_label = "Enter a Key"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a window."""
        return not bpy.app.background

    def execute(self, _context: Any) -> Answer:
        """Show the preferences."""
        bpy.ops.preferences.addon_show(module=runtime.ROOT_PACKAGE)
        return {"FINISHED"}


class CLEARANCE_OT_open_system(Operator):
    """Open the preferences where online access is allowed"""

    bl_idname = "clearance.open_system"
    bl_label = "Open System Preferences"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a window."""
        return not bpy.app.background

    def execute(self, context: Any) -> Answer:
        """Show Preferences, System."""
        bpy.ops.screen.userpref_show()
        context.preferences.active_section = "SYSTEM"
        return {"FINISHED"}


class CLEARANCE_OT_dismiss(Operator):
    """Hide this message"""

    bl_idname = "clearance.dismiss"
    bl_label = "Hide"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, _app: "App") -> Answer:
        """Forget the message."""
        runtime.dismiss_problem()
        return {"FINISHED"}


class CLEARANCE_OT_refresh_health(Operator):
    """Show how well the marketplaces answered, and what is left of each hour. Asks none of them"""

    bl_idname = "clearance.refresh_health"
    bl_label = "Look Now"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read."""
        app.session.refresh_health()
        return {"FINISHED"}


class CLEARANCE_OT_wait(Operator):
    """Wait until everything that was started is done. For scripts; Blender does not answer meanwhile"""

    bl_idname = "clearance.wait"
    bl_label = "Wait"
    bl_options = {"INTERNAL"}

    timeout: FloatProperty(name="Seconds", default=60.0, min=0.0, options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, _context: Any, _app: "App") -> Answer:
        """Drain until idle."""
        if not pump.drain_until_idle(self.timeout):
            raise UserInputError(f"It was not done in {self.timeout:g} seconds.", code="wait.timeout")
        return {"FINISHED"}


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_open_page,
    CLEARANCE_OT_open_preferences,
    CLEARANCE_OT_open_system,
    CLEARANCE_OT_dismiss,
    CLEARANCE_OT_refresh_health,
    CLEARANCE_OT_wait,
)
