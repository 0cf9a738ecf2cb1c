# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Fill the intended use from a preset or a project file, and save it as one."""

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from ..use_props import read_use, write_use
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App

MAX_BYTES = 256 * 1024
FILE_NAME = "clearance.toml"
# The identifiers are the core's presets; tests/blender holds the two against each other.
_PRESETS = [
    ("film", "Film", "For the cinema, streaming and television; files stay within the team"),
    ("tv_commercial", "TV Commercial", "Moving and still pictures for television and the web"),
    ("web_ad", "Web Advertisement", "Still pictures on websites, social media and in mails"),
    ("archviz_still", "Architectural Still", "Still pictures on screens and paper"),
    ("game", "Game", "Packed into a game that keeps its users from taking the content out"),
    ("product_configurator", "Product Configurator", "Real-time on the web, in an open format"),
    ("editorial_illustration", "Editorial Illustration", "For reporting, on the web and in magazines"),
    ("asset_handover", "Asset Hand-Over", "The files go to another company"),
]


class _OfScene:
    """What the operators below have in common."""

    bl_options: Any = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Needs the app and a scene that can be changed."""
        linked = context.scene is None or context.scene.library is not None
        return refuse(cls, why_no_app() or ("This scene cannot be changed" if linked else ""))


class CLEARANCE_OT_use_preset(_OfScene, Operator):
    """Start from a usual production; project and clients stay. A plan, no advice: check every number"""

    bl_idname = "clearance.use_preset"
    bl_label = "Preset"

    preset: EnumProperty(name="Preset", items=_PRESETS, options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Fill the panel."""
        from ...core.model.intended_use import IntendedUse
        from ...core.policy.presets import PRESETS

        now, chosen = read_use(context.scene), PRESETS[self.preset]
        name = chosen.name if now.name == IntendedUse().name else now.name
        write_use(context.scene, replace(chosen, name=name, client=now.client, clients=now.clients))
        app.session.set_use(read_use(context.scene))
        return {"FINISHED"}


class CLEARANCE_OT_load_use(_OfScene, Operator):
    """Fill the intended use from a project file"""

    bl_idname = "clearance.load_use"
    bl_label = "Load a Project File"

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.toml", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the file."""
        self.filepath = str(_folder() / FILE_NAME)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Read it; what is wrong is named with its line, and then nothing is changed."""
        path = _named(self.filepath)
        write_use(context.scene, _read(path))
        app.session.set_use(read_use(context.scene))
        self.report({"INFO"}, f"The intended use is that of {path.name}.")
        return {"FINISHED"}


class CLEARANCE_OT_save_use(_OfScene, Operator):
    """Save the intended use as a project file, for other scenes and the command line"""

    bl_idname = "clearance.save_use"
    bl_label = "Save a Project File"
    bl_options: Any = {"INTERNAL"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.toml", options={"HIDDEN", "SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for a place."""
        self.filepath = str(_folder() / FILE_NAME)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @guarded
    def execute(self: Any, context: Any, _app: "App") -> Answer:
        """Write it, whole or not at all."""
        from ...core.policy.use_file import encode_use, parse_use

        path = _named(self.filepath)
        text = encode_use(read_use(context.scene))
        parse_use(text, name=path.name)  # what nobody could load again is not written
        _write(path, text)
        self.report({"INFO"}, f"Saved as {path.name}.")
        return {"FINISHED"}


def _folder() -> Path:
    return Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()


def _named(typed: str) -> Path:
    if not typed.strip():
        raise UserInputError("Name a file.", code="use.no_path")
    return Path(bpy.path.abspath(typed))


def _read(path: Path) -> Any:
    from ...core.policy.toml_lines import find_line
    from ...core.policy.use_file import parse_use

    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UserInputError(
            f"{path.name} cannot be read: {error.strerror}.", code="use.unreadable"
        ) from error
    except UnicodeDecodeError as error:
        raise UserInputError(f"{path.name} is no text file in UTF-8.", code="use.unreadable") from error
    if len(content) > MAX_BYTES:
        raise UserInputError(f"{path.name} is too large for a project file.", code="use.unreadable")
    try:
        return parse_use(text, name=path.name)
    except UserInputError as error:
        key = str(error.context.get("key", "")).partition(".")[0]
        line = find_line(text, key=key) if key else 0
        if not line:
            raise
        raise UserInputError(f"{error.message} (line {line})", code=error.code) from error


def _write(path: Path, text: str) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise UserInputError(
            f"{path.name} cannot be written: {error.strerror}.", code="use.unwritable"
        ) from error


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_use_preset,
    CLEARANCE_OT_load_use,
    CLEARANCE_OT_save_use,
)
