"""Every way in which a ledger file can be unusable gives a LedgerError that says what to do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from ledger_values import make_event, make_grant, make_order
from sqlalchemy import event

from core.errors import LedgerError
from core.ledger import schema
from core.ledger.engine import SqlLedger, open_ledger


def open_quickly(path: Path) -> SqlLedger:
    return open_ledger(path, lock_timeout_s=0.1)


def refuse(path: Path) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        open_quickly(path)
    assert caught.value.message.endswith(".")
    return caught.value


def run_sql(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


@contextmanager
def held(path: Path, begin: str) -> Iterator[None]:
    """Hold a lock on the file, as another program would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(begin)
        yield
        connection.rollback()


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Be somebody whom file permissions hold back; root is not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_folders_are_made_and_belong_to_the_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "größe 100%" / "a'b" / "ledger.sqlite"
    with closing(open_quickly(path)) as ledger:
        assert ledger.path == path
        assert ledger.journal_mode == "wal"
        assert ledger.check_integrity() == ()
    if os.name == "posix":
        assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0


def test_settings_of_every_connection(ledger: SqlLedger) -> None:
    expected = {"foreign_keys": 1, "synchronous": 2, "journal_mode": "wal", "busy_timeout": 5000}
    with ledger._engine.connect() as one, ledger._engine.connect() as two:
        for connection in (one, two):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in expected}
            assert found == expected


def test_an_empty_file_is_a_new_ledger(path: Path) -> None:
    path.touch()
    with closing(open_quickly(path)) as ledger:
        assert ledger.orders() == ()


def test_a_relative_path_stays_the_same_when_the_folder_changes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    with closing(open_quickly(Path(path.name))) as ledger:
        monkeypatch.chdir("/")
        with ledger.transaction() as work:
            work.add_order(make_order())
        assert ledger.path == path


def test_while_another_program_writes_one_waits_and_then_says_so(ledger: SqlLedger, path: Path) -> None:
    with closing(open_quickly(path)) as impatient:
        with held(path, "BEGIN IMMEDIATE"):
            with pytest.raises(LedgerError) as caught, impatient.transaction():
                pytest.fail("never reached")
            assert impatient.orders() == (), "reading goes on"
        assert caught.value.code == "ledger.locked"
        assert caught.value.retryable
        assert "try again" in caught.value.message
        with impatient.transaction() as work:
            work.add_order(make_order())
        assert len(ledger.orders()) == 1


def test_a_file_that_is_locked_for_everybody_cannot_be_opened(path: Path) -> None:
    open_quickly(path).close()
    run_sql(path, "PRAGMA journal_mode = DELETE")
    with held(path, "BEGIN EXCLUSIVE"):
        error = refuse(path)
    assert error.code == "ledger.locked"
    open_quickly(path).close()


def test_changing_the_journal_waits_for_others_but_not_for_ever(path: Path) -> None:
    open_quickly(path).close()
    run_sql(path, "PRAGMA journal_mode = DELETE")
    naps: list[float] = []
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM orders").fetchone()
        with pytest.raises(LedgerError) as caught:
            open_ledger(path, lock_timeout_s=0.2, sleep=naps.append)
    assert caught.value.code == "ledger.locked"
    assert naps
    assert sum(naps) >= 0.2


def test_a_file_that_may_not_be_written() -> None:
    # Not tmp_path: an ordinary user cannot come through the folders above it.
    folder = Path(tempfile.mkdtemp())
    path = folder / "ledger.sqlite"
    try:
        with closing(open_quickly(path)) as ledger, ledger.transaction() as work:
            work.add_order(make_order())
        run_sql(path, "PRAGMA journal_mode = DELETE")
        path.chmod(0o444)
        folder.chmod(0o555)
        with ordinary_user():
            error = refuse(path)
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert error.code == "ledger.read_only"
    assert "right to write" in error.message


def test_a_folder_that_may_not_be_made() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        folder.chmod(0o555)
        with ordinary_user():
            error = refuse(folder / "deeper" / "ledger.sqlite")
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert error.code == "ledger.cannot_open"


