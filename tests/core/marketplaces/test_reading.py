"""The typed accessors, and what all marketplaces make of pages, filters and plans."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UnexpectedResponse, UserInputError
from core.marketplaces.answers import MAX_PAGES, Plan, next_cursor, search_page
from core.marketplaces.base import ANY, QuoteBasis, Wanted
from core.marketplaces.calls import (
    asked_filters,
    filter_query,
    limit_words,
    own_words,
    page_number,
    sendable,
)
from core.marketplaces.reading import MAX_DESCRIPTION, Node, file_ending, file_name_in, strip_markup
from core.marketplaces.ways import quote_on_plans
from core.model.listing import (
    Listing,
    ListingRef,
    MediaKind,
    Orientation,
    SearchFilters,
    SearchQuery,
    Sort,
)
from core.model.money import Balance, Credits, Money

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
READERS = [name for name in dir(Node) if not name.startswith("_")]


def node(value: Any) -> Node:
    return Node(value=value, path="a.b")


class TestNode:
    def test_paths(self) -> None:
        tree = Node(value={"data": [{"id": 1}, {}]})
        assert tree.at("data").items()[0].at("id").identifier() == "1"
        with pytest.raises(UnexpectedResponse, match=r"“data\[1\].id” is missing"):
            tree.at("data").items()[1].at("id").identifier()

    def test_fields_of_nothing_are_nothing(self) -> None:
        assert not node(None).at("x").at("y").told
        with pytest.raises(UnexpectedResponse, match=r"“a\.b” is not an object"):
            node("text").at("x")

    def test_its_repr_shows_no_value(self) -> None:
        assert "secret" not in repr(Node(value="secret", path="x", headers={"location": "secret"}))

    @pytest.mark.parametrize("value", [0, 7, "7", "10687730b", "a b"])
    def test_ids(self, value: Any) -> None:
        assert node(value).identifier() == str(value)

    @pytest.mark.parametrize(
        "value", [None, "", True, -1, 1.5, Decimal(1), "a\nb", " a", "x" * 201, "\ud800", 10**16]
    )
    def test_what_is_no_id(self, value: Any) -> None:
        with pytest.raises(UnexpectedResponse):
            node(value).identifier()

    @pytest.mark.parametrize(
        ("value", "minor"),
        [(19, 1900), (Decimal("19.0"), 1900), ("12.0", 1200), (" 7.25 ", 725), (0, 0), ("0", 0),
         (Decimal("1E+1"), 1000)],
    )  # fmt: skip
    def test_amounts(self, value: Any, minor: int) -> None:
        assert node(value).optional_money() == Money(minor=minor)

    @pytest.mark.parametrize(
        "value",
        ["", "x", "-1", "1e3", "19,00", "$19", "\uff11\uff12", "NaN", -1, True, [], {}, Decimal("0.001"),
         Decimal("1E+900000"),         10**16, "9" * 40, Decimal("1E-900000")],
    )  # fmt: skip
    def test_what_is_no_amount(self, value: Any) -> None:
        with pytest.raises(UnexpectedResponse, match="is not an amount"):
            node(value).optional_money()

    @pytest.mark.parametrize(
        ("value", "hour"),
        [("2026-11-23T10:00:00-05:00", 15), ("2026-11-23T10:00:00Z", 10), ("2026-11-23 10:00:00 UTC", 10),
         ("2026-11-23T10:00:00.123Z", 10), ("2026-11-23T10:00:00", 10), ("2026-11-23", 0)],
    )  # fmt: skip
    def test_times(self, value: str, hour: int) -> None:
        found = node(value).time()
        assert (found.hour, found.tzinfo) == (hour, UTC)

    @pytest.mark.parametrize(
        "value", [None, "", 5, "yesterday", "0001-01-01T00:00:00+14:00", "2026-13-01", "x" * 99]
    )
    def test_what_is_no_time(self, value: Any) -> None:
        with pytest.raises(UnexpectedResponse):
            node(value).time()
        assert node(value).hint_time() is None

    def test_past_by_the_servers_clock(self) -> None:
        headers = {"date": "Mon, 23 Nov 2026 12:00:00 GMT"}
        assert Node(value="2026-11-23T12:00:00Z", headers=headers).is_past()
        assert not Node(value="2026-11-23T12:00:01Z", headers=headers).is_past()
        assert not Node(value="2026-11-23T12:00:00Z").is_past()
        assert not Node(value=None, headers=headers).is_past()
        assert Node(value={"a": "2000-01-01"}, headers=headers).at("a").is_past()

    @pytest.mark.parametrize(
        "value", ["https://x.example/a?b=c", "http://127.0.0.1:8000/x", "http://localhost/x"]
    )
    def test_addresses(self, value: str) -> None:
        assert node(value).url() == value

    @pytest.mark.parametrize(
        "value",
        ["", None, 5, "http://x.example/", "javascript:alert(1)", "//x", "https://", "https://a b/", "https://x\n/",
         "https://u@x/", "https://x:99999/", "https://[", "https://x\\@y/", "file:///x",
         "https://x/" + "y" * 9000,         "http://127.0.0.1.evil.example/"],
    )  # fmt: skip
    def test_what_is_no_address(self, value: Any) -> None:
        with pytest.raises(UnexpectedResponse):
            node(value).url()
        assert node(value).hint_url() == ""

    @pytest.mark.parametrize(
        ("value", "number"), [(0, 0), (5, 5), (Decimal("450.0"), 450), (Decimal("1E+3"), 1000)]
    )
    def test_numbers(self, value: Any, number: int) -> None:
        assert node(value).integer() == number

    @pytest.mark.parametrize("value", [-1, True, "5", Decimal("1.5"), 10**16, Decimal("1E+999999"), None, []])
    def test_what_is_no_number(self, value: Any) -> None:
        with pytest.raises(UnexpectedResponse):
            node(value).integer()

    def test_titles_are_bounded(self) -> None:
        assert len(node("x" * 10_000).text()) == 300
        assert len(node("<b>xxxxxxxxxxxx</b>" * 10_000).hint_plain()) == MAX_DESCRIPTION

    @given(ANYTHING, st.sampled_from(READERS))
    def test_any_value_is_read_or_refused(self, value: Any, name: str) -> None:
        member = getattr(node(value), name)
        arguments = {"at": ("x",), "hint_at": ("x",), "either": ("x", "y"), "unwrap": ("x",), "wrong": ("y",)}
        if name.startswith("hint_"):
            member(*arguments.get(name, ()))  # decoration never fails
            return
        try:
            _ = member(*arguments.get(name, ())) if callable(member) else member
        except UnexpectedResponse as refusal:
            error = refusal
        else:
            return
        assert str(error.context["path"]).startswith("a.b")


class TestMarkup:
    @pytest.mark.parametrize(
        ("markup", "text"),
        [
            ("<p>Oak &amp; <b>steel</b></p>", "\nOak & steel\n"),
            ("a<br/>b", "a\nb"),
            ("<script>alert('<b>')</script>x<style>y{}</style>z", "xz"),
            ("<SCRIPT>1</SCRIPT >x", "x"),
            ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
            ("a<!-- <b>no</b> -->b", "ab"),
            ("a<!-- open", "a"),
            ("a<b", "a"),
            ("&lt;b&gt;", "<b>"),
            ("a<script>b", "a"),
            ("<![CDATA[x]]>y", "y"),
            ("", ""),
        ],
    )
    def test_forms(self, markup: str, text: str) -> None:
        assert strip_markup(markup) == text

    @given(st.text(alphabet="<>/!-abscript &;\"'İ", max_size=200))
    def test_anything_ends(self, markup: str) -> None:
        assert isinstance(strip_markup(markup), str)

    @pytest.mark.parametrize("part", ["<", "<a", "<!--", "<script>", "<script></script>", "<style>x", "&amp"])
    def test_a_lot_of_anything_ends(self, part: str) -> None:
        assert isinstance(strip_markup(part * 10_000), str)


def test_file_names() -> None:
    assert file_name_in("https://x/a/Stuhl%20gr%C3%BCn.zip?sig=1") == "Stuhl grün.zip"
    assert file_name_in("https://x") == ""
    assert [file_ending(n) for n in ("a.FBX", "a.tar.gz", ".blend", "a.", "a", "a.b/c", "a." + "x" * 20)] == [
        "fbx", "gz", "", "", "", "", "",
    ]  # fmt: skip


class TestPages:
    @pytest.mark.parametrize(
        ("page", "per_page", "count", "total", "cursor"),
        [
            (1, 24, 24, 48, "2"), (2, 24, 24, 48, None), (1, 24, 24, 25, "2"), (1, 24, 0, 99, None),
            (1, 24, 24, None, "2"), (1, 24, 23, None, None), (MAX_PAGES, 1, 1, 10**9, None),
            (1, 24, 3, 0, None),
        ],
    )  # fmt: skip
    def test_next(self, page: int, per_page: int, count: int, total: int | None, cursor: str | None) -> None:
        assert next_cursor(page=page, per_page=per_page, count=count, total=total) == cursor

    def test_numbers(self) -> None:
        assert (page_number(None), page_number("1"), page_number("77")) == (1, 1, 77)
        with pytest.raises(UserInputError):
            page_number("next")


class TestFilters:
    def test_only_what_was_asked(self) -> None:
        assert asked_filters(SearchFilters()) == {}
        assert asked_filters(SearchFilters(animated=False, formats=("fbx",))) == {
            "formats": ("fbx",), "animated": False,
        }  # fmt: skip

    def test_values_are_written_as_vendors_read_them(self) -> None:
        filters = SearchFilters(
            animated=False, rigged=True, formats=(".FBX", "obj"), min_price=Money(minor=550), min_width=0,
            orientation=Orientation.VERTICAL,
        )  # fmt: skip
        names = {
            "animated": "a",
            "rigged": "r",
            "formats": "f",
            "min_price": "p",
            "orientation": "o",
            "pbr": "x",
        }
        assert filter_query(filters, {**names, "min_width": "w"}) == [
            ("a", "false"), ("r", "true"), ("f", "fbx,obj"), ("p", "5.50"), ("o", "vertical"), ("w", "0"),
        ]  # fmt: skip

    def test_amounts_in_another_currency_are_not_sent(self) -> None:
        filters = SearchFilters(min_price=Money(minor=100, currency="EUR"), max_price=Money(minor=200))
        assert sendable(filters, {"min_price": "x", "max_price": "y", "pbr": "z"}, ("XXX",)) == {
            "max_price": "y", "pbr": "z",
        }  # fmt: skip

    def test_the_users_words_are_cleaned(self) -> None:
        assert own_words({"a": " x\x00y ", "b": "  ", "c": "z" * 999}) == {"a": "x y", "c": "z" * 199 + "…"}


class TestPlans:
    LISTING = Listing(ref=ListingRef(marketplace="shop", id="1"), title="x", kind=MediaKind.IMAGE, offers=())

    def plan(
        self,
        left: Any = 1,
        *,
        fits: bool = True,
        expired: bool = False,
        sizes: Any = None,
        name: str = "standard",
    ) -> Plan:
        amount = Credits(amount=left) if isinstance(left, int) else left
        balance = Balance(label="Plan", left=amount, account_id="p", license_label=name)
        return Plan(balance=balance, fits=fits, expired=expired, variants=sizes)

    def quote(
        self, plans: list[Plan], sizes: list[str], wanted: Wanted = ANY, no_plan: str = "x"
    ) -> QuoteBasis:
        named = {size: size.upper() for size in sizes}
        return quote_on_plans(self.LISTING, plans, named, wanted, cost=Credits(amount=1), no_plan=no_plan)

    def test_money_counts_as_a_balance(self) -> None:
        assert self.plan(Money(minor=1)).pays
        assert not self.plan(Money(minor=0)).pays
        assert self.plan(None).pays
        assert not self.plan(0).pays
        assert not self.plan(5, expired=True).pays

    @pytest.mark.parametrize(
        ("plans", "sizes", "words"),
        [
            ([], ["l"], "no plan"),
            ([{"fits": False}], ["l"], "no plan"),
            ([{"expired": True}], ["l"], "expired"),
            ([{"left": 0}], ["l"], "used up"),
            ([{}], [], "none of the sizes"),
            ([{"sizes": frozenset({"s"})}], ["l"], "covers none"),
        ],
    )
    def test_why_not(self, plans: list[dict[str, Any]], sizes: list[str], words: str) -> None:
        basis = self.quote([self.plan(**p) for p in plans], sizes, no_plan="no plan")
        assert words in basis.why_not
        assert (basis.accounts, basis.cost, basis.license_label) == ((), None, "")

    def test_the_best_variant_that_is_paid_for(self) -> None:
        plans = [
            self.plan(0),
            self.plan(sizes=frozenset({"m", "s"})),
            self.plan(None, sizes=frozenset({"m"})),
        ]
        basis = self.quote(plans, ["l", "m", "s"])
        assert (basis.variant, len(basis.accounts), basis.license_label) == ("m", 2, "standard")
        assert basis.accounts[0].left == Credits(amount=1)
        assert [option.wanted.variant for option in basis.options] == ["m", "m", "s"]

    def test_what_is_wanted_is_quoted(self) -> None:
        plans = [self.plan(), self.plan(name="enhanced")]
        basis = self.quote(plans, ["l", "s"], Wanted(license_label="enhanced", variant="s"))
        assert (basis.variant, basis.license_label, len(basis.accounts)) == ("s", "enhanced", 1)
        assert len(basis.options) == 4
        gone = self.quote(plans, ["l"], Wanted(license_label="premier"))
        assert "Choose again" in gone.why_not and gone.cost is None


def test_today_is_not_needed() -> None:
    """Nothing here asks what time it is: a moment is past by the answer's own date."""
    assert Node(value=datetime(2000, 1, 1, tzinfo=UTC).isoformat()).is_past() is False


