"""Who may do what in a studio: the core's rules, held against the rights that PostgreSQL gives."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import core.ledger
from core.model.budget import Limit, LimitKind, LimitPeriod
from core.model.money import Cost, Credits, Money
from core.model.people import Role
from core.policy.roles import NEEDS_LIMIT, ROLES, Act, find_limits, is_within, may

ACCESS = (Path(core.ledger.__file__).parent / "sql" / "access.sql").read_text("utf-8")

TABLES = {
    Act.REQUEST: ("INSERT", "buy_requests"),
    Act.BUY: ("INSERT", "orders"),
    Act.APPROVE: ("INSERT", "approvals"),
    Act.RESOLVE: ("INSERT", "resolutions"),
    Act.END_LICENSE: ("UPDATE (state, state_changed_at)", "grants"),
    Act.REFUND: ("UPDATE", "refunds"),
    Act.TAKE_SEAT: ("INSERT", "seats"),
    Act.SET_SEATS: ("INSERT", "seat_pools"),
    Act.AGREE: ("INSERT", "agreements"),
    Act.SET_BUDGET: ("INSERT", "budgets"),
    Act.SET_LIMIT: ("INSERT", "limits"),
    Act.SET_METHOD: ("INSERT", "payment_methods"),
    Act.SET_MEMBER: ("INSERT", "members"),
    Act.NOTE_PAYMENT: ("INSERT", "payments"),
    Act.INVOICE: ("INSERT", "invoices"),
    Act.SET_RATE: ("INSERT", "exchange_rates"),
}
"""What each act has to be able to write."""


def granted(verb: str, table: str) -> set[Role]:
    """Return the roles that the database lets do something with a table."""
    found: set[Role] = set()
    for verbs, tables, roles in re.findall(r"^GRANT ([^;]+?) ON ([^;]+?) TO ([^;]+);", ACCESS, re.MULTILINE):
        names = {name.strip() for name in tables.split(",")}
        wanted = (
            verb in verbs
            if "(" in verb
            else verb in re.sub(r"\([^)]*\)", "", verbs).replace(" ", "").split(",")
        )
        if table in names and wanted:
            found |= {Role(role.strip().removeprefix("clearance_")) for role in roles.split(",")}
    return found


@pytest.mark.parametrize("act", TABLES, ids=str)
def test_the_core_lets_nobody_do_what_the_database_refuses(act: Act) -> None:
    roles = granted(*TABLES[act])
    assert roles
    assert ROLES[act] <= roles


@pytest.mark.parametrize("act", Act, ids=str)
def test_every_act_has_roles_and_none_is_open_to_the_auditor_but_looking(act: Act) -> None:
    assert ROLES[act]
    assert may({Role.AUDITOR}, act) is (act is Act.SEE_INVOICES)
    assert not may((), act)
    assert may(set(Role), act)


def limit(kind: LimitKind, minor: int, currency: str = "EUR", **about: object) -> Limit:
    """Make a limit."""
    facts: dict[str, object] = {"period": LimitPeriod.REQUEST, **about}
    return Limit(
        id=f"limit_{minor}",
        kind=kind,
        amount=Money(minor=minor, currency=currency),
        set_by="ada",
        set_at=datetime(2026, 1, 1, tzinfo=UTC),
        **facts,  # type: ignore[arg-type]  # each test gives what it is about
    )


@pytest.mark.parametrize(
    ("about", "holds"),
    [
        ({}, True),
        ({"role": "buyer"}, True),
        ({"role": "approver"}, False),
        ({"project_id": "film"}, True),
        ({"project_id": "spot"}, False),
        ({"marketplace": "pond5"}, True),
        ({"marketplace": "cgtrader"}, False),
        ({"period": LimitPeriod.MONTH}, False),
        ({"ended_at": datetime(2026, 2, 1, tzinfo=UTC)}, False),
    ],
)
def test_which_limits_hold(about: dict[str, object], holds: bool) -> None:
    one = limit(LimitKind.SPEND, 100, **about)
    found = find_limits(
        [one, limit(LimitKind.APPROVE, 7)],
        LimitKind.SPEND,
        roles={Role.BUYER},
        project_id="film",
        marketplace="pond5",
    )
    assert found == ((one,) if holds else ())


@pytest.mark.parametrize("kind", LimitKind, ids=str)
@pytest.mark.parametrize(
    ("cost", "bounds", "within"),
    [
        (Money(minor=100, currency="EUR"), (100,), True),
        (Money(minor=101, currency="EUR"), (100,), False),
        (Money(minor=101, currency="EUR"), (500, 100), False),
        (Money(minor=1, currency="USD"), (100,), False),
        (Money(minor=1, currency="EUR"), (), None),
        (Credits(amount=1), (100,), None),
        (None, (100,), None),
    ],
)
def test_a_cost_stays_within_every_limit(
    kind: LimitKind, cost: Cost | None, bounds: tuple[int, ...], within: bool | None
) -> None:
    """None: allowed, except for the kinds that allow nothing by themselves."""
    expected = kind not in NEEDS_LIMIT if within is None else within
    assert is_within(kind, [limit(kind, minor) for minor in bounds], cost) is expected
