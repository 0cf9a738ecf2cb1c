"""The key and the secret in headers of their own, and errors; their shape is nowhere documented."""

from __future__ import annotations

import hmac

from ..message import Reply, Request, json_reply, refuse
from ..world import POND5, World

API, FILES, PREVIEWS = "api-reseller.pond5.com", "downloads.pond5.com", "previews.pond5.com"


def error_reply(message: str, status: int) -> Reply:
    """Answer with an error."""
    return json_reply({"message": message}, status)


def require_key(world: World, request: Request) -> None:
    """Let in the reseller's key and secret; anything else gets 401."""
    known = world.credentials[POND5]
    good = _same(request.header("key"), known["client_id"])
    if not (_same(request.header("secret"), known["client_secret"]) and good):
        refuse(error_reply("The key and the secret are missing or wrong", 401))


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode())
