"""The order in which the extension's parts are switched on, and off again. No logic of its own."""

from __future__ import annotations

import bpy

from . import command_line, handlers, ops, prefs, props, pump, runtime
from .ui import panels


def register() -> None:
    """Switch on; what fails half-way is taken back before the error goes on to Blender."""
    done = []
    try:
        for cls in _classes():
            bpy.utils.register_class(cls)
            done.append(cls)
        props.attach()
        handlers.register()
        pump.register()
        command_line.register()
    except Exception:
        pump.unregister()
        handlers.unregister()
        props.detach()
        for cls in reversed(done):
            bpy.utils.unregister_class(cls)
        raise


def unregister() -> None:
    """Switch off in the opposite order; the workers end within two seconds."""
    command_line.unregister()
    pump.unregister()
    handlers.unregister()
    runtime.close()
    props.detach()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _classes() -> tuple[type, ...]:
    return (*props.CLASSES, *prefs.CLASSES, *ops.classes(), *panels.CLASSES)
