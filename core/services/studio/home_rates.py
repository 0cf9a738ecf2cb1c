"""Says what lines of costs are worth in the home currency, each at the rate of its day. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from ...billing.exchange import convert, find_rate
from ...model.costs import CostLine
from ...model.money import UNSTATED_CURRENCY, Credits, Money
from ...model.payment import ExchangeRate


class HomeRates:
    """Converts many lines: each currency's rate of a day is looked for once."""

    def __init__(self, rates: tuple[ExchangeRate, ...], home: str) -> None:
        self._rates: dict[str, list[ExchangeRate]] = {}
        self._found: dict[tuple[str, date], tuple[ExchangeRate, ...]] = {}
        self._home = home
        for rate in rates:
            if home in (rate.base, rate.quote):
                other = rate.quote if rate.base == home else rate.base
                self._rates.setdefault(other, []).append(rate)

    def at_home(self, line: CostLine) -> CostLine:
        """Return a line in the home currency: as it was noted, else at the newest rate not after its day."""
        home = self._home
        if line.value is None:
            return _not_converted(line, _why_no_value(line))
        if not home:
            return _not_converted(line, "there is no home currency")
        if line.home is not None and line.home.currency == home:
            return line
        found = convert(line.value, home, self._of_day(line.value.currency, line.day), line.day)
        if found is None:
            pair = f"{line.value.currency}/{home}"
            return _not_converted(line, f"there is no rate {pair} on or before {line.day.isoformat()}")
        return replace(
            line, home=found.amount, rate=found.rate, rate_on=found.rate_on, rate_source=found.source
        )

    def _of_day(self, currency: str, day: date) -> tuple[ExchangeRate, ...]:
        key = (currency, day)
        if key not in self._found:
            rate = find_rate(self._rates.get(currency, ()), currency, self._home, day)
            self._found[key] = () if rate is None else (rate,)
        return self._found[key]


def _not_converted(line: CostLine, why: str) -> CostLine:
    """Return a line that is in no sum of the home currency; a rate noted for another is none for it."""
    return replace(line, home=None, rate="", rate_on=None, rate_source="", why_not=why)


def _why_no_value(line: CostLine) -> str:
    match line.cost:
        case Credits():
            return f"nobody noted what one {line.cost.unit} cost"
        case Money() if line.cost.currency == UNSTATED_CURRENCY:
            return "the marketplace named no currency"
    return "the marketplace did not say how much"
