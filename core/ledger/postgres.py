"""PostgreSQL as the ledger's engine: how connections are made, begun and kept apart.

Everything that only holds for PostgreSQL is here and in :mod:`.studio`; the statements themselves are the
same on every database. The driver is pg8000, which is pure Python.
"""

from __future__ import annotations

import ipaddress
import random
import ssl
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import URL, Connection, Engine, QueuePool, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from ..errors import UserInputError
from .trouble import sql_state

Address = URL
"""Where a studio's ledger is, with the login; its text hides the password."""
WRITING = {"clearance_writes": True}
"""Execution options of an engine whose transactions hold the one right to write from their beginning on."""
WRITER_LOCK = 0x436C6561
"""The advisory lock of whoever writes. One writer at a time makes a unit of work see and keep all that
others wrote before it, as on SQLite; the audit's end would line writers up anyway."""
SCHEMA_LOCK = 0x436C6562
"""The advisory lock of whoever makes or migrates the schema."""
CONNECT_TIMEOUT_S = 10.0
CONNECTIONS = 10
"""Of one process: a server has a hundred by default, for all of a studio. Threads wait for theirs."""
_TOO_MANY_CONNECTIONS = "53300"
_SAFE_MODES = frozenset({"require", "verify-ca", "verify-full"})


def read_address(text: str, *, user: str = "", password: str = "") -> URL:
    """Read ``postgresql://[user@]host[:port]/database[?sslmode=…]``.

    Raises UserInputError for anything else, and for a password in it: that is what the keyring is for.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise _not_an_address(text) from None
    if url.get_backend_name() != "postgresql" or not url.database:
        raise _not_an_address(text)
    if url.password is not None:
        raise UserInputError(
            "The address of the studio's ledger holds a password. Take it out and store it with "
            "`clearance ledger login`, which puts it into the keyring.",
            code="ledger.password_in_address",
        )
    url = url.set(drivername="postgresql+pg8000")
    return url.set(username=url.username or user or None, password=password or None)


def _not_an_address(text: str) -> UserInputError:
    shown = text.rpartition("@")[2][:80]
    return UserInputError(
        f"{shown!r} is not the address of a studio's ledger. It looks like postgresql://name@host/database.",
        code="ledger.address",
    )


def describe(url: URL) -> str:
    """Return the address for sentences: without the password, the driver and its options."""
    host = url.host or str(url.query.get("host", "")) or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database}"


def make_engine(url: URL, *, lock_timeout_s: float) -> Engine:
    """Make an engine for reading; nothing is connected yet. With the options ``WRITING`` it writes.

    A transaction for reading sees one state of the database and can write nothing.
    """
    query = dict(url.query)
    socket_folder = query.pop("host", None)
    mode = str(query.pop("sslmode", ""))
    arguments: dict[str, object] = {"application_name": "clearance", "timeout": CONNECT_TIMEOUT_S}
    if url.password is None:
        # The driver takes one for granted once a server asks; with this it is refused in the server's words.
        arguments["password"] = ""
    if socket_folder is not None:
        arguments["unix_sock"] = f"{socket_folder}/.s.PGSQL.{url.port or 5432}"
        arguments["ssl_context"] = False
    elif mode == "disable":
        # Without a word the driver encrypts where the server can, whoever that is.
        arguments["ssl_context"] = False
    elif (context := _choose_encryption(url.host or "", mode)) is not None:
        arguments["ssl_context"] = context
    if query:
        unknown = ", ".join(sorted(query))
        raise UserInputError(
            f"The address of the studio's ledger has options that are not known: {unknown}. There are "
            "host (a socket's folder) and sslmode.",
            code="ledger.address",
        )
    engine = create_engine(
        url.set(query={}),
        poolclass=QueuePool,
        pool_size=4,
        max_overflow=CONNECTIONS - 4,
        pool_timeout=lock_timeout_s,
        pool_pre_ping=True,
        connect_args=arguments,
    )
    wait_ms = max(1, int(lock_timeout_s * 1000))

    def set_up(connection: object, _record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]  # a DBAPI connection
        # Whatever the database, or a login, has by default.
        cursor.execute("SET search_path = public; SET client_encoding = 'UTF8'; SET row_security = on")
        cursor.execute("SET standard_conforming_strings = on")
        # A server that stopped must not keep the pool's connection waiting for ever.
        cursor.execute(f"SET lock_timeout = {wait_ms}")
        cursor.execute("SET idle_in_transaction_session_timeout = '5min'")
        cursor.close()
        connection.commit()  # type: ignore[attr-defined]

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("clearance_writes"):
            # Said each time: a server may have another default, and seats are not counted in a snapshot.
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    event.listen(engine, "do_connect", _connect_within(lock_timeout_s))
    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", begin)
    return engine


def _connect_within(seconds: float) -> Callable[[Any, object, tuple[Any, ...], dict[str, Any]], Any]:
    """Return what connects, and waits up to so many seconds where all connections are taken.

    Others free theirs again soon. Nothing was said yet that could be said twice.
    """

    def connect(dialect: Any, _record: object, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        end = time.monotonic() + seconds
        while True:
            try:
                return dialect.connect(*given, **named)
            except Exception as error:
                if not is_full(error) or time.monotonic() > end:
                    raise
            time.sleep(0.05 + random.random() / 10)  # not all at once

    return connect


def is_full(error: BaseException) -> bool:
    """Say whether a server took no connection because it has as many as it takes.

    The driver may hide the server's words behind its own failure to close that connection.
    """
    seen: BaseException | None = error
    for _ in range(8):
        if seen is None:
            return False
        if sql_state(seen) == _TOO_MANY_CONNECTIONS:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _choose_encryption(host: str, mode: str) -> ssl.SSLContext | None:
    """Decide on TLS: always checked against the system's authorities, but on this machine itself.

    ``sslmode=disable`` switches it off, ``require`` does not check the certificate (as libpq has it).
    """
    if mode not in {"", "disable", *_SAFE_MODES}:
        raise UserInputError(
            f"sslmode={mode} is not offered: it is disable, require or verify-full.", code="ledger.address"
        )
    if mode == "disable" or (not mode and _is_here(host)):
        return None
    context = ssl.create_default_context()
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _is_here(host: str) -> bool:
    if host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
