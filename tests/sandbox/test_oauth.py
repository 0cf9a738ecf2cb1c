"""OAuth of both marketplaces: consent pages, codes, tokens, refresh, PKCE, refusals."""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sandbox_process import send

BACK = "http://localhost:9/back"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def query_of(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def post_form(url: str, **fields: str) -> Any:
    return send("POST", url, body=urlencode(fields).encode(), headers=FORM)


class TestShutterstock:
    def authorize(self, sandbox: Any, **changes: str) -> str:
        query = {
            "client_id": sandbox.credentials["shutterstock"]["consumer_key"],
            "redirect_uri": BACK,
            "state": "st-1",
            "response_type": "code",
            "scope": "user.view licenses.create licenses.view purchases.view",
            **changes,
        }
        return f"{sandbox.url}/api.shutterstock.com/v2/oauth/authorize?{urlencode(query)}"

    def exchange(self, sandbox: Any, **fields: str) -> Any:
        keys = sandbox.credentials["shutterstock"]
        sent = {"client_id": keys["consumer_key"], "client_secret": keys["consumer_secret"], **fields}
        return post_form(f"{sandbox.url}/api.shutterstock.com/v2/oauth/access_token", **sent)

    def test_whole_flow(self, sandbox: Any, make_client: Any) -> None:
        first = send("GET", self.authorize(sandbox))
        assert first.status == 302 and "/accounts.shutterstock.com/" in first.headers["location"]
        back = query_of(sandbox.consent(self.authorize(sandbox), follow=False))
        assert back["state"] == "st-1"
        token = self.exchange(sandbox, grant_type="authorization_code", code=back["code"]).json()
        assert token["access_token"].startswith("v2/") and token["token_type"] == "Bearer"
        assert set(token) == {"access_token", "token_type"}, "a token that never expires has no refresh token"
        client = make_client("api.shutterstock.com", f"Bearer {token['access_token']}")
        shown = client.get("/v2/user/access_token").json()
        assert shown["expires_in"] is None and shown["username"] == "sandbox.user"
        assert set(shown["scopes"]) == {"user.view", "licenses.create", "licenses.view", "purchases.view"}
        assert client.get("/v2/user").json()["username"] == "sandbox.user"
        again = self.exchange(sandbox, grant_type="authorization_code", code=back["code"])
        assert again.status == 400, "a code works once"

    def test_expiring_token_and_refresh(self, sandbox: Any, make_client: Any) -> None:
        code = query_of(sandbox.consent(self.authorize(sandbox), follow=False))["code"]
        token = self.exchange(sandbox, grant_type="authorization_code", code=code, expires="true").json()
        assert token["expires_in"] == 3600
        client = make_client("api.shutterstock.com", f"Bearer {token['access_token']}")
        assert 3500 < client.get("/v2/user/access_token").json()["expires_in"] <= 3600
        sandbox.advance(3601)
        assert client.get("/v2/user").status == 401
        fresh = self.exchange(
            sandbox, grant_type="refresh_token", refresh_token=token["refresh_token"]
        ).json()
        client = make_client("api.shutterstock.com", f"Bearer {fresh['access_token']}")
        assert client.get("/v2/user").status == 200
        old = self.exchange(sandbox, grant_type="refresh_token", refresh_token=token["refresh_token"])
        assert old.status == 400

    def test_code_expires_after_five_minutes(self, sandbox: Any) -> None:
        code = query_of(sandbox.consent(self.authorize(sandbox), follow=False))["code"]
        sandbox.advance(301)
        assert self.exchange(sandbox, grant_type="authorization_code", code=code).status == 400

    def test_denied(self, sandbox: Any) -> None:
        back = sandbox.consent(self.authorize(sandbox), answer="deny", follow=False)
        assert query_of(back) == {"error": "access_denied", "state": "st-1"}

    def test_client_credentials_search_but_never_license(self, sandbox: Any, make_client: Any) -> None:
        token = self.exchange(sandbox, grant_type="client_credentials").json()["access_token"]
        client = make_client("api.shutterstock.com", f"Bearer {token}")
        assert client.get("/v2/images/search").status == 200
        body = {"images": [{"image_id": "1120280100"}]}
        assert client.post("/v2/images/licenses", body).status == 403
        assert client.get("/v2/user/subscriptions").status == 403

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"redirect_uri": "http://evil.example/back"}, 400),
            ({"redirect_uri": "javascript:alert(1)"}, 400),
            ({"redirect_uri": "http://localhost:9/\r\nX-A: b"}, 400),
            ({"redirect_uri": "http://localhost@evil.example/"}, 400),
            ({"scope": "everything"}, 400),
            ({"response_type": "token"}, 400),
            ({"client_id": "another"}, 401),
        ],
    )
    def test_bad_authorize_requests(self, sandbox: Any, changes: dict[str, str], status: int) -> None:
        assert send("GET", self.authorize(sandbox, **changes)).status == status

    def test_bad_token_requests(self, sandbox: Any) -> None:
        url = f"{sandbox.url}/api.shutterstock.com/v2/oauth/access_token"
        assert post_form(url, grant_type="client_credentials").status == 401
        assert self.exchange(sandbox, grant_type="password").status == 400
        assert self.exchange(sandbox, grant_type="authorization_code", code="guess").status == 400


