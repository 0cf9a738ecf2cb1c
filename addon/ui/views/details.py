"""The selected result: facts, the policy's answer, price, ways to license it, what to do. Pure: no bpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ....core.marketplaces.base import Capability, MarketplaceInfo
from ....core.model.findings import Decision
from ....core.model.license import TermsSource
from ....core.model.listing import Listing, MediaKind
from ....core.services.buying.quote import QuoteResult
from ....core.session.state import Phase, Selection, SessionState
from ...messages import tell
from .rows import Fact, FindingRow, Note, Tone, describe_cost, names_of, view_answer, view_finding
from .text import count, join, shorten

SOURCES = {
    TermsSource.MARKETPLACE: "the marketplace",
    TermsSource.USER: "you, as chosen on the website",
    TermsSource.INVOICE: "the invoice",
    TermsSource.CONTRACT: "your contract, as entered in the preferences",
}
"""Who says that a license applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionRow:
    """One way to license the selected listing."""

    text: str
    chosen: bool
    license_label: str
    variant: str
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsView:
    """The selected listing."""

    ref: str = ""
    kind: str = ""
    picture: str = ""
    """What its thumbnail is kept under."""
    title: str = ""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    answer: Note | None = None
    findings: tuple[FindingRow, ...] = ()
    cost: tuple[Fact, ...] = ()
    options: tuple[OptionRow, ...] = ()
    """Ways to license it; empty where there is only one."""
    quote_id: str = ""
    """Of a quote that can be bought now; empty when there is nothing to buy."""
    buy_text: str = ""
    why_no_buy: str = ""
    owned_grant_id: str = ""
    untold_grant_id: str = ""
    """Owned in a size that nobody told; the user can say which."""
    sizes: tuple[tuple[str, str], ...] = ()
    """(the marketplace's word, what people call it) of each size that is sold."""
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
    covered = selection.result.covered_by if selection.result is not None else None
    held = covered or next(iter(owned), None)
    if held is not None:
        notes.append(Note(text=f"You own this ({shorten(held.license_label, 60)}).", tone=Tone.GOOD))
    if selection.phase is Phase.BUSY:
        notes.append(Note(text=f"Asking {where} for the price and the license.", tone=Tone.BUSY))
    if selection.phase is Phase.FAILED and selection.problem is not None:
        notes.append(Note(text=tell(selection.problem, where=where), tone=Tone.BAD))
    result = selection.result
    base = DetailsView(
        ref=str(selection.ref),
        kind=listing.kind.value,
        picture=listing.key,
        title=shorten(listing.title, 200) or "Untitled",
        facts=tuple(_facts(listing, where)),
        notes=tuple(notes),
        owned_grant_id=held.id if held is not None else "",
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
    on_website = sells_on_website(infos, selection.ref.marketplace)
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
    elif not online and not on_website:
        why_no_buy = "Blender is offline"
    elif is_being_bought:
        why_no_buy = "It is being bought: see Purchases and Downloads"
    if result.note and not result.why_not:
        notes.append(Note(text=shorten(result.note, 400), tone=Tone.WARN))
    return DetailsView(
        ref=base.ref,
        kind=base.kind,
        picture=base.picture,
        title=base.title,
        facts=base.facts,
        notes=tuple(notes),
        answer=view_answer(result.answer.decision),
        findings=tuple(view_finding(finding) for finding in result.answer.findings),
        cost=tuple(_cost_facts(result)),
        options=tuple(_options(result)),
        quote_id="" if result.covered_by is not None else quote.id,
        buy_text="Buy on the Website…" if on_website else "Order…" if quote.web_checkout else "Buy…",
        why_no_buy=why_no_buy,
        owned_grant_id=base.owned_grant_id,
        untold_grant_id=result.untold.id if result.untold is not None else "",
        sizes=sizes_of(result) if result.untold is not None else (),
        page_url=result.page_url or base.page_url,
        retry=expired,
    )


def sells_on_website(infos: Sequence[MarketplaceInfo], marketplace: str) -> bool:
    """Say whether this marketplace sells on its own website only, without telling us of it."""
    return any(info.id == marketplace and Capability.PURCHASE_WEB in info.capabilities for info in infos)


def _options(result: QuoteResult) -> list[OptionRow]:
    quote = result.quote
    if len(result.options) < 2:
        return []
    return [
        OptionRow(
            text=_begin_upper(shorten(option.label, 80)) or "This license",
            chosen=(
                option.wanted.license_label in ("", quote.license_label)
                and option.wanted.variant in ("", quote.variant)
                and option.wanted.account_id in ("", quote.account_id)
            ),
            license_label=option.wanted.license_label,
            variant=option.wanted.variant,
            account_id=option.wanted.account_id,
        )
        for option in result.options
    ]


def _begin_upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def sizes_of(result: QuoteResult) -> tuple[tuple[str, str], ...]:
    """Return the sizes that a listing is sold in: the marketplace's word, and what people call it."""
    told: dict[str, str] = {}
    for option in result.options:
        told.setdefault(option.wanted.variant, shorten(option.label, 80))
    told.setdefault(result.quote.variant, result.quote.variant)
    return tuple((variant, label or variant) for variant, label in told.items() if variant)


def choose_size(sizes: Sequence[tuple[str, str]], text: str) -> str:
    """Return the marketplace's word for a size that somebody chose or wrote; any other size as it is written.

    It may be one that was sold once, or a smaller one than this account is offered.
    """
    wanted = " ".join(text.split())
    fits = (one for one, label in sizes if wanted.casefold() in (one.casefold(), label.casefold()))
    return next(fits, wanted)


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
    if result.listing.price_as_of is not None:
        facts.append(Fact(label="Price of", value=result.listing.price_as_of.isoformat()))
    if quote.note:
        facts.append(Fact(label="They say", value=shorten(quote.note, 300)))
    if quote.license_source is not TermsSource.MARKETPLACE:
        facts.append(Fact(label="License by", value=SOURCES[quote.license_source]))
    return facts


def _facts(listing: Listing, where: str) -> list[Fact]:
    size = f"{listing.width:,} × {listing.height:,} pixels" if listing.width and listing.height else ""
    told = (
        ("From", where),
        ("By", shorten(listing.author, 60)),
        ("Formats", shorten(", ".join(name.upper() for name in listing.formats), 120)),
        ("Polygons", f"{listing.polygons:,}" if listing.polygons is not None else ""),
        ("Size", size),
        ("Length", f"{listing.duration_s:,.1f} s" if listing.duration_s is not None else ""),
        ("Has", _features(listing)),
        ("Kind", "" if listing.kind is MediaKind.MODEL else listing.kind.value.capitalize()),
        ("Collection", shorten(listing.collection, 60)),
        ("Price level", "Premium" if listing.premium else ""),
        ("Made by", "Generative AI" if listing.ai_generated else ""),
        ("Use", "Editorial Use Only" if listing.editorial else ""),
        ("Files", count(len(listing.files), "file") if listing.files else ""),
    )
    return [Fact(label=label, value=value) for label, value in told if value]


def _features(listing: Listing) -> str:
    has = (("PBR materials", listing.pbr), ("rigged", listing.rigged), ("animated", listing.animated))
    return join([word for word, value in has if value])
