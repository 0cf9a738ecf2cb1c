"""The Getty Images side against the vendor's own OpenAPI file: what goes in and what comes out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from getty_openapi import build_api, find_operation, load_document, without_newer_fields
from openapi_core import OpenAPI
from openapi_core.testing import MockRequest, MockResponse
from sandbox_process import SandboxProcess, send
from werkzeug.datastructures import ImmutableMultiDict

pytestmark = pytest.mark.needs_shared

PHOTO, NEWS, VIDEO, NEWS_VIDEO = "95744000", "95745110", "690773000", "690773820"
HERE = "https://api.gettyimages.com"
SEARCH_FIELDS = (
    "id,title,caption,artist,asset_family,license_model,collection_code,collection_name,allowed_use"
)
SEARCH_FIELDS += ",call_for_image,keywords,referral_destinations,comp,preview,thumb,largest_downloads"
Exchange = Callable[..., Any]


@pytest.fixture(scope="module")
def document(shared_dir: Path) -> dict[str, Any]:
    return load_document(shared_dir)


@pytest.fixture(scope="module")
def api(document: dict[str, Any]) -> OpenAPI:
    return build_api(document)


@pytest.fixture
def exchange(sandbox: SandboxProcess, api: OpenAPI, document: dict[str, Any]) -> Exchange:
    """Send a request to the sandbox, and hold it and its answer against the file."""

    def run(method: str, path: str, *, body: Any = None, status: int = 200, **query: str) -> Any:
        keys = sandbox.credentials["getty_images"]
        headers = {"Api-Key": keys["client_id"], "Authorization": f"Bearer {keys['user_token']}"}
        data = b"" if body is None else json.dumps(body).encode()
        url = f"{sandbox.url}/api.gettyimages.com{path}{f'?{urlencode(query)}' if query else ''}"
        answer = send(method, url, body=data, headers={**headers, "Content-Type": "application/json"})
        assert answer.status == status, answer.body
        asked = MockRequest(
            HERE, method.lower(), path, args=ImmutableMultiDict(query), headers=headers, data=data or None,
            content_type="application/json",
        )  # fmt: skip
        api.validate_request(asked)
        _, operation = find_operation(document, path, method)
        assert str(status) in operation["responses"]
        if status != 200:
            return None
        if "content" in operation["responses"]["200"]:
            # Its addresses are of this machine; nothing in the file says what an address looks like.
            told, _ = without_newer_fields(answer.json())
            api.validate_response(
                asked, MockResponse(json.dumps(told).encode(), content_type="application/json")
            )
        return answer.json()

    return run


@pytest.mark.parametrize("family", ["creative", "editorial"])
def test_search_for_images(exchange: Exchange, family: str) -> None:
    fields = f"{SEARCH_FIELDS},max_dimensions,graphical_style,quality_rank,date_created"
    query = {"page": "1", "page_size": "100", "fields": fields, "sort_order": "newest"}
    body = exchange("GET", f"/v3/search/images/{family}", **query)
    assert len(body["images"]) == body["result_count"] > 0
    query |= {
        "orientations": "square,horizontal",
        "collection_codes": "DV,GIN",
        "collections_filter_type": "include",
    }
    exchange("GET", f"/v3/search/images/{family}", **query)
    exchange("GET", f"/v3/search/images/{family}", phrase="zxqv")
    exchange("GET", f"/v3/search/images/{family}", status=400, page="99")


@pytest.mark.parametrize("family", ["creative", "editorial"])
@pytest.mark.parametrize("form", ["frames", "clock", "null"])
def test_search_for_videos(sandbox: SandboxProcess, exchange: Exchange, family: str, form: str) -> None:
    sandbox.switch(getty_clip_length=form)
    fields = f"{SEARCH_FIELDS},clip_length,mastered_to,product_types"
    query = {"fields": fields, "min_clip_length": "1", "max_clip_length": "60", "format_available": "4k"}
    assert exchange("GET", f"/v3/search/videos/{family}", page_size="50", **query)["videos"]


def test_details(sandbox: SandboxProcess, exchange: Exchange) -> None:
    fields = f"{SEARCH_FIELDS},download_sizes,downloads,istock_licenses"
    for asset_id in (PHOTO, NEWS):
        exchange("GET", f"/v3/images/{asset_id}", fields=f"{fields},max_dimensions")
    exchange("GET", "/v3/images/1", status=404)
    sandbox.switch(getty_missing="list")
    exchange("GET", "/v3/images/1")
    fields = fields.replace(",largest_downloads", ",clip_length,mastered_to")
    for asset_id in (VIDEO, NEWS_VIDEO):
        exchange("GET", f"/v3/videos/{asset_id}", fields=fields)
    exchange("GET", "/v3/videos/1", status=404)


def test_account(exchange: Exchange) -> None:
    assert exchange("GET", "/v3/customers/current")["first_name"] == "Sandbox"
    assert len(exchange("GET", "/v3/products", fields="download_requirements")["products"]) == 8
    exchange("GET", "/v3/products")


def test_downloads_and_their_history(exchange: Exchange) -> None:
    query = {"auto_download": "false", "product_type": "premiumaccess", "product_id": "2726"}
    body = {"download_notes": "Clearance 1; Show 12", "project_code": None}
    assert exchange(
        "POST", f"/v3/downloads/images/{PHOTO}", body=body, height="512", file_type="jpg", **query
    )["uri"]
    assert exchange("POST", f"/v3/downloads/videos/{VIDEO}", body=body, size="hd1", **query)["uri"]
    exchange(
        "POST", f"/v3/downloads/images/{PHOTO}", body={}, status=303, **{**query, "auto_download": "true"}
    )
    exchange("POST", "/v3/downloads/images/1", body=body, status=404, **query)
    history = exchange("GET", "/v3/downloads", use_time="true", page="1", page_size="100")
    assert history["result_count"] == 3
    exchange("GET", "/v3/downloads", date_from="2026-01-01T00:00:00Z", product_type="premiumaccess")
    assert len(exchange("GET", f"/v3/images/{PHOTO}/downloadhistory")["downloads"]) == 2
    assert exchange("GET", f"/v3/videos/{NEWS_VIDEO}/downloadhistory")["downloads"] == []


def test_what_the_website_sold(sandbox: SandboxProcess, exchange: Exchange) -> None:
    exchange("GET", "/v3/purchased-assets", status=403)
    sandbox.switch(getty_purchased_assets="delivery")
    assert exchange("GET", "/v3/purchased-assets", page="1", page_size="100")["result_count"] == 1
