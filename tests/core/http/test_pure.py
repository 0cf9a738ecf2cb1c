from __future__ import annotations

import threading
import unicodedata
from urllib.parse import quote, quote_plus, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import FakeClock, FakeSite

from core.errors import CancelledError, ClearanceError, UnexpectedResponse, UserInputError
from core.http.cancel import CancelToken, pause_with
from core.http.content import choose_name, media_type, read_range, read_size, read_validator, what_is_wrong
from core.http.names import RESERVED, safe_name
from core.http.redact import HIDDEN, redact_headers, redact_text, redact_url
from core.http.routes import Routes, is_private_address

SITE = FakeSite()
SANDBOX = "http://127.0.0.1:8765"

# --- routes ---


def test_without_a_sandbox_addresses_stay_as_they_are() -> None:
    routes = Routes()
    assert not routes.is_sandbox
    assert routes.wire("https://api.example.com/v1?a=b#c") == "https://api.example.com/v1?a=b"
    assert routes.wire("HTTPS://API.Example.com:443") == "https://api.example.com/"
    assert routes.host("https://API.example.com/v1") == "api.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/",
        "ftp://api.example.com/",
        "https://",
        "https:///x",
        "api.example.com",
        "",
        "https://user@api.example.com/",
        "https://:pw@api.example.com/",
        "https://api.example.com:444/",
        "https://api.example.com:x/",
        "https://[::1",
        "https://api.example.com/a b",
        "https://api.example.com/\n",
        "https://api.example.com\\@evil.net/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        SANDBOX,
    ],
)
def test_only_plain_https_is_opened(url: str) -> None:
    with pytest.raises(UnexpectedResponse):
        Routes().wire(url)


def test_hosts_are_compared_whole() -> None:
    routes = Routes()
    assert routes.check_api("https://api.example.com/x", SITE)
    assert routes.check_api("https://www.example.com/oauth/token", SITE)
    assert routes.check_download("https://a.b.example-cdn.com/x", SITE)
    assert routes.check_preview("https://img.example.com/x", SITE)
    for host in (
        "api.example.com.evil.net",
        "xapi.example.com",
        "api.example.com.",
        "evil.net",
        "img.example.com",
    ):
        with pytest.raises(UnexpectedResponse):
            routes.check_api(f"https://{host}/", SITE)
    for host in ("example-cdn.com", "evil-example-cdn.com", ".example-cdn.com", "a.example-cdn.com.evil.net"):
        with pytest.raises(UnexpectedResponse):
            routes.check_download(f"https://{host}/", SITE)
    with pytest.raises(UnexpectedResponse):
        routes.check_preview("https://api.example.com/", SITE)


def test_the_sandbox_stands_for_every_host() -> None:
    routes = Routes(f"{SANDBOX}/")
    assert routes.is_sandbox
    assert routes.wire("https://api.example.com/v1?a=b") == f"{SANDBOX}/api.example.com/v1?a=b"
    assert routes.wire("https://api.example.com") == f"{SANDBOX}/api.example.com/"
    # Links in its answers are of the form that it serves; the rules see the vendor's host in them.
    link = f"{SANDBOX}/a.example-cdn.com/file?sig=1"
    assert routes.logical(link) == "https://a.example-cdn.com/file?sig=1"
    assert routes.wire(link) == link
    assert routes.check_download(link, SITE)
    with pytest.raises(UnexpectedResponse):
        routes.check_api(link, SITE)
    for other in (
        "http://127.0.0.1:8766/api.example.com/",
        f"{SANDBOX}5/api.example.com/",
        f"{SANDBOX}//x",
        SANDBOX,
    ):
        with pytest.raises(UnexpectedResponse):
            routes.logical(other)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1", "http://localhost:1/base/", "http://[::1]:1", " http://localhost "]
)
def test_sandboxes_on_this_machine(url: str) -> None:
    wire = Routes(url).wire("https://api.example.com/x")
    assert wire.startswith(url.strip().rstrip("/"))
    assert wire.endswith("/api.example.com/x")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1",
        "http://example.com",
        "http://127.0.0.1.evil.net",
        "http://10.0.0.1:80",
        "http://0.0.0.0:1",
        "http://u:p@127.0.0.1:1",
        "http://127.0.0.1:1?x=y",
        "http://127.0.0.1:x",
        "http://[::1",
        "127.0.0.1:80",
        "nonsense",
        "http://2130706433/",
        "http://127.1/",
    ],
)
def test_sandboxes_elsewhere_are_refused(url: str) -> None:
    with pytest.raises(UserInputError, match="on this machine"):
        Routes(url)


