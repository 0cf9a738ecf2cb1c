"""Tar archives, gzip files, and Unity's packages (a gzip tar of ``<guid>/asset`` and ``<guid>/pathname``).

Read in one pass, each member judged before it is written; the caller removes the folder when one is refused.
"""

from __future__ import annotations

import gzip
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, cast

from .archive_job import MIB, Job
from .archive_names import refuse, show

_MAX_HEADER = 4 * MIB
_BROKEN = (tarfile.TarError, zlib.error, EOFError, gzip.BadGzipFile, ValueError, OverflowError)
_UNITY = re.compile(r"(?:\./)?([0-9a-f]{32})/(asset|pathname|asset\.meta|preview\.png|metaData)")
_MAX_PATHNAME = 4096


def unpack_tar(path: Path, job: Job, *, gzipped: bool) -> None:
    """Unpack a tar into the job's folder."""
    with _members(path, job, gzipped=gzipped) as archive:
        _write_all(archive, job)


def unpack_tar_stream(stream: IO[bytes], job: Job) -> None:
    """Unpack a tar that comes out of a pipe; it is read once, from beginning to end."""
    with _damage_explained(), _opened(stream, job) as archive:
        _write_all(archive, job)


def _write_all(archive: tarfile.TarFile, job: Job) -> None:
    for info in _checked(archive, job):
        target = job.names.take(info.name, is_folder=info.isdir())
        if target is None:
            continue
        if info.isdir():
            job.make_folder(target)
        else:
            job.write(target, _reader(archive, info), declared=info.size)


def unpack_gzip(path: Path, job: Job, *, name: str) -> None:
    """Unpack a single file that was packed with gzip, under a name without ``.gz``."""
    job.meter.add_members()
    target = job.names.take(name, is_folder=False)
    with gzip.open(path, "rb") as file, _damage_explained():
        job.write(target or PurePosixPath("file"), file.read)


def unpack_unity(path: Path, job: Job) -> None:
    """Unpack a Unity package into the tree of paths that it describes; metadata and previews are left out."""
    assets: dict[str, Path] = {}
    targets: dict[str, str] = {}
    store = PurePosixPath(".unity")
    with _members(path, job, gzipped=True) as archive:
        for info in _checked(archive, job):
            match = _UNITY.fullmatch(info.name)
            if info.isdir() or match is None:
                continue
            guid, part = match.groups()
            if part == "asset":
                if guid in assets:
                    raise refuse(f"the same name is in it twice ({show(info.name)}).")
                assets[guid] = job.write(store / guid, _reader(archive, info), declared=info.size)
            elif part == "pathname":
                text = _reader(archive, info)(_MAX_PATHNAME).decode("utf-8", "replace")
                targets[guid] = text.split("\n", 1)[0].strip("\r\x00")
    job.files.clear()
    for guid, file in assets.items():
        target = job.names.take(targets.get(guid, ""), is_folder=False)
        if target is not None:
            place = job.folder / target
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            job.files.append(file.rename(place))
    if assets:
        (job.folder / store).rmdir()


@contextmanager
def _members(path: Path, job: Job, *, gzipped: bool) -> Iterator[tarfile.TarFile]:
    with path.open("rb") as raw, _damage_explained():
        plain = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if gzipped else raw
        archive = _opened(plain, job)
        with archive:
            yield archive


def _opened(stream: IO[bytes], job: Job) -> tarfile.TarFile:
    bounded = cast("IO[bytes]", _Bounded(stream, job))
    return tarfile.open(fileobj=bounded, mode="r:", encoding="utf-8", errors="replace")


def _checked(archive: tarfile.TarFile, job: Job) -> Iterator[tarfile.TarInfo]:
    while (info := archive.next()) is not None:
        job.meter.add_members()
        if info.issym() or info.islnk():
            raise refuse(f"it holds a link ({show(info.name)}).", code="download.archive_link")
        if info.sparse is not None or not (info.isreg() or info.isdir()):
            raise refuse(f"it holds something that is neither file nor folder ({show(info.name)}).")
        if info.size < 0:
            raise refuse("it is damaged.", code="download.archive_damaged")
        job.meter.expect(info.size)
        yield info
        archive.members.clear()  # type: ignore[attr-defined] # remembers each; nothing here asks again


def _reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
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
        self._job.meter.stop_if_cancelled()
        if self._at > self._end:
            raise refuse("it unpacks to more than is allowed.", code="download.archive_bomb")
        return data

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
