from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wire import API, DictStore, FakeClock, FakeSite, Reply, Seen, as_json, call, rigged, serving

from core.errors import (
    AccessDenied,
    CancelledError,
    CredentialsMissing,
    CredentialsRejected,
    MarketplaceError,
    OfflineError,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from core.http.auth import AppAuth, AuthConfig
from core.http.cancel import CancelToken
from core.http.message import Auth, Idempotency
from core.http.retry import RetryPolicy
from core.http.transport import WireRequest

SITE = FakeSite()
BASIC_SITE = FakeSite(
    auth=AuthConfig(
        app=AppAuth.BASIC,
        authorize_url="https://www.example.com/oauth/authorize",
        token_url="https://www.example.com/oauth/token",
        manual_user_token=True,
    )
)


def test_a_call_goes_to_the_sandbox_with_agent_and_query(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 7})) as server, rigged(tmp_path, server.url) as rig:
        query = (("query", "a b&c/ü"), ("id", "1"), ("id", "2"))
        assert rig.client.send(call(query=query), SITE) == 7
        (seen,) = server.seen
        assert seen.target == "/api.example.com/v1/things?query=a%20b%26c%2F%C3%BC&id=1&id=2"
        assert seen.headers["user-agent"] == "Clearance/test (tests)"
        assert "authorization" not in seen.headers
        assert "cookie" not in seen.headers


def test_a_json_body_is_sent_as_json(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url) as rig:
        rig.client.send(call(method="POST", json_body='{"a":1}'), SITE)
        assert server.seen[0].body == b'{"a":1}'
        assert server.seen[0].headers["content-type"] == "application/json"


def test_basic_credentials(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url) as rig:
        rig.client.send(call(auth=Auth.APP), BASIC_SITE)
        blob = server.seen[0].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(blob) == b"my-id:my-secret"


def test_client_credentials_are_fetched_once_and_kept(tmp_path: Path) -> None:
    def handler(seen: Seen) -> Reply:
        if seen.path == "/www.example.com/oauth/token":
            return as_json({"access_token": "app-token", "token_type": "Bearer", "expires_in": 3600})
        return as_json({"value": seen.headers["authorization"]})

    with serving(handler) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(auth=Auth.APP), SITE) == "Bearer app-token"
        assert rig.client.send(call(auth=Auth.USER_OR_APP), SITE) == "Bearer app-token"
        token_calls = [seen for seen in server.seen if "oauth" in seen.path]
        assert len(token_calls) == 1
        assert b"grant_type=client_credentials" in token_calls[0].body
        rig.clock.seconds += 3600
        rig.client.send(call(auth=Auth.APP), SITE)
        assert len([seen for seen in server.seen if "oauth" in seen.path]) == 2


def test_a_pasted_user_token_is_used_as_it_is(tmp_path: Path) -> None:
    store = DictStore(user_token="v2/pasted.token")
    with (
        serving(lambda seen: as_json({"value": seen.headers["authorization"]})) as server,
        rigged(tmp_path, server.url, store=store) as rig,
    ):
        assert rig.client.send(call(auth=Auth.USER), BASIC_SITE) == "Bearer v2/pasted.token"


@pytest.mark.parametrize(
    ("auth", "secrets", "words"),
    [
        (Auth.APP, {}, "needs your key and secret"),
        (Auth.APP, {"client_id": "x"}, "needs your secret"),
        (Auth.USER, {"client_id": "x", "client_secret": "y"}, "Sign in under"),
        (Auth.USER_OR_APP, {}, "needs your key and secret"),
    ],
)
def test_missing_credentials_say_which_and_where(
    tmp_path: Path, auth: Auth, secrets: dict[str, str], words: str
) -> None:
    with serving(lambda _: as_json({"value": 1})) as server:
        with rigged(tmp_path, server.url, store=DictStore(**secrets)) as rig:
            with pytest.raises(CredentialsMissing, match=words) as caught:
                rig.client.send(call(auth=auth), BASIC_SITE)
            assert "Preferences › Add-ons › Clearance" in caught.value.message
        assert server.connections == 0


