"""Licensing, quota, history, redownload and links on the Shutterstock side."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from sandbox_process import send

IMAGE, OTHER, EDITORIAL = "1120280100", "1120280137", "1120281247"
LICENSES = "/v2/images/licenses"


def buy(stock: Any, *items: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = stock.post(LICENSES, {"images": list(items)}, **query)
    assert answer.status == 200, answer.body
    return list(answer.json()["data"])


def left(sandbox: Any, plan: str = "s1000001") -> int:
    return next(row["downloads_left"] for row in sandbox.books()["subscriptions"] if row["id"] == plan)


def test_buying_counts_once_everywhere(sandbox: Any, stock: Any) -> None:
    (result,) = buy(
        stock,
        {"image_id": IMAGE, "subscription_id": "s1000001", "size": "huge", "metadata": {"job": "Show 12"}},
    )
    assert result["allotment_charge"] == 1 and result["license_id"] and "error" not in result
    assert left(sandbox) == 49
    (event,) = sandbox.books()["charges"]
    assert (event["marketplace"], event["item_id"], event["amount"]) == ("shutterstock", IMAGE, "1")
    assert event["reference"] == result["license_id"]
    assert event["metadata"] == {"subscription_id": "s1000001", "sent": {"job": "Show 12"}}
    assert sandbox.books()["totals"] == {"shutterstock": {"charges": 1, "amount": "1", "unit": "downloads"}}
    (plan,) = [row for row in stock.get("/v2/user/subscriptions").json()["data"] if row["id"] == "s1000001"]
    assert plan["allotment"]["downloads_left"] == 49
    (entry,) = stock.get(LICENSES).json()["data"]
    assert entry["id"] == result["license_id"] and entry["metadata"] == {"job": "Show 12"}
    assert entry["image"] == {"id": IMAGE, "format": {"size": "huge", "format": "jpg"}}
    assert entry["user"] == {"username": "sandbox.user"} and entry["license"] == "standard"
    assert entry["download_time"].endswith("-05:00"), "the vendor's examples are not in UTC"


def test_items_fail_one_by_one_with_status_200(sandbox: Any, stock: Any) -> None:
    results = buy(
        stock,
        {"image_id": IMAGE},
        {"image_id": "404404"},
        {"image_id": EDITORIAL},
        {"image_id": EDITORIAL, "editorial_acknowledgement": True},
        {"image_id": OTHER, "subscription_id": "s1000003"},
        {"image_id": OTHER, "subscription_id": "s1000004"},
        {"image_id": OTHER, "subscription_id": "s1000005"},
        {"image_id": OTHER, "subscription_id": "nobody"},
        {"image_id": OTHER, "size": "vector"},
        subscription_id="s1000001",
    )
    errors = [result.get("error") for result in results]
    assert [bool(error) for error in errors] == [False, True, True, False, True, True, True, True, True]
    assert "not found" in errors[1] and "acknowledgement" in errors[2] and "limit" in errors[4]
    assert "expired" in errors[5] and "invalid" in errors[6] and "invalid" in errors[7]
    assert all("download" not in result for result in results if result.get("error"))
    assert len(sandbox.books()["charges"]) == 2 and left(sandbox) == 48


def test_quota_runs_out_in_the_middle_of_one_call(sandbox: Any, stock: Any) -> None:
    sandbox.set_quota("s1000001", downloads_left=2)
    images = [{"image_id": str(1120280100 + 37 * n), "subscription_id": "s1000001"} for n in range(4)]
    results = buy(stock, *images)
    assert ["error" in result for result in results] == [False, False, True, True]
    assert left(sandbox) == 0
    sandbox.set_quota("s1000001", downloads_left=5, end_in_s=-1)
    (late,) = buy(stock, {"image_id": IMAGE, "subscription_id": "s1000001"})
    assert "limit" in late["error"], "the allotment's term has ended"


def test_body_wins_over_query_and_without_a_plan_one_is_found(sandbox: Any, stock: Any) -> None:
    buy(
        stock,
        {"image_id": IMAGE, "subscription_id": "s1000002", "size": "small"},
        subscription_id="s1000001",
        size="huge",
    )
    (entry,) = stock.get(LICENSES).json()["data"]
    assert entry["subscription_id"] == "s1000002" and entry["license"] == "enhanced"
    assert entry["image"]["format"]["size"] == "small"
    buy(stock, {"image_id": OTHER})
    assert left(sandbox, "s1000001") == 49


@pytest.mark.parametrize("form", ["0", "1"])
def test_a_repeat_costs_again_or_not(sandbox: Any, stock: Any, form: str) -> None:
    sandbox.switch(shutterstock_repeat_charge=form)
    buy(stock, {"image_id": IMAGE, "subscription_id": "s1000001"})
    (again,) = buy(stock, {"image_id": IMAGE, "subscription_id": "s1000001"})
    assert again["allotment_charge"] == int(form) and left(sandbox) == 49 - int(form)
    assert len(sandbox.books()["charges"]) == 2, "each licensing event is in the books"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"images": []},
        {"images": "all"},
        {"images": ["1"]},
        {"images": [{}]},
        {"images": [{"image_id": 5}]},
        {"images": [{"image_id": IMAGE, "size": "gigantic"}]},
        {"images": [{"image_id": IMAGE, "colour": "red"}]},
        {"images": [{"image_id": IMAGE, "price": True}]},
        {"images": [{"image_id": IMAGE, "metadata": {str(n): "x" for n in range(5)}}]},
        {"images": [{"image_id": IMAGE}] * 51},
        [],
        None,
    ],
)
def test_a_malformed_body_buys_nothing(sandbox: Any, stock: Any, body: Any) -> None:
    answer = stock.post(LICENSES, body)
    assert answer.status == 400 and answer.json()["message"]
    assert sandbox.books()["events"] == []


def test_fifty_items_are_taken(sandbox: Any, stock: Any) -> None:
    results = buy(stock, *[{"image_id": IMAGE, "subscription_id": "s1000001"}] * 50)
    assert sum(result["allotment_charge"] for result in results) == 50 and left(sandbox) == 0


def test_other_forms_of_open_questions(sandbox: Any, stock: Any) -> None:
    sandbox.switch(shutterstock_license_id="absent", shutterstock_item_error="object")
    good, bad = buy(stock, {"image_id": IMAGE}, {"image_id": "1"})
    assert "license_id" not in good and bad["error"] == {"message": "Media not found"}


def test_who_may_license(sandbox: Any, make_client: Any, stock_basic: Any) -> None:
    body = {"images": [{"image_id": IMAGE}]}
    anonymous = make_client("api.shutterstock.com")
    assert anonymous.post(LICENSES, body).status == 401
    assert make_client("api.shutterstock.com", "Bearer v2/wrong").post(LICENSES, body).status == 401
    assert stock_basic.post(LICENSES, body).status == 401
    sandbox.switch(shutterstock_basic_on_scoped_route="403")
    assert stock_basic.post(LICENSES, body).status == 403
    for scopes in ([], ["licenses.create"], ["purchases.view", "licenses.view"]):
        token = sandbox.make_token("shutterstock", scopes=scopes)
        answer = make_client("api.shutterstock.com", f"Bearer {token}").post(LICENSES, body)
        assert answer.status == 403
        assert answer.json()["message"].startswith("You do not have access to this route")
    token = sandbox.make_token("shutterstock", expires_in_s=60)
    client = make_client("api.shutterstock.com", f"Bearer {token}")
    assert client.get(LICENSES).status == 200
    sandbox.advance(61)
    assert client.get(LICENSES).status == 401
    assert sandbox.books()["events"] == []


def test_a_user_agent_is_mandatory(sandbox: Any, stock: Any) -> None:
    answer = stock.get("/v2/images/search", headers={"User-Agent": ""})
    assert answer.status == 400 and "User-Agent" in answer.json()["message"]


class TestHistory:
    @pytest.fixture
    def bought(self, sandbox: Any, stock: Any) -> list[str]:
        """Three licenses, a day apart: standard, enhanced, editorial."""
        found = []
        for item in (
            {"image_id": IMAGE, "subscription_id": "s1000001"},
            {"image_id": OTHER, "subscription_id": "s1000002"},
            {"image_id": EDITORIAL, "subscription_id": "s1000001", "editorial_acknowledgement": True},
        ):
            found.append(buy(stock, item)[0]["license_id"])
            sandbox.advance(86400)
        return found

    def listed(self, stock: Any, **query: Any) -> list[str]:
        return [entry["id"] for entry in stock.get(LICENSES, **query).json()["data"]]

    def test_order_and_paging(self, stock: Any, bought: list[str]) -> None:
        assert self.listed(stock) == bought[::-1]
        assert self.listed(stock, sort="oldest") == bought
        assert self.listed(stock, sort="oldest", page=2, per_page=2) == bought[2:]
        assert stock.get(LICENSES, per_page=1).json()["total_count"] == 3
        assert stock.get(LICENSES, per_page=201).status == 400

    def test_filters(self, stock: Any, bought: list[str]) -> None:
        assert self.listed(stock, image_id=OTHER) == [bought[1]]
        assert self.listed(stock, license="enhanced") == [bought[1]]
        assert self.listed(stock, license="-enhanced", sort="oldest") == [bought[0], bought[2]]
        assert self.listed(stock, username="somebody.else") == []
        assert self.listed(stock, download_availability="non_downloadable") == [bought[2]]
        assert self.listed(stock, download_availability="downloadable", sort="oldest") == bought[:2]

    def test_start_is_included_and_end_is_not(self, stock: Any, bought: list[str]) -> None:
        times = [entry["download_time"] for entry in stock.get(LICENSES, sort="oldest").json()["data"]]
        assert self.listed(stock, start_date=times[1], sort="oldest") == bought[1:]
        # The listed time is cut to whole seconds, so the end of the range is the second itself.
        assert self.listed(stock, end_date=times[1]) == [bought[0]]
        assert stock.get(LICENSES, start_date="yesterday").status == 400

    def test_scope(self, sandbox: Any, make_client: Any, bought: list[str]) -> None:
        token = sandbox.make_token("shutterstock", scopes=["user.view"])
        assert make_client("api.shutterstock.com", f"Bearer {token}").get(LICENSES).status == 403


class TestDownload:
    def test_file_is_a_jpeg_of_the_declared_size(self, stock: Any) -> None:
        declared = stock.get(f"/v2/images/{IMAGE}").json()["assets"]
        for size in ("small", "huge"):
            (result,) = buy(stock, {"image_id": IMAGE, "size": size})
            answer = send("GET", result["download"]["url"])
            assert answer.status == 200 and answer.headers["content-type"] == "image/jpeg"
            assert len(answer.body) == declared[f"{size}_jpg"]["file_size"]
            with Image.open(BytesIO(answer.body)) as picture:
                picture.load()
                assert picture.size == (declared[f"{size}_jpg"]["width"], declared[f"{size}_jpg"]["height"])

    def test_one_image_is_not_of_the_size_it_declares(self, stock: Any) -> None:
        (item,) = stock.get("/v2/images/search", query="mismatch", view="full").json()["data"]
        (result,) = buy(stock, {"image_id": item["id"], "size": "small"})
        body = send("GET", result["download"]["url"]).body
        assert len(body) != item["assets"]["small_jpg"]["file_size"]

    def test_link_needs_no_token_and_lives_eight_hours(self, sandbox: Any, stock: Any) -> None:
        (result,) = buy(stock, {"image_id": IMAGE, "size": "small"})
        url = result["download"]["url"]
        assert urlsplit(url).path.startswith("/download.shutterstock.com/gatekeeper/")
        sandbox.advance(8 * 3600 - 60)
        assert send("GET", url).status == 200
        sandbox.advance(61)
        assert send("GET", url).status == 403

    def test_link_cannot_be_forged(self, stock: Any) -> None:
        (result,) = buy(stock, {"image_id": IMAGE, "size": "small"})
        url = result["download"]["url"]
        expires = parse_qs(urlsplit(url).query)["Expires"][0]
        for bad in (
            url.replace(IMAGE, OTHER),
            url.replace("-small", "-huge"),
            url.replace(f"Expires={expires}", f"Expires={int(expires) + 1}"),
            url.replace(f"Expires={expires}", "Expires=%C3%A9"),
            url.partition("?")[0],
            url[:-1],
        ):
            assert send("GET", bad).status == 403, bad

    def test_redownload_is_free(self, sandbox: Any, stock: Any) -> None:
        (result,) = buy(stock, {"image_id": IMAGE, "size": "small"})
        sandbox.advance(9 * 3600)
        answer = stock.post(f"{LICENSES}/{result['license_id']}/downloads", {"size": "small"})
        assert answer.status == 200 and send("GET", answer.json()["url"]).status == 200
        assert len(sandbox.books()["charges"]) == 1
        assert [event["kind"] for event in sandbox.books()["events"]] == ["license", "redownload"]
        assert left(sandbox) == 49

    def test_redownload_refusals(self, stock: Any) -> None:
        assert stock.post(f"{LICENSES}/e404/downloads", {"size": "huge"}).status == 404
        (result,) = buy(stock, {"image_id": EDITORIAL, "editorial_acknowledgement": True})
        path = f"{LICENSES}/{result['license_id']}/downloads"
        assert stock.post(path, {"size": "huge"}).status == 403
        assert stock.post(path, {"size": "colossal"}).status == 400
