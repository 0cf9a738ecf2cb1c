"""Search and details: which assets match, and which of them the token's products hold."""

from __future__ import annotations

import random
import re
from typing import Any

from ..catalogue import StockItem
from ..message import Json, Reply, Request, json_reply
from ..world import GETTY, World
from .access import deny, require_key
from .assets import (
    COLLECTIONS,
    PLURALS,
    VIDEO_SIZES,
    asset_json,
    covering,
    details_json,
    find_asset,
    is_editorial_family,
)
from .products import read_products
from .query import WITH_A_TOKEN, fields_of, flag, number, one_of, only, page_of, several

_ORIENTATIONS = ("horizontal", "vertical", "square", "panoramic_horizontal", "panoramic_vertical")
_COMMON = frozenset(
    {
        "phrase",
        "fields",
        "sort_order",
        "page",
        "page_size",
        "collection_codes",
        "collections_filter_type",
        "orientations",
        "download_product",
        "include_facets",
        "facet_fields",
    }
)
_CREATIVE = ("exclude_editorial_use_only", "enhanced_search", "exclude_nudity", "safe_search")
_IMAGES = ("minimum_size", "graphical_styles", "file_types")
_VIDEOS = ("min_clip_length", "max_clip_length", "format_available")


def search(world: World, request: Request, plural: str, family: str) -> Reply:
    """Answer GET /v3/search/{images|videos}/{creative|editorial}."""
    token = require_key(world, request)
    editorial = family == "editorial"
    only(
        request,
        *_COMMON,
        *(() if editorial else _CREATIVE),
        *(_IMAGES if plural == "images" else _VIDEOS),
    )
    fields, products = _fields(request, plural, "search", signed_in=token is not None), read_products(world)
    asked = _read_filters(request, plural)
    found = [
        item
        for item in world.catalogue.stock(GETTY).values()
        if PLURALS[item.kind] == plural
        and is_editorial_family(item) == editorial
        and _matches(item, asked)
        # With a token only what may be licensed is found, and what has to be asked for.
        and (token is None or item.unpriced or item.removed or covering(item, products))
    ]
    orders = ("best_match", "most_popular", "newest", "random", *(("oldest",) if editorial else ()))
    ordered = _sorted(found, one_of(request, "sort_order", "best_match", *orders))
    page = page_of(request, ordered)
    items = [asset_json(world, request, item, fields, products) for item in page]
    return json_reply({"result_count": len(found), plural: items})


def show_asset(world: World, request: Request, plural: str, asset_id: str) -> Reply:
    """Answer GET /v3/{images|videos}/{id}."""
    token = require_key(world, request)
    only(request, "fields")
    fields = _fields(request, plural, "details", signed_in=token is not None)
    item = find_asset(world, plural, asset_id)
    if item is None:
        if plural == "images" and world.variants.choice("getty_missing") == "list":
            return json_reply({"images": [], "images_not_found": [asset_id]})
        deny("ImageNotFound" if plural == "images" else "VideosNotFound", 404, "The asset was not found.")
    body = details_json(world, request, item, fields, read_products(world))
    if plural == "images":
        return json_reply({"images": [body], "images_not_found": []})
    return json_reply(body if world.variants.choice("getty_video") == "bare" else {"videos": [body]})


def _fields(request: Request, plural: str, where: str, *, signed_in: bool) -> frozenset[str]:
    fields = fields_of(request, plural, where)
    if fields & WITH_A_TOKEN and not signed_in:
        deny("AuthorizationTokenRequired", 401, "Downloads are told only with an access token.")
    return fields


def _read_filters(request: Request, plural: str) -> Json:
    shapes = _ORIENTATIONS if plural == "images" else _ORIENTATIONS[:2]
    return {
        "words": re.findall(r"\w+", (request.value("phrase") or "").lower()),
        "no_editorial": flag(request, "exclude_editorial_use_only"),
        "enhanced": flag(request, "enhanced_search", default=True),
        "codes": several(request, "collection_codes"),
        "codes_are": one_of(request, "collections_filter_type", "include", "include", "exclude"),
        "shapes": several(request, "orientations", *shapes),
        "shortest": number(request, "min_clip_length", 0),
        "longest": number(request, "max_clip_length", 0),
        "format": one_of(request, "format_available", "", "sd", "hd", "4k", "hd_web"),
    }


def _matches(item: StockItem, asked: dict[str, Any]) -> bool:
    place = " ".join([item.title, *item.keywords, item.author, item.collection]).lower()
    codes, code = asked["codes"], COLLECTIONS[item.collection].code
    video = item.kind == "video"
    return (
        all(word in place for word in asked["words"])
        and not (asked["no_editorial"] and item.is_editorial)
        and (not codes or (code in codes) == (asked["codes_are"] == "include"))
        and (not asked["shapes"] or _shape(item) in asked["shapes"])
        and not (video and asked["shortest"] and item.seconds < asked["shortest"])
        and not (video and asked["longest"] and item.seconds > asked["longest"])
        and (not asked["format"] or any(name.startswith(asked["format"]) for name in VIDEO_SIZES))
    )


def _shape(item: StockItem) -> str:
    if item.width == item.height:
        return "square"
    wide = item.width > item.height
    name = "horizontal" if wide else "vertical"
    long = max(item.width, item.height) >= 2 * min(item.width, item.height)
    return f"panoramic_{name}" if long and item.kind == "photo" else name


def _sorted(found: list[StockItem], order: str) -> list[StockItem]:
    match order:
        case "newest" | "oldest":
            return sorted(found, key=lambda item: (item.added_date, item.id), reverse=order == "newest")
        case "random":
            return random.sample(found, len(found))
    return sorted(found, key=lambda item: (-item.popularity, item.id))
