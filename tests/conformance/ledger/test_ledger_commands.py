"""``clearance ledger``: set up, filled with people, moved into, and used by a member, in PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import fill_everything, open_place
from postgres_server import Server

from core.cli import run as run_cli
from core.ledger.engine import open_ledger
from core.model.people import Member, ProjectMember, Role

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command with a data folder of its own; the login is the operating system's unless said."""

    def run_it(*arguments: str, user: str = "postgres", ledger: str = "") -> int:
        environ = {
            "CLEARANCE_DATA_DIR": str(tmp_path / "data"),
            "CLEARANCE_USER": user,
            "CLEARANCE_LEDGER": ledger,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        return run_cli(list(arguments), environ=environ)

    return run_it


def test_a_studio_moves_in(
    run: Run, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = server.make_database()
    address = server.address(name)
    member_address = f"postgresql://127.0.0.1/{name}?host={server.folder}"
    path = tmp_path / "data" / "ledger.sqlite"
    with closing(open_ledger(path)) as own, own.transaction() as work:
        fill_everything(work)

    assert run("ledger", "migrate", address) == 1
    assert "clearance ledger setup" in capsys.readouterr().err
    assert path.is_file()

    assert run("ledger", "setup", address) == 0
    assert run("ledger", "setup", address) == 0
    assert "up to date" in capsys.readouterr().out
    assert run("ledger", "migrate", address, "--json") == 0
    moved = json.loads(capsys.readouterr().out)
    assert moved["audit_size"] == 1
    assert path.is_file()
    assert run("ledger", "migrate", address) == 1
    assert "has moved to postgresql://" in capsys.readouterr().err
    assert run("library", "--json", ledger=address) == 0
    assert run("library", "--json") == 1
    assert "has moved to postgresql://" in capsys.readouterr().err

    assert run("ledger", "project", address, "spot", "--client", "ACME") == 0
    try:
        assert run("ledger", "member", address, "ida", "--role", "artist", "--project", "spot") == 0
        assert run("ledger", "member", address, "ida", "--role", "artist", "--role", "buyer") == 0
        assert run("ledger", "member", address, "Ida; DROP TABLE orders", "--role", "artist") == 2
        assert run("ledger", "member", address, "jo", "--role", "artist", "--project", "nowhere") == 2
        capsys.readouterr()
        with closing(open_place(f"{tmp_path}|{address}")) as ledger:
            ida = ledger.value(Member, "ida")
            assert ida is not None
            assert ida.roles == (Role.ARTIST, Role.BUYER)
            assert [each.project_id for each in ledger.values(ProjectMember, member_id="ida")] == ["spot"]
            assert ledger.verify_audit().ok
        with pytest.raises(Exception, match="permission denied"):
            server.run_sql("SELECT actor FROM audit", database=name, user="ida")
        assert run("library", "--json", user="ida", ledger=member_address) == 0
        assert [grant["id"] for grant in json.loads(capsys.readouterr().out)] == ["grant_1"]
        assert run("ledger", "member", address, "ida") == 0
        assert "no role" in capsys.readouterr().out
        assert run("library", user="ida", ledger=member_address) == 1
        assert "has no role there" in capsys.readouterr().err
    finally:
        server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)', "DROP ROLE IF EXISTS ida")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://ida:geheim@host/studio", "password"),
        ("mysql://host/studio", "is not the address"),
        ("postgresql://host", "is not the address"),
        ("nonsense", "is not the address"),
        ("postgresql://host/studio?sslmode=maybe", "sslmode"),
        ("postgresql://localhost/studio?timeout=3", "not known: timeout"),
        ("postgresql://localhost:1/studio", "does not answer"),
    ],
)
def test_addresses_that_cannot_be(
    run: Run, capsys: pytest.CaptureFixture[str], address: str, said: str
) -> None:
    assert run("library", ledger=address) != 0
    err = capsys.readouterr().err
    assert said in err
    assert "geheim" not in err
