from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnexpectedResponse
from core.http.auth import (
    AppAuth,
    AuthConfig,
    ClientAuth,
    Token,
    basic_header,
    bearer_header,
    decode_token,
    encode_token,
)
from core.http.message import Idempotency
from core.http.oauth import (
    authorization_code_call,
    client_credentials_call,
    own_header,
    read_token,
    redirect_uri,
    refresh_call,
    revoke_call,
    same_state,
    start_sign_in,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
CONFIG = AuthConfig(
    app=AppAuth.BASIC,
    authorize_url="https://accounts.example.com/oauth/authorize",
    token_url="https://api.example.com/v2/oauth/access_token",
    scopes=("user.view", "licenses.create"),
    extra_authorize=(("realm", "customer"),),
    extra_token=(("realm", "customer"), ("expires", "true")),
)
ODD = "a b&c=d+e%ü€"


def test_headers() -> None:
    name, value = basic_header("id", "pässword")
    assert name == "Authorization"
    assert base64.b64decode(value.removeprefix("Basic ")).decode() == "id:pässword"
    assert bearer_header("t") == ("Authorization", "Bearer t")


def test_a_sign_in_page_without_pkce() -> None:
    sign_in = start_sign_in(
        CONFIG, client_id=ODD, back=redirect_uri(CONFIG, 4711), state="s" * 43, code_verifier="v" * 64
    )
    parts = urlsplit(sign_in.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == CONFIG.authorize_url
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": [ODD],
        "redirect_uri": ["http://127.0.0.1:4711/"],
        "scope": ["user.view licenses.create"],
        "state": ["s" * 43],
        "realm": ["customer"],
    }
    assert sign_in.code_verifier is None
    assert "sss" not in repr(sign_in)


def test_a_sign_in_page_with_pkce_and_another_redirect() -> None:
    config = AuthConfig(
        app=AppAuth.BASIC,
        authorize_url="https://x.example.com/authorize",
        token_url="https://x.example.com/token",
        pkce=True,
        redirect_host="localhost",
        redirect_path="/back",
    )
    verifier = "v" * 64
    sign_in = start_sign_in(
        config, client_id="id", back=redirect_uri(config, 1), state="state", code_verifier=verifier
    )
    query = parse_qs(urlsplit(sign_in.url).query)
    expected = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    assert query["code_challenge"] == [expected]
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == ["http://localhost:1/back"]
    assert "scope" not in query
    call = authorization_code_call("x", config, sign_in, client_id="id", client_secret="sec", code="co")
    assert dict(call.request.form_body or ())["code_verifier"] == verifier


def test_token_requests() -> None:
    sign_in = start_sign_in(CONFIG, client_id="id", back=redirect_uri(CONFIG, 5), state="state")
    calls = {
        "client_credentials": client_credentials_call("x", CONFIG, client_id="id", client_secret=ODD),
        "authorization_code": authorization_code_call(
            "x", CONFIG, sign_in, client_id="id", client_secret=ODD, code=ODD
        ),
        "refresh_token": refresh_call("x", CONFIG, client_id="id", client_secret=ODD, refresh_token=ODD),
    }
    for grant, call in calls.items():
        form = dict(call.request.form_body or ())
        assert len(form) == len(call.request.form_body or ())
        assert form["grant_type"] == grant
        assert form["client_id"] == "id"
        assert form["client_secret"] == ODD
        assert form["expires"] == "true"
        assert call.request.method == "POST"
        assert call.request.url == CONFIG.token_url
        assert ODD not in repr(call)
        assert call.idempotency is not Idempotency.SPENDING
    assert dict(calls["authorization_code"].request.form_body or ())["code"] == ODD
    assert dict(calls["authorization_code"].request.form_body or ())["redirect_uri"] == "http://127.0.0.1:5/"
    assert dict(calls["refresh_token"].request.form_body or ())["refresh_token"] == ODD


@pytest.mark.parametrize(
    ("expires_in", "seconds"),
    [
        (3600, 3600.0),
        ("3600", 3600.0),
        (None, None),
        ("soon", None),
        (-1, None),
        (0, None),
        (True, None),
        (86_399, 86_399.0),
        (10_000_000, 10_000_000.0),
        (86_399_985, 86_399.985),
        ("86399985", 86_399.985),
        (1e400, None),
        ([], None),
        ("nan", None),
    ],
)
def test_lifetimes_in_every_form(expires_in: Any, seconds: float | None) -> None:
    raw = read_token({"access_token": "t", "expires_in": expires_in}, {})
    assert raw.expires_in_s == seconds
    expires_at = raw.dated(NOW).expires_at
    assert expires_at == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=10,
    )
    | st.fixed_dictionaries(
        {"access_token": st.text() | st.none() | st.integers()},
        optional={
            "token_type": st.text() | st.none(),
            "expires_in": st.floats() | st.text() | st.integers(),
            "refresh_token": st.text() | st.none() | st.integers(),
            "scope": st.text() | st.none() | st.lists(st.text()),
        },
    )
)
def test_any_answer_is_a_token_or_an_error(body: Any) -> None:
    try:
        raw = read_token(body, {})
    except UnexpectedResponse:
        return
    token = raw.dated(NOW)
    assert token.access_token.isprintable()
    assert decode_token(encode_token(token)) == token


