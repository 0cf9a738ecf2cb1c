"""What the overlay remembers; held by :mod:`addon.runtime`, so that nothing else keeps state."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ...core.model.report import Report
    from ...core.model.scene import SceneScan
    from ..ui.views.overlay import Legend, Tag
    from .boxes import Boxes

Name = str | tuple[str, str]
"""How ``bpy.data.objects`` finds an object: its name, with its library's path for a linked one."""


@dataclass(slots=True, kw_only=True)
class Shown:
    """What is drawn: numbers and finished batches, and no data-block."""

    scene_uid: int
    boxes: Boxes
    legend: Legend
    in_view: frozenset[int]
    """Objects that can be seen, those without anything to say included."""
    batches: list[Any] = field(default_factory=list)
    revision: int = 0
    """Counts what changed, for whoever keeps a layout."""


@dataclass(slots=True)
class Overlay:
    """Whether the overlay is wanted, and how far it is. Main thread only."""

    wanted: bool = False
    problem: str = ""
    """Why it switched itself off, as a sentence."""
    failed: str = ""
    """The same, noted while drawing: what draws cannot take itself away."""
    scan: SceneScan | None = None
    """The scene as it was read for the report."""
    report: Report | None = None
    """What ``tags`` are about."""
    tags: dict[int, Tag | None] = field(default_factory=dict)
    """By the objects' ``session_uid``: what the report says of those that it knew."""
    shown: Shown | None = None
    reading: Iterator[None] | None = None
    """The reading of the scene that is under way."""
    is_stale: bool = False
    """What is in view may have changed."""
    moved: dict[int, Name] = field(default_factory=dict)
    handles: list[Callable[[], None]] = field(default_factory=list)
    """How to take away what was added to Blender."""
    layouts: dict[int, Any] = field(default_factory=dict)
    """Where labels are, by region."""
    widths: dict[tuple[float, str], float] = field(default_factory=dict)
    """Of texts, in pixels, by size and text."""

    def release(self) -> None:
        """Take everything away that was added to Blender, and forget what was read."""
        while self.handles:
            self.handles.pop()()
        self.wanted, self.is_stale, self.failed = False, False, ""
        self.report = self.shown = self.reading = None
        self.tags = {}
        self.moved.clear()
        self.layouts.clear()
        self.widths.clear()
