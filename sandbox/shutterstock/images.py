"""Search and details of images: which ones match, and how one is written."""

from __future__ import annotations

import random
import re
import secrets
from typing import Any

from ..catalogue import ImageItem
from ..library import IMAGE_SIZES, PREVIEWS
from ..message import Json, Reply, Request, json_reply, refuse
from ..world import World
from .access import error_reply, require_access
from .fields import apply_fields, parse_fields
from .params import Param, boolean, day, integer, number, one_of, read_query, text

_LANGUAGE = Param(
    one_of(
        "cs",
        "da",
        "de",
        "en",
        "es",
        "fi",
        "fr",
        "hu",
        "it",
        "ja",
        "ko",
        "nb",
        "nl",
        "pl",
        "pt",
        "ru",
        "sv",
        "th",
        "tr",
        "zh",
        "zh-Hant",
    )
)
_AGES = ("infants", "children", "teenagers", "20s", "30s", "40s", "50s", "60s", "older")
_ETHNICITIES = (
    "african",
    "african_american",
    "black",
    "brazilian",
    "chinese",
    "caucasian",
    "east_asian",
    "hispanic",
    "japanese",
    "middle_eastern",
    "native_american",
    "pacific_islander",
    "south_asian",
    "southeast_asian",
    "other",
)
_VIEW = one_of("minimal", "full")

_SEARCH = {
    "query": Param(text, ""),
    "license": Param(one_of("commercial", "editorial", "enhanced"), many=True),
    "library": Param(one_of("shutterstock", "offset"), many=True),
    "image_type": Param(one_of("photo", "illustration", "vector"), many=True),
    "sort": Param(one_of("popular", "newest", "oldest", "relevance", "random"), "popular"),
    "view": Param(_VIEW, "minimal"),
    "page": Param(integer(1), 1),
    "per_page": Param(integer(0, 500), 20),
    "orientation": Param(one_of("horizontal", "vertical")),
    "aspect_ratio": Param(number),
    "aspect_ratio_min": Param(number),
    "aspect_ratio_max": Param(number),
    "width": Param(integer(0)),
    "width_from": Param(integer(0)),
    "width_to": Param(integer(0)),
    "height": Param(integer(0)),
    "height_from": Param(integer(0)),
    "height_to": Param(integer(0)),
    "color": Param(text),
    "category": Param(text),
    "contributor": Param(text, many=True),
    "contributor_country": Param(text, many=True),
    "added_date": Param(day),
    "added_date_start": Param(day),
    "added_date_end": Param(day),
    "language": _LANGUAGE,
    "region": Param(text),
    "people_model_released": Param(boolean),
    "people_number": Param(integer(0, 4)),
    "people_age": Param(one_of(*_AGES)),
    "people_gender": Param(one_of("male", "female", "both")),
    "people_ethnicity": Param(one_of(*_ETHNICITIES, *(f"NOT {name}" for name in _ETHNICITIES)), many=True),
    "model": Param(text, many=True),
    "safe": Param(boolean, default=True),
    "keyword_safe_search": Param(boolean, default=True),
    "spellcheck_query": Param(boolean, default=True),
    "fields": Param(text),
}


def search_images(world: World, request: Request) -> Reply:
    """Answer GET /v2/images/search."""
    require_access(world, request, basic=True)
    asked = read_query(world, request, _SEARCH)
    search_id = secrets.token_urlsafe(16)
    found = _sorted(asked, [item for item in world.catalogue.images.values() if _matches(world, item, asked)])
    first = (asked["page"] - 1) * asked["per_page"]
    body: Json = {
        "data": [
            image_json(world, request, item, asked["view"])
            for item in found[first : first + asked["per_page"]]
        ],
        "page": asked["page"],
        "per_page": asked["per_page"],
        "total_count": len(found),
        "search_id": search_id,
        "spellcheck_info": {},
    }
    return json_reply(_partial(body, asked["fields"]))


