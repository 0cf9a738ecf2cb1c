"""From the session's state to what the panels draw: status, search and results. Pure: no bpy.

Every state has something to say: no part of this returns nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....core.marketplaces.base import AppAuth, Capability, MarketplaceInfo
from ....core.model.listing import Listing, ListingRef
from ....core.services.buying.owned import name_thing
from ....core.services.finding.results import count_facets, has_value
from ....core.session.state import MarketplaceSearch, Phase, SessionState
from ...messages import tell
from .rows import Note, Tone, describe_cost, names_of
from .text import count, join, shorten

TITLE_LENGTH = 90
MAX_RESULTS_SHOWN = 240
MAX_FACET_VALUES = 8
_FILTERS = {
    "exclude_editorial": "“no editorial”",
    "editorial_only": "“editorial only”",
    "exclude_ai": "“no AI”",
    "premium": "price level",
    "collection": "collection",
    "min_price": "price",
    "max_price": "price",
    "formats": "format",
    "max_polygons": "polygons",
    "pbr": "PBR materials",
    "low_poly": "low poly",
    "orientation": "shape",
    "min_width": "width",
    "min_height": "height",
    "min_duration_s": "length",
    "max_duration_s": "length",
    "enhanced_license": "wider license",
    "sort": "this order",
}
"""What filters are called in the panel; those that are not here go by their own names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the panels need to know beside the state."""

    unavailable: str = ""
    starting: bool = False
    online: bool = True
    forced_offline: bool = False
    """True when Blender was started with ``--offline-mode``: the preference cannot change that."""
    sandbox: bool = False
    searches_openly: bool = False
    """True when a search that needs no key was switched on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result in the grid."""

    ref: str
    kind: str
    picture: str
    """What its thumbnail is kept under."""
    title: str
    price: str
    """Empty where the marketplace names none before it is asked."""
    license: str
    """Empty where the marketplace names none before it is asked."""
    marketplace: str
    by: str
    """Who made it, and where it is sold: Adobe wants both beside each work that is shown."""
    owned: bool = False
    selected: bool = False
    editorial: bool = False
    elsewhere: str = ""
    """Where else the same thing is sold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRow:
    """Something that the results can be narrowed by."""

    name: str
    label: str
    values: tuple[tuple[str, str, bool], ...]
    """(value, what the button says, whether it is chosen)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The search panel's status and the grid below."""

    notes: tuple[Note, ...] = ()
    results: tuple[ResultRow, ...] = ()
    busy: bool = False
    more: bool = False


def view_status(
    around: Surroundings, state: SessionState | None, infos: Sequence[MarketplaceInfo]
) -> tuple[Note, ...]:
    """Say what stands in the way before anything can be done; empty when nothing does."""
    if around.unavailable:
        return (Note(text=around.unavailable, tone=Tone.BAD),)
    if state is None:
        return (Note(text="Clearance is starting.", tone=Tone.BUSY),)
    notes: list[Note] = []
    if around.sandbox:
        notes.append(Note(text="Practice sandbox: nothing here costs real money.", tone=Tone.INFO))
    if not around.online:
        notes.append(_offline(around))
    if infos and not _can_search(around, state, [info.id for info in infos]):
        notes.append(Note(text=_what_to_enter(infos), tone=Tone.WARN, action="preferences"))
    if state.problem is not None:
        notes.append(Note(text=tell(state.problem), tone=Tone.BAD))
    return tuple(notes)


def _offline(around: Surroundings) -> Note:
    if around.forced_offline:
        return Note(
            text="Blender was started offline. Start it without --offline-mode to search and buy. "
            "What you have downloaded can still be imported, and the report works.",
            tone=Tone.WARN,
        )
    return Note(
        text="Blender is offline: no connection is made. Allow online access to search and buy. "
        "What you have downloaded can still be imported, and the report works.",
        tone=Tone.WARN,
        action="system",
    )


def _has_key(state: SessionState, marketplace: str) -> bool:
    account = state.accounts.get(marketplace)
    return account is not None and (account.has_app_key or account.has_user)


