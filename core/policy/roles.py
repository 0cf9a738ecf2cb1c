"""Who in a studio may do what, and within which limits. Pure.

The rules are those that PostgreSQL holds for a shared ledger (``core/ledger/sql/access.sql``).

A ledger without members is one person's: there everybody who has the file may do everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from ..model.budget import Limit, LimitKind, LimitPeriod
from ..model.money import Cost, Money
from ..model.people import Role


class Act(StrEnum):
    """What somebody wants to do."""

    REQUEST = "request"
    BUY = "buy"
    APPROVE = "approve"
    DECLINE = "decline"
    RESOLVE = "resolve"
    """Decide on findings of the policy."""
    END_LICENSE = "end_license"
    REFUND_REQUEST = "refund_request"
    REFUND = "refund"
    """Book that money came back, or that it will not."""
    TAKE_SEAT = "take_seat"
    ASSIGN_SEAT = "assign_seat"
    """Give a seat to somebody else, or take it."""
    SET_SEATS = "set_seats"
    AGREE = "agree"
    """Note agreements and renewals."""
    SET_BUDGET = "set_budget"
    SET_LIMIT = "set_limit"
    SET_METHOD = "set_method"
    """Say how is paid."""
    SET_MEMBER = "set_member"
    NOTE_PAYMENT = "note_payment"
    INVOICE = "invoice"
    SET_RATE = "set_rate"
    """Exchange rates, and what a contract charges for calls and downloads."""
    SEE_INVOICES = "see_invoices"
    COUNT_USAGE = "count_usage"
    """Tell the ledger how many calls one made oneself."""


ROLES: Mapping[Act, frozenset[Role]] = {
    Act.REQUEST: frozenset({Role.ARTIST, Role.BUYER}),
    Act.BUY: frozenset({Role.BUYER}),
    Act.APPROVE: frozenset({Role.APPROVER}),
    Act.DECLINE: frozenset({Role.APPROVER}),
    Act.RESOLVE: frozenset({Role.LEGAL}),
    Act.END_LICENSE: frozenset({Role.FINANCE, Role.LEGAL}),
    Act.REFUND_REQUEST: frozenset({Role.BUYER, Role.FINANCE}),
    Act.REFUND: frozenset({Role.FINANCE}),
    Act.TAKE_SEAT: frozenset({Role.ARTIST, Role.APPROVER, Role.ADMIN}),
    Act.ASSIGN_SEAT: frozenset({Role.APPROVER, Role.ADMIN}),
    Act.SET_SEATS: frozenset({Role.ADMIN, Role.FINANCE}),
    Act.AGREE: frozenset({Role.LEGAL, Role.ADMIN}),
    Act.SET_BUDGET: frozenset({Role.ADMIN, Role.FINANCE}),
    Act.SET_LIMIT: frozenset({Role.ADMIN}),
    Act.SET_METHOD: frozenset({Role.ADMIN}),
    Act.SET_MEMBER: frozenset({Role.ADMIN}),
    Act.NOTE_PAYMENT: frozenset({Role.BUYER, Role.FINANCE}),
    Act.INVOICE: frozenset({Role.FINANCE}),
    Act.SET_RATE: frozenset({Role.FINANCE}),
    Act.SEE_INVOICES: frozenset({Role.FINANCE, Role.AUDITOR}),
    Act.COUNT_USAGE: frozenset(Role) - {Role.AUDITOR},
}
"""Which roles may do it; one of them is enough."""

NEEDS_LIMIT = frozenset({LimitKind.OWN, LimitKind.AUTO})
"""Kinds of limits without which nothing of the kind is allowed; without the others everything is."""


def may(roles: Iterable[Role], act: Act) -> bool:
    """Say whether somebody with these roles may do it."""
    return not ROLES[act].isdisjoint(roles)


def find_limits(
    limits: Iterable[Limit],
    kind: LimitKind,
    *,
    roles: Iterable[Role],
    period: LimitPeriod = LimitPeriod.REQUEST,
    project_id: str = "",
    marketplace: str = "",
) -> tuple[Limit, ...]:
    """Return the limits that hold for somebody with these roles, a project and a marketplace."""
    have = {str(role) for role in roles}
    return tuple(
        limit
        for limit in limits
        if limit.kind is kind
        and limit.period is period
        and limit.ended_at is None
        and (not limit.role or limit.role in have)
        and limit.project_id in ("", project_id)
        and limit.marketplace in ("", marketplace)
    )


def is_within(kind: LimitKind, limits: Iterable[Limit], cost: Cost | None) -> bool:
    """Say whether a cost stays within every one of the limits that hold (see :func:`find_limits`).

    Credits and what has no price yet are not compared with money: OWN and AUTO refuse them, the other kinds
    let them pass. A limit in another currency cannot be compared: without one in this currency it is refused.
    """
    if not isinstance(cost, Money):
        return kind not in NEEDS_LIMIT
    holding = tuple(limits)
    if not holding:
        return kind not in NEEDS_LIMIT
    comparable = [limit for limit in holding if limit.amount.currency == cost.currency]
    return bool(comparable) and all(cost.minor <= limit.amount.minor for limit in comparable)
