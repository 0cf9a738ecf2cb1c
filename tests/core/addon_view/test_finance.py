"""Budgets, payments, invoices and costs as rows: what is shown to whom, however much there is."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from clearance_package import load
from finance_states import FinanceStates
from session_states import EVIL_TITLE

states = FinanceStates(load)
view_budgets = load("addon.ui.views.budgets").view_budgets
view_payments = load("addon.ui.views.payments").view_payments
view_invoices = load("addon.ui.views.invoices").view_invoices
view_costs = load("addon.ui.views.costs").view_costs
finance = load("addon.ui.views.finance")
Tone = load("addon.ui.views.rows").Tone
Part, usd = states.Part, states.usd
registry = load("core.marketplaces.registry")
INFOS = tuple(registry.find(name).INFO for name in registry.all_ids())


def shown(state: Any) -> dict[str, Any]:
    """Build every panel of a state."""
    return {
        "budgets": view_budgets(state),
        "payments": view_payments(state, INFOS),
        "invoices": view_invoices(state, INFOS),
        "costs": view_costs(state, INFOS),
    }


def texts(value: Any) -> list[str]:
    """Return all texts in a view."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple | list | frozenset):
        return [text for one in value for text in texts(one)]
    names = getattr(value, "__dataclass_fields__", {})
    return [text for name in names for text in texts(getattr(value, name))]


@pytest.mark.parametrize("name", states.every_state())
def test_no_state_is_silent_or_long_or_hostile(name: str) -> None:
    for part, view in shown(states.every_state()[name]).items():
        said = texts(view)
        assert said, part
        assert len(said) < 300, part
        assert all(len(text) <= 600 for text in said)
        assert "\x1b" not in "".join(said)
        assert "\u202e" not in "".join(said)


@pytest.mark.parametrize("part", Part)
def test_before_anything_was_read_it_says_what_is_there(part: Any) -> None:
    view = shown(states.state.FinanceState())[part]
    assert [note.text for note in view.head.notes] == [finance.ABOUT[part]]
    assert not view.head.busy


def test_a_budget_is_a_bar_with_a_sentence() -> None:
    status = states.budget(spent=80_000, committed=5_000)
    (row,) = view_budgets(states.of("budgets", states.budgets_page(status))).rows
    assert (row.title, row.tone, row.used, row.bar) == ("Props", Tone.WARN, 0.85, "85 % of 1,000.00 USD")
    facts = {fact.label: fact.value for fact in row.facts}
    assert facts["Spent"] == "800.00 USD"
    assert facts["Set aside"] == "50.00 USD"
    assert facts["Left"] == "150.00 USD"
    assert facts["For"] == "film"
    assert "85 % of the budget" in row.alert.text


@pytest.mark.parametrize(
    ("status", "tone", "used"),
    [
        (states.budget(spent=100_000), Tone.BAD, 1.0),
        (states.budget(spent=250_000), Tone.BAD, 1.0),
        (states.budget(), Tone.GOOD, 0.0),
        (states.budget(amount=usd(0)), Tone.WARN, 1.0),
    ],
)
def test_a_bar_ends_where_the_budget_does(status: Any, tone: Any, used: float) -> None:
    (row,) = view_budgets(states.of("budgets", states.budgets_page(status))).rows
    assert (row.tone, row.used) == (tone, used)


def test_a_forecast_above_the_budget_says_so() -> None:
    status = states.budget(spent=70_000, starts_on=date(2026, 10, 1))
    (row,) = view_budgets(states.of("budgets", states.budgets_page(status))).rows
    assert next(fact.value for fact in row.facts if fact.label == "Forecast").endswith("above the budget")
    assert row.alert.tone is Tone.WARN


@pytest.mark.parametrize(
    ("order", "words", "actions"),
    [
        ({"state": "unknown"}, "Look it up", set()),
        ({"state": "unknown", "marketplace": "turbosquid"}, "Look into your account", {"settle"}),
        ({"state": "submitting"}, "In doubt", set()),
        ({"state": "awaiting_checkout"}, "Waits to be paid on CGTrader's page", {"fail"}),
        (
            {"state": "awaiting_checkout", "marketplace": "turbosquid"},
            "order number from TurboSquid",
            {"record", "fail"},
        ),
        ({"state": "approved"}, "nothing was sent", set()),
    ],
)
def test_what_waits_says_what_for(order: Any, words: str, actions: set[str]) -> None:
    page = states.payments_page(waiting=(states.order(**order),))
    view = view_payments(states.of("payments", page), INFOS)
    (row,) = view.waiting
    assert words in row.note.text
    assert row.actions == actions
    assert view.can_look_up
    seen = view_payments(states.of("payments", page, who=states.who("auditor")), INFOS)
    assert seen.waiting[0].actions == frozenset()
    assert not seen.can_look_up
    assert "the roles buyer and finance" in seen.notes[0].text


