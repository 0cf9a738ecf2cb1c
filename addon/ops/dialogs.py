# mypy: disable-error-code="valid-type"
"""What dialogs do alike: they ask before anything is done, with a question and a named answer."""

from pathlib import Path
from typing import Any

import bpy
from bpy.props import CollectionProperty, StringProperty

from ...core.errors import UserInputError
from .guard import Answer, refuse, why_no_app

DIALOG_WIDTH = 420


class NeedsApp:
    """Buttons that need nothing but the app."""

    bl_options: Any = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())


class Asks(NeedsApp):
    """A dialog: a sentence, then fields. What is not said of it comes from Blender."""

    ask_title = ""
    ask_confirm = "OK"
    ask_text = ""
    ask_fields: tuple[str, ...] = ()

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask."""
        answer: Answer = context.window_manager.invoke_props_dialog(
            self,
            width=DIALOG_WIDTH,
            title=self.ask_title or self.bl_label.rstrip("…"),
            confirm_text=self.ask_confirm,
        )
        return answer

    def draw(self: Any, context: Any) -> None:
        """Draw what happens, and what is asked for."""
        layout: Any = self.layout
        if text := self.say():
            from ..ui.drawing import widgets

            widgets.draw_text(layout, context, text, dialog=DIALOG_WIDTH)
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in self.ask_fields:
            layout.prop(self, name)

    def say(self) -> str:
        """Return the sentence above the fields."""
        return self.ask_text


class Confirms(NeedsApp):
    """A question with two answers, before something is done that cannot be taken back."""

    ask_title = ""
    ask_confirm = "OK"
    ask_text = ""

    def invoke(self: Any, context: Any, event: Any) -> Answer:
        """Ask once."""
        answer: Answer = context.window_manager.invoke_confirm(
            self, event, title=self.ask_title, message=self.ask_text, confirm_text=self.ask_confirm
        )
        return answer


class ChoosesFiles:
    """A file browser for one file or several."""

    directory: StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE", "HIDDEN"})
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE", "HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask for files."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}


def read_chosen(operator: Any) -> tuple[Path, ...]:
    """Return the files that were chosen; a script may give a single path."""
    folder = Path(bpy.path.abspath(operator.directory)) if operator.directory else None
    names = [one.name for one in operator.files if one.name]
    if folder is not None and names:
        return tuple(folder / name for name in names)
    if not operator.filepath:
        raise UserInputError("Choose a file.", code="finance.no_file")
    return (Path(bpy.path.abspath(operator.filepath)),)
