"""What things cost, from real purchases: payments, refunds, downloads and calls under contract."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import CountingIds, paid
from shops import Shop, open_shop

from core.model.costs import CostKey, CostKind
from core.model.grant import GrantFile
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine
from core.model.money import Credits, Money
from core.model.payment import ExchangeRate, UsageCount, UsagePrice
from core.model.people import Member, Project, ProjectMember, Role
from core.reports.costs import render_costs_csv, render_costs_json
from core.reports.costs_html import render_costs_html
from core.services.studio.costs import Costs
from core.services.studio.standing import Standing

USD_29 = Money(minor=2900, currency="USD")
CENT = Money(minor=1, currency="USD")


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """A shop with a project of a client."""
    with open_shop(tmp_path) as opened:
        with opened.ledger.transaction() as work:
            at = opened.clock.now()
            work.add(Project(id="film", name="Film", client="ACME", created_at=at, created_by="ada"))
        yield opened


def costs(shop: Shop, *, user: str = "ann", home: str = "EUR") -> Costs:
    settings = replace(shop.settings, home_currency=home, user=user)
    return Costs(
        ledger=shop.ledger,
        clock=shop.clock,
        settings=settings,
        standing=Standing(ledger=shop.ledger, settings=settings),
    )


def buy(shop: Shop, charged: Any = USD_29) -> Any:
    shop.agency.basis = replace(shop.agency.basis, cost=charged)
    shop.sender.answers["purchase"] = paid(license_label="Standard", charged=charged)
    return shop.purchase.run(shop.agreed(shop.agency).id, actor="ann")


def note_rate(shop: Shop, rate: str, day: date) -> None:
    with shop.ledger.transaction() as work:
        work.add(
            ExchangeRate(id=f"r{rate}", base="USD", quote="EUR", rate=rate, valid_on=day, source="ECB",
                         set_by="finance", set_at=shop.clock.now())
        )  # fmt: skip


def note_price(shop: Shop, operation: str, *, per: int = 1, **facts: Any) -> None:
    given: dict[str, Any] = {"marketplace": "agency", "starts_on": date(2026, 1, 1), "amount": CENT, **facts}
    with shop.ledger.transaction() as work:
        work.add(
            UsagePrice(
                id=CountingIds().new(f"{operation}{per}"),
                operation=operation,
                per=per,
                set_by="finance",
                set_at=shop.clock.now(),
                **given,
            )
        )


def test_purchases_and_refunds_with_their_client(shop: Shop) -> None:
    order = buy(shop)
    refund = shop.refunds.request(order.id, reason="broken", actor="ann")
    shop.refunds.settle(refund.id, refunded=True, amount=Money(minor=900, currency="USD"), actor="ann")
    # A rate that was noted afterwards counts for what was paid before.
    note_rate(shop, "0.9", date(2026, 11, 1))
    report = costs(shop).run(CostKey.CLIENT)
    (acme,) = report.groups
    assert (acme.key, acme.purchases, acme.refunds) == ("ACME", 1, 1)
    assert acme.home == Money(minor=2610 - 810, currency="EUR")
    assert acme.sums == (Money(minor=2000, currency="USD"),)
    assert any("more than 7 days old" in note for note in report.notes)


def receive(shop: Shop, number: str, gross: int, *lines: tuple[str, int, str], tax: int) -> None:
    """Note an invoice that came in: (order, net, percent) of each of its lines."""
    with shop.ledger.transaction() as work:
        work.add(
            Invoice(
                id=number, kind=InvoiceKind.RECEIVED, number=number, issuer="Agency", recipient="Studio",
                net=usd(gross - tax), tax=usd(tax), gross=usd(gross), issued_on=date(2026, 11, 24),
                created_at=shop.clock.now(), created_by="fin",
            )
        )  # fmt: skip
        for position, (order_id, net, percent) in enumerate(lines, 1):
            work.add(
                InvoiceLine(
                    id=f"{number}/{position}", invoice_id=number, position=position, description="x",
                    quantity="1", net=usd(net), tax_percent=percent, tax_category="S", order_id=order_id,
                )
            )  # fmt: skip


def usd(minor: int) -> Money:
    return Money(minor=minor, currency="USD")


def test_the_tax_is_what_the_invoice_says(shop: Shop) -> None:
    """Nobody tells it when something is charged; an invoice's line does, once it is matched."""
    order = buy(shop)
    (line,) = costs(shop).lines()
    assert line.tax is None
    receive(shop, "A-1", 2900, (order.id, 2437, "19"), tax=463)
    (line,) = costs(shop).lines()
    assert (line.tax, line.tax_source) == (usd(463), "invoice A-1")
    # One line of several orders: its own rate of its own amount.
    receive(shop, "A-2", 1195, (order.id, 500, "19"), ("", 500, "20"), tax=195)
    (line,) = costs(shop).lines()
    assert line.tax == usd(463 + 95)
    assert line.tax_source == "invoices A-1, A-2"
    # What came back is of the refund, not of the purchase.
    receive(shop, "A-3", -595, (order.id, -500, "19"), tax=-95)
    (line,) = costs(shop).lines()
    assert line.tax == usd(463 + 95)
    # A rate that is no number: not known then, and a part of it would pass for all.
    receive(shop, "A-4", 100, (order.id, 50, "much"), ("", 50, "0"), tax=0)
    (line,) = costs(shop).lines()
    assert (line.tax, line.tax_source) == (None, "")


