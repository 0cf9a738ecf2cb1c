# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell whether a Blender profile has the extension enabled; run inside a Python that has bpy.

    python buildtools/blender_enabled.py ANSWER

A Blender with a window reads its preferences at the start; bpy as a module starts with factory settings, so
they are read here. That ends bpy 4.2 itself, where only enabling the installed extension by hand can be
tried.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils

MODULE = "bl_ext.user_default.clearance"


def main() -> int:
    """Write how the extension was found."""
    reads_preferences = bpy.app.version >= (4, 5, 0)
    if reads_preferences:
        bpy.ops.wm.read_userpref()
    else:
        addon_utils.enable(MODULE, default_set=True)
    preferences = bpy.context.preferences
    answer = {
        "from_preferences": reads_preferences,
        "listed": preferences is not None and MODULE in preferences.addons,
        "loaded": MODULE in sys.modules,
    }
    Path(sys.argv[1]).write_text(json.dumps(answer), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
