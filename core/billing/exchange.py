"""What an amount is worth in another currency, at a dated rate that somebody noted. Pure; never a guess.

Without a rate there is no answer: one to one is never assumed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation, localcontext

from ..model.money import UNSTATED_CURRENCY, Money
from ..model.payment import ExchangeRate

MAX_RATE_CHARS = 30
_LARGEST = Decimal(10) ** 9
_SMALLEST = Decimal(10) ** -9
_DIGITS = 12
"""Significant digits of a rate that is worked out from one the other way around."""
OLD_AFTER_DAYS = 7
"""From how many days between a rate and a payment on that is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """An amount in another currency. ``rate`` is as it was used; ``rate_on`` None: no rate was needed."""

    amount: Money
    rate: str = ""
    rate_on: date | None = None
    source: str = ""


def parse_rate(text: str) -> Decimal:
    """Read a rate; raise ValueError for what is none."""
    words = text.strip()
    try:
        rate = Decimal(words)
    except InvalidOperation:
        raise ValueError("it is not a number") from None
    if not (words.isascii() and len(words) <= MAX_RATE_CHARS and rate.is_finite()):
        raise ValueError("it is not a plain number")
    if not _SMALLEST <= rate <= _LARGEST:
        raise ValueError("it is not between a billionth and a billion")
    return rate


def find_rate(rates: Iterable[ExchangeRate], base: str, quote: str, day: date) -> ExchangeRate | None:
    """Return the newest rate between two currencies that is not after a day, either way around.

    Of several for one day, the one given for this direction, and then what was noted last.
    """
    best: ExchangeRate | None = None
    for rate in rates:
        if rate.valid_on > day or {rate.base, rate.quote} != {base, quote}:
            continue
        if best is None or (rate.valid_on, rate.base == base) >= (best.valid_on, best.base == base):
            best = rate
    return best


def convert(money: Money, currency: str, rates: Iterable[ExchangeRate], day: date) -> Conversion | None:
    """Return an amount in another currency at the newest rate that is not after the day; None without one."""
    if not currency or UNSTATED_CURRENCY in (currency, money.currency):
        return None
    if money.currency == currency:
        return Conversion(amount=money)
    found = find_rate(rates, money.currency, currency, day)
    if found is None:
        return None
    straight = found.base == money.currency
    try:
        with localcontext() as context:
            context.prec = 50
            rate = parse_rate(found.rate)
            if not straight:
                context.prec = _DIGITS
                rate = 1 / rate
                context.prec = 50
            amount = Money.rounded(money.decimal * rate, currency)
    except ValueError:
        return None
    return Conversion(
        amount=amount,
        rate=f"{rate:f}",
        rate_on=found.valid_on,
        source=found.source if straight else f"{found.source} ({found.base}/{found.quote}, turned around)",
    )