class TestCGTrader:
    def authorize(self, sandbox: Any, **changes: str) -> str:
        query = {
            "client_id": sandbox.credentials["cgtrader"]["client_id"],
            "redirect_uri": BACK,
            "response_type": "code",
            "state": "st-2",
            **changes,
        }
        return f"{sandbox.url}/www.cgtrader.com/oauth/authorize?{urlencode(query)}"

    def exchange(self, sandbox: Any, **fields: str) -> Any:
        keys = sandbox.credentials["cgtrader"]
        sent = {"client_id": keys["client_id"], "client_secret": keys["client_secret"], **fields}
        return post_form(f"{sandbox.url}/www.cgtrader.com/oauth/token", **sent)

    def test_whole_flow_with_refresh(self, sandbox: Any, make_client: Any) -> None:
        back = query_of(sandbox.consent(self.authorize(sandbox), follow=False))
        assert back["state"] == "st-2"
        fields = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": BACK}
        token = self.exchange(sandbox, **fields).json()
        assert token["token_type"] == "Bearer" and token["expires_in"] == 7200
        client = make_client("api.cgtrader.com", f"Bearer {token['access_token']}")
        assert client.get("/v1/users/me.json").json()["username"] == "sandbox-user"
        sandbox.advance(7201)
        assert client.get("/v1/users/me").status == 401
        fresh = self.exchange(
            sandbox, grant_type="refresh_token", refresh_token=token["refresh_token"]
        ).json()
        assert (
            make_client("api.cgtrader.com", f"Bearer {fresh['access_token']}").get("/v1/users/me").status
            == 200
        )

    def test_redirect_uri_must_be_repeated(self, sandbox: Any) -> None:
        code = query_of(sandbox.consent(self.authorize(sandbox), follow=False))["code"]
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": "http://localhost:9/other",
        }
        assert self.exchange(sandbox, **fields).json()["error"] == "invalid_grant"

    @pytest.mark.parametrize(("verifier", "status"), [("v" * 50, 200), ("w" * 50, 400)])
    def test_pkce_is_checked_when_it_is_used(self, sandbox: Any, verifier: str, status: int) -> None:
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 50).digest()).decode().rstrip("=")
        url = self.authorize(sandbox, code_challenge=digest, code_challenge_method="S256")
        code = query_of(sandbox.consent(url, follow=False))["code"]
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": BACK,
            "code_verifier": verifier,
        }
        assert self.exchange(sandbox, **fields).status == status

    def test_without_optional_parts(self, sandbox: Any) -> None:
        sandbox.switch(cgtrader_refresh_token="absent", cgtrader_expires_in="absent")
        code = query_of(sandbox.consent(self.authorize(sandbox), follow=False))["code"]
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        token = self.exchange(sandbox, **fields).json()
        assert "refresh_token" not in token and "expires_in" not in token

    def test_client_credentials(self, sandbox: Any, make_client: Any) -> None:
        token = self.exchange(sandbox, grant_type="client_credentials").json()
        assert "refresh_token" not in token
        client = make_client("api.cgtrader.com", f"Bearer {token['access_token']}")
        assert client.get("/v1/models").status == 200 and client.get("/v1/users/me").status == 403

    def test_code_by_hand(self, sandbox: Any) -> None:
        url = self.authorize(sandbox, redirect_uri="urn:ietf:wg:oauth:2.0:oob")
        page = send("POST", url, body=b"answer=allow", headers=FORM)
        assert page.status == 200 and b"sandbox-code-" in page.body

    def test_refusals(self, sandbox: Any) -> None:
        assert send("GET", self.authorize(sandbox, redirect_uri="http://evil.example/")).status == 400
        assert send("GET", self.authorize(sandbox, client_id="other")).status == 401
        url = f"{sandbox.url}/www.cgtrader.com/oauth/token"
        assert (
            post_form(url, grant_type="client_credentials", client_id="x").json()["error"] == "invalid_client"
        )
        assert self.exchange(sandbox, grant_type="magic").json()["error"] == "unsupported_grant_type"


def test_consent_follows_to_the_application(sandbox: Any) -> None:
    seen: list[str] = []

    class Application(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *arguments: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Application) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        url = TestCGTrader().authorize(
            sandbox, redirect_uri=f"http://127.0.0.1:{server.server_address[1]}/cb"
        )
        sandbox.consent(url)
        thread.join(10)
    assert len(seen) == 1 and seen[0].startswith("/cb?code=sandbox-code-")


def test_no_secret_stays_in_the_log(sandbox: Any, make_client: Any) -> None:
    TestShutterstock().test_expiring_token_and_refresh(sandbox, make_client)
    TestCGTrader().test_whole_flow_with_refresh(sandbox, make_client)
    text = repr(sandbox.requests())
    assert "sandbox-code" not in text and "sandbox-token" not in text and "v2/sandbox" not in text
    for keys in sandbox.credentials.values():
        for name in ("consumer_secret", "client_secret", "user_token"):
            assert name not in keys or keys[name] not in text
    assert "<removed>" in text
