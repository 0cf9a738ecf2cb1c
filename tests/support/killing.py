"""Ports that end the process (SIGKILL) at a chosen boundary, for drills of purchase safety.

A boundary is the moment right before or right after something becomes durable or leaves the machine: a
ledger commit, a request, its answer.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any


class Boundaries:
    """Counts boundaries and kills this process at one of them. ``kill_at`` 0 never kills.

    ``passing`` are boundaries that do not count.
    """

    def __init__(self, kill_at: int = 0, *, passing: Collection[str] = ()) -> None:
        self.kill_at = kill_at
        self.passing = frozenset(passing)
        self.names: list[str] = []

    def cross(self, name: str) -> None:
        """Note a boundary; do not return from the chosen one."""
        if name in self.passing:
            return
        self.names.append(name)
        if len(self.names) == self.kill_at:
            self.end()

    def end(self) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


class KillingLedger:
    """A ledger whose every commit is surrounded by boundaries; reads pass through."""

    def __init__(self, inner: Any, boundaries: Boundaries) -> None:
        self._inner = inner
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """Cross a boundary before the commit (in the open transaction) and after it."""
        with self._inner.transaction() as work:
            yield work
            self._boundaries.cross("before commit")
        self._boundaries.cross("after commit")


class KillingTransport:
    """A transport whose every request is surrounded by boundaries."""

    def __init__(self, inner: Any, boundaries: Boundaries) -> None:
        self._inner = inner
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def send(self, request: Any, **options: Any) -> Any:
        """Cross a boundary before sending and after the answer."""
        self._boundaries.cross(f"before {request.method}")
        answer = self._inner.send(request, **options)
        self._boundaries.cross(f"after {request.method}")
        return answer

    @contextmanager
    def stream(self, request: Any, **options: Any) -> Iterator[Any]:
        """Cross a boundary before a file is fetched and after it."""
        self._boundaries.cross("before file")
        with self._inner.stream(request, **options) as answer:
            yield answer
        self._boundaries.cross("after file")


def in_child(run: Callable[[], None], *, may_die: bool = False) -> bool:
    """Run in a forked child; say whether it ended by itself. Raises RuntimeError when it failed."""
    pid = os.fork()
    if pid == 0:
        code = 0
        try:
            run()
        except BaseException:  # noqa: BLE001 - the child ends here, whatever it is
            traceback.print_exc()
            code = 1
        sys.stderr.flush()
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        if may_die:
            return False
        raise RuntimeError(f"the child died of signal {os.WTERMSIG(status)}")
    if os.WEXITSTATUS(status):
        raise RuntimeError("the child failed; see above")
    return True
