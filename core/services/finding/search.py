"""Search one marketplace: through its API, or in its product feeds on this machine. Never a billable call."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ...errors import NotSupported, UserInputError
from ...http.cancel import CancelToken
from ...http.keys import WHERE
from ...marketplaces import registry
from ...marketplaces.base import Capability, MarketplaceInfo
from ...model.listing import SearchPage, SearchQuery
from ..steps import OnWait, Sender
from .feeds import Feeds
from .results import count_facets, find_equals, merge
from .search_kinds import OnPage, search_kind_by_kind

__all__ = [
    "Search",
    "check_opted_in",
    "clean_query",
    "count_facets",
    "find_equals",
    "merge",
    "search_link",
    "searchable",
]

MAX_QUERY_LENGTH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Finds listings."""

    sender: Sender
    feeds: Feeds | None = None
    opted_in: frozenset[str] = frozenset()
    """Marketplaces whose ``MarketplaceInfo.opt_in`` the user switched on."""

    def run(
        self,
        marketplace: str,
        query: SearchQuery,
        *,
        cancel: CancelToken | None = None,
        on_wait: OnWait | None = None,
        on_page: OnPage | None = None,
    ) -> SearchPage:
        """Return one page of one marketplace's results; raise UserInputError or a MarketplaceError.

        ``on_wait`` is told the seconds when the marketplace has to be left alone for a while first. Where a
        search asks for one kind of media and the query for any, each kind is asked; ``on_page`` is told what
        each found before all are there.
        Without an API that may be used, a feed is searched; without a feed, NotSupported (``search.no_feed``)
        says how to get one.
        """
        module, query = registry.find(marketplace), clean_query(query)
        info = module.INFO
        if Capability.SEARCH_FEED in info.capabilities and not _may_ask(info, self.opted_in):
            if self.feeds is None or not self.feeds.has_feed(info.id):
                raise _no_feed(info, query)
            return self.feeds.search(info.id, query, cancel=cancel)
        check_opted_in(info, self.opted_in)

        def ask(one: SearchQuery, wait: OnWait | None) -> SearchPage:
            return self.sender.send(module.search(one), info, cancel=cancel, on_wait=wait)

        if query.kind is None and info.search_kinds:
            return search_kind_by_kind(info, query, ask, on_page=on_page, on_wait=on_wait)
        return ask(query, on_wait)

    def choose(self, query: SearchQuery, infos: Iterable[MarketplaceInfo]) -> tuple[MarketplaceInfo, ...]:
        """Return the marketplaces that can be searched for what the query asks, as things are here."""
        infos = tuple(infos)
        with_feed = [info.id for info in infos if self.feeds is not None and _uses_feed(info, self.feeds)]
        return searchable(query, infos, opted_in=self.opted_in, with_feed=with_feed)


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


def searchable(
    query: SearchQuery,
    infos: Iterable[MarketplaceInfo],
    *,
    opted_in: Collection[str] = (),
    with_feed: Collection[str] = (),
) -> tuple[MarketplaceInfo, ...]:
    """Return the marketplaces that can be searched for what the query asks.

    ``with_feed`` are those that have a feed on this machine. What has to be switched on first is left out.
    """
    return tuple(
        info
        for info in infos
        if (_may_ask(info, opted_in) or info.id in with_feed)
        and (query.kind is None or query.kind in info.kinds)
    )


def check_opted_in(info: MarketplaceInfo, opted_in: Collection[str]) -> None:
    """Raise UserInputError when a marketplace's search is one that the user has to switch on first."""
    if info.opt_in is not None and info.id not in opted_in:
        raise UserInputError(
            f"Searching {info.name} is switched off: {info.opt_in.label}. Read what it means "
            f"({info.opt_in.terms_url}), and switch it on in the preferences if you may.",
            code="search.not_opted_in",
        )


def search_link(info: MarketplaceInfo, text: str) -> str:
    """Return the address of the website's own search; raise NotSupported where there is none."""
    if info.web is None or Capability.SEARCH_LINK not in info.capabilities:
        raise NotSupported(
            f"No address of {info.name}'s website search is known. Search it here.", marketplace=info.id
        )
    return info.web.search_link(text)


def _may_ask(info: MarketplaceInfo, opted_in: Collection[str]) -> bool:
    """Say whether the marketplace's API may be searched."""
    return Capability.SEARCH in info.capabilities and (info.opt_in is None or info.id in opted_in)


def _uses_feed(info: MarketplaceInfo, feeds: Feeds) -> bool:
    return Capability.SEARCH_FEED in info.capabilities and feeds.has_feed(info.id)


def _no_feed(info: MarketplaceInfo, query: SearchQuery) -> NotSupported:
    source = info.web.feed_source if info.web else ""
    switch = f" Or switch on, under {WHERE}: {info.opt_in.label}." if info.opt_in else ""
    link = f" Or search its website: {info.web.search_link(query.text)}" if info.web else ""
    return NotSupported(
        f"{info.name} has no search for other programs; Clearance searches a product feed of it on this "
        f"machine, and there is none yet. {source} Then add it under {WHERE}, or with “clearance feed add "
        f"{info.id} FILE”.{switch}{link}",
        marketplace=info.id,
        code="search.no_feed",
    )
