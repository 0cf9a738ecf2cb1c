from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AccessDenied,
    CancelledError,
    ClearanceError,
    CredentialsRejected,
    NotFound,
    OutcomeUnknown,
    RateLimited,
    RequestRejected,
    Unavailable,
    UnexpectedResponse,
)
from core.http.message import Idempotency
from core.http.retry import PASSING_STATUSES, GiveUp, Retry, RetryPolicy, decide, wait_asked

ERRORS: list[Exception] = [
    Unavailable("x", status=503),
    Unavailable("x"),
    RateLimited("x", retry_after_s=None),
    RateLimited("x", retry_after_s=3.0),
    RequestRejected("x", status=408),
    RequestRejected("x", status=400),
    OutcomeUnknown("x"),
    UnexpectedResponse("x", status=200),
    NotFound("x", status=404),
    AccessDenied("x", status=403),
    CredentialsRejected("x", status=401),
    CancelledError("x"),
    ClearanceError("x", retryable=True),
    ValueError("x"),
]

SECONDS = st.floats(min_value=0, max_value=1e6)
POLICIES = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 20),
    first_wait_s=st.floats(0, 60),
    longest_wait_s=st.floats(0, 120),
    deadline_s=SECONDS,
)


@given(
    idempotency=st.sampled_from(Idempotency),
    error=st.sampled_from(ERRORS),
    attempt=st.integers(1, 30),
    elapsed_s=SECONDS,
    asked=st.none() | SECONDS,
    jitter=st.floats(0, 1),
    policy=POLICIES,
)
def test_the_rules_hold_for_everything(
    *,
    idempotency: Idempotency,
    error: Exception,
    attempt: int,
    elapsed_s: float,
    asked: float | None,
    jitter: float,
    policy: RetryPolicy,
) -> None:
    plan = decide(
        idempotency=idempotency,
        error=error,
        attempt=attempt,
        elapsed_s=elapsed_s,
        wait_asked_s=asked,
        jitter=jitter,
        policy=policy,
    )
    if isinstance(plan, GiveUp):
        assert plan.why
        return
    assert idempotency is not Idempotency.SPENDING
    assert attempt < policy.attempts
    assert elapsed_s + plan.wait_s <= policy.deadline_s
    assert plan.wait_s >= (asked or 0.0)
    assert getattr(error, "retryable", False) or getattr(error, "status", None) in PASSING_STATUSES


def test_the_wait_grows_and_is_spread_over_its_whole_range() -> None:
    def wait(attempt: int, jitter: float) -> float:
        plan = decide(
            idempotency=Idempotency.SAFE,
            error=Unavailable("x"),
            attempt=attempt,
            elapsed_s=0,
            wait_asked_s=None,
            jitter=jitter,
            policy=RetryPolicy(attempts=9, first_wait_s=1.0, longest_wait_s=5.0, deadline_s=100),
        )
        assert isinstance(plan, Retry)
        return plan.wait_s

    assert [wait(n, 1.0) for n in (1, 2, 3, 4, 8)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert wait(3, 0.0) == 0.0
    assert wait(3, 0.5) == 2.0


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RateLimited("x", retry_after_s=2.5), 2.5),
        (RateLimited("x"), None),
        (Unavailable("x", context={"retry_after_s": 9}), 9.0),
        (Unavailable("x"), None),
        (ValueError("x"), None),
    ],
)
def test_what_the_vendor_asked_for(error: Exception, expected: float | None) -> None:
    assert wait_asked(error) == expected
