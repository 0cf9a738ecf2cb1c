"""Resolutions and declarations in the database: whatever program writes, they stay as they were."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import make_declaration, make_resolution, moment

from core.ledger.engine import SqlLedger


@pytest.fixture
def filled(ledger: SqlLedger) -> SqlLedger:
    with ledger.transaction() as work:
        work.add_resolution(make_resolution(1))
        for number in (1, 2):
            work.add_declaration(make_declaration(number))
        work.withdraw_declaration("declaration_2", at=moment(9))
    return ledger


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE resolutions SET reason = 'whatever'",
        "UPDATE resolutions SET ends_at = NULL",
        "DELETE FROM resolutions",
        "INSERT OR REPLACE INTO resolutions SELECT * FROM resolutions",
        "UPDATE declarations SET origin = 'own_work'",
        "UPDATE declarations SET id = 'declaration_9' WHERE id = 'declaration_1'",
        "UPDATE declarations SET withdrawn_at = 'x', title = 'y' WHERE id = 'declaration_1'",
        "UPDATE declarations SET withdrawn_at = NULL WHERE id = 'declaration_2'",
        "UPDATE declarations SET withdrawn_at = 'later' WHERE id = 'declaration_2'",
        "DELETE FROM declarations WHERE id = 'declaration_1'",
        "REPLACE INTO declarations SELECT * FROM declarations WHERE id = 'declaration_1'",
    ],
)
def test_no_program_changes_what_was_decided(filled: SqlLedger, path: Path, statement: str) -> None:
    before = (filled.resolutions(), filled.declarations())
    with (
        closing(sqlite3.connect(path, isolation_level=None)) as connection,
        pytest.raises(sqlite3.IntegrityError, match="never changed"),
    ):
        connection.execute(statement)
    assert (filled.resolutions(), filled.declarations()) == before


def test_a_declaration_may_be_withdrawn_by_any_program(filled: SqlLedger, path: Path) -> None:
    at = "2027-01-01T00:00:00.000000Z"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE declarations SET withdrawn_at = ? WHERE id = 'declaration_1'", (at,))
    declaration = filled.declaration("declaration_1")
    assert declaration is not None
    assert declaration.withdrawn_at is not None
    assert declaration.withdrawn_at.year == 2027
