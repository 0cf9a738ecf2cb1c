# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Export with licenses, import with licenses, restore licenses from a rights file."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import FileHandler, Operator

from ...core.errors import ClearanceError, UserInputError
from .. import runtime
from ..ui.views.text import count
from .guard import Answer, guarded, refuse, why_no_app, why_no_import

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.services.reporting.rights import ReadRights
    from ..exporting.formats import ExportFormat
    from ..exporting.passing import Wish

WAIT_S = 3600.0
"""How long a script without a window waits for a file to be hashed."""
RIGHTS_ENDING = ".rights.json"


@lru_cache(maxsize=1)
def _choices() -> list[tuple[str, str, str]]:
    """Return the formats as choices of a menu; kept, since Blender does not keep such texts alive."""
    from ..exporting.formats import available

    return [(each.id, each.label, each.hint) for each in available()]


def _list_formats(_operator: Any, _context: Any) -> list[tuple[str, str, str]]:
    """Return the choices when somebody looks: to ask Blender for its exporters takes milliseconds."""
    return _choices()


def _format(id: str) -> "ExportFormat":  # noqa: A002
    from ..exporting.formats import BY_ID

    return BY_ID[id]


def _endings() -> tuple[str, ...]:
    from ..exporting.formats import BY_ENDING

    return tuple(BY_ENDING)


