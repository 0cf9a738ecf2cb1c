"""Worker threads and the queue that brings their results back to the main thread.

Workers never touch the DCC. Whatever a task found is handed to a callback that runs where
:meth:`TaskRunner.drain` is called: a timer in a window, a loop in a script, a test by hand.
"""

from __future__ import annotations

import heapq
import itertools
import queue
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Generic, TypeVar

from .clock import Clock
from .errors import CancelledError, ClearanceError
from .http.cancel import CancelToken

T = TypeVar("T")


class TaskState(StrEnum):
    """Where a task stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(slots=True, kw_only=True, eq=False)
class Task:
    """One piece of work. Workers write its progress; everybody may read it at any time.

    ``done`` and ``total`` are in bytes or items; ``total`` None means that nobody knows.
    """

    id: int
    kind: str
    title: str
    subject: str = ""
    state: TaskState = TaskState.WAITING
    done: int = 0
    total: int | None = None
    note: str = ""
    token: CancelToken = field(default_factory=CancelToken)

    @property
    def active(self) -> bool:
        """True until it ended in one way or another."""
        return self.state in (TaskState.WAITING, TaskState.RUNNING)

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1, or None when the total is unknown."""
        return min(1.0, self.done / self.total) if self.total else None

    def report(self, done: int, total: int | None = None, note: str | None = None) -> None:
        """Note progress; called by the worker."""
        self.done = done
        self.total = total if total is not None else self.total
        if note is not None:
            self.note = note

    def cancel(self) -> None:
        """Ask the worker to stop."""
        self.token.cancel()


@dataclass(slots=True, eq=False)
class Scheduled:
    """Something to do later on the main thread, unless it is cancelled before."""

    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Do not do it."""
        self.cancelled = True


@dataclass(slots=True)
class _Job(Generic[T]):
    task: Task
    work: Callable[[Task], T]
    on_done: Callable[[T], None]
    on_error: Callable[[ClearanceError], None]


class TaskRunner:
    """A few daemon threads, so that a busy worker never keeps the DCC from quitting."""

    def __init__(self, *, clock: Clock, workers: int = 6) -> None:
        self._clock = clock
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._numbers = itertools.count(1)
        self._workers = workers
        self._threads: list[threading.Thread] = []
        self._tasks: dict[int, Task] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._pending = 0
        self._later: list[tuple[float, int, Scheduled]] = []

    @property
    def clock(self) -> Clock:
        """The clock that it goes by."""
        return self._clock

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All tasks that have not ended, oldest first."""
        with self._lock:
            return tuple(task for task in self._tasks.values() if task.active)

    @property
    def idle(self) -> bool:
        """True when nothing runs and no result waits to be drained."""
        with self._lock:
            return self._pending == 0

    def submit(
        self,
        kind: str,
        title: str,
        work: Callable[[Task], T],
        *,
        on_done: Callable[[T], None] = lambda _result: None,
        on_error: Callable[[ClearanceError], None] = lambda _error: None,
        subject: str = "",
    ) -> Task:
        """Run ``work`` in a worker; exactly one of the callbacks runs later, in :meth:`drain`."""
        task = Task(id=next(self._numbers), kind=kind, title=title, subject=subject)
        with self._lock:
            if self._closed:
                raise ClearanceError("Clearance is shutting down.", code="tasks.closed")
            self._tasks[task.id] = task
            self._pending += 1
            # Threads start with the first task: enabling the extension starts none.
            if len(self._threads) < min(self._workers, self._pending):
                thread = threading.Thread(
                    target=self._run, name=f"clearance-worker-{len(self._threads) + 1}", daemon=True
                )
                self._threads.append(thread)
                thread.start()
        self._jobs.put(_Job(task, work, on_done, on_error))
        return task

    def post(self, callback: Callable[[], object]) -> None:
        """Let a worker have something done on the main thread, at the next :meth:`drain`."""
        with self._lock:
            self._pending += 1
        self._results.put(callback)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Scheduled:
        """Do something in the first :meth:`drain` after ``delay_s`` seconds.

        Main thread only; costs no thread, and does not keep the runner from being idle.
        """
        scheduled = Scheduled(callback)
        due = self._clock.monotonic() + delay_s
        heapq.heappush(self._later, (due, next(self._numbers), scheduled))
        return scheduled

    def drain(self, *, budget_s: float | None = None) -> int:
        """Run waiting callbacks on this thread until none is left or the time is used up."""
        started = self._clock.monotonic()
        count = 0
        while self._later and self._later[0][0] <= started:
            scheduled = heapq.heappop(self._later)[2]
            if not scheduled.cancelled:
                scheduled.callback()
        while True:
            try:
                callback = self._results.get_nowait()
            except queue.Empty:
                return count
            try:
                callback()
            finally:
                with self._lock:
                    self._pending -= 1
            count += 1
            if budget_s is not None and self._clock.monotonic() - started >= budget_s:
                return count

    def wait(self, *, timeout_s: float, step: Callable[[], None] | None = None) -> bool:
        """Drain until idle (True) or until the time is over (False). For scripts and tests."""
        until = self._clock.monotonic() + timeout_s
        while not self.idle:
            if self.drain() == 0:
                if self._clock.monotonic() >= until:
                    return False
                self._clock.sleep(0.005)
            if step is not None:
                step()
        return True

    def close(self, *, timeout_s: float = 2.0) -> bool:
        """Cancel everything and end the threads; True when all ended in time."""
        with self._lock:
            self._closed = True
            tasks, threads = list(self._tasks.values()), list(self._threads)
        for task in tasks:
            task.cancel()
        for _ in threads:
            self._jobs.put(None)
        until = self._clock.monotonic() + timeout_s
        for thread in threads:
            thread.join(max(0.0, until - self._clock.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do(job)

    def _do(self, job: _Job[Any]) -> None:
        task = job.task
        task.state = TaskState.RUNNING
        try:
            task.token.check()
            result = job.work(task)
        except CancelledError as error:
            self._end(task, TaskState.CANCELLED, job.on_error, error)
        except ClearanceError as error:
            self._end(task, TaskState.FAILED, job.on_error, error)
        except Exception as error:  # noqa: BLE001 - a bug in a worker must reach the user, not vanish
            place = traceback.extract_tb(error.__traceback__)[-1]
            wrapped = ClearanceError(
                f"Clearance made a mistake while it was busy with: {task.title}. Please report it "
                f"({type(error).__name__} in {place.name}, line {place.lineno}).",
                code="internal",
                context={"type": type(error).__name__, "where": f"{place.name}:{place.lineno}"},
            )
            wrapped.__cause__ = error
            self._end(task, TaskState.FAILED, job.on_error, wrapped)
        else:
            self._end(task, TaskState.DONE, job.on_done, result)

    def _end(self, task: Task, state: TaskState, callback: Callable[[Any], None], value: Any) -> None:
        task.state = state
        with self._lock:
            self._tasks.pop(task.id, None)
        self._results.put(lambda: callback(value))
