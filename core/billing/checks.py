"""Finds what does not add up in an invoice (the calculation rules BR-CO-10 to BR-CO-17 of EN 16931). Pure."""

from __future__ import annotations

from decimal import Decimal

from ..model.invoice_data import InvoiceData
from ..model.money import Money

CATEGORIES = frozenset({"S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"})
"""UNCL 5305, as far as EN 16931 takes it."""


def find_faults(data: InvoiceData) -> tuple[str, ...]:
    """Return what does not add up, as sentences; empty when all of it does."""
    faults: list[str] = []
    lines = sum(line.net.minor for line in data.lines)
    total = data.lines_total.minor if data.lines_total is not None else None
    less = data.allowances.minor if data.allowances is not None else 0
    more = data.charges.minor if data.charges is not None else 0

    def money(minor: int) -> Money:
        return Money(minor=minor, currency=data.currency)

    if data.lines and total is not None and lines != total:
        faults.append(f"its lines add up to {money(lines)}, and it says {money(total)}")
    start = total if total is not None else lines
    if (data.lines or total is not None) and start - less + more != data.net.minor:
        faults.append(f"without tax it should be {money(start - less + more)}, and it says {data.net}")
    if data.net.minor + data.tax.minor != data.gross.minor:
        faults.append(f"with tax it should be {money(data.net.minor + data.tax.minor)}, not {data.gross}")
    if data.taxes and sum(tax.tax.minor for tax in data.taxes) != data.tax.minor:
        faults.append("the parts of the tax do not add up to the tax")
    for tax in data.taxes:
        wanted = Money.rounded(tax.base.decimal * Decimal(tax.percent or "0") / 100, data.currency)
        if abs(wanted.minor - tax.tax.minor) > 1:
            faults.append(f"{tax.percent or '0'} % of {tax.base} is {wanted}, not {tax.tax}")
        if tax.category not in CATEGORIES:
            faults.append(f"there is no tax category “{tax.category[:10]}”")
    if data.gross.minor < 0:
        faults.append("its total is below zero")
    if data.due_on is not None and data.due_on < data.issued_on:
        faults.append("it is due before it was issued")
    return tuple(faults)
