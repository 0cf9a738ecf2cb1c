"""From the session's state to what the panels draw: status, search, results, details. Pure: no bpy.

Every state has something to say: no part of this returns nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.marketplaces.base import Capability, MarketplaceInfo
from ...core.model.findings import Decision
from ...core.model.listing import Listing, MediaKind
from ...core.services.quote import QuoteResult
from ...core.session.state import MarketplaceSearch, Phase, Selection, SessionState
from ..messages import tell
from .rows import Fact, FindingRow, Note, Tone, describe_cost, names_of, view_answer, view_finding
from .text import count, join, shorten

TITLE_LENGTH = 90
MAX_RESULTS_SHOWN = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the panels need to know beside the state."""

    unavailable: str = ""
    starting: bool = False
    online: bool = True
    forced_offline: bool = False
    """True when Blender was started with ``--offline-mode``: the preference cannot change that."""
    sandbox: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One result in the grid."""

    ref: str
    title: str
    price: str
    """Empty where the marketplace names none before it is asked."""
    license: str
    """Empty where the marketplace names none before it is asked."""
    marketplace: str
    owned: bool = False
    selected: bool = False
    editorial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The search panel's status and the grid below."""

    notes: tuple[Note, ...] = ()
    results: tuple[ResultRow, ...] = ()
    busy: bool = False
    more: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsView:
    """The selected listing."""

    ref: str = ""
    title: str = ""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    answer: Note | None = None
    findings: tuple[FindingRow, ...] = ()
    cost: tuple[Fact, ...] = ()
    quote_id: str = ""
    """Of a quote that can be bought now; empty when there is nothing to buy."""
    buy_text: str = ""
    why_no_buy: str = ""
    owned_grant_id: str = ""
    page_url: str = ""
    retry: bool = False


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
    connected = [info for info in infos if _has_key(state, info.id)]
    if infos and not connected:
        notes.append(
            Note(
                text="No key is stored yet. Enter one to search: for "
                f"{join([info.name for info in infos], last='or')}.",
                tone=Tone.WARN,
                action="preferences",
            )
        )
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


def why_no_search(around: Surroundings, state: SessionState | None) -> str:
    """Say why searching is grey; empty when it is not."""
    if around.unavailable:
        return around.unavailable
    if not around.online:
        return "Blender is offline"
    if state is not None and state.accounts and not any(_has_key(state, m) for m in state.accounts):
        return "Enter a marketplace's key in the preferences of Clearance first"
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
    busy = any(search.phase is Phase.BUSY for search in state.searches.values())
    failed = [search for search in state.searches.values() if search.phase is Phase.FAILED]
    if not state.searches:
        notes.append(Note(text="No chosen marketplace can search for that kind.", tone=Tone.WARN))
    elif not state.results and not busy and len(failed) < len(state.searches):
        wanted = shorten(state.query.text, 40)
        what = f"Nothing was found for “{wanted}”." if wanted else "Nothing was found."
        notes.append(Note(text=f"{what} Try fewer words or fewer filters."))
    selected = state.selection.ref if state.selection else None
    on_plan = {info.id for info in infos if Capability.PURCHASE_API in info.capabilities}
    shown = state.results[:MAX_RESULTS_SHOWN]
    more = any(s.phase is Phase.READY and s.next_cursor is not None for s in state.searches.values())
    if len(state.results) > MAX_RESULTS_SHOWN:
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
                owned=str(listing.ref) in state.owned_refs,
                selected=listing.ref == selected,
                on_plan=listing.ref.marketplace in on_plan,
            )
            for listing in shown
        ),
        busy=busy,
        more=more and bool(state.results),
    )


def _search_notes(name: str, search: MarketplaceSearch, *, is_empty: bool) -> list[Note]:
    match search.phase:
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
    if page.ignored_filters:
        wanted = join([field.replace("_", " ") for field in page.ignored_filters])
        notes.append(Note(text=f"{name} cannot filter by {wanted}.", tone=Tone.WARN))
    return notes


def _price(listing: Listing, *, on_plan: bool) -> str:
    """Say what it costs, as far as a search tells; nothing is invented."""
    if listing.offers:
        cost = listing.offers[0].cost
        return "" if cost is None else describe_cost(cost)
    # These marketplaces charge a subscription: how much and under which license, only a quote can say.
    return "On your plan" if on_plan else ""


def _result(
    listing: Listing, names: Mapping[str, str], *, owned: bool, selected: bool, on_plan: bool
) -> ResultRow:
    offer = listing.offers[0] if listing.offers else None
    more = f" (+{len(listing.offers) - 1})" if len(listing.offers) > 1 else ""
    return ResultRow(
        ref=str(listing.ref),
        title=shorten(listing.title, TITLE_LENGTH) or "Untitled",
        price=_price(listing, on_plan=on_plan),
        license=(shorten(offer.license_label, 40) + more) if offer and offer.license_label else "",
        marketplace=names.get(listing.ref.marketplace, listing.ref.marketplace),
        owned=owned,
        selected=selected,
        editorial=bool(listing.editorial),
    )


