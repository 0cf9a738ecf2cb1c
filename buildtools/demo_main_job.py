# SPDX-License-Identifier: GPL-3.0-or-later
"""Enable the installed extension inside Blender and print its version; the first step of the demo's job.

Runs inside a Python that has bpy, started by `build.py demo`, with BLENDER_USER_RESOURCES and
CLEARANCE_DATA_DIR set. It writes `result.json` with `"ok": true` as its last act.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import bpy

# Found only once bpy is imported.
# isort: split
import addon_utils

MODULE = "bl_ext.user_default.clearance"


def main() -> int:
    """Enable, print, write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sandbox-url", required=True)
    parser.add_argument("--credentials", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    module = addon_utils.enable(MODULE, default_set=True)
    if module is None:
        print(f"{MODULE} could not be enabled")
        return 1
    version = addon_utils.module_bl_info(module)["version"]
    print(f"Clearance {'.'.join(str(part) for part in version)} in Blender {bpy.app.version_string}")
    (options.out / "result.json").write_text(json.dumps({"ok": True}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