def test_offline_makes_no_connection(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url) as rig:
        rig.online[0] = False
        for idempotency in Idempotency:
            with pytest.raises(OfflineError):
                rig.client.send(call(auth=Auth.APP, idempotency=idempotency), SITE)
        with pytest.raises(OfflineError):
            rig.client.fetch_public("https://img.example.com/a.png", SITE, max_bytes=10)
        assert server.connections == 0


def test_a_host_that_is_not_the_marketplaces_gets_nothing(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(UnexpectedResponse, match="API hosts"):
            rig.client.send(call(url="https://evil.example.net/v1"), SITE)
        assert server.connections == 0


# --- what is sent again, and what never is ---


PASSING = [
    Reply(status=503),
    Reply(status=429),
    Reply(status=408),
    Reply(body=b"x" * 99, reset=True, cut_at=9),
]


@pytest.mark.parametrize("fault", PASSING)
def test_a_safe_call_is_sent_again(tmp_path: Path, fault: Reply) -> None:
    replies = iter([fault, fault, as_json({"value": 5})])
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(), SITE) == 5
        assert len(server.seen) == 3
        assert len(rig.clock.slept) >= 2


FAULTS: dict[str, tuple[Reply, type[MarketplaceError]]] = {
    "500": (Reply(status=500), OutcomeUnknown),
    "502": (Reply(status=502), OutcomeUnknown),
    "503 with a wait": (Reply(status=503, headers=(("Retry-After", "1"),)), OutcomeUnknown),
    "408": (Reply(status=408), OutcomeUnknown),
    "302": (Reply(status=302, headers=(("Location", f"{API}/v1/other"),)), OutcomeUnknown),
    "no answer": (Reply(silent=True), OutcomeUnknown),
    "reset": (Reply(reset=True, cut_at=0, body=b"x" * 50), OutcomeUnknown),
    "cut": (Reply(body=b'{"value": 1}', cut_at=5), OutcomeUnknown),
    "broken JSON": (Reply(body=b'{"value": '), OutcomeUnknown),
    "a web page": (Reply(body=b"<html>Sorry</html>"), OutcomeUnknown),
    "nothing in it": (Reply(body=b""), OutcomeUnknown),
    "another shape": (as_json({"other": 1}), OutcomeUnknown),
    "429": (Reply(status=429), RateLimited),
    "400": (Reply(status=400), RequestRejected),
    "403": (Reply(status=403), AccessDenied),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_spending_call_is_sent_once(tmp_path: Path, name: str) -> None:
    reply, expected = FAULTS[name]
    spend = call(method="POST", json_body="{}", idempotency=Idempotency.SPENDING, follow_redirects=True)
    with serving(lambda _: reply) as server, rigged(tmp_path, server.url, read_timeout_s=0.3) as rig:
        with pytest.raises(expected):
            rig.client.send(spend, SITE)
        assert len(server.seen) == 1


@pytest.mark.parametrize("idempotency", list(Idempotency))
def test_what_certainly_was_not_sent_is_unavailable(tmp_path: Path, idempotency: Idempotency) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with rigged(tmp_path, f"http://127.0.0.1:{port}") as rig:
        with pytest.raises(Unavailable, match="Nothing was sent"):
            rig.client.send(call(idempotency=idempotency), SITE)
        assert (len(rig.clock.slept) == 0) is (idempotency is Idempotency.SPENDING)


def test_a_spending_call_does_not_reuse_a_connection(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url) as rig:
        rig.client.send(call(), SITE)
        rig.client.send(call(), SITE)
        assert server.connections == 1
        rig.client.send(call(idempotency=Idempotency.SPENDING), SITE)
        assert server.connections == 2


def test_a_spending_call_whose_key_cannot_be_had_was_not_sent(tmp_path: Path) -> None:
    store = DictStore(client_id="a", client_secret="b")
    with serving(lambda _: as_json({"value": 1})) as server, rigged(tmp_path, server.url, store=store) as rig:
        (tmp_path / "throttle.sqlite").mkdir()
        with pytest.raises(Unavailable, match="counts requests"):
            rig.client.send(call(auth=Auth.APP, idempotency=Idempotency.SPENDING), BASIC_SITE)
        assert server.connections == 0


# --- waiting ---


def test_retry_after_is_honored_and_pauses_the_key(tmp_path: Path) -> None:
    replies = iter([Reply(status=429, headers=(("Retry-After", "7"),)), as_json({"value": 1})])
    waits: list[float] = []
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(), SITE, on_wait=waits.append) == 1
        assert sum(rig.clock.slept) >= 7
        assert waits
        assert waits[0] >= 7
        assert len(server.seen) == 2


