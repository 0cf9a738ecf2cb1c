"""Files: an address that wants the token in its query, and a storage host that wants nothing of ours."""

from __future__ import annotations

from ..files import file_reply
from ..message import Reply, Request, redirect
from ..world import ADOBE, World
from .access import STORAGE, good_token
from .assets import delivery
from .licenses import NUMBERS, find_license, link_hash

LINK_LIFETIME_S = 300.0
_NAMES = {number: name for name, number in NUMBERS.items()}
_SIZES = {"Video_HD": "hd", "Video_4K": "4k"}


def send_by_number(world: World, request: Request, content_id: str, number: str) -> Reply:
    """Answer /Rest/Libraries/Download/{id}/{n}."""
    return _send(world, request, content_id, _NAMES.get(int(number), ""))


def send_by_hash(world: World, request: Request, link: str) -> Reply:
    """Answer /Download/DownloadFileDirectly/{hash}."""
    for row in world.store.rows("SELECT * FROM adobe_licenses"):
        if link_hash(row) == link:
            return _send(world, request, row["content_id"], row["license"])
    return _text("Cannot find a download for this file and license on this organization", 404)


def deliver(world: World, request: Request, size: str, content_id: str) -> Reply:
    """Answer the storage host's signed link; whatever else proves who asks is a leak."""
    if request.header("authorization") or request.header("x-api-key") or request.value("token"):
        return _text("Only one auth mechanism allowed", 400)
    refusal = world.signer.check(request, world.clock.now())
    if refusal is not None:
        return denied_reply(refusal)
    item = world.catalogue.stock(ADOBE).get(content_id)
    if item is None:
        return Reply(status=404)
    sold = world.library.stock_file(item, "" if size == "whole" else size)
    name = f"AdobeStock_{content_id}.{sold.name.rpartition('.')[2].replace('jpg', 'jpeg')}"
    return file_reply(request, sold.data, name, attachment=True)


def denied_reply(refusal: str) -> Reply:
    """Answer 403 for a link that is wrong or too old."""
    return _text("Request has expired" if refusal == "expired" else "Access denied", 403)


def _send(world: World, request: Request, content_id: str, label: str) -> Reply:
    if request.header("authorization"):
        return _text("This download cannot be processed", 400)  # A-DOCS 12: the header can break it
    if good_token(world, request.value("token") or "") is None:
        return _text("This download is expired", 403)
    item = world.catalogue.stock(ADOBE).get(content_id)
    if item is None or item.removed or not label or find_license(world, content_id, label) is None:
        return _text("Cannot find a download for this file and license on this organization", 404)
    size = _SIZES.get(label, delivery(world) if item.kind == "model" else "whole")
    if world.variants.choice("adobe_download") == "direct":
        sold = world.library.stock_file(item, "" if size == "whole" else size)
        ending = sold.name.rpartition(".")[2].replace("jpg", "jpeg")
        return file_reply(request, sold.data, f"AdobeStock_{content_id}.{ending}", attachment=True)
    path, expires = f"/{size}/{content_id}", world.clock.now() + LINK_LIFETIME_S
    return redirect(world.signer.sign(request.base_url, STORAGE, path, expires_at=expires))


def _text(words: str, status: int) -> Reply:
    return Reply(status=status, headers=(("Content-Type", "text/plain; charset=utf-8"),), body=words.encode())
