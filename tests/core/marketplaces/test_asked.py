"""Quotes made of a marketplace's words: numbers where they leave no doubt, and no charge without a yes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import UserInputError
from core.marketplaces.asked import (
    SURCHARGE_ACCOUNT,
    Said,
    in_some_zone,
    make_options,
    need_consent,
    quote_as_said,
    read_count,
)
from core.marketplaces.base import HistoryRecord, PurchaseRequest, RecordState, ReferenceField
from core.model.listing import Listing, ListingRef, MediaKind
from core.model.money import Balance, Credits

LISTING = Listing(
    ref=ListingRef(marketplace="shop", id="1"),
    title="Chair",
    kind=MediaKind.IMAGE,
    offers=(),
    page_url="https://shop.example/1",
)
BALANCE = Balance(
    label="Plan", left=Credits(amount=3, unit="credit"), account_id="7", license_label="Standard"
)
FIELD = ReferenceField(id="2", label="Project", required=True)


def said(**facts: Any) -> Said:
    given: dict[str, Any] = {
        "balance": BALANCE,
        "owned": False,
        "possible": True,
        "beyond": False,
        "words": "",
    }
    return Said(**{**given, **facts})


class TestWords:
    @pytest.mark.parametrize(
        ("words", "amount", "unit"),
        [
            ("5 Credits", 5, "credit"),
            ("1 Credit", 1, "credit"),
            ("1,200 licenses", 1200, "license"),
            ("2 standard credits", 2, "credit"),
            ("This will use 1 of your 48 licenses.", 1, "license"),
            ("This will use 2 of your 9,733 credits.", 2, "credit"),
            ("This will use 1,000 of your 9,733 credits", 1000, "credit"),
            ("This will use your last standard credit.", 1, "credit"),
            ("this will use your last license.", 1, "license"),
            ("0 Credits", 0, "credit"),
        ],
    )
    def test_what_leaves_no_doubt(self, words: str, amount: int, unit: str) -> None:
        assert read_count(words) == Credits(amount=amount, unit=unit)

    @pytest.mark.parametrize(
        "words",
        [
            "",
            "Credits",
            "1,5 Credits",
            "1.5 Credits",
            "5 Kredite",
            "about 5 Credits",
            "5 Credits or more",
            "-5 Credits",
            "5-10 Credits",
            "$2.99",
            "Would you like to license the image for $2.99?",
            "5 Credits per month",
            "٣ Credits",
            "This will use some of your 48 licenses.",
            "This will use 1 of your 48 licenses. Then 5 credits.",
            "You have 0 licenses.",
            "1,20 Credits",
            "1000,000 Credits",
            "9" * 20 + " Credits",
            "5  Credits",
            "5 Credits\n",
        ],
    )
    def test_everything_else_is_left_in_words(self, words: str) -> None:
        assert read_count(words) is None

    @given(st.text(max_size=60))
    def test_any_words(self, words: str) -> None:
        found = read_count(words)
        assert found is None or found.amount >= 0

    def test_options_hold_the_quoted_one(self) -> None:
        prices = {"Social_Media": ("Social Media", "5 Credits"), "Extended": ("", "two")}
        options = make_options(prices, prices, "Standard_M")
        assert [(one.label, one.cost, one.wanted.license_label) for one in options] == [
            ("Social Media · 5 Credits", Credits(amount=5, unit="credit"), "Social_Media"),
            ("Extended · two", None, "Extended"),
            ("Standard M", None, "Standard_M"),
        ]
        assert make_options(["Standard"], {}, "Standard") == ()


class TestQuotes:
    def test_what_is_possible_is_quoted_with_its_words(self) -> None:
        cost = Credits(amount=1, unit="credit")
        basis = quote_as_said(LISTING, said(words="One credit.", cost=cost, references=(FIELD,)), name="Shop")
        assert (basis.cost, basis.note, basis.surcharge) == (cost, "One credit.", "")
        assert (basis.accounts, basis.license_label) == ((BALANCE,), "Standard")
        assert basis.references == (FIELD,)

    def test_without_words_it_says_that_there_are_none(self) -> None:
        basis = quote_as_said(LISTING, said(), name="Shop", hint="Mind the step.")
        assert (basis.cost, basis.note) == (None, "Shop does not say what this uses. Mind the step.")

    @pytest.mark.parametrize("possible", [True, False])
    def test_what_is_owned_costs_nothing_and_asks_nothing(self, possible: bool) -> None:
        basis = quote_as_said(
            LISTING, said(owned=True, possible=possible, beyond=True, references=(FIELD,)), name="Shop"
        )
        assert basis.cost == Credits(amount=0, unit="credit")
        assert (basis.surcharge, basis.references, basis.why_not) == ("", (), "")
        assert basis.accounts == (BALANCE,)

    @pytest.mark.parametrize("words", ["Would you like to license it for $2.99?", ""])
    def test_a_surcharge_is_never_a_number_and_has_an_account_of_its_own(self, words: str) -> None:
        cost = Credits(amount=1, unit="credit")
        basis = quote_as_said(LISTING, said(beyond=True, words=words, cost=cost), name="Shop")
        assert basis.cost is None
        assert basis.surcharge == (words or "Shop does not say what this uses.")
        assert basis.accounts[0].account_id == SURCHARGE_ACCOUNT

    def test_what_is_not_possible_says_why_and_where(self) -> None:
        basis = quote_as_said(
            LISTING, said(possible=False, page_url="https://shop.example/plans"), name="Shop"
        )
        assert basis.why_not.startswith("Shop does not license this")
        assert (basis.accounts, basis.license_label, basis.cost) == ((), "", None)
        assert basis.page_url == "https://shop.example/plans"
        refused = quote_as_said(LISTING, said(possible=False, words="No."), name="Shop")
        assert refused.why_not.startswith("Shop says: “No.” Look at its page")


class TestConsent:
    def request(self, **facts: Any) -> PurchaseRequest:
        given: dict[str, Any] = {"account_id": "7", "license_label": "Standard", **facts}
        return PurchaseRequest(key="k", ref=LISTING.ref, kind=MediaKind.IMAGE, **given)

    def test_nothing_is_missing(self) -> None:
        need_consent(self.request())
        need_consent(self.request(account_id=SURCHARGE_ACCOUNT, surcharge_accepted=True))

    @pytest.mark.parametrize(
        "facts", [{"account_id": ""}, {"license_label": ""}, {"account_id": SURCHARGE_ACCOUNT}]
    )
    def test_something_is(self, facts: dict[str, str]) -> None:
        with pytest.raises(UserInputError):
            need_consent(self.request(**facts))


class TestZones:
    SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def judge(self, hours: float, *, since: datetime | None = SINCE) -> tuple[bool, bool]:
        record = HistoryRecord(
            ref=LISTING.ref,
            state=RecordState.PAID,
            marketplace_order_id="1",
            at=self.SINCE + timedelta(hours=hours),
        )
        found = in_some_zone(record, since)
        return found is not None, found is not None and found.at is not None

    @pytest.mark.parametrize(
        ("hours", "kept", "dated"),
        [
            (-15, False, False),
            (-14, True, False),
            (-8, True, False),
            (0, True, False),
            (13.9, True, False),
            (14, True, True),
        ],
    )
    def test_a_local_time_is_judged_by_every_zone(self, hours: float, kept: bool, dated: bool) -> None:
        assert self.judge(hours) == (kept, dated)

    def test_without_a_limit_it_stays_as_it_is(self) -> None:
        assert self.judge(-9999, since=None) == (True, True)
