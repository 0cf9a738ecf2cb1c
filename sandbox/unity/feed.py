"""The product feed that a partner gets: RSS with Google's names, as the affiliate platforms hand it out."""

from __future__ import annotations

from html import escape

from ..files import file_reply
from ..message import Reply, Request
from ..world import World
from .shop import HOST, PICTURES, SHOP


def make_feed() -> bytes:
    """Write the feed; its addresses are the website's own, as they would be in a real one."""
    items = "".join(
        f"""<item>
<g:id>{thing.id}</g:id><title>{escape(thing.title)}</title>
<link>https://{HOST}{SHOP.page_of(thing)}</link>
<description>{escape(thing.description)}</description>
<g:image_link>https://{PICTURES}/key-image/{thing.id}.jpg</g:image_link>
<g:price>{thing.price:.2f} USD</g:price><g:availability>in_stock</g:availability>
<g:brand>{escape(thing.author)}</g:brand>
<g:product_type>{escape(" > ".join(_parts(thing.category)))}</g:product_type>
</item>
"""
        for thing in SHOP.things.values()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>\n'
        f"<title>Asset Store products</title><link>https://{HOST}/</link>\n{items}</channel></rss>\n"
    ).encode()


def show_feed(world: World, request: Request) -> Reply:
    """Answer the feed."""
    return file_reply(request, make_feed(), "unity_products.xml", attachment=True)


def _parts(category: str) -> list[str]:
    names = {"3d": "3D", "2d": "2D", "textures-materials": "Textures & Materials", "sound-fx": "Sound FX"}
    return [names.get(part, part.title()) for part in category.split("/")]
