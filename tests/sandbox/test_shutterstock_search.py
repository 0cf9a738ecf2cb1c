"""Search and details on the Shutterstock side: filters, paging, views, the error shape."""

from __future__ import annotations

from typing import Any

import pytest


def ids(answer: Any) -> list[str]:
    assert answer.status == 200, answer.body
    return [item["id"] for item in answer.json()["data"]]


def test_basic_and_bearer_both_search(stock: Any, stock_basic: Any) -> None:
    for client in (stock, stock_basic):
        body = client.get("/v2/images/search", query="brick").json()
        assert body["total_count"] == len(body["data"]) == 3
        assert body["search_id"]
        assert all("brick" in item["description"].lower() for item in body["data"])


def test_paging_visits_everything_once(stock: Any) -> None:
    seen: list[str] = []
    for page in range(1, 20):
        body = stock.get("/v2/images/search", page=page, per_page=7).json()
        seen += [item["id"] for item in body["data"]]
        if page * 7 >= body["total_count"]:
            break
    assert len(seen) == len(set(seen)) == body["total_count"] > 30
    assert stock.get("/v2/images/search", page=10**9).json()["data"] == []
    nothing = stock.get("/v2/images/search", per_page=0).json()
    assert nothing["data"] == [] and nothing["total_count"] == body["total_count"]


def test_not_excludes_and_no_hit_is_empty(stock: Any) -> None:
    assert len(ids(stock.get("/v2/images/search", query="wood NOT oak"))) < len(
        ids(stock.get("/v2/images/search", query="wood"))
    )
    assert ids(stock.get("/v2/images/search", query="zeppelin")) == []
    assert ids(stock.get("/v2/images/search", query="x" * 500)) == []


def test_default_is_commercial_and_editorial_is_apart(stock: Any) -> None:
    commercial = stock.get("/v2/images/search", view="full", per_page=500).json()["data"]
    editorial = stock.get("/v2/images/search", view="full", license="editorial").json()["data"]
    assert {item["is_editorial"] for item in commercial} == {False}
    assert {item["is_editorial"] for item in editorial} == {True}
    assert len(editorial) == 2
    both = ids(stock.get("/v2/images/search", license=["commercial", "editorial"], per_page=500))
    assert len(both) == len(commercial) + 2


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ({"orientation": "horizontal"}, lambda item: item["aspect"] > 1),
        ({"orientation": "vertical"}, lambda item: item["aspect"] < 1),
        ({"image_type": ["vector", "illustration"]}, lambda item: item["image_type"] != "photo"),
        ({"aspect_ratio": "1.5"}, lambda item: item["aspect"] == 1.5),
        ({"width_from": 1100}, lambda item: item["assets"]["huge_jpg"]["width"] >= 1100),
        ({"category": "Nature"}, lambda item: "Nature" in [one["name"] for one in item["categories"]]),
        ({"contributor": "3673637"}, lambda item: item["contributor"]["id"] == "3673637"),
        ({"added_date_start": "2023-01-01"}, lambda item: item["added_date"] >= "2023"),
        ({"added_date_end": "2020-01-01"}, lambda item: item["added_date"] < "2020"),
        ({"people_number": 1}, lambda item: item["has_model_release"]),
    ],
)
def test_filters(stock: Any, query: dict[str, Any], check: Any) -> None:
    every = stock.get("/v2/images/search", view="full", per_page=500).json()["total_count"]
    found = stock.get("/v2/images/search", view="full", per_page=500, **query).json()["data"]
    assert 0 < len(found) < every
    assert all(check(item) for item in found), query


def test_colors_are_grouped_roughly(stock: Any) -> None:
    green = {
        item["description"]
        for item in stock.get("/v2/images/search", color="2F6B3A", per_page=500).json()["data"]
    }
    assert "Green canvas background" in green and "Burning sunset sky" not in green
    gray = {item["description"] for item in stock.get("/v2/images/search", color="grayscale").json()["data"]}
    assert "Brushed steel sheet" in gray and "Red woven upholstery" not in gray
    assert stock.get("/v2/images/search", color="red").status == 400


def test_safe_search_hides_adult_images(stock: Any) -> None:
    everything = stock.get("/v2/images/search", safe="false", view="full", per_page=500).json()["data"]
    assert [item["is_adult"] for item in everything].count(True) == 1
    assert not any(
        item["is_adult"] for item in stock.get("/v2/images/search", view="full", per_page=500).json()["data"]
    )


