"""Search and Files: which assets match, and how one is written in the columns that were asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..catalogue import StockItem
from ..files import file_reply
from ..message import Json, Reply, Request, json_reply, refuse
from ..world import ADOBE, World
from .access import THUMBNAILS, WEB, refuse_unknown, require_key, service_error
from .assets import MEDIA, THINGS, file_type, licenses_of
from .licenses import find_license

_TYPES: dict[str, set[str]] = {
    "photo": {"photo"},
    "illustration": {"illustration"},
    "vector": set(),
    "video": {"video"},
    "template": set(),
    "3d": {"model", "light", "material"},
}
_SIZES = (110, 160, 220, 240, 500, 1000)
_PARTS = ("url", "width", "height")
_DEFAULTS = (
    *("nb_results", "id", "title", "creator_name", "creator_id", "width", "height", "thumbnail_url"),
    *("thumbnail_html_tag", "thumbnail_width", "thumbnail_height", "media_type_id", "category"),
    *("category_hierarchy", "vector_type", "content_type", "premium_level_id"),
)
_COLUMNS = frozenset(
    (
        *_DEFAULTS,
        *("country_name", "keywords", "has_releases", "comp_url", "comp_width", "comp_height", "is_licensed"),
        *(
            "framerate",
            "duration",
            "comps",
            "details_url",
            "description",
            "size_bytes",
            "is_premium",
            "is_loop",
        ),
        *("is_transparent", "licenses", "is_gentech", "icon_option"),
        *(f"thumbnail_{size}_{part}" for size in _SIZES for part in _PARTS),
    )
)
_SEARCH = frozenset(
    (
        *("words", "limit", "offset", "order", "creator_id", "media_id", "category", "thumbnail_size"),
        *(f"filters][content_type:{name}" for name in _TYPES),
        *("filters][premium", "filters][gentech", "filters][orientation", "filters][image_width"),
        *(
            "filters][image_height",
            "filters][video_duration",
            "filters][3d_type_id][",
            "filters][has_releases",
        ),
    )
)
_KNOWN = frozenset(("locale", "result_columns[]", *(f"search_parameters[{name}]" for name in _SEARCH)))
_ORDERS: dict[str, Callable[[StockItem], Any]] = {
    "relevance": lambda item: (-item.popularity, item.id),
    "creation": lambda item: (tuple(-ord(letter) for letter in item.added_date), item.id),
    "featured": lambda item: (item.collection, item.id),
    "nb_downloads": lambda item: (-item.popularity, item.id),
    "undiscovered": lambda item: (item.popularity, item.id),
}
_BOUNDS = {"limit": (1, 100), "offset": (0, 10**9)}
_DURATIONS = {"10": (0, 10), "20": (0, 20), "30": (0, 30), "30-": (30, 10**6), "all": (0, 10**6)}


def search_files(world: World, request: Request) -> Reply:
    """Answer GET /Rest/Media/1/Search/Files."""
    token = require_key(world, request)
    refuse_unknown(world, request, _KNOWN)
    asked = {name[18:-1]: value for name, value in request.query if name.startswith("search_parameters[")}
    if not asked:
        return service_error(world, 20, "At least one search parameter is required")
    limit, offset = _number(world, asked, "limit", 32), _number(world, asked, "offset", 0)
    order = asked.get("order", "relevance")
    if order not in _ORDERS:
        return service_error(world, 20, f"Unknown order {order}")
    found = sorted((x for x in _sold(world) if _matches(world, x, asked)), key=_ORDERS[order])
    # Without `premium` the limit is not kept to; with it, it may be one too many all the same.
    slip = "filters][premium" not in asked or world.variants.choice("adobe_limit") == "one_more"
    rows = found[offset : offset + limit + (1 if slip else 0)]
    columns = _columns(world, request, licensed=token is not None)
    body: Json = {"files": [_write(world, request, item, columns or _DEFAULTS) for item in rows]}
    return json_reply({"nb_results": len(found), **body} if "nb_results" in (columns or _DEFAULTS) else body)


def show_files(world: World, request: Request) -> Reply:
    """Answer GET /Rest/Media/1/Files: ids that are gone are left out without a word."""
    token = require_key(world, request)
    refuse_unknown(world, request, frozenset(("ids", "locale", "result_columns[]")))
    text = request.value("ids") or ""
    if not re.fullmatch(r"[1-9]\d{0,15}(,[1-9]\d{0,15})*", text):
        return service_error(world, 605, 'Required "ids" parameter is missing or invalid', 404)
    ids = list(dict.fromkeys(text.split(",")))
    if len(ids) > 110:
        return service_error(world, 606, "Too many ids")
    columns = (*_columns(world, request, licensed=token is not None, more=("is_editorial",)), "id")
    stock = world.catalogue.stock(ADOBE)
    items = [stock[one] for one in ids if one in stock and not stock[one].removed]
    rows = [_write(world, request, item, columns) for item in items]
    return json_reply(
        {"nb_results": len(rows), "files": rows} if "nb_results" in columns else {"files": rows}
    )


def show_thumbnail(world: World, request: Request, size: str, content_id: str) -> Reply:
    """Answer a thumbnail, which stays when the asset is gone."""
    item = world.catalogue.stock(ADOBE).get(content_id)
    if item is None or not item.has_preview or int(size) not in _SIZES:
        return Reply(status=404)
    return file_reply(request, world.library.stock_picture(item, longest=int(size)), f"{content_id}.jpg")


def _sold(world: World) -> list[StockItem]:
    """List what a search can find: no editorial and no free assets; what was taken off may linger."""
    everything = world.catalogue.stock(ADOBE).values()
    return [item for item in everything if not item.is_editorial and item.level != 1]


def _columns(
    world: World, request: Request, *, licensed: bool, more: tuple[str, ...] = ()
) -> tuple[str, ...]:
    names = tuple(request.values("result_columns[]"))
    unknown = [name for name in names if name not in _COLUMNS and name not in more]
    if unknown:
        refuse(service_error(world, 603, f"Unknown result column {unknown[0]}"))
    if "is_licensed" in names and not licensed:
        refuse(service_error(world, 601, "A token is required for is_licensed"))
    return names


def _write(world: World, request: Request, item: StockItem, columns: tuple[str, ...]) -> Json:
    whole = _whole(world, request, item)
    if "is_licensed" in columns:
        held = find_license(world, item.id, "")
        whole["is_licensed"] = held["license"] if held else ""
    row = {name: whole.get(name) for name in columns if name in whole}
    if item.kind in THINGS and world.variants.choice("adobe_3d_type_id") == "present":
        row["3d_type_id"] = THINGS[item.kind]
    return row


def _whole(world: World, request: Request, item: StockItem) -> Json:
    number, video = int(item.id), item.kind == "video"
    category = {"id": sum(map(ord, item.collection)), "name": item.collection}
    body: Json = {
        "id": number,
        "title": item.title,
        "creator_name": item.author,
        "creator_id": int(item.author_id),
        "width": item.width,
        "height": item.height,
        "media_type_id": MEDIA[item.kind],
        "content_type": file_type(world, item),
        "vector_type": None,
        "category": category,
        "category_hierarchy": [category],
        "keywords": [{"name": word} for word in item.keywords],
        "premium_level_id": item.level,
        "is_premium": item.level > 1,
        "is_gentech": item.is_generated,
        "is_editorial": item.is_editorial,
        "has_releases": item.has_model_release,
        "description": f"{item.title}. Sold by the sandbox.",
        "details_url": f"{request.base_url}/{WEB}/{item.id}?as_channel=affiliate&as_source=api",
        "framerate": item.fps if video else None,
        "duration": round(item.seconds * 1000) if video else None,
    }
    if world.variants.choice("adobe_license_columns") == "present":
        shape = {"width": item.width, "height": item.height, "url": ""}
        names = licenses_of(item)
        body["licenses"] = dict.fromkeys(names, shape)
        body["comps"] = {name: shape for name in names if name in ("Standard", "Video_HD", "Video_4K")}
    for size in _SIZES if item.has_preview else ():
        scale = size / max(item.width, item.height)
        facts = (
            f"{request.base_url}/{THUMBNAILS}/jpg/{size}_F_{item.id}.jpg",
            round(item.width * scale),
            round(item.height * scale),
        )
        body |= {f"thumbnail_{size}_{part}": fact for part, fact in zip(_PARTS, facts, strict=True)}
        if size == 500:
            body |= {f"thumbnail_{part}": fact for part, fact in zip(_PARTS, facts, strict=True)}
    return body


def _number(world: World, asked: dict[str, str], name: str, default: int) -> int:
    low, high = _BOUNDS[name]
    text = asked.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", text) or not low <= int(text) <= high:
        refuse(service_error(world, 20, f"{name} must be a number from {low} to {high}"))
    return int(text)


def _matches(world: World, item: StockItem, asked: dict[str, str]) -> bool:
    place = " ".join([item.title, *item.keywords, item.author, item.id]).lower()
    if not all(word in place for word in asked.get("words", "").lower().split()):
        return False
    kinds = [name for name in _TYPES if asked.get(f"filters][content_type:{name}") == "1"]
    if kinds and not any(item.kind in _TYPES[name] for name in kinds):
        return False
    thing = asked.get("filters][3d_type_id][")
    if thing is not None and str(THINGS.get(item.kind, 0)) != thing:
        return False
    category = asked.get("category")
    if category is not None and str(sum(map(ord, item.collection))) != category:
        return False
    flags = {"premium": item.level > 1, "gentech": item.is_generated}
    if not all(_choice(world, asked, name, value) for name, value in flags.items()):
        return False
    return _shape(world, item, asked) and _length(world, item, asked)


def _choice(world: World, asked: dict[str, str], name: str, value: bool) -> bool:  # noqa: FBT001 - a row's own flag
    wanted = asked.get(f"filters][{name}", "all")
    if wanted not in ("true", "false", "all"):
        refuse(service_error(world, 20, f"{name} must be true, false or all"))
    return wanted == "all" or value == (wanted == "true")


def _shape(world: World, item: StockItem, asked: dict[str, str]) -> bool:
    wanted = asked.get("filters][orientation", "all")
    if wanted not in ("horizontal", "vertical", "square", "all"):
        refuse(service_error(world, 20, f"Unknown orientation {wanted}"))
    shapes = {"horizontal": item.width > item.height, "vertical": item.width < item.height}
    if not shapes.get(wanted, wanted == "all" or item.width == item.height):
        return False
    for name, value in (("image_width", item.width), ("image_height", item.height)):
        text = asked.get(f"filters][{name}")
        if text is None:
            continue
        limits = re.fullmatch(r"(\d{0,6})-?(\d{0,6})", text)
        if limits is None:
            refuse(service_error(world, 20, f"{name} must be a range"))
        if not int(limits[1] or 0) <= value <= int(limits[2] or 10**6):
            return False
    return True


def _length(world: World, item: StockItem, asked: dict[str, str]) -> bool:
    text = asked.get("filters][video_duration")
    if text is None:
        return True
    if text not in _DURATIONS:
        refuse(service_error(world, 20, f"Unknown duration {text}"))
    low, high = _DURATIONS[text]
    return low <= item.seconds <= high
