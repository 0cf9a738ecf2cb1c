"""What the panel asks stays cheap however large the ledger is: few statements, and an index for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ledger_values import REF, make_event, make_grant, make_order, moment
from sqlalchemy import event

from core.ledger.engine import SqlLedger
from core.ledger.port_recent import Between
from core.model.agreement import Renewal
from core.model.buy_request import BuyRequest, RequestState
from core.model.grant import GrantState
from core.model.money import Money
from core.model.order import OPEN_STATES, OrderState
from core.model.payment import Payment
from core.model.seat import Seat

Statements = list[tuple[str, Any]]


@contextmanager
def listening(ledger: SqlLedger) -> Iterator[Statements]:
    statements: Statements = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append((statement, parameters))

    event.listen(ledger._engine, "before_cursor_execute", listen)
    yield statements
    event.remove(ledger._engine, "before_cursor_execute", listen)


@pytest.mark.parametrize(("wanted", "queries"), [(0, 0), (1, 1), (300, 1), (500, 1), (501, 2), (1200, 3)])
def test_grants_are_fetched_in_few_statements(ledger: SqlLedger, wanted: int, queries: int) -> None:
    with ledger.transaction() as work:
        for number in range(300):
            work.add_grant(make_grant(number))
    with listening(ledger) as statements:
        found = ledger.grants_by_id(f"grant_{number}" for number in range(wanted))
    assert len(found) == min(wanted, 300)
    assert len(statements) == queries


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.quote("x"),
        lambda ledger: ledger.approval("x"),
        lambda ledger: ledger.approval_for("x"),
        lambda ledger: ledger.order("x"),
        lambda ledger: ledger.orders(),
        lambda ledger: ledger.orders(states=[OrderState.PAID], limit=10),
        lambda ledger: ledger.orders(ref=REF),
        lambda ledger: ledger.receipts("x"),
        lambda ledger: ledger.grant("x"),
        lambda ledger: ledger.grants_by_id(["x", "y"]),
        lambda ledger: ledger.grants_for(REF),
        lambda ledger: ledger.grant_for_order("x"),
        lambda ledger: ledger.grants(),
        lambda ledger: ledger.grants(state=GrantState.ACTIVE),
        lambda ledger: ledger.known_license_ids(REF),
        lambda ledger: ledger.terms_text("x"),
        lambda ledger: ledger.usages(grant_id="x"),
        lambda ledger: ledger.grants_by_face([1, 2]),
        lambda ledger: ledger.resolutions_about(["x", "y"]),
        lambda ledger: ledger.receipts_of(["x", "y"]),
        lambda ledger: ledger.documents_of(["x", "y"]),
        lambda ledger: ledger.declaration("x"),
        lambda ledger: ledger.declarations(),
        lambda ledger: ledger.declarations_by_id(["x", "y"]),
        lambda ledger: ledger.declarations_by_face([1, 2]),
        lambda ledger: list(ledger.fingerprints("image")),
        lambda ledger: ledger.fingerprinted("x"),
        lambda ledger: ledger.audit(after=7, limit=10),
        lambda ledger: ledger.grants_under("x"),
        lambda ledger: ledger.grants_under("x", after=moment(0), before=moment(9), limit=5),
        lambda ledger: ledger.orders_by_id(["x", "y"]),
        lambda ledger: ledger.usages_of(["x", "y"]),
        lambda ledger: ledger.newest_payments(projects=["film"], states=[OrderState.PAID], limit=9),
        lambda ledger: ledger.values(BuyRequest, requested_by="ida", newest=True, limit=9),
        lambda ledger: ledger.values(Seat, released_at=None),
        lambda ledger: list(ledger.files_of_standing()),
    ],
)
def test_every_question_is_answered_through_an_index_in_its_order(
    ledger: SqlLedger, ask: Callable[[SqlLedger], object]
) -> None:
    with listening(ledger) as statements:
        ask(ledger)
    assert len(statements) == 1
    plan = explain(ledger, *statements[0])
    assert all("USING" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger: ledger.files("x"),
        lambda ledger: ledger.usages(scene="x"),
        lambda ledger: ledger.orders(states=OPEN_STATES),
        lambda ledger: ledger.grants_that_end(after=moment(0), before=moment(9)),
        lambda ledger: ledger.count_orders(since=moment(0)),
        lambda ledger: ledger.spent_since("ida", since=moment(0), states=[OrderState.PAID]),
        lambda ledger: ledger.orders_changed(since=moment(0), state=OrderState.FAILED, failures=["x"]),
        lambda ledger: ledger.entry_sums("x"),
        lambda ledger: ledger.orders_named(["x"]),
        lambda ledger: ledger.orders_charged(
            [Money(minor=1, currency="USD")], after=moment(0), before=moment(9)
        ),
        lambda ledger: ledger.invoices_to_look_at(limit=9),
        lambda ledger: ledger.values(Renewal, ends_at=Between(moment(0), moment(9))),
        lambda ledger: ledger.values(Payment, paid_at=Between(moment(0), moment(9))),
        lambda ledger: ledger.values(
            BuyRequest, decided_by="ida", decided_at=Between(moment(0), moment(9)), state=[RequestState.DONE]
        ),
    ],
)
def test_short_lists_are_found_through_an_index_and_may_be_sorted(
    ledger: SqlLedger, ask: Callable[[SqlLedger], object]
) -> None:
    with listening(ledger) as statements:
        ask(ledger)
    assert statements
    for statement in statements:
        plan = explain(ledger, *statement)
        assert all(_is_narrow(step) for step in plan), plan


def test_the_newest_are_read_from_the_end_and_not_sorted(ledger: SqlLedger) -> None:
    wanted: Any = {"states": [OrderState.PAID], "limit": 9}
    with listening(ledger) as statements:
        ledger.newest_payments(projects=None, **wanted)
        ledger.orders_without_invoice(since=moment(0), **wanted)
    payments, orders = (explain(ledger, *statement) for statement in statements)
    assert payments == ["SCAN payments"], "from its end, and no further than the limit"
    assert orders[0].startswith("SEARCH orders USING INDEX ix_orders_created_at_serial"), orders
    assert not any("TEMP B-TREE" in step for step in orders), orders


def _is_narrow(step: str) -> bool:
    """Say whether a step reads only what it looks for: nothing is gone through but an index of a few."""
    if "SCAN" in step:
        return "USING INDEX ix_invoice_lines_to_look_at" in step or "USING COVERING INDEX ix_inv" in step
    return "USING" in step or "TEMP B-TREE" in step or "SUBQUERY" in step


def explain(ledger: SqlLedger, statement: str, parameters: Any) -> list[str]:
    with ledger._engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[-1]) for row in rows]


def test_a_unit_of_work_reads_the_end_of_the_chain_once_and_writes_without_savepoints(
    ledger: SqlLedger,
) -> None:
    with listening(ledger) as statements, ledger.transaction() as work:
        for number in range(5):
            work.record(make_event(number))
            work.add_grant(make_grant(number))
    said = [statement for statement, _ in statements]
    assert sum("SELECT" in one for one in said) == 1
    assert not any("SAVEPOINT" in one for one in said)
    assert len(said) == 1 + 5 * 3
    assert ledger.verify_audit().ok


def test_a_unit_of_work_does_not_read_the_chain_to_add_to_it(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        for number in range(50):
            work.record(make_event(number))
        work.add_order(make_order())
    with listening(ledger) as statements, ledger.transaction() as work:
        work.record(make_event(51))
    reads = [statement for statement, _ in statements if statement.lstrip().startswith("SELECT")]
    assert len(reads) == 1
    assert "audit_tail" in reads[0]
