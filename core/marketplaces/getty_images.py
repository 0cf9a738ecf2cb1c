"""Getty Images API v3: photos and videos. The download itself licenses them, on a product of the account.

Builds calls (``getty_answers`` reads what they answer); never sends, sleeps, authenticates, logs or catches.
Sources: G-2024, G-LIVE (the vendor's OpenAPI file of 2024-12; of 2026-09, in part), G-NET, G-NODE (its SDKs),
G-AE (a digest of its pages, 2026-09), G-OLD (its pages of 2018).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from functools import partial

from ..errors import AccessDenied, CredentialsRejected, UserInputError
from ..http.message import Auth, Call, Idempotency, Steps
from ..model.listing import Listing, ListingRef, MediaKind, Orientation, SearchPage, SearchQuery, Sort
from ..model.money import Credits
from . import answers, base, calls, ways
from . import getty_answers as read
from .base import Capability as Can
from .reading import Node

INFO = base.MarketplaceInfo(
    id=read.MARKETPLACE,
    name=read.NAME,
    capabilities=frozenset({Can.SEARCH, Can.QUOTE, Can.PURCHASE_API, Can.HISTORY, Can.DOWNLOAD_API}),
    kinds=frozenset(read.PLURALS),
    auth=base.AuthConfig(
        app=base.AppAuth.CLIENT_CREDENTIALS,
        authorize_url="https://authentication.gettyimages.com/oauth2/auth",  # G-NET; G-2024's are stale
        token_url="https://authentication.gettyimages.com/oauth2/token",  # noqa: S106 - an address
        pkce=True,  # G-AE; a public client sends no secret
        public_client=True,
        redirect_port=47853,  # ours, and it has to stay: the representative registers the whole address
        key_headers=(("Api-Key", base.CredentialField.CLIENT_ID),),
        fields=(
            base.KeyField(field=base.CredentialField.CLIENT_ID, label="API key"),
            base.KeyField(
                field=base.CredentialField.CLIENT_SECRET, label="API secret, if any", optional=True
            ),
        ),
    ),
    api_hosts=frozenset({"api.gettyimages.com", "authentication.gettyimages.com"}),
    download_hosts=frozenset({".gettyimages.com"}),  # G-2024: delivery.gettyimages.com, which may redirect
    preview_hosts=frozenset({".gettyimages.com"}),  # public answers: media.gettyimages.com
    requests_per_hour=150,  # ours; the vendor sets a number for each account and publishes none
    key_page_url="https://developer.gettyimages.com/docs/",
    docs_page="getty-images.md",
    search_kinds=tuple(read.PLURALS),
    delivers_once=True,
    sold_by_size=frozenset({MediaKind.IMAGE, MediaKind.VIDEO}),  # G-2024: each size is a download that counts
    refund=base.RefundPolicy(
        summary="The API takes nothing back: a download counts when it is made.",
        how="Ask your Getty Images representative, or its support, with the number of the asset and the day.",
        url="https://www.gettyimages.com/customer-support",
        read_on=date(2026, 11, 23),
        confirmed=False,
    ),
)
API = calls.Endpoint(info=INFO, url="https://api.gettyimages.com/v3")
AUTH = Auth.USER_OR_APP  # G-LIVE names both for downloads; how a key was set up decides
IMAGE, VIDEO, PLURALS = MediaKind.IMAGE, MediaKind.VIDEO, read.PLURALS
PAGE_SIZES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30, 50, 60, 75, 100)  # G-OLD, G-AE: no others
PER_PAGE, MAX_PAGES = 100, 10
# By name, because `detail_set` is gone from G-LIVE. Sizes and downloads are told only with a token.
PLAIN = "id,title,caption,artist,asset_family,license_model,collection_name,call_for_image,allowed_use"
PLAIN += ",keywords,referral_destinations,comp,preview,thumb"
FIELDS = {IMAGE: f"{PLAIN},max_dimensions", VIDEO: f"{PLAIN},clip_length,mastered_to"}
SIZES = {IMAGE: "istock_licenses,download_sizes,downloads,largest_downloads"}
SIZES[VIDEO] = "istock_licenses,download_sizes,downloads"
SORTS = {Sort.RELEVANCE: "best_match", Sort.POPULAR: "most_popular", Sort.NEWEST: "newest"}
FILTERS = {IMAGE: {"collection": "collection_codes"}}
FILTERS[VIDEO] = FILTERS[IMAGE] | {"min_duration_s": "min_clip_length", "max_duration_s": "max_clip_length"}
SHAPES = {VIDEO: {Orientation.HORIZONTAL: "horizontal", Orientation.VERTICAL: "vertical"}}
SHAPES[IMAGE] = {shape: f"{name},panoramic_{name}" for shape, name in SHAPES[VIDEO].items()}
SHAPES[IMAGE][Orientation.SQUARE] = "square"
ON_REQUEST = "Getty Images keeps no file of this online. Ask your representative for it."
NEEDED = "Getty Images lets this key do that for a signed-in user only. Sign in in the preferences."
REFUSED = "Getty Images refused the key or the sign-in, or your agreement does not cover this. Sign in again."
# Its status is in no document. And G-AE: a bad key and an item outside of the agreement look alike.
ERRORS: calls.RefusalErrors = {"UserTokenRequired": (AccessDenied, "marketplace.user_needed", NEEDED)}
OUTSIDE: calls.RefusalErrors = {401: (CredentialsRejected, "marketplace.outside_agreement", REFUSED)}
LOOK = partial(calls.refusal_reader, INFO, "ErrorCode")
AGAIN = "Download it from your account on its website, and pick the file up here."


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    products: tuple[ways.Product, ...] = yield _products()
    # A key that licenses by itself has no user to name.
    path, nobody = ("customers", "current"), LOOK(ends={"UserTokenRequired": ""}, errors={})
    user_name: str = yield API.get("account", path, read.read_name, auth=AUTH, refusal=nobody)
    balances = tuple(product.plan.balance for product in products if product.plan.current)
    note = "" if balances else ways.no_product(INFO.name)
    return base.Account(user_name=user_name, balances=balances, note=note)


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    kind, asked, family = query.kind or IMAGE, query.filters, "creative"
    page, text = calls.page_number(query.cursor), calls.query_text(query.text)
    size = next((size for size in PAGE_SIZES if size >= query.per_page), PAGE_SIZES[-1])
    parameters, done = [("phrase", text)] if text else [], set(FILTERS[kind])
    parameters += [("fields", FIELDS[kind]), ("sort_order", SORTS.get(query.sort, SORTS[Sort.RELEVANCE]))]
    parameters += calls.filter_query(asked, FILTERS[kind])
    if asked.editorial_only:  # G-2024: the search over both families is deprecated
        done, family = done | {"editorial_only"}, "editorial"
    elif asked.exclude_editorial:
        done, parameters = done | {"exclude_editorial"}, [*parameters, ("exclude_editorial_use_only", "true")]
    if asked.orientation and (shape := SHAPES[kind].get(asked.orientation)):
        done, parameters = done | {"orientation"}, [*parameters, ("orientations", shape)]
    if kind is VIDEO and asked.min_height == 2160:  # the only height that is exactly one of its formats
        done, parameters = done | {"min_height"}, [*parameters, ("format_available", "4k")]
    told = partial(answers.search_page, replace(query, per_page=size), page=page, sorts=SORTS)

    def make(found: list[Listing], odd: int, total: int | None) -> SearchPage:
        return told(found, on_server=done, total=total, left_out=odd)

    def read_page(answer: Node) -> SearchPage:
        total, listed = answer.at("result_count").hint_integer(), answer.at(PLURALS[kind])
        items = listed.optional_items() if total == 0 else listed.items()
        return make(*answers.read_some(items, lambda item: read.read_asset(kind, item).listing), total)

    path, end = (
        ("search", PLURALS[kind], family),
        LOOK(ends={"InvalidPage": make([], 0, None)}, errors=ERRORS),
    )
    parameters += [("page", str(page)), ("page_size", str(size))]
    return API.get("search", path, read_page, auth=Auth.BEST, query=parameters, refusal=end)


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    asset_id = calls.own_id(INFO, ref, kind)

    def read_listing(answer: Node) -> Listing:
        return read.read_details(kind, asset_id, answer).listing

    path, query = (PLURALS[kind], asset_id), [("fields", FIELDS[kind])]
    return API.get("listing", path, read_listing, auth=Auth.BEST, query=query)


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    kind, asset_id = listing.kind, calls.own_id(INFO, listing.ref, listing.kind)
    path, query = (PLURALS[kind], asset_id), [("fields", f"{FIELDS[kind]},{SIZES[kind]}")]
    details = partial(read.read_details, kind, asset_id)
    found: read.Found = yield API.get(
        "quote", path, details, auth=AUTH, query=query, refusal=LOOK(ends={}, errors=ERRORS)
    )
    products: tuple[ways.Product, ...] = yield _products()

    def cost(product: ways.Product) -> Credits | None:
        if product.kind != "creditpack":
            return Credits(amount=1)  # G-2024: each download takes one off the product's allowance
        return Credits(amount=found.price, unit="credit") if found.price else None

    def label(product: ways.Product) -> str:
        return read.license_label(found.license_model, product.kind)

    sizes, every = () if found.on_request else found.sizes, kind is VIDEO
    offered = ways.pair(products, sizes, license_label=label, cost=cost, every_size=every)
    reason = ON_REQUEST if found.on_request else ways.why_not(products, sizes, name=INFO.name)
    return ways.quote_on_ways(found.listing, offered, wanted, reason=reason, note=found.restrictions)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    asset_id, noted = calls.own_id(INFO, request.ref, request.kind), dict(request.references)
    product, _, number = request.account_id.partition(":")
    if not product:
        raise UserInputError("Choose the product to pay with: ask for a quote.", code="user_input.account")
    words = (noted.get("download_notes", ""), request.project, request.client, request.purchase_order)
    told = calls.own_words({str(place): word for place, word in enumerate(words)})
    # There is no idempotency key: ours stands first in the note, which the history gives back (G-2024).
    note = "; ".join((f"Clearance {request.key}", *told.values()))
    body = {"download_notes": note, **calls.own_words({"project_code": noted.get("project_code", "")})}
    query = [("auto_download", "false"), ("product_type", product)]
    query += [("product_id", number)] if number else []
    query += [("file_type", "jpg")] if request.kind is IMAGE else []
    # Without a height or a size: the largest image (G-2024).
    query += [("height" if request.kind is IMAGE else "size", request.variant)] if request.variant else []

    def read_link(answer: Node) -> base.PurchaseResult:
        # Good for 24 hours; only the file's own headers name it (G-2024). A license has no number of its own:
        # what names it in Getty's records is our key. What was charged is not told.
        link, paid = answers.read_bought_link("", answer.at("uri")), base.PurchaseOutcome.PAID
        return base.PurchaseResult(outcome=paid, marketplace_license_id=request.key, links=(link,))

    path, once = ("downloads", PLURALS[request.kind], asset_id), Idempotency.SPENDING
    refusal = LOOK(ends={}, errors={**ERRORS, **OUTSIDE})
    return API.post(
        "purchase", path, read_link, auth=AUTH, body=body, idempotency=once, query=query, refusal=refusal
    )


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "ask for one order", f"Look for {owned.ref.id} in the download history.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    # Another POST that licenses would give a link, and whether it counts again is unconfirmed: never made
    # here. Only what was bought on the website lists an address of its own (G-2024 purchased-assets).
    asset_id = calls.own_id(INFO, owned.ref, owned.kind)
    name = f"GettyImages-{asset_id}.{'mov' if owned.kind is VIDEO else 'jpg'}"  # as in G-2024's examples
    purchases = partial(read.read_purchases, asset_id, name)
    closed = LOOK(ends={"InsufficientPermissions": ((), 0)}, errors=ERRORS)
    for page in range(1, MAX_PAGES + 1):
        query = [("page", str(page)), ("page_size", str(PER_PAGE))]
        found: tuple[tuple[base.DownloadLink, ...], int] = yield API.get(
            "download_links", ("purchased-assets",), purchases, auth=AUTH, query=query, refusal=closed
        )
        if found[0]:
            return found[0]
        if page * PER_PAGE >= found[1]:
            break
    raise calls.not_supported(INFO, "fetch a file again that is free for sure", AGAIN)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    calls.need_kind(INFO, query.kind)
    page, nothing, name = calls.page_number(query.cursor), base.HistoryPage(records=()), "downloads"
    if query.ref is not None:  # of one asset: of all time, and on one page
        asset_id = calls.own_id(INFO, query.ref)
        record = partial(read.read_record, asset_id)
        whole = answers.history_reader(query, record, per_page=None, name=name)

        def read_downloads(answer: Node) -> base.HistoryPage:
            answer.at("id").identifier()
            return whole(answer) if answer.at(name).told else nothing

        path = (PLURALS[query.kind], asset_id, "downloadhistory")
        return API.get("history", path, read_downloads, auth=AUTH, refusal=LOOK(ends={}, errors=ERRORS))
    # G-2024: without a date the last 30 days, with one the 30 days from it; its time counts by `use_time`.
    since = [("date_from", f"{query.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")] if query.since else []
    parameters = [*since, ("use_time", "true"), ("page", str(page)), ("page_size", str(PER_PAGE))]
    record, end = partial(read.read_record, ""), LOOK(ends={"InvalidPage": nothing}, errors=ERRORS)
    some = answers.history_reader(query, record, page=page, per_page=PER_PAGE, name=name)
    return API.get("history", ("downloads",), some, auth=AUTH, query=parameters, refusal=end)


def _products() -> Call[tuple[ways.Product, ...]]:
    products, query = answers.read_each(read.read_product, "products"), [("fields", "download_requirements")]
    return API.get(
        "products", ("products",), products, auth=AUTH, query=query, refusal=LOOK(ends={}, errors=ERRORS)
    )
