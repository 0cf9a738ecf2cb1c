"""Two hundred at once, killed and cut off at every step: no seat too many, nothing lost, nothing doubled."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import fill_everything, make_event, open_place
from postgres_server import Server
from seat_studio import make_terms, own
from sqlalchemy import func, select

from core.ledger import schema
from core.ledger.engine import SqlLedger, open_ledger
from core.model.license import Cap
from core.model.seat import Seat

Start = Callable[..., "subprocess.Popen[str]"]
SEATS = 5
CHILDREN = Path(__file__).parent / "children"


def finish(child: subprocess.Popen[str]) -> str:
    output, _ = child.communicate()
    assert child.returncode == 0
    return output


def run_alone(script: str, *arguments: str) -> int:
    """Run one of the children that open ledgers of their own; return the number that it prints last."""
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, str(CHILDREN / script), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "tests" / "support")])},
        check=True,
    )
    return int(done.stdout.split()[-1])


def test_two_hundred_threads_take_and_release_the_last_seats(ledger: SqlLedger, start_child: Start) -> None:
    own(ledger, make_terms(seats=Cap(limit=SEATS)))
    children = [start_child("seat_race.py", str(number), "25", "1") for number in range(8)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "ready"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outcomes = Counter(word for child in children for word in finish(child).split())
    assert set(outcomes) == {"taken", "released", "seat.full"}
    assert outcomes["taken"] + outcomes["seat.full"] == 200
    # The audit tells the order in which it went: at no moment was a seat too many taken.
    taken, most = 0, 0
    for entry in ledger.audit():
        taken += {"seat.assigned": 1, "seat.released": -1}[entry.event.action]
        most = max(most, taken)
    assert most <= SEATS
    seats = ledger.values(Seat)
    assert len(seats) == outcomes["taken"]
    assert sum(seat.released_at is not None for seat in seats) == outcomes["released"]
    assert sum(seat.released_at is None for seat in seats) == taken
    assert {seat.version for seat in seats if seat.released_at is not None} <= {2}
    assert ledger.verify_audit().ok


@pytest.mark.parametrize(
    ("what", "at_least"), [("assign", 4), ("release", 4), ("refund", 12), ("approve", 5)]
)
def test_killed_at_every_boundary(ledger: SqlLedger, start_child: Start, what: str, at_least: int) -> None:
    assert int(finish(start_child("seat_deaths.py", what))) >= at_least
    assert ledger.verify_audit().ok
    assert ledger.check_integrity() == ()


def test_killed_while_the_ledger_moves(
    ledger: SqlLedger, start_child: Start, tmp_path: Path, place: str
) -> None:
    path = tmp_path / "own" / "ledger.sqlite"
    with closing(open_ledger(path)) as source, source.transaction() as work:
        fill_everything(work)
        for number in range(1200):
            work.record(make_event(1000 + number))
    assert int(finish(start_child("move_deaths.py", str(path), "8"))) >= 7
    with closing(open_ledger(path)) as source, source.exclusive() as before, ledger.exclusive() as after:
        for table in schema.metadata.sorted_tables:
            count = select(func.count()).select_from(table)
            assert before.scalar(count) == after.scalar(count), table.name
    assert ledger.verify_audit().ok


@pytest.mark.parametrize(
    ("what", "at_least"), [("assign", 10), ("release", 10), ("refund", 10), ("approve", 10), ("backend", 1)]
)
def test_the_connection_is_lost(
    server: Server, template: str, tmp_path: Path, what: str, at_least: int
) -> None:
    """At messages on the way, before and after the server has them (a commit in doubt), and by the server."""
    name = server.make_database(template)
    place = f"{tmp_path / 'checkpoints'}|{server.address(name)}"
    assert run_alone("cut_off.py", place, str(server.folder), name, what) >= at_least
    with closing(open_place(place)) as ledger:
        assert ledger.verify_audit().ok
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_the_command_that_moves_a_ledger_is_cut_off_or_killed(
    server: Server, template: str, tmp_path: Path
) -> None:
    """On the way, at the commit before and after the server has it, and while the old file is marked."""
    path = tmp_path / "own" / "ledger.sqlite"
    with closing(open_ledger(path)) as source, source.transaction() as work:
        fill_everything(work)
    names = [server.make_database(template) for _ in range(11)]
    assert run_alone("move_command.py", str(path), str(tmp_path), str(server.folder), *names) == 11
    server.run_sql(*(f'DROP DATABASE "{name}" WITH (FORCE)' for name in names))