def test_the_tax_stands_in_every_report_with_its_invoice(shop: Shop) -> None:
    order = buy(shop)
    receive(shop, "=A<1>", 2900, (order.id, 2437, "19"), tax=463)
    report = costs(shop).run(CostKey.MONTH)
    (row,) = csv.DictReader(render_costs_csv(report).splitlines())
    assert (row["tax"], row["tax_currency"], row["tax_source"]) == ("4.63", "USD", "invoice =A<1>")
    (plain,) = json.loads(render_costs_json(report))["lines"]
    assert plain["tax"] == {"amount": "4.63", "currency": "USD"}
    assert plain["tax_source"] == "invoice =A<1>"
    assert "tax 4.63 USD (invoice =A&lt;1&gt;)" in render_costs_html(report)


def test_many_invoices_of_one_order_are_counted(shop: Shop) -> None:
    order = buy(shop)
    for number in range(4):
        receive(shop, f"A-{number}", 119, (order.id, 100, "19"), tax=19)
    (line,) = costs(shop).lines()
    assert (line.tax, line.tax_source) == (usd(76), "4 invoices")


def test_the_tax_of_a_refund_stands_with_it_and_only_for_who_sees_invoices(shop: Shop) -> None:
    order = buy(shop)
    refund = shop.refunds.request(order.id, reason="broken", actor="ann")
    shop.refunds.settle(refund.id, refunded=True, amount=usd(2900), actor="ann")
    receive(shop, "A-1", 2900, (order.id, 2437, "19"), tax=463)
    receive(shop, "A-2", -2900, (order.id, -2437, "19"), tax=-463)
    found = {line.kind: (line.tax, line.tax_source) for line in costs(shop).lines()}
    assert found == {
        CostKind.PURCHASE: (usd(463), "invoice A-1"),
        CostKind.REFUND: (usd(-463), "invoice A-2"),
    }
    at = shop.clock.now()
    with shop.ledger.transaction() as work:
        work.add(Member(id="leo", name="Leo", roles=(Role.LEGAL,), added_at=at, added_by="ada"))
    assert {line.tax for line in costs(shop, user="leo").lines()} == {None}


def test_without_a_rate_it_is_said(shop: Shop) -> None:
    buy(shop)
    note_rate(shop, "0.9", date(2026, 11, 24))
    (line,) = costs(shop).run(CostKey.PROJECT).lines
    assert (line.home, line.why_not) == (None, "there is no rate USD/EUR on or before 2026-11-23")
    (line,) = costs(shop, home="").run(CostKey.PROJECT).lines
    assert line.why_not == "there is no home currency"


@pytest.mark.parametrize(
    ("charged", "why"),
    [(Credits(amount=2, unit="credit"), "nobody noted what one credit cost"),
     (Money(minor=500), "named no currency"), (None, "did not say how much")],
)  # fmt: skip
def test_what_has_no_value_says_why(shop: Shop, charged: Any, why: str) -> None:
    buy(shop, charged)
    (line,) = costs(shop).run(CostKey.MONTH).lines
    assert line.value is None
    assert why in line.why_not


