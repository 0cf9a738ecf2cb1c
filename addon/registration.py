"""The order in which the extension's parts are switched on, and off again, and how they are put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from . import (
    command_line,
    handlers,
    keys,
    ops,
    prefs,
    props,
    pump,
    runtime,
    settings_source,
    use_props,
)
from .exporting import usd_hook
from .ui.panels import alerts as alert_panels
from .ui.panels import finance as finance_panels
from .ui.panels import menus
from .ui.panels import requests as request_panels
from .ui.panels import seats as seat_panels
from .ui.panels import sidebar as panels

if TYPE_CHECKING:
    from .host import BlenderHost


def register() -> None:
    """Switch on; what fails half-way is taken back before the error goes on to Blender."""
    runtime.provide(
        runtime.Parts(
            make_host=_make_host,
            read_settings=settings_source.read_settings,
            read_use=use_props.read_use,
            note_marketplaces=prefs.note_marketplaces,
            wake=pump.wake,
        )
    )
    done = []
    try:
        for cls in _classes():
            bpy.utils.register_class(cls)
            done.append(cls)
        props.attach()
        handlers.register()
        pump.register()
        command_line.register()
        menus.register()
    except Exception:
        menus.unregister()
        pump.unregister()
        handlers.unregister()
        props.detach()
        for cls in reversed(done):
            bpy.utils.unregister_class(cls)
        raise


def unregister() -> None:
    """Switch off in the opposite order; the workers end within two seconds."""
    handlers.look_before_leaving()
    menus.unregister()
    keys.unregister()
    command_line.unregister()
    pump.unregister()
    handlers.unregister()
    if runtime.watching().stopped is not None:
        from .alerting import renders

        renders.put_back()
    runtime.close()
    props.detach()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)


def _make_host() -> BlenderHost:
    # Imported at first use: enabling the extension stays cheap.
    from .host import BlenderHost

    return BlenderHost()


def _classes() -> tuple[type, ...]:
    return (
        *props.CLASSES,
        *prefs.CLASSES,
        *ops.classes(),
        *alert_panels.CLASSES,
        *panels.CLASSES,
        *request_panels.CLASSES,
        *seat_panels.CLASSES,
        *finance_panels.CLASSES,
        *usd_hook.classes(),
    )
