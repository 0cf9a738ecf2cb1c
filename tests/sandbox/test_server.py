"""The server itself: ranges, hostile requests, many at once, restarts, limits, control, the page."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sandbox_process import launch_sandbox, send, start_sandbox

LICENSES = "/v2/images/licenses"
FREE_FILE = "/v1/models/4402065/files/44020651"


def talk(sandbox: Any, data: bytes) -> bytes:
    """Send bytes as they are and read the answer."""
    parts = urlsplit(sandbox.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
        return got


@pytest.fixture
def link(models: Any) -> str:
    location: str = models.get(FREE_FILE).headers["location"]
    return location


class TestRange:
    def test_parts_make_the_whole(self, link: str) -> None:
        whole = send("GET", link)
        assert whole.status == 200 and whole.headers["accept-ranges"] == "bytes"
        size, etag = len(whole.body), whole.headers["etag"]
        for text, expected in (
            ("bytes=0-0", whole.body[:1]),
            ("bytes=100-199", whole.body[100:200]),
            (f"bytes={size - 5}-", whole.body[-5:]),
            ("bytes=-7", whole.body[-7:]),
            (f"bytes=0-{size * 2}", whole.body),
            (f"bytes=-{size * 2}", whole.body),
        ):
            part = send("GET", link, headers={"Range": text})
            assert part.status == 206 and part.body == expected and part.headers["etag"] == etag, text
            first = size - len(expected) if text.startswith("bytes=-") else int(text[6:].split("-")[0])
            assert part.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{size}"

    def test_outside_and_unreadable(self, link: str) -> None:
        size = len(send("GET", link).body)
        for text in (f"bytes={size}-", "bytes=-0", f"bytes={'9' * 18}-"):
            answer = send("GET", link, headers={"Range": text})
            assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{size}", text
        for text in ("bytes=5-2", "bytes=-", "items=0-1", "bytes=0-1,3-4", "bytes=x-", f"bytes={'9' * 40}-"):
            assert send("GET", link, headers={"Range": text}).status == 200, text

    def test_if_range_and_if_none_match(self, link: str) -> None:
        etag = send("GET", link).headers["etag"]
        assert send("GET", link, headers={"Range": "bytes=5-", "If-Range": etag}).status == 206
        assert send("GET", link, headers={"Range": "bytes=5-", "If-Range": '"other"'}).status == 200
        same = send("GET", link, headers={"If-None-Match": etag})
        assert same.status == 304 and same.body == b""

    def test_head(self, link: str) -> None:
        whole, head = send("GET", link), send("HEAD", link)
        assert head.body == b"" and head.headers["content-length"] == str(len(whole.body))


class TestHostile:
    @pytest.mark.parametrize(
        ("data", "status"),
        [
            (b"GET /api.cgtrader.com/v1/models HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"403"),
            (b"GET /_control/books HTTP/1.1\r\nHost: evil.example:80\r\n\r\n", b"403"),
            (b"GET /_control/books HTTP/1.1\r\n\r\n", b"403"),
            (b"GET /api.cgtrader.com/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
            (b"GET /api.cgtrader.com/%2e%2e/%2e%2e/etc HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
            (b"GET /api.cgtrader.com/v1/%00 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
            (b"GET /api.cgtrader.com/v1/%ff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
            (b"GET http://api.cgtrader.com/v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
            (b"GET /api.cgtrader.com/nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
            (b"DELETE /api.shutterstock.com/v2/images HTTP/1.1\r\nHost: localhost\r\n\r\n", b"405"),
            (b"BREW /api.cgtrader.com/ HTTP/1.1\r\nHost: localhost\r\n\r\n", b"501"),
            (b"nonsense\r\n\r\n", b"400"),
            (b"GET / HTTP/9.9\r\n\r\n", b"505"),
            (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
            (b"POST /_control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", b"400"),
            (b"POST /_control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", b"400"),
            (
                b"POST /_control/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n",
                b"413",
            ),
            (
                b"POST /_control/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
                b"411",
            ),
        ],
    )
    def test_strange_requests(self, sandbox: Any, data: bytes, status: bytes) -> None:
        answer = talk(sandbox, data)
        assert answer.split(b"\r\n")[0].split(b" ")[1] == status, answer[:200]
        assert b"Traceback" not in answer

    def test_strange_bodies(self, sandbox: Any, stock: Any, models: Any) -> None:
        headers = {**stock.headers, "Content-Type": "application/json"}
        for body in (b"{", b"\xff\xfe", b"[" * 100_000, b"nul", b'{"images": 1e999}'):
            answer = send("POST", f"{sandbox.url}/api.shutterstock.com{LICENSES}", body=body, headers=headers)
            assert answer.status == 400 and answer.json()["message"], body[:20]
            answer = send(
                "POST",
                f"{sandbox.url}/api.cgtrader.com/v1/orders/",
                body=body,
                headers={**models.headers, "Content-Type": "application/json"},
            )
            assert answer.status in (400, 422), body[:20]
        assert sandbox.books()["events"] == []

    def test_half_a_body_does_nothing(self, sandbox: Any) -> None:
        token = sandbox.credentials["shutterstock"]["user_token"]
        head = f"POST /api.shutterstock.com{LICENSES} HTTP/1.1\r\nHost: localhost\r\n"
        head += f"Authorization: Bearer {token}\r\n"
        assert talk(sandbox, f"{head}User-Agent: t\r\nContent-Length: 500\r\n\r\n{{".encode()) == b""
        assert sandbox.books()["events"] == []


def test_thirty_at_once(sandbox: Any, stock: Any) -> None:
    sandbox.set_quota("s1000001", downloads_left=20)
    results: list[dict[str, Any]] = []

    def buy() -> None:
        body = {"images": [{"image_id": "1120280100", "subscription_id": "s1000001"}]}
        results.append(stock.post(LICENSES, body).json()["data"][0])

    threads = [threading.Thread(target=buy) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum("download" in result for result in results) == 20
    assert sum("error" in result for result in results) == 10
    assert len({event["reference"] for event in sandbox.books()["charges"]}) == 20


def test_connections_are_kept_alive(sandbox: Any) -> None:
    import http.client

    parts = urlsplit(sandbox.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    try:
        for _ in range(3):
            connection.request("GET", "/api.shutterstock.com/v2/test", headers={"User-Agent": "t"})
            assert connection.getresponse().read() == b'{"text": "ok"}'
    finally:
        connection.close()
    assert len(sandbox.requests(path_regex="^/v2/test$")) == 3


def test_state_survives_a_restart_and_a_kill(tmp_path: Path, cache_dir: Path) -> None:
    first = launch_sandbox(tmp_path, cache=cache_dir)
    try:
        token, keys = first.credentials["shutterstock"]["user_token"], first.credentials
        body = json.dumps({"images": [{"image_id": "1120280100", "size": "small"}]}).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        url = send("POST", f"{first.url}/api.shutterstock.com{LICENSES}", body=body, headers=headers).json()
        path = urlsplit(url["data"][0]["download"]["url"])
        first.switch(cgtrader_paid_status="completed")
        first.advance(1000)
        before = first.books()
    finally:
        first.kill()
    with start_sandbox(tmp_path, cache=cache_dir) as second:
        assert second.books() == before and second.credentials == keys
        answer = send("GET", f"{second.url}{path.path}?{path.query}")
        assert answer.status == 200, "a signed link is good after a restart"
        assert send("GET", f"{second.url}/_control/time").json()["offset_s"] == 1000
        assert (
            send("GET", f"{second.url}/_control/variant").json()["cgtrader_paid_status"]["now"] == "completed"
        )
        second.reset()
        assert second.books()["events"] == [] and second.credentials == keys
        assert send("GET", f"{second.url}/_control/time").json()["offset_s"] == 0


def test_limits_when_switched_on(tmp_path: Path, cache_dir: Path) -> None:
    with start_sandbox(tmp_path, cache=cache_dir, limits=True) as sandbox:
        url = f"{sandbox.url}/api.shutterstock.com/v2/test"
        answers = [send("GET", url) for _ in range(101)]
        assert [answer.status for answer in answers] == [200] * 100 + [429]
        assert [answers[n].headers["ratelimit-remaining"] for n in (0, 99, 100)] == ["99", "0", "0"]
        sandbox.advance(61)
        assert send("GET", url).status == 200


def test_ready_file_is_private_and_tokens_are_not_in_the_state(tmp_path: Path, cache_dir: Path) -> None:
    with start_sandbox(tmp_path, cache=cache_dir) as sandbox:
        assert (tmp_path / "ready.json").stat().st_mode & 0o077 == 0
        assert sandbox.url.startswith("http://127.0.0.1:")
        for marketplace in sandbox.credentials.values():
            assert all("sandbox-" in value for value in marketplace.values())


class TestControl:
    def test_unknown_and_wrong(self, sandbox: Any) -> None:
        assert send("GET", f"{sandbox.url}/_control/secrets").status == 404
        for path, body in (
            ("/time", {}),
            ("/time", {"advance_s": "soon"}),
            ("/time", []),
            ("/quota", {"subscription_id": "nobody", "downloads_left": 1}),
            ("/variant", {"cgtrader_paid_status": "maybe"}),
            ("/variant", {"colour": "red"}),
            ("/token", {"marketplace": "bazaar"}),
        ):
            answer = send("POST", f"{sandbox.url}/_control{path}", body=json.dumps(body).encode())
            assert answer.status == 400 and answer.json()["error"], path

    def test_set_time(self, sandbox: Any) -> None:
        body = json.dumps({"now": "2030-01-02T03:04:05Z"}).encode()
        assert send("POST", f"{sandbox.url}/_control/time", body=body).json()["now"] == "2030-01-02T03:04:05Z"

    def test_requests_are_listed_and_counted(self, sandbox: Any, stock: Any, models: Any) -> None:
        stock.get("/v2/images/search", query="oak")
        models.get("/v1/models")
        (entry,) = sandbox.requests(host="api.shutterstock.com")
        assert entry["method"] == "GET" and entry["query"] == [["query", "oak"]]
        assert entry["headers"]["authorization"] == "<removed>"
        sandbox.clear_requests()
        assert sandbox.requests() == []

    def test_revoked_tokens(self, sandbox: Any, models: Any) -> None:
        sandbox.revoke_tokens("cgtrader")
        assert models.get("/v1/models").status == 401


def test_index_page_lists_everything_and_escapes_it(sandbox: Any) -> None:
    page = send("GET", f"{sandbox.url}/")
    text = page.body.decode()
    assert page.status == 200 and "Oak Dining Chair" in text and "brick wall" in text
    assert "<script" not in text and "<img src=x" not in text and "\x1b" not in text and "\u202e" not in text
    assert "script" not in page.headers["content-security-policy"]
    assert sandbox.credentials["cgtrader"]["client_id"] in text


def test_listings_change_until_the_next_reset(sandbox: Any, models: Any, stock: Any) -> None:
    path = "/v1/models/4401094"
    sandbox.change_listing("cgtrader", "4401094", price="31.50")
    assert "31.5" in json.dumps(models.get(path).json()["prices"])
    sandbox.change_listing("cgtrader", "4401094", removed=True)
    sandbox.change_listing("shutterstock", "1120280137", is_editorial=True)
    assert models.get(path).status == 404
    assert stock.get("/v2/images/1120280137", view="full").json()["is_editorial"] is True
    with pytest.raises(AssertionError, match="does not sell"):
        sandbox.change_listing("cgtrader", "4401094", price="1")
    sandbox.reset()
    assert models.get(path).status == 200
