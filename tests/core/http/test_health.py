from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import health_race
import pytest
from hypothesis import given
from hypothesis import strategies as st
from wire import DictStore, FakeSite, Reply, Seen, as_json, call, rigged, serving

from core.errors import CancelledError, ClearanceError, CredentialsRejected, OfflineError, RateLimited
from core.http.cancel import CancelToken
from core.http.health import (
    EDGES_S,
    KEPT_ERRORS,
    KEPT_HOURS,
    CallNote,
    HealthLog,
    HealthReading,
    Outcome,
    find_bucket,
    percentile,
)
from core.http.message import Auth, Idempotency
from core.http.retry import RetryPolicy

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SINCE = NOW - timedelta(hours=24)
SITE = FakeSite()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "health.sqlite"


@pytest.fixture
def log(path: Path) -> Iterator[HealthLog]:
    made = HealthLog(path)
    yield made
    made.close()


def note(outcome: Outcome = Outcome.OK, **values: Any) -> CallNote:
    given: dict[str, Any] = {
        "marketplace": "shop",
        "operation": "search",
        "at": NOW,
        "latencies_s": (0.12,),
        **values,
    }
    return CallNote(outcome=outcome, **given)


def test_nothing_noted_is_nothing_read(log: HealthLog, path: Path) -> None:
    assert log.read(SINCE) == HealthReading()
    assert not path.exists()


def test_what_is_noted_is_added_up(log: HealthLog) -> None:
    log.add(note())
    log.add(note(latencies_s=(0.04, 30.5, 500.0), rate_limited=2))
    log.add(note(Outcome.REFUSED, status=404, code="marketplace.not_found", message="Gone."))
    log.add(note(Outcome.FAILED, latencies_s=(0.2,), code="marketplace.unavailable", message="Down."))
    log.add(note(operation="purchase"))
    purchase, search = log.read(SINCE).operations
    assert (purchase.operation, purchase.ok) == ("purchase", 1)
    assert (search.ok, search.refused, search.failed) == (2, 1, 1)
    assert (search.requests, search.rate_limited) == (6, 2)
    assert sum(search.buckets) == 6
    assert len(search.buckets) == len(EDGES_S) + 1
    assert search.buckets[-1] == 1
    down, gone = log.read(SINCE).errors
    assert (down.code, down.status, down.message) == ("marketplace.unavailable", None, "Down.")
    assert (gone.code, gone.status, gone.at) == ("marketplace.not_found", 404, NOW)


def test_a_sandbox_has_its_own_place(path: Path) -> None:
    real, sandbox = HealthLog(path), HealthLog(path, place="sandbox")
    real.add(note())
    sandbox.add(note(Outcome.FAILED, code="x"))
    assert [one.ok for one in real.read(SINCE).operations] == [1]
    assert real.read(SINCE).errors == ()
    assert [one.failed for one in sandbox.read(SINCE).operations] == [1]
    real.close()
    sandbox.close()


def test_a_week_and_the_last_errors_are_kept(log: HealthLog, path: Path) -> None:
    for hours in (KEPT_HOURS + 1, KEPT_HOURS - 1, 30, 0):
        log.add(note(at=NOW - timedelta(hours=hours)))
    log.add(note())
    for number in range(KEPT_ERRORS + 50):
        log.add(note(Outcome.FAILED, code=str(number), message="x" * 10_000))
    reading = log.read(NOW - timedelta(days=365))
    assert reading.operations[0].ok == 4
    assert log.read(SINCE).operations[0].ok == 2
    assert [error.code for error in reading.errors[:2]] == [str(KEPT_ERRORS + 49), str(KEPT_ERRORS + 48)]
    assert len(reading.errors) == KEPT_ERRORS
    assert len(reading.errors[0].message) == 500
    assert path.stat().st_size < 1_000_000


def test_hours_of_a_clock_that_was_wrong_go_away(log: HealthLog) -> None:
    log.add(note(at=NOW + timedelta(days=400)))
    log.add(note())
    assert log.read(SINCE).operations[0].ok == 1


