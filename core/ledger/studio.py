"""A studio's ledger on PostgreSQL: set up once by whoever looks after the database, opened by everybody.

Import this module only when such a ledger is opened: it pulls in SQLAlchemy and the driver.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, select, text

from ..errors import LedgerError
from ..model.people import Role
from . import schema
from .migrate import MIGRATIONS, check_known, create_schema, read_version, run_scripts
from .postgres import SCHEMA_LOCK, WRITING, describe, make_engine
from .sql_ledger import LOCK_TIMEOUT_S, SqlLedger
from .transaction import SqlTransaction
from .trouble import translated

ACCESS_SQL = Path(__file__).resolve().parent / "sql" / "access.sql"


class StudioTransaction(SqlTransaction):
    """A unit of work in a studio's ledger, with what only PostgreSQL has: roles."""

    def set_roles(self, login: str, roles: Collection[Role]) -> None:
        """Give a login exactly these roles, and make it where there is none (without a password).

        Raises LedgerError where one's own login may not do that.
        """
        name = self._connection.dialect.identifier_preparer.quote_identifier(login)
        known = select(text("1")).select_from(text("pg_roles")).where(text("rolname = :login"))
        with translated(self._place):
            if self._connection.execute(known, {"login": login}).first() is None:
                self._connection.exec_driver_sql(f"CREATE ROLE {name} LOGIN")
            for role in Role:
                verb, to = ("GRANT", "TO") if role in roles else ("REVOKE", "FROM")
                self._connection.exec_driver_sql(f"{verb} clearance_{role} {to} {name}")


class StudioLedger(SqlLedger):
    """A ledger that a studio shares."""

    def __init__(
        self, engine: Engine, *, place: str, checkpoints_path: Path, lock_timeout_s: float = LOCK_TIMEOUT_S
    ) -> None:
        super().__init__(
            reading=engine,
            writing=engine.execution_options(**WRITING),
            place=place,
            checkpoints_path=checkpoints_path,
            lock_timeout_s=lock_timeout_s,
        )

    def _make_unit(self, connection: Connection) -> StudioTransaction:
        return StudioTransaction(connection, place=self._place)

    def check_integrity(self) -> tuple[str, ...]:
        """Return which of the database's rules do not hold: failed indexes, constraints never checked."""
        query = (
            "SELECT indexrelid::regclass::text || ' is not valid' FROM pg_index "
            "WHERE NOT (indisvalid AND indisready) UNION ALL "
            "SELECT conname || ' was never checked' FROM pg_constraint WHERE NOT convalidated"
        )
        with translated(self._place), self._reading() as connection:
            return tuple(str(row[0]) for row in connection.exec_driver_sql(query))


def set_up_studio_ledger(
    url: URL,
    *,
    lock_timeout_s: float = LOCK_TIMEOUT_S,
    migrations: Path = MIGRATIONS,
    newest: str = schema.SCHEMA_VERSION,
) -> str | None:
    """Make the tables in an empty database, or bring them to this version; return the version before.

    The login has to own the database, or its tables. Everything happens in one transaction: a crash leaves
    the old state or the new one. Make a backup first all the same (``pg_dump``). Raises LedgerError.
    """
    place = describe(url)
    engine = make_engine(url, lock_timeout_s=lock_timeout_s).execution_options(**WRITING)
    try:
        with translated(place), engine.connect() as connection, connection.begin():
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({SCHEMA_LOCK})")
            _check_server(connection, place)
            version = read_version(connection, place)
            check_known(version, newest, place)
            if version is None:
                create_schema(connection)
            elif version != newest:
                run_scripts(connection, migrations, newest=newest, place=place, copy="your backup")
            after = read_version(connection, place)
            if after != newest:
                raise LedgerError(
                    f"The scripts that change the ledger do not lead to version {newest}. It was left as it "
                    "was. Reinstall Clearance.",
                    code="ledger.migration_failed",
                )
            set_up_access(connection)
        return version
    finally:
        engine.dispose()


def open_studio_ledger(
    url: URL, *, checkpoints_folder: Path, lock_timeout_s: float = LOCK_TIMEOUT_S
) -> StudioLedger:
    """Open a studio's ledger that was set up before.

    ``checkpoints_folder`` is a folder of this machine: the audit's checkpoints are kept outside of the
    database on purpose. Raises LedgerError (``code``): unreachable, login refused, not set up, made by a
    newer version or by an older one.
    """
    place = describe(url)
    engine = make_engine(url, lock_timeout_s=lock_timeout_s)
    try:
        with translated(place), engine.connect() as connection, connection.begin():
            if not connection.exec_driver_sql("SELECT has_schema_privilege('public', 'USAGE')").scalar():
                raise LedgerError(
                    f"Your login at the studio's ledger {place} has no role there. Ask whoever looks after "
                    "the ledger to add you as a member.",
                    code="ledger.not_allowed",
                )
            version = read_version(connection, place)
        check_known(version, schema.SCHEMA_VERSION, place)
        if version != schema.SCHEMA_VERSION:
            state = "has not been set up" if version is None else f"has the older schema {version}"
            raise LedgerError(
                f"The studio's ledger {place} {state}. Whoever looks after it runs `clearance ledger setup` "
                "once with this version; nothing was changed.",
                code="ledger.not_set_up" if version is None else "ledger.older_schema",
            )
        try:
            checkpoints_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(
                f"The folder {checkpoints_folder} for the audit's checkpoints cannot be used: "
                f"{error.strerror or error}. Choose another folder for Clearance's data.",
                code="ledger.cannot_open",
            ) from error
    except BaseException:
        engine.dispose()
        raise
    return StudioLedger(
        engine,
        place=place,
        checkpoints_path=checkpoints_folder / _name_checkpoints(place),
        lock_timeout_s=lock_timeout_s,
    )


def set_up_access(connection: Connection) -> None:
    """Make the roles, and what each may do; see ``sql/access.sql``. May be run any number of times."""
    cursor = connection.connection.cursor()
    try:
        # Straight to the driver, which sends a text without parameters as it is: many statements at once.
        cursor.execute(ACCESS_SQL.read_text(encoding="utf-8"))
    finally:
        cursor.close()


def _name_checkpoints(place: str) -> str:
    """Return a file name of its own for each ledger that this machine knows."""
    return f"audit.checkpoints.{hashlib.sha256(place.encode()).hexdigest()[:12]}.jsonl"


def _check_server(connection: Connection, place: str) -> None:
    """Make sure that the database keeps text as it is given."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    if encoding != "UTF8":
        raise LedgerError(
            f"The database {place} keeps text as {encoding}. Make one with the encoding UTF8.",
            code="ledger.cannot_open",
        )
