"""Signing in at authentication.gettyimages.com: client credentials, and the code with PKCE."""

from __future__ import annotations

import base64
import hashlib
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from ..message import Json, Reply, Request, html_reply, json_reply, redirect, refuse
from ..pages import consent_page
from ..tokens import Code, drop_token, find_token, issue_code, new_token, redeem_code, store_token
from ..unconfirmed import GETTY_CODE_LIFETIME_S
from ..urls import add_query, is_web_address
from ..world import GETTY, World
from .access import same

TOKEN_LIFETIME_S = 1800
USER = "sandbox.user"


def show_page(world: World, request: Request) -> Reply:
    """Show the page that asks the user."""
    _check_authorize(world, request)
    return consent_page("Getty Images", [])


def answer_page(world: World, request: Request) -> Reply:
    """Take the user's answer and go back to the application."""
    uri = _check_authorize(world, request)
    state = {"state": request.value("state") or ""} if request.value("state") else {}
    if request.form().get("answer") != "allow":
        return redirect(add_query(uri, error="access_denied", **state))
    code = issue_code(
        world.store,
        Code(
            marketplace=GETTY,
            client_id=request.value("client_id") or "",
            redirect_uri=uri,
            scopes=(),
            challenge=request.value("code_challenge"),
            challenge_method=request.value("code_challenge_method"),
            expires_at=world.clock.now() + GETTY_CODE_LIFETIME_S,
        ),
    )
    return redirect(add_query(uri, code=code, **state))


def issue_token(world: World, request: Request) -> Reply:
    """Answer POST /oauth2/token."""
    try:
        form = request.form()
    except ValueError:
        return _refusal("invalid_request")
    if not same(str(form.get("client_id", "")), world.credentials[GETTY]["client_id"]):
        return _refusal("invalid_client", 401)
    kind, grant_type = world.variants.choice("getty_client"), form.get("grant_type")
    secret = form.get("client_secret")
    wrong = secret is not None and not same(str(secret), world.credentials[GETTY]["client_secret"])
    if wrong or (kind == "public" and secret is not None) or (kind == "confidential" and secret is None):
        return _refusal("invalid_client", 401)
    match grant_type:
        case "client_credentials":
            return _refusal("invalid_client", 401) if secret is None else json_reply(_grant(world, user=None))
        case "authorization_code":
            return _redeem(world, form, public=secret is None)
        case "refresh_token":
            old = str(form.get("refresh_token", ""))
            token = find_token(world.store, old, marketplace=GETTY, now=world.clock.now(), kind="refresh")
            if token is None:
                return _refusal("invalid_grant")
            if world.variants.choice("getty_refresh") == "rotated":
                with world.store.transaction() as db:
                    drop_token(db, old)
                return json_reply(_grant(world, user=token.user))
            return json_reply(_grant(world, user=token.user, refresh_token=False))
    return _refusal("unsupported_grant_type")


def _check_authorize(world: World, request: Request) -> str:
    uri = request.value("redirect_uri") or ""
    if not same(request.value("client_id") or "", world.credentials[GETTY]["client_id"]):
        refuse(html_reply("<p>Unknown client.</p>", 401))
    if request.value("response_type") != "code":
        refuse(html_reply("<p>The response type must be code.</p>", 400))
    if not (is_web_address(uri) and _is_loopback(urlsplit(uri).hostname or "")):
        refuse(html_reply("<p>The redirect address is not registered.</p>", 400))
    if request.value("code_challenge_method") not in (None, "S256"):
        refuse(html_reply("<p>The code challenge method must be S256.</p>", 400))
    if not request.value("code_challenge") and world.variants.choice("getty_client") == "public":
        refuse(html_reply("<p>A public client needs a code challenge.</p>", 400))
    return uri


def _redeem(world: World, form: dict[str, Any], *, public: bool) -> Reply:
    code = redeem_code(world.store, str(form.get("code", "")), marketplace=GETTY, now=world.clock.now())
    same_way_back = code is not None and code.redirect_uri == str(form.get("redirect_uri", ""))
    if code is None or not same_way_back or (public and code.challenge is None):
        return _refusal("invalid_grant")
    if code.challenge is not None:
        digest = hashlib.sha256(str(form.get("code_verifier", "")).encode("utf-8", "surrogatepass")).digest()
        if not same(base64.urlsafe_b64encode(digest).decode().rstrip("="), code.challenge):
            return _refusal("invalid_grant")
    return json_reply(_grant(world, user=USER))


def _grant(world: World, *, user: str | None, refresh_token: bool = True) -> Json:
    access, refresh, now = new_token(""), new_token(""), world.clock.now()
    text = world.variants.choice("getty_expires_in") == "text"
    body: Json = {"access_token": access, "token_type": "Bearer"}
    body["expires_in"] = str(TOKEN_LIFETIME_S) if text else TOKEN_LIFETIME_S
    with world.store.transaction() as db:
        until = now + TOKEN_LIFETIME_S
        store_token(db, access, marketplace=GETTY, user=user, scopes=(), expires_at=until)
        if user is not None and refresh_token:
            kept = now + 365 * 86400.0
            store_token(db, refresh, marketplace=GETTY, user=user, scopes=(), expires_at=kept, kind="refresh")
            body["refresh_token"] = refresh
    return body


def _refusal(error: str, status: int = 400) -> Reply:
    return json_reply({"error": error, "error_description": f"The request was refused: {error}"}, status)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
