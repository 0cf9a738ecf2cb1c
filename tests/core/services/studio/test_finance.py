"""Finance in pages: who sees what, what comes first, and that there is an end to every page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from fakes import CountingIds
from studio_shop import StudioShop, usd

from core.errors import NotAllowed
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine
from core.model.listing import ListingRef
from core.model.money import Money
from core.model.order import Order, OrderState
from core.model.payment import MethodKind, Payment, PaymentMethod
from core.policy.roles import Act
from core.services.studio.finance import MOST, PAGE, WAITING, Finance, FinancePart
from core.services.studio.parts import build_studio

YEAR: dict[str, Any] = {"starts_on": date(2026, 1, 1), "ends_on": date(2026, 12, 31)}
Open = Callable[[str], Finance]


@pytest.fixture
def open_as(house: StudioShop) -> Open:
    """Open finance as somebody of the studio."""

    def make(user: str) -> Finance:
        shop = house.shop
        return build_studio(
            replace(shop.settings, user=user),
            documents=shop.refunds.documents,
            catalogue=shop.catalogue,
            ids=CountingIds(),
            usage_log=None,
            shared=None,
        ).finance

    return make


def put_orders(
    house: StudioShop,
    count: int,
    *,
    state: OrderState = OrderState.PAID,
    project: str = "film",
    first: int = 0,
) -> None:
    """Write orders, and payments for those that are paid."""
    at = house.shop.clock.now()
    order = Order(
        id="", key="", quote_id="", approval_id="", ref=_ref("1"), title="Chair",
        variant="", license_label="", license_id="", terms_sha256="", account_id="", cost=usd(29),
        project=project, buyer="ben", state=state, created_at=at, updated_at=at,
    )  # fmt: skip
    with house.shop.ledger.transaction() as work:
        if work.value(PaymentMethod, "m") is None:
            work.add(
                PaymentMethod(
                    id="m", kind=MethodKind.CHECKOUT, label="Their page", created_by="ada", created_at=at
                )
            )
        for number in range(first, first + count):
            name = f"{project}{state}{number}"
            work.add_order(replace(order, id=name, key=name, ref=_ref(name)))
            if state is OrderState.PAID:
                work.add(
                    Payment(
                        id=f"payment/{name}", order_id=name, method_id="m", cost=usd(29), value=usd(29),
                        paid_at=at, paid_by="ben",
                    )
                )  # fmt: skip


def _ref(number: str) -> Any:
    return ListingRef(marketplace="cgtrader", id=number)


def test_everybody_sees_their_projects_and_says_what_they_may_do(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 3)
    put_orders(house, 2, project="game")
    put_orders(house, 1, project="game", state=OrderState.UNKNOWN)
    seen = {}
    for user in ("fin", "otto", "ben", "ivo", "nobody"):
        page = open_as(user).read_payments()
        seen[user] = (page.total, len(page.rows), page.waiting_total)
    assert seen == {
        "fin": (5, 5, 1),
        "otto": (5, 5, 1),
        "ben": (3, 3, 0),
        "ivo": (2, 2, 1),
        "nobody": (0, 0, 0),
    }
    assert open_as("fin").who().acts >= {Act.NOTE_PAYMENT, Act.INVOICE, Act.SEE_INVOICES}
    assert open_as("otto").who().acts == {Act.SEE_INVOICES}
    assert (open_as("ben").who().sees_all, open_as("ben").who().is_member) == (False, True)
    assert not open_as("nobody").who().is_member


def test_payments_turn_page_by_page_to_the_last(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 2 * PAGE + 1)
    for user in ("fin", "ben"):
        pages = [open_as(user).read_payments(number) for number in (0, 1, 2, 99)]
        assert [len(page.rows) for page in pages] == [PAGE, PAGE, 1, 1]
        assert [page.page for page in pages] == [0, 1, 2, 2]
        shown = [one.order.id for page in pages[:3] for one in page.rows]
        assert len(set(shown)) == 2 * PAGE + 1
        assert {one.method for one in pages[0].rows} == {"Their page"}
    assert open_as("fin").read_payments(-3).page == 0


def test_more_payments_than_a_panel_turns_through_are_not_read(house: StudioShop, open_as: Open) -> None:
    put_orders(house, MOST + 3)
    for user in ("fin", "ben"):
        page = open_as(user).read_payments(99)
        assert (page.total, page.is_cut, page.page, len(page.rows)) == (MOST, True, MOST // PAGE - 1, PAGE)
    assert not open_as("ivo").read_payments().is_cut


def test_more_invoices_than_a_panel_turns_through_are_not_read(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 1)
    for number in range(1, MOST + 3):
        put_invoice(house, number, order_id="filmpaid0" if number > 1 else "")
    page = open_as("fin").read_invoices()
    assert (page.total, page.is_cut, page.to_look_at) == (MOST, True, 1)
    assert page.rows[0].invoice.number == "1", "what does not fit comes first, however old it is"
    assert [view.invoice.number for view in page.rows[1:3]] == [str(MOST + 2), str(MOST + 1)]


def test_costs_of_a_time_are_those_of_all_lines_within_it(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 4)
    put_orders(house, 2, project="game")
    costs = open_as("fin").costs
    today = house.shop.clock.now().date()
    for starts, ends in (
        (today, today),
        (today - timedelta(days=40), today),
        (date(2020, 1, 1), today - timedelta(days=1)),
        (today + timedelta(days=1), date.max),
    ):
        every = [line for line in costs.lines() if starts <= line.day <= ends]
        some = [line for line in costs.lines(starts, ends) if starts <= line.day <= ends]
        assert some == every


def test_what_is_in_doubt_waits_first_and_the_rest_is_counted(house: StudioShop, open_as: Open) -> None:
    put_orders(house, WAITING, state=OrderState.AWAITING_CHECKOUT)
    put_orders(house, 3, state=OrderState.UNKNOWN)
    page = open_as("fin").read_payments()
    assert [one.state for one in page.waiting[:3]] == [OrderState.UNKNOWN] * 3
    assert (len(page.waiting), page.waiting_total) == (WAITING, WAITING + 3)


def test_who_may_say_what_became_of_a_payment(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 1, state=OrderState.AWAITING_CHECKOUT)
    (order,) = open_as("fin").read_payments().waiting
    assert open_as("fin").require_payment(order) == "fin"
    assert open_as("ben").require_payment(order) == "ben"
    for user in ("ida", "pia", "otto", "ada", "nobody"):
        with pytest.raises(NotAllowed):
            open_as(user).require_payment(order)
    with pytest.raises(NotAllowed):
        open_as("ben").require_payment(replace(order, project="game"))


def test_budgets_with_an_alert_come_first(house: StudioShop, open_as: Open) -> None:
    budgets = house.studio("fin").budgets
    budgets.set("Quiet", usd(1000), project_id="film", **YEAR)
    budgets.set("Used", usd(30), project_id="film", **YEAR)
    budgets.set("Elsewhere", usd(10), project_id="game", **YEAR)
    for one in budgets.list():
        if one.budget.name == "Quiet":
            budgets.close(one.budget.id)
    assert {one.budget.name for one in open_as("fin").read_budgets().rows} == {"Used", "Elsewhere"}
    assert [one.budget.name for one in open_as("ida").read_budgets().rows] == ["Used"]
    assert open_as("nobody").read_budgets().rows == ()


def put_invoice(house: StudioShop, number: int, *, order_id: str = "", difference: str = "") -> None:
    """Write a received invoice of one line."""
    at, amount = house.shop.clock.now(), usd(29)
    with house.shop.ledger.transaction() as work:
        invoice = Invoice(
            id=f"i{number}", kind=InvoiceKind.RECEIVED, number=str(number), issuer="CGTrader", recipient="",
            net=amount, tax=Money(minor=0, currency="USD"), gross=amount, issued_on=date(2026, 11, 1),
            created_at=at, created_by="fin",
        )  # fmt: skip
        work.add(invoice)
        work.add(
            InvoiceLine(
                id=f"i{number}/1", invoice_id=invoice.id, position=1, description="x", quantity="1",
                net=amount, tax_percent="0", tax_category="O", order_id=order_id, difference=difference,
            )
        )  # fmt: skip


def test_invoices_that_do_not_fit_come_first(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 3)
    put_invoice(house, 1, order_id="filmpaid0", difference="charged 9")
    put_invoice(house, 2)
    for number in range(3, 3 + PAGE):
        put_invoice(house, number, order_id="filmpaid1" if number == 3 else "filmpaid2")
    page = open_as("otto").read_invoices()
    assert [view.invoice.number for view in page.rows[:2]] == ["2", "1"]
    assert (page.total, page.to_look_at, len(page.rows)) == (PAGE + 2, 2, PAGE)
    assert len(open_as("otto").read_invoices(1).rows) == 2
    assert open_as("ida").read(FinancePart.INVOICES) is None
    with pytest.raises(NotAllowed):
        open_as("ida").read_invoices()


def test_purchases_on_no_invoice_are_named(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 2)
    put_invoice(house, 1, order_id="filmpaid0")
    page = open_as("fin").read_invoices()
    assert ([one.order_id for one in page.without], page.without_total) == (["filmpaid1"], 1)


def test_a_month_is_added_up_beside_the_one_before(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 2)
    put_orders(house, 1, project="game")
    page = open_as("fin").read_costs()
    assert page.month == date(2026, 11, 1)
    assert page.total.sums == (usd(87),)
    assert [(one.key, one.sums) for one in page.by_project] == [("film", (usd(58),)), ("game", (usd(29),))]
    assert [one.key for one in page.by_marketplace] == ["cgtrader"]
    assert page.before.sums == ()
    assert open_as("ben").read_costs().total.sums == (usd(58),)
    assert open_as("nobody").read_costs().total.purchases == 0


def test_every_part_is_read_by_its_name(house: StudioShop, open_as: Open) -> None:
    put_orders(house, 1)
    kinds = {part: type(open_as("fin").read(part)).__name__ for part in FinancePart}
    assert kinds == {
        FinancePart.BUDGETS: "BudgetsPage",
        FinancePart.PAYMENTS: "PaymentsPage",
        FinancePart.INVOICES: "InvoicesPage",
        FinancePart.COSTS: "CostsPage",
    }
