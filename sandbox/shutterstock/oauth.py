"""Shutterstock's OAuth: redirect, the page where the user allows, token endpoint. No PKCE is documented."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from ..message import Json, Reply, Request, json_reply, redirect, refuse
from ..pages import consent_page
from ..tokens import ALL_SCOPES, Code, drop_token, find_token, issue_code, new_token, redeem_code, store_token
from ..unconfirmed import SHUTTERSTOCK_EXPIRING_TOKEN_S
from ..urls import add_query, is_web_address
from ..world import SHUTTERSTOCK, World
from .access import error_reply, is_application
from .params import Param, one_of, read_query, text

CODE_LIFETIME_S = 300.0
# The registered host names of the application: names, not URLs, and `localhost` is the default.
_HOSTS = ("localhost", "127.0.0.1")
_AUTHORIZE = {
    "client_id": Param(text, required=True),
    "redirect_uri": Param(text, required=True),
    "response_type": Param(one_of("code"), required=True),
    "state": Param(text, required=True),
    "scope": Param(text, "user.view"),
    "realm": Param(one_of("customer", "contributor"), "customer"),
}


def start(world: World, request: Request) -> Reply:
    """Answer GET /v2/oauth/authorize: 302 to the login page."""
    asked = _read_authorize(world, request)
    return redirect(f"{request.base_url}/accounts.shutterstock.com/oauth/authorize?{urlencode(asked)}")


def show_page(world: World, request: Request) -> Reply:
    """Show the page that asks the user."""
    asked = _read_authorize(world, request)
    return consent_page("Shutterstock", asked["scope"].split())


def answer_page(world: World, request: Request) -> Reply:
    """Take the user's answer and go back to the application."""
    asked = _read_authorize(world, request)
    if request.form().get("answer") != "allow":
        return redirect(add_query(asked["redirect_uri"], error="access_denied", state=asked["state"]))
    code = issue_code(
        world.store,
        Code(
            marketplace=SHUTTERSTOCK,
            client_id=asked["client_id"],
            redirect_uri=asked["redirect_uri"],
            scopes=tuple(asked["scope"].split()),
            challenge=None,
            challenge_method=None,
            expires_at=world.clock.now() + CODE_LIFETIME_S,
        ),
    )
    return redirect(add_query(asked["redirect_uri"], code=code, state=asked["state"]))


def issue_token(world: World, request: Request) -> Reply:
    """Answer POST /v2/oauth/access_token."""
    if not request.header("user-agent"):
        return error_reply("A User-Agent header is required", 400)
    try:
        form = request.form()
    except ValueError:
        return error_reply("The request body cannot be read", 400)
    client_id, secret = str(form.get("client_id", "")), str(form.get("client_secret", ""))
    if not is_application(world, client_id, secret):
        return error_reply("Invalid client credentials", 401)
    match form.get("grant_type"):
        case "authorization_code":
            now = world.clock.now()
            code = redeem_code(world.store, str(form.get("code", "")), marketplace=SHUTTERSTOCK, now=now)
            if code is None or code.client_id != client_id:
                return error_reply("Invalid or expired authorization code", 400)
            return json_reply(_new_grant(world, code.scopes, expires=form.get("expires") in ("true", True)))
        case "client_credentials":
            return json_reply(_client_grant(world))
        case "refresh_token":
            return _refresh(world, str(form.get("refresh_token", "")))
        case _:
            return error_reply(
                "Validation failed", 400, [{"message": "No enum match for grant_type", "path": "$.body"}]
            )


def _read_authorize(world: World, request: Request) -> dict[str, Any]:
    asked = read_query(world, request, _AUTHORIZE)
    if asked["client_id"] != world.credentials[SHUTTERSTOCK]["consumer_key"]:
        refuse(error_reply("Unknown client_id", 401))
    if unknown := set(asked["scope"].split()) - set(ALL_SCOPES):
        refuse(error_reply(f"Unknown scope: {' '.join(sorted(unknown))[:100]}", 400))
    uri = asked["redirect_uri"]
    if not is_web_address(uri) or urlsplit(uri).hostname not in _HOSTS:
        refuse(error_reply("The host of redirect_uri is not registered with the application", 400))
    return asked


def _new_grant(world: World, scopes: tuple[str, ...], *, expires: bool) -> Json:
    access, refresh = new_token("v2/"), new_token("")
    until = world.clock.now() + SHUTTERSTOCK_EXPIRING_TOKEN_S if expires else None
    with world.store.transaction() as db:
        store_token(
            db, access, marketplace=SHUTTERSTOCK, user="sandbox.user", scopes=scopes, expires_at=until
        )
        if expires:
            store_token(
                db,
                refresh,
                marketplace=SHUTTERSTOCK,
                user="sandbox.user",
                scopes=scopes,
                expires_at=None,
                kind="refresh",
            )
    body: Json = {"access_token": access, "token_type": "Bearer"}
    if expires:
        body |= {
            "expires_in": SHUTTERSTOCK_EXPIRING_TOKEN_S,
            "refresh_token": refresh,
            "user_token": new_token(""),
        }
    return body


def _client_grant(world: World) -> Json:
    access = new_token("v2/")
    until = world.clock.now() + SHUTTERSTOCK_EXPIRING_TOKEN_S
    with world.store.transaction() as db:
        store_token(db, access, marketplace=SHUTTERSTOCK, user=None, scopes=(), expires_at=until)
    return {"access_token": access, "token_type": "Bearer", "expires_in": SHUTTERSTOCK_EXPIRING_TOKEN_S}


def _refresh(world: World, old: str) -> Reply:
    known = find_token(world.store, old, marketplace=SHUTTERSTOCK, now=world.clock.now(), kind="refresh")
    if known is None:
        return error_reply("Invalid refresh token", 400)
    with world.store.transaction() as db:
        drop_token(db, old)
    return json_reply(_new_grant(world, known.scopes, expires=True))