def show_image(world: World, request: Request, image_id: str) -> Reply:
    """Answer GET /v2/images/{id}."""
    require_access(world, request, basic=True)
    params = {
        "view": Param(_VIEW, "full"),
        "language": _LANGUAGE,
        "search_id": Param(text),
        "fields": Param(text),
    }
    asked = read_query(world, request, params)
    item = world.catalogue.images.get(image_id)
    if item is None:
        refuse(error_reply("Not Found", 404))
    return json_reply(_partial(image_json(world, request, item, asked["view"]), asked["fields"]))


def show_images(world: World, request: Request) -> Reply:
    """Answer GET /v2/images?id=&id=; ids that are unknown stand in `errors`."""
    require_access(world, request, basic=True)
    params = {
        "id": Param(text, many=True, required=True),
        "view": Param(_VIEW, "minimal"),
        "language": _LANGUAGE,
        "search_id": Param(text),
        "fields": Param(text),
    }
    asked = read_query(world, request, params)
    ids = list(dict.fromkeys(asked["id"]))
    known = [world.catalogue.images[one] for one in ids if one in world.catalogue.images]
    body: Json = {"data": [image_json(world, request, item, asked["view"]) for item in known]}
    missing = [one for one in ids if one not in world.catalogue.images]
    if missing:
        body["errors"] = [{"code": "NOT_FOUND", "message": "Media not found", "data": one} for one in missing]
    return json_reply(_partial(body, asked["fields"]))


def image_json(world: World, request: Request, item: ImageItem, view: str) -> Json:
    """Write an image as the API does."""
    lean = view == "minimal" and world.variants.choice("shutterstock_minimal_view") == "lean"
    width, height = world.library.image_pixels(item, "huge")
    assets: Json = {}
    if item.has_preview:
        for kind, longest in PREVIEWS.items():
            if longest > 500 and longest >= max(width, height):
                continue
            wide, high = world.library.image_pixels(item, kind)
            url = f"{request.base_url}/image.shutterstock.com/{kind}/shutterstock-{item.id}.jpg"
            assets[kind] = {"url": url, "width": wide, "height": high}
    body: Json = {
        "id": item.id,
        "media_type": "image",
        "image_type": item.image_type,
        "description": item.description,
        "aspect": round(width / height, 4),
        "contributor": {"id": item.contributor},
        "has_model_release": item.has_model_release,
        "asset_collection": item.collection,
        "assets": assets,
        "url": f"https://www.shutterstock.com/image-photo/{item.id}",
    }
    if lean:
        return body
    for size in [*IMAGE_SIZES, "huge"]:
        wide, high = world.library.image_pixels(item, size)
        assets[f"{size}_jpg"] = {
            "display_name": {"small": "Small", "medium": "Med", "huge": "Huge"}[size],
            "width": wide,
            "height": high,
            "dpi": 72 if size == "small" else 300,
            "format": world.library.image_format(item),
            "file_size": world.library.image_bytes(item, size) + item.size_off,
            "is_licensable": True,
        }
    numbers = world.catalogue.image_categories
    return {
        **body,
        "added_date": item.added_date,
        "categories": [{"id": numbers[n], "name": n} for n in item.categories],
        "keywords": list(item.keywords),
        "is_editorial": item.is_editorial,
        "is_adult": item.is_adult,
        "is_illustration": item.image_type != "photo",
        "has_property_release": item.has_property_release,
        "models": [{"id": one} for one in item.models],
        "releases": [],
    }


def _partial(body: Json, fields: str | None) -> Any:
    if not fields:
        return body
    try:
        return apply_fields(body, parse_fields(fields))
    except ValueError as error:
        refuse(error_reply(str(error), 400))


