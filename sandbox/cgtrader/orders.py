"""Orders, the web checkout where they are paid, and the files that a paid order opens."""

from __future__ import annotations

import re
import secrets
import sqlite3

from ..books import write_event
from ..clock import utc_text
from ..files import file_reply
from ..message import Json, Reply, Request, json_reply, redirect
from ..pages import checkout_page
from ..tokens import Token
from ..unconfirmed import CGTRADER_LINK_LIFETIME_S
from ..urls import add_query, is_web_address
from ..world import CGTRADER, World
from .access import WEB, error_reply, require_model, require_token
from .models import file_id

FILES = "cgtfiles.s3.amazonaws.com"
APPLICATION = "application"  # stands in place of the user for a token of client credentials


def create_order(world: World, request: Request) -> Reply:
    """Answer POST /v1/orders/: a new unpaid order."""
    token = require_token(world, request)
    try:
        form = request.form()
    except ValueError:
        return error_reply(world, "The request body cannot be read", 400)
    missing = [name for name in ("uuid", "model_id", "return_url") if not str(form.get(name) or "")]
    if missing:
        return error_reply(world, f"{', '.join(missing)} is missing", 422)
    uuid, return_url = str(form["uuid"]), str(form["return_url"])
    if len(uuid) > 255 or len(return_url) > 2000 or not is_web_address(return_url):
        return error_reply(world, "uuid or return_url is invalid", 422)
    email = str(form.get("buyers_email") or "")
    if token.user is None and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        return error_reply(world, "buyers_email is missing", 422)
    item = require_model(world, str(form["model_id"]))
    owner = token.user or APPLICATION
    with world.store.transaction() as db:
        if world.variants.choice("cgtrader_same_uuid") == "same_order":
            known = db.execute("SELECT * FROM orders WHERE uuid = ? AND owner = ?", (uuid, owner)).fetchone()
            if known is not None:
                return _created(world, request, known)
        now = world.clock.now()
        number = db.execute(
            "INSERT INTO orders (uuid, model_id, buyer, owner, price, return_url, download_token, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                uuid,
                item.id,
                token.user or email,
                owner,
                str(item.price),
                return_url,
                secrets.token_hex(6),
                now,
            ),
        ).lastrowid
        row = db.execute("SELECT * FROM orders WHERE id = ?", (number,)).fetchone()
        _enter(db, world, "order_created", row, amount="0")
        return _created(world, request, row)


def list_orders(world: World, request: Request) -> Reply:
    """Answer GET /v1/orders/: the orders that this token's user started, newest first."""
    token = require_token(world, request)
    owner = token.user or APPLICATION
    rows = world.store.rows("SELECT * FROM orders WHERE owner = ? ORDER BY id DESC", owner)
    orders = [_order_json(world, request, row) for row in rows]
    if world.variants.choice("cgtrader_orders") == "list":
        return json_reply(orders)
    return json_reply({"total": len(orders), "orders": orders})


def show_order(world: World, request: Request, order_id: str) -> Reply:
    """Answer GET /v1/orders/:id."""
    token = require_token(world, request)
    row = world.store.row(
        "SELECT * FROM orders WHERE id = ? AND owner = ?", int(order_id), token.user or APPLICATION
    )
    if row is None:
        return error_reply(world, "Not found", 404)
    body = _order_json(world, request, row)
    return json_reply({"order": body} if world.variants.choice("cgtrader_order") == "wrapped" else body)


def show_checkout(world: World, request: Request, order_id: str) -> Reply:
    """Show the page where a person pays."""
    row = world.store.row("SELECT * FROM orders WHERE id = ?", int(order_id))
    if row is None:
        return Reply(status=404)
    item = world.catalogue.models[row["model_id"]]
    picture = f"{request.base_url}/img-new.cgtrader.com/items/{item.id}/0.jpg" if item.has_preview else ""
    return checkout_page(
        order_id=order_id,
        title=item.title,
        author=item.author,
        price=f"{item.price:.2f}",
        picture=picture,
        paid=row["paid_at"] is not None,
    )


def answer_checkout(world: World, request: Request, order_id: str) -> Reply:
    """Take the payment, once for each order, and send the buyer back; also after a cancel, as documented."""
    try:
        action = request.form().get("action")
    except ValueError:
        return Reply(status=400)
    if action not in ("pay", "cancel"):
        return Reply(status=400)
    with world.store.transaction() as db:
        row = db.execute("SELECT * FROM orders WHERE id = ?", (int(order_id),)).fetchone()
        if row is None:
            return Reply(status=404)
        if action == "pay" and row["paid_at"] is None:
            db.execute("UPDATE orders SET paid_at = ? WHERE id = ?", (world.clock.now(), row["id"]))
            _enter(db, world, "order_paid", row, amount=row["price"])
    return redirect(add_query(row["return_url"], id=str(row["id"]), uuid=row["uuid"]), 303)