def test_a_busy_file_drops_the_note_soon(log: HealthLog, path: Path) -> None:
    log.add(note())
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    log.add(note())
    assert log.dropped == 1
    holder.execute("ROLLBACK")
    holder.close()
    log.add(note())
    assert (log.read(SINCE).operations[0].ok, log.dropped) == (2, 1)


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, b""])
def test_a_damaged_file_is_begun_anew(log: HealthLog, path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert log.read(SINCE) == HealthReading()
    log.add(note())
    assert log.read(SINCE).operations[0].ok == 1


def test_an_impossible_place_never_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "health.sqlite", tmp_path):
        log = HealthLog(path)
        log.add(note())
        assert log.dropped == 1
        assert log.read(SINCE) == HealthReading()
        log.close()


def test_threads_lose_nothing_in_peace(log: HealthLog) -> None:
    threads = [
        threading.Thread(target=lambda: [log.add(note()) for _ in range(20)], daemon=True) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.read(SINCE).operations[0].ok + log.dropped == 60


def test_processes_share_the_file(path: Path) -> None:
    command = [sys.executable, health_race.__file__, str(path), str(time.time() + 1.0), "40"]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    dropped = sum(int(racer.communicate(timeout=60)[0]) for racer in racers)
    log = HealthLog(path)
    (search,) = log.read(health_race.AT).operations
    assert search.ok + search.failed == search.requests == 80 - dropped
    assert len(log.read(health_race.AT).errors) == search.failed
    assert dropped < 40


# --- percentiles ---


def spread(durations: list[float]) -> list[int]:
    buckets = [0] * (len(EDGES_S) + 1)
    for seconds in durations:
        buckets[find_bucket(seconds)] += 1
    return buckets


@given(st.lists(st.floats(0, 120), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_in_the_right_bucket(durations: list[float], share: float) -> None:
    told = percentile(spread(durations), share)
    position = min(len(durations) - 1, max(0, -int(-share * len(durations) // 1) - 1))
    exact = sorted(durations)[position]
    assert told is not None
    assert abs(find_bucket(told) - find_bucket(exact)) <= 1


@pytest.mark.parametrize(
    ("durations", "p50", "p95"),
    [
        ([], None, None),
        ([1000.0], 120.0, 120.0),
        ([0.06] * 100, 0.075, 0.0975),
        ([0.01] * 99 + [40.0], None, 0.05),
    ],
)
def test_percentiles(durations: list[float], p50: float | None, p95: float | None) -> None:
    told = percentile(spread(durations), 0.95)
    assert told == p95 or (told is not None and p95 is not None and told <= p95)
    if p50 is not None:
        assert percentile(spread(durations), 0.5) == pytest.approx(p50)


# --- what a client notes ---


def counts(log: HealthLog, since: datetime) -> dict[str, tuple[int, int, int, int, int]]:
    return {
        one.operation: (one.ok, one.refused, one.failed, one.requests, one.rate_limited)
        for one in log.read(since).operations
    }


def test_a_client_notes_every_call_and_every_request(tmp_path: Path, log: HealthLog) -> None:
    replies = [
        as_json({"value": 1}),
        Reply(status=503),
        Reply(status=429, headers=(("Retry-After", "1"),)),
        as_json({"value": 1}),
        Reply(status=404),
        Reply(body=b"<html>"),
    ]
    with serving(lambda _: replies.pop(0)) as server, rigged(tmp_path, server.url, health=log) as rig:
        since = rig.clock.now()
        for _ in range(2):
            rig.client.send(call(), SITE)
        for _ in range(2):
            with pytest.raises(ClearanceError):
                rig.client.send(call(), SITE)
        assert counts(log, since) == {"search": (2, 1, 1, 6, 1)}
        assert [error.status for error in log.read(since).errors] == [200, 404]


def test_tokens_are_calls_of_their_own(tmp_path: Path, log: HealthLog) -> None:
    def handler(seen: Seen) -> Reply:
        return as_json({"access_token": "t"} if "oauth" in seen.path else {"value": 1})

    with serving(handler) as server, rigged(tmp_path, server.url, health=log) as rig:
        rig.client.send(call(auth=Auth.APP), SITE)
        assert counts(log, rig.clock.now()) == {
            "search": (1, 0, 0, 1, 0),
            "token.client_credentials": (1, 0, 0, 1, 0),
        }


def test_what_was_never_sent_or_was_stopped_is_no_call(tmp_path: Path, log: HealthLog) -> None:
    cancel = CancelToken()

    def handler(_: Seen) -> Reply:
        cancel.cancel()
        return Reply(status=503)

    with serving(handler) as server, rigged(tmp_path, server.url, health=log) as rig:
        rig.online[0] = False
        with pytest.raises(OfflineError):
            rig.client.send(call(), SITE)
        rig.online[0] = True
        with pytest.raises(CancelledError):
            rig.client.send(call(), SITE, cancel=cancel)
        with pytest.raises(RateLimited):
            rig.client.send(call(), replace(SITE, requests_per_hour=1))
        assert log.read(rig.clock.now()) == HealthReading()


def test_notes_hold_no_secret(tmp_path: Path, path: Path, log: HealthLog) -> None:
    store = DictStore(client_id="id", client_secret="the-very-secret", user_token="the-very-token")
    said = {
        "message": "the-very-token is not welcome",
        "error": "https://x.example.com/?token=the-very-token",
    }
    with (
        serving(lambda _: as_json(said, 403)) as server,
        rigged(tmp_path, server.url, store=store, health=log) as rig,
    ):
        with pytest.raises(ClearanceError):
            rig.client.send(call(auth=Auth.USER), SITE)
        assert log.read(rig.clock.now()).errors[0].code == "marketplace.access_denied"
        log.close()
    for file in path.parent.iterdir():
        assert b"the-very" not in file.read_bytes()


def test_a_log_that_cannot_be_written_changes_no_answer(tmp_path: Path) -> None:
    log = HealthLog(tmp_path)
    with serving(lambda _: as_json({"value": 7})) as server, rigged(tmp_path, server.url, health=log) as rig:
        spend = call(method="POST", idempotency=Idempotency.SPENDING)
        assert rig.client.send(spend, SITE) == 7
    assert log.dropped == 1


def test_a_counter_that_cannot_be_written_changes_no_answer(tmp_path: Path) -> None:
    """What the vendor says about its counter comes with the answer to a purchase: that answer must stand."""

    def handler(_: Seen) -> Reply:
        rig.throttle.close()
        for file in tmp_path.glob("throttle.sqlite*"):
            file.unlink()
        (tmp_path / "throttle.sqlite").mkdir()
        return as_json({"value": 7}, 200, ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "60"))

    with serving(handler) as server, rigged(tmp_path, server.url) as rig:
        spend = call(method="POST", idempotency=Idempotency.SPENDING)
        assert rig.client.send(spend, SITE) == 7


def test_the_vendors_counter_is_heeded(tmp_path: Path) -> None:
    reply = as_json({"value": 7}, 200, ("RateLimit-Remaining", "0"), ("RateLimit-Reset", "60"))
    waits: list[float] = []
    with serving(lambda _: reply) as server, rigged(tmp_path, server.url) as rig:
        rig.client.send(call(), SITE)
        rig.client.send(call(), SITE, on_wait=waits.append)
        assert 59 <= sum(rig.clock.slept) <= 61
        assert 59 <= waits[0] <= 61


def test_refusals_that_lead_to_a_second_try_are_noted_as_what_they_are(
    tmp_path: Path, log: HealthLog
) -> None:
    with (
        serving(lambda _: Reply(status=401)) as server,
        rigged(tmp_path, server.url, health=log, policy=RetryPolicy(attempts=1)) as rig,
    ):
        with pytest.raises(CredentialsRejected):
            rig.client.send(call(), SITE)
        assert counts(log, rig.clock.now()) == {"search": (0, 1, 0, 1, 0)}
