"""Every operation of the Shutterstock side in one table."""

from __future__ import annotations

from ..message import Reply, Request, json_reply
from ..routing import Route
from ..world import World
from . import account, downloads, images, licenses, oauth

_API = "api.shutterstock.com"


def test_connection(world: World, request: Request) -> Reply:
    """Answer GET /v2/test: the text sent, no credentials needed."""
    return json_reply({"text": request.value("text") or "ok"})


ROUTES = (
    Route(_API, "GET", "/v2/test", test_connection),
    Route(_API, "GET", "/v2/images/search", images.search_images),
    Route(_API, "GET", "/v2/images/licenses", licenses.list_licenses),
    Route(_API, "POST", "/v2/images/licenses", licenses.license_images),
    Route(_API, "POST", r"/v2/images/licenses/(?P<license_id>[^/]+)/downloads", licenses.redownload),
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
)
