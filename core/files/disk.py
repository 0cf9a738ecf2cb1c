"""Say in words what the disk would not do, and name files safely. Knows nothing of what the files are for."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import CancelledError, DownloadError

Progress = Callable[[int, int], None]
"""Called with bytes done and bytes expected (0 when not known)."""
Cancelled = Callable[[], bool]
"""Answers whether the user asked to stop."""

CHUNK = 1024 * 1024
_FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"}
)


def never_cancelled() -> bool:
    """Answer that nobody asked to stop."""
    return False


def ignore_progress(done: int, total: int) -> None:
    """Take a report of progress and do nothing with it."""


def stop_if(cancelled: Cancelled) -> None:
    """Raise CancelledError when the user asked to stop."""
    if cancelled():
        raise CancelledError("Stopped. Nothing was left half done.")


@contextmanager
def explain_disk_errors(doing: str) -> Iterator[None]:
    """Turn an OSError into a DownloadError that says what to do. ``doing`` completes "Could not …"."""
    try:
        yield
    except OSError as error:
        raise explain(error, doing) from error


def explain(error: OSError, doing: str) -> DownloadError:
    """Return the DownloadError for an OSError; its context holds the error number, never a path."""
    context = {"errno": error.errno, "reason": error.strerror or type(error).__name__}
    if error.errno in _FULL:
        return DownloadError(
            f"Could not {doing}: the disk is full. Free some space and try again.",
            code="download.disk_full",
            retryable=True,
            context=context,
        )
    if error.errno in _FORBIDDEN:
        return DownloadError(
            f"Could not {doing}: this user may not write there. Check the folder's permissions.",
            code="download.no_permission",
            context=context,
        )
    return DownloadError(
        f"Could not {doing}: {error.strerror or type(error).__name__}.", code="download.disk", context=context
    )


def hash_file(
    path: Path, *, cancelled: Cancelled = never_cancelled, progress: Progress = ignore_progress
) -> str:
    """Return the SHA-256 of a file in lower-case hex. Worker threads only."""
    digest = hashlib.sha256()
    total = path.stat().st_size
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            stop_if(cancelled)
            digest.update(chunk)
            done += len(chunk)
            progress(done, total)
    return digest.hexdigest()


def safe_name(name: str, *, fallback: str = "file", limit: int = 100) -> str:
    """Make one file name, usable on every system, of a name that somebody else chose.

    Keeps the ending, when it is short, and as many characters of the rest as ``limit`` allows.
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    text = _UNSAFE.sub("_", text).strip(". ")
    stem, dot, ending = text.rpartition(".")
    if not dot or len(ending) > 15:
        stem, dot, ending = text, "", ""
    stem = _cut(stem, limit - len((dot + ending).encode())).rstrip(". ")
    if not stem.strip("_ .") and not ending:
        return fallback
    if is_reserved(stem):
        stem = f"_{stem}"
    return f"{stem or fallback}{dot}{ending}"


def is_reserved(name: str) -> bool:
    """Say whether Windows takes a file name for a device, whatever its ending."""
    return name.split(".", 1)[0].rstrip(" ").casefold() in _RESERVED


def is_inside(path: Path, folder: Path) -> bool:
    """Say whether a path, with all links followed, lies within a folder."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _cut(text: str, size: int) -> str:
    return text.encode()[: max(size, 1)].decode("utf-8", "ignore")
