# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Pick up what was downloaded from a marketplace's website."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App

DIALOG_WIDTH = 420
_NONE = "NONE"
_items: list[tuple[str, str, str]] = []
"""Blender keeps no reference to the texts of a dynamic enumeration; this does."""


def _choices(_self: Any, _context: Any) -> list[tuple[str, str, str]]:
    from ..ui.views.pickup import choices

    app = runtime.peek()
    found = choices(app.session.state) if app is not None else ()
    # The first is what a script has that names no choice: nothing.
    _items[:] = [(_NONE, "Choose…", "What this file belongs to")]
    _items.extend((grant_id, title, "Take the file for this license") for grant_id, title in found)
    return _items


class CLEARANCE_OT_look_for_downloads(Operator):
    """Look for what you bought in your folder for downloads and in Unity's cache. Changes nothing"""

    bl_idname = "clearance.look_for_downloads"
    bl_label = "Look for Downloads"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Look."""
        app.session.look_for_downloads()
        return {"FINISHED"}


class CLEARANCE_OT_take_download(Operator):
    """Take a copy of this file for a license that you bought on a website. Your file stays where it is"""

    bl_idname = "clearance.take_download"
    bl_label = "Take…"
    bl_options = {"INTERNAL"}

    path: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE", "HIDDEN"})
    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})
    choice: EnumProperty(
        name="For", description="The license that the file belongs to", items=_choices, options={"SKIP_SAVE"}
    )
    accept_other_product: BoolProperty(
        name="Even If It Says Otherwise",
        description="Take it although the file names another product; this is kept in the audit",
        options={"SKIP_SAVE"},
    )
    then_import: BoolProperty(
        name="Import It Now", description="Put it into this scene", default=True, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Let the user say what the file is for."""
        known = {key for key, *_ in _choices(self, context)}
        self.choice = self.grant_id if self.grant_id in known else _NONE
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Take a Download", confirm_text="Take"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import widgets

        layout: Any = self.layout
        widgets.draw_text(layout, context, Path(self.path).name, dialog=DIALOG_WIDTH)
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "choice")
        layout.prop(self, "then_import")
        layout.prop(self, "accept_other_product")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Take it."""
        chosen = self.grant_id if self.choice == _NONE else self.choice
        if not chosen:
            raise UserInputError(
                "Choose what this file belongs to. Nothing to choose from? Confirm the purchase first.",
                code="pickup.no_license",
            )
        app.session.take_download(
            Path(self.path),
            chosen,
            accept_other_product=self.accept_other_product,
            then_import=self.then_import,
        )
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (CLEARANCE_OT_look_for_downloads, CLEARANCE_OT_take_download)
