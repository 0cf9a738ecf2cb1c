"""A PostgreSQL that somebody set up in their own way: the ledger says itself what it relies on."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ledger_values import open_place
from postgres_server import Server, run_server

from core.errors import LedgerError
from core.ledger.members import add_project, set_member
from core.ledger.studio import set_up_studio_ledger
from core.ledger.trouble import translated
from core.model.audit import AuditEvent
from core.model.license import SeatKind
from core.model.people import Project, Role
from core.model.seat import SeatPool

NOW = datetime.now(UTC)
SETTINGS = {
    "search_path": "somewhere, public",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "row_security": "off",
    "standard_conforming_strings": "off",
    "DateStyle": "German",
    "TimeZone": "Asia/Tokyo",
    "client_encoding": "LATIN1",
    "bytea_output": "escape",
}


@pytest.fixture
def own_server() -> Iterator[Server]:
    """A server of its own: roles are there once in a server, and here no superuser makes them."""
    with run_server() as running:
        yield running


@pytest.fixture
def database(own_server: Server) -> str:
    """An empty database of somebody who is no superuser, with a schema of the same login's in the way."""
    server, name = own_server, own_server.make_database()
    server.run_sql("CREATE ROLE keeper LOGIN CREATEROLE", f'ALTER DATABASE "{name}" OWNER TO keeper')
    server.run_sql("CREATE SCHEMA somewhere", database=name, user="keeper")
    return name


def test_who_finds_all_connections_taken_waits_for_one(
    own_server: Server, database: str, tmp_path: Path
) -> None:
    server = own_server
    set_up_studio_ledger(server.url(database, user="keeper"))
    with closing(open_place(f"{tmp_path}|{server.address(database, user='keeper')}")) as studio:
        add_project(studio, Project(id="film", name="Film", created_at=NOW, created_by="keeper"))
        set_member(
            studio, "zoe", name="", roles=[Role.ADMIN], projects=["film"], by="keeper", at=datetime.now(UTC)
        )
    server.run_sql("ALTER ROLE zoe CONNECTION LIMIT 1")
    place = f"{tmp_path}|{server.address(database, user='zoe')}"
    told: list[str] = []

    def ask() -> None:
        with closing(open_place(place)) as second:
            told.extend(one.name for one in second.values(Project))

    with closing(open_place(place)) as first:
        assert [one.name for one in first.values(Project)] == ["Film"]
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(1.0)
        assert thread.is_alive()
        assert told == []
    thread.join()
    assert told == ["Film"]


def test_a_ledger_works_whatever_the_database_has_by_default(
    own_server: Server, database: str, tmp_path: Path
) -> None:
    server = own_server
    for name, value in SETTINGS.items():
        quoted = value if name == "search_path" else f"'{value}'"
        server.run_sql(f'ALTER DATABASE "{database}" SET {name} = {quoted}')
    assert set_up_studio_ledger(server.url(database, user="keeper")) is None
    assert set_up_studio_ledger(server.url(database, user="keeper")) is not None
    with closing(open_place(f"{tmp_path}|{server.address(database, user='keeper')}")) as studio:
        film = Project(id="film", name="Film — Bärenhöhle 熊", created_at=NOW, created_by="keeper")
        add_project(studio, film)
        set_member(
            studio, "mia", name="", roles=[Role.ADMIN], projects=["film"], by="keeper", at=datetime.now(UTC)
        )
    with closing(open_place(f"{tmp_path}|{server.address(database, user='mia')}")) as mine:
        with mine.transaction() as work:
            work.add(SeatPool(id="grant_1", kind=SeatKind.NAMED, seats_max=3, noted_at=NOW, noted_by="mia"))
            details = (("é", "\\x"),)
            work.record(AuditEvent(action="probe", subject="ü 熊", actor="mia", at=NOW, details=details))
        assert [one.name for one in mine.values(Project)] == ["Film — Bärenhöhle 熊"]
        assert mine.verify_audit().ok
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'somewhere'"
    assert server.run_sql(tables, database=database) == [(0,)]


def test_a_server_is_not_trusted_without_its_certificate() -> None:
    """What the driver raises is told in words: whose certificate it is, is not known."""
    with pytest.raises(LedgerError) as caught, translated("postgresql://db.studio/ledger"):
        raise ssl.SSLCertVerificationError("unable to get local issuer certificate")
    assert caught.value.code == "ledger.not_trusted"
    assert not caught.value.retryable
    with pytest.raises(LedgerError) as caught, translated("postgresql://db.studio/ledger"):
        raise ssl.SSLEOFError("EOF occurred in violation of protocol")
    assert caught.value.code == "ledger.unreachable"


def test_a_server_that_wants_a_password_is_answered(tmp_path: Path) -> None:
    """Without a password for it, one is told so in the server's words, and nothing breaks."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=refuse_one, args=(listening,))
        server.start()
        port = listening.getsockname()[1]
        with pytest.raises(LedgerError) as caught:
            open_place(f"{tmp_path}|postgresql://pat@127.0.0.1:{port}/ledger?sslmode=disable")
        server.join()
    assert caught.value.code == "ledger.login_refused"
    assert "--ask-password" in caught.value.message


def refuse_one(listening: socket.socket) -> None:
    """Ask whoever connects for a password, as PostgreSQL does, and refuse what comes."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(4096)
        connection.sendall(b"R" + struct.pack("!ii", 8, 3))
        connection.recv(4096)
        facts = b"SFATAL\0C28P01\0Mpassword authentication failed\0\0"
        connection.sendall(b"E" + struct.pack("!i", len(facts) + 4) + facts)
