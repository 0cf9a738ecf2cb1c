"""The content-addressed store: every delivered file once, under the name of its SHA-256, read-only.

Several processes may use one store at the same time. Nothing here downloads, unpacks or judges a file.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from ..clock import Clock, SystemClock
from ..errors import ContextValue, DownloadError, DownloadRefused
from .disk import CHUNK, Cancelled, explain_disk_errors, hash_file, never_cancelled, safe_name, stop_if

_SHA256 = re.compile(r"[0-9a-f]{64}")
_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
LEFTOVER_AGE_S = 24 * 60 * 60
"""Working folders of other processes are taken for left over when nothing changed in them for so long."""


class Store:
    """A folder ``root`` with ``sha256/ab/cdef…``, ``incoming``, ``work`` and ``quarantine`` below it."""

    def __init__(self, root: Path, *, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()
        self._made: set[Path] = set()
        self._lock = threading.Lock()

    @property
    def root(self) -> Path:
        """Return the folder that it was made with."""
        return self._root

    def incoming(self, name: str = "") -> Path:
        """Return the folder for downloads under way, or that of one of them; it may hold a part of a file.

        It is on the same file system as the store, so that a whole file is adopted by a rename.
        """
        folder = self._folder("incoming")
        return self._folder(f"incoming/{safe_name(name)}") if name else folder

    def place(self, sha256: str) -> Path:
        """Return where a file of this hash belongs, whether or not it is there."""
        if not _SHA256.fullmatch(sha256):
            raise DownloadError(
                "A file's hash is not a SHA-256.", code="download.bad_hash", context={"sha256": sha256[:80]}
            )
        return self._root / "sha256" / sha256[:2] / sha256[2:]

    def path(self, sha256: str, *, size: int | None = None) -> Path | None:
        """Return where a file is; None when it is not there, or not of the ``size`` in bytes that is told."""
        place = self.place(sha256)
        try:
            found = place.lstat()
        except OSError:
            return None
        if not stat.S_ISREG(found.st_mode) or (size is not None and found.st_size != size):
            return None
        return place

    def hashes(self) -> Iterator[str]:
        """Go through the hashes of all that is here, in no order; other files are passed over."""
        for folder in _entries(self._root / "sha256"):
            for file in _entries(Path(folder.path)):
                if _SHA256.fullmatch(folder.name + file.name):
                    yield folder.name + file.name

    def check(self, sha256: str, *, cancelled: Cancelled = never_cancelled) -> bool:
        """Read a stored file again and say whether it still is what its name says."""
        place = self.path(sha256)
        if place is None:
            return False
        try:
            return hash_file(place, cancelled=cancelled) == sha256
        except OSError:
            return False

    def adopt(
        self, path: Path, sha256: str, *, verify: bool = True, cancelled: Cancelled = never_cancelled
    ) -> Path:
        """Move a file into the store and return its place there; the same file twice is no error.

        ``verify=False`` is for a caller that hashed these very bytes while writing them. Raises
        DownloadRefused when the hash differs (the file stays where it was), DownloadError for the disk.
        """
        place = self.place(sha256)
        with explain_disk_errors("put a file into the store"):
            if not stat.S_ISREG(path.lstat().st_mode):
                raise DownloadRefused("Only plain files go into the store.", context={"name": path.name})
            if verify and (found := hash_file(path, cancelled=cancelled)) != sha256:
                raise DownloadRefused(
                    f"{path.name} is not the file that was promised: its checksum differs.",
                    code="download.hash_mismatch",
                    context={"expected_sha256": sha256, "found_sha256": found},
                )
            if place.exists():
                if place.stat().st_size == path.stat().st_size and self.check(sha256, cancelled=cancelled):
                    path.unlink()
                    return place
                place.chmod(_READ_ONLY | stat.S_IWUSR)  # damaged: Windows replaces no read-only file
            place.parent.mkdir(parents=True, exist_ok=True)
            self._move(path, place, cancelled)
        return place

    def quarantine(self, path: Path, *, reason: str, context: Mapping[str, ContextValue]) -> Path:
        """Move a refused file aside, beside a small JSON that says why; return its new place.

        The file keeps its name with ``.refused`` added, so that no double click opens it.
        """
        with explain_disk_errors("put a refused file aside"):
            folder = Path(tempfile.mkdtemp(prefix="refused-", dir=self._folder("quarantine")))
            name = safe_name(path.name)
            aside = folder / f"{name}.refused"
            self._move(path, aside, never_cancelled, mode=stat.S_IRUSR)
            why = {
                "name": name,
                "reason": reason,
                "context": dict(context),
                "at": self._clock.now().isoformat(timespec="seconds"),
            }
            (folder / "why.json").write_text(json.dumps(why, indent=2) + "\n", encoding="utf-8")
        return aside

    def working_folder(self, name: str) -> Path:
        """Make a new, empty, private folder for unpacking; it lives until :meth:`clean`."""
        with explain_disk_errors("make a working folder"):
            prefix = safe_name(name, fallback="work", limit=40).replace(".", "_") + "-"
            folder = Path(tempfile.mkdtemp(prefix=prefix, dir=self._folder("work")))
        with self._lock:
            self._made.add(folder)
        return folder

    def clean(self) -> int:
        """Remove this store's own working folders and those that other processes left; return how many."""
        with self._lock:
            own = self._made
            self._made = set()
        work = self._root / "work"
        now = self._clock.now().timestamp()
        left = set()
        if work.is_dir():
            for folder in work.iterdir():
                with suppress(OSError):
                    if now - folder.lstat().st_mtime > LEFTOVER_AGE_S:
                        left.add(folder)
        return sum(remove_tree(folder) for folder in own | left)

    def _folder(self, name: str) -> Path:
        folder = self._root / name
        with explain_disk_errors("make a folder in the store"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def _move(self, path: Path, target: Path, cancelled: Cancelled, *, mode: int = _READ_ONLY) -> None:
        """Rename within a file system; else copy beside the target, flush, and rename that."""
        if path.stat().st_dev != target.parent.stat().st_dev:
            copy = self._copy_near(path, cancelled)
            try:
                self._move(copy, target, cancelled, mode=mode)
            finally:
                copy.unlink(missing_ok=True)
            path.unlink()
            return
        path.chmod(mode | stat.S_IWUSR)
        _flush(path)
        path.chmod(mode)
        try:
            path.replace(target)
        except PermissionError:
            # Windows: another process put the same file there a moment ago, read-only, or holds it open.
            if not target.exists() or target.stat().st_size != path.stat().st_size:
                raise
            path.chmod(mode | stat.S_IWUSR)
            path.unlink()
        _flush_folder(target.parent)

    def _copy_near(self, path: Path, cancelled: Cancelled) -> Path:
        number, name = tempfile.mkstemp(prefix="copy-", dir=self.incoming())
        copy = Path(name)
        try:
            with os.fdopen(number, "wb") as target, path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    stop_if(cancelled)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return copy


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError:
        return []


def remove_tree(folder: Path) -> bool:
    """Remove a folder with everything in it, links not followed; say whether it is gone."""
    if folder.is_symlink() or not folder.is_dir():
        folder.unlink(missing_ok=True)
    else:
        for parent, _folders, _files in os.walk(folder):
            with suppress(OSError):
                Path(parent).chmod(stat.S_IRWXU)
        shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def _flush(path: Path) -> None:
    with path.open("r+b") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename durable, where the system lets folders be flushed (Windows does not)."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
