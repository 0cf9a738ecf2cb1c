"""Search and details of videos and tracks: which ones match, and how one is written."""

from __future__ import annotations

import random
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

from ..catalogue import StockItem
from ..message import Json, Reply, Request, json_reply, refuse
from ..world import SHUTTERSTOCK, World
from .access import error_reply, require_access
from .params import Param, boolean, day, integer, number, one_of, read_query, text

PREVIEW_HOST = "image.shutterstock.com"
VIDEO_SIZES = ("web", "sd", "hd", "4k")
UHD = "Select"  # only clips of this collection come in 4k
_VIEW = one_of("minimal", "full")
_PAGES = {"page": Param(integer(1), 1), "per_page": Param(integer(0, 500), 20)}
_LENGTHS = {name: Param(integer(0)) for name in ("duration", "duration_from", "duration_to")}
_VIDEOS = {
    "query": Param(text, ""),
    "license": Param(one_of("commercial", "editorial"), many=True),
    "sort": Param(one_of("newest", "oldest", "popular", "relevance", "random"), "popular"),
    "view": Param(_VIEW, "minimal"),
    "resolution": Param(one_of("4k", "standard_definition", "high_definition")),
    "aspect_ratio": Param(one_of("4_3", "16_9", "nonstandard")),
    "category": Param(text),
    "contributor": Param(text, many=True),
    "added_date": Param(day),
    "added_date_start": Param(day),
    "added_date_end": Param(day),
    "fps": Param(number),
    "fps_from": Param(number),
    "fps_to": Param(number),
    "language": Param(text),
    "people_model_released": Param(boolean),
    "safe": Param(boolean, default=True),
    "keyword_safe_search": Param(boolean, default=True),
    **_PAGES,
    **_LENGTHS,
}
_TRACKS = {
    "query": Param(text, ""),
    "artists": Param(text, many=True),
    "bpm": Param(integer(0)),
    "bpm_from": Param(integer(0)),
    "bpm_to": Param(integer(0)),
    "genre": Param(text, many=True),
    "instruments": Param(text, many=True),
    "moods": Param(text, many=True),
    "is_instrumental": Param(boolean),
    "library": Param(one_of("shutterstock", "premier"), "premier"),
    "sort": Param(one_of("score", "ranking_all", "artist", "title", "bpm", "freshness", "duration"), "score"),
    "sort_order": Param(one_of("asc", "desc"), "desc"),
    "view": Param(_VIEW, "minimal"),
    "vocal_description": Param(text),
    "language": Param(text),
    "fields": Param(text),
    **_PAGES,
    **_LENGTHS,
}
_DETAILS = {"view": Param(_VIEW, "full"), "language": Param(text), "search_id": Param(text)}


def search_videos(world: World, request: Request) -> Reply:
    """Answer GET /v2/videos/search."""
    require_access(world, request, basic=True)
    asked = read_query(world, request, _VIDEOS)
    found = [item for item in world.catalogue.stock(SHUTTERSTOCK, "video").values() if _shows(item, asked)]
    return _page(
        _sorted_videos(asked, found), asked, lambda item: video_json(world, request, item, asked["view"])
    )


def search_tracks(world: World, request: Request) -> Reply:
    """Answer GET /v2/audio/search."""
    require_access(world, request, basic=True)
    asked = read_query(world, request, _TRACKS)
    found = [item for item in world.catalogue.stock(SHUTTERSTOCK, "music").values() if _sounds(item, asked)]
    orders: dict[str, Callable[[StockItem], Any]] = {
        "artist": lambda item: (item.author, item.id),
        "title": lambda item: (item.title, item.id),
        "bpm": lambda item: (item.bpm, item.id),
        "freshness": lambda item: (item.added_date, item.id),
        "duration": lambda item: (item.seconds, item.id),
    }
    order = orders.get(asked["sort"], lambda item: (item.popularity, item.id))
    found.sort(key=order, reverse=asked["sort_order"] == "desc")
    return _page(found, asked, lambda item: track_json(world, item))


def show_video(world: World, request: Request, item_id: str) -> Reply:
    """Answer GET /v2/videos/{id}."""
    require_access(world, request, basic=True)
    asked = read_query(world, request, _DETAILS)
    item = _find(world, item_id, "video")
    return json_reply(video_json(world, request, item, asked["view"]))


def show_track(world: World, request: Request, item_id: str) -> Reply:
    """Answer GET /v2/audio/{id}."""
    require_access(world, request, basic=True)
    read_query(world, request, _DETAILS)
    return json_reply(track_json(world, _find(world, item_id, "music")))


def sizes_of(item: StockItem) -> tuple[str, ...]:
    """Name the sizes that a video comes in, smallest first."""
    return VIDEO_SIZES if item.collection == UHD else VIDEO_SIZES[:-1]


