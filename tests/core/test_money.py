"""Amounts are exact, and what is not an amount is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.money import Credits, Money, decode_cost, encode_cost


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("19", "USD", 1900), ("12.0", "USD", 1200), ("0.07", "EUR", 7), ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234), (" 3.50 ", "XXX", 350),
    ],
)  # fmt: skip
def test_parse(text: str, currency: str, minor: int) -> None:
    """Decimal text becomes minor units of the currency's own size."""
    assert Money.parse(text, currency) == Money(minor=minor, currency=currency)


@pytest.mark.parametrize("text", ["", "free", "1,5", "nan", "inf", "-inf", "1.999", "0x10", "1e-9"])
def test_parse_refuses(text: str) -> None:
    """No guessing, no rounding."""
    with pytest.raises(ValueError, match=r"money|decimals"):
        Money.parse(text, "USD")


@given(st.integers(-(10**15), 10**15), st.sampled_from(["USD", "EUR", "JPY", "KWD", "XXX"]))
def test_money_round_trip(minor: int, currency: str) -> None:
    """Storing and reading gives the same amount; so does its decimal."""
    money = Money(minor=minor, currency=currency)
    assert decode_cost(encode_cost(money)) == money
    assert Money.parse(money.decimal, currency) == money


@given(st.integers(0, 10**9), st.sampled_from(["download", "credit"]))
def test_credits_round_trip(amount: int, unit: str) -> None:
    """Storing and reading gives the same credits."""
    cost = Credits(amount=amount, unit=unit)
    assert decode_cost(encode_cost(cost)) == cost


def test_words() -> None:
    """Amounts read as people write them; an unstated currency is not invented."""
    assert str(Money.parse("1234.5", "USD")) == "1,234.50 USD"
    assert str(Money.parse("19")) == "19.00"
    assert str(Credits(amount=1)) == "1 download"
    assert str(Credits(amount=750)) == "750 downloads"
    assert encode_cost(None) is None
    assert decode_cost(None) is None
    assert Money.parse("0.10").decimal == Decimal("0.10")


@pytest.mark.parametrize("text", ["", "money", "money:12", "gold:1:bar", "money:x:USD", "credits::"])
def test_decode_refuses(text: str) -> None:
    """What was not written by us is not a cost."""
    with pytest.raises(ValueError, match=r"cost|literal"):
        decode_cost(text)
