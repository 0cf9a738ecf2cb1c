"""A whole ledger moved from one database to another: nothing lost, nothing doubled, the audit unbroken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import fill_everything, make_event, make_order, open_place
from postgres_server import Server
from sqlalchemy import func, select

from core.errors import LedgerError
from core.ledger import schema
from core.ledger.engine import SqlLedger, open_ledger
from core.ledger.transfer import transfer


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SqlLedger]:
    """An embedded ledger with a row in every table, and some hundreds in the audit."""
    with closing(open_ledger(tmp_path / "own" / "ledger.sqlite")) as opened:
        with opened.transaction() as work:
            fill_everything(work)
        for number in range(30):
            with opened.transaction() as work:
                for part in range(30):
                    work.record(make_event(1000 + 30 * number + part))
        yield opened


def rows_of(ledger: SqlLedger) -> dict[str, list[tuple[object, ...]]]:
    with ledger.exclusive() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))
            ]
            for table in schema.metadata.sorted_tables
        }


def test_everything_arrives(source: SqlLedger, ledger: SqlLedger) -> None:
    told: list[tuple[int, int]] = []
    moved = transfer(source, ledger, progress=lambda done, total: told.append((done, total)))
    before, after = rows_of(source), rows_of(ledger)
    assert after == before
    assert all(rows for rows in after.values()), "a table that the test does not fill proves nothing"
    assert dict(moved.rows) == {name: len(rows) for name, rows in before.items()}
    assert moved.audit_size == len(source.audit()) > 900
    assert told[-1] == (moved.total, moved.total)
    assert ledger.verify_audit().ok
    assert ledger.check_integrity() == ()


def test_work_goes_on_in_the_new_one(source: SqlLedger, ledger: SqlLedger) -> None:
    transfer(source, ledger)
    with ledger.transaction() as work:
        work.add_order(make_order(500))
        work.record(make_event(5000))
    assert ledger.order("order_500") is not None
    assert ledger.verify_audit().size == source.verify_audit().size + 1
    with ledger.exclusive() as connection:
        serials = connection.execute(select(schema.orders.c.serial)).scalars().all()
    assert len(serials) == len(set(serials))


def test_once_more_is_known_as_done(source: SqlLedger, ledger: SqlLedger) -> None:
    first = transfer(source, ledger)
    again = transfer(source, ledger)
    assert (first.already_there, again.already_there) == (False, True)
    assert again.rows == first.rows


def test_once_more_when_the_studio_has_gone_on_since(source: SqlLedger, ledger: SqlLedger) -> None:
    """The answer to the first try was lost, and others use the new ledger already."""
    transfer(source, ledger)
    with ledger.transaction() as work:
        work.add_order(make_order(500))
        work.record(make_event(5000))
    before = rows_of(ledger)
    assert transfer(source, ledger).already_there
    assert rows_of(ledger) == before
    with source.transaction() as work:
        work.record(make_event(6000))
    with pytest.raises(LedgerError, match="something else"):
        transfer(source, ledger)
    assert rows_of(ledger) == before


def test_a_ledger_with_something_else_is_left_alone(source: SqlLedger, ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        work.record(make_event(7))
    before = rows_of(ledger)
    with pytest.raises(LedgerError, match="not empty") as caught:
        transfer(source, ledger)
    assert caught.value.code == "ledger.target_not_empty"
    assert rows_of(ledger) == before


def test_a_broken_audit_is_not_moved(source: SqlLedger, ledger: SqlLedger) -> None:
    with source.exclusive() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'mallory' WHERE sequence = 40")
    with pytest.raises(LedgerError, match="not whole"):
        transfer(source, ledger)
    with ledger.exclusive() as connection:
        assert connection.scalar(select(func.count()).select_from(schema.orders)) == 0


def test_what_breaks_off_leaves_nothing(source: SqlLedger, ledger: SqlLedger) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, _total: int) -> None:
        if done > 500:
            raise Stop

    with pytest.raises(Stop):
        transfer(source, ledger, progress=stop)
    assert all(not rows for name, rows in rows_of(ledger).items() if name != schema.audit_tail.name)
    transfer(source, ledger)
    assert rows_of(ledger) == rows_of(source)


def test_back_to_a_file(
    source: SqlLedger, server: Server, template: str, tmp_path: Path, open_again: Callable[[], SqlLedger]
) -> None:
    name = server.make_database(template)
    with closing(open_place(f"{tmp_path}|{server.address(name)}")) as studio:
        transfer(source, studio)
        with closing(open_ledger(tmp_path / "back" / "ledger.sqlite")) as back:
            transfer(studio, back)
            assert rows_of(back) == rows_of(source)
            assert back.verify_audit().ok
