"""Licensing on a subscription, the history, downloading again. Allotment, license and books move as one."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ..books import write_event
from ..clock import vendor_text
from ..message import Json, Reply, Request, json_reply, refuse
from ..tokens import Token
from ..world import SHUTTERSTOCK, World
from .access import error_reply, require_access
from .downloads import make_link
from .footage import VIDEO_SIZES, sizes_of
from .params import Param, fault, integer, moment, one_of, read_body, read_query, text

MAX_ITEMS = 50
MAX_METADATA = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """How licenses of one kind of media are asked for; ``fields`` are those of an item's body."""

    path: str
    name: str
    fields: Mapping[str, type | tuple[type, ...]]
    sizes: tuple[str, ...] = ()
    default_size: str = ""
    licenses: tuple[str, ...] = ()
    """Words for the license itself, where an item names that and no subscription."""


_COMMON: dict[str, type | tuple[type, ...]] = {
    "auth_cookie": dict,
    "editorial_acknowledgement": bool,
    "metadata": dict,
    "price": (int, float),
    "search_id": str,
    "show_modal": bool,
    "size": str,
    "subscription_id": str,
}
IMAGES = Medium(
    path="images",
    name="image",
    fields={
        **_COMMON,
        "image_id": str,
        "format": str,
        "custom_dimensions": dict,
        "verification_code": str,
    },
    sizes=("small", "medium", "huge", "vector", "custom"),
    default_size="huge",
)
VIDEOS = Medium(
    path="videos", name="video", fields={**_COMMON, "video_id": str}, sizes=VIDEO_SIZES, default_size="web"
)
AUDIO = Medium(
    path="audio",
    name="audio",
    fields={"audio_id": str, "license": str, "search_id": str, "metadata": dict},
    licenses=(
        "audio_platform",
        "premier_music_basic",
        "premier_music_extended",
        "premier_music_pro",
        "premier_music_comp",
    ),
)


def license_items(world: World, request: Request, *, medium: Medium) -> Reply:
    """Answer POST /v2/{medium}/licenses: 200 even where items fail."""
    token = require_access(
        world, request, "licenses.create", *(() if medium is AUDIO else ("purchases.view",))
    )
    params = {"search_id": Param(text)}
    if medium.sizes:
        params["subscription_id"] = Param(text)
        params["size"] = Param(one_of(*medium.sizes), medium.default_size)
    if medium is IMAGES:
        params["format"] = Param(one_of("eps", "jpg"), "jpg")
    if medium.licenses:
        params["license"] = Param(one_of(*medium.licenses))
    defaults = read_query(world, request, params)
    items = _read_items(read_body(request), medium)
    with world.store.transaction() as db:
        results = [
            _license_one(world, request, db, token, medium=medium, item={**defaults, **item})
            for item in items
        ]
    return json_reply({"data": results})


def list_licenses(world: World, request: Request, *, medium: Medium) -> Reply:
    """Answer GET /v2/{medium}/licenses."""
    require_access(world, request, "licenses.view")
    params = {
        f"{medium.name}_id": Param(text),
        "license": Param(text),
        "username": Param(text),
        "start_date": Param(moment),
        "end_date": Param(moment),
        "sort": Param(one_of("newest", "oldest"), "newest"),
        "page": Param(integer(1), 1),
        "per_page": Param(integer(0, 200), 20),
        "team_history": Param(one_of("true", "false")),
        "download_availability": Param(one_of("all", "downloadable", "non_downloadable"), "all"),
    }
    asked = read_query(world, request, params)
    asked["item_id"] = asked[f"{medium.name}_id"]
    found = [
        row
        for row in world.store.rows("SELECT * FROM licenses ORDER BY seq")
        if _medium_of(world, row["image_id"]) is medium and _listed(world, row, asked)
    ]
    if asked["sort"] == "newest":
        found.reverse()
    first = (asked["page"] - 1) * asked["per_page"]
    page = found[first : first + asked["per_page"]]
    return json_reply(
        {
            "data": [_history_json(world, row, medium) for row in page],
            "page": asked["page"],
            "per_page": asked["per_page"],
            "total_count": len(found),
        }
    )


