"""A limit on the price holds in its own currency, and never by comparing what cannot be compared."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from core import errors
from core.cli.limits import check_limit, read_money
from core.model.money import Credits, Money

DOLLARS, UNSTATED = Money.parse("19", "USD"), Money.parse("19")


def check(cost: Any, limit: str | None) -> None:
    check_limit(SimpleNamespace(quote=SimpleNamespace(cost=cost)), limit)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cost", "limit"),
    [
        (DOLLARS, None),
        (None, None),
        (DOLLARS, "19"),
        (DOLLARS, "19 usd"),
        (UNSTATED, "20"),
        (Credits(amount=1), "1"),
    ],
)
def test_what_is_within_the_limit_passes(cost: Any, limit: str | None) -> None:
    assert read_money(limit) is None or read_money(limit).minor > 0
    check(cost, limit)


@pytest.mark.parametrize(
    ("cost", "limit", "code"),
    [
        (DOLLARS, "18.99", "buy.too_expensive"),
        (Credits(amount=2), "1", "buy.too_expensive"),
        (DOLLARS, "50 EUR", "buy.limit_unit"),
        (UNSTATED, "50 EUR", "buy.limit_unit"),
        (Credits(amount=1), "50 EUR", "buy.limit_unit"),
        (None, "50", "buy.price_unknown"),
        (DOLLARS, "much", "user_input.money"),
    ],
)
def test_what_is_beyond_it_or_cannot_be_told_stops(cost: Any, limit: str, code: str) -> None:
    with pytest.raises(errors.UserInputError) as caught:
        check(cost, limit)
    assert caught.value.code == code
