"""What the panel asks stays cheap however large the ledger is: few statements, and an index for each."""

from __future__ import annotations

import re
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
        lambda ledger: ledger.newest_payment_ids(projects=["film"], states=[OrderState.PAID], limit=9),
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
    ],
)
def test_short_lists_are_found_through_an_index_and_may_be_sorted(
    ledger: SqlLedger, ask: Callable[[SqlLedger], object]
) -> None:
    with listening(ledger) as statements:
        ask(ledger)
    assert all("USING" in step or "TEMP B-TREE" in step for step in explain(ledger, *statements[0]))


TIME = Between(moment(0), moment(9))
USD = [Money(minor=1, currency="USD")]
DONE = [RequestState.DONE]


@pytest.mark.parametrize(
    ("ask", "indexes"),
    [
        (lambda book: book.grants_that_end(after=moment(0), before=moment(9)), ["ix_grants_ends"]),
        (lambda book: book.count_orders(since=moment(0)), ["ix_orders_created_at_serial"]),
        (
            lambda book: book.spent_since("ida", since=moment(0), states=[OrderState.PAID]),
            ["ix_orders_buyer_created_at"],
        ),
        (
            lambda book: book.orders_changed(since=moment(0), state=OrderState.FAILED, failures=["x"]),
            ["ix_orders_state_updated_at"],
        ),
        (lambda book: book.entry_sums("x"), ["ix_budget_entries_budget_id"]),
        (
            lambda book: book.orders_named(["x"]),
            [
                "sqlite_autoindex_orders_1", "sqlite_autoindex_orders_2", "ix_orders_listing_id",
                "ix_orders_marketplace_order_id", "ix_receipts_marketplace_order_id",
                "ix_receipts_marketplace_license_id",
            ],
        ),
        (
            lambda book: book.orders_charged(USD, after=moment(0), before=moment(9)),
            ["ix_payments_paid_at", "ix_orders_created_at_serial", "uq_payments_order"],
        ),
        (
            lambda book: book.invoices_to_look_at(limit=9),
            ["sqlite_autoindex_invoices_1", "ix_invoice_lines_to_look_at"],
        ),
        (lambda book: book.values(Renewal, ends_at=TIME), ["ix_renewals_ends_at"]),
        (lambda book: book.values(Renewal, renewed_until=TIME), ["ix_renewals_renewed_until"]),
        (lambda book: book.values(Payment, paid_at=TIME), ["ix_payments_paid_at"]),
        (
            lambda book: book.values(BuyRequest, decided_by="ida", decided_at=TIME, state=DONE),
            ["ix_buy_requests_decided_by_decided_at"],
        ),
        (
            lambda book: book.values(BuyRequest, requested_by="ida", state=[RequestState.DRAFT], newest=True),
            ["ix_buy_requests_requested_by_state"],
        ),
    ],
)  # fmt: skip
def test_a_part_of_a_ledger_is_found_by_what_narrows_it_most(
    ledger: SqlLedger, ask: Callable[[SqlLedger], object], indexes: list[str]
) -> None:
    with listening(ledger) as statements:
        ask(ledger)
    plan = [step for statement in statements for step in explain(ledger, *statement)]
    assert re.findall(r"INDEX (\w+)", " ".join(plan)) == indexes, plan
    assert not any(step.startswith("SCAN") and "ix_invoice_lines_to_look_at" not in step for step in plan)


def test_the_newest_are_read_from_the_end_and_not_sorted(ledger: SqlLedger) -> None:
    wanted: Any = {"states": [OrderState.PAID], "limit": 9}
    with listening(ledger) as statements:
        ledger.newest_payment_ids(projects=None, **wanted)
        ledger.orders_without_invoice(since=moment(0), **wanted)
    payments, orders = (explain(ledger, *statement) for statement in statements)
    assert payments == ["SCAN payments"], "from its end, and no further than the limit"
    assert orders[0].startswith("SEARCH orders USING INDEX ix_orders_created_at_serial"), orders
    assert not any("TEMP B-TREE" in step for step in orders), orders


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


def test_sums_are_made_of_what_indexes_find(ledger: SqlLedger) -> None:
    time: Any = {"after": moment(0), "before": moment(9), "ordered_after": moment(0)}
    with listening(ledger) as statements:
        ledger.payment_sums(**time, states=[OrderState.PAID], home_currency="EUR", projects=None)
        ledger.payment_sums(**time, states=[OrderState.PAID], home_currency="", projects=["film"])
        ledger.downloads_by_day(["cgtrader"], since=moment(0))
    assert len(statements) == 5
    for statement in statements:
        tables = [step for step in explain(ledger, *statement) if re.match(r"(SCAN|SEARCH) ", step)]
        assert not [one for one in tables if re.match(r"SCAN (orders|payments|receipts|files|grants)\b", one)]
        assert any("ix_payments_paid_at" in one or "ix_files_downloaded_at" in one for one in tables), tables
