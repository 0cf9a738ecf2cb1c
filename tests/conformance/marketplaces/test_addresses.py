"""Ids come from vendors, files and people: none of them may lead a request to another endpoint."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests import Request as RequestsRequest

from core.errors import NotSupported, UserInputError
from core.http.message import Call
from core.marketplaces import registry
from core.marketplaces.base import Capability, OwnedRef, PurchaseRequest
from core.marketplaces.calls import join_url
from core.model.listing import Listing, ListingRef

HOSTILE = [
    "1/../../user", "../user", "..%2fuser", "%2e%2e", "a/b", "a\\b", "1?x=1", "1#x", "1;x", "a b", "..a",
    "a..", "стул", "🪑", "1\n2", "1\x00", "@evil.example", "//evil.example", "a:b", "ﬀ", "\ud800",
]  # fmt: skip
every_marketplace = pytest.mark.parametrize("marketplace", registry.all_ids())
# What is bought on a website builds no address with an id for us to send to; its pages are in test_websites.
every_api = pytest.mark.parametrize(
    "marketplace",
    [m for m in registry.all_ids() if Capability.PURCHASE_WEB not in registry.find(m).INFO.capabilities],
)


def _calls(marketplace: str, listing_id: str) -> list[Call[Any]]:
    """All first calls that have an id in their path."""
    module = registry.find(marketplace)
    kind = min(module.INFO.kinds)
    ref = ListingRef(marketplace=marketplace, id=listing_id)
    owned = OwnedRef(
        ref=ref, kind=kind, marketplace_license_id=listing_id, marketplace_order_id=listing_id, variant="huge"
    )
    calls = [
        module.listing(ref, kind),
        next(module.quote(Listing(ref=ref, title="x", kind=kind, offers=()))),
        module.purchase(
            PurchaseRequest(
                key="k", ref=ref, kind=kind, account_id="a", variant="v", license_label="Standard"
            )
        ),
    ]
    with suppress(NotSupported):  # there is no second link to ask for everywhere
        calls.append(next(module.download_links(owned)))
    if Capability.ORDER_STATUS in module.INFO.capabilities:
        calls.append(module.order_status(owned))
    return calls


def _refuses(marketplace: str, listing_id: str) -> bool:
    """Say whether a module whose ids are all numbers lets no other text into any address."""
    try:
        calls = _calls(marketplace, listing_id)
    except UserInputError as error:
        if error.code != "user_input.listing_id":
            raise
        return True
    assert calls
    return False


@every_api
@pytest.mark.parametrize("listing_id", HOSTILE)
def test_an_id_stays_one_segment(marketplace: str, listing_id: str) -> None:
    if _refuses(marketplace, listing_id):
        return
    for hostile, plain in zip(_calls(marketplace, listing_id), _calls(marketplace, "123"), strict=True):
        parts, wanted = urlsplit(hostile.request.url), urlsplit(plain.request.url)
        assert (parts.scheme, parts.netloc, parts.query, parts.fragment) == ("https", wanted.netloc, "", "")
        segments, expected = parts.path.split("/"), wanted.path.split("/")
        assert len(segments) == len(expected)
        assert [s for s, e in zip(segments, expected, strict=True) if s != e] == [
            e and s for s, e in zip(segments, expected, strict=True) if e == "123"
        ]


@every_api
@pytest.mark.parametrize("listing_id", HOSTILE)
def test_an_id_stays_one_segment_on_the_wire(marketplace: str, listing_id: str) -> None:
    """The HTTP library decodes and tidies addresses once more before it sends them."""
    if _refuses(marketplace, listing_id):
        return
    for hostile, plain in zip(_calls(marketplace, listing_id), _calls(marketplace, "123"), strict=True):
        sent = RequestsRequest("GET", hostile.request.url).prepare().url or ""
        path, expected = urlsplit(sent).path, urlsplit(plain.request.url).path
        assert path.count("/") == expected.count("/")
        assert path.split("123")[0].startswith(expected.split("123")[0])
        assert not {"..", "."} & set(path.split("/"))


@every_marketplace
@pytest.mark.parametrize("listing_id", ["", ".", "..", "....", "x" * 201])
def test_what_cannot_be_an_id_is_refused(marketplace: str, listing_id: str) -> None:
    module = registry.find(marketplace)
    with pytest.raises(UserInputError) as caught:
        module.listing(ListingRef(marketplace=marketplace, id=listing_id), min(module.INFO.kinds))
    assert len(str(caught.value)) < 400


@given(st.text(min_size=1, max_size=60))
def test_any_segment_comes_back_as_it_was(segment: str) -> None:
    try:
        url = join_url("https://api.example/v1", ("items", segment, "files"))
    except UserInputError:
        assert not segment.strip(".")
        return
    path = urlsplit(url).path.split("/")
    assert path[:3] + path[4:] == ["", "v1", "items", "files"]
    assert unquote(path[3]) == segment.encode("utf-8", "replace").decode()
