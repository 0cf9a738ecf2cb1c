"""The audit chain: how an event becomes an entry, and whether a chain of entries is still whole.

An entry's hash is the SHA-256 of its canonical bytes: JSON after RFC 8785 (sorted keys, no spaces, UTF-8;
no numbers but the sequence), which hold the event, its place and the hash of the entry before it. The
Merkle tree over the entries' hashes gives one root for any number of them. Neither finds a chain that was
cut at its end or recomputed from some point on: that is what checkpoints, kept elsewhere, are for.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC
from typing import Protocol

from ..errors import AuditError
from ..model.audit import AuditEntry, AuditEvent
from .secrecy import check_event

PAGE = 5_000
"""How many entries are in memory at once while a chain is read."""


class AuditSource(Protocol):
    """Where entries are read from, page by page, such as a ledger."""

    def audit(self, *, after: int = 0, limit: int = 10_000) -> tuple[AuditEntry, ...]:
        """Return entries in order, with ``sequence > after``."""
        ...


def canonical_bytes(event: AuditEvent, *, sequence: int, prev_sha256: str) -> bytes:
    """Write an event at its place as the bytes that are hashed; raise AuditError when it cannot be."""
    facts = {
        "action": event.action,
        "actor": event.actor,
        "at": _moment(event),
        "details": [[name, value] for name, value in event.details],
        "prev_sha256": prev_sha256,
        "sequence": sequence,
        "subject": event.subject,
    }
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise AuditError(
            f"The event {event.action} holds text that is not valid Unicode.", code="audit.invalid_event"
        ) from None


def _moment(event: AuditEvent) -> str:
    if event.at.tzinfo is None:
        raise AuditError(f"The time of {event.action} has no time zone.", code="audit.invalid_event")
    try:
        return event.at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    except OverflowError:
        raise AuditError(
            f"The time of {event.action} is outside of the years 1 to 9999.", code="audit.invalid_event"
        ) from None


def hash_entry(event: AuditEvent, *, sequence: int, prev_sha256: str) -> str:
    """Return the hash that an event has at this place."""
    return hashlib.sha256(canonical_bytes(event, sequence=sequence, prev_sha256=prev_sha256)).hexdigest()


def link(event: AuditEvent, sequence: int, prev_sha256: str) -> AuditEntry:
    """Put an event at its place in the chain. ``sequence`` starts at 1, after ``GENESIS_SHA256``.

    Raises AuditError for what must not be in the audit (secrets) or cannot be (no time zone).
    """
    if sequence < 1:
        raise AuditError("The audit counts from 1.", code="audit.invalid_event")
    check_event(event)
    return AuditEntry(
        sequence=sequence,
        event=event,
        prev_sha256=prev_sha256,
        entry_sha256=hash_entry(event, sequence=sequence, prev_sha256=prev_sha256),
    )


def read_entries(source: AuditSource, *, after: int = 0, page: int = PAGE) -> Iterator[AuditEntry]:
    """Yield all entries in order, holding one page at a time."""
    while entries := source.audit(after=after, limit=page):
        yield from entries
        after = entries[-1].sequence
