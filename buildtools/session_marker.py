# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that writes how a session ended.

A Python with bpy may crash after the last test (4.2), or wait for ever in a destructor of Blender's own movie
code (4.5): the exit status of the process then says nothing, and the file written here does. It runs in every
environment, so it imports nothing but the standard library and pytest.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the session's own exit status to the file that the build asks for."""
    target = os.environ.get("CLEARANCE_SESSION_MARKER")
    if target:
        Path(target).write_text(json.dumps({"exit_status": int(exitstatus)}), encoding="utf-8")
