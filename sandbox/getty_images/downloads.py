"""The download that is the license, the history, and what was bought on the website.

Allowance, history and books move as one.
"""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from ..books import write_event
from ..catalogue import StockItem
from ..clock import utc_text
from ..message import Json, Reply, Request, json_reply, redirect
from ..tokens import Token
from ..world import DAY_S, GETTY, World
from .access import API, deny, require_token, unauthorized
from .assets import COLLECTIONS, Size, find_asset, sizes_of
from .delivery import make_link
from .products import Product, read_products
from .query import flag, moment, number, one_of, only, page_of

TYPES = (
    "easyaccess",
    "editorialsubscription",
    "imagepack",
    "premiumaccess",
    "royaltyfreesubscription",
    "creditpack",
    "aigen",
)
WINDOW_S = 30 * DAY_S


def sell(world: World, request: Request, plural: str, asset_id: str) -> Reply:
    """Answer POST /v3/downloads/{images|videos}/{id}."""
    token = require_token(world, request)
    only(request, "auto_download", "product_type", "product_id", "use_team_credits",
         *(("height", "file_type") if plural == "images" else ("size",)))  # fmt: skip
    sends_file = flag(request, "auto_download", default=plural == "images")
    one_of(request, "file_type", "jpg", "jpg", "eps")
    note, code = _read_body(request)
    item = find_asset(world, plural, asset_id)
    if item is None:
        deny("ImageNotFound" if plural == "images" else "VideoNotFound", 404, "The asset was not found.")
    products = read_products(world)
    product = _find_product(request, products)
    size = _find_size(request, item, sizes_of(world, item, products), product)
    _check_requirements(product, note, code)
    with world.store.transaction() as db:
        counted = _count(world, db, item, product, size, user=token.user or "", note=note, code=code)
    if not counted:  # said outside of the transaction, which a refusal would undo
        deny("OverageLimitReached", 403, "The download limit of the product is reached.")
    uri = make_link(world, request, item, size.library)
    return redirect(uri, 303) if sends_file else json_reply({"uri": uri})


def list_downloads(world: World, request: Request) -> Reply:
    """Answer GET /v3/downloads: thirty days, from a day on or up to a day."""
    token = require_token(world, request)
    only(
        request, "date_from", "date_to", "use_time", "page", "page_size", "product_type", "company_downloads"
    )
    with_time = flag(request, "use_time")
    since, until = (moment(request, name, with_time=with_time) for name in ("date_from", "date_to"))
    now = world.clock.now()
    if until is None:
        until = now if since is None else min(now, since + WINDOW_S)
    elif not with_time:
        until += DAY_S
    since = until - WINDOW_S if since is None else since
    kind = one_of(request, "product_type", "", *TYPES)
    rows = [
        row
        for row in world.store.rows("SELECT * FROM asset_downloads ORDER BY seq DESC")
        if since <= row["downloaded_at"] <= until and kind in ("", row["product_type"]) and _seen(row, token)
    ]
    page = page_of(request, rows)
    return json_reply({"result_count": len(rows), "downloads": [_listed_json(request, row) for row in page]})


def list_downloads_of(world: World, request: Request, plural: str, asset_id: str) -> Reply:
    """Answer GET /v3/{images|videos}/{id}/downloadhistory: flat, and all of it."""
    token = require_token(world, request)
    only(request, "company_downloads")
    rows = world.store.rows("SELECT * FROM asset_downloads WHERE asset_id = ? ORDER BY seq DESC", asset_id)
    if not rows and find_asset(world, plural, asset_id) is None:
        deny("ImageNotFound" if plural == "images" else "VideosNotFound", 404, "The asset was not found.")
    downloads = [_flat_json(request, row) for row in rows if _seen(row, token)]
    return json_reply({"id": asset_id, "downloads": downloads})


def list_purchases(world: World, request: Request) -> Reply:
    """Answer GET /v3/purchased-assets: one picture, bought on the website; keys have to be set up for it."""
    require_token(world, request)
    only(request, "date_from", "date_to", "page", "page_size", "company_purchases")
    form = world.variants.choice("getty_purchased_assets")
    if form == "refused":
        deny("InsufficientPermissions", 403, "The key is not set up for this.")
    item = next(
        item for item in world.catalogue.stock(GETTY, "photo").values() if item.collection == "Hulton Archive"
    )
    link = make_link(world, request, item, f"h{item.height}")
    bought: list[Any] = [
        {
            "asset_id": item.id,
            "asset_type": "Image",
            "date_purchased": utc_text(world.clock.now() - 9 * DAY_S),
            "purchased_by": "sandbox.user",
            "license_model": "rightsmanaged",
            "order_id": "4294967299",
            "size_name": "x_large",
            "file_size_in_bytes": str(world.library.stock_bytes(item, f"h{item.height}")),
            "thumb_uri": None,
            "download_uri": link
            if form == "delivery"
            else f"{request.base_url}/{API}/v3/downloads/images/{item.id}",
        }
    ]
    return json_reply({"result_count": 1, "previous_purchases": page_of(request, bought, size=75)})


