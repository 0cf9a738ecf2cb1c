"""Workers and the queue: callbacks on the draining thread, cancelling, errors that never vanish."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from core.clock import SystemClock
from core.errors import CancelledError, ClearanceError, UserInputError
from core.tasks import Task, TaskRunner, TaskState


@pytest.fixture
def runner() -> Iterator[TaskRunner]:
    """A runner that is closed after the test."""
    tasks = TaskRunner(clock=SystemClock(), workers=3)
    yield tasks
    assert tasks.close()


def test_results_arrive_on_the_draining_thread(runner: TaskRunner) -> None:
    """The work runs elsewhere, its result here."""
    seen: list[tuple[int, int]] = []
    here = threading.get_ident()
    runner.submit(
        "t",
        "t",
        lambda _t: threading.get_ident(),
        on_done=lambda worker: seen.append((worker, threading.get_ident())),
    )
    assert runner.wait(timeout_s=5)
    assert len(seen) == 1
    assert seen[0][0] != here
    assert seen[0][1] == here


def test_a_known_error_reaches_its_callback(runner: TaskRunner) -> None:
    """An error of ours arrives as it was raised."""
    errors: list[ClearanceError] = []

    def work(_task: Task) -> None:
        raise UserInputError("no", code="x.y")

    task = runner.submit("t", "t", work, on_error=errors.append)
    assert runner.wait(timeout_s=5)
    assert [e.code for e in errors] == ["x.y"]
    assert task.state is TaskState.FAILED


def test_a_bug_in_a_worker_is_told_not_swallowed(runner: TaskRunner) -> None:
    """An unexpected exception becomes an error that names its type."""
    errors: list[ClearanceError] = []
    runner.submit("t", "counting", lambda _t: 1 // 0, on_error=errors.append)
    assert runner.wait(timeout_s=5)
    assert errors[0].code == "internal"
    assert "ZeroDivisionError" in errors[0].message
    assert "counting" in errors[0].message


def test_a_cancelled_task_tells_so(runner: TaskRunner) -> None:
    """Cancelling reaches the worker, and the callback gets CancelledError."""
    errors: list[ClearanceError] = []
    started = threading.Event()

    def work(task: Task) -> None:
        started.set()
        while True:
            task.token.check()
            time.sleep(0.002)

    task = runner.submit("t", "t", work, on_error=errors.append)
    assert started.wait(5)
    assert runner.tasks == (task,)
    task.cancel()
    assert runner.wait(timeout_s=5)
    assert isinstance(errors[0], CancelledError)
    assert task.state is TaskState.CANCELLED
    assert runner.tasks == ()


def test_drain_keeps_to_its_budget(runner: TaskRunner) -> None:
    """With a budget of nothing, one callback runs a time."""
    done: list[int] = []
    for number in range(5):
        runner.submit("t", "t", lambda _t, n=number: n, on_done=done.append)
    deadline = time.monotonic() + 5
    while runner.tasks and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(0.02)
    assert runner.drain(budget_s=0.0) == 1
    assert len(done) == 1
    runner.wait(timeout_s=5)
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_later_and_posted_callbacks(runner: TaskRunner) -> None:
    """What is due runs in the next drain, what was cancelled never, and neither keeps the runner busy."""
    seen: list[str] = []
    runner.call_later(0.0, lambda: seen.append("now"))
    runner.call_later(0.0, lambda: seen.append("never")).cancel()
    runner.call_later(3600.0, lambda: seen.append("in an hour"))
    runner.post(lambda: seen.append("posted"))
    assert runner.wait(timeout_s=5)
    assert seen == ["now", "posted"]
    assert runner.idle


def test_closing_does_not_wait_for_a_busy_worker() -> None:
    """A worker that does not listen does not keep the host from quitting: its thread is a daemon."""
    runner = TaskRunner(clock=SystemClock(), workers=1)
    release = threading.Event()
    runner.submit("t", "t", lambda _t: release.wait(10))
    time.sleep(0.05)
    assert runner.close(timeout_s=0.05) is False
    release.set()
    with pytest.raises(ClearanceError):
        runner.submit("t", "t", lambda _t: None)


def test_many_tasks_in_order_of_nothing(runner: TaskRunner) -> None:
    """Two thousand tasks all come back, each once."""
    done: list[int] = []
    for number in range(2000):
        runner.submit("t", "t", lambda _t, n=number: n, on_done=done.append)
    assert runner.wait(timeout_s=30)
    assert sorted(done) == list(range(2000))