def _can_search(around: Surroundings, state: SessionState, marketplaces: Sequence[str]) -> bool:
    """Say whether there is anything to search with: a key, a product feed, or a search without a key."""
    return bool(state.feeds) or around.searches_openly or any(_has_key(state, one) for one in marketplaces)


def _what_to_enter(infos: Sequence[MarketplaceInfo]) -> str:
    """Say what has to be there before anything is searched."""
    keyed = [info.name for info in infos if info.auth.app is not AppAuth.NONE]
    with_feeds = [info.name for info in infos if Capability.SEARCH_FEED in info.capabilities]
    ways = [f"Enter one for {join(keyed, last='or')}"] if keyed else []
    ways += [f"add a product feed of {join(with_feeds, last='or')}"] if with_feeds else []
    said = ", or ".join(ways)
    return f"No key is stored yet. {said[:1].upper()}{said[1:]}."


def why_no_search(around: Surroundings, state: SessionState | None) -> str:
    """Say why searching is grey; empty when it is not. A product feed is searched without a network."""
    if around.unavailable:
        return around.unavailable
    if state is not None and state.feeds:
        return ""
    if not around.online:
        return "Blender is offline"
    if state is not None and state.accounts and not _can_search(around, state, tuple(state.accounts)):
        return "Enter a marketplace's key in the preferences of Clearance first, or add a product feed there"
    return ""


def view_search(state: SessionState, infos: Sequence[MarketplaceInfo]) -> SearchView:
    """Build the results and one sentence for each marketplace that has something to say."""
    if state.query is None:
        return SearchView(notes=(Note(text="Type what you need and press Search."),))
    names = names_of(infos)
    notes = [
        note
        for marketplace, search in state.searches.items()
        for note in _search_notes(names.get(marketplace, marketplace), search, is_empty=not state.results)
    ]
    if state.without_key:
        left_out = join([names.get(one, one) for one in state.without_key], last="and")
        notes.append(Note(text=f"Not searched, since no key is stored: {left_out}."))
    busy = any(search.phase is Phase.BUSY for search in state.searches.values())
    failed = [search for search in state.searches.values() if search.phase is Phase.FAILED]
    if not state.searches:
        notes.append(Note(text="No chosen marketplace can search for that kind.", tone=Tone.WARN))
    elif not state.results and not busy and len(failed) < len(state.searches):
        wanted = shorten(state.query.text, 40)
        what = f"Nothing was found for “{wanted}”." if wanted else "Nothing was found."
        notes.append(Note(text=f"{what} Try fewer words or fewer filters."))
    selected = (state.selection.ref, state.selection.listing.kind) if state.selection else None
    by_id = {info.id: info for info in infos}
    on_plan = {info.id for info in infos if Capability.PURCHASE_API in info.capabilities}
    narrowed = narrow_results(state.results, state.narrowed)
    shown = narrowed[:MAX_RESULTS_SHOWN]
    if len(narrowed) < len(state.results):
        notes.append(Note(text=f"{len(narrowed):,} of {count(len(state.results), 'result')} shown."))
    more = any(s.phase is Phase.READY and s.next_cursor is not None for s in state.searches.values())
    if len(narrowed) > MAX_RESULTS_SHOWN:
        notes.append(
            Note(text=f"Showing the first {MAX_RESULTS_SHOWN}. Use more words or filters to narrow it down.")
        )
        more = False
    return SearchView(
        notes=tuple(notes),
        results=tuple(
            _result(
                listing,
                names,
                owned=_name(listing, by_id) in state.owned_refs,
                selected=selected == (listing.ref, listing.kind),
                on_plan=listing.ref.marketplace in on_plan,
                equals=state.equals.get(listing.key, ()),
            )
            for listing in shown
        ),
        busy=busy,
        more=more and bool(state.results),
    )


def _name(listing: Listing, infos: Mapping[str, MarketplaceInfo]) -> str:
    info = infos.get(listing.ref.marketplace)
    return str(listing.ref) if info is None else name_thing(listing.ref, listing.kind, info)


