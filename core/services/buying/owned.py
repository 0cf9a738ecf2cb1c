"""What is owned of a listing, and whether that makes a quote pointless. Reads the ledger, writes nothing.

What a license covers differs: most cover every size of a thing, some are sold by size (an HD film and its 4K
version). Which it is stands in ``MarketplaceInfo.sold_by_size``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...ledger.port import LedgerReader
from ...licenses.labels import normalize_label
from ...marketplaces.base import MarketplaceInfo
from ...model.grant import Grant, GrantState
from ...model.listing import ListingRef, MediaKind
from ...model.quote import Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An active grant for a listing. ``variant``: the size it was bought in; empty: as it is, or not told."""

    grant: Grant
    variant: str = ""

    @property
    def size(self) -> str:
        """What names the size for people: the variant, or a license whose name is one (``Video_HD``)."""
        return self.variant or self.grant.license_label.replace("_", " ")


def find_holdings(
    ledger: LedgerReader, ref: ListingRef, kind: MediaKind, info: MarketplaceInfo
) -> tuple[Holding, ...]:
    """Return what is owned of a listing, newest first.

    Where each kind of media has numbers of its own, only what is of this kind is the same listing.
    """
    found = active(ledger.grants_for(ref))
    own = [grant for grant in found if is_same_kind(grant.kind, kind, info)]
    orders = {grant.id: ledger.order(grant.order_id) for grant in own if grant.order_id}
    return tuple(
        Holding(grant=grant, variant=order.variant if (order := orders.get(grant.id)) else "")
        for grant in own
    )


def is_same_kind(one: MediaKind, other: MediaKind, info: MarketplaceInfo) -> bool:
    """Say whether two things with one number can be the same listing."""
    return one is other or not info.numbers_by_kind


def name_thing(ref: ListingRef, kind: MediaKind, info: MarketplaceInfo) -> str:
    """Name what is owned: the listing, with its kind where each kind has numbers of its own."""
    return f"{ref} {kind}" if info.numbers_by_kind else str(ref)


def find_covering(holdings: Iterable[Holding], quote: Quote, info: MarketplaceInfo) -> Grant | None:
    """Return a grant that gives what is quoted already, so that buying it would pay twice, or None."""
    return next((held.grant for held in holdings if _covers(held, quote, info)), None)


def _covers(held: Holding, quote: Quote, info: MarketplaceInfo) -> bool:
    grant = held.grant
    if grant.license_id != quote.license_id:
        return False
    same_words = normalize_label(grant.license_label) == normalize_label(quote.license_label)
    if grant.license_id.endswith(".unknown") and not same_words:
        return False  # of licenses that nobody knows, only the same words are the same license
    if quote.kind not in info.sold_by_size:
        return True
    # Not told in which size it was bought: nobody pays a second time on a guess.
    return same_words and held.variant in ("", quote.variant)


def find_untold(holdings: Iterable[Holding], quote: Quote, info: MarketplaceInfo) -> Grant | None:
    """Return what stands in the way of buying only because nobody says in which size it is owned, or None."""
    if quote.kind not in info.sold_by_size or not quote.variant:
        return None
    covering = [held for held in holdings if _covers(held, quote, info)]
    if not covering or any(held.variant for held in covering):
        return None
    return covering[0].grant


def describe_untold(grant: Grant | None, info: MarketplaceInfo) -> str:
    """Say why it is not offered, and what to do; empty for None."""
    if grant is None:
        return ""
    return (
        f"{info.name}'s records do not say in which size you bought this, so no size of it is offered again. "
        "Say which it was, from your invoice; then the others can be bought."
    )


def describe_other_sizes(holdings: Sequence[Holding], quote: Quote, info: MarketplaceInfo) -> str:
    """Say that another size of it is owned, which does not cover this one; empty when there is none."""
    if quote.kind not in info.sold_by_size or find_covering(holdings, quote, info) is not None:
        return ""
    other = next((held for held in holdings if held.grant.license_id == quote.license_id), None)
    if other is None:
        return ""
    size = quote.variant or quote.license_label.replace("_", " ")
    return f"You own this as “{other.size}”. {info.name} sells “{size}” by itself: it is charged once more."


def active(grants: Sequence[Grant]) -> tuple[Grant, ...]:
    """Keep the grants that stand."""
    return tuple(grant for grant in grants if grant.state is GrantState.ACTIVE)
