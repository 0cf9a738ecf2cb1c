"""Counts of calls on both engines: many at once, killed in the middle, and with a studio's own logins."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from fakes import FakeClock
from ledger_values import open_place
from postgres_server import Server

from core.http.counting import Whose
from core.http.health import CallNote, HealthLog, Outcome
from core.ledger.engine import SqlLedger
from core.model.costs import CostKey
from core.model.money import Money
from core.model.payment import UsageCount, UsagePrice
from core.model.people import Member, Project, ProjectMember, Role
from core.services.studio.costs import Costs
from core.services.studio.standing import Standing
from core.services.studio.usage import TellUsage
from core.settings import Settings

Start = Callable[..., subprocess.Popen[str]]
NOW = datetime.now(UTC)
"""The database compares with its own clock."""
PEOPLE = {"ida": (Role.ARTIST, "film"), "kai": (Role.ARTIST, "spot"), "fin": (Role.FINANCE, "")}


def test_two_processes_of_one_machine_tell_the_same_counts_at_once(
    ledger: SqlLedger, start_child: Start, tmp_path: Path
) -> None:
    """One file, two programs on it, in turns and together: every call counts once."""
    children = [start_child("count_calls.py", str(tmp_path / "health.sqlite"), "60") for _ in range(2)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.close()
    noted = sum(int(child.stdout.read()) for child in children if child.stdout is not None)
    assert [child.wait() for child in children] == [0, 0]
    assert sum(one.number for one in ledger.values(UsageCount)) == noted > 60
    assert len(ledger.values(UsageCount)) == 1
    assert ledger.verify_audit().ok


def test_killed_at_every_boundary(ledger: SqlLedger, start_child: Start, tmp_path: Path) -> None:
    """Before the commit, after it, and before the file knows: told again, nothing counts twice."""
    child = start_child("count_calls.py", str(tmp_path / "health.sqlite"), "die")
    assert child.stdout is not None
    assert int(child.stdout.read()) == 2
    assert child.wait() == 0
    (count,) = ledger.values(UsageCount)
    assert count.number == 7
    assert len([one for one in ledger.audit() if one.event.action == "usage.counted"]) == 1
    assert ledger.verify_audit().ok


@pytest.fixture
def studio(server: Server, template: str, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A studio in PostgreSQL; returns the place as a login opens it."""
    name = server.make_database(template)
    for login, (role, _) in PEOPLE.items():
        server.run_sql(f"CREATE ROLE {login} LOGIN", f"GRANT clearance_{role} TO {login}")
    with closing(open_place(f"{tmp_path}|{server.address(name)}")) as ledger, ledger.transaction() as work:
        for project in ("film", "spot"):
            work.add(Project(id=project, name=project, created_at=NOW, created_by="ada"))
        for login, (role, project) in PEOPLE.items():
            work.add(Member(id=login, name=login, roles=(role,), added_at=NOW, added_by="ada"))
            if project:
                work.add(
                    ProjectMember(id=login, project_id=project, member_id=login, added_at=NOW, added_by="ada")
                )
        work.add(
            UsagePrice(
                id="p", marketplace="pond5", operation="search", amount=Money(minor=1, currency="USD"), per=1,
                starts_on=date(2026, 1, 1), set_by="fin", set_at=NOW,
            )
        )  # fmt: skip
    yield lambda login: f"{tmp_path}|{server.address(name, user=login)}"
    server.run_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    server.run_sql(*(f"DROP ROLE {login}" for login in PEOPLE))


@contextmanager
def opened(
    place: str, login: str, folder: Path, project: str
) -> Iterator[tuple[HealthLog, TellUsage, Costs]]:
    """Be somebody at their machine, who says that they work on a project."""
    clock = FakeClock(NOW)
    settings = Settings(data_dir=folder, user=login, project=project)
    whose = Whose(person=login, project=project, ledger=place)
    with (
        closing(open_place(place)) as ledger,
        closing(HealthLog(folder / f"{login}.sqlite", whose=whose)) as log,
    ):
        standing = Standing(ledger=ledger, settings=settings)
        yield (
            log,
            TellUsage(ledger=ledger, clock=clock, standing=standing, log=log),
            Costs(ledger=ledger, clock=clock, settings=settings, standing=standing),
        )


def test_everybodys_calls_are_in_the_studios_report(studio: Callable[[str], str], tmp_path: Path) -> None:
    for login, project, times in (("ida", "film", 3), ("kai", "film", 4), ("kai", "spot", 2), ("fin", "", 1)):
        with opened(studio(login), login, tmp_path, project) as (log, tell, _):
            for _number in range(times):
                log.add(
                    CallNote(
                        marketplace="pond5",
                        operation="search",
                        at=NOW,
                        outcome=Outcome.OK,
                        latencies_s=(0.1,),
                    )
                )
            assert tell.run() == 1
    seen = {}
    for login in PEOPLE:
        with opened(studio(login), login, tmp_path, "") as (_, _tell, costs):
            report = costs.run(CostKey.PROJECT)
            seen[login] = {line.project: line.value.minor for line in report.lines if line.value is not None}
    # Who does not work on the film cannot have their calls counted for it.
    assert seen == {"ida": {"film": 3}, "kai": {"spot": 2}, "fin": {"film": 3, "spot": 2, "": 5}}
