"""Every page of the TurboSquid side in one table."""

from __future__ import annotations

from ..routing import Route
from .feed import show_feed, show_packed_feed
from .shop import HOST, PICTURES, SHOP

_ID = r"(?P<thing_id>[0-9]{5,12})"
_PAGES = (
    rf"/3d-models/[^/]*-{_ID}",
    rf"/FullPreview/{_ID}",
    rf"/FullPreview/Index\.cfm/ID/{_ID}",
)
_ORDER = r"/AssetManager/Order/(?P<number>[0-9]{1,12})"

ROUTES = (
    Route(HOST, "GET", r"/Search/Index\.cfm", SHOP.search),
    *(Route(HOST, "GET", page, SHOP.show) for page in _PAGES),
    *(Route(HOST, "POST", page, SHOP.buy) for page in _PAGES),
    Route(HOST, "GET", r"/AssetManager/Index\.cfm", SHOP.list_orders),
    Route(HOST, "GET", _ORDER, SHOP.show_order),
    Route(HOST, "GET", rf"{_ORDER}/invoice\.pdf", SHOP.invoice),
    Route(HOST, "GET", f"{_ORDER}/download", SHOP.download),
    Route(HOST, "GET", r"/feeds/products\.tsv", show_feed),
    Route(HOST, "GET", r"/feeds/products\.tsv\.gz", show_packed_feed),
    Route(PICTURES, "GET", r"/ts-thumb/(?P<thing_id>[0-9]{5,12})\.jpg", SHOP.picture),
)
