"""CGTrader API v1: 3D models, ordered here and paid on CGTrader's own checkout page.

Builds calls and reads answers; it never sends, sleeps, authenticates, logs or catches. Sources: DOC (the
vendor's own pages, read in part), GEM (its sign-in library), MCP (a client of 2026-04, probably its staff's),
PY (an old client). What no copy shows (the orders' JSON, the word for "paid") is marked unconfirmed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial

from ..http.message import Auth, Call, Idempotency, Steps
from ..model.listing import ListedFile, Listing, ListingRef, MediaKind, Offer, SearchPage, SearchQuery, Sort
from ..model.money import UNSTATED_CURRENCY
from . import answers, base, calls
from .base import Capability as Can
from .base import RecordState as State
from .reading import Node, file_ending, file_name_in

INFO = base.MarketplaceInfo(
    id="cgtrader",
    name="CGTrader",
    capabilities=frozenset(
        {Can.SEARCH, Can.QUOTE, Can.PURCHASE_CHECKOUT, Can.ORDER_STATUS, Can.HISTORY, Can.DOWNLOAD_API}
    ),
    kinds=frozenset({MediaKind.MODEL}),
    auth=base.AuthConfig(
        app=base.AppAuth.CLIENT_CREDENTIALS,
        authorize_url="https://www.cgtrader.com/oauth/authorize",  # GEM
        token_url="https://www.cgtrader.com/oauth/token",  # noqa: S106 - an address (GEM)
        redirect_port=47851,  # ours; unconfirmed: the registered address is compared whole, so it has to stay
    ),
    api_hosts=frozenset({"api.cgtrader.com", "www.cgtrader.com"}),  # www: the token address
    download_hosts=frozenset({"cgtfiles.s3.amazonaws.com", ".cgtrader.com"}),  # MCP; the second unconfirmed
    preview_hosts=frozenset({".cgtrader.com"}),  # MCP: img-new.cgtrader.com
    requests_per_hour=500,  # ours; the vendor publishes no number
    key_page_url="https://www.cgtrader.com/developers",
    docs_page="cgtrader.md",
    refund=base.RefundPolicy(
        summary="Refunded when nothing was downloaded, or the model is not as described or incomplete.",
        how="Mail support@cgtrader.com: order number, what is wrong, and your software and file formats.",
        url="https://help.cgtrader.com/hc/en-us/articles/360015100377",
        read_on=date(2026, 11, 23),
        window_days=7,
    ),
)
API = calls.Endpoint(info=INFO, url="https://api.cgtrader.com/v1")

# DOC wants an address to send the buyer back to, after success and failure alike. Coming back proves nothing,
# so nothing of ours listens: the order is asked for its state, and the person lands on their own purchases.
RETURN_URL = "https://www.cgtrader.com/profile/purchases"
SORTS = {
    Sort.RELEVANCE: "best_match",
    Sort.POPULAR: "sales",
    Sort.NEWEST: "newest",
    Sort.PRICE_LOW: "lower_price",
    Sort.PRICE_HIGH: "higher_price",
}
FILTERS = {"formats": "extensions", "min_price": "min_price", "max_price": "max_price"}
FILTERS |= {name: name for name in ("animated", "rigged", "pbr", "low_poly")}
NEVER_TOLD = frozenset({"exclude_ai", "premium", "max_polygons", "orientation", "min_width", "min_height"})
NEVER_TOLD |= {"min_duration_s", "max_duration_s"}
CURRENCIES = (UNSTATED_CURRENCY, "USD")  # unconfirmed: no JSON names a currency; one client takes it for USD
EDITORIAL_FILTERS = ("license", "licenses")  # unconfirmed: cut off in every copy; the value is DOC's
# DOC has only `unpaid`; all others are unconfirmed. A word that is not here is UNRECOGNIZED.
ORDER_STATES = dict.fromkeys(("unpaid", "pending"), State.UNPAID)
ORDER_STATES |= dict.fromkeys(("paid", "completed", "complete", "success"), State.PAID)
ORDER_STATES |= {"cancelled": State.CANCELLED, "canceled": State.CANCELLED, "refunded": State.REFUNDED}
EDITORIAL = {"editorial": True, "general": False, "royalty_free": False}  # DOC: general == royalty_free


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    user_name: str = yield API.get("account", ("users", "me"), answers.read_user_name, auth=Auth.USER)
    return base.Account(user_name=user_name, note="Purchases are paid on CGTrader's own checkout page.")


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    page, text = calls.page_number(query.cursor), calls.query_text(query.text)
    names = calls.sendable(query.filters, FILTERS, CURRENCIES)
    done, parameters = set(names), [("keywords", text)] if text else []
    parameters += [("sort", SORTS[query.sort]), *calls.filter_query(query.filters, names)]
    if query.filters.exclude_editorial:  # applied to the answer too, since the name is unconfirmed
        parameters += [(name, "exclude_editorial") for name in EDITORIAL_FILTERS]
    if 0 < (query.filters.max_polygons or 0) <= 5000:  # DOC: one range of several; the only plain "up to"
        parameters.append(("polygons", "lt_5k"))
        done |= {"max_polygons"} if query.filters.max_polygons == 5000 else set()
    if query.filters.collection.isdigit():  # DOC: ids of `GET /v1/categories`; slugs are compared here
        done, parameters = done | {"collection"}, [*parameters, ("category_id", query.filters.collection)]

    def read(answer: Node) -> SearchPage:
        found, odd = answers.read_some(answer.at("models").items(), _read_model)
        total = answer.at("total").hint_integer()
        told = partial(answers.search_page, query, page=page, total=total, on_server=done, sorts=SORTS)
        return told(found, never_told=NEVER_TOLD, left_out=odd)

    parameters += calls.paging(page, query.per_page)
    return API.get("search", ("models",), read, auth=Auth.USER_OR_APP, query=parameters)


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    return _details(ref, kind)


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    fresh: Listing = yield _details(listing.ref, listing.kind)
    label, cost = fresh.offers[0].license_label, fresh.offers[0].cost
    # DOC: a model has one license and one price, and an order names neither: there is nothing to choose.
    return base.QuoteBasis(listing=fresh, license_label=label, cost=cost, web_checkout=True)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    model_id = calls.own_id(INFO, request.ref, request.kind)
    # DOC: one model per order; price and license are not parameters, and the buyer is who signed in.
    # `uuid` is our own id. That it is taken only once is not documented, so this is no KEYED call.
    body, once = {"uuid": request.key, "model_id": model_id, "return_url": RETURN_URL}, Idempotency.SPENDING
    path, read = ("orders",), _read_new_order
    return API.post("purchase", path, read, auth=Auth.USER, body=body, idempotency=once, slash=True)


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    calls.own_id(INFO, owned.ref, owned.kind)
    path, read = ("orders", owned.marketplace_order_id), partial(_read_same_order, owned)
    return API.get("order_status", path, read, auth=Auth.USER)


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    path = ("models", calls.own_id(INFO, owned.ref, owned.kind), "files")
    files: tuple[ListedFile, ...] = yield API.get("files", path, _read_files, auth=Auth.USER)
    links: list[base.DownloadLink] = []
    for file in files:  # DOC: each is a redirect to a signed address; good for some minutes (MCP)
        # The order's `download_token` is not sent: how is unconfirmed, and a user's token does without it.
        get = partial(API.get, auth=Auth.USER, statuses=(302,))
        links.append((yield get("download_links", (*path, file.id), partial(_read_location, file))))
    return tuple(links)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    calls.need_kind(INFO, query.kind)
    page = calls.page_number(query.cursor)
    # unconfirmed: the list's paging, its envelope, and whether purchases made on the website are in it.
    read = answers.history_reader(query, _read_order, page=page, per_page=None, name="orders")
    parameters = [("page", str(page))] if page > 1 else []
    return API.get("history", ("orders",), read, auth=Auth.USER, query=parameters, slash=True)


def _details(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    return API.get("listing", ("models", calls.own_id(INFO, ref, kind)), _read_model, auth=Auth.USER_OR_APP)


def _read_model(answer: Node) -> Listing:
    item = answer.unwrap("model")  # bare (PY) or wrapped (MCP)
    label, price = item.at("license").optional_text(), item.at("prices").at("download")
    files = [_read_file(file) for file in item.at("files").hint_items()]
    formats = [*item.at("availableFileExtensions").hint_texts(), *(file_ending(file.name) for file in files)]
    slugs = (item.at(name).hint_text() for name in ("category_slug", "subcategory_slug"))
    plain = item.at("raw_description").hint_plain() or item.at("description").hint_plain()
    return Listing(
        ref=ListingRef(marketplace=INFO.id, id=item.at("id").identifier()),
        title=item.at("title").text(),
        kind=MediaKind.MODEL,
        offers=(Offer(license_label=label, cost=price.optional_money()),),  # text (DOC) or number (MCP)
        page_url=item.at("url").hint_url(),
        description=plain,
        author=item.at("author_name").hint_text(),
        previews=answers.read_previews(item.at("thumbnails").hint_items()),
        files=tuple(files),
        formats=tuple(dict.fromkeys(name.lower().lstrip(".") for name in formats if name)),
        tags=item.at("tags").hint_texts(),
        collection="/".join(filter(None, slugs)),
        editorial=EDITORIAL.get(label.lower()),
        animated=item.at("animated").hint_boolean(),
        rigged=item.at("rigged").hint_boolean(),
    )


def _read_files(answer: Node) -> tuple[ListedFile, ...]:
    return tuple(_read_file(item) for item in answer.unwrap("files").items())


def _read_file(item: Node) -> ListedFile:
    file_id, ending = item.at("id").identifier(), item.either("type", "extension").hint_text()
    made = f"cgtrader_{file_id}.{ending.lower().lstrip('.')}" if ending.lstrip(".").isalnum() else ""
    made = made or f"cgtrader_{file_id}"  # a name can be null (PY)
    name, size = item.at("name").hint_text() or made, item.at("size").hint_integer()
    return ListedFile(id=file_id, name=name, size=size or None)


def _read_location(file: ListedFile, answer: Node) -> base.DownloadLink:
    url = Node(value=answer.headers.get("location"), path="location header").url()
    ending = file_ending(file_name_in(url))
    name = file.name if file_ending(file.name) or not ending else f"{file.name}.{ending}"
    return base.DownloadLink(url=url, name=name, size=file.size)


def _read_new_order(answer: Node) -> base.PurchaseResult:
    address = answer.at("checkout_url")
    if answer.at("success").optional_boolean() is False:
        if address.value:
            raise answer.at("success").wrong("true beside a checkout page")
        return answers.refused(answer.value)
    order_id, state = answer.at("id").identifier(), _state_of(answer.at("status").optional_text())
    if state is State.PAID:  # unconfirmed: a model that costs nothing may need no checkout
        return base.PurchaseResult(outcome=base.PurchaseOutcome.PAID, marketplace_order_id=order_id)
    if state in (State.CANCELLED, State.REFUNDED):
        raise answer.at("status").wrong("one of a new order")
    return base.PurchaseResult(
        outcome=base.PurchaseOutcome.CHECKOUT, marketplace_order_id=order_id, checkout_url=address.url()
    )


def _read_same_order(owned: base.OwnedRef, answer: Node) -> base.HistoryRecord:
    item = answer.unwrap("order")
    record = _read_order(item)
    if record.marketplace_order_id != owned.marketplace_order_id:
        raise item.at("id").wrong("the order that was asked for")
    if record.ref.id not in ("", owned.ref.id):
        raise item.at("model_id").wrong("the model that was ordered")
    return replace(record, ref=owned.ref)


def _read_order(item: Node) -> base.HistoryRecord:
    # unconfirmed: DOC has `id`, `status` and `checkout_url` in the answer to a new order; the rest is named
    # as in the request. Without a model the id is empty, and the record is known by our key alone.
    model, word = item.hint_at("model").hint_at("id"), item.at("status").text()
    model = next((node for node in (item.at("model_id"), model, item.at("model")) if node.told), model)
    return base.HistoryRecord(
        ref=ListingRef(marketplace=INFO.id, id=model.optional_identifier()),
        state=_state_of(word),
        marketplace_order_id=item.at("id").identifier(),
        key=item.at("uuid").hint_text(),
        at=item.at("created_at").hint_time(),
        checkout_url=item.at("checkout_url").hint_url(),
        raw_state=word,
    )


def _state_of(word: str) -> State:
    return ORDER_STATES.get(word.lower(), State.UNRECOGNIZED)
