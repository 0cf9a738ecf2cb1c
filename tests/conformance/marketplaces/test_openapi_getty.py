"""Getty Images' tapes against the vendor's own OpenAPI file (2024-12): what is asked, and what is answered.

openapi-core judges both. Where the file gives no schema (a single video, the answer to a download, the lists
inside details and histories) there is nothing to judge by, which is tested as well, so that a newer file
that has one is noticed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from getty_openapi import NEWER_FIELDS, build_api, find_operation, load_document, without_newer_fields
from openapi_core import OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from tapes import Tape, calls_of, load_tapes, response_of
from werkzeug.datastructures import MultiDict

from core.http.message import Auth, Call
from core.marketplaces import getty_images, registry

pytestmark = pytest.mark.needs_shared

TAPES = [tape for tape in load_tapes() if tape.marketplace == "getty_images"]
PAIRS = [
    pytest.param(tape, number, id=f"{tape}-{number}") for tape in TAPES for number in range(len(tape.steps))
]
NO_SCHEMA = {"/v3/videos/{id}", "/v3/downloads/images/{id}", "/v3/downloads/videos/{id}"}
GATEWAY = {"401", "402", "403", "429", "500"}  # of any path; the file lists them for some
# Answers that the file does not allow, and that are read all the same: null for what it says is an object.
AGAINST_THE_FILE = {("search_filters", 0), ("search_lean", 0)}


@pytest.fixture(scope="module")
def document(shared_dir: Path) -> dict[str, Any]:
    return load_document(shared_dir)


@pytest.fixture(scope="module")
def api(document: dict[str, Any]) -> OpenAPI:
    return build_api(document)


def path_of(call: Call[Any]) -> str:
    return urlsplit(call.request.url).path


def as_mock(call: Call[Any]) -> MockRequest:
    request = call.request
    return MockRequest(
        "https://api.gettyimages.com",
        request.method.lower(),
        path_of(call),
        args=MultiDict(request.query),
        data=(request.json_body or "").encode(),
        content_type="application/json",
    )


@pytest.mark.parametrize(("tape", "number"), PAIRS)
class TestAgainstTheVendorsFile:
    def test_the_request_is_valid(self, tape: Tape, number: int, api: OpenAPI) -> None:
        api.validate_request(as_mock(calls_of(tape)[number]))

    def test_the_request_invents_nothing(self, tape: Tape, number: int, document: dict[str, Any]) -> None:
        call = calls_of(tape)[number]
        _, operation = find_operation(document, path_of(call), call.request.method)
        known = {parameter["name"] for parameter in operation.get("parameters", [])}
        names = [name for name, _ in call.request.query]
        assert set(names) <= known
        assert len(set(names)) == len(names), "arrays are comma lists here, never repeated"
        if call.request.json_body is not None:
            reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
            schema = document["components"]["schemas"][reference.rsplit("/", 1)[-1]]
            assert set(json.loads(call.request.json_body)) <= set(schema["properties"])

    def test_the_answer_is_valid(
        self, tape: Tape, number: int, api: OpenAPI, document: dict[str, Any]
    ) -> None:
        answer, call = tape.steps[number]["response"], calls_of(tape)[number]
        template, operation = find_operation(document, path_of(call), call.request.method)
        if answer["status"] != 200 or "body" not in answer:
            assert str(answer["status"]) in {*operation["responses"], *GATEWAY}
            return  # the file describes no body for errors
        if template in NO_SCHEMA:
            assert "content" not in operation["responses"]["200"]
            return
        body, removed = without_newer_fields(answer["body"])
        assert removed <= NEWER_FIELDS
        mock = MockResponse(response_of({"body": body}).body, content_type="application/json")
        if (tape.case, number) in AGAINST_THE_FILE:
            with pytest.raises(OpenAPIError):
                api.validate_response(as_mock(call), mock)
            return
        api.validate_response(as_mock(call), mock)


def test_the_key_goes_where_the_file_wants_it(document: dict[str, Any]) -> None:
    schemes, auth = document["components"]["securitySchemes"], getty_images.INFO.auth
    (name,) = [header for header, _ in auth.key_headers]
    assert (schemes["Api-Key"]["in"], schemes["Api-Key"]["name"]) == ("header", name)
    assert {"clientCredentials", "authorizationCode"} <= set(schemes["OAuth2"]["flows"])


def test_every_call_carries_the_key() -> None:
    calls = [call for tape in TAPES for call in calls_of(tape)]
    assert {call.request.auth for call in calls} == {Auth.BEST, Auth.USER_OR_APP}


def test_what_the_file_still_does_not_say(document: dict[str, Any]) -> None:
    """What the page calls lacking. When this fails, a newer file says it, and the page is to follow."""
    schemas, page = document["components"]["schemas"], _page()
    assert "editorial_use_only" not in schemas["AllowedUse"]["properties"]
    assert "territory_restrictions" not in schemas["ImageSearchItemCreative"]["properties"]
    assert "product_types" not in schemas["ImageSearchItemCreative"]["properties"]
    assert schemas["ImagesDetailResults"]["properties"]["images"] == {"nullable": True}
    assert schemas["AssetDownloadHistoryResults"]["properties"]["downloads"] == {"nullable": True}
    assert "detail_set" in schemas["CreativeImagesFieldValues"]["enum"]
    for words in (
        "editorial_use_only",
        "territory_restrictions",
        "detail_set",
        "product_types",
        "largest_downloads",
    ):
        assert words in page


def _page() -> str:
    root = Path(__file__).resolve().parents[3]
    name = registry.find("getty_images").INFO.docs_page
    return (root / "docs" / "marketplaces" / name).read_text(encoding="utf-8")
