"""How well each marketplace's API works, and how much of its budget is left. Reads only; counts nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from ..clock import Clock
from ..errors import ClearanceError
from ..http.breaker import Breakers, BreakerState, BreakerView
from ..http.health import KEPT_HOURS, ErrorNote, HealthLog, OperationCounts, percentile
from ..http.throttle import Usage
from ..http.waits import Wait, WaitBoard
from ..marketplaces import registry
from ..marketplaces.base import MarketplaceInfo

GOAL = 0.99
"""More than this share of the calls should succeed."""

DEFAULT_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHealth:
    """How calls went. ``refused`` are those that the marketplace answered with a no (4xx)."""

    calls: int = 0
    ok: int = 0
    refused: int = 0
    failed: int = 0
    requests: int = 0
    """What was sent for them, with all repeats."""
    rate_limited: int = 0
    """How many of the requests were too many (429)."""
    p50_s: float | None = None
    """Half of the requests were answered within so many seconds; None without any."""
    p95_s: float | None = None

    @property
    def success_rate(self) -> float | None:
        """Share of the calls that succeeded, 0 to 1; None without any."""
        return self.ok / self.calls if self.calls else None

    @property
    def meets_goal(self) -> bool | None:
        """Say whether enough succeeded; None without any."""
        rate = self.success_rate
        return None if rate is None else rate > GOAL


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationHealth:
    """One operation of one marketplace. ``breaker`` is this process's own."""

    operation: str
    health: CallHealth
    breaker: BreakerState = BreakerState.CLOSED
    retry_in_s: float = 0.0
    """With an open breaker: seconds until it is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketplaceHealth:
    """One marketplace."""

    marketplace: str
    name: str
    health: CallHealth
    """All operations together."""
    operations: tuple[OperationHealth, ...] = ()
    breaker: BreakerState = BreakerState.CLOSED
    """The worst of its operations'."""
    last_error: ErrorNote | None = None
    budget: Usage | None = None
    """This hour's; None when it cannot be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Tells how the APIs do."""

    log: HealthLog
    breakers: Breakers
    usage: Callable[[MarketplaceInfo], Usage]
    board: WaitBoard
    clock: Clock

    def waits(self) -> tuple[Wait, ...]:
        """Return which calls of this process wait right now; quick, reads no file."""
        return self.board.waits()

    def run(self, *, hours: int = DEFAULT_HOURS) -> tuple[MarketplaceHealth, ...]:
        """Return every marketplace's health over the last hours (at most a week), in the registry's order."""
        span = timedelta(hours=min(max(hours, 1), KEPT_HOURS))
        reading = self.log.read(self.clock.now() - span)
        views = self.breakers.views()
        return tuple(
            _sum_up(
                registry.find(marketplace).INFO,
                [counts for counts in reading.operations if counts.marketplace == marketplace],
                [view for view in views if view.marketplace == marketplace],
                last_error=next((e for e in reading.errors if e.marketplace == marketplace), None),
                budget=self._budget(registry.find(marketplace).INFO),
            )
            for marketplace in registry.all_ids()
        )

    def _budget(self, info: MarketplaceInfo) -> Usage | None:
        try:
            return self.usage(info)
        except ClearanceError:
            return None


def _sum_up(
    info: MarketplaceInfo,
    counts: list[OperationCounts],
    views: list[BreakerView],
    *,
    last_error: ErrorNote | None,
    budget: Usage | None,
) -> MarketplaceHealth:
    state = {view.operation: view for view in views}
    noted = {one.operation: one for one in counts}
    operations: list[OperationHealth] = []
    for name in sorted(noted.keys() | state.keys()):
        view = state.get(name)
        operations.append(
            OperationHealth(
                operation=name,
                health=_add_up([noted[name]] if name in noted else []),
                breaker=view.state if view else BreakerState.CLOSED,
                retry_in_s=view.retry_in_s if view else 0.0,
            )
        )
    return MarketplaceHealth(
        marketplace=info.id,
        name=info.name,
        health=_add_up(counts),
        operations=tuple(operations),
        breaker=_worst(operation.breaker for operation in operations),
        last_error=last_error,
        budget=budget,
    )


def _add_up(counts: list[OperationCounts]) -> CallHealth:
    if not counts:
        return CallHealth()
    buckets = [sum(column) for column in zip(*(one.buckets for one in counts), strict=True)]
    ok, refused, failed = (sum(getattr(one, name) for one in counts) for name in ("ok", "refused", "failed"))
    return CallHealth(
        calls=ok + refused + failed,
        ok=ok,
        refused=refused,
        failed=failed,
        requests=sum(one.requests for one in counts),
        rate_limited=sum(one.rate_limited for one in counts),
        p50_s=percentile(buckets, 0.5),
        p95_s=percentile(buckets, 0.95),
    )


def _worst(states: Iterable[BreakerState]) -> BreakerState:
    found = set(states)
    for state in (BreakerState.OPEN, BreakerState.HALF_OPEN):
        if state in found:
            return state
    return BreakerState.CLOSED
