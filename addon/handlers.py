"""What happens by itself: on load, on save, and when something is appended. Never raises into Blender."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import runtime

Handler = Callable[..., None]
stay: Callable[[Handler], Handler] = persistent
"""Marks a handler that loading a file does not remove."""
log = logging.getLogger(__name__)


def register() -> None:
    """Add the handlers; those that this Blender does not have are left out."""
    for name, handler in _HANDLERS:
        handlers = getattr(bpy.app.handlers, name, None)
        if handlers is not None and handler not in handlers:
            handlers.append(handler)


def unregister() -> None:
    """Take the handlers away."""
    for name, handler in _HANDLERS:
        handlers = getattr(bpy.app.handlers, name, None)
        if handlers is not None and handler in handlers:
            handlers.remove(handler)


@stay
def on_load_begins(*_: Any) -> None:
    """Leave the file that is closed as it was, and take the overlay away that was about it."""
    _quietly(_put_back_render)
    _quietly(_end_overlay)


@stay
def on_load(*_: Any) -> None:
    """Take over a file that was opened: its stamps into its register, its intended use into the session."""
    _quietly(_keep_up)
    _quietly(_take_over_scene)
    _quietly(_look_at_loaded)
    _quietly(_look_at_folder)


@stay
def on_save(*_: Any) -> None:
    """Complete what a file notes before it is written: no stamp may vanish in silence later."""
    _quietly(_put_back_render)
    _quietly(_keep_up)
    _quietly(_look_before_save)


@stay
def on_saved(*_: Any) -> None:
    """Note in the ledger which licenses a file uses that was written."""
    _quietly(_record_usages)
    _quietly(_look_for_exports)


@stay
def on_blend_import(context: Any, *_: Any) -> None:
    """Something was appended or linked, by whatever means (4.3 and later)."""
    _quietly(lambda: _register_imported(context))
    _quietly(_scene_changed)


@stay
def on_render_init(scene: Any, *_: Any) -> None:
    """Ask whether a render that begins may go on; in a window this is the render's own thread."""
    _quietly(lambda: _begin_render(scene))


@stay
def on_render_end(*_: Any) -> None:
    """Put back what was changed to stop a render."""
    _quietly(_end_render)


def look_before_leaving() -> None:
    """Look for exported files when Blender ends: a script without a window never lets the timer run."""
    _quietly(_look_for_exports)


def _keep_up() -> None:
    from . import provenance

    provenance.keep_up()


def _register_imported(context: Any) -> None:
    from . import provenance

    provenance.register_imported(context.import_items)


def _take_over_scene() -> None:
    from .use_props import read_use

    app = runtime.peek()
    if app is None or bpy.context.scene is None:
        return
    runtime.forget_report()
    app.session.set_use(read_use(bpy.context.scene))


def _look_at_loaded() -> None:
    from .alerting import look

    look.on_load()


def _look_at_folder() -> None:
    from ..core.stamp_format import REGISTER_PROPERTY

    scenes: Any = bpy.data.scenes
    if any(REGISTER_PROPERTY in scene for scene in scenes):
        from .alerting import written

        written.begin()


def _look_for_exports() -> None:
    from . import pump

    pump.look_for_exports()


def _look_before_save() -> None:
    from .alerting import look

    look.on_save()


def _scene_changed() -> None:
    from .alerting import look

    look.scene_changed()


def _begin_render(scene: Any) -> None:
    from .alerting import renders

    renders.begin(scene)


def _end_render() -> None:
    from .alerting import renders

    renders.end()


def _put_back_render() -> None:
    from .alerting import renders

    renders.put_back()


def _end_overlay() -> None:
    if runtime.overlay().wanted:
        from .overlay import follow

        follow.switch_off()


def _record_usages() -> None:
    from . import stamp_io

    app = runtime.peek()
    if app is None and (bpy.app.background or not stamp_io.find_stamps()):
        return
    # What was read before the save is what was written; only the file's name may be new.
    before, runtime.watching().saving = runtime.watching().saving, None
    scan = runtime.host().scan() if before is None else replace(before, scene=bpy.data.filepath)
    runtime.when_ready(lambda ready: ready.session.record_usages(scan))


def _quietly(step: Callable[[], object]) -> None:
    """Log what goes wrong: a handler that raises would look like a fault of the user's file."""
    try:
        step()
    except Exception:
        log.exception("Clearance could not follow a change of the file")


_HANDLERS: tuple[tuple[str, Handler], ...] = (
    ("load_pre", on_load_begins),
    ("load_post", on_load),
    ("save_pre", on_save),
    ("save_post", on_saved),
    ("blend_import_post", on_blend_import),
    ("render_init", on_render_init),
    ("render_complete", on_render_end),
    ("render_cancel", on_render_end),
)
