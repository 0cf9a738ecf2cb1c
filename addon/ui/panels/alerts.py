"""The panels of license alerts: at the top of our tab, and in the file dialogs of exports."""

from __future__ import annotations

from typing import Any

from bpy.types import Panel

from ... import runtime
from ...pump import CATEGORY


class CLEARANCE_PT_alerts(Panel):
    """What somebody should know about this file now; only there when there is something."""

    bl_idname = "CLEARANCE_PT_alerts"
    bl_label = ""
    bl_space_type: Any = "VIEW_3D"
    bl_region_type: Any = "UI"
    bl_category = CATEGORY

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs alerts."""
        app = runtime.peek()
        if app is None:
            return False
        from ..views.alerts import has_anything

        return has_anything(app.session.state.alerts)

    def draw_header(self, _context: Any) -> None:
        """Draw how many there are."""
        app = runtime.peek()
        if app is not None:
            from ..views.alerts import view_title

            layout: Any = self.layout
            layout.label(text=view_title(app.session.state.alerts), translate=False)

    def draw(self, context: Any) -> None:
        """Draw the alerts."""
        app = runtime.peek()
        if app is not None:
            from ..drawing import alerts as draw_alerts

            draw_alerts.draw_alerts(self.layout, context, app)


class CLEARANCE_PT_export_check(Panel):
    """What the licenses say of an export, in its file dialog."""

    bl_idname = "CLEARANCE_PT_export_check"
    bl_label = "Licenses"
    bl_space_type: Any = "FILE_BROWSER"
    bl_region_type: Any = "TOOL_PROPS"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Needs the dialog of an export, and somebody who wants to know."""
        from ...alerting import dialogs

        return bool(dialogs.exporting(context.space_data)) and dialogs.is_wanted()

    def draw(self, context: Any) -> None:
        """Check the dialog as it stands, and say what was found."""
        from ...alerting import dialogs

        dialog = dialogs.look_at(context, context.space_data)
        # After the check, which has the app: what draws comes with it.
        from ..drawing import alerts as draw_alerts

        draw_alerts.draw_dialog(self.layout, context, dialog)


CLASSES = (CLEARANCE_PT_alerts, CLEARANCE_PT_export_check)
