"""The member's quota, what a license takes of it, licensing, and the license history."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from ..books import write_event
from ..catalogue import StockItem
from ..message import Json, Reply, Request, json_reply, refuse
from ..world import ADOBE, World
from .access import MEMBER, WEB, read_content_id, refuse_unknown, require_token, service_error
from .assets import ALTERNATIVES, CREDITS, MEDIA, cost_of, file_type, licenses_of

OVERAGE_USD = "9.99"
NUMBERS = {name: number for number, name in enumerate(CREDITS, 1)}


def show_info(world: World, request: Request) -> Reply:
    """Answer GET /Rest/Libraries/1/Content/Info."""
    require_token(world, request)
    refuse_unknown(world, request, frozenset(("content_id", "license", "locale")))
    content_id, label = read_content_id(world, request), request.value("license") or ""
    item = _find(world, content_id, label)
    held = find_license(world, content_id, label)
    if held is None:
        state = "cancelled" if _config(world)["cancelled"] else "not_purchased"
        details: Json = {"state": state, "member_id": MEMBER}
    else:
        details = {"state": "purchased", "license": held["license"], "date": _date(world, held)}
        if world.variants.choice("adobe_info_url") == "present":
            details |= _file_facts(world, request, item, held["license"])
    size = "Original" if held else "Comp"
    return json_reply({"contents": _contents(world, content_id, details, size), "member": _member(world)})


def show_profile(world: World, request: Request) -> Reply:
    """Answer GET /Rest/Libraries/1/Member/Profile."""
    require_token(world, request)
    refuse_unknown(world, request, frozenset(("content_id", "license", "locale")))
    config = _config(world)
    if request.value("content_id") is None:
        return json_reply(_profile(world, request, None, "Standard", config))
    content_id, label = read_content_id(world, request), request.value("license") or ""
    item = _find(world, content_id, label)
    if not label and item.kind == "video":
        return service_error(world, 20, "The license is missing")
    return json_reply(_profile(world, request, item, label or "Standard", config))


def license_content(world: World, request: Request) -> Reply:
    """Answer GET and POST /Rest/Libraries/1/Content/License: both buy."""
    require_token(world, request)
    refuse_unknown(world, request, frozenset(("content_id", "license", "license_again")))
    content_id, label = read_content_id(world, request), request.value("license") or ""
    item, config = _find(world, content_id, label), _config(world)
    if not label:
        return service_error(world, 20, "The license is missing")
    noted = _read_references(world, request, config)
    again = request.value("license_again") == "true"
    with world.store.transaction() as db:
        held = None if again else find_license(world, content_id, label)
        state, cost = "purchased", 0
        if held is None:
            config = _config(world)
            state, cost = _take(world, item, label, config)
            if state == "not_possible":
                return _not_possible(world, request, item, config)
            held = _enter(db, world, item, label, state=state, cost=cost, noted=noted)
            state = "just_purchased"
    title_case = world.variants.choice("adobe_state_case") == "title"
    details: Json = {"state": state.title() if title_case else state, "license": label}
    details |= {"date": _date(world, held), **_file_facts(world, request, item, label)}
    body: Json = {
        "available_entitlement": _entitlement(world, _config(world)),
        "contents": _contents(world, content_id, details, "Comp"),
        "member": _member(world),
    }
    return json_reply(body)


def show_history(world: World, request: Request) -> Reply:
    """Answer GET /Rest/Libraries/1/Member/LicenseHistory, newest first, dates as people write them."""
    require_token(world, request)
    names = ("locale", "all", "result_columns[]")
    places = tuple(f"search_parameters[{name}]" for name in ("limit", "offset", "thumbnail_size"))
    refuse_unknown(world, request, frozenset((*names, *places)))
    numbers = []
    for name, default in (("limit", "100"), ("offset", "0")):
        text = request.value(f"search_parameters[{name}]") or default
        if not text.isdigit() or (name == "limit" and not 1 <= int(text) <= 100):
            return service_error(world, 20, f"{name} is invalid")
        numbers.append(int(text))
    limit, offset = numbers
    rows = world.store.rows("SELECT * FROM adobe_licenses ORDER BY seq DESC")
    shown = [_history_row(world, request, row) for row in rows[offset : offset + limit]]
    return json_reply({"nb_results": len(rows), "files": shown})


def find_license(world: World, content_id: str, label: str) -> sqlite3.Row | None:
    """Find the newest license of an asset; without a label any."""
    sql = "SELECT * FROM adobe_licenses WHERE content_id = ? AND (? IN ('', license)) ORDER BY seq DESC"
    return world.store.row(sql, content_id, label)


def link_hash(row: sqlite3.Row) -> str:
    """Make the hash that stands in the history's address of a file."""
    return hashlib.sha256(f"{row['content_id']}/{row['license']}".encode()).hexdigest()[:32]


