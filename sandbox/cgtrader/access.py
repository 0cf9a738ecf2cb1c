"""Bearer tokens and CGTrader's errors."""

from __future__ import annotations

from ..catalogue import ModelItem
from ..message import Reply, Request, json_reply, refuse
from ..tokens import Token, find_token
from ..world import CGTRADER, World

API, WEB = "api.cgtrader.com", "www.cgtrader.com"


def error_reply(world: World, message: str, status: int, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    """Answer with an error in the form now chosen."""
    return json_reply({world.variants.choice("cgtrader_error_key"): message}, status, headers)


def require_token(world: World, request: Request) -> Token:
    """Let in a good bearer token; anything else gets 401 with the challenge that the real service sends."""
    text = request.bearer()
    token = None
    if text is not None:
        token = find_token(world.store, text, marketplace=CGTRADER, now=world.clock.now())
    if token is None:
        challenge = 'Bearer realm="Doorkeeper"'
        if text is not None:
            challenge += ', error="invalid_token", error_description="The access token is invalid"'
        refuse(error_reply(world, "Unauthorized", 401, (("WWW-Authenticate", challenge),)))
    return token


def require_model(world: World, model_id: str) -> ModelItem:
    """Find a model or answer 404."""
    item = world.catalogue.models.get(model_id)
    if item is None:
        refuse(error_reply(world, "Not found", 404))
    return item
