"""Tapes: recorded conversations with a marketplace, written from its documents, and how to play them.

A tape names its source and date, the function and its input, the requests that are expected with their
answers, and what must come out. Playing one sends nothing. It is JSON:

- ``source``, ``date`` (of writing), ``capability`` (a value of ``Capability``), ``operation`` (the function);
- ``input``: what the function is given. ``id`` and ``kind`` name the listing (no kind: images, or the only
  one); the rest are fields of its argument: ``text``, ``filters``, ``cursor``, ``wanted``, ``key`` …;
- ``steps``: a pair for each call. ``request``: ``method``, ``path``, ``auth``, ``idempotency``, and where
  there are any ``query`` (a list of ``name=value``) and ``body``. ``response``: ``status`` (200),
  ``headers``, and ``body`` (JSON) or ``text``;
- ``expect``: either ``result``, with the fields that matter (a search and a history give the list of all
  pages; amounts are written as in the ledger: ``money:1200:EUR``, ``credits:1:download``), or ``error``, the
  class's name, with its ``fields``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from core.http.message import Call, Response
from core.marketplaces import registry
from core.marketplaces.base import HistoryQuery, Marketplace, OwnedRef, PurchaseRequest, Wanted
from core.model.listing import (
    Listing,
    ListingRef,
    MediaKind,
    Orientation,
    SearchFilters,
    SearchQuery,
    Sort,
)
from core.model.money import Credits, Money, encode_cost

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "marketplaces" / "tapes"

Json = Any
Steps = Generator[Call[Any], Any, Any]
Respond = Callable[[int, Call[Any]], Response]


@dataclass(frozen=True, kw_only=True)
class Tape:
    """One conversation."""

    marketplace: str
    case: str
    source: str
    date: str
    capability: str
    operation: str
    input: dict[str, Json]
    steps: list[dict[str, Json]]
    expect: dict[str, Json]

    def __str__(self) -> str:
        return f"{self.marketplace}/{self.case}"

    @property
    def module(self) -> Marketplace:
        """The marketplace that it talks with."""
        return registry.find(self.marketplace)

    @property
    def succeeds(self) -> bool:
        """Whether a value comes out at the end."""
        return "result" in self.expect


def load_tapes() -> list[Tape]:
    """Read all tapes, sorted by name."""
    return [
        Tape(marketplace=path.parent.name, case=path.stem, **json.loads(path.read_text(encoding="utf-8")))
        for path in sorted(FOLDER.glob("*/*.json"))
    ]


def start(tape: Tape) -> Steps:
    """Begin the tape's function with its input, as steps whatever it is."""
    module, given = tape.module, tape.input
    match tape.operation:
        case "account":
            return module.account()
        case "search":
            return _pages(module.search, search_query(given))
        case "listing":
            return _one(module.listing(_ref(tape), _kind(tape)))
        case "quote":
            return module.quote(
                Listing(
                    ref=_ref(tape),
                    title="As found",
                    kind=_kind(tape),
                    offers=(),
                    search_id=given.get("search_id", ""),
                ),
                Wanted(**given.get("wanted", {})),
            )
        case "purchase":
            own = {key: value for key, value in given.items() if key not in ("id", "kind")}
            if "references" in own:
                own["references"] = tuple((name, value) for name, value in own["references"])
            return _one(module.purchase(PurchaseRequest(ref=_ref(tape), kind=_kind(tape), **own)))
        case "order_status":
            return _one(module.order_status(_owned(tape)))
        case "download_links":
            return module.download_links(_owned(tape))
        case "history":
            since = given.get("since")
            query = HistoryQuery(
                ref=_ref(tape) if "id" in given else None,
                kind=_kind(tape),
                since=datetime.fromisoformat(since) if since else None,
                cursor=given.get("cursor"),
            )
            return _pages(module.history, query)
    raise AssertionError(f"{tape}: unknown operation {tape.operation!r}")


def calls_of(tape: Tape) -> list[Call[Any]]:
    """Play a tape and return the calls that were made on the way."""
    made: list[Call[Any]] = []

    def respond(step: int, call: Call[Any]) -> Response:
        made.append(call)
        return response_of(tape.steps[step]["response"])

    try:
        drive(start(tape), respond)
    except Exception:  # noqa: BLE001 - only what was asked matters here
        assert made or not tape.steps
    return made


def drive(steps: Steps, respond: Respond) -> Any:
    """Hand each call's value, or its error, back to the steps; return what they return."""
    number = 0
    try:
        call = next(steps)
        while True:
            response = respond(number, call)
            number += 1
            try:
                value = call.read(response)
            except Exception as error:  # noqa: BLE001 - whatever comes out goes into the steps
                call = steps.throw(error)
            else:
                call = steps.send(value)
    except StopIteration as stop:
        return stop.value


def play(tape: Tape, *, changed: dict[int, Response] | None = None) -> Any:
    """Play a tape, optionally with other answers at some steps; return the result or raise its error."""

    def respond(step: int, call: Call[Any]) -> Response:
        if changed and step in changed:
            return changed[step]
        if changed and step >= len(tape.steps):
            return Response(status=404, headers={}, body=b"")  # a changed total can lead behind the last page
        assert step < len(tape.steps), f"{tape}: more calls than steps: {call.request}"
        return response_of(tape.steps[step]["response"])

    return drive(start(tape), respond)


