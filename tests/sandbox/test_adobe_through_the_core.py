"""Adobe Stock as a user has it: keys, sign-in, quotes, purchases, lost answers and files, by the whole core.

Every form that the documents leave open is spoken by the sandbox in turn, and understood.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess

from core.app import App, build_app
from core.credentials.session_store import SessionStore
from core.errors import (
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    NotFound,
    PaymentError,
    PolicyError,
    PriceChanged,
    PurchaseInDoubt,
    RequestRejected,
    UserInputError,
)
from core.host import NoHost
from core.http.message import Call, Idempotency
from core.marketplaces import registry
from core.marketplaces.asked import SURCHARGE_ACCOUNT
from core.marketplaces.base import ANY, HistoryRecord, OwnedRef, RecordState, Wanted
from core.model.grant import Grant
from core.model.intended_use import IntendedUse, Purpose
from core.model.listing import Listing, ListingRef, MediaKind, Orientation, SearchFilters, SearchQuery, Sort
from core.model.money import Credits
from core.model.order import Order, OrderState
from core.services.buying.quote import QuoteResult
from core.services.steps import Sender, run_steps
from core.settings import Settings

PHOTO, WALL, CLIP, CHAIR, LIGHT = "62305369", "77438420", "121222021", "2147483999", "2147484147"
PREMIUM, EDITORIAL, FREE, GONE = "124287454", "320999999", "150000122", "150000159"
IMAGE, VIDEO, MODEL = MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.MODEL
INFO = registry.find("adobe_stock").INFO
NEWS = IntendedUse(purpose=Purpose.EDITORIAL)

FORMS: list[dict[str, str]] = [
    {},
    {"adobe_info_url": "present", "adobe_content_id": "number", "adobe_member": "member_id"},
    {"adobe_license_columns": "absent", "adobe_quotas": "array", "adobe_date_zone": "pacific"},
    {"adobe_state_case": "title", "adobe_limit": "one_more", "adobe_download": "direct"},
    {"adobe_3d_type": "unknown", "adobe_3d_type_id": "absent", "adobe_3d_delivery": "glb"},
    {"adobe_error_number": "plain", "adobe_profile_owned": "purchased"},
]
every_form = pytest.mark.parametrize("forms", FORMS, ids=lambda forms: "-".join(forms.values()) or "default")


class Late:
    """Sends as the core does; just before a call that buys, something happens at the marketplace."""

    def __init__(self, sender: Sender, happens: Callable[[], object]) -> None:
        self._sender, self._happens = sender, happens

    def send(self, call: Call[Any], *given: Any, **more: Any) -> Any:
        if call.idempotency is Idempotency.SPENDING:
            self._happens()
        return self._sender.send(call, *given, **more)


class User:
    """Somebody with Clearance and the sandbox's keys."""

    def __init__(self, app: App, sandbox: SandboxProcess) -> None:
        self.app, self.sandbox, self.services = app, sandbox, app.services

    def store(self, *fields: str) -> None:
        for field in fields:
            self.services.accounts.store("adobe_stock", field, self.sandbox.credentials["adobe_stock"][field])

    def search(self, **asked: Any) -> list[Listing]:
        query = SearchQuery(**{"text": "", "per_page": 7, **asked})
        found: list[Listing] = []
        module = registry.find("adobe_stock")
        for _ in range(20):
            page = self.app.services.search.sender.send(module.search(query), INFO)
            found += page.listings
            if page.next_cursor is None:
                return found
            query = SearchQuery(**{"text": "", "per_page": 7, **asked, "cursor": page.next_cursor})
        raise AssertionError("the search does not end")

    def quote(
        self, content_id: str, kind: MediaKind = IMAGE, label: str = "", use: IntendedUse | None = None
    ) -> QuoteResult:
        ref = ListingRef(marketplace="adobe_stock", id=content_id)
        wanted = Wanted(license_label=label) if label else ANY
        return self.services.quote.run(ref, kind, use or IntendedUse(), actor="ada", wanted=wanted)

    def approve(self, result: QuoteResult, **more: Any) -> str:
        return self.services.approve.run(result.quote, result.answer, actor="ada", reason="a test", **more).id

    def buy(self, content_id: str, kind: MediaKind = IMAGE, label: str = "", **more: Any) -> Grant:
        approval = self.approve(self.quote(content_id, kind, label))
        order = self.services.purchase.run(approval, actor="ada", **more)
        assert order.state is OrderState.PAID
        return self.grant(order)

    def grant(self, order: Order) -> Grant:
        found = self.app.ledger.grant_for_order(order.id)
        assert found is not None
        return found

    def fetch(self, grant: Grant) -> bytes:
        (file,) = self.services.download.run(grant.id, actor="ada")
        place = self.app.services.download.store.path(file.sha256)
        assert place is not None
        assert file.name.startswith(f"AdobeStock_{grant.ref.id}")
        return place.read_bytes()

    def charges(self) -> list[tuple[str, str, str]]:
        return [(one["item_id"], one["amount"], one["unit"]) for one in self.sandbox.books()["charges"]]


