"""Videos and tracks on the Shutterstock side: search, sizes and plans, files, and no mixing of media."""

from __future__ import annotations

from typing import Any

import pytest
from sandbox_process import send

CLIP, UHD_CLIP, EDITORIAL, TRACK = "1060040011", "1060040048", "1060040196", "442583"


def ids(stock: Any, path: str, **query: Any) -> list[str]:
    answer = stock.get(path, **query)
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json()["data"]]


def buy(stock: Any, medium: str, item: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = stock.post(f"/v2/{medium}/licenses", {medium: [item]}, **query)
    assert answer.status == 200, answer.body
    (result,) = answer.json()["data"]
    return dict(result)


def test_videos_are_found_by_what_they_are(stock: Any) -> None:
    everything = ids(stock, "/v2/videos/search", per_page=500, license=["commercial", "editorial"])
    assert len(everything) == 14 and CLIP in everything
    assert EDITORIAL not in ids(stock, "/v2/videos/search", per_page=500)
    assert EDITORIAL in ids(stock, "/v2/videos/search", license="editorial")
    assert CLIP not in ids(stock, "/v2/videos/search", resolution="4k", per_page=500)
    assert UHD_CLIP in ids(stock, "/v2/videos/search", resolution="4k", per_page=500)
    assert set(ids(stock, "/v2/videos/search", duration_from=2, per_page=500)) < set(everything)
    assert ids(stock, "/v2/videos/search", query="brick NOT white") == ["1060040122"]
    newest = stock.get("/v2/videos/search", sort="newest", view="full").json()["data"]
    assert [item["added_date"] for item in newest] == sorted((i["added_date"] for i in newest), reverse=True)


def test_tracks_are_found_by_what_they_are(stock: Any) -> None:
    everything = ids(stock, "/v2/audio/search", per_page=500)
    assert len(everything) == 7 and TRACK in everything
    assert ids(stock, "/v2/audio/search", query="piano") == [TRACK]
    assert len(ids(stock, "/v2/audio/search", bpm_from=130)) == 2
    shortest = ids(stock, "/v2/audio/search", sort="duration", sort_order="asc", per_page=500)
    assert shortest[0] == TRACK and sorted(shortest) == sorted(everything)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v2/videos/search", {"resolution": "8k"}),
        ("/v2/videos/search", {"license": "enhanced"}),
        ("/v2/videos/search", {"orientation": "horizontal"}),
        ("/v2/audio/search", {"sort": "relevance"}),
        ("/v2/audio/search", {"license": "commercial"}),
        ("/v2/audio/licenses", {"per_page": "201"}),
    ],
)
def test_what_the_document_does_not_know_is_refused(stock: Any, path: str, query: dict[str, str]) -> None:
    assert stock.get(path, **query).status == 400


def test_a_video_is_licensed_in_a_size_that_the_plan_covers(sandbox: Any, stock: Any) -> None:
    too_large = buy(stock, "videos", {"video_id": UHD_CLIP, "subscription_id": "s1000005", "size": "4k"})
    assert "does not cover this size" in too_large["error"]
    absent = buy(stock, "videos", {"video_id": CLIP, "subscription_id": "s1000006", "size": "4k"})
    assert "not available" in absent["error"]
    for plan in ("s1000001", "s1000007", "nobody"):
        assert "error" in buy(stock, "videos", {"video_id": CLIP, "subscription_id": plan, "size": "web"})
    assert sandbox.books()["charges"] == []
    sold = buy(stock, "videos", {"video_id": UHD_CLIP, "subscription_id": "s1000006", "size": "4k"})
    file = send("GET", sold["download"]["url"])
    listed = stock.get(f"/v2/videos/{UHD_CLIP}").json()["assets"]["4k"]
    assert file.body[4:8] == b"ftyp" and len(file.body) == listed["file_size"]
    assert file.headers["content-type"] == "video/quicktime"
    (entry,) = stock.get("/v2/videos/licenses").json()["data"]
    assert entry["video"] == {"id": UHD_CLIP, "format": {"size": "4k", "format": "mov"}}
    link = stock.post(f"/v2/videos/licenses/{sold['license_id']}/downloads", {"size": "web"}).json()["url"]
    assert send("GET", link).body[4:8] == b"ftyp"
    assert len(sandbox.books()["charges"]) == 1


def test_a_track_is_licensed_by_the_name_of_the_license(sandbox: Any, stock: Any) -> None:
    assert (
        "not available" in buy(stock, "audio", {"audio_id": TRACK, "license": "premier_music_pro"})["error"]
    )
    sold = buy(
        stock,
        "audio",
        {"audio_id": TRACK, "license": "premier_music_basic", "metadata": {"customer_id": "o1"}},
    )
    file = send("GET", sold["download"]["url"])
    assert file.body[:4] == b"RIFF" and file.headers["content-type"] == "audio/wav"
    (entry,) = stock.get("/v2/audio/licenses", audio_id=TRACK).json()["data"]
    assert (entry["audio"], entry["metadata"]) == ({"id": TRACK}, {"customer_id": "o1"})
    assert stock.post(f"/v2/audio/licenses/{sold['license_id']}/downloads", {}).status == 200
    assert sandbox.books()["charges"][0]["metadata"]["subscription_id"] == "s1000007"


def test_media_do_not_mix(stock: Any) -> None:
    sold = buy(stock, "audio", {"audio_id": TRACK})
    for medium in ("images", "videos"):
        assert stock.get(f"/v2/{medium}/licenses").json()["data"] == []
        assert stock.post(f"/v2/{medium}/licenses/{sold['license_id']}/downloads", {}).status == 404
    assert "error" in buy(stock, "videos", {"video_id": TRACK, "size": "web"})
    assert stock.get(f"/v2/videos/{TRACK}").status == stock.get("/v2/audio/1").status == 404
    wrong = stock.post("/v2/videos/licenses", {"images": [{"image_id": "1"}]})
    assert wrong.status == 400 and stock.post("/v2/audio/licenses", {"audio": [{"size": "hd"}]}).status == 400


def test_editorial_videos_need_the_acknowledgement_and_come_once(stock: Any) -> None:
    item = {"video_id": EDITORIAL, "subscription_id": "s1000006", "size": "hd"}
    assert "acknowledgement" in buy(stock, "videos", item)["error"]
    sold = buy(stock, "videos", {**item, "editorial_acknowledgement": True})
    assert stock.post(f"/v2/videos/licenses/{sold['license_id']}/downloads", {"size": "hd"}).status == 403


def test_stills_are_open(stock: Any) -> None:
    url = stock.get(f"/v2/videos/{CLIP}").json()["assets"]["preview_jpg"]["url"]
    assert send("GET", url).body[:2] == b"\xff\xd8"
    assert send("GET", url.replace(CLIP, "1")).status == 404