def _search_notes(name: str, search: MarketplaceSearch, *, is_empty: bool) -> list[Note]:
    match search.phase:
        case Phase.BUSY if search.wait_s >= 1:
            return [
                Note(text=f"{name}: waiting {search.wait_s:.0f} s, to stay below its limit.", tone=Tone.BUSY)
            ]
        case Phase.BUSY if search.pages:
            return [Note(text=f"{name}: fetching more.", tone=Tone.BUSY)]
        case Phase.BUSY:
            return [Note(text=f"{name}: searching.", tone=Tone.BUSY)]
        case Phase.FAILED:
            text = tell(search.problem, where=name) if search.problem else "the search failed."
            return [Note(text=text if name in text else f"{name}: {text}", tone=Tone.BAD)]
        case _:
            return [] if is_empty else _page_notes(name, search)


def _page_notes(name: str, search: MarketplaceSearch) -> list[Note]:
    if not search.pages:
        return []
    page, found = search.pages[-1], sum(len(page.listings) for page in search.pages)
    of_total = f" of {page.total:,}" if page.total is not None and page.total > found else ""
    notes = [
        Note(
            text=f"{name}: {found:,}{of_total} shown." if found else f"{name}: nothing found.", tone=Tone.GOOD
        )
    ]
    notes += [Note(text=shorten(note, 300), tone=Tone.WARN) for note in page.notes]
    if left_out := sum(page.left_out for page in search.pages):
        text = f"{name}: {count(left_out, 'result')} left out, in a form that Clearance does not know."
        notes.append(Note(text=text, tone=Tone.WARN))
    if page.client_filters:
        notes.append(
            Note(text=f"{name}: filtered here by {_filters(page.client_filters)}, so pages are shorter.")
        )
    if page.ignored_filters:
        notes.append(Note(text=f"{name} cannot filter by {_filters(page.ignored_filters)}.", tone=Tone.WARN))
    return notes


def _filters(names: Sequence[str]) -> str:
    return join([_FILTERS.get(name, name.replace("_", " ")) for name in names])


def _price(listing: Listing, *, on_plan: bool) -> str:
    """Say what it costs, as far as a search tells; nothing is invented."""
    if listing.offers:
        cost = listing.offers[0].cost
        return "" if cost is None else describe_cost(cost)
    # These marketplaces charge a subscription: how much and under which license, only a quote can say.
    return "On your plan" if on_plan else ""


def _result(
    listing: Listing,
    names: Mapping[str, str],
    *,
    owned: bool,
    selected: bool,
    on_plan: bool,
    equals: Sequence[ListingRef],
) -> ResultRow:
    offer = listing.offers[0] if listing.offers else None
    more = f" (+{len(listing.offers) - 1})" if len(listing.offers) > 1 else ""
    where = names.get(listing.ref.marketplace, listing.ref.marketplace)
    return ResultRow(
        ref=str(listing.ref),
        kind=listing.kind.value,
        picture=listing.key,
        title=shorten(listing.title, TITLE_LENGTH) or "Untitled",
        price=_price(listing, on_plan=on_plan),
        license=(shorten(offer.license_label, 40) + more) if offer and offer.license_label else "",
        marketplace=where,
        by=f"{shorten(listing.author, 28)} / {where}" if listing.author.strip() else where,
        owned=owned,
        selected=selected,
        editorial=bool(listing.editorial),
        elsewhere=join([names.get(ref.marketplace, ref.marketplace) for ref in equals]),
    )


def narrow_results(listings: Sequence[Listing], narrowed: Mapping[str, str]) -> list[Listing]:
    """Return the results that have the chosen value of every facet."""
    return [listing for listing in listings if all(has_value(listing, *pair) for pair in narrowed.items())]


def view_facets(state: SessionState, infos: Sequence[MarketplaceInfo]) -> tuple[FacetRow, ...]:
    """Build what the results can be narrowed by, counted over all that was found so far."""
    names, rows = names_of(infos), []
    for facet in count_facets(state.results):
        chosen = state.narrowed.get(facet.name)
        rows.append(
            FacetRow(
                name=facet.name,
                label=facet.label,
                values=tuple(
                    (
                        value.value,
                        f"{shorten(names.get(value.value, value.label), 24)} ({value.count:,})",
                        value.value == chosen,
                    )
                    for value in facet.values[:MAX_FACET_VALUES]
                ),
            )
        )
    return tuple(rows)