def test_a_call_that_waits_is_on_the_board_until_it_ends(tmp_path: Path) -> None:
    replies = iter([Reply(status=429, headers=(("Retry-After", "7"),)), as_json({"value": 1})])
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        seen: list[tuple[str, str]] = []

        def on_wait(_seconds: float) -> None:
            seen.extend((wait.marketplace, wait.operation) for wait in rig.board.waits())

        rig.client.send(call(), SITE, on_wait=on_wait)
        assert seen
        assert set(seen) == {("example", "search")}
        assert rig.board.waits() == ()


def test_a_wait_past_the_deadline_is_told_instead(tmp_path: Path) -> None:
    reply = Reply(status=429, headers=(("Retry-After", "3000"),))
    with serving(lambda _: reply) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(RateLimited) as caught:
            rig.client.send(call(), SITE)
        assert caught.value.retry_after_s == 3000
        assert rig.clock.slept == []
        # The next call is held back here, without asking the vendor again.
        with pytest.raises(RateLimited, match="minutes"):
            rig.client.send(call(), SITE)
        assert len(server.seen) == 1


def test_the_bodys_reset_in_milliseconds_is_honored(tmp_path: Path) -> None:
    until = (FakeClock().now().timestamp() + 9) * 1000
    replies = iter([as_json({"message": "slow down", "reset": int(until)}, 429), as_json({"value": 1})])
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(), SITE) == 1
        assert sum(rig.clock.slept) >= 8.9


def test_retry_after_as_a_date_is_honored(tmp_path: Path) -> None:
    reply = Reply(status=503, headers=(("Retry-After", "Mon, 23 Nov 2026 12:00:05 GMT"),))
    replies = iter([reply, as_json({"value": 1})])
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(), SITE) == 1
        assert sum(rig.clock.slept) >= 5


def test_the_total_deadline_ends_trying(tmp_path: Path) -> None:
    policy = RetryPolicy(attempts=1000, first_wait_s=8.0, longest_wait_s=8.0, deadline_s=30.0)
    with serving(lambda _: Reply(status=503)) as server, rigged(tmp_path, server.url, policy=policy) as rig:
        with pytest.raises(Unavailable):
            rig.client.send(call(), SITE)
        assert sum(rig.clock.slept) <= 30
        assert len(server.seen) > 3


def test_cancelling_ends_the_waiting(tmp_path: Path) -> None:
    cancel = CancelToken()

    def handler(_: Seen) -> Reply:
        cancel.cancel()
        return Reply(status=503)

    with serving(handler) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(CancelledError):
            rig.client.send(call(), SITE, cancel=cancel)
        with pytest.raises(CancelledError):
            rig.client.send(call(), SITE, cancel=cancel)
        assert len(server.seen) == 1


# --- 401 ---


def rotating(valid: list[str]) -> Callable[[Seen], Reply]:
    """A server whose tokens are good in turn: the last one given out is the one that is valid."""

    def handler(seen: Seen) -> Reply:
        if "oauth" in seen.path:
            valid.append(f"token-{len(valid)}")
            return as_json(
                {"access_token": valid[-1], "refresh_token": f"refresh-{len(valid)}", "expires_in": 100}
            )
        if seen.headers.get("authorization") != f"Bearer {valid[-1]}":
            return Reply(status=401, headers=(("WWW-Authenticate", 'Bearer realm="Doorkeeper"'),))
        return as_json({"value": valid[-1]})

    return handler


@pytest.mark.parametrize("idempotency", list(Idempotency))
def test_a_401_renews_the_token_once(tmp_path: Path, idempotency: Idempotency) -> None:
    valid = ["other"]
    with serving(rotating(valid)) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.send(call(auth=Auth.APP, idempotency=idempotency), SITE) == "token-1"
        valid.append("revoked elsewhere")
        assert rig.client.send(call(auth=Auth.APP, idempotency=idempotency), SITE) == "token-3"
        assert len([seen for seen in server.seen if "oauth" not in seen.path]) == 3


