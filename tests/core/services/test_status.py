"""Numbers beside their goals: what counts as a success, what does not, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock
from ledger_values import make_declaration, make_grant, make_order, moment

from core.http.breaker import Breakers
from core.http.health import CallNote, HealthLog, Outcome
from core.http.throttle import Usage as Throttled
from core.http.waits import WaitBoard
from core.ledger.engine import open_ledger
from core.ledger.port import Ledger
from core.model.grant import Grant, GrantState, Usage
from core.model.order import OrderState
from core.reports.openmetrics import write_openmetrics
from core.services.buying.reconcile import GIVEN_UP
from core.services.health import Health
from core.services.status import TellStatus, count_covered, count_payments
from core.services.status_metrics import list_families

NOW = moment(1000)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(open_ledger(tmp_path / "ledger.sqlite")) as opened:
        yield opened


@pytest.fixture
def log(tmp_path: Path) -> Iterator[HealthLog]:
    with closing(HealthLog(tmp_path / "health.sqlite")) as opened:
        yield opened


@pytest.fixture
def telling(ledger: Ledger, log: HealthLog) -> TellStatus:
    clock = FakeClock(NOW)
    health = Health(
        log=log, breakers=Breakers(clock=clock), board=WaitBoard(clock=clock), clock=clock,
        usage=lambda info: Throttled(used=0, limit=info.requests_per_hour, next_free_in_s=0.0),
    )  # fmt: skip
    return TellStatus(ledger=ledger, health=health, clock=clock)


def note(log: HealthLog, outcome: Outcome, *, marketplace: str = "cgtrader") -> None:
    log.add(
        CallNote(
            at=NOW, marketplace=marketplace, operation="search", outcome=outcome, latencies_s=(0.4,),
            code="x", message="No.",
        )
    )  # fmt: skip


def use(grant_id: str, scene: str, blocks: int) -> Usage:
    return Usage(grant_id=grant_id, scene=scene, data_blocks=blocks, seen_at=NOW)


def test_an_empty_ledger_has_no_numbers_and_says_so(telling: TellStatus) -> None:
    found = telling.run()
    assert found.calls.calls == 0
    rates = (
        found.calls.success_rate,
        found.payments.success_rate,
        found.compliance.rate,
        found.compliance.grants_rate,
    )
    assert rates == (None, None, None, None)
    assert (found.calls.meets_goal, found.payments.meets_goal, found.compliance.meets_goal) == (
        None,
        None,
        None,
    )
    text = write_openmetrics(list_families(found))
    for name in ("calls_success", "payments_success", "license_compliance"):
        assert f"\nclearance_{name}_ratio " not in text
    assert 'clearance_goal_ratio{of="compliance"} 1\n' in text
    assert 'clearance_orders{payment="settled"} 0\n' in text


def test_calls_are_counted_for_each_marketplace_and_together(telling: TellStatus, log: HealthLog) -> None:
    for _ in range(99):
        note(log, Outcome.OK)
    note(log, Outcome.FAILED)
    note(log, Outcome.OK, marketplace="pond5")
    found = telling.run()
    assert (found.calls.calls, found.calls.ok, found.calls.failed) == (101, 100, 1)
    assert found.calls.meets_goal
    one = next(one for one in found.marketplaces if one.marketplace == "cgtrader")
    assert one.health.success_rate == 0.99
    assert one.health.meets_goal is False
    text = write_openmetrics(list_families(found))
    assert 'clearance_marketplace_success_ratio{marketplace="cgtrader"} 0.99\n' in text
    assert 'clearance_marketplace_calls{marketplace="cgtrader",outcome="failed"} 1\n' in text
    assert 'clearance_marketplace_latency_seconds{marketplace="pond5",quantile="0.5"} 0.4' in text
    assert 'marketplace="turbosquid",quantile' not in text


@pytest.mark.parametrize(
    ("state", "failure", "outcome"),
    [
        (OrderState.PAID, "", "settled"),
        (OrderState.FULFILLED, "", "settled"),
        (OrderState.REFUNDED, "", "settled"),
        (OrderState.FAILED, "payment.refused", "failed"),
        (OrderState.FAILED, GIVEN_UP, "called_off"),
        (OrderState.FAILED, "cancelled before it was sent", "called_off"),
        (OrderState.UNKNOWN, "no answer", "in_doubt"),
        (OrderState.AWAITING_CHECKOUT, "", "waiting"),
        (OrderState.APPROVED, "", "waiting"),
        (OrderState.SUBMITTING, "", "waiting"),
    ],
)
def test_every_order_counts_once(state: OrderState, failure: str, outcome: str) -> None:
    found: Any = count_payments({(state, failure): 1}, since=moment(0))
    counts = {
        name: getattr(found, name) for name in ("settled", "failed", "in_doubt", "waiting", "called_off")
    }
    assert counts == {**dict.fromkeys(counts, 0), outcome: 1}
    assert found.success_rate == {"settled": 1.0, "failed": 0.0, "in_doubt": 0.0}.get(outcome)


def test_a_payment_in_doubt_is_no_success_and_old_ones_do_not_count(ledger: Ledger) -> None:
    with ledger.transaction() as work:
        for n in range(1, 100):
            work.add_order(make_order(n, state=OrderState.PAID))
    since = moment(0)
    assert count_payments(ledger.count_orders(since=since), since=since).meets_goal
    with ledger.transaction() as work:
        work.add_order(make_order(100, state=OrderState.UNKNOWN))
    found = count_payments(ledger.count_orders(since=since), since=since)
    assert (found.success_rate, found.meets_goal) == (0.99, False)
    assert count_payments(ledger.count_orders(since=moment(50)), since=moment(50)).settled == 50


def test_what_is_used_has_to_be_covered(telling: TellStatus, ledger: Ledger) -> None:
    grants = [
        make_grant(1),
        make_grant(2, state=GrantState.REFUNDED),
        make_grant(3, valid_until=NOW),
        make_grant(4, valid_until=NOW + timedelta(seconds=1)),
    ]
    with ledger.transaction() as work:
        for grant in grants:
            work.add_grant(grant)
        work.add_declaration(make_declaration(1))
        work.add_declaration(make_declaration(2))
        work.withdraw_declaration(make_declaration(2).id, at=NOW)
        work.replace_usages("a.blend", [use("grant_1", "a.blend", 5), use("grant_2", "a.blend", 3)])
        work.replace_usages(
            "b.blend",
            [
                use("grant_3", "b.blend", 1),
                use("grant_4", "b.blend", 1),
                use("grant_1", "b.blend", 10),
                use(make_declaration(1).id, "b.blend", 2),
            ],
        )
    found = telling.run().compliance
    assert (found.scenes, found.grants, found.grants_covered) == (2, 5, 3)
    assert (found.data_blocks, found.data_blocks_covered) == (22, 18)
    assert found.meets_goal is False
    assert [(one.grant_id, one.why, one.scenes) for one in found.uncovered] == [
        ("grant_2", "refunded", 1),
        ("grant_3", "expired", 1),
    ]
    text = write_openmetrics(list_families(telling.run()))
    assert "clearance_license_compliance_ratio 0.6\n" in text
    assert 'clearance_used_data_blocks{covered="no"} 4\n' in text


def test_one_uncovered_license_of_many_misses_the_goal() -> None:
    grants: list[Grant] = [make_grant(n) for n in range(1, 1000)]
    usages = [use(one.id, "a.blend", 1) for one in grants]
    assert count_covered(usages, grants, now=NOW).meets_goal
    found = count_covered([*usages, use("grant_unknown", "a.blend", 1)], grants, now=NOW)
    assert found.meets_goal is False
    assert found.uncovered[0].why == "unknown"
    assert count_covered([use("grant_1", "a.blend", 0)], grants, now=NOW).meets_goal
