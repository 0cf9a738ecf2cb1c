"""What is Pond5's own: pages of an unknown beginning, limits one wider, and a purchase that happens once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tapes import response_of

from core.errors import (
    AccessDenied,
    CredentialsRejected,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    UnexpectedResponse,
    UserInputError,
)
from core.http.message import Idempotency
from core.marketplaces import pond5
from core.marketplaces.base import OwnedRef, PurchaseRequest
from core.model.listing import ListingRef, MediaKind, SearchFilters, SearchPage, SearchQuery
from core.model.money import Money

REF = ListingRef(marketplace="pond5", id="12")


def item(number: int, **other: Any) -> dict[str, Any]:
    return {"id": number, "title": f"Clip {number}", "versions": [{"price": 10, "duration": 5}], **other}


def page_of(total: int | None, *items: dict[str, Any], cursor: str | None = None, **said: Any) -> SearchPage:
    body = {"items": list(items), **({} if total is None else {"totalNumberOfItems": total}), **said}
    call = pond5.search(SearchQuery(text="", kind=MediaKind.VIDEO, per_page=2, cursor=cursor))
    return call.read(response_of({"body": body}))


@given(total=st.integers(0, 23), per_page=st.integers(1, 9), base=st.integers(0, 1), told=st.booleans())
def test_every_result_comes_once_wherever_pages_begin(
    total: int, per_page: int, base: int, told: bool
) -> None:
    everything = [item(number + 1) for number in range(total)]
    query = SearchQuery(text="", kind=MediaKind.VIDEO, per_page=per_page)
    found: list[str] = []
    for _ in range(2 * total + 4):
        call = pond5.search(query)
        page = max(
            int(dict(call.request.query)["page"]), base
        )  # where they count from 1, page 0 is the first
        first = (page - base) * per_page
        body: dict[str, Any] = {"items": everything[first : first + per_page]}
        if told:
            body["totalNumberOfItems"] = total
        read = call.read(response_of({"body": body}))
        found += [listing.ref.id for listing in read.listings]
        if read.next_cursor is None:
            break
        query = SearchQuery(text="", kind=MediaKind.VIDEO, per_page=per_page, cursor=read.next_cursor)
    else:
        pytest.fail("the search does not end")
    assert sorted(found, key=int) == [str(number + 1) for number in range(total)]


def test_no_page_zero_is_no_failure_and_no_key_is_one() -> None:
    call = pond5.search(SearchQuery(text="", kind=MediaKind.VIDEO, cursor="0-12"))
    for status in (400, 404, 422):
        assert call.read(response_of({"status": status})).listings == ()
    for status, kind in ((401, CredentialsRejected), (403, AccessDenied), (429, RateLimited)):
        with pytest.raises(kind):
            call.read(response_of({"status": status}))
    with pytest.raises(NotFound):
        pond5.search(SearchQuery(text="", kind=MediaKind.VIDEO)).read(response_of({"status": 404}))


def test_nothing_found_may_have_no_list_at_all() -> None:
    call = pond5.search(SearchQuery(text="", kind=MediaKind.VIDEO))
    empty = call.read(response_of({"body": {"totalNumberOfItems": 0}}))
    assert (empty.listings, empty.next_cursor) == ((), None)
    with pytest.raises(UnexpectedResponse, match="items"):
        call.read(response_of({"body": {"totalNumberOfItems": 3}}))


@pytest.mark.parametrize("cursor", ["", "-", "0", "0-", "x-1", "-1-2", "1.0-2"])
def test_a_cursor_of_nobody_is_refused(cursor: str) -> None:
    with pytest.raises(UserInputError):
        pond5.search(SearchQuery(text="", kind=MediaKind.VIDEO, cursor=cursor))


def test_a_page_that_is_shorter_than_asked_for_is_not_the_last() -> None:
    first = page_of(5, item(1), item(2), itemsPerPage=1)
    assert first.next_cursor == "2-1"
    assert page_of(None, item(1)).next_cursor == "0-1"
    assert page_of(1, item(1)).next_cursor is None


def test_limits_are_sent_one_wider_and_kept_exactly() -> None:
    filters = SearchFilters(min_price=Money.parse("10.50"), max_price=Money.parse("20", "USD"))
    call = pond5.search(SearchQuery(text="sky", kind=MediaKind.IMAGE, filters=filters))
    assert dict(call.request.query)["query"] == "sky pricegt:10 pricelt:21"
    prices = ["10.49", "10.50", 20, "20.01", None]
    items = [item(n, versions=[{"price": price}]) for n, price in enumerate(prices)]
    page = call.read(response_of({"body": {"items": items, "totalNumberOfItems": 5}}))
    assert [listing.ref.id for listing in page.listings] == ["1", "2", "4"], "an unknown price is kept"
    free = SearchFilters(min_price=Money(minor=0), min_duration_s=0)
    assert "query" not in dict(pond5.search(SearchQuery(text="", filters=free)).request.query)


@pytest.mark.parametrize(
    ("size", "pixels"),
    [("3840x2160", (3840, 2160)), ("6000 X 4000", (6000, 4000)), ("1920×1080 px", (1920, 1080)),
     ("4K", (None, None)), (12345, (None, None)), ("1x1", (None, None)), (None, (None, None))],
)  # fmt: skip
def test_pixels_are_read_from_words(size: Any, pixels: tuple[int | None, int | None]) -> None:
    (listing,) = page_of(1, item(1, versions=[{"size": size}])).listings
    assert (listing.width, listing.height) == pixels


def test_buying_needs_a_version_and_happens_in_one_spending_get() -> None:
    for lacking in ({"account_id": "contract"}, {"variant": "12:1"}):
        with pytest.raises(UserInputError, match="ask for a quote"):
            pond5.purchase(PurchaseRequest(key="k", ref=REF, kind=MediaKind.VIDEO, **lacking))
    call = pond5.purchase(
        PurchaseRequest(key="k", ref=REF, kind=MediaKind.VIDEO, account_id="contract", variant="12:1")
    )
    assert (call.request.method, call.idempotency) == ("GET", Idempotency.SPENDING)
    assert call.request.url.endswith("/api/v3/items/download/12%3A1/12")
    for url in ("ftp://x/y", "", None, 5):
        with pytest.raises(OutcomeUnknown):
            call.read(response_of({"body": {"url": url, "transaction": "T"}}))
    # It was bought, though that link is never opened.
    plain = call.read(response_of({"body": {"url": "http://files.example/x", "transaction": "T"}}))
    assert (plain.marketplace_order_id, [link.unencrypted for link in plain.links]) == ("T", [True])


def test_there_is_no_second_link_and_the_sentence_says_what_to_do() -> None:
    owned = OwnedRef(ref=REF, kind=MediaKind.VIDEO, marketplace_order_id="T-9")
    with pytest.raises(NotSupported, match="T-9"):
        pond5.download_links(owned)
    with pytest.raises(NotSupported, match="unknown"):
        pond5.download_links(OwnedRef(ref=REF, kind=MediaKind.VIDEO))
