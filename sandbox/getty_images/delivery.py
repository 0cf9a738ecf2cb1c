"""Links of 24 hours to the licensed files, and the open previews. Videos are sent on once (307)."""

from __future__ import annotations

from ..catalogue import StockItem
from ..files import file_reply
from ..message import Reply, Request, redirect
from ..world import GETTY, World
from .access import DELIVERY

LINK_LIFETIME_S = 24 * 3600.0


def make_link(world: World, request: Request, item: StockItem, size: str) -> str:
    """Make a link that says nothing of what it leads to."""
    step = "first" if item.kind == "video" else "file"
    path, until = f"/{step}/{item.id}/{size}", world.clock.now() + LINK_LIFETIME_S
    return world.signer.sign(request.base_url, DELIVERY, path, expires_at=until)


def deliver(world: World, request: Request, step: str, asset_id: str, size: str) -> Reply:
    """Answer a signed link: the file, the way to it, or 403. Only the headers name the file."""
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.stock(GETTY).get(asset_id)
    if item is None:
        return Reply(status=404)
    if step == "first":
        until = world.clock.now() + LINK_LIFETIME_S
        path = f"/file/{asset_id}/{size}"
        return redirect(world.signer.sign(request.base_url, DELIVERY, path, expires_at=until), 307)
    sold = world.library.stock_file(item, size)
    return file_reply(
        request, sold.data, f"GettyImages-{item.id}.{sold.name.rpartition('.')[2]}", attachment=True
    )


def denied_reply(refusal: str) -> Reply:
    """Answer 403 for a link that is wrong or too old."""
    text = "The download link has expired" if refusal == "expired" else "Forbidden"
    return Reply(status=403, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text.encode())


def show_preview(world: World, request: Request, asset_id: str, name: str, suffix: str) -> Reply:
    """Answer a display size: a picture, or a video's clip."""
    item = world.catalogue.stock(GETTY).get(asset_id)
    if (
        item is None
        or not item.has_preview
        or (suffix == "mov") != (item.kind == "video" and name != "thumb")
    ):
        return Reply(status=404)
    if suffix == "mov":
        return file_reply(request, world.library.stock_preview(item), f"{asset_id}.mov")
    longest = 170 if name == "thumb" else 612
    return file_reply(request, world.library.stock_picture(item, longest=longest), f"{asset_id}.jpg")
