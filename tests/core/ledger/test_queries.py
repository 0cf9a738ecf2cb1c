"""What the panel asks stays cheap however large the ledger is: few statements, and an index for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ledger_values import REF, make_event, make_grant, make_order
from sqlalchemy import event

from core.ledger.engine import SqlLedger
from core.model.grant import GrantState
from core.model.order import OPEN_STATES, OrderState

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
    ],
)
def test_short_lists_are_found_through_an_index_and_may_be_sorted(
    ledger: SqlLedger, ask: Callable[[SqlLedger], object]
) -> None:
    with listening(ledger) as statements:
        ask(ledger)
    assert all("USING" in step or "TEMP B-TREE" in step for step in explain(ledger, *statements[0]))


def explain(ledger: SqlLedger, statement: str, parameters: Any) -> list[str]:
    with ledger._engine.connect() as connection:
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return [str(row[-1]) for row in rows]


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