def test_a_second_401_is_the_answer(tmp_path: Path) -> None:
    def handler(seen: Seen) -> Reply:
        return as_json({"access_token": "t", "expires_in": 9}) if "oauth" in seen.path else Reply(status=401)

    with serving(handler) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(CredentialsRejected):
            rig.client.send(call(auth=Auth.APP, idempotency=Idempotency.SPENDING), SITE)
        assert len([seen for seen in server.seen if "oauth" not in seen.path]) == 2


@pytest.mark.parametrize(
    ("site", "secrets"),
    [(BASIC_SITE, {"client_id": "a", "client_secret": "b"}), (SITE, {"user_token": "pasted"})],
)
def test_a_401_that_nothing_can_renew_is_sent_once(
    tmp_path: Path, site: FakeSite, secrets: dict[str, str]
) -> None:
    auth = Auth.USER if "user_token" in secrets else Auth.APP
    with serving(lambda _: Reply(status=401)) as server:
        with (
            rigged(tmp_path, server.url, store=DictStore(**secrets)) as rig,
            pytest.raises(CredentialsRejected),
        ):
            rig.client.send(call(auth=auth, idempotency=Idempotency.SPENDING), site)
        assert len(server.seen) == 1


def test_a_basic_key_changed_by_another_process_is_taken_up(tmp_path: Path) -> None:
    store = DictStore(client_id="old", client_secret="old")

    def handler(seen: Seen) -> Reply:
        new = seen.headers["authorization"] == "Basic " + base64.b64encode(b"new:new").decode()
        return as_json({"value": 1}) if new else Reply(status=401)

    with serving(handler) as server, rigged(tmp_path, server.url, store=store) as rig:
        with pytest.raises(CredentialsRejected):
            rig.client.send(call(auth=Auth.APP), BASIC_SITE)
        store.secrets["example", "client_id"] = store.secrets["example", "client_secret"] = "new"
        assert rig.client.send(call(auth=Auth.APP), BASIC_SITE) == 1


def test_a_key_that_the_token_server_refuses_is_rejected(tmp_path: Path) -> None:
    with (
        serving(lambda _: as_json({"error": "invalid_client"}, 400)) as server,
        rigged(tmp_path, server.url) as rig,
    ):
        with pytest.raises(CredentialsRejected, match="refused the key and secret"):
            rig.client.send(call(auth=Auth.APP), SITE)
        assert len(server.seen) == 1


# --- redirects ---


def redirecting(location: str, status: int = 302) -> Callable[[Seen], Reply]:
    def handler(seen: Seen) -> Reply:
        if seen.path.endswith("/things"):
            return Reply(status=status, headers=(("Location", location),))
        return as_json({"value": [seen.method, seen.headers.get("authorization"), seen.path]})

    return handler


def test_redirects_are_not_followed_unasked(tmp_path: Path) -> None:
    with serving(redirecting(f"{API}/v1/other")) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(UnexpectedResponse):
            rig.client.send(call(), SITE)
        assert len(server.seen) == 1


