"""Query parameters as the OpenAPI file types them: comma lists, enumerations, and the few page sizes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ..clock import parse_time
from ..message import Request
from .access import deny

PAGE_SIZES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30, 50, 60, 75, 100)

_BOTH = (
    "allowed_use artist asset_family call_for_image caption collection_code collection_id collection_name"
    " color_type comp copyright date_created date_submitted detail_set display_set download_product"
    " download_sizes id istock_collection keywords largest_downloads license_model orientation preview"
    " product_types quality_rank referral_destinations summary_set thumb title"
)
_IMAGE = f"{_BOTH} alternative_ids comp_webp date_camera_shot graphical_style max_dimensions uri_oembed"
_VIDEO = f"{_BOTH} aspect_ratio clip_length era mastered_to object_name originally_shot_on shot_speed"
_DETAILS = "city country downloads editorial_segments entity_details event_ids is_ai_editable istock_licenses"
_DETAILS += " object_name people state_province"
_IMAGE_DETAILS = f"{_IMAGE} {_DETAILS} artist_title credit_line editorial_source links"
_VIDEO_DETAILS = f"{_VIDEO} {_DETAILS} key_frames max_dimensions source".replace(" largest_downloads", "")
FIELDS: Mapping[tuple[str, str], frozenset[str]] = {
    ("images", "search"): frozenset(_IMAGE.split()),
    ("videos", "search"): frozenset(_VIDEO.split()),
    ("images", "details"): frozenset(_IMAGE_DETAILS.split()),
    ("videos", "details"): frozenset(_VIDEO_DETAILS.replace("aspect_ratio ", "").split()),
}
_SUMMARY = "asset_family caption collection_code collection_id collection_name license_model max_dimensions"
SUMMARY = frozenset(f"{_SUMMARY} title artist thumb".split())
WITH_A_TOKEN = frozenset({"download_sizes", "downloads", "largest_downloads"})


def only(request: Request, *names: str) -> None:
    """Refuse parameters that the file does not have, and repeated ones."""
    seen = [name for name, _ in request.query]
    if unknown := sorted({*seen} - {*names}):
        deny("InvalidRequestParameters", 400, f"Unknown parameters: {', '.join(unknown)[:200]}")
    if len(set(seen)) != len(seen):
        deny("InvalidRequestParameters", 400, "A parameter is repeated; lists are separated by commas.")


def number(request: Request, name: str, default: int, *, least: int = 0) -> int:
    """Read a whole number."""
    text = request.value(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < least:
        deny("InvalidParameterValue", 400, f"{name} must be a number from {least}.")
    return int(text)


def flag(request: Request, name: str, *, default: bool = False) -> bool:
    """Read true or false."""
    text = request.value(name)
    if text is None:
        return default
    if text not in ("true", "false"):
        deny("InvalidParameterValue", 400, f"{name} must be true or false.")
    return text == "true"


def one_of(request: Request, name: str, default: str, *choices: str) -> str:
    """Read one of some words."""
    text = request.value(name)
    if text is not None and text not in choices:
        deny("InvalidParameterValue", 400, f"{name} must be one of {', '.join(choices)}.")
    return text or default


def several(request: Request, name: str, *choices: str) -> tuple[str, ...]:
    """Read a comma list; without choices any text."""
    found = tuple(filter(None, (request.value(name) or "").split(",")))
    if choices and (wrong := [text for text in found if text not in choices]):
        deny("InvalidParameterValue", 400, f"{name} does not take {wrong[0][:50]}.")
    return found


def moment(request: Request, name: str, *, with_time: bool) -> float | None:
    """Read a date and, where it counts, a time."""
    text = request.value(name)
    if text is None:
        return None
    try:
        at = parse_time(text)
    except ValueError:
        deny("InvalidParameterValue", 400, f"{name} must be a date in ISO 8601 format.")
    if with_time:
        return at
    day = datetime.fromtimestamp(at, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day.timestamp()


def page_of(request: Request, found: list[Any], *, size: int = 30) -> list[Any]:
    """Cut a page; refuse one behind the last, and a page size that is not allowed."""
    page, size = number(request, "page", 1), number(request, "page_size", size)
    if page < 1:
        deny("PageNumberLessThanOne", 400, "Page must be at least 1.")
    if size not in PAGE_SIZES:
        deny("InvalidPageSize", 400, f"Page size must be one of {', '.join(map(str, PAGE_SIZES))}.")
    last = max(1, -(-len(found) // size))
    if page > last:
        deny("InvalidPage", 400, f"Page must be equal to or less than {last}.")
    return found[(page - 1) * size : page * size]


def fields_of(request: Request, plural: str, where: str) -> frozenset[str]:
    """Read which fields are wanted."""
    known = FIELDS[plural, where]
    asked = frozenset(several(request, "fields", *known)) or frozenset({"summary_set"})
    if asked & {"summary_set", "detail_set"}:
        asked |= SUMMARY & known
    return asked | ({"comp", "preview", "thumb"} if asked & {"display_set", "detail_set"} else frozenset())
