"""Ledgers of every released version become this one's with all that is in them, or stay as they were."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import (
    make_content,
    make_declaration,
    make_document,
    make_event,
    make_grant,
    make_resolution,
)
from old_ledgers import check_contents, list_versions, restore

from core.errors import LedgerError
from core.ids import hash_grant_id
from core.ledger import schema
from core.ledger.engine import open_ledger
from core.ledger.migrate import MIGRATIONS, prepare_schema, upgrade
from core.ledger.sqlite import make_engine
from core.model.license import TermsSource

HERE = Path(__file__).parent

NEXT = '''
"""A version after this one: rebuilds a table, adds a column and a table."""
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{head}"

def upgrade():
    op.create_table("desks", sa.Column("grant_id", sa.Text, sa.ForeignKey("grants.id"), primary_key=True))
    with op.batch_alter_table("grants", recreate="always") as batch:
        batch.add_column(sa.Column("department", sa.Text, nullable=False, server_default="none"))
    op.execute("INSERT INTO desks SELECT id FROM grants")
    {more}
'''
DIE_IN_THE_MIDDLE = "print('ready', flush=True); import time; time.sleep(600)"


@pytest.fixture
def old(path: Path) -> Path:
    """A ledger file of version 0001 with something of everything in it."""
    return restore("0001", path)


@pytest.fixture
def make_scripts(tmp_path: Path) -> Callable[[str], Path]:
    """Make a folder of migrations with one version more than there is, which does ``more`` at its end."""

    def make(more: str = "") -> Path:
        folder = tmp_path / "50% of the scripts, %(here)s"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "v9001_next.py").write_text(
            NEXT.format(head=schema.SCHEMA_VERSION, more=more), encoding="utf-8"
        )
        return folder

    return make


@pytest.fixture
def start_child(pytestconfig: pytest.Config) -> Iterator[Callable[[Path, Path], subprocess.Popen[str]]]:
    root = pytestconfig.rootpath
    started: list[subprocess.Popen[str]] = []

    def start(path: Path, scripts: Path) -> subprocess.Popen[str]:
        child = subprocess.Popen(
            [sys.executable, str(HERE / "children" / "migrate.py"), str(path), str(scripts), "9001"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root)},
        )
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def read_ddl(path: Path) -> set[tuple[str, str, str]]:
    """Return everything that the schema consists of, with its text but for white space."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, sql FROM sqlite_master").fetchall()
    return {(kind, name, re.sub(r"\s+", " ", sql or "")) for kind, name, sql in rows}


def test_the_newest_script_is_the_version_that_the_code_knows() -> None:
    assert list_versions()[-1] == schema.SCHEMA_VERSION
    assert all(re.fullmatch(r"\d{4}", version) for version in list_versions())


def test_a_new_ledger_and_one_that_went_through_all_scripts_have_the_same_schema(tmp_path: Path) -> None:
    new, migrated = tmp_path / "new.sqlite", tmp_path / "migrated.sqlite"
    open_ledger(new).close()
    migrated.touch()
    upgrade(migrated, lock_timeout_s=1.0)
    assert read_ddl(new) == read_ddl(migrated)
    assert dump(new)[-1] == dump(migrated)[-1]
    with closing(open_ledger(migrated)) as ledger:
        assert ledger.verify_audit().ok


@pytest.mark.parametrize("version", list_versions())
def test_a_ledger_of_every_version_opens_with_what_is_in_it(path: Path, version: str) -> None:
    restore(version, path)
    for _ in range(2):
        with closing(open_ledger(path)) as ledger:
            check_contents(ledger, version)
            assert ledger.verify_audit().ok
            assert ledger.check_integrity() == ()
    with closing(open_ledger(path)) as ledger, ledger.transaction() as work:
        work.record(make_event(9))
        work.add_grant(make_grant(9, source=TermsSource.CONTRACT))
        work.add_document(make_document(9))
        work.add_resolution(make_resolution(9))
        work.add_declaration(make_declaration(9))
        work.replace_fingerprints("grant_9", [make_content(9, grant_id="grant_9")])
    new = path.with_name("new.sqlite")
    open_ledger(new).close()
    assert read_ddl(path) == read_ddl(new)


@pytest.mark.parametrize("version", list_versions())
def test_the_scripts_of_a_released_version_still_make_what_was_released(tmp_path: Path, version: str) -> None:
    migrated, released = tmp_path / "migrated.sqlite", tmp_path / "released.sqlite"
    migrated.touch()
    upgrade(migrated, lock_timeout_s=1.0, newest=version)
    restore(version, released)
    assert read_ddl(migrated) == read_ddl(released)


def test_the_numbers_of_old_grants_are_those_of_new_ones(path: Path) -> None:
    restore("0002", path)
    names = ["", "grant_24141", "grant_72517", "größe 🪑", *(f"grant_x{number}" for number in range(1000))]
    with closing(sqlite3.connect(path)) as connection, connection:
        row = list(connection.execute("SELECT * FROM grants WHERE id = 'grant_2'").fetchone())
        for number, name in enumerate(names):
            row[:3] = [100 + number, name, None]
            connection.execute(f"INSERT INTO grants VALUES ({','.join('?' * len(row))})", row)
    with closing(open_ledger(path)) as ledger:
        found = ledger.grants_by_face(map(hash_grant_id, names))
        assert {grant.id for twins in found.values() for grant in twins} == set(names)
        assert len(found) == len(names) - 1
        assert all(hash_grant_id(grant.id) == number for number, twins in found.items() for grant in twins)


