"""Adobe Stock's REST API: images, video and 3D, licensed on an entitlement, credits or a contract.

Builds calls and reads answers; it never sends, sleeps, authenticates, logs or catches. Sources: A-DOCS (the
vendor's documentation of 2026-05), A-S2S and A-DAM (its guides to server-to-server and to asset managers),
A-PHP (its SDK), A-IMS (its sign-in guides), A-OLD (its documents of 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypeVar

from ..errors import NotFound
from ..http.message import Auth, Call, Idempotency, Steps
from ..model.listing import Listing, ListingRef, MediaKind, SearchPage, SearchQuery, Sort
from . import adobe_answers as adobe
from . import answers, asked, base, calls
from .base import Capability as Can
from .base import CredentialField as Field
from .base import KeyField
from .reading import Node

P = TypeVar("P")
SERVER = "Of an OAuth Server-to-Server credential; without one, sign in"
NATIVE = "Of an OAuth Native App credential, as the Developer Console shows it"
IMS = "https://ims-na1.adobelogin.com/ims"
INFO = base.MarketplaceInfo(
    id=adobe.ID,
    name=adobe.NAME,
    capabilities=frozenset({Can.SEARCH, Can.QUOTE, Can.PURCHASE_API, Can.HISTORY, Can.DOWNLOAD_API}),
    kinds=frozenset({MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.MODEL}),
    auth=base.AuthConfig(
        app=base.AppAuth.CLIENT_CREDENTIALS,
        authorize_url=f"{IMS}/authorize/v2",
        token_url=f"{IMS}/token/v3",
        revoke_url=f"{IMS}/revoke",
        scopes=("openid", "creative_sdk"),  # unconfirmed: those of 2018 (A-OLD); nothing newer is published
        scope_separator=",",
        app_scope="sao.cce_private,creative_cloud,sao.stock,openid,read_pc.stock,AdobeID,cc_private,"
        "creative_sdk,read_pc.stock_credits,additional_info.roles,read_organizations",  # A-S2S p.9
        pkce=True,
        public_client=True,  # A-IMS: Native App; its id stands in the address, and there is no refresh token
        public_id_in_query=True,
        token_client_auth=base.ClientAuth.BASIC,  # A-IMS: Web App
        redirect=base.Redirect.PASTE,  # A-IMS: native apps get an address with a scheme of their own
        key_headers=(("x-api-key", Field.CLIENT_ID),),
        fields=(
            KeyField(field=Field.CLIENT_ID, label="API key (client ID)", hint="Enough for searching"),
            KeyField(field=Field.CLIENT_SECRET, label="Client secret", hint=SERVER, optional=True),
            KeyField(field=Field.REDIRECT_URI, label="Redirect URI", hint=NATIVE, optional=True),
        ),
    ),
    # stock.adobe.com wants the token in the address of a download (A-DOCS 12).
    api_hosts=frozenset({"stock.adobe.io", "stock.adobe.com", "ims-na1.adobelogin.com"}),
    # unconfirmed: where downloads are sent on to ("a cloud-based server"); nothing of ours goes there.
    download_hosts=frozenset({".adobe.com", ".adobe.io", ".adobestock.com", ".ftcdn.net", ".amazonaws.com"}),
    preview_hosts=frozenset({".ftcdn.net"}),
    requests_per_hour=200,  # ours; A-DOCS names no quota, and asks for fewer than 5 a second
    key_page_url="https://developer.adobe.com/console",
    docs_page="adobe-stock.md",
    sold_by_size=frozenset({MediaKind.IMAGE, MediaKind.VIDEO}),  # A-DOCS 12: Standard_M, Video_HD, Video_4K
    refund=base.RefundPolicy(
        summary="Credits are not refunded. A single license is taken back by Adobe's support only.",
        how="Write to Adobe's support with the asset's number and the day; in a company its admin does that.",
        url="https://stock.adobe.com/terms-and-conditions",
        read_on=date(2026, 11, 23),
        confirmed=False,
    ),
)
API = calls.Endpoint(
    info=INFO,
    url="https://stock.adobe.io/Rest",
    headers=(("X-Product", "Clearance/1"),),  # A-DOCS 10: any text; without it Files gives error 600
    # A-DOCS: 403003 and 11 are a wrong key, 401013, 10 and 601 a wrong or missing token, 605 is a wrong id.
    error_codes=((403003, 401), (11, 401), (401013, 401), (10, 401), (601, 401), (605, 404), (429050, 429)),
)
LICENSED = Auth.USER_OR_APP  # a server-to-server credential licenses as well as a person does
PROFILE, HISTORY, CONTENT_INFO = ("Member", "Profile"), ("Member", "LicenseHistory"), ("Content", "Info")
BUY = ("Libraries", "1", "Content", "License")
LOCALE = ("locale", "en_US")  # sentences about prices are read in this language only

TYPES = {  # A-DOCS 11: content_type; no templates, and no vectors, which are not pictures
    MediaKind.IMAGE: ("photo", "illustration"),
    MediaKind.VIDEO: ("video",),
    MediaKind.MODEL: ("3d",),
}
COLUMNS = (
    *("id", "title", "creator_name", "width", "height", "media_type_id", "content_type", "category"),
    *("keywords", "premium_level_id", "is_gentech", "duration", "details_url"),
    *(f"thumbnail_{size}_{part}" for size in (500, 240) for part in ("url", "width", "height")),
)
MORE_COLUMNS = ("description", "is_editorial", "comps", "licenses")  # `is_editorial`: A-DAM p.8, in no list
SORTS = {Sort.RELEVANCE: "relevance", Sort.POPULAR: "nb_downloads", Sort.NEWEST: "creation"}
FILTERS = {
    "premium": ("[filters][premium]", "{}"),
    "exclude_ai": ("[filters][gentech]", "false"),
    "orientation": ("[filters][orientation]", "{}"),
}
SIZES = {"min_width": ("[filters][image_width]", "{}-"), "min_height": ("[filters][image_height]", "{}-")}
DURATIONS = {(None, 10): "10", (None, 20): "20", (None, 30): "30", (30, None): "30-"}
PER_PAGE = adobe.PER_PAGE
HISTORY_PAGES = 20  # ours
NO_KIND = "Clearance takes no templates and no audio from Adobe Stock. Use the website."


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    found: base.Account = yield _library("account", PROFILE, adobe.read_account, [LOCALE])
    return found


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    kinds, filters = (query.kind,) if query.kind else tuple(TYPES), _filters(query)
    offset, limit = calls.row_offset(query.cursor), min(query.per_page, PER_PAGE)

    def read(answer: Node) -> SearchPage:
        # A-DOCS faq: rows repeat, and editorial ones are never among them.
        rows, odd = answers.read_some(answer.at("files").items(), partial(adobe.read_file, query.kind))
        found = {x.ref: replace(x, editorial=x.editorial or False) for x in rows if x.kind in kinds}
        return answers.search_page(
            query,
            found.values(),
            offset=offset,
            per_page=limit,
            total=answer.at("nb_results").hint_integer(),
            on_server=filters,
            sorts=SORTS,
            left_out=odd,
        )

    # At least one of these is mandatory (A-DOCS 11).
    told = [("[words]", calls.query_text(query.text)), ("[limit]", str(limit)), ("[offset]", str(offset))]
    told += [("[order]", SORTS.get(query.sort, "relevance"))]
    told += [(f"[filters][content_type:{name}]", "1") for kind in kinds for name in TYPES[kind]]
    # Rough, so it is applied here again; and without `premium` the limit is not kept to (A-DOCS faq).
    length = DURATIONS.get((query.filters.min_duration_s, query.filters.max_duration_s), "")
    told += [("[filters][video_duration]", length), *filters.values()]
    told += [] if "premium" in filters else [("[filters][premium]", "all")]
    sent = [(f"search_parameters{name}", value) for name, value in told if value]
    path, columns = ("Media", "1", "Search", "Files"), _columns("nb_results", *COLUMNS)
    return API.get("search", path, read, auth=Auth.BEST, query=[LOCALE, *sent, *columns])


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    query = [("ids", calls.own_number(INFO, ref, kind)), LOCALE, *_columns(*COLUMNS, *MORE_COLUMNS)]
    read = answers.take_listing(INFO, ref, partial(adobe.read_file, kind), "files")
    return API.get("listing", ("Media", "1", "Files"), read, auth=Auth.BEST, query=query)


_details = listing  # by a name that no parameter has


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    fresh: Listing = yield _details(listing.ref, listing.kind)
    if fresh.kind not in INFO.kinds:
        return base.QuoteBasis(listing=fresh, license_label="", cost=None, why_not=NO_KIND)
    label = wanted.license_label or fresh.offers[0].license_label
    about = _about(fresh.ref.id, label)
    read_held = partial(adobe.read_held, fresh.ref.id, label)
    held: adobe.Held = yield _library("license_state", CONTENT_INFO, read_held, about)
    read = partial(adobe.read_quote, fresh, label, held)
    basis: base.QuoteBasis = yield _library("price", PROFILE, read, [*about, LOCALE])
    return basis


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    content_id, label = calls.own_number(INFO, request.ref, request.kind), request.license_label
    asked.need_consent(request)
    read, query = partial(adobe.read_purchase, content_id, label), _about(content_id, label)
    # A GET that buys, a POST where references are noted (A-DOCS 12). What is licensed already is not charged
    # again, as long as nobody sends `license_again`. The key has no place but the header for support.
    key, once = (("X-Request-Id", request.key),), Idempotency.SPENDING
    if not request.references:
        return API.get("purchase", BUY, read, auth=LICENSED, query=query, headers=key, idempotency=once)
    body = {"cce_agency": [{"id": name, "value": value} for name, value in request.references]}
    return API.post(
        "purchase", BUY, read, auth=LICENSED, query=query, headers=key, body=body, idempotency=once
    )


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "ask for one order", f"Look for {owned.ref.id} in the license history.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    content_id = calls.own_number(INFO, owned.ref, owned.kind)
    label = [*(owned.marketplace_license_id or owned.marketplace_order_id).split(":"), ""][1]
    read = partial(adobe.read_held, content_id, label)
    held: adobe.Held = yield _library("license_state", CONTENT_INFO, read, _about(content_id, label))
    link, cursor, pages = held.link, "0" if held.owned else None, 0
    # Content/Info is not documented to have the address; the history always has one, the newest first.
    while link is None and cursor is not None and pages < HISTORY_PAGES:
        look = partial(adobe.read_row_link, content_id, label, int(cursor))
        link, cursor = yield _library("download_links", HISTORY, look, _page(int(cursor)))
        pages += 1
    if link is None:
        raise NotFound(f"{INFO.name} lists no file of this for this account.", marketplace=INFO.id)
    return (link,)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    calls.need_kind(INFO, query.kind)
    offset = calls.row_offset(query.cursor)
    if query.ref is not None:
        content_id = calls.own_number(INFO, query.ref)
        read = partial(adobe.read_past, query, content_id)
        return _library("history", CONTENT_INFO, read, _about(content_id, query.license_label))
    rows = answers.history_reader(query, adobe.read_record, offset=offset, per_page=PER_PAGE, name="files")
    return _library("history", HISTORY, rows, _page(offset))


def _library(
    operation: str, path: tuple[str, str], read: Callable[[Node], P], query: Iterable[tuple[str, str]]
) -> Call[P]:
    return API.get(operation, ("Libraries", "1", *path), read, auth=LICENSED, query=query)


def _about(content_id: str, label: str) -> list[tuple[str, str]]:
    return [("content_id", content_id), *([("license", label)] if label else [])]


def _page(offset: int) -> list[tuple[str, str]]:
    return [LOCALE, ("search_parameters[limit]", str(PER_PAGE)), ("search_parameters[offset]", str(offset))]


def _columns(*names: str) -> list[tuple[str, str]]:
    return [("result_columns[]", name) for name in names]


def _filters(query: SearchQuery) -> dict[str, tuple[str, str]]:
    names, wanted = FILTERS | (SIZES if query.kind is MediaKind.IMAGE else {}), query.filters.collection
    found = calls.shaped_filters(query.filters, names)
    if query.kind is MediaKind.MODEL and wanted in adobe.THINGS:
        found["collection"] = ("[filters][3d_type_id][]", str(adobe.THINGS[wanted]))
    elif wanted.isascii() and wanted.isdigit():
        found["collection"] = ("[category]", wanted)
    return found
