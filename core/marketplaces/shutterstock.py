"""Shutterstock API v2: images, licensed on an API subscription's allotment.

Builds calls and reads answers; it never sends, sleeps, authenticates, logs or catches. Sources: S-SPEC (the
vendor's OpenAPI file 1.0.30), S-SDK (its JavaScript SDK's pages, API 1.5.2; newer, so it wins), S-CONV (its
page "API conventions"), S-DIGEST (somebody's digest of its reference), S-GW (somebody's client of 2026-10).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from functools import partial

from ..errors import NotFound, UserInputError
from ..http.message import Auth, Call, Idempotency, Steps
from ..model.listing import ListedFile, Listing, ListingRef, MediaKind, SearchPage, SearchQuery, Sort
from ..model.money import Balance, Credits
from . import answers, base, calls
from .base import Capability as Can
from .reading import Node

INFO = base.MarketplaceInfo(
    id="shutterstock",
    name="Shutterstock",
    capabilities=frozenset({Can.SEARCH, Can.QUOTE, Can.PURCHASE_API, Can.HISTORY, Can.DOWNLOAD_API}),
    kinds=frozenset({MediaKind.IMAGE}),
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
    preview_hosts=frozenset({".shutterstock.com", "ak.picdn.net"}),  # S-SPEC examples
    requests_per_hour=100,  # ours; the vendor publishes no number
    key_page_url="https://www.shutterstock.com/account/developers/apps",
    docs_page="shutterstock.md",
)
API = calls.Endpoint(info=INFO, url="https://api.shutterstock.com/v2")

SIZES = ("huge", "medium", "small")  # best first; S-SDK LicenseImage.md has no `supersize` or `vector`
THUMBNAILS = ("huge_thumb", "preview", "large_thumb", "small_thumb", "preview_1000", "preview_1500")
SORTS = {Sort.RELEVANCE: "relevance", Sort.POPULAR: "popular", Sort.NEWEST: "newest"}
FILTERS = {"orientation": "orientation", "min_width": "width_from", "min_height": "height_from"}
HISTORY_PER_PAGE = 200  # S-SPEC: the maximum
NO_PLAN = "This account has no image plan for the API; one of the website does not count. Get an API plan."


def account() -> Steps[base.Account]:
    """Ask who we are and what is left to pay with."""
    user_name: str = yield API.get("account", ("user",), answers.read_user_name, auth=Auth.USER)
    plans: tuple[answers.Plan, ...] = yield _subscriptions()
    balances = tuple(plan.balance for plan in plans if plan.current)
    return base.Account(user_name=user_name, balances=balances, note="" if balances else NO_PLAN)


def search(query: SearchQuery) -> Call[SearchPage]:
    """Find listings."""
    calls.need_kind(INFO, query.kind)
    page, text = calls.page_number(query.cursor), calls.query_text(query.text)
    # S-SDK ImagesApi.md: arrays are repeated; without `license` it is `commercial`.
    # unconfirmed: `commercial` and `editorial` together mean both (S-GW sends them so).
    done, licenses = set(FILTERS), ["commercial", "editorial"]
    if query.filters.enhanced_license:
        done, licenses = done | {"enhanced_license"}, ["enhanced"]
    elif query.filters.exclude_editorial:
        done, licenses = done | {"exclude_editorial"}, ["commercial"]

    def read(answer: Node) -> SearchPage:
        search_id, total = answer.at("search_id").hint_text(), answer.at("total_count").hint_integer()
        found = [replace(_read_image(item), search_id=search_id) for item in answer.at("data").items()]
        return answers.search_page(query, found, page=page, total=total, on_server=done, sorts=SORTS)

    parameters = [("query", text)] if text else []
    parameters += [("view", "full"), ("sort", SORTS.get(query.sort, "relevance"))]
    parameters += [("license", name) for name in licenses]
    parameters += calls.filter_query(query.filters, FILTERS) + calls.paging(page, query.per_page)
    return API.get("search", ("images", "search"), read, auth=Auth.USER_OR_APP, query=parameters)


def listing(ref: ListingRef, kind: MediaKind) -> Call[Listing]:
    """Read one listing in full."""
    return _details(ref, kind, found_by="")


def quote(listing: Listing, wanted: base.Wanted = base.ANY) -> Steps[base.QuoteBasis]:
    """Find out what this listing costs us now, and under which license. Never a billable call."""
    fresh: Listing = yield _details(listing.ref, listing.kind, found_by=listing.search_id)
    plans: tuple[answers.Plan, ...] = yield _subscriptions()
    fresh, sizes = replace(fresh, search_id=listing.search_id), [file.id for file in fresh.files]
    # unconfirmed: a license uses one download; what it really used is `allotment_charge` in the answer.
    return answers.quote_on_plans(fresh, plans, sizes, Credits(amount=1), no_plan=NO_PLAN)


def purchase(request: base.PurchaseRequest) -> Call[base.PurchaseResult]:
    """Buy or order; the one SPENDING call."""
    image_id, path = calls.own_id(INFO, request.ref, request.kind), ("images", "licenses")
    if not request.account_id:
        raise UserInputError("Choose the plan to pay with: ask for a quote.", code="user_input.account")
    # S-SPEC LicenseRequestMetadata: at most four keys, which the history gives back. There is no idempotency
    # key: ours travels as `customer_id`, which API plans must send anyway (unconfirmed: S-GW).
    words = {"purchase_order": request.purchase_order, "job": request.project, "client": request.client}
    item = {
        "image_id": image_id,
        "subscription_id": request.account_id,
        "size": request.variant or SIZES[0],
        # unconfirmed: S-GW saw API plans want a price. S-SPEC: it is what the end customer of a resale pays;
        # nothing is resold here, so 0 is also the true answer.
        "price": 0,
        "metadata": {"customer_id": request.key, **calls.own_words(words)},
        "editorial_acknowledgement": request.editorial_acknowledged,
        **calls.own_words({"search_id": request.search_id}),
    }
    read, body, once = partial(_read_purchase, image_id), {"images": [item]}, Idempotency.SPENDING
    return API.post("purchase", path, read, auth=Auth.USER, body=body, idempotency=once)


def order_status(owned: base.OwnedRef) -> Call[base.HistoryRecord]:
    """Read one order; only with ORDER_STATUS."""
    raise calls.not_supported(INFO, "ask for one order", f"Look for {owned.ref} in the license history.")


def download_links(owned: base.OwnedRef) -> Steps[tuple[base.DownloadLink, ...]]:
    """Ask for the files of what is owned, free of charge."""
    image_id, license_id = calls.own_id(INFO, owned.ref, owned.kind), owned.marketplace_license_id
    if not license_id:  # S-SPEC, the older one, has none in the answer to a purchase
        page: base.HistoryPage = yield history(base.HistoryQuery(ref=owned.ref))
        again = [record.marketplace_license_id for record in page.records if record.downloadable is not False]
        if not again:
            raise NotFound(f"{INFO.name} lists no file of this image to fetch again.", marketplace=INFO.id)
        license_id = again[0]
    # A POST, and SAFE all the same: one more link to what is licensed already, under a scope that can license
    # nothing (`licenses.view`; S-SPEC downloadImage).
    path, body = ("images", "licenses", license_id, "downloads"), {"size": owned.variant or SIZES[0]}
    read, safe = partial(answers.read_link, f"shutterstock_{image_id}.jpg"), Idempotency.SAFE
    link: base.DownloadLink = yield API.post(
        "download_links", path, read, auth=Auth.USER, body=body, idempotency=safe
    )
    return (link,)


def history(query: base.HistoryQuery) -> Call[base.HistoryPage]:
    """Read the marketplace's own record of what this account bought."""
    calls.need_kind(INFO, query.kind)
    page = calls.page_number(query.cursor)
    read = answers.history_reader(query, _read_record, page=page, per_page=HISTORY_PER_PAGE)
    parameters = [("image_id", calls.own_id(INFO, query.ref))] if query.ref else []
    parameters += [("start_date", f"{query.since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")] if query.since else []
    parameters += [("sort", "newest"), *calls.paging(page, HISTORY_PER_PAGE)]
    return API.get("history", ("images", "licenses"), read, auth=Auth.USER, query=parameters)


