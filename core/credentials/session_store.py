"""Keeps secrets in memory until the process ends: for machines without any keyring."""

from __future__ import annotations

import threading


class SessionStore:
    """A CredentialStore that forgets everything."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[tuple[str, str], str] = {}

    @property
    def kind(self) -> str:
        """Say that nothing is kept."""
        return "this session only"

    def read(self, marketplace: str, field: str) -> str | None:
        """Return a secret, or None."""
        with self._lock:
            return self._secrets.get((marketplace, field))

    def write(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a secret for this session."""
        with self._lock:
            self._secrets[marketplace, field] = secret

    def delete(self, marketplace: str, field: str) -> None:
        """Forget a secret."""
        with self._lock:
            self._secrets.pop((marketplace, field), None)
