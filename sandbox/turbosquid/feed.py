"""The product feed that a partner gets: tab-separated, with the common columns; plain, or as gzip."""

from __future__ import annotations

import gzip

from ..files import file_reply
from ..message import Reply, Request
from ..world import World
from .shop import HOST, PICTURES, SHOP

_COLUMNS = (
    "id", "title", "description", "link", "image_link", "price", "availability", "brand", "product_type",
    "formats", "polygons", "editorial", "rigged", "animated", "pbr", "keywords",
)  # fmt: skip


def make_feed() -> bytes:
    """Write the feed; its addresses are the website's own, as they would be in a real one."""
    lines = ["\t".join(_COLUMNS)]
    for thing in SHOP.things.values():
        row = (
            thing.id, f"{thing.title} 3D model", thing.description, f"https://{HOST}{SHOP.page_of(thing)}",
            f"https://{PICTURES}/ts-thumb/{thing.id}.jpg", f"{thing.price:.2f} USD",
            "in_stock" if thing.for_sale else "out_of_stock", thing.author, thing.category,
            ",".join(thing.formats), str(thing.polygons), *(_flag(value) for value in (
                thing.editorial, thing.rigged, thing.animated, thing.pbr)), ",".join(thing.tags),
        )  # fmt: skip
        lines.append("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
    return ("\n".join(lines) + "\n").encode()


def show_feed(world: World, request: Request) -> Reply:
    """Answer the feed as it is."""
    return file_reply(request, make_feed(), "turbosquid_products.tsv", attachment=True)


def show_packed_feed(world: World, request: Request) -> Reply:
    """Answer the feed packed."""
    return file_reply(
        request, gzip.compress(make_feed(), mtime=0), "turbosquid_products.tsv.gz", attachment=True
    )


def _flag(value: bool) -> str:  # noqa: FBT001 - a cell's value
    return "yes" if value else "no"
