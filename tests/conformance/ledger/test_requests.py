"""Request → approve → buy on both engines: in PostgreSQL with everybody's own login, its rules in force.

And the money that a budget has left, when many take it at once.
"""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import CountingIds
from ledger_values import open_place
from postgres_server import Server
from studio_shop import PEOPLE, USE, StudioShop, open_studio_shop, usd, want

from core.errors import ClearanceError, LedgerError, NotAllowed, UserInputError
from core.ledger.engine import SqlLedger
from core.model.budget import LimitKind, LimitPeriod
from core.model.buy_request import RequestState
from core.model.money import Money
from core.services.studio.buying import Outcome
from core.services.studio.finance import FinancePart
from core.services.studio.parts import build_studio
from core.services.studio.request_parts import Buying

Start = Callable[..., subprocess.Popen[str]]
STARTS = date(2026, 1, 1)
ENDS = date(2030, 12, 31)


@dataclass
class House:
    """A studio whose people each open the ledger with their own login."""

    shop: StudioShop
    place: Callable[[str], str]
    stack: ExitStack

    def __post_init__(self) -> None:
        self._ledgers: dict[str, SqlLedger] = {}

    def ledger(self, user: str) -> SqlLedger:
        """Return the ledger as somebody opened it."""
        if user not in self._ledgers:
            self._ledgers[user] = self.stack.enter_context(closing(open_place(self.place(user))))
        return self._ledgers[user]

    def studio(self, user: str) -> Buying:
        """Return somebody's use cases."""
        return self.shop.studio(user, ledger=self.ledger(user))

    def cart(self, user: str, *numbers: str) -> str:
        """Put listings into a cart."""
        cart = self.studio(user).requests.cart
        request = cart.new(USE, reason="for shot 10")
        cart.add(request.id, [want(self.shop.market, number) for number in numbers])
        return request.id

    def approved(self, *numbers: str) -> str:
        """Have pia approve what ida asks for."""
        request_id = self.cart("ida", *numbers)
        self.studio("ida").requests.submit.run(request_id)
        self.studio("pia").requests.decide.approve(request_id)
        return request_id

    def budget(self, amount: int, **facts: Any) -> str:
        """Make a budget of the film, as finance."""
        given = {"project_id": "film", "starts_on": STARTS, "ends_on": ENDS, **facts}
        return self.studio("fin").budgets.set("Assets", usd(amount), **given).id


@pytest.fixture
def house(place: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[House]:
    """The studio on one of the engines."""
    logins: list[str] = []
    with ExitStack() as stack:
        shop = stack.enter_context(open_studio_shop(tmp_path / "shop"))
        # The database compares with its own clock.
        shop.shop.clock.moment = datetime.now(UTC)
        if place.startswith("sqlite:"):
            with closing(open_place(place)) as ledger:
                add_people_to(ledger)
            yield House(shop, lambda _user: place, stack)
            return
        server: Server = request.getfixturevalue("server")
        folder, _, address = place.partition("|")
        for login, roles in PEOPLE.items():
            server.run_sql(
                f"CREATE ROLE {login} LOGIN", *(f"GRANT clearance_{role} TO {login}" for role in roles)
            )
            logins.append(login)
        with closing(open_place(place)) as ledger:
            add_people_to(ledger)
        yield House(shop, lambda user: f"{folder}/{user}|{address.replace('postgres@', f'{user}@')}", stack)
    server.run_sql(*(f"DROP ROLE {login}" for login in logins))


def add_people_to(ledger: SqlLedger) -> None:
    """Add members and projects, as whoever looks after the ledger does."""
    from studio_shop import add_people

    with ledger.transaction() as work:
        add_people(work)


def test_a_whole_request(house: House) -> None:
    """Ida requests, pia approves, ben buys: budget, licenses and audit are those of everybody's own name."""
    budget = house.budget(100)
    request_id = house.cart("ida", "1", "2")
    submitted = house.studio("ida").requests.submit.run(request_id)
    assert (submitted.request.state, submitted.request.budget_id) == (RequestState.OPEN, budget)
    view = house.studio("pia").requests.show(request_id)
    assert (view.why_not, view.left_after) == ("", usd(42))
    assert [one.answer.decision for one in view.items if one.answer] == ["allow", "allow"]
    house.studio("pia").requests.decide.approve(request_id, reason="fits")
    status = house.studio("pia").budgets.status(budget)
    assert (status.committed, status.spent, status.left) == (usd(58), usd(0), usd(42))
    result = house.studio("ben").requests.buying.run(request_id)
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.OK]
    assert result.request.state is RequestState.DONE
    status = house.studio("otto").budgets.status(budget)
    assert (status.committed, status.spent, status.left) == (usd(0), usd(58), usd(42))
    entries = house.ledger("otto").audit()
    assert {entry.event.actor for entry in entries if entry.event.action == "request.approved"} == {"pia"}
    assert {entry.event.actor for entry in entries if entry.event.action == "order.paid"} == {"ben"}
    assert house.ledger("otto").verify_audit().ok
    again = house.cart("ida", "1")
    assert house.studio("ida").requests.submit.run(again).request.state is RequestState.DONE


