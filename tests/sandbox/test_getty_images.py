"""The Getty Images side: keys and tokens, search, products, downloads, history, delivery."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from PIL import Image
from sandbox_process import Answer, SandboxProcess, send

API = "api.gettyimages.com"
PHOTO, OTHER, NEWS, ASKED_FOR, GONE = "95744000", "95744037", "95745110", "95744629", "95745258"
HULTON, VIDEO, NEWS_VIDEO = "95745184", "690773000", "690773820"


class Getty:
    """Speaks to the API with the key, and with a token or without."""

    def __init__(self, sandbox: SandboxProcess, token: str | None) -> None:
        self.sandbox = sandbox
        self.headers = {"Api-Key": sandbox.credentials["getty_images"]["client_id"]}
        if token is not None:
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, **query: Any) -> Answer:
        return send("GET", self._url(path, query), headers=self.headers)

    def buy(self, path: str, body: Any = None, **query: Any) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        query = {"auto_download": "false", "product_type": "premiumaccess", "product_id": 2726, **query}
        headers = {**self.headers, "Content-Type": "application/json"}
        return send("POST", self._url(f"/downloads/{path}", query), body=data, headers=headers)

    def _url(self, path: str, query: dict[str, Any]) -> str:
        return f"{self.sandbox.url}/{API}/v3{path}{f'?{urlencode(query)}' if query else ''}"


@pytest.fixture
def getty(sandbox: SandboxProcess) -> Getty:
    return Getty(sandbox, sandbox.credentials["getty_images"]["user_token"])


@pytest.fixture
def anybody(sandbox: SandboxProcess) -> Getty:
    return Getty(sandbox, None)


def left(sandbox: SandboxProcess, product: int = 2726) -> tuple[Any, Any]:
    row = next(row for row in sandbox.books()["products"] if row["id"] == product)
    return row["downloads_left"], row["overage_left"]


def ids(answer: Answer) -> list[str]:
    body = answer.json()
    assert answer.status == 200, body
    return [item["id"] for item in body.get("images", body.get("videos"))]


def code(answer: Answer) -> tuple[int, str]:
    return answer.status, str(answer.json().get("ErrorCode", answer.json().get("message")))


class TestAccess:
    def test_every_request_wants_the_key(self, sandbox: SandboxProcess, getty: Getty) -> None:
        getty.headers["Api-Key"] = "wrong"
        for path in ("/search/images/creative", f"/images/{PHOTO}", "/products", "/downloads"):
            assert code(getty.get(path)) == (401, "Unauthorized")
        sandbox.switch(getty_bad_key="403")
        assert code(getty.get("/products")) == (403, "Forbidden")

    def test_the_key_alone_searches_and_no_more(self, anybody: Getty) -> None:
        assert anybody.get("/search/images/creative", phrase="wood").status == 200
        assert anybody.get(f"/images/{PHOTO}").status == 200
        for path in ("/products", "/customers/current", "/downloads", f"/images/{PHOTO}/downloadhistory"):
            assert code(anybody.get(path)) == (401, "AuthorizationTokenRequired")
        assert code(anybody.get(f"/images/{PHOTO}", fields="id,downloads"))[0] == 401
        assert code(anybody.buy(f"images/{PHOTO}")) == (401, "AuthorizationTokenRequired")

    def test_a_token_that_has_ended_is_refused(self, sandbox: SandboxProcess) -> None:
        getty = Getty(sandbox, sandbox.make_token("getty_images", expires_in_s=10))
        assert getty.get("/products").status == 200
        sandbox.advance(11)
        assert code(getty.get("/products")) == (401, "Unauthorized")
        assert code(getty.get("/search/images/creative")) == (401, "Unauthorized")

    @pytest.mark.parametrize("status", ["400", "401", "403"])
    def test_a_key_may_need_a_user(self, sandbox: SandboxProcess, status: str) -> None:
        getty = Getty(sandbox, sandbox.make_token("getty_images", user=None))
        assert getty.get("/products").status == 200
        assert code(getty.get("/customers/current")) == (400, "UserTokenRequired")
        sandbox.switch(getty_user_required=status)
        for answer in (getty.get("/products"), getty.get("/downloads"), getty.buy(f"images/{PHOTO}")):
            assert code(answer) == (int(status), "UserTokenRequired")
        assert sandbox.books()["charges"] == []

    def test_no_key_is_in_the_log(self, sandbox: SandboxProcess, getty: Getty) -> None:
        getty.get("/products")
        text = repr(sandbox.requests())
        assert not [secret for secret in sandbox.credentials["getty_images"].values() if secret in text]


class TestSearch:
    def test_families_are_apart(self, anybody: Getty) -> None:
        creative = ids(anybody.get("/search/images/creative", page_size=100))
        editorial = ids(anybody.get("/search/images/editorial", page_size=100))
        assert {PHOTO, OTHER} <= set(creative) and {NEWS, HULTON} <= set(editorial)
        assert not set(creative) & set(editorial)
        clean = ids(anybody.get("/search/images/creative", page_size=100, exclude_editorial_use_only="true"))
        assert set(creative) - set(clean) == {"95745221"}, "a creative picture for editorial use only"

    def test_with_a_token_only_what_may_be_licensed(self, anybody: Getty, getty: Getty) -> None:
        everything = set(ids(anybody.get("/search/images/editorial")))
        assert set(ids(getty.get("/search/images/editorial"))) == everything - {HULTON}
        getty.sandbox.set_product(44, expires_in_s=-1)
        assert ids(getty.get("/search/images/editorial")) == []

    def test_page_sizes_and_pages(self, anybody: Getty) -> None:
        whole = ids(anybody.get("/search/images/creative", page_size=100))
        pages = [ids(anybody.get("/search/images/creative", page_size=5, page=n)) for n in range(1, 5)]
        assert [one for page in pages for one in page] == whole[:20]
        for size in (0, 7, 24, 101):
            assert code(anybody.get("/search/images/creative", page_size=size)) == (400, "InvalidPageSize")
        assert code(anybody.get("/search/images/creative", page=9)) == (400, "InvalidPage")
        assert code(anybody.get("/search/images/creative", page=0)) == (400, "PageNumberLessThanOne")
        assert anybody.get("/search/images/creative", phrase="zxqv").json() == {
            "result_count": 0,
            "images": [],
        }

    @pytest.mark.parametrize(
        ("path", "query", "count"),
        [
            ("images/creative", {"orientations": "square"}, 11),
            ("images/creative", {"orientations": "horizontal,panoramic_horizontal"}, 8),
            ("images/creative", {"orientations": "vertical"}, 1),
            ("images/creative", {"collection_codes": "STO,DVV"}, 5),
            ("images/creative", {"phrase": "椅子"}, 1),
            ("videos/creative", {"min_clip_length": 2}, 3),
            ("videos/creative", {"max_clip_length": 1}, 0),
            ("videos/creative", {"format_available": "4k", "orientations": "vertical"}, 1),
            ("videos/editorial", {}, 1),
        ],
    )
    def test_filters(self, anybody: Getty, path: str, query: dict[str, Any], count: int) -> None:
        assert anybody.get(f"/search/{path}", **query).json()["result_count"] == count

    @pytest.mark.parametrize(
        "query",
        [
            {"phrases": "x"}, {"fields": "id,everything"}, {"orientations": "diagonal"}, {"per_page": 10},
            {"exclude_editorial_use_only": "yes"}, {"sort_order": "oldest"}, {"page_size": "many"},
            {"license_models": "royaltyfree"}, {"fields": "clip_length"},
        ],
    )  # fmt: skip
    def test_what_the_file_does_not_have_is_refused(self, anybody: Getty, query: dict[str, Any]) -> None:
        assert anybody.get("/search/images/creative", **query).status == 400

    def test_only_the_fields_that_were_asked_for(self, anybody: Getty) -> None:
        (one,) = anybody.get("/search/images/creative", page_size=1, fields="title").json()["images"]
        assert set(one) == {"id", "title"}
        (one,) = anybody.get("/search/images/creative", page_size=1, fields="display_set").json()["images"]
        assert {size["name"] for size in one["display_sizes"]} == {"comp", "preview", "thumb"}

    def test_previews_are_pictures_and_clips(self, anybody: Getty) -> None:
        (one,) = anybody.get(f"/images/{PHOTO}", fields="thumb,comp").json()["images"]
        for shown in one["display_sizes"]:
            picture = Image.open(BytesIO(send("GET", shown["uri"]).body))
            assert max(picture.size) == (170 if shown["name"] == "thumb" else 612)
        clip = anybody.get(f"/videos/{VIDEO}", fields="comp,thumb").json()
        kinds = {
            shown["name"]: send("GET", shown["uri"]).headers["content-type"]
            for shown in clip["display_sizes"]
        }
        assert kinds == {"comp": "video/quicktime", "thumb": "image/jpeg"}


class TestDetails:
    def test_sizes_say_who_may_download_them(self, getty: Getty) -> None:
        fields = "download_sizes,downloads,largest_downloads"
        (one,) = getty.get(f"/images/{PHOTO}", fields=fields).json()["images"]
        by_name = {s["name"]: [d["product_id"] for d in s["downloads"]] for s in one["download_sizes"]}
        assert by_name == {
            "small": ["31", "58", "60", "71", "2726"],
            "large": ["31", "58", "60", "71", "2726"],
            "x_large": ["58", "60", "2726"],
        }
        assert one["largest_downloads"][0]["name"] == "x_large"
        getty.sandbox.switch(getty_largest_downloads="downloads")
        (one,) = getty.get(f"/images/{PHOTO}", fields=fields).json()["images"]
        assert one["largest_downloads"][0]["product_type"] == "imagepack"

    def test_videos_come_bare_or_listed(self, getty: Getty) -> None:
        assert getty.get(f"/videos/{VIDEO}").json()["id"] == VIDEO
        getty.sandbox.switch(getty_video="list", getty_clip_length="clock")
        body = getty.get(f"/videos/{VIDEO}", fields="clip_length,download_sizes").json()
        assert body["videos"][0]["clip_length"] == "00:00:02"

    def test_what_is_gone(self, getty: Getty) -> None:
        assert code(getty.get(f"/images/{GONE}")) == (404, "ImageNotFound")
        assert code(getty.get(f"/images/{VIDEO}")) == (404, "ImageNotFound")
        assert code(getty.get("/videos/1")) == (404, "VideosNotFound")
        getty.sandbox.switch(getty_missing="list")
        assert getty.get("/images/1").json() == {"images": [], "images_not_found": ["1"]}


class TestProducts:
    def test_all_of_them(self, sandbox: SandboxProcess, getty: Getty) -> None:
        rows = getty.get("/products").json()["products"]
        assert {row["id"]: row["status"] for row in rows}[72] == "inactive"
        assert not [row for row in rows if "download_requirements" in row]
        sandbox.switch(getty_products="active", getty_project_codes="lines")
        rows = getty.get("/products", fields="download_requirements").json()["products"]
        assert 72 not in {row["id"] for row in rows}
        film = next(row for row in rows if row["id"] == 58)["download_requirements"]
        assert film == {
            "is_note_required": True, "is_project_code_required": True, "project_codes": ["Show 12\nShow 13"],
        }  # fmt: skip
        assert [row["overage"] for row in rows if "overage" in row] == [
            {"limit": 3, "remaining": 3, "count": 0, "overages_reached": False}
        ]


class TestDownloads:
    def test_a_download_counts_once_everywhere(self, sandbox: SandboxProcess, getty: Getty) -> None:
        answer = getty.buy(
            f"images/{PHOTO}", {"download_notes": "Clearance 1; Show 12", "project_code": None}
        )
        assert answer.status == 200 and left(sandbox) == (39, None)
        (event,) = sandbox.books()["charges"]
        assert (event["marketplace"], event["item_id"], event["amount"], event["account"]) == (
            "getty_images", PHOTO, "1", "premiumaccess:2726",
        )  # fmt: skip
        assert sandbox.books()["totals"] == {
            "getty_images": {"charges": 1, "amount": "1", "unit": "downloads"}
        }
        (entry,) = getty.get("/downloads").json()["downloads"]
        assert entry["download_details"] == {"download_notes": "Clearance 1; Show 12", "project_code": None}
        assert (entry["product_id"], entry["license_model"], entry["size_name"]) == (
            2726,
            "royaltyfree",
            "x_large",
        )
        flat = getty.get(f"/images/{PHOTO}/downloadhistory").json()
        assert (flat["id"], flat["downloads"][0]["download_notes"]) == (PHOTO, "Clearance 1; Show 12")
        assert getty.get(f"/images/{OTHER}/downloadhistory").json() == {"id": OTHER, "downloads": []}

    def test_a_second_one_counts_again_or_not(self, sandbox: SandboxProcess, getty: Getty) -> None:
        for _ in range(2):
            assert getty.buy(f"images/{PHOTO}").status == 200
        assert left(sandbox) == (38, None)
        sandbox.switch(getty_repeat_charge="free")
        assert getty.buy(f"images/{PHOTO}").status == 200
        assert left(sandbox) == (38, None)
        assert len(sandbox.books()["charges"]) == 2
        assert getty.get("/downloads").json()["result_count"] == 3

    def test_the_allowance_ends_and_overages_begin(self, sandbox: SandboxProcess, getty: Getty) -> None:
        query = {"product_type": "editorialsubscription", "product_id": 44}
        sandbox.set_product(44, downloads_left=1)
        for expected in ((0, 3), (0, 2), (0, 1), (0, 0)):
            assert getty.buy(f"images/{NEWS}", **query).status == 200
            assert left(sandbox, 44) == expected
        assert code(getty.buy(f"images/{NEWS}", **query)) == (403, "OverageLimitReached")
        assert [event["metadata"]["overage"] for event in sandbox.books()["charges"]] == [
            False,
            True,
            True,
            True,
        ]
        sandbox.set_product(2726, downloads_left=0)
        assert code(getty.buy(f"images/{PHOTO}")) == (403, "OverageLimitReached")
        assert getty.buy(f"images/{PHOTO}", product_type="easyaccess", product_id=60).status == 200

    @pytest.mark.parametrize(
        ("path", "query", "body", "expected"),
        [
            (f"images/{GONE}", {}, None, "404 ImageNotFound"),
            ("videos/1", {}, None, "404 VideoNotFound"),
            (f"images/{HULTON}", {}, None, "401 Unauthorized"),
            (f"images/{NEWS}", {}, None, "401 Unauthorized"),
            (f"images/{ASKED_FOR}", {}, None, "404 FileDownloadSizeNotFound"),
            (f"images/{PHOTO}", {"height": 77}, None, "404 FileDownloadSizeNotFound"),
            (f"images/{PHOTO}", {"file_type": "eps"}, None, "404 FileDownloadSizeNotFound"),
            (f"images/{PHOTO}", {"size": "hd1"}, None, "400 InvalidRequestParameters"),
            (f"images/{PHOTO}", {"product_id": 72}, None, "403 NoAccessToProductType"),
            (f"images/{PHOTO}", {"product_id": 9}, None, "403 NoAccessToProductType"),
            (f"images/{PHOTO}", {"product_type": "gold"}, None, "400 InvalidParameterValue"),
            (f"images/{PHOTO}", {"product_id": 0}, None, "400 MissingRequiredQueryParameters"),
            (f"images/{PHOTO}", {"product_id": 58}, None, "400 MissingRequiredQueryParameters"),
            (f"images/{PHOTO}", {"product_id": 58}, {"download_notes": "x"},
             "400 MissingRequiredQueryParameters"),
            (f"images/{PHOTO}", {"product_id": 58}, {"download_notes": "x", "project_code": "y"},
             "400 InvalidParameterValue"),
            (f"images/{PHOTO}", {}, {"note": "x"}, "400 InvalidRequest"),
            (f"images/{PHOTO}", {}, [], "400 InvalidRequest"),
            (f"images/{PHOTO}", {}, {"download_notes": 7}, "400 InvalidRequest"),
        ],
    )  # fmt: skip
    def test_refusals_cost_nothing(
        self, getty: Getty, path: str, query: Any, body: Any, expected: str
    ) -> None:
        status, said = code(getty.buy(path, body, **query))
        assert f"{status} {said}" == expected
        assert getty.sandbox.books()["charges"] == []
        assert getty.get("/downloads").json() == {"result_count": 0, "downloads": []}

    def test_notes_may_be_dropped_where_nobody_asked_for_them(
        self, sandbox: SandboxProcess, getty: Getty
    ) -> None:
        sandbox.switch(getty_notes="dropped")
        body = {"download_notes": "mine", "project_code": "Show 12"}
        assert getty.buy(f"images/{PHOTO}", body).status == 200
        assert getty.buy(f"images/{PHOTO}", body, product_id=58).status == 200
        notes = [
            row["download_details"]["download_notes"] for row in getty.get("/downloads").json()["downloads"]
        ]
        assert notes == ["mine", None]

    def test_images_are_sent_at_once_unless_told_otherwise(self, getty: Getty) -> None:
        """The defaults of auto_download differ."""
        query = urlencode({"product_type": "premiumaccess", "product_id": 2726})
        url = f"{getty.sandbox.url}/{API}/v3/downloads"
        image = send("POST", f"{url}/images/{PHOTO}?{query}", headers=getty.headers)
        assert image.status == 303 and "delivery.gettyimages.com" in image.headers["location"]
        assert send("POST", f"{url}/videos/{VIDEO}?{query}", headers=getty.headers).json()["uri"]

    def test_the_history_goes_back_thirty_days_at_a_time(self, sandbox: SandboxProcess, getty: Getty) -> None:
        assert getty.buy(f"images/{PHOTO}").status == 200
        at = getty.get("/downloads").json()["downloads"][0]["date_downloaded"]
        sandbox.advance(40 * 86400)
        assert getty.get("/downloads").json()["result_count"] == 0
        assert getty.get("/downloads", date_from=at, use_time="true").json()["result_count"] == 1
        assert getty.get("/downloads", date_from=at[:10]).json()["result_count"] == 1
        assert getty.get(f"/images/{PHOTO}/downloadhistory").json()["downloads"]
        assert code(getty.get("/downloads", date_from="yesterday"))[0] == 400

    def test_only_ones_own_downloads(self, sandbox: SandboxProcess, getty: Getty) -> None:
        assert getty.buy(f"images/{PHOTO}").status == 200
        other = Getty(sandbox, sandbox.make_token("getty_images", user="somebody.else"))
        assert other.get("/downloads").json()["result_count"] == 0


class TestDelivery:
    def test_a_picture_comes_whole_and_named_by_its_headers(
        self, sandbox: SandboxProcess, getty: Getty
    ) -> None:
        uri = getty.buy(f"images/{PHOTO}").json()["uri"]
        assert "GettyImages" not in uri
        answer = send("GET", uri)
        assert "GettyImages-95744000.jpg" in answer.headers["content-disposition"]
        assert Image.open(BytesIO(answer.body)).size == (1024, 1024)
        pack = {"product_type": "imagepack", "product_id": 31}
        smaller = getty.buy(f"images/{PHOTO}", **pack).json()["uri"]
        assert Image.open(BytesIO(send("GET", smaller).body)).size == (512, 512)
        sandbox.advance(23 * 3600)
        assert send("GET", uri).status == 200
        sandbox.advance(2 * 3600)
        assert send("GET", uri).status == 403

    def test_a_video_is_sent_on_once(self, getty: Getty) -> None:
        answer = send("GET", getty.buy(f"videos/{VIDEO}", size="hd1").json()["uri"])
        assert answer.status == 307
        movie = send("GET", answer.headers["location"])
        assert movie.headers["content-type"] == "video/quicktime" and b"ftyp" in movie.body[:12]

    def test_links_cannot_be_changed(self, getty: Getty) -> None:
        uri = getty.buy(f"images/{PHOTO}", height=256).json()["uri"]
        assert send("GET", uri.replace("h256", "h1024")).status == 403
        assert send("GET", uri.partition("?")[0]).status == 403

    def test_an_ordered_fault_ends_a_link(self, sandbox: SandboxProcess, getty: Getty) -> None:
        uri = getty.buy(f"images/{PHOTO}").json()["uri"]
        sandbox.fault("expired_link", host="delivery.gettyimages.com")
        assert b"expired" in send("GET", uri).body
        assert send("GET", uri).status == 200
        sandbox.clear_faults()


def test_what_the_website_sold(sandbox: SandboxProcess, getty: Getty) -> None:
    assert code(getty.get("/purchased-assets")) == (403, "InsufficientPermissions")
    sandbox.switch(getty_purchased_assets="delivery")
    (bought,) = getty.get("/purchased-assets", page_size=100).json()["previous_purchases"]
    assert bought["asset_id"] == HULTON and int(bought["order_id"]) > 2**31
    assert send("GET", bought["download_uri"]).status == 200
    sandbox.switch(getty_purchased_assets="api")
    (bought,) = getty.get("/purchased-assets").json()["previous_purchases"]
    assert urlsplit(bought["download_uri"]).path == f"/{API}/v3/downloads/images/{HULTON}"
    assert sandbox.books()["charges"] == []


def test_too_fast_names_the_reason_and_no_time(sandbox: SandboxProcess, getty: Getty) -> None:
    sandbox.fault("429", host=API)
    answer = getty.get("/products")
    assert answer.status == 429 and answer.json() == {"message": "Too Many Requests"}
    assert answer.headers["x-error-detail"] == "Account Over Queries Per Second Limit"
    assert "retry-after" not in answer.headers
    sandbox.clear_faults()


def test_products_survive_a_reset(sandbox: SandboxProcess, getty: Getty) -> None:
    getty.buy(f"images/{PHOTO}")
    sandbox.reset()
    assert left(sandbox) == (40, None)
    assert getty.get("/downloads").json()["result_count"] == 0
