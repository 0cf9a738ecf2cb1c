# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Find content without a license that is owned, and stamp it where a person says so."""

from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from ..ui.views.text import count
from .decide import why_not_now
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.recognition import Recognized, Suggestion


class CLEARANCE_OT_recognize(Operator):
    """Compare everything in this file that carries no license with what you own; stamps nothing by itself"""

    bl_idname = "clearance.recognize"
    bl_label = "Find What You Own"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app, and no look under way."""
        return refuse(cls, why_no_app() or ("It is under way" if _is_busy() else ""))

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read what there is; the timer copies it out a little at a time."""
        from .. import recognizing

        look = recognizing.start(app, runtime.host().scan(), bounded=not bpy.app.background)
        runtime.looks()[:] = [look]
        return {"FINISHED"}


class CLEARANCE_OT_stop_recognition(Operator):
    """Stop looking; what was found so far stays"""

    bl_idname = "clearance.stop_recognition"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Give up."""
        app.session.stop_recognition()
        return {"FINISHED"}


class CLEARANCE_OT_stamp_recognized(Operator):
    """Write this license on it, and on the objects that show it; it is then no longer undeclared"""

    bl_idname = "clearance.stamp_recognized"
    bl_label = "Stamp It"
    bl_options = {"REGISTER", "UNDO"}

    subject: StringProperty(
        name="Data-Block", description="Such as MESH/Chair", options={"SKIP_SAVE", "HIDDEN"}
    )
    grant_id: StringProperty(name="License", options={"SKIP_SAVE", "HIDDEN"})
    with_materials: BoolProperty(
        name="Its Materials Too",
        description="Also stamp its materials that carry no license: only if they came with it",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app, and Object Mode: faces are marked."""
        return refuse(cls, why_no_app() or why_not_now())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Stamp, and note it."""
        suggestion = next(
            (
                one
                for found in app.session.state.recognition.found
                if found.subject == self.subject
                for one in found.suggestions
                if one.grant_id == self.grant_id
            ),
            None,
        )
        if suggestion is None:
            raise UserInputError("It is not among what was recognized. Look again.", code="recognize.unknown")
        return _stamp(self, app, [(self.subject, suggestion)], with_materials=self.with_materials)


class CLEARANCE_OT_stamp_all_recognized(Operator):
    """Write their licenses on everything that can be but one thing"""

    bl_idname = "clearance.stamp_all_recognized"
    bl_label = "Stamp All Recognized"
    bl_options = {"REGISTER", "UNDO"}

    with_materials: BoolProperty(
        name="Their Materials Too",
        description="Also stamp their materials that carry no license: only if they came with them",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app, Object Mode, and something that is certain."""
        why = why_no_app() or why_not_now()
        return refuse(cls, why or ("" if _certain() else "Nothing was recognized that can be but one thing"))

    def invoke(self, context: Any, event: Any) -> Answer:
        """Ask first."""
        result: Answer = context.window_manager.invoke_confirm(
            self,
            event,
            title="Stamp All Recognized",
            message=f"Write their licenses on {count(len(_certain()), 'data-block')}?",
            confirm_text="Stamp",
        )
        return result

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Stamp, and note it."""
        return _stamp(self, app, _certain(), with_materials=self.with_materials)


class CLEARANCE_OT_dismiss_recognized(Operator):
    """It is something else: do not show this any more. It stays undeclared"""

    bl_idname = "clearance.dismiss_recognized"
    bl_label = "Something Else"
    bl_options = {"INTERNAL"}

    subject: StringProperty(name="Data-Block", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Forget the proposal."""
        app.session.dismiss_recognized(self.subject)
        return {"FINISHED"}


def _is_busy() -> bool:
    from ...core.session.state import Phase

    app = runtime.peek()
    return app is not None and app.session.state.recognition.phase is Phase.BUSY


def _certain() -> "list[tuple[str, Suggestion]]":
    app = runtime.peek()
    found: list[Recognized] = [] if app is None else app.session.state.recognition.found
    return [(one.subject, one.certain) for one in found if one.certain is not None]


def _stamp(
    operator: Any, app: "App", chosen: "list[tuple[str, Suggestion]]", *, with_materials: bool
) -> Answer:
    from .. import recognizing

    host = runtime.host()
    stamped = recognizing.write_stamps(chosen, host.scan(), with_materials=with_materials)
    if not stamped:
        raise UserInputError(
            "It is no longer there, or carries a license now. Look again.", code="recognize.gone"
        )
    app.session.note_recognized_stamped(stamped, bpy.data.filepath)
    if app.session.state.report is not None:
        scan = runtime.overlay().scan = host.scan()
        app.session.report(scan)
    operator.report({"INFO"}, f"{count(len(stamped), 'data-block')} stamped.")
    return {"FINISHED"}


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_recognize,
    CLEARANCE_OT_stop_recognition,
    CLEARANCE_OT_stamp_recognized,
    CLEARANCE_OT_stamp_all_recognized,
    CLEARANCE_OT_dismiss_recognized,
)
