from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from wire import FakeClock, FakeSite, Reply, Seen, as_json, call, rigged, serving

from core.errors import (
    AccessDenied,
    CancelledError,
    ClearanceError,
    CredentialsMissing,
    CredentialsRejected,
    NotFound,
    OfflineError,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from core.http.breaker import Breakers, BreakerState, Verdict, judge
from core.http.message import Auth, Idempotency
from core.http.retry import RetryPolicy

SITE = FakeSite()
ONCE = RetryPolicy(attempts=1)


@pytest.mark.parametrize(
    ("failure", "verdict"),
    [
        (None, Verdict.GOOD),
        (NotFound("x", status=404), Verdict.GOOD),
        (AccessDenied("x", status=403), Verdict.GOOD),
        (CredentialsRejected("x", status=401), Verdict.GOOD),
        (RequestRejected("x", status=400), Verdict.GOOD),
        (Unavailable("x", status=503), Verdict.BAD),
        (Unavailable("x"), Verdict.BAD),
        (OutcomeUnknown("x"), Verdict.BAD),
        (OutcomeUnknown("x", status=500), Verdict.BAD),
        (UnexpectedResponse("x", status=599), Verdict.BAD),
        (UnexpectedResponse("x", status=200), Verdict.SILENT),
        (UnexpectedResponse("x"), Verdict.SILENT),
        (OutcomeUnknown("x", status=200), Verdict.SILENT),
        (Unavailable("x", status=408), Verdict.SILENT),
        (Unavailable("x", code="throttle"), Verdict.SILENT),
        (RateLimited("x"), Verdict.SILENT),
        (RateLimited("x", status=None), Verdict.SILENT),
        (CredentialsMissing("x"), Verdict.SILENT),
        (OfflineError("x"), Verdict.SILENT),
        (CancelledError("x"), Verdict.SILENT),
        (ClearanceError("x"), Verdict.SILENT),
    ],
)
def test_only_the_marketplaces_own_troubles_count(failure: ClearanceError | None, verdict: Verdict) -> None:
    assert judge(failure) is verdict


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def breakers(clock: FakeClock) -> Breakers:
    return Breakers(clock=clock, failures=3, rest_s=30.0)


def fail(breakers: Breakers, times: int, operation: str = "search") -> None:
    for _ in range(times):
        breakers.admit(SITE, operation)
        breakers.report(SITE, operation, Verdict.BAD)


def test_after_so_many_failures_nothing_goes_out(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 3)
    clock.seconds += 10
    with pytest.raises(
        Unavailable, match=r"failed 3 times.*Nothing was sent; try again in 20 seconds"
    ) as caught:
        breakers.admit(SITE, "search")
    assert caught.value.code == "marketplace.circuit_open"
    assert caught.value.context["retry_after_s"] == 20.0
    (view,) = breakers.views()
    assert (view.state, view.failures, view.retry_in_s) == (BreakerState.OPEN, 3, 20.0)


def test_operations_and_marketplaces_are_apart(breakers: Breakers) -> None:
    fail(breakers, 3)
    breakers.admit(SITE, "purchase")
    breakers.admit(FakeSite(id="other"), "search")


def test_a_success_or_a_refusal_in_between_starts_the_count_anew(breakers: Breakers) -> None:
    for _ in range(5):
        fail(breakers, 2)
        breakers.admit(SITE, "search")
        breakers.report(SITE, "search", Verdict.GOOD)
    assert breakers.views()[0].state is BreakerState.CLOSED


def test_what_says_nothing_neither_counts_nor_excuses(breakers: Breakers) -> None:
    fail(breakers, 2)
    breakers.report(SITE, "search", Verdict.SILENT)
    fail(breakers, 1)
    with pytest.raises(Unavailable):
        breakers.admit(SITE, "search")


def test_one_call_tries_whether_it_works_again(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 3)
    clock.seconds += 30
    assert breakers.views()[0].state is BreakerState.HALF_OPEN
    breakers.admit(SITE, "search")
    with pytest.raises(Unavailable):
        breakers.admit(SITE, "search")  # one is enough
    breakers.report(SITE, "search", Verdict.GOOD)
    assert breakers.views()[0].state is BreakerState.CLOSED
    fail(breakers, 2)
    breakers.admit(SITE, "search")


def test_a_failed_trial_rests_again(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 3)
    clock.seconds += 31
    fail(breakers, 1)
    (view,) = breakers.views()
    assert (view.state, view.failures, view.retry_in_s) == (BreakerState.OPEN, 4, 30.0)


def test_a_trial_that_says_nothing_leaves_room_for_another(breakers: Breakers, clock: FakeClock) -> None:
    fail(breakers, 3)
    clock.seconds += 31
    breakers.admit(SITE, "search")
    breakers.report(SITE, "search", Verdict.SILENT)
    breakers.admit(SITE, "search")
    breakers.report(SITE, "search", Verdict.GOOD)
    assert breakers.views()[0].state is BreakerState.CLOSED


def test_calls_that_were_out_when_it_opened_change_nothing(breakers: Breakers, clock: FakeClock) -> None:
    for _ in range(6):
        breakers.admit(SITE, "search")
    for verdict in [Verdict.BAD] * 5 + [Verdict.GOOD]:
        breakers.report(SITE, "search", verdict)
        clock.seconds += 1
    assert breakers.views()[0].state is BreakerState.OPEN


def test_threads_are_not_let_out_one_by_one(breakers: Breakers) -> None:
    """pybreaker holds its lock during a call; ours are only counted there."""
    fail(breakers, 1)
    meet = threading.Barrier(4, timeout=10)

    def work() -> None:
        breakers.admit(SITE, "search")
        meet.wait()
        breakers.report(SITE, "search", Verdict.GOOD)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not meet.broken


# --- in a client ---


@pytest.mark.parametrize("idempotency", list(Idempotency))
def test_a_client_stops_asking_and_says_so(tmp_path: Path, idempotency: Idempotency) -> None:
    wanted = call(idempotency=idempotency)
    with serving(lambda _: Reply(status=503)) as server, rigged(tmp_path, server.url, policy=ONCE) as rig:
        for _ in range(5):
            with pytest.raises((Unavailable, OutcomeUnknown)):
                rig.client.send(wanted, SITE)
        seen = len(server.seen)
        for _ in range(3):
            with pytest.raises(Unavailable, match="Nothing was sent") as caught:
                rig.client.send(wanted, SITE)
            assert caught.value.code == "marketplace.circuit_open"
        assert len(server.seen) == seen == 5
        server.handler = lambda _: as_json({"value": 7})
        rig.clock.seconds += 30
        assert rig.client.send(wanted, SITE) == 7


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 429])
def test_refusals_never_open_it(tmp_path: Path, status: int) -> None:
    with (
        serving(lambda _: Reply(status=status)) as server,
        rigged(tmp_path, server.url, policy=ONCE) as rig,
    ):
        for _ in range(12):
            with pytest.raises(ClearanceError) as caught:
                rig.client.send(call(), SITE)
            assert caught.value.code != "marketplace.circuit_open"
        assert len(server.seen) == 12


def test_being_offline_never_opens_it(tmp_path: Path) -> None:
    with serving(lambda _: as_json({"value": 7})) as server, rigged(tmp_path, server.url) as rig:
        rig.online[0] = False
        for _ in range(12):
            with pytest.raises(OfflineError):
                rig.client.send(call(), SITE)
        rig.online[0] = True
        assert rig.client.send(call(), SITE) == 7


def test_a_key_that_is_refused_while_fetching_tokens_never_opens_it(tmp_path: Path) -> None:
    def handler(_: Seen) -> Reply:
        return as_json({"error": "invalid_client"}, 401)

    with serving(handler) as server, rigged(tmp_path, server.url, policy=ONCE) as rig:
        for _ in range(8):
            with pytest.raises(CredentialsRejected):
                rig.client.send(call(auth=Auth.APP), SITE)
        assert len(server.seen) == 8


def test_importing_the_core_does_not_load_pybreaker() -> None:
    root = Path(__file__).resolve().parents[3]
    code = (
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "import core.http.client, core.services.health\n"
        "print('pybreaker' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
