"""One unpacking under way: its limits, the bytes really written, its folder. Knows no archive format.

What a header says is never believed: every byte is counted while it is written.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ...errors import DownloadError
from ..disk import CHUNK, Cancelled, Progress, stop_if
from .names import Names, refuse, show

GIB = 1024**3
MIB = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much an archive may be; sizes in bytes. Large scans and 8K texture sets fit, bombs do not."""

    members: int = 20_000
    """Files and folders that are written."""
    entries: int = 1_000_000
    """What an archive lists, where most of it is not written (Unity's packages)."""
    member_size: int = 16 * GIB
    total_size: int = 32 * GIB
    ratio: int = 200
    """How many times the archive's own size may come out of it, once that is more than ``ratio_from``."""
    ratio_from: int = 256 * MIB
    nesting: int = 2
    """How deep archives inside archives are unpacked; deeper ones are refused."""
    path_length: int = 400
    path_depth: int = 24
    reserve: int = 64 * MIB
    """What has to stay free on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file in an archive, before it is unpacked. ``size`` is what the archive says; -1: it says nothing."""

    raw_name: str
    size: int
    is_folder: bool = False


class Meter:
    """Counts members and bytes against the limits, over an archive and those inside it."""

    def __init__(self, limits: Limits, *, packed: int, progress: Progress, cancelled: Cancelled) -> None:
        self.limits = limits
        self._allowed = min(limits.total_size, max(limits.ratio_from, limits.ratio * packed))
        self._packed = packed
        self._progress = progress
        self._cancelled = cancelled
        self._expected = 0
        self._members = 0
        self.written = 0

    def expect(self, size: int) -> None:
        """Check what an archive says it will unpack to, and use it for progress."""
        self._expected += max(size, 0)
        self._check(self.written + max(size, 0))

    def add_members(self, count: int = 1) -> None:
        """Count files and folders."""
        self._members += count
        if self._members > self.limits.members:
            raise refuse(
                f"it holds more than {self.limits.members:,} files.",
                code="download.archive_bomb",
                limit=self.limits.members,
            )

    def add_bytes(self, count: int, *, member: int, name: str) -> None:
        """Count bytes written; ``member`` is the size of this file so far."""
        stop_if(self._cancelled)
        if member > self.limits.member_size:
            raise refuse(
                f"{show(name)} in it is larger than {self.limits.member_size // MIB:,} MB.",
                code="download.archive_bomb",
                limit=self.limits.member_size,
            )
        self.written += count
        self._check(self.written)
        self._progress(self.written, max(self._expected, self.written))

    def stop_if_cancelled(self) -> None:
        """Raise CancelledError when the user asked to stop."""
        stop_if(self._cancelled)

    @property
    def allowed(self) -> int:
        """Return how many bytes may come out altogether."""
        return self._allowed

    def _check(self, size: int) -> None:
        if size > self._allowed:
            raise refuse(
                f"it would unpack to more than {self._allowed // MIB:,} MB.",
                code="download.archive_bomb",
                packed=self._packed,
                limit=self._allowed,
            )


class Job:
    """Writes the members of one archive into one fresh folder."""

    def __init__(self, folder: Path, meter: Meter) -> None:
        self.folder = folder
        self.meter = meter
        self.names = Names(max_path=meter.limits.path_length, max_depth=meter.limits.path_depth)
        self.files: list[Path] = []

    def plan(self, members: list[Member]) -> list[PurePosixPath | None]:
        """Check a whole listing before anything is written; return our own path for each (None: the root)."""
        self.meter.add_members(len(members))
        self.meter.expect(sum(max(member.size, 0) for member in members))
        for member in members:
            if member.size > self.meter.limits.member_size:
                self.meter.add_bytes(0, member=member.size, name=member.raw_name)
        return [self.names.take(member.raw_name, is_folder=member.is_folder) for member in members]

    def check_space(self, size: int) -> None:
        """Raise DownloadError when the disk cannot take so many bytes more."""
        free = shutil.disk_usage(self.folder).free
        if size + self.meter.limits.reserve > free:
            raise DownloadError(
                f"Could not unpack: it needs {size / MIB:,.0f} MB and {free / MIB:,.0f} MB are free.",
                code="download.disk_full",
                retryable=True,
                context={"needed": size, "free": free},
            )

    def make_folder(self, relative: PurePosixPath) -> None:
        """Make a folder of the archive."""
        (self.folder / relative).mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, relative: PurePosixPath, read: Callable[[int], bytes], *, declared: int = -1) -> Path:
        """Write one file from a reader, counting; refuse one that is longer than declared (-1: not told)."""
        target = self.folder / relative
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        size = 0
        with target.open("xb") as file:
            while chunk := read(CHUNK):
                size += len(chunk)
                if 0 <= declared < size:
                    raise refuse(f"{show(str(relative))} is longer than the archive says.")
                self.meter.add_bytes(len(chunk), member=size, name=str(relative))
                file.write(chunk)
        if size < declared:
            raise refuse(f"{show(str(relative))} is shorter than the archive says: it is damaged.")
        self.files.append(target)
        return target
