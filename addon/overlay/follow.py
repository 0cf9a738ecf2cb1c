"""Switch the overlay on and off, read the scene for it in the timer's steps, and follow what is moved.

Everything that is added to Blender is taken away by :func:`switch_off`: at the switch, when a file is loaded,
when the report is gone, and when drawing failed; and by :meth:`~.state.Overlay.release` when the extension is
disabled.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import bpy

from .. import runtime
from . import collect, draw
from .state import Overlay

if TYPE_CHECKING:
    from ...core.app import App

log = logging.getLogger(__name__)


def switch_on() -> None:
    """Draw the overlay as soon as the scene has been read for it."""
    overlay = runtime.overlay()
    if overlay.wanted:
        return
    overlay.wanted, overlay.problem, overlay.failed, overlay.is_stale = True, "", "", True
    view: Any = bpy.types.SpaceView3D
    for callback, when in ((draw.draw_boxes, "POST_VIEW"), (draw.draw_labels, "POST_PIXEL")):
        handle = view.draw_handler_add(callback, (), "WINDOW", when)
        overlay.handles.append(lambda handle=handle: view.draw_handler_remove(handle, "WINDOW"))  # type: ignore[misc]
    for name, handler in _HANDLERS:
        handlers = getattr(bpy.app.handlers, name)
        handlers.append(handler)
        overlay.handles.append(lambda handlers=handlers, handler=handler: _remove(handlers, handler))  # type: ignore[misc]


def switch_off(why: str = "") -> None:
    """Take everything away; with a sentence if it was not the user who switched it off."""
    overlay = runtime.overlay()
    overlay.release()
    overlay.problem = why
    redraw()


def step(app: App | None, *, until: float | None) -> bool:
    """Read a little of the scene for the overlay; return whether there is more. Never raises."""
    overlay = runtime.overlay()
    if overlay.failed:
        switch_off(overlay.failed)
        return False
    try:
        return _step(overlay, app, until)
    except Exception as error:
        log.exception("Clearance could not read the scene for its overlay")
        switch_off(
            f"The license overlay was switched off: the scene could not be read ({type(error).__name__}). "
            "Please report it."
        )
        return False


def redraw() -> None:
    """Have every viewport drawn again."""
    manager: Any = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()


def _step(overlay: Overlay, app: App | None, until: float | None) -> bool:
    from ...core.session.state import Phase

    report = app.session.state.report if app is not None else None
    if report is None or app is None:
        if app is None or app.session.state.report_phase is not Phase.BUSY:
            switch_off()
        return False
    if overlay.reading is None:
        if overlay.report is not report:
            overlay.reading = _read_all(overlay, report)
        elif overlay.is_stale:
            overlay.is_stale = False
            overlay.reading = _read_again(overlay, report)
        elif overlay.moved:
            overlay.reading = _read_moved(overlay)
        else:
            return False
    for _ in overlay.reading:
        if until is not None and time.perf_counter() >= until:
            return True
    overlay.reading = None
    redraw()
    return overlay.is_stale or bool(overlay.moved)


def _read_all(overlay: Overlay, report: Any) -> Iterator[None]:
    overlay.is_stale = False
    yield from collect.read_tags(overlay, report)
    yield from _read_view(overlay, report)


def _read_again(overlay: Overlay, report: Any) -> Iterator[None]:
    """Read the view where it really changed: selecting something looks like hiding something."""
    if (yield from collect.has_other_view(overlay)):
        yield from _read_view(overlay, report)


def _read_view(overlay: Overlay, report: Any) -> Iterator[None]:
    overlay.moved.clear()
    yield from collect.read_scene(overlay, report)
    shown = overlay.shown
    if shown is not None and not bpy.app.background:
        shown.batches = [None] * len(shown.boxes.groups)
        for number in range(len(shown.boxes.groups)):
            shown.batches[number] = draw.make_batches(shown.boxes, number)
            yield


def _read_moved(overlay: Overlay) -> Iterator[None]:
    """Take over where those objects are now that were moved, and nothing else."""
    shown = overlay.shown
    changed: set[int] = set()
    while overlay.moved and shown is not None:
        uid, name = overlay.moved.popitem()
        if uid not in shown.boxes.index:
            continue
        objects: Any = bpy.data.objects
        item = objects.get(name)
        if item is None or item.session_uid != uid:
            overlay.is_stale = True
            continue
        changed.add(shown.boxes.replace(collect.read_box(item)))
        if len(overlay.moved) % 16 == 0:
            yield
    if shown is None:
        overlay.moved.clear()
        return
    for number in sorted(changed):
        if not bpy.app.background:
            shown.batches[number] = draw.make_batches(shown.boxes, number)
        yield
    shown.revision += bool(changed)


def _on_update(_scene: Any = None, depsgraph: Any = None, *_: Any) -> None:
    """Note what was moved, and that something else happened; the timer does the rest."""
    overlay = runtime.overlay()
    if not overlay.wanted or depsgraph is None:
        return
    try:
        before = overlay.is_stale, len(overlay.moved)
        for update in depsgraph.updates:
            block = update.id
            if isinstance(block, bpy.types.Object):
                if update.is_updated_transform or update.is_updated_geometry:
                    item: Any = block.original
                    overlay.moved[item.session_uid] = collect.name_of(item)
            elif isinstance(block, bpy.types.Scene | bpy.types.Collection):
                overlay.is_stale = True
        if before != (overlay.is_stale, len(overlay.moved)):
            _hurry()
    except Exception as error:
        log.exception("Clearance could not follow a change of the scene")
        overlay.failed = (
            f"The license overlay was switched off: a change could not be followed ({type(error).__name__}). "
            "Please report it."
        )


def _on_undo(*_: Any) -> None:
    """Read the view anew: anything may be another one now."""
    overlay = runtime.overlay()
    overlay.is_stale = True
    if overlay.shown is not None:
        overlay.shown.in_view = frozenset()
    _hurry()


def _hurry() -> None:
    if not bpy.app.background:
        runtime.parts().wake()


def _remove(handlers: list[Any], handler: Callable[..., None]) -> None:
    if handler in handlers:
        handlers.remove(handler)


_HANDLERS: tuple[tuple[str, Callable[..., None]], ...] = (
    ("depsgraph_update_post", _on_update),
    ("frame_change_post", _on_update),
    ("undo_post", _on_undo),
    ("redo_post", _on_undo),
)
