from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.http.pacing import WINDOW_S, Limit, Spent, Told, spread_s, wait_s

limits = st.integers(1, 5000).map(lambda per_hour: Limit(per_hour=per_hour))
durations = st.floats(0, WINDOW_S)


@pytest.mark.parametrize(
    ("limit", "budget", "reserve"),
    [
        (Limit(per_hour=100), 100, 10),
        (Limit(per_hour=150), 150, 15),
        (Limit(per_hour=1000), 1000, 100),
        (Limit(per_hour=101), 101, 11),
        (Limit(per_hour=20), 20, 3),
        (Limit(per_hour=5), 5, 2),
        (Limit(per_hour=1), 1, 0),
        (Limit(per_hour=0), 1, 0),
        (Limit(per_hour=10**6, per_second=2), 7200, 720),
    ],
)
def test_the_reserve_is_a_tenth_and_at_least_three(limit: Limit, budget: int, reserve: int) -> None:
    assert (limit.budget, limit.reserve) == (budget, reserve)


@given(limits, durations, durations)
def test_the_first_half_goes_out_as_it_comes(limit: Limit, calm_s: float, since_s: float) -> None:
    browse = limit.budget - limit.reserve
    used = min(limit.budget // 2, browse - 1)
    spent = Spent(used=max(0, used), since_last_s=since_s, until_calm_s=calm_s)
    assert used < 0 or wait_s(spent, limit, urgent=False) == 0


@given(limits, st.integers(0, 6000), durations, durations, durations)
def test_waits_are_bounded_and_never_for_the_urgent(
    limit: Limit, used: int, calm_s: float, browse_s: float, since_s: float
) -> None:
    spent = Spent(used=used, since_last_s=since_s, until_calm_s=calm_s, until_browse_s=browse_s)
    assert 0 <= wait_s(spent, limit, urgent=False) <= WINDOW_S
    assert wait_s(spent, limit, urgent=True) == 0


@given(st.integers(1, 1000), durations, durations)
def test_spreading_is_even(left: int, over_s: float, since_s: float) -> None:
    wait = spread_s(left=left, over_s=over_s, since_last_s=since_s)
    assert wait == max(0.0, over_s / left - since_s)
    assert spread_s(left=left, over_s=over_s, since_last_s=math.inf) == 0


def test_the_second_half_is_spread_over_what_is_left_of_the_hour() -> None:
    limit = Limit(per_hour=100)
    spent = Spent(used=60, since_last_s=0, until_calm_s=3000)
    assert wait_s(spent, limit, urgent=False) == 100  # 30 before the reserve, in 3000 seconds
    later = Spent(used=60, since_last_s=40, until_calm_s=2960)
    assert 55 < wait_s(later, limit, urgent=False) < 60


def test_the_reserve_is_not_for_browsing() -> None:
    spent = Spent(used=90, since_last_s=1000, until_calm_s=900, until_browse_s=333)
    assert wait_s(spent, Limit(per_hour=100), urgent=False) == 333
    assert wait_s(spent, Limit(per_hour=100), urgent=True) == 0


class Window:
    """A sliding hour, as the throttle counts it."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.sent: list[float] = []

    def spent(self, now: float) -> Spent:
        self.sent = [at for at in self.sent if at > now - WINDOW_S]
        used, limit = len(self.sent), self.limit

        def gone(count: int) -> float:
            return 0.0 if count <= 0 else max(0.0, self.sent[min(count, used) - 1] + WINDOW_S - now)

        return Spent(
            used=used,
            since_last_s=now - self.sent[-1] if self.sent else math.inf,
            until_calm_s=gone(used - limit.budget // 2),
            until_browse_s=gone(used - (limit.budget - limit.reserve) + 1),
        )


@given(
    st.integers(6, 300),
    st.lists(st.tuples(st.floats(0, 600), st.booleans()), max_size=400),
)
def test_whatever_is_asked_the_browsing_budget_holds_and_nobody_waits_for_ever(
    per_hour: int, asked: list[tuple[float, bool]]
) -> None:
    """Requests come in bursts, some of them urgent: no hour ever holds more browsing than it may."""
    window, now = Window(Limit(per_hour=per_hour)), 0.0
    browse = window.limit.budget - window.limit.reserve
    for pause, urgent in asked:
        now += pause
        spent = window.spent(now)
        if urgent and spent.used >= per_hour:
            continue  # the plain ceiling's business
        wait = wait_s(spent, window.limit, urgent=urgent)
        assert wait <= WINDOW_S
        if not urgent:
            now += wait
            while (again := wait_s(window.spent(now), window.limit, urgent=False)) > 0:
                now += max(again, 0.001)
            assert window.spent(now).used < browse
        window.sent.append(now)
        assert window.spent(now).used <= per_hour


def test_an_eager_user_slows_down_long_before_the_limit() -> None:
    """A hundred searches in a row: half at once, the rest spread, and the reserve is never touched."""
    window, now, waits = Window(Limit(per_hour=100)), 0.0, []
    for _ in range(100):
        wait = wait_s(window.spent(now), window.limit, urgent=False)
        waits.append(wait)
        now += wait
        window.sent.append(now)
    assert waits[:51] == [0.0] * 51
    assert all(60 < wait < 120 for wait in waits[52:88])
    assert max(waits) < 130


# --- what the vendor says ---


@pytest.mark.parametrize(
    ("told", "browse_s", "urgent_s"),
    [
        (Told(remaining=0, limit=60, reset_s=30), 30, 30),
        (Told(remaining=0, reset_s=30), 30, 30),
        (Told(remaining=50, limit=60, reset_s=30), 0, 0),
        (Told(remaining=12, limit=60, reset_s=30), 2.5, 0),
        (Told(remaining=1, limit=60, reset_s=30), 30, 0),
        (Told(remaining=5, reset_s=30), 6, 0),
        (Told(remaining=6, reset_s=30), 0, 0),
        (Told(remaining=0, limit=60, reset_s=0), 0, 0),
        (Told(remaining=0, limit=60), 0, 0),
        (None, 0, 0),
    ],
)
def test_the_vendors_own_counter_slows_us_down(told: Told | None, browse_s: float, urgent_s: float) -> None:
    spent = Spent(used=1, since_last_s=0, told=told)
    assert wait_s(spent, Limit(per_hour=1000), urgent=False) == browse_s
    assert wait_s(spent, Limit(per_hour=1000), urgent=True) == urgent_s


def test_the_longer_wait_counts() -> None:
    told = Told(remaining=0, limit=60, reset_s=30)
    spent = Spent(used=95, until_browse_s=200, told=told)
    assert wait_s(spent, Limit(per_hour=100), urgent=False) == 200
    assert wait_s(spent, Limit(per_hour=100), urgent=True) == 30
