"""The catalogue side: search with every documented filter, details, pictures, files, license, categories."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from html import escape
from typing import Any

from ..catalogue import ModelItem
from ..message import Json, Reply, Request, json_reply, refuse
from ..unconfirmed import CGTRADER_MAX_PER_PAGE
from ..world import World
from .access import error_reply, require_model, require_token

_POLYGONS = {
    "lt_5k": (0, 5_000),
    "range_5k_10k": (5_000, 10_000),
    "range_10k_50k": (10_000, 50_000),
    "range_50k_100k": (50_000, 100_000),
    "range_100k_250k": (100_000, 250_000),
    "gt_250k": (250_000, 10**12),
}
_SORTS: dict[str, Callable[[ModelItem], Any]] = {
    "sales": lambda item: -item.sales,
    "newest": lambda item: [-int(part) for part in item.created.split("-")],
    "oldest": lambda item: item.created,
    "lower_price": lambda item: item.price,
    "higher_price": lambda item: -item.price,
}
_FLAGS = ("low_poly", "animated", "pbr", "rigged", "collection")
_LICENSE_TEXTS = {
    "royalty_free": ("Royalty Free License", "Use as an incorporated product."),
    "general": ("Royalty Free License", "Use as an incorporated product."),
    "editorial": ("Editorial License", "Editorial purposes only."),
}


def search_models(world: World, request: Request) -> Reply:
    """Answer GET /v1/models."""
    require_token(world, request)
    page, per_page = _integer(world, request, "page", 1), _integer(world, request, "per_page", 25)
    per_page = min(per_page, CGTRADER_MAX_PER_PAGE)
    words = [word.lower() for word in re.findall(r"\w+", request.value("keywords") or "")]
    found = [item for item in world.catalogue.models.values() if _matches(world, request, item, words)]
    sort = request.value("sort") or "best_match"
    if sort not in ("best_match", *_SORTS):
        refuse(error_reply(world, "sort does not have a valid value", 400))
    found.sort(key=_SORTS.get(sort, lambda item: (-sum(word in item.tags for word in words), -item.sales)))
    first = (page - 1) * per_page
    rows = [_model_json(world, request, item) for item in found[first : first + per_page]]
    return json_reply({"total": len(found), "models": rows})


def show_model(world: World, request: Request, model_id: str) -> Reply:
    """Answer GET /v1/models/:id."""
    require_token(world, request)
    item = require_model(world, model_id)
    body = {**_model_json(world, request, item), "files": _files_json(world, request, item)}
    return json_reply({"model": body} if world.variants.choice("cgtrader_model") == "wrapped" else body)


def list_images(world: World, request: Request, model_id: str) -> Reply:
    """Answer GET /v1/models/:id/images."""
    require_token(world, request)
    item = require_model(world, model_id)
    form = world.variants.choice("cgtrader_images")
    if form == "missing":
        return error_reply(world, "Not found", 404)
    images = [
        {"id": number + 1, "url": url, "width": 320, "height": 320}
        for number, url in enumerate(_thumbnails(request, item))
    ]
    return json_reply(images if form == "list" else {"images": images})


def list_files(world: World, request: Request, model_id: str) -> Reply:
    """Answer GET /v1/models/:id/files."""
    require_token(world, request)
    files = _files_json(world, request, require_model(world, model_id))
    return json_reply(files if world.variants.choice("cgtrader_files") == "list" else {"files": files})


def show_license(world: World, request: Request, model_id: str) -> Reply:
    """Answer GET /v1/models/:id/license."""
    require_token(world, request)
    item = require_model(world, model_id)
    name, text = _LICENSE_TEXTS.get(item.license, (item.license, ""))
    if item.license == "custom":
        name, text = "Custom License", item.license_text
    body: Json = {"name": name, "description": text}
    match world.variants.choice("cgtrader_license"):
        case "wrapped":
            return json_reply({"license": body})
        case "label":
            return json_reply({"license": item.license, "custom_license": item.license_text or None})
        case "empty":
            return json_reply({})
        case _:
            return json_reply(body)


def list_categories(world: World, request: Request) -> Reply:
    """Answer GET /v1/categories."""
    require_token(world, request)
    return json_reply(
        {"categories": [_category_json(world, path) for path in world.catalogue.model_categories]}
    )


def show_category(world: World, request: Request, category_id: str) -> Reply:
    """Answer GET /v1/categories/:id."""
    require_token(world, request)
    for path, (number, _) in world.catalogue.model_categories.items():
        if str(number) == category_id:
            return json_reply(_category_json(world, path))
    return error_reply(world, "Not found", 404)


def show_me(world: World, request: Request) -> Reply:
    """Answer GET /v1/users/me; a token without a user has nobody to show."""
    token = require_token(world, request)
    if token.user is None:
        return error_reply(world, "Forbidden", 403)
    return json_reply(
        {
            "id": 900001,
            "username": "sandbox-user",
            "email": "sandbox.user@example.com",
            "is_admin": False,
            "avatar_url": None,
        }
    )


def _matches(world: World, request: Request, item: ModelItem, words: list[str]) -> bool:
    product = request.value("product_type")
    if product not in (None, "", "cg", "printable"):
        refuse(error_reply(world, "product_type does not have a valid value", 400))
    wanted = [one for one in (request.value("extensions") or "").lower().split(",") if one]
    text = f"{item.title} {' '.join(item.tags)} {item.category}".lower()
    low, high = _decimal(world, request, "min_price"), _decimal(world, request, "max_price")
    rating = _decimal(world, request, "min_admin_rating")
    filter_name = world.variants.choice("cgtrader_license_filter")
    only = request.value(filter_name) or request.value(f"{filter_name}[]")
    category = request.value("category_id")
    flags = [(name, _flag(world, request, name)) for name in _FLAGS]
    span = request.value("polygons")
    if span and span not in _POLYGONS:
        refuse(error_reply(world, "polygons does not have a valid value", 400))
    least, most = _POLYGONS.get(span or "", (0, 10**12))
    return (
        all(word in text for word in words)
        and (low is None or item.price >= low)
        and (high is None or item.price <= high)
        and (product in (None, "") or item.printable == (product == "printable"))
        and (not category or _in_category(world, item, category))
        and (not wanted or bool(set(wanted) & set(world.library.model_extensions(item))))
        and (_flag(world, request, "adult_content") or not item.adult)
        and (not _flag(world, request, "discounted") or item.discounted)
        and (product == "printable" or all(not asked or getattr(item, name) for name, asked in flags))
        and (rating is None or item.admin_rating >= float(rating))
        and least <= item.polygons < most
        and (only != "exclude_editorial" or item.license != "editorial")
    )


def _model_json(world: World, request: Request, item: ModelItem) -> Json:
    slug = re.sub(r"[^a-z0-9]+", "-", item.title.lower()).strip("-")[:80] or f"model-{item.id}"
    parent, _, child = item.category.partition("/")
    numbers = world.catalogue.model_categories
    text = f"{item.title}\n\nModeled to real-world scale. Tags: {', '.join(item.tags)}."
    return {
        "id": int(item.id),
        "status": "published",
        "author_name": item.author,
        "url": f"https://www.cgtrader.com/3d-models/{item.category}/{slug}",
        "slug": slug,
        "category_slug": parent,
        "subcategory_slug": child,
        "category_id": numbers[parent][0],
        "subcategory_id": numbers[item.category][0],
        "title": item.title,
        "downloadable": True,
        "description": f"<p>{escape(text)}</p><script>/* must never run */</script>",
        "raw_description": text,
        "animated": item.animated,
        "rigged": item.rigged,
        "game_ready": item.game_ready,
        "type": "printable" if item.printable else "cg",
        "license": item.license,
        "tags": list(item.tags),
        "prices": {"download": _price(world, item)},
        "availableFileExtensions": world.library.model_extensions(item),
        "thumbnails": _thumbnails(request, item),
    }


def _files_json(world: World, request: Request, item: ModelItem) -> list[Json]:
    named = world.variants.choice("cgtrader_file_names") == "named"
    base = f"{request.base_url}/api.cgtrader.com/v1/models/{item.id}/files"
    return [
        {
            "id": file_id(item, number),
            "name": sold.name if named else None,
            "size": len(sold.data) + item.size_off,
            "download_url": f"{base}/{file_id(item, number)}",
        }
        for number, sold in enumerate(world.library.model_files(item))
    ]


def file_id(item: ModelItem, number: int) -> int:
    """Give a model's file its number."""
    return int(item.id) * 10 + number + 1


