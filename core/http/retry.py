"""Decides whether a failed request is sent again, and when. Pure: time and chance are handed in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from ..errors import MarketplaceError
from .message import Idempotency

PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say "not now" (RFC 9110, 6585, 8470)."""

LONGEST_WAIT_S = 86_400.0
"""What a vendor may ask for; a larger number is taken for a mistake of units and cut to this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How patient we are. Times in seconds; ``deadline_s`` counts from the first try, waiting included."""

    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0
    deadline_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Retry:
    """Send again after ``wait_s`` seconds."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Hand the error to the caller; ``why`` is for the log."""

    why: str


def decide(
    *,
    idempotency: Idempotency,
    error: Exception,
    attempt: int,
    elapsed_s: float,
    wait_asked_s: float | None,
    jitter: float,
    policy: RetryPolicy,
) -> Retry | GiveUp:
    """Decide after try number ``attempt`` (from 1) has failed with ``error``.

    ``wait_asked_s`` is what the vendor asked for; it is never undercut. ``jitter`` is from 0 to 1 and spreads
    our own wait over its whole range (full jitter), so that many clients do not come back together.
    """
    # First and unconditional: what may have spent money is never sent again by any layer. Not even when
    # nothing was sent, which is safe but the caller's to decide, as only the ledger knows what was promised.
    if idempotency is Idempotency.SPENDING:
        return GiveUp("a spending call is sent once")
    if not isinstance(error, MarketplaceError) or not (error.retryable or error.status in PASSING_STATUSES):
        return GiveUp("sending again would not help")
    if attempt >= policy.attempts:
        return GiveUp("enough tries")
    ceiling = min(policy.longest_wait_s, policy.first_wait_s * 2.0 ** (attempt - 1))
    wait_s = min(max(jitter, 0.0), 1.0) * ceiling
    if wait_asked_s is not None:
        # A little on top: everyone who was refused has been told the same second.
        wait_s = max(0.0, wait_asked_s) + min(wait_s, 1.0)
    if elapsed_s + wait_s > policy.deadline_s:
        return GiveUp("the wait would go past the deadline")
    return Retry(wait_s)


def read_wait(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Read how many seconds a vendor asks to wait: from 0 to a day, or None when it does not say.

    Understands ``Retry-After`` (seconds or an HTTP date), ``RateLimit-Reset`` and ``X-RateLimit-Reset``
    (seconds from now, or a moment in seconds or milliseconds) and ``reset`` in a JSON body. The last three
    are third-party reports about Shutterstock, not seen in an official file; plausible forms are taken.
    """
    retry_after = headers.get("retry-after", "").strip()
    wait = _read_number(retry_after)
    if wait is None and retry_after:
        wait = _until_http_date(retry_after, now)
    if wait is not None:
        return _bounded(wait)
    for name in ("ratelimit-reset", "x-ratelimit-reset"):
        wait = _until_reset(headers.get(name, ""), now)
        if wait is not None:
            return _bounded(wait)
    wait = _until_reset(_body_reset(headers, body), now)
    return None if wait is None else _bounded(wait)


def _bounded(wait: float) -> float:
    return min(max(wait, 0.0), LONGEST_WAIT_S)


def _read_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0.0 <= number < 1e15 else None


def _until_http_date(text: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - now).total_seconds()
    except OverflowError:
        return None


def _until_reset(value: object, now: datetime) -> float | None:
    number = _read_number(value)
    if number is None:
        return None
    # A moment as number is past 10^9 in seconds and past 10^12 in milliseconds; less is a count of seconds.
    if number >= 1e12:
        number /= 1000.0
    if number < 1e9:
        return number
    return number - (now - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(seconds=1)


def _body_reset(headers: Mapping[str, str], body: bytes) -> object:
    if "json" not in headers.get("content-type", "").lower() or len(body) > 65_536:
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value.get("reset") if isinstance(value, dict) else None
