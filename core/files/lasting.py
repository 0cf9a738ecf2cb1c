"""The folder for files that scenes refer to for good, because they cannot be packed into a .blend: videos.

``root/<grant id>/<file name>``, read-only, and never removed here: a scene that was saved years ago may need
it. Where the file system can, it is the store's own file under a second name, and takes no more space.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ..model.grant import GrantFile
from .disk import CHUNK, Cancelled, explain_disk_errors, hash_file, never_cancelled, safe_name, stop_if
from .store import Store

_READ_ONLY = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
_HASH_SHOWN = 8


class LastingFiles:
    """Keeps files below one folder."""

    def __init__(self, root: Path, *, store: Store) -> None:
        self._root = root
        self._store = store

    def keep(
        self,
        path: Path,
        *,
        grant_id: str,
        files: Sequence[GrantFile],
        endings: Sequence[str] = (),
        cancelled: Cancelled = never_cancelled,
    ) -> Path:
        """Return the lasting place of a file that was delivered (one of ``files``, or unpacked from one).

        The same file is kept once; another file of the same name gets a name of its own, so that what a scene
        refers to never changes. A name whose ending is none of ``endings`` gets the first of them. Raises
        DownloadError for what the disk says, CancelledError.
        """
        with explain_disk_errors("keep the file for the scene"):
            digest = hash_file(path, cancelled=cancelled)
            folder = self._root / safe_name(grant_id, fallback="grant")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_named = not endings or path.suffix.lower().lstrip(".") in endings
            place = folder / safe_name(path.name if is_named else f"{path.name}.{endings[0]}")
            if place.exists() and hash_file(place, cancelled=cancelled) != digest:
                place = place.with_name(f"{place.stem}-{digest[:_HASH_SHOWN]}{place.suffix}")
            if place.exists() and hash_file(place, cancelled=cancelled) == digest:
                return place
            size = path.stat().st_size
            is_stored = any(file.sha256 == digest for file in files)
            stored = self._store.path(digest, size=size) if is_stored else None
            if stored is None or not _link(stored, place):
                self._copy(path, place, cancelled)
        return place

    @staticmethod
    def _copy(source: Path, place: Path, cancelled: Cancelled) -> None:
        """Bring a file to its place at once or not at all."""
        number, name = tempfile.mkstemp(prefix=".keep-", dir=place.parent)
        copy = Path(name)
        try:
            with os.fdopen(number, "wb") as target, source.open("rb") as content:
                while chunk := content.read(CHUNK):
                    stop_if(cancelled)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            copy.chmod(_READ_ONLY)
            copy.replace(place)
        except BaseException:
            copy.unlink(missing_ok=True)
            raise


def _link(stored: Path, place: Path) -> bool:
    """Give the store's file a second name; False where that cannot be, or something is there already."""
    try:
        os.link(stored, place)
    except OSError:
        return False
    return True
