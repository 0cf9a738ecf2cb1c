"""By which methods an order can be paid, and what it costs in money. Pure.

A marketplace takes what an order costs from where its answer says (a subscription, credits, a contract, its
own page); a studio's own methods say who bears it: a purchase order, a balance paid in before, by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ..model.money import UNSTATED_CURRENCY, Cost, Credits, Money
from ..model.payment import MethodKind, PaymentMethod

MARKETPLACE_KINDS = frozenset(
    {
        MethodKind.SUBSCRIPTION,
        MethodKind.CREDITS,
        MethodKind.PRODUCT,
        MethodKind.CONTRACT,
        MethodKind.CHECKOUT,
    }
)
COUNTED_KINDS = frozenset({MethodKind.SUBSCRIPTION, MethodKind.CREDITS, MethodKind.PRODUCT})
"""Kinds that pay in a marketplace's own units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPay:
    """What is to be paid, as far as it is known before."""

    marketplace: str
    project_id: str
    account_id: str
    kind: MethodKind
    """How the marketplace takes it."""
    cost: Cost | None
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One method, and whether it is open for an order. ``why_not`` is empty when it is."""

    method: PaymentMethod
    why_not: str = ""
    left: Money | None = None
    """What is left of its limit or balance; None where it has none."""
    value: Money | None = None
    """What the order costs in money when it is paid so; None: not known."""


def own_kind(cost: Cost | None, *, on_page: bool, account_id: str) -> MethodKind:
    """Return how a marketplace takes what an order costs.

    ``on_page``: paid on the marketplace's own page; ``account_id``: what is charged there, empty for nothing.
    A price in money that an account is charged for is billed under its contract. A product of an agreement
    is not told from a subscription: a studio's own method for the account says which it is.
    """
    if isinstance(cost, Credits):
        return MethodKind.CREDITS if cost.unit == "credit" else MethodKind.SUBSCRIPTION
    if on_page or not account_id:
        return MethodKind.CHECKOUT
    return MethodKind.SUBSCRIPTION if cost is None else MethodKind.CONTRACT


def own_method_id(marketplace: str, kind: MethodKind, account_id: str) -> str:
    """Return the id of a marketplace's own method, which is noted where a studio set up none."""
    return f"own/{marketplace}/{kind}" + (f"/{account_id}" if account_id else "")


def value_of(method: PaymentMethod, cost: Cost | None) -> Money | None:
    """Return what a cost is in money when it is paid by a method; None when that is not known.

    Money stands for itself, with its currency; credits count what they cost when they were bought.
    """
    if isinstance(cost, Money):
        return None if cost.currency == UNSTATED_CURRENCY else cost
    if isinstance(cost, Credits):
        if cost.amount == 0 and method.unit_value is not None:
            return Money(minor=0, currency=method.unit_value.currency)
        if method.unit_value is None or (method.unit and method.unit != cost.unit):
            return None
        return Money(minor=method.unit_value.minor * cost.amount, currency=method.unit_value.currency)
    return None


def choose_open(
    methods: Iterable[PaymentMethod], to_pay: ToPay, spent: Mapping[str, Mapping[str, int]]
) -> tuple[Choice, ...]:
    """Say of each method whether it is open for an order; those that are, first.

    ``spent``: for each method's id, what was paid by it, in minor units by currency.
    """
    choices = [_judge(method, to_pay, spent.get(method.id, {})) for method in methods]
    return tuple(sorted(choices, key=lambda choice: bool(choice.why_not)))


def prefer(choices: Iterable[Choice], to_pay: ToPay, *, wanted_id: str, purchase_order: str) -> Choice | None:
    """Return the method that an order is paid by: what was chosen, else the marketplace's, best fitting.

    What was chosen is returned even when it is not open: its ``why_not`` says why. None: a studio set up
    none that fits.
    """
    listed = list(choices)
    if wanted_id:
        return next((one for one in listed if one.method.id == wanted_id), None)
    opened = [one for one in listed if not one.why_not]
    if purchase_order:
        for one in opened:
            if one.method.kind is MethodKind.PURCHASE_ORDER and one.method.purchase_order == purchase_order:
                return one
    fitting = [one for one in opened if _fits(one.method, to_pay.kind) and not _is_own(one.method)]
    return max(fitting, key=lambda one: _closeness(one.method), default=None)


def left_of(method: PaymentMethod, spent: Mapping[str, int]) -> Money | None:
    """Return what is left of a method's balance or limit; None where it has none."""
    bound = method.paid_in if method.kind is MethodKind.PREPAID else method.limit_amount
    if bound is None:
        return None
    return Money(minor=bound.minor - spent.get(bound.currency, 0), currency=bound.currency)


def _judge(method: PaymentMethod, to_pay: ToPay, spent: Mapping[str, int]) -> Choice:
    value, left = value_of(method, to_pay.cost), left_of(method, spent)
    why = _why_not(method, to_pay) or _why_not_enough(method, value, left)
    return Choice(method=method, why_not=why, left=left, value=value)


def _why_not(method: PaymentMethod, to_pay: ToPay) -> str:
    if not method.active:
        return "it was ended"
    if method.valid_until is not None and to_pay.day > method.valid_until:
        return f"it was valid until {method.valid_until.isoformat()}"
    for ours, theirs, what in (
        (method.marketplace, to_pay.marketplace, "marketplace"),
        (method.project_id, to_pay.project_id, "project"),
        (method.account_id, to_pay.account_id, "account"),
    ):
        if ours and ours != theirs:
            return f"it is for the {what} {ours}"
    cost = to_pay.cost
    if method.kind in COUNTED_KINDS and isinstance(cost, Money):
        return "the price is in money"
    if method.kind in COUNTED_KINDS and isinstance(cost, Credits) and method.unit not in ("", cost.unit):
        return f"it pays in {method.unit}s"
    if method.kind in (MethodKind.CHECKOUT, MethodKind.CONTRACT) and isinstance(cost, Credits):
        return f"the price is in {cost.unit}s"
    return ""


def _why_not_enough(method: PaymentMethod, value: Money | None, left: Money | None) -> str:
    if left is None:
        return ""
    what = "its balance" if method.kind is MethodKind.PREPAID else "its limit"
    if value is None:
        return f"the price in money is not known, and {what} is not exceeded unseen"
    if value.currency != left.currency:
        return f"{what} is in {left.currency}, the price in {value.currency}"
    return "" if value.minor <= left.minor else f"{left} is left of {what}"


def _fits(method: PaymentMethod, kind: MethodKind) -> bool:
    allotments = (MethodKind.SUBSCRIPTION, MethodKind.PRODUCT)
    return method.kind is kind or (method.kind in allotments and kind in allotments)


def _is_own(method: PaymentMethod) -> bool:
    return method.id.startswith("own/")


def _closeness(method: PaymentMethod) -> tuple[bool, bool, bool, bool]:
    return (
        bool(method.account_id),
        bool(method.project_id),
        bool(method.marketplace),
        method.unit_value is not None,
    )