def video_json(world: World, request: Request, item: StockItem, view: str) -> Json:
    """Write a video as the API does."""
    base = f"{request.base_url}/{PREVIEW_HOST}"
    assets: Json = {
        "thumb_jpg": {"url": f"{base}/still/shutterstock-v{item.id}.jpg"},
        "preview_jpg": {"url": f"{base}/still/shutterstock-v{item.id}.jpg"},
    }
    body: Json = {
        "id": item.id,
        "media_type": "video",
        "description": item.title,
        "aspect": round(item.width / item.height, 3),
        "aspect_ratio": "16:9",
        "duration": item.seconds,
        "contributor": {"id": item.author_id},
        "has_model_release": item.has_model_release,
        "assets": assets,
        "url": f"https://www.shutterstock.com/video/clip-{item.id}",
    }
    if view == "minimal" and world.variants.choice("shutterstock_minimal_view") == "lean":
        return body
    for size in sizes_of(item):
        width, height = world.library.stock_pixels(item, size)
        assets[size] = {
            "display_name": size.upper(),
            "format": "mov",
            "fps": item.fps,
            "width": width,
            "height": height,
            "file_size": world.library.stock_bytes(item, size),
            "is_licensable": True,
        }
    return body | {
        "asset_collection": item.collection,
        "added_date": item.added_date,
        "categories": [{"id": str(len(item.keywords[0])), "name": item.keywords[0]}],
        "keywords": list(item.keywords),
        "is_editorial": item.is_editorial,
        "is_adult": False,
        "has_property_release": not item.is_editorial,
        "models": [],
    }


def track_json(world: World, item: StockItem) -> Json:
    """Write a track as the API does."""
    return {
        "id": item.id,
        "media_type": "audio",
        "title": item.title,
        "description": f"{item.title}. Made by the sandbox.",
        "artists": [{"name": item.author}],
        "duration": round(item.seconds),
        "bpm": item.bpm,
        "genres": list(item.keywords[:1]),
        "moods": list(item.keywords[1:]),
        "instruments": [],
        "keywords": list(item.keywords),
        "is_adult": False,
        "is_instrumental": True,
        "added_date": item.added_date,
        "contributor": {"id": "2847971"},
        "assets": {"clean_audio": {"file_size": world.library.stock_bytes(item, "")}},
        "url": "",
    }


def _find(world: World, item_id: str, kind: str) -> StockItem:
    item = world.catalogue.stock(SHUTTERSTOCK, kind).get(item_id)
    if item is None:
        refuse(error_reply("Not Found", 404))
    return item


def _page(found: Sequence[StockItem], asked: dict[str, Any], write: Callable[[StockItem], Json]) -> Reply:
    first = (asked["page"] - 1) * asked["per_page"]
    return json_reply(
        {
            "data": [write(item) for item in found[first : first + asked["per_page"]]],
            "page": asked["page"],
            "per_page": asked["per_page"],
            "total_count": len(found),
            "search_id": secrets.token_urlsafe(16),
        }
    )


def _shows(item: StockItem, asked: dict[str, Any]) -> bool:
    licenses, category = asked["license"] or ["commercial"], asked["category"]
    best = {"4k": item.collection == UHD, "high_definition": True, "standard_definition": True}
    checks = (
        any((name == "editorial") == item.is_editorial for name in licenses),
        asked["resolution"] is None or best[asked["resolution"]],
        asked["aspect_ratio"] in (None, "16_9"),
        category is None or category in (item.keywords[0], str(len(item.keywords[0]))),
        not asked["contributor"] or bool({item.author, item.author_id} & set(asked["contributor"])),
        asked["people_model_released"] in (None, item.has_model_release),
        asked["added_date"] in (None, item.added_date),
        _between(item.added_date, asked["added_date_start"], asked["added_date_end"]),
        _between(item.fps, asked["fps_from"], asked["fps_to"]) and asked["fps"] in (None, item.fps),
        _is_so_long(item, asked),
    )
    return all(checks) and _fits(item, asked["query"])


def _sounds(item: StockItem, asked: dict[str, Any]) -> bool:
    checks = (
        not asked["artists"] or item.author in asked["artists"],
        not asked["genre"] or item.keywords[0] in asked["genre"],
        not asked["moods"] or bool(set(item.keywords[1:]) & set(asked["moods"])),
        not asked["instruments"],
        asked["is_instrumental"] in (None, True),
        _between(item.bpm, asked["bpm_from"], asked["bpm_to"]) and asked["bpm"] in (None, item.bpm),
        _is_so_long(item, asked),
    )
    return all(checks) and _fits(item, asked["query"])


def _is_so_long(item: StockItem, asked: dict[str, Any]) -> bool:
    inside = _between(item.seconds, asked["duration_from"], asked["duration_to"])
    return inside and asked["duration"] in (None, item.seconds)


def _between(value: Any, low: Any, high: Any) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _fits(item: StockItem, query: str) -> bool:
    """Tell whether every term occurs, and none that stands after NOT."""
    place, negated = " ".join([item.title, *item.keywords, item.author]).lower(), False
    for word in re.findall(r"\w+", query):
        if word == "NOT":
            negated = True
            continue
        if (word.lower() in place) == negated:
            return False
        negated = False
    return True


def _sorted_videos(asked: dict[str, Any], found: list[StockItem]) -> list[StockItem]:
    match asked["sort"]:
        case "newest" | "oldest":
            newest = asked["sort"] == "newest"
            return sorted(found, key=lambda item: (item.added_date, item.id), reverse=newest)
        case "random":
            return random.sample(found, len(found))
        case _:
            return sorted(found, key=lambda item: (-item.popularity, item.id))
