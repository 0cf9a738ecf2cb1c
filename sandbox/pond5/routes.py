"""Every operation of the Pond5 side in one table."""

from __future__ import annotations

from ..routing import Route
from . import downloads, items
from .access import API, FILES, PREVIEWS

ROUTES = (
    Route(API, "GET", "/api/v3/search", items.search_items),
    Route(API, "GET", r"/api/v3/items/(?P<item_id>\d{1,18})", items.show_item),
    Route(
        API, "GET", r"/api/v3/items/download/(?P<version>\d{1,18}:\d)/(?P<item_id>\d{1,18})", downloads.sell
    ),
    Route(FILES, "GET", r"/\d+-(?P<size>\w+)/(?P<item_id>\d{1,18})\.\w+", downloads.deliver),
    Route(PREVIEWS, "GET", r"/(?P<item_id>\d{1,18})_still\.jpg", downloads.show_still),
    Route(PREVIEWS, "GET", r"/(?P<item_id>\d{1,18})_preview\.(?P<suffix>mov|wav)", downloads.show_preview),
)