def _read_body(request: Request) -> tuple[str | None, str | None]:
    if not request.body:
        return None, None
    try:
        body = request.json()
    except ValueError:
        deny("MalformedRequest", 400, "The body is not JSON.")
    if not isinstance(body, dict) or set(body) - {"download_notes", "project_code"}:
        deny("InvalidRequest", 400, "The body has download_notes and project_code.")
    for value in body.values():
        if value is not None and not isinstance(value, str):
            deny("InvalidRequest", 400, "download_notes and project_code are texts.")
    return body.get("download_notes"), body.get("project_code")


def _find_product(request: Request, products: list[Product]) -> Product:
    """Find the product that is named; without a number there must be only one of that type."""
    kind = one_of(request, "product_type", "", *TYPES)
    wanted = number(request, "product_id", 0)
    if not kind:
        deny("MissingRequiredQueryParameters", 400, "product_type is required.")
    found = [p for p in products if p.type == kind and wanted in (0, p.id)]
    if not found or not found[0].usable:
        deny("NoAccessToProductType", 403, "There is no such product.")
    if len([p for p in found if p.usable]) > 1:
        deny("MissingRequiredQueryParameters", 400, "product_id is required.")
    return found[0]


def _find_size(request: Request, item: StockItem, sizes: list[Size], product: Product) -> Size:
    """Find the size that is asked for, else the largest that the product holds."""
    held = [size for size in sizes if product.id in {p.id for p in size.products}]
    if not held:
        unauthorized()
    if item.unpriced or request.value("file_type") == "eps":
        deny("FileDownloadSizeNotFound", 404, "There is no such file.")
    asked = request.value("size" if item.kind == "video" else "height")
    if asked is None:
        return held[0]
    for size in held:
        if asked == (size.name if item.kind == "video" else str(size.height)):
            return size
    return deny("FileDownloadSizeNotFound", 404, "There is no file of that size.")


def _check_requirements(product: Product, note: str | None, code: str | None) -> None:
    row = product.row
    codes = row["project_codes"].splitlines()
    if row["note_required"] and not (note or "").strip():
        deny("MissingRequiredQueryParameters", 400, "download_notes is required.")
    if row["code_required"] and not code:
        deny("MissingRequiredQueryParameters", 400, "project_code is required.")
    if code and codes and code not in codes:
        deny("InvalidParameterValue", 400, "project_code is not one of the known codes.")


def _count(
    world: World, db: sqlite3.Connection, item: StockItem, product: Product, size: Size, *,
    user: str, note: str | None, code: str | None,
) -> bool:  # fmt: skip
    """Take one off the product's allowance, or an overage, and write it down; False: nothing is left."""
    again = db.execute(
        "SELECT 1 FROM asset_downloads WHERE asset_id = ? AND product_id = ?", (item.id, product.id)
    ).fetchone()
    row = db.execute("SELECT * FROM products WHERE id = ?", (product.id,)).fetchone()
    charge, over = 1, False
    if again is not None and world.variants.choice("getty_repeat_charge") == "free":
        charge = 0
    elif row["downloads_left"] is not None:
        over = row["downloads_left"] < 1
        if over and not (row["overage_left"] or 0) > 0:
            return False
        column = "overage_left" if over else "downloads_left"
        db.execute(f"UPDATE products SET {column} = {column} - 1 WHERE id = ?", (product.id,))  # noqa: S608
    now, kept = world.clock.now(), world.variants.choice("getty_notes") == "kept"
    kept = kept or bool(row["note_required"])
    model = COLLECTIONS[item.collection].license_model
    db.execute(
        "INSERT INTO asset_downloads (asset_id, asset_type, product_id, product_type, agreement,"
        " license_model, size_name, width, height, notes, project_code, user, downloaded_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (item.id, "Film" if item.kind == "video" else "Image", product.id, product.type, product.agreement,
         model, size.name, size.width, size.height, note if kept else None, code, user, now),
    )  # fmt: skip
    write_event(
        db,
        at=now,
        marketplace=GETTY,
        kind="license" if charge else "redownload",
        account=f"{product.type}:{product.id}",
        item_id=item.id,
        amount=str(charge),
        unit="downloads",
        reference=secrets.token_hex(8),
        metadata={"overage": over, "size": size.name, "notes": note, "project_code": code},
    )
    return True


def _seen(row: sqlite3.Row, token: Token) -> bool:
    return bool(row["user"] == (token.user or ""))


def _flat_json(request: Request, row: sqlite3.Row) -> Json:
    return {
        "asset_type": row["asset_type"],
        "date_downloaded": utc_text(row["downloaded_at"]),
        "product_type": row["product_type"],
        "product_id": row["product_id"],
        "agreement_name": row["agreement"],
        "thumb_uri": f"{request.base_url}/media.gettyimages.com/id/{row['asset_id']}/thumb.jpg",
        "download_source": "api",
        "download_notes": row["notes"],
        "project_code": row["project_code"],
        "user": {"username": row["user"], "first_name": "Sandbox", "middle_name": None, "last_name": "User"},
    }


def _listed_json(request: Request, row: sqlite3.Row) -> Json:
    body = _flat_json(request, row)
    details = {name: body.pop(name) for name in ("download_notes", "project_code")}
    return {
        **body,
        "id": row["asset_id"],
        "license_model": row["license_model"],
        "size_name": row["size_name"],
        "dimensions": {"width": row["width"], "height": row["height"], "dpi": 300},
        "download_details": details,
        "generated_asset_id": None,
    }
