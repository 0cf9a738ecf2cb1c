"""Budgets: set aside, spent, released, paid back; what is left, where it will end, when somebody is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from studio_shop import StudioShop, usd

from core.errors import NotAllowed, RequestRejected, UserInputError
from core.model.budget import Budget, BudgetEntry, EntryKind
from core.model.money import Money
from core.services.studio.journal import make_status
from core.services.studio.refund import Refunds

NOW = datetime(2026, 11, 23, tzinfo=UTC)
YEAR: dict[str, Any] = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}


def set_budget(house: StudioShop, amount: int, **facts: Any) -> str:
    """Make a budget as finance."""
    given = {**YEAR, "project_id": "film", **facts}
    return house.studio("fin").budgets.set("Props", usd(amount), **given).id


def sums(house: StudioShop, budget_id: str) -> tuple[Money, Money, Money]:
    """Return what is set aside, spent and left."""
    status = house.studio("fin").budgets.status(budget_id)
    return status.committed, status.spent, status.left


def test_nobody_decides_twice(house: StudioShop) -> None:
    """A second approval sets nothing aside a second time, and no decision takes the place of another."""
    budget = set_budget(house, 100)
    request_id = house.approved("1")
    pia, ida = house.studio("pia").requests.decide, house.studio("ida").requests.decide
    for again in (pia.approve, lambda one: pia.decline(one, reason="no")):
        with pytest.raises(UserInputError) as caught:
            again(request_id)
        assert caught.value.code == "request.state"
    assert sums(house, budget) == (usd(29), usd(0), usd(71))
    ida.withdraw(request_id)
    for again in (pia.approve, ida.withdraw):
        with pytest.raises(UserInputError):
            again(request_id)
    assert sums(house, budget) == (usd(0), usd(0), usd(100))


def test_the_life_of_money(house: StudioShop) -> None:
    """From the approval to the refund; what fails or is withdrawn is free again."""
    budget = set_budget(house, 100)
    request_id = house.approved("1", "2", "3")
    assert sums(house, budget) == (usd(87), usd(0), usd(13))
    good = house.shop.sender.answers["purchase"]

    def sell(call: Any) -> Any:
        if len(house.market.requests) == 2:
            raise RequestRejected("No.", marketplace="cgtrader", status=422)
        return good(call)

    house.shop.sender.answers["purchase"] = sell
    house.studio("ben").requests.buying.run(request_id)
    assert sums(house, budget) == (usd(0), usd(58), usd(42))
    order = house.shop.ledger.orders()[0]
    refunds: Refunds = house.shop.refunds
    refund = refunds.request(order.id, reason="broken", actor="ben")
    refunds.settle(refund.id, refunded=True, actor="fin", amount=usd(20))
    assert sums(house, budget) == (usd(0), usd(38), usd(62))
    kinds = [entry.kind for entry in house.studio("fin").budgets.entries(budget)]
    assert kinds.count(EntryKind.COMMIT) == 1
    assert kinds.count(EntryKind.RELEASE) == 3
    assert kinds[-1] is EntryKind.REFUND
    withdrawn = house.approved("4")
    assert sums(house, budget)[0] == usd(29)
    house.studio("ida").requests.decide.withdraw(withdrawn)
    assert sums(house, budget) == (usd(0), usd(38), usd(62))


def test_over_budget_is_refused_with_a_sentence(house: StudioShop) -> None:
    """What is not there is not set aside; the request stays open."""
    set_budget(house, 50)
    request_id = house.request("ida", "1", "2")
    house.studio("ida").requests.submit.run(request_id)
    view = house.studio("pia").requests.show(request_id)
    assert view.left_after is not None
    assert view.left_after.minor == -800
    with pytest.raises(
        UserInputError, match=r"costs 58\.00 USD, and of the budget “Props” 50\.00 USD are left"
    ):
        house.studio("pia").requests.decide.approve(request_id)


def test_which_budget(house: StudioShop) -> None:
    """A project's own first, then its department's; several have to be chosen from, others are refused."""
    department = set_budget(house, 500, project_id="", department="cg")
    other = set_budget(house, 500, project_id="game")
    request_id = house.request("ida", "1")
    submit = house.studio("ida").requests.submit
    assert submit.run(request_id).request.budget_id == department
    own = set_budget(house, 500)
    assert submit.run(request_id).request.budget_id == own
    second = set_budget(house, 500)
    with pytest.raises(UserInputError, match="several budgets"):
        submit.run(request_id)
    assert submit.run(request_id, budget_id=second).request.budget_id == second
    with pytest.raises(UserInputError, match="is not for the project"):
        submit.run(request_id, budget_id=other)
    house.studio("fin").budgets.close(own)
    house.studio("fin").budgets.close(second)
    assert submit.run(request_id).request.budget_id == department
    assert {one.budget.id for one in house.studio("ivo").budgets.list()} == {department, other}


def test_a_budget_in_another_currency(house: StudioShop) -> None:
    """Nobody converts by guess."""
    house.studio("fin").budgets.set("Euros", Money.parse(500, "EUR"), project_id="film", **YEAR)
    request_id = house.request("ida", "1")
    with pytest.raises(UserInputError, match=r"costs 29\.00 USD, and the budget “Euros” is 500\.00 EUR"):
        house.studio("ida").requests.submit.run(request_id)


def test_changing_and_closing(house: StudioShop) -> None:
    """Never below what is used, never in another currency, never by others, and not once it is closed."""
    budget = set_budget(house, 100)
    house.approved("1")
    budgets = house.studio("fin").budgets
    given: dict[str, Any] = {**YEAR, "project_id": "film", "budget_id": budget}
    with pytest.raises(UserInputError, match=r"29\.00 USD of it are spent or set aside"):
        budgets.set("Props", usd(28), **given)
    with pytest.raises(UserInputError, match="stays so"):
        budgets.set("Props", Money.parse(100, "EUR"), **given)
    with pytest.raises(NotAllowed):
        house.studio("pia").budgets.set("Props", usd(500), **given)
    assert budgets.set("Props", usd(29), **given).amount == usd(29)
    budgets.close(budget)
    for step in (lambda: budgets.close(budget), lambda: budgets.set("Props", usd(30), **given)):
        with pytest.raises(UserInputError, match="closed"):
            step()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "name"),
        ({"amount": usd(-1)}, "zero"),
        ({"ends_on": date(2025, 1, 1)}, "first day"),
        ({"project_id": ""}, "one project, or for one department"),
        ({"department": "cg"}, "one project, or for one department"),
        ({"alert_percent": 0}, "percentage"),
        ({"project_id": "nowhere"}, "no project"),
    ],
)
def test_what_a_budget_cannot_be(house: StudioShop, changes: dict[str, Any], said: str) -> None:
    """Refused with what is wrong; nothing is made."""
    given: dict[str, Any] = {"name": "Props", "amount": usd(1), "project_id": "film", **YEAR, **changes}
    with pytest.raises(UserInputError, match=said):
        house.studio("fin").budgets.set(given.pop("name"), given.pop("amount"), **given)
    assert house.studio("fin").budgets.list() == ()


def journal(*entries: tuple[EntryKind, int]) -> list[BudgetEntry]:
    """Make entries."""
    return [
        BudgetEntry(
            id=str(number), budget_id="b", kind=kind, amount=usd(amount), subject="s", at=NOW, by="fin"
        )
        for number, (kind, amount) in enumerate(entries)
    ]


@pytest.mark.parametrize(
    ("entries", "today", "forecast", "alert"),
    [
        ((), date(2026, 1, 5), 0, ""),
        (((EntryKind.SPEND, 20),), date(2026, 1, 5), 40, ""),
        (((EntryKind.SPEND, 60),), date(2026, 1, 5), 120, "At this rate"),
        (((EntryKind.SPEND, 20), (EntryKind.COMMIT, 50)), date(2026, 1, 5), 70, ""),
        (((EntryKind.SPEND, 20), (EntryKind.COMMIT, 60)), date(2026, 1, 10), 80, "80 % of the budget"),
        (((EntryKind.SPEND, 90), (EntryKind.REFUND, 80)), date(2026, 1, 10), 10, ""),
        (((EntryKind.COMMIT, 90), (EntryKind.RELEASE, 90)), date(2026, 1, 1), 0, ""),
        (((EntryKind.SPEND, 30),), date(2025, 12, 1), 30, ""),
        (((EntryKind.SPEND, 30),), date(2027, 12, 1), 30, ""),
    ],
)
def test_forecast_and_alert(entries: Any, today: date, forecast: int, alert: str) -> None:
    """Linear over ten days, at least what is spent and set aside; told from 80 percent on."""
    budget = Budget(
        id="b",
        name="Props",
        amount=usd(100),
        starts_on=date(2026, 1, 1),
        ends_on=date(2026, 1, 10),
        created_by="fin",
        created_at=NOW,
        project_id="film",
    )
    status = make_status(budget, journal(*entries), today=today)
    assert status.forecast == usd(forecast)
    assert status.alert.startswith(alert)
    assert bool(status.alert) is bool(alert)


def test_a_charge_above_what_was_approved(house: StudioShop) -> None:
    """It counts where the budget has that much; otherwise the approved amount, and the journal names both."""
    from dataclasses import replace

    budget = set_budget(house, 60)
    good = house.shop.sender.answers["purchase"]
    house.shop.sender.answers["purchase"] = lambda call: replace(good(call), charged=usd(31))
    house.studio("ben").requests.buying.run(house.approved("1"))
    assert sums(house, budget)[1] == usd(31)
    house.studio("ben").requests.buying.run(house.approved("2"))
    assert sums(house, budget) == (usd(0), usd(60), usd(0))
    assert house.studio("fin").budgets.entries(budget)[-1].note == "charged 31.00 USD"
