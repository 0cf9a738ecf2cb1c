"""The database's own guards for what is only ever added to, whatever program writes.

On a studio's PostgreSQL they stand beside the rights of its roles: an owner of the tables could change what
no role may, and is stopped here.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, Table

AUDIT_NEVER = "the audit is never changed"
DECIDED_NEVER = "what was decided and declared is never changed"
BOOKED_NEVER = "what was booked is never changed"


def guard_audit(_table: Table, connection: Connection, **_options: object) -> None:
    """Keep audit entries from being changed, deleted or replaced."""
    if connection.dialect.name == "postgresql":
        _refuse_in_postgres(connection, "audit", AUDIT_NEVER)
        return
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
    _guard(table, connection, DECIDED_NEVER)


def guard_bookings(table: Table, connection: Connection, **_options: object) -> None:
    """Keep what is written once (entries of journals, payments, invoices) as it is."""
    _guard(table, connection, BOOKED_NEVER)


def _guard(table: Table, connection: Connection, message: str) -> None:
    name, never = table.name, _abort(message)
    when = ""
    others = [column.name for column in table.c if column.name != "withdrawn_at"]
    if connection.dialect.name == "postgresql":
        changed = [f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in others]
        _refuse_in_postgres(
            connection,
            name,
            message,
            unless=f"NOT ({' OR '.join(('OLD.withdrawn_at IS NOT NULL', *changed))})"
            if "withdrawn_at" in table.c
            else "",
        )
        return
    if "withdrawn_at" in table.c:
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
    for statement in statements:
        connection.exec_driver_sql(statement)


def _refuse_in_postgres(connection: Connection, table: str, message: str, *, unless: str = "") -> None:
    """Refuse UPDATE (``unless`` a condition on OLD and NEW holds), DELETE and TRUNCATE of a table."""
    allowed = f"IF TG_OP = 'UPDATE' THEN IF {unless} THEN RETURN NEW; END IF; END IF; " if unless else ""
    _run(
        connection,
        (
            (
                f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN {allowed}RAISE EXCEPTION '{message}'; END $$"
            ),
            (
                f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION {table}_refuse()"
            ),
            (
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()"
            ),
        ),
    )
