"""Keeps secrets out of the audit: names of details that promise one, and values that look like one.

A detail whose *name* promises a secret is a mistake in the program and is refused. A *value* may be free
text from a vendor or a user; :func:`clean_event` withholds what looks like a secret in it, so that booking
a payment never fails for it.
"""

from __future__ import annotations

import re
from dataclasses import replace

from ..errors import AuditError
from ..model.audit import AuditEvent

WITHHELD = "[withheld: looks like a secret]"

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_WORDS = frozenset(
    {
        "apikey", "auth", "authorization", "bearer", "cookie", "cookies", "credential", "credentials",
        "passphrase", "passwd", "password", "passwords", "pwd", "secret", "secrets", "signature", "token",
        "tokens",
    }
)  # fmt: skip
_SECRET_KEYS = frozenset(
    {"access", "account", "api", "client", "consumer", "encryption", "master", "private", "secret", "session"}
)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_SECRET_VALUES = (
    # An address with a query or with a user's name in it: signed links carry their right in the query.
    re.compile(r"\b[a-z][a-z0-9+.-]*://\S*[?@]\S", re.IGNORECASE),
    re.compile(r"\b(?:bearer|basic)\s+[a-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(
        r"(?:(?<![a-z])(?:api|access|private|secret)?key|token|secret|passw(?:or)?d|pwd|passphrase|signature"
        r"|credentials?|authorization|cookie)"
        r"[\"']?\s*[=:]\s*[\"']?[^\s\"',;]",
        re.IGNORECASE,
    ),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\."),  # a JSON web token
)


def names_secret(name: str, value: str = "") -> bool:
    """Tell whether a detail's name promises a secret, or holds one.

    ``key`` alone is fine for a UUID: that is an order's key.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if _SECRET_WORDS.intersection(words) or holds_secret(name):
        return True
    if words[-1:] not in (["key"], ["keys"]):
        return False
    return bool(_SECRET_KEYS.intersection(words)) or (len(words) == 1 and not _UUID.fullmatch(value))


def holds_secret(value: str) -> bool:
    """Tell whether a text looks as if it held a secret."""
    return any(pattern.search(value) for pattern in _SECRET_VALUES)


def check_event(event: AuditEvent) -> None:
    """Raise AuditError when an event names or holds something that looks like a secret."""
    _check_names(event)
    for name, value in event.details:
        if holds_secret(value):
            raise AuditError(
                f"The audit does not take the value of “{name}” in {event.action}: it looks like a secret or "
                "a signed address. Record an id or a hash instead.",
                code="audit.secret",
                context={"action": event.action, "name": name},
            )
    if any(holds_secret(text) for text in (event.action, event.subject, event.actor)):
        raise AuditError(
            "The audit does not take an event whose action, subject or actor looks like a secret or a signed "
            "address. Record an id instead.",
            code="audit.secret",
        )


def clean_event(event: AuditEvent) -> AuditEvent:
    """Return the event as it may be recorded: what looks like a secret withheld, text made writable.

    Raises AuditError when the *name* of a detail promises a secret.
    """
    _check_names(event)
    return replace(
        event,
        action=_clean(event.action),
        subject=_clean(event.subject),
        actor=_clean(event.actor),
        details=tuple((_make_writable(name), _clean(value)) for name, value in event.details),
    )


def _check_names(event: AuditEvent) -> None:
    for name, value in event.details:
        if names_secret(name, value):
            raise AuditError(
                f"The audit does not take a detail named “{name}” ({event.action}): secrets stay in the "
                "keyring. Record an id or a hash under another name.",
                code="audit.secret",
                context={"action": event.action, "name": name},
            )


def _clean(text: str) -> str:
    return WITHHELD if holds_secret(text) else _make_writable(text)


def _make_writable(text: str) -> str:
    """Replace what no database can keep (NUL, lone surrogates)."""
    # StrEnum members become plain text, so that what is hashed is exactly what is read back.
    return str(text).replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")
