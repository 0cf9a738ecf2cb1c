"""The Pond5 side: the key in headers, operators in a search, and a download that is billed every time."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_process import Answer, SandboxProcess, send

HOST = "api-reseller.pond5.com"
CLIP, SONG, PHOTO = "12345678", "45383312", "77001122"


class Reseller:
    """Speaks with the key and the secret."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        keys = sandbox.credentials["pond5"]
        self.headers = {"key": keys["client_id"], "secret": keys["client_secret"]}

    def get(self, path: str, *, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        from urllib.parse import urlencode

        url = f"{self.sandbox.url}/{HOST}/api/v3{path}" + (f"?{urlencode(query)}" if query else "")
        return send("GET", url, headers=self.headers if headers is None else headers)

    def ids(self, **query: Any) -> list[str]:
        return [str(item["id"]) for item in self.get("/search", **query).json()["items"]]


@pytest.fixture
def reseller(sandbox: SandboxProcess) -> Reseller:
    return Reseller(sandbox)


def test_every_request_needs_key_and_secret(reseller: Reseller) -> None:
    key, secret = reseller.headers["key"], reseller.headers["secret"]
    wrong: list[dict[str, str]] = [
        {}, {"key": key}, {"secret": secret}, {"key": secret, "secret": key}, {"key": "é", "secret": secret},
        {"Authorization": f"Bearer {key}"},
    ]  # fmt: skip
    for path in ("/search?type=video", f"/items/{CLIP}", f"/items/download/{CLIP}:1/{CLIP}"):
        for headers in wrong:
            assert reseller.get(path, headers=headers).status == 401
    assert reseller.sandbox.books()["charges"] == []
    assert all(
        row["headers"].get("key") in (None, "<removed>") for row in reseller.sandbox.requests(host=HOST)
    )


def test_a_search_finds_by_words_operators_and_kind(reseller: Reseller) -> None:
    clips = reseller.ids(type="video", perPage=100)
    assert CLIP in clips and SONG not in clips
    assert reseller.ids(type="video", query="brick wall", perPage=100) != clips
    cheap = reseller.get("/search", type="video", query="pricelt:50 pricegt:25", perPage=100).json()["items"]
    assert cheap and {item["versions"][0]["price"] for item in cheap} == {49.0}
    assert reseller.ids(type="music", query="durationgt:9") and reseller.ids(type="photo")
    assert reseller.ids(type="video", query="orientationn:x") == []
    ordered = reseller.get("/search", type="video", sort="price_low_high", perPage=100).json()["items"]
    prices = [price for item in ordered if (price := item["versions"][0].get("price")) is not None]
    assert prices == sorted(prices)


@pytest.mark.parametrize(
    "query",
    [{"type": "3d"}, {"type": ""}, {"type": "video", "sort": "best"}, {"type": "video", "q": "x"},
     {"type": "video", "page": "-1"}, {"type": "video", "perPage": "0"}, {"type": "video", "page": "x"}],
)  # fmt: skip
def test_what_nobody_was_seen_to_send_is_refused(reseller: Reseller, query: dict[str, str]) -> None:
    assert reseller.get("/search", **query).status == 400


@pytest.mark.parametrize("base", ["0", "1"])
def test_pages_count_from_one_or_from_zero(reseller: Reseller, base: str) -> None:
    reseller.sandbox.switch(pond5_page_base=base)
    everything = reseller.ids(type="video", page=base, perPage=100)
    pages = [reseller.ids(type="video", page=int(base) + number, perPage=5) for number in range(4)]
    assert [one for page in pages for one in page] == everything


def test_page_zero_where_there_is_none(reseller: Reseller) -> None:
    first = reseller.ids(type="video", page=1)
    assert reseller.ids(type="video", page=0) == first
    reseller.sandbox.switch(pond5_page_below_first="empty")
    assert reseller.ids(type="video", page=0) == []
    reseller.sandbox.switch(pond5_page_below_first="refused")
    assert reseller.get("/search", type="video", page=0).status == 400


def test_an_item_that_is_gone_is_still_found(reseller: Reseller) -> None:
    gone = [
        one for one in reseller.ids(type="video", perPage=100) if reseller.get(f"/items/{one}").status == 404
    ]
    assert len(gone) == 1
    reseller.sandbox.switch(pond5_missing_item="empty")
    answer = reseller.get(f"/items/{gone[0]}")
    assert (answer.status, answer.json()) == (200, [])


@pytest.mark.parametrize(
    ("item", "version", "start"),
    [(CLIP, f"{CLIP}:3", b"ftyp"), (SONG, f"{SONG}:0", b"WAVE"), (PHOTO, f"{PHOTO}:1", b"\xff\xd8")],
)
def test_a_download_is_billed_and_gives_the_file(
    reseller: Reseller, item: str, version: str, start: bytes
) -> None:
    answer = reseller.get(f"/items/download/{version}/{item}").json()
    sold = send("GET", answer["url"])
    assert sold.status == 200 and start in sold.body[:16]
    (charge,) = reseller.sandbox.books()["charges"]
    assert (charge["marketplace"], charge["item_id"], charge["reference"]) == (
        "pond5",
        item,
        answer["transaction"],
    )
    prices = {one["version"]: one["price"] for one in reseller.get(f"/items/{item}").json()["versions"]}
    assert float(charge["amount"]) == prices[version]
    reseller.sandbox.advance(3601)
    assert send("GET", answer["url"]).status == 403
    assert send("GET", answer["url"].replace("Signature=", "Signature=x")).status == 403


def test_a_second_download_is_a_second_sale_unless_it_is_not(reseller: Reseller) -> None:
    path = f"/items/download/{CLIP}:1/{CLIP}"
    assert reseller.get(path).json()["transaction"] != reseller.get(path).json()["transaction"]
    assert len(reseller.sandbox.books()["charges"]) == 2
    reseller.sandbox.switch(pond5_repeat_charge="free", pond5_transaction="absent")
    assert "transaction" not in reseller.get(path).json()
    assert len(reseller.sandbox.books()["charges"]) == 2
    assert reseller.sandbox.books()["totals"]["pond5"] == {"charges": 2, "amount": "158", "unit": "USD"}


def test_looking_costs_nothing(reseller: Reseller) -> None:
    reseller.ids(type="video")
    for one in (CLIP, SONG, PHOTO, "1"):
        reseller.get(f"/items/{one}")
    for wrong in (f"{CLIP}:2/{CLIP}", f"{SONG}:1/{SONG}", f"{CLIP}:1/{SONG}", f"{CLIP}/{CLIP}"):
        assert reseller.get(f"/items/download/{wrong}").status == 404
    assert reseller.sandbox.books()["charges"] == []


def test_previews_are_open(reseller: Reseller) -> None:
    for one in (CLIP, PHOTO, SONG):
        item = reseller.get(f"/items/{one}").json()
        for url in filter(None, (item["thumbnail"], item["watermarkPreview"])):
            assert send("GET", url).status == 200
    assert reseller.get(f"/items/{SONG}").json()["thumbnail"] == ""


def test_the_limit_counts_per_hour(tmp_path_factory: pytest.TempPathFactory) -> None:
    from sandbox_process import start_sandbox

    with start_sandbox(tmp_path_factory.mktemp("limited"), limits=True) as limited:
        reseller = Reseller(limited)
        statuses = [reseller.get("/search", type="video", perPage=1).status for _ in range(201)]
    assert statuses == [200] * 200 + [429]
