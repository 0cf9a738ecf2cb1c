"""The selected result: facts, the policy's answer, price, ways to license it, what to do. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ...core.marketplaces.base import Capability, MarketplaceInfo
from ...core.model.findings import Decision
from ...core.model.listing import Listing, MediaKind
from ...core.services.quote import QuoteResult
from ...core.session.state import Phase, Selection, SessionState
from ..messages import tell
from .rows import Fact, FindingRow, Note, Tone, describe_cost, names_of, view_answer, view_finding
from .text import count, join, shorten


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
