"""The HTTP layer against the sandbox marketplaces, over the real marketplace modules."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sandbox_process import SandboxProcess, start_sandbox

from core.clock import SystemClock
from core.credentials.session_store import SessionStore
from core.errors import CredentialsRejected, OutcomeUnknown, Unavailable
from core.http.auth import CredentialField, decode_token, encode_token
from core.http.cancel import pause_with
from core.http.client import Client
from core.http.download import Downloader
from core.http.exchange import Exchange, Timeouts
from core.http.login import sign_in
from core.http.public import PublicFetcher
from core.http.retry import RetryPolicy
from core.http.routes import Routes
from core.http.throttle import Limit, Throttle
from core.http.tokens import TokenKeeper
from core.http.transport import RequestsTransport
from core.marketplaces import cgtrader, shutterstock
from core.marketplaces.base import DownloadLink, Marketplace, OwnedRef, PurchaseOutcome, PurchaseRequest
from core.model.listing import MediaKind, SearchQuery
from core.services.steps import run_steps

KEYS = {"shutterstock": ("consumer_key", "consumer_secret"), "cgtrader": ("client_id", "client_secret")}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    with start_sandbox(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


class Buyer:
    """Everything real but the marketplaces, and a browser that says yes."""

    def __init__(self, sandbox: SandboxProcess, folder: Path, *, url: str = "") -> None:
        clock = SystemClock()
        pause = pause_with(clock)
        self.sandbox = sandbox
        self.folder = folder
        self.store = SessionStore()
        for marketplace, (client_id, client_secret) in KEYS.items():
            keys = sandbox.credentials[marketplace]
            self.store.write(marketplace, CredentialField.CLIENT_ID, keys[client_id])
            self.store.write(marketplace, CredentialField.CLIENT_SECRET, keys[client_secret])
        self.transport = RequestsTransport(monotonic=clock.monotonic)
        routes = Routes(url or sandbox.url)
        timeouts = Timeouts(connect_s=5.0, read_s=2.0, spending_s=2.0)
        exchange = Exchange(
            transport=self.transport,
            routes=routes,
            throttle=Throttle(folder / "t.sqlite", clock=clock, pause=pause),
            clock=clock,
            pause=pause,
            random=lambda: 0.01,
            online=lambda: True,
            user_agent="Clearance/test",
            timeouts=timeouts,
            policy=RetryPolicy(deadline_s=20.0),
            limit_for=lambda _: Limit(per_hour=10**6),
        )
        self.tokens = TokenKeeper(
            self.store,
            exchange,
            lock_folder=folder / "locks",
            pause=pause,
            random_text=lambda count: f"{time.monotonic_ns():0{count}d}" + "x" * 30,
        )
        public = PublicFetcher(
            transport=self.transport,
            routes=routes,
            clock=clock,
            pause=pause,
            random=lambda: 0.01,
            user_agent="Clearance/test",
        )
        self.client = Client(exchange, self.tokens, public)
        self.downloader = Downloader(
            transport=self.transport,
            routes=routes,
            clock=clock,
            pause=pause,
            random=lambda: 0.01,
            online=lambda: True,
            user_agent="Clearance/test",
            timeouts=timeouts,
        )

    def sign_in(self, module: Marketplace, *, answer: str = "allow") -> None:
        threads: list[threading.Thread] = []

        def open_url(url: str) -> None:
            threads.append(
                threading.Thread(target=self.sandbox.consent, args=(url,), kwargs={"answer": answer})
            )
            threads[0].start()

        # Any free port: a test run must not depend on a certain one.
        info = replace(module.INFO, auth=replace(module.INFO.auth, redirect_port=0))
        try:
            sign_in(info, tokens=self.tokens, open_url=open_url, timeout_s=20.0)
        finally:
            threads[0].join(20.0)

    def close(self) -> None:
        self.client.close()
        self.transport.close()


@pytest.fixture
def buyer(running: SandboxProcess, tmp_path: Path) -> Iterator[Buyer]:
    running.reset()
    made = Buyer(running, tmp_path)
    yield made
    made.close()


MODULES: list[Any] = [shutterstock, cgtrader]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.INFO.id)
def test_sign_in_and_ask_who_we_are(buyer: Buyer, module: Marketplace) -> None:
    page = buyer.client.send(module.search(SearchQuery(text="")), module.INFO)
    assert page.listings
    assert not buyer.tokens.has_user(module.INFO)
    buyer.sign_in(module)
    assert buyer.tokens.has_user(module.INFO)
    assert run_steps(module.account(), module.INFO, buyer.client).user_name
    preview = next(p for listing in page.listings for p in listing.previews)
    assert buyer.client.fetch_public(preview.url, module.INFO, max_bytes=10**7)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.INFO.id)
def test_an_expired_token_is_refreshed(buyer: Buyer, module: Marketplace) -> None:
    buyer.sign_in(module)
    before = decode_token(buyer.store.read(module.INFO.id, CredentialField.USER_TOKEN) or "")
    assert before is not None
    if before.refresh_token is None:
        pytest.fail(f"{module.INFO.id} gives no refresh token here: there is nothing to test")
    # The vendor's time passes, ours does not: the token looks good to us, and is refused.
    buyer.sandbox.advance(100_000)
    assert run_steps(module.account(), module.INFO, buyer.client).user_name
    after = decode_token(buyer.store.read(module.INFO.id, CredentialField.USER_TOKEN) or "")
    assert after is not None
    assert after.access_token != before.access_token


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.INFO.id)
def test_revoked_access_asks_for_a_new_sign_in(buyer: Buyer, module: Marketplace) -> None:
    buyer.sign_in(module)
    buyer.sandbox.revoke_tokens(module.INFO.id)
    assert run_steps(module.account(), module.INFO, buyer.client).user_name, (
        "access tokens are gone: refreshed"
    )
    buyer.sandbox.reset()
    with pytest.raises(CredentialsRejected) as caught:
        run_steps(module.account(), module.INFO, buyer.client)
    assert caught.value.code == "marketplace.sign_in_ended"
    buyer.sign_in(module)
    assert run_steps(module.account(), module.INFO, buyer.client).user_name


@pytest.mark.parametrize("fault", ["429", "500", "502", "503", "reset", "lost_answer", "truncate"])
def test_a_search_survives_a_passing_fault(buyer: Buyer, fault: str) -> None:
    options = {"retry_after": 1} if fault in {"429", "503"} else {}
    buyer.sandbox.fault(fault, host="api.shutterstock.com", path_regex="search", **options)
    call = shutterstock.search(SearchQuery(text=""))
    assert buyer.client.send(call, shutterstock.INFO).listings


def purchase(buyer: Buyer) -> tuple[PurchaseRequest, Any]:
    listing = buyer.client.send(shutterstock.search(SearchQuery(text="")), shutterstock.INFO).listings[0]
    basis = run_steps(shutterstock.quote(listing), shutterstock.INFO, buyer.client)
    request = PurchaseRequest(
        key="9f0c2c7e-0000-4000-8000-000000000001",
        ref=listing.ref,
        kind=MediaKind.IMAGE,
        variant=basis.variant,
        account_id=basis.accounts[0].account_id,
        license_label=basis.license_label,
        search_id=listing.search_id,
        editorial_acknowledged=bool(listing.editorial),
    )
    return request, listing


@pytest.mark.parametrize("fault", ["500", "503", "reset", "lost_answer", "html", "garbage_json", "empty"])
def test_a_purchase_in_trouble_is_in_doubt_and_sent_once(buyer: Buyer, fault: str) -> None:
    buyer.sign_in(shutterstock)
    request, _ = purchase(buyer)
    buyer.sandbox.fault(fault, host="api.shutterstock.com", method="POST", path_regex="licenses$", times=0)
    buyer.sandbox.clear_requests()
    with pytest.raises(OutcomeUnknown):
        buyer.client.send(shutterstock.purchase(request), shutterstock.INFO)
    assert len(buyer.sandbox.requests(method="POST", path_regex="licenses$")) == 1


def test_a_purchase_that_cannot_be_sent_is_not_in_doubt(buyer: Buyer) -> None:
    buyer.sign_in(shutterstock)
    request, _ = purchase(buyer)
    buyer.client.close()
    stopped = Buyer(buyer.sandbox, buyer.folder / "stopped", url="http://127.0.0.1:9")
    secret = buyer.store.read("shutterstock", CredentialField.USER_TOKEN) or ""
    stopped.store.write("shutterstock", CredentialField.USER_TOKEN, secret)
    with pytest.raises(Unavailable, match="Nothing was sent"):
        stopped.client.send(shutterstock.purchase(request), shutterstock.INFO)
    stopped.close()


@pytest.mark.parametrize(
    "fault",
    ["none", "truncate", "expired_link", "no_content_length", "ignore_range", "reset", "503", "lost_answer"],
)
def test_what_was_bought_arrives_whole(buyer: Buyer, fault: str) -> None:
    buyer.sign_in(shutterstock)
    request, listing = purchase(buyer)
    result = buyer.client.send(shutterstock.purchase(request), shutterstock.INFO)
    assert result.outcome is PurchaseOutcome.PAID
    owned = OwnedRef(
        ref=listing.ref,
        kind=MediaKind.IMAGE,
        marketplace_license_id=result.marketplace_license_id,
        variant=request.variant,
    )

    def source() -> DownloadLink:
        return run_steps(shutterstock.download_links(owned), shutterstock.INFO, buyer.client)[0]

    whole = buyer.downloader.fetch(source, shutterstock.INFO, folder=buyer.folder / "whole")
    if fault != "none":
        buyer.sandbox.fault(fault, host="download.shutterstock.com")
    again = buyer.downloader.fetch(source, shutterstock.INFO, folder=buyer.folder / "again")
    assert again.sha256 == whole.sha256
    assert again.path.read_bytes() == whole.path.read_bytes()
    seen = buyer.sandbox.requests(host="download.shutterstock.com")
    assert seen
    assert "authorization" not in str(seen).lower()


def test_a_stored_token_survives_a_restart(buyer: Buyer) -> None:
    buyer.sign_in(shutterstock)
    token = decode_token(buyer.store.read("shutterstock", CredentialField.USER_TOKEN) or "")
    assert token is not None
    assert decode_token(encode_token(token)) == token
    buyer.tokens.forget_cached("shutterstock")
    assert run_steps(shutterstock.account(), shutterstock.INFO, buyer.client).user_name
