"""Our lines in Blender's own menus: File, Render, a collection's exporters, the viewport's overlays."""

from __future__ import annotations

from typing import Any

import bpy

from ... import runtime


def register() -> None:
    """Add the lines."""
    for name, draw in _LINES:
        getattr(bpy.types, name).append(draw)
    for name, first in _FIRST_LINES:
        if hasattr(bpy.types, name):
            getattr(bpy.types, name).prepend(first)


def unregister() -> None:
    """Take them away."""
    for name, line in (*_LINES, *_FIRST_LINES):
        if hasattr(bpy.types, name):
            getattr(bpy.types, name).remove(line)


def _draw_export(self: Any, _context: Any) -> None:
    self.layout.operator("clearance.export_with_licenses", text="With Licenses (any format)")


def _draw_import(self: Any, _context: Any) -> None:
    self.layout.operator("clearance.import_with_licenses", text="With Licenses (any format)")


def _draw_overlay(self: Any, context: Any) -> None:
    app = runtime.peek()
    row = self.layout.row()
    row.active = context.space_data.overlay.show_overlays
    row.enabled = app is not None and app.session.state.report is not None
    row.prop(context.window_manager, "clearance_overlay")


def _warn_of_export(self: Any, context: Any) -> None:
    if _looks_ahead():
        from ..drawing import alerts as draw_alerts

        draw_alerts.draw_export_menu(self, context)


def _warn_of_render(self: Any, context: Any) -> None:
    if _looks_ahead():
        from ..drawing import alerts as draw_alerts

        draw_alerts.draw_render_menu(self, context)


def _warn_of_collections(self: Any, context: Any) -> None:
    if runtime.watching().export is not None and context.view_layer.has_export_collections:
        from ..drawing import alerts as draw_alerts

        draw_alerts.draw_export_menu(self, context)


def _warn_of_exporters(self: Any, context: Any) -> None:
    if runtime.watching().export is not None:
        from ..drawing import alerts as draw_alerts

        draw_alerts.draw_exporters(self, context)


def _looks_ahead() -> bool:
    """Find the answer for the scene as it is now, where things are stopped; say whether there is one."""
    if bpy.app.background or runtime.peek() is None:
        return False
    from ...alerting import look

    look.scene_changed()
    watching = runtime.watching()
    return watching.export is not None or watching.render is not None


_LINES = (
    ("TOPBAR_MT_file_export", _draw_export),
    ("TOPBAR_MT_file_import", _draw_import),
    ("VIEW3D_PT_overlay", _draw_overlay),
)
_FIRST_LINES = (
    ("TOPBAR_MT_file", _warn_of_collections),
    ("TOPBAR_MT_file_export", _warn_of_export),
    ("TOPBAR_MT_render", _warn_of_render),
    ("COLLECTION_PT_exporters", _warn_of_exporters),
)
