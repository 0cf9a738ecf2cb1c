# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension without its libraries: it enables, says what is wrong, and harms nothing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

MODULE = "bl_ext.user_default.clearance"
SCRIPT = f"""
import importlib, json, sys
import bpy
import addon_utils
bpy.ops.wm.read_homefile(use_factory_startup=True)
repositories = bpy.context.preferences.extensions.repos
if not any(item.module == "user_default" for item in repositories):
    repositories.new(name="User Default", module="user_default", remote_url="", custom_directory="")
enabled = addon_utils.enable("{MODULE}", default_set=True) is not None
said = {{}}
for name in ("report_scene", "wait", "search"):
    try:
        said[name] = sorted(getattr(bpy.ops.clearance, name)())
    except RuntimeError as error:
        said[name] = str(error)
runtime = importlib.import_module("{MODULE}.addon.runtime")
bpy.ops.wm.save_as_mainfile(filepath=sys.argv[2])
addon_utils.disable("{MODULE}", default_set=True)
answer = {{"enabled": enabled, "said": said, "reason": runtime.unavailable_reason(),
          "gone": not hasattr(bpy.types, "CLEARANCE_PT_search")}}
open(sys.argv[1], "w").write(json.dumps(answer))
"""


def test_a_missing_library_is_one_sentence_and_no_traceback(bpy: Any, load: Any, tmp_path: Path) -> None:
    installed = Path(os.environ["BLENDER_USER_RESOURCES"], "extensions", "user_default", "clearance")
    bare = tmp_path / "bare"
    copy = bare / "extensions" / "user_default" / "clearance"
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("wheels", "__pycache__"))
    manifest = copy / "blender_manifest.toml"
    text = manifest.read_text(encoding="utf-8")
    bare_text = re.sub(r"^wheels = \[.*?^\]\n", "", text, flags=re.MULTILINE | re.DOTALL)
    assert bare_text != text
    manifest.write_text(bare_text, encoding="utf-8")
    script, answer = tmp_path / "script.py", tmp_path / "answer.json"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, answer, tmp_path / "saved.blend"],
        env={**os.environ, "BLENDER_USER_RESOURCES": str(bare)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.is_file(), done.stdout + done.stderr
    found = json.loads(answer.read_text(encoding="utf-8"))
    assert found["enabled"]
    assert found["gone"]
    assert "a part of it is missing" in found["said"]["report_scene"]
    assert "install it again" in found["said"]["wait"]
    assert "Traceback" not in done.stdout + done.stderr