def test_tokens_are_not_shown() -> None:
    raw = read_token({"access_token": "sEcReT-access", "refresh_token": "sEcReT-refresh"}, {})
    assert "sEcReT" not in f"{raw!r} {raw.dated(NOW)!r} {raw} {raw.dated(NOW)}"


def test_the_old_refresh_token_stays_when_no_new_one_comes() -> None:
    assert read_token({"access_token": "t"}, {}).dated(NOW, kept_refresh_token="r").refresh_token == "r"
    both = {"access_token": "t", "refresh_token": "new"}
    assert read_token(both, {}).dated(NOW, kept_refresh_token="r").refresh_token == "new"


def test_freshness_leaves_a_margin() -> None:
    token = Token(access_token="t", expires_at=NOW + timedelta(seconds=59))
    assert not token.is_fresh(NOW)
    assert token.is_fresh(NOW, margin_s=10)
    assert Token(access_token="t").is_fresh(NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "{}",
        '{"access_token": 1}',
        "two words",
        "line\nbreak",
        "ü",
        '{"a":' + "[" * 5000,
        '{"access_token":"t","refresh_token":null,"expires_at":"x","scopes":[]}',
    ],
)
def test_what_is_stored_but_no_token(text: str) -> None:
    assert decode_token(text) is None


def test_a_pasted_token_is_trimmed() -> None:
    assert decode_token("  v2/abc.def \n") == Token(access_token="v2/abc.def")


def test_states_are_compared_whole() -> None:
    assert same_state("abc", "abc")
    assert not same_state("abc", "abd")
    assert not same_state("abc", "")
    assert not same_state("abc", "\udcff")


# --- who we are when a code or a refresh token is exchanged ---


def own_calls(config: AuthConfig, client_secret: str) -> list[Any]:
    sign_in = start_sign_in(config, client_id="id", back="custom://back", state="state")
    keys = {"client_id": "id", "client_secret": client_secret}
    return [
        authorization_code_call("x", config, sign_in, code="co", **keys),
        refresh_call("x", config, refresh_token="re", **keys),
        revoke_call("x", config, token="to", **keys),
    ]


BASE = AuthConfig(
    app=AppAuth.CLIENT_CREDENTIALS,
    authorize_url="https://x.example.com/authorize",
    token_url="https://x.example.com/token",
    revoke_url="https://x.example.com/revoke",
    public_client=True,
)


def test_a_public_client_sends_no_secret_not_even_an_empty_one() -> None:
    for call in own_calls(BASE, ""):
        form = dict(call.request.form_body or ())
        assert form["client_id"] == "id"
        assert "client_secret" not in form
        assert call.request.query == ()
    assert own_header(BASE, client_id="id", client_secret="") is None


def test_a_public_client_whose_vendor_wants_the_id_in_the_query() -> None:
    config = replace(BASE, public_id_in_query=True)
    for call in own_calls(config, ""):
        assert call.request.query == (("client_id", "id"),)
        assert {"client_id", "client_secret"}.isdisjoint(dict(call.request.form_body or ()))
    assert dict(own_calls(config, "sec")[0].request.form_body or ())["client_secret"] == "sec"


def test_a_confidential_client_by_basic_has_nothing_of_it_in_the_form() -> None:
    config = replace(BASE, token_client_auth=ClientAuth.BASIC, public_id_in_query=True)
    for call in own_calls(config, "sec"):
        assert {"client_id", "client_secret"}.isdisjoint(dict(call.request.form_body or ()))
        assert call.request.query == ()
    assert own_header(config, client_id="id", client_secret="sec") == basic_header("id", "sec")
    assert own_header(config, client_id="id", client_secret="") is None
    # Client credentials stay in the form, as documented (Adobe A.1).
    form = dict(
        client_credentials_call("x", config, client_id="id", client_secret="sec").request.form_body or ()
    )
    assert (form["client_id"], form["client_secret"]) == ("id", "sec")


def test_a_revocation_shows_no_token() -> None:
    call = own_calls(BASE, "")[2]
    assert call.request.url == BASE.revoke_url
    assert dict(call.request.form_body or ())["token"] == "to"
    assert "to'" not in repr(call)


def test_scopes_as_the_vendor_writes_them() -> None:
    config = replace(BASE, scopes=("a", "b"), scope_separator=",", app_scope="c,d")
    url = start_sign_in(config, client_id="id", back="https://x/", state="s").url
    assert parse_qs(urlsplit(url).query)["scope"] == ["a,b"]
    form = client_credentials_call("x", config, client_id="id", client_secret="sec").request.form_body
    assert dict(form or ())["scope"] == "c,d"
