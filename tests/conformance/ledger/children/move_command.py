"""Lose the connection, or be killed, within ``clearance ledger migrate``; then give the same command again.

    move_command.py LEDGER FOLDER SERVER NAME…

LEDGER is moved, a copy of it each time, into one empty database after the other. Prints how often something
was lost or killed.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from cutting import CuttingProxy
from killing import Boundaries, in_child
from ledger_values import open_place
from postgres_server import Server
from sqlalchemy import Connection, Engine, event

from core import app  # noqa: F401 - loaded once, before the forks
from core.cli import run as run_cli
from core.errors import LedgerError
from core.ledger.engine import open_ledger

given, folder, server, names = Path(sys.argv[1]), Path(sys.argv[2]), Server(Path(sys.argv[3])), sys.argv[4:]
data = folder / "data"
happened = folder / "happened"
STEPS = re.compile("CREATE TABLE moved|CREATE TRIGGER orders_moved_insert|PRAGMA user_version =")
"""Statements of the mark, before which the command is killed; and before each commit."""


def migrate(address: str) -> int:
    """Give the command, as a user does."""
    environ = {
        "CLEARANCE_DATA_DIR": str(data),
        "CLEARANCE_USER": "postgres",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
    }
    return run_cli(["ledger", "migrate", address, "--json"], environ=environ)


def cut(database: str, arm: Callable[[CuttingProxy], None]) -> None:
    with closing(CuttingProxy(server.folder)) as proxy:
        arm(proxy)
        code = migrate(f"postgresql://postgres@/{database}?host={proxy.folder}")
        lost = proxy.disarm()
    assert (code == 1) is lost, (code, lost)
    assert has_moved() is not lost
    if lost:
        happened.touch()


def has_moved() -> bool:
    """Say whether the file tells so; not yet: it is a ledger that can be written."""
    try:
        with closing(open_ledger(data / "ledger.sqlite")) as own, own.transaction():
            return False
    except LedgerError as error:
        if error.code != "ledger.moved":
            raise
        return True


def die(database: str, at: int) -> None:
    """Be killed at the end of the move: when all is about to arrive, and while the file is marked."""
    boundaries = Boundaries(at)

    def on_statement(
        connection: Connection, _cursor: object, statement: str, *_rest: object, **_named: object
    ) -> None:
        if connection.dialect.name == "sqlite" and STEPS.match(statement):
            boundaries.cross(statement)

    event.listen(Engine, "before_cursor_execute", on_statement)
    event.listen(Engine, "commit", lambda connection: boundaries.cross(f"commit {connection.dialect.name}"))
    migrate(server.address(database))


def check(database: str) -> None:
    code = migrate(server.address(database))
    assert code in {0, 1}, code
    assert has_moved()
    with (
        closing(open_ledger(data / "ledger.sqlite", although_moved=True)) as old,
        closing(open_place(f"{folder}|{server.address(database)}")) as new,
    ):
        assert new.audit() == old.audit()
        assert (new.orders(), new.grants()) == (old.orders(), old.grants())
        assert old.verify_audit().ok
        assert new.verify_audit().ok
        assert new.check_integrity() == ()


ways: list[Callable[[str], None]] = [
    lambda name: cut(name, lambda proxy: proxy.arm_commit(1, answered=False)),
    lambda name: cut(name, lambda proxy: proxy.arm_commit(1, answered=True)),
    *(
        lambda name, n=n: cut(name, lambda proxy: proxy.arm(n, answered=True))  # type: ignore[misc]
        for n in (1, 30, 120, 240)
    ),
    *(lambda name, n=n: die(name, n) for n in range(3, 8)),  # type: ignore[misc]
]
count = 0
for way, each in zip(ways, names, strict=True):
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    shutil.copy(given, data / "ledger.sqlite")
    happened.unlink(missing_ok=True)
    killed = not in_child(lambda way=way, each=each: way(each), may_die=True)  # type: ignore[misc]
    count += killed or happened.exists()
    in_child(lambda each=each: check(each))  # type: ignore[misc]
print(f"\n{count}", flush=True)
