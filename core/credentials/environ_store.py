"""Lets environment variables override stored secrets: for render farms and build machines."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .port import CredentialStore


class EnvironStore:
    """Reads ``CLEARANCE_<MARKETPLACE>_<FIELD>`` first; everything else is the inner store's."""

    def __init__(self, inner: CredentialStore, environ: Mapping[str, str]) -> None:
        self._inner = inner
        self._environ = environ

    @property
    def kind(self) -> str:
        """Return the inner store's kind: variables are read, never written."""
        return self._inner.kind

    def read(self, marketplace: str, field: str) -> str | None:
        """Return the variable's value if it is set and not empty, else what is stored."""
        given = self._environ.get(variable_name(marketplace, field), "").strip()
        return given or self._inner.read(marketplace, field)

    def write(self, marketplace: str, field: str, secret: str) -> None:
        """Keep a secret in the inner store."""
        self._inner.write(marketplace, field, secret)

    def delete(self, marketplace: str, field: str) -> None:
        """Forget what the inner store has."""
        self._inner.delete(marketplace, field)


def variable_name(marketplace: str, field: str) -> str:
    """Return the variable for a secret, such as ``CLEARANCE_SHUTTERSTOCK_CLIENT_ID``."""
    return f"CLEARANCE_{re.sub(r'[^A-Z0-9]', '_', f'{marketplace}_{field}'.upper())}"