def test_sorts(stock: Any) -> None:
    newest = stock.get("/v2/images/search", sort="newest", view="full", per_page=500).json()["data"]
    dates = [item["added_date"] for item in newest]
    assert dates == sorted(dates, reverse=True)
    assert sorted(ids(stock.get("/v2/images/search", sort="random", per_page=500))) == sorted(
        item["id"] for item in newest
    )


def test_minimal_view_drops_what_full_has(sandbox: Any, stock: Any) -> None:
    full, lean = (stock.get("/v2/images/1120280100", view=view).json() for view in ("full", "minimal"))
    assert {"keywords", "categories", "is_editorial"} <= set(full) - set(lean)
    assert "huge_jpg" in full["assets"] and "huge_jpg" not in lean["assets"]
    sandbox.switch(shutterstock_minimal_view="full")
    assert "keywords" in stock.get("/v2/images/1120280100", view="minimal").json()


def test_fields_give_a_partial_response(stock: Any) -> None:
    body = stock.get("/v2/images/search", fields="data(id,assets(preview/url)),total_count", query="oak")
    assert body.status == 400
    body = stock.get("/v2/images/search", fields="data(id,assets(preview)),total_count", query="oak").json()
    assert set(body) == {"data", "total_count"}
    assert set(body["data"][0]) == {"id", "assets"} and set(body["data"][0]["assets"]) == {"preview"}
    for bad in ("data(", "data)", "(", "a,,b", "(" * 5000, "a(" * 5000):
        assert stock.get("/v2/images/search", fields=bad).status == 400


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"page": "ten"}, "$.query.page"),
        ({"page": 0}, "$.query.page"),
        ({"per_page": 501}, "$.query.per_page"),
        ({"license": "commercial,editorial"}, "$.query.license"),
        ({"safe": "maybe"}, "$.query.safe"),
        ({"added_date_start": "01.02.2020"}, "$.query.added_date_start"),
        ({"added_date_start": "2020-13-01"}, "$.query.added_date_start"),
        ({"keywords": "brick"}, "$.query.keywords"),
        ({"sort": ["newest", "popular"]}, "$.query.sort"),
        ({"page": "9" * 400}, "$.query.page"),
    ],
)
def test_wrong_parameters_get_the_vendors_error_shape(stock: Any, query: dict[str, Any], path: str) -> None:
    answer = stock.get("/v2/images/search", **query)
    assert answer.status == 400
    body = answer.json()
    assert body["message"] == "Validation failed"
    assert [error["path"] for error in body["errors"]] == [path]
    assert body["errors"][0]["code"].startswith("VALIDATION_") and body["errors"][0]["message"]


def test_unknown_parameters_can_be_ignored_instead(sandbox: Any, stock: Any) -> None:
    sandbox.switch(shutterstock_unknown_parameter="ignore")
    assert stock.get("/v2/images/search", keywords="brick").status == 200


def test_details_single_and_many(stock: Any) -> None:
    assert stock.get("/v2/images/1").status == 404
    assert stock.get("/v2/images").status == 400
    body = stock.get("/v2/images", id=["1120280100", "1120280137", "1"]).json()
    assert [item["id"] for item in body["data"]] == ["1120280100", "1120280137"]
    assert body["errors"][0]["data"] == "1"
    assert stock.get("/v2/images", id="1120280100,1120280137").json()["data"] == [], "comma lists are invalid"


def test_hostile_titles_arrive_unchanged(stock: Any) -> None:
    items = stock.get("/v2/images/search", per_page=500).json()["data"]
    titles = [item["description"] for item in items]
    assert max(len(title) for title in titles) > 10_000
    assert any("<script>" in title and "\x1b" in title and "\u202e" in title for title in titles)
    assert any("木目" in title for title in titles)
    assert [item["assets"] for item in items].count({}) == 1, "one image has no preview"


def test_previews_are_open_jpeg_files_of_the_size_they_claim(sandbox: Any, stock: Any) -> None:
    from io import BytesIO

    from PIL import Image
    from sandbox_process import send

    item = stock.get("/v2/images/1120280100").json()
    for kind in ("small_thumb", "huge_thumb", "preview"):
        entry = item["assets"][kind]
        answer = send("GET", entry["url"])
        assert answer.status == 200 and answer.headers["content-type"] == "image/jpeg"
        with Image.open(BytesIO(answer.body)) as picture:
            picture.load()
            assert picture.format == "JPEG" and picture.size == (entry["width"], entry["height"])
    assert send("GET", f"{sandbox.url}/image.shutterstock.com/preview/shutterstock-1.jpg").status == 404
