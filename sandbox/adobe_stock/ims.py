"""Adobe's sign-in server: client credentials, and a sign-in with PKCE that ends on an app's own scheme."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Any

from ..message import Json, Reply, Request, html_reply, json_reply, redirect, refuse
from ..pages import address_page, consent_page
from ..tokens import Code, drop_token, issue_code, new_token, redeem_code, store_token
from ..urls import add_query, is_web_address
from ..world import ADOBE, World
from .access import good_token, same

CODE_LIFETIME_S = 300.0
TOKEN_LIFETIME_S = 86399
_NEEDED = {"openid", "sao.stock"}  # of the scopes that the credential's page prints
_USER_SCOPES = {"openid", "creative_sdk", "email", "profile", "offline_access", "AdobeID"}


def show_page(world: World, request: Request) -> Reply:
    """Show the page that asks the user."""
    _check_authorize(world, request)
    return consent_page("Adobe Stock", (request.value("scope") or "").split(","))


def answer_page(world: World, request: Request) -> Reply:
    """Take the answer. A browser cannot open an app's own address, so the page shows it for copying."""
    uri = _check_authorize(world, request)
    state = {"state": request.value("state") or ""}
    if request.form().get("answer") != "allow":
        back = add_query(uri, error="access_denied", **state)
    else:
        code = issue_code(
            world.store,
            Code(
                marketplace=ADOBE,
                client_id=request.value("client_id") or "",
                redirect_uri=uri,
                scopes=tuple((request.value("scope") or "").split(",")),
                challenge=request.value("code_challenge"),
                challenge_method=request.value("code_challenge_method") or "plain",
                expires_at=world.clock.now() + CODE_LIFETIME_S,
            ),
        )
        back = add_query(uri, code=code, **state)
    return redirect(back) if is_web_address(uri) else address_page("Adobe Stock", back)


def issue_token(world: World, request: Request) -> Reply:
    """Answer POST /ims/token/v3."""
    try:
        form = request.form()
    except ValueError:
        return _refusal("invalid_request")
    known = world.credentials[ADOBE]
    basic = request.basic()
    client_id = basic[0] if basic else str(form.get("client_id") or request.value("client_id") or "")
    if not same(client_id, known["client_id"]):
        return _refusal("invalid_client", 401)
    match form.get("grant_type"):
        case "client_credentials":
            return _application(world, form)
        case "authorization_code":
            confidential = basic is not None and same(basic[1], known["client_secret"])
            return _redeem(world, form, client_id, confidential=confidential)
        case "refresh_token":
            return _refusal("invalid_grant")  # native apps are never given one
        case _:
            return _refusal("unsupported_grant_type")


def revoke(world: World, request: Request) -> Reply:
    """Answer POST /ims/revoke; a token that is not known is answered in the same way."""
    try:
        text = str(request.form().get("token", ""))
    except ValueError:
        return _refusal("invalid_request")
    with world.store.transaction() as db:
        drop_token(db, text)
    return json_reply({})


def show_user(world: World, request: Request) -> Reply:
    """Answer GET /ims/userinfo/v2."""
    token = good_token(world, request.bearer() or "")
    if token is None:
        return _refusal("invalid_token", 401)
    kind = "ind" if token.user else "ent"
    return json_reply({"sub": "SANDBOX@AdobeID", "account_type": kind, "email": "sandbox.user@example.com"})


def _application(world: World, form: dict[str, Any]) -> Reply:
    if not same(str(form.get("client_secret", "")), world.credentials[ADOBE]["client_secret"]):
        return _refusal("invalid_client", 401)
    scopes = str(form.get("scope", "")).split(",")
    if not set(scopes) >= _NEEDED:
        return json_reply({"error": "invalid_scope"}, 400)
    return json_reply(_grant(world, None, scopes))


def _redeem(world: World, form: dict[str, Any], client_id: str, *, confidential: bool) -> Reply:
    now = world.clock.now()
    code = redeem_code(world.store, str(form.get("code", "")), marketplace=ADOBE, now=now)
    if code is None or code.client_id != client_id:
        return _refusal("invalid_grant")
    if str(form.get("redirect_uri") or code.redirect_uri) != code.redirect_uri:
        return _refusal("invalid_grant")
    if code.challenge is None:
        return (
            json_reply(_grant(world, "sandbox.user", code.scopes))
            if confidential
            else _refusal("invalid_client")
        )
    verifier = str(form.get("code_verifier", ""))
    if code.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not same(verifier, code.challenge):
        return _refusal("invalid_grant")
    return json_reply(_grant(world, "sandbox.user", code.scopes))


def _grant(world: World, user: str | None, scopes: list[str] | tuple[str, ...]) -> Json:
    access = new_token("")
    until = world.clock.now() + TOKEN_LIFETIME_S
    with world.store.transaction() as db:
        store_token(db, access, marketplace=ADOBE, user=user, scopes=scopes, expires_at=until)
    return {"access_token": access, "token_type": "bearer", "expires_in": TOKEN_LIFETIME_S}


def _check_authorize(world: World, request: Request) -> str:
    known, uri = world.credentials[ADOBE], request.value("redirect_uri") or ""
    wrong = ""
    if request.value("client_id") != known["client_id"]:
        wrong = "The client is not known."
    elif request.value("response_type") != "code":
        wrong = "Only the response type “code” is taken."
    elif uri != known["redirect_uri"]:
        wrong = "The redirect address is not the credential's own."
    elif not set((request.value("scope") or "").split(",")) <= _USER_SCOPES:
        wrong = "A scope is not known; scopes are separated by commas."
    elif len(request.value("state") or "") > 4096:
        wrong = "The state is too long."
    if wrong:
        refuse(html_reply(f"<p>{escape(wrong)}</p>", 400))
    return uri


def _refusal(error: str, status: int = 400) -> Reply:
    return json_reply({"error": error, "error_description": f"The request was refused: {error}"}, status)
