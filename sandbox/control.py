"""`/_control`: where tests and people look behind the counter, move time, set quota and cause faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from .books import read_books
from .clock import parse_time, utc_text
from .message import Json, Reply, Request, json_reply
from .tokens import ALL_SCOPES, new_token, store_token
from .world import ADOBE, CGTRADER, GETTY, SHUTTERSTOCK, World


def handle(world: World, request: Request) -> Reply:
    """Answer a control request; what is wrong with it is said with 400."""
    handler = _HANDLERS.get((request.method, request.path))
    if handler is None:
        known = sorted(f"{method} /_control{path}" for method, path in _HANDLERS)
        return json_reply({"error": "unknown control request", "known": known}, 404)
    try:
        body = request.json() if request.body else {}
        return json_reply(handler(world, request, body))
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        return json_reply({"error": str(error)}, 400)


def _books(world: World, request: Request, body: Any) -> Any:
    return read_books(world.store)


def _requests(world: World, request: Request, body: Any) -> Any:
    """List the requests seen; filters: host, method, path_regex."""
    host, method = request.value("host"), request.value("method")
    path = re.compile(request.value("path_regex") or "")
    rows = [
        row
        for row in list(world.log)
        if host in (None, row["host"]) and method in (None, row["method"]) and path.search(row["path"])
    ]
    return {"count": len(rows), "requests": rows}


def _clear_requests(world: World, request: Request, body: Any) -> Any:
    world.log.clear()
    return {"count": 0}


def _reset(world: World, request: Request, body: Any) -> Any:
    world.reset()
    return {"ok": True}


def _time(world: World, request: Request, body: Any) -> Any:
    return {"now": utc_text(world.clock.now()), "offset_s": world.clock.offset_s}


def _move_time(world: World, request: Request, body: Any) -> Any:
    """Advance by `advance_s` seconds, or set to `now` (ISO 8601)."""
    if "now" in body:
        world.move_clock(advance_s=parse_time(body["now"]) - world.clock.now())
    else:
        world.move_clock(advance_s=float(body["advance_s"]))
    return _time(world, request, body)


def _quota(world: World, request: Request, body: Any) -> Any:
    """Set a subscription: downloads_left, downloads_limit, end_in_s, expires_in_s."""
    now = world.clock.now()
    counts = [name for name in ("downloads_left", "downloads_limit") if name in body]
    changes: list[tuple[str, float]] = [(name, int(body[name])) for name in counts]
    for name, column in (("end_in_s", "end_at"), ("expires_in_s", "expires_at")):
        if name in body:
            changes.append((column, now + float(body[name])))
    with world.store.transaction() as db:
        for column, value in changes:
            # The column names stand above; nothing from outside gets into the statement's text.
            sql = f"UPDATE subscriptions SET {column} = ? WHERE id = ?"  # noqa: S608
            if db.execute(sql, (value, body["subscription_id"])).rowcount != 1:
                raise ValueError(f"there is no subscription {body['subscription_id']}")
    return read_books(world.store)["subscriptions"]


def _product(world: World, request: Request, body: Any) -> Any:
    """Set a product of Getty Images: what is left, requirements, status; resets_in_s, expires_in_s."""
    left = ("downloads_left", "downloads_limit", "overage_left", "overage_limit")
    columns = (*left, "status", "note_required", "code_required", "project_codes")
    changes = [(name, body[name]) for name in columns if name in body]
    for name, column in (("resets_in_s", "resets_at"), ("expires_in_s", "expires_at")):
        if name in body:
            changes.append((column, world.clock.now() + float(body[name])))
    with world.store.transaction() as db:
        for column, value in changes:
            # The column names stand above; nothing from outside gets into the statement's text.
            sql = f"UPDATE products SET {column} = ? WHERE id = ?"  # noqa: S608
            if db.execute(sql, (value, body["product_id"])).rowcount != 1:
                raise ValueError(f"there is no product {body['product_id']}")
    return read_books(world.store)["products"]


def _adobe(world: World, request: Request, body: Any) -> Any:
    """Change the plan of Adobe's member: quota, unit, overage, references, and what else it knows."""
    from .adobe_stock.licenses import configure

    return configure(world, body)


def _listing(world: World, request: Request, body: Any) -> Any:
    """Change what is sold until the next reset: `removed`, or fields of the catalogue such as `price`."""
    shop, number = str(body["marketplace"]), str(body["id"])
    changes = {name: value for name, value in body.items() if name not in ("marketplace", "id", "removed")}
    if "price" in changes:
        changes["price"] = Decimal(str(changes["price"]))
    if not world.catalogue.change(shop, number, changes, removed=bool(body.get("removed"))):
        raise ValueError(f"{shop} does not sell {number}")
    return {"ok": True}


def _variant(world: World, request: Request, body: Any) -> Any:
    return world.variants.table()


def _switch_variant(world: World, request: Request, body: Any) -> Any:
    world.variants.switch(body)
    return {name: entry["now"] for name, entry in world.variants.table().items()}


def _faults(world: World, request: Request, body: Any) -> Any:
    return {"faults": world.faults.table()}


def _add_fault(world: World, request: Request, body: Any) -> Any:
    return world.faults.add(body)


def _clear_faults(world: World, request: Request, body: Any) -> Any:
    world.faults.clear()
    return {"faults": []}


def _token(world: World, request: Request, body: Any) -> Any:
    """Make an access token: marketplace, user (null for client credentials), scopes, expires_in_s."""
    marketplace = body["marketplace"]
    if marketplace not in (SHUTTERSTOCK, CGTRADER, GETTY, ADOBE):
        raise ValueError(f"there is no marketplace {marketplace}")
    text = new_token("v2/" if marketplace == SHUTTERSTOCK else "")
    life = body.get("expires_in_s")
    until = None if life is None else world.clock.now() + float(life)
    scopes = body.get("scopes", ALL_SCOPES if marketplace == SHUTTERSTOCK else ())
    with world.store.transaction() as db:
        user = body.get("user", "sandbox.user")
        store_token(db, text, marketplace=marketplace, user=user, scopes=scopes, expires_at=until)
    return {"access_token": text}


def _revoke(world: World, request: Request, body: Any) -> Any:
    """Forget every access token of a marketplace, the user token of the credentials too."""
    with world.store.transaction() as db:
        count = db.execute(
            "DELETE FROM tokens WHERE marketplace = ? AND kind = 'access'", (body["marketplace"],)
        ).rowcount
    return {"revoked": count}


def _health(world: World, request: Request, body: Any) -> Json:
    return {"ok": True}


_HANDLERS: dict[tuple[str, str], Callable[[World, Request, Any], Any]] = {
    ("GET", "/health"): _health,
    ("GET", "/books"): _books,
    ("GET", "/requests"): _requests,
    ("DELETE", "/requests"): _clear_requests,
    ("POST", "/reset"): _reset,
    ("GET", "/time"): _time,
    ("POST", "/time"): _move_time,
    ("POST", "/quota"): _quota,
    ("POST", "/product"): _product,
    ("POST", "/adobe"): _adobe,
    ("POST", "/listing"): _listing,
    ("GET", "/variant"): _variant,
    ("POST", "/variant"): _switch_variant,
    ("GET", "/faults"): _faults,
    ("POST", "/faults"): _add_fault,
    ("DELETE", "/faults"): _clear_faults,
    ("POST", "/token"): _token,
    ("POST", "/revoke"): _revoke,
}
