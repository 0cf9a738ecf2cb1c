"""Licensing on a subscription, the history, downloading again. Allotment, license and books move as one."""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import Any, NoReturn

from ..books import write_event
from ..clock import vendor_text
from ..message import Json, Reply, Request, json_reply, refuse
from ..tokens import Token
from ..world import SHUTTERSTOCK, World
from .access import error_reply, require_access
from .downloads import make_link
from .params import Param, fault, integer, moment, one_of, read_body, read_query, text

MAX_ITEMS = 50
MAX_METADATA = 4
_SIZES = ("small", "medium", "huge", "vector", "custom")
_BODY_KEYS: dict[str, type | tuple[type, ...]] = {
    "auth_cookie": dict,
    "editorial_acknowledgement": bool,
    "format": str,
    "image_id": str,
    "metadata": dict,
    "price": (int, float),
    "search_id": str,
    "show_modal": bool,
    "size": str,
    "custom_dimensions": dict,
    "subscription_id": str,
    "verification_code": str,
}


def license_images(world: World, request: Request) -> Reply:
    """Answer POST /v2/images/licenses: 200 even where items fail."""
    token = require_access(world, request, "licenses.create", "purchases.view")
    params = {
        "subscription_id": Param(text),
        "format": Param(one_of("eps", "jpg"), "jpg"),
        "size": Param(one_of(*_SIZES), "huge"),
        "search_id": Param(text),
    }
    defaults = read_query(world, request, params)
    items = _read_items(read_body(request))
    with world.store.transaction() as db:
        results = [_license_one(world, request, db, token, {**defaults, **item}) for item in items]
    return json_reply({"data": results})


def list_licenses(world: World, request: Request) -> Reply:
    """Answer GET /v2/images/licenses."""
    require_access(world, request, "licenses.view")
    params = {
        "image_id": Param(text),
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
    found = [
        row for row in world.store.rows("SELECT * FROM licenses ORDER BY seq") if _listed(world, row, asked)
    ]
    if asked["sort"] == "newest":
        found.reverse()
    first = (asked["page"] - 1) * asked["per_page"]
    page = found[first : first + asked["per_page"]]
    return json_reply(
        {
            "data": [_history_json(world, row) for row in page],
            "page": asked["page"],
            "per_page": asked["per_page"],
            "total_count": len(found),
        }
    )


def redownload(world: World, request: Request, license_id: str) -> Reply:
    """Answer POST /v2/images/licenses/{id}/downloads: a fresh link, no charge."""
    token = require_access(world, request, "licenses.view")
    body = read_body(request) if request.body else {}
    size = body.get("size", "huge")
    if size not in ("small", "medium", "huge", "supersize", "vector"):
        item = fault("VALIDATION_INVALID_VALUE", f"No enum match for: {size}", "$.body.size", str(size))
        refuse(error_reply("Validation failed", 400, [item]))
    row = world.store.row("SELECT * FROM licenses WHERE id = ?", license_id)
    if row is None:
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
    delivered = size if size in ("small", "medium") else "huge"
    return json_reply({"url": make_link(world, request, row["image_id"], delivered, license_id)})


def _read_items(body: Json) -> list[Json]:
    """Check the body as a whole; what is wrong in its form is a 400 for all of it."""
    images = body.get("images")
    if not isinstance(images, list) or not images:
        _refuse_body([fault("VALIDATION_REQUIRED", "Missing required property: images", "$.body.images")])
    if len(images) > MAX_ITEMS:
        message = f"Array is too long ({len(images)}), maximum {MAX_ITEMS}"
        _refuse_body([fault("VALIDATION_ARRAY_LENGTH", message, "$.body.images")])
    faults = [found for number, item in enumerate(images) for found in _item_faults(number, item)]
    if faults:
        _refuse_body(faults)
    return images


def _refuse_body(faults: list[Json]) -> NoReturn:
    refuse(error_reply("Validation failed", 400, faults))


def _item_faults(number: int, item: Any) -> list[Json]:
    """List what is wrong in the form of one item."""
    path = f"$.body.images[{number}]"
    if not isinstance(item, dict):
        return [fault("VALIDATION_INVALID_TYPE", "Invalid type: item should be object", path)]
    faults: list[Json] = []
    if not isinstance(item.get("image_id"), str):
        faults.append(fault("VALIDATION_REQUIRED", "Missing required property: image_id", f"{path}.image_id"))
    for key, value in item.items():
        if key not in _BODY_KEYS:
            message = f"Additional properties not allowed: {key}"
            faults.append(fault("VALIDATION_UNKNOWN_PROPERTY", message, path))
        elif not isinstance(value, _BODY_KEYS[key]) or (key == "price" and isinstance(value, bool)):
            faults.append(fault("VALIDATION_INVALID_TYPE", f"Invalid type of {key}", f"{path}.{key}"))
    for key, choices in (("size", _SIZES), ("format", ("jpg", "eps"))):
        if key in item and item[key] not in choices:
            message = f"No enum match for: {item[key]}"
            faults.append(fault("VALIDATION_INVALID_VALUE", message, f"{path}.{key}"))
    if isinstance(item.get("metadata"), dict) and len(item["metadata"]) > MAX_METADATA:
        message = f"Too many properties defined ({len(item['metadata'])}), maximum {MAX_METADATA}"
        faults.append(fault("VALIDATION_OBJECT_PROPERTIES_MAXIMUM", message, f"{path}.metadata"))
    return faults


def _license_one(world: World, request: Request, db: sqlite3.Connection, token: Token, item: Json) -> Json:
    """License one image, or say in its place why not."""
    image_id, now = item["image_id"], world.clock.now()
    image = world.catalogue.images.get(image_id)
    if image is None:
        return _item_error(world, image_id, "Media not found")
    if image.is_editorial and not item.get("editorial_acknowledgement"):
        return _item_error(world, image_id, "Editorial acknowledgement is required for editorial images")
    if item["size"] in ("vector", "custom") or item["format"] == "eps":
        return _item_error(world, image_id, "The requested size or format is not available for this image")
    plan = _find_plan(db, item["subscription_id"], now)
    if plan is None:
        return _item_error(world, image_id, "Subscription is invalid or does not cover images")
    if plan["expires_at"] <= now:
        return _item_error(world, image_id, "Subscription has expired")
    held = db.execute(
        "SELECT id FROM licenses WHERE image_id = ? AND subscription_id = ?", (image_id, plan["id"])
    ).fetchone()
    charge = 1 if held is None else int(world.variants.choice("shutterstock_repeat_charge"))
    if plan["downloads_left"] < charge or plan["end_at"] <= now:
        return _item_error(world, image_id, "Download limit of the subscription has been reached")
    license_id, user, metadata = f"e{secrets.token_hex(8)}", token.user or "", item.get("metadata") or {}
    db.execute(
        "UPDATE subscriptions SET downloads_left = downloads_left - ? WHERE id = ?", (charge, plan["id"])
    )
    db.execute(
        "INSERT INTO licenses (id, image_id, license, subscription_id, size, metadata, user, charge,"
        " licensed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            license_id,
            image_id,
            plan["license"],
            plan["id"],
            item["size"],
            json.dumps(metadata),
            user,
            charge,
            now,
        ),
    )
    write_event(
        db,
        at=now,
        marketplace=SHUTTERSTOCK,
        kind="license",
        account=user,
        item_id=image_id,
        amount=str(charge),
        unit="downloads",
        reference=license_id,
        metadata={"subscription_id": plan["id"], "sent": metadata},
    )
    result: Json = {
        "image_id": image_id,
        "allotment_charge": charge,
        "download": {"url": make_link(world, request, image_id, item["size"], license_id)},
    }
    if world.variants.choice("shutterstock_license_id") == "present":
        result["license_id"] = license_id
    return result