@pytest.mark.parametrize(
    ("facts", "amount", "detail"),
    [
        ({}, "29.00 USD: paid", "2026-11-23 · CGTrader · Agency credits 2026 · film · 1 document"),
        ({"documents": 0}, "29.00 USD: paid", "no document"),
        ({"state": "refunded"}, "paid, given back since", ""),
        ({"refund_asked": True}, "refund asked for", ""),
        ({"refund_id": "r", "cost": usd(-2900), "value": usd(-2900)}, "-29.00 USD: came back", ""),
        ({"cost": None, "value": None}, "amount not told: paid", ""),
        ({"cost": states.money.Money(minor=500), "value": None}, "5.00 (currency not stated): paid", ""),
        (
            {"cost": states.money.Credits(amount=2, unit="credit"), "value": usd(198)},
            "2 credits, worth 1.98 USD: paid",
            "",
        ),
        ({"home": states.money.Money(minor=2610, currency="EUR")}, "29.00 USD, 26.10 EUR at home: paid", ""),
        ({"purchase_order": "PO-17"}, "paid", "order no. PO-17"),
        ({"tax": states.tax(463, "invoice A-1")}, "paid", "tax 4.63 USD (invoice A-1)"),
    ],
)
def test_a_payment_says_how_much_by_what_and_with_which_proof(
    facts: dict[str, Any], amount: str, detail: str
) -> None:
    (row,) = view_payments(states.of("payments", states.payments_page(states.paid(**facts))), INFOS).rows
    assert amount in row.amount
    assert detail in row.detail


@pytest.mark.parametrize(
    ("roles", "actions"),
    [
        (("buyer",), {"attach", "refund"}),
        (("finance",), {"attach", "refund", "purchase_record", "charge_back"}),
        (("artist",), set()),
        (("auditor",), set()),
        (("approver", "legal", "admin"), set()),
    ],
)
def test_a_payment_offers_what_the_role_may_do(roles: tuple[str, ...], actions: set[str]) -> None:
    page = states.payments_page(states.paid())
    (row,) = view_payments(states.of("payments", page, who=states.who(*roles)), INFOS).rows
    assert row.actions == actions


def test_ten_thousand_payments_are_a_page_and_a_number() -> None:
    rows = [states.paid(n) for n in range(12)]
    page = states.payments_page(*rows, total=10_000, page=5, waiting=(states.order(),), waiting_total=500)
    view = view_payments(states.of("payments", page), INFOS)
    assert len(view.rows) == 12
    assert view.waiting_more == "And 499 more that wait."
    assert (view.pager.text, view.pager.newer, view.pager.older) == ("61–72 of 10,000", 4, 6)
    last = finance.view_pager(833, 10_000)
    assert (last.text, last.newer, last.older) == ("9,997–10,000 of 10,000", 832, None)
    assert finance.view_pager(0, 12) is None


def test_what_is_empty_says_what_will_appear() -> None:
    every = states.every_state()
    assert "No budgets yet" in view_budgets(every["no budgets"]).empty.text
    assert "Nothing was paid yet" in view_payments(every["no payments"], INFOS).notes[0].text
    assert "No invoices yet" in view_invoices(every["no invoices"], INFOS).notes[0].text
    assert "Nothing was spent" in view_costs(every["no costs"], INFOS).notes[0].text


def test_a_ledger_that_cannot_be_reached_leaves_what_was_read() -> None:
    view = view_payments(states.every_state()["payments unreachable"], INFOS)
    assert [note.tone for note in view.head.notes] == [Tone.BAD, Tone.INFO]
    assert "cannot be reached" in view.head.notes[0].text
    assert view.head.notes[1].text.startswith("What stands below was read on 2026-11-")
    assert view.rows


def test_a_stranger_is_told_so_and_sees_nothing() -> None:
    view = view_payments(states.every_state()["a stranger"], INFOS)
    assert "no member" in view.head.notes[0].text
    assert view.notes == view.rows == view.waiting == ()
    costs = view_costs(states.of("costs", states.costs_page(), who=states.who()), INFOS)
    assert (costs.facts, costs.notes, costs.can_export) == ((), (), False)


