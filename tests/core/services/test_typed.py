"""Days and amounts as people type them."""

from __future__ import annotations

from datetime import date

import pytest

from core.errors import UserInputError
from core.model.money import Money
from core.services.typed import parse_day, parse_price


def test_nothing_is_nothing() -> None:
    assert parse_day(None) is parse_day("  ") is None
    assert parse_price(None) is parse_price("  ") is None


def test_what_people_write_is_read() -> None:
    assert parse_day(" 2026-11-23 ") == date(2026, 11, 23)
    assert parse_price("19.00 USD") == Money(minor=1900, currency="USD")
    assert parse_price("EUR 19,50") == Money(minor=1950, currency="EUR")


@pytest.mark.parametrize("text", ["yesterday", "23.11.2026", "2026-13-01", "x" * 500])
def test_no_day_is_said_with_an_example(text: str) -> None:
    with pytest.raises(UserInputError, match="such as 2026-11-23") as caught:
        parse_day(text)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("text", ["a lot", "19 USD EUR", "1.299", "--", "9" * 500])
def test_no_amount_is_said_with_an_example(text: str) -> None:
    with pytest.raises(UserInputError, match=r"such as 19\.00 USD"):
        parse_price(text)