def test_redirects_are_resolved_against_the_vendors_address() -> None:
    for routes in (Routes(), Routes(SANDBOX)):
        here = "https://api.example.com/v1/a?b=c"
        assert routes.redirected(here, "/x") == "https://api.example.com/x"
        assert routes.redirected(here, "d") == "https://api.example.com/v1/d"
        assert routes.redirected(here, "https://other.example.com/") == "https://other.example.com/"
        assert routes.redirected(here, "//other.example.com/y") == "https://other.example.com/y"
        with pytest.raises(UnexpectedResponse):
            routes.redirected(here, "http://api.example.com/")
    assert Routes(SANDBOX).redirected(here, f"{SANDBOX}/a.example-cdn.com/z") == "https://a.example-cdn.com/z"


@given(st.text(max_size=80))
def test_any_address_is_https_or_an_error(text: str) -> None:
    for routes in (Routes(), Routes(SANDBOX)):
        try:
            logical = routes.logical(text)
        except ClearanceError:
            continue
        assert urlsplit(logical).scheme == "https"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fc00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::",
        "ff02::1",
        "240.0.0.1",
        "not an address",
    ],
)
def test_private_addresses(address: str) -> None:
    assert is_private_address(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "198.18.0.5"])
def test_public_addresses(address: str) -> None:
    assert not is_private_address(address)


# --- redaction ---


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://files.example.com/gatekeeper/abc/x.jpg?sig=s", "https://files.example.com/…"),
        ("https://user:pw@files.example.com:8443/", "https://files.example.com:8443/"),
        ("http://[::1]:80/x", "http://[::1]:80/…"),
        ("https://files.example.com", "https://files.example.com"),
        ("https://[::1", HIDDEN),
        ("https://h:port/", HIDDEN),
        ("no address", HIDDEN),
    ],
)
def test_addresses_are_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert redact_url(url) == shown


def test_a_harmless_path_may_be_kept() -> None:
    assert redact_url("https://h.com/v1/models/5?a=b", keep_path=True) == "https://h.com/v1/models/5?…"


def test_only_harmless_headers_are_shown() -> None:
    headers = {
        "Authorization": "Bearer s",
        "X-Anything": "s",
        "Location": "s",
        "Set-Cookie": "s",
        "Content-Type": "t/p",
    }
    assert redact_headers(headers) == {**dict.fromkeys(headers, HIDDEN), "Content-Type": "t/p"}
    assert redact_headers([("Retry-After", "5")]) == {"Retry-After": "5"}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer SECRETVALUE",
        "basic SECRETVALUE==",
        "access_token=SECRETVALUE&x=1",
        '"client_secret": "SECRETVALUE"',
        "client-secret='SECRETVALUE'",
        "see https://cdn.example.com/SECRETVALUE/a?b=SECRETVALUE now",
        "X-Amz-Signature=SECRETVALUE",
        "AWSAccessKeyId=SECRETVALUE",
        "password = SECRETVALUE",
        "cookie: SECRETVALUE",
        "s3://bucket/SECRETVALUE",
    ],
)
def test_what_looks_like_a_secret_goes(text: str) -> None:
    assert "SECRETVALUE" not in redact_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "Shutterstock refused the key or the sign-in.",
        "Too many requests; try again in 5 seconds.",
        "status 401",
        'Bearer realm="Doorkeeper"',
        "",
        "Preferences › Add-ons › Clearance",
    ],
)
def test_plain_words_stay(text: str) -> None:
    assert redact_text(text) == text