def test_a_migration_keeps_the_data_and_puts_a_copy_aside(
    old: Path, make_scripts: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(old)
    monkeypatch.chdir("/")
    engine = make_engine(old, lock_timeout_s=1.0)
    prepare_schema(engine, old, lock_timeout_s=1.0, migrations=make_scripts(), newest="9001")
    engine.dispose()
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT version_num FROM schema_version").fetchall() == [("9001",)]
        assert connection.execute("SELECT id, department FROM grants ORDER BY id").fetchall() == [
            ("grant_1", "none"), ("grant_2", "none"),
        ]  # fmt: skip
        assert connection.execute("SELECT count(*) FROM desks").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM files").fetchone() == (2,), "nothing cascaded away"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy = old.with_name("ledger.version-0001.sqlite")
    assert dump(copy) == before
    with closing(open_ledger(copy)) as ledger:
        check_contents(ledger)
    with pytest.raises(LedgerError) as caught:
        open_ledger(old)
    assert caught.value.code == "ledger.newer_schema"


def test_a_migration_that_is_done_is_not_done_again(old: Path, make_scripts: Callable[..., Path]) -> None:
    scripts = make_scripts()
    assert upgrade(old, lock_timeout_s=1.0, migrations=scripts, newest="9001") is not None
    after = dump(old)
    assert upgrade(old, lock_timeout_s=1.0, migrations=scripts, newest="9001") is None
    assert dump(old) == after


@pytest.mark.parametrize(
    "more",
    [
        "raise RuntimeError('the script is wrong')",
        "op.execute('SELECT nonsense FROM nowhere')",
        "op.execute(\"INSERT INTO files SELECT 99, 'nobody', 'a', 'b', 1, 'c', 'd'\")",
        "op.execute(\"UPDATE schema_version SET version_num = '9001x'\")",
    ],
    ids=["raises", "bad SQL", "broken reference", "version lost"],
)
def test_a_migration_that_fails_leaves_the_ledger_as_it_was(
    old: Path, make_scripts: Callable[..., Path], more: str
) -> None:
    before = dump(old)
    with pytest.raises(LedgerError) as caught:
        upgrade(old, lock_timeout_s=1.0, migrations=make_scripts(more), newest="9001")
    assert caught.value.code == "ledger.migration_failed"
    assert "as it was" in caught.value.message
    assert dump(old) == before
    with closing(open_ledger(old)) as ledger:
        check_contents(ledger)


def test_scripts_that_end_too_early_are_no_migration(old: Path) -> None:
    before = dump(old)
    with pytest.raises(LedgerError) as caught:
        upgrade(old, lock_timeout_s=1.0, newest="9001")
    assert caught.value.code == "ledger.migration_failed"
    assert dump(old) == before


def test_a_process_killed_in_the_middle_leaves_the_old_state(
    old: Path, make_scripts: Callable[..., Path], start_child: Callable[[Path, Path], subprocess.Popen[str]]
) -> None:
    open_ledger(old).close()
    before = dump(old)
    child = start_child(old, make_scripts(DIE_IN_THE_MIDDLE))
    assert child.stdout is not None
    assert child.stdout.readline().strip() == "ready"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert dump(old) == before
    with closing(open_ledger(old)) as ledger:
        check_contents(ledger)
        assert ledger.check_integrity() == ()
    assert upgrade(old, lock_timeout_s=1.0, migrations=make_scripts(), newest="9001") is not None


def test_of_several_processes_one_migrates_and_the_others_find_it_done(
    old: Path, make_scripts: Callable[..., Path], start_child: Callable[[Path, Path], subprocess.Popen[str]]
) -> None:
    scripts = make_scripts()
    children = [start_child(old, scripts) for _ in range(4)]
    outcomes = [child.communicate()[0].strip() for child in children]
    assert [child.returncode for child in children] == [0] * 4
    assert sorted(outcomes) == ["done before"] * 3 + ["ledger.version-0001.sqlite"]


def test_without_room_for_a_copy_nothing_is_migrated(old: Path, make_scripts: Callable[..., Path]) -> None:
    before = dump(old)
    old.with_name("ledger.version-0001.sqlite").mkdir()
    with pytest.raises(LedgerError) as caught:
        upgrade(old, lock_timeout_s=1.0, migrations=make_scripts(), newest="9001")
    assert caught.value.code == "ledger.migration_failed"
    assert dump(old) == before


def test_work_that_others_have_under_way_is_waited_for_and_kept(
    old: Path, make_scripts: Callable[..., Path], start_child: Callable[[Path, Path], subprocess.Popen[str]]
) -> None:
    with closing(open_ledger(old)) as ledger:
        with ledger.transaction() as work:
            child = start_child(old, make_scripts())
            work.add_grant(make_grant(3))
        output, _ = child.communicate()
        assert child.returncode == 0
        assert output.strip() == f"ledger.version-{schema.SCHEMA_VERSION}.sqlite"
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("SELECT count(*) FROM desks").fetchone() == (3,)
