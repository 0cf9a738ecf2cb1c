"""The Adobe side: sign-in, quota, licenses that are bought by reading, files behind a token."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from sandbox_process import Answer, SandboxProcess, send

PHOTO, PREMIUM, EDITORIAL, FREE, GONE = "62305369", "124287454", "320999999", "150000122", "150000159"
CLIP, HD_CLIP, CHAIR, LIGHT = "121222021", "121222095", "2147483999", "2147484147"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Stock:
    """Speaks with the key, the product's name and, unless told otherwise, the user's token."""

    def __init__(self, sandbox: SandboxProcess) -> None:
        self.sandbox = sandbox
        self.keys = sandbox.credentials["adobe_stock"]
        self.token = self.keys["user_token"]
        self.headers = {"x-api-key": self.keys["client_id"], "X-Product": "tests/1"}

    def get(
        self,
        path: str,
        query: Any = (),
        *,
        token: str | None = "",
        drop: str = "",
        method: str = "GET",
        body: Any = None,
    ) -> Answer:
        headers = {name: value for name, value in self.headers.items() if name != drop}
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token}"
        pairs = [*query.items()] if isinstance(query, dict) else list(query)
        url = f"{self.sandbox.url}/stock.adobe.io/Rest{path}" + (f"?{urlencode(pairs)}" if pairs else "")
        data = b"" if body is None else json.dumps(body).encode()
        return send(method, url, headers=headers, body=data)

    def search(self, *more: tuple[str, str], **words: str) -> list[dict[str, Any]]:
        asked = [(f"search_parameters[{name}]", value) for name, value in words.items()]
        pairs = [
            ("search_parameters[filters][premium]", "all"),
            ("search_parameters[limit]", "100"),
            *asked,
            *more,
        ]
        answer = self.get("/Media/1/Search/Files", pairs, token=None)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = answer.json()["files"]
        return rows

    def about(self, kind: str, content_id: str, label: str = "Standard", **more: str) -> dict[str, Any]:
        answer = self.get(f"/Libraries/1/{kind}", {"content_id": content_id, "license": label, **more})
        assert answer.status == 200, answer.body
        body: dict[str, Any] = answer.json()
        return body

    def details(self, kind: str, content_id: str, label: str = "Standard") -> dict[str, Any]:
        found: dict[str, Any] = self.about(kind, content_id, label)["contents"][content_id][
            "purchase_details"
        ]
        return found

    def charges(self) -> list[tuple[str, str, str]]:
        return [(one["item_id"], one["amount"], one["unit"]) for one in self.sandbox.books()["charges"]]


@pytest.fixture
def stock(sandbox: SandboxProcess) -> Stock:
    return Stock(sandbox)


def ids(rows: list[dict[str, Any]]) -> set[str]:
    return {str(row["id"]) for row in rows}


class TestAccess:
    def test_a_wrong_key_is_refused_by_the_gateway(self, stock: Stock) -> None:
        stock.headers["x-api-key"] = "wrong"
        answer = stock.get("/Media/1/Search/Files", {"search_parameters[words]": "x"}, token=None)
        assert (answer.status, answer.json()["error_code"]) == (403, "403003")

    def test_a_product_has_to_name_itself(self, stock: Stock) -> None:
        answer = stock.get("/Media/1/Files", {"ids": PHOTO}, drop="X-Product", token=None)
        assert (answer.status, answer.json()["code"]) == (400, "600")

    def test_a_wrong_token_spoils_even_a_search(self, stock: Stock) -> None:
        answer = stock.get("/Media/1/Search/Files", {"search_parameters[words]": "x"}, token="stale")
        assert (answer.status, answer.json()["error_code"]) == (401, "401013")

    @pytest.mark.parametrize(
        "path", ["Content/Info", "Content/License", "Member/Profile", "Member/LicenseHistory"]
    )
    def test_licensing_needs_a_token(self, stock: Stock, path: str) -> None:
        answer = stock.get(f"/Libraries/1/{path}", {"content_id": PHOTO, "license": "Standard"}, token=None)
        assert answer.status == 401
        assert stock.charges() == []

    def test_no_key_and_no_token_is_ever_logged(self, stock: Stock) -> None:
        stock.about("Content/License", PHOTO)
        told = json.dumps(stock.sandbox.requests())
        assert stock.token not in told and stock.keys["client_id"] not in told


class TestSignIn:
    def token(self, stock: Stock, *, query: str = "", **form: str) -> Answer:
        url = f"{stock.sandbox.url}/ims-na1.adobelogin.com/ims/token/v3{query}"
        return send("POST", url, body=urlencode(form).encode(), headers=FORM)

    def authorize(self, stock: Stock, **more: str) -> str:
        asked = {
            "client_id": stock.keys["client_id"],
            "redirect_uri": stock.keys["redirect_uri"],
            "response_type": "code",
            "scope": "openid,creative_sdk",
            "state": "s<1>&",
            **more,
        }
        return f"{stock.sandbox.url}/ims-na1.adobelogin.com/ims/authorize/v2?{urlencode(asked)}"

    def test_an_application_gets_a_token_of_a_day(self, stock: Stock) -> None:
        keys = {"client_id": stock.keys["client_id"], "client_secret": stock.keys["client_secret"]}
        given = {"grant_type": "client_credentials", **keys}
        answer = self.token(stock, scope="openid,sao.stock,read_pc.stock", **given)
        body = answer.json()
        assert (body["token_type"], body["expires_in"]) == ("bearer", 86399)
        assert "refresh_token" not in body
        assert stock.get("/Libraries/1/Member/Profile", token=body["access_token"]).status == 200
        assert self.token(stock, scope="openid sao.stock", **given).json() == {"error": "invalid_scope"}
        assert self.token(stock, scope="openid,sao.stock", **{**given, "client_secret": "x"}).status == 401
        stock.sandbox.advance(86400)
        assert stock.get("/Libraries/1/Member/Profile", token=body["access_token"]).status == 401

    def test_a_person_signs_in_with_pkce_and_copies_the_address(self, stock: Stock) -> None:
        verifier = "v" * 50
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        url = self.authorize(stock, code_challenge=digest, code_challenge_method="S256")
        back = stock.sandbox.consent(url)
        assert back.startswith(stock.keys["redirect_uri"] + "?")
        found = parse_qs(urlsplit(back).query)
        assert found["state"] == ["s<1>&"]
        client = f"?client_id={stock.keys['client_id']}"
        given = {"grant_type": "authorization_code", "code": found["code"][0]}
        assert self.token(stock, query=client, code_verifier="w" * 50, **given).status == 400
        back = stock.sandbox.consent(url)
        given["code"] = parse_qs(urlsplit(back).query)["code"][0]
        answer = self.token(stock, query=client, code_verifier=verifier, **given).json()
        assert "refresh_token" not in answer  # native apps get none
        assert stock.get("/Libraries/1/Member/Profile", token=answer["access_token"]).status == 200
        again = self.token(stock, query=client, code_verifier=verifier, **given)
        assert again.json()["error"] == "invalid_grant"
        revoke = f"{stock.sandbox.url}/ims-na1.adobelogin.com/ims/revoke"
        send("POST", revoke, body=urlencode({"token": answer["access_token"]}).encode(), headers=FORM)
        assert stock.get("/Libraries/1/Member/Profile", token=answer["access_token"]).status == 401

    def test_whoever_says_no_is_told_so(self, stock: Stock) -> None:
        back = stock.sandbox.consent(self.authorize(stock), answer="deny")
        assert parse_qs(urlsplit(back).query)["error"] == ["access_denied"]

    @pytest.mark.parametrize(
        "wrong",
        [{"redirect_uri": "http://127.0.0.1:5000/"}, {"client_id": "x"}, {"response_type": "token"},
         {"scope": "openid creative_sdk"}, {"scope": "everything"}, {"state": "x" * 4097}],
    )  # fmt: skip
    def test_a_wrong_request_is_shown_no_page(self, stock: Stock, wrong: dict[str, str]) -> None:
        assert send("GET", self.authorize(stock, **wrong)).status == 400


class TestSearch:
    def test_editorial_free_and_other_assets_are_never_found(self, stock: Stock) -> None:
        everything = ids(stock.search())
        assert PHOTO in everything and CHAIR in everything and CLIP in everything
        assert GONE in everything  # taken off, and still lingering in the index
        assert not {EDITORIAL, FREE} & everything

    def test_filters_keep_to_themselves(self, stock: Stock) -> None:
        only = ("search_parameters[filters][content_type:3d]", "1")
        things = stock.search(only)
        assert {row["media_type_id"] for row in things} == {6}
        lights = stock.search(only, ("search_parameters[filters][3d_type_id][]", "2"))
        assert {row["3d_type_id"] for row in lights} == {2}
        assert not any(
            row["title"].startswith("Dreamlike")
            for row in stock.search(("search_parameters[filters][gentech]", "false"))
        )
        wide = stock.search(("search_parameters[filters][orientation]", "horizontal"))
        assert wide and all(row["width"] > row["height"] for row in wide)
        large = stock.search(("search_parameters[filters][image_width]", "1000-"))
        assert large and all(row["width"] >= 1000 for row in large)

    def test_only_the_columns_that_were_asked_for_come(self, stock: Stock) -> None:
        (row,) = stock.search(("result_columns[]", "title"), ("result_columns[]", "id"), words="linen")
        assert set(row) == {"id", "title"}

    def test_without_premium_a_page_slips(self, stock: Stock) -> None:
        pairs = {"search_parameters[limit]": "3"}
        answer = stock.get("/Media/1/Search/Files", pairs, token=None).json()
        assert len(answer["files"]) == 4
        pairs["search_parameters[filters][premium]"] = "all"
        assert len(stock.get("/Media/1/Search/Files", pairs, token=None).json()["files"]) == 3

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ({}, "020"),
            ({"search_parameters[limit]": "101"}, "020"),
            ({"search_parameters[limit]": "0"}, "020"),
            ({"search_parameters[words]": "x", "q": "x"}, "604"),
            ({"search_parameters[popularity]": "1"}, "604"),
            ({"search_parameters[words]": "x", "result_columns[]": "is_editorial"}, "603"),
            ({"search_parameters[words]": "x", "result_columns[]": "is_licensed"}, "601"),
            ({"search_parameters[order]": "popularity"}, "020"),
            ({"search_parameters[filters][premium]": "yes"}, "020"),
        ],
    )
    def test_what_is_not_documented_is_refused(self, stock: Stock, query: dict[str, str], code: str) -> None:
        answer = stock.get("/Media/1/Search/Files", query, token=None)
        assert (answer.status, answer.json()["code"]) == (400, code)


class TestFiles:
    def test_what_is_gone_is_left_out(self, stock: Stock) -> None:
        columns = [("result_columns[]", name) for name in ("nb_results", "is_editorial", "premium_level_id")]
        pairs = [("ids", f"{PHOTO},{GONE},1,{EDITORIAL},{FREE}"), *columns]
        answer = stock.get("/Media/1/Files", pairs, token=None).json()
        found = {row["id"]: row for row in answer["files"]}
        assert set(found) == {int(PHOTO), int(EDITORIAL), int(FREE)}
        assert found[int(EDITORIAL)]["is_editorial"] is True
        assert found[int(FREE)]["premium_level_id"] == 1

    @pytest.mark.parametrize("wrong", ["", "x", "1;2", "0", "1,", "-1"])
    def test_ids_that_are_none(self, stock: Stock, wrong: str) -> None:
        answer = stock.get("/Media/1/Files", {"ids": wrong}, token=None)
        assert (answer.status, answer.json()["code"]) == (404, "605")

    def test_what_is_licensed_is_told_to_whom_it_belongs(self, stock: Stock) -> None:
        query = {"ids": PHOTO, "result_columns[]": "is_licensed"}
        assert stock.get("/Media/1/Files", query, token=None).json()["code"] == "601"
        assert stock.get("/Media/1/Files", query).json()["files"][0]["is_licensed"] == ""
        stock.about("Content/License", PHOTO)
        assert stock.get("/Media/1/Files", query).json()["files"][0]["is_licensed"] == "Standard"


class TestLicensing:
    def test_a_get_buys_once(self, stock: Stock) -> None:
        assert stock.details("Content/Info", PHOTO)["state"] == "not_purchased"
        first, second = stock.details("Content/License", PHOTO), stock.details("Content/License", PHOTO)
        assert (first["state"], second["state"]) == ("just_purchased", "purchased")
        assert first["date"] == second["date"] == stock.details("Content/Info", PHOTO)["date"]
        assert stock.charges() == [(PHOTO, "1", "credits")]
        assert stock.about("Member/Profile", PREMIUM)["available_entitlement"]["quota"] == 99

    def test_license_again_buys_again(self, stock: Stock) -> None:
        for _ in range(2):
            stock.about("Content/License", PHOTO, license_again="true")
        assert len(stock.charges()) == 2

    @pytest.mark.parametrize(
        ("content_id", "label", "cost"),
        [
            (PHOTO, "Extended", "8"),
            (PREMIUM, "Standard", "50"),
            (CLIP, "Video_4K", "20"),
            (CHAIR, "Standard", "10"),
            (FREE, "Standard", "0"),
            (LIGHT, "Standard", "10"),
            (EDITORIAL, "Standard", "1"),
        ],
    )
    def test_the_quote_says_what_is_taken(self, stock: Stock, content_id: str, label: str, cost: str) -> None:
        said = stock.about("Member/Profile", content_id, label)["purchase_options"]["message"]
        assert said == (
            "This asset is free." if cost == "0" else f"This will use {cost} of your 100 credits."
        )
        stock.about("Content/License", content_id, label)
        assert stock.charges() == [(content_id, cost, "credits")]

    @pytest.mark.parametrize(
        ("content_id", "label"),
        [
            (PHOTO, "Video_HD"),
            (HD_CLIP, "Video_4K"),
            (CHAIR, "Extended"),
            (PHOTO, "Standard_M"),
            (PHOTO, "standard"),
            (PHOTO, "Social_Media"),
        ],
    )
    def test_a_license_of_another_kind_is_refused(self, stock: Stock, content_id: str, label: str) -> None:
        answer = stock.get("/Libraries/1/Content/License", {"content_id": content_id, "license": label})
        assert (answer.status, answer.json()["code"]) == (400, "020")
        assert "does not match type of content" in answer.json()["error"]
        assert stock.charges() == []

    def test_with_nothing_left_it_is_not_possible(self, stock: Stock) -> None:
        stock.sandbox.set_adobe(quota=0)
        options = stock.about("Member/Profile", PHOTO)["purchase_options"]
        assert (options["state"], options["requires_checkout"]) == ("not_possible", True)
        answer = stock.about("Content/License", PHOTO)
        assert answer["available_entitlement"] is None
        assert answer["contents"][PHOTO]["purchase_details"]["state"] == "not_possible"
        assert stock.charges() == []

    def test_overage_charges_money_without_asking(self, stock: Stock) -> None:
        stock.sandbox.set_adobe(quota=0, overage=True)
        options = stock.about("Member/Profile", PHOTO)["purchase_options"]
        assert (options["state"], options["message"]) == (
            "overage",
            "Would you like to license the asset for $9.99?",
        )
        assert stock.details("Content/License", PHOTO)["state"] == "just_purchased"
        assert stock.charges() == [(PHOTO, "9.99", "USD")]

    def test_references_have_to_be_noted(self, stock: Stock) -> None:
        stock.sandbox.set_adobe(references=True)
        assert stock.about("Member/Profile", PHOTO)["cce_agency"][0]["required"] is True
        query = {"content_id": PHOTO, "license": "Standard"}
        assert stock.get("/Libraries/1/Content/License", query).status == 400
        noted: list[Any] = [None, [], {"cce_agency": [{"id": 2}]}]
        noted += [{"cce_agency": [{"id": name, "value": value}]} for name, value in (("9", "x"), ("2", " "))]
        for body in noted:
            answer = stock.get("/Libraries/1/Content/License", query, method="POST", body=body)
            assert answer.status == 400
        assert stock.charges() == []
        good = {"cce_agency": [{"id": "2", "value": "Project Banana"}]}
        assert stock.get("/Libraries/1/Content/License", query, method="POST", body=good).status == 200
        (charge,) = stock.sandbox.books()["charges"]
        assert charge["metadata"]["references"] == [{"id": "2", "value": "Project Banana"}]

    def test_what_was_taken_off_is_not_licensed(self, stock: Stock) -> None:
        assert stock.about("Member/Profile", GONE)["purchase_options"]["state"] == "not_possible"
        assert stock.details("Content/License", GONE)["state"] == "not_possible"

    def test_a_video_has_to_be_asked_about_by_license(self, stock: Stock) -> None:
        assert stock.get("/Libraries/1/Member/Profile", {"content_id": CLIP}).status == 400
        assert stock.get("/Libraries/1/Member/Profile", {"content_id": PHOTO}).status == 200

    def test_alternatives_have_prices_in_words(self, stock: Stock) -> None:
        stock.sandbox.set_adobe(alternatives=True)
        offered = stock.about("Member/Profile", PHOTO)["possible_licenses"]
        assert {
            "license": "Social_Media",
            "license_label": "Social Media",
            "price_with_unit": "5 Credits",
        } in offered

    def test_a_plan_that_is_none_is_refused(self, stock: Stock) -> None:
        for wrong in ({"credit": 1}, {"quota": "many"}, {"overage": 1}):
            with pytest.raises(AssertionError, match="answered 400"):
                stock.sandbox.set_adobe(**wrong)


class TestHistoryAndFiles:
    def test_history_is_newest_first_with_dates_for_people(self, stock: Stock) -> None:
        for content_id in (PHOTO, CHAIR, PREMIUM):
            stock.about("Content/License", content_id)
        answer = stock.get("/Libraries/1/Member/LicenseHistory", {"search_parameters[limit]": "2"}).json()
        assert answer["nb_results"] == 3
        assert [str(row["id"]) for row in answer["files"]] == [PREMIUM, CHAIR]
        assert "\u202f" in answer["files"][0]["license_date"]
        rest = {"search_parameters[limit]": "2", "search_parameters[offset]": "2"}
        assert len(stock.get("/Libraries/1/Member/LicenseHistory", rest).json()["files"]) == 1

    def fetch(self, url: str, token: str) -> Answer:
        return send("GET", f"{url}?token={token}")

    @pytest.mark.parametrize(
        ("content_id", "label", "start"),
        [(PHOTO, "Standard", b"\xff\xd8"), (HD_CLIP, "Video_HD", b"\x00\x00\x00"), (CHAIR, "Standard", b"PK"),
         (LIGHT, "Standard", b"#?RADIANCE")],
    )  # fmt: skip
    def test_a_file_comes_by_way_of_storage(
        self, stock: Stock, content_id: str, label: str, start: bytes
    ) -> None:
        url = stock.details("Content/License", content_id, label)["url"]
        answer = self.fetch(url, stock.token)
        assert answer.status == 302
        location = answer.headers["location"]
        assert "amazonaws.com" in location and stock.token not in location
        sold = send("GET", location)
        assert sold.status == 200 and sold.body.startswith(start)
        assert f"AdobeStock_{content_id}" in sold.headers["content-disposition"]
        (row,) = stock.get("/Libraries/1/Member/LicenseHistory").json()["files"]
        assert self.fetch(row["download_url"], stock.token).status == 302
        stock.sandbox.advance(301)
        assert send("GET", location).status == 403
        assert len(stock.charges()) == 1

    def test_storage_wants_nothing_else(self, stock: Stock) -> None:
        url = stock.details("Content/License", PHOTO)["url"]
        location = self.fetch(url, stock.token).headers["location"]
        assert send("GET", location, headers={"Authorization": "Bearer x"}).status == 400
        assert send("GET", location, headers=stock.headers).status == 400
        assert send("GET", f"{location}&token=x").status == 400

    def test_a_download_wants_the_token_and_the_license(self, stock: Stock) -> None:
        url = stock.details("Content/License", PHOTO)["url"]
        assert self.fetch(url, "stale").status == 403
        assert send("GET", url, headers={"Authorization": f"Bearer {stock.token}"}).status == 400
        other = url.replace(PHOTO, PREMIUM)
        assert self.fetch(other, stock.token).status == 404

    def test_a_download_may_come_at_once_and_a_model_bare(self, stock: Stock) -> None:
        stock.sandbox.switch(adobe_download="direct", adobe_3d_delivery="glb")
        url = stock.details("Content/License", CHAIR)["url"]
        answer = self.fetch(url, stock.token)
        assert answer.status == 200 and answer.body[:4] == b"glTF"

    def test_thumbnails_are_open_and_outlive_the_asset(self, stock: Stock) -> None:
        (row,) = stock.search(words="taken off the site")
        assert send("GET", row["thumbnail_url"]).body[:2] == b"\xff\xd8"


def test_too_fast_says_so_as_adobe_does(stock: Stock) -> None:
    stock.sandbox.fault("429", host="stock.adobe.io", times=1)
    answer = stock.get("/Media/1/Files", {"ids": PHOTO}, token=None)
    assert (answer.status, answer.json()["error_code"]) == (429, "429050")
    assert answer.headers["retry-after"] == "1"
