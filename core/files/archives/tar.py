"""Tar archives and gzip files, read in one pass, each member judged before it is written.

The caller removes the folder when one is refused.
"""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from .job import MIB, Job
from .names import refuse, show

_MAX_HEADER = 4 * MIB
_BROKEN = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, ValueError, OverflowError)


def unpack_tar(path: Path, job: Job, *, gzipped: bool) -> None:
    """Unpack a tar into the job's folder."""
    with open_members(path, job, gzipped=gzipped) as archive:
        _write_all(archive, job)


def unpack_tar_stream(stream: IO[bytes], job: Job) -> None:
    """Unpack a tar that comes out of a pipe; it is read once, from beginning to end."""
    with _damage_explained(), _opened(_Bounded(stream, job)) as archive:
        _write_all(archive, job)


def _write_all(archive: tarfile.TarFile, job: Job) -> None:
    for info in checked_members(archive):
        job.meter.add_members()
        job.meter.expect(info.size)
        target = job.names.take(info.name, is_folder=info.isdir())
        if target is None:
            continue
        if info.isdir():
            job.make_folder(target)
        else:
            job.write(target, member_reader(archive, info), declared=info.size)


def unpack_gzip(path: Path, job: Job, *, name: str) -> None:
    """Unpack a single file that was packed with gzip, under a name without ``.gz``."""
    job.meter.add_members()
    target = job.names.take(name, is_folder=False)
    with gzip.open(path, "rb") as file, _damage_explained():
        job.write(target or PurePosixPath("file"), file.read)


@contextmanager
def open_members(path: Path, job: Job, *, gzipped: bool) -> Iterator[tarfile.TarFile]:
    """Open a tar for one reading from beginning to end, bounded by the job's limits; explain damage."""
    with path.open("rb") as raw, _damage_explained():
        bounded = _Bounded(cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if gzipped else raw, job)
        with _opened(bounded) as archive:
            yield archive
        bounded.read_to_end()


def _opened(bounded: _Bounded) -> tarfile.TarFile:
    return tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r:", encoding="utf-8", errors="replace")


def checked_members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Return the members that are plain files and folders; raise DownloadRefused at anything else."""
    while (info := archive.next()) is not None:
        if info.issym() or info.islnk():
            raise refuse(f"it holds a link ({show(info.name)}).", code="download.archive_link")
        if info.sparse is not None or not (info.isreg() or info.isdir()):
            raise refuse(f"it holds something that is neither file nor folder ({show(info.name)}).")
        if info.size < 0:
            raise refuse("it is damaged.", code="download.archive_damaged")
        yield info
        archive.members.clear()  # type: ignore[attr-defined] # remembers each; nothing here asks again
    # tarfile takes the end of the file, half a header or one with a wrong sum for the end of the archive. All
    # writers end it with blocks of zeros (POSIX: two; so do Unity's Editor of any age, tar, and the exporters
    # that were looked at): where none stands, something is missing.
    source = archive.fileobj
    if isinstance(source, _Bounded) and not source.is_at_end_mark:
        raise refuse(
            "it is damaged or was cut off.", code="download.archive_damaged", reason="no end of the archive"
        )


def member_reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    """Return what reads a member's bytes, so many at most at a time."""
    source = archive.extractfile(info)
    if source is None:
        raise refuse(f"{show(info.name)} in it is damaged.", code="download.archive_damaged")
    return source.read


class _Bounded:
    """Stands between tarfile and a stream: only moves forward, counts what comes, refuses huge headers.

    tarfile looks back one byte at most, to see whether a member was whole.
    """

    def __init__(self, file: IO[bytes], job: Job) -> None:
        self._file = file
        self._job = job
        self._at = 0
        self._last = b""
        self._again = b""
        self.is_at_end_mark = False
        """The last thing that was read is a block of zeros, whole."""
        self._end = job.meter.allowed + job.meter.limits.members * 2048

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_HEADER:
            raise refuse("a header in it is too large.", code="download.archive_bomb")
        data = self._again[:size]
        self._again = self._again[size:]
        while len(data) < size and (piece := self._file.read(size - len(data))):
            data += piece
        self._at += len(data)
        self._last = data[-1:] or self._last
        self.is_at_end_mark = size == len(data) == tarfile.BLOCKSIZE and not any(data)
        self._job.meter.stop_if_cancelled()
        if self._at > self._end:
            raise refuse("it unpacks to more than is allowed.", code="download.archive_bomb")
        return data

    def read_to_end(self) -> None:
        """Read what is left, so that gzip compares its checksum; what was added behind it is no harm."""
        try:
            while self.read(MIB):
                continue
        except gzip.BadGzipFile as error:
            if not str(error).startswith("Not a gzipped file"):
                raise

    def seek(self, offset: int, whence: int = 0) -> int:
        target = offset if whence == 0 else self._at + offset
        if target == self._at - 1 and self._last and not self._again:
            self._at, self._again = target, self._last
        while self._at < target and self.read(min(target - self._at, MIB)):
            continue
        if self._at > target:
            raise tarfile.ReadError("a stream does not go back")
        return self._at

    def tell(self) -> int:
        return self._at

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


@contextmanager
def _damage_explained() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise refuse(
            "it is damaged or was cut off.", code="download.archive_damaged", reason=type(error).__name__
        ) from None
