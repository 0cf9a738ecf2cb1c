"""SQLite's own guards for what is only ever added to, whatever program writes.

PostgreSQL keeps roles without the right to change or delete.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table

AUDIT_NEVER = "the audit is never changed"
DECIDED_NEVER = "what was decided and declared is never changed"


def guard_audit(_table: Table, connection: Connection, **_options: object) -> None:
    """Keep audit entries from being changed, deleted or replaced."""
    there = "WHEN EXISTS (SELECT 1 FROM audit WHERE sequence = NEW.sequence)"
    never = _abort(AUDIT_NEVER)
    _run(
        connection,
        (
            f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {never}",
            f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {never}",
            # INSERT OR REPLACE deletes without asking the trigger above.
            f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit {there} {never}",
        ),
    )


def guard_decisions(table: Table, connection: Connection, **_options: object) -> None:
    """Keep resolutions and declarations as they are; a declaration may be withdrawn, once."""
    name, never = table.name, _abort(DECIDED_NEVER)
    when = ""
    if "withdrawn_at" in table.c:
        others = [column.name for column in table.c if column.name != "withdrawn_at"]
        changed = [f"NEW.{column} IS NOT OLD.{column}" for column in others]
        when = f"WHEN {' OR '.join(('OLD.withdrawn_at IS NOT NULL', *changed))} "
    there = f"WHEN EXISTS (SELECT 1 FROM {name} WHERE id = NEW.id OR serial = NEW.serial)"  # noqa: S608 - our own names
    _run(
        connection,
        (
            f"CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} {when}{never}",
            f"CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} {never}",
            f"CREATE TRIGGER {name}_no_replace BEFORE INSERT ON {name} {there} {never}",
        ),
    )


def _abort(message: str) -> str:
    return f"BEGIN SELECT RAISE(ABORT, '{message}'); END"


def _run(connection: Connection, statements: Iterable[str]) -> None:
    if connection.dialect.name == "sqlite":
        for statement in statements:
            connection.exec_driver_sql(statement)
