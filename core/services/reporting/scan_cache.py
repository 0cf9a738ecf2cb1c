"""What earlier scans noted of files, so that the next one reads only what changed since.

A small JSON file in the data folder. It is a convenience: when it is missing or damaged, all is read again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...files.blend.scan import FileMark
from ...model.file_summary import FileSummary

READER_VERSION = 6
"""Grows whenever a file would be read differently: what an earlier version noted is then not believed."""
Noted = tuple[FileSummary, tuple[FileMark, ...]]
"""What is in a file, and the states of all files that this was read from."""


def load_cache(path: Path) -> dict[str, Noted]:
    """Read what earlier scans noted; nothing when it is missing, damaged or of another version."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["version"] != READER_VERSION:
            return {}
        return {name: (_read_summary(name, one), _read_marks(one)) for name, one in data["files"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def save_cache(path: Path, cache: Mapping[str, Noted]) -> None:
    """Write the notes whole or not at all; a disk that does not take them only makes the next scan slower."""
    # By hand: the general way of the standard library takes as long as reading fifty files.
    files = {
        name: {
            "grants": summary.grants,
            "face_numbers": summary.face_numbers,
            "undeclared": summary.undeclared,
            "unreadable_stamps": summary.unreadable_stamps,
            "doubtful": summary.doubtful,
            "marks": [(mark.path, mark.size, mark.mtime_ns) for mark in marks],
        }
        for name, (summary, marks) in cache.items()
    }
    text = json.dumps({"version": READER_VERSION, "files": files}, separators=(",", ":"))
    import tempfile  # only where something was read

    temporary = ""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        number, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


def _read_summary(path: str, data: dict[str, Any]) -> FileSummary:
    return FileSummary(
        path=path,
        grants=tuple((str(name), int(number)) for name, number in data["grants"]),
        face_numbers=tuple(int(number) for number in data["face_numbers"]),
        undeclared=int(data["undeclared"]),
        unreadable_stamps=int(data["unreadable_stamps"]),
        doubtful=int(data["doubtful"]),
    )


def _read_marks(data: dict[str, Any]) -> tuple[FileMark, ...]:
    return tuple(
        FileMark(path=str(path), size=int(size), mtime_ns=int(mtime)) for path, size, mtime in data["marks"]
    )
