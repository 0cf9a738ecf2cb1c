"""CGTrader's OAuth: the page where the user allows, and the token endpoint, in its library's manner."""

from __future__ import annotations

import base64
import hashlib
import hmac
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from ..message import Json, Reply, Request, html_reply, json_reply, redirect, refuse
from ..pages import code_page, consent_page
from ..tokens import Code, drop_token, find_token, issue_code, new_token, redeem_code, store_token
from ..unconfirmed import CGTRADER_CODE_LIFETIME_S, CGTRADER_TOKEN_LIFETIME_S
from ..urls import add_query, is_web_address
from ..world import CGTRADER, World

_BY_HAND = "urn:ietf:wg:oauth:2.0:oob"


def show_page(world: World, request: Request) -> Reply:
    """Show the page that asks the user."""
    _check_authorize(world, request)
    return consent_page("CGTrader", [])


def answer_page(world: World, request: Request) -> Reply:
    """Take the user's answer and go back to the application."""
    uri = _check_authorize(world, request)
    state = {"state": request.value("state") or ""} if request.value("state") else {}
    if request.form().get("answer") != "allow":
        if uri == _BY_HAND:
            return html_reply("<p>Access was not allowed.</p>")
        return redirect(add_query(uri, error="access_denied", **state))
    code = issue_code(
        world.store,
        Code(
            marketplace=CGTRADER,
            client_id=request.value("client_id") or "",
            redirect_uri=uri,
            scopes=(),
            challenge=request.value("code_challenge"),
            challenge_method=request.value("code_challenge_method"),
            expires_at=world.clock.now() + CGTRADER_CODE_LIFETIME_S,
        ),
    )
    return code_page(code) if uri == _BY_HAND else redirect(add_query(uri, code=code, **state))


def issue_token(world: World, request: Request) -> Reply:
    """Answer POST /oauth/token."""
    try:
        form = request.form()
    except ValueError:
        return _refusal("invalid_request", 400)
    client_id, secret = request.basic() or (
        str(form.get("client_id", "")),
        str(form.get("client_secret", "")),
    )
    known = world.credentials[CGTRADER]
    if not _same(client_id, known["client_id"]) or not _same(secret, known["client_secret"]):
        return _refusal("invalid_client", 401)
    match form.get("grant_type"):
        case "authorization_code":
            return _redeem(world, form, client_id)
        case "client_credentials":
            return json_reply(_grant(world, user=None))
        case "refresh_token":
            old = str(form.get("refresh_token", ""))
            token = find_token(world.store, old, marketplace=CGTRADER, now=world.clock.now(), kind="refresh")
            if token is None:
                return _refusal("invalid_grant", 400)
            with world.store.transaction() as db:
                drop_token(db, old)
            return json_reply(_grant(world, user=token.user))
        case _:
            return _refusal("unsupported_grant_type", 400)


def _check_authorize(world: World, request: Request) -> str:
    """Check the application and where it wants to return to: this machine, or a code to copy by hand."""
    uri = request.value("redirect_uri") or ""
    if request.value("client_id") != world.credentials[CGTRADER]["client_id"]:
        refuse(html_reply("<p>Client authentication failed due to unknown client.</p>", 401))
    if request.value("response_type") != "code":
        refuse(html_reply("<p>The authorization server does not support this response type.</p>", 400))
    if uri != _BY_HAND and not (is_web_address(uri) and _is_loopback(urlsplit(uri).hostname or "")):
        refuse(
            html_reply(
                "<p>The requested redirect uri is malformed or doesn't match client redirect URI.</p>", 400
            )
        )
    if request.value("code_challenge_method") not in (None, "S256", "plain"):
        refuse(html_reply("<p>The code challenge method must be S256 or plain.</p>", 400))
    return uri


def _redeem(world: World, form: dict[str, Any], client_id: str) -> Reply:
    code = redeem_code(world.store, str(form.get("code", "")), marketplace=CGTRADER, now=world.clock.now())
    if code is None or code.client_id != client_id or code.redirect_uri != str(form.get("redirect_uri", "")):
        return _refusal("invalid_grant", 400)
    if code.challenge is not None:
        verifier = str(form.get("code_verifier", ""))
        if code.challenge_method == "S256":
            digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
            verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if not _same(verifier, code.challenge):
            return _refusal("invalid_grant", 400)
    return json_reply(_grant(world, user="sandbox.user"))


def _grant(world: World, *, user: str | None) -> Json:
    access, refresh = new_token(""), new_token("")
    now = world.clock.now()
    with_refresh = user is not None and world.variants.choice("cgtrader_refresh_token") == "present"
    with world.store.transaction() as db:
        until = now + CGTRADER_TOKEN_LIFETIME_S
        store_token(db, access, marketplace=CGTRADER, user=user, scopes=(), expires_at=until)
        if with_refresh:
            store_token(
                db, refresh, marketplace=CGTRADER, user=user, scopes=(), expires_at=None, kind="refresh"
            )
    body: Json = {"access_token": access, "token_type": "Bearer", "scope": "", "created_at": int(now)}
    if world.variants.choice("cgtrader_expires_in") == "present":
        body["expires_in"] = CGTRADER_TOKEN_LIFETIME_S
    return {**body, "refresh_token": refresh} if with_refresh else body


def _refusal(error: str, status: int) -> Reply:
    return json_reply({"error": error, "error_description": f"The request was refused: {error}"}, status)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode("utf-8", "surrogatepass"))