def _find(world: World, content_id: str, label: str) -> StockItem:
    item = world.catalogue.stock(ADOBE).get(content_id)
    if item is None:
        refuse(service_error(world, 100, f"Content #{content_id} does not exist", 404))
    allowed = (*licenses_of(item), *(ALTERNATIVES if _config(world)["alternatives"] else ()))
    if label and label not in allowed:
        refuse(
            service_error(world, 20, f'The license "{label}" does not match type of content #{content_id}')
        )
    return item


def _take(world: World, item: StockItem, label: str, config: Json) -> tuple[str, int]:
    """Decide what licensing does: out of the quota, beyond it, or not at all."""
    cost = cost_of(item, label, config["unit"])
    if config["entitlement"] == "null" or item.removed:
        return "not_possible", cost
    if cost <= config["quota"]:
        return "possible", cost
    return ("overage" if config["overage"] else "not_possible"), cost


def _profile(world: World, request: Request, item: StockItem | None, label: str, config: Json) -> Json:
    state, cost = ("possible", 1) if item is None else _take(world, item, label, config)
    if item is None and (config["entitlement"] == "null" or config["quota"] < 1):
        state = "overage" if config["overage"] else "not_possible"
    options: Json = {"state": state, "requires_checkout": state == "not_possible"}
    options["message"] = _message(state, cost, config)
    owned = item is not None and find_license(world, item.id, label) is not None
    if owned and world.variants.choice("adobe_profile_owned") == "purchased":
        options |= {"state": "purchased", "requires_checkout": False, "message": ""}
    if options["state"] == "not_possible":
        options["url"] = f"{request.base_url}/{WEB}/plans" + (f"?image_id={item.id}" if item else "")
    body: Json = {
        "available_entitlement": _entitlement(world, config),
        "member": _member(world),
        "purchase_options": options,
    }
    if item is not None and config["alternatives"] and item.kind in ("photo", "illustration"):
        body["possible_licenses"] = [
            {
                "license": name,
                "license_label": name.replace("_", " "),
                "price_with_unit": f"{cost_of(item, name, config['unit'])} {config['unit'].title()}",
            }
            for name in (*licenses_of(item), *ALTERNATIVES)
        ]
    if config["references"]:
        body["cce_agency"] = [
            {"id": 2, "text": "Enter project reference...", "required": True},
            {"id": 4, "text": "Enter client reference...", "required": False},
        ]
    return body


def _message(state: str, cost: int, config: Json) -> str:
    unit = "licenses" if config["unit"] == "licenses" else "credits"
    if state == "overage":
        return f"Would you like to license the asset for ${OVERAGE_USD}?"
    if state == "not_possible":
        return f"You don't have enough {unit} to license this asset. Would you like to see purchase options?"
    if cost == 0:
        return "This asset is free."
    if cost == config["quota"] == 1:
        return f"This will use your last standard {unit[:-1]}."
    return f"This will use {cost} of your {config['quota']:,} {unit}."


def _not_possible(world: World, request: Request, item: StockItem, config: Json) -> Reply:
    details: Json = {
        "state": "not_possible",
        "url": f"{request.base_url}/{WEB}/{item.id}?sso_inbound=1",
        "message": "" if item.removed else _message("not_possible", 0, config),
    }
    contents = _contents(world, item.id, details, "Comp")
    body: Json = {"member": _member(world), "available_entitlement": None, "contents": contents}
    return json_reply(body, int(world.variants.choice("adobe_not_possible_status")))


def _enter(
    db: sqlite3.Connection, world: World, item: StockItem, label: str, *, state: str, cost: int, noted: Any
) -> sqlite3.Row:
    """Write the license and the charge down, and take it off the quota."""
    now, beyond, config = world.clock.now(), state == "overage", _config(world)
    number = db.execute(
        "INSERT INTO adobe_licenses (content_id, license, noted, licensed_at) VALUES (?, ?, ?, ?)",
        (item.id, label, json.dumps(noted), now),
    ).lastrowid
    if not beyond:
        config["quota"] -= cost
        db.execute("INSERT OR REPLACE INTO meta VALUES ('adobe', ?)", (json.dumps(config),))
    write_event(
        db,
        at=now,
        marketplace=ADOBE,
        kind="license",
        account=str(MEMBER),
        item_id=item.id,
        amount=OVERAGE_USD if beyond else str(cost),
        unit="USD" if beyond else config["unit"],
        reference=str(number),
        metadata={"license": label, "references": noted},
    )
    row: sqlite3.Row = db.execute("SELECT * FROM adobe_licenses WHERE seq = ?", (number,)).fetchone()
    return row