def test_who_sees_a_part_of_it_is_told() -> None:
    view = view_payments(states.every_state()["payments of one's own projects"], INFOS)
    assert view.head.notes[-1].text == "Only the projects that you work on are in it."


def test_invoices_are_for_those_who_may_see_them() -> None:
    hidden = view_invoices(states.every_state()["invoices hidden"], INFOS)
    assert hidden.head.notes[-1].text == "Invoices are for the roles auditor and finance."
    assert not hidden.can_import
    view = view_invoices(
        states.of("invoices", states.invoices_page(states.invoice()), who=states.who("auditor")), INFOS
    )
    assert (len(view.rows), view.can_import, view.can_match) == (1, False, False)


def test_an_invoice_lists_what_does_not_fit() -> None:
    one = states.invoice(lines=(("order_1", "invoiced 29.00 USD, charged 19.00 USD"), ("", ""), ("o", "")))
    view = view_invoices(states.of("invoices", states.invoices_page(one)), INFOS)
    (row,) = view.rows
    assert (row.title, row.tone, row.state) == ("A-1 · CGTrader", Tone.WARN, "2 of 3 lines matched")
    assert [line.note.text for line in row.lines] == [
        "Line 1: invoiced 29.00 USD, charged 19.00 USD",
        "Line 2: no order fits it",
    ]
    assert view.notes[0].text == "1 invoice does not fit what was bought."
    assert view.can_match
    many = states.invoice(lines=(("", ""),) * 500)
    (row,) = view_invoices(states.of("invoices", states.invoices_page(many)), INFOS).rows
    assert len(row.lines) == 3
    assert row.notes[-1].text.startswith("And 497 more lines")


def test_an_invoice_of_ones_own_is_shown_as_its_page() -> None:
    own = states.invoice("PR-2026-0001", kind=states.invoices.InvoiceKind.PURCHASE_RECORD, lines=(("o", ""),))
    view = view_invoices(states.of("invoices", states.invoices_page(own)), INFOS)
    assert (view.rows[0].can_show, view.rows[0].state) == (True, "")
    assert view.rows[0].detail.endswith("purchase record")
    assert view.notes[0].tone is Tone.GOOD


@pytest.mark.parametrize(
    ("kind", "gone", "roles", "state", "can_credit"),
    [
        ("charge_back", (), ("finance",), "", True),
        ("charge_back", (1,), ("finance",), "1 of 2 lines credited", True),
        ("charge_back", (1, 2), ("finance",), "credited", False),
        ("purchase_record", (), ("finance",), "", True),
        ("charge_back", (), ("auditor",), "", False),
        ("credit_note", (), ("finance",), "", False),
        ("received", (), ("finance",), "2 of 2 lines matched", False),
    ],
)
def test_an_invoice_of_ones_own_can_be_credited_once(
    kind: str, gone: tuple[int, ...], roles: tuple[str, ...], state: str, can_credit: bool
) -> None:
    own = states.invoice(kind=states.invoices.InvoiceKind(kind), lines=(("o", ""), ("p", "")))
    page = states.invoices_page(own, credited=frozenset(f"{own.invoice.id}/{number}" for number in gone))
    (row,) = view_invoices(states.of("invoices", page, who=states.who(*roles)), INFOS).rows
    assert (row.state, row.can_credit, row.can_show) == (state, can_credit, kind != "received")


def test_a_credit_note_names_what_can_be_credited() -> None:
    name_lines = load("addon.ui.views.invoices").name_lines
    own = states.invoice(kind=states.invoices.InvoiceKind("charge_back"), lines=(("o", ""),) * 12)
    first = f"{own.invoice.id}/1"
    state = states.of("invoices", states.invoices_page(own, credited=frozenset({first})))
    named = name_lines(state, own.invoice.id)
    assert (named[0], named[-1]) == ("2: Asset, 29.00 USD", "And 3 more lines.")
    assert name_lines(state, "nobody") == ()
    assert name_lines(states.of("invoices"), own.invoice.id) == ()


def test_numbers_of_lines_are_read() -> None:
    read = load("addon.ui.views.invoices").read_positions
    assert read("") == ()
    assert read(" 3, 1;1 ") == (1, 3)
    for text in ("one", "1-3", "-1", "²", "99999999"):
        with pytest.raises(load("core.errors").UserInputError, match="numbers of lines"):
            read(text)


