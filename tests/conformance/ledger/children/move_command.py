"""Lose the connection, or be killed, within ``clearance ledger migrate``; then give the same command again.

    move_command.py LEDGER FOLDER SERVER NAME…

LEDGER is moved, a copy of it each time, into one empty database after the other. Prints how often something
was lost or killed.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from cutting import CuttingProxy
from killing import Boundaries, in_child
from ledger_values import open_place
from postgres_server import Server

from core import app  # noqa: F401 - loaded once, before the forks
from core.cli import run as run_cli
from core.ledger.engine import open_ledger

given, folder, server, names = Path(sys.argv[1]), Path(sys.argv[2]), Server(Path(sys.argv[3])), sys.argv[4:]
data = folder / "data"
happened = folder / "happened"


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
    assert (data / "ledger.sqlite").is_file() is lost
    if lost:
        happened.touch()


def die(database: str, at: int) -> None:
    boundaries = Boundaries(at)

    def on_file(name: str, arguments: tuple[Any, ...]) -> None:
        if name in {"os.rename", "os.remove"} and str(data / "ledger.") in str(arguments[0]):
            boundaries.cross(name)

    sys.addaudithook(on_file)
    migrate(server.address(database))


def check(database: str) -> None:
    code = migrate(server.address(database))
    assert code in {0, 2}, code
    assert not (data / "ledger.sqlite").exists()
    (aside,) = data.glob("ledger.moved-*.sqlite")
    with (
        closing(open_ledger(aside)) as old,
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
    *(lambda name, n=n: die(name, n) for n in (1, 2, 3)),  # type: ignore[misc]
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
