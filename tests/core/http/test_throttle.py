from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from wire import FakeClock

from core.clock import SystemClock
from core.errors import CancelledError, ClearanceError, RateLimited
from core.http.cancel import CancelToken, pause_with
from core.http.pacing import Told
from core.http.throttle import Limit, Throttle, Usage


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def throttle(tmp_path: Path, clock: FakeClock) -> Iterator[Throttle]:
    made = Throttle(tmp_path / "deep" / "throttle.sqlite", clock=clock, pause=clock.pause)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("limit", "rules"),
    [
        (Limit(per_hour=100), ((100, 3_600_000),)),
        (Limit(per_hour=3600, per_second=2), ((2, 1000), (3600, 3_600_000))),
        (Limit(per_hour=7200, per_second=2), ((2, 1000),)),
        (Limit(per_hour=2, per_second=2), ((2, 3_600_000),)),
        (Limit(per_hour=0, per_second=0), ((1, 3_600_000),)),
    ],
)
def test_rules_make_sense_together(limit: Limit, rules: tuple[tuple[int, int], ...]) -> None:
    assert limit.rules() == rules


def test_requests_up_to_the_limit_go_at_once_then_wait(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=1000, per_second=2)
    waits: list[float] = []
    for _ in range(6):
        throttle.acquire("key", limit, on_wait=waits.append)
    assert 1.9 <= sum(clock.slept) <= 2.2
    assert waits
    assert all(0 < wait <= 1.1 for wait in waits)


def test_keys_do_not_share_a_limit(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=1)
    throttle.acquire("one", limit)
    throttle.acquire('two"; DROP TABLE pauses; --', limit)
    assert clock.slept == []


def test_a_long_wait_is_told_instead(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=1)
    throttle.acquire("key", limit)
    with pytest.raises(RateLimited, match="60 minutes") as caught:
        throttle.acquire("key", limit, marketplace="example")
    assert caught.value.retry_after_s is not None
    assert 3590 < caught.value.retry_after_s <= 3601
    assert clock.slept == []
    clock.seconds += 3601
    assert throttle.acquire("key", limit) == 0


def test_a_pause_holds_for_everybody_with_the_file(
    tmp_path: Path, throttle: Throttle, clock: FakeClock
) -> None:
    other = Throttle(tmp_path / "deep" / "throttle.sqlite", clock=clock, pause=clock.pause)
    throttle.pause_key("key", 30)
    throttle.pause_key("key", 5)
    waits: list[float] = []
    other.acquire("other", Limit(per_hour=100))
    assert clock.slept == []
    assert other.acquire("key", Limit(per_hour=100), on_wait=waits.append) == pytest.approx(30, abs=0.1)
    assert waits[0] == pytest.approx(30, abs=0.1)
    assert len(waits) == 1
    other.close()


def test_cancelling_ends_the_wait(throttle: Throttle) -> None:
    cancel = CancelToken()
    throttle.pause_key("key", 60)
    with pytest.raises(CancelledError):
        throttle.acquire("key", Limit(per_hour=10), cancel=cancel, on_wait=lambda _: cancel.cancel())


def test_a_clock_set_back_does_not_lock_us_out(throttle: Throttle, clock: FakeClock) -> None:
    throttle.acquire("key", Limit(per_hour=1))
    throttle.pause_key("key", 60)
    clock.seconds -= 86_400
    assert throttle.acquire("key", Limit(per_hour=1)) == 0


