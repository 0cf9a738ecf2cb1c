"""Product feeds: add one, update it, look at them, search them, find one listing. Never uses the network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...errors import UserInputError
from ...feeds.catalogue import FeedCatalogue, FeedInfo, FeedResult
from ...feeds.columns import COMMON, FeedMapping, parse_mapping
from ...feeds.opening import OnProgress
from ...http.cancel import CancelToken
from ...marketplaces import registry
from ...marketplaces.base import Capability, MarketplaceInfo
from ...model.listing import Listing, ListingRef, SearchPage, SearchQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Feeds:
    """Everything about product feeds."""

    catalogue: FeedCatalogue

    def add(
        self,
        marketplace: str,
        path: Path,
        mapping: Path | None = None,
        *,
        replace: bool = False,
        cancel: CancelToken | None = None,
        on_progress: OnProgress | None = None,
    ) -> FeedResult:
        """Read a feed for the first time, or again when it changed; return what that did.

        ``path`` is a file, or a folder whose files together are one feed. ``mapping`` is a TOML file for
        feeds whose columns have names of their own; a feed keeps the one that it was added with. Raises
        UserInputError for what cannot be read; the catalogue is then as it was.
        """
        info = _with_feeds(marketplace)
        if mapping is None:
            known = next((one for one in self.list_feeds(marketplace) if one.path == path.resolve()), None)
            mapping = known.mapping_path if known else None
        return self.catalogue.update(
            info,
            path,
            read_mapping(mapping, marketplace) if mapping else COMMON,
            mapping_path=mapping,
            replace=replace,
            cancel=cancel,
            on_progress=on_progress,
        )

    def list_feeds(self, marketplace: str = "") -> tuple[FeedInfo, ...]:
        """Return the feeds of one marketplace, or of all."""
        ids = (marketplace,) if marketplace else registry.all_ids()
        infos = (registry.find(one).INFO for one in ids)
        return tuple(
            feed
            for info in infos
            if Capability.SEARCH_FEED in info.capabilities
            for feed in self.catalogue.feeds(info.id)
        )

    def remove(self, marketplace: str, feed_id: int) -> int:
        """Forget a feed; return how many products went with it."""
        return self.catalogue.remove(_with_feeds(marketplace).id, feed_id)

    def has_feed(self, marketplace: str) -> bool:
        """Say whether there is anything to search."""
        return self.catalogue.has_feed(marketplace)

    def search(
        self, marketplace: str, query: SearchQuery, *, cancel: CancelToken | None = None
    ) -> SearchPage:
        """Return one page of a marketplace's feeds; filters that no feed can answer are named as ignored."""
        return self.catalogue.search(_with_feeds(marketplace).id, query, cancel=cancel)

    def listing(self, ref: ListingRef) -> Listing | None:
        """Return a listing as its feed has it, with the day of its price; None when no feed has it."""
        return self.catalogue.listing(ref)


def read_mapping(path: Path, marketplace: str = "") -> FeedMapping:
    """Read a mapping file; raise UserInputError with file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise UserInputError(
            f"The mapping file {path.name} cannot be read: {problem}.", code="feeds.mapping"
        ) from problem
    return parse_mapping(text, name=path.name, marketplace=marketplace)


def _with_feeds(marketplace: str) -> MarketplaceInfo:
    """Return the marketplace; raise UserInputError for one that needs no feed."""
    info = registry.find(marketplace).INFO
    if Capability.SEARCH_FEED not in info.capabilities:
        raise UserInputError(
            f"{info.name} is searched directly; a product feed is of no use there.", code="feeds.not_needed"
        )
    return info
