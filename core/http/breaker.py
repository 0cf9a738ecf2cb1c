"""Stops asking a marketplace that keeps failing, for a while: one circuit breaker for each operation.

The counting and the states are pybreaker's; time is ours. What is remembered here belongs to this process:
two Blenders learn of an outage each by itself, and a restart forgets it. A call is not made through the
breaker, because pybreaker would let only one through at a time: it is asked before, and told how the call
ended.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from ..clock import Clock
from ..errors import (
    CancelledError,
    ClearanceError,
    MarketplaceError,
    OfflineError,
    OutcomeUnknown,
    RateLimited,
    Unavailable,
    UnexpectedResponse,
)
from .site import Site

if TYPE_CHECKING:
    from pybreaker import CircuitBreaker

FAILURES = 5
"""So many calls in a row that failed, each with all its tries, and nothing more is sent."""
REST_S = 30.0
"""How long; afterwards one call tries whether it works again."""


class Verdict(StrEnum):
    """What the end of a call says about the marketplace."""

    GOOD = "good"
    """It answers, be it with a refusal."""
    BAD = "bad"
    """It does not answer, or has a problem of its own."""
    SILENT = "silent"
    """Nothing: it was not asked, or only asked us to wait."""


class BreakerState(StrEnum):
    """Whether calls go out."""

    CLOSED = "closed"
    """They do."""
    OPEN = "open"
    """They do not."""
    HALF_OPEN = "half_open"
    """The next one tries whether it works again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerView:
    """One breaker as it stands. ``retry_in_s`` counts until the next call may try; 0 when it may."""

    marketplace: str
    operation: str
    state: BreakerState
    failures: int
    retry_in_s: float = 0.0


def judge(failure: ClearanceError | None) -> Verdict:
    """Decide what the end of a call says about the marketplace; None: it succeeded."""
    match failure:
        case None:
            return Verdict.GOOD
        case OfflineError() | CancelledError() | RateLimited():
            return Verdict.SILENT
        case Unavailable() | OutcomeUnknown() | UnexpectedResponse() as error:
            if error.status is not None and error.status < 500:
                return Verdict.SILENT  # an answer after all, if a strange or a slow one
            broken = error.status is not None or not isinstance(error, UnexpectedResponse)
            return Verdict.BAD if broken and error.code != "throttle" else Verdict.SILENT
        case MarketplaceError(status=int()):
            return Verdict.GOOD
    return Verdict.SILENT


class Breakers:
    """All breakers of this process. Safe to use from several threads."""

    def __init__(self, *, clock: Clock, failures: int = FAILURES, rest_s: float = REST_S) -> None:
        self._clock = clock
        self._failures = failures
        self._rest_s = rest_s
        self._lock = threading.Lock()
        self._places: dict[tuple[str, str], _Place] = {}

    def admit(self, site: Site, operation: str) -> None:
        """Let a call out, or raise Unavailable with nothing sent; what is let out has to be reported."""
        with self._lock:
            place = self._places.get((site.id, operation))
            wait_s = 0.0 if place is None else place.admit()
            failures = 0 if place is None else place.failures
        if wait_s <= 0:
            return
        seconds = max(1, math.ceil(wait_s))
        raise Unavailable(
            f"{site.name} has failed {failures} times in a row ({operation.replace('_', ' ')}), so Clearance "
            f"lets it rest. Nothing was sent; try again in {seconds} seconds.",
            marketplace=site.id,
            code="marketplace.circuit_open",
            context={"operation": operation, "retry_after_s": float(seconds)},
        )

    def report(self, site: Site, operation: str, verdict: Verdict) -> None:
        """Say how a call that was let out has ended."""
        with self._lock:
            place = self._places.get((site.id, operation))
            if place is None:
                if verdict is not Verdict.BAD:
                    return  # nothing to remember of what works
                place = _Place(self._clock, self._failures, self._rest_s)
                self._places[site.id, operation] = place
            place.report(verdict)

    def views(self) -> tuple[BreakerView, ...]:
        """Return every breaker that has seen a failure."""
        with self._lock:
            return tuple(
                BreakerView(
                    marketplace=marketplace,
                    operation=operation,
                    state=place.state,
                    failures=place.failures,
                    retry_in_s=place.left_s if place.state is BreakerState.OPEN else 0.0,
                )
                for (marketplace, operation), place in sorted(self._places.items())
            )


class _Failed(Exception):
    """Stands for a failed call when pybreaker is told of it."""


class _Place:
    """The breaker of one operation."""

    def __init__(self, clock: Clock, failures: int, rest_s: float) -> None:
        self._clock = clock
        self._rest_s = rest_s
        self._opened_s = 0.0
        self._trial_s: float | None = None
        """Since when one call tries whether it works again."""
        self.failures = 0
        """In a row, by our own count: pybreaker's starts anew when a trial fails."""
        self._breaker = _make_breaker(self, failures, rest_s)

    @property
    def left_s(self) -> float:
        """Seconds until it may be tried again, from 0."""
        return max(0.0, self._opened_s + self._rest_s - self._clock.monotonic())

    @property
    def state(self) -> BreakerState:
        """Return the state, an open breaker whose time is over being half open."""
        if self._breaker.current_state == "closed":
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.left_s > 0 else BreakerState.HALF_OPEN

    def note_opened(self) -> None:
        """Remember when it was opened."""
        self._opened_s = self._clock.monotonic()

    def opened_ago_s(self) -> float:
        """Return how long it has been open."""
        return self._clock.monotonic() - self._opened_s

    def admit(self) -> float:
        """Return the seconds to wait; 0 lets a call out."""
        match self.state:
            case BreakerState.CLOSED:
                return 0.0
            case BreakerState.OPEN:
                return self.left_s
        now = self._clock.monotonic()
        if self._trial_s is not None and now - self._trial_s < self._rest_s:
            return self._trial_s + self._rest_s - now  # one is under way; it will tell
        self._trial_s = now
        return 0.0

    def report(self, verdict: Verdict) -> None:
        """Tell pybreaker."""
        from pybreaker import CircuitBreakerError

        def fail() -> None:
            raise _Failed

        self._trial_s = None
        if verdict is Verdict.SILENT:
            return
        good = verdict is Verdict.GOOD
        self.failures = 0 if good else self.failures + 1
        try:
            self._breaker.call(_succeed if good else fail)
        except (_Failed, CircuitBreakerError):
            return  # counted; or it was opened while this call was still out


def _succeed() -> None:
    """Stand for a successful call."""


def _make_breaker(place: _Place, failures: int, rest_s: float) -> CircuitBreaker:
    """Make a breaker that takes the time from us."""
    from pybreaker import CircuitBreaker, CircuitMemoryStorage

    class Storage(CircuitMemoryStorage):
        """pybreaker compares with the system's clock, so the moment is given in that clock's time."""

        @property
        def opened_at(self) -> datetime:
            return datetime.now(UTC) - timedelta(seconds=place.opened_ago_s())

        @opened_at.setter
        def opened_at(self, _moment: datetime) -> None:
            place.note_opened()

    return CircuitBreaker(
        fail_max=failures,
        reset_timeout=rest_s,
        state_storage=Storage("closed"),
        throw_new_error_on_trip=False,
    )
