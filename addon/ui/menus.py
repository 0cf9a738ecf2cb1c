"""Our lines in Blender's own menus: File › Export and File › Import."""

from __future__ import annotations

from typing import Any

import bpy


def register() -> None:
    """Add the lines."""
    for name, draw in _LINES:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Take them away."""
    for name, draw in _LINES:
        getattr(bpy.types, name).remove(draw)


def _draw_export(self: Any, _context: Any) -> None:
    self.layout.operator("clearance.export_with_licenses", text="With Licenses (any format)")


def _draw_import(self: Any, _context: Any) -> None:
    self.layout.operator("clearance.import_with_licenses", text="With Licenses (any format)")


_LINES = (("TOPBAR_MT_file_export", _draw_export), ("TOPBAR_MT_file_import", _draw_import))