def redownload(world: World, request: Request, license_id: str, *, medium: Medium) -> Reply:
    """Answer POST /v2/{medium}/licenses/{id}/downloads: a fresh link, no charge."""
    token = require_access(world, request, "licenses.view")
    body = read_body(request) if request.body else {}
    size = body.get("size", medium.default_size)
    known = ("small", "medium", "huge", "supersize", "vector") if medium is IMAGES else medium.sizes or ("",)
    if size not in known:
        item = fault("VALIDATION_INVALID_VALUE", f"No enum match for: {size}", "$.body.size", str(size))
        refuse(error_reply("Validation failed", 400, [item]))
    row = world.store.row("SELECT * FROM licenses WHERE id = ?", license_id)
    if row is None or _medium_of(world, row["image_id"]) is not medium:
        refuse(error_reply("Not Found", 404))
    if not _is_downloadable(world, row):
        refuse(error_reply("This license does not allow downloading again", 403))
    with world.store.transaction() as db:
        write_event(
            db,
            at=world.clock.now(),
            marketplace=SHUTTERSTOCK,
            kind="redownload",
            account=token.user or "",
            item_id=row["image_id"],
            amount="0",
            unit="downloads",
            reference=license_id,
        )
    if medium is IMAGES:
        size = size if size in ("small", "medium") else "huge"
    return json_reply({"url": make_link(world, request, row["image_id"], size, license_id)})


def _read_items(body: Json, medium: Medium) -> list[Json]:
    """Check the body as a whole; what is wrong in its form is a 400 for all of it."""
    items, path = body.get(medium.path), f"$.body.{medium.path}"
    if not isinstance(items, list) or not items:
        _refuse_body([fault("VALIDATION_REQUIRED", f"Missing required property: {medium.path}", path)])
    if len(items) > MAX_ITEMS:
        message = f"Array is too long ({len(items)}), maximum {MAX_ITEMS}"
        _refuse_body([fault("VALIDATION_ARRAY_LENGTH", message, path)])
    faults = [
        found
        for number, item in enumerate(items)
        for found in _item_faults(f"{path}[{number}]", item, medium)
    ]
    if faults:
        _refuse_body(faults)
    return items


def _refuse_body(faults: list[Json]) -> NoReturn:
    refuse(error_reply("Validation failed", 400, faults))


def _item_faults(path: str, item: Any, medium: Medium) -> list[Json]:
    """List what is wrong in the form of one item."""
    name = f"{medium.name}_id"
    if not isinstance(item, dict):
        return [fault("VALIDATION_INVALID_TYPE", "Invalid type: item should be object", path)]
    faults: list[Json] = []
    if not isinstance(item.get(name), str):
        faults.append(fault("VALIDATION_REQUIRED", f"Missing required property: {name}", f"{path}.{name}"))
    for key, value in item.items():
        if key not in medium.fields:
            message = f"Additional properties not allowed: {key}"
            faults.append(fault("VALIDATION_UNKNOWN_PROPERTY", message, path))
        elif not isinstance(value, medium.fields[key]) or (key == "price" and isinstance(value, bool)):
            faults.append(fault("VALIDATION_INVALID_TYPE", f"Invalid type of {key}", f"{path}.{key}"))
    for key, choices in (("size", medium.sizes), ("format", ("jpg", "eps")), ("license", medium.licenses)):
        if key in item and item[key] not in choices:
            message = f"No enum match for: {item[key]}"
            faults.append(fault("VALIDATION_INVALID_VALUE", message, f"{path}.{key}"))
    if isinstance(item.get("metadata"), dict) and len(item["metadata"]) > MAX_METADATA:
        message = f"Too many properties defined ({len(item['metadata'])}), maximum {MAX_METADATA}"
        faults.append(fault("VALIDATION_OBJECT_PROPERTIES_MAXIMUM", message, f"{path}.metadata"))
    return faults


def _license_one(
    world: World, request: Request, db: sqlite3.Connection, token: Token, *, medium: Medium, item: Json
) -> Json:
    """License one item, or say in its place why not."""
    item_id, now = item[f"{medium.name}_id"], world.clock.now()
    refusal = _why_not(world, medium, item)
    if refusal:
        return _item_error(world, medium, item_id, refusal)
    plan = _find_plan(db, medium, item, now)
    if plan is None:
        what = (
            "License type is not available"
            if medium.licenses
            else "Subscription is invalid or does not cover"
        )
        return _item_error(world, medium, item_id, f"{what} {medium.path}")
    if plan["expires_at"] <= now:
        return _item_error(world, medium, item_id, "Subscription has expired")
    if medium is VIDEOS and item["size"] == "4k" and "4K" not in plan["description"]:
        return _item_error(world, medium, item_id, "Subscription does not cover this size")
    held = db.execute(
        "SELECT id FROM licenses WHERE image_id = ? AND subscription_id = ?", (item_id, plan["id"])
    ).fetchone()
    charge = 1 if held is None else int(world.variants.choice("shutterstock_repeat_charge"))
    if plan["downloads_left"] < charge or plan["end_at"] <= now:
        return _item_error(world, medium, item_id, "Download limit of the subscription has been reached")
    license_id, user, metadata = f"e{secrets.token_hex(8)}", token.user or "", item.get("metadata") or {}
    size = item.get("size") or ""
    db.execute(
        "UPDATE subscriptions SET downloads_left = downloads_left - ? WHERE id = ?", (charge, plan["id"])
    )
    db.execute(
        "INSERT INTO licenses (id, image_id, license, subscription_id, size, metadata, user, charge,"
        " licensed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (license_id, item_id, plan["license"], plan["id"], size, json.dumps(metadata), user, charge, now),
    )
    write_event(
        db,
        at=now,
        marketplace=SHUTTERSTOCK,
        kind="license",
        account=user,
        item_id=item_id,
        amount=str(charge),
        unit="downloads",
        reference=license_id,
        metadata={"subscription_id": plan["id"], "sent": metadata},
    )
    result: Json = {
        f"{medium.name}_id": item_id,
        "allotment_charge": charge,
        "download": {"url": make_link(world, request, item_id, size, license_id)},
    }
    if world.variants.choice("shutterstock_license_id") == "present":
        result["license_id"] = license_id
    return result


