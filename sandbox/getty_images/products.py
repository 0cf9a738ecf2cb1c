"""The account: who is signed in, and the products that downloads count against."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from ..clock import utc_text
from ..message import Json, Reply, Request, json_reply
from ..world import World
from .access import require_token, require_user
from .query import only, several


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product as the books have it. ``usable``: active and not ended."""

    id: int
    type: str
    agreement: str
    usable: bool
    row: sqlite3.Row


def read_products(world: World) -> list[Product]:
    """Read all products."""
    now = world.clock.now()
    return [
        Product(
            id=row["id"],
            type=row["type"],
            agreement=row["agreement"],
            usable=row["status"] == "active" and (row["expires_at"] is None or row["expires_at"] > now),
            row=row,
        )
        for row in world.store.rows("SELECT * FROM products ORDER BY id")
    ]


def list_products(world: World, request: Request) -> Reply:
    """Answer GET /v3/products."""
    require_token(world, request)
    only(request, "fields")
    with_requirements = "download_requirements" in several(request, "fields", "download_requirements")
    everything = world.variants.choice("getty_products") == "all"
    rows = [product.row for product in read_products(world) if everything or product.usable]
    return json_reply(
        {"products": [_product_json(world, row, with_requirements=with_requirements) for row in rows]}
    )


def show_customer(world: World, request: Request) -> Reply:
    """Answer GET /v3/customers/current; a token without a user has nobody to name."""
    token = require_token(world, request)
    only(request)
    if token.user is None:
        require_user(400)
    return json_reply({"first_name": "Sandbox", "middle_name": None, "last_name": "User"})


def _product_json(world: World, row: sqlite3.Row, *, with_requirements: bool) -> Json:
    body: Json = {
        "id": row["id"],
        "type": row["type"],
        "name": row["name"],
        "status": row["status"],
        "agreement_name": row["agreement"],
        "application_website": "gettyimages",
        "download_limit": row["downloads_limit"],
        "download_limit_duration": None if row["resets_at"] is None else "Monthly",
        "download_limit_reset_utc_date": None if row["resets_at"] is None else utc_text(row["resets_at"]),
        "downloads_remaining": row["downloads_left"],
        "expiration_utc_date": None if row["expires_at"] is None else utc_text(row["expires_at"]),
        "credits_remaining": None,
        "team_credits": None,
        "imagepack_resolution": "large" if row["type"] == "imagepack" else None,
    }
    left, limit = row["overage_left"], row["overage_limit"]
    if left is not None and limit is not None:
        body["overage"] = {
            "limit": limit,
            "remaining": left,
            "count": limit - left,
            "overages_reached": left <= 0,
        }
    if with_requirements:
        codes = row["project_codes"].splitlines()
        in_lines = world.variants.choice("getty_project_codes") == "lines" and codes
        body["download_requirements"] = {
            "is_note_required": bool(row["note_required"]),
            "is_project_code_required": bool(row["code_required"]),
            "project_codes": [row["project_codes"]] if in_lines else codes,
        }
    return body
