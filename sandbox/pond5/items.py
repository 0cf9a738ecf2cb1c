"""Search and items: which ones match, with the operators among the words, and how one is written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ..catalogue import StockItem
from ..message import Json, Reply, Request, json_reply, refuse
from ..world import POND5, World
from .access import PREVIEWS, error_reply, require_key

_PARAMETERS = frozenset({"type", "query", "sort", "page", "perPage"})
_SORTS: dict[str, Callable[[StockItem], Any]] = {
    "default": lambda item: (-item.popularity, item.id),
    "popular": lambda item: (-item.popularity, item.id),
    "newest": lambda item: (tuple(-ord(letter) for letter in item.added_date), item.id),
    "price_low_high": lambda item: (item.price, item.id),
    "price_high_low": lambda item: (-item.price, item.id),
    "duration_long_short": lambda item: (-item.seconds, item.id),
    "duration_short_long": lambda item: (item.seconds, item.id),
}
_OPERATOR = re.compile(r"([a-z]+):(\S+)", re.IGNORECASE)
_LIMIT = re.compile(r"(price|duration)(gt|lt)")
# The versions that an item is sold as: number, label, the name of the size, share of the price.
_VERSIONS = {"video": ((1, "4K", "4k", 1), (3, "HD", "hd", 2)), "photo": ((1, "Large", "", 1),)}


def search_items(world: World, request: Request) -> Reply:
    """Answer GET /api/v3/search."""
    require_key(world, request)
    kind, sort = request.value("type") or "", request.value("sort") or "default"
    if {name for name, _ in request.query} - _PARAMETERS or kind not in ("video", "photo", "music"):
        return error_reply("Unknown parameter or type", 400)
    if sort not in _SORTS:
        return error_reply(f"Unknown sort: {sort}", 400)
    per_page = min(_number(request, "perPage", 30, least=1), int(world.variants.choice("pond5_per_page_max")))
    page, base = _number(request, "page", 1), int(world.variants.choice("pond5_page_base"))
    found = [
        item
        for item in sorted(world.catalogue.stock(POND5, kind).values(), key=_SORTS[sort])
        if _matches(world, item, request.value("query") or "")
    ]
    if page < base:  # asked for page 0 where they count from 1
        match world.variants.choice("pond5_page_below_first"):
            case "refused":
                return error_reply("page must be at least 1", 400)
            case "empty":
                return json_reply(_page(world, request, [], len(found), per_page))
        page = base
    first = (page - base) * per_page
    return json_reply(_page(world, request, found[first : first + per_page], len(found), per_page))


def show_item(world: World, request: Request, item_id: str) -> Reply:
    """Answer GET /api/v3/items/{id}."""
    require_key(world, request)
    item = find_item(world, item_id)
    if item is not None:
        return json_reply(item_json(world, request, item))
    empty = world.variants.choice("pond5_missing_item") == "empty"
    return json_reply([]) if empty else error_reply("Not found", 404)


def find_item(world: World, item_id: str) -> StockItem | None:
    """Find an item that can still be had."""
    item = world.catalogue.stock(POND5).get(item_id)
    return None if item is None or item.removed else item


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One file that an item is sold as; ``size`` names it in the library."""

    id: str
    label: str
    size: str
    price: Decimal


def versions_of(item: StockItem) -> dict[str, Version]:
    """Return the versions of an item by id."""
    rows = _VERSIONS.get(item.kind, ((0, "", "", 1),))
    return {
        f"{item.id}:{number}": Version(
            id=f"{item.id}:{number}", label=label, size=size, price=item.price / share
        )
        for number, label, size, share in rows
    }


def item_json(world: World, request: Request, item: StockItem) -> Json:
    """Write an item as the resellers' programs read it."""
    still = f"{request.base_url}/{PREVIEWS}/{item.id}_still.jpg" if item.has_preview and item.recipe else ""
    moving = f"{request.base_url}/{PREVIEWS}/{item.id}_preview.{'mov' if item.recipe else 'wav'}"
    body: Json = {
        "id": int(item.id),
        "type": item.kind,
        "title": item.title,
        "description": f"{item.title}. Sold by the sandbox.",
        "keywords": list(item.keywords),
        "authorName": item.author,
        "createdDate": f"{item.added_date}T00:00:00Z",
        "editorial": item.is_editorial,
        "thumbnail": still,
        "watermarkPreview": still if item.kind == "photo" else moving,
        "versions": [_version_json(world, item, version) for version in versions_of(item).values()],
    }
    if item.recipe:
        body |= {"width": item.width, "height": item.height}
    if item.kind == "video":
        body["videoFps"] = item.fps
    if item.kind == "music":
        body |= {"soundBpm": item.bpm, "soundPro": False, "soundCodec": "pcm_s16le"}
    return body


def _version_json(world: World, item: StockItem, version: Version) -> Json:
    file_type = {"video": "mov", "photo": "jpg"}.get(item.kind, "wav")
    body: Json = {"label": version.label, "fileType": file_type, "size": ""}
    if item.recipe:
        width, height = world.library.stock_pixels(item, version.size)
        body["size"] = f"{width}x{height}"
    if world.variants.choice("pond5_version_id") == "present":
        body["version"] = version.id
    if item.kind != "photo":
        spoken = world.variants.choice("pond5_duration")
        minutes, seconds = divmod(round(item.seconds), 60)
        body["duration"] = item.seconds if spoken == "seconds" else f"{minutes:02}:{seconds:02}"
    if not item.unpriced:
        as_number = world.variants.choice("pond5_price") == "number"
        body["price"] = float(version.price) if as_number else f"{version.price:.2f}"
    return body


def _page(world: World, request: Request, items: list[StockItem], total: int, per_page: int) -> Json:
    body: Json = {"items": [item_json(world, request, item) for item in items], "itemsPerPage": per_page}
    if world.variants.choice("pond5_total") == "present":
        body["totalNumberOfItems"] = total
    return body


def _number(request: Request, name: str, default: int, *, least: int = 0) -> int:
    text = request.value(name) or str(default)
    if not re.fullmatch(r"\d{1,6}", text) or int(text) < least:
        refuse(error_reply(f"{name} must be a number from {least}", 400))
    return int(text)


def _matches(world: World, item: StockItem, query: str) -> bool:
    """Tell whether every word occurs and every operator holds; an operator not known here is a word."""
    place = " ".join([item.title, *item.keywords, item.author]).lower()
    for term in query.split():
        operator = _OPERATOR.fullmatch(term)
        limit = _LIMIT.fullmatch(operator[1].lower()) if operator else None
        if operator and limit:
            if not _within(world, item, limit, operator[2]):
                return False
        elif term.lower() not in place:
            return False
    return True


def _within(world: World, item: StockItem, limit: re.Match[str], text: str) -> bool:
    if not re.fullmatch(r"\d{1,9}(\.\d{1,4})?", text):
        return False
    value = float(item.price) if limit[1] == "price" else item.seconds
    edge = float(text)
    if value == edge:
        return world.variants.choice("pond5_limit") == "inclusive"
    return value > edge if limit[2] == "gt" else value < edge
