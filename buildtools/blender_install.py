# SPDX-License-Identifier: GPL-3.0-or-later
"""Install the extension's zip into a Blender profile; run inside a Python that has bpy.

    python buildtools/blender_install.py ZIP ANSWER

The profile is the one that BLENDER_USER_RESOURCES names. What happened is written to ANSWER as JSON,
because a Python with bpy may still crash while it exits.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import bpy

MODULE = "bl_ext.user_default.clearance"


def install(zip_path: Path) -> dict[str, object]:
    """Install and enable a zip, and save the preferences so that later processes find it enabled."""
    preferences = bpy.context.preferences
    if preferences is None:
        message = "this Blender has no preferences"
        raise RuntimeError(message)
    repositories = preferences.extensions.repos
    if not any(item.module == "user_default" for item in repositories):
        repositories.new(name="User Default", module="user_default", remote_url="", custom_directory="")
    result = bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), repo="user_default", enable_on_install=True
    )
    saved = bpy.ops.wm.save_userpref()
    return {
        "install": sorted(result),
        "saved": sorted(saved),
        "enabled": MODULE in preferences.addons,
        "blender": bpy.app.version_string,
    }


def main() -> int:
    """Do it and write what happened."""
    zip_path, answer_path = Path(sys.argv[1]), Path(sys.argv[2])
    answer = install(zip_path)
    answer_path.write_text(json.dumps(answer), encoding="utf-8")
    return 0 if answer["enabled"] else 1


if __name__ == "__main__":
    sys.exit(main())
