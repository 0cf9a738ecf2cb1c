"""Signing in at Getty Images: client credentials, the code with PKCE, refreshing, and what is refused."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sandbox_process import Answer, SandboxProcess, send

BACK = "http://127.0.0.1:47853/"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def authorize(sandbox: SandboxProcess, **changes: str) -> str:
    query = {
        "client_id": sandbox.credentials["getty_images"]["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "state": "st-1",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }
    sent = {name: value for name, value in query.items() if value}
    return f"{sandbox.url}/authentication.gettyimages.com/oauth2/auth?{urlencode(sent)}"


def token(sandbox: SandboxProcess, *, secret: str | None = None, **fields: str) -> Answer:
    """Ask for a token; ``secret`` None sends none, ``good`` the right one."""
    keys = sandbox.credentials["getty_images"]
    sent = {"client_id": keys["client_id"], **fields}
    if secret is not None:
        sent["client_secret"] = keys["client_secret"] if secret == "good" else secret
    url = f"{sandbox.url}/authentication.gettyimages.com/oauth2/token"
    return send("POST", url, body=urlencode(sent).encode(), headers=FORM)


def new_code(sandbox: SandboxProcess, **changes: str) -> dict[str, str]:
    back = dict(parse_qsl(urlsplit(sandbox.consent(authorize(sandbox, **changes), follow=False)).query))
    assert back["state"] == "st-1"
    return {
        "grant_type": "authorization_code",
        "code": back["code"],
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
    }


def name_of(sandbox: SandboxProcess, access_token: str) -> Answer:
    headers = {
        "Api-Key": sandbox.credentials["getty_images"]["client_id"],
        "Authorization": f"Bearer {access_token}",
    }
    return send("GET", f"{sandbox.url}/api.gettyimages.com/v3/customers/current", headers=headers)


def test_the_code_of_a_public_client(sandbox: SandboxProcess) -> None:
    sandbox.switch(getty_client="public")
    body = token(sandbox, **new_code(sandbox)).json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 1800)
    assert name_of(sandbox, body["access_token"]).json()["first_name"] == "Sandbox"
    sandbox.advance(1801)
    assert name_of(sandbox, body["access_token"]).status == 401
    fresh = token(sandbox, grant_type="refresh_token", refresh_token=body["refresh_token"]).json()
    assert name_of(sandbox, fresh["access_token"]).status == 200
    assert "refresh_token" not in fresh, "the old one stays good"
    assert token(sandbox, grant_type="refresh_token", refresh_token=body["refresh_token"]).status == 200


def test_a_refresh_token_may_be_rotated(sandbox: SandboxProcess) -> None:
    sandbox.switch(getty_refresh="rotated", getty_expires_in="text")
    body = token(sandbox, **new_code(sandbox)).json()
    assert body["expires_in"] == "1800"
    fresh = token(sandbox, grant_type="refresh_token", refresh_token=body["refresh_token"]).json()
    assert fresh["refresh_token"] != body["refresh_token"]
    assert token(sandbox, grant_type="refresh_token", refresh_token=body["refresh_token"]).status == 400


@pytest.mark.parametrize(
    ("kind", "secret", "status"),
    [
        ("either", None, 200), ("either", "good", 200), ("either", "wrong", 401), ("public", "good", 401),
        ("public", None, 200), ("confidential", None, 401), ("confidential", "good", 200),
    ],
)  # fmt: skip
def test_who_sends_a_secret(sandbox: SandboxProcess, kind: str, secret: str | None, status: int) -> None:
    sandbox.switch(getty_client=kind)
    assert token(sandbox, secret=secret, **new_code(sandbox)).status == status


def test_client_credentials(sandbox: SandboxProcess) -> None:
    body = token(sandbox, secret="good", grant_type="client_credentials").json()
    assert "refresh_token" not in body
    assert name_of(sandbox, body["access_token"]).json()["ErrorCode"] == "UserTokenRequired"
    assert token(sandbox, grant_type="client_credentials").status == 401
    assert token(sandbox, secret="wrong", grant_type="client_credentials").json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "changes", [{"code_verifier": "w" * 50}, {"code": "other"}, {"redirect_uri": "http://127.0.0.1:1/"}]
)
def test_a_code_is_bound(sandbox: SandboxProcess, changes: dict[str, str]) -> None:
    fields = {**new_code(sandbox), **changes}
    assert token(sandbox, **fields).json()["error"] == "invalid_grant"


def test_a_code_is_good_once_and_for_a_while(sandbox: SandboxProcess) -> None:
    fields = new_code(sandbox)
    assert token(sandbox, **fields).status == 200
    assert token(sandbox, **fields).status == 400
    late = new_code(sandbox)
    sandbox.advance(301)
    assert token(sandbox, **late).status == 400


def test_without_a_challenge_a_secret_has_to_prove_it(sandbox: SandboxProcess) -> None:
    plain = {"code_challenge": "", "code_challenge_method": ""}
    assert token(sandbox, **new_code(sandbox, **plain)).status == 400
    assert token(sandbox, secret="good", **new_code(sandbox, **plain)).status == 200


def test_refusals(sandbox: SandboxProcess) -> None:
    assert send("GET", authorize(sandbox, redirect_uri="http://evil.example/")).status == 400
    assert send("GET", authorize(sandbox, client_id="other")).status == 401
    assert send("GET", authorize(sandbox, code_challenge_method="plain")).status == 400
    assert send("GET", authorize(sandbox, response_type="token")).status == 400
    assert token(sandbox, secret="good", grant_type="password").json()["error"] == "unsupported_grant_type"
    back = sandbox.consent(authorize(sandbox), answer="deny", follow=False)
    assert "error=access_denied" in back


def test_no_secret_stays_in_the_log(sandbox: SandboxProcess) -> None:
    test_the_code_of_a_public_client(sandbox)
    text = repr(sandbox.requests())
    assert "sandbox-code" not in text
    assert not [value for value in sandbox.credentials["getty_images"].values() if _is_shown(value, text)]


def _is_shown(value: str, text: str) -> Any:
    """The key itself goes through the browser's address when signing in; nothing else may."""
    return value in text and not value.startswith("sandbox-key-")
