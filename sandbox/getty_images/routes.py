"""Every operation of the Getty Images side in one table."""

from __future__ import annotations

from ..routing import Route
from . import delivery, downloads, oauth, products, search
from .access import API, DELIVERY, MEDIA, SIGN_IN

_ASSET = r"/v3/(?P<plural>images|videos)/(?P<asset_id>[^/]{1,200})"

ROUTES = (
    Route(API, "GET", r"/v3/search/(?P<plural>images|videos)/(?P<family>creative|editorial)", search.search),
    Route(API, "GET", _ASSET, search.show_asset),
    Route(API, "GET", f"{_ASSET}/downloadhistory", downloads.list_downloads_of),
    Route(API, "GET", "/v3/products", products.list_products),
    Route(API, "GET", "/v3/customers/current", products.show_customer),
    Route(API, "POST", r"/v3/downloads/(?P<plural>images|videos)/(?P<asset_id>[^/]{1,200})", downloads.sell),
    Route(API, "GET", "/v3/downloads", downloads.list_downloads),
    Route(API, "GET", "/v3/purchased-assets", downloads.list_purchases),
    Route(SIGN_IN, "GET", "/oauth2/auth", oauth.show_page),
    Route(SIGN_IN, "POST", "/oauth2/auth", oauth.answer_page),
    Route(SIGN_IN, "POST", "/oauth2/token", oauth.issue_token),
    Route(DELIVERY, "GET", r"/(?P<step>first|file)/(?P<asset_id>\d{1,18})/(?P<size>\w+)", delivery.deliver),
    Route(
        MEDIA,
        "GET",
        r"/id/(?P<asset_id>\d{1,18})/(?P<name>comp|preview|thumb)\.(?P<suffix>jpg|mov)",
        delivery.show_preview,
    ),
)
