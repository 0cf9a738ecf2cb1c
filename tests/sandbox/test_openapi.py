"""The Shutterstock side against Shutterstock's own specification (1.0.30): what goes in and what comes out.

The specification itself is validated no further: it repeats an operationId, which openapi-core would refuse.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from sandbox_process import send

pytestmark = [
    pytest.mark.needs_shared,
    # openapi-core reads no OAuth2 scheme and says so; what a token may do is tested with the licenses.
    pytest.mark.filterwarnings("ignore:Unsupported scheme type:UserWarning"),
]

IMAGE, EDITORIAL = "1120280100", "1120281247"
LICENSES = "/v2/images/licenses"
LICENSE_BODY = {
    "images": [
        {
            "image_id": IMAGE,
            "subscription_id": "s1000001",
            "size": "huge",
            "price": 0,
            "search_id": "x",
            "metadata": {
                "purchase_order": "PO-7",
                "job": "Show 12",
                "client": "ACME",
                "customer_id": "ord-1",
            },
        },
        {"image_id": EDITORIAL, "editorial_acknowledgement": True},
        {"image_id": "1", "editorial_acknowledgement": False},
    ]
}


@pytest.fixture(scope="module")
def specification(shared_dir: Any) -> Any:
    from openapi_core import Config, OpenAPI

    path = shared_dir / "api-specs" / "shutterstock-v2.openapi.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    return OpenAPI.from_dict(document, config=Config(spec_validator_cls=None))


@pytest.fixture
def exchange(sandbox: Any, specification: Any) -> Any:
    """Send a request to the sandbox, and hold it and its answer against the specification."""
    from openapi_core.testing import MockRequest, MockResponse
    from werkzeug.datastructures import ImmutableMultiDict

    def run(
        method: str,
        path: str,
        *,
        authorization: str | None = None,
        body: Any = None,
        form: dict[str, str] | None = None,
        query: list[tuple[str, str]] | None = None,
        status: int = 200,
    ) -> Any:
        token = sandbox.credentials["shutterstock"]["user_token"]
        headers = {"Authorization": authorization or f"Bearer {token}"}
        data, kind = b"", "application/json"
        if form is not None:
            data, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data = json.dumps(body).encode()
        text = f"?{urlencode(query)}" if query else ""
        url = f"{sandbox.url}/api.shutterstock.com{path}{text}"
        answer = send(method, url, body=data, headers={**headers, "Content-Type": kind})
        assert answer.status == status, answer.body
        request = MockRequest(
            "https://api.shutterstock.com",
            method.lower(),
            path,
            args=ImmutableMultiDict(query or []),
            headers=headers,
            data=data or None,
            content_type=kind,
        )
        specification.validate_request(request)
        if answer.status == 200:
            answered = MockResponse(
                answer.body, content_type=answer.headers["content-type"].partition(";")[0]
            )
            specification.validate_response(request, answered)
        return answer

    return run


def basic(sandbox: Any) -> str:
    keys = sandbox.credentials["shutterstock"]
    return "Basic " + base64.b64encode(f"{keys['consumer_key']}:{keys['consumer_secret']}".encode()).decode()


@pytest.mark.parametrize("view", ["minimal", "full"])
def test_search(exchange: Any, sandbox: Any, view: str) -> None:
    query = [
        ("view", view),
        ("per_page", "500"),
        ("license", "commercial"),
        ("license", "editorial"),
        ("page", "1"),
        ("sort", "newest"),
        ("safe", "false"),
        ("image_type", "photo"),
        ("image_type", "vector"),
        ("added_date_start", "2018-01-01"),
        ("width_from", "10"),
        ("aspect_ratio_min", "0.1"),
        ("language", "en"),
    ]
    answer = exchange("GET", "/v2/images/search", authorization=basic(sandbox), query=query)
    assert len(answer.json()["data"]) > 30
    nothing = exchange("GET", "/v2/images/search", query=[("query", "zeppelin")])
    assert nothing.json()["data"] == []


def test_details(exchange: Any) -> None:
    exchange("GET", f"/v2/images/{IMAGE}", query=[("view", "full")])
    exchange("GET", f"/v2/images/{IMAGE}", query=[("view", "minimal")])
    exchange("GET", "/v2/images", query=[("id", IMAGE), ("id", EDITORIAL), ("id", "1"), ("view", "full")])
    exchange("GET", "/v2/images/1", status=404)


def test_account(exchange: Any, sandbox: Any) -> None:
    exchange("GET", "/v2/user")
    assert len(exchange("GET", "/v2/user/subscriptions").json()["data"]) == 7
    # A token that never expires has `expires_in: null` by the newer documents; here it is an integer.
    token = sandbox.make_token("shutterstock", expires_in_s=100)
    exchange("GET", "/v2/user/access_token", authorization=f"Bearer {token}")


def test_license_history_and_redownload(exchange: Any) -> None:
    query = [("subscription_id", "s1000002"), ("size", "medium"), ("format", "jpg")]
    results = exchange("POST", LICENSES, body=LICENSE_BODY, query=query).json()["data"]
    assert [bool(result.get("error")) for result in results] == [False, False, True]
    history = exchange("GET", LICENSES, query=[("image_id", IMAGE), ("sort", "oldest"), ("per_page", "200")])
    (entry,) = history.json()["data"]
    assert entry["metadata"] == LICENSE_BODY["images"][0]["metadata"]
    assert len(exchange("GET", LICENSES, query=[("license", "-standard")]).json()["data"]) == 1
    link = exchange("POST", f"{LICENSES}/{entry['id']}/downloads", body={"size": "huge"}).json()["url"]
    assert send("GET", link).status == 200


@pytest.mark.parametrize("expires", ["true", "false"])
def test_oauth(exchange: Any, sandbox: Any, expires: str) -> None:
    keys = sandbox.credentials["shutterstock"]
    query = [
        ("client_id", keys["consumer_key"]),
        ("redirect_uri", "http://localhost:9/"),
        ("response_type", "code"),
        ("state", "s"),
        ("scope", "user.view licenses.view"),
        ("realm", "customer"),
    ]
    answer = exchange("GET", "/v2/oauth/authorize", query=query, status=302)
    back = sandbox.consent(answer.headers["location"], follow=False)
    pair = {"client_id": keys["consumer_key"], "client_secret": keys["consumer_secret"]}
    code = dict(parse_qsl(urlsplit(back).query))["code"]
    form = {**pair, "grant_type": "authorization_code", "code": code, "expires": expires}
    token = exchange("POST", "/v2/oauth/access_token", form=form).json()
    if expires == "true":
        form = {**pair, "grant_type": "refresh_token", "refresh_token": token["refresh_token"]}
        exchange("POST", "/v2/oauth/access_token", form=form)
    exchange("POST", "/v2/oauth/access_token", form={**pair, "grant_type": "client_credentials"})


def test_videos_and_tracks(exchange: Any, sandbox: Any) -> None:
    for medium, query in (
        (
            "videos",
            [
                ("license", "commercial"),
                ("license", "editorial"),
                ("resolution", "4k"),
                ("duration_from", "1"),
            ],
        ),
        (
            "audio",
            [("bpm_from", "60"), ("duration_to", "200"), ("library", "premier"), ("sort", "freshness")],
        ),
    ):
        for view in ("minimal", "full"):
            asked = [("view", view), ("per_page", "500"), ("page", "1"), ("language", "en"), *query]
            answer = exchange("GET", f"/v2/{medium}/search", authorization=basic(sandbox), query=asked).json()
            assert answer["data"]
        item = answer["data"][0]["id"]
        exchange("GET", f"/v2/{medium}/{item}", query=[("view", "full")])
        name = {"videos": "video", "audio": "audio"}[medium]
        body: dict[str, Any] = {f"{name}_id": item, "search_id": "x"}
        if medium == "videos":
            body |= {
                "subscription_id": "s1000006",
                "size": "4k",
                "price": 0,
                "metadata": {"customer_id": "o1"},
            }
            body["editorial_acknowledgement"] = True
        else:
            body["license"] = "premier_music_basic"
        results = exchange(
            "POST", f"/v2/{medium}/licenses", body={medium: [body, {f"{name}_id": "1"}]}
        ).json()["data"]
        assert [bool(result.get("error")) for result in results] == [False, True]
        history = exchange("GET", f"/v2/{medium}/licenses", query=[(f"{name}_id", item)]).json()["data"]
        again = exchange(
            "POST",
            f"/v2/{medium}/licenses/{history[0]['id']}/downloads",
            body={"size": "4k"} if medium == "videos" else None,
            status=403 if answer["data"][0].get("is_editorial") else 200,
        )
        assert again.json()


def test_every_error_of_an_item_and_of_a_request_has_a_message(exchange: Any, stock: Any) -> None:
    for path, query in (
        ("/v2/images/search", {"page": "x"}),
        (LICENSES, {"per_page": 9999}),
        ("/v2/images", {}),
    ):
        body = stock.get(path, **query).json()
        assert body["message"] and all(error["message"] for error in body["errors"])
