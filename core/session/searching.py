"""Searching, pictures, and looking at one listing: its quote and the policy's answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from ..errors import ClearanceError, UserInputError
from ..files.pictures import Thumbnail
from ..marketplaces.base import AppAuth, MarketplaceInfo
from ..model.intended_use import IntendedUse
from ..model.listing import Listing, ListingRef, MediaKind, SearchPage, SearchQuery
from ..services.buying.quote import QuoteResult
from ..services.finding.results import find_equals, merge
from .part import SessionPart
from .state import MarketplaceSearch, Phase, Problem, Selection


class Searching(SessionPart):
    """Find and look."""

    def __init__(self, **parts: Any) -> None:
        super().__init__(**parts)
        self._thumbnails_asked: set[str] = set()
        self._settled = 0
        """How many results keep their places: what the user has looked through already."""

    def search(self, query: SearchQuery, *, marketplaces: Collection[str] = ()) -> None:
        """Start a new search on the given marketplaces (none given: all that can be searched)."""
        self.cancel_search()
        state = self.state
        state.query, state.results, state.searches = query, [], {}
        state.equals, state.narrowed, state.selection = {}, {}, None
        self._settled = 0
        possible = {info.id for info in self._services.search.choose(query, self.marketplaces)}
        state.without_key = () if marketplaces else self._without_key(possible)
        possible -= set(state.without_key)
        for info in self.marketplaces:
            # One that was chosen by name is asked in any case: its answer says what is missing.
            fits = query.kind is None or query.kind in info.kinds
            if (info.id in marketplaces and fits) or (not marketplaces and info.id in possible):
                self._search_one(info, query)
        self._changed()

    def _without_key(self, possible: Collection[str]) -> tuple[str, ...]:
        """Return those that would only say that they need a key; none while nothing else can be searched."""
        accounts = self.state.accounts
        keyless = [
            info.id
            for info in self.marketplaces
            if info.id in possible
            and info.auth.app is not AppAuth.NONE
            and (account := accounts.get(info.id)) is not None
            and not (account.has_app_key or account.has_user)
        ]
        return tuple(keyless) if len(keyless) < len(possible) else ()

    def load_more(self) -> None:
        """Fetch the next page of every marketplace that has one."""
        query = self.state.query
        if query is None:
            return
        self._settled = len(self.state.results)
        for info in self.marketplaces:
            search = self.state.searches.get(info.id)
            if search and search.phase is Phase.READY and search.next_cursor is not None:
                self._search_one(info, replace(query, cursor=search.next_cursor))
        self._changed()

    def cancel_search(self) -> None:
        """Stop the marketplaces that are still searching; what was found stays."""
        for search in self.state.searches.values():
            if search.task is not None and search.task.active:
                search.task.cancel()
        self._changed()

    def _search_one(self, info: MarketplaceInfo, query: SearchQuery) -> None:
        search = self.state.searches.setdefault(info.id, MarketplaceSearch())
        search.phase, search.problem, search.wait_s = Phase.BUSY, None, 0.0
        state = self.state

        def waits(seconds: float) -> None:
            def note() -> None:
                search.wait_s = seconds
                self._changed()

            self._tasks.post(note)  # told in a worker

        def done(page: SearchPage) -> None:
            if state.searches.get(info.id) is not search:
                return  # an older search; the user is already looking for something else
            search.phase = Phase.READY
            search.pages.append(page)
            self.tell_calls(only_due=True)
            add(page)

        def add(page: SearchPage) -> None:
            # A result that the user looks at must not jump away, either.
            settled = len(state.results) if state.selection is not None else self._settled
            asked_apart = {one.id for one in self.marketplaces if query.kind is None and one.search_kinds}
            state.results = merge(
                state.results,
                page.listings,
                shown=settled,
                order=[one.id for one in self.marketplaces],
                by_kind=asked_apart,
            )
            state.equals = find_equals(state.results)
            self._note_owned(page.listings)
            self._changed()

        def some(page: SearchPage) -> None:
            def note() -> None:
                if state.searches.get(info.id) is search and search.phase is Phase.BUSY:
                    add(page)

            self._tasks.post(note)  # told in a worker

        def failed(error: ClearanceError) -> None:
            if self.state.searches.get(info.id) is search:
                search.phase, search.problem = Phase.FAILED, Problem.of(error)
                self._changed()

        search.task = self._tasks.submit(
            "search",
            f"Searching {info.name}",
            lambda task: self._services.search.run(
                info.id, query, cancel=task.token, on_wait=waits, on_page=some
            ),
            on_done=done,
            on_error=failed,
            subject=info.id,
        )

    def narrow(self, facet: str, value: str) -> None:
        """Show only the results with this value of a facet; the same once more, or no value, shows all."""
        if not value or self.state.narrowed.get(facet) == value:
            self.state.narrowed.pop(facet, None)
        else:
            self.state.narrowed[facet] = value
        self._changed()

    def request_thumbnails(self, keys: Iterable[str]) -> None:
        """Fetch and decode the pictures of some results, by ``Listing.key``; into ``state.thumbnails``."""
        by_key = {listing.key: listing for listing in self.state.results}
        for name in keys:
            listing = by_key.get(name)
            if listing is None or name in self._thumbnails_asked:
                continue
            self._thumbnails_asked.add(name)
            if not listing.previews:
                self.state.thumbnails_failed.add(name)
                continue
            self._fetch_thumbnail(name, listing)

    def _fetch_thumbnail(self, name: str, listing: Listing) -> None:
        def arrived(thumbnail: Thumbnail) -> None:
            self.state.thumbnails[name] = thumbnail
            self._changed()

        def failed(_error: ClearanceError) -> None:
            # A missing picture is not worth a message; the result is shown with a placeholder.
            self.state.thumbnails_failed.add(name)
            self._changed()

        self._tasks.submit(
            "thumbnail",
            f"Picture of {listing.title}",
            lambda task: self._services.previews.run(listing, cancel=task.token),
            on_done=arrived,
            on_error=failed,
            subject=name,
        )

    def select(self, ref: ListingRef, kind: MediaKind | None = None) -> None:
        """Show a listing: its details, what it costs us, and what the policy says.

        ``kind`` says which one is meant where a picture and a film have the same number.
        """
        found = (one for one in self.state.results if one.ref == ref and kind in (None, one.kind))
        known = next(found, None)
        if known is None:
            raise UserInputError("That listing is not among the results.", code="select.unknown")
        selection = Selection(ref=ref, listing=known, owned=self._owned(ref, known.kind))
        self.state.selection = selection
        use = self.state.use

        def done(result: QuoteResult) -> None:
            selection.phase, selection.result = Phase.READY, result
            selection.listing, selection.owned = result.listing, result.owned
            self._changed()

        def failed(error: ClearanceError) -> None:
            selection.phase, selection.problem = Phase.FAILED, Problem.of(error)
            self._changed()

        self._tasks.submit(
            "quote",
            f"Price and license of {known.title}",
            lambda task: self._services.quote.run(
                ref, known.kind, use, actor=self._settings.user, search_id=known.search_id, cancel=task.token
            ),
            on_done=done,
            on_error=failed,
            subject=str(ref),
        )
        self._changed()

    def set_use(self, use: IntendedUse) -> None:
        """Change what the project plans; the selected listing is judged again."""
        if use == self.state.use:
            return
        self.state.use = use
        selection = self.state.selection
        if selection is not None and selection.result is not None:
            result = selection.result
            answer = self._services.quote.judge(
                result.quote, result.terms, use, result.house, result.agreement
            )
            selection.result = replace(result, answer=answer)
        self._changed()