@pytest.mark.parametrize(("status", "method"), [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")])
def test_a_redirect_on_the_same_host_keeps_the_credential(tmp_path: Path, status: int, method: str) -> None:
    post = call(method="POST", json_body="{}", auth=Auth.APP, follow_redirects=True)
    with serving(redirecting("/v1/other", status)) as server, rigged(tmp_path, server.url) as rig:
        sent = rig.client.send(post, BASIC_SITE)
        assert sent[0] == method
        assert sent[1].startswith("Basic ")
        assert sent[2] == "/api.example.com/v1/other"


def test_a_credential_never_follows_to_another_host(tmp_path: Path) -> None:
    site = FakeSite(auth=BASIC_SITE.auth, api_hosts=frozenset({"api.example.com", "api2.example.com"}))
    asked = call(auth=Auth.APP, follow_redirects=True)
    with (
        serving(redirecting("https://api2.example.com/v1/other")) as server,
        rigged(tmp_path, server.url) as rig,
    ):
        assert rig.client.send(asked, site) == ["GET", None, "/api2.example.com/v1/other"]


@pytest.mark.parametrize(
    "location",
    [
        "https://evil.example.net/x",
        "http://api.example.com/x",
        "file:///etc/passwd",
        "https://api.example.com:8443/x",
        "https://u:p@api.example.com/",
        "//evil.net/",
    ],
)
def test_a_redirect_elsewhere_is_refused(tmp_path: Path, location: str) -> None:
    with serving(redirecting(location)) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(UnexpectedResponse):
            rig.client.send(call(follow_redirects=True), SITE)
        assert len(server.seen) == 1


def test_endless_redirects_end(tmp_path: Path) -> None:
    with serving(redirecting(f"{API}/v1/things")) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(UnexpectedResponse, match="without end"):
            rig.client.send(call(follow_redirects=True), SITE)
        assert len(server.seen) == 6


# --- previews ---


def test_previews_are_fetched_without_credentials(tmp_path: Path) -> None:
    with serving(lambda _: Reply(body=b"picture")) as server, rigged(tmp_path, server.url) as rig:
        assert rig.client.fetch_public("https://img.example.com/a.png?w=1", SITE, max_bytes=100) == b"picture"
        assert "authorization" not in server.seen[0].headers
        assert server.seen[0].target == "/img.example.com/a.png?w=1"


def test_previews_are_bounded_checked_and_retried(tmp_path: Path) -> None:
    replies = iter([Reply(status=503), Reply(body=b"p" * 10)])
    with serving(lambda _: next(replies)) as server, rigged(tmp_path, server.url) as rig:
        with pytest.raises(UnexpectedResponse, match="previews"):
            rig.client.fetch_public("https://api.example.com/a.png", SITE, max_bytes=100)
        with pytest.raises(UnexpectedResponse, match="too large"):
            rig.client.fetch_public("https://img.example.com/a.png", SITE, max_bytes=9)
        assert len(server.seen) == 2


# --- secrets ---


class Echo:
    """A transport that says everything it was sent back, in body, headers and failures."""

    def __init__(self, status: int) -> None:
        self.status = status

    def send(self, request: WireRequest, **_: Any) -> Any:
        from core.http.message import Response
        from core.http.transport import AnswerLost

        if self.status == 0:
            raise AnswerLost("the connection was broken", host="api.example.com")
        told = f"{request.url} {dict(request.headers)} {request.body!r}"
        headers = {
            "content-type": "application/json",
            "www-authenticate": told,
            "location": f"https://x.test/?{told}",
        }
        import json

        body = json.dumps({"message": told, "errors": [{"message": told}], "error": told}).encode()
        return Response(status=self.status, headers=headers, body=body, url=request.url)

    def stream(self, *_: Any, **__: Any) -> Any:
        raise AssertionError("no download here")

    def close(self) -> None:
        """Nothing to close."""


SECRET = st.text(st.characters(codec="ascii", min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    secret=SECRET,
    status=st.sampled_from([0, 200, 301, 302, 400, 401, 403, 404, 409, 429, 500, 503]),
    kind=st.sampled_from(["basic", "app_token", "user"]),
    idempotency=st.sampled_from(Idempotency),
    follow=st.booleans(),
)
def test_no_error_ever_holds_a_secret(
    *,
    tmp_path_factory: pytest.TempPathFactory,
    secret: str,
    status: int,
    kind: str,
    idempotency: Idempotency,
    follow: bool,
) -> None:
    secret = f"S3{secret}"
    store = DictStore(client_id="my-id", client_secret=secret)
    site = BASIC_SITE if kind == "basic" else SITE
    if kind == "user":
        store = DictStore(user_token=secret)
    auth = Auth.USER if kind == "user" else Auth.APP
    tmp_path = tmp_path_factory.mktemp("secrets")
    blob = base64.b64encode(f"my-id:{secret}".encode()).decode()
    with rigged(tmp_path, "http://127.0.0.1:9", store=store, transport=Echo(status)) as rig:
        with pytest.raises(MarketplaceError) as caught:
            rig.client.send(call(auth=auth, idempotency=idempotency, follow_redirects=follow), site)
        assert rig.tokens is not None
    error: BaseException | None = caught.value
    while error is not None:
        said = f"{error!s} {error!r} {error.args!r} {dict(getattr(error, 'context', {}))!r}"
        assert secret not in said
        assert blob not in said
        error = error.__cause__ or error.__context__
