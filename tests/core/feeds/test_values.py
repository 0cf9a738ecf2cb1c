"""What stands in cells: prices, counts, dates, formats. What is unclear is not read."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.feeds import values
from core.model.money import Money


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("19.00 USD", "19", "USD"), ("USD 19", "19", "USD"), ("19.00USD", "19", "USD"), ("0 usd", "0", "USD"),
        ("19,00 EUR", "19", "EUR"), ("1.299,50 €", "1299.50", "EUR"), ("£1,299.50", "1299.50", "GBP"),
        ("1 299,50 PLN", "1299.50", "PLN"), ("1'299.50 CHF", "1299.50", "CHF"), ("1,299", "1299", "XXX"),
        ("1,299,000", "1299000", "XXX"), ("$19.00", "19", "XXX"), ("$19.00 USD", "19", "USD"),
        ("US$ 4.99", "4.99", "USD"), ("5.5", "5.50", "XXX"), ("0.500 BHD", "0.500", "BHD"),
        ("1500 JPY", "1500", "JPY"), ("free", "0", "XXX"), ("12.345.678,90 EUR", "12345678.90", "EUR"),
    ],
)  # fmt: skip
def test_prices_in_many_spellings(text: str, amount: str, currency: str) -> None:
    assert values.parse_price(text) == Money.parse(amount, currency)


@pytest.mark.parametrize(
    "text",
    ["abc", "-5 USD", "19 dollars", "EUR 5 USD", "1.299", "1.000 EUR", "19.999", "1.2.3", "1,29,9",
     "5 USD EUR", "NaN", "1e5", "٣", "USD", "19.00 USD each", "1.299.00,5"],
)  # fmt: skip
def test_what_is_unclear_is_no_price(text: str) -> None:
    with pytest.raises(ValueError, match="“"):
        values.parse_price(text)


def test_a_mapping_says_what_is_not_clear() -> None:
    assert values.parse_price("1.299", decimal=",", currency="EUR") == Money.parse("1299", "EUR")
    assert values.parse_price("1,299", decimal=",", currency="BHD") == Money.parse("1.299", "BHD")
    assert values.parse_price("1.50", decimal=".", currency="USD") == Money.parse("1.5", "USD")
    assert values.parse_price("") is None
    assert values.parse_price("  ") is None


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from(["USD", "EUR", "GBP"]))
def test_what_is_written_plainly_comes_back(amount: Decimal, currency: str) -> None:
    assert values.parse_price(f"{amount} {currency}") == Money.parse(amount, currency)
    assert values.parse_price(f"{amount:,} {currency}") == Money.parse(amount, currency)


@given(st.text(max_size=60))
def test_nothing_but_a_price_or_a_clear_no(text: str) -> None:
    try:
        found = values.parse_price(text)
    except ValueError:
        return
    assert found is None or found.minor >= 0
    values.parse_count(text)
    values.parse_date(text)
    values.parse_flag(text)
    values.is_available(text)
    assert all(name.isalnum() for name in values.parse_formats(text))
    values.covers(text, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("text", "count"),
    [("12,345", 12345), ("12.345", 12345), ("12.5k", 12500), ("1 200 polygons", 1200), ("1.2M", 1_200_000),
     ("12", 12), ("1234.0", 1234), ("12.34", None), ("abc", None), ("", None), ("9" * 30, None)],
)  # fmt: skip
def test_counts(text: str, count: int | None) -> None:
    assert values.parse_count(text) == count


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-11-20", date(2026, 11, 20)), ("2026-11-20T23:00:00-05:00", date(2026, 11, 21)),
     ("Mon, 23 Nov 2026 12:00:00 GMT", date(2026, 11, 23)), ("20261120", date(2026, 11, 20)),
     ("2026/1/5 10:00", date(2026, 1, 5)), ("11/20/2026", None), ("", None), ("2026-13-40", None),
     ("9999-12-31T23:59:59-23:00", None)],
)  # fmt: skip
def test_days(text: str, day: date | None) -> None:
    assert values.parse_date(text) == day


def test_sales_run_between_their_days() -> None:
    interval = "2026-11-01T00:00:00+00:00/2026-11-30T23:59:59+00:00"
    assert values.covers(interval, date(2026, 11, 1)) is True
    assert values.covers(interval, date(2026, 12, 1)) is False
    assert values.covers("soon", date(2026, 12, 1)) is None


@pytest.mark.parametrize(
    ("text", "formats"),
    [("FBX, .obj; 3ds Max 2020", ("fbx", "obj", "max")),
     ("Autodesk FBX (.fbx) | Blender 2.8", ("fbx", "blend")),
     ("OBJ/MTL", ("obj", "mtl")), ("Maya 2018, Cinema 4D", ("ma", "c4d")), ("max 2014 v-ray", ("max",)),
     ("", ()), ("gltf 2.0, glb, GLB", ("gltf", "glb"))],
)  # fmt: skip
def test_formats_by_ending_or_by_program(text: str, formats: tuple[str, ...]) -> None:
    assert values.parse_formats(text) == formats


@pytest.mark.parametrize(
    ("text", "available"),
    [("in stock", True), ("in_stock", True), ("https://schema.org/InStock", True), ("preorder", True),
     ("out of stock", False), ("Discontinued", False), ("0", False), ("12", None), ("maybe", None)],
)  # fmt: skip
def test_what_is_for_sale(text: str, available: bool | None) -> None:
    assert values.is_available(text) is available
