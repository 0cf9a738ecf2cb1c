# SPDX-License-Identifier: GPL-3.0-or-later
"""Enable the installed extension inside Blender and print its version; the first step of the demo's job.

Runs inside a Python that has bpy, started by `build.py demo`, with BLENDER_USER_RESOURCES and
CLEARANCE_DATA_DIR set. It writes `result.json` with `"ok": true` as its last act.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
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
    addon_utils.enable(MODULE, default_set=True)
    if MODULE not in sys.modules:
        print(f"{MODULE} could not be enabled")
        return 1
    manifest = Path(str(sys.modules[MODULE].__file__)).with_name("blender_manifest.toml")
    version = tomllib.loads(manifest.read_text(encoding="utf-8"))["version"]
    print(f"Clearance {version} in Blender {bpy.app.version_string}")
    (options.out / "result.json").write_text(json.dumps({"ok": True}), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
