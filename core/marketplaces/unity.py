"""Unity Asset Store: found in a product feed, bought on the website, picked up from the Editor's cache.

Builds one call: the Editor's open search, which is used only where the user switched it on. Everything else
says what to do instead. Sources: CSREF (the Editor's own source, read for facts), EULA22 (terms and EULA of
2022-02-14), SUPPORT (support articles), LINKS (addresses of the store in public projects). Whether the open
search still answers as CSREF reads it is unconfirmed.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from ..errors import UnexpectedResponse
from ..http.message import Auth, Call, Idempotency, Steps, vendor_words
from ..model.listing import Listing, ListingRef, MediaKind, Offer, SearchPage, SearchQuery, Sort
from ..model.money import UNSTATED_CURRENCY
from . import answers, base, calls
from .base import Capability as Can
from .reading import Node
from .web import WebLicense, WebShop

INFO = base.MarketplaceInfo(
    id="unity",
    name="Unity Asset Store",
    capabilities=frozenset(
        {Can.SEARCH, Can.SEARCH_FEED, Can.SEARCH_LINK, Can.PURCHASE_WEB, Can.DOWNLOAD_PICKUP}
    ),
    kinds=frozenset({MediaKind.MODEL, MediaKind.IMAGE, MediaKind.AUDIO, MediaKind.OTHER}),
    auth=base.AuthConfig(app=base.AppAuth.NONE, fields=()),
    api_hosts=frozenset({"assetstore.unity.com"}),
    download_hosts=frozenset(),
    preview_hosts=frozenset({".unity3d.com", ".unity.com", "d2ujflorbtfzji.cloudfront.net"}),  # CSREF
    requests_per_hour=1000,  # ours; the vendor publishes no number
    key_page_url="https://unity.com/affiliates",
    docs_page="unity.md",
    web=WebShop(
        search_url="https://assetstore.unity.com/",
        query_parameter="q",  # LINKS
        page_url="https://assetstore.unity.com/packages/slug/{id}",  # LINKS: found by the id alone
        # CSREF: /packages/<category>/<id>; LINKS: /packages/<category>/<slug>-<id>; kharma: for the Editor
        id_pattern=(
            r"(?i)(?:\bassetstore\.unity\.com/(?:[a-z]{2}(?:-[a-z]{2})?/)?packages/(?:[^?#]*[-/])?"
            r"|\bunity3d\.kharma:content/|\bassetstore\.unity3d\.com/\S{0,40}/content/)"
            r"(?P<id>[0-9]{1,10})(?![0-9a-z-])"
        ),
        orders_url="https://assetstore.unity.com/orders",  # LINKS
        # CSREF names the first categories; what is sold under the others is nothing for a scene as it is.
        category_kinds=(
            ("3d", MediaKind.MODEL),
            ("2d/textures", MediaKind.IMAGE),
            ("2d", MediaKind.IMAGE),
            ("textures", MediaKind.IMAGE),
            ("audio", MediaKind.AUDIO),
            ("vfx", MediaKind.OTHER),
            ("tools", MediaKind.OTHER),
            ("add-ons", MediaKind.OTHER),
            ("templates", MediaKind.OTHER),
            ("essentials", MediaKind.OTHER),
            ("decentralization", MediaKind.OTHER),
        ),
        licenses=(
            WebLicense(
                label="Standard Unity Asset Store EULA, Single Entity",
                hint="You, or one company with all its employees; not its affiliates, not contractors.",
            ),
            WebLicense(
                label="Standard Unity Asset Store EULA, Multi Entity",
                hint="Also parent, child and sister companies, and contractors on the project.",
            ),
            WebLicense(
                label="Standard Unity Asset Store EULA, Extension Asset",
                hint="Sold per seat (Tools and the like): each person who works with it needs a seat.",
            ),
            WebLicense(
                label="Restricted Asset",
                hint="Marked so on the page: terms that come with it win. Keep a copy of them.",
            ),
            WebLicense(
                label="Non-standard EULA",
                hint="The page says “Non-standard”, or Unity is the publisher: its own text applies.",
            ),
        ),
        delivery=(
            "Download it in the Unity Editor (Package Manager, My Assets): it lands in the Editor's "
            "download cache, where Clearance finds it by the product id inside the file."
        ),
        feed_source=(
            "Members of Unity's affiliate program get at product data through its partner platform: "
            "https://unity.com/affiliates."
        ),
    ),
    opt_in=base.OptIn(
        label="Search the Asset Store through the Unity Editor's own search",
        explanation=(
            "The Unity Editor searches the store through an address that needs no sign-in. Unity offers it "
            "to its Editor, not to other programs: the Asset Store Terms (3.3, as of 2022) allow access "
            "only through the interface that Unity provides, unless separately allowed, and no automated "
            "means. Clearance would send one request for each search that you start and for each further "
            "page, and nothing else. Switch it on only if you have made sure that you may; without it, "
            "searches use a product feed or the website."
        ),
        terms_url="https://unity.com/legal/as-terms",
    ),
    refund=base.RefundPolicy(
        summary=(
            "Not downloaded: refunded on request. Downloaded: the publisher has to agree, and Unity decides "
            "when nothing is heard for 14 days. By the EULA within two weeks when it is not as advertised, "
            "does not work with the latest Unity without a word about it, or infringes rights; within four "
            "weeks when it was removed for cause; nothing older than six months. A refund ends the license: "
            "every copy has to go."
        ),
        how="Ask on the order's page of the Asset Store, or through Unity's support, with the order number.",
        url="https://support.unity.com/hc/en-us/articles/205754285",  # SUPPORT
        read_on=date(2026, 11, 23),
    ),
)
API = calls.Endpoint(info=INFO, url="https://assetstore.unity.com/api")

SITE = "https://assetstore.unity.com"
# CSREF: 2 is the name, 4 the price; in which direction the price goes is unconfirmed, so it is not used.
SORTS = {Sort.RELEVANCE: 0, Sort.POPULAR: 1}
# CSREF
CATEGORIES = {MediaKind.MODEL: "3d", MediaKind.IMAGE: "2d/textures-materials", MediaKind.AUDIO: "audio"}
PRICES = {"min_price": "min_price", "max_price": "max_price"}
CURRENCIES = (UNSTATED_CURRENCY, "USD")
US_DOLLARS = 0


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    raise calls.not_supported(
        INFO, "look into your account", "There is nothing to set up: you sign in on its website."
    )


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    page, text = calls.page_number(query.cursor), calls.query_text(query.text)
    names = calls.sendable(query.filters, PRICES, CURRENCIES)
    asked = calls.asked_filters(query.filters)
    body: dict[str, object] = {
        **({"q": text} if text else {}),
        "rows": query.per_page,
        "start": (page - 1) * query.per_page,
        "currency": US_DOLLARS,
        "sort": SORTS.get(query.sort, 0),
    }
    # CSREF: plain numbers. A limit only narrows the search; what is paid is never counted from it.
    body |= {parameter: float(asked[name].decimal) for name, parameter in names.items() if name in asked}
    if query.kind in CATEGORIES:
        body["category"] = [CATEGORIES[query.kind]]

    def read(answer: Node) -> SearchPage:
        words = vendor_words(answer.at("error").value)
        if words:
            raise UnexpectedResponse(f"it reports an error: {words}", context={"path": "error"})
        found = answer.at("response")
        listings, odd = answers.read_some(found.at("docs").items(), _read_product)
        told = partial(answers.search_page, query, page=page, on_server=names, sorts=SORTS, left_out=odd)
        return told(listings, total=found.at("numFound").hint_integer())

    safe = Idempotency.SAFE  # CSREF: a POST that only reads
    return API.post("search", ("search",), read, auth=Auth.NONE, body=body, idempotency=safe)


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
    raise calls.not_supported(INFO, "read orders", "Look at your orders on its website.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    raise calls.not_supported(
        INFO, "download for you", "Download it in the Unity Editor, then pick it up from the Editor's cache."
    )


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    raise calls.not_supported(INFO, "read your purchases", "They are listed under My Assets only.")


def _read_product(item: Node) -> Listing:
    product_id = item.at("id").identifier()
    category = item.at("category_slug").hint_text()
    pictures = [*item.at("key_images").hint_items(), *item.at("icon").hint_items()]
    known = INFO.web.kind_of(category) if INFO.web else None
    return Listing(
        ref=ListingRef(marketplace=INFO.id, id=product_id),
        title=item.at("name_en-US").text(),
        kind=known or MediaKind.OTHER,
        # No answer names a license, nor which entity tier a price is for: the page does, when it is bought.
        offers=(Offer(license_label="", cost=item.at("price_USD").optional_money("USD")),),
        page_url=calls.join_url(f"{SITE}/packages", (*category.strip("/").split("/"), product_id))
        if category.strip("/.")
        else calls.join_url(f"{SITE}/packages/slug", (product_id,)),
        author=item.at("publisher").hint_text(),
        previews=answers.read_previews(_with_scheme(picture) for picture in pictures),
        collection=category,
    )


def _with_scheme(picture: Node) -> Node:
    """Complete an address that leaves the scheme to the page it stands on (CSREF: they begin with ``//``)."""
    value = picture.value
    return Node(value=f"https:{value}" if isinstance(value, str) and value.startswith("//") else value)