def test_it_is_narrowed_down(shop: Shop) -> None:
    buy(shop)
    tell = costs(shop)
    assert tell.run(CostKey.PROJECT, client="acme").lines
    assert tell.run(CostKey.PROJECT, project="film", marketplace="agency").lines
    assert not tell.run(CostKey.PROJECT, project="spot").lines
    assert not tell.run(CostKey.PROJECT, marketplace="webshop").lines


def test_a_member_sees_their_own_projects(shop: Shop) -> None:
    buy(shop)
    at = shop.clock.now()
    with shop.ledger.transaction() as work:
        for name, role in (("ben", Role.BUYER), ("cid", Role.BUYER), ("fay", Role.FINANCE)):
            work.add(Member(id=name, name=name, roles=(role,), added_at=at, added_by="ada"))
        work.add(
            ProjectMember(id="film/ben", project_id="film", member_id="ben", added_at=at, added_by="ada")
        )
    seen = {name: len(costs(shop, user=name).lines()) for name in ("ben", "cid", "fay", "nobody")}
    assert seen == {"ben": 1, "cid": 0, "fay": 1, "nobody": 0}
    assert any(
        "your" in note or "you work on" in note for note in costs(shop, user="cid").run(CostKey.MONTH).notes
    )


def test_downloads_count_once_a_license_and_day(shop: Shop) -> None:
    order = buy(shop)
    grant = shop.ledger.grant_for_order(order.id)
    assert grant is not None
    at = shop.clock.now()
    moments = (at, at + timedelta(hours=1), at + timedelta(days=1), datetime(2025, 12, 31, tzinfo=at.tzinfo))
    with shop.ledger.transaction() as work:
        for number, moment in enumerate(moments):
            work.add_file(
                GrantFile(grant_id=grant.id, sha256=f"{number:064x}", name=f"{number}.glb", size=1,
                          media_type="", downloaded_at=moment)
            )  # fmt: skip
    note_price(shop, "download", amount=Money(minor=50, currency="USD"))
    (line,) = (one for one in costs(shop).lines() if one.kind is CostKind.USAGE)
    assert (line.title, line.project, line.client) == ("2 downloads", "film", "ACME")
    assert line.value == Money(minor=100, currency="USD")


def count(shop: Shop, number: int, day: date, *, project: str = "", by: str = "ann", **facts: Any) -> None:
    with shop.ledger.transaction() as work:
        work.add(
            UsageCount(
                id=f"{project}{by}{day}{number}", day=day, operation="search", number=number, counted_by=by,
                counted_at=shop.clock.now(), source="ab", project_id=project,
                **{"marketplace": "agency", **facts},
            )
        )  # fmt: skip


def test_everybodys_calls_count_by_project_and_at_the_price_of_their_day(shop: Shop) -> None:
    for by, number, day in (("ann", 20, 20), ("ben", 10, 23), ("cid", 20, 23)):
        count(shop, number, date(2026, 11, day), by=by)
    count(shop, 40, date(2026, 9, 30), project="film")
    count(shop, 99, date(2026, 11, 20), marketplace="webshop")
    note_price(shop, "search", per=20)
    found = {(line.title, line.project): line for line in costs(shop).lines()}
    assert {key: line.value for key, line in found.items()} == {
        ("50 search calls", ""): Money(minor=3, currency="USD"),
        ("40 search calls", "film"): Money(minor=2, currency="USD"),
    }
    film = found["40 search calls", "film"]
    assert (film.day, film.client) == (date(2026, 9, 30), "ACME")
    note_price(shop, "search", per=1, starts_on=date(2026, 11, 22))
    assert {line.title: line.value for line in costs(shop).lines(date(2026, 11, 1), date(2026, 11, 22))} == {
        "20 search calls": CENT
    }
    assert {line.title for line in costs(shop).lines()} == {
        "30 search calls", "20 search calls", "40 search calls"
    }  # fmt: skip
    assert any("about once an hour" in note for note in costs(shop).run(CostKey.MONTH).notes)
