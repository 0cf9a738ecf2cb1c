# SPDX-License-Identifier: GPL-3.0-or-later
"""Let Blender switch the extension on and off.

Nothing is imported here at module level: the same file is the root of the package `clearance` outside
Blender, and test runners import it where there is no bpy at all.
"""


def register() -> None:
    """Switch the add-on on."""
    from . import addon

    addon.register()


def unregister() -> None:
    """Switch the add-on off and leave nothing behind."""
    from . import addon

    addon.unregister()
