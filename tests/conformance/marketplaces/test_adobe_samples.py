"""Adobe Stock's readers on every real sample of the vendor's documents and SDK, each by its name.

The samples are read through the calls that would have been answered with them. One that no check is written
for fails, and so does a check without its sample.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tapes import drive

from core.errors import (
    CredentialsRejected,
    MarketplaceError,
    NotFound,
    RateLimited,
    RequestRejected,
    UnexpectedResponse,
)
from core.http.message import Call, Response
from core.http.oauth import read_token
from core.marketplaces import adobe_stock, asked
from core.marketplaces.adobe_answers import CC_PRO, NO_QUOTA
from core.marketplaces.base import (
    Account,
    HistoryQuery,
    HistoryRecord,
    OwnedRef,
    PurchaseOutcome,
    PurchaseRequest,
    PurchaseResult,
    QuoteBasis,
    RecordState,
    Wanted,
)
from core.model.listing import Listing, ListingRef, MediaKind, SearchPage, SearchQuery
from core.model.money import Balance, Credits

pytestmark = pytest.mark.needs_shared

Json = Any
IMAGE, VIDEO = MediaKind.IMAGE, MediaKind.VIDEO


def answer(call: Call[Any], body: Json, status: int = 200, **headers: str) -> Any:
    return call.read(Response(status=status, headers=headers, body=json.dumps(body).encode()))


def refusal(call: Call[Any], body: Json, status: int, **headers: str) -> MarketplaceError:
    with pytest.raises(MarketplaceError) as caught:
        answer(call, body, status, **headers)
    assert caught.value.status == status
    return caught.value


def ref(content_id: str) -> ListingRef:
    return ListingRef(marketplace="adobe_stock", id=content_id)


def search(body: Json, kind: MediaKind = IMAGE) -> SearchPage:
    page: SearchPage = answer(adobe_stock.search(SearchQuery(text="x", kind=kind)), body)
    return page


def file(body: Json, content_id: str, kind: MediaKind = IMAGE) -> Listing:
    found: Listing = answer(adobe_stock.listing(ref(content_id), kind), body)
    return found


def quote(profile: Json, *, wanted: str = "", content_id: str = "7") -> QuoteBasis:
    """Quote an asset that is not licensed yet, with this answer of Member/Profile."""
    details = {"files": [{"id": int(content_id), "media_type_id": 1, "comps": {"Standard": {}}}]}
    state = {"contents": {content_id: {"purchase_details": {"state": "not_purchased"}}}}
    bodies = [details, state, profile]

    def respond(step: int, call: Call[Any]) -> Response:
        return Response(status=200, headers={}, body=json.dumps(bodies[step]).encode())

    listing = Listing(ref=ref(content_id), title="As found", kind=IMAGE, offers=())
    basis: QuoteBasis = drive(adobe_stock.quote(listing, Wanted(license_label=wanted)), respond)
    return basis


def account(profile: Json) -> Account:
    found: Account = drive(
        adobe_stock.account(),
        lambda step, call: Response(status=200, headers={}, body=json.dumps(profile).encode()),
    )
    return found


def request(content_id: str, **more: Any) -> PurchaseRequest:
    facts = {
        "key": "k",
        "ref": ref(content_id),
        "kind": IMAGE,
        "account_id": "1",
        "license_label": "Standard",
    }
    return PurchaseRequest(**{**facts, **more})


def records(body: Json, content_id: str = "", label: str = "") -> tuple[HistoryRecord, ...]:
    query = HistoryQuery(ref=ref(content_id) if content_id else None, license_label=label)
    found: tuple[HistoryRecord, ...] = answer(adobe_stock.history(query), body).records
    return found


def left(basis: QuoteBasis) -> Balance:
    (balance,) = basis.accounts
    return balance


def check_not_purchased(body: Json) -> None:
    assert records(body, "59741022") == ()


def check_purchased_extended(body: Json) -> None:
    (record,) = records(body, "62047262", "Extended")
    assert (record.state, record.license_label) == (RecordState.PAID, "Extended")
    assert record.marketplace_license_id == "62047262:Extended:2015-02-10 15:00:00"
    assert record.at is not None
    assert record.at.isoformat() == "2015-02-10T15:00:00+00:00"
    assert records(body, "62047262", "Standard") == ()


def check_purchased_standard(body: Json) -> None:
    (record,) = records(body, "62305369")
    assert record.marketplace_order_id == "62305369:Standard"


def check_just_purchased(body: Json) -> None:
    result: PurchaseResult = answer(adobe_stock.purchase(request("62305369")), body)
    assert (result.outcome, result.license_label) == (PurchaseOutcome.PAID, "Standard")
    assert result.charged is None
    assert result.balance is not None
    assert result.balance.left == Credits(amount=48, unit="license")
    (link,) = result.links
    assert link.url == "https://stock.adobe.com/Rest/Libraries/Download/62305369/1"
    assert (link.name, link.token_parameter) == ("AdobeStock_62305369.jpg", "token")


def check_not_possible(body: Json) -> None:
    result: PurchaseResult = answer(adobe_stock.purchase(request("84071201")), body)
    assert result.outcome is PurchaseOutcome.REFUSED
    assert result.why_not == "no reason given"
    assert not result.links


def check_post_body(body: Json) -> None:
    noted = tuple((entry["id"], entry["value"]) for entry in body["cce_agency"])
    call = adobe_stock.purchase(request("7", references=noted))
    assert call.request.method == "POST"
    assert json.loads(call.request.json_body or "") == body


def check_missing_product(body: Json) -> None:
    error = refusal(adobe_stock.listing(ref("7"), IMAGE), body, 400)
    assert type(error) is RequestRejected
    assert "X-Product" in error.message
    assert ("X-Product", "Clearance/1") in adobe_stock.listing(ref("7"), IMAGE).request.headers


def check_wrong_license(body: Json) -> None:
    call = adobe_stock.purchase(request("121222021"))
    error = refusal(call, body, 400)
    assert type(error) is RequestRejected
    assert "does not match type of content" in error.message


def check_wrong_token(body: Json) -> None:
    assert type(refusal(adobe_stock.search(SearchQuery(text="x")), body, 401)) is CredentialsRejected


def check_wrong_key(body: Json) -> None:
    assert type(refusal(adobe_stock.search(SearchQuery(text="x")), body, 403)) is CredentialsRejected
    assert type(refusal(adobe_stock.purchase(request("7")), body, 403)) is CredentialsRejected


def check_too_fast(body: Json) -> None:
    call = adobe_stock.search(SearchQuery(text="x"))
    for status in (429, 403):  # told by the number, whatever the status is
        error = refusal(call, body, status, **{"retry-after": "1"})
        assert isinstance(error, RateLimited)
        assert error.retry_after_s == 1.0


def check_invalid_ids(body: Json) -> None:
    for status in (404, 400):  # the table says 404, the example does not say
        assert type(refusal(adobe_stock.listing(ref("7"), IMAGE), body, status)) is NotFound


def check_ids_only(body: Json) -> None:
    listing = file(body, "120451263")
    assert (listing.title, listing.kind, listing.editorial) == ("Asset 120451263", IMAGE, None)
    with pytest.raises(NotFound):
        file(body, "82000000")


def check_is_editorial(body: Json) -> None:
    listing = file(body, "320999999")
    assert listing.editorial is False
    assert (listing.tags, listing.collection) == (("2020", "business"), "Business")
    assert listing.formats == ("jpg",)


def check_is_licensed(body: Json) -> None:
    assert file(body, "62305369").title == "Asset 62305369"


def check_two_thumbnails(body: Json) -> None:
    for content_id in ("77625150", "117356939"):
        (preview,) = file(body, content_id).previews
        assert preview.url.startswith("https://as2.ftcdn.net/jpg/")


def check_user_token(body: Json) -> None:
    token = read_token(body, {})
    assert (token.access_token, token.refresh_token) == ("{ACCESS_TOKEN}", "{REFRESH_TOKEN}")
    assert token.expires_in_s == 86399


def check_app_token(body: Json) -> None:
    token = read_token(body, {})
    assert (token.access_token, token.refresh_token, token.expires_in_s) == ("{ACCESS_TOKEN}", None, 86399)


def check_history_guide(body: Json) -> None:
    (record,) = records(body)
    assert record.ref == ref("77438420")
    assert (record.marketplace_order_id, record.marketplace_license_id) == ("77438420:Standard", "")
    assert record.at is None  # "1/19/21, 11:30 PM" is for people
    assert record.downloadable is True


def check_history_one(body: Json) -> None:
    (record,) = records(body)
    assert record.marketplace_order_id == "112670342:Standard"
    owned = OwnedRef(ref=ref("112670342"), kind=IMAGE, marketplace_order_id="112670342:Standard")
    state = {"contents": {"112670342": {"purchase_details": {"state": "purchased", "license": "Standard"}}}}
    (link,) = drive(
        adobe_stock.download_links(owned),
        lambda step, call: Response(
            status=200, headers={}, body=json.dumps(body if step else state).encode()
        ),
    )
    assert link.url.endswith("/DownloadFileDirectly/ikMRKBPqHDrtTifHkbbxGfKhIGVQPw6y")
    assert link.name == "AdobeStock_112670342.jpg"


def check_history_schema(body: Json) -> None:
    (record,) = records(body)
    assert record.marketplace_order_id == "0:string"
    assert record.downloadable is False  # "string" is no address


def check_references(body: Json) -> None:
    asks = {"purchase_options": {"state": "possible", "message": ""}, **body}
    project, client = quote(asks).references
    assert (project.id, project.label, project.required) == ("2", "Enter project reference...", True)
    assert (client.id, client.required) == ("4", False)


def check_no_content(body: Json) -> None:
    found = account(body)
    assert found.user_name == "Member 41003529"
    assert found.balances[0].left == Credits(amount=3, unit="credit")
    assert found.note == ""


def check_checkout(body: Json) -> None:
    basis = quote(body)
    assert "says: “Would you like to see purchase options?”" in basis.why_not
    assert basis.page_url == ""  # plain http
    assert not basis.accounts
    assert account(body).note == NO_QUOTA


def check_no_quota(body: Json) -> None:
    assert "enough standard credits" in quote(body).why_not
    assert account(body).balances[0].left == Credits(amount=0, unit="credit")


def check_null_entitlement(body: Json) -> None:
    assert "“You cannot license this type of asset" in quote(body).why_not
    assert account(body).balances[0].left is None
    assert account(body).note == NO_QUOTA


def check_staging(body: Json) -> None:
    basis = quote(body)
    assert "“You have 0 licenses. Purchase on Adobe Stock?”" in basis.why_not
    assert basis.page_url.startswith("https://primary.staging.adobestock.com/84071201")


def check_overage(body: Json) -> None:
    basis = quote(body)
    assert basis.surcharge == "Would you like to license the image for $2.99?"
    assert (basis.cost, left(basis).account_id) == (None, asked.SURCHARGE_ACCOUNT)
    assert left(basis).left == Credits(amount=0, unit="license")


def check_possible(body: Json) -> None:
    basis = quote(body)
    assert basis.cost == Credits(amount=1, unit="license")
    assert (basis.surcharge, basis.note) == ("", "This will use 1 of your 48 licenses.")
    assert left(basis).left == Credits(amount=48, unit="license")
    assert left(basis).account_id == "1272100"


def check_enterprise(body: Json) -> None:
    basis = quote(body)
    assert basis.cost == Credits(amount=1, unit="credit")
    assert left(basis).label == "Enterprise entitlement"
    assert left(basis).account_id == "entitlement"  # no member is told


def check_possible_licenses(body: Json) -> None:
    basis = quote(body, wanted="Extended")
    assert (basis.license_label, basis.cost) == ("Extended", Credits(amount=2, unit="credit"))
    assert [(option.label, option.cost) for option in basis.options] == [
        ("Social Media · 5 Credits", Credits(amount=5, unit="credit")),
        ("Extended · 2 Credits", Credits(amount=2, unit="credit")),
    ]
    assert CC_PRO not in basis.note
    entitlement = {**body["available_entitlement"], "organization_has_ccpro": True}
    assert CC_PRO in quote({**body, "available_entitlement": entitlement}, wanted="Extended").note


def check_dogs(body: Json) -> None:
    page = search(body)
    (listing,) = page.listings
    assert (listing.ref.id, listing.author, listing.collection) == ("86760419", "Christin Lola", "Dogs")
    assert (listing.width, listing.height, listing.premium) == (3454, 2303, False)
    assert listing.previews[0].height == 334
    assert (page.total, page.next_cursor) == (930400, "24")


def check_premium(body: Json) -> None:
    (listing,) = search(body).listings
    assert listing.premium is True


def check_result_columns(body: Json) -> None:
    """The answer to a search that asks for no ids; ours always does: without them nothing has a name."""
    with pytest.raises(UnexpectedResponse) as caught:
        search(body)
    assert caught.value.context["path"] == "files[0].id"
    assert ("result_columns[]", "id") in adobe_stock.search(SearchQuery(text="x")).request.query
    page = search({"files": [{"id": 5684305, **body["files"][0]}]})
    assert page.listings[0].page_url.startswith("https://stock.adobe.com/5684305")


def check_guide(body: Json) -> None:
    (listing,) = search(body).listings
    assert (listing.title, listing.kind) == ("five kittens", IMAGE)


def check_video(body: Json) -> None:
    (listing,) = search(body, VIDEO).listings
    assert (listing.kind, listing.formats) == (VIDEO, ("mov",))
    assert listing.offers[0].license_label == "Video_HD"


CHECKS: dict[str, Callable[[Json], None]] = {
    "content_info.not_purchased": check_not_purchased,
    "content_info.purchased_extended": check_purchased_extended,
    "content_info.purchased_standard": check_purchased_standard,
    "content_license.just_purchased": check_just_purchased,
    "content_license.not_possible": check_not_possible,
    "content_license.post_body_cce_agency": check_post_body,
    "error.400_files_missing_x_product": check_missing_product,
    "error.400_license_type_mismatch": check_wrong_license,
    "error.401_oauth_token_not_valid": check_wrong_token,
    "error.403_api_key_invalid": check_wrong_key,
    "error.429_too_many_requests": check_too_fast,
    "error.files_invalid_ids": check_invalid_ids,
    "files.ids_only_missing_id_dropped": check_ids_only,
    "files.is_editorial": check_is_editorial,
    "files.is_licensed": check_is_licensed,
    "files.two_with_thumbnails": check_two_thumbnails,
    "ims_token.authorization_code": check_user_token,
    "ims_token.client_credentials": check_app_token,
    "license_history.dam_guide": check_history_guide,
    "license_history.one_of_three": check_history_one,
    "license_history.schema_example": check_history_schema,
    "member_profile.fragment_cce_agency": check_references,
    "member_profile.no_content_id": check_no_content,
    "member_profile.not_possible_checkout": check_checkout,
    "member_profile.not_possible_no_quota": check_no_quota,
    "member_profile.not_possible_null_entitlement": check_null_entitlement,
    "member_profile.not_possible_staging": check_staging,
    "member_profile.overage": check_overage,
    "member_profile.possible": check_possible,
    "member_profile.possible_enterprise": check_enterprise,
    "member_profile.possible_licenses": check_possible_licenses,
    "search_files.dogs_default_columns": check_dogs,
    "search_files.premium_level_3": check_premium,
    "search_files.result_columns": check_result_columns,
    "search_files.s2s_guide": check_guide,
    "search_files.video": check_video,
}


@pytest.fixture(scope="module")
def samples(shared_dir: Path) -> Path:
    return shared_dir / "api-specs" / "samples" / "adobestock"


def test_every_sample_has_a_check(samples: Path) -> None:
    there = {path.stem for path in samples.glob("*.json")} - {"ORIGINS"}
    assert there == set(CHECKS)
    assert len(there) == 36
    origins = json.loads((samples / "ORIGINS.json").read_text(encoding="utf-8"))
    assert {name.removesuffix(".json") for name in origins} == there


@pytest.mark.parametrize("name", CHECKS)
def test_sample(samples: Path, name: str) -> None:
    CHECKS[name](json.loads((samples / f"{name}.json").read_text(encoding="utf-8")))


def test_an_unreadable_purchase_is_never_a_refusal(samples: Path) -> None:
    """Each sample of another kind, taken for the answer to a purchase, leaves the outcome in doubt."""
    call = adobe_stock.purchase(replace(request("62305369")))
    for path in sorted(samples.glob("*.json")):
        if path.stem.startswith(("search", "files", "member", "license_history", "ims")):
            with pytest.raises(MarketplaceError) as caught:
                answer(call, json.loads(path.read_text(encoding="utf-8")))
            assert caught.value.code == "marketplace.outcome_unknown", path.stem
