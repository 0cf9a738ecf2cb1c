"""Decides how long the next request waits so that a marketplace's hourly budget lasts. Pure.

Time and counts are handed in; the counting itself is :mod:`.throttle`'s. Three rules beside the plain
ceiling: the last part of the budget is kept for what a purchase needs, the second half is spread over the
time that is left, and what the vendor says about its own counter holds for us as if it were ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

WINDOW_S = 3600.0

_RESERVED_SHARE = 0.10
_RESERVED_LEAST = 3
_CALM_SHARE = 0.5
"""Up to this share of the budget requests go out as they come."""
_LEAST_S = 0.001
"""What a wait is at least, so that rounding never makes one of nothing."""
_LOW_SHARE = 0.2
"""Below this share of the vendor's own budget we slow down."""
_LOW_COUNT = 5
"""The same where the vendor does not tell its limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A ceiling of our own: so many requests an hour and, None for no such rule, so many a second."""

    per_hour: int
    per_second: int | None = None

    def rules(self) -> tuple[tuple[int, int], ...]:
        """Return (requests, milliseconds) pairs that make sense together, shortest first."""
        per_hour = max(1, self.per_hour)
        hour_ms = int(WINDOW_S * 1000)
        if self.per_second is None or self.per_second < 1 or self.per_second >= per_hour:
            return ((per_hour, hour_ms),)
        if self.per_second * 3600 <= per_hour:
            return ((self.per_second, 1000),)
        return ((self.per_second, 1000), (per_hour, hour_ms))

    @property
    def budget(self) -> int:
        """How many requests an hour both ceilings together allow."""
        count, window_ms = self.rules()[-1]
        return count * int(WINDOW_S * 1000) // window_ms

    @property
    def reserve(self) -> int:
        """How many of them only urgent requests may use; never more than half of a very small budget."""
        wanted = max(_RESERVED_LEAST, math.ceil(self.budget * _RESERVED_SHARE))
        return min(wanted, self.budget // 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a vendor says about its own counter (``RateLimit-*``). None: it does not say."""

    remaining: int
    limit: int | None = None
    reset_s: float | None = None
    """Seconds until the counter starts anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What the last hour looks like. Ages in seconds, oldest first where there are several."""

    used: int
    """Requests of the last hour."""
    since_last_s: float = math.inf
    until_calm_s: float = 0.0
    """Until so many have left the window that only half of the budget is in it."""
    until_browse_s: float = 0.0
    """Until one has left the window that makes room below the reserve."""
    told: Told | None = None
    """The vendor's own counter, as it should be by now: its ``remaining`` less what was sent since."""


def in_words(seconds: float) -> str:
    """Return a time as people say it, rounded up but for half a second."""
    seconds -= 0.5
    if seconds <= 90:
        whole = max(1, math.ceil(seconds))
        return "a second" if whole == 1 else f"{whole} seconds"
    if seconds <= 90 * 60:
        return f"{math.ceil(seconds / 60)} minutes"
    return f"{math.ceil(seconds / 3600)} hours"


def wait_s(spent: Spent, limit: Limit, *, urgent: bool) -> float:
    """Return how long the next request waits, beyond what the plain ceiling asks for; 0: it may go.

    An urgent request (buying, and what belongs to a purchase) waits only when the vendor's counter is at 0.
    """
    vendor_s = _vendor_wait_s(spent, urgent=urgent)
    if urgent:
        return vendor_s
    browse = limit.budget - limit.reserve
    if spent.used >= browse:
        return max(vendor_s, spent.until_browse_s, _LEAST_S)
    pace = 0.0
    if spent.used > limit.budget * _CALM_SHARE:
        pace = spread_s(left=browse - spent.used, over_s=spent.until_calm_s, since_last_s=spent.since_last_s)
    return max(vendor_s, pace)


def spread_s(*, left: int, over_s: float, since_last_s: float) -> float:
    """Return the wait that spreads ``left`` requests evenly over ``over_s`` seconds, one of them now."""
    gap = max(0.0, over_s) / max(1, left)
    return max(0.0, gap - max(0.0, since_last_s))


def _vendor_wait_s(spent: Spent, *, urgent: bool) -> float:
    told = spent.told
    if told is None or told.reset_s is None or told.reset_s <= 0:
        return 0.0
    if told.remaining <= 0:
        return told.reset_s
    low = _LOW_COUNT if told.limit is None else told.limit * _LOW_SHARE
    if urgent or told.remaining > low:
        return 0.0
    return spread_s(left=told.remaining, over_s=told.reset_s, since_last_s=spent.since_last_s)
