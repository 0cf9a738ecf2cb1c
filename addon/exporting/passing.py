"""What is on its way out or in right now; held by :mod:`addon.runtime`, so that nothing else keeps state."""

from __future__ import annotations

import queue
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...core.rights.record import RightsRecord


@dataclass(frozen=True, slots=True)
class SeenExport:
    """A file that Blender's own exporter writes, as one of our hooks saw it."""

    path: Path
    record: RightsRecord


@dataclass(frozen=True, slots=True)
class Wish:
    """An operator to call again when the rights file that it needs was read: its name and its properties."""

    operator: str
    properties: Mapping[str, object]


class Passing:
    """Exports that were seen, and whether licenses that files bring are put back."""

    def __init__(self) -> None:
        self._seen: queue.SimpleQueue[SeenExport] = queue.SimpleQueue()
        self._own = 0
        self._paused = 0
        self._wishes: dict[Path, Wish] = {}
        self.ready: list[tuple[Path, Wish]] = []
        """What can be done now: the rights file of a path was read. Main thread only."""

    @property
    def is_own_export(self) -> bool:
        """Say whether we export ourselves: then we write the rights file, not what a hook saw."""
        return self._own > 0

    @property
    def is_restoring(self) -> bool:
        """Say whether licenses that a file brings are put on what is imported."""
        return self._paused == 0

    def wish(self, path: Path, wish: Wish) -> None:
        """Remember what to do once the rights file of a path was read."""
        self._wishes[path] = wish

    def rights_read(self, path: Path) -> None:
        """Say that it was read."""
        wish = self._wishes.pop(path, None)
        if wish is not None:
            self.ready.append((path, wish))

    def note(self, seen: SeenExport) -> None:
        """Remember an export. From any thread, since Blender exports some formats in one of its own."""
        self._seen.put(seen)

    def has_seen(self) -> bool:
        """Say whether an export waits for its rights file."""
        return not self._seen.empty()

    def take(self) -> list[SeenExport]:
        """Return, once, what was exported since this was last asked."""
        found = []
        while not self._seen.empty():
            found.append(self._seen.get_nowait())
        return found

    @contextmanager
    def own_export(self) -> Iterator[None]:
        """Export ourselves."""
        self._own += 1
        try:
            yield
        finally:
            self._own -= 1

    @contextmanager
    def no_restoring(self) -> Iterator[None]:
        """Import something whose license is known from elsewhere: what its file says of it is passed over."""
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1
