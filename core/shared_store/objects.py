"""The port to a place that keeps objects under names: what every kind of storage can do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

_NAME = re.compile(r"[0-9a-z][0-9a-z._-]{0,99}(/[0-9a-z][0-9a-z._-]{0,99}){0,5}")

CHUNK = 1024 * 1024
"""Bytes that are read and written at a time."""


class Objects(Protocol):
    """Objects under names such as ``ab/cd12/manifest.json``. All methods raise SharedStoreError."""

    @property
    def place(self) -> str:
        """Where it is, for sentences; without secrets."""
        ...

    def read(self, name: str) -> Iterator[bytes]:
        """Read an object piece by piece; raise ObjectMissing when it is not there."""
        ...

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write an object whole, in place of an older one; readers see the old one or the new one."""
        ...

    def size(self, name: str) -> int | None:
        """Return an object's size in bytes; None when it is not there."""
        ...

    def names(self, prefix: str = "") -> Iterator[str]:
        """Return the names of all objects that begin so; in no order."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; nothing happens when it is not there."""
        ...


def check_name(name: str) -> str:
    """Return a name that is safe in every kind of storage; raise ValueError for any other."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise ValueError(f"{name!r} is no name of an object")
    return name
