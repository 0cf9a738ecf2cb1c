"""The same modules against the sandbox, which was written from the same documents by other hands.

Whole purchases. Every form that the documents leave open is spoken by the sandbox in turn, and understood.
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

from core.errors import AccessDenied, NotSupported, OutcomeUnknown, RateLimited, Unavailable
from core.http.message import Auth, Call, Response
from core.marketplaces import registry
from core.marketplaces.base import (
    AppAuth,
    HistoryQuery,
    Marketplace,
    OwnedRef,
    PurchaseOutcome,
    PurchaseRequest,
    RecordState,
    Wanted,
)
from core.model.listing import Listing, MediaKind, Orientation, SearchFilters, SearchQuery, Sort
from core.model.money import Credits, Money

KEY = "5b0f7f3a-8a55-4f4e-9d55-2f1f0f5b7c11"

CGTRADER_FORMS = [
    {},
    {"cgtrader_model": "wrapped", "cgtrader_orders": "list", "cgtrader_order": "wrapped"},
    {"cgtrader_files": "list", "cgtrader_file_names": "null", "cgtrader_price": "text"},
    {
        "cgtrader_paid_status": "completed",
        "cgtrader_order_id": "number",
        "cgtrader_order_create_status": "201",
    },
    {"cgtrader_paid_status": "complete", "cgtrader_order_uuid": "absent", "cgtrader_price": "number"},
    {
        "cgtrader_paid_status": "success",
        "cgtrader_error_key": "message",
        "cgtrader_license_filter": "licenses",
    },
]
SHUTTERSTOCK_FORMS = [
    {},
    {"shutterstock_license_id": "absent", "shutterstock_repeat_charge": "0"},
    {"shutterstock_item_error": "object", "shutterstock_minimal_view": "full"},
]
POND5_FORMS = [
    {},
    {"pond5_price": "text", "pond5_transaction": "number", "pond5_missing_item": "empty"},
    {"pond5_version_id": "absent", "pond5_duration": "clock", "pond5_transaction": "absent"},
    {"pond5_limit": "inclusive", "pond5_total": "absent", "pond5_per_page_max": "7"},
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with start_sandbox(tmp_path_factory.mktemp("sandbox") / "state") as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: SandboxProcess) -> Iterator[SandboxProcess]:
    yield running
    running.clear_faults()
    running.reset()


class Wire:
    """Sends calls to the sandbox as the client would: the host becomes the first segment of the path."""

    def __init__(self, sandbox: SandboxProcess, marketplace: str) -> None:
        self.sandbox = sandbox
        self.module: Marketplace = registry.find(marketplace)
        self.headers: dict[str, str] = {}
        auth, keys = self.module.INFO.auth, sandbox.credentials[marketplace]
        if auth.app is AppAuth.HEADERS:
            self.headers = {name: keys[field] for name, field in auth.key_headers}
        else:
            token = sandbox.make_token(marketplace, user="sandbox.user")
            self.headers = {"Authorization": f"Bearer {token}"}

    def send(self, call: Call[Any]) -> Any:
        return call.read(self._respond(call))

    def run(self, steps: Steps) -> Any:
        return drive(steps, lambda _, call: self._respond(call))

    def _respond(self, call: Call[Any]) -> Response:
        request, parts = call.request, urlsplit(call.request.url)
        headers = dict(request.headers)
        if request.auth is not Auth.NONE:
            headers |= self.headers
        if request.json_body is not None:
            headers["Content-Type"] = "application/json"
        query = f"?{urlencode(request.query)}" if request.query else ""
        url = f"{self.sandbox.url}/{parts.netloc}{parts.path}{query}"
        answer = send(request.method, url, headers=headers, body=(request.json_body or "").encode())
        return Response(status=answer.status, headers=dict(answer.headers), body=answer.body)


def whole_search(wire: Wire, query: SearchQuery) -> list[Listing]:
    found: list[Listing] = []
    for _ in range(50):
        page = wire.send(wire.module.search(query))
        found += page.listings
        if page.next_cursor is None:
            return found
        query = replace(query, cursor=page.next_cursor)
    raise AssertionError("the search does not end")


@pytest.mark.parametrize("forms", SHUTTERSTOCK_FORMS, ids=lambda forms: "-".join(forms.values()) or "default")
def test_an_image_is_licensed_and_fetched(sandbox: SandboxProcess, forms: dict[str, str]) -> None:
    sandbox.switch(**forms)
    wire = Wire(sandbox, "shutterstock")
    account = wire.run(wire.module.account())
    assert account.user_name
    assert account.balances
    found = wire.send(wire.module.search(SearchQuery(text="", per_page=5))).listings
    image = next(listing for listing in found if not listing.editorial)
    assert image.search_id
    basis = wire.run(wire.module.quote(image))
    assert basis.why_not == ""
    assert basis.license_label == "standard"
    assert basis.variant == "huge"
    account_id = basis.accounts[0].account_id
    request = PurchaseRequest(
        key=KEY, ref=image.ref, kind=MediaKind.IMAGE, variant=basis.variant, account_id=account_id,
        search_id=image.search_id, project="Show 12", client="ACME", purchase_order="PO-7",
    )  # fmt: skip
    bought = wire.send(wire.module.purchase(request))
    assert bought.outcome is PurchaseOutcome.PAID
    assert bought.charged == Credits(amount=1)
    since = datetime.now(UTC) - timedelta(hours=1)
    page = wire.send(wire.module.history(HistoryQuery(ref=image.ref, since=since)))
    record = next(record for record in page.records if record.key == KEY)
    assert (record.state, record.account_id, record.license_label) == (
        RecordState.PAID,
        account_id,
        "standard",
    )
    assert bought.marketplace_license_id in ("", record.marketplace_license_id)
    owned = OwnedRef(
        ref=image.ref,
        kind=MediaKind.IMAGE,
        variant="huge",
        marketplace_license_id=bought.marketplace_license_id,
    )
    (link,) = wire.run(wire.module.download_links(owned))
    for each in (link, *bought.links):
        assert each.name.endswith(".jpg")
        assert send("GET", each.url).body[:2] == b"\xff\xd8"
    assert len(sandbox.books()["charges"]) == 1


@pytest.mark.parametrize("forms", SHUTTERSTOCK_FORMS, ids=lambda forms: "-".join(forms.values()) or "default")
@pytest.mark.parametrize(
    "case",
    [
        (MediaKind.VIDEO, "s1000006", "footage_premier", "4k", b"ftypqt"),
        (MediaKind.AUDIO, "s1000007", "premier_music_basic", "", b"WAVE"),
    ],
    ids=["video", "audio"],
)
def test_footage_and_music_are_licensed_and_fetched(
    sandbox: SandboxProcess, forms: dict[str, str], case: tuple[MediaKind, str, str, str, bytes]
) -> None:
    kind, plan, label, size, start = case
    sandbox.switch(**forms)
    wire = Wire(sandbox, "shutterstock")
    found = whole_search(wire, SearchQuery(text="", kind=kind, per_page=4))
    assert len({listing.ref for listing in found}) == len(found) > 5
    assert {listing.kind for listing in found} == {kind}
    item = next(
        x for x in found if not x.editorial and (size or "original") in (*(f.id for f in x.files), "original")
    )
    basis = wire.run(wire.module.quote(item))
    assert (basis.why_not, basis.license_label, basis.variant) == ("", label, size)
    other = basis.options[-1].wanted if basis.options else Wanted()
    assert wire.run(wire.module.quote(item, other)).why_not == ""
    request = PurchaseRequest(
        key=KEY,
        ref=item.ref,
        kind=kind,
        variant=size,
        account_id=plan,
        license_label=label,
        search_id=item.search_id,
    )
    bought = wire.send(wire.module.purchase(request))
    assert bought.outcome is PurchaseOutcome.PAID
    page = wire.send(wire.module.history(HistoryQuery(ref=item.ref, kind=kind)))
    (record,) = page.records
    assert (record.key, record.license_label, record.account_id) == (KEY, label, plan)
    owned = OwnedRef(
        ref=item.ref, kind=kind, variant=size, marketplace_license_id=bought.marketplace_license_id
    )
    (link,) = wire.run(wire.module.download_links(owned))
    for each in (link, *bought.links):
        assert start in send("GET", each.url).body[:16]
    assert len(sandbox.books()["charges"]) == 1
    images = wire.send(wire.module.history(HistoryQuery(kind=MediaKind.IMAGE)))
    assert images.records == ()


def test_an_image_that_cannot_be_paid_says_why(sandbox: SandboxProcess) -> None:
    wire = Wire(sandbox, "shutterstock")
    for plan in sandbox.books()["subscriptions"]:
        sandbox.set_quota(plan["id"], downloads_left=0)
    image = wire.send(wire.module.search(SearchQuery(text="", per_page=1))).listings[0]
    basis = wire.run(wire.module.quote(image))
    assert "used up" in basis.why_not
    for plan in sandbox.books()["subscriptions"]:
        sandbox.set_quota(plan["id"], expires_in_s=-10)
    assert "expired" in wire.run(wire.module.quote(image)).why_not
    request = PurchaseRequest(
        key=KEY, ref=image.ref, kind=MediaKind.IMAGE, variant="huge", account_id="s1000003"
    )
    for form in ("text", "object"):
        sandbox.switch(shutterstock_item_error=form)
        refused = wire.send(wire.module.purchase(request))
        assert refused.outcome is PurchaseOutcome.REFUSED
        assert len(refused.why_not) > 5
    assert sandbox.books()["charges"] == []


def test_editorial_images_need_the_acknowledgement(sandbox: SandboxProcess) -> None:
    wire = Wire(sandbox, "shutterstock")
    found = whole_search(wire, SearchQuery(text="", per_page=20))
    image = next((listing for listing in found if listing.editorial), None)
    assert image is not None, "the sandbox has editorial images"
    facts: dict[str, Any] = {"key": KEY, "ref": image.ref, "kind": MediaKind.IMAGE, "account_id": "s1000001"}
    refused = wire.send(wire.module.purchase(PurchaseRequest(**facts)))
    assert refused.outcome is PurchaseOutcome.REFUSED
    bought = wire.send(wire.module.purchase(PurchaseRequest(**facts, editorial_acknowledged=True)))
    assert bought.outcome is PurchaseOutcome.PAID
    without = SearchFilters(exclude_editorial=True)
    clean = whole_search(wire, SearchQuery(text="", per_page=20, filters=without))
    assert {listing.ref for listing in clean} == {x.ref for x in found if not x.editorial}


@pytest.mark.parametrize("forms", CGTRADER_FORMS, ids=lambda forms: "-".join(forms.values()) or "default")
def test_a_model_is_ordered_paid_and_fetched(sandbox: SandboxProcess, forms: dict[str, str]) -> None:
    sandbox.switch(**forms)
    wire = Wire(sandbox, "cgtrader")
    assert wire.run(wire.module.account()).user_name
    found = whole_search(wire, SearchQuery(text="", per_page=3))
    assert len({listing.ref for listing in found}) == len(found) > 3
    model = next(x for x in found if x.offers[0].cost not in (None, Money(minor=0)))
    basis = wire.run(wire.module.quote(model))
    assert basis.web_checkout
    assert basis.cost == model.offers[0].cost
    assert basis.license_label == model.offers[0].license_label != ""
    order = wire.send(wire.module.purchase(PurchaseRequest(key=KEY, ref=model.ref, kind=MediaKind.MODEL)))
    assert order.outcome is PurchaseOutcome.CHECKOUT
    owned = OwnedRef(ref=model.ref, kind=MediaKind.MODEL, marketplace_order_id=order.marketplace_order_id)
    assert wire.send(wire.module.order_status(owned)).state is RecordState.UNPAID
    with pytest.raises(AccessDenied):
        wire.run(wire.module.download_links(owned))
    sandbox.pay(order.checkout_url)
    record = wire.send(wire.module.order_status(owned))
    assert record.state is RecordState.PAID
    page = wire.send(wire.module.history(HistoryQuery(ref=model.ref, kind=MediaKind.MODEL)))
    (listed,) = page.records
    assert (listed.marketplace_order_id, listed.state) == (order.marketplace_order_id, RecordState.PAID)
    shown = "" if forms.get("cgtrader_order_uuid") == "absent" else KEY
    assert (listed.key, record.key) == (shown, shown)
    links = wire.run(wire.module.download_links(owned))
    assert links
    for link in links:
        assert "." in link.name
        assert send("GET", link.url).status == 200
    assert len(sandbox.books()["charges"]) == 1


@pytest.mark.parametrize("forms", POND5_FORMS, ids=lambda forms: "-".join(forms.values()) or "default")
@pytest.mark.parametrize("kind", [MediaKind.VIDEO, MediaKind.AUDIO, MediaKind.IMAGE])
def test_a_contract_buys_one_file_once(
    sandbox: SandboxProcess, forms: dict[str, str], kind: MediaKind
) -> None:
    sandbox.switch(**forms)
    wire = Wire(sandbox, "pond5")
    assert wire.run(wire.module.account()).note
    found = whole_search(wire, SearchQuery(text="", kind=kind, per_page=3))
    assert len({listing.ref for listing in found}) == len(found) > 3
    assert {listing.kind for listing in found} == {kind}
    item = next(listing for listing in found if listing.offers[0].cost is not None)
    basis = wire.run(wire.module.quote(item))
    assert (basis.why_not, basis.license_label) == ("", "")
    cheapest = basis.options[-1] if basis.options else None
    if cheapest is not None and len({option.wanted.variant for option in basis.options}) > 1:
        basis = wire.run(wire.module.quote(item, cheapest.wanted))
        assert (basis.variant, basis.cost) == (cheapest.wanted.variant, cheapest.cost)
    assert sandbox.books()["charges"] == [], "looking is free"
    request = PurchaseRequest(
        key=KEY, ref=item.ref, kind=kind, variant=basis.variant, account_id=basis.accounts[0].account_id
    )
    if forms.get("pond5_version_id") == "absent" and kind is MediaKind.VIDEO:
        assert basis.variant.endswith(":1"), "the version that programs make up"
    bought = wire.send(wire.module.purchase(request))
    assert bought.outcome is PurchaseOutcome.PAID
    assert bool(bought.marketplace_order_id) is (forms.get("pond5_transaction") != "absent")
    (charge,) = sandbox.books()["charges"]
    assert bought.marketplace_order_id in ("", charge["reference"])
    (link,) = bought.links
    assert send("GET", link.url).status == 200
    owned = OwnedRef(ref=item.ref, kind=kind, marketplace_order_id=bought.marketplace_order_id)
    with pytest.raises(NotSupported, match="buying it again"):
        wire.run(wire.module.download_links(owned))
    assert len(sandbox.books()["charges"]) == 1


@pytest.mark.parametrize("total", ["present", "absent"])
@pytest.mark.parametrize("below", ["first", "refused", "empty"])
@pytest.mark.parametrize("base", ["0", "1"])
@pytest.mark.parametrize("per_page", [1, 3, 11, 12, 100])
def test_no_result_is_lost_or_doubled_wherever_pages_begin(
    sandbox: SandboxProcess, total: str, below: str, base: str, per_page: int
) -> None:
    sandbox.switch(pond5_page_base=base, pond5_page_below_first=below, pond5_total=total)
    wire = Wire(sandbox, "pond5")
    found = whole_search(wire, SearchQuery(text="", kind=MediaKind.VIDEO, per_page=per_page))
    assert len(found) == len({listing.ref for listing in found}) == 12
    assert whole_search(wire, SearchQuery(text="nothing like it", kind=MediaKind.VIDEO)) == []


@pytest.mark.parametrize("limit", ["exclusive", "inclusive"])
def test_limits_take_in_the_number_itself(sandbox: SandboxProcess, limit: str) -> None:
    sandbox.switch(pond5_limit=limit)
    wire = Wire(sandbox, "pond5")
    filters = SearchFilters(
        min_price=Money(minor=4900), max_price=Money(minor=7900, currency="USD"), min_duration_s=2
    )
    found = whole_search(wire, SearchQuery(text="", kind=MediaKind.VIDEO, filters=filters))
    assert found
    for listing in found:
        costs = [offer.cost.minor for offer in listing.offers if isinstance(offer.cost, Money)]
        assert any(cost >= 4900 for cost in costs) and any(cost <= 7900 for cost in costs)
        assert listing.duration_s == 2.0
    assert 4900 in {
        cost for x in found for o in x.offers if isinstance(o.cost, Money) for cost in [o.cost.minor]
    }


@pytest.mark.parametrize("name", ["license", "licenses"])
def test_editorial_models_stay_out(sandbox: SandboxProcess, name: str) -> None:
    sandbox.switch(cgtrader_license_filter=name)
    wire = Wire(sandbox, "cgtrader")
    without = SearchFilters(exclude_editorial=True)
    found = whole_search(wire, SearchQuery(text="", per_page=100, filters=without))
    assert found
    assert not [listing for listing in found if listing.editorial]
    everything = whole_search(wire, SearchQuery(text="", per_page=100))
    assert {x.ref for x in found} == {x.ref for x in everything if not x.editorial}


@pytest.mark.parametrize(
    ("marketplace", "filters"),
    [
        ("shutterstock", SearchFilters(orientation=Orientation.HORIZONTAL, min_width=100, min_height=100)),
        ("shutterstock", SearchFilters(enhanced_license=True, exclude_editorial=True, formats=("jpg",))),
        (
            "cgtrader",
            SearchFilters(min_price=Money(minor=100), max_price=Money(minor=100_000), formats=("glb",)),
        ),
        (
            "cgtrader",
            SearchFilters(animated=False, rigged=False, pbr=True, low_poly=False, max_polygons=5000),
        ),
        ("cgtrader", SearchFilters(collection="2", editorial_only=True, max_polygons=100)),
        ("shutterstock", SearchFilters(orientation=Orientation.SQUARE, editorial_only=True, collection="3")),
        (
            "pond5",
            SearchFilters(min_price=Money(minor=100), max_price=Money(minor=5000), max_duration_s=9),
        ),
    ],
)
@pytest.mark.parametrize("sort", list(Sort))
def test_every_filter_and_order_is_accepted(
    sandbox: SandboxProcess, marketplace: str, filters: SearchFilters, sort: Sort
) -> None:
    """The sandbox refuses parameters that it does not know, and values of the wrong form."""
    wire = Wire(sandbox, marketplace)
    page = wire.send(wire.module.search(SearchQuery(text="chair стул 椅", filters=filters, sort=sort)))
    assert page.total is not None


@pytest.mark.parametrize("kind", [MediaKind.VIDEO, MediaKind.AUDIO])
@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize(
    "filters",
    [
        SearchFilters(),
        SearchFilters(exclude_editorial=True, min_height=2160, min_duration_s=1, max_duration_s=900),
        SearchFilters(
            editorial_only=True, min_width=4000, collection="clouds", orientation=Orientation.SQUARE
        ),
    ],
)
def test_every_filter_and_order_of_footage_and_music_is_accepted(
    sandbox: SandboxProcess, kind: MediaKind, filters: SearchFilters, sort: Sort
) -> None:
    wire = Wire(sandbox, "shutterstock")
    query = SearchQuery(text="", kind=kind, filters=filters, sort=sort, per_page=100)
    assert wire.send(wire.module.search(query)).total is not None


@pytest.mark.parametrize(
    ("marketplace", "kind"), [("shutterstock", MediaKind.IMAGE), ("cgtrader", MediaKind.MODEL)]
)
def test_faults_are_what_they_are(sandbox: SandboxProcess, marketplace: str, kind: MediaKind) -> None:
    wire = Wire(sandbox, marketplace)
    found = wire.send(wire.module.search(SearchQuery(text="", per_page=1))).listings[0]
    request = PurchaseRequest(key=KEY, ref=found.ref, kind=kind, variant="huge", account_id="s1000001")
    sandbox.fault("429", retry_after=9, times=1)
    with pytest.raises(RateLimited) as caught:
        wire.send(wire.module.listing(found.ref, kind))
    assert caught.value.retry_after_s == 9.0
    sandbox.fault("503", times=1)
    with pytest.raises(Unavailable):
        wire.send(wire.module.listing(found.ref, kind))
    sandbox.fault("500", times=1)
    with pytest.raises(OutcomeUnknown):
        wire.send(wire.module.purchase(request))
