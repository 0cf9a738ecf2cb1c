"""Find the .blend files below a folder and tell whether one changed since it was read. Reads no content.

Links to folders are not followed: a production's tree may lead back into itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ...errors import UserInputError

if TYPE_CHECKING:
    from ...model.scene import SceneScan


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMark:
    """What tells two states of a file apart. ``size`` in bytes; both numbers are -1 where there is none."""

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFiles:
    """What is below a folder. ``problems`` are places that could not be looked into: path and sentence.

    Paths are texts here, as in what is noted of them: there may be a hundred thousand.
    """

    paths: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


def find_blend_files(folder: Path, *, backups: bool = False) -> FoundFiles:
    """List the .blend files below a folder, sorted; with their ``.blend1`` backups only when asked.

    Raises UserInputError when there is no such folder.
    """
    root = os.path.abspath(folder)  # noqa: PTH100 - keeps links, as a scene's own path does
    if not os.path.isdir(root):  # noqa: PTH112
        raise UserInputError(f"There is no folder {folder}.", code="scan.no_folder")
    problems: list[tuple[str, str]] = []

    def note(error: OSError) -> None:
        place = os.fsencode(error.filename or root).decode("utf-8", "replace")
        problems.append((place, f"The folder cannot be looked into: {error.strerror or error}."))

    fitting: list[str] = []
    for base, _, names in os.walk(root, onerror=note):
        for name in names:
            if not _is_blend(name, backups=backups):
                continue
            path = os.path.join(base, name)  # noqa: PTH118
            if _is_text(path):
                fitting.append(path)
            else:
                shown = os.fsencode(path).decode("utf-8", "replace")
                problems.append((shown, "Its name is no Unicode text; rename it to have it read."))
    return FoundFiles(paths=tuple(sorted(fitting)), problems=tuple(sorted(problems)))


def mark_file(path: str) -> FileMark:
    """Return the present state of a file."""
    try:
        stat = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return FileMark(path=path, size=-1, mtime_ns=-1)
    return FileMark(path=path, size=stat.st_size, mtime_ns=stat.st_mtime_ns)


def library_paths(scan: SceneScan) -> tuple[str, ...]:
    """Return the library files that a scene's linked data-blocks come from."""
    shown = {block.library for block in scan.data_blocks if block.library}
    if not shown:
        return ()
    from .scene import absolute_text  # what finds the files needs nothing of what reads them

    folder = os.path.dirname(scan.scene)  # noqa: PTH120
    return tuple(sorted(absolute_text(text, folder) for text in shown))


def are_unchanged(marks: Iterable[FileMark]) -> bool:
    """Say whether every file still is in the state that was noted."""
    return all(mark_file(mark.path) == mark for mark in marks)


def _is_blend(name: str, *, backups: bool) -> bool:
    stem, _, ending = name.lower().rpartition(".")
    if not stem:
        return False
    number = ending.removeprefix("blend")
    return ending == "blend" or (backups and ending.startswith("blend") and number.isdigit())


def _is_text(name: str) -> bool:
    """Say whether the ledger and JSON can hold a path: file systems allow bytes that are no text."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
