# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Import what is owned, as what it is to be, with its license on every data-block, in one undo step."""

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import ClearanceError, UserInputError
from .. import pump, runtime
from ..messages import tell
from ..ui.views.text import count, shorten
from .guard import Answer, guarded, refuse, why_no_app, why_no_import
from .import_uses import AUTO, can_be_world, list_uses

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.scene import Handle
    from ...core.services.delivering.import_plan import PreparedImport

log = logging.getLogger(__name__)
WAIT_S = 3600.0
"""How long a script without a window waits for a download before it gives up."""


class CLEARANCE_OT_import_asset(Operator):
    """Import what you own, downloading it first if needed; every part of it carries its license"""

    bl_idname = "clearance.import_asset"
    bl_label = "Import"
    bl_options = {"REGISTER", "UNDO"}

    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})
    use: EnumProperty(
        name="Import As", description="What the asset becomes", items=list_uses, options={"SKIP_SAVE"}
    )
    make_active: BoolProperty(
        name="Use in This Scene",
        description="Also make the new world the one of this scene; its present world stays in the file",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a scene in Object Mode."""
        return refuse(cls, why_no_app() or why_no_import())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Import, or get it ready first; then the timer imports it, in an undo step of its own."""
        try:
            app = runtime.app()
            grant_id = _grant_id(app, self.grant_id)
            if _ready(app, grant_id) is None:
                runtime.remember_wish(grant_id, runtime.ImportWish(self.use, self.make_active))
                app.session.prepare_import(grant_id)
                pump.wake()
                self.report({"INFO"}, "Getting it ready; it is imported as soon as it is here.")
                return {"CANCELLED"}
        except ClearanceError as error:
            self.report({"ERROR"}, tell(error))
            return {"CANCELLED"}
        result: Answer = self.execute(context)
        return result

    def draw(self, _context: Any) -> None:
        """Show what can be chosen again in Adjust Last Operation."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.prop(self, "use")
        if can_be_world(self):
            layout.prop(self, "make_active")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Import and stamp; a script without a window waits for the download."""
        grant_id = _grant_id(app, self.grant_id)
        wish = runtime.take_wish(grant_id)
        if wish is None or self.use != AUTO:
            wish = runtime.ImportWish(self.use, self.make_active)
        prepared = _ready(app, grant_id)
        if prepared is None and not bpy.app.background:
            runtime.remember_wish(grant_id, wish)
            app.session.prepare_import(grant_id)
            self.report({"INFO"}, "Getting it ready; it is imported as soon as it is here.")
            return {"FINISHED"}
        try:
            if prepared is None:
                prepared = _wait_for(app, grant_id)
            stamped = import_and_stamp(prepared, wish)
        except ClearanceError as error:
            runtime.note_import_failed(grant_id, error)
            raise
        app.session.imported(grant_id, stamped)
        title = shorten(prepared.title, 60) or "the asset"
        carry = "carries" if stamped == 1 else "carry"
        self.report({"INFO"}, f"Imported “{title}”; {count(stamped, 'data-block')} {carry} its license.")
        for note in (*prepared.warnings, *runtime.host().notes):
            self.report({"WARNING"}, note)
        return {"FINISHED"}


def import_and_stamp(prepared: "PreparedImport", wish: runtime.ImportWish) -> int:
    """Import and stamp, or do neither; return how many data-blocks were stamped."""
    from ...core.host import ImportUse
    from .. import data_blocks, provenance

    host = runtime.host()
    handles = host.import_file(replace(prepared.plan, use=ImportUse[wish.use], make_active=wish.make_active))
    try:
        stamped = host.stamp(handles, prepared.stamp)
        provenance.write_asset_metadata(
            data_blocks.find((handle.id_type, handle.session_uid) for handle in handles), prepared.grant
        )
    except BaseException:
        # An import without its stamp must not be.
        host.discard(handles)
        raise
    _remember(prepared, handles)
    return stamped


def _remember(prepared: "PreparedImport", handles: "tuple[Handle, ...]") -> None:
    """Have noted what came in, so that it is recognized without its stamp. Never ends an import."""
    from .. import data_blocks
    from ..content import copy_import

    try:
        blocks = data_blocks.find((handle.id_type, handle.session_uid) for handle in handles)
        contents = copy_import(blocks, prepared.title)
    except (RuntimeError, MemoryError, ReferenceError):
        log.exception("What was imported could not be copied out to be recognized later")
        return
    runtime.app().session.remember_imported(prepared.grant.id, contents)


def _grant_id(app: "App", wanted: str) -> str:
    """Return what is to be imported: the named license, or the one of the selected result."""
    selection = app.session.state.selection
    grant_id = wanted or (selection.owned[0].id if selection is not None and selection.owned else "")
    if not grant_id:
        raise UserInputError("Choose something that you own.", code="grant.unknown")
    return grant_id


def _ready(app: "App", grant_id: str) -> "PreparedImport | None":
    prepared = app.session.prepared(grant_id)
    return prepared if prepared is not None and prepared.plan.path.is_file() else None


def _wait_for(app: "App", grant_id: str) -> "PreparedImport":
    """Get it ready and wait: for scripts, where no timer fires."""
    app.session.prepare_import(grant_id)
    app.tasks.wait(timeout_s=WAIT_S)
    for other in runtime.take_ready_imports():
        if other != grant_id:
            runtime.put_back_import(other)
    prepared = _ready(app, grant_id)
    if prepared is not None:
        return prepared
    problem = next(
        (p.problem for p in app.session.state.progress if p.grant_id == grant_id and p.problem), None
    )
    if problem is not None:
        raise UserInputError(problem.message, code=problem.code)
    raise UserInputError("It could not be made ready in time.", code="import.not_here")


CLASSES: tuple[type[bpy.types.Operator], ...] = (CLEARANCE_OT_import_asset,)
