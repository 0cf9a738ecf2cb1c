"""Calls that were made reach the ledger: in batches, once, in one's own name, whatever breaks off."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from shops import Shop, open_shop

from core.errors import LedgerError
from core.http.counting import Whose
from core.http.health import CallNote, HealthLog, Outcome
from core.model.payment import UsageCount
from core.model.people import Member, Project, ProjectMember, Role
from core.services.studio.standing import Standing
from core.services.studio.usage import AT_ONCE, TellUsage

TODAY = date(2026, 11, 23)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as opened:
        yield opened


class Machine:
    """One machine of somebody: what it counts, and tells."""

    def __init__(self, shop: Shop, path: Path, *, person: str = "ann", project: str = "film") -> None:
        self.shop = shop
        self.path = path
        self.log = HealthLog(path, whose=Whose(person=person, project=project, ledger="here"))
        settings = replace(shop.settings, user=person)
        standing = Standing(ledger=shop.ledger, settings=settings)
        self.tell = TellUsage(ledger=shop.ledger, clock=shop.clock, standing=standing, log=self.log)

    def call(self, times: int = 1, *, operation: str = "search", days_ago: float = 0, **facts: Any) -> None:
        given = {"marketplace": "agency", "outcome": Outcome.OK, "latencies_s": (0.1,)} | facts
        at = self.shop.clock.now() - timedelta(days=days_ago)
        for _ in range(times):
            self.log.add(CallNote(operation=operation, at=at, **given))


@contextmanager
def machine(shop: Shop, name: str, **facts: str) -> Iterator[Machine]:
    made = Machine(shop, shop.settings.data_dir / f"{name}.sqlite", **facts)
    try:
        yield made
    finally:
        made.log.close()


def counts(shop: Shop) -> dict[tuple[str, date, str, str], int]:
    """Return what the ledger has, by person, day, project and operation."""
    found: dict[tuple[str, date, str, str], int] = {}
    for one in shop.ledger.values(UsageCount):
        key = (one.counted_by, one.day, one.project_id, one.operation)
        found[key] = found.get(key, 0) + one.number
    return found


def test_what_succeeded_is_told_once_and_grows(shop: Shop) -> None:
    with machine(shop, "a") as mine:
        mine.call(3)
        mine.call(2, operation="listing", days_ago=1)
        mine.call(4, outcome=Outcome.FAILED)
        mine.call(4, outcome=Outcome.REFUSED)
        assert mine.tell.run() == 2
        assert mine.tell.run() == 0
        mine.call(2)
        assert mine.tell.run() == 1
    assert counts(shop) == {
        ("ann", TODAY, "film", "search"): 5,
        ("ann", TODAY - timedelta(days=1), "film", "listing"): 2,
    }
    told = [entry.event.details for entry in shop.ledger.audit() if entry.event.action == "usage.counted"]
    assert told == [(("counts", "2"), ("calls", "5")), (("counts", "1"), ("calls", "2"))]
    assert shop.ledger.verify_audit().ok


def test_machines_and_people_add_up(shop: Shop) -> None:
    with (
        machine(shop, "a") as one,
        machine(shop, "b") as two,
        machine(shop, "c", person="ben", project="") as third,
    ):
        for number, each in enumerate((one, two, third), 1):
            each.call(number)
            assert each.tell.run() == 1
    assert counts(shop) == {
        ("ann", TODAY, "film", "search"): 3,
        ("ben", TODAY, "", "search"): 3,
    }


def test_people_who_share_a_file_tell_their_own(shop: Shop) -> None:
    with machine(shop, "a") as ann, machine(shop, "a", person="ben") as ben:
        ann.call(2)
        ben.call(5)
        assert ben.tell.run() == 1
        assert {key[0]: number for key, number in counts(shop).items()} == {"ben": 5}
        assert ann.tell.run() == 1
    assert {key[0]: number for key, number in counts(shop).items()} == {"ann": 2, "ben": 5}


def test_told_in_the_background_only_after_an_hour(shop: Shop) -> None:
    with machine(shop, "a") as mine:
        mine.call()
        assert mine.tell.run(only_due=True) == 0
        shop.clock.advance(3601)
        assert mine.tell.run(only_due=True) == 1
        mine.call()
        assert mine.tell.run(only_due=True) == 0, "what came since has an hour of its own"
        shop.clock.advance(3601)
        mine.call()
        assert mine.tell.run(only_due=True) == 1
    assert counts(shop) == {("ann", TODAY, "film", "search"): 3}


def test_told_twice_it_counts_once(shop: Shop) -> None:
    """The ledger took it, and the machine died before it noted that; and a count never goes down."""
    with machine(shop, "a") as mine:
        mine.call(3)
        before = mine.log.read_untold()
        assert mine.tell.run() == 1
        with closing(sqlite3.connect(mine.path, isolation_level=None)) as connection:
            connection.execute("UPDATE counts SET told = 0")
        assert mine.log.read_untold() == before
        assert mine.tell.run() == 1
        assert counts(shop) == {("ann", TODAY, "film", "search"): 3}
        # Put back from a backup: less than the ledger knows.
        with closing(sqlite3.connect(mine.path, isolation_level=None)) as connection:
            connection.execute("UPDATE counts SET count = 1, told = 0")
        assert mine.tell.run() == 1
        assert counts(shop) == {("ann", TODAY, "film", "search"): 3}
    assert len([e for e in shop.ledger.audit() if e.event.action == "usage.counted"]) == 1


def test_a_file_that_was_deleted_counts_anew(shop: Shop) -> None:
    with machine(shop, "a") as mine:
        mine.call(3)
        assert mine.tell.run() == 1
    for path in shop.settings.data_dir.glob("a.sqlite*"):
        path.unlink()
    with machine(shop, "a") as mine:
        mine.call(2)
        assert mine.tell.run() == 1
    assert counts(shop) == {("ann", TODAY, "film", "search"): 5}


def test_what_cannot_be_told_stays(shop: Shop) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(shop.ledger, name)

        def transaction(self) -> Any:
            raise LedgerError("It does not answer.", code="ledger.unreachable")

    with machine(shop, "a") as mine:
        mine.call(3)
        assert replace(mine.tell, ledger=Away()).run() == 0
        assert counts(shop) == {}
        assert mine.tell.run() == 1
    assert counts(shop) == {("ann", TODAY, "film", "search"): 3}


def test_many_days_and_kinds_go_in_pieces(shop: Shop) -> None:
    with machine(shop, "a") as mine:
        for number in range(AT_ONCE + 10):
            mine.call(operation=f"op{number}")
        assert mine.tell.run() == AT_ONCE + 10
    assert len(counts(shop)) == AT_ONCE + 10
    assert len([e for e in shop.ledger.audit() if e.event.action == "usage.counted"]) == 2


def test_clocks_that_are_wrong_and_a_machine_that_was_away_for_long(shop: Shop) -> None:
    with machine(shop, "a") as mine:
        mine.call(days_ago=30)
        mine.call(days_ago=-400)
        mine.call(days_ago=400)
        assert mine.tell.run() == 1
    assert list(counts(shop)) == [("ann", TODAY - timedelta(days=30), "film", "search")]


def test_a_damaged_file_and_none_are_no_trouble(shop: Shop) -> None:
    path = shop.settings.data_dir / "a.sqlite"
    path.parent.mkdir(parents=True, exist_ok=True)
    with machine(shop, "a") as mine:
        assert mine.tell.run() == 0
        path.write_bytes(b"no database at all" * 100)
        assert mine.tell.run() == 0
    assert replace(mine.tell, log=None).run() == 0


def test_a_project_that_one_does_not_work_on_gets_nothing(shop: Shop) -> None:
    at = shop.clock.now()
    with shop.ledger.transaction() as work:
        for name, role in (("ann", Role.ARTIST), ("otto", Role.AUDITOR)):
            work.add(Member(id=name, name=name, roles=(role,), added_at=at, added_by="ada"))
        work.add(Project(id="film", name="Film", created_at=at, created_by="ada"))
        work.add(
            ProjectMember(id="film/ann", project_id="film", member_id="ann", added_at=at, added_by="ada")
        )
    with (
        machine(shop, "a") as mine,
        machine(shop, "b", project="secret") as other,
        machine(shop, "c", person="otto") as auditor,
        machine(shop, "d", person="nobody") as stranger,
    ):
        for each in (mine, other, auditor, stranger):
            each.call()
        assert [each.tell.run() for each in (mine, other, auditor, stranger)] == [1, 1, 0, 0]
    assert counts(shop) == {("ann", TODAY, "film", "search"): 1, ("ann", TODAY, "", "search"): 1}


def test_names_that_are_hostile(shop: Shop) -> None:
    with machine(shop, "a", project="Füm\x00\u202e" + "x" * 5000, person="o'brien/é") as mine:
        mine.call()
        assert mine.tell.run() == 1
    (key,) = counts(shop)
    assert key[0] == "o'brien/é"
    assert key[2].startswith("Füm")
    assert len(key[2]) <= 200
