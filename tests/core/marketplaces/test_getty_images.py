"""What is Getty Images' own: refusals that are answers, page sizes, notes, and what no tape can hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tapes import drive

from core.errors import AccessDenied, NotSupported, RequestRejected, UnexpectedResponse, UserInputError
from core.http.message import Call, Response
from core.marketplaces import getty_answers, getty_images
from core.marketplaces.base import HistoryQuery, OwnedRef, PurchaseRequest
from core.marketplaces.reading import Node
from core.model.listing import ListingRef, MediaKind, SearchFilters, SearchQuery

KEY = "5b0f7f3a-8a55-4f4e-9d55-2f1f0f5b7c11"
REF = ListingRef(marketplace="getty_images", id="95744047")
USER_NEEDED = {"ErrorCode": "UserTokenRequired", "ErrorMessage": "Security token must contain a user."}


def read(call: Call[Any], body: Any, status: int = 200) -> Any:
    return call.read(Response(status=status, headers={}, body=json.dumps(body).encode()))


def asked(call: Call[Any]) -> dict[str, str]:
    return dict(call.request.query)


def product(**changes: Any) -> dict[str, Any]:
    return {"id": 2726, "type": "premiumaccess", "status": "active", "downloads_remaining": 12, **changes}


class TestRefusalsThatAreAnswers:
    def test_behind_the_last_page_is_nothing_more(self) -> None:
        call = getty_images.search(SearchQuery(text="chair", cursor="400"))
        page = read(call, {"ErrorCode": "InvalidPage", "ErrorMessage": "Page must be at most 399."}, 400)
        assert (page.listings, page.next_cursor, page.total) == ((), None, None)
        filters = SearchFilters(min_width=10, enhanced_license=True)
        page = read(
            getty_images.search(SearchQuery(text="x", cursor="9", filters=filters)),
            {"ErrorCode": "InvalidPage"},
            400,
        )
        assert (page.client_filters, page.ignored_filters) == (("min_width",), ("enhanced_license",))

    def test_another_400_is_none(self) -> None:
        for body in (
            {"ErrorCode": "InvalidPageSize"},
            {"ErrorCode": ["InvalidPage"]},
            {"message": "no"},
            [],
            None,
        ):
            with pytest.raises(RequestRejected):
                read(getty_images.search(SearchQuery(text="chair")), body, 400)

    def test_the_history_ends_in_the_same_way(self) -> None:
        page = read(getty_images.history(HistoryQuery(cursor="9")), {"ErrorCode": "InvalidPage"}, 400)
        assert (page.records, page.next_cursor) == ((), None)

    @pytest.mark.parametrize("status", [400, 401, 403])
    def test_a_key_without_a_user_has_an_account_without_a_name(self, status: int) -> None:
        steps = getty_images.account()
        products = read(next(steps), {"products": [product()]})
        call = steps.send(products)
        with pytest.raises(StopIteration) as done:
            steps.send(read(call, USER_NEEDED, status))
        assert done.value.value.user_name == ""
        assert done.value.value.balances[0].account_id == "premiumaccess:2726"

    @pytest.mark.parametrize("status", [400, 401, 403, 404])
    def test_where_a_user_is_needed_it_says_so_whatever_the_status(self, status: int) -> None:
        purchase = PurchaseRequest(key=KEY, ref=REF, kind=MediaKind.IMAGE, account_id="premiumaccess:1")
        for call in (
            getty_images.purchase(purchase),
            getty_images.history(HistoryQuery(ref=REF)),
            next(getty_images.account()),
        ):
            with pytest.raises(AccessDenied) as caught:
                read(call, USER_NEEDED, status)
            assert caught.value.code == "marketplace.user_needed"
            assert "Sign in" in caught.value.message


class TestSearch:
    @pytest.mark.parametrize(("wanted", "sent"), [(1, 1), (7, 10), (24, 25), (31, 50), (76, 100), (100, 100)])
    def test_the_next_larger_page_size_is_asked_for(self, wanted: int, sent: int) -> None:
        assert asked(getty_images.search(SearchQuery(text="x", per_page=wanted)))["page_size"] == str(sent)

    @given(st.integers(1, 100), st.integers(0, 400))
    def test_pages_are_whole(self, per_page: int, total: int) -> None:
        """However many a page is to have: every result comes once."""
        query: SearchQuery | None = SearchQuery(text="x", per_page=per_page)
        seen: list[str] = []
        while query is not None:
            call = getty_images.search(query)
            size, page = int(asked(call)["page_size"]), int(asked(call)["page"])
            rows = [{"id": str(n)} for n in range(total)][(page - 1) * size : page * size]
            answer = read(call, {"result_count": total, "images": rows})
            seen += [listing.ref.id for listing in answer.listings]
            query = None if answer.next_cursor is None else replace(query, cursor=answer.next_cursor)
        assert seen == [str(n) for n in range(total)]

    def test_null_is_an_empty_list_only_where_nothing_was_found(self) -> None:
        call = getty_images.search(SearchQuery(text="x"))
        assert read(call, {"result_count": 0, "images": None}).listings == ()
        with pytest.raises(UnexpectedResponse):
            read(call, {"result_count": 3, "images": None})

    def test_a_search_without_a_kind_is_for_pictures(self) -> None:
        assert getty_images.search(SearchQuery(text="x")).request.url.endswith("/search/images/creative")

    def test_no_field_set_is_asked_for(self) -> None:
        """The newer documents have dropped some of them."""
        for kind in (MediaKind.IMAGE, MediaKind.VIDEO):
            call = getty_images.search(SearchQuery(text="x", kind=kind))
            assert not [name for name in asked(call)["fields"].split(",") if name.endswith("_set")]

    @pytest.mark.parametrize(
        ("use", "family", "editorial"),
        [
            (None, None, None),
            (None, "editorial", True),
            (None, "Editorial", True),
            ({"editorial_use_only": True}, "creative", True),
            ({"editorial_use_only": False}, "editorial", False),
            ({"how_can_i_use_it": "Available for all permitted uses."}, "creative", False),
            ({"how_can_i_use_it": "Available for editorial use only."}, "creative", True),
            ({"how_can_i_use_it": "May only be used for editorial purposes."}, "creative", True),
            ({"usage_restrictions": ["Editorial use only."]}, "creative", True),
            ({"usage_restrictions": ["Not for editorial covers."]}, "creative", None),
            ({"how_can_i_use_it": None, "usage_restrictions": None}, "creative", None),
            ({"how_can_i_use_it": 7, "usage_restrictions": "x"}, "creative", None),
        ],
    )
    def test_editorial(self, use: Any, family: str | None, editorial: bool | None) -> None:
        item = Node(value={"id": "1", "allowed_use": use, "asset_family": family})
        assert getty_answers.read_asset(MediaKind.IMAGE, item).listing.editorial is editorial


class TestNotes:
    @given(st.uuids(version=4), st.text(max_size=50), st.text(max_size=50))
    def test_our_key_comes_back_out_of_any_note(self, key: Any, note: str, project: str) -> None:
        request = PurchaseRequest(
            key=str(key), ref=REF, kind=MediaKind.IMAGE, account_id="premiumaccess:1", project=project,
            references=(("download_notes", note),),
        )  # fmt: skip
        sent = json.loads(getty_images.purchase(request).request.json_body or "")
        for item in ({"download_details": sent}, sent):
            record = getty_answers.read_record("1", Node(value={"product_type": "premiumaccess", **item}))
            assert record.key == record.marketplace_license_id == str(key)

    @pytest.mark.parametrize(
        "note",
        ["", "Clearance", f"clearance {KEY}", f"Clearance {KEY}0", "Clearance of PO 7", f"xClearance {KEY}"],
    )
    def test_other_notes_hold_none(self, note: str) -> None:
        item = {"id": "1", "download_notes": note, "date_downloaded": "2026-11-20T15:11:12.5+01:00"}
        record = getty_answers.read_record("", Node(value=item))
        assert record.key == ""
        assert record.marketplace_license_id == "1 2026-11-20T14:11:12Z"
        assert record.at == datetime(2026, 11, 20, 14, 11, 12, 500_000, tzinfo=UTC)

    def test_a_long_note_keeps_the_key(self) -> None:
        request = PurchaseRequest(
            key=KEY, ref=REF, kind=MediaKind.VIDEO, account_id="premiumaccess:1", project="p" * 5000
        )
        note = json.loads(getty_images.purchase(request).request.json_body or "")["download_notes"]
        assert note.startswith(f"Clearance {KEY}; ppp")
        assert len(note) < 300

    def test_without_a_project_code_none_is_sent(self) -> None:
        request = PurchaseRequest(
            key=KEY,
            ref=REF,
            kind=MediaKind.IMAGE,
            account_id="premiumaccess:1",
            references=(("project_code", " "),),
        )
        assert list(json.loads(getty_images.purchase(request).request.json_body or "")) == ["download_notes"]


class TestPurchase:
    def test_it_never_lets_the_server_choose_to_send_the_file(self) -> None:
        """The default of `auto_download` differs between images and videos."""
        for kind in (MediaKind.IMAGE, MediaKind.VIDEO):
            request = PurchaseRequest(key=KEY, ref=REF, kind=kind, account_id="premiumaccess:1")
            assert asked(getty_images.purchase(request))["auto_download"] == "false"

    def test_a_video_has_a_size_and_a_picture_a_height(self) -> None:
        request = PurchaseRequest(
            key=KEY, ref=REF, kind=MediaKind.VIDEO, account_id="premiumaccess:1", variant="hd1"
        )
        video, image = (
            asked(getty_images.purchase(request)),
            asked(getty_images.purchase(replace(request, kind=MediaKind.IMAGE, variant="2000"))),
        )
        assert (video["size"], "height" in video, "file_type" in video) == ("hd1", False, False)
        assert (image["height"], image["file_type"], "size" in image) == ("2000", "jpg", False)

    def test_without_a_product_nothing_is_bought(self) -> None:
        for account_id in ("", ":1"):
            request = PurchaseRequest(key=KEY, ref=REF, kind=MediaKind.IMAGE, account_id=account_id)
            with pytest.raises(UserInputError):
                getty_images.purchase(request)


class TestDownloadAgain:
    OWNED = OwnedRef(ref=REF, kind=MediaKind.IMAGE, marketplace_license_id=KEY)

    def test_nothing_is_ever_posted_and_an_endless_list_is_left(self) -> None:
        made: list[Call[Any]] = []

        def respond(_: int, call: Call[Any]) -> Response:
            made.append(call)
            rows = [{"asset_id": str(n), "download_uri": None} for n in range(100)]
            body = {"result_count": 10**9, "previous_purchases": rows}
            return Response(status=200, headers={}, body=json.dumps(body).encode())

        with pytest.raises(NotSupported, match="Download it from your account"):
            drive(getty_images.download_links(self.OWNED), respond)
        assert {call.request.method for call in made} == {"GET"}
        assert [asked(call)["page"] for call in made] == [str(n) for n in range(1, 11)]

    def test_a_purchase_of_the_website_on_the_second_page(self) -> None:
        steps = getty_images.download_links(self.OWNED)
        other = {"asset_id": "1", "download_uri": "https://delivery.gettyimages.com/1"}
        call = steps.send(read(next(steps), {"result_count": 101, "previous_purchases": [other]}))
        ours = {"asset_id": 95744047, "download_uri": "https://delivery.gettyimages.com/2"}
        with pytest.raises(StopIteration) as done:
            steps.send(read(call, {"result_count": 101, "previous_purchases": [ours]}))
        (link,) = done.value.value
        assert urlsplit(link.url).path == "/2"


class TestProducts:
    @pytest.mark.parametrize(
        ("changes", "left", "overage"),
        [
            ({}, 12, False),
            ({"downloads_remaining": None}, None, False),
            ({"downloads_remaining": -4}, 0, False),
            ({"overage": {}}, 12, False),
            ({"overage": {"limit": None, "remaining": None, "overages_reached": False}}, 12, False),
            ({"overage": {"limit": 5, "remaining": None, "overages_reached": None}}, 12, True),
            ({"overage": {"limit": 5, "remaining": 0, "overages_reached": False}}, 12, False),
            ({"overage": {"limit": 5, "remaining": 2, "overages_reached": True}}, 12, False),
        ],
    )
    def test_what_is_left_and_what_goes_beyond(self, changes: Any, left: int | None, overage: bool) -> None:
        found = getty_answers.read_product(Node(value=product(**changes)))
        balance = found.plan.balance.left
        assert (None if balance is None else balance.amount, found.overage) == (left, overage)

    def test_a_product_of_the_generator_is_none_of_ours(self) -> None:
        assert not getty_answers.read_product(Node(value=product(type="aigen"))).plan.fits
        assert not getty_answers.read_product(Node(value=product(type="something_new"))).plan.fits