@pytest.fixture
def open_user(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Callable[[], User]]:
    apps: list[App] = []

    def make() -> User:
        settings = Settings(
            data_dir=tmp_path / f"user{len(apps)}",
            user="ada",
            project="Show 12",
            client="King Kong Co",
            sandbox_url=sandbox.url,
            settle_s=0.0,
            requests_per_second=None,
            requests_per_hour={"adobe_stock": 1_000_000},
        )
        apps.append(build_app(settings, host=NoHost(), environ={}, credentials=SessionStore()))
        return User(apps[-1], sandbox)

    yield make
    for app in apps:
        app.close()
    sandbox.clear_faults()


@pytest.fixture
def user(open_user: Callable[[], User]) -> User:
    """A company's credential: the key and the secret."""
    made = open_user()
    made.store("client_id", "client_secret")
    return made


class TestKeys:
    def test_without_a_key_nothing_is_asked(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        with pytest.raises(CredentialsMissing):
            user.search()
        assert user.sandbox.requests(host="stock.adobe.io") == []

    def test_the_key_alone_searches_and_nothing_else(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        user.store("client_id")
        assert user.search(text="oak")
        with pytest.raises(CredentialsMissing):
            user.services.accounts.test("adobe_stock")
        with pytest.raises(CredentialsMissing):
            user.quote(PHOTO)

    def test_a_wrong_key_and_a_wrong_secret_are_rejected(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        user.services.accounts.store("adobe_stock", "client_id", "wrong")
        with pytest.raises(CredentialsRejected):
            user.search()
        user.store("client_id")
        user.services.accounts.store("adobe_stock", "client_secret", "wrong")
        with pytest.raises(CredentialsRejected):
            user.services.accounts.test("adobe_stock")

    def test_a_company_is_known_by_its_credential(self, user: User) -> None:
        account = user.services.accounts.test("adobe_stock")
        assert account.user_name == "Member 41003529"
        assert account.balances[0].left == Credits(amount=100, unit="credit")
        (asked,) = user.sandbox.requests(host="ims-na1.adobelogin.com")
        assert asked["path"] == "/ims/token/v3"
        user.services.accounts.test("adobe_stock")
        assert len(user.sandbox.requests(host="ims-na1.adobelogin.com")) == 1  # a token is good for a day

    def test_a_person_signs_in_by_pasting_an_address(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        user.store("client_id", "redirect_uri")
        page = user.services.accounts.begin_sign_in("adobe_stock")
        back = user.sandbox.consent(page.replace("https://", f"{user.sandbox.url}/"), follow=False)
        assert back.startswith("adobe+sandbox-app://")
        user.services.accounts.finish_sign_in("adobe_stock", back)
        assert user.services.accounts.status("adobe_stock").has_user
        assert user.services.accounts.test("adobe_stock").balances
        assert user.buy(PHOTO).license_label == "Standard"
        user.services.accounts.forget("adobe_stock")
        assert "/ims/revoke" in {row["path"] for row in user.sandbox.requests()}

    def test_an_ended_token_is_asked_for_again(self, user: User) -> None:
        user.services.accounts.test("adobe_stock")
        user.sandbox.revoke_tokens("adobe_stock")
        assert user.services.accounts.test("adobe_stock").balances


class TestSearch:
    @every_form
    def test_everything_is_found_once(self, user: User, forms: dict[str, str]) -> None:
        user.sandbox.switch(**forms)
        found = user.search()
        # A page may hold a row more than asked for; which it is then is told twice.
        unique = {listing.ref.id: listing for listing in found}
        assert {PHOTO, CLIP, CHAIR, LIGHT, GONE} <= set(unique)
        assert not {EDITORIAL, FREE} & set(unique)
        assert {listing.kind for listing in unique.values()} == {IMAGE, VIDEO, MODEL}
        if forms.get("adobe_limit") != "one_more":
            assert len(found) == len(unique)

    def test_kinds_keep_to_themselves(self, user: User) -> None:
        for kind in (IMAGE, VIDEO, MODEL):
            found = user.search(kind=kind)
            assert found and {listing.kind for listing in found} == {kind}
        lights = user.search(kind=MODEL, filters=SearchFilters(collection="lights"))
        assert {listing.collection for listing in lights} == {"lights"}
        assert {listing.formats for listing in lights} == {("hdr",)}

    @pytest.mark.parametrize("sort", list(Sort))
    def test_every_filter_and_order_is_taken(self, user: User, sort: Sort) -> None:
        filters = SearchFilters(
            exclude_ai=True, premium=False, orientation=Orientation.HORIZONTAL, min_width=800, min_height=500
        )
        found = user.search(kind=IMAGE, filters=filters, sort=sort)
        assert found
        assert all(not x.premium and not x.ai_generated and (x.width or 0) >= 800 for x in found)
        short = user.search(kind=VIDEO, filters=SearchFilters(max_duration_s=10), sort=sort)
        assert short and all((x.duration_s or 99) <= 10 for x in short)


class TestBuying:
    @every_form
    @pytest.mark.parametrize(
        "sold",
        [
            (PHOTO, IMAGE, "Standard", "1", b"\xff\xd8"),
            (CLIP, VIDEO, "Video_HD", "8", b"\x00\x00\x00"),
            (CHAIR, MODEL, "Standard", "10", b""),
            (LIGHT, MODEL, "Standard", "10", b"#?RADIANCE"),
        ],
        ids=lambda sold: sold[1],
    )
    def test_an_asset_is_bought_fetched_and_fetched_again(
        self, user: User, forms: dict[str, str], sold: tuple[str, MediaKind, str, str, bytes]
    ) -> None:
        content_id, kind, label, amount, start = sold
        user.sandbox.switch(**forms)
        grant = user.buy(content_id, kind)
        assert grant.license_label == label
        assert grant.marketplace_license_id.startswith(f"{content_id}:{label}:20")
        data = user.fetch(grant)
        assert data.startswith(start or (b"glTF" if forms.get("adobe_3d_delivery") == "glb" else b"PK"))
        (record,) = user.services.history.load("adobe_stock", kind=kind).rows
        assert record.grant is not None and record.grant.id == grant.id
        assert user.charges() == [(content_id, amount, "credits")]
        owned = OwnedRef(
            ref=grant.ref,
            kind=kind,
            marketplace_order_id=f"{content_id}:{label}",
            marketplace_license_id=grant.marketplace_license_id,
        )
        (link,) = run(user, registry.find("adobe_stock").download_links(owned))
        assert link.token_parameter == "token"
        assert len(user.charges()) == 1

    def test_the_token_goes_to_adobe_and_nowhere_else(self, user: User) -> None:
        user.fetch(user.buy(PHOTO))
        fetched = [
            row for row in user.sandbox.requests() if row["path"].startswith("/Rest/Libraries/Download")
        ]
        assert [dict(row["query"]) for row in fetched] == [{"token": "<removed>"}]
        assert "authorization" not in fetched[0]["headers"]
        (stored,) = user.sandbox.requests(host="adobestock-files.s3.amazonaws.com")
        assert "token" not in dict(stored["query"])
        assert not {"authorization", "x-api-key"} & set(stored["headers"])

    def test_a_link_that_ended_is_made_anew(self, user: User) -> None:
        grant = user.buy(PHOTO)
        user.sandbox.fault("expired_link", host="adobestock-files.s3.amazonaws.com", times=1)
        assert user.fetch(grant)[:2] == b"\xff\xd8"
        assert len(user.charges()) == 1

    def test_the_license_that_was_chosen_is_bought(self, user: User) -> None:
        result = user.quote(PREMIUM, label="Extended")
        assert {option.wanted.license_label for option in result.options} == {
            "Standard",
            "Standard_M",
            "Extended",
        }
        assert result.quote.cost == Credits(amount=400, unit="credit") or result.why_not
        user.sandbox.set_adobe(quota=1000)
        grant = user.buy(PREMIUM, label="Extended")
        assert (grant.license_id, grant.license_label) == ("adobe_stock.extended", "Extended")
        assert user.charges() == [(PREMIUM, "400", "credits")]

    def test_licenses_of_a_contract_are_offered_with_their_prices(self, user: User) -> None:
        user.sandbox.set_adobe(alternatives=True)
        result = user.quote(PHOTO, label="Social_Media")
        assert "Social Media · 5 Credits" in {option.label for option in result.options}
        assert (result.quote.cost, result.terms.license_id) == (
            Credits(amount=5, unit="credit"),
            "adobe_stock.social_media",
        )

    def test_one_left_is_said_in_words_and_read(self, user: User) -> None:
        user.sandbox.set_adobe(quota=1, unit="licenses")
        result = user.quote(PHOTO)
        assert (result.quote.cost, result.quote.note) == (
            Credits(amount=1, unit="license"),
            "This will use your last standard license.",
        )

    def test_free_assets_cost_nothing(self, user: User) -> None:
        user.sandbox.set_adobe(quota=0)
        result = user.quote(FREE)
        assert (result.quote.cost, result.why_not) == (Credits(amount=0, unit="credit"), "")
        assert user.buy(FREE).license_label == "Standard"
        assert user.charges() == [(FREE, "0", "credits")]

    def test_editorial_assets_are_editorial(self, user: User) -> None:
        result = user.quote(EDITORIAL)
        assert result.terms.license_id == "adobe_stock.editorial"
        with pytest.raises(PolicyError):
            user.approve(result)
        news = user.quote(EDITORIAL, use=NEWS)
        order = user.services.purchase.run(user.approve(news), actor="ada")
        assert user.grant(order).credit == "News Desk Nord / stock.adobe.com"

    def test_what_is_gone_is_said_to_be_gone(self, user: User) -> None:
        for content_id in (GONE, "1", "9007199254740991"):
            with pytest.raises(NotFound):
                user.quote(content_id)

    @every_form
    def test_what_was_licensed_elsewhere_is_taken_over(
        self, open_user: Callable[[], User], user: User, forms: dict[str, str]
    ) -> None:
        user.sandbox.switch(**forms)
        user.buy(PHOTO)
        other = open_user()
        other.store("client_id", "client_secret")
        other.sandbox.set_adobe(quota=0)
        result = other.quote(PHOTO)
        assert (result.quote.cost, result.why_not) == (Credits(amount=0, unit="credit"), "")
        assert "already" in result.quote.note
        grant = other.buy(PHOTO)
        assert other.fetch(grant)[:2] == b"\xff\xd8"
        assert len(other.charges()) == 1
        with pytest.raises(UserInputError, match="own"):
            other.buy(PHOTO)

    def test_references_are_asked_for_and_noted(self, user: User) -> None:
        user.sandbox.set_adobe(references=True)
        result = user.quote(PHOTO)
        assert [(field.id, field.required) for field in result.references] == [("2", True), ("4", False)]
        user.buy(PHOTO, references=(("2", "Project Banana"), ("4", "King Kong Co")))
        (charge,) = user.sandbox.books()["charges"]
        assert {one["value"] for one in charge["metadata"]["references"]} == {
            "Project Banana",
            "King Kong Co",
        }


class TestRefusals:
    @pytest.mark.parametrize("status", ["200", "400"])
    def test_nothing_left(self, user: User, status: str) -> None:
        user.sandbox.switch(adobe_not_possible_status=status)
        approval = user.approve(user.quote(PHOTO))
        user.sandbox.set_adobe(quota=0)
        result = user.quote(PHOTO)
        assert "enough credits" in result.why_not
        assert "/plans" in result.page_url
        with pytest.raises(PaymentError, match="enough credits"):
            user.services.purchase.run(approval, actor="ada")
        assert user.charges() == []

    @pytest.mark.parametrize("status", ["200", "400"])
    def test_refused_at_the_last_moment(self, user: User, status: str) -> None:
        """The quota goes to a colleague between our last look and the purchase."""
        user.sandbox.switch(adobe_not_possible_status=status)
        approval = user.approve(user.quote(PHOTO))
        service = user.services.purchase
        late = Late(service.sender, lambda: user.sandbox.set_adobe(quota=0))
        with pytest.raises((PaymentError, RequestRejected)):
            replace(service, sender=late).run(approval, actor="ada")
        (order,) = user.app.ledger.orders(ref=ListingRef(marketplace="adobe_stock", id=PHOTO))
        assert order.state is OrderState.FAILED
        assert user.charges() == []

    def test_overage_needs_a_yes_to_its_very_words(self, user: User) -> None:
        user.sandbox.set_adobe(quota=0, overage=True)
        result = user.quote(PHOTO)
        said = "Would you like to license the asset for $9.99?"
        assert (result.quote.surcharge, result.quote.cost) == (said, None)
        assert result.quote.account_id == SURCHARGE_ACCOUNT
        for words in ("", "Would you like to license the asset for $2.99?"):
            with pytest.raises(UserInputError):
                user.approve(result, accept_surcharge=words)
        assert user.charges() == []
        approval = user.approve(result, accept_surcharge=said)
        assert user.services.purchase.run(approval, actor="ada").state is OrderState.PAID
        assert user.charges() == [(PHOTO, "9.99", "USD")]

    def test_a_quota_that_ran_out_is_not_made_up_for_by_the_card(self, user: User) -> None:
        approval = user.approve(user.quote(PHOTO))
        user.sandbox.set_adobe(quota=0, overage=True)
        with pytest.raises(PriceChanged):
            user.services.purchase.run(approval, actor="ada")
        assert user.charges() == []

    def test_a_license_of_another_kind(self, user: User) -> None:
        with pytest.raises(RequestRejected, match="does not match type of content"):
            user.quote(PHOTO, label="Video_HD")


class TestLostAnswers:
    @every_form
    @pytest.mark.parametrize("label", ["Standard", "Extended"])
    def test_a_purchase_without_an_answer_is_looked_up(
        self, user: User, forms: dict[str, str], label: str
    ) -> None:
        user.sandbox.switch(**forms)
        approval = user.approve(user.quote(WALL, label=label))
        user.sandbox.fault("lost_answer", host="stock.adobe.io", path_regex="Content/License$")
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert (settled.order.state, settled.problem) == (OrderState.PAID, None)
        grant = user.grant(settled.order)
        assert grant.license_label == label
        assert user.fetch(grant)[:2] == b"\xff\xd8"
        assert len(user.charges()) == 1
        assert len(user.sandbox.requests(path_regex="Content/License$")) == 1

    @pytest.mark.parametrize("fault", ["reset", "500", "html", "truncate"])
    def test_one_that_never_arrived_is_found_not_to_have_been_bought(self, user: User, fault: str) -> None:
        approval = user.approve(user.quote(WALL))
        user.sandbox.fault(fault, host="stock.adobe.io", path_regex="Content/License$", process=False)
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert settled.order.state is OrderState.FAILED
        assert user.charges() == []

    def test_the_license_that_was_there_before_is_not_taken_for_the_new_one(self, user: User) -> None:
        user.buy(WALL)
        user.sandbox.advance(400 * 86400)
        approval = user.approve(user.quote(WALL, label="Extended"))
        user.sandbox.fault("500", host="stock.adobe.io", path_regex="Content/License$")
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert settled.order.state is OrderState.FAILED
        assert len(user.charges()) == 1

    def test_being_too_fast_is_no_purchase(self, user: User) -> None:
        approval = user.approve(user.quote(WALL))
        user.sandbox.fault("429", host="stock.adobe.io", path_regex="Content/License$", retry_after=3)
        with pytest.raises(ClearanceError) as caught:
            user.services.purchase.run(approval, actor="ada")
        assert "too many" in str(caught.value) or "wait" in str(caught.value).lower()
        (order,) = user.app.ledger.orders(ref=ListingRef(marketplace="adobe_stock", id=WALL))
        assert order.state is OrderState.FAILED


class TestHistory:
    def test_an_old_purchase_is_taken_over_from_the_history(
        self, open_user: Callable[[], User], user: User
    ) -> None:
        user.buy(CHAIR, MODEL)
        user.buy(PHOTO, label="Extended")
        other = open_user()
        other.store("client_id", "client_secret")
        (row,) = other.services.history.load("adobe_stock", kind=IMAGE).rows
        record: HistoryRecord = row.record
        assert (record.state, record.license_label, record.at) == (RecordState.PAID, "Extended", None)
        booked = other.services.history.adopt(record, IntendedUse(), kind=IMAGE, actor="ada")
        assert booked.grant.license_id == "adobe_stock.extended"
        assert other.fetch(booked.grant)[:2] == b"\xff\xd8"
        again = other.services.history.load("adobe_stock", kind=IMAGE).rows[0]
        assert again.grant is not None and not again.adoptable
        assert len(other.charges()) == 2


def run(user: User, steps: Any) -> Any:
    """Let the core send the steps of a module's function."""
    return run_steps(steps, INFO, user.services.search.sender)
