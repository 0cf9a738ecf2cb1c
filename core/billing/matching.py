"""Finds which order a line of an invoice is for, and what differs. Pure; where several fit, none is taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ..model.invoice import Invoice, InvoiceLine
from ..model.money import Money

NEAR_DAYS = 10
"""How far apart order and invoice may be where only the amount tells which order it is."""
FAR_DAYS = 62
"""From how many days on the distance itself is told."""
_WORDS = re.compile(r"[^\W_]+")
_COMMON = frozenset({"the", "and", "for", "with", "license", "royalty", "free", "standard", "model"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """An order as far as invoices are concerned. ``numbers`` are all that its marketplace calls it by."""

    order_id: str
    marketplace: str
    numbers: frozenset[str]
    listing_id: str
    title: str
    charged: Money | None
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What was found for one line. ``order_id`` empty: none, ``difference`` says why."""

    line: InvoiceLine
    order_id: str = ""
    difference: str = ""


def match_lines(
    invoice: Invoice,
    lines: Sequence[InvoiceLine],
    orders: Iterable[Bought],
    *,
    references: Iterable[str] = (),
) -> tuple[Match, ...]:
    """Match the lines that have no order yet; an order is taken once. ``references``: the whole invoice's."""
    left = {
        order.order_id: order
        for order in orders
        if not invoice.marketplace or order.marketplace == invoice.marketplace
    }
    numbers = {word for text in references for word in _tokens(text)}
    found: dict[str, Match] = {}
    open_lines = [line for line in lines if not line.order_id]
    # Numbers first: an amount must not take the order that another line names.
    for by in (_by_number, _by_document, _by_amount):
        for line in open_lines:
            if line.id in found:
                continue
            fitting = by(invoice, line, list(left.values()), numbers, len(lines))
            if len(fitting) == 1:
                (order,) = fitting
                del left[order.order_id]
                found[line.id] = Match(
                    line=line, order_id=order.order_id, difference=find_difference(invoice, line, order)
                )
            elif len(fitting) > 1 and by is _by_amount:
                found[line.id] = Match(line=line, difference=f"{len(fitting)} orders fit it; choose one")
    return tuple(found.get(line.id) or Match(line=line, difference="no order fits it") for line in open_lines)


def find_names(lines: Iterable[InvoiceLine], references: Iterable[str]) -> frozenset[str]:
    """Return all that lines, and the references of the whole invoice, could call an order by."""
    texts = [f"{line.reference} {line.description}" for line in lines] + list(references)
    return frozenset(piece for text in texts for piece in _pieces(text))


def find_amounts(lines: Iterable[InvoiceLine]) -> frozenset[Money]:
    """Return what the orders of lines may have been charged."""
    return frozenset(
        Money(minor=minor, currency=line.net.currency) for line in lines for minor in _amounts(line)
    )


def find_difference(invoice: Invoice, line: InvoiceLine, order: Bought) -> str:
    """Return what does not fit an order, as a sentence; empty when all does."""
    differences = []
    if order.charged is None:
        differences.append(f"invoiced {line.net}; what the order was charged is not known in money")
    elif order.charged.currency != line.net.currency:
        differences.append(f"invoiced {line.net}, charged {order.charged}: another currency")
    elif order.charged.minor not in _amounts(line):
        taxed = f" ({with_tax(line)} with tax)" if with_tax(line) != line.net else ""
        differences.append(f"invoiced {line.net}{taxed}, charged {order.charged}")
    days = abs((invoice.issued_on - order.day).days)
    if days > FAR_DAYS:
        differences.append(f"{days} days between order and invoice")
    if invoice.marketplace and order.marketplace != invoice.marketplace:
        differences.append("the order is of another marketplace")
    return "; ".join(differences)


def with_tax(line: InvoiceLine) -> Money:
    """Return a line's amount with its tax."""
    return Money.rounded(line.net.decimal * (1 + Decimal(line.tax_percent or "0") / 100), line.net.currency)


def _by_number(
    _invoice: Invoice, line: InvoiceLine, orders: list[Bought], _numbers: set[str], _count: int
) -> list[Bought]:
    """Return the orders that the line names by a number."""
    words = _tokens(f"{line.reference} {line.description}")
    named = [order for order in orders if order.numbers & words]
    if len(named) > 1:
        closer = [order for order in named if order.listing_id.casefold() in words] or _alike(line, named)
        named = closer or [order for order in named if _fits(line, order)] or named
    return named or [order for order in orders if _is_number(order.listing_id) and order.listing_id in words]


def _by_document(
    _invoice: Invoice, line: InvoiceLine, orders: list[Bought], numbers: set[str], count: int
) -> list[Bought]:
    """Return the orders that the invoice as a whole names, for a line that fits them."""
    named = [order for order in orders if order.numbers & numbers]
    if count == 1:
        return named
    return _alike(line, named) or [order for order in named if _fits(line, order)]


def _by_amount(
    invoice: Invoice, line: InvoiceLine, orders: list[Bought], _numbers: set[str], _count: int
) -> list[Bought]:
    """Return the orders of about that day and exactly that amount; of several, those with the title."""
    near = [
        order
        for order in orders
        if abs((invoice.issued_on - order.day).days) <= NEAR_DAYS and _fits(line, order)
    ]
    return _alike(line, near) or near


def _fits(line: InvoiceLine, order: Bought) -> bool:
    return (
        order.charged is not None
        and order.charged.currency == line.net.currency
        and order.charged.minor in _amounts(line)
    )


def _amounts(line: InvoiceLine) -> tuple[int, int]:
    """Return what an order may have been charged: with tax or without."""
    return (line.net.minor, with_tax(line).minor)


def _alike(line: InvoiceLine, orders: list[Bought]) -> list[Bought]:
    """Return the orders whose title stands on the line, the words that matter at least."""
    words = set(_WORDS.findall(line.description.casefold()))
    alike = []
    for order in orders:
        title = set(_WORDS.findall(order.title.casefold())) - _COMMON
        if title and title <= words:
            alike.append(order)
    return alike


def _tokens(text: str) -> set[str]:
    """Return the pieces of a text that can be numbers, without marks around them."""
    return _pieces(text.casefold())


def _pieces(text: str) -> set[str]:
    pieces = text.replace(",", " ").replace(";", " ").split()
    found = {piece.strip("#:.()[]“”\"'") for piece in pieces}
    return (found | {part for piece in found for part in re.split(r"[/#:]", piece)}) - {""}


def _is_number(text: str) -> bool:
    """Say whether a listing's id is long enough to be no number of something else."""
    return len(text) >= 5 and any(char.isdigit() for char in text)