class TestRoughFilters:
    def test_words_ask_for_one_more(self) -> None:
        asked = SearchFilters(min_price=Money.parse("9.99"), max_duration_s=30, rigged=True)
        names = {"min_price": "pricegt", "max_duration_s": "durationlt", "min_duration_s": "durationgt"}
        assert limit_words(asked, names) == {"min_price": "pricegt:9", "max_duration_s": "durationlt:31"}
        assert limit_words(SearchFilters(), names) == {}

    @given(st.decimals(min_value="0.01", max_value=10**6, places=2))
    def test_no_amount_falls_between(self, amount: Decimal) -> None:
        asked = SearchFilters(min_price=Money.parse(amount), max_price=Money.parse(amount))
        words = limit_words(asked, {"min_price": "gt", "max_price": "lt"})
        low, high = (int(word.partition(":")[2]) for word in words.values())
        assert low < amount < high

    def test_what_is_never_told_is_not_said_to_be_applied(self) -> None:
        query = SearchQuery(
            text="", filters=SearchFilters(rigged=True, exclude_editorial=True, collection="Sky")
        )
        listing = TestPlans.LISTING
        page = search_page(
            query, [listing], total=1, on_server=(), sorts=list(Sort), never_told=("rigged", "animated")
        )
        assert page.client_filters == ("exclude_editorial", "collection")
        assert (page.ignored_filters, page.listings) == (("rigged",), (listing,))

    @pytest.mark.parametrize(
        ("collection", "kept"), [("", True), ("sky", True), ("nature/Sky", True), ("skyline", False)]
    )
    def test_a_collection_is_a_whole_word_of_its_path(self, collection: str, kept: bool) -> None:
        query = SearchQuery(text="", filters=SearchFilters(collection="SKY"))
        listing = replace(TestPlans.LISTING, collection=collection)
        page = search_page(query, [listing], total=1, on_server=(), sorts=list(Sort))
        assert bool(page.listings) is kept

    @pytest.mark.parametrize(("editorial", "kept"), [(None, True), (True, True), (False, False)])
    def test_editorial_items_only(self, editorial: bool | None, kept: bool) -> None:
        query = SearchQuery(text="", filters=SearchFilters(editorial_only=True))
        page = search_page(
            query, [replace(TestPlans.LISTING, editorial=editorial)], total=1, on_server=(), sorts=list(Sort)
        )
        assert bool(page.listings) is kept
