"""The audit in the database: guarded, chained, and every change by whatever means is found."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_values import make_event, make_order, moment

from core.audit.checkpoints import read_checkpoints
from core.audit.merkle import prove_inclusion, verify_inclusion
from core.audit.secrecy import WITHHELD
from core.audit.verify import Tampering, hash_to_leaf
from core.errors import AuditError, LedgerConflict, LedgerError
from core.ledger.engine import SqlLedger, open_ledger
from core.model.audit import GENESIS_SHA256

SIZE = 12
COLUMNS = ("action", "subject", "actor", "at", "details", "prev_sha256", "entry_sha256")
TRIGGERS = ("audit_no_update", "audit_no_delete", "audit_no_replace")


@pytest.fixture
def filled(ledger: SqlLedger) -> SqlLedger:
    with ledger.transaction() as work:
        for number in range(1, SIZE + 1):
            work.record(make_event(number))
    return ledger


def run_sql(path: Path, *statements: str, guarded: bool = False) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if not guarded:
            for trigger in TRIGGERS:
                connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)


def kinds(ledger: SqlLedger) -> set[tuple[Tampering, int, int]]:
    return {(problem.kind, problem.first, problem.last) for problem in ledger.verify_audit().problems}


def test_entries_are_chained_in_their_unit_of_work(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        first = work.record(make_event(1))
        second = work.record(make_event(2))
        assert work.audit() == (first, second)
    assert (first.sequence, first.prev_sha256) == (1, GENESIS_SHA256)
    assert (second.sequence, second.prev_sha256) == (2, first.entry_sha256)
    assert ledger.audit(after=1) == (second,)
    assert ledger.audit(limit=1) == (first,)
    assert ledger.audit(limit=0) == ledger.audit(after=2) == ()


def test_a_unit_that_fails_leaves_no_gap(ledger: SqlLedger) -> None:
    for number in range(6):
        try:
            with ledger.transaction() as work:
                work.record(make_event(number))
                if number % 2:
                    work.add_order(make_order(1))
        except LedgerConflict:
            pass
    assert [entry.sequence for entry in ledger.audit()] == [1, 2, 3, 4]
    assert ledger.verify_audit().ok


def test_free_text_with_a_secret_in_it_is_withheld_and_does_not_stop_the_booking(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order())
        entry = work.record(make_event(details=(("failure", "see https://x.example/?sig=abc"),)))
    assert entry.event.details == (("failure", WITHHELD),)
    assert ledger.audit() == (entry,)
    assert ledger.verify_audit().ok


def test_a_detail_that_is_named_like_a_secret_is_a_mistake_that_stops_the_unit(ledger: SqlLedger) -> None:
    with pytest.raises(AuditError) as caught, ledger.transaction() as work:
        work.record(make_event(details=(("api_key", "abc"),)))
    assert caught.value.code == "audit.secret"
    assert ledger.audit() == ()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody' WHERE sequence = 3",
        "DELETE FROM audit WHERE sequence = 3",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE sequence = 3",
        "REPLACE INTO audit VALUES (3, 'a', 'b', 'c', 'd', 'e', 'f', 'g')",
    ],
)
def test_the_database_itself_keeps_others_from_changing_the_audit(
    filled: SqlLedger, path: Path, statement: str
) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        run_sql(path, statement, guarded=True)
    assert filled.verify_audit().ok
    assert len(filled.audit()) == SIZE


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", [1, 6, SIZE])
@pytest.mark.parametrize("value", ["'x'", "''", "NULL", "X'ff00'", "CAST(X'fe' AS TEXT)", "7"])
def test_an_edit_is_found_where_it_was_made(
    filled: SqlLedger, path: Path, column: str, place: int, value: str
) -> None:
    if value == "NULL":
        value = f"(SELECT group_concat({column}) FROM audit)"
    run_sql(path, f"UPDATE audit SET {column} = {value} WHERE sequence = {place}")
    report = filled.verify_audit()
    assert not report.ok
    assert any(
        problem.kind is Tampering.EDITED and problem.first <= place <= problem.last
        for problem in report.problems
    )


def test_deleting_inserting_renumbering_and_swapping_are_found(filled: SqlLedger, path: Path) -> None:
    run_sql(path, "DELETE FROM audit WHERE sequence IN (4, 5)")
    assert kinds(filled) == {(Tampering.DELETED, 4, 5)}
    run_sql(
        path,
        *(f"UPDATE audit SET sequence = {number - 2} WHERE sequence = {number}" for number in range(6, 13)),
    )
    assert kinds(filled) == {(Tampering.DELETED, 4, 5)}


def test_swapped_entries_are_found(filled: SqlLedger, path: Path) -> None:
    run_sql(
        path,
        "UPDATE audit SET sequence = 100 WHERE sequence = 4",
        "UPDATE audit SET sequence = 4 WHERE sequence = 5",
        "UPDATE audit SET sequence = 5 WHERE sequence = 100",
    )
    assert (Tampering.REORDERED, 4, 4) in kinds(filled)


def test_a_cut_is_found_by_the_recorded_end_and_behind_that_by_a_checkpoint(
    filled: SqlLedger, path: Path
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        tail = connection.execute("SELECT size, entry_sha256, frontier FROM audit_tail").fetchone()
    filled.write_checkpoint(at=moment(100))
    run_sql(path, "DELETE FROM audit WHERE sequence > 9")
    assert kinds(filled) == {(Tampering.TRUNCATED, 10, SIZE)}
    assert tail[0] == SIZE
    # Even with the recorded end made to fit, the checkpoint tells.
    run_sql(
        path,
        "DELETE FROM audit",
        f"UPDATE audit_tail SET size = 0, entry_sha256 = '{'0' * 64}', frontier = ''",
    )
    assert kinds(filled) == {(Tampering.TRUNCATED, 1, SIZE)}
    with filled.transaction() as work:
        for number in range(SIZE):
            work.record(make_event(number + 50))
    assert kinds(filled) == {(Tampering.REWRITTEN, 1, SIZE)}


def test_an_older_copy_put_back_is_found(path: Path, tmp_path: Path) -> None:
    with closing(open_ledger(path)) as ledger:
        with ledger.transaction() as work:
            work.record(make_event(1))
        ledger.write_checkpoint(at=moment(1))
    older = path.read_bytes()
    with closing(open_ledger(path)) as ledger:
        with ledger.transaction() as work:
            work.record(make_event(2))
        ledger.write_checkpoint(at=moment(2))
        assert ledger.verify_audit().ok
    path.write_bytes(older)
    with closing(open_ledger(path)) as ledger:
        assert kinds(ledger) == {(Tampering.TRUNCATED, 2, 2)}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_tail",
        "UPDATE audit_tail SET size = 5",
        "UPDATE audit_tail SET frontier = 'zz'",
        "UPDATE audit_tail SET entry_sha256 = 'short'",
    ],
)
def test_a_damaged_end_is_found_and_keeps_anything_from_being_added(
    filled: SqlLedger, path: Path, statement: str
) -> None:
    run_sql(path, statement)
    report = filled.verify_audit()
    assert not report.ok
    assert report.size == SIZE
    with pytest.raises(LedgerError) as caught, filled.transaction() as work:
        work.record(make_event(99))
    assert caught.value.code == "ledger.damaged_row"
    with pytest.raises(LedgerError):
        filled.write_checkpoint(at=moment(1))


def test_checkpoints_are_written_once_for_a_state_and_hold_the_root(filled: SqlLedger, path: Path) -> None:
    first = filled.write_checkpoint(at=moment(1))
    assert filled.write_checkpoint(at=moment(2)) == first
    assert (first.size, first.root) == (SIZE, filled.verify_audit().root)
    with filled.transaction() as work:
        work.record(make_event(99))
    second = filled.write_checkpoint(at=moment(3))
    assert read_checkpoints(path.with_name("audit.checkpoints.jsonl")) == (first, second)
    report = filled.verify_audit()
    assert report.ok
    assert (report.size, report.checkpoints) == (SIZE + 1, 3)


def test_damaged_checkpoints_are_not_passed_over(filled: SqlLedger) -> None:
    filled.write_checkpoint(at=moment(1))
    filled.checkpoints_path.write_text("{broken}\n")
    with pytest.raises(AuditError):
        filled.verify_audit()


def test_a_single_entry_is_proved_to_be_in_without_the_others(filled: SqlLedger) -> None:
    leaves = [hash_to_leaf(entry.entry_sha256) for entry in filled.audit()]
    checkpoint = filled.write_checkpoint(at=moment(1))
    proof = prove_inclusion(leaves, 6)
    assert verify_inclusion(leaves[6], 6, checkpoint.size, proof, bytes.fromhex(checkpoint.root))
    assert not verify_inclusion(leaves[5], 6, checkpoint.size, proof, bytes.fromhex(checkpoint.root))


@given(data=st.data())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_single_changed_bit_in_any_column_is_found(
    filled: SqlLedger, path: Path, data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, SIZE))
    column = data.draw(st.sampled_from(COLUMNS))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for trigger in TRIGGERS:
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        select = f"SELECT CAST({column} AS BLOB) FROM audit WHERE sequence = {place}"
        before: bytes = connection.execute(select).fetchone()[0]
        bit = data.draw(st.integers(0, 8 * len(before) - 1))
        after = bytearray(before)
        after[bit // 8] ^= 1 << (bit % 8)
        update = f"UPDATE audit SET {column} = CAST(? AS TEXT) WHERE sequence = {place}"
        connection.execute(update, (bytes(after),))
        report = filled.verify_audit()
        connection.execute(update, (before,))
    assert not report.ok
    assert any(problem.first <= place <= problem.last for problem in report.problems)
    assert filled.verify_audit().ok


@pytest.mark.parametrize("bit", range(4))
def test_a_bit_changed_in_the_file_itself_is_found(path: Path, bit: int) -> None:
    with closing(open_ledger(path)) as ledger, ledger.transaction() as work:
        for number in range(1, SIZE + 1):
            work.record(make_event(number, actor="somebody unique"))
    data = bytearray(path.read_bytes())
    assert data.count(b"somebody unique") == SIZE
    where = data.rindex(b"somebody unique")
    data[where + 3] ^= 1 << bit
    path.write_bytes(data)
    with closing(open_ledger(path)) as ledger:
        assert {kind for kind, _, _ in kinds(ledger)} == {Tampering.EDITED}
