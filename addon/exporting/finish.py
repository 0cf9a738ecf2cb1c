"""Rights files beside what Blender's own exporters wrote, begun on the main thread when an export is over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from .. import runtime

if TYPE_CHECKING:
    from .passing import SeenExport


def write_seen_exports() -> int:
    """Have rights files written beside what Blender's own exporters wrote; return how many were begun.

    While Blender still writes (in a thread of its own, with its interface locked), nothing is begun.
    """
    passing = runtime.passing()
    if not passing.has_seen():
        return 0
    manager: Any = bpy.context.window_manager
    if manager is not None and getattr(manager, "is_interface_locked", False):
        return 0
    newest: dict[Any, SeenExport] = {seen.path: seen for seen in passing.take()}
    for seen in newest.values():
        _write(seen)
    return len(newest)


def _write(seen: SeenExport) -> None:
    runtime.when_ready(lambda app: app.session.write_rights(seen.record, seen.path))
