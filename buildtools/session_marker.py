# SPDX-License-Identifier: GPL-3.0-or-later
"""A pytest plugin that says how a session ended, and skips what needs files that are not here.

A Python with bpy may crash after the last test: the exit status then says nothing, and the file written
here does. It runs in every environment, so it may import nothing but pytest.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

SHARED_REASON = "needs_shared: the folder ../shared is not there"


def pytest_collection_modifyitems(config: pytest.Config, items: Sequence[pytest.Item]) -> None:
    """Skip the tests that read vendor files where there are none, with the one reason that is allowed."""
    if (config.rootpath.parent / "shared").is_dir():
        return
    for item in items:
        if item.get_closest_marker("needs_shared") is not None:
            item.add_marker(pytest.mark.skip(reason=SHARED_REASON))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the session's own exit status to the file that the build asks for."""
    target = os.environ.get("CLEARANCE_SESSION_MARKER")
    if target:
        Path(target).write_text(json.dumps({"exit_status": int(exitstatus)}), encoding="utf-8")
