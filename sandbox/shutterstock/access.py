"""Who may call what: User-Agent, Basic, bearer tokens and scopes, and Shutterstock's error shape."""

from __future__ import annotations

import hmac

from ..message import Json, Reply, Request, json_reply, refuse
from ..tokens import Token, find_token
from ..unconfirmed import SHUTTERSTOCK_NO_AGENT_STATUS
from ..world import SHUTTERSTOCK, World

NO_ACCESS = "You do not have access to this route. Please contact your account manager."


def error_reply(message: str, status: int, errors: list[Json] | None = None) -> Reply:
    """Answer in Shutterstock's error shape."""
    return json_reply({"message": message, **({"errors": errors} if errors else {})}, status)


def require_access(world: World, request: Request, *scopes: str, basic: bool = False) -> Token:
    """Let in a good token with all scopes, or the application's own key where Basic is taken."""
    if not request.header("user-agent"):
        refuse(error_reply("A User-Agent header is required", SHUTTERSTOCK_NO_AGENT_STATUS))
    text = request.bearer()
    if text is not None:
        token = find_token(world.store, text, marketplace=SHUTTERSTOCK, now=world.clock.now())
        if token is None:
            refuse(error_reply("Unauthorized", 401))
        if not set(scopes) <= set(token.scopes):
            refuse(error_reply(NO_ACCESS, 403))
        return token
    pair = request.basic()
    if pair is None or not is_application(world, *pair):
        refuse(error_reply("Unauthorized", 401))
    if not basic:
        status = int(world.variants.choice("shutterstock_basic_on_scoped_route"))
        refuse(error_reply(NO_ACCESS if status == 403 else "Unauthorized", status))
    return Token(marketplace=SHUTTERSTOCK, user=None, scopes=(), expires_at=None)


def is_application(world: World, key: str, secret: str) -> bool:
    """Tell whether key and secret are the application's."""
    known = world.credentials[SHUTTERSTOCK]
    return _same(key, known["consumer_key"]) and _same(secret, known["consumer_secret"])


def _same(a: str, b: str) -> bool:
    return hmac.compare_digest(a.encode("utf-8", "surrogatepass"), b.encode())
