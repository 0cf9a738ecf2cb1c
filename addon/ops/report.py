# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""The scene license report: make it, save it, select what a finding is about."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from ...core.model.report_format import ReportFormat
from .. import runtime
from ..ui.views.text import count
from ..use_props import read_use
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App

_LABELS = {
    ReportFormat.HTML: ("Web Page", "For people: one page with everything in it, to read and to print"),
    ReportFormat.JSON: ("JSON", "For programs; follows a published schema"),
    ReportFormat.CSV: ("Table (CSV)", "For spreadsheets: one line per data-block"),
    ReportFormat.CREDITS: ("Credits (Text)", "The credit lines that the licenses ask for"),
    ReportFormat.CREDITS_HTML: ("Credits (Web Page)", "The credit lines that the licenses ask for"),
    ReportFormat.JUNIT: ("JUnit", "For build servers: one test case per license"),
    ReportFormat.SARIF: ("SARIF", "For code hosts and editors: a list of findings"),
    ReportFormat.SPDX: ("Bill of Materials (SPDX)", "Everything in the scene in SPDX 3, for other tools"),
    ReportFormat.ODRL: ("Rights (ODRL)", "What each license allows, in ODRL 2.2, for other tools"),
}
_FORMATS = [(wanted.value, label, about) for wanted, (label, about) in _LABELS.items()]


class CLEARANCE_OT_report_scene(Operator):
    """Check what this scene may be used for, and what stands against it"""

    bl_idname = "clearance.report_scene"
    bl_label = "Check the Scene"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Read the scene here, judge it in a worker."""
        from .. import provenance

        app.session.set_use(read_use(context.scene))
        provenance.keep_up()
        scan = runtime.overlay().scan = runtime.host().scan()
        app.session.report(scan)
        return {"FINISHED"}


class CLEARANCE_OT_save_report(Operator):
    """Save the license report to a file"""

    bl_idname = "clearance.save_report"
    bl_label = "Save the Report"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    format: EnumProperty(name="Format", items=_FORMATS, options={"SKIP_SAVE"})
    filter_glob: StringProperty(
        default="*.html;*.json;*.csv;*.txt;*.xml;*.sarif;*.jsonld", options={"HIDDEN", "SKIP_SAVE"}
    )
    check_existing: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a report."""
        return refuse(cls, why_no_app() or _why_no_report())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for a place."""
        scene = Path(bpy.data.filepath)
        stem = f"{scene.stem}-licenses" if bpy.data.filepath else "scene-licenses"
        folder = scene.parent if bpy.data.filepath else Path.home()
        self.filepath = str(folder / ReportFormat(self.format).name_file(stem))
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self, _context: Any) -> bool:
        """Keep the file's ending in step with the format."""
        wanted = str(ReportFormat(self.format).rename(Path(self.filepath))) if self.filepath else ""
        changed = bool(wanted) and wanted != self.filepath
        if changed:
            self.filepath = wanted
        return changed

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it in a worker."""
        if not self.filepath:
            raise UserInputError("Name a file for the report.", code="report.no_path")
        app.session.save_report(Path(bpy.path.abspath(self.filepath)), self.format)
        self.report({"INFO"}, f"Saving the report as {Path(self.filepath).name}.")
        return {"FINISHED"}


class CLEARANCE_OT_select_finding(Operator):
    """Select the objects that this is about"""

    bl_idname = "clearance.select_finding"
    bl_label = "Select"
    bl_options = {"REGISTER", "UNDO"}

    subject: StringProperty(
        name="Subject",
        description="A license's id, or a data-block such as OBJECT/Cube",
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Needs Object Mode."""
        return refuse(cls, "" if context.mode == "OBJECT" else "Switch to Object Mode to select")

    def execute(self, context: Any) -> Answer:
        """Select in the active view layer."""
        from .selecting import blocks_about, select_using

        blocks = blocks_about((self.subject,))
        found = select_using(context.view_layer, blocks)
        if found:
            self.report({"INFO"}, f"{count(found, 'object')} selected.")
        elif blocks:
            self.report({"WARNING"}, "It is in the file, but no visible object uses it.")
        else:
            self.report({"WARNING"}, "It is no longer in the file. Check the scene again.")
        return {"FINISHED"}


def _why_no_report() -> str:
    app = runtime.peek()
    return "" if app is not None and app.session.state.report is not None else "Check the scene first"


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_report_scene,
    CLEARANCE_OT_save_report,
    CLEARANCE_OT_select_finding,
)
