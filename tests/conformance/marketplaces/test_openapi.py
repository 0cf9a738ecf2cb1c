"""Shutterstock's tapes against the vendor's own OpenAPI file (1.0.30): what is asked, and what is answered.

openapi-core judges requests and answers. Two things in the vendor's file are too much for its strict mode,
so they are left out: two operations share an id (the file as such is not valid), and the OAuth scheme is of a
kind that it only warns of (which credential goes where is compared below instead). Beside what it checks,
names that the file does not know are found here, because it allows any and none may be invented.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse
from tapes import Tape, calls_of, load_tapes, response_of
from werkzeug.datastructures import MultiDict

from core.http.message import Auth, Call

pytestmark = pytest.mark.needs_shared

TAPES = [tape for tape in load_tapes() if tape.marketplace == "shutterstock"]
PAIRS = [
    pytest.param(tape, number, id=f"{tape}-{number}") for tape in TAPES for number in range(len(tape.steps))
]

# What newer official descriptions have (S-SDK, API 1.5.2), and this file of 2021 does not.
NEWER_QUERY = {
    ("/v2/images/{id}", "search_id"),
    ("/v2/videos/{id}", "search_id"),
    ("/v2/audio/{id}", "search_id"),
}
NEWER_QUERY |= {("/v2/audio/licenses", name) for name in ("start_date", "sort", "page", "per_page")}
NEWER_FIELDS = {"license_id", "asset_collection", "metadata", "allotment_charge"}  # the last two of audio
# Tapes of what was observed against the documents (A5.5: somebody's client guards against this form).
AGAINST_THE_FILE = {("purchase_refused_object", 0)}


@pytest.fixture(scope="module")
def document(shared_dir: Path) -> dict[str, Any]:
    text = (shared_dir / "api-specs" / "shutterstock-v2.openapi.json").read_text(encoding="utf-8")
    whole: dict[str, Any] = json.loads(text)
    return whole


@pytest.fixture(scope="module")
def api(document: dict[str, Any]) -> OpenAPI:
    paths = {
        path: {
            method: {key: value for key, value in operation.items() if key != "security"}
            for method, operation in operations.items()
        }
        for path, operations in document["paths"].items()
        if path.startswith(("/v2/images", "/v2/videos", "/v2/audio", "/v2/user"))
    }
    return OpenAPI.from_dict({**document, "paths": paths}, config=Config(spec_validator_cls=None))


def find_operation(document: dict[str, Any], call: Call[Any]) -> tuple[str, dict[str, Any]]:
    """Return the path template and the operation that a call is for; a plain path wins over a template."""
    parts = urlsplit(call.request.url).path.split("/")

    def fits(template: str) -> bool:
        wanted = template.split("/")
        return len(wanted) == len(parts) and all(
            w.startswith("{") or w == p for w, p in zip(wanted, parts, strict=True)
        )

    found = sorted((path for path in document["paths"] if fits(path)), key=lambda path: path.count("{"))
    assert found, f"the document has no {call.request.url}"
    return found[0], document["paths"][found[0]][call.request.method.lower()]


def as_mock(call: Call[Any]) -> MockRequest:
    request = call.request
    return MockRequest(
        "https://api.shutterstock.com",
        request.method.lower(),
        urlsplit(request.url).path,
        args=MultiDict(request.query),
        data=(request.json_body or "").encode(),
        content_type="application/json",
    )


def names_in(schema: dict[str, Any], document: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of fields that a schema with listed properties does not list."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    if isinstance(value, list) and "items" in schema:
        for part in value:
            yield from names_in(schema["items"], document, part, f"{path}[]")
    properties = schema.get("properties")
    if isinstance(value, dict) and properties:
        for name, part in value.items():
            if name in properties:
                yield from names_in(properties[name], document, part, f"{path}.{name}")
            elif name not in NEWER_FIELDS:
                yield f"{path}.{name}"


@pytest.mark.parametrize(("tape", "number"), PAIRS)
class TestAgainstTheVendorsFile:
    def test_the_request_is_valid(self, tape: Tape, number: int, api: OpenAPI) -> None:
        api.validate_request(as_mock(calls_of(tape)[number]))

    def test_the_request_invents_nothing(self, tape: Tape, number: int, document: dict[str, Any]) -> None:
        call = calls_of(tape)[number]
        template, operation = find_operation(document, call)
        known = {parameter["name"] for parameter in operation.get("parameters", [])}
        known |= {name for path, name in NEWER_QUERY if path == template}
        assert {name for name, _ in call.request.query} <= known
        if "requestBody" not in operation:
            assert call.request.json_body in (None, "{}")
        elif call.request.json_body is not None:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert list(names_in(schema, document, json.loads(call.request.json_body))) == []

    def test_the_credential_is_one_that_it_takes(
        self, tape: Tape, number: int, document: dict[str, Any]
    ) -> None:
        call = calls_of(tape)[number]
        _, operation = find_operation(document, call)
        taken = {scheme for choice in operation["security"] for scheme in choice}
        scopes = {
            scope for choice in operation["security"] for scope in choice.get("customer_accessCode", [])
        }
        assert "customer_accessCode" in taken
        assert scopes <= set(tape.module.INFO.auth.scopes)
        assert call.request.auth is (Auth.USER_OR_APP if "basic" in taken else Auth.USER)

    def test_the_answer_is_valid(
        self, tape: Tape, number: int, api: OpenAPI, document: dict[str, Any]
    ) -> None:
        answer = tape.steps[number]["response"]
        if answer["status"] != 200 or "body" not in answer:
            return  # the file describes no body for errors
        call, response = calls_of(tape)[number], response_of(answer)
        mock = MockResponse(response.body, status_code=200, content_type="application/json")
        if (tape.case, number) in AGAINST_THE_FILE:
            with pytest.raises(OpenAPIError):
                api.validate_response(as_mock(call), mock)
            return
        api.validate_response(as_mock(call), mock)
        schema = find_operation(document, call)[1]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]
        assert list(names_in(schema, document, answer["body"])) == []


def test_the_vendors_own_examples_are_read(document: dict[str, Any]) -> None:
    """Every example answer in the file goes through our readers."""
    seen = set()
    for tape in TAPES:
        for call in calls_of(tape):
            template, operation = find_operation(document, call)
            examples = operation["responses"]["200"]["content"]["application/json"].get("examples", {})
            if call.operation == "purchase":
                continue  # its example is for another item, which our reader has to notice
            for example in examples.values():
                call.read(response_of({"body": example["value"]}))
                seen.add((template.split("/")[2], call.operation))
    assert seen == {
        ("user", "account"),
        ("user", "subscriptions"),
        *((medium, step) for medium in ("images", "videos") for step in ("search", "listing", "history")),
        *((medium, "download_links") for medium in ("images", "videos")),
        *(("audio", step) for step in ("search", "listing")),
    }
