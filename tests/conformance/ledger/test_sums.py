"""What is added up in the database is what adding up every line gives: to the cent, for odd amounts too."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from ledger_values import make_file, make_grant, make_order, make_receipt, make_refund
from studio_values import USD_19, make_studio_values

from core.errors import LedgerError
from core.ledger.engine import SqlLedger
from core.model.costs import CostKey, CostLine, CostReport
from core.model.listing import ListingRef
from core.model.money import Cost, Credits, Money
from core.model.order import Order, OrderState
from core.model.payment import ExchangeRate, Payment, PaymentMethod, UsagePrice
from core.model.people import Member, Project, ProjectMember
from core.reports.costs import build_costs
from core.services.studio.costs import Costs
from core.services.studio.standing import Standing
from core.settings import Settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
FIRST, LAST = date(2026, 10, 1), date(2026, 11, 23)
VALUES: dict[type, Any] = {type(one): one for one in reversed(make_studio_values(1))}
PLAIN = replace(VALUES[Payment], cost=USD_19, value=USD_19, home=None, rate="", rate_on=None, rate_source="")
PROJECTS = ("film1", "", "größe 🪑'--")
SHOPS = ("cgtrader", "pond5")
TIMES = (
    datetime(2026, 9, 30, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 10, 1, tzinfo=UTC),
    datetime(2026, 10, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
    datetime(2026, 11, 23, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(2026, 11, 24, tzinfo=UTC),
)
AMOUNTS: tuple[tuple[Cost | None, Money | None], ...] = (
    (USD_19, USD_19),
    (Money(minor=-333, currency="USD"), Money(minor=-333, currency="USD")),
    (Money(minor=0, currency="USD"), Money(minor=0, currency="USD")),
    (Money(minor=999_999_999_999, currency="EUR"), Money(minor=999_999_999_999, currency="EUR")),
    (Money(minor=7, currency="JPY"), Money(minor=7, currency="JPY")),
    (Money(minor=1005), None),
    (Credits(amount=3, unit="credit: gold"), None),
    (Credits(amount=2), Money(minor=150, currency="USD")),
    (None, None),
)
HOMES: tuple[dict[str, Any], ...] = (
    {},
    {
        "home": Money(minor=501, currency="EUR"),
        "rate": "0.9",
        "rate_on": date(2026, 9, 1),
        "rate_source": "ECB",
    },
    {"home": Money(minor=90, currency="USD"), "rate": "1", "rate_on": date(2026, 10, 31), "rate_source": "x"},
)


def costs(ledger: SqlLedger, *, home: str = "EUR", user: str = "ann") -> Costs:
    settings = Settings(data_dir=Path(), home_currency=home, user=user)
    standing = Standing(ledger=ledger, settings=settings)
    return Costs(ledger=ledger, clock=FakeClock(NOW), settings=settings, standing=standing)


def order_of(number: int, **changed: Any) -> Order:
    given: dict[str, Any] = {
        "id": f"order_{number}", "key": f"key-{number}", "state": OrderState.PAID, "created_at": NOW,
        "ref": ListingRef(marketplace=SHOPS[number % 2], id=str(number)), "updated_at": NOW,
        "project": PROJECTS[number % 3], "marketplace_order_id": f"MO-{number}",
    }  # fmt: skip
    return make_order(number, **(given | changed))


@pytest.fixture
def paid(ledger: SqlLedger) -> SqlLedger:
    """A ledger with payments of all kinds around the ends of two months, and orders without any."""
    with ledger.transaction() as work:
        work.add(VALUES[PaymentMethod])
        work.add(Project(id="film1", name="Film", client="ACME", created_at=NOW, created_by="ada"))
        for number, (day, rate) in enumerate(((date(2026, 9, 1), "0.901"), (date(2026, 11, 2), "0.8777"))):
            work.add(
                ExchangeRate(id=f"r{number}", base="USD", quote="EUR", rate=rate, valid_on=day, source="ECB",
                             set_by="fin", set_at=NOW)
            )  # fmt: skip
        number = 0
        for at, (cost, value), noted in product(TIMES, AMOUNTS, HOMES):
            for state in (OrderState.PAID, OrderState.REFUNDED)[: 1 + number % 2]:
                number += 1
                work.add_order(order_of(number, state=state))
                work.add(
                    replace(PLAIN, id=f"pay{number}", order_id=f"order_{number}", cost=cost, value=value,
                            paid_at=at, **noted)
                )  # fmt: skip
        for given, (at, noted) in enumerate(product(TIMES, HOMES)):
            number += 1
            back = Money(minor=-100 - given, currency=("USD", "EUR")[given % 2])
            work.add_order(order_of(number, state=OrderState.REFUNDED))
            work.add_refund(make_refund(number, id=f"refund{number}", order_id=f"order_{number}"))
            work.add(
                replace(PLAIN, id=f"back{number}", order_id=f"order_{number}", refund_id=f"refund{number}",
                        cost=back, value=back, paid_at=at, **noted)
            )  # fmt: skip
        number += 1
        work.add_order(order_of(number, state=OrderState.FAILED))
        work.add(replace(PLAIN, id="failed", order_id=f"order_{number}", paid_at=NOW))
        for at, (cost, _) in product(TIMES, AMOUNTS):
            number += 1
            made = max(at - timedelta(days=number % 40), datetime(2026, 8, 1, tzinfo=UTC))
            work.add_order(order_of(number, created_at=made, cost=Money(minor=77, currency="USD")))
            for later in range(number % 3):
                work.add_receipt(
                    make_receipt(
                        number, id=f"receipt{number}_{later}", order_id=f"order_{number}", charged=cost,
                        marketplace_order_id="", marketplace_license_id=f"L{number}-{later}",
                        received_at=at + timedelta(days=1 - later),
                    ),
                )  # fmt: skip
    return ledger


def both(
    told: Costs, by: CostKey, *, starts_on: date = FIRST, ends_on: date = LAST
) -> tuple[CostReport, CostReport]:
    """Add up by a key what the ledger added up already, and every line."""
    lines, notes = told.add_up(starts_on, ends_on)
    every = [line for line in told.lines(starts_on, ends_on) if starts_on <= line.day <= ends_on]

    def build(given: list[CostLine], notes: tuple[str, ...]) -> CostReport:
        made = build_costs(given, by, home_currency=told.settings.home_currency, made_at=NOW, notes=notes)
        return replace(made, lines=())

    return build(lines, notes), build(every, told._notes(every))


@pytest.mark.parametrize("home", ["EUR", "USD", "JPY", "GBP", "XXX", ""])
def test_it_is_what_adding_up_every_line_gives(paid: SqlLedger, home: str) -> None:
    told = costs(paid, home=home)
    for by in CostKey:
        added, plain = both(told, by)
        assert added == plain
    assert added.total.purchases > 100
    assert added.total.refunds > 5
    assert len(added.total.sums) == 3
    assert added.total.credits_used


def test_there_are_fewer_rows_than_payments(paid: SqlLedger) -> None:
    lines, _ = costs(paid, home="").add_up(FIRST, LAST)
    assert sum(line.count for line in lines) > 2 * len(lines)


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [(date(2026, 11, 1), date(2026, 11, 1)), (date(2020, 1, 1), date(2026, 12, 31)), (LAST, FIRST)],
)
def test_other_times(paid: SqlLedger, starts_on: date, ends_on: date) -> None:
    added, plain = both(costs(paid), CostKey.MONTH, starts_on=starts_on, ends_on=ends_on)
    assert added == plain


def test_of_an_empty_ledger_nothing_is_added_up(ledger: SqlLedger) -> None:
    assert costs(ledger).add_up(FIRST, LAST) == ([], ())


def test_a_member_has_the_sums_of_their_projects(paid: SqlLedger) -> None:
    with paid.transaction() as work:
        work.add(replace(VALUES[Member], id="ben", name="ben", roles=()))
        for number in range(1, 1200):
            work.add(Project(id=f"p{number}", name="P", created_at=NOW, created_by="ada"))
            work.add(
                ProjectMember(
                    id=f"m{number}", project_id=f"p{number}", member_id="ben", added_at=NOW, added_by="a"
                )
            )
        work.add(ProjectMember(id="film", project_id="film1", member_id="ben", added_at=NOW, added_by="a"))
    for by in CostKey:
        added, plain = both(costs(paid, user="ben"), by)
        assert added == plain
    assert 0 < added.total.purchases < both(costs(paid, user="ben"), by)[1].total.purchases * 2
    assert [one.key for one in both(costs(paid, user="ben"), CostKey.PROJECT)[0].groups] == ["film1"]
    assert costs(paid, user="nobody").add_up(FIRST, LAST)[0] == []


@pytest.mark.parametrize("minor", [10**12, -(10**12), 9 * 10**18, 10**30])
def test_amounts_that_no_database_adds_up_are_read_one_by_one(paid: SqlLedger, minor: int) -> None:
    with paid.transaction() as work:
        for number in (9001, 9002):
            work.add_order(order_of(number))
            amount = Money(minor=minor, currency="USD")
            work.add(replace(PLAIN, id=f"pay{number}", order_id=f"order_{number}", value=amount, paid_at=NOW))
    for by in CostKey:
        added, plain = both(costs(paid), by)
        assert added == plain
    assert any(abs(money.minor) >= abs(2 * minor) - 10**15 for money in added.total.sums)


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "text", ["money:12x:USD", "money::USD", "money:5", "credits:3:gold", "", "money:--5:USD"]
)
def test_a_damaged_amount_is_told_of(paid: SqlLedger, text: str) -> None:
    with paid._engine.connect() as connection, connection.begin():
        for (name,) in connection.exec_driver_sql(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'payments'"
        ).fetchall():
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        connection.exec_driver_sql(
            "UPDATE payments SET value = ? WHERE paid_at = ?", (text, "2026-11-01T00:00:00.000000Z")
        )
    with pytest.raises(LedgerError) as caught:
        costs(paid).add_up(FIRST, LAST)
    assert caught.value.code == "ledger.damaged_row"


def test_downloads_are_counted_by_license_and_day(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        work.add(
            UsagePrice(id="price", marketplace="pond5", operation="download", per=1,
                       amount=Money(minor=10, currency="EUR"), starts_on=date(2026, 1, 1), set_by="fin",
                       set_at=NOW)
        )  # fmt: skip
        for number in range(8):
            work.add_grant(
                make_grant(
                    number, order_id="", marketplace_license_id=f"L{number}", project=PROJECTS[number % 3],
                    ref=ListingRef(marketplace=SHOPS[number % 2], id=str(number)),
                )
            )  # fmt: skip
            for file, at in product(range(3), TIMES):
                work.add_file(
                    replace(
                        make_file(file),
                        grant_id=f"grant_{number}",
                        sha256=f"{file}{at:%m%d}" * 8,
                        downloaded_at=at,
                    )
                )
    found = ledger.downloads_by_day(["pond5"], since=TIMES[1])
    assert sum(found.values()) == 4 * 5
    assert {shop for shop, _, _ in found} == {"pond5"}
    assert found["pond5", "film1", date(2026, 10, 31)] == 1
    assert ledger.downloads_by_day([], since=TIMES[0]) == {}
    for by in CostKey:
        added, plain = both(costs(ledger), by)
        assert added == plain
    assert added.total.sums == (Money(minor=10 * 4 * 5, currency="EUR"),)
