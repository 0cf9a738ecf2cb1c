"""Somebody who owns the database changes the audit: found on both engines, and where."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from ledger_values import make_event, moment
from sqlalchemy import Connection

from core.audit.signing import SignedCheckpoint, is_signed, make_key, public_half, sign
from core.audit.verify import Tampering
from core.ledger.engine import SqlLedger

SIZE, EARLIER = 12, 9
KEY = make_key()
COLUMNS = "action, subject, actor, at, details, prev_sha256, entry_sha256"
COPY = f"INSERT INTO audit (sequence, {COLUMNS}) SELECT"

CASES: dict[str, tuple[Sequence[str], tuple[Tampering, int, int]]] = {
    "edit": (("UPDATE audit SET actor = 'mallory' WHERE sequence = 5",), (Tampering.EDITED, 5, 5)),
    "deletion": (("DELETE FROM audit WHERE sequence IN (4, 5)",), (Tampering.DELETED, 4, 5)),
    "deletion, renumbered": (
        (
            "DELETE FROM audit WHERE sequence IN (4, 5)",
            "UPDATE audit SET sequence = sequence + 1000 WHERE sequence > 5",
            "UPDATE audit SET sequence = sequence - 1002 WHERE sequence > 1000",
        ),
        (Tampering.DELETED, 4, 5),
    ),
    "insertion": (
        (
            "UPDATE audit SET sequence = sequence + 1000 WHERE sequence > 4",
            "UPDATE audit SET sequence = sequence - 999 WHERE sequence > 1000",
            f"{COPY} 5, {COLUMNS} FROM audit WHERE sequence = 4",
        ),
        (Tampering.INSERTED, 5, 5),
    ),
    "reordering": (
        (
            "UPDATE audit SET sequence = 1000 WHERE sequence = 4",
            "UPDATE audit SET sequence = 4 WHERE sequence = 5",
            "UPDATE audit SET sequence = 5 WHERE sequence = 1000",
        ),
        (Tampering.REORDERED, 4, 4),
    ),
    "truncation": ((f"DELETE FROM audit WHERE sequence > {EARLIER}",), (Tampering.TRUNCATED, 10, SIZE)),
}


@pytest.fixture
def kept(ledger: SqlLedger) -> SignedCheckpoint:
    """A ledger with some entries, and their signed checkpoint that is kept elsewhere."""
    with ledger.transaction() as work:
        for number in range(1, SIZE + 1):
            work.record(make_event(number))
    return sign(ledger.write_checkpoint(at=moment(1)), ledger="studio", secret=KEY)


def disarm(connection: Connection) -> None:
    """Take the guards away, as only the owner of the tables can."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
        return
    for trigger in ("audit_no_update", "audit_no_delete", "audit_no_replace"):
        connection.exec_driver_sql(f"DROP TRIGGER {trigger}")


@pytest.mark.parametrize("case", CASES)
def test_each_way_is_found_and_where(ledger: SqlLedger, kept: SignedCheckpoint, case: str) -> None:
    statements, found = CASES[case]
    with ledger.exclusive() as connection:
        disarm(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
    for report in (ledger.verify_audit(), ledger.verify_audit([kept.checkpoint])):
        assert not report.ok
        assert found in {(problem.kind, problem.first, problem.last) for problem in report.problems}


def test_a_cut_that_was_made_to_fit_is_told_by_what_is_kept_elsewhere(ledger: SqlLedger) -> None:
    """Entries, the recorded end and this machine's checkpoints: all of them as they once were."""
    with ledger.transaction() as work:
        for number in range(1, EARLIER + 1):
            work.record(make_event(number))
    with ledger.exclusive() as connection:
        end = connection.exec_driver_sql("SELECT size, entry_sha256, frontier FROM audit_tail").one()
    with ledger.transaction() as work:
        for number in range(EARLIER + 1, SIZE + 1):
            work.record(make_event(number))
    kept = sign(ledger.write_checkpoint(at=moment(1)), ledger="studio", secret=KEY)
    with ledger.exclusive() as connection:
        disarm(connection)
        connection.exec_driver_sql(f"DELETE FROM audit WHERE sequence > {EARLIER}")
        connection.exec_driver_sql(
            f"UPDATE audit_tail SET size = {end[0]}, entry_sha256 = '{end[1]}', frontier = '{end[2]}'"
        )
    ledger.checkpoints_path.unlink()
    assert ledger.verify_audit().ok, "nothing on this machine tells any more"
    assert is_signed(kept, public_key=public_half(KEY))
    (problem,) = ledger.verify_audit([kept.checkpoint]).problems
    assert (problem.kind, problem.first, problem.last) == (Tampering.TRUNCATED, EARLIER + 1, SIZE)
    assert "ends before entry 10" in problem.message
    # Who goes on as if nothing had been does not get past it either.
    with ledger.transaction() as work:
        for number in range(50, 60):
            work.record(make_event(number))
    assert ledger.verify_audit().ok
    (problem,) = ledger.verify_audit([kept.checkpoint]).problems
    assert problem.kind is Tampering.REWRITTEN
