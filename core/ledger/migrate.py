"""Brings a ledger file to the schema of this version: makes a new one, or migrates an old one.

A migration works on the file itself, in one transaction that holds the write lock, after a copy was put
aside: a crash leaves the old state or the new one. alembic is imported only when there is something to
migrate. Two threads never migrate at once in one process: alembic's own context is one per process.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from ..errors import ClearanceError, LedgerError
from . import schema
from .sqlite import IMMEDIATE, copy_database, make_engine
from .trouble import translated

MIGRATIONS = Path(__file__).resolve().parent / "migrations"


def prepare_schema(
    engine: Engine,
    path: Path,
    *,
    lock_timeout_s: float,
    migrations: Path = MIGRATIONS,
    newest: str = schema.SCHEMA_VERSION,
) -> None:
    """Make sure that the database has this version's schema.

    Raises LedgerError for a file that is no ledger, or that a newer version of Clearance has changed.
    """
    with translated(path):
        with engine.connect() as connection, connection.begin():
            version = read_version(connection, path)
        if version == newest:
            return
        check_known(version, newest, path)
        if version is None:
            with engine.execution_options(**IMMEDIATE).connect() as connection, connection.begin():
                # Somebody else may have been faster; then it is theirs that counts.
                version = read_version(connection, path)
                if version is None:
                    create_schema(connection)
                    version = schema.SCHEMA_VERSION
    if version != newest:
        upgrade(path, lock_timeout_s=lock_timeout_s, migrations=migrations, newest=newest)


def read_version(connection: Connection, place: object) -> str | None:
    """Return the schema version of a database, None for an empty one; raise LedgerError for any other."""
    if not inspect(connection).has_table(schema.VERSION_TABLE):
        if inspect(connection).get_table_names():
            raise _foreign(place)
        return None
    versions = connection.execute(select(schema.schema_version.c.version_num)).scalars().all()
    if len(versions) != 1:
        raise _foreign(place)
    return str(versions[0])


def create_schema(connection: Connection) -> None:
    """Make all tables of this version and note which version it is."""
    schema.metadata.create_all(connection)
    schema.schema_version.create(connection)
    connection.execute(insert(schema.schema_version), {"version_num": schema.SCHEMA_VERSION})


def upgrade(
    path: Path, *, lock_timeout_s: float, migrations: Path = MIGRATIONS, newest: str = schema.SCHEMA_VERSION
) -> Path | None:
    """Migrate a ledger to the newest version and return the copy of the old one; None if it was done already.

    Raises LedgerError when it does not work; the ledger is then as it was.
    """
    # Tables are rebuilt by some migrations, which foreign keys forbid; they are checked at the end instead.
    engine = make_engine(path, lock_timeout_s=lock_timeout_s, foreign_keys=False)
    try:
        with (
            translated(path),
            engine.execution_options(**IMMEDIATE).connect() as connection,
            connection.begin(),
        ):
            old = read_version(connection, path)
            if old == newest:
                return None
            check_known(old, newest, path)
            copy = path.with_name(f"{path.stem}.version-{old}{path.suffix}")
            copy_database(path, copy)
            run_scripts(connection, migrations, newest=newest, place=path, copy=copy.name)
            if read_version(connection, path) != newest:
                raise LedgerError(
                    f"The scripts that change the ledger do not lead to version {newest}. It was left as it "
                    "was. Reinstall Clearance.",
                    code="ledger.migration_failed",
                )
            if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise LedgerError(
                    f"The ledger {path} would not be whole after its update (table {broken[0]}). It was left "
                    f"as it was; a copy is in {copy.name}. Please report this.",
                    code="ledger.migration_failed",
                )
        return copy
    except OSError as error:
        raise LedgerError(
            f"No copy of the ledger {path} could be made before its update, so it was not touched: "
            f"{error.strerror or error}. Make room or give your user the right to write in that folder.",
            code="ledger.migration_failed",
        ) from error
    finally:
        engine.dispose()


def run_scripts(connection: Connection, migrations: Path, *, newest: str, place: object, copy: str) -> None:
    """Run the scripts up to a version; ``copy`` names what the old state is kept in. Raise LedgerError."""
    # Costly to import, and not needed as long as there is nothing to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    # The value is subject to configparser's interpolation.
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = schema.VERSION_TABLE
    try:
        command.upgrade(config, newest)
    except ClearanceError:
        raise
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise  # the database went away: nothing is wrong with the scripts
        raise LedgerError(
            f"The ledger {place} could not be brought to this version of Clearance ({type(error).__name__}: "
            f"{error}). It was left as it was; a copy is in {copy}. Use the version of Clearance that "
            "you had, and report this.",
            code="ledger.migration_failed",
            context={"cause": type(error).__name__},
        ) from error


def check_known(version: str | None, newest: str, place: object) -> None:
    """Raise LedgerError for a ledger that a newer version of Clearance has changed."""
    if version is not None and version > newest:
        raise LedgerError(
            f"The ledger {place} was made by a newer version of Clearance (schema {version}; this one knows "
            f"{newest}). Update Clearance; nothing was changed.",
            code="ledger.newer_schema",
            context={"version": version, "known": newest},
        )


def _foreign(place: object) -> LedgerError:
    return LedgerError(
        f"{place} is a database, but not a ledger of Clearance; it was not touched. Choose another "
        "place for Clearance's data.",
        code="ledger.not_a_ledger",
    )
