"""Request limits of the production services, off by default; the numbers are assumptions."""

from __future__ import annotations

import threading
from collections import defaultdict, deque

from .faults import rate_limit_reply
from .message import Reply, Request
from .unconfirmed import (
    ADOBE_REQUESTS_PER_HOUR,
    CGTRADER_REQUESTS_PER_HOUR,
    GETTY_REQUESTS_PER_HOUR,
    POND5_REQUESTS_PER_HOUR,
    SHUTTERSTOCK_REQUESTS_PER_MINUTE,
    TURBOSQUID_REQUESTS_PER_HOUR,
    UNITY_REQUESTS_PER_HOUR,
)

_BY_HOST = {
    "stock.adobe.io": (ADOBE_REQUESTS_PER_HOUR, 3600.0),
    "api.shutterstock.com": (SHUTTERSTOCK_REQUESTS_PER_MINUTE, 60.0),
    "api.cgtrader.com": (CGTRADER_REQUESTS_PER_HOUR, 3600.0),
    "api.gettyimages.com": (GETTY_REQUESTS_PER_HOUR, 3600.0),
    "api-reseller.pond5.com": (POND5_REQUESTS_PER_HOUR, 3600.0),
    "assetstore.unity.com": (UNITY_REQUESTS_PER_HOUR, 3600.0),
    "www.turbosquid.com": (TURBOSQUID_REQUESTS_PER_HOUR, 3600.0),
}


class Limits:
    """Count requests per host in a sliding window."""

    def __init__(self, *, enabled: bool) -> None:
        self.enabled = enabled
        self._lock = threading.Lock()
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def check(self, request: Request, now: float) -> tuple[Reply | None, tuple[tuple[str, str], ...]]:
        """Count a request; give the refusal, if it is over the limit, and the headers for a normal answer."""
        known = _BY_HOST.get(request.host)
        if not self.enabled or known is None:
            return None, ()
        limit, window_s = known
        with self._lock:
            seen = self._seen[request.host]
            while seen and seen[0] <= now - window_s:
                seen.popleft()
            if len(seen) >= limit:
                return rate_limit_reply(request.host, limit=limit, reset_at=seen[0] + window_s), ()
            seen.append(now)
            remaining, reset_at = limit - len(seen), seen[0] + window_s
        if request.host != "api.shutterstock.com":
            return None, ()
        reset = str(int(reset_at * 1000))
        return None, (
            ("RateLimit-Limit", str(limit)),
            ("RateLimit-Remaining", str(remaining)),
            ("RateLimit-Reset", reset),
        )

    def clear(self) -> None:
        """Start counting afresh."""
        with self._lock:
            self._seen.clear()
