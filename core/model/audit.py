"""One entry of the audit chain: who did what to what, when, and the hash of all before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

GENESIS_SHA256 = "0" * 64
"""``prev_sha256`` of the first entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Something worth remembering, before it has a place in the chain. No secret, no file content."""

    action: str
    """Dotted verb, such as ``order.submitting``."""
    subject: str
    """Id of what it happened to."""
    actor: str
    at: datetime
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An event at its place. ``sequence`` starts at 1 and has no gaps."""

    sequence: int
    event: AuditEvent
    prev_sha256: str
    entry_sha256: str