def test_everybody_reads_the_studios_money_as_far_as_they_may(house: House) -> None:
    """The pages of finance with every login: the database refuses none of what the core asks for."""
    house.budget(100)
    house.studio("ben").requests.buying.run(house.approved("1", "2"))
    seen = {}
    for user in PEOPLE:
        documents = replace(house.shop.shop.refunds.documents, ledger=house.ledger(user))
        finance = build_studio(
            replace(house.shop.shop.settings, user=user), documents=documents, ids=CountingIds(), shared=None,
            catalogue=house.shop.shop.catalogue, usage_log=None,
        ).finance  # fmt: skip
        pages: list[Any] = [finance.read(part) for part in FinancePart]
        budgets, payments, invoices, costs = pages
        without = invoices.without_total if invoices is not None else None
        seen[user] = (budgets.total, payments.total, without, costs.total.purchases)
        assert finance.who().is_member
    everything = dict.fromkeys(PEOPLE, (1, 2, None, 2))
    # Ivo works on another project of the same department.
    assert seen == everything | {"ivo": (0, 0, None, 0), "fin": (1, 2, 2, 2), "otto": (1, 2, 2, 2)}


def test_by_itself_declined_withdrawn_reopened(house: House) -> None:
    """The other ways that a request goes, with the budget each time as it has to be."""
    budget = house.budget(100)
    house.studio("ada").limits.set(LimitKind.AUTO, usd(30), role="artist")
    ida, ben = house.studio("ida").requests, house.studio("ben").requests
    small = house.cart("ida", "1")
    assert ida.submit.run(small).request.state is RequestState.APPROVED
    assert house.studio("ida").budgets.status(budget).committed == usd(29)
    ida.decide.withdraw(small)
    assert house.studio("ida").budgets.status(budget).left == usd(100)
    declined = house.cart("ida", "1", "2")
    ida.submit.run(declined)
    house.studio("pia").requests.decide.decline(declined, reason="too dear")
    left = house.cart("ida", "3", "4")
    ida.submit.run(left)
    assert ida.decide.leave_out(left, [2]).total == usd(29)
    house.studio("pia").requests.decide.approve(left)
    house.shop.market.prices = {"3": usd(35)}
    with pytest.raises(UserInputError, match="changed its offer"):
        ben.buying.run(left)
    assert house.studio("pia").budgets.status(budget).left == usd(100)
    assert ida.submit.run(left).request.total == usd(35)
    house.studio("pia").requests.decide.approve(left)
    assert ben.buying.run(left).request.state is RequestState.DONE
    assert house.studio("pia").budgets.status(budget).spent == usd(35)
    house.shop.market.missing = {"5"}
    both = house.cart("ida", "5", "6")
    house.shop.market.missing = set()
    ida.submit.run(both)
    house.studio("pia").requests.decide.approve(both, valid_for=timedelta(days=1))
    house.shop.market.missing = {"6"}
    result = ben.buying.run(both)
    assert [one.outcome for one in result.items] == [Outcome.OK, Outcome.FAILED]
    status = house.studio("pia").budgets.status(budget)
    assert (status.committed, status.spent) == (usd(0), usd(64))


def test_a_departments_budget(house: House) -> None:
    """Without a budget of its own a project is paid from its department's, which all who work there see."""
    budget = house.budget(50, project_id="", department="cg")
    request_id = house.approved("1")
    assert house.studio("ivo").budgets.status(budget).committed == usd(29)
    house.studio("ben").requests.buying.run(request_id)
    assert house.studio("ida").budgets.status(budget).spent == usd(29)


def test_what_the_core_lets_nobody_do_the_database_does_not_either(house: House) -> None:
    """Each refused, whichever of the two says it."""
    house.studio("ada").limits.set(LimitKind.APPROVE, usd(20), role="approver")
    house.studio("ada").limits.set(LimitKind.SPEND, usd(40), period=LimitPeriod.MONTH)
    request_id = house.cart("ida", "1")
    house.studio("ida").requests.submit.run(request_id)
    for user in ("pia", "ida", "lea", "ben", "ada", "otto", "ivo"):
        with pytest.raises((NotAllowed, LedgerError, UserInputError)):
            house.studio(user).requests.decide.approve(request_id)
    house.studio("ada").limits.set(LimitKind.APPROVE, usd(100), role="approver")
    house.studio("pia").requests.decide.approve(request_id)
    second = house.approved("2")
    house.studio("ben").requests.buying.run(request_id)
    result = house.studio("ben").requests.buying.run(second)
    assert result.items[0].outcome is Outcome.LATER
    assert "29.00 USD is above what you may spend" in result.items[0].reason
    for user in ("ida", "pia", "fin"):
        with pytest.raises((NotAllowed, LedgerError)):
            house.studio(user).requests.buying.run(second)