def _why_not(world: World, medium: Medium, item: Json) -> str:
    """Say why an item cannot be licensed at all; empty when it can."""
    if medium is IMAGES:
        image = world.catalogue.images.get(item["image_id"])
        if image is None:
            return "Media not found"
        if image.is_editorial and not item.get("editorial_acknowledgement"):
            return "Editorial acknowledgement is required for editorial images"
        if item["size"] in ("vector", "custom") or item["format"] == "eps":
            return "The requested size or format is not available for this image"
        return ""
    kind = "video" if medium is VIDEOS else "music"
    found = world.catalogue.stock(SHUTTERSTOCK, kind).get(item[f"{medium.name}_id"])
    if found is None:
        return "Media not found"
    if found.is_editorial and not item.get("editorial_acknowledgement"):
        return "Editorial acknowledgement is required for editorial videos"
    if medium is VIDEOS and item["size"] not in sizes_of(found):
        return "The requested size is not available for this video"
    return ""


def _find_plan(db: sqlite3.Connection, medium: Medium, item: Json, now: float) -> Any:
    """Find the plan named, or without a name the first one for the medium that has something left."""
    if item.get("subscription_id") is not None:
        return db.execute(
            "SELECT * FROM subscriptions WHERE id = ? AND asset_type = ?",
            (item["subscription_id"], medium.path),
        ).fetchone()
    return db.execute(
        "SELECT * FROM subscriptions WHERE asset_type = ? AND (? IS NULL OR license = ?)"
        " ORDER BY downloads_left > 0 AND expires_at > ? AND end_at > ? DESC, id",
        (medium.path, item.get("license"), item.get("license"), now, now),
    ).fetchone()


def _item_error(world: World, medium: Medium, item_id: str, message: str) -> Json:
    as_text = world.variants.choice("shutterstock_item_error") == "text"
    return {f"{medium.name}_id": item_id, "error": message if as_text else {"message": message}}


def _medium_of(world: World, item_id: str) -> Medium:
    """Tell which kind of media an id is of: no two kinds share one here."""
    if item_id in world.catalogue.images:
        return IMAGES
    return VIDEOS if item_id in world.catalogue.stock(SHUTTERSTOCK, "video") else AUDIO


def _is_downloadable(world: World, row: sqlite3.Row) -> bool:
    """Tell whether a license may be downloaded again: an editorial one may not, as in an official example."""
    image = world.catalogue.images.get(row["image_id"])
    item = world.catalogue.stock(SHUTTERSTOCK).get(row["image_id"])
    found = image or item
    return found is not None and not found.is_editorial


def _listed(world: World, row: sqlite3.Row, asked: dict[str, Any]) -> bool:
    name = asked["license"]
    available = asked["download_availability"]
    return (
        asked["item_id"] in (None, row["image_id"])
        and (not name or (row["license"] != name[1:] if name.startswith("-") else row["license"] == name))
        and asked["username"] in (None, row["user"])
        and (asked["start_date"] is None or row["licensed_at"] >= asked["start_date"])
        and (asked["end_date"] is None or row["licensed_at"] < asked["end_date"])
        and (available == "all" or _is_downloadable(world, row) == (available == "downloadable"))
    )


def _history_json(world: World, row: sqlite3.Row, medium: Medium) -> Json:
    image = world.catalogue.images.get(row["image_id"])
    body: Json = {
        "id": row["id"],
        "license": row["license"],
        "download_time": vendor_text(row["licensed_at"]),
        "is_downloadable": _is_downloadable(world, row),
        "subscription_id": row["subscription_id"],
        "user": {"username": row["user"]},
        "metadata": json.loads(row["metadata"]),
        medium.name: {"id": row["image_id"]},
    }
    if medium.sizes:
        kind = world.library.image_format(image) if image else "mov"
        body[medium.name]["format"] = {"size": row["size"], "format": kind}
    return body
