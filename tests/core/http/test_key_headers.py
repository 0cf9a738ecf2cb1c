"""Keys in headers of the vendor's own, alone or beside a token: what goes where, and after a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from wire import API, DictStore, FakeClock, FakeSite, Reply, Seen, as_json, call, rigged, serving

from core.errors import AccessDenied, CredentialsMissing, CredentialsRejected, NotSupported
from core.http.auth import AppAuth, AuthConfig, CredentialField, KeyField, Token, encode_token
from core.http.message import Auth, Idempotency

ID, SECRET = CredentialField.CLIENT_ID, CredentialField.CLIENT_SECRET
KEYED = FakeSite(
    auth=AuthConfig(
        app=AppAuth.CLIENT_CREDENTIALS,
        authorize_url="https://login.example.com/authorize",
        token_url="https://login.example.com/token",
        public_client=True,
        key_headers=(("Api-Key", ID),),
        fields=(
            KeyField(field=ID, label="API key"),
            KeyField(field=SECRET, label="API secret", optional=True),
        ),
    )
)
PAIR = FakeSite(
    auth=AuthConfig(app=AppAuth.HEADERS, key_headers=(("key", ID), ("secret", SECRET))),
)
NO_API = FakeSite(auth=AuthConfig(app=AppAuth.NONE, fields=()))


def echo(seen: Seen) -> Reply:
    """A vendor that takes everything and says what it got; its token server gives `app`."""
    if seen.path.endswith("/token"):
        return as_json({"access_token": "app", "expires_in": 3600})
    return as_json({"value": {name: seen.headers.get(name) for name in ("api-key", "authorization")}})


def user_token(*, lifetime_s: float = 3600, refresh: str | None = None) -> str:
    expires_at = FakeClock().now() + timedelta(seconds=lifetime_s)
    return encode_token(Token(access_token="user", expires_at=expires_at, refresh_token=refresh))


@pytest.mark.parametrize(
    ("auth", "stored", "authorization"),
    [
        (Auth.KEY, {}, None),
        (Auth.KEY, {"client_secret": "s", "user_token": "user"}, None),
        (Auth.BEST, {}, None),
        (Auth.BEST, {"client_secret": "s"}, "Bearer app"),
        (Auth.BEST, {"client_secret": "s", "user_token": "user"}, "Bearer user"),
        (Auth.BEST, {"user_token": "user"}, "Bearer user"),
        (Auth.BEST, {"user_token": user_token(lifetime_s=-1)}, None),
        (Auth.BEST, {"client_secret": "s", "user_token": user_token(lifetime_s=-1)}, "Bearer app"),
        (Auth.BEST, {"user_token": "{no token"}, None),
        (Auth.USER, {"user_token": "user"}, "Bearer user"),
        (Auth.APP, {"client_secret": "s"}, "Bearer app"),
        (Auth.USER_OR_APP, {"client_secret": "s"}, "Bearer app"),
        (Auth.USER_OR_APP, {"client_secret": "s", "user_token": "user"}, "Bearer user"),
    ],
)
def test_the_key_goes_with_every_call_and_a_token_where_it_helps(
    tmp_path: Path, auth: Auth, stored: dict[str, str], authorization: str | None
) -> None:
    store = DictStore(client_id="the-key", **stored)
    with serving(echo) as server, rigged(tmp_path, server.url, store=store) as rig:
        sent = rig.client.send(call(auth=auth), KEYED)
    assert sent == {"api-key": "the-key", "authorization": authorization}


def test_a_call_without_any_credential_shows_no_key(tmp_path: Path) -> None:
    store = DictStore(client_id="the-key", client_secret="s")
    with serving(echo) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=Auth.NONE), KEYED) == {"api-key": None, "authorization": None}


@pytest.mark.parametrize(
    ("auth", "stored", "words"),
    [
        (Auth.KEY, {}, "needs your API key"),
        (Auth.BEST, {}, "needs your API key"),
        (Auth.BEST, {"user_token": "user"}, "needs your API key"),
        (Auth.USER, {"user_token": "user"}, "needs your API key"),
        (Auth.APP, {"client_id": "the-key"}, "needs your API secret"),
        (Auth.USER_OR_APP, {"client_id": "the-key"}, "needs your API secret"),
        (Auth.USER, {"client_id": "the-key", "client_secret": "s"}, "Sign in under"),
    ],
)
def test_what_is_missing_is_named_in_the_vendors_words(
    tmp_path: Path, auth: Auth, stored: dict[str, str], words: str
) -> None:
    with serving(echo) as server, rigged(tmp_path, server.url, store=DictStore(**stored)) as rig:
        with pytest.raises(CredentialsMissing, match=words):
            rig.client.send(call(auth=auth), KEYED)
        assert server.seen == []


@pytest.mark.parametrize("auth", [Auth.KEY, Auth.APP, Auth.USER_OR_APP, Auth.BEST])
def test_a_pair_of_headers_is_all_that_some_vendors_want(tmp_path: Path, auth: Auth) -> None:
    def handler(seen: Seen) -> Reply:
        return as_json({"value": (seen.headers.get("key"), seen.headers.get("secret"))})

    store = DictStore(client_id="k", client_secret="hush")
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=auth), PAIR) == ["k", "hush"]
        assert "authorization" not in server.seen[0].headers
    with (
        serving(handler) as server,
        rigged(tmp_path, server.url, store=DictStore(client_id="k")) as rig,
        pytest.raises(CredentialsMissing, match="needs your secret"),
    ):
        rig.client.send(call(auth=auth), PAIR)


@pytest.mark.parametrize("auth", [Auth.KEY, Auth.APP, Auth.USER, Auth.USER_OR_APP, Auth.BEST])
def test_where_there_is_no_api_that_is_said(tmp_path: Path, auth: Auth) -> None:
    with serving(echo) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(NotSupported, match="no API"):
            rig.client.send(call(auth=auth), NO_API)
        assert server.seen == []


def test_keys_do_not_follow_to_another_host(tmp_path: Path) -> None:
    site = replace(KEYED, api_hosts=frozenset({"api.example.com", "other.example.com"}))

    def handler(seen: Seen) -> Reply:
        if seen.path.startswith("/api.example.com"):
            return Reply(status=302, headers=(("Location", "https://other.example.com/v1/things"),))
        return echo(seen)

    store = DictStore(client_id="the-key", user_token="user")
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        sent = rig.client.send(call(auth=Auth.BEST, follow_redirects=True), site)
        assert server.seen[0].headers["api-key"] == "the-key"
    assert sent == {"api-key": None, "authorization": None}


def test_a_token_server_does_not_see_the_key_header(tmp_path: Path) -> None:
    store = DictStore(client_id="the-key", client_secret="s")
    with serving(echo) as server, rigged(tmp_path, server.url, store=store) as rig:
        rig.client.send(call(auth=Auth.APP), KEYED)
        token_call = next(seen for seen in server.seen if seen.path.endswith("/token"))
    assert "api-key" not in token_call.headers


def test_keys_are_in_no_error_and_no_repr(tmp_path: Path) -> None:
    store = DictStore(client_id="the-very-key", client_secret="the-very-secret")
    said = {"message": "No: the-very-key / the-very-secret"}
    with serving(lambda _: as_json(said, 403)) as server, rigged(tmp_path, server.url, store=store) as rig:
        credential = rig.tokens.credential(Auth.KEY, PAIR)
        with pytest.raises(AccessDenied) as caught:
            rig.client.send(call(auth=Auth.KEY), PAIR)
    assert "the-very" not in f"{credential!r}{caught.value!r}{caught.value}{caught.value.context}"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"the-very" not in path.read_bytes()


# --- after a 401 ---


def only_with(good: Callable[[dict[str, str]], bool]) -> Callable[[Seen], Reply]:
    """A vendor that takes calls whose headers please it, and knows one refresh token."""

    def handler(seen: Seen) -> Reply:
        if seen.path.endswith("/token"):
            ok = b"refresh_token=again" in seen.body or b"client_credentials" in seen.body
            return as_json({"access_token": "app", "expires_in": 3600}) if ok else Reply(status=400)
        return echo(seen) if good(seen.headers) else Reply(status=401)

    return handler


def api_calls(seen: list[Seen]) -> list[str | None]:
    return [one.headers.get("authorization") for one in seen if "/v1/" in one.path]


@pytest.mark.parametrize(
    ("stored", "sent"),
    [
        ({"user_token": "user"}, ["Bearer user", None]),
        ({"client_secret": "s"}, ["Bearer app", "Bearer app", None]),
        ({"user_token": user_token(refresh="again")}, ["Bearer user", "Bearer app", None]),
        ({"user_token": user_token(refresh="ended")}, ["Bearer user", None]),
    ],
)
def test_a_search_goes_on_with_the_key_alone(
    tmp_path: Path, stored: dict[str, str], sent: list[str | None]
) -> None:
    """Adobe A.9: a bad token makes even a plain search fail."""
    store = DictStore(client_id="the-key", **stored)
    handler = only_with(lambda headers: "authorization" not in headers)
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        assert rig.client.send(call(auth=Auth.BEST), KEYED)["api-key"] == "the-key"
        assert api_calls(server.seen) == sent


@pytest.mark.parametrize(
    "wanted",
    [
        call(auth=Auth.USER),
        call(auth=Auth.USER_OR_APP),
        call(auth=Auth.BEST, method="POST", idempotency=Idempotency.KEYED),
        call(auth=Auth.BEST, method="POST", idempotency=Idempotency.SPENDING),
    ],
)
def test_other_calls_do_not(tmp_path: Path, wanted: Any) -> None:
    store = DictStore(client_id="the-key", user_token="user")
    handler = only_with(lambda headers: "authorization" not in headers)
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        with pytest.raises(CredentialsRejected):
            rig.client.send(wanted, KEYED)
        assert api_calls(server.seen) == ["Bearer user"]


def test_a_refused_key_is_refused_once(tmp_path: Path) -> None:
    store = DictStore(client_id="the-key")
    with serving(only_with(lambda _: False)) as server, rigged(tmp_path, server.url, store=store) as rig:
        with pytest.raises(CredentialsRejected):
            rig.client.send(call(auth=Auth.BEST), KEYED)
        assert len(server.seen) == 1


def test_a_key_that_another_process_has_changed_is_taken(tmp_path: Path) -> None:
    store = DictStore(client_id="old", client_secret="s")
    handler = only_with(lambda headers: headers.get("key") == "new")
    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        rig.tokens.credential(Auth.KEY, PAIR)
        store.secrets["example", "client_id"] = "new"
        rig.client.send(call(auth=Auth.KEY), PAIR)
        assert [seen.headers["key"] for seen in server.seen] == ["old", "new"]


def test_token_calls_count_for_the_key_that_asks(tmp_path: Path) -> None:
    """Getty B1: token calls count against the rate limit."""
    store = DictStore(client_id="the-key", client_secret="s")
    with serving(echo) as server, rigged(tmp_path, server.url, store=store) as rig:
        rig.client.send(call(auth=Auth.APP), KEYED)
        assert rig.exchange.usage(KEYED).used == len(server.seen) == 2


def test_a_link_is_signed_only_where_its_host_may_see_a_token(tmp_path: Path) -> None:
    class Link:
        name, size, sha256 = "a.zip", None, None

        def __init__(self, url: str, token_parameter: str = "token") -> None:
            self.url, self.token_parameter = url, token_parameter

    store = DictStore(client_id="the-key", user_token="us/er")
    with serving(echo) as server, rigged(tmp_path, server.url, store=store) as rig:
        sign = rig.tokens.sign_link
        assert sign(Link(f"{API}/Download/1"), KEYED) == f"{API}/Download/1?token=us%2Fer"
        assert sign(Link(f"{API}/Download/1?size=400"), KEYED) == f"{API}/Download/1?size=400&token=us%2Fer"
        plain = "https://files.example-cdn.com/a"
        assert sign(Link(plain), KEYED) == plain
        assert sign(Link(f"{API}/a", ""), KEYED) == f"{API}/a"
        evil = "https://api.example.com.evil.net/a"
        assert sign(Link(evil), KEYED) == evil
        assert server.seen == []
