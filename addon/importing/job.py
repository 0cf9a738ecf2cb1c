"""One import under way: what is asked for, where it goes, and how to take back what is no data-block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import bpy

from ...core.host import ImportPlan


@dataclass(slots=True, kw_only=True)
class Job:
    """Handed from importer to importer. Data-blocks are held only while the import runs."""

    plan: ImportPlan
    scene: Any
    view_layer: Any
    collection: Any = None
    """The asset's own collection, once there is one."""
    notes: list[str] = field(default_factory=list)
    """What the user should know, as sentences."""
    take_back: list[Callable[[], None]] = field(default_factory=list)
    """Undoes, last first, what was changed in data-blocks of the user's."""
    at_end: list[Callable[[], None]] = field(default_factory=list)
    """Changes of the scene that the user asked for: made when everything else has been put back."""

    def make_collection(self) -> Any:
        """Make the asset's collection, linked into the scene."""
        self.collection = bpy.data.collections.new(self.plan.name)
        self.scene.collection.children.link(self.collection)
        return self.collection

    def undo(self) -> None:
        """Take back what was changed; each step once."""
        while self.take_back:
            self.take_back.pop()()
