# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""The studio's money: read it, turn its pages, and write cost reports."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from ..opening import open_file
from .dialogs import NeedsApp
from .guard import Answer, guarded

if TYPE_CHECKING:
    from ...core.app import App

_PERIODS = [
    ("MONTH", "This Month", "From the first of this month"),
    ("LAST_MONTH", "Last Month", "The whole month before"),
    ("YEAR", "This Year", "From the first of January"),
    ("ALL", "All Time", "Everything that was ever paid"),
]


def _part() -> Any:
    return StringProperty(name="Part", options={"SKIP_SAVE", "HIDDEN"})


class CLEARANCE_OT_refresh_finance(NeedsApp, Operator):
    """Read this again from the ledger"""

    bl_idname = "clearance.refresh_finance"
    bl_label = "Read Again"

    part: _part()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read in a worker."""
        app.session.refresh_finance(_read_part(self.part))
        return {"FINISHED"}


class CLEARANCE_OT_turn_finance_page(NeedsApp, Operator):
    """Show another page of this list"""

    bl_idname = "clearance.turn_finance_page"
    bl_label = "Other Page"

    part: _part()
    page: IntProperty(name="Page", min=0, options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read it in a worker."""
        app.session.refresh_finance(_read_part(self.part), page=self.page)
        return {"FINISHED"}


class CLEARANCE_OT_stop_finance(NeedsApp, Operator):
    """Stop; what was written so far stays"""

    bl_idname = "clearance.stop_finance"
    bl_label = "Stop"

    part: _part()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Ask the worker to stop."""
        app.session.stop_finance(_read_part(self.part))
        return {"FINISHED"}


class CLEARANCE_OT_export_costs(NeedsApp, Operator):
    """Write what was paid to a page with charts or a table, and open it"""

    bl_idname = "clearance.export_costs"
    bl_label = "Export Cost Report…"

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    format: EnumProperty(
        name="Format",
        items=[
            ("html", "Web Page", "With charts, to read and to print"),
            ("csv", "Table (CSV)", "For spreadsheets: one line a payment"),
            ("json", "JSON", "For programs"),
        ],
        options={"SKIP_SAVE"},
    )
    by: EnumProperty(
        name="By",
        items=[
            ("project", "Project", ""), ("client", "Client", ""), ("marketplace", "Marketplace", ""),
            ("month", "Month", ""),
        ],
        options={"SKIP_SAVE"},
    )  # fmt: skip
    period: EnumProperty(name="Period", items=_PERIODS, options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.html;*.csv;*.json", options={"HIDDEN", "SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask for a place."""
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        self.filepath = str(folder / f"costs-{datetime.now(UTC):%Y-%m}.{self.format}")
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def check(self: Any, _context: Any) -> bool:
        """Keep the file's ending in step with the format."""
        wanted = str(Path(self.filepath).with_suffix(f".{self.format}")) if self.filepath else ""
        if wanted == self.filepath:
            return False
        self.filepath = wanted
        return True

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it in a worker, then open it."""
        from ...core.model.costs import CostKey
        from ..ui.views.costs import days_of

        if not self.filepath:
            raise UserInputError("Name a file for the report.", code="report.no_path")
        starts_on, ends_on = days_of(self.period, datetime.now(UTC).date())
        app.session.export_costs(
            Path(bpy.path.abspath(self.filepath)),
            self.format,
            by=CostKey(self.by),
            starts_on=starts_on,
            ends_on=ends_on,
            on_written=open_file,
        )
        return {"FINISHED"}


def _read_part(name: str) -> Any:
    from ...core.services.studio.finance import FinancePart

    try:
        return FinancePart(name)
    except ValueError:
        known = ", ".join(FinancePart)
        raise UserInputError(
            f"There is no part “{name[:40]}”; there are {known}.", code="finance.part"
        ) from None


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_refresh_finance,
    CLEARANCE_OT_turn_finance_page,
    CLEARANCE_OT_stop_finance,
    CLEARANCE_OT_export_costs,
)
