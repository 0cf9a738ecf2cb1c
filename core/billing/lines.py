"""Chooses which purchases are billed, and in which currency. Pure; what is left out is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ..errors import UserInputError
from ..model.costs import CostKind, CostLine
from ..model.invoice_data import DataLine
from ..model.money import Money

MAX_LINES = 2_000
MAX_TITLE = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatToBill:
    """Which purchases are billed; empty fields do not narrow them down. Days are inclusive."""

    project: str = ""
    client: str = ""
    orders: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_on: date | None = None
    currency: str = ""
    """What is billed in: the home currency, or what was charged; empty: home, else the only one."""
    purchase_order: str = ""
    note: str = ""


def choose_lines(
    known: Iterable[CostLine], what: WhatToBill, billed: frozenset[str], home: str
) -> tuple[tuple[DataLine, ...], tuple[str, ...], tuple[str, ...], str]:
    """Return the lines, their orders, what is left out and why, and the currency."""
    by_order: dict[str, list[CostLine]] = {}
    for line in known:
        if line.order_id and (not what.orders or line.order_id in what.orders):
            by_order.setdefault(line.order_id, []).append(line)
    chosen = [
        (order_id, lines)
        for order_id, lines in by_order.items()
        if _is_meant(lines[0], what) and order_id not in billed
    ]
    currency = what.currency or home or _only_currency(lines for _, lines in chosen)
    found: list[DataLine] = []
    orders: list[str] = []
    left_out: list[str] = []
    for order_id, lines in sorted(chosen, key=lambda pair: (pair[1][0].day, pair[0])):
        amounts = [_in(line, currency) for line in lines]
        title = lines[0].title[:MAX_TITLE]
        if any(amount is None for amount in amounts):
            left_out.append(f"“{title}” has no amount in {currency}: {_why(lines, currency)}")
            continue
        minor = sum(amount.minor for amount in amounts if amount is not None)
        if minor <= 0:
            left_out.append(f"“{title}” was given back")
            continue
        net = Money(minor=minor, currency=currency)
        about = f"{title} ({lines[0].listing}, {lines[0].day.isoformat()})"
        place = str(len(found) + 1)
        found.append(
            DataLine(
                id=place, description=about, quantity="1", net=net, price=str(net.decimal), reference=order_id
            )
        )
        orders.append(order_id)
    if not found or len(found) > MAX_LINES:
        why = f" Left out: {'; '.join(left_out[:5])}." if left_out else ""
        raise UserInputError(
            f"There is nothing to bill: no purchase fits that is not billed yet.{why}"
            if not found
            else f"These are more than {MAX_LINES:,} purchases; take a shorter time.",
            code="invoice.nothing_to_bill",
        )
    return tuple(found), tuple(orders), tuple(left_out), currency


def _is_meant(line: CostLine, what: WhatToBill) -> bool:
    return (
        line.kind is not CostKind.USAGE
        and (not what.project or line.project == what.project)
        and (not what.client or not line.client or line.client.casefold() == what.client.casefold())
        and (bool(line.client) or not what.client or bool(what.project or what.orders))
        and (what.starts_on is None or line.day >= what.starts_on)
        and (what.ends_on is None or line.day <= what.ends_on)
    )


def _only_currency(groups: Iterable[list[CostLine]]) -> str:
    found = {line.value.currency for lines in groups for line in lines if line.value is not None}
    if len(found) > 1:
        raise UserInputError(
            f"These were charged in {', '.join(sorted(found))}. Choose one with --currency, or set a home "
            "currency.",
            code="invoice.currencies",
        )
    return next(iter(found), "")


def _in(line: CostLine, currency: str) -> Money | None:
    if line.home is not None and line.home.currency == currency:
        return line.home
    return line.value if line.value is not None and line.value.currency == currency else None


def _why(lines: list[CostLine], currency: str) -> str:
    """Return why there is no amount."""
    said = next((line.why_not for line in lines if line.why_not), "")
    return said or f"it was charged in another currency than {currency}"
