"""Fetch and decode one small picture of a listing. Previews are free; nothing billable is ever called."""

from __future__ import annotations

from dataclasses import dataclass

from ...errors import UserInputError
from ...files.pictures import Thumbnail, decode_thumbnail, shrink
from ...http.cancel import CancelToken
from ...http.client import Client
from ...marketplaces import registry
from ...model.listing import Listing, Preview
from ...model.picture import Picture

WANTED_PX = 256
MAX_PREVIEW_BYTES = 8 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    """Gets thumbnails, decoded in the worker that calls it."""

    client: Client

    def run(self, listing: Listing, *, cancel: CancelToken | None = None) -> Thumbnail:
        """Return the picture nearest to 256 pixels; raise a ClearanceError when there is none to be had."""
        return decode_thumbnail(self._fetch(listing, cancel), size=WANTED_PX)

    def shrunk(self, listing: Listing, *, cancel: CancelToken | None = None) -> Picture:
        """Return the same picture as a small file; raise a ClearanceError when there is none to be had."""
        return shrink(self._fetch(listing, cancel), size=WANTED_PX)

    def _fetch(self, listing: Listing, cancel: CancelToken | None) -> bytes:
        info = registry.find(listing.ref.marketplace).INFO
        if not listing.previews:
            raise UserInputError("This listing has no preview.", code="pictures.none")
        preview = choose_preview(listing.previews)
        return self.client.fetch_public(preview.url, info, max_bytes=MAX_PREVIEW_BYTES, cancel=cancel)


def choose_preview(previews: tuple[Preview, ...]) -> Preview:
    """Take the smallest preview that is at least as large as wanted, else the largest."""
    large_enough = [p for p in previews if max(p.width, p.height) >= WANTED_PX]
    if large_enough:
        return min(large_enough, key=lambda p: max(p.width, p.height))
    return max(previews, key=lambda p: max(p.width, p.height))
