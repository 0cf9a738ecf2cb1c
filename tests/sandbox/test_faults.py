"""Every fault, seen on the socket as a client sees it; and what has taken effect behind it."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from sandbox_process import send

LICENSES = "/v2/images/licenses"
BODY = {"images": [{"image_id": "1120280100", "size": "small", "subscription_id": "s1000001"}]}


def raw(
    sandbox: Any, method: str, path: str, body: bytes = b"", timeout_s: float = 10, **headers: str
) -> bytes:
    """Send bytes and read until the end, whatever kind of end it is."""
    parts = urlsplit(sandbox.url)
    lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", "User-Agent: t", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=timeout_s) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        got = b""
        while chunk := connection.recv(65536):
            got += chunk
        return got


def bearer(sandbox: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {sandbox.credentials['shutterstock']['user_token']}"}


def license_raw(sandbox: Any, **more: Any) -> bytes:
    headers = {**bearer(sandbox), "Content_Type": "application/json"}
    return raw(
        sandbox, "POST", f"/api.shutterstock.com{LICENSES}", json.dumps(BODY).encode(), **headers, **more
    )


@pytest.fixture
def link(sandbox: Any, stock: Any) -> str:
    url: str = stock.post(LICENSES, BODY).json()["data"][0]["download"]["url"]
    return url


def test_rate_limit_with_seconds_with_date_and_without(sandbox: Any, stock: Any, models: Any) -> None:
    sandbox.fault("429", host="api.shutterstock.com", retry_after=7)
    answer = stock.get("/v2/images/search")
    assert answer.status == 429 and answer.headers["retry-after"] == "7"
    body = answer.json()
    assert body["limit"] == 100 and body["remaining"] == 0 and body["message"]
    assert answer.headers["ratelimit-reset"] == str(body["reset"]) and body["reset"] > 10**12, (
        "UTC milliseconds"
    )
    assert stock.get("/v2/images/search").status == 200, "once is once"
    sandbox.fault("429", host="api.cgtrader.com", retry_after="date")
    answer = models.get("/v1/models")
    assert answer.status == 429 and parsedate_to_datetime(answer.headers["retry-after"]).tzinfo is not None
    sandbox.fault("429", host="api.cgtrader.com")
    assert "retry-after" not in models.get("/v1/models").headers


@pytest.mark.parametrize("status", ["500", "502", "503"])
def test_server_errors(sandbox: Any, stock: Any, status: str) -> None:
    sandbox.fault(status, retry_after=1)
    answer = stock.post(LICENSES, BODY)
    assert answer.status == int(status) and answer.headers["retry-after"] == "1"
    assert sandbox.books()["events"] == [], "the request took no effect"
    sandbox.fault(status, process=True)
    assert stock.post(LICENSES, BODY).status == int(status)
    assert len(sandbox.books()["charges"]) == 1, "this time it did"


def test_reset_before_processing(sandbox: Any) -> None:
    sandbox.fault("reset", method="POST", path_regex="/licenses$")
    with pytest.raises(ConnectionResetError):
        license_raw(sandbox)
    assert sandbox.books()["events"] == []
    assert b"200 OK" in license_raw(sandbox)


def test_lost_answer_by_reset_and_by_silence(sandbox: Any) -> None:
    sandbox.fault("lost_answer", method="POST")
    with pytest.raises(ConnectionResetError):
        license_raw(sandbox)
    assert len(sandbox.books()["charges"]) == 1
    sandbox.fault("lost_answer", method="POST", how="hang")
    with pytest.raises(TimeoutError):
        license_raw(sandbox, timeout_s=0.5)
    assert len(sandbox.books()["charges"]) == 2


def test_hang_takes_no_effect_and_ends_by_itself(sandbox: Any) -> None:
    sandbox.fault("hang", hold_s=0.3)
    with pytest.raises(ConnectionResetError):
        license_raw(sandbox)
    assert sandbox.books()["events"] == []


def test_slow_answers_are_whole(sandbox: Any, link: str) -> None:
    whole = send("GET", link).body
    sandbox.fault("slow", delay_s=0.3, host="download.shutterstock.com")
    started = time.monotonic()
    assert send("GET", link).body == whole
    assert time.monotonic() - started >= 0.3
    sandbox.fault("slow", delay_s=0, bytes_per_s=len(whole) * 5, host="download.shutterstock.com")
    assert send("GET", link).body == whole


def test_truncated_download_announces_the_whole(sandbox: Any, link: str) -> None:
    whole = send("GET", link).body
    sandbox.fault("truncate", host="download.shutterstock.com", bytes=1000)
    with pytest.raises(http.client.IncompleteRead) as caught:
        send("GET", link)
    assert caught.value.partial == whole[:1000] and caught.value.expected == len(whole) - 1000
    rest = send("GET", link, headers={"Range": "bytes=1000-"})
    assert rest.status == 206 and whole[:1000] + rest.body == whole


def test_wrong_kinds_of_answers(sandbox: Any, stock: Any) -> None:
    sandbox.fault("html")
    answer = stock.get("/v2/images/search")
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
    sandbox.fault("garbage_json")
    answer = stock.get("/v2/images/search")
    with pytest.raises(UnicodeDecodeError):
        answer.json()
    sandbox.fault("empty")
    assert stock.get("/v2/images/search").body == b""
    sandbox.fault("html", process=True)
    stock.post(LICENSES, BODY)
    assert len(sandbox.books()["charges"]) == 1


def test_expired_link_in_the_hosts_own_words(sandbox: Any, link: str, models: Any) -> None:
    sandbox.fault("expired_link", host="download.shutterstock.com")
    assert send("GET", link).status == 403
    assert send("GET", link).status == 200
    signed = models.get("/v1/models/4402065/files/44020651").headers["location"]
    sandbox.fault("expired_link", host="cgtfiles.s3.amazonaws.com")
    assert b"Request has expired" in send("GET", signed).body


def test_wrong_bytes_have_the_same_length(sandbox: Any, link: str) -> None:
    whole = send("GET", link).body
    sandbox.fault("wrong_bytes", host="download.shutterstock.com")
    other = send("GET", link).body
    assert len(other) == len(whole) and other != whole


def test_no_content_length(sandbox: Any, link: str) -> None:
    whole = send("GET", link).body
    sandbox.fault("no_content_length", host="download.shutterstock.com")
    answer = send("GET", link)
    assert "content-length" not in answer.headers and answer.body == whole


def test_ignored_range(sandbox: Any, link: str) -> None:
    sandbox.fault("ignore_range", host="download.shutterstock.com")
    answer = send("GET", link, headers={"Range": "bytes=10-"})
    assert answer.status == 200 and "content-range" not in answer.headers


def test_counting_skipping_and_clearing(sandbox: Any, stock: Any) -> None:
    sandbox.fault("500", path_regex="^/v2/images/search$", skip=1, times=2)
    assert [stock.get("/v2/images/search").status for _ in range(4)] == [200, 500, 500, 200]
    sandbox.fault("500", times=0)
    assert [stock.get("/v2/test").status for _ in range(5)] == [500] * 5
    sandbox.clear_faults()
    assert stock.get("/v2/test").status == 200


def test_match_by_method_and_host(sandbox: Any, stock: Any, models: Any) -> None:
    sandbox.fault("502", match={"method": "post", "host": "api.shutterstock.com"})
    assert stock.get("/v2/images/search").status == 200 and models.get("/v1/models").status == 200
    assert stock.post(LICENSES, BODY).status == 502


@pytest.mark.parametrize(
    "spec",
    [
        [],
        {"fault": "gremlins"},
        {"fault": "429", "match": {"path_regex": "("}},
        {"fault": "429", "match": {"verb": "GET"}},
        {"fault": "429", "time": 2},
        {"fault": "429", "times": "many"},
        {"fault": "429", "match": "all"},
    ],
)
def test_a_wrong_order_is_refused(sandbox: Any, spec: Any) -> None:
    answer = send("POST", f"{sandbox.url}/_control/faults", body=json.dumps(spec).encode())
    assert answer.status == 400 and answer.json()["error"]


def test_a_fault_for_one_of_many_hits_one_of_many(sandbox: Any, stock: Any) -> None:
    sandbox.fault("500", times=5)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(stock.get("/v2/test").status)) for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [200] * 15 + [500] * 5
