# mypy: disable-error-code="valid-type"
"""The extension's preferences: who buys, where things are kept, the marketplaces' keys. Never a secret.

No ``from __future__ import annotations`` here: Blender reads the annotations as values.
"""

from typing import Any

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import AddonPreferences

from . import runtime


def _changed(_self: Any, _context: Any) -> None:
    runtime.settings_changed()


class CLEARANCE_AP_preferences(AddonPreferences):
    """Settings of this installation."""

    bl_idname = runtime.ROOT_PACKAGE

    user: StringProperty(
        name="Buyer",
        description="Your name, as it goes into orders and the audit. Empty: the system's user name",
        maxlen=120,
        update=_changed,
    )
    project: StringProperty(name="Project", description="Noted with every order", maxlen=120, update=_changed)
    client: StringProperty(name="Client", description="Noted with every order", maxlen=120, update=_changed)
    purchase_order: StringProperty(
        name="Purchase Order",
        description="Your own number, noted with every order",
        maxlen=60,
        update=_changed,
    )
    data_dir: StringProperty(
        name="Data Folder",
        description="Where licenses and downloads are kept. Empty: a folder of your system that removing "
        "the extension does not touch",
        subtype="DIR_PATH",
        update=_changed,
    )
    sandbox_url: StringProperty(
        name="Sandbox",
        description="Talk to practice marketplaces on this machine instead of the real ones",
        maxlen=200,
        update=_changed,
    )
    show_developer: BoolProperty(
        name="Developer", description="Settings for trying things out", default=False
    )

    def draw(self, context: Any) -> None:
        """Draw the settings."""
        from .ui import draw_accounts

        draw_accounts.draw_preferences(self, self.layout, context)


CLASSES = (CLEARANCE_AP_preferences,)


def preferences() -> Any:
    """Return this extension's preferences; None when Blender has none for it (a test, a bare import)."""
    stored: Any = bpy.context.preferences
    addon = stored.addons.get(runtime.ROOT_PACKAGE)
    return addon.preferences if addon is not None else None
