"""Every page of the Asset Store side in one table."""

from __future__ import annotations

from ..routing import Route
from .feed import show_feed
from .search import search
from .shop import HOST, PICTURES, SHOP

_PAGE = r"/packages/(?:[^?#]*[-/])?(?P<thing_id>[0-9]{1,10})"
_ORDER = r"/orders/(?P<number>[0-9]{1,18})"

ROUTES = (
    Route(HOST, "GET", "/", SHOP.search),
    Route(HOST, "POST", "/api/search", search),
    Route(HOST, "GET", _PAGE, SHOP.show),
    Route(HOST, "POST", _PAGE, SHOP.buy),
    Route(HOST, "GET", "/orders/?", SHOP.list_orders),
    Route(HOST, "GET", _ORDER, SHOP.show_order),
    Route(HOST, "GET", rf"{_ORDER}/invoice\.pdf", SHOP.invoice),
    # Stands for the Editor's own download, which leaves the file in its cache.
    Route(HOST, "GET", f"{_ORDER}/download", SHOP.download),
    Route(HOST, "GET", r"/feeds/products\.xml", show_feed),
    Route(PICTURES, "GET", r"/key-image/(?P<thing_id>[0-9]{1,10})\.jpg", SHOP.picture),
)
