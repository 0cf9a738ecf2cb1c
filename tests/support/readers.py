"""Readers of scene files for scans in several processes, which can only be sent by their names."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

from core.services.reporting.scan_reading import Reading, read_file


def die_elsewhere(path: str) -> Reading:
    """Read a file in the process of the test, and end any other, as a system does that is out of memory."""
    if multiprocessing.parent_process() is not None:
        os._exit(1)
    return read_file(path)


def note_process(path: str) -> Reading:
    """Read, and leave the reading process's number beside the file."""
    reading = read_file(path)
    Path(f"{path}.process").write_text(str(os.getpid()), encoding="utf-8")
    return reading
