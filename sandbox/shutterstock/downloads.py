"""Signed links of eight hours to the licensed files, and the open previews."""

from __future__ import annotations

from ..files import file_reply
from ..library import PREVIEWS
from ..message import Reply, Request
from ..world import SHUTTERSTOCK, World

HOST = "download.shutterstock.com"
LINK_LIFETIME_S = 8 * 3600.0


def make_link(world: World, request: Request, item_id: str, size: str, license_id: str) -> str:
    """Make a download link; it carries its own proof and needs no token."""
    image = world.catalogue.images.get(item_id)
    if image is not None:
        name = f"{item_id}.{world.library.image_format(image)}"
    else:
        video = world.catalogue.stock(SHUTTERSTOCK)[item_id].kind == "video"
        name = f"v{item_id}.mov" if video else f"a{item_id}.wav"
    path = f"/gatekeeper/{license_id}-{size or 'original'}/shutterstock_{name}"
    return world.signer.sign(request.base_url, HOST, path, expires_at=world.clock.now() + LINK_LIFETIME_S)


def deliver(world: World, request: Request, size: str, image_id: str) -> Reply:
    """Answer a signed link: the file, or 403."""
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.images.get(image_id)
    if item is None:
        return Reply(status=404)
    sold = world.library.image_file(item, size)
    return file_reply(request, sold.data, sold.name, attachment=True)


def deliver_stock(world: World, request: Request, size: str, item_id: str) -> Reply:
    """Answer a signed link to a video or a track: the file, or 403."""
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.stock(SHUTTERSTOCK).get(item_id)
    if item is None:
        return Reply(status=404)
    sold = world.library.stock_file(item, size)
    return file_reply(request, sold.data, request.path.rpartition("/")[2], attachment=True)


def show_still(world: World, request: Request, item_id: str) -> Reply:
    """Answer the picture of a video."""
    item = world.catalogue.stock(SHUTTERSTOCK, "video").get(item_id)
    if item is None or not item.has_preview:
        return Reply(status=404)
    return file_reply(request, world.library.stock_picture(item), f"{item_id}.jpg")


def denied_reply(refusal: str) -> Reply:
    """Answer 403 for a link that is wrong or too old."""
    text = "This download link has expired" if refusal == "expired" else "Access denied"
    return Reply(status=403, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=text.encode())


def show_preview(world: World, request: Request, kind: str, image_id: str) -> Reply:
    """Answer a preview picture."""
    item = world.catalogue.images.get(image_id)
    if item is None or kind not in PREVIEWS or not item.has_preview:
        return Reply(status=404)
    return file_reply(request, world.library.image_preview(item, kind), f"{item.id}.jpg")
