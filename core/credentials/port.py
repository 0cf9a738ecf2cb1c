"""The port to a place for secrets."""

from __future__ import annotations

from typing import Protocol


class CredentialStore(Protocol):
    """Keeps secrets by marketplace and field. All methods raise CredentialStoreError."""

    @property
    def kind(self) -> str:
        """Name the place for people: ``macOS Keychain``, ``this session only``."""
        ...

    def read(self, marketplace: str, field: str) -> str | None:
        """Return a secret, or None when there is none."""
        ...

    def write(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a secret in place of any older one."""
        ...

    def delete(self, marketplace: str, field: str) -> None:
        """Forget a secret; nothing happens when there is none."""
        ...
