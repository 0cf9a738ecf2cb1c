"""Drills of a ledger's update: an older one, killed or cut off on the way to this version's schema.

A process that uses this forks first: what is listened to here holds for every database connection.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

from killing import Boundaries
from old_ledgers import restore
from sqlalchemy import URL, Engine, MetaData, event, func, insert, select

from core.ledger import schema
from core.ledger.engine import open_ledger
from core.ledger.guards import guard_audit, guard_decisions
from core.ledger.migrate import MIGRATIONS, run_scripts
from core.ledger.postgres import WRITING, make_engine
from core.ledger.sqlite import make_engine as make_file_engine
from core.ledger.studio import set_up_studio_ledger

FIRST = "0003"
"""Older ones were never a studio's."""
EVERY = 20
"""Of the statements; those around a version's end all count."""


def make_old_studio_ledger(url: URL, version: str, folder: Path) -> None:
    """Make a ledger of a version, from ``FIRST`` on, in an empty database, with what its file has."""
    path = restore(version, folder / f"of-{version}.sqlite")
    file_engine = make_file_engine(path, lock_timeout_s=60.0)
    engine = make_engine(url, lock_timeout_s=60.0).execution_options(**WRITING)
    try:
        with engine.connect() as there, there.begin():
            run_scripts(there, MIGRATIONS, newest=version, place=url, copy="nothing")
            # A studio's ledger never began with the scripts: it was made at once, with its guards.
            guard_audit(schema.audit, there)
            guard_decisions(schema.resolutions, there)
            guard_decisions(schema.declarations, there)
        tables = MetaData()
        tables.reflect(engine)
        with engine.connect() as there, there.begin(), file_engine.connect() as here, here.begin():
            for table in tables.sorted_tables:
                if table.name == schema.VERSION_TABLE:
                    continue
                rows = [dict(row) for row in here.execute(select(table)).mappings()]
                if table.name == schema.audit_tail.name:
                    there.execute(table.update().values(rows[0]))
                elif rows:
                    there.execute(insert(table), rows)
                    last = max(row.get("serial", 0) for row in rows)
                    if last:
                        numbers = func.pg_get_serial_sequence(table.name, "serial")
                        there.execute(select(func.setval(numbers, last)))
    finally:
        engine.dispose()
        file_engine.dispose()


def listen(boundaries: Boundaries) -> None:
    """Cross boundaries around the steps of an update, in this process, for good."""
    count = 0

    def before(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        nonlocal count
        count += 1
        if count % EVERY == 0:
            boundaries.cross("statement")
        if is_end(statement):
            boundaries.cross("before a version's end")

    def after(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if is_end(statement):
            boundaries.cross("after a version's end")

    def on_file(name: str, _arguments: tuple[Any, ...]) -> None:
        if name in {"os.rename", "os.remove"}:
            boundaries.cross(name)

    event.listen(Engine, "before_cursor_execute", before)
    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "commit", lambda _connection: boundaries.cross("before commit"))
    sys.addaudithook(on_file)


def is_end(statement: str) -> bool:
    """Say whether a statement notes that a version was reached."""
    return schema.VERSION_TABLE in statement and statement.lstrip().upper().startswith(("UPDATE", "INSERT"))


def update(place: str | URL) -> None:
    """Bring a ledger to this version, as starting the program does, or ``clearance ledger setup``."""
    if isinstance(place, URL):
        set_up_studio_ledger(place, lock_timeout_s=60.0)
    else:
        open_ledger(Path(place), lock_timeout_s=60.0).close()


def dump(path: Path) -> list[str]:
    """Return everything that is in a file."""
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def describe_schema(url: URL) -> tuple[set[tuple[Any, ...]], ...]:
    """Return what a studio's database consists of: columns, rules, indexes, triggers, functions, rights."""
    ours = "WHERE table_schema = 'public'"
    columns, rights = "information_schema.columns", "information_schema.role_table_grants"
    rules = "FROM pg_constraint WHERE connamespace = 'public'::regnamespace"
    queries = (
        f"SELECT table_name, column_name, data_type, is_nullable FROM {columns} {ours}",
        f"SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) {rules}",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT tablename, policyname, coalesce(qual, '') FROM pg_policies",
        f"SELECT grantee, table_name, privilege_type FROM {rights} {ours}",
        f"SELECT version_num FROM {schema.VERSION_TABLE}",
    )
    engine = make_engine(url, lock_timeout_s=60.0)
    try:
        with engine.connect() as connection, connection.begin():
            return tuple({tuple(row) for row in connection.exec_driver_sql(query)} for query in queries)
    finally:
        engine.dispose()
