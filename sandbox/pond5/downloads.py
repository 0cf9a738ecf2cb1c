"""The download that is the purchase, the file behind its link, and the open previews."""

from __future__ import annotations

import secrets

from ..books import write_event
from ..files import file_reply
from ..message import Json, Reply, Request, json_reply
from ..world import POND5, World
from .access import FILES, error_reply, require_key
from .items import find_item, versions_of

LINK_LIFETIME_S = 3600.0  # an assumption: how long a link is good for is not documented
ACCOUNT = "contract"


def sell(world: World, request: Request, version: str, item_id: str) -> Reply:
    """Answer GET /api/v3/items/download/{version}/{id}: every call is a sale of its own."""
    require_key(world, request)
    item = find_item(world, item_id)
    sold = versions_of(item).get(version) if item else None
    if item is None or sold is None or item.unpriced:
        return error_reply("Not found", 404)
    transaction = f"{10**8 + secrets.randbelow(9 * 10**8)}"
    with world.store.transaction() as db:
        again = db.execute(
            "SELECT 1 FROM events WHERE marketplace = ? AND kind = 'license' AND item_id = ?"
            " AND json_extract(metadata, '$.version') = ?",
            (POND5, item_id, version),
        ).fetchone()
        free = again is not None and world.variants.choice("pond5_repeat_charge") == "free"
        write_event(
            db,
            at=world.clock.now(),
            marketplace=POND5,
            kind="redownload" if free else "license",
            account=ACCOUNT,
            item_id=item_id,
            amount="0" if free else str(sold.price),
            unit="USD",
            reference=transaction,
            metadata={"version": version},
        )
    # The file is made when it is fetched: an answer to a purchase that takes long is a purchase in doubt.
    suffix = world.library.stock_ending(item, sold.size)
    path = f"/{transaction}-{sold.size or 'whole'}/{item_id}.{suffix}"
    expires = world.clock.now() + LINK_LIFETIME_S
    body: Json = {"url": world.signer.sign(request.base_url, FILES, path, expires_at=expires)}
    match world.variants.choice("pond5_transaction"):
        case "text":
            body["transaction"] = transaction
        case "number":
            body["transaction"] = int(transaction)
    return json_reply(body)


def deliver(world: World, request: Request, size: str, item_id: str) -> Reply:
    """Answer a signed link: the file, or 403."""
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.stock(POND5).get(item_id)
    if item is None:
        return Reply(status=404)
    sold = world.library.stock_file(item, "" if size == "whole" else size)
    return file_reply(request, sold.data, sold.name, attachment=True)


def denied_reply(refusal: str) -> Reply:
    """Answer 403 for a link that is wrong or too old."""
    text = "Request has expired" if refusal == "expired" else "Access denied"
    return Reply(status=403, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text.encode())


def show_still(world: World, request: Request, item_id: str) -> Reply:
    """Answer a preview picture."""
    item = world.catalogue.stock(POND5).get(item_id)
    if item is None or not item.has_preview or not item.recipe:
        return Reply(status=404)
    return file_reply(request, world.library.stock_picture(item), f"{item_id}.jpg")


def show_preview(world: World, request: Request, item_id: str, suffix: str) -> Reply:
    """Answer a preview that moves or sounds."""
    item = world.catalogue.stock(POND5).get(item_id)
    if item is None:
        return Reply(status=404)
    return file_reply(request, world.library.stock_preview(item), f"{item_id}.{suffix}")