def response_of(answer: dict[str, Json]) -> Response:
    """Build the response of a step: ``body`` is JSON, ``text`` is sent as it is."""
    headers = {"content-type": "application/json", **answer.get("headers", {})}
    if "text" in answer:
        body = answer["text"].encode()
    else:
        body = json.dumps(answer["body"]).encode() if "body" in answer else b""
    return Response(status=answer.get("status", 200), headers=headers, body=body)


def with_body(answer: dict[str, Json], body: Json) -> Response:
    """Build the response of a step with another JSON body."""
    return response_of({**{k: v for k, v in answer.items() if k != "text"}, "body": body})


def request_facts(call: Call[Any]) -> dict[str, Json]:
    """Return a request in the form in which tapes write one."""
    facts: dict[str, Json] = {
        "method": call.request.method,
        "path": urlsplit(call.request.url).path,
        "auth": call.request.auth.value,
        "idempotency": call.idempotency.value,
    }
    if call.request.query:
        facts["query"] = [f"{name}={value}" for name, value in call.request.query]
    if call.request.json_body is not None:
        facts["body"] = json.loads(call.request.json_body)
    return facts


def plain(value: Any) -> Json:
    """Write a result as tapes do: objects by field, costs as in the ledger, times in ISO 8601."""
    if isinstance(value, (Money, Credits)):
        return encode_cost(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, ListingRef):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {part.name: plain(getattr(value, part.name)) for part in fields(value)}
    if isinstance(value, (tuple, list)):
        return [plain(part) for part in value]
    return value


def difference(actual: Json, expected: Json, path: str = "result") -> str:
    """Say where a result differs from what a tape expects; fields that it does not name are free."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            return f"{path}: {actual!r} is no object"
        for key, part in expected.items():
            if key not in actual:
                return f"{path}.{key} is missing"
            found = difference(actual[key], part, f"{path}.{key}")
            if found:
                return found
        return ""
    if isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            return f"{path}: {actual!r} instead of {expected!r}"
        parts = (
            difference(a, e, f"{path}[{i}]") for i, (a, e) in enumerate(zip(actual, expected, strict=True))
        )
        return next((part for part in parts if part), "")
    return (
        ""
        if actual == expected and type(actual) is type(expected)
        else f"{path}: {actual!r}, not {expected!r}"
    )


def places(body: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every value inside a JSON value, itself first."""
    yield path
    if isinstance(body, dict):
        for key, part in body.items():
            yield from places(part, (*path, key))
    elif isinstance(body, list):
        for index, part in enumerate(body):
            yield from places(part, (*path, index))


def value_at(body: Json, path: tuple[str | int, ...]) -> Json:
    """Return the value at a path."""
    for key in path:
        body = body[key]
    return body


def changed_at(body: Json, path: tuple[str | int, ...], new: Json) -> Json:
    """Return a copy with another value at a path."""
    if not path:
        return new
    whole = copy.deepcopy(body)
    value_at(whole, path[:-1])[path[-1]] = new
    return whole


def without(body: Json, path: tuple[str | int, ...]) -> Json:
    """Return a copy without the field or element at a path."""
    whole = copy.deepcopy(body)
    del value_at(whole, path[:-1])[path[-1]]
    return whole


def search_query(given: dict[str, Json]) -> SearchQuery:
    """Build a search from a tape's input."""
    asked = dict(given.get("filters", {}))
    for name in ("min_price", "max_price"):
        if name in asked:
            amount, _, currency = asked[name].partition(" ")
            asked[name] = Money.parse(amount, currency) if currency else Money.parse(amount)
    if "orientation" in asked:
        asked["orientation"] = Orientation(asked["orientation"])
    if "formats" in asked:
        asked["formats"] = tuple(asked["formats"])
    kind = given.get("kind")
    return SearchQuery(
        text=given.get("text", ""),
        kind=MediaKind(kind) if kind else None,
        sort=Sort(given.get("sort", "relevance")),
        filters=SearchFilters(**asked),
        per_page=given.get("per_page", 24),
        cursor=given.get("cursor"),
    )


def _ref(tape: Tape) -> ListingRef:
    return ListingRef(marketplace=tape.marketplace, id=tape.input["id"])


def _kind(tape: Tape) -> MediaKind:
    """Return the kind that a tape names; where it names none, the only one, else images."""
    kinds = tape.module.INFO.kinds
    return MediaKind(tape.input.get("kind") or (min(kinds) if len(kinds) == 1 else MediaKind.IMAGE))


def _owned(tape: Tape) -> OwnedRef:
    own = {key: value for key, value in tape.input.items() if key not in ("id", "kind")}
    return OwnedRef(ref=_ref(tape), kind=_kind(tape), **own)


def _one(call: Call[Any]) -> Steps:
    return (yield call)


def _pages(function: Callable[[Any], Call[Any]], query: Any) -> Steps:
    """Follow the cursors to the end; the result is the list of pages."""
    pages = []
    while True:
        page = yield function(query)
        pages.append(page)
        if page.next_cursor is None:
            return pages
        query = replace(query, cursor=page.next_cursor)