def _matches(world: World, item: ImageItem, asked: dict[str, Any]) -> bool:
    licenses = asked["license"] or ["commercial"]
    width, height = world.library.image_pixels(item, "huge")
    aspect, people = width / height, item.people
    numbers = world.catalogue.image_categories
    category = asked["category"]
    checks = (
        any((name == "editorial") == item.is_editorial for name in licenses),
        not asked["library"] or "shutterstock" in asked["library"],
        not asked["image_type"] or item.image_type in asked["image_type"],
        asked["orientation"] is None
        or ((asked["orientation"] == "horizontal") == (width > height) and width != height),
        asked["aspect_ratio"] is None or abs(aspect - asked["aspect_ratio"]) < 0.01,
        _between(aspect, asked["aspect_ratio_min"], asked["aspect_ratio_max"]),
        _between(width, asked["width_from"], asked["width_to"]) and asked["width"] in (None, width),
        _between(height, asked["height_from"], asked["height_to"]) and asked["height"] in (None, height),
        not category or any(category in (name, numbers[name]) for name in item.categories),
        _listed(asked["contributor"], [item.contributor, item.contributor_name]),
        _listed(asked["contributor_country"], [item.contributor_country]),
        asked["added_date"] in (None, item.added_date),
        _between(item.added_date, asked["added_date_start"], None),
        asked["added_date_end"] is None or item.added_date < asked["added_date_end"],
        asked["people_number"] is None or people.get("number", 0) == asked["people_number"],
        asked["people_model_released"] is None
        or people.get("model_released", False) == asked["people_model_released"],
        asked["people_age"] in (None, people.get("age")),
        asked["people_gender"] in (None, people.get("gender")),
        _listed(asked["people_ethnicity"], people.get("ethnicity", [])),
        not asked["model"] or bool(set(asked["model"]) & set(item.models)),
        not (asked["safe"] and item.is_adult),
        asked["color"] is None or _has_color(item, asked["color"]),
    )
    return all(checks) and _score(item, asked["query"]) >= 0


def _score(item: ImageItem, query: str) -> int:
    """Count how well an image fits: -1 for not at all. Every term must occur; one after NOT must not."""
    words = re.findall(r"\w+", query)
    place = " ".join([item.description, *item.keywords, *item.categories]).lower()
    score, negated = 0, False
    for word in words:
        if word == "NOT":
            negated = True
            continue
        hit = word.lower() in place
        if hit == negated:
            return -1
        score += 0 if negated else 1 + 2 * (word.lower() in item.keywords)
        negated = False
    return score


def _sorted(asked: dict[str, Any], found: list[ImageItem]) -> list[ImageItem]:
    match asked["sort"]:
        case "newest":
            return sorted(found, key=lambda item: (item.added_date, item.id), reverse=True)
        case "oldest":
            return sorted(found, key=lambda item: (item.added_date, item.id))
        case "relevance":
            return sorted(found, key=lambda item: (-_score(item, asked["query"]), -item.popularity, item.id))
        case "random":
            return random.sample(found, len(found))
        case _:
            return sorted(found, key=lambda item: (-item.popularity, item.id))


def _between(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _listed(wanted: list[str], values: list[str]) -> bool:
    """Tell whether a value is wanted; names after NOT are unwanted."""
    unwanted = {name[4:] for name in wanted if name.startswith("NOT ")}
    asked = {name for name in wanted if not name.startswith("NOT ")}
    return not unwanted & set(values) and (not asked or bool(asked & set(values)))


def _has_color(item: ImageItem, color: str) -> bool:
    """Tell whether a color is the image's main one, roughly, as the vendor's 15 groups are rough."""
    from ..media.picture import gradient
    from ..media.textures import SCHEMES

    middle = gradient(*SCHEMES[item.scheme])[140]
    if color == "grayscale":
        return max(middle) - min(middle) < 24
    if not re.fullmatch(r"[0-9a-fA-F]{6}", color):
        refuse(error_reply(f"Not a color: {color[:20]}", 400))
    wanted = [int(color[k : k + 2], 16) for k in (0, 2, 4)]
    return sum((a - b) ** 2 for a, b in zip(wanted, middle, strict=True)) < 75**2