class CLEARANCE_OT_export_with_licenses(Operator):
    """Export the scene with its licenses: in the file as far as the format allows, and in a rights file"""

    bl_idname = "clearance.export_with_licenses"
    bl_label = "Export with Licenses"
    bl_options = {"PRESET"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    format: EnumProperty(name="Format", items=_list_formats)
    selection_only: BoolProperty(
        name="Selected Only", description="Export what is selected, and nothing else"
    )
    apply_modifiers: BoolProperty(
        name="Apply Modifiers",
        description="Export the shape that modifiers make. USD and Alembic always do",
        default=True,
    )
    told_of: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    told: StringProperty(options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Needs a scene in Object Mode."""
        why = "" if context.mode == "OBJECT" else "Switch to Object Mode to export"
        return refuse(cls, why_no_app() or why)

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for a place."""
        if not self.filepath:
            scene = Path(bpy.data.filepath)
            folder = scene.parent if bpy.data.filepath else Path.home()
            stem = scene.stem if bpy.data.filepath else "untitled"
            self.filepath = str(folder / f"{stem}.{_format(self.format).ending}")
        self.filter_glob = ";".join(f"*.{ending}" for ending in _endings())
        self._tell(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, context: Any) -> bool:
        """Keep the file's ending, and what is said of the file, in step with the choices."""
        wanted = _with_ending(self.filepath, _format(self.format).ending)
        changed = bool(wanted != self.filepath)
        self.filepath = wanted
        return self._tell(context) or changed

    def _tell(self, context: Any) -> bool:
        """Say what would leave, unless that was said already; return whether something new is said."""
        from ..exporting.plan import find_export, record_export

        about = f"{self.format} {self.selection_only}"
        if about == self.told_of:
            return False
        leaving = find_export(context, _format(self.format), selection_only=self.selection_only)
        record = record_export(context, leaving)
        lines = [
            count(len(leaving.objects), "object"),
            count(len(record.licenses), "license"),
            f"{count(record.undeclared, 'part')} undeclared" if record.undeclared else "nothing undeclared",
        ]
        self.told_of, self.told = about, "\n".join(lines)
        return True

    def draw(self, _context: Any) -> None:
        """Draw the options."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "format")
        layout.prop(self, "selection_only")
        row = layout.row()
        row.enabled = bool(_format(self.format).modifiers_option)
        row.prop(self, "apply_modifiers")
        if self.told:
            column = layout.box().column(align=True)
            column.label(text="What leaves:")
            for line in self.told.splitlines():
                column.label(text=line, icon="BLANK1", translate=False)

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Export here; the file is hashed in a worker, and its rights file written there."""
        from ..exporting.run import export

        if not self.filepath:
            raise UserInputError("Name a file to export to.", code="export.no_path")
        chosen = _format(self.format)
        path = Path(bpy.path.abspath(_with_ending(self.filepath, chosen.ending)))
        if not path.parent.is_dir():
            raise UserInputError(f"There is no folder {path.parent}.", code="export.no_folder")
        done = export(
            context,
            path,
            chosen,
            selection_only=self.selection_only,
            apply_modifiers=self.apply_modifiers,
        )
        app.session.write_rights(done.record, path)
        if bpy.app.background:
            _wait(app)
        licenses = count(len(done.record.licenses), "license")
        self.report({"INFO"}, f"Exported {path.name} with {licenses}; its rights file is beside it.")
        if done.record.undeclared:
            self.report(
                {"WARNING"},
                f"{count(done.record.undeclared, 'data-block')} in it that nobody declared: check the scene.",
            )
        return {"FINISHED"}


class CLEARANCE_OT_import_with_licenses(Operator):
    """Import a file and put back the licenses that its rights file, or the file itself, names"""

    bl_idname = "clearance.import_with_licenses"
    bl_label = "Import with Licenses"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(options={"HIDDEN", "SKIP_SAVE"})
    accept_changed: BoolProperty(
        name="Although It Changed",
        description="Import it even if the file is no longer the one that its rights file was written for",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a scene in Object Mode."""
        return refuse(cls, why_no_app() or why_no_import())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Import what was dropped, or ask for a file."""
        if self.filepath:
            result: Answer = self.execute(context)
            return result
        self.filter_glob = ";".join((*(f"*.{one}" for one in (*_endings(), "usd")), f"*{RIGHTS_ENDING}"))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def draw(self, _context: Any) -> None:
        """Draw the options."""
        layout: Any = self.layout
        layout.prop(self, "accept_changed")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read the rights file in a worker first; then import and stamp in one step."""
        path = _chosen(self.filepath)
        read = app.session.take_rights(path)
        if read is None:
            from ..exporting.passing import Wish

            wish = Wish("import_with_licenses", {"accept_changed": self.accept_changed})
            read = _read(self, app, path, wish)
        if read is None:
            return {"CANCELLED"}
        from ..exporting.run import import_with

        try:
            done = import_with(read, accept_changed=self.accept_changed)
        except ClearanceError as error:
            app.session.note_exchange_failed(read.path, error)
            raise
        app.session.note_restored(read.path, done.licenses, done.notes)
        carry = "carries" if done.data_blocks == 1 else "carry"
        self.report(
            {"INFO"},
            f"Imported {read.path.name}; {count(done.data_blocks, 'data-block')} {carry} a license again.",
        )
        for note in done.notes:
            self.report({"WARNING"}, note)
        return {"FINISHED"}


class CLEARANCE_OT_restore_licenses(Operator):
    """Put the licenses of a rights file on what was imported without it: by names, faces and vertices"""

    bl_idname = "clearance.restore_licenses"
    bl_label = "Restore Licenses"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="Rights File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default=f"*{RIGHTS_ENDING}", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a scene in Object Mode."""
        return refuse(cls, why_no_app() or why_no_import())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the rights file."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read it in a worker; then stamp what fits."""
        from ..exporting.restore import every_local_block, restore

        path = _chosen(self.filepath)
        if not path.name.endswith(RIGHTS_ENDING):
            path = path.with_name(f"{path.name}{RIGHTS_ENDING}")
        read = app.session.take_rights(path)
        if read is None:
            from ..exporting.passing import Wish

            read = _read(self, app, path, Wish("restore_licenses", {}), needs_file=False)
        if read is None:
            return {"CANCELLED"}
        if read.record is None:
            raise UserInputError(f"{path.name} is not there.", code="rights.none")
        done = restore(read.record, every_local_block(), strict=True)
        if not done.changed:
            raise UserInputError(
                "Nothing here without a license has the name, the faces and the vertices of what the rights "
                "file describes. Nothing was changed.",
                code="rights.no_match",
            )
        app.session.note_restored(path, done.licenses, done.notes)
        self.report({"INFO"}, f"{count(done.changed, 'data-block')} stamped again.")
        for note in done.notes:
            self.report({"WARNING"}, note)
        return {"FINISHED"}


class CLEARANCE_FH_rights(FileHandler):
    """A rights file that is dropped into the viewport brings in the file that it belongs to."""

    bl_idname = "CLEARANCE_FH_rights"
    bl_label = "File with Licenses"
    bl_import_operator = "clearance.import_with_licenses"
    bl_file_extensions = ".json"

    @classmethod
    def poll_drop(cls, context: Any) -> bool:
        """Only the viewport takes it."""
        return context.area is not None and context.area.type == "VIEW_3D"


def _with_ending(filepath: str, ending: str) -> str:
    path = Path(filepath)
    if not path.name or path.suffix.lower() == f".{ending}":
        return filepath
    known = path.suffix.lower().lstrip(".") in _endings()
    return str(path.with_suffix(f".{ending}") if known else path.with_name(f"{path.name}.{ending}"))


def _chosen(filepath: str) -> Path:
    path = Path(bpy.path.abspath(filepath)) if filepath else Path()
    if not path.name:
        raise UserInputError("Choose a file.", code="rights.no_path")
    if path.suffix.lower() == ".json" and not path.name.endswith(RIGHTS_ENDING):
        raise UserInputError(
            f"{path.name} is no rights file: their names end in {RIGHTS_ENDING}.", code="rights.no_path"
        )
    return path


def _read(
    operator: Any, app: "App", path: Path, wish: "Wish", *, needs_file: bool = True
) -> "ReadRights | None":
    """Read a rights file. None: there is a window, and the operator is called again when it is read."""
    if not bpy.app.background:
        runtime.passing().wish(path, wish)
        app.session.read_rights(path, needs_file=needs_file)
        operator.report({"INFO"}, "Reading the rights file.")
        return None
    app.session.read_rights(path, needs_file=needs_file)
    _wait(app)
    return app.session.take_rights(path)


def _wait(app: "App") -> None:
    """Wait for what was just begun, and raise what went wrong with it: for scripts, where no timer fires."""
    app.tasks.wait(timeout_s=WAIT_S)
    note = app.session.state.exchange
    if note is not None and note.problem is not None:
        raise UserInputError(note.problem.message, code=note.problem.code)


CLASSES: tuple[type, ...] = (
    CLEARANCE_OT_export_with_licenses,
    CLEARANCE_OT_import_with_licenses,
    CLEARANCE_OT_restore_licenses,
    CLEARANCE_FH_rights,
)
