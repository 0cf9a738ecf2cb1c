"""Search one marketplace, and merge what several found. Never a billable call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..errors import UserInputError
from ..http.cancel import CancelToken
from ..marketplaces import registry
from ..marketplaces.base import Capability, MarketplaceInfo
from ..model.listing import Listing, SearchPage, SearchQuery
from .steps import Sender

MAX_QUERY_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Finds listings."""

    sender: Sender

    def run(self, marketplace: str, query: SearchQuery, *, cancel: CancelToken | None = None) -> SearchPage:
        """Return one page of one marketplace's results; raise UserInputError or a MarketplaceError."""
        module = registry.find(marketplace)
        return self.sender.send(module.search(clean_query(query)), module.INFO, cancel=cancel)


def clean_query(query: SearchQuery) -> SearchQuery:
    """Bound and tidy the text; raise UserInputError for a query that no marketplace takes."""
    text = " ".join("".join(c if c.isprintable() else " " for c in query.text).split())
    if len(text) > MAX_QUERY_LENGTH:
        raise UserInputError(
            f"The search text has {len(text)} characters; the most is {MAX_QUERY_LENGTH}.",
            code="user_input.query_too_long",
        )
    if not 1 <= query.per_page <= 100:
        raise UserInputError("Ask for 1 to 100 results a page.", code="user_input.per_page")
    return replace(query, text=text)


def searchable(query: SearchQuery, infos: Iterable[MarketplaceInfo]) -> tuple[MarketplaceInfo, ...]:
    """Return the marketplaces that can be searched for what the query asks."""
    return tuple(
        info
        for info in infos
        if Capability.SEARCH in info.capabilities and (query.kind is None or query.kind in info.kinds)
    )


def merge(known: Iterable[Listing], new: Iterable[Listing]) -> list[Listing]:
    """Add listings that are not there yet, keeping the order of arrival."""
    merged = {listing.ref: listing for listing in known}
    for listing in new:
        merged.setdefault(listing.ref, listing)
    return list(merged.values())
