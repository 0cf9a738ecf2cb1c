"""``Call.read``: the one place where statuses and broken answers become errors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AccessDenied,
    MarketplaceError,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from core.http.message import Call, Idempotency, Request, Response, decode_json, encode_json
from core.http.pacing import Told
from core.http.statuses import (
    MAX_DEPTH,
    clean_text,
    nests_too_deep,
    read_retry_after,
    read_told,
    vendor_words,
)

DATE = "Mon, 23 Nov 2026 12:00:00 GMT"
DATE_MS = 1_795_435_200_000


def make(reader: Any = lambda value, headers: value, **changes: Any) -> Call[Any]:
    facts: dict[str, Any] = {
        "marketplace": "shop",
        "marketplace_name": "The Shop",
        "operation": "look_up",
        "request": Request(method="GET", url="https://shop.example/v1/x"),
        "read_json": reader,
        **changes,
    }
    return Call(**facts)


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Response:
    return Response(
        status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}, body=body
    )


def refusal(status: int, body: bytes = b"", *, spending: bool = False, **headers: str) -> MarketplaceError:
    how = Idempotency.SPENDING if spending else Idempotency.SAFE
    with pytest.raises(MarketplaceError) as caught:
        make(idempotency=how).read(answer(body, status, **headers))
    return caught.value


class TestAnswers:
    def test_the_reader_gets_value_and_headers(self) -> None:
        def read(value: Any, headers: Mapping[str, str]) -> tuple[Any, str]:
            return value, headers["x-y"]

        assert make(read).read(answer(b'\xef\xbb\xbf {"a": [1, 1.10, true, null, "\xc3\xa9"]}', x_y="z")) == (
            {"a": [1, Decimal("1.10"), True, None, "é"]},
            "z",
        )

    def test_decimals_are_exact(self) -> None:
        assert str(decode_json(b"19.90")) == "19.90"
        assert decode_json(b"0.1") + decode_json(b"0.2") == Decimal("0.3")

    def test_an_empty_body_only_where_it_may_be(self) -> None:
        assert make(may_be_empty=True).read(answer(b" \n")) is None
        with pytest.raises(UnexpectedResponse, match="it is empty"):
            make().read(answer(b""))

    def test_a_redirect_that_counts_is_read_by_its_headers(self) -> None:
        call = make(lambda value, headers: (value, headers["location"]), statuses=(302,))
        assert call.read(answer(b"<html>moved", 302, location="https://x")) == (None, "https://x")

    def test_only_the_named_statuses_are_answers(self) -> None:
        assert make(statuses=(200, 201)).read(answer(b"1", 201)) == 1
        with pytest.raises(UnexpectedResponse, match="not documented for this step"):
            make(statuses=(200, 201)).read(answer(b"1", 202))

    def test_errors_that_a_reader_means_pass_through(self) -> None:
        def read(value: Any, headers: Mapping[str, str]) -> None:
            raise NotSupported("not here", marketplace="shop")

        with pytest.raises(NotSupported, match="not here"):
            make(read).read(answer(b"1"))

    @pytest.mark.parametrize(
        "error",
        [KeyError("secret"), TypeError(), ValueError(), RecursionError(), OverflowError(), AttributeError()],
    )
    def test_a_readers_slip_stays_inside(self, error: Exception) -> None:
        def read(value: Any, headers: Mapping[str, str]) -> None:
            raise error

        with pytest.raises(UnexpectedResponse) as caught:
            make(read).read(answer(b"1"))
        assert "secret" not in str(caught.value)
        with pytest.raises(OutcomeUnknown):
            make(read, idempotency=Idempotency.SPENDING).read(answer(b"1"))

    def test_a_refusal_can_be_an_answer_or_say_more(self) -> None:
        def look(status: int, body: Any) -> str | None:
            if body["code"] == "end":
                return "nothing more"
            if body["code"] == "user":
                raise AccessDenied("The Shop wants a user.", marketplace="shop", status=status)
            return None

        call = make(read_refusal=look)
        assert call.read(answer(b'{"code": "end"}', 400)) == "nothing more"
        with pytest.raises(AccessDenied, match="wants a user"):
            call.read(answer(b'{"code": "user"}', 401))
        for body in (b'{"code": "other"}', b"{}", b"", b"<html>", b"[]", b"7"):
            with pytest.raises(RequestRejected):
                call.read(answer(body, 400))

    @pytest.mark.parametrize("status", [301, 408, 409, 425, 429, 500, 503])
    def test_what_is_no_plain_no_is_never_looked_at(self, status: int) -> None:
        call = make(read_refusal=lambda status, body: "bought", idempotency=Idempotency.SPENDING)
        with pytest.raises(MarketplaceError):
            call.read(answer(b'{"code": "end"}', status))

    def test_the_place_is_named(self) -> None:
        def read(value: Any, headers: Mapping[str, str]) -> None:
            raise UnexpectedResponse("“data[3].id” is missing", context={"path": "data[3].id"})

        with pytest.raises(UnexpectedResponse) as caught:
            make(read).read(answer(b"1"))
        assert str(caught.value).startswith(
            "The Shop's answer (look up) is not as documented: “data[3].id” is missing."
        )
        assert dict(caught.value.context) == {
            "operation": "look_up", "path": "data[3].id", "marketplace": "shop", "status": 200,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"<html>", "web page"),
            (b'{"a": ', "cut off"),
            (b"NaN", "not valid JSON"),
            (b"[-Infinity]", "not valid JSON"),
            (b"\xff", "not valid JSON"),
            (b"9" * 5000, "not valid JSON"),
            (b"1e9999999999999999999999", "not valid JSON"),
            (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "not valid JSON"),
        ],
    )
    def test_what_is_no_json_says_so(self, body: bytes, words: str) -> None:
        with pytest.raises(UnexpectedResponse, match=words):
            make().read(answer(body))

    def test_without_a_display_name_the_id_is_shown(self) -> None:
        with pytest.raises(Unavailable, match=r"^shop has a problem"):
            make(marketplace_name="").read(answer(b"", 500))

    def test_a_response_shows_nothing_of_itself(self) -> None:
        response = answer(b"token", location="https://signed")
        assert repr(response) == "Response(status=200)"

    def test_bodies_are_ascii_and_keep_their_order(self) -> None:
        assert encode_json({"b": "é🪑", "a": None}) == '{"b":"\\u00e9\\ud83e\\ude91","a":null}'


class TestNesting:
    def test_the_bound_is_exact(self) -> None:
        assert decode_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH) is not None
        assert nests_too_deep(b"[" * (MAX_DEPTH + 1))
        assert nests_too_deep(b'{"a":' * (MAX_DEPTH + 1))

    def test_brackets_in_strings_do_not_count(self) -> None:
        assert not nests_too_deep(b'["' + b"[" * 1000 + b'"]')
        assert not nests_too_deep(b'["\\"' + b"[" * 1000 + b'"]')
        assert not nests_too_deep(b"[" + b"[]," * 10_000 + b"1]")

    def test_on_a_thread_with_a_small_stack(self) -> None:
        caught: list[BaseException] = []

        def work() -> None:
            try:
                make().read(answer(b"[" * 500_000))
            except UnexpectedResponse as error:
                caught.append(error)

        old = threading.stack_size(256 * 1024)
        try:
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
        finally:
            threading.stack_size(old)
        assert len(caught) == 1


class TestRefusals:
    def test_the_vendors_words_are_repeated(self) -> None:
        error = refusal(403, b'{"message": "You do not have access to this route"}')
        assert type(error) is AccessDenied
        assert "“You do not have access to this route”" in str(error)

    def test_payment_required_has_its_own_code(self) -> None:
        error = refusal(402)
        assert type(error) is RequestRejected
        assert error.code == "marketplace.payment_required"

    def test_a_conflict_has_its_own_code_and_is_in_doubt_when_spending(self) -> None:
        assert refusal(409).code == "marketplace.conflict"
        assert type(refusal(409, spending=True)) is OutcomeUnknown

    @pytest.mark.parametrize("status", [200 + 4, 302, 408, 500, 503])
    def test_spending_in_doubt(self, status: int) -> None:
        error = refusal(status, spending=True)
        assert type(error) is OutcomeUnknown
        assert not error.retryable
        assert error.status == status

    @pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422, 429])
    def test_spending_refused_is_certain(self, status: int) -> None:
        assert type(refusal(status, spending=True)) is type(refusal(status))

    def test_a_server_that_says_when_it_is_back(self) -> None:
        error = refusal(503, retry_after="30")
        assert type(error) is Unavailable
        assert error.context["retry_after_s"] == 30.0

    @pytest.mark.parametrize(
        ("header", "value"),
        [
            ("x_error_detail", "Account Over Queries Per Second Limit"),
            ("x_error_detail_header", "Account Over Rate Limit"),
            ("x_mashery_error_code", "ERR_403_DEVELOPER_OVER_QPS"),
            ("x_mashery_error_code", "ERR_403_DEVELOPER_OVER_RATE"),
            ("X_Error_Detail", "Quota exceeded"),
        ],
    )
    def test_403_can_be_a_rate_limit(self, header: str, value: str) -> None:
        error = refusal(403, b"", **{header: value}, retry_after="3")
        assert isinstance(error, RateLimited)
        assert (error.retry_after_s, error.status) == (3.0, 403)

    @pytest.mark.parametrize("value", ["Not authorized", "Invalid key", ""])
    def test_403_mostly_is_not(self, value: str) -> None:
        assert type(refusal(403, x_error_detail=value)) is AccessDenied

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
    def test_hostile_words_do_no_harm(self, status: int) -> None:
        body = encode_json({"message": "\x1b[31m\u202eevil\n" + "x" * 5000}).encode()
        error = refusal(status, body)
        assert error.message.isprintable()
        assert len(error.message) < 600


class TestVendorWords:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({"message": "Outer", "errors": [{"code": "X", "message": "Inner"}]}, "Inner"),
            ({"message": "Outer", "errors": []}, "Outer"),
            ({"error": "Plain."}, "Plain"),
            ({"error": {"message": "Nested"}}, "Nested"),
            ({"error": "invalid_grant", "error_description": "Expired"}, "Expired"),
            ({"errors": ["First", "Second"]}, "First"),
            ("Just text", "Just text"),
            ([{"message": "In a list"}], "In a list"),
            (None, ""), (5, ""), ({}, ""), ([], ""), ({"message": None, "error": 7}, ""),
            ({"errors": {"a": "b"}}, ""),
        ],
    )  # fmt: skip
    def test_shapes(self, body: Any, words: str) -> None:
        assert vendor_words(body) == words

    def test_a_deep_body_ends(self) -> None:
        body: Any = "hidden"
        for _ in range(5000):
            body = {"error": body}
        assert vendor_words(body) == ""

    @pytest.mark.parametrize(
        "said",
        [
            "GET https://s3.example/a.zip?X-Amz-Signature=abcdef failed",
            "Bearer abcdefgh12345678 is not valid",
            "token v2/" + "aB3" * 40,
            "Authorization: Basic dXNlcjpwYXNzd29yZA==",
        ],
    )
    def test_what_looks_like_a_secret_is_left_out(self, said: str) -> None:
        shown = vendor_words({"message": said})
        for secret in ("abcdef", "abcdefgh12345678", "aB3aB3", "dXNlcjpwYXNzd29yZA"):
            assert secret not in shown

    def test_an_order_key_stays(self) -> None:
        key = "5b0f7f3a-8a55-4f4e-9d55-2f1f0f5b7c11"
        assert key in vendor_words({"message": f"uuid {key} has been taken"})

    @given(st.text(max_size=3000))
    def test_any_words_are_safe_to_show(self, said: str) -> None:
        shown = vendor_words({"message": said})
        assert len(shown) <= 300
        assert not any(ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in shown)
        shown.encode()


class TestRetryAfter:
    @pytest.mark.parametrize(
        ("headers", "body", "wait"),
        [
            ({}, None, None),
            ({"retry-after": "0"}, None, 0.0),
            ({"retry-after": " 1.5 "}, None, 1.5),
            ({"retry-after": "-3"}, None, 0.0),
            ({"retry-after": "Mon, 23 Nov 2026 12:02:00 GMT", "date": DATE}, None, 120.0),
            ({"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT", "date": DATE}, None, 0.0),
            ({"retry-after": "Mon, 23 Nov 2026 12:02:00 GMT"}, None, None),
            ({"retry-after": "soon", "ratelimit-reset": "4"}, None, 4.0),
            ({"retry-after": "nan"}, None, None),
            ({"retry-after": "inf"}, None, None),
            ({"retry-after": "1e3"}, None, None),
            ({"x-ratelimit-reset": "60"}, None, 60.0),
            # A slip at the vendor's must not lock the key for years.
            ({"retry-after": "99999999999"}, None, 86_400.0),
            ({"retry-after": "Mon, 23 Nov 2099 12:02:00 GMT", "date": DATE}, None, 86_400.0),
            ({"ratelimit-reset": "9000000"}, None, 86_400.0),
            ({"date": DATE}, {"reset": DATE_MS * 5}, 86_400.0),
            ({"x-ratelimit-reset": str(DATE_MS // 1000 + 5), "date": DATE}, None, 5.0),
            ({"ratelimit-reset": str(DATE_MS + 2500), "date": DATE}, None, 2.5),
            ({"ratelimit-reset": str(DATE_MS + 2500)}, None, None),
            ({"date": DATE}, {"reset": DATE_MS + 30_000}, 30.0),
            ({"date": DATE}, {"reset": DATE_MS - 30_000}, 0.0),
            ({"date": "nonsense"}, {"reset": DATE_MS}, None),
            ({"date": DATE}, {"reset": True}, None),
            ({"date": DATE}, {"reset": None}, None),
            ({"date": DATE}, {"reset": [1]}, None),
            ({"date": DATE}, ["reset"], None),
        ],
    )
    def test_forms(self, headers: dict[str, str], body: Any, wait: float | None) -> None:
        assert read_retry_after(headers, body) == wait

    def test_headers_in_any_case(self) -> None:
        error = refusal(429, **{"Retry-After": "8"})
        assert isinstance(error, RateLimited)
        assert error.retry_after_s == 8.0
        assert "in 8 seconds" in str(error)

    @given(st.dictionaries(st.sampled_from(["retry-after", "ratelimit-reset", "date"]), st.text(max_size=40)))
    def test_any_header_ends_in_a_number_or_none(self, headers: dict[str, str]) -> None:
        wait = read_retry_after(headers)
        assert wait is None or 0 <= wait <= 86_400.0


class TestVendorsCounter:
    @pytest.mark.parametrize(
        ("headers", "told"),
        [
            ({}, None),
            ({"RateLimit-Limit": "100"}, None),
            ({"RateLimit-Remaining": "soon"}, None),
            ({"RateLimit-Remaining": "7"}, Told(remaining=7)),
            ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}, Told(remaining=0, reset_s=30.0)),
            ({"ratelimit-remaining": "-1", "ratelimit-limit": "0"}, Told(remaining=0)),
            (
                {"RateLimit-Limit": "100, 100;w=60", "RateLimit-Remaining": "50", "RateLimit-Reset": "12"},
                Told(remaining=50, limit=100, reset_s=12.0),
            ),
            (
                {"RateLimit-Remaining": "1", "RateLimit-Reset": str(DATE_MS + 2500), "Date": DATE},
                Told(remaining=1, reset_s=2.5),
            ),
            (
                {"RateLimit-Remaining": "1", "RateLimit-Reset": str(DATE_MS // 1000 + 9), "Date": DATE},
                Told(remaining=1, reset_s=9.0),
            ),
        ],
    )
    def test_forms(self, headers: dict[str, str], told: Told | None) -> None:
        assert read_told(headers) == told

    @given(
        st.dictionaries(
            st.sampled_from(["ratelimit-remaining", "ratelimit-limit", "x-ratelimit-reset", "date"]),
            st.text(max_size=30) | st.integers().map(str),
        )
    )
    def test_any_header_is_a_counter_or_none(self, headers: dict[str, str]) -> None:
        told = read_told(headers)
        assert told is None or (told.remaining >= 0 and (told.reset_s is None or told.reset_s >= 0))

    @pytest.mark.parametrize(
        ("status", "detail", "wait"),
        [
            (429, "Account Over Queries Per Second Limit", 1.0),
            (403, "Account Over Queries Per Second Limit", 1.0),
            (403, "Account Over Rate Limit", 900.0),
            (429, "Account Over Rate Limit", 900.0),
            (429, "", None),
        ],
    )
    def test_gettys_words_say_how_long(self, status: int, detail: str, wait: float | None) -> None:
        error = refusal(status, b'{"message": "Too Many Requests"}', x_error_detail=detail)
        assert isinstance(error, RateLimited)
        assert error.retry_after_s == wait


class TestCleanText:
    def test_controls_overrides_and_space(self) -> None:
        assert clean_text(" a\x00b\t c\u202ed\u2028e\ud800 ", limit=50) == "a b cd e"

    def test_joined_emoji_stay_whole(self) -> None:
        assert clean_text("👩\u200d🚒", limit=50) == "👩\u200d🚒"

    def test_lines_are_kept_where_wanted(self) -> None:
        assert clean_text("a\r\n\n\n\nb  c\n", limit=50, keep_lines=True) == "a\n\nb c"

    @given(st.text(max_size=500), st.integers(1, 60))
    def test_it_is_bounded_and_stable(self, text: str, limit: int) -> None:
        once = clean_text(text, limit=limit)
        assert len(once) <= limit
        assert clean_text(once, limit=limit) == once