def test_the_last_money_of_a_budget_is_set_aside_once(house: House) -> None:
    """Eight approvals at once, money for three: three hold, the others are told so."""
    budget = house.budget(100)
    requests = [house.cart("ida", str(number)) for number in range(1, 9)]
    for one in requests:
        house.studio("ida").requests.submit.run(one)
    ended: list[str] = []

    def approve(request_id: str, studio: Buying) -> None:
        try:
            studio.requests.decide.approve(request_id)
            ended.append("approved")
        except UserInputError as error:
            ended.append(error.code)

    pia = house.studio("pia")
    threads = [threading.Thread(target=approve, args=(one, pia)) for one in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["approved"] * 3 + ["budget.exceeded"] * 5
    assert house.studio("pia").budgets.status(budget).left == usd(13)


def test_two_who_decide_at_once(house: House) -> None:
    """One decision counts; the other is told that it came too late."""
    for number in range(1, 5):
        request_id = house.cart("ida", str(number))
        house.studio("ida").requests.submit.run(request_id)
        pia, lea = house.studio("pia").requests.decide, house.studio("lea").requests.decide
        ended: list[str] = []

        def run(step: Callable[[], Any], ended: list[str] = ended) -> None:
            try:
                ended.append(str(step().state))
            except ClearanceError as error:
                ended.append(error.code)

        steps: list[Callable[[], Any]] = [
            lambda r=request_id, d=pia: d.approve(r),  # type: ignore[misc]
            lambda r=request_id, d=lea: d.decline(r, reason="no"),  # type: ignore[misc]
        ]
        threads = [threading.Thread(target=run, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        kept = {one.id: one for one in house.studio("otto").requests.list()}[request_id]
        assert sorted(ended) in (
            sorted([str(kept.state), "request.state"]),
            sorted([str(kept.state), "request.changed"]),
        )


def test_two_buyers_at_once_buy_each_item_once(house: House) -> None:
    """Whoever comes first to an item has it."""
    house.budget(1000)
    request_id = house.approved(*(str(number) for number in range(1, 13)))
    ben = house.studio("ben").requests.buying
    problems: list[ClearanceError] = []

    def buy() -> None:
        try:
            ben.run(request_id)
        except ClearanceError as error:
            problems.append(error)

    threads = [threading.Thread(target=buy) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {error.code for error in problems} <= {"request.state"}
    result = house.studio("otto").requests.show(request_id)
    assert result.request.state is RequestState.DONE
    assert {str(one.item.state) for one in result.items} == {"bought"}
    assert len(house.shop.bought) == 12
    grants = house.ledger("otto").grants()
    assert len(grants) == len({grant.ref for grant in grants}) == 12
    status = house.studio("fin").budgets.list()[0]
    assert status.spent == Money(minor=12 * 2900, currency="USD")
    assert house.ledger("otto").verify_audit().ok


def test_two_hundred_threads_approve_and_buy_at_once(house: House, start_child: Start) -> None:
    """In eight processes: no budget exceeded, each listing bought once, nothing lost."""
    budget = house.budget(200)
    requests = [house.cart("ida", str(number % 8)) for number in range(12)]
    for one in requests:
        house.studio("ida").requests.submit.run(one)
    children = [
        start_child("buy_race.py", house.place("pia"), house.place("ben"), str(number), "25", *requests)
        for number in range(8)
    ]
    told = [child.communicate(timeout=600)[0].strip() for child in children]
    assert all(one.isdigit() for one in told), "\n".join(told)
    ben = house.studio("ben")
    for request in house.studio("otto").requests.list(states=[RequestState.APPROVED, RequestState.BUYING]):
        ben.requests.buying.run(request.id)
    grants = house.ledger("otto").grants()
    bought = sum(int(one) for one in told) + len(house.shop.bought)
    assert bought == len(grants) == len({grant.ref for grant in grants})
    # Money is set aside for six requests at most; what two of them both want is bought once.
    assert 3 <= bought <= 6
    status = house.studio("fin").budgets.status(budget)
    assert (status.spent, status.committed) == (Money(minor=2900 * bought, currency="USD"), usd(0))
    assert status.spent.minor <= 20_000
    assert house.ledger("otto").verify_audit().ok
