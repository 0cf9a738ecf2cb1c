"""Stopping work from another thread, and waiting in a way that can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..clock import Clock
from ..errors import CancelledError

Pause = Callable[[float, "CancelToken | None"], None]
"""Waits so many seconds; raises CancelledError when the token is cancelled meanwhile."""


class CancelToken:
    """Says to running work that nobody wants its result any more. Thread-safe; cancelling is for good."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Say whether it has been cancelled."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Cancel: waiting ends at once, and blocked reads are broken off."""
        with self._lock:
            self._event.set()
            callbacks = tuple(self._callbacks)
            self._callbacks.clear()
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise CancelledError when cancelled."""
        if self._event.is_set():
            raise CancelledError("Stopped. Nothing half done is left behind.")

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until cancelled; return whether it is cancelled."""
        return self._event.wait(max(0.0, seconds))

    @contextmanager
    def on_cancel(self, callback: Callable[[], None]) -> Iterator[None]:
        """Have ``callback`` called on cancelling while the block runs (at once if cancelled already).

        It runs in the cancelling thread: it must not block and not raise.
        """
        with self._lock:
            already = self._event.is_set()
            if not already:
                self._callbacks.append(callback)
        if already:
            callback()
        try:
            yield
        finally:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)


def pause_with(clock: Clock) -> Pause:
    """Make the usual way to wait: on the token's event where there is one, else by the clock."""

    def pause(seconds: float, cancel: CancelToken | None) -> None:
        if cancel is None:
            clock.sleep(max(0.0, seconds))
            return
        cancel.wait(seconds)
        cancel.check()

    return pause
