"""Which calls are waiting right now, and for how long: for whoever shows it. In memory, this process only."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass

from ..clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A call that waits before it is sent, or sent again."""

    marketplace: str
    operation: str
    left_s: float


class WaitBoard:
    """Notes waits. Safe to use from several threads; reading is cheap enough for each redraw."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._waits: dict[int, tuple[str, str, float]] = {}

    def enter(self) -> int:
        """Return a number for a call that may have to wait."""
        return next(self._numbers)

    def note(self, number: int, marketplace: str, operation: str, seconds: float) -> None:
        """Note that a call waits so long from now; a later note takes the place of an earlier one."""
        with self._lock:
            self._waits[number] = (marketplace, operation, self._clock.monotonic() + seconds)

    def leave(self, number: int) -> None:
        """Forget a call: it has ended."""
        with self._lock:
            self._waits.pop(number, None)

    def waits(self) -> tuple[Wait, ...]:
        """Return what waits at this moment, the longest first."""
        now = self._clock.monotonic()
        with self._lock:
            noted = tuple(self._waits.values())
        found = [
            Wait(marketplace=marketplace, operation=operation, left_s=until - now)
            for marketplace, operation, until in noted
            if until > now
        ]
        return tuple(sorted(found, key=lambda wait: -wait.left_s))
