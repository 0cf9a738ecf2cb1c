"""Adds costs up by project, client, marketplace or month, and writes them as CSV and JSON. Pure.

Nothing is left out in silence: what could not be valued or converted is counted, listed, and in no sum of the
home currency.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ..model.costs import CostKey, CostKind, CostLine, CostReport, CostSum
from ..model.money import Credits, Money
from .table import neutralize

COLUMNS = (
    "day", "kind", "project", "client", "marketplace", "title", "listing", "order_id", "method",
    "purchase_order", "cost_center", "charged", "amount", "currency", "tax", "tax_currency", "tax_source",
    "home_amount", "home_currency",
    "rate", "rate_on", "rate_source", "paid_by", "not_converted_because",
)  # fmt: skip
MAX_MONTHS = 1200
SCHEMA = "clearance-costs/1"


def build_costs(
    lines: Iterable[CostLine],
    by: CostKey,
    *,
    home_currency: str,
    made_at: datetime,
    starts_on: date | None = None,
    ends_on: date | None = None,
    notes: Iterable[str] = (),
) -> CostReport:
    """Add up what was paid from one day to another, both included."""
    kept = [
        line
        for line in lines
        if (starts_on is None or line.day >= starts_on) and (ends_on is None or line.day <= ends_on)
    ]
    kept.sort(key=lambda line: (line.day, line.order_id, line.title), reverse=True)
    months = _by_months(kept, home_currency)
    return CostReport(
        by=by,
        made_at=made_at,
        home_currency=home_currency,
        groups=months if by is CostKey.MONTH else _by(kept, by, home_currency),
        total=_sum("", kept, home_currency),
        months=months,
        lines=tuple(kept),
        starts_on=starts_on,
        ends_on=ends_on,
        notes=tuple(notes),
    )


def render_costs_csv(report: CostReport) -> str:
    """Write one row a line; cells that a spreadsheet would run as a formula begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for line in report.lines:
        writer.writerow(_cells(line))
    return out.getvalue()


def render_costs_json(report: CostReport) -> str:
    """Write sums and lines as JSON; amounts are decimal text, with their currency."""
    plain = {
        "schema": SCHEMA,
        "made_at": report.made_at.isoformat(),
        "by": report.by.value,
        "from": report.starts_on.isoformat() if report.starts_on else None,
        "to": report.ends_on.isoformat() if report.ends_on else None,
        "home_currency": report.home_currency or None,
        "total": _plain_sum(report.total),
        "groups": [_plain_sum(one) for one in report.groups],
        "months": [_plain_sum(one) for one in report.months],
        "not_converted": len(report.not_converted),
        "notes": list(report.notes),
        "lines": [_plain_line(line) for line in report.lines],
    }
    return json.dumps(plain, ensure_ascii=False, indent=2) + "\n"


def _by(lines: list[CostLine], by: CostKey, home: str) -> tuple[CostSum, ...]:
    found: dict[str, list[CostLine]] = {}
    for line in lines:
        found.setdefault(line.key(by), []).append(line)
    sums = [_sum(key, group, home) for key, group in found.items()]
    return tuple(sorted(sums, key=lambda one: (-_weight(one), one.key)))


def _by_months(lines: list[CostLine], home: str) -> tuple[CostSum, ...]:
    """Return every month from the first to the last, those without costs, too."""
    if not lines:
        return ()
    found: dict[str, list[CostLine]] = {}
    for line in lines:
        found.setdefault(line.key(CostKey.MONTH), []).append(line)
    month, last = min(line.day for line in lines).replace(day=1), max(line.day for line in lines)
    names: list[str] = []
    while month <= last and len(names) < MAX_MONTHS:
        names.append(f"{month:%Y-%m}")
        month = (month + timedelta(days=32)).replace(day=1)
    return tuple(_sum(name, found.get(name, []), home) for name in names)


def _sum(key: str, lines: list[CostLine], home: str) -> CostSum:
    sums: dict[str, int] = {}
    unvalued: dict[str, int] = {}
    for line in lines:
        if line.value is not None:
            sums[line.value.currency] = sums.get(line.value.currency, 0) + line.value.minor
        elif isinstance(line.cost, Credits):
            unvalued[line.cost.unit] = unvalued.get(line.cost.unit, 0) + line.cost.amount
    converted = [line.home.minor for line in lines if line.home is not None]
    return CostSum(
        key=key,
        purchases=sum(line.count for line in lines if line.kind is CostKind.PURCHASE),
        refunds=sum(line.count for line in lines if line.kind is CostKind.REFUND),
        sums=tuple(Money(minor=minor, currency=code) for code, minor in sorted(sums.items())),
        home=Money(minor=sum(converted), currency=home) if home else None,
        not_converted=sum(line.count for line in lines if line.home is None),
        credits_used=tuple(str(Credits(amount=n, unit=unit)) for unit, n in sorted(unvalued.items())),
    )


def _weight(one: CostSum) -> int:
    return one.home.minor if one.home is not None else max((money.minor for money in one.sums), default=0)


def _cells(line: CostLine) -> list[str]:
    value, home, tax = line.value, line.home, line.tax
    texts = [
        line.day.isoformat(), line.kind.value, line.project, line.client, line.marketplace, line.title,
        line.listing, line.order_id, line.method, line.purchase_order, line.cost_center,
        "" if line.cost is None else str(line.cost),
    ]  # fmt: skip
    amounts = [
        str(value.decimal) if value else "", value.currency if value else "", str(tax.decimal) if tax else "",
        tax.currency if tax else "", neutralize(line.tax_source),
        str(home.decimal) if home else "", home.currency if home else "",
    ]  # fmt: skip
    ends = [
        line.rate, line.rate_on.isoformat() if line.rate_on else "", line.rate_source, line.paid_by,
        line.why_not,
    ]  # fmt: skip
    # An amount below zero is a number, not a formula.
    return [neutralize(cell) for cell in texts] + amounts + [neutralize(cell) for cell in ends]


def _plain_sum(one: CostSum) -> Mapping[str, Any]:
    return {
        "key": one.key,
        "purchases": one.purchases,
        "refunds": one.refunds,
        "sums": [_plain_money(money) for money in one.sums],
        "home": _plain_money(one.home),
        "not_converted": one.not_converted,
        "without_value": list(one.credits_used),
    }


def _plain_line(line: CostLine) -> Mapping[str, Any]:
    charged: Any = None
    if isinstance(line.cost, Credits):
        charged = {"amount": line.cost.amount, "unit": line.cost.unit}
    elif line.cost is not None:
        charged = _plain_money(line.cost)
    return {
        "day": line.day.isoformat(),
        "kind": line.kind.value,
        "project": line.project,
        "client": line.client,
        "marketplace": line.marketplace,
        "title": line.title,
        "listing": line.listing,
        "order_id": line.order_id,
        "method": line.method,
        "purchase_order": line.purchase_order,
        "cost_center": line.cost_center,
        "charged": charged,
        "value": _plain_money(line.value),
        "tax": _plain_money(line.tax),
        "tax_source": line.tax_source or None,
        "home": _plain_money(line.home),
        "rate": line.rate or None,
        "rate_on": line.rate_on.isoformat() if line.rate_on else None,
        "rate_source": line.rate_source or None,
        "paid_by": line.paid_by,
        "not_converted_because": line.why_not or None,
    }


def _plain_money(money: Money | None) -> Mapping[str, str] | None:
    return None if money is None else {"amount": str(money.decimal), "currency": money.currency}
