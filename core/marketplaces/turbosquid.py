"""TurboSquid: 3D models, found in a product feed and bought on the website. There is no API for buyers.

Builds no call at all: every function says what to do instead. Sources: TSDOC and TSGO (the vendor's
publishing API, for sellers only), HELP (its help articles), LINKS (addresses of its website in public
projects). The published API has nothing for search, payment, orders or downloads.
"""

from __future__ import annotations

from datetime import date

from ..http.message import Call, Steps
from ..model.listing import Listing, ListingRef, MediaKind, SearchPage, SearchQuery
from . import base, calls
from .base import Capability as Can
from .web import WebLicense, WebShop

INFO = base.MarketplaceInfo(
    id="turbosquid",
    name="TurboSquid",
    capabilities=frozenset({Can.SEARCH_FEED, Can.SEARCH_LINK, Can.PURCHASE_WEB, Can.DOWNLOAD_PICKUP}),
    kinds=frozenset({MediaKind.MODEL}),
    auth=base.AuthConfig(app=base.AppAuth.NONE, fields=()),
    api_hosts=frozenset(),
    download_hosts=frozenset(),
    preview_hosts=frozenset({".turbosquid.com"}),  # unconfirmed: where a feed's pictures are
    requests_per_hour=300,  # ours; only previews are fetched
    key_page_url="https://www.turbosquid.com/MemberInfo/",  # TSGO: the member's own page
    docs_page="turbosquid.md",
    web=WebShop(
        search_url="https://www.turbosquid.com/Search/Index.cfm",  # LINKS
        query_parameter="keyword",  # LINKS
        fixed_parameters=(("media_typeid", "2"),),  # LINKS: 3D models
        page_url="https://www.turbosquid.com/FullPreview/{id}",  # LINKS
        # LINKS: /3d-models/<slug>-<id>, older /3d-models/<slug>/<id>, /FullPreview/<id>, …/Index.cfm/ID/<id>
        id_pattern=(
            r"(?i)\bturbosquid\.com/(?:[a-z]{2}(?:-[a-z]{2})?/)?"
            r"(?:3d-models?/(?:[^?#]*[-/])?|FullPreview/(?:Index\.cfm/ID/)?)(?P<id>[0-9]{5,12})(?![0-9a-z-])"
        ),
        orders_url="https://www.turbosquid.com/AssetManager/Index.cfm",  # LINKS, of 2023
        licenses=(
            WebLicense(
                label="TurboSquid 3D Model License, Standard",
                hint="The tier without an addition. The invoice or the order page names it.",
            ),
            WebLicense(
                label="TurboSquid 3D Model License, Small Business",
                hint="Chosen, and paid for, in the cart: more protection for a small company.",
            ),
            WebLicense(
                label="TurboSquid 3D Model License, Enterprise",
                hint="Chosen, and paid for, in the cart, or agreed with TurboSquid for the whole company.",
            ),
            WebLicense(
                label="Editorial Uses Only",
                hint="The product's page carries this label beside the license, whatever the tier is.",
            ),
            WebLicense(
                label="Custom License",
                hint="Older products: the seller's own text in the description. Keep a copy of it.",
            ),
        ),
        delivery=(
            "Download the archive from your purchases on turbosquid.com, then pick it up here: choose the "
            "file, or the folder in which it arrives."
        ),
        feed_source=(
            "TurboSquid publishes no feed for everybody: ask for one as a partner or affiliate "
            "(External Marketing in a seller's account, or their support)."
        ),
    ),
    refund=base.RefundPolicy(
        summary=(
            "Full refund within 30 days when the model is broken, not as described, or not downloaded. "
            "Store credit when it is faultless but unsuitable, or was bought by mistake, and was "
            "downloaded. Later than 30 days TurboSquid may decline."
        ),
        how=(
            "Write to TurboSquid's support with order number and reason. It takes 3 to 5 business days, and "
            "the files cannot be downloaded meanwhile."
        ),
        # HELP
        url="https://www.turbosquid.com/help/en/articles/9937234-turbosquid-s-refund-and-return-policy",
        read_on=date(2026, 11, 23),
        window_days=30,
    ),
)


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    raise calls.not_supported(
        INFO, "look into your account", "There is nothing to set up: you sign in on its website."
    )


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    raise calls.not_supported(INFO, "search it", "Search a product feed, or open the search on its website.")


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    raise calls.web_only(INFO, "read a listing", ref, kind)


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    raise calls.web_only(INFO, "ask for a price", listing.ref, listing.kind)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    raise calls.web_only(INFO, "buy", request.ref, request.kind)


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "read orders", "Look at your purchases on its website.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    raise calls.not_supported(
        INFO, "download for you", "Download it on its website, then pick the archive up here."
    )


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    raise calls.not_supported(INFO, "read your purchases", "They are listed on its website only.")
