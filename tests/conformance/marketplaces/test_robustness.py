"""Whatever a server answers, only MarketplaceErrors come out, and a purchase is never taken for not made."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tapes import (
    Tape,
    calls_of,
    changed_at,
    load_tapes,
    places,
    play,
    response_of,
    value_at,
    with_body,
    without,
)

from core.errors import (
    AccessDenied,
    CredentialsRejected,
    MarketplaceError,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from core.http.message import Call, Idempotency, Response
from core.marketplaces.base import PurchaseOutcome, PurchaseResult

TAPES = load_tapes()
GOOD = [tape for tape in TAPES if tape.succeeds]
READABLE = [tape for tape in GOOD if all("body" in step["response"] for step in tape.steps)]
# Steps with an answer that no earlier tape's same request had: changing one of two equal answers is enough.
DISTINCT = {
    (str(tape), number)
    for tape, number in {
        (tape.marketplace, json.dumps(step["request"]), json.dumps(step["response"])): (tape, number)
        for tape in reversed(GOOD)
        for number, step in enumerate(tape.steps)
        if "body" in step["response"]
    }.values()
}
every_good_tape = pytest.mark.parametrize("tape", GOOD, ids=str)

WRONG: tuple[Any, ...] = (
    None, "", "text", 0, -1, 7, 1.5, 10**40, True, False, [], {}, [None], {"x": None}, [[[]]], "x" * 20_000,
    "\ud800", "\x00\x1b[31m", ["x"] * 50,
)  # fmt: skip


def first_calls() -> list[Any]:
    """Every kind of call once, with the tape that makes it."""
    found: dict[tuple[str, str], Call[Any]] = {}
    for tape in TAPES:
        for call in calls_of(tape):
            found.setdefault((tape.marketplace, call.operation), call)
    return [pytest.param(call, id="-".join(key)) for key, call in sorted(found.items())]


every_call = pytest.mark.parametrize("call", first_calls())


def spends(call: Call[Any]) -> bool:
    return call.idempotency is Idempotency.SPENDING


def error_of(run: Callable[[], Any]) -> MarketplaceError | None:
    """Return the MarketplaceError that comes out, or None; any other error fails the test."""
    try:
        run()
    except MarketplaceError as error:
        return error
    return None


def read(call: Call[Any], body: bytes, status: int | None = None, **headers: str) -> Any:
    return call.read(Response(status=status or call.statuses[0], headers=headers, body=body))


@every_call
class TestStatuses:
    @pytest.mark.parametrize(
        ("status", "kind"),
        [(401, CredentialsRejected), (403, AccessDenied), (404, NotFound), (410, NotFound),
         (400, RequestRejected), (402, RequestRejected), (418, RequestRejected), (422, RequestRejected)],
    )  # fmt: skip
    def test_a_refusal_is_a_refusal(self, call: Call[Any], status: int, kind: type[MarketplaceError]) -> None:
        for body in (b"", b"{}", b"<html>", b'{"message": "no\\u0000 way"}', b"[1", b"null", b'"x"'):
            with pytest.raises(kind) as caught:
                read(call, body, status)
            assert caught.value.status == status
            assert caught.value.marketplace == call.marketplace
            assert caught.value.message.startswith(call.marketplace_name)
            assert caught.value.message.isprintable()

    @pytest.mark.parametrize(
        "status", [409, 408, 500, 502, 503, 504, 599, 100, 204, 206, 301, 304, 307, 600, 0]
    )
    def test_what_may_have_taken_effect_is_in_doubt(self, call: Call[Any], status: int) -> None:
        with pytest.raises(MarketplaceError) as caught:
            call.read(Response(status=status, headers={}, body=b""))
        if call.idempotency is Idempotency.SPENDING:
            assert type(caught.value) is OutcomeUnknown
            assert not caught.value.retryable
        elif 500 <= status < 600 or status == 408:
            assert type(caught.value) is Unavailable
        else:
            assert type(caught.value) in (RequestRejected, UnexpectedResponse)

    @pytest.mark.parametrize(
        ("headers", "wait"),
        [
            ({}, None),
            ({"retry-after": "12"}, 12.0),
            ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT", "date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 60.0),
            ({"retry-after": "Mon, 23 Nov 2026 12:01:00 GMT"}, None),
            ({"ratelimit-reset": "9"}, 9.0),
        ],
    )
    def test_too_fast_says_how_long(
        self, call: Call[Any], headers: dict[str, str], wait: float | None
    ) -> None:
        with pytest.raises(RateLimited) as caught:
            read(call, b"", 429, **headers)
        assert caught.value.retry_after_s == wait


@every_call
class TestBrokenAnswers:
    @pytest.mark.parametrize(
        "body",
        [b"", b"   ", b"<!doctype html><html></html>", b'{"data": [{"id": "1"', b"null", b"[]", b"{}", b"NaN",
         b'{"data": NaN, "models": NaN, "id": NaN}', b'{"total": 1e999999999999999999999}', b"\xff\xfe\x00",
         b"1" * 5000, b"[" * 100_000, b'{"a":' * 100_000, b'"text"', b"0", b"true",
         b'{"data": 1e400, "models": 1e400, "id": -1}'],
    )  # fmt: skip
    def test_only_our_errors_come_out(self, call: Call[Any], body: bytes) -> None:
        if 300 <= call.statuses[0] < 400:
            body = b""  # the body of a redirect is not looked at
        error = error_of(lambda: read(call, body))
        if error is None:  # an empty list is an answer where lists come bare; nothing else of these is
            assert body == b"[]"
            assert call.operation in ("history", "files")
            return
        if type(error) is NotFound and body == b"[]":
            assert call.operation == "listing", "an item that is not there can be answered with nothing"
            return
        assert type(error) is (OutcomeUnknown if spends(call) else UnexpectedResponse)
        assert error.context["operation"] == call.operation
        assert "path" in error.context
        assert error.message.isprintable()

    @given(data=st.data())
    @settings(max_examples=60)
    def test_any_json(self, call: Call[Any], data: st.DataObject) -> None:
        leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
        names = st.sampled_from(
            ["data", "models", "model", "orders", "order", "files", "id", "image", "assets", "url", "error",
             "download", "errors", "message", "status", "success", "checkout_url", "license", "prices", "x",
             "allotment", "formats", "total", "total_count", "page", "per_page", "username", "image_id",
             "title", "description", "thumbnails", "items", "versions", "version", "price", "transaction",
             "totalNumberOfItems", "itemsPerPage", "size", "duration", "editorial"]
        )  # fmt: skip
        tree = st.recursive(
            leaf, lambda t: st.lists(t, max_size=4) | st.dictionaries(names, t, max_size=6), max_leaves=25
        )
        body = json.dumps(data.draw(tree)).encode()
        location = data.draw(st.text(max_size=30))
        error = error_of(lambda: read(call, body, location=location))
        assert error is None or not spends(call) or type(error) is OutcomeUnknown

    @given(body=st.binary(max_size=200), status=st.integers(0, 700))
    @settings(max_examples=60)
    def test_any_bytes(self, call: Call[Any], body: bytes, status: int) -> None:
        answer = Response(status=status, headers={"date": "x", "retry-after": "y"}, body=body)
        error = error_of(lambda: call.read(answer))
        unclear = status < 400 or status >= 500
        assert error is None or not (spends(call) and unclear) or type(error) is OutcomeUnknown


@every_good_tape
class TestMutations:
    def test_each_field_missing_wrong_or_extra(self, tape: Tape) -> None:
        """Change every place of every answer; purchases must stay what they were, or be in doubt."""
        original = play(tape)
        for number, step in enumerate(tape.steps):
            if (str(tape), number) not in DISTINCT:
                continue
            for changed in _mutations(step["response"]["body"]):
                answers = {number: with_body(step["response"], changed)}
                error = error_of(lambda answers=answers: play(tape, changed=answers))
                if error is None:
                    if isinstance(original, PurchaseResult):
                        _check_same_outcome(original, play(tape, changed=answers), changed)
                elif tape.operation == "purchase":
                    assert type(error) is OutcomeUnknown
                else:
                    assert error.message.isprintable()

    def test_extra_fields_do_not_matter(self, tape: Tape) -> None:
        original = play(tape)
        for number, step in enumerate(tape.steps):
            if "body" in step["response"]:
                body = _with_extras(step["response"]["body"])
                result = play(tape, changed={number: with_body(step["response"], body)})
                assert repr(result) == repr(original)

    def test_every_answer_cut_at_any_byte(self, tape: Tape) -> None:
        step = tape.steps[-1]["response"]
        if "body" not in step:
            return
        whole = response_of(step)
        for length in range(0, len(whole.body), max(1, len(whole.body) // 40)):
            cut = Response(status=whole.status, headers=whole.headers, body=whole.body[:length])
            with pytest.raises(MarketplaceError) as caught:
                play(tape, changed={len(tape.steps) - 1: cut})
            wanted = OutcomeUnknown if tape.operation == "purchase" else UnexpectedResponse
            assert type(caught.value) is wanted


@pytest.mark.parametrize("tape", [t for t in READABLE if t.operation != "purchase"], ids=str)
def test_an_error_names_the_field(tape: Tape) -> None:
    """Whatever is wrong is named by a path that exists in the answer."""
    step = tape.steps[0]["response"]
    for path in places(step["body"]):
        if not path or not isinstance(path[-1], str):
            continue
        for wrong in ([[[]]], {"x": None}):
            changed = {0: with_body(step, changed_at(step["body"], path, wrong))}
            error = error_of(lambda changed=changed: play(tape, changed=changed))
            if isinstance(error, UnexpectedResponse):
                named = str(error.context["path"])
                first = re.split(r"[.\[]", named, maxsplit=1)[0]
                assert first in json.dumps(step["body"]) or named == "the answer"
                assert f"“{named}”" in error.message


def _mutations(body: Any) -> list[Any]:
    found: list[Any] = []
    for path in places(body):
        if path:
            found.append(without(body, path))
        for wrong in WRONG:
            if path and type(wrong) is type(value_at(body, path)):
                continue  # another value of the right type is another answer, not a wrong one
            found.append(changed_at(body, path, wrong))
    return found


def _with_extras(body: Any) -> Any:
    if isinstance(body, dict):
        return {
            **{key: _with_extras(part) for key, part in body.items()},
            "zz_new": {"a": [1]},
            "zz_flag": True,
        }
    if isinstance(body, list):
        return [_with_extras(part) for part in body]
    return copy.copy(body)


def _check_same_outcome(original: PurchaseResult, result: PurchaseResult, changed: Any) -> None:
    """A damaged answer never turns a purchase into a refusal, nor a refusal into a purchase."""
    pair = {original.outcome, result.outcome}
    assert PurchaseOutcome.REFUSED not in pair or len(pair) == 1, changed
    if PurchaseOutcome.PAID in pair and len(pair) == 2:
        pytest.fail(f"{original.outcome} became {result.outcome}: {changed}")
