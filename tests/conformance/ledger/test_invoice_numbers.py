"""Numbers of invoices have no gaps and no doubles, on every engine, whoever writes at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import LedgerConflict
from core.ledger.engine import SqlLedger
from core.ledger.port import LedgerTransaction
from core.model.invoice import Invoice, InvoiceKind, InvoiceLine, NumberSeries
from core.model.money import Money
from core.services.studio.own_invoices import take_number

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
THREADS, EACH = 8, 10


def write(work: LedgerTransaction, who: str, number: int) -> int:
    series, sequence = take_number(work, "CB-2026")
    money = Money(minor=100, currency="EUR")
    invoice = Invoice(
        id=f"{who}/{number}", kind=InvoiceKind.CHARGE_BACK, number=f"{series}-{sequence:04d}",
        issuer="Studio", recipient="ACME", net=money, tax=Money(minor=0, currency="EUR"), gross=money,
        issued_on=NOW.date(), created_at=NOW, created_by=who, series=series, sequence=sequence,
    )  # fmt: skip
    work.add(invoice)
    line = InvoiceLine(
        id=f"{invoice.id}/1", invoice_id=invoice.id, position=1, description="Asset", quantity="1", net=money,
        tax_percent="0", tax_category="O",
    )  # fmt: skip
    work.add(line)
    return sequence


def test_threads_that_write_and_fail_leave_no_gap(
    ledger: SqlLedger, open_again: Callable[[], SqlLedger]
) -> None:
    """Every third unit of work fails after its number was taken."""
    taken: list[int] = []
    problems: list[BaseException] = []
    lock = threading.Lock()
    ledgers = [ledger, *(open_again() for _ in range(THREADS - 1))]

    def run(own: SqlLedger, who: str) -> None:
        try:
            for number in range(EACH):
                try:
                    with own.transaction() as work:
                        sequence = write(work, who, number)
                        if number % 3 == 2:
                            raise ZeroDivisionError
                except ZeroDivisionError:
                    continue
                with lock:
                    taken.append(sequence)
        except BaseException as error:
            problems.append(error)
            raise

    threads = [
        threading.Thread(target=run, args=(own, f"member{index}")) for index, own in enumerate(ledgers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    wanted = THREADS * (EACH - EACH // 3)
    assert sorted(taken) == list(range(1, wanted + 1))
    kept = ledger.values(Invoice)
    assert sorted(invoice.sequence for invoice in kept) == list(range(1, wanted + 1))
    assert len({invoice.number for invoice in kept}) == wanted
    series = ledger.value(NumberSeries, "CB-2026")
    assert series is not None
    assert series.last == wanted


def test_the_database_refuses_a_number_twice_and_an_invoice_twice(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        write(work, "ann", 1)
    (known,) = ledger.values(Invoice)
    for facts in (
        {"id": "x", "kind": known.kind, "series": "CB-2026", "sequence": 1},
        {"id": known.id, "kind": known.kind, "series": "CB-2026", "sequence": 2},
    ):
        with pytest.raises(LedgerConflict), ledger.transaction() as work:
            work.add(_copy(known, **facts))
    received = {"kind": InvoiceKind.RECEIVED, "series": "", "sequence": 0}
    with ledger.transaction() as work:
        work.add(_copy(known, id="r1", **received))
    with pytest.raises(LedgerConflict), ledger.transaction() as work:
        work.add(_copy(known, id="r2", **received))
    assert len(ledger.values(Invoice)) == 2


def test_an_invoice_is_never_changed(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        write(work, "ann", 1)
        (known,) = work.values(Invoice)
        with pytest.raises(TypeError):
            work.change(known)
    assert known.issued_on == date(2026, 11, 23)


def _copy(invoice: Invoice, **facts: Any) -> Invoice:
    return replace(invoice, **facts)
