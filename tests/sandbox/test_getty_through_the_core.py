"""Getty Images as a user has it: keys, sign-in, quotes, purchases, lost answers, files; the whole core."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sandbox_process import SandboxProcess

from core.app import App, build_app
from core.credentials.session_store import SessionStore
from core.errors import (
    AccessDenied,
    CredentialsMissing,
    CredentialsRejected,
    NotSupported,
    PaymentError,
    PolicyError,
    PriceChanged,
    PurchaseInDoubt,
    RateLimited,
    UserInputError,
)
from core.host import NoHost
from core.http.login import sign_in
from core.marketplaces import registry
from core.marketplaces.base import ANY, Wanted
from core.model.grant import Grant
from core.model.intended_use import IntendedUse, Purpose
from core.model.listing import Listing, ListingRef, MediaKind, SearchFilters, SearchQuery
from core.model.order import Order, OrderState
from core.services.buying.quote import QuoteResult
from core.settings import Settings

PHOTO, OTHER, NEWS, FILM = "95744000", "95744037", "95745110", "690773000"
IMAGE, VIDEO = MediaKind.IMAGE, MediaKind.VIDEO
API, SIGN_IN = "api.gettyimages.com", "authentication.gettyimages.com"
INFO = registry.find("getty_images").INFO


class User:
    """Somebody with Clearance and the sandbox's keys."""

    def __init__(self, app: App, sandbox: SandboxProcess) -> None:
        self.app, self.sandbox, self.services = app, sandbox, app.services

    def store(self, *fields: str) -> None:
        for field in fields:
            self.services.accounts.store(
                "getty_images", field, self.sandbox.credentials["getty_images"][field]
            )

    def sign_in(self) -> None:
        """Be the user and the browser; any free port, so that a test run does not depend on a certain one."""
        browsers: list[threading.Thread] = []

        def open_url(url: str) -> None:
            browsers.append(threading.Thread(target=self.sandbox.consent, args=(url,)))
            browsers[0].start()

        info = replace(INFO, auth=replace(INFO.auth, redirect_port=0))
        try:
            sign_in(info, tokens=self.services.accounts.tokens, open_url=open_url, timeout_s=20.0)
        finally:
            browsers[0].join(20.0)

    def search(self, text: str = "", **filters: bool) -> tuple[Listing, ...]:
        query = SearchQuery(text=text, per_page=100, filters=SearchFilters(**filters))
        return self.services.search.run("getty_images", query).listings

    def quote(self, asset_id: str, kind: MediaKind = IMAGE, wanted: Wanted = ANY) -> QuoteResult:
        ref = ListingRef(marketplace="getty_images", id=asset_id)
        use = IntendedUse(purpose=Purpose.EDITORIAL if asset_id == NEWS else Purpose.COMMERCIAL)
        return self.services.quote.run(ref, kind, use, actor="ada", wanted=wanted)

    def approve(self, result: QuoteResult, **more: str) -> str:
        return self.services.approve.run(result.quote, result.answer, actor="ada", reason="a test", **more).id

    def buy(self, asset_id: str, kind: MediaKind = IMAGE, wanted: Wanted = ANY) -> Grant:
        approval = self.approve(self.quote(asset_id, kind, wanted))
        return self.grant(self.services.purchase.run(approval, actor="ada"))

    def grant(self, order: Order) -> Grant:
        found = self.app.ledger.grant_for_order(order.id)
        assert found is not None
        return found

    def fetch(self, grant: Grant) -> tuple[str, bytes]:
        (file,) = self.services.download.run(grant.id, actor="ada")
        place = self.services.download.store.path(file.sha256)
        assert place is not None
        return file.name, place.read_bytes()

    def charges(self) -> list[str]:
        return [charge["item_id"] for charge in self.sandbox.books()["charges"]]


@pytest.fixture
def open_user(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Callable[[], User]]:
    apps: list[App] = []

    def make() -> User:
        settings = Settings(
            data_dir=tmp_path / f"user{len(apps)}",
            user="ada",
            project="Show 12",
            client="ACME",
            sandbox_url=sandbox.url,
            settle_s=0.0,
            requests_per_second=None,
            requests_per_hour={"getty_images": 1_000_000},
        )
        apps.append(build_app(settings, host=NoHost(), environ={}, credentials=SessionStore()))
        return User(apps[-1], sandbox)

    yield make
    for app in apps:
        app.close()
    sandbox.clear_faults()


@pytest.fixture
def user(open_user: Callable[[], User]) -> User:
    """A key that licenses by itself, with its secret."""
    made = open_user()
    made.store("client_id", "client_secret")
    return made