def _details(ref: ListingRef, kind: MediaKind, *, found_by: str) -> Call[Listing]:
    # S-SDK ImagesApi.md getImage; S-DIGEST: the vendor asks for the search_id on details too.
    path, query = ("images", calls.own_id(INFO, ref, kind)), [("view", "full")]
    query += [("search_id", found_by)] if found_by else []
    return API.get("listing", path, _read_image, auth=Auth.USER_OR_APP, query=query)


def _subscriptions() -> Call[tuple[answers.Plan, ...]]:
    read = answers.read_each(_read_plan, "data")
    return API.get("subscriptions", ("user", "subscriptions"), read, auth=Auth.USER)


def _read_plan(item: Node) -> answers.Plan:
    # S-SDK Subscription.md, Allotment.md. S-SPEC's example has no `allotment`: what is left is not told then.
    formats = item.at("formats").optional_items()
    jpegs = [form for form in formats if form.at("format").hint_text() != "eps"]
    media = item.at("asset_type").hint_text() or next((f.at("media_type").hint_text() for f in formats), "")
    label, allotment = item.at("license").optional_text(), item.at("allotment")
    return answers.Plan(
        balance=Balance(
            label=item.at("description").hint_text() or label,
            left=allotment.at("downloads_left").optional_credits(),
            limit=allotment.at("downloads_limit").optional_credits(),
            account_id=item.at("id").identifier(),
            license_label=label,
        ),
        fits=media in ("images", "image"),
        expired=item.at("expiration_time").is_past(),
        variants=frozenset(form.at("size").hint_text() for form in jpegs) if formats else None,
    )


