"""Keys that start a render ask Clearance first: our own items stand before Blender's and let the key go on.

Nothing of the user's keys is changed: the items are in the add-on's own keymap, one for each key that the
user has for rendering.
"""

from __future__ import annotations

from typing import Any

import bpy

KEYMAP = "Screen"
ASK = "clearance.before_render"
_MODIFIERS = ("ctrl", "shift", "alt", "oskey")

_items: list[tuple[Any, Any]] = []


def mirror() -> bool:
    """Put an item before each of the user's keys for rendering; False while there are no keys yet."""
    configurations: Any = getattr(bpy.context.window_manager, "keyconfigs", None)
    if configurations is None or configurations.addon is None or _items:
        return configurations is None or bool(_items)
    theirs = configurations.user.keymaps.get(KEYMAP)
    if theirs is None:
        return False
    keys = {
        (item.type, item.value, *(bool(getattr(item, name)) for name in _MODIFIERS))
        for item in theirs.keymap_items
        if item.idname == "render.render" and item.active and item.map_type == "KEYBOARD"
    }
    ours = configurations.addon.keymaps.new(name=KEYMAP, space_type="EMPTY")
    for kind, value, *held in sorted(keys):
        modifiers = dict(zip(_MODIFIERS, held, strict=True))
        _items.append((ours, ours.keymap_items.new(ASK, kind, value, **modifiers)))
    return True


def unregister() -> None:
    """Take the items away."""
    while _items:
        keymap, item = _items.pop()
        keymap.keymap_items.remove(item)
