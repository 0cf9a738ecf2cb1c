"""Audit entries to rows and back.

Reading never fails for what a row holds: whoever changed it must be found by the verifier, which goes on
with the entries after it. Nothing is repaired here.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from ..model.audit import AuditEntry, AuditEvent
from .codecs import Columns, Row, decode_moment, encode_moment

UNREADABLE_AT = datetime.min.replace(tzinfo=UTC)
"""Stands for a moment that somebody made unreadable."""


def entry_columns(entry: AuditEntry) -> Columns:
    """Write an audit entry."""
    event = entry.event
    return {
        "sequence": entry.sequence,
        "action": event.action,
        "subject": event.subject,
        "actor": event.actor,
        "at": encode_moment(event.at),
        "details": _encode_details(event.details),
        "prev_sha256": entry.prev_sha256,
        "entry_sha256": entry.entry_sha256,
    }


def read_entry(row: Row) -> AuditEntry:
    """Read an audit entry, whatever somebody made of it: what cannot be read is put in as it stands.

    The verifier finds such an entry, since no stored hash fits it, and can go on with those after it.
    """
    try:
        at = decode_moment(row["at"])
    except (ValueError, TypeError, AttributeError):
        at = UNREADABLE_AT
    return AuditEntry(
        sequence=row["sequence"],
        event=AuditEvent(
            action=_as_text(row["action"]),
            subject=_as_text(row["subject"]),
            actor=_as_text(row["actor"]),
            at=at,
            details=_decode_details(row["details"]),
        ),
        prev_sha256=_as_text(row["prev_sha256"]),
        entry_sha256=_as_text(row["entry_sha256"]),
    )


def _encode_details(details: tuple[tuple[str, str], ...]) -> str:
    return json.dumps([list(pair) for pair in details], separators=(",", ":"), ensure_ascii=False)


def _decode_details(text: Any) -> tuple[tuple[str, str], ...]:
    try:
        details = tuple((str(name), str(value)) for name, value in json.loads(text))
    except (ValueError, TypeError, RecursionError):
        details = ()
    # Only the one text that we would write ourselves counts: a changed space is a change.
    return details if isinstance(text, str) and _encode_details(details) == text else (("", _as_text(text)),)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
