# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Download what is owned, and stop what runs."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import IntProperty, StringProperty
from bpy.types import Operator

from .guard import Answer, guarded, refuse, why_no_app, why_no_network

if TYPE_CHECKING:
    from ...core.app import App


class CLEARANCE_OT_download(Operator):
    """Download the files of something you own. Free of charge"""

    bl_idname = "clearance.download"
    bl_label = "Download"
    bl_options = {"INTERNAL"}

    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network."""
        return refuse(cls, why_no_network())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Download."""
        app.session.download(self.grant_id)
        return {"FINISHED"}


class CLEARANCE_OT_cancel_task(Operator):
    """Stop this. A download goes on from where it was when it is started again"""

    bl_idname = "clearance.cancel_task"
    bl_label = "Cancel"
    bl_options = {"INTERNAL"}

    task_id: IntProperty(name="Task", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Stop."""
        app.session.cancel(self.task_id)
        return {"FINISHED"}


CLASSES: tuple[type[bpy.types.Operator], ...] = (CLEARANCE_OT_download, CLEARANCE_OT_cancel_task)