class TestKeys:
    def test_without_a_key_nothing_is_asked(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        for ask in (
            user.search,
            lambda: user.quote(PHOTO),
            lambda: user.services.accounts.test("getty_images"),
        ):
            with pytest.raises(CredentialsMissing):
                ask()
        assert user.sandbox.requests(host=API) == []

    def test_the_key_alone_searches_and_licenses_nothing(self, open_user: Callable[[], User]) -> None:
        user = open_user()
        user.store("client_id")
        assert PHOTO in {listing.ref.id for listing in user.search()}
        with pytest.raises(CredentialsMissing):
            user.quote(PHOTO)
        assert user.sandbox.requests(host=SIGN_IN) == []

    @pytest.mark.parametrize("status", ["401", "403"])
    def test_a_wrong_key(self, user: User, status: str) -> None:
        user.sandbox.switch(getty_bad_key=status)
        user.services.accounts.store("getty_images", "client_id", "wrong")
        with pytest.raises((CredentialsRejected, AccessDenied)):
            user.services.accounts.test("getty_images")

    def test_a_wrong_secret(self, user: User) -> None:
        user.services.accounts.store("getty_images", "client_secret", "wrong")
        with pytest.raises(CredentialsRejected):
            user.services.accounts.test("getty_images")

    def test_key_and_secret_are_enough_where_the_key_is_set_up_so(self, user: User) -> None:
        account = user.services.accounts.test("getty_images")
        assert account.user_name == ""
        assert "premiumaccess:2726" in {balance.account_id for balance in account.balances}
        assert user.buy(PHOTO).license_id == "getty_images.royalty_free"
        assert len(user.sandbox.requests(host=SIGN_IN)) == 1, "one token serves for half an hour"

    @pytest.mark.parametrize("status", ["400", "401", "403"])
    def test_where_a_user_is_needed_it_says_so(self, user: User, status: str) -> None:
        user.sandbox.switch(getty_user_required=status)
        with pytest.raises(AccessDenied, match="signed-in user"):
            user.services.accounts.test("getty_images")

    @pytest.mark.parametrize("kind", ["public", "confidential"])
    def test_somebody_signs_in(self, open_user: Callable[[], User], kind: str) -> None:
        """A public client sends no secret; a confidential one does, beside the code's proof."""
        user = open_user()
        user.sandbox.switch(getty_client=kind, getty_user_required="403")
        user.store("client_id", *(("client_secret",) if kind == "confidential" else ()))
        user.sign_in()
        assert user.services.accounts.test("getty_images").user_name == "Sandbox User"
        assert user.buy(PHOTO).licensee == "ada"

    @pytest.mark.parametrize("form", ["reusable", "rotated"])
    def test_a_token_that_ended_is_made_anew(self, open_user: Callable[[], User], form: str) -> None:
        user = open_user()
        user.sandbox.switch(getty_client="public", getty_refresh=form, getty_expires_in="text")
        user.store("client_id")
        user.sign_in()
        for _ in range(3):
            user.sandbox.revoke_tokens("getty_images")
            assert user.services.accounts.test("getty_images").balances

    def test_no_secret_goes_anywhere_but_to_the_vendor(self, user: User) -> None:
        user.fetch(user.buy(FILM, VIDEO))
        for row in user.sandbox.requests():
            if row["host"] not in (API, SIGN_IN):
                assert not {"api-key", "authorization"} & set(row["headers"])


class TestBuying:
    @pytest.mark.parametrize(
        ("asset_id", "kind", "name", "start"),
        [
            (PHOTO, IMAGE, "GettyImages-95744000.jpg", b"\xff\xd8"),
            (FILM, VIDEO, "GettyImages-690773000.mov", b""),
        ],
    )
    def test_an_asset_is_licensed_and_fetched(
        self, user: User, asset_id: str, kind: MediaKind, name: str, start: bytes
    ) -> None:
        grant = user.buy(asset_id, kind)
        found, data = user.fetch(grant)
        assert found == name
        assert data.startswith(start)
        (order,) = user.app.ledger.orders(ref=grant.ref)
        assert grant.marketplace_license_id == order.key
        assert (grant.license_label, grant.license_id) == ("royaltyfree", "getty_images.royalty_free")
        assert user.fetch(grant) == (name, data), "what is in the store is fetched no second time"
        assert user.charges() == [asset_id]
        (row,) = user.services.history.load("getty_images", kind=kind).rows
        assert row.grant is not None and row.grant.id == grant.id

    def test_the_product_and_the_size_that_were_chosen(self, user: User) -> None:
        user.buy(PHOTO, wanted=Wanted(account_id="imagepack:31"))
        user.buy(FILM, VIDEO, wanted=Wanted(variant="sd1"))
        charged = [(row["account"], row["metadata"]["size"]) for row in user.sandbox.books()["charges"]]
        assert charged == [("imagepack:31", "large"), ("premiumaccess:2726", "sd1")]

    def test_a_project_code_has_to_be_there(self, user: User) -> None:
        approval = user.approve(user.quote(PHOTO, wanted=Wanted(account_id="premiumaccess:58")))
        with pytest.raises(UserInputError, match="Download note"):
            user.services.purchase.run(approval, actor="ada")
        assert user.charges() == []
        user.services.purchase.run(approval, actor="ada", references=(("download_notes", "Titles"),))
        (charge,) = user.sandbox.books()["charges"]
        assert charge["metadata"]["project_code"] == "Show 12", "the project's name is one of the codes"
        assert charge["metadata"]["notes"].endswith("; Titles; Show 12; ACME")

    def test_overage_needs_a_yes_to_its_very_words(self, user: User) -> None:
        user.sandbox.set_product(44, downloads_left=0)
        result = user.quote(NEWS)
        assert "counts as overage" in result.quote.surcharge
        with pytest.raises(UserInputError):
            user.approve(result)
        approval = user.approve(result, accept_surcharge=result.quote.surcharge)
        assert user.services.purchase.run(approval, actor="ada").state is OrderState.PAID

    def test_what_ran_out_meanwhile_is_not_made_up_for_by_an_overage(self, user: User) -> None:
        approval = user.approve(user.quote(NEWS))
        user.sandbox.set_product(44, downloads_left=0)
        with pytest.raises(PriceChanged):
            user.services.purchase.run(approval, actor="ada")
        user.sandbox.set_product(44, overage_left=0)
        with pytest.raises(PaymentError, match="used up"):
            user.services.purchase.run(approval, actor="ada")
        assert user.charges() == []

    def test_an_editorial_picture_is_not_cleared_for_a_commercial_use(self, user: User) -> None:
        ref = ListingRef(marketplace="getty_images", id=NEWS)
        result = user.services.quote.run(ref, IMAGE, IntendedUse(), actor="ada")
        assert result.quote.editorial is True
        with pytest.raises(PolicyError, match="editorial use only"):
            user.approve(result)


class TestLostAnswers:
    @pytest.mark.parametrize("notes", ["kept", "dropped"])
    @pytest.mark.parametrize("fault", ["lost_answer", "html", "truncate", "500"])
    def test_a_purchase_without_an_answer_is_looked_up(self, user: User, notes: str, fault: str) -> None:
        user.sandbox.switch(getty_notes=notes)
        approval = user.approve(user.quote(OTHER))
        user.sandbox.fault(fault, host=API, method="POST", process=True)
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert (settled.order.state, settled.problem) == (OrderState.PAID, None)
        grant = user.grant(settled.order)
        assert grant.license_id == "getty_images.royalty_free"
        assert (grant.marketplace_license_id == settled.order.key) == (notes == "kept")
        assert user.charges() == [OTHER]
        with pytest.raises(NotSupported, match="free for sure"):
            user.fetch(grant)
        assert user.charges() == [OTHER], "no second download is made by the way"

    def test_one_that_never_arrived_was_not_bought(self, user: User) -> None:
        approval = user.approve(user.quote(OTHER))
        user.sandbox.fault("reset", host=API, method="POST")
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert settled.order.state is OrderState.FAILED
        assert user.charges() == []

    def test_the_one_before_is_not_taken_for_it(self, user: User) -> None:
        user.sandbox.switch(getty_notes="dropped")
        user.buy(OTHER, wanted=Wanted(account_id="premiumaccess:2726"))
        user.sandbox.advance(3600)
        approval = user.approve(user.quote(PHOTO))
        user.sandbox.fault("reset", host=API, method="POST")
        with pytest.raises(PurchaseInDoubt):
            user.services.purchase.run(approval, actor="ada")
        (settled,) = user.services.reconcile.run(actor="ada")
        assert settled.order.state is OrderState.FAILED

    def test_being_too_fast_is_no_purchase(self, user: User) -> None:
        approval = user.approve(user.quote(OTHER))
        user.sandbox.fault("429", host=API, method="POST")
        with pytest.raises(RateLimited):
            user.services.purchase.run(approval, actor="ada")
        (order,) = user.app.ledger.orders(ref=ListingRef(marketplace="getty_images", id=OTHER))
        assert order.state is OrderState.FAILED
        assert user.charges() == []
