"""Who may call what: the key, the product's name and the token; and the shapes of Adobe's errors."""

from __future__ import annotations

import hmac

from ..message import Json, Reply, Request, json_reply, refuse
from ..tokens import Token, find_token
from ..world import ADOBE, World

API, WEB, IMS = "stock.adobe.io", "stock.adobe.com", "ims-na1.adobelogin.com"
STORAGE, THUMBNAILS = "adobestock-files.s3.amazonaws.com", "as1.ftcdn.net"
MEMBER = 41003529
_MAX_ID = 2**53 - 1


def gateway_error(code: str, message: str, status: int) -> Reply:
    """Answer as the gateway before the service does."""
    return json_reply({"error_code": code, "message": message}, status)


def service_error(world: World, code: int, message: str, status: int = 400) -> Reply:
    """Answer as the service itself does; its number is a text, sometimes filled up with a zero."""
    padded = world.variants.choice("adobe_error_number") == "padded"
    body: Json = {"error": message, "code": f"{code:03}" if padded else str(code), "case": "ab4a0f466ed85a83"}
    return json_reply(body, status)


def require_key(world: World, request: Request) -> Token | None:
    """Let in a known key with a product's name; a token is optional, but a wrong one spoils any call."""
    if not same(request.header("x-api-key"), world.credentials[ADOBE]["client_id"]):
        refuse(gateway_error("403003", "Api Key is invalid", 403))
    token = None
    if request.header("authorization"):
        token = good_token(world, request.bearer() or "")
        if token is None:
            refuse(gateway_error("401013", "Oauth token is not valid", 401))
    if not request.header("x-product"):
        refuse(service_error(world, 600, "The required X-Product header is missing or invalid"))
    return token


def require_token(world: World, request: Request) -> Token:
    """Let in a key with a good token."""
    token = require_key(world, request)
    if token is None:
        refuse(gateway_error("401013", "Oauth token is not valid", 401))
    return token


def good_token(world: World, text: str) -> Token | None:
    """Find a token that is known and still good."""
    return find_token(world.store, text, marketplace=ADOBE, now=world.clock.now())


def read_content_id(world: World, request: Request) -> str:
    """Read which asset is meant, or refuse."""
    text = request.value("content_id") or ""
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= _MAX_ID):
        refuse(service_error(world, 20, 'Required "content_id" parameter is missing or invalid'))
    return str(int(text))


def refuse_unknown(world: World, request: Request, known: frozenset[str]) -> None:
    """Refuse parameters that no document names."""
    unknown = [name for name, _ in request.query if name not in known]
    if unknown:
        refuse(service_error(world, 604, f"Unknown query parameter {unknown[0]}"))


def same(a: str, b: str) -> bool:
    """Compare two secrets."""
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode())
