"""Shows a file that was written here in the program that this computer has for it."""

from __future__ import annotations

import logging
from pathlib import Path

import bpy

log = logging.getLogger(__name__)


def open_file(path: Path) -> None:
    """Open a page in the browser, a table in the office program. Where nobody looks, nothing happens."""
    if bpy.app.background:
        return
    try:
        bpy.ops.wm.path_open(filepath=str(path))
    except (RuntimeError, OSError) as error:  # no program for it: the panel says where the file is
        log.info("%s could not be opened: %s", path.name, error)
