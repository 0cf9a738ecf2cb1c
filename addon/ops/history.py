# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""What was bought at a marketplace before: read it there, and take it over so that it can be used here."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from .guard import Answer, guarded, refuse, why_no_app, why_no_network

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


def _sizes(_self: Any, _context: Any, _text: str) -> list[str]:
    return [label for _, label in _sizes_sold()]


def _sizes_sold() -> tuple[tuple[str, str], ...]:
    """Return the sizes that the selected listing is sold in: the marketplace's word, and people's."""
    from ..ui.views.details import sizes_of

    app = runtime.peek()
    selection = app.session.state.selection if app is not None else None
    return () if selection is None or selection.result is None else sizes_of(selection.result)


class CLEARANCE_OT_state_size(Operator):
    """Say in which size you bought this, as your invoice has it. It is kept as your word"""

    bl_idname = "clearance.state_size"
    bl_label = "Say Which Size I Bought…"
    bl_options = {"INTERNAL"}

    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})
    size: StringProperty(
        name="Size",
        description="Choose it from the list where it is there; else write it as your invoice has it",
        maxlen=60,
        search=_sizes,
        search_options={"SUGGESTION"},
        options={"SKIP_SAVE"},
    )
    invoice: StringProperty(
        name="Invoice", description="A copy of this file is kept; it may stay empty", subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )  # fmt: skip
    note: StringProperty(
        name="Note", description="Anything else worth keeping", maxlen=300, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the size."""
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=400, title="Which Size Was It?", confirm_text="Keep as My Word"
        )
        return result

    def draw(self, _context: Any) -> None:
        """Draw the dialog."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("size", "invoice", "note"):
            layout.prop(self, name)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Note it."""
        from ..ui.views.details import choose_size

        chosen = choose_size(_sizes_sold(), self.size)
        path = self.invoice.strip()
        documents = (Path(bpy.path.abspath(path)),) if path else ()
        app.session.state_size(self.grant_id, chosen, note=self.note.strip(), documents=documents)
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_load_history,
    CLEARANCE_OT_adopt_purchase,
    CLEARANCE_OT_state_size,
)
