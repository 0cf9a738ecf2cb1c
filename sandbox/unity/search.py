"""The Editor's open search: POST /api/search with a JSON body, answered in the shape of a search server."""

from __future__ import annotations

from typing import Any

from ..message import Reply, Request, json_reply
from ..shops import Thing
from ..world import World
from .shop import PICTURES, SHOP

_MAX_ROWS = 100
_KNOWN = frozenset(
    {"q", "rows", "start", "currency", "sort", "min_price", "max_price", "free", "on_sale", "category"}
    | {"publisher", "unity_version", "platform", "release", "min_rating"}
)


def search(world: World, request: Request) -> Reply:
    """Answer a search; a body that is not understood is an error in the answer, as the Editor expects."""
    try:
        body = request.json()
        found = _find(body)
        rows, start = int(body.get("rows", 100)), int(body.get("start", 0))
        if not 0 < rows <= _MAX_ROWS or start < 0:
            raise ValueError("rows or start is out of range")
    except (ValueError, TypeError, AttributeError) as problem:
        header = {"status": 400, "QTime": 0}
        return json_reply({"responseHeader": header, "error": {"msg": str(problem), "code": 400}}, 400)
    documents = [_document(thing) for thing in found[start : start + rows]]
    answer = {"numFound": len(found), "start": start, "docs": documents}
    return json_reply({"responseHeader": {"status": 0, "QTime": 3}, "response": answer})


def _find(body: dict[str, Any]) -> list[Thing]:
    unknown = set(body) - _KNOWN
    if unknown:
        raise ValueError(f"undefined field {min(unknown)}")
    low, high = float(body.get("min_price", 0)), float(body.get("max_price", "inf"))
    categories = [str(name) for name in body.get("category", [])]
    found = [
        thing
        for thing in SHOP.find(str(body.get("q", "")))
        if low <= float(thing.price) <= high
        and (not categories or any(thing.category.startswith(name) for name in categories))
    ]
    if body.get("sort") == 2:
        found.sort(key=lambda thing: thing.title)
    return found


def _document(thing: Thing) -> dict[str, Any]:
    return {
        "id": thing.id,
        "name_en-US": thing.title,
        "price_USD": float(thing.price),
        "price_EUR": round(float(thing.price) * 0.92, 2),
        "publisher": thing.author,
        "category_slug": thing.category,
        "type": "content",
        "icon": [f"//{PICTURES}/key-image/{thing.id}.jpg"],
        "key_images": [f"//{PICTURES}/key-image/{thing.id}.jpg"],
        "avg_rating": 4,
        "on_sale": "false",
        "age": 30,
    }