def test_a_path_through_a_file_and_a_path_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder").mkdir()
    assert refuse(tmp_path / "file" / "ledger.sqlite").code == "ledger.cannot_open"
    assert refuse(tmp_path / "folder").code == "ledger.cannot_open"


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_file_that_is_no_database(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    error = refuse(path)
    assert error.code == "ledger.corrupt"
    assert "backup" in error.message
    assert path.read_bytes() == content, "nothing was touched"


def test_the_database_of_another_program_is_not_touched(path: Path) -> None:
    run_sql(path, "CREATE TABLE bookmarks (url TEXT)")
    before = path.read_bytes()
    assert refuse(path).code == "ledger.not_a_ledger"
    assert path.read_bytes() == before


def test_a_ledger_without_its_version_is_not_taken_for_a_new_one(path: Path) -> None:
    open_quickly(path).close()
    run_sql(path, "DELETE FROM schema_version")
    assert refuse(path).code == "ledger.not_a_ledger"


@pytest.mark.parametrize("version", [f"{int(schema.SCHEMA_VERSION) + 1:04d}", "9999", "zzzz"])
def test_a_ledger_of_a_newer_version_is_not_touched(path: Path, version: str) -> None:
    open_quickly(path).close()
    run_sql(path, f"UPDATE schema_version SET version_num = '{version}'", "PRAGMA journal_mode = DELETE")
    before = path.read_bytes()
    error = refuse(path)
    assert error.code == "ledger.newer_schema"
    assert "Update Clearance" in error.message
    assert path.read_bytes() == before


def test_damage_in_the_middle_is_found(ledger: SqlLedger, path: Path) -> None:
    with ledger.transaction() as work:
        for number in range(300):
            work.add_grant(make_grant(number))
    assert ledger.check_integrity() == ()
    ledger.close()
    data = bytearray(path.read_bytes())
    for start in range(0, len(data), 4096):
        if b"Oak table by Mia" in data[start : start + 4096]:
            data[start : start + 200] = b"\xff" * 200
    path.write_bytes(data)
    with closing(open_quickly(path)) as damaged:
        with pytest.raises(LedgerError) as caught:
            damaged.grants()
        assert caught.value.code == "ledger.corrupt"
        assert damaged.check_integrity() != ()


def test_a_row_that_somebody_made_unreadable_is_named(ledger: SqlLedger, path: Path) -> None:
    with ledger.transaction() as work:
        work.add_grant(make_grant(1))
        work.add_grant(make_grant(2))
    run_sql(path, "UPDATE grants SET granted_at = 'yesterday' WHERE id = 'grant_2'")
    for read in (ledger.grants, lambda: ledger.grant("grant_2"), lambda: ledger.grants_by_id(["grant_2"])):
        with pytest.raises(LedgerError) as caught:
            read()
        assert caught.value.code == "ledger.damaged_row"
        assert caught.value.context == {"table": "grants", "row": "grant_2"}
    assert ledger.grant("grant_1") == make_grant(1)
    run_sql(path, "UPDATE grants SET title = CAST(X'ff00' AS TEXT) WHERE id = 'grant_1'")
    with pytest.raises(LedgerError) as caught:
        ledger.grant("grant_1")
    assert caught.value.code == "ledger.corrupt"


def test_rows_that_refer_to_nothing_are_found(ledger: SqlLedger, path: Path) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order())
        work.add_grant(make_grant(order_id="order_1"))
    run_sql(path, "PRAGMA foreign_keys = OFF", "DELETE FROM orders")
    assert ledger.check_integrity() == ("a row of grants refers to a row of orders that is missing",)


def test_a_full_disk_takes_the_unit_back_and_says_so(ledger: SqlLedger) -> None:
    with ledger.transaction() as work:
        work.add_order(make_order(1))
        work.record(make_event(1))

    def fill_up(connection: Any, *_: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    event.listen(ledger._engine, "checkout", fill_up)
    with pytest.raises(LedgerError) as caught, ledger.transaction() as work:  # noqa: PT012 (somewhere in there)
        work.add_order(make_order(2))
        work.record(make_event(2))
        for number in range(100):
            work.keep_terms(str(number), "x" * 10_000)
    assert caught.value.code == "ledger.disk_full"
    assert "Free some space" in caught.value.message
    event.remove(ledger._engine, "checkout", fill_up)
    assert [order.id for order in ledger.orders()] == ["order_1"]
    assert ledger.verify_audit().ok
    ledger._engine.dispose()
    with ledger.transaction() as work:
        work.add_order(make_order(2))
    assert len(ledger.orders()) == 2
    assert ledger.check_integrity() == ()


def test_on_a_network_share_the_log_needs_no_shared_memory(path: Path) -> None:
    with closing(open_ledger(path, on_network=lambda folder: folder == path.parent)) as ledger:
        assert ledger.journal_mode == "delete"
        with ledger.transaction() as work:
            work.add_order(make_order())
            assert ledger.orders() == ()
        assert len(ledger.orders()) == 1
        assert not path.with_name("ledger.sqlite-wal").exists()
    with closing(open_quickly(path)) as ledger:
        assert ledger.journal_mode == "wal"
    with closing(open_ledger(path, on_network=lambda _: True)) as ledger:
        assert ledger.journal_mode == "delete"
        assert len(ledger.orders()) == 1


def test_nothing_is_left_open_or_lying_about(path: Path) -> None:
    with closing(open_quickly(path)) as ledger, ledger.transaction() as work:
        work.add_order(make_order())
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_opening_imports_alembic_only_to_migrate(path: Path, pytestconfig: pytest.Config) -> None:
    script = (
        "import sys; from pathlib import Path; from core.ledger.engine import open_ledger\n"
        "for _ in range(2): open_ledger(Path(sys.argv[1])).close()\n"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == "False"


def test_the_port_alone_imports_no_database(pytestconfig: pytest.Config) -> None:
    script = "import sys, core.ledger.port; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=pytestconfig.rootpath, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