def _price(world: World, item: ModelItem) -> str | float:
    form = world.variants.choice("cgtrader_price")
    as_text = form == "text" or (form == "mixed" and int(item.id) % 2 == 0)
    return (
        f"{item.price:.1f}"
        if as_text and item.price == item.price.quantize(Decimal("0.1"))
        else (str(item.price) if as_text else float(item.price))
    )


def _thumbnails(request: Request, item: ModelItem) -> list[str]:
    if not item.has_preview:
        return []
    return [f"{request.base_url}/img-new.cgtrader.com/items/{item.id}/{number}.jpg" for number in range(2)]


def _in_category(world: World, item: ModelItem, wanted: str) -> bool:
    numbers = world.catalogue.model_categories
    return wanted in (str(numbers[item.category][0]), str(numbers[item.category.partition("/")[0]][0]))


def _category_json(world: World, path: str) -> Json:
    number, parent = world.catalogue.model_categories[path]
    name = path.rpartition("/")[2]
    label = world.variants.choice("cgtrader_category_label")
    return {"id": number, label: name.replace("-", " ").title(), "slug": name, "parent_id": parent}


def _integer(world: World, request: Request, name: str, default: int) -> int:
    value = request.value(name) or str(default)
    if not re.fullmatch(r"\d{1,9}", value) or int(value) < 1:
        refuse(error_reply(world, f"{name} is invalid", 400))
    return int(value)


def _decimal(world: World, request: Request, name: str) -> Decimal | None:
    value = request.value(name)
    if not value:
        return None
    if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", value):
        refuse(error_reply(world, f"{name} is invalid", 400))
    return Decimal(value)


def _flag(world: World, request: Request, name: str) -> bool:
    value = request.value(name) or "false"
    if value not in ("true", "false", "1", "0"):
        refuse(error_reply(world, f"{name} is invalid", 400))
    return value in ("true", "1")
