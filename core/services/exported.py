"""Files that exporters write, found afterwards by what lies in a folder.

For exports that Blender tells nobody of. What is found is only a circumstance: a file is new or another one,
and no rights file came with it. Whether it came from the open scene, nobody can know.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ..rights.sidecar import name_for

ENDINGS = frozenset({"fbx", "obj", "stl", "ply", "abc", "dae", "bvh"})
"""Formats in which Blender's own exporters write no license by themselves."""
MOST_FOLDERS = 16
"""How many folders are looked at."""


class Mark(NamedTuple):
    """What tells a file from the one that had its name before."""

    size: int
    modified_ns: int


Files = Mapping[str, Mark]
"""Names in one folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at some folders found."""

    files: Mapping[Path, Files]
    bare: tuple[Path, ...]
    """Of the files that were asked about: those that still have no rights file of their own."""


def look(folders: Iterable[Path], asked: Iterable[Path] = ()) -> Looked:
    """List the exported files of folders, and ask for rights files. Reads names and times only."""
    return Looked(
        files={folder: list_files(folder) for folder in folders},
        bare=tuple(path for path in asked if lacks_rights(path)),
    )


def list_files(folder: Path) -> dict[str, Mark]:
    """Return the files in a folder that an exporter may have written; none where it cannot be read."""
    found: dict[str, Mark] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if Path(entry.name).suffix.lower()[1:] in ENDINGS and entry.is_file():
                    info = entry.stat()
                    found[entry.name] = Mark(info.st_size, info.st_mtime_ns)
    except OSError:
        return found
    return found


def find_new(before: Files, now: Files) -> tuple[str, ...]:
    """Return the names of files that were not there before, or are others now."""
    return tuple(sorted(name for name, mark in now.items() if before.get(name) != mark))


def lacks_rights(path: Path) -> bool:
    """Say whether a file is there and has no rights file that is as new as it is."""
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        return False
    try:
        return path.with_name(name_for(path.name)).stat().st_mtime_ns < written
    except OSError:
        return True
