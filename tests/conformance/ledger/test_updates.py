"""Older ledgers become this version's on both engines, whatever dies or breaks off on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ledger_values import make_event, make_grant, open_place
from old_ledgers import check_contents, list_versions
from postgres_server import Server
from upgrade_drill import FIRST, describe_schema, make_old_studio_ledger

from core.ledger.studio import set_up_studio_ledger

ROOT = Path(__file__).parents[3]
CHILD = Path(__file__).parent / "children" / "update_deaths.py"
Copies = Callable[[int], list[str]]


def run_child(*arguments: str) -> int:
    """Run the drill in a process of its own; return how often it was killed or cut."""
    done = subprocess.run(
        [sys.executable, str(CHILD), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")])},
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return int(done.stdout)


@pytest.fixture
def copies(server: Server, tmp_path: Path) -> Iterator[Copies]:
    """Make so many ledgers of an older version."""
    made: list[str] = []

    def make(count: int) -> list[str]:
        first = server.make_database()
        made.append(first)
        make_old_studio_ledger(server.url(first), FIRST, tmp_path)
        made.extend(server.make_database(first) for _ in range(count))
        return made[1:]

    yield make
    server.run_sql(*(f'DROP DATABASE "{name}" WITH (FORCE)' for name in made))


@pytest.mark.parametrize("version", [each for each in list_versions() if each >= FIRST])
def test_a_studios_ledger_of_every_version(
    server: Server, template: str, tmp_path: Path, version: str
) -> None:
    name = server.make_database()
    make_old_studio_ledger(server.url(name), version, tmp_path)
    assert set_up_studio_ledger(server.url(name)) == version
    assert set_up_studio_ledger(server.url(name)) == list_versions()[-1]
    assert describe_schema(server.url(name)) == describe_schema(server.url(template))
    with closing(open_place(f"{tmp_path}|{server.address(name)}")) as ledger:
        check_contents(ledger, version)
        with ledger.transaction() as work:
            work.add_grant(make_grant(9))
            work.record(make_event(9))
        assert ledger.verify_audit().ok
        assert ledger.check_integrity() == ()
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_killed_while_a_file_is_updated(tmp_path: Path) -> None:
    """At its statements, around each version's end, at the copy, and around the commit."""
    assert run_child("file", "0001", str(tmp_path)) >= 15


@pytest.mark.parametrize("how", ["kill", "cut"])
def test_a_studios_ledger_is_updated(
    server: Server, template: str, copies: Copies, tmp_path: Path, how: str
) -> None:
    """Killed at its steps; cut off on the way and at the commit, before and after the server has it."""
    arguments = (how, FIRST, str(tmp_path), str(server.folder), template, *copies(20))
    assert run_child(*arguments) >= {"kill": 10, "cut": 8}[how]
