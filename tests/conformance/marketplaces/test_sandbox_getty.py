"""Getty Images' module against the sandbox, which was written from the same documents by itself.

Whole purchases, in every form that the documents leave open, and each refusal that an artist can run into.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sandbox_process import SandboxProcess, send, start_sandbox
from tapes import Steps, drive

from core.errors import (
    AccessDenied,
    CredentialsRejected,
    NotFound,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
)
from core.http.message import Call, Response
from core.licenses import LicenseCatalogue
from core.marketplaces import getty_images
from core.marketplaces.base import HistoryQuery, OwnedRef, PurchaseOutcome, PurchaseRequest, Wanted
from core.model.listing import Listing, ListingRef, MediaKind, Orientation, SearchFilters, SearchQuery, Sort
from core.model.money import Credits

KEY = "5b0f7f3a-8a55-4f4e-9d55-2f1f0f5b7c11"
IMAGE, VIDEO = MediaKind.IMAGE, MediaKind.VIDEO
PHOTO, GONE, ON_REQUEST, FILM = "95744000", "95745258", "95744629", "690773000"
HULTON, NEWS = "95745184", "95745110"
FORMS: list[dict[str, str]] = [
    {},
    {"getty_largest_downloads": "downloads", "getty_editorial_flag": "absent", "getty_video": "list"},
    {"getty_largest_downloads": "absent", "getty_products": "active", "getty_clip_length": "clock"},
    {"getty_project_codes": "lines", "getty_clip_length": "null", "getty_missing": "list"},
]
every_form = pytest.mark.parametrize("forms", FORMS, ids=lambda forms: "-".join(forms.values()) or "default")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with start_sandbox(tmp_path_factory.mktemp("sandbox") / "state") as sandbox:
        yield sandbox


class Wire:
    """Sends calls to the sandbox as the client would: the key on each, a token where there is one."""

    def __init__(self, sandbox: SandboxProcess, **token: Any) -> None:
        self.sandbox = sandbox
        self.headers = {"Api-Key": sandbox.credentials["getty_images"]["client_id"]}
        self.headers["Authorization"] = f"Bearer {sandbox.make_token('getty_images', **token)}"

    def send(self, call: Call[Any]) -> Any:
        return call.read(self.respond(call))

    def run(self, steps: Steps) -> Any:
        return drive(steps, lambda _, call: self.respond(call))

    def respond(self, call: Call[Any]) -> Response:
        request, parts = call.request, urlsplit(call.request.url)
        headers = {**dict(request.headers), **self.headers}
        if request.json_body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(request.query)}" if request.query else ""
        url = f"{self.sandbox.url}/{parts.netloc}{parts.path}{query}"
        answer = send(request.method, url, headers=headers, body=(request.json_body or "").encode())
        return Response(status=answer.status, headers=dict(answer.headers), body=answer.body)

    def search(self, query: SearchQuery) -> list[Listing]:
        found: list[Listing] = []
        for _ in range(60):
            page = self.send(getty_images.search(query))
            found += page.listings
            if page.next_cursor is None:
                return found
            query = replace(query, cursor=page.next_cursor)
        raise AssertionError("the search does not end")

    def quote(self, listing_id: str, kind: MediaKind = IMAGE, wanted: Wanted = Wanted()) -> Any:  # noqa: B008
        return self.run(getty_images.quote(stub(listing_id, kind), wanted))


@pytest.fixture
def wire(running: SandboxProcess) -> Iterator[Wire]:
    yield Wire(running, user="sandbox.user")
    running.clear_faults()
    running.reset()


def stub(listing_id: str, kind: MediaKind = IMAGE) -> Listing:
    ref = ListingRef(marketplace="getty_images", id=listing_id)
    return Listing(ref=ref, title="x", kind=kind, offers=())


def request_for(basis: Any, **more: Any) -> PurchaseRequest:
    return PurchaseRequest(
        key=KEY, ref=basis.listing.ref, kind=basis.listing.kind, variant=basis.variant,
        account_id=basis.accounts[0].account_id, license_label=basis.license_label, **more,
    )  # fmt: skip


@every_form
@pytest.mark.parametrize("kind", [IMAGE, VIDEO])
def test_an_asset_is_found_licensed_and_fetched(wire: Wire, forms: dict[str, str], kind: MediaKind) -> None:
    wire.sandbox.switch(**forms)
    account = wire.run(getty_images.account())
    assert account.user_name == "Sandbox User"
    assert "premiumaccess:72" not in {balance.account_id for balance in account.balances}
    clean = SearchFilters(exclude_editorial=True)
    found = wire.search(SearchQuery(text="", kind=kind, filters=clean, per_page=7))
    assert len({listing.ref for listing in found}) == len(found) > 5
    assert not [listing for listing in found if listing.editorial]
    chosen = next(listing for listing in found if listing.ref.id in (PHOTO, FILM))
    basis = wire.quote(chosen.ref.id, kind)
    assert (basis.why_not, basis.license_label, basis.cost) == ("", "royaltyfree", Credits(amount=1))
    assert len(basis.options) > 1
    before = basis.accounts[0].left
    request = request_for(basis, project="Show 12", client="ACME", purchase_order="PO-7")
    bought = wire.send(getty_images.purchase(request))
    assert bought.outcome is PurchaseOutcome.PAID
    (charge,) = wire.sandbox.books()["charges"]
    assert charge["metadata"]["notes"] == f"Clearance {KEY}; Show 12; ACME; PO-7"
    assert charge["account"] == request.account_id
    after = {b.account_id: b.left for b in wire.quote(chosen.ref.id, kind).accounts}[request.account_id]
    assert before is not None and after is not None
    assert after.amount == before.amount - 1
    since = datetime.now(UTC) - timedelta(hours=1)
    for query in (HistoryQuery(ref=chosen.ref, kind=kind, since=since), HistoryQuery(kind=kind)):
        (record,) = wire.send(getty_images.history(query)).records
        assert (record.key, record.ref, record.account_id) == (KEY, chosen.ref, request.account_id)
        assert record.marketplace_license_id == bought.marketplace_license_id == KEY
    (link,) = bought.links
    answer = send("GET", link.url)
    while answer.status == 307:
        answer = send("GET", answer.headers["location"])
    assert answer.status == 200
    assert "GettyImages-" in answer.headers["content-disposition"]
    assert (answer.body[:2] == b"\xff\xd8") == (kind is IMAGE)


def test_a_note_that_is_not_kept_leaves_the_item_and_the_time(wire: Wire) -> None:
    wire.sandbox.switch(getty_notes="dropped")
    basis = wire.quote(PHOTO)
    wire.send(getty_images.purchase(request_for(basis)))
    (record,) = wire.send(getty_images.history(HistoryQuery(ref=basis.listing.ref))).records
    assert record.key == ""
    assert record.marketplace_license_id == record.marketplace_order_id
    assert record.marketplace_license_id.startswith(f"{PHOTO} 20")
    assert record.at is not None


def test_a_project_code_is_asked_for_and_sent(wire: Wire) -> None:
    film = Wanted(account_id="premiumaccess:58")
    for form in ("list", "lines"):
        wire.sandbox.switch(getty_project_codes=form)
        basis = wire.quote(PHOTO, wanted=film)
        assert [(field.id, field.required, field.choices) for field in basis.references] == [
            ("download_notes", True, ()),
            ("project_code", True, ("Show 12", "Show 13")),
        ]
    with pytest.raises(RequestRejected, match="project_code is required"):
        wire.send(getty_images.purchase(request_for(basis)))
    noted = (("download_notes", "Titles"), ("project_code", "Show 13"))
    assert (
        wire.send(getty_images.purchase(request_for(basis, references=noted))).outcome is PurchaseOutcome.PAID
    )
    (charge,) = wire.sandbox.books()["charges"]
    assert charge["metadata"]["project_code"] == "Show 13"
    assert charge["metadata"]["notes"] == f"Clearance {KEY}; Titles"


def test_overage_is_said_and_bought_only_where_the_product_allows_it(wire: Wire) -> None:
    wire.sandbox.set_product(44, downloads_left=0)
    basis = wire.quote(NEWS)
    assert "counts as overage" in basis.surcharge
    assert basis.listing.editorial
    assert basis.license_label == "rightsmanaged"
    assert (
        wire.send(getty_images.purchase(request_for(basis, surcharge_accepted=True))).outcome
        is PurchaseOutcome.PAID
    )
    wire.sandbox.set_product(44, overage_left=0)
    assert "used up" in wire.quote(NEWS).why_not
    with pytest.raises(AccessDenied, match="limit of the product is reached"):
        wire.send(getty_images.purchase(request_for(basis)))
    assert len(wire.sandbox.books()["charges"]) == 1


def test_a_pack_gives_the_size_that_it_covers(wire: Wire) -> None:
    basis = wire.quote(PHOTO, wanted=Wanted(account_id="imagepack:31"))
    assert basis.variant == "512"
    wire.send(getty_images.purchase(request_for(basis)))
    assert wire.sandbox.books()["charges"][0]["metadata"]["size"] == "large"
    basis = wire.quote(FILM, VIDEO, Wanted(variant="sd1"))
    wire.send(getty_images.purchase(request_for(basis)))
    assert wire.sandbox.books()["charges"][1]["metadata"]["size"] == "sd1"


def test_every_reason_why_not(wire: Wire) -> None:
    assert "keeps no file" in wire.quote(ON_REQUEST).why_not
    assert "covers this" in wire.quote(HULTON).why_not
    for product in wire.sandbox.books()["products"]:
        wire.sandbox.set_product(product["id"], downloads_left=0, overage_left=None)
    assert "used up" in wire.quote(PHOTO).why_not
    for product in wire.sandbox.books()["products"]:
        wire.sandbox.set_product(product["id"], status="inactive")
    assert "expired" in wire.quote(PHOTO).why_not
    wire.sandbox.switch(getty_products="active")
    assert "no product" in wire.quote(PHOTO).why_not
    assert "no product" in wire.run(getty_images.account()).note
    with pytest.raises(NotFound):
        wire.quote(GONE)
    wire.sandbox.switch(getty_missing="list")
    with pytest.raises(NotFound):
        wire.quote(GONE)
    assert wire.sandbox.books()["charges"] == []


def test_what_is_outside_of_the_agreement_is_said_as_such(wire: Wire) -> None:
    request = PurchaseRequest(key=KEY, ref=stub(HULTON).ref, kind=IMAGE, account_id="premiumaccess:2726")
    with pytest.raises(CredentialsRejected, match="agreement does not cover"):
        wire.send(getty_images.purchase(request))


@pytest.mark.parametrize("status", ["400", "401", "403"])
def test_a_key_without_a_user(running: SandboxProcess, wire: Wire, status: str) -> None:
    alone = Wire(running, user=None)
    assert alone.run(getty_images.account()).user_name == ""
    basis = alone.quote(PHOTO)
    assert alone.send(getty_images.purchase(request_for(basis))).outcome is PurchaseOutcome.PAID
    running.switch(getty_user_required=status)
    for steps in (getty_images.account(), getty_images.quote(stub(PHOTO))):
        with pytest.raises(AccessDenied) as caught:
            alone.run(steps)
        assert caught.value.code == "marketplace.user_needed"
    with pytest.raises(AccessDenied):
        alone.send(getty_images.purchase(request_for(basis)))
    assert wire.run(getty_images.account()).user_name


def test_a_second_file_is_never_bought_by_the_way(wire: Wire) -> None:
    basis = wire.quote(PHOTO)
    wire.send(getty_images.purchase(request_for(basis)))
    owned = OwnedRef(ref=basis.listing.ref, kind=IMAGE, marketplace_license_id=KEY)
    for form in ("refused", "delivery", "api"):
        wire.sandbox.switch(getty_purchased_assets=form)
        with pytest.raises(NotSupported, match="Download it from your account"):
            wire.run(getty_images.download_links(owned))
    assert len(wire.sandbox.books()["charges"]) == 1
    wire.sandbox.switch(getty_purchased_assets="delivery")
    (link,) = wire.run(getty_images.download_links(OwnedRef(ref=stub(HULTON).ref, kind=IMAGE)))
    assert send("GET", link.url).status == 200
    assert len(wire.sandbox.books()["charges"]) == 1


def test_editorial_pictures_are_apart_and_never_cleared(wire: Wire) -> None:
    only = wire.search(SearchQuery(text="", filters=SearchFilters(editorial_only=True), per_page=100))
    assert only
    assert all(listing.editorial for listing in only)
    basis = wire.quote(NEWS)
    catalogue = LicenseCatalogue.load()
    today = datetime.now(UTC).date()
    terms = catalogue.resolve("getty_images", basis.license_label, editorial=True, at=today)
    assert terms.license_id == "getty_images.rights_managed"
    terms = catalogue.resolve("getty_images", "royaltyfree", editorial=True, at=today)
    assert terms.license_id == "getty_images.editorial"


@pytest.mark.parametrize("kind", [IMAGE, VIDEO])
@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("editorial", [False, True])
def test_every_filter_and_order_is_accepted(
    wire: Wire, kind: MediaKind, sort: Sort, *, editorial: bool
) -> None:
    """The sandbox refuses parameters that it does not know, and values of the wrong form."""
    for shape in Orientation:
        filters = SearchFilters(
            orientation=shape, min_width=100, min_height=2160, collection="DV", min_duration_s=1,
            max_duration_s=60, formats=("jpg",), exclude_ai=True, editorial_only=editorial,
            exclude_editorial=not editorial,
        )  # fmt: skip
        query = SearchQuery(text="chair стул 椅", kind=kind, filters=filters, sort=sort, per_page=24)
        assert wire.send(getty_images.search(query)).total == 0


def test_behind_the_last_page_is_the_end(wire: Wire) -> None:
    page = wire.send(getty_images.search(SearchQuery(text="", cursor="77")))
    assert (page.listings, page.next_cursor) == ((), None)


def test_faults_are_what_they_are(wire: Wire) -> None:
    wire.sandbox.fault("429", host="api.gettyimages.com")
    with pytest.raises(RateLimited):
        wire.send(getty_images.listing(stub(PHOTO).ref, IMAGE))
    basis = wire.quote(PHOTO)
    wire.sandbox.fault("500", method="POST", process=True)
    with pytest.raises(OutcomeUnknown):
        wire.send(getty_images.purchase(request_for(basis)))
    (record,) = wire.send(getty_images.history(HistoryQuery(ref=basis.listing.ref))).records
    assert record.key == KEY, "what happened is found in the history"
    wire.sandbox.switch(getty_bad_key="403")
    wire.headers["Api-Key"] = "dead"
    with pytest.raises(AccessDenied):
        wire.run(getty_images.account())
    wire.sandbox.switch(getty_bad_key="401")
    with pytest.raises(CredentialsRejected):
        wire.send(getty_images.search(SearchQuery(text="x")))
