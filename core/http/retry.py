"""Decides whether a failed request is sent again, and when. Pure: time and chance are handed in."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MarketplaceError
from .message import Idempotency

PASSING_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses that say "not now" (RFC 9110, 6585, 8470)."""


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


def wait_asked(error: Exception) -> float | None:
    """Return the seconds that a vendor asked to wait with this error, or None."""
    asked = error.context.get("retry_after_s") if isinstance(error, MarketplaceError) else None
    return float(asked) if isinstance(asked, int | float) else None


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
