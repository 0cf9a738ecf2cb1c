"""All or nothing, in threads and in processes that are killed; and nobody sees what is not committed."""

from __future__ import annotations

import signal
import subprocess
import threading
from collections.abc import Callable

import pytest
from ledger_values import make_event, make_grant, make_order, make_usage, open_place
from sqlalchemy import event
from sqlalchemy.pool import Pool

from core.errors import LedgerConflict, LedgerError
from core.ledger.engine import SqlLedger
from core.ledger.port import LedgerReader, LedgerTransaction

Start = Callable[..., "subprocess.Popen[str]"]


def fill(work: LedgerTransaction, number: int = 1) -> None:
    work.add_order(make_order(number))
    work.add_grant(make_grant(number, order_id=f"order_{number}"))
    work.replace_usages("a", [make_usage(number, scene="a")])
    work.keep_terms(str(number), "text")
    work.record(make_event(number))


def count(reader: LedgerReader) -> tuple[int, int, int, int]:
    return (len(reader.orders()), len(reader.grants()), len(reader.usages()), len(reader.audit()))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, LedgerConflict])
def test_an_exception_takes_everything_back(ledger: SqlLedger, error: type[BaseException]) -> None:
    with pytest.raises(error, match="stop"), ledger.transaction() as work:  # noqa: PT012 (the block is the point)
        fill(work)
        raise error("stop")
    assert count(ledger) == (0, 0, 0, 0)
    assert ledger.terms_text("1") is None
    with ledger.transaction() as work:
        fill(work)
    assert count(ledger) == (1, 1, 1, 1)
    assert ledger.verify_audit().ok


def test_a_unit_of_work_is_over_when_its_block_is(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        fill(work)
    with pytest.raises(LedgerError):
        work.orders()
    with pytest.raises(LedgerError):
        work.add_order(make_order(2))
    assert len(ledger.orders()) == 1


def test_units_of_work_are_not_nested(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        with pytest.raises(LedgerError) as caught, ledger.transaction():
            pytest.fail("never reached")
        assert caught.value.code == "ledger.nested"
        fill(work)
    assert count(ledger) == (1, 1, 1, 1)


def test_nobody_sees_what_is_not_committed(ledger: SqlLedger, open_again: Callable[[], SqlLedger]) -> None:
    other = open_again()
    with ledger.transaction() as work:
        fill(work)
        assert count(work) == (1, 1, 1, 1)
        assert count(ledger) == (0, 0, 0, 0)
        assert count(other) == (0, 0, 0, 0)
    assert count(ledger) == count(other) == (1, 1, 1, 1)


def test_a_snapshot_shows_one_moment(ledger: SqlLedger, open_again: Callable[[], SqlLedger]) -> None:
    with ledger.transaction() as work:
        fill(work)
    with ledger.snapshot() as then:
        assert count(then) == (1, 1, 1, 1)
        with open_again().transaction() as work:
            fill(work, 2)
        assert count(then) == (1, 1, 1, 1)
        assert count(ledger) == (2, 2, 1, 2)
    assert count(ledger) == (2, 2, 1, 2)


def test_readers_and_writers_in_many_threads(ledger: SqlLedger) -> None:
    errors: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                with ledger.snapshot() as reader:
                    orders, grants, _, audit = count(reader)
                    assert orders == grants == audit
        except BaseException as error:  # noqa: BLE001 (handed to the test below)
            errors.append(error)

    def write(first: int) -> None:
        try:
            for number in range(first, first + 10):
                with ledger.transaction() as work:
                    fill(work, number)
        except BaseException as error:  # noqa: BLE001 (handed to the test below)
            errors.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    writers = [threading.Thread(target=write, args=(10 * number,)) for number in range(6)]
    for thread in (*readers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    stop.set()
    for thread in readers:
        thread.join()
    assert errors == []
    assert count(ledger) == (60, 60, 1, 60)
    assert ledger.verify_audit().ok


def test_a_closed_ledger_says_so(ledger: SqlLedger) -> None:
    ledger.close()
    ledger.close()
    for use in (ledger.orders, ledger.grants, ledger.verify_audit, lambda: ledger.transaction().__enter__()):
        with pytest.raises(LedgerError) as caught:
            use()
        assert caught.value.code == "ledger.closed"


def test_work_that_ends_after_the_ledger_was_closed_leaves_no_connection_open(
    open_again: Callable[[], SqlLedger],
) -> None:
    opened: list[object] = []
    closed: list[object] = []

    def note_opened(connection: object, _record: object) -> None:
        opened.append(connection)

    def note_closed(connection: object, _record: object) -> None:
        closed.append(connection)

    event.listen(Pool, "connect", note_opened)
    event.listen(Pool, "close", note_closed)
    try:
        ledger = open_again()
        with ledger.snapshot() as view:
            view.orders()
            ledger.close()
            assert len(closed) < len(opened)
            assert view.orders() == ()
    finally:
        event.remove(Pool, "connect", note_opened)
        event.remove(Pool, "close", note_closed)
    assert opened
    assert {id(one) for one in closed} == {id(one) for one in opened}


@pytest.mark.parametrize("when", ["inside", "after"])
def test_a_process_killed_within_a_unit_leaves_nothing_and_after_it_everything(
    ledger: SqlLedger, start_child: Start, open_again: Callable[[], SqlLedger], when: str
) -> None:
    child = start_child("die.py", when)
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.send_signal(signal.SIGKILL)
    child.wait()
    expected = (1, 1, 1, 1) if when == "after" else (0, 0, 0, 0)
    assert count(ledger) == expected
    assert count(open_again()) == expected
    with ledger.transaction() as work:
        fill(work, 2)
    assert ledger.verify_audit().ok
    assert ledger.check_integrity() == ()


def test_what_a_killed_process_left_behind_is_recovered_on_opening(place: str, start_child: Start) -> None:
    for when in ("after", "inside"):
        child = start_child("die.py", when)
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "ready"
        child.send_signal(signal.SIGKILL)
        child.wait()
        # Nobody else had it open: the log that it left is all there is.
        ledger = open_place(place)
        assert count(ledger) == (1, 1, 1, 1)
        assert ledger.verify_audit().ok
        assert ledger.check_integrity() == ()
        ledger.close()


def test_of_eight_processes_with_four_threads_each_one_opens_the_order(
    ledger: SqlLedger, start_child: Start
) -> None:
    children = [start_child("race.py", str(number), "4") for number in range(8)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "ready"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outcomes: list[str] = []
    for child in children:
        output, _ = child.communicate()
        assert child.returncode == 0
        outcomes += output.split()
    assert sorted(set(outcomes)) == ["lost", "won"]
    assert outcomes.count("won") == 1
    assert outcomes.count("lost") == 31
    assert len(ledger.orders()) == 1
    # Every thread noted what came of it: one chain, nothing lost, nothing twice.
    entries = ledger.audit()
    assert len(entries) == 32
    assert len({entry.event.subject for entry in entries}) == 32
    assert ledger.verify_audit().ok


def test_processes_that_make_the_same_new_ledger_at_once(place: str, start_child: Start) -> None:
    children = [start_child("race.py", str(number), "1") for number in range(6)]
    for child in children:
        output, _ = child.communicate("go\n")
        assert child.returncode == 0
        assert output.split()[0] == "ready"
    ledger = open_place(place)
    assert len(ledger.orders()) == 1
    assert len(ledger.audit()) == 6
    ledger.close()
