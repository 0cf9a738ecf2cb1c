"""Shutterstock API v2: images, video and audio, licensed on an API subscription's allotment.

Builds calls and reads answers; it never sends, sleeps, authenticates, logs or catches. Sources: S-SPEC (the
vendor's OpenAPI file 1.0.30), S-SDK (its JavaScript SDK's pages, API 1.5.2; newer, so it wins), S-CONV (its
page "API conventions"), S-115 (the OpenAPI file 1.1.5, converted by somebody), S-DIGEST (somebody's digest
of its reference), S-GW (somebody's client of 2026-10).
Left out: the editorial collection (`/v2/editorial`), which wants a country with every search and license.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date
from functools import partial
from typing import Any

from ..errors import NotFound, UserInputError
from ..http.message import Auth, Call, Idempotency, Steps
from ..model.listing import (
    Listing,
    ListingRef,
    MediaKind,
    Orientation,
    SearchFilters,
    SearchPage,
    SearchQuery,
    Sort,
)
from ..model.money import Credits
from . import answers, base, calls, ways
from .base import Capability as Can
from .reading import Node
from .shutterstock_media import MEDIA, read_item, read_plan, read_purchase, read_record

INFO = base.MarketplaceInfo(
    id="shutterstock",
    name="Shutterstock",
    capabilities=frozenset({Can.SEARCH, Can.QUOTE, Can.PURCHASE_API, Can.HISTORY, Can.DOWNLOAD_API}),
    kinds=frozenset(MEDIA),
    auth=base.AuthConfig(
        app=base.AppAuth.BASIC,
        authorize_url="https://accounts.shutterstock.com/oauth/authorize",  # S-SPEC securitySchemes
        token_url="https://api.shutterstock.com/v2/oauth/access_token",  # noqa: S106 - an address
        scopes=("user.view", "licenses.create", "licenses.view", "purchases.view"),
        extra_authorize=(("realm", "customer"),),
        extra_token=(("realm", "customer"), ("expires", "true")),  # S-SPEC: without it a token never expires
        manual_user_token=True,  # S-DIGEST: "Generate token" on the app's page
        redirect_host="localhost",  # S-SDK README: the registered host, by default this one
    ),
    api_hosts=frozenset({"api.shutterstock.com"}),
    download_hosts=frozenset({".shutterstock.com"}),  # S-SPEC examples: download.shutterstock.com
    preview_hosts=frozenset({".shutterstock.com", ".picdn.net"}),  # S-SPEC examples
    requests_per_hour=100,  # ours; the vendor publishes no number
    key_page_url="https://www.shutterstock.com/account/developers/apps",
    docs_page="shutterstock.md",
    search_kinds=tuple(MEDIA),
    numbers_by_kind=True,  # S-SPEC: /v2/images/1 and /v2/videos/1 are two things
    # S-SPEC: LicenseVideo names the size; RedownloadImage gives an image in any.
    sold_by_size=frozenset({MediaKind.VIDEO}),
    # S-115 (the 1.1.5 file): at most 50 a call, of each kind; 200 also where some of them failed (S-GW).
    bulk=base.BulkRule(most=50, results="data"),
    refund=base.RefundPolicy(
        summary="A license is final as far as the API goes: nothing there takes one back.",
        how="Write to Shutterstock's support and name the license id; what they grant was not found written.",
        url="https://www.shutterstock.com/developers/api-terms",
        read_on=date(2026, 11, 23),
        confirmed=False,
    ),
)
API = calls.Endpoint(info=INFO, url="https://api.shutterstock.com/v2")

HISTORY_PER_PAGE = 200  # S-SPEC: the maximum
BEYOND_HD = {"min_width": 2048, "min_height": 1080}  # S-SPEC: an `hd` of 2046 by 1080
NO_PLAN = "This account has no {} plan for the API; one of the website does not count. Get an API plan."


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    user_name: str = yield API.get("account", ("user",), answers.read_user_name, auth=Auth.USER)
    plans: tuple[answers.Plan, ...] = yield _subscriptions(*MEDIA)
    balances = tuple(plan.balance for plan in plans if plan.current)
    note = "" if balances else NO_PLAN.format("image, video or audio")
    return base.Account(user_name=user_name, balances=balances, note=note)


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    page, text = calls.page_number(query.cursor), calls.query_text(query.text)
    kind = query.kind or MediaKind.IMAGE
    medium, (special, done, roughly) = MEDIA[kind], _narrow(kind, query.filters)
    done |= medium.filters.keys() & calls.asked_filters(query.filters).keys()

    def read(answer: Node) -> SearchPage:
        search_id, total = answer.at("search_id").hint_text(), answer.at("total_count").hint_integer()
        some, odd = answers.read_some(answer.at("data").items(), partial(read_item, kind))
        found = [replace(item, search_id=search_id) for item in some]
        told = partial(answers.search_page, query, page=page, total=total, on_server=done, sorts=medium.sorts)
        return told(found, sent_coarsely=roughly, never_told=medium.untold, left_out=odd)

    order = medium.sorts.get(query.sort) or medium.sorts[Sort.RELEVANCE]
    parameters = [("query", text)] if text else []
    parameters += [("view", "full"), ("sort", order), *special]
    parameters += calls.filter_query(query.filters, medium.filters) + calls.paging(page, query.per_page)
    return API.get("search", (medium.path, "search"), read, auth=Auth.USER_OR_APP, query=parameters)


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    return _details(ref, kind, found_by="")


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    fresh: Listing = yield _details(listing.ref, listing.kind, found_by=listing.search_id)
    plans: tuple[answers.Plan, ...] = yield _subscriptions(fresh.kind)
    medium, had = MEDIA[fresh.kind], {file.id for file in fresh.files}
    sizes = {size: size for size in medium.sizes if (size or medium.name) in had}
    # unconfirmed: a license uses one download; what it really used is `allotment_charge` in the answer.
    quoted = partial(ways.quote_on_plans, cost=Credits(amount=1), no_plan=NO_PLAN.format(medium.name))
    return quoted(replace(fresh, search_id=listing.search_id), plans, sizes, wanted)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    item_id = calls.own_id(INFO, request.ref, request.kind)
    medium = MEDIA[request.kind]
    if not request.account_id:
        raise UserInputError("Choose the plan to pay with: ask for a quote.", code="user_input.account")
    # S-SPEC LicenseRequestMetadata: at most four keys, which the history gives back. There is no idempotency
    # key: ours travels as `customer_id`, which API plans must send anyway (unconfirmed: S-GW).
    words = {"purchase_order": request.purchase_order, "job": request.project, "client": request.client}
    item: dict[str, Any] = {
        f"{medium.name}_id": item_id,
        "metadata": {"customer_id": request.key, **calls.own_words(words)},
        **calls.own_words({"search_id": request.search_id}),
    }
    if request.kind is MediaKind.AUDIO:  # S-SPEC LicenseAudio: names the license, and no subscription
        item |= calls.own_words({"license": request.license_label})
    else:
        item |= {
            "subscription_id": request.account_id,
            "size": request.variant or next(iter(medium.sizes)),
            # unconfirmed: S-GW saw API plans want a price. S-SPEC: it is what the end customer of a resale
            # pays; nothing is resold here, so 0 is also the true answer.
            "price": 0,
            "editorial_acknowledgement": request.editorial_acknowledged,
        }
    path, read = (medium.path, "licenses"), partial(read_purchase, request.kind, item_id)
    body, once = {medium.path: [item]}, Idempotency.SPENDING
    return API.post("purchase", path, read, auth=Auth.USER, body=body, idempotency=once)


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "ask for one order", f"Look for {owned.ref.id} in the license history.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    item_id, license_id = calls.own_id(INFO, owned.ref, owned.kind), owned.marketplace_license_id
    medium, size = MEDIA[owned.kind], owned.variant
    if not license_id:  # S-SPEC, the older one, has none in the answer to a purchase
        page: base.HistoryPage = yield history(base.HistoryQuery(ref=owned.ref, kind=owned.kind))
        there = [record for record in page.records if record.downloadable is not False]
        again = [x for x in there if size in ("", x.variant)] or [x for x in there if not x.variant]
        if not again:
            raise NotFound(
                f"{INFO.name} lists no file of this {medium.name} to fetch again.", marketplace=INFO.id
            )
        license_id, size = again[0].marketplace_license_id, size or again[0].variant
    if not size and owned.kind is MediaKind.IMAGE:  # of a film the size that was licensed, whichever it is
        size = next(iter(medium.sizes))
    # A POST, and SAFE all the same: one more link to what is licensed already, under a scope that can license
    # nothing (`licenses.view`; S-SPEC downloadImage).
    path = (medium.path, "licenses", license_id, "downloads")
    read, body = partial(answers.read_link, medium.file.format(item_id)), {"size": size} if size else {}
    post = partial(API.post, "download_links", path, read, auth=Auth.USER, idempotency=Idempotency.SAFE)
    link: base.DownloadLink = yield post(body=body)
    return (link,)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    calls.need_kind(INFO, query.kind)
    page, medium = calls.page_number(query.cursor), MEDIA[query.kind]
    record = partial(read_record, query.kind)
    read = answers.history_reader(query, record, page=page, per_page=HISTORY_PER_PAGE)
    parameters = [(f"{medium.name}_id", calls.own_id(INFO, query.ref))] if query.ref else []
    # S-SPEC has only `audio_id` for audio; S-SDK has the same filters for all three.
    parameters += [("start_date", f"{query.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")] if query.since else []
    parameters += [("sort", "newest"), *calls.paging(page, HISTORY_PER_PAGE)]
    return API.get("history", (medium.path, "licenses"), read, auth=Auth.USER, query=parameters)


def _narrow(kind: MediaKind, asked: SearchFilters) -> tuple[list[tuple[str, str]], set[str], set[str]]:
    """Return parameters beyond the plain ones, the filters that they do, and those that they do roughly."""
    said: list[tuple[str, str]] = []
    done, licenses = set[str](), ["commercial", "editorial"]
    # S-SDK ImagesApi.md: arrays are repeated; without `license` it is `commercial`.
    # unconfirmed: `commercial` and `editorial` together mean both (S-GW sends them so).
    if kind is MediaKind.IMAGE and asked.enhanced_license:
        done, licenses = {"enhanced_license"}, ["enhanced"]
    elif kind is not MediaKind.AUDIO and asked.editorial_only:
        done, licenses = {"editorial_only"}, ["editorial"]
    elif kind is not MediaKind.AUDIO and asked.exclude_editorial:
        done, licenses = {"exclude_editorial"}, ["commercial"]
    said += [("license", name) for name in licenses] if kind is not MediaKind.AUDIO else []
    if kind is MediaKind.IMAGE and asked.orientation is not None:
        square = asked.orientation is Orientation.SQUARE
        said, done = (
            [*said, ("aspect_ratio", "1") if square else ("orientation", asked.orientation)],
            done | {"orientation"},
        )
    roughly = {name for name, most in BEYOND_HD.items() if (getattr(asked, name) or 0) > most}
    if kind is not MediaKind.VIDEO or not roughly:
        return said, done, set()
    return [*said, ("resolution", "4k")], done | roughly, roughly


def _details(ref: ListingRef, kind: MediaKind, *, found_by: str) -> Call[Listing]:
    # S-SDK ImagesApi.md getImage; S-DIGEST: the vendor asks for the search_id on details too.
    item_id, query = calls.own_id(INFO, ref, kind), [("view", "full")]
    query += [("search_id", found_by)] if found_by else []
    path, read = (MEDIA[kind].path, item_id), partial(read_item, kind)
    return API.get("listing", path, read, auth=Auth.USER_OR_APP, query=query)


def _subscriptions(*kinds: MediaKind) -> Call[tuple[answers.Plan, ...]]:
    read = answers.read_each(partial(read_plan, kinds), "data")
    return API.get("subscriptions", ("user", "subscriptions"), read, auth=Auth.USER)
