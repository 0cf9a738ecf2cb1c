"""Small pictures of what was bought, one file per listing, in the data folder.

They are decoration for reports: what is missing or damaged is no error; all of it can be made again.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ..model.listing import ListingRef, MediaKind
from ..model.picture import Picture
from .image_size import measure_bytes

MAX_PICTURE_BYTES = 256 * 1024
"""Far more than 256 by 256 pixels need; a larger file was not written by us."""
MAX_SIDE = 512
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png"}
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureFolder:
    """A folder ``root`` with ``5f/5f3a….jpg``. Several processes may use it at the same time."""

    root: Path

    def find(self, ref: ListingRef, kind: MediaKind) -> Picture | None:
        """Return the picture of a listing; None when there is none that can be shown.

        ``kind``: some marketplaces have a picture and a film with the same number.
        """
        for ending in _ENDINGS.values():
            try:
                with self._place(ref, kind, ending).open("rb") as file:
                    data = file.read(MAX_PICTURE_BYTES + 1)
            except OSError:
                continue
            picture = read_picture(data)
            if picture is not None:
                return picture
        return None

    def keep(self, ref: ListingRef, kind: MediaKind, picture: Picture) -> bool:
        """Keep a listing's picture in place of an earlier one; say whether that could be done."""
        place = self._place(ref, kind, _ENDINGS[picture.media_type])
        try:
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            number, name = tempfile.mkstemp(prefix=".picture-", dir=place.parent)
            try:
                with os.fdopen(number, "wb") as file:
                    file.write(picture.data)
                Path(name).replace(place)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink(missing_ok=True)
                raise
            for ending in _ENDINGS.values():
                if place.suffix != ending:
                    self._place(ref, kind, ending).unlink(missing_ok=True)
        except OSError:
            return False
        return True

    def _place(self, ref: ListingRef, kind: MediaKind, ending: str) -> Path:
        # A listing's id may hold anything, so that its hash is the name.
        name = hashlib.sha256(f"{ref} {kind}".encode("utf-8", "surrogatepass")).hexdigest()[:40]
        return self.root / name[:2] / f"{name}{ending}"


def read_picture(data: bytes) -> Picture | None:
    """Return a small JPEG or PNG as it is; None for anything else."""
    media_type = next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)
    size = measure_bytes(data) if media_type is not None and len(data) <= MAX_PICTURE_BYTES else None
    if media_type is None or size is None or max(size) > MAX_SIDE:
        return None
    return Picture(media_type=media_type, width=size[0], height=size[1], data=data)
