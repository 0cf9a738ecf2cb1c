"""The sandbox's time: the machine's clock plus an offset that tests move. Nothing reads time elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

_VENDOR_ZONE = timezone(timedelta(hours=-5))


class Clock:
    """Tell the sandbox's time in seconds since the epoch."""

    def __init__(self, read: Callable[[], float] = time.time, *, offset_s: float = 0.0) -> None:
        self._read = read
        self.offset_s = offset_s

    def now(self) -> float:
        """Tell the time, moved by the offset."""
        return self._read() + self.offset_s


def utc_text(at: float) -> str:
    """Write a time as ISO 8601 in UTC with a Z."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def vendor_text(at: float) -> str:
    """Write a time as Shutterstock's examples do: whole seconds with a -05:00 offset, not UTC."""
    return datetime.fromtimestamp(at, _VENDOR_ZONE).replace(microsecond=0).isoformat()


def parse_time(text: str) -> float:
    """Read an ISO 8601 date or date-time; one without an offset is UTC. Raises ValueError."""
    at = datetime.fromisoformat(text)
    try:
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except OverflowError as error:
        raise ValueError(f"not a usable date: {text}") from error
