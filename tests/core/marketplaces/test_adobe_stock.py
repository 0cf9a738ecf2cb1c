"""What tapes do not show of Adobe Stock: headers, what is never sent, and what a purchase wants first."""

from __future__ import annotations

from typing import Any

import pytest
from tapes import drive

from core.errors import CredentialsRejected, OutcomeUnknown, RateLimited, UserInputError
from core.http.auth import CredentialField, Redirect
from core.http.message import Auth, Call, Idempotency, Response
from core.marketplaces import adobe_stock
from core.marketplaces.asked import SURCHARGE_ACCOUNT
from core.marketplaces.base import HistoryQuery, OwnedRef, PurchaseRequest
from core.model.listing import Listing, ListingRef, MediaKind, SearchQuery

IMAGE = MediaKind.IMAGE
REF = ListingRef(marketplace="adobe_stock", id="62305369")
KEY = "5b0f7f3a-8a55-4f4e-9d55-2f1f0f5b7c11"


def purchase(**facts: Any) -> Call[Any]:
    given = {"key": KEY, "ref": REF, "kind": IMAGE, "account_id": "1", "license_label": "Standard", **facts}
    return adobe_stock.purchase(PurchaseRequest(**given))


def all_calls() -> list[Call[Any]]:
    owned = OwnedRef(ref=REF, kind=IMAGE, marketplace_license_id="62305369:Standard:2017-11-01 22:57:48")
    return [
        next(adobe_stock.account()),
        adobe_stock.search(SearchQuery(text="x")),
        adobe_stock.listing(REF, IMAGE),
        next(adobe_stock.quote(Listing(ref=REF, title="x", kind=IMAGE, offers=()))),
        purchase(),
        purchase(references=(("2", "Project Banana"),)),
        next(adobe_stock.download_links(owned)),
        adobe_stock.history(HistoryQuery(ref=REF)),
        adobe_stock.history(HistoryQuery()),
    ]


def answer(call: Call[Any], status: int, body: bytes, **headers: str) -> Any:
    return call.read(Response(status=status, headers=headers, body=body))


@pytest.mark.parametrize("call", all_calls(), ids=lambda call: f"{call.operation}-{call.request.method}")
def test_every_call_names_the_product_and_never_licenses_again(call: Call[Any]) -> None:
    assert ("X-Product", "Clearance/1") in call.request.headers
    assert "license_again" not in dict(call.request.query)
    assert call.request.auth in (Auth.BEST, Auth.USER_OR_APP)


def test_only_the_license_call_spends_by_whatever_method() -> None:
    for call in all_calls():
        spends = call.request.url.endswith("/Content/License")
        assert (call.idempotency is Idempotency.SPENDING) == spends
    assert {purchase().request.method, purchase(references=(("2", "x"),)).request.method} == {"GET", "POST"}


def test_the_key_is_in_the_header_for_support() -> None:
    assert ("X-Request-Id", KEY) in purchase().request.headers
    assert KEY not in str(purchase().request.query)


@pytest.mark.parametrize(
    "facts",
    [
        {"account_id": ""},
        {"license_label": ""},
        {"account_id": SURCHARGE_ACCOUNT},
        {"ref": ListingRef(marketplace="adobe_stock", id="1,2")},
        {"ref": ListingRef(marketplace="shop", id="1")},
    ],
)
def test_what_a_purchase_wants_before_anything_is_sent(facts: dict[str, Any]) -> None:
    with pytest.raises(UserInputError):
        purchase(**facts)


def test_a_premium_filter_is_always_sent() -> None:
    """Without one Adobe does not keep to the limit."""
    for kind in (None, IMAGE, MediaKind.VIDEO, MediaKind.MODEL):
        sent = dict(adobe_stock.search(SearchQuery(text="", kind=kind)).request.query)
        assert sent["search_parameters[filters][premium]"] == "all"
        assert sent["search_parameters[limit]"] == "24"


@pytest.mark.parametrize("status", [400, 403, 404, 422])
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"error_code":"429050","message":"Too many requests"}', RateLimited),
        (b'{"error_code":429050}', RateLimited),
        (b'{"error_code":"401013"}', CredentialsRejected),
        (b'{"error":"x","code":"010","case":"y"}', CredentialsRejected),
        (b'{"code":"11"}', CredentialsRejected),
    ],
)
def test_the_number_in_a_refusal_outweighs_its_status(
    status: int, body: bytes, kind: type[Exception]
) -> None:
    for call in all_calls():
        with pytest.raises(kind):
            answer(call, status, body)


@pytest.mark.parametrize("status", [200, 204, 302, 408, 409, 500, 503])
def test_a_number_never_makes_a_doubtful_purchase_a_clear_one(status: int) -> None:
    with pytest.raises(OutcomeUnknown):
        answer(purchase(), status, b'{"error_code":"429050","message":"Too many requests"}')


@pytest.mark.parametrize(
    "body",
    [
        b"<html><h1>Error 403 Forbidden</h1>Guru Meditation",
        b"",
        b"null",
        b"[]",
        b'{"code":[]}',
        b'{"code":"x"}',
        b'{"error_code":true}',
        b'{"error_code":"' + b"9" * 400 + b'"}',
    ],
)
def test_what_the_edge_says_is_not_read_as_numbers(body: bytes) -> None:
    call = adobe_stock.listing(REF, IMAGE)
    with pytest.raises(Exception, match="does not allow this account"):
        answer(call, 403, body, **{"retry-after": "0"})


def test_a_history_without_an_end_is_left() -> None:
    """Pages that all claim to have a next one are not read for ever."""
    owned = OwnedRef(ref=REF, kind=IMAGE, marketplace_order_id="62305369:Standard")
    state = b'{"contents":{"62305369":{"purchase_details":{"state":"purchased","license":"Standard"}}}}'
    page = b'{"nb_results":100000,"files":[{"id":1,"license":"Standard","download_url":"https://stock.adobe.com/x"}]}'
    steps: list[int] = []

    def respond(step: int, call: Call[Any]) -> Response:
        steps.append(step)
        return Response(status=200, headers={}, body=page if step else state)

    with pytest.raises(Exception, match="lists no file"):
        drive(adobe_stock.download_links(owned), respond)
    assert len(steps) == 1 + adobe_stock.HISTORY_PAGES


def test_how_one_signs_in() -> None:
    auth = adobe_stock.INFO.auth
    assert auth.redirect is Redirect.PASTE
    assert auth.pkce and auth.public_client
    assert auth.app_scope.count(",") == 10 and " " not in auth.app_scope
    assert [(one.field, one.optional) for one in auth.fields] == [
        (CredentialField.CLIENT_ID, False),
        (CredentialField.CLIENT_SECRET, True),
        (CredentialField.REDIRECT_URI, True),
    ]
