"""Every operation of the CGTrader side in one table."""

from __future__ import annotations

from ..routing import Route
from . import models, oauth, orders
from .access import API, WEB

_MODEL = r"/v1/models/(?P<model_id>\d{1,18})"

ROUTES = (
    Route(API, "GET", "/v1/models/?", models.search_models),
    Route(API, "GET", _MODEL, models.show_model),
    Route(API, "GET", f"{_MODEL}/images", models.list_images),
    Route(API, "GET", f"{_MODEL}/files", models.list_files),
    Route(API, "GET", f"{_MODEL}/license", models.show_license),
    Route(API, "GET", rf"{_MODEL}/files/(?P<number>\d{{1,18}})", orders.send_to_file),
    Route(API, "GET", "/v1/categories/?", models.list_categories),
    Route(API, "GET", r"/v1/categories/(?P<category_id>\d{1,18})", models.show_category),
    Route(API, "GET", r"/v1/users/me(\.json)?", models.show_me),
    Route(API, "POST", "/v1/orders/?", orders.create_order),
    Route(API, "GET", "/v1/orders/?", orders.list_orders),
    Route(API, "GET", r"/v1/orders/(?P<order_id>\d{1,18})", orders.show_order),
    Route(WEB, "GET", "/oauth/authorize", oauth.show_page),
    Route(WEB, "POST", "/oauth/authorize", oauth.answer_page),
    Route(WEB, "POST", "/oauth/token", oauth.issue_token),
    Route(WEB, "GET", r"/cg/instant-checkout/(?P<order_id>\d{1,18})", orders.show_checkout),
    Route(WEB, "POST", r"/cg/instant-checkout/(?P<order_id>\d{1,18})", orders.answer_checkout),
    Route(orders.FILES, "GET", r"/items/(?P<model_id>\d{1,18})/(?P<number>\d{1,18})/[^/]+", orders.deliver),
    Route(
        "img-new.cgtrader.com",
        "GET",
        r"/items/(?P<model_id>\d{1,18})/(?P<number>\d)\.jpg",
        orders.show_preview,
    ),
)
