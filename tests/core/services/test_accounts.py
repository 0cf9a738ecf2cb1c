"""Keys, sign-ins and what is said about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from wire import DictStore, Reply, Rig, Seen, as_json, rigged, serving

from core.errors import CredentialsMissing, UserInputError
from core.http.auth import AppAuth, AuthConfig, CredentialField, KeyField
from core.marketplaces import registry
from core.marketplaces.base import MarketplaceInfo, Redirect
from core.services.accounts import Accounts, check_key

BACK = "adobe+0a1b://adobeid/the-id"
BY_PASTE = next(m for m in registry.all_ids() if registry.find(m).INFO.auth.redirect is Redirect.PASTE)


def vendor(seen: Seen) -> Reply:
    if "token" in seen.path:
        return as_json({"access_token": "user-token", "expires_in": 3600})
    return Reply(status=503)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with serving(vendor) as server, rigged(tmp_path, server.url, store=DictStore()) as made:
        yield made


@pytest.fixture
def accounts(rig: Rig) -> Accounts:
    return Accounts(credentials=rig.store, tokens=rig.tokens, sender=rig.client)


def info_of(marketplace: str) -> MarketplaceInfo:
    return registry.find(marketplace).INFO


@pytest.mark.parametrize("marketplace", registry.all_ids())
def test_status_follows_what_the_marketplace_wants(accounts: Accounts, marketplace: str) -> None:
    auth = info_of(marketplace).auth
    status = accounts.status(marketplace)
    assert not status.has_app_key
    assert not status.has_user
    if auth.app is AppAuth.NONE:
        assert status.fields == ()
        return
    assert status.fields == tuple((known.field, False) for known in auth.fields)
    for known in auth.fields:
        if not known.optional:
            accounts.store(marketplace, known.field, BACK if "uri" in known.field else "some-key")
    status = accounts.status(marketplace)
    assert status.has_app_key
    assert dict(status.fields) == {known.field: not known.optional for known in auth.fields}
    accounts.forget(marketplace)
    assert not accounts.status(marketplace).has_app_key


@pytest.mark.parametrize("marketplace", registry.all_ids())
def test_what_a_marketplace_does_not_use_is_not_kept(accounts: Accounts, rig: Rig, marketplace: str) -> None:
    auth = info_of(marketplace).auth
    used = {known.field for known in auth.fields} if auth.app is not AppAuth.NONE else set()
    if auth.authorize_url:
        used.add(CredentialField.USER_TOKEN)
    for field in set(CredentialField) - used:
        with pytest.raises(UserInputError, match=info_of(marketplace).name):
            accounts.store(marketplace, field, BACK)
    assert rig.store.written == []


@pytest.mark.parametrize(
    "address",
    [
        BACK,
        "https://example.com/back",
        "com.example.app:/oauth",
        "urn:ietf:wg:oauth:2.0:oob",
        "myapp://callback?x=y",
    ],
)
def test_redirect_addresses(address: str) -> None:
    assert check_key("redirect_uri", f" {address}\n") == (CredentialField.REDIRECT_URI, address)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1/back",
        "http://example.com/",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "example.com/back",
        "https://",
        "https:example.com",
        "://x",
        "9x://y",
        "app://x#fragment",
        "app://" + "x" * 3000,
        "app://x y",
        "",
    ],
)
def test_what_is_no_redirect_address(address: str) -> None:
    with pytest.raises(UserInputError):
        check_key("redirect_uri", address)


class TestPasting:
    def ready(self, accounts: Accounts) -> str:
        """Store what a native app has and start; return the state."""
        accounts.store(BY_PASTE, "client_id", "the-id")
        with pytest.raises(CredentialsMissing):
            accounts.begin_sign_in(BY_PASTE)
        accounts.store(BY_PASTE, "redirect_uri", BACK)
        url = accounts.begin_sign_in(BY_PASTE)
        return parse_qs(urlsplit(url).query)["state"][0]

    def test_in_two_steps(self, accounts: Accounts) -> None:
        state = self.ready(accounts)
        with pytest.raises(UserInputError, match="not the address"):
            accounts.finish_sign_in(BY_PASTE, "https://www.example.com/")
        accounts.finish_sign_in(BY_PASTE, f"{BACK}?code=co&state={state}")
        assert accounts.status(BY_PASTE).has_user

    def test_in_one_step_where_somebody_can_be_asked(self, accounts: Accounts) -> None:
        self.ready(accounts)
        opened: list[str] = []

        def pasted() -> str:
            state = parse_qs(urlsplit(opened[0]).query)["state"][0]
            return f"{BACK}?code=co&state={state}"

        accounts.sign_in(BY_PASTE, opened.append, pasted=pasted)
        assert accounts.status(BY_PASTE).has_user

    def test_without_anybody_to_ask(self, accounts: Accounts) -> None:
        with pytest.raises(UserInputError, match="two steps") as caught:
            accounts.sign_in(BY_PASTE, lambda _: None)
        assert caught.value.code == "sign_in.by_paste"


def test_a_listener_is_not_pasted_for(accounts: Accounts) -> None:
    with pytest.raises(UserInputError) as caught:
        accounts.begin_sign_in("cgtrader")
    assert caught.value.code == "sign_in.by_listener"
    with pytest.raises(UserInputError, match="No sign-in"):
        accounts.finish_sign_in("cgtrader", BACK)


def test_a_marketplace_without_sign_in_says_so(accounts: Accounts) -> None:
    without = [m for m in registry.all_ids() if not info_of(m).auth.authorize_url]
    for marketplace in without:
        with pytest.raises(UserInputError, match="Nobody signs in"):
            accounts.sign_in(marketplace, lambda _: None)
        with pytest.raises(UserInputError, match="Nobody signs in"):
            accounts.begin_sign_in(marketplace)


def test_forgetting_deletes_everything_and_tells_what_could_not_be_told(accounts: Accounts, rig: Rig) -> None:
    revoking = [m for m in registry.all_ids() if info_of(m).auth.revoke_url]
    said: list[str] = []
    for marketplace in registry.all_ids():
        for field in CredentialField:
            rig.store.secrets[marketplace, field] = "something"
        accounts.forget(marketplace, tell=said.append)
        assert not accounts.status(marketplace).has_user
    assert rig.store.secrets == {}
    assert len(said) == len(revoking)
    assert all("signed out here" in sentence for sentence in said)


def test_the_default_form_asks_for_key_and_secret() -> None:
    config = AuthConfig(app=AppAuth.BASIC)
    assert [known.field for known in config.fields] == ["client_id", "client_secret"]
    assert (
        replace(config, fields=(KeyField(field=CredentialField.CLIENT_ID, label="x"),)).fields[0].label == "x"
    )
