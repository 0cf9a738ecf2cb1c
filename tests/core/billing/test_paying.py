"""Card numbers are found in every dress, rates are never made up, and the right method is chosen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.billing.card_numbers import find_card_number, refuse_card_numbers
from core.billing.exchange import convert, parse_rate
from core.billing.paying import ToPay, choose_open, own_kind, prefer, value_of
from core.errors import UserInputError
from core.model.money import UNSTATED_CURRENCY, Credits, Money
from core.model.payment import ExchangeRate, MethodKind, PaymentMethod

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = NOW.date()
# Test numbers that card networks publish for developers.
CARDS = ("4111111111111111", "5555555555554444", "378282246310005", "6011111111111117", "4222222222222")


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("dress", ["{}", "Visa {} 12/27", "no. {}, Ann", "\u200b{}\u200b"])
def test_card_numbers_are_found_however_they_are_written(card: str, dress: str) -> None:
    """In one piece, in groups, with dashes, and in digits of another script."""
    groups = [card[at : at + 4] for at in range(0, len(card), 4)]
    full_width = card.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    arabic = card.translate({ord("0") + n: chr(0x660 + n) for n in range(10)})
    forms = (card, " ".join(groups), "-".join(groups), " - ".join(groups), "\u2013".join(groups))
    for form in (*forms, full_width, arabic, "\u00a0".join(groups)):
        assert find_card_number(dress.format(form)), form


@pytest.mark.parametrize(
    "text",
    ["", "PO-2026-0042", "4111111111111112", "1234567890123", "0000000000000000", "+49 30 1234567",
     "2026-11-23 12:00", "41111111111111111111111", "cost center 4711", "x" * 30_000, "²" * 16],
)  # fmt: skip
def test_other_numbers_are_let_pass(text: str) -> None:
    assert not find_card_number(text)


def test_the_refusal_names_the_field_and_not_the_number() -> None:
    with pytest.raises(UserInputError) as caught:
        refuse_card_numbers(label="Card", purchase_order="4111 1111 1111 1111")
    assert "purchase order" in caught.value.message
    assert "1111" not in str(caught.value) + str(dict(caught.value.context))


@given(st.text(max_size=200))
def test_any_text_is_looked_through(text: str) -> None:
    assert find_card_number(text) in (True, False)


def rate(base: str, quote: str, number: str, day: str, source: str = "ECB") -> ExchangeRate:
    return ExchangeRate(
        id=f"{base}{quote}{day}{source}", base=base, quote=quote, rate=number,
        valid_on=date.fromisoformat(day), source=source, set_by="finance", set_at=NOW,
    )  # fmt: skip


RATES = (
    rate("USD", "EUR", "0.90", "2026-11-20"),
    rate("USD", "EUR", "0.92", "2026-11-23"),
    rate("USD", "EUR", "0.50", "2026-11-24"),
    rate("EUR", "JPY", "160.5", "2026-11-01"),
)


@pytest.mark.parametrize(
    ("money", "to", "day", "expected"),
    [
        (Money(minor=1900, currency="USD"), "EUR", "2026-11-23", Money(minor=1748, currency="EUR")),
        (Money(minor=1900, currency="USD"), "EUR", "2026-11-22", Money(minor=1710, currency="EUR")),
        (Money(minor=-1900, currency="USD"), "EUR", "2026-11-22", Money(minor=-1710, currency="EUR")),
        (Money(minor=1000, currency="EUR"), "JPY", "2026-11-23", Money(minor=1605, currency="JPY")),
        (Money(minor=1605, currency="JPY"), "EUR", "2026-11-23", Money(minor=1000, currency="EUR")),
        (Money(minor=5, currency="EUR"), "EUR", "1999-01-01", Money(minor=5, currency="EUR")),
        (Money(minor=1900, currency="USD"), "EUR", "2026-11-19", None),
        (Money(minor=1900, currency="USD"), "GBP", "2026-11-23", None),
        (Money(minor=1900), "EUR", "2026-11-23", None),
        (Money(minor=1900, currency="USD"), "", "2026-11-23", None),
    ],
)
def test_the_newest_rate_that_is_not_after_the_day(
    money: Money, to: str, day: str, expected: Money | None
) -> None:
    """Without one there is no amount: one to one is never assumed."""
    found = convert(money, to, RATES, date.fromisoformat(day))
    assert (found.amount if found else None) == expected


def test_a_rate_the_other_way_around_says_so() -> None:
    found = convert(
        Money(minor=10834, currency="USD"), "EUR", [rate("EUR", "USD", "1.0834", "2026-11-23")], DAY
    )
    assert found is not None
    assert found.amount == Money(minor=10000, currency="EUR")
    assert found.source == "ECB (EUR/USD, turned around)"
    assert found.rate == "0.923020121839"


def test_of_one_day_the_direction_and_then_the_last_counts() -> None:
    rates = (
        rate("USD", "EUR", "0.9", "2026-11-23"),
        rate("USD", "EUR", "0.8", "2026-11-23", "ECB, corrected"),
        rate("EUR", "USD", "2", "2026-11-23"),
    )
    found = convert(Money(minor=100, currency="USD"), "EUR", rates, DAY)
    assert found is not None
    assert (found.amount.minor, found.source) == (80, "ECB, corrected")


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "NaN", "Infinity", "1,5", "1e99", "1e-99", "\u0661", "1" * 40, "1_0 0"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="it is not"):
        parse_rate(text)


def method(kind: MethodKind, **facts: Any) -> PaymentMethod:
    given: dict[str, Any] = {"id": f"m_{kind}", "label": kind.value, "created_by": "ada", "created_at": NOW}
    return PaymentMethod(kind=kind, **{**given, **facts})


def to_pay(cost: Any, kind: MethodKind = MethodKind.CHECKOUT, **facts: Any) -> ToPay:
    given: dict[str, Any] = {"marketplace": "agency", "project_id": "film", "account_id": "", "day": DAY}
    return ToPay(cost=cost, kind=kind, **{**given, **facts})


@pytest.mark.parametrize(
    ("cost", "on_page", "account", "kind"),
    [
        (Credits(amount=3, unit="credit"), False, "a1", MethodKind.CREDITS),
        (Credits(amount=1), False, "a1", MethodKind.SUBSCRIPTION),
        (Money(minor=5, currency="USD"), True, "", MethodKind.CHECKOUT),
        (Money(minor=5, currency="USD"), False, "reseller", MethodKind.CONTRACT),
        (Money(minor=5, currency="USD"), False, "", MethodKind.CHECKOUT),
        (None, False, "a1", MethodKind.SUBSCRIPTION),
        (None, True, "", MethodKind.CHECKOUT),
    ],
)
def test_how_a_marketplace_takes_it(cost: Any, on_page: bool, account: str, kind: MethodKind) -> None:
    assert own_kind(cost, on_page=on_page, account_id=account) is kind


USD_19 = Money(minor=1900, currency="USD")
USD_18 = Money(minor=1899, currency="USD")


@pytest.mark.parametrize(
    ("facts", "cost", "why"),
    [
        ({"kind": MethodKind.MANUAL}, USD_19, ""),
        ({"kind": MethodKind.MANUAL, "active": False}, USD_19, "ended"),
        ({"kind": MethodKind.MANUAL, "valid_until": date(2026, 11, 22)}, USD_19, "valid until 2026-11-22"),
        ({"kind": MethodKind.MANUAL, "valid_until": DAY}, USD_19, ""),
        ({"kind": MethodKind.MANUAL, "marketplace": "other"}, USD_19, "marketplace other"),
        ({"kind": MethodKind.MANUAL, "project_id": "spot"}, USD_19, "project spot"),
        ({"kind": MethodKind.CREDITS, "account_id": "x"}, Credits(amount=1, unit="credit"), "account x"),
        ({"kind": MethodKind.CREDITS, "unit": "credit"}, Credits(amount=1), "pays in credits"),
        ({"kind": MethodKind.CREDITS}, USD_19, "price is in money"),
        ({"kind": MethodKind.CHECKOUT}, Credits(amount=1), "price is in downloads"),
        ({"kind": MethodKind.PURCHASE_ORDER, "limit_amount": USD_18}, USD_19, "left"),
        ({"kind": MethodKind.PURCHASE_ORDER, "limit_amount": USD_19}, USD_19, ""),
        ({"kind": MethodKind.PREPAID, "paid_in": Money(minor=9900, currency="EUR")}, USD_19, "in EUR"),
        ({"kind": MethodKind.PREPAID, "paid_in": USD_19}, None, "not known"),
        ({"kind": MethodKind.PREPAID, "paid_in": USD_19}, Money(minor=1900), "not known"),
    ],
)  # fmt: skip
def test_which_methods_are_open(facts: dict[str, Any], cost: Any, why: str) -> None:
    (choice,) = choose_open([method(**facts)], to_pay(cost), {})
    assert bool(choice.why_not) == bool(why)
    assert why in choice.why_not


def test_a_balance_shrinks_with_what_was_paid_and_grows_with_refunds() -> None:
    prepaid = method(MethodKind.PREPAID, paid_in=Money(minor=5000, currency="USD"))
    for spent, left, is_open in (
        (0, 5000, True),
        (3100, 1900, True),
        (3101, 1899, False),
        (-100, 5100, True),
    ):
        (choice,) = choose_open([prepaid], to_pay(USD_19), {prepaid.id: {"USD": spent, "EUR": 10**9}})
        assert choice.left == Money(minor=left, currency="USD")
        assert (not choice.why_not) is is_open


def test_credits_count_what_they_cost() -> None:
    credits_ = method(MethodKind.CREDITS, unit="credit", unit_value=Money(minor=99, currency="USD"))
    assert value_of(credits_, Credits(amount=3, unit="credit")) == Money(minor=297, currency="USD")
    assert value_of(credits_, Credits(amount=-3, unit="credit")) == Money(minor=-297, currency="USD")
    assert value_of(credits_, Credits(amount=0, unit="credit")) == Money(minor=0, currency="USD")
    assert value_of(credits_, Credits(amount=3)) is None
    assert value_of(method(MethodKind.CREDITS), Credits(amount=3)) is None
    assert value_of(credits_, None) is None


def test_the_closest_method_of_the_kind_is_taken() -> None:
    wide = method(MethodKind.SUBSCRIPTION, id="wide", marketplace="agency")
    near = method(MethodKind.PRODUCT, id="near", marketplace="agency", account_id="a1")
    order = method(MethodKind.PURCHASE_ORDER, id="order", purchase_order="PO-7")
    cost = to_pay(Credits(amount=1), MethodKind.SUBSCRIPTION, account_id="a1")
    choices = choose_open([wide, near, order], cost, {})

    def pick(**wanted: str) -> str:
        found = prefer(choices, cost, **{"wanted_id": "", "purchase_order": "", **wanted})
        return found.method.id if found else ""

    assert pick() == "near"
    assert pick(wanted_id="wide") == "wide"
    assert pick(wanted_id="gone") == ""
    assert pick(purchase_order="PO-7") == "order"
    assert pick(purchase_order="PO-8") == "near"
    assert prefer([], cost, wanted_id="", purchase_order="") is None
    assert UNSTATED_CURRENCY == "XXX"
