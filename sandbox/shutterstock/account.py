"""The account: user, token, subscriptions."""

from __future__ import annotations

import sqlite3

from ..clock import vendor_text
from ..message import Json, Reply, Request, json_reply
from ..world import SHUTTERSTOCK, World
from .access import NO_ACCESS, error_reply, require_access
from .params import read_query

_USER_ID = "101782699"


def show_user(world: World, request: Request) -> Reply:
    """Answer GET /v2/user."""
    token = require_access(world, request, "user.view")
    read_query(world, request, {})
    return json_reply(
        {
            "id": _USER_ID,
            "username": token.user,
            "full_name": "Sandbox User",
            "first_name": "Sandbox",
            "last_name": "User",
            "language": "en",
            "email": "sandbox.user@example.com",
            "customer_id": "148363",
            "organization_id": "1",
            "is_premier": False,
            "is_premier_parent": False,
            "premier_permissions": [],
            "only_enhanced_license": False,
            "only_sensitive_use": False,
        }
    )


def show_token(world: World, request: Request) -> Reply:
    """Answer GET /v2/user/access_token; `expires_in` is null for a token that never expires."""
    token = require_access(world, request)
    read_query(world, request, {})
    if token.user is None:
        return error_reply(NO_ACCESS, 403)
    left = None if token.expires_at is None else int(token.expires_at - world.clock.now())
    return json_reply(
        {
            "client_id": world.credentials[SHUTTERSTOCK]["consumer_key"],
            "realm": "customer",
            "scopes": list(token.scopes),
            "username": token.user,
            "user_id": _USER_ID,
            "customer_id": "148363",
            "expires_in": left,
        }
    )


def list_subscriptions(world: World, request: Request) -> Reply:
    """Answer GET /v2/user/subscriptions."""
    require_access(world, request, "purchases.view")
    read_query(world, request, {})
    rows = world.store.rows("SELECT * FROM subscriptions ORDER BY id")
    return json_reply({"data": [_subscription_json(row) for row in rows]})


def _subscription_json(row: sqlite3.Row) -> Json:
    return {
        "id": row["id"],
        "license": row["license"],
        "description": row["description"],
        "asset_type": row["asset_type"],
        "expiration_time": vendor_text(row["expires_at"]),
        "allotment": {
            "downloads_left": row["downloads_left"],
            "downloads_limit": row["downloads_limit"],
            "start_time": vendor_text(row["start_at"]),
            "end_time": vendor_text(row["end_at"]),
        },
        "formats": _formats_json(row["asset_type"], row["description"]),
        "metadata": {},
    }


def _formats_json(asset_type: str, description: str) -> list[Json]:
    """List what a plan covers; a video plan covers 4k when its description says so."""
    match asset_type:
        case "images":
            sizes = [("huge", "Huge", 4000000), ("medium", "Med", 1000), ("small", "Small", 500)]
            return [
                {
                    "size": size,
                    "format": "jpg",
                    "media_type": "image",
                    "min_resolution": least,
                    "description": label,
                }
                for size, label, least in sizes
            ]
        case "videos":
            names = ("web", "sd", "hd", *(("4k",) if "4K" in description else ()))
            return [
                {"size": size, "format": "mpeg", "media_type": "video", "description": size.upper()}
                for size in names
            ]
        case _:
            return [{"size": "original", "format": "wav", "media_type": "audio", "description": "Original"}]
