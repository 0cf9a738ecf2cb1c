"""What the health service makes of the notes, the breakers and the budgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fakes import FakeClock

from core.errors import ClearanceError
from core.http.breaker import Breakers, BreakerState, Verdict
from core.http.health import CallNote, HealthLog, Outcome
from core.http.throttle import Usage
from core.http.waits import Wait, WaitBoard
from core.marketplaces import registry
from core.marketplaces.base import MarketplaceInfo
from core.services.health import GOAL, CallHealth, Health, MarketplaceHealth


class Rig:
    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.log = HealthLog(folder / "health.sqlite")
        self.breakers = Breakers(clock=self.clock, failures=2)
        self.broken = False
        self.board = WaitBoard(clock=self.clock)
        self.health = Health(
            log=self.log, breakers=self.breakers, usage=self.usage, board=self.board, clock=self.clock
        )

    def usage(self, info: MarketplaceInfo) -> Usage:
        if self.broken:
            raise ClearanceError("No file.", code="throttle")
        return Usage(used=7, limit=info.requests_per_hour, next_free_in_s=3.0)

    def note(self, outcome: Outcome, operation: str = "search", *, hours_ago: int = 0) -> None:
        self.log.add(
            CallNote(
                marketplace="shutterstock",
                operation=operation,
                at=self.clock.now() - timedelta(hours=hours_ago),
                outcome=outcome,
                latencies_s=(0.25,),
                code="" if outcome is Outcome.OK else "some.code",
                message=f"{operation} {outcome}",
            )
        )

    def one(self, **options: int) -> MarketplaceHealth:
        (found,) = (one for one in self.health.run(**options) if one.marketplace == "shutterstock")
        return found


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.log.close()


def test_every_marketplace_is_told_before_anything_was_asked(rig: Rig) -> None:
    found = rig.health.run()
    assert tuple(one.marketplace for one in found) == registry.all_ids()
    for one in found:
        assert one.health == CallHealth()
        assert (one.health.success_rate, one.health.meets_goal, one.last_error) == (None, None, None)
        assert one.budget is not None
        assert one.breaker is BreakerState.CLOSED


def test_calls_are_added_up_by_operation_and_in_all(rig: Rig) -> None:
    for _ in range(3):
        rig.note(Outcome.OK)
    rig.note(Outcome.REFUSED, "purchase")
    one = rig.one()
    assert (one.health.calls, one.health.ok, one.health.refused, one.health.failed) == (4, 3, 1, 0)
    assert one.health.success_rate == 0.75
    assert one.health.meets_goal is False
    assert [part.operation for part in one.operations] == ["purchase", "search"]
    assert [part.health.success_rate for part in one.operations] == [0.0, 1.0]
    assert one.operations[1].health.meets_goal is True
    assert one.health.p50_s is not None
    assert 0.2 <= one.health.p50_s <= 0.3
    assert one.last_error is not None
    assert one.last_error.message == "purchase refused"


@pytest.mark.parametrize(
    ("ok", "failed", "met"), [(99, 1, False), (100, 1, True), (1, 0, True), (0, 1, False)]
)
def test_the_goal_is_more_than_99_percent(ok: int, failed: int, met: bool) -> None:
    health = CallHealth(calls=ok + failed, ok=ok, failed=failed)
    assert GOAL == 0.99
    assert health.meets_goal is met


def test_only_the_asked_hours_count(rig: Rig) -> None:
    rig.note(Outcome.FAILED, hours_ago=30)
    rig.note(Outcome.OK)
    assert rig.one().health.calls == 1
    assert rig.one().last_error is None
    assert rig.one(hours=48).health.calls == 2
    assert rig.one(hours=10**9).health.calls == 2
    assert rig.one(hours=-5).health.calls == 1


def test_breakers_and_budget_stand_beside(rig: Rig) -> None:
    info = registry.find("shutterstock").INFO
    for _ in range(2):
        rig.breakers.admit(info, "purchase")
        rig.breakers.report(info, "purchase", Verdict.BAD)
    rig.note(Outcome.OK)
    one = rig.one()
    assert one.breaker is BreakerState.OPEN
    assert [(part.operation, part.breaker) for part in one.operations] == [
        ("purchase", BreakerState.OPEN),
        ("search", BreakerState.CLOSED),
    ]
    assert one.operations[0].retry_in_s == 30.0
    assert one.operations[0].health.calls == 0
    assert one.budget == Usage(used=7, limit=info.requests_per_hour, next_free_in_s=3.0)


def test_a_budget_that_cannot_be_read_is_not_known(rig: Rig) -> None:
    rig.broken = True
    assert rig.one().budget is None


def test_what_waits_is_told_with_the_seconds_that_are_left(rig: Rig) -> None:
    assert rig.health.waits() == ()
    search, buy = rig.board.enter(), rig.board.enter()
    rig.board.note(search, "shutterstock", "search", 20.0)
    rig.board.note(buy, "pond5", "purchase", 5.0)
    rig.clock.sleep(4.0)
    assert rig.health.waits() == (
        Wait(marketplace="shutterstock", operation="search", left_s=16.0),
        Wait(marketplace="pond5", operation="purchase", left_s=1.0),
    )
    rig.board.leave(search)
    rig.clock.sleep(2.0)
    assert rig.health.waits() == ()