def _read_image(item: Node) -> Listing:
    # S-SDK Image.md, ImageAssets.md, ImageSizeDetails.md; `description` is the only title there is.
    image_id, assets = item.at("id").identifier(), item.at("assets")
    name, contributor = f"shutterstock_{image_id}.jpg", item.hint_at("contributor").hint_at("id").hint_text()
    told = {size: assets.hint_at(f"{size}_jpg") for size in SIZES}
    refused = [size for size in SIZES if told[size].at("is_licensable").hint_boolean() is False]
    sizes = {size: node for size, node in told.items() if node.told and size not in refused}
    bytes_of = {size: node.at("file_size").hint_integer() for size, node in sizes.items()}
    best = next(iter(sizes.values()), Node(value=None))
    return Listing(
        ref=ListingRef(marketplace=INFO.id, id=image_id),
        title=item.at("description").hint_text() or f"Image {image_id}",
        kind=MediaKind.IMAGE,
        offers=(),  # the license is the subscription's: only a quote can name it
        page_url=item.at("url").hint_url(),
        author=f"Contributor {contributor}" if contributor else "",  # S-SPEC: only an id is told
        previews=answers.read_previews(assets.at(thumbnail) for thumbnail in THUMBNAILS),
        files=tuple(ListedFile(id=size, name=name, size=count) for size, count in bytes_of.items()),
        formats=("jpg",) if sizes else (),
        tags=item.at("keywords").hint_texts(),
        editorial=item.at("is_editorial").optional_boolean(),
        width=best.at("width").hint_integer(),
        height=best.at("height").hint_integer(),
    )


def _read_purchase(image_id: str, answer: Node) -> base.PurchaseResult:
    # Status 200 also when the item failed: it succeeded with an address and without an error (S-GW).
    items = answer.at("data").optional_items()
    if not items and answer.at("errors").optional_items():
        return answers.refused(answer.value)
    if len(items) != 1 or items[0].at("image_id").identifier() != image_id:
        raise answer.at("data").wrong("the result for this one image")
    error, download = items[0].at("error"), items[0].at("download")
    if error.value and download.told:
        raise error.wrong("possible beside a download")
    if error.value:
        return answers.refused(error.value)
    license_id = items[0].at("license_id").optional_identifier()  # S-SDK LicenseImageResult.md; not in S-SPEC
    return base.PurchaseResult(
        outcome=base.PurchaseOutcome.PAID,
        marketplace_order_id=license_id,
        marketplace_license_id=license_id,
        charged=items[0].at("allotment_charge").optional_credits(),
        links=(answers.read_link(f"shutterstock_{image_id}.jpg", download),),  # good for 8 hours (S-SDK)
    )


def _read_record(item: Node) -> base.HistoryRecord:
    license_id = item.at("id").identifier()  # S-SPEC DownloadHistory: an entry is a license that was given
    return base.HistoryRecord(
        ref=ListingRef(marketplace=INFO.id, id=item.at("image").at("id").identifier()),
        state=base.RecordState.PAID,
        marketplace_order_id=license_id,
        marketplace_license_id=license_id,
        key=item.hint_at("metadata").at("customer_id").hint_text(),
        license_label=item.at("license").optional_text(),
        account_id=item.at("subscription_id").optional_identifier(),
        at=item.at("download_time").hint_time(),
        downloadable=item.at("is_downloadable").hint_boolean(),
    )
