"""Keep a small picture of everything that is bought, for reports. Best effort: no picture is no error.

It comes from the delivered file where that is a picture, else from the listing's preview. Asking for either
is free; nothing billable is ever called. Workers only: pictures are decoded here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import CancelledError, ClearanceError
from ...files.picture_folder import PictureFolder
from ...files.pictures import MAX_BYTES, shrink
from ...files.store import Store
from ...http.cancel import CancelToken
from ...http.message import Idempotency
from ...ledger.port import Ledger
from ...marketplaces import registry
from ...model.grant import Grant
from ...model.listing import Listing
from ...model.picture import Picture
from ..buying.quote import FindListing, find_nowhere
from ..buying.web_basis import sells_on_website
from ..finding.previews import WANTED_PX, Previews
from ..steps import FindMarketplace, Sender

SHOWN_TYPES = frozenset({"image/jpeg", "image/png", "image/webp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepPictures:
    """Finds, makes and keeps pictures."""

    folder: PictureFolder
    ledger: Ledger
    store: Store
    previews: Previews
    sender: Sender
    find_listing: FindListing = find_nowhere
    find_marketplace: FindMarketplace = registry.find

    def keep(
        self, grant: Grant, *, listing: Listing | None = None, cancel: CancelToken | None = None
    ) -> Picture | None:
        """Return the picture of what a grant is for, and keep it where there was none; None without one.

        ``listing`` spares asking the marketplace for it. Raises nothing but CancelledError.
        """
        try:
            return self.here(grant) or self._fetch(grant, listing, cancel)
        except CancelledError:
            raise
        except ClearanceError:
            return None  # offline, without a key, gone from the shop: a report shows a placeholder then

    def keep_for(self, grant_id: str) -> Picture | None:
        """Do the same for a grant that is in the ledger; None for one that is not."""
        grant = self.ledger.grant(grant_id)
        return None if grant is None else self.keep(grant)

    def here(self, grant: Grant) -> Picture | None:
        """Return the picture that is here, or can be made of a delivered file; asks nobody."""
        return self.folder.find(grant.ref, grant.kind) or self._derive(grant)

    def find(self, grants: Iterable[Grant]) -> dict[str, Picture]:
        """Return the pictures that are here, by grant id; asks nobody."""
        return {grant.id: picture for grant in grants if (picture := self.here(grant)) is not None}

    def _derive(self, grant: Grant) -> Picture | None:
        for file in self.ledger.files(grant.id):
            if file.media_type not in SHOWN_TYPES or file.size > MAX_BYTES:
                continue
            place = self.store.path(file.sha256, size=file.size)
            if place is None:
                continue
            try:
                picture = shrink(place.read_bytes(), size=WANTED_PX)
            except (ClearanceError, OSError):
                continue
            self.folder.keep(grant.ref, grant.kind, picture)
            return picture
        return None

    def _fetch(self, grant: Grant, listing: Listing | None, cancel: CancelToken | None) -> Picture | None:
        same = listing is not None and (listing.ref, listing.kind) == (grant.ref, grant.kind)
        if not same or listing is None or not listing.previews:
            listing = self._ask(grant, cancel)
        if listing is None or not listing.previews:
            return None
        picture = self.previews.shrunk(listing, cancel=cancel)
        self.folder.keep(grant.ref, grant.kind, picture)
        return picture

    def _ask(self, grant: Grant, cancel: CancelToken | None) -> Listing | None:
        module = self.find_marketplace(grant.ref.marketplace)
        if sells_on_website(module.INFO):
            return self.find_listing(grant.ref)
        call = module.listing(grant.ref, grant.kind)
        if call.idempotency is not Idempotency.SAFE:
            return None  # a picture is worth no call that could cost something
        return self.sender.send(call, module.INFO, cancel=cancel)
