"""A file on its way: ``.part`` with the bytes, ``.json`` with what is known of them.

What is on disk after a crash is trusted only as far as it was synced, and is hashed again before more is
added to it. Every disk fault becomes a DownloadError that says what to do.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..errors import DownloadError, DownloadRefused
from .cancel import CancelToken
from .names import safe_name

SYNC_EVERY_BYTES = 8 * 1024**2
_READ_BYTES = 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the server has told about the file; ``validator`` is a strong ETag, a date, or empty."""

    validator: str = ""
    size: int | None = None


class PartialFile:
    """The part file of one download in its own folder. Not for two users at once: hold the lock."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._part = folder / f"{key}.part"
        self._facts = folder / f"{key}.json"
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self._synced = 0
        self.size = 0
        """Bytes that are there."""
        self.known = Known()

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes that are there."""
        return self._hash.hexdigest()

    @property
    def is_open(self) -> bool:
        """Say whether it can be written."""
        return self._file is not None

    def open(self, cancel: CancelToken | None) -> None:
        """Take up what an earlier attempt left, as far as it can be trusted; hash it."""
        with disk_errors(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            synced, self.known = self._read_facts()
            self._file = self._part.open("r+b" if self._part.exists() else "w+b")
            here = min(synced, os.fstat(self._file.fileno()).st_size)
            self._file.truncate(here)
            self._file.seek(0)
            while self.size < here:
                if cancel is not None:
                    cancel.check()
                piece = self._file.read(min(_READ_BYTES, here - self.size))
                if not piece:
                    break
                self._hash.update(piece)
                self.size += len(piece)
            self._synced = self.size

    def restart(self, known: Known) -> None:
        """Throw away what is there and note what the server says now."""
        with disk_errors(self._folder):
            file = self._open_file()
            self.known = known
            self.size = self._synced = 0
            self._hash = hashlib.sha256()
            # The note first: should we die in between, it promises nothing.
            self._write_facts()
            file.seek(0)
            file.truncate(0)

    def append(self, piece: bytes) -> None:
        """Add bytes."""
        with disk_errors(self._folder):
            self._open_file().write(piece)
        self._hash.update(piece)
        self.size += len(piece)
        if self.size - self._synced >= SYNC_EVERY_BYTES:
            self.sync()

    def sync(self) -> None:
        """Make sure that what is there survives a power cut."""
        with disk_errors(self._folder):
            file = self._open_file()
            file.flush()
            os.fsync(file.fileno())
            self._synced = self.size
            self._write_facts()

    def finish(self) -> Path:
        """Move the whole file to its final name, the hash; return the path."""
        self.sync()
        self.close()
        target = self._folder / self.sha256
        with disk_errors(self._folder):
            os.replace(self._part, target)  # noqa: PTH105 - atomic over an existing file on every system
            sync_folder(self._folder)
            self._facts.unlink(missing_ok=True)
        return target

    def quarantine(self, name: str) -> Path:
        """Move what is there aside, where nothing takes it for a good file; return the path."""
        self.sync()
        self.close()
        aside = self._folder / "quarantine"
        target = aside / f"{self.sha256[:16]}-{safe_name(name)}"
        with disk_errors(self._folder):
            aside.mkdir(exist_ok=True)
            os.replace(self._part, target)  # noqa: PTH105 - as above
            self._facts.unlink(missing_ok=True)
        return target

    def discard(self) -> None:
        """Delete what is there."""
        self.restart(Known())
        self.close()
        with disk_errors(self._folder):
            self._part.unlink(missing_ok=True)
            self._facts.unlink(missing_ok=True)

    def close(self) -> None:
        """Let go of the file; what has arrived stays for the next attempt."""
        if self._file is None:
            return
        file = self._file
        try:
            if self._synced != self.size:
                self.sync()
        finally:
            self._file = None
            with disk_errors(self._folder):
                file.close()

    def first_bytes(self, count: int) -> bytes:
        """Return the beginning of the file."""
        with disk_errors(self._folder):
            file = self._open_file()
            file.flush()
            file.seek(0)
            start = file.read(count)
            file.seek(0, os.SEEK_END)
            return start

    def _open_file(self) -> BinaryIO:
        if self._file is None:
            raise DownloadError("The download was closed already.", code="download.closed")
        return self._file

    def _read_facts(self) -> tuple[int, Known]:
        try:
            facts = json.loads(self._facts.read_text("utf-8"))
            synced, validator, size = facts["synced"], facts["validator"], facts["size"]
        except (FileNotFoundError, ValueError, KeyError, TypeError, RecursionError):
            return 0, Known()
        valid = isinstance(validator, str) and (size is None or (isinstance(size, int) and size >= 0))
        if not valid or not isinstance(synced, int) or synced < 0:
            return 0, Known()
        return synced, Known(validator=validator, size=size)

    def _write_facts(self) -> None:
        fresh = self._facts.with_suffix(".json.new")
        facts = {"synced": self._synced, "validator": self.known.validator, "size": self.known.size}
        fresh.write_text(json.dumps(facts), "utf-8")
        os.replace(fresh, self._facts)  # noqa: PTH105 - as above


@contextlib.contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn disk faults into a DownloadError that says what to do."""
    try:
        yield
    except OSError as error:
        number, words = error.errno, error.strerror or type(error).__name__
    else:
        return
    if number in {errno.ENOSPC, errno.EDQUOT}:
        code = "disk_full"
        message = "The disk is full. Free some space, then download again; it goes on where it stopped."
    elif number in {errno.EACCES, errno.EPERM, errno.EROFS}:
        code = "not_writable"
        message = f"The folder for downloads cannot be written ({words}). Check its permissions."
    else:
        code = "disk"
        message = f"The disk gave an error ({words}). Check it, then download again."
    raise DownloadError(message, code=f"download.{code}", context={"folder": folder.name, "errno": number})


def sync_folder(folder: Path) -> None:
    """Make a rename in this folder survive a power cut, where the system has a way to."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def refuse_file(part: PartialFile, name: str, message: str, *, code: str) -> DownloadRefused:
    """Put the file aside and return the error that says so."""
    size, sha256 = part.size, part.sha256
    aside = part.quarantine(name)
    return DownloadRefused(
        f"{message} It was put aside and is not used.",
        code=code,
        context={"quarantined": aside.name, "size": size, "sha256": sha256},
    )
