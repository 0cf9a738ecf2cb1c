"""A ledger leaves its file for good: not while others have it open; who looks there later is told where."""

from __future__ import annotations

import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ledger_values import fill_everything, make_event, make_order

from core.cli import run as run_cli
from core.errors import LedgerError
from core.ledger import schema
from core.ledger.engine import SqlLedger, open_ledger
from core.ledger.moving import move_ledger

Start = Callable[..., subprocess.Popen[str]]
AT = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger file with something in every table, closed."""
    path = tmp_path / "own" / "ledger.sqlite"
    with closing(open_ledger(path)) as own, own.transaction() as work:
        fill_everything(work)
    return path


def move(path: Path, target: SqlLedger) -> None:
    move_ledger(path, target, at=AT, patience_s=0.1)


def ask(child: subprocess.Popen[str], step: str) -> str:
    """Let the other process do something; return how it went."""
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(f"{step}\n")
    child.stdin.flush()
    return child.stdout.readline().strip()


def start_bystander(start_child: Start, path: Path, *more: str) -> subprocess.Popen[str]:
    child = start_child("bystander.py", str(path), *more)
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    return child


def end(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait() == 0


@pytest.mark.parametrize("step", ["read", "write"])
def test_not_while_another_process_has_it_open(
    path: Path, ledger: SqlLedger, start_child: Start, step: str
) -> None:
    """It has done something, and is idle now: no lock is taken that a writer would notice."""
    child = start_bystander(start_child, path)
    assert ask(child, step) == "ok"
    with pytest.raises(LedgerError, match="open in another program") as caught:
        move(path, ledger)
    assert (caught.value.code, caught.value.retryable) == ("ledger.in_use", True)
    assert ledger.audit() == ()
    assert ask(child, "write") == "ok"
    end(child)
    move(path, ledger)
    with closing(open_ledger(path, although_moved=True)) as old:
        assert ledger.audit() == old.audit()
        assert ledger.orders() == old.orders() != ()


def test_killed_bystanders_are_no_hindrance(path: Path, ledger: SqlLedger, start_child: Start) -> None:
    """What it had committed is in the log beside the file, and goes with it."""
    child = start_bystander(start_child, path)
    assert ask(child, "write") == "ok"
    child.kill()
    child.wait()
    assert path.with_name(f"{path.name}-wal").stat().st_size
    move(path, ledger)
    assert len(ledger.audit()) == 2
    assert [each.name for each in path.parent.glob("ledger*")] == [path.name]


@pytest.mark.parametrize(("more", "before"), [((), ""), (("network",), "write")])
def test_who_has_it_open_still_is_told(
    path: Path, ledger: SqlLedger, start_child: Start, more: tuple[str, ...], before: str
) -> None:
    """Opened, and not used yet; or on a network share, where an idle program cannot be noticed."""
    child = start_bystander(start_child, path, *more)
    if before:
        assert ask(child, before) == "ok"
    move(path, ledger)
    content = path.read_bytes()
    for step in ("read", "write", "open", "write"):
        told = ask(child, step)
        assert told.startswith("ledger.moved "), told
        assert f"has moved to {ledger.place} (2026-11-30)" in told
    end(child)
    assert path.read_bytes() == content
    assert ledger.verify_audit().ok


def test_nobody_comes_in_meanwhile(path: Path, ledger: SqlLedger) -> None:
    codes = set()

    def look_in(_done: int, _total: int) -> None:
        with pytest.raises(LedgerError) as caught:
            open_ledger(path, lock_timeout_s=0.0, sleep=lambda _s: None)
        codes.add(caught.value.code)

    move_ledger(path, ledger, at=AT, progress=look_in)
    assert codes == {"ledger.locked"}


def test_other_programs_cannot_write_to_what_was_left(path: Path, ledger: SqlLedger) -> None:
    move(path, ledger)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in (*schema.metadata.sorted_tables, schema.schema_version):
            assert connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
            for statement in (f"DELETE FROM {table.name}", f"INSERT INTO {table.name} DEFAULT VALUES"):
                with pytest.raises(sqlite3.IntegrityError, match=f"moved to {ledger.place}"):
                    connection.execute(statement)
    with (
        closing(open_ledger(path, although_moved=True)) as old,
        pytest.raises(LedgerError, match="left behind"),
        old.transaction() as work,
    ):
        work.add_order(make_order(77))


def test_a_move_that_broke_off_after_everything_had_arrived(path: Path, ledger: SqlLedger) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == total:
            raise Stop

    with pytest.raises(Stop):
        move_ledger(path, ledger, at=AT, progress=stop)
    with closing(open_ledger(path)) as own, own.transaction() as work:
        work.record(make_event(9000))
    move(path, ledger)
    assert len(ledger.audit()) == 2
    with pytest.raises(LedgerError, match="has moved to"):
        move(path, ledger)
    assert len(ledger.audit()) == 2


def test_commands_say_it(path: Path, ledger: SqlLedger, capsys: pytest.CaptureFixture[str]) -> None:
    move(path, ledger)
    environ = {
        "CLEARANCE_DATA_DIR": str(path.parent),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    assert run_cli(["library"], environ=environ) == 1
    told = " ".join(capsys.readouterr().err.split())
    assert "has moved to" in told
    assert "CLEARANCE_LEDGER" in told