def _find_plan(db: sqlite3.Connection, wanted: str | None, now: float) -> Any:
    """Find the plan named, or without a name the first image plan that has something left."""
    if wanted is not None:
        return db.execute(
            "SELECT * FROM subscriptions WHERE id = ? AND asset_type = 'images'", (wanted,)
        ).fetchone()
    return db.execute(
        "SELECT * FROM subscriptions WHERE asset_type = 'images' AND downloads_left > 0 AND expires_at > ?"
        " AND end_at > ? ORDER BY id",
        (now, now),
    ).fetchone()


def _item_error(world: World, image_id: str, message: str) -> Json:
    as_text = world.variants.choice("shutterstock_item_error") == "text"
    return {"image_id": image_id, "error": message if as_text else {"message": message}}


def _is_downloadable(world: World, row: sqlite3.Row) -> bool:
    """Tell whether a license may be downloaded again: an editorial one may not, as in an official example."""
    image = world.catalogue.images.get(row["image_id"])
    return image is not None and not image.is_editorial


def _listed(world: World, row: sqlite3.Row, asked: dict[str, Any]) -> bool:
    name = asked["license"]
    available = asked["download_availability"]
    return (
        asked["image_id"] in (None, row["image_id"])
        and (not name or (row["license"] != name[1:] if name.startswith("-") else row["license"] == name))
        and asked["username"] in (None, row["user"])
        and (asked["start_date"] is None or row["licensed_at"] >= asked["start_date"])
        and (asked["end_date"] is None or row["licensed_at"] < asked["end_date"])
        and (available == "all" or _is_downloadable(world, row) == (available == "downloadable"))
    )


def _history_json(world: World, row: sqlite3.Row) -> Json:
    image = world.catalogue.images.get(row["image_id"])
    kind = world.library.image_format(image) if image else "jpg"
    return {
        "id": row["id"],
        "license": row["license"],
        "download_time": vendor_text(row["licensed_at"]),
        "is_downloadable": _is_downloadable(world, row),
        "subscription_id": row["subscription_id"],
        "user": {"username": row["user"]},
        "metadata": json.loads(row["metadata"]),
        "image": {"id": row["image_id"], "format": {"size": row["size"], "format": kind}},
    }
