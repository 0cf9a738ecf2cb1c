# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""What was bought at a marketplace before: read it there, and take it over so that it can be used here."""

from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .guard import Answer, guarded, refuse, why_no_network

if TYPE_CHECKING:
    from ...core.app import App


class _Online:
    """What both operators have in common."""

    bl_options: Any = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network."""
        return refuse(cls, why_no_network())


class CLEARANCE_OT_load_history(_Online, Operator):
    """Read at the marketplace what this account bought before. Nothing is charged"""

    bl_idname = "clearance.load_history"
    bl_label = "What I Bought Before"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    kind: StringProperty(name="Kind", description="model, image, video or audio", options={"SKIP_SAVE"})
    more: BoolProperty(name="More", description="The next page", options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read."""
        from ...core.model.listing import MediaKind

        kind = MediaKind(self.kind) if self.kind in set(MediaKind) else None
        app.session.load_history(self.marketplace, kind=kind, more=self.more)
        return {"FINISHED"}


class CLEARANCE_OT_adopt_purchase(_Online, Operator):
    """Add this earlier purchase to your library, so that it can be imported. Nothing is charged"""

    bl_idname = "clearance.adopt_purchase"
    bl_label = "Add to My Library"

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})
    number: IntProperty(name="Number", description="In the list, from 0", min=0, options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Take it over."""
        history = app.session.state.history.get(self.marketplace)
        if history is None or self.number >= len(history.rows):
            raise UserInputError("Read the list again; it has changed.", code="history.gone")
        row = history.rows[self.number]
        app.session.adopt_purchase(row.record, kind=row.kind)
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (CLEARANCE_OT_load_history, CLEARANCE_OT_adopt_purchase)
