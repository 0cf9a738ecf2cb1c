"""Measure bulk over the sandbox with rate limits lifted: asked, bought, downloaded, checked, recorded."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sandbox_process import SandboxProcess, start_sandbox

from core.app import App, build_app
from core.host import NoHost
from core.marketplaces import registry
from core.model.buy_request import ItemState, RequestState
from core.model.intended_use import IntendedUse
from core.model.listing import ListingRef, MediaKind
from core.services.studio.cart_file import WantedItem
from core.settings import Settings
from sandbox.catalogue import Catalogue, ImageItem
from sandbox.library import Library

BARS_S = {100: 30, 1_000: 240}
"""What it may take, by how many assets."""
DOWNLOADS = 4
"""Files that are fetched at once."""
Row = tuple[str, str, str, str] | tuple[str, str, str, str, bool]
"""What, ours, beside, ratio, and where there is a bar whether it is met."""


def measure_bulk(folder: Path, count: int) -> Row:
    """Buy so many images in one request."""
    copies = -(-count // 30)
    stock = [image for image in Catalogue(copies=copies).images.values() if not image.is_editorial][:count]
    _make_files(folder / "cache", stock)
    with start_sandbox(folder / "sandbox", copies=copies, cache=folder / "cache") as sandbox:
        app = _build(folder / "data", sandbox)
        try:
            return _measure(app, sandbox, [image.id for image in stock])
        finally:
            app.close()


def _make_files(cache: Path, stock: list[ImageItem]) -> None:
    """Make what is sold beforehand: painting a thousand pictures is not what is measured."""
    painted = Library(cache / "painted").image_file(stock[0], "huge").data
    (cache / "images").mkdir(parents=True)
    for image in stock:
        # Behind the picture's end, so that each is a file of its own.
        (cache / "images" / f"{image.id}-huge.jpg").write_bytes(painted + image.id.encode())


def _measure(app: App, sandbox: SandboxProcess, images: list[str]) -> Row:
    count = len(images)
    requests = app.services.buying.requests
    begun = time.perf_counter()
    request = requests.cart.new(IntendedUse(), reason="bench")
    refs = [ListingRef(marketplace="shutterstock", id=number) for number in images]
    requests.cart.add(request.id, [WantedItem(ref=ref, kind=MediaKind.IMAGE) for ref in refs])
    submitted = requests.submit.run(request.id)
    if submitted.request.state is not RequestState.APPROVED:
        why = submitted.failed[0].failure if submitted.failed else submitted.why_not_auto
        raise SystemExit(f"the request is {submitted.request.state}: {why}")
    asked_s = time.perf_counter() - begun
    result = requests.buying.run(request.id)
    bought_s = time.perf_counter() - begun - asked_s
    grants = [one.item.grant_id for one in result.items if one.item.state is ItemState.BOUGHT]
    with ThreadPoolExecutor(DOWNLOADS) as pool:
        list(pool.map(lambda grant: app.services.download.run(grant, actor="bench"), grants))
    whole_s = time.perf_counter() - begun
    files = sum(bool(app.ledger.files(grant)) for grant in grants)
    charged = len(sandbox.books()["charges"])
    if not (len(grants) == files == charged == count and app.ledger.verify_audit().ok):
        raise SystemExit(f"{count} asked for: {charged} charged, {len(grants)} granted, {files} downloaded")
    bar = BARS_S.get(count)
    return (
        f"{count:,} assets in bulk: quoted, bought, downloaded, checked and recorded",
        f"{whole_s:.1f} s ({asked_s:.1f} asked, {bought_s:.1f} bought)",
        f"bar {bar} s" if bar is not None else "",
        f"{whole_s / bar:.2f}" if bar is not None else "",
        bar is None or whole_s < bar,
    )


def _build(data: Path, sandbox: SandboxProcess) -> App:
    names = {"consumer_key": "CLIENT_ID", "consumer_secret": "CLIENT_SECRET"}
    environ = {
        f"CLEARANCE_{marketplace.upper()}_{names.get(field, field.upper())}": value
        for marketplace, fields in sandbox.credentials.items()
        for field, value in fields.items()
    }
    settings = Settings(
        data_dir=data,
        user="bench",
        project="bench",
        sandbox_url=sandbox.url,
        requests_per_hour=dict.fromkeys(registry.all_ids(), 10_000_000),
        requests_per_second=None,
    )
    return build_app(settings, host=NoHost(), environ=environ)
