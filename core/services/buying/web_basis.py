"""What a product on a marketplace's website would cost, as far as a product feed tells. Pure.

Nothing here is asked of the website: the price is the feed's, with its date, and the license is the one
that the user means to choose there.
"""

from __future__ import annotations

from ...marketplaces.base import ANY, Capability, MarketplaceInfo, QuoteBasis, QuoteOption, Wanted
from ...model.listing import Listing
from ...model.money import Cost

_OUR_WAYS = frozenset({Capability.PURCHASE_API, Capability.PURCHASE_CHECKOUT})


def sells_on_website(info: MarketplaceInfo) -> bool:
    """Say whether a marketplace sells on its website only, so that no program can buy there."""
    return Capability.PURCHASE_WEB in info.capabilities and not _OUR_WAYS & info.capabilities


def make_web_basis(info: MarketplaceInfo, listing: Listing, wanted: Wanted = ANY) -> QuoteBasis:
    """Make the basis of a quote for a product that the user will buy on the website."""
    label = match_label(info, wanted.license_label) or first_label(info)
    labels = [license_.label for license_ in info.web.licenses] if info.web else []
    return QuoteBasis(
        listing=listing,
        license_label=label,
        cost=_advertised(listing, label),
        web_checkout=True,
        options=tuple(
            QuoteOption(
                wanted=Wanted(license_label=one), label=_describe(info, one), cost=_advertised(listing, one)
            )
            for one in labels
        )
        if len(labels) > 1
        else (),
        page_url=page_of(info, listing),
    )


def match_label(info: MarketplaceInfo, text: str) -> str:
    """Return the website's own word for a license that the user named, or the user's words as they are."""
    words = " ".join(text.split())
    known = info.web.licenses if info.web else ()
    return next((one.label for one in known if one.label.casefold() == words.casefold()), words)


def first_label(info: MarketplaceInfo) -> str:
    """Return the license that the website gives when nothing else is chosen; empty when it names none."""
    return info.web.licenses[0].label if info.web and info.web.licenses else ""


def page_of(info: MarketplaceInfo, listing: Listing) -> str:
    """Return the address of a product's page."""
    return info.web.product_page(listing.ref.id) if info.web else listing.page_url


def _describe(info: MarketplaceInfo, label: str) -> str:
    hint = next((one.hint for one in info.web.licenses if one.label == label), "") if info.web else ""
    return f"{label} · {hint}" if hint else label


def _advertised(listing: Listing, label: str) -> Cost | None:
    """Return the price that the feed has for this license, or for no license in particular."""
    for offer in listing.offers:
        if offer.cost is not None and offer.license_label.casefold() in ("", label.casefold()):
            return offer.cost
    return None