def test_a_damaged_file_is_made_anew(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "throttle.sqlite"
    path.write_bytes(b"this is not a database" * 1000)
    throttle = Throttle(path, clock=clock, pause=clock.pause)
    assert throttle.acquire("key", Limit(per_hour=5)) == 0
    throttle.close()


def test_an_unusable_place_is_said(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "throttle.sqlite").mkdir()
    throttle = Throttle(tmp_path / "throttle.sqlite", clock=clock, pause=clock.pause)
    with pytest.raises(ClearanceError, match="counts requests"):
        throttle.acquire("key", Limit(per_hour=5))
    throttle.close()


def test_threads_share_the_limit(tmp_path: Path) -> None:
    clock = SystemClock()
    throttle = Throttle(tmp_path / "t.sqlite", clock=clock, pause=pause_with(clock))
    passed: list[int] = []

    def work() -> None:
        for _ in range(10):
            try:
                throttle.acquire("key", Limit(per_hour=25), urgent=True)
            except RateLimited:
                continue
            passed.append(1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    throttle.close()
    assert len(passed) == 25


# --- the pace, the reserve, the vendor's own counter ---


def test_half_goes_at_once_then_it_slows_down_and_says_so(throttle: Throttle, clock: FakeClock) -> None:
    waits: list[float] = []
    for _ in range(60):
        throttle.acquire("key", Limit(per_hour=100), on_wait=waits.append)
    assert len(waits) >= 9
    assert all(30 < wait < 120 for wait in waits)
    assert 700 < sum(clock.slept) < 900


def test_browsing_leaves_the_reserve_to_purchases(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=20)
    for _ in range(17):
        throttle.acquire("key", limit, urgent=True)
    with pytest.raises(RateLimited, match="minutes"):
        throttle.acquire("key", limit)
    for _ in range(3):
        throttle.acquire("key", limit, urgent=True)
    assert clock.slept == []
    with pytest.raises(RateLimited):
        throttle.acquire("key", limit, urgent=True)


def test_the_vendors_counter_at_zero_stops_every_process(
    tmp_path: Path, throttle: Throttle, clock: FakeClock
) -> None:
    limit = Limit(per_hour=1000)
    throttle.note_told("key", Told(remaining=1, limit=100, reset_s=40))
    other = Throttle(tmp_path / "deep" / "throttle.sqlite", clock=clock, pause=clock.pause)
    other.acquire("key", limit, urgent=True)
    assert clock.slept == []
    throttle.acquire("other key", limit)
    assert clock.slept == []
    throttle.acquire("key", limit, urgent=True)
    assert 39 <= sum(clock.slept) <= 41
    other.close()


def test_a_low_counter_slows_down_and_a_new_window_frees(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=1000)
    throttle.acquire("key", limit)
    clock.seconds += 0.25
    throttle.note_told("key", Told(remaining=4, limit=60, reset_s=40))
    throttle.acquire("key", limit)
    assert 8 <= sum(clock.slept) <= 10
    clock.seconds += 40
    throttle.acquire("key", limit)
    assert sum(clock.slept) <= 11


def test_a_counter_without_a_time_holds_for_a_minute(throttle: Throttle, clock: FakeClock) -> None:
    throttle.note_told("key", Told(remaining=0))
    throttle.acquire("key", Limit(per_hour=1000))
    assert 59 <= sum(clock.slept) <= 61


def test_usage_is_read_without_counting(throttle: Throttle, clock: FakeClock) -> None:
    limit = Limit(per_hour=100)
    assert throttle.usage("shop:", limit) == Usage(used=0, limit=100, reserve=10)
    for number in range(95):
        throttle.acquire("shop:one" if number < 90 else "shop:two", limit, urgent=True)
        throttle.acquire("shopping:other", Limit(per_hour=10_000))
    for _ in range(3):
        usage = throttle.usage("shop:", limit)
        assert (usage.used, usage.limit, usage.paused_for_s) == (90, 100, 0)
        assert 3590 < usage.next_free_in_s <= 3601
    throttle.pause_key("shop:one", 5000)
    assert (
        throttle.usage("shop:", limit).next_free_in_s == throttle.usage("shop:", limit).paused_for_s == 5000
    )
    clock.seconds += 5001
    assert throttle.usage("shop:", limit) == Usage(used=0, limit=100, reserve=10)


def test_usage_before_anything_was_sent_makes_no_file(tmp_path: Path, clock: FakeClock) -> None:
    throttle = Throttle(tmp_path / "deep" / "throttle.sqlite", clock=clock, pause=clock.pause)
    assert throttle.usage("shop:", Limit(per_hour=5)).used == 0
    assert list(tmp_path.iterdir()) == []


def test_usage_of_an_unusable_file_is_said(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "throttle.sqlite").mkdir()
    throttle = Throttle(tmp_path / "throttle.sqlite", clock=clock, pause=clock.pause)
    with pytest.raises(ClearanceError, match="counts requests"):
        throttle.usage("shop:", Limit(per_hour=5))


def test_processes_open_the_file_at_the_same_moment(tmp_path: Path) -> None:
    """Nobody is told that the file is locked, however many make it and switch it to WAL at once."""
    script = Path(__file__).resolve().parents[2] / "support" / "throttle_open_race.py"
    command = [sys.executable, str(script), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["0", "failed"]


def race(path: Path, *, limit: int, tries: int, processes: int, urgent: bool) -> list[int]:
    """Let processes race for permits; return how many each one got."""
    script = Path(__file__).resolve().parents[2] / "support" / "throttle_race.py"
    command = [sys.executable, str(script), str(path), str(time.time() + 1.0), str(tries), str(limit)]
    command += ["urgent"] if urgent else []
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)]
    counts = [int(racer.communicate(timeout=120)[0]) for racer in racers]
    assert [racer.returncode for racer in racers] == [0] * processes
    return counts


def test_processes_share_the_limit(tmp_path: Path) -> None:
    """Three processes race for a hundred permits; together they get a hundred."""
    assert sum(race(tmp_path / "t.sqlite", limit=100, tries=60, processes=3, urgent=True)) == 100


def test_processes_share_the_pace_and_leave_the_reserve(tmp_path: Path) -> None:
    """Browsing gets half of the budget at once and then has to wait; a purchase still gets through."""
    path = tmp_path / "t.sqlite"
    assert sum(race(path, limit=100, tries=60, processes=2, urgent=False)) == 51
    assert race(path, limit=100, tries=10, processes=1, urgent=True) == [10]
