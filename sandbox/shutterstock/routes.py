"""Every operation of the Shutterstock side in one table."""

from __future__ import annotations

from functools import partial

from ..message import Reply, Request, json_reply
from ..routing import Route
from ..world import World
from . import account, downloads, footage, images, licenses, oauth

_API = "api.shutterstock.com"


def test_connection(world: World, request: Request) -> Reply:
    """Answer GET /v2/test: the text sent, no credentials needed."""
    return json_reply({"text": request.value("text") or "ok"})


ROUTES = (
    Route(_API, "GET", "/v2/test", test_connection),
    Route(_API, "GET", "/v2/images/search", images.search_images),
    Route(_API, "GET", "/v2/videos/search", footage.search_videos),
    Route(_API, "GET", "/v2/audio/search", footage.search_tracks),
    *(
        route
        for medium in (licenses.IMAGES, licenses.VIDEOS, licenses.AUDIO)
        for route in (
            Route(_API, "GET", f"/v2/{medium.path}/licenses", partial(licenses.list_licenses, medium=medium)),
            Route(
                _API, "POST", f"/v2/{medium.path}/licenses", partial(licenses.license_items, medium=medium)
            ),
            Route(
                _API,
                "POST",
                rf"/v2/{medium.path}/licenses/(?P<license_id>[^/]+)/downloads",
                partial(licenses.redownload, medium=medium),
            ),
        )
    ),
    Route(_API, "GET", r"/v2/videos/(?P<item_id>[^/]+)", footage.show_video),
    Route(_API, "GET", r"/v2/audio/(?P<item_id>\d{1,18})", footage.show_track),
    Route(_API, "GET", "/v2/images", images.show_images),
    Route(_API, "GET", r"/v2/images/(?P<image_id>[^/]+)", images.show_image),
    Route(_API, "GET", "/v2/user", account.show_user),
    Route(_API, "GET", "/v2/user/access_token", account.show_token),
    Route(_API, "GET", "/v2/user/subscriptions", account.list_subscriptions),
    Route(_API, "GET", "/v2/oauth/authorize", oauth.start),
    Route(_API, "POST", "/v2/oauth/access_token", oauth.issue_token),
    Route("accounts.shutterstock.com", "GET", "/oauth/authorize", oauth.show_page),
    Route("accounts.shutterstock.com", "POST", "/oauth/authorize", oauth.answer_page),
    Route(
        "image.shutterstock.com",
        "GET",
        r"/(?P<kind>\w+)/shutterstock-(?P<image_id>\d+)\.jpg",
        downloads.show_preview,
    ),
    Route(
        downloads.HOST,
        "GET",
        r"/gatekeeper/\w+-(?P<size>\w+)/shutterstock_(?P<image_id>\d+)\.\w+",
        downloads.deliver,
    ),
    Route(
        downloads.HOST,
        "GET",
        r"/gatekeeper/\w+-(?P<size>\w+)/shutterstock_[va](?P<item_id>\d+)\.\w+",
        downloads.deliver_stock,
    ),
    Route(
        "image.shutterstock.com", "GET", r"/still/shutterstock-v(?P<item_id>\d+)\.jpg", downloads.show_still
    ),
)
