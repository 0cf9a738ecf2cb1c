"""Judge the names inside an archive and give the files our own names. Pure: touches no disk.

What is refused and why: absolute and ``..`` paths, drive letters (they leave the folder); ``:`` (NTFS
streams); names that Windows takes for devices; control characters; two names that are one file on some
file system (case, Unicode form, a file that is also a folder).
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from ...errors import DownloadRefused
from ..disk import is_reserved

COLLISION = "collision"
"""In the context of the refusal of two names that are one file on some file system."""
MAX_PART_BYTES = 200
"""Room is left below the 255 bytes of common file systems."""
_REPLACED = re.compile(r'[<>"|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')
"""What Windows forbids in names, and marks that turn text around (``txt.exe`` shown as ``exe.txt``)."""
_DRIVE = re.compile(r"^[A-Za-z]:")


def refuse(message: str, *, code: str = "download.archive_refused", **context: str | int) -> DownloadRefused:
    """Return the error for an archive that is not unpacked."""
    return DownloadRefused(f"The archive was refused: {message}", code=code, context=context)


def show(name: str) -> str:
    """Quote a hostile name for a message: no control characters, at most 80 characters."""
    clean = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in name[:80])
    return f"“{clean}”"


class Names:
    """The names of one archive (and of those inside it): checks each and remembers it."""

    def __init__(self, *, max_path: int, max_depth: int) -> None:
        self._max_path = max_path
        self._max_depth = max_depth
        self._spelled: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._files: set[tuple[str, ...]] = set()
        self._folders: set[tuple[str, ...]] = set()

    def take(self, raw: str, *, is_folder: bool) -> PurePosixPath | None:
        """Return our own relative path for a member; None for the archive's root itself.

        Raises DownloadRefused for a name that is not safe or that was there before.
        """
        parts = self._split(raw)
        if not parts and is_folder:
            return None
        own = self._own_parts(raw, parts)
        self._remember(raw, own, is_folder=is_folder)
        return PurePosixPath(*own)

    def judge(self, raw: str) -> PurePosixPath:
        """Return our own relative path for a file that is not going to be written.

        Raises DownloadRefused for a name that is not safe.
        """
        return PurePosixPath(*self._own_parts(raw, self._split(raw)))

    @staticmethod
    def _own_parts(raw: str, parts: tuple[str, ...]) -> tuple[str, ...]:
        if not parts:
            raise refuse(f"a file in it has no name ({show(raw)}).")
        return tuple(_own_name(part) for part in parts)

    def _split(self, raw: str) -> tuple[str, ...]:
        if len(raw) > self._max_path:
            raise refuse(f"a path in it has {len(raw)} characters ({show(raw)}).", length=len(raw))
        if any(unicodedata.category(char) in ("Cc", "Cs") for char in raw):
            raise refuse(f"a name in it has control characters ({show(raw)}).")
        if _DRIVE.match(raw):
            raise refuse(f"a path in it names a drive ({show(raw)}).")
        text = raw.replace("\\", "/")
        if text.startswith("/"):
            raise refuse(f"a path in it is absolute ({show(raw)}).")
        parts = tuple(part for part in text.split("/") if part not in ("", "."))
        if len(parts) > self._max_depth:
            raise refuse(f"it has folders {len(parts)} deep ({show(raw)}).", depth=len(parts))
        for part in parts:
            if part.strip(". ") == "":
                raise refuse(f"a path in it leads out of its folder ({show(raw)}).")
            if ":" in part:
                raise refuse(
                    f"a name in it has a colon, which names a hidden stream on Windows ({show(raw)})."
                )
            if is_reserved(part):
                raise refuse(f"a name in it means a device on Windows ({show(raw)}).")
        return parts

    def _remember(self, raw: str, own: tuple[str, ...], *, is_folder: bool) -> None:
        key = tuple(_fold(part) for part in own)
        for length in range(1, len(own) + 1):
            spelled = self._spelled.setdefault(key[:length], own[:length])
            if spelled != own[:length]:
                raise refuse(
                    f"two names in it differ only in upper and lower case or spelling ({show(raw)}).",
                    collision=1,
                )
        if any(key[:length] in self._files for length in range(1, len(key))):
            raise refuse(f"a name in it is a file and a folder at once ({show(raw)}).", collision=1)
        self._folders.update(key[:length] for length in range(1, len(key)))
        if is_folder:
            if key in self._files:
                raise refuse(f"a name in it is a file and a folder at once ({show(raw)}).", collision=1)
            self._folders.add(key)
            return
        if key in self._folders:
            raise refuse(f"a name in it is a file and a folder at once ({show(raw)}).", collision=1)
        if key in self._files:
            raise refuse(f"the same name is in it twice ({show(raw)}).", collision=1)
        self._files.add(key)


def _fold(part: str) -> str:
    """Return what case-insensitive and normalizing file systems compare."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())


def _own_name(part: str) -> str:
    name = unicodedata.normalize("NFC", _REPLACED.sub("_", part)).rstrip(". ").lstrip(" ")
    if len(name.encode()) <= MAX_PART_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending.encode()) > 20:
        stem, dot, ending = name, "", ""
    room = MAX_PART_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + dot + ending