def test_what_is_on_no_invoice_is_named_and_counted() -> None:
    page = states.invoices_page(without=tuple(states.without(n) for n in range(60)), without_total=900)
    state = states.of("invoices", page)
    view = view_invoices(state, INFOS)
    assert len(view.without) == 6
    assert view.without_more == "And 894 more purchases."
    assert view.without[0].detail == "2026-11-20 · CGTrader · 29.00 USD"
    names = load("addon.ui.views.invoices").name_orders(state)
    assert len(names) == 60
    assert names[0] == ("order_0", "Oak table, 2026-11-20, 29.00 USD")


def test_a_file_without_data_is_named() -> None:
    state = states.of("invoices", states.invoices_page())
    state.untyped = Path("scans") / f"{EVIL_TITLE[:80]}.png"
    assert 0 < len(view_invoices(state, INFOS).untyped) <= 60


def test_a_month_adds_up() -> None:
    view = view_costs(states.every_state()["costs"], INFOS)
    assert view.title == "November 2026"
    assert {fact.label: fact.value for fact in view.facts} == {
        "Together": "50.00 USD",
        "Purchases": "1",
        "Last month": "9.00 USD",
    }
    shops, projects = view.groups
    assert [(row.name, row.amount, row.share) for row in shops.rows] == [
        ("CGTrader", "40.00 USD", 0.8),
        ("Pond5", "10.00 USD", 0.2),
    ]
    assert projects.rows[0].name == "No project"


def test_what_cannot_be_compared_has_no_bar() -> None:
    euros = states.money.Money(minor=500, currency="EUR")
    both = states.cost("", 5000, sums=(euros, usd(5000)), credits_used=("3 credits",))
    page = states.costs_page(total=both, by_marketplace=(states.cost("cgtrader", 4000),))
    view = view_costs(states.of("costs", page), INFOS)
    assert view.facts[0].value == "5.00 EUR, 50.00 USD and 3 credits"
    assert view.groups[0].rows[0].share is None


def test_what_is_not_converted_is_counted() -> None:
    view = view_costs(states.every_state()["costs at home"], INFOS)
    assert view.notes[0].text == "3 amounts could not be converted to EUR."
    assert view.facts[0].value == "50.00 USD"


def test_many_projects_are_a_few_bars() -> None:
    (group,) = view_costs(states.every_state()["many costs"], INFOS).groups
    assert len(group.rows) == 8
    assert group.more == "And 82 more; the cost report has all."


@pytest.mark.parametrize(
    ("period", "days"),
    [
        ("MONTH", (date(2026, 1, 1), date(2026, 1, 9))),
        ("LAST_MONTH", (date(2025, 12, 1), date(2025, 12, 31))),
        ("YEAR", (date(2026, 1, 1), date(2026, 1, 9))),
        ("ALL", (None, None)),
    ],
)
def test_periods_are_days(period: str, days: tuple[Any, Any]) -> None:
    assert load("addon.ui.views.costs").days_of(period, date(2026, 1, 9)) == days


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "From the ledger on this computer."),
        ("postgresql://db.studio/clearance", "From the studio's ledger at db.studio/clearance."),
        ("postgresql://ida:secret@db/c?sslmode=require", "From the studio's ledger at db/c."),
    ],
)
def test_the_ledger_is_named_without_a_secret(address: str, says: str) -> None:
    assert finance.view_ledger(address).text == says


def test_a_waiting_order_is_found_by_its_id() -> None:
    state = states.every_state()["payments"]
    find = load("addon.ui.views.payments").find_waiting
    assert find(state, "order_3").id == "order_3"
    assert find(state, "order_99") is None
    assert find(states.state.FinanceState(), "order_3") is None


def test_progress_is_told() -> None:
    task = states.tasks.Task(id=1, kind="finance", title="Importing invoices")
    task.report(3, 10)
    head = view_invoices(states.of("invoices", None, phase="busy", task=task), INFOS).head
    assert (head.busy, head.is_stoppable, head.notes[0].text) == (
        True,
        True,
        "Importing invoices (3 of 10) …",
    )


def test_what_was_bought_for_an_amount_that_nobody_knows_did_not_cost_nothing() -> None:
    untold = states.cost("cgtrader", purchases=1)
    used = states.cost("shutterstock", purchases=1, credits_used=("1 download",))
    page = states.costs_page(total=untold, by_marketplace=(untold, used))
    view = view_costs(states.of("costs", page), INFOS)
    facts = {fact.label: fact.value for fact in view.facts}
    assert (facts["Together"], facts["Last month"]) == ("not known", "nothing")
    assert [row.amount for row in view.groups[0].rows] == ["not known", "1 download"]
