"""Opens a feed's file as bytes: plain, gzip, or a zip with one file in it. Nothing is unpacked to disk.

What a packed file says of its size is not believed: reading ends at a bound, and a damaged end is an error,
never a short feed.
"""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from ..errors import CancelledError, UserInputError
from ..http.cancel import CancelToken
from .rows import broken

MAX_BYTES = 64 * 1024**3
"""A feed of a million products has about one of them."""
CHUNK = 256 * 1024
UNPACK = "Unpack it, and add the feed that is in it."
WORKBOOK = ("it is an Excel workbook", "Save it as CSV, and add that.")

OnProgress = Callable[[int, int], None]
"""Told bytes read of the file as it lies on disk, and its size."""


class FeedStream(io.RawIOBase):
    """Unpacked bytes of one feed file, counted; damage becomes the error that says which file it is."""

    def __init__(
        self,
        inner: IO[bytes],
        *,
        name: str,
        report: Callable[[], None],
        cancel: CancelToken | None,
        max_bytes: int,
    ) -> None:
        super().__init__()
        self._inner, self._name, self._report, self._cancel = inner, name, report, cancel
        self._left = max_bytes

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Read some bytes; raise UserInputError for a damaged or endless file, CancelledError on request."""
        if self._cancel is not None and self._cancel.cancelled:
            raise CancelledError("Stopped. The catalogue is as it was.")
        try:
            data = self._inner.read(len(buffer))
        except EOFError:
            raise broken(self._name, "it is cut off") from None
        except (zlib.error, gzip.BadGzipFile, zipfile.BadZipFile, NotImplementedError) as problem:
            raise broken(self._name, f"it is damaged ({problem})") from None
        self._left -= len(data)
        if self._left < 0:
            raise broken(self._name, f"it unpacks to more than {MAX_BYTES // 1024**3} GB")
        buffer[: len(data)] = data
        self._report()
        return len(data)


@contextmanager
def open_feed(
    path: Path,
    *,
    cancel: CancelToken | None = None,
    on_progress: OnProgress | None = None,
    max_bytes: int = MAX_BYTES,
) -> Iterator[io.BufferedReader]:
    """Open a feed file for reading; raise UserInputError when it cannot be opened or unpacked."""
    try:
        size = path.stat().st_size
        raw = path.open("rb")
    except OSError as problem:
        raise UserInputError(
            f"The feed {path.name} cannot be opened: {problem.strerror or problem}.", code="feeds.unreadable"
        ) from problem
    with raw:
        told = 0

        def report() -> None:
            nonlocal told
            at = raw.tell()
            if on_progress is not None and (at - told >= 1024**2 or at == size):
                told = at
                on_progress(at, size)

        head = raw.read(4)
        raw.seek(0)
        with _unpack(raw, head, path.name) as inner:
            stream = FeedStream(inner, name=path.name, report=report, cancel=cancel, max_bytes=max_bytes)
            yield io.BufferedReader(stream, CHUNK)


@contextmanager
def _unpack(raw: IO[bytes], head: bytes, name: str) -> Iterator[IO[bytes]]:
    if head.startswith(b"\x1f\x8b"):
        with gzip.GzipFile(fileobj=raw, mode="rb") as unpacked:
            yield cast(IO[bytes], unpacked)
    elif head.startswith(b"PK"):
        with _open_zip(raw, name) as member:
            yield member
    else:
        yield raw


@contextmanager
def _open_zip(raw: IO[bytes], name: str) -> Iterator[IO[bytes]]:
    try:
        archive = zipfile.ZipFile(raw)
    except (zipfile.BadZipFile, OSError, ValueError):
        raise broken(name, "it is no readable zip, or cut off") from None
    with archive:
        inside = [
            entry
            for entry in archive.infolist()
            if not entry.is_dir()
            and not entry.filename.startswith("__MACOSX/")
            and not entry.filename.rpartition("/")[2].startswith(".")
        ]
        if any(entry.filename == "[Content_Types].xml" for entry in inside):
            raise broken(name, WORKBOOK[0], what_to_do=WORKBOOK[1])
        if len(inside) != 1:
            raise broken(name, f"the zip holds {len(inside)} files, and a feed is one", what_to_do=UNPACK)
        if inside[0].flag_bits & 1:
            raise broken(name, "the zip is protected by a password", what_to_do=UNPACK)
        try:
            member = archive.open(inside[0])
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as problem:
            raise broken(name, f"the zip cannot be unpacked here ({problem})", what_to_do=UNPACK) from None
        with member:
            yield member