def view_details(
    state: SessionState, infos: Sequence[MarketplaceInfo], *, now: datetime, online: bool = True
) -> DetailsView:
    """Build the details of the selected listing."""
    selection = state.selection
    if selection is None:
        return DetailsView(notes=(Note(text="Select a result to see its license and price."),))
    names = names_of(infos)
    where = names.get(selection.ref.marketplace, selection.ref.marketplace)
    listing, owned = selection.listing, selection.owned
    notes: list[Note] = []
    if owned:
        notes.append(Note(text=f"You own this ({shorten(owned[0].license_label, 60)}).", tone=Tone.GOOD))
    if selection.phase is Phase.BUSY:
        notes.append(Note(text=f"Asking {where} for the price and the license.", tone=Tone.BUSY))
    if selection.phase is Phase.FAILED and selection.problem is not None:
        notes.append(Note(text=tell(selection.problem, where=where), tone=Tone.BAD))
    result = selection.result
    base = DetailsView(
        ref=str(selection.ref),
        title=shorten(listing.title, 200) or "Untitled",
        facts=tuple(_facts(listing, where)),
        notes=tuple(notes),
        owned_grant_id=owned[0].id if owned else "",
        page_url=listing.page_url,
        retry=selection.phase is Phase.FAILED,
    )
    if result is None:
        return base
    is_being_bought = any(p.key == result.quote.id and p.problem is None for p in state.progress)
    return _with_quote(
        base, selection, result, infos, now=now, online=online, is_being_bought=is_being_bought
    )


def _with_quote(
    base: DetailsView,
    selection: Selection,
    result: QuoteResult,
    infos: Sequence[MarketplaceInfo],
    *,
    now: datetime,
    online: bool,
    is_being_bought: bool,
) -> DetailsView:
    quote = result.quote
    expired = now >= quote.expires_at
    why_no_buy = ""
    notes = list(base.notes)
    if expired:
        why_no_buy = "The price was only good for a while; ask again."
        notes.append(Note(text=why_no_buy, tone=Tone.WARN))
    elif result.why_not:
        why_no_buy = shorten(result.why_not, 300)
        notes.append(Note(text=why_no_buy, tone=Tone.WARN))
    elif result.answer.decision is Decision.DENY:
        why_no_buy = "The license does not allow what this project plans"
    elif not online:
        why_no_buy = "Blender is offline"
    elif not _can_buy(infos, selection.ref.marketplace):
        why_no_buy = "This marketplace sells only on its own website"
    elif is_being_bought:
        why_no_buy = "It is being bought: see Purchases and Downloads"
    return DetailsView(
        ref=base.ref,
        title=base.title,
        facts=base.facts,
        notes=tuple(notes),
        answer=view_answer(result.answer.decision),
        findings=tuple(view_finding(finding) for finding in result.answer.findings),
        cost=tuple(_cost_facts(result)),
        quote_id=quote.id,
        buy_text="Order…" if quote.web_checkout else "Buy…",
        why_no_buy=why_no_buy,
        owned_grant_id=base.owned_grant_id,
        page_url=base.page_url,
        retry=expired,
    )


def _can_buy(infos: Sequence[MarketplaceInfo], marketplace: str) -> bool:
    ways = {Capability.PURCHASE_API, Capability.PURCHASE_CHECKOUT}
    return any(info.id == marketplace and ways & info.capabilities for info in infos)


def describe_license(result: QuoteResult) -> str:
    """Name the license that the quote is under, and the seller's own word for it where that differs."""
    label = shorten(result.quote.license_label, 60)
    if not result.terms.known:
        return f"{label} (terms not known)" if label else "not stated"
    name = shorten(result.terms.label, 80)
    return name if not label or label.casefold() == name.casefold() else f"{name} (“{label}”)"


def _cost_facts(result: QuoteResult) -> list[Fact]:
    quote = result.quote
    facts = [
        Fact(label="License", value=describe_license(result)),
        Fact(label="Price", value=describe_cost(quote.cost)),
    ]
    if quote.balance is not None:
        left = "not told" if quote.balance.left is None else describe_cost(quote.balance.left)
        facts.append(Fact(label="Charged to", value=shorten(quote.balance.label, 80) or "your account"))
        facts.append(Fact(label="Left there", value=left))
    return facts


def _facts(listing: Listing, where: str) -> list[Fact]:
    facts = [Fact(label="From", value=where)]
    if listing.author:
        facts.append(Fact(label="By", value=shorten(listing.author, 60)))
    if listing.formats:
        facts.append(Fact(label="Formats", value=shorten(", ".join(f.upper() for f in listing.formats), 120)))
    if listing.polygons is not None:
        facts.append(Fact(label="Polygons", value=f"{listing.polygons:,}"))
    if listing.width and listing.height:
        facts.append(Fact(label="Size", value=f"{listing.width:,} × {listing.height:,} pixels"))
    if listing.duration_s is not None:
        facts.append(Fact(label="Length", value=f"{listing.duration_s:,.1f} s"))
    has = [
        word
        for word, value in (
            ("PBR materials", listing.pbr),
            ("rigged", listing.rigged),
            ("animated", listing.animated),
        )
        if value
    ]
    if has:
        facts.append(Fact(label="Has", value=join(has)))
    if listing.kind is not MediaKind.MODEL:
        facts.append(Fact(label="Kind", value=listing.kind.value.capitalize()))
    if listing.editorial:
        facts.append(Fact(label="Use", value="Editorial only"))
    if listing.files:
        facts.append(Fact(label="Files", value=count(len(listing.files), "file")))
    return facts
