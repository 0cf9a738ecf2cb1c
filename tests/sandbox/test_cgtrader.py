"""The CGTrader side: search, details, orders, checkout, signed downloads."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sandbox_process import send

CHAIR, FREE = "4400123", "4402065"
RETURN = "http://127.0.0.1:9/done?keep=1"


def order(models: Any, model_id: str = CHAIR, uuid: str = "u-1", **more: Any) -> Any:
    return models.post("/v1/orders/", form={"uuid": uuid, "model_id": model_id, "return_url": RETURN, **more})


def found(models: Any, **query: Any) -> list[dict[str, Any]]:
    answer = models.get("/v1/models", **{"per_page": 100, **query})
    assert answer.status == 200, answer.body
    return list(answer.json()["models"])


def test_search_needs_a_token_and_challenges(make_client: Any, models: Any) -> None:
    answer = make_client("api.cgtrader.com").get("/v1/models")
    assert answer.status == 401 and answer.headers["www-authenticate"].startswith('Bearer realm="Doorkeeper"')
    assert make_client("api.cgtrader.com", "Basic YTpi").get("/v1/models").status == 401
    assert models.get("/v1/models").json()["total"] > 25 == len(models.get("/v1/models").json()["models"])


@pytest.mark.parametrize(
    ("query", "check"),
    [
        ({"keywords": "chair oak"}, lambda item: "chair" in item["tags"]),
        ({"min_price": 0, "max_price": 0}, lambda item: float(item["prices"]["download"]) == 0),
        ({"min_price": "20.5"}, lambda item: float(item["prices"]["download"]) >= 20.5),
        ({"product_type": "printable"}, lambda item: item["type"] == "printable"),
        ({"extensions": "obj,stl"}, lambda item: "obj" in item["availableFileExtensions"]),
        ({"discounted": "true"}, lambda item: item["id"] % 2 in (0, 1)),
        ({"rigged": "true"}, lambda item: item["rigged"]),
        ({"animated": "true"}, lambda item: item["animated"]),
        ({"low_poly": "true"}, lambda item: True),
        ({"collection": "true"}, lambda item: "rock" in item["tags"]),
        ({"min_admin_rating": "8.0"}, lambda item: True),
        ({"polygons": "lt_5k"}, lambda item: True),
        ({"license": "exclude_editorial"}, lambda item: item["license"] != "editorial"),
        ({"category_id": 1}, lambda item: item["category_id"] == 1),
    ],
)
def test_filters(models: Any, query: dict[str, Any], check: Any) -> None:
    items = found(models, **query)
    assert 0 < len(items) < len(found(models))
    assert all(check(item) for item in items)


def test_adult_models_only_on_request(models: Any) -> None:
    assert len(found(models, adult_content="true")) == len(found(models)) + 1


@pytest.mark.parametrize(("sort", "reverse"), [("lower_price", False), ("higher_price", True)])
def test_price_sorts(models: Any, sort: str, reverse: bool) -> None:
    prices = [float(item["prices"]["download"]) for item in found(models, sort=sort)]
    assert prices == sorted(prices, reverse=reverse)


@pytest.mark.parametrize("sort", ["best_match", "sales", "newest", "oldest"])
def test_every_sort_gives_everything(models: Any, sort: str) -> None:
    assert {item["id"] for item in found(models, sort=sort)} == {item["id"] for item in found(models)}


@pytest.mark.parametrize(
    "query",
    [
        {"page": "x"},
        {"page": "0"},
        {"sort": "best"},
        {"min_price": "-1"},
        {"rigged": "yes"},
        {"polygons": "few"},
    ],
)
def test_wrong_parameters(models: Any, query: dict[str, str]) -> None:
    answer = models.get("/v1/models", **query)
    assert answer.status == 400 and answer.json()["error"]


def test_paging(models: Any) -> None:
    seen: list[int] = []
    for page in range(1, 9):
        seen += [item["id"] for item in models.get("/v1/models", page=page, per_page=6).json()["models"]]
    assert len(seen) == len(set(seen)) == models.get("/v1/models").json()["total"]


def test_prices_come_as_text_and_as_number(sandbox: Any, models: Any) -> None:
    kinds = {type(item["prices"]["download"]) for item in found(models)}
    assert kinds == {str, float}
    sandbox.switch(cgtrader_price="number")
    assert {type(item["prices"]["download"]) for item in found(models)} == {float}


def test_details_in_both_forms(sandbox: Any, models: Any) -> None:
    bare = models.get(f"/v1/models/{CHAIR}").json()
    assert bare["id"] == int(CHAIR) and bare["files"][0]["size"] > 1000
    sandbox.switch(
        cgtrader_model="wrapped", cgtrader_files="list", cgtrader_images="list", cgtrader_file_names="null"
    )
    assert models.get(f"/v1/models/{CHAIR}").json()["model"]["title"] == bare["title"]
    files = models.get(f"/v1/models/{CHAIR}/files").json()
    assert [entry["name"] for entry in files] == [None] * len(files)
    assert models.get(f"/v1/models/{CHAIR}/images").json()[0]["url"].endswith(".jpg")
    sandbox.switch(cgtrader_images="missing")
    assert models.get(f"/v1/models/{CHAIR}/images").status == 404
    assert models.get("/v1/models/1").status == 404


def test_licenses(sandbox: Any, models: Any) -> None:
    labels = {item["license"] for item in found(models, adult_content="true")}
    assert {"royalty_free", "general", "editorial", "custom"} < labels
    assert len(labels - {"royalty_free", "general", "editorial", "custom"}) == 1, "one label is unknown"
    custom = next(item for item in found(models) if item["license"] == "custom")
    assert "one production" in models.get(f"/v1/models/{custom['id']}/license").json()["description"]
    for form in ("wrapped", "label", "empty"):
        sandbox.switch(cgtrader_license=form)
        assert models.get(f"/v1/models/{custom['id']}/license").status == 200


def test_categories(sandbox: Any, models: Any) -> None:
    categories = models.get("/v1/categories").json()["categories"]
    parents = {entry["id"] for entry in categories if entry["parent_id"] is None}
    assert all(entry["parent_id"] in parents for entry in categories if entry["parent_id"] is not None)
    assert models.get(f"/v1/categories/{categories[0]['id']}").json() == categories[0]
    assert models.get("/v1/categories/9999").status == 404
    sandbox.switch(cgtrader_category_label="name")
    assert "name" in models.get("/v1/categories").json()["categories"][0]


def test_me(sandbox: Any, models: Any, make_client: Any) -> None:
    assert models.get("/v1/users/me").json() == models.get("/v1/users/me.json").json()
    token = sandbox.make_token("cgtrader", user=None)
    assert make_client("api.cgtrader.com", f"Bearer {token}").get("/v1/users/me").status == 403


def test_order_pay_download(sandbox: Any, models: Any) -> None:
    made = order(models).json()
    assert made["success"] is True and made["status"] == "unpaid" and isinstance(made["id"], str)
    files = models.get(f"/v1/models/{CHAIR}/files").json()["files"]
    path = urlsplit(files[0]["download_url"]).path.removeprefix("/api.cgtrader.com")
    assert models.get(path).status == 403, "not paid yet"
    assert models.get(f"/v1/orders/{made['id']}").json()["status"] == "unpaid"
    assert sandbox.books()["charges"] == []

    back = sandbox.pay(made["checkout_url"])
    assert parse_qs(urlsplit(back).query) == {"keep": ["1"], "id": [made["id"]], "uuid": ["u-1"]}
    shown = models.get(f"/v1/orders/{made['id']}").json()
    assert shown["status"] == "paid" and shown["uuid"] == "u-1" and shown["model_id"] == int(CHAIR)
    (charge,) = sandbox.books()["charges"]
    assert (charge["item_id"], charge["amount"], charge["unit"], charge["uuid"]) == (
        CHAIR,
        "19.00",
        "USD",
        "u-1",
    )

    answer = models.get(path)
    assert answer.status == 302
    link = answer.headers["location"]
    assert urlsplit(link).path.startswith("/cgtfiles.s3.amazonaws.com/")
    body = send("GET", link).body
    assert len(body) == files[0]["size"]
    with zipfile.ZipFile(BytesIO(body)) as archive:
        assert archive.testzip() is None and archive.namelist()


def test_signed_link_expires_and_takes_no_bearer_token(sandbox: Any, models: Any) -> None:
    path = f"/v1/models/{FREE}/files/{FREE}1"
    link = models.get(path).headers["location"]
    answer = send("GET", link, headers=models.headers)
    assert answer.status == 400 and b"InvalidArgument" in answer.body
    assert send("GET", link).status == 200, "a free model needs no order"
    sandbox.advance(301)
    answer = send("GET", link)
    assert answer.status == 403 and b"Request has expired" in answer.body
    assert send("GET", models.get(path).headers["location"]).status == 200
    assert b"SignatureDoesNotMatch" in send("GET", link.replace("Signature=", "Signature=0")).body
    assert models.get(f"/v1/models/{FREE}/files/{FREE}9").status == 404


def test_same_uuid_makes_a_second_order_in_the_worst_case(sandbox: Any, models: Any) -> None:
    first, second = order(models).json(), order(models).json()
    assert first["id"] != second["id"]
    for made in (first, second):
        sandbox.pay(made["checkout_url"])
    assert len(sandbox.books()["charges"]) == 2, "the marketplace charges for both"
    sandbox.switch(cgtrader_same_uuid="same_order")
    assert order(models).json()["id"] == first["id"]


def test_checkout_page_takes_the_money_once(sandbox: Any, models: Any) -> None:
    made = order(models).json()
    page = send("GET", made["checkout_url"])
    assert page.headers["content-type"].startswith("text/html")
    assert b"Pay (sandbox)" in page.body and b"19.00 USD" in page.body and b"Oak Dining Chair" in page.body
    back = sandbox.pay(made["checkout_url"], action="cancel")
    assert f"id={made['id']}" in back and sandbox.books()["charges"] == []
    sandbox.pay(made["checkout_url"])
    with pytest.raises(AssertionError, match="paid already"):
        sandbox.pay(made["checkout_url"])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send("POST", made["checkout_url"], body=b"action=pay", headers=form).status == 303
    assert len(sandbox.books()["charges"]) == 1
    assert send("POST", made["checkout_url"], body=b"action=steal", headers=form).status == 400
    assert send("GET", made["checkout_url"] + "999").status == 404


def test_hostile_title_is_escaped_on_the_checkout_page(sandbox: Any, models: Any) -> None:
    (item,) = found(models, keywords="hostile")
    assert "<img" in item["title"] and "\x07" in item["title"]
    made = order(models, str(item["id"])).json()
    page = send("GET", made["checkout_url"]).body
    assert b"<img src=x" not in page and b"&lt;img src=x" in page
    assert b"\x07" not in page and b"\x1b" not in page


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"uuid": "u", "model_id": CHAIR},
        {"uuid": "", "model_id": CHAIR, "return_url": RETURN},
        {"uuid": "u", "model_id": CHAIR, "return_url": "javascript:alert(1)"},
        {"uuid": "u", "model_id": CHAIR, "return_url": "http://127.0.0.1/\r\nX-A: b"},
        {"uuid": "u" * 300, "model_id": CHAIR, "return_url": RETURN},
    ],
)
def test_bad_orders(sandbox: Any, models: Any, form: dict[str, str]) -> None:
    answer = models.post("/v1/orders/", form=form)
    assert answer.status == 422 and answer.json()["error"]
    assert sandbox.books()["orders"] == []


def test_order_of_an_unknown_model(models: Any) -> None:
    assert order(models, "1").status == 404


def test_orders_as_json_and_in_every_form(sandbox: Any, models: Any) -> None:
    body = {"uuid": "u-json", "model_id": int(CHAIR), "return_url": RETURN}
    sandbox.switch(cgtrader_order_create_status="201")
    answer = models.post("/v1/orders", body)
    assert answer.status == 201
    sandbox.switch(
        cgtrader_orders="list",
        cgtrader_order="wrapped",
        cgtrader_order_uuid="absent",
        cgtrader_order_id="number",
        cgtrader_paid_status="completed",
    )
    sandbox.pay(answer.json()["checkout_url"])
    (listed,) = models.get("/v1/orders/").json()
    assert listed == models.get(f"/v1/orders/{listed['id']}").json()["order"]
    assert listed["status"] == "completed" and "uuid" not in listed and isinstance(listed["id"], int)


def test_client_credentials_need_a_buyer_and_see_only_their_own_orders(
    sandbox: Any, models: Any, make_client: Any
) -> None:
    robot = make_client("api.cgtrader.com", f"Bearer {sandbox.make_token('cgtrader', user=None)}")
    assert order(robot).status == 422
    made = order(robot, buyers_email="buyer@example.com").json()
    assert models.get(f"/v1/orders/{made['id']}").status == 404
    assert robot.get(f"/v1/orders/{made['id']}").status == 200
    assert models.get("/v1/orders/").json() == {"total": 0, "orders": []}
    sandbox.pay(made["checkout_url"])
    path = f"/v1/models/{CHAIR}/files/{CHAIR}1"
    assert robot.get(path).status == 403
    assert robot.get(path, download_token=made["download_token"]).status == 302
    assert sandbox.books()["charges"][0]["account"] == "buyer@example.com"


def test_files_are_what_their_pages_say(models: Any) -> None:
    (mismatch,) = found(models, keywords="mismatch")
    files = models.get(f"/v1/models/{mismatch['id']}").json()["files"]
    assert files[0]["size"] > 0
    (obj,) = found(models, keywords="free kitchen")
    names = [entry["name"] for entry in models.get(f"/v1/models/{obj['id']}").json()["files"]]
    assert len(names) == 2 and all(name.endswith(".zip") for name in names)
    link = models.get(f"/v1/models/{obj['id']}/files/{obj['id']}2").headers["location"]
    with zipfile.ZipFile(BytesIO(send("GET", link).body)) as archive:
        endings = {name.rpartition(".")[2] for name in archive.namelist()}
    assert endings == {"obj", "mtl", "png"}


def test_previews(models: Any) -> None:
    item = found(models, keywords="vase marble white")[0]
    answer = send("GET", item["thumbnails"][0])
    assert answer.status == 200 and answer.body.startswith(b"\xff\xd8\xff")
    (bare,) = found(models, keywords="crate missing preview")
    assert bare["thumbnails"] == []
