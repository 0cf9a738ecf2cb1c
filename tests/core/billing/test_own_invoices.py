"""What is added up for an invoice of one's own, in currencies with none, two and three decimals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.billing.own_invoices import add_up, check_decimals, read_tax
from core.errors import UserInputError
from core.model.invoice_data import DataLine
from core.model.money import Money


def line(minor: int, currency: str) -> DataLine:
    return DataLine(
        id="1", description="Oak", quantity="1", net=Money(minor=minor, currency=currency), price=""
    )


@pytest.mark.parametrize(
    ("minors", "percent", "currency", "tax"),
    [
        ((2900, 1001), "19", "EUR", 741),
        ((250,), "7.7", "CHF", 19),
        ((105,), "19", "JPY", 20),
        ((263,), "0.95", "JPY", 2),  # 2.4985: rounded to two decimals first, it would be 3
        ((1230, 10), "19", "KWD", 240),  # 0.2356 becomes 0.24
        ((230,), "19.545", "KWD", 40),  # 0.0449535: rounded to three decimals first, it would be 0.05
        ((10**15,), "19", "EUR", 19 * 10**13),
    ],
)
def test_tax_is_rounded_once_and_to_two_decimals_at_most(
    minors: tuple[int, ...], percent: str, currency: str, tax: int
) -> None:
    net, made, gross, part = add_up(
        [line(minor, currency) for minor in minors], read_tax("S", percent, ""), currency
    )
    assert (net.minor, made.minor, gross.minor) == (sum(minors), tax, sum(minors) + tax)
    assert (part.base, part.tax, Decimal(part.percent)) == (net, made, Decimal(percent))


def test_an_amount_that_the_standard_cannot_say_is_refused() -> None:
    check_decimals([line(1230, "KWD"), line(1, "EUR"), line(1, "JPY")])
    with pytest.raises(UserInputError, match="two decimals at most") as caught:
        check_decimals([line(1230, "KWD"), line(1234, "KWD")])
    assert "1.234 KWD" in caught.value.message
