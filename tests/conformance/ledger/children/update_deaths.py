"""Be killed, or lose the connection, while an older ledger is brought to this version; then begin again.

    update_deaths.py file OLD FOLDER
    update_deaths.py kill|cut OLD FOLDER SERVER NAME…

OLD is a version. A studio's ledgers, NAME…, are of that version, each to be used once; the first NAME is of
this one. Prints how often it came to that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from alembic import command  # noqa: F401 - loaded once, before the forks
from cutting import CuttingProxy
from killing import Boundaries, in_child
from ledger_values import open_place
from old_ledgers import check_contents, restore
from postgres_server import Server
from upgrade_drill import describe_schema, dump, listen, update

from core.errors import LedgerError
from core.ledger.engine import open_ledger
from core.ledger.postgres import read_address

what, old, place, *more = sys.argv[1:]
folder = Path(place)


def kill(number: int, target: object, check: Callable[[], None]) -> bool:
    def run() -> None:
        boundaries = Boundaries(number)
        listen(boundaries)
        update(target)  # type: ignore[arg-type]
        boundaries.cross("after commit")

    killed = not in_child(run, may_die=True)
    in_child(check)
    return killed


def in_files() -> int:
    kills = 0
    while True:
        path = restore(old, folder / f"{kills}" / "ledger.sqlite")
        before, copy = dump(path), path.with_name(f"ledger.version-{old}.sqlite")

        def check(path: Path = path, before: list[str] = before, copy: Path = copy) -> None:
            for _ in range(2):
                with closing(open_ledger(path)) as ledger:
                    check_contents(ledger, old)
                    assert ledger.verify_audit().ok
                    assert ledger.check_integrity() == ()
            assert dump(copy) == before
            assert not list(path.parent.glob("*.unfinished"))

        if not kill(kills + 1, path, check):
            return kills
        kills += 1


def in_databases() -> int:
    server, names = Server(Path(more[0])), more[1:]
    wanted = describe_schema(server.url(names[0]))

    def check(name: str) -> None:
        update(server.url(name))
        assert describe_schema(server.url(name)) == wanted
        with closing(open_place(f"{folder}|{server.address(name)}")) as ledger:
            check_contents(ledger, old)
            assert ledger.verify_audit().ok
            assert ledger.check_integrity() == ()

    def cut(name: str, number: int, *, answered: bool, commit: bool) -> bool:
        note = folder / "lost"
        note.unlink(missing_ok=True)

        def run() -> None:
            with closing(CuttingProxy(server.folder)) as proxy:
                if commit:
                    proxy.arm_commit(number, answered=answered)
                else:
                    proxy.arm(number, answered=answered)
                try:
                    update(read_address(f"postgresql://postgres@/{name}?host={proxy.folder}"))
                except LedgerError as error:
                    if error.code != "ledger.unreachable":
                        raise
                if proxy.disarm():
                    note.touch()
            check(name)

        in_child(run)
        return note.exists()

    for count, name in enumerate(names[1:]):
        if what == "kill":
            happened = kill(count + 1, server.url(name), lambda name=name: check(name))  # type: ignore[misc]
        else:
            number = 1 + 20 * (count // 2)
            happened = cut(name, number, answered=count % 2 == 0, commit=count < 2)
        if not happened:
            return count
    raise AssertionError("there were not enough ledgers")


print(in_files() if what == "file" else in_databases(), flush=True)