def send_to_file(world: World, request: Request, model_id: str, number: str) -> Reply:
    """Answer GET /v1/models/:id/files/:id: 302 to a signed link for whoever may have the file."""
    token = require_token(world, request)
    item = require_model(world, model_id)
    place = int(number) - file_id(item, 0)
    files = world.library.model_files(item)
    if not 0 <= place < len(files):
        return error_reply(world, "Not found", 404)
    if item.price > 0 and not _may_download(world, request, token, item.id):
        return error_reply(world, "You are not allowed to download this file", 403)
    path = f"/items/{item.id}/{number}/{files[place].name}"
    until = world.clock.now() + CGTRADER_LINK_LIFETIME_S
    return redirect(world.signer.sign(request.base_url, FILES, path, expires_at=until))


def deliver(world: World, request: Request, model_id: str, number: str) -> Reply:
    """Answer a signed link as the storage host does: it takes no bearer token beside the signature."""
    if request.header("authorization"):
        message = "Only one auth mechanism allowed: the Signature parameter or the Authorization header"
        return _storage_error("InvalidArgument", message, 400)
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.models.get(model_id)
    files = world.library.model_files(item) if item else []
    place = int(number) - file_id(item, 0) if item else -1
    if not 0 <= place < len(files):
        return _storage_error("NoSuchKey", "The specified key does not exist.", 404)
    return file_reply(request, files[place].data, files[place].name, attachment=True)


def denied_reply(refusal: str) -> Reply:
    """Answer 403 in the storage host's XML."""
    if refusal == "expired":
        return _storage_error("AccessDenied", "Request has expired", 403)
    return _storage_error("SignatureDoesNotMatch", "The request signature does not match.", 403)


def show_preview(world: World, request: Request, model_id: str, number: str) -> Reply:
    """Answer a preview picture."""
    item = world.catalogue.models.get(model_id)
    if item is None or not item.has_preview or int(number) > 1:
        return Reply(status=404)
    suffix, data = world.library.model_preview(item, int(number))
    return file_reply(request, data, f"{item.id}.{suffix}")


def _may_download(world: World, request: Request, token: Token, model_id: str) -> bool:
    """Tell whether the token's user bought the model, or the order's own download token is sent."""
    if token.user is not None:
        sql = "SELECT id FROM orders WHERE model_id = ? AND owner = ? AND paid_at IS NOT NULL"
        return world.store.row(sql, model_id, token.user) is not None
    if world.variants.choice("cgtrader_download_token") == "ignored":
        return False
    sql = "SELECT id FROM orders WHERE model_id = ? AND download_token = ? AND paid_at IS NOT NULL"
    return world.store.row(sql, model_id, request.value("download_token") or "") is not None


def _created(world: World, request: Request, row: sqlite3.Row) -> Reply:
    body = {
        "success": True,
        "id": str(row["id"]),
        "status": _status(world, row),
        "checkout_url": _checkout_url(request, row),
        "download_token": row["download_token"],
    }
    return json_reply(body, int(world.variants.choice("cgtrader_order_create_status")))


def _order_json(world: World, request: Request, row: sqlite3.Row) -> Json:
    as_text = world.variants.choice("cgtrader_order_id") == "text"
    body: Json = {
        "id": str(row["id"]) if as_text else row["id"],
        "status": _status(world, row),
        "model_id": int(row["model_id"]),
        "created_at": utc_text(row["created_at"]),
    }
    if world.variants.choice("cgtrader_order_uuid") == "present":
        body["uuid"] = row["uuid"]
    if row["paid_at"] is None:
        body["checkout_url"] = _checkout_url(request, row)
    return body


def _status(world: World, row: sqlite3.Row) -> str:
    return "unpaid" if row["paid_at"] is None else world.variants.choice("cgtrader_paid_status")


def _checkout_url(request: Request, row: sqlite3.Row) -> str:
    return f"{request.base_url}/{WEB}/cg/instant-checkout/{row['id']}"


def _enter(db: sqlite3.Connection, world: World, kind: str, row: sqlite3.Row, *, amount: str) -> None:
    write_event(
        db,
        at=world.clock.now(),
        marketplace=CGTRADER,
        kind=kind,
        account=row["buyer"],
        item_id=row["model_id"],
        amount=amount,
        unit="USD",
        reference=str(row["id"]),
        uuid=row["uuid"],
    )


def _storage_error(code: str, message: str, status: int) -> Reply:
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{error}'
    return Reply(status=status, headers=(("Content-Type", "application/xml"),), body=body.encode())
