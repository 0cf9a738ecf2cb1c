"""Who may call what: the key on every request, tokens where they are needed, and Getty Images' errors."""

from __future__ import annotations

import hmac
from typing import NoReturn

from ..message import Reply, Request, json_reply, refuse
from ..tokens import Token, find_token
from ..world import GETTY, World

API, SIGN_IN = "api.gettyimages.com", "authentication.gettyimages.com"
DELIVERY, MEDIA = "delivery.gettyimages.com", "media.gettyimages.com"
ERROR_TYPE = ("Content-Type", "application/vnd.getty.error+json; charset=utf-8")


def error_reply(code: str, status: int, message: str = "") -> Reply:
    """Answer in the API's own error shape."""
    reply = json_reply({"ErrorCode": code, "ErrorMessage": message or code}, status)
    return Reply(status=reply.status, headers=(ERROR_TYPE,), body=reply.body)


def deny(code: str, status: int, message: str = "") -> NoReturn:
    """Stop with an error of the API."""
    refuse(error_reply(code, status, message))


def unauthorized() -> NoReturn:
    """Stop as the gateway does: for a bad key, an ended token, and what is outside of the agreement."""
    refuse(json_reply({"message": "Unauthorized"}, 401))


def require_key(world: World, request: Request) -> Token | None:
    """Let in the known key; return the token that came along, if any. A bad token is refused."""
    if not same(request.header("api-key"), world.credentials[GETTY]["client_id"]):
        status = int(world.variants.choice("getty_bad_key"))
        refuse(json_reply({"message": "Unauthorized" if status == 401 else "Forbidden"}, status))
    text = request.bearer()
    if text is None:
        return None
    token = find_token(world.store, text, marketplace=GETTY, now=world.clock.now())
    return unauthorized() if token is None else token


def require_token(world: World, request: Request) -> Token:
    """Let in a token; one without a user only where the key licenses by itself."""
    token = require_key(world, request)
    if token is None:
        deny("AuthorizationTokenRequired", 401, "A valid access token is required.")
    required = world.variants.choice("getty_user_required")
    if token.user is None and required != "no":
        require_user(int(required))
    return token


def require_user(status: int) -> NoReturn:
    """Stop for want of a user."""
    deny("UserTokenRequired", status, "Security token must contain a user.")


def same(one: str, other: str) -> bool:
    """Compare two secrets."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode())