@given(st.text(min_size=4), st.text(), st.text())
def test_a_known_secret_goes_in_every_spelling(secret: str, before: str, after: str) -> None:
    try:
        spellings = [secret, quote(secret, safe=""), quote_plus(secret)]
    except UnicodeEncodeError:
        return
    for spelling in spellings:
        if spelling in HIDDEN or HIDDEN in spelling:
            continue
        cleaned = redact_text(f"{before} {spelling} {after}", [secret])
        for part in cleaned.split(HIDDEN):
            assert secret not in part or secret in "://…/?"


# --- names ---


@given(st.text() | st.text(alphabet="./\\: \x00conauxCON1\u202e\ud800é", max_size=300))
def test_every_name_is_safe(text: str) -> None:
    name = safe_name(text)
    assert name
    assert name not in {".", ".."}
    assert not set(name) & set('<>:"/\\|?*')
    assert all(unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for char in name)
    assert len(name.encode("utf-8")) <= 201
    assert name == name.strip(" ").rstrip(".")
    assert name.split(".")[0].strip().lower() not in RESERVED


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("model.zip", "model.zip"),
        ("Zürich 東京 مكتب.blend", "Zürich 東京 مكتب.blend"),
        ("../../x", "_.._x"),
        ("a:b\\c/d", "a_b_c_d"),
        ("NUL", "_NUL"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("COM¹.txt", "_COM¹.txt"),
        ("trailing. . .", "trailing"),
        ("", "file"),
        ("...", "file"),
        ("///", "file"),
        ("e\u0301.png", "é.png"),
        ("x" * 500 + ".blend", "x" * 194 + ".blend"),
        ("x" * 500, "x" * 200),
    ],
)
def test_names_that_matter(text: str, name: str) -> None:
    assert safe_name(text) == name


# --- what a file server says ---


@given(st.text(max_size=30), st.text(max_size=60), st.text(max_size=60))
def test_any_name_that_is_offered_is_made_safe(given_name: str, disposition: str, path: str) -> None:
    name = choose_name(given_name, disposition, f"https://h.com/{path}")
    assert name == safe_name(name)


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"etag": '"a"'}, '"a"'),
        ({"etag": 'W/"a"', "last-modified": "x"}, ""),
        ({"etag": "bare"}, ""),
        ({"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT"}, "Mon, 23 Nov 2026 10:00:00 GMT"),
        ({}, ""),
    ],
)
def test_validators(headers: dict[str, str], validator: str) -> None:
    assert read_validator(headers) == validator


def test_sizes_and_ranges() -> None:
    assert [read_size(text) for text in ("5", " 7 ", "", None, "-1", "1e3", "٣", "9" * 30)] == [
        5,
        7,
        *[None] * 6,
    ]
    assert read_range("bytes 5-9/10") == (5, 10)
    assert read_range("BYTES 5-9/*") == (5, None)
    assert read_range("bytes */10") == (None, None)
    assert media_type("Image/PNG; charset=x") == "image/png"


@given(st.text(max_size=20), st.text(max_size=30), st.binary(max_size=1024))
def test_any_beginning_is_judged(name: str, content_type: str, start: bytes) -> None:
    assert isinstance(what_is_wrong(name, content_type, start), str)


# --- cancelling ---


def test_cancelling_is_for_good_and_calls_back_once() -> None:
    cancel = CancelToken()
    called: list[str] = []
    cancel.check()
    with cancel.on_cancel(lambda: called.append("left")):
        pass
    with cancel.on_cancel(lambda: called.append("inside")):
        cancel.cancel()
        cancel.cancel()
    with cancel.on_cancel(lambda: called.append("late")):
        pass
    assert called == ["inside", "late"]
    assert cancel.cancelled
    assert cancel.wait(60)
    with pytest.raises(CancelledError):
        cancel.check()


def test_a_wait_ends_when_another_thread_cancels() -> None:
    cancel = CancelToken()
    clock = FakeClock()
    timer = threading.Timer(0.05, cancel.cancel)
    timer.start()
    with pytest.raises(CancelledError):
        pause_with(clock)(60, cancel)
    timer.join()
    pause_with(clock)(-5, None)
    assert clock.slept == [0.0]
