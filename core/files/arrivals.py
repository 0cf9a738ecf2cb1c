"""Which files in a folder are whole downloads, and which are still on their way. Looks, opens nothing.

Browsers write beside the final name, or under it with an ending of their own; and a file that changed only
seconds ago may still grow.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

PARTIAL_ENDINGS = (".part", ".crdownload", ".download", ".opdownload", ".partial", ".tmp", ".aria2", ".!ut")
"""Firefox, Chrome and Edge, Safari, Opera, old Edge, many, aria2 (a note beside the file), µTorrent."""
SETTLE_S = 3.0
"""A file that changed less than so many seconds ago is taken for one that is still being written."""
MAX_ENTRIES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What the disk says of a file. ``size`` in bytes."""

    path: Path
    size: int
    modified_at: datetime

    def is_unchanged(self) -> bool:
        """Say whether the file still is as it was."""
        try:
            now = self.path.lstat()
        except OSError:
            return False
        return now.st_size == self.size and _time(now) == self.modified_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What lies in a folder: whole files, newest first, and the names of those that are still coming."""

    whole: tuple[FileFacts, ...] = ()
    arriving: tuple[str, ...] = ()
    is_cut: bool = False
    """There were more entries than are looked at."""


def file_facts(path: Path) -> FileFacts | None:
    """Return a plain file's facts; None for a link, a folder, or what is not there."""
    try:
        found = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(found.st_mode):
        return None
    return FileFacts(path=path, size=found.st_size, modified_at=_time(found))


def list_arrivals(folder: Path, *, now: datetime, settle_s: float = SETTLE_S) -> Arrivals:
    """List a folder, not those below it. Raises OSError when it cannot be listed."""
    names: set[str] = set()
    plain: list[FileFacts] = []
    is_cut = False
    with os.scandir(folder) as entries:
        for entry in entries:
            if len(names) >= MAX_ENTRIES:
                is_cut = True
                break
            names.add(entry.name)
            facts = file_facts(Path(entry.path))
            if facts is not None and not entry.name.startswith("."):
                plain.append(facts)
    partial = {final for name in names for final in _finals(name)}
    whole, arriving = [], {name for name in names if _is_partial(name)}
    for facts in plain:
        name = facts.path.name
        if _is_partial(name):
            continue
        age_s = (now - facts.modified_at).total_seconds()
        if name in partial or facts.size == 0 or 0 <= age_s < settle_s:
            arriving.add(name)
        else:
            whole.append(facts)
    whole.sort(key=lambda one: (-one.modified_at.timestamp(), one.path.name))
    return Arrivals(whole=tuple(whole), arriving=tuple(sorted(arriving)), is_cut=is_cut)


def walk_files(root: Path, *, ending: str, depth: int, problems: list[str]) -> Iterator[FileFacts]:
    """Find the files with an ending in a folder and those below it, links not followed, hidden ones left out.

    What cannot be listed is added to ``problems`` as a sentence.
    """
    waiting = [(root, 0)]
    seen = 0
    while waiting:
        folder, level = waiting.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            problems.append(f"{folder} cannot be read: {error.strerror or type(error).__name__}.")
            continue
        for entry in entries:
            seen += 1
            if seen > MAX_ENTRIES:
                problems.append(f"{root} has more than {MAX_ENTRIES:,} entries; the rest was not looked at.")
                return
            if entry.name.startswith("."):
                continue
            with suppress(OSError):
                if entry.is_dir(follow_symlinks=False) and level < depth:
                    waiting.append((Path(entry.path), level + 1))
            if entry.name.lower().endswith(ending) and (facts := file_facts(Path(entry.path))) is not None:
                yield facts


def _is_partial(name: str) -> bool:
    return name.lower().endswith(PARTIAL_ENDINGS)


def _finals(name: str) -> tuple[str, ...]:
    """Return the names a partial file may get: ``a.zip.part`` and ``a.Xy12.zip.part`` become ``a.zip``."""
    lower = name.lower()
    ending = next((one for one in PARTIAL_ENDINGS if lower.endswith(one)), "")
    if not ending:
        return ()
    final = name[: -len(ending)]
    stem, _, last = final.rpartition(".")
    first, dot, _mark = stem.rpartition(".")
    return (final, f"{first}.{last}") if dot else (final,)


def _time(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, tz=UTC)
