"""Pond5's reseller API v3: video, music and photos, each download billed under the user's own contract.

Builds calls and reads answers; it never sends, sleeps, authenticates, logs or catches. Nothing is documented
in public: RSL is a reseller's client of 2023 to 2025, P5V2 another's. 3D models, sounds: no known ``type``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from ..errors import NotFound, UserInputError
from ..http.message import Auth, Call, Idempotency, Json, Steps
from ..model.listing import ListedFile, Listing, ListingRef, MediaKind, Offer, SearchPage, SearchQuery, Sort
from ..model.money import UNSTATED_CURRENCY, Balance, Money
from . import answers, base, calls, ways
from .base import Capability as Can
from .base import CredentialField as Field
from .reading import Node, file_ending

INFO = base.MarketplaceInfo(
    id="pond5",
    name="Pond5",
    capabilities=frozenset({Can.SEARCH, Can.QUOTE, Can.PURCHASE_API, Can.DOWNLOAD_API}),
    kinds=frozenset({MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.IMAGE}),
    auth=base.AuthConfig(
        app=base.AppAuth.HEADERS,
        # RSL, P5V2: on every request
        key_headers=(("key", Field.CLIENT_ID), ("secret", Field.CLIENT_SECRET)),
        fields=(
            base.KeyField(field=Field.CLIENT_ID, label="API key", hint="Comes with the partner contract."),
            base.KeyField(field=Field.CLIENT_SECRET, label="API secret", hint="Comes with the API key."),
        ),
    ),
    api_hosts=frozenset({"api-reseller.pond5.com"}),
    # unconfirmed: nobody wrote down where the link of a download leads. The previews' stores are Amazon's
    # (P5V2). A link elsewhere would be refused after it was paid for, so these are wide; none sees a key.
    download_hosts=frozenset({".pond5.com", ".amazonaws.com", ".cloudfront.net"}),
    preview_hosts=frozenset({".pond5.com", ".s3-accelerate.amazonaws.com", ".cloudfront.net"}),
    requests_per_hour=200,  # ours; the vendor publishes no number
    key_page_url="https://help.pond5.com/hc/en-us/articles/115001063903",
    docs_page="pond5.md",
    search_kinds=(MediaKind.VIDEO, MediaKind.IMAGE, MediaKind.AUDIO),
    delivers_once=True,
    sold_by_size=frozenset(MediaKind),  # RSL: each version has a price of its own
    contract_licenses=("Individual", "Business", "Premium"),  # help.pond5.com 215780083
    refund=base.RefundPolicy(
        summary="Pond5 takes a file back only when it is technically defective.",
        how="Write to Pond5's support, best within 48 hours, and name the transaction.",
        url="https://help.pond5.com/hc/en-us/articles/200944753",
        read_on=date(2026, 11, 23),
        confirmed=False,
    ),
)
API = calls.Endpoint(info=INFO, url="https://api-reseller.pond5.com/api/v3")
TYPES = {MediaKind.VIDEO: "video", MediaKind.AUDIO: "music", MediaKind.IMAGE: "photo"}  # RSL
NO_VERSION = {MediaKind.VIDEO: "{}:1", MediaKind.AUDIO: "{}:0", MediaKind.IMAGE: "{}:1"}  # RSL's fallback
SORTS = {Sort.RELEVANCE: "default", Sort.POPULAR: "popular", Sort.NEWEST: "newest"}
SORTS |= {Sort.PRICE_LOW: "price_low_high", Sort.PRICE_HIGH: "price_high_low"}
# RSL: operators among the words of the query. Whether "greater" takes in the number itself is unconfirmed, so
# the next one is sent and the limit is applied to the answer. Those with values nobody wrote down
# (`orientation`, `resolution`) are not sent: the answer tells enough to do them here.
PRICES = {"min_price": "pricegt", "max_price": "pricelt"}
LENGTHS = {"min_duration_s": "durationgt", "max_duration_s": "durationlt"}
NEVER_TOLD = ("collection", "premium", "exclude_ai", "animated", "rigged", "pbr", "max_polygons")
CURRENCIES = (UNSTATED_CURRENCY, "USD")  # unconfirmed: no field names a currency; the website counts in USD
ACCOUNT = "contract"
NOTE = "Pond5 names no currency: the amount is in that of your contract."
NO_PRICE = "Pond5 names no price for this here. Buy it on the website, or ask your contact at Pond5."
_PIXELS = re.compile(r"([0-9]{2,5}) ?[xX×] ?([0-9]{2,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    """One file that an item is sold as."""

    id: str
    label: str
    ending: str
    price: Money | None
    width: int
    height: int
    duration_s: float | None


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    # Nothing tells whose key it is; that a search is answered shows that it is taken.
    query, read = [("type", "video"), ("page", "1"), ("perPage", "1")], answers.read_each(bool, "items")
    yield API.get("account", ("search",), read, auth=Auth.KEY, query=query)
    return base.Account(user_name="", note="The key is taken. Pond5 tells neither a name nor a balance.")


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    page, first = _read_cursor(query.cursor)
    kind, text = query.kind or MediaKind.VIDEO, calls.query_text(query.text)
    names = PRICES if kind is MediaKind.IMAGE else PRICES | LENGTHS
    sent = calls.limit_words(query.filters, calls.sendable(query.filters, names, CURRENCIES))
    told = partial(answers.search_page, query, page=page, on_server=sent, sorts=SORTS)
    told = partial(told, sent_coarsely=sent, never_told=NEVER_TOLD)

    def read(answer: Node) -> SearchPage:
        total, size = (answer.at(name).hint_integer() for name in ("totalNumberOfItems", "itemsPerPage"))
        items = answer.at("items").optional_items() if total == 0 else answer.at("items").items()
        size = min(size or query.per_page, query.per_page)
        found, odd = answers.read_some(items, lambda item: _read_item(kind, item)[0])
        if page == 0:
            again = bool(found) and found[0].ref.id == first
            return replace(
                told(() if again else found, total=total, per_page=size, left_out=odd), next_cursor=None
            )
        result = told(found, total=total, per_page=size, left_out=odd)
        mark = first or (found[0].ref.id if found else "none")
        whole = page == answers.MAX_PAGES or (total is not None and (page - 1) * size + len(items) >= total)
        following = result.next_cursor or (None if whole else "0")
        return replace(result, next_cursor=f"{following}-{mark}" if following else None)

    def refuse(status: int, _body: Json) -> SearchPage | None:
        return told((), total=0) if page == 0 and status in (400, 404, 422) else None

    parameters, words = [("type", TYPES[kind])], " ".join(filter(None, (text, *sent.values())))
    parameters += [("query", words)] if words else []
    parameters += [("sort", SORTS[query.sort]), ("page", str(page)), ("perPage", str(query.per_page))]
    return API.get("search", ("search",), read, auth=Auth.KEY, query=parameters, refusal=refuse)


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    path = ("items", calls.own_id(INFO, ref, kind))
    return API.get("listing", path, lambda answer: _read_found(ref, kind, answer)[0], auth=Auth.KEY)


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    path = ("items", calls.own_id(INFO, listing.ref, listing.kind))
    read = partial(_read_found, listing.ref, listing.kind)
    found: tuple[Listing, tuple[_Version, ...]] = yield API.get("listing", path, read, auth=Auth.KEY)
    # No field names a license: it is the contract's, and the user's settings say which that is.
    payer = Balance(label="Your contract with Pond5", left=None, account_id=ACCOUNT)
    best_first = sorted(found[1], key=lambda version: -version.width * version.height)
    offered = [
        ways.Way(balance=payer, cost=one.price, label=f"{one.label} · {one.price}", variant=one.id)
        for one in best_first
        if one.price is not None
    ]
    return ways.quote_on_ways(found[0], offered, wanted, reason=NO_PRICE, note=NOTE)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    item_id = calls.own_id(INFO, request.ref, request.kind)
    if not (request.account_id and request.variant):
        raise UserInputError("Choose the version to buy: ask for a quote.", code="user_input.account")
    # RSL: this GET is the purchase, with an invoice to follow; there is no cart and no place for our key.
    path, read, once = ("items", "download", request.variant, item_id), _read_purchase, Idempotency.SPENDING
    return API.get("purchase", path, partial(read, item_id), auth=Auth.KEY, idempotency=once)


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "ask for one order", f"Ask your contact at Pond5 about {owned.ref.id}.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    calls.own_id(INFO, owned.ref, owned.kind)
    # The only way to a link is the call that buys, and a second one may be billed a second time.
    transaction = owned.marketplace_order_id or "(unknown)"
    instead = f"Use the copy that was stored, or ask Pond5's support and name transaction {transaction}."
    raise calls.not_supported(INFO, "fetch a file again without buying it again", instead)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    instead = "Compare with the invoice, or ask your contact at Pond5."
    raise calls.not_supported(INFO, "list what was bought", instead)


def _read_cursor(cursor: str | None) -> tuple[int, str]:
    """Read a page's number and the first result of page 1.

    Whether pages count from 0 or from 1 is unconfirmed. They are asked for from 1 on; when those do not add
    up to the total, page 0 comes last, unless it turns out to be the same as page 1.
    """
    number, _, first = ("1" if cursor is None else cursor).partition("-")
    return (0 if number == "0" and first else calls.page_number(number)), first


def _read_found(ref: ListingRef, kind: MediaKind, answer: Node) -> tuple[Listing, tuple[_Version, ...]]:
    if answer.value == []:  # P5V2: that is how an item which is not there is answered
        raise NotFound(f"{INFO.name} has no item {ref.id}; it may have been removed.", marketplace=INFO.id)
    found, versions = _read_item(kind, answer)
    if found.ref != ref:
        raise answer.at("id").wrong("the item that was asked for")
    return found, versions


def _read_item(kind: MediaKind, item: Node) -> tuple[Listing, tuple[_Version, ...]]:
    item_id = item.at("id").identifier()
    versions = tuple(_read_version(item_id, kind, node) for node in item.at("versions").optional_items())
    best = max(versions, key=lambda version: version.width * version.height, default=None)
    told = item.hint_at("type").hint_text().lower()
    stills = [item.at("thumbnail")] + ([item.at("watermarkPreview")] if kind is MediaKind.IMAGE else [])
    return Listing(
        ref=ListingRef(marketplace=INFO.id, id=item_id),
        title=item.at("title").hint_text() or f"Item {item_id}",
        kind=next((one for one, name in TYPES.items() if name == told), kind),
        offers=tuple(Offer(license_label="", cost=version.price) for version in versions),
        description=item.at("description").hint_plain(),
        author=item.at("authorName").hint_text(),
        previews=answers.read_previews(stills),  # of video and music, `watermarkPreview` is no picture (RSL)
        files=tuple(
            ListedFile(id=one.id, name=f"pond5_{item_id}.{one.ending}".rstrip(".")) for one in versions
        ),
        formats=tuple(dict.fromkeys(one.ending for one in versions if one.ending)),
        tags=item.at("keywords").hint_texts(),
        editorial=item.at("editorial").optional_boolean(),
        width=item.at("width").hint_integer() or (best.width if best else None) or None,
        height=item.at("height").hint_integer() or (best.height if best else None) or None,
        duration_s=next((one.duration_s for one in versions if one.duration_s), None),
    ), versions


def _read_version(item_id: str, kind: MediaKind, node: Node) -> _Version:
    size, ending = node.at("size").hint_text(), node.at("fileType").hint_text().lower().lstrip(".")
    words, pixels = filter(None, (node.at("label").hint_text(), size, ending)), _PIXELS.search(size)
    return _Version(
        id=node.at("version").optional_identifier() or NO_VERSION[kind].format(item_id),
        label=" · ".join(words) or "The file",
        ending=file_ending(f"x.{ending}"),
        price=node.at("price").optional_money(),  # unconfirmed: number or text
        width=int(pixels[1]) if pixels else 0,
        height=int(pixels[2]) if pixels else 0,
        duration_s=node.at("duration").hint_seconds(),  # unconfirmed: in seconds
    )


def _read_purchase(item_id: str, answer: Node) -> base.PurchaseResult:
    transaction = answer.at("transaction").optional_identifier()
    link = answers.read_bought_link(f"pond5_{item_id}", answer.at("url"))  # good for how long: unconfirmed
    return base.PurchaseResult(
        outcome=base.PurchaseOutcome.PAID,
        marketplace_order_id=transaction,
        marketplace_license_id=transaction,
        links=(link,),
    )