def _read_references(world: World, request: Request, config: Json) -> list[Json]:
    noted: list[Json] = []
    if request.method == "POST":
        try:
            body = request.json()
            noted = [{"id": str(one["id"]), "value": str(one["value"])} for one in body["cce_agency"]]
        except (ValueError, KeyError, TypeError):
            refuse(service_error(world, 20, "The license references cannot be read"))
    known = {"2", "4"} if config["references"] else set()
    if {one["id"] for one in noted} - known:
        refuse(service_error(world, 20, "A license reference is not known"))
    if config["references"] and not any(one["id"] == "2" and one["value"].strip() for one in noted):
        refuse(service_error(world, 20, "The license reference 2 is required"))
    return noted


def _config(world: World) -> Json:
    return {**DEFAULTS, **world.store.read_meta("adobe", {})}


def _entitlement(world: World, config: Json) -> Json | None:
    if config["entitlement"] == "null":
        return None
    by_credits, quota = config["unit"] == "credits", config["quota"]
    name = "universal_credits_quota" if by_credits else "image_quota"
    as_list = world.variants.choice("adobe_quotas") == "array"
    return {
        "quota": quota,
        "license_type_id": 43,
        "has_credit_model": by_credits,
        "has_agency_model": True,
        "is_cce": by_credits,
        "full_entitlement_quota": [] if as_list else {name: quota},
        "user_has_ccpro": False,
        "organization_has_ccpro": config["cc_pro"],
    }


def _member(world: World) -> Json:
    return {world.variants.choice("adobe_member"): MEMBER}


def _contents(world: World, content_id: str, details: Json, size: str) -> Json:
    as_text = world.variants.choice("adobe_content_id") == "text"
    number: str | int = content_id if as_text else int(content_id)
    return {content_id: {"content_id": number, "size": size, "purchase_details": details}}


def _date(world: World, row: sqlite3.Row) -> str:
    """Write a date as programs read it; in which zone is nowhere said."""
    zone = UTC if world.variants.choice("adobe_date_zone") == "utc" else timezone(timedelta(hours=-8))
    return datetime.fromtimestamp(row["licensed_at"], zone).strftime("%Y-%m-%d %H:%M:%S")


def _file_facts(world: World, request: Request, item: StockItem, label: str) -> Json:
    path = f"/Rest/Libraries/Download/{item.id}/{NUMBERS[label]}"
    return {
        "url": f"{request.base_url}/{WEB}{path}",
        "content_type": file_type(world, item),
        "width": item.width,
        "height": item.height,
    }


def _history_row(world: World, request: Request, row: sqlite3.Row) -> Json:
    item = world.catalogue.stock(ADOBE)[row["content_id"]]
    at = datetime.fromtimestamp(row["licensed_at"], UTC)
    return {
        "license": row["license"],
        "license_date": f"{at.month}/{at.day}/{at:%y}, {at.hour % 12 or 12}:{at:%M}\u202f{at:%p}",
        "download_url": f"{request.base_url}/{WEB}/Download/DownloadFileDirectly/{link_hash(row)}",
        "id": int(item.id),
        "title": item.title,
        "creator_name": item.author,
        "creator_id": int(item.author_id),
        "media_type_id": MEDIA[item.kind],
        "vector_type": None,
        "content_type": file_type(world, item),
        "width": item.width,
        "height": item.height,
        "details_url": f"{request.base_url}/{WEB}/{item.id}?as_channel=affiliate&as_source=api",
    }


DEFAULTS: Json = {
    "quota": 100,
    "unit": "credits",
    "entitlement": "full",
    "overage": False,
    "references": False,
    "alternatives": False,
    "cc_pro": False,
    "cancelled": False,
}


def configure(world: World, changes: Json) -> Json:
    """Change the member's plan: `/_control/adobe`. Raises ValueError for what is not known."""
    for name, value in changes.items():
        if name not in DEFAULTS or type(value) is not type(DEFAULTS[name]):
            raise ValueError(f"{name} is not one of {', '.join(DEFAULTS)}, or of another type")
    config = {**_config(world), **changes}
    world.store.write_meta("adobe", config)
    return config
