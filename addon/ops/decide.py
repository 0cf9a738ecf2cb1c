# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Declare where content comes from, and decide about findings of the report."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from ..ui.views.text import count
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.scene import Handle

DIALOG_WIDTH = 440
# The identifiers are values of the core's enumerations; tests/blender holds them against each other.
_ORIGINS = [
    ("own_work", "Own Work", "Made here, by us"),
    ("client", "The Client's", "The client gave it, for the client's own work"),
    ("free_license", "Free License", "Published under a license that asks for no payment, such as CC-BY-4.0"),
    ("public_domain", "Public Domain", "Nobody holds rights in it (any more)"),
    ("other", "Other", "Anything else: the reason says what. A person has to look"),
]
_SCOPES = [
    ("SELECTED", "Selected Objects", "The selected objects and all that they are made of"),
    ("ALL", "Everything Undeclared", "All that the report calls undeclared"),
    ("ONE", "One Data-Block", "The one that is named"),
]
_FIELDS = {
    "own_work": (),
    "client": ("client",),
    "free_license": ("license", "author", "source_url", "credit"),
    "public_domain": ("author", "source_url", "credit"),
    "other": ("license", "author", "source_url", "credit"),
}
"""What is asked for beside title, reason and evidence."""
_KINDS = [
    ("license_upgraded", "A Wider License Was Bought", "Needs its invoice or license as evidence"),
    ("cleared_in_writing", "Cleared in Writing", "Who holds the rights agreed; needs the letter as evidence"),
    ("own_work", "Own Work", "It was made here and comes from no marketplace"),
    ("not_visible", "Not Visible", "It is rendered, but nothing of it can be seen"),
    ("replaced", "Being Replaced", "It is replaced by another; say until when"),
]


def why_not_now() -> str:
    """Say why no stamp can be written right now; empty when it can."""
    context = bpy.context
    if context.scene is None:
        return "There is no scene"
    if context.mode != "OBJECT":
        return "Switch to Object Mode to declare"
    if context.scene.library is not None:
        return "This scene is linked from another file; it cannot be changed"
    return ""


class CLEARANCE_OT_declare(Operator):
    """Say where content comes from that no marketplace sold. What carries a license already is left alone"""

    bl_idname = "clearance.declare"
    bl_label = "Declare…"
    bl_options = {"INTERNAL"}

    scope: EnumProperty(name="What", items=_SCOPES, options={"SKIP_SAVE", "HIDDEN"})
    subject: StringProperty(
        name="Data-Block", description="Such as MESH/Cube", options={"SKIP_SAVE", "HIDDEN"}
    )
    found: IntProperty(name="Data-Blocks", options={"SKIP_SAVE", "HIDDEN"})
    origin: EnumProperty(name="Origin", items=_ORIGINS, options={"SKIP_SAVE"})
    title: StringProperty(
        name="Title", description="What it is, as the report lists it", maxlen=300, options={"SKIP_SAVE"}
    )
    reason: StringProperty(
        name="How You Know",
        description="Such as: modeled by our team in October 2026",
        maxlen=2000,
        options={"SKIP_SAVE"},
    )
    client: StringProperty(name="Client", maxlen=300, options={"SKIP_SAVE"})
    license: StringProperty(
        name="License",
        description="Its SPDX id, such as CC-BY-4.0 or CC0-1.0, or its name",
        maxlen=300,
        options={"SKIP_SAVE"},
    )
    author: StringProperty(name="Author", description="Who made the work", maxlen=300, options={"SKIP_SAVE"})
    source_url: StringProperty(
        name="Web Address", description="Where it was published", maxlen=2000, options={"SKIP_SAVE"}
    )
    credit: StringProperty(
        name="Credit Line",
        description="As the author asks for it; empty: made of title, author and license",
        maxlen=300,
        options={"SKIP_SAVE"},
    )
    evidence: StringProperty(
        name="Evidence",
        description="A file that proves it; a copy is kept. May stay empty",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app, and Object Mode: faces are marked."""
        return refuse(cls, why_no_app() or why_not_now())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask where it comes from."""
        self.found = len(_find(self.scope, self.subject, context))
        if not self.found:
            self.report({"INFO"}, _nothing_to_declare(self.scope))
            return {"CANCELLED"}
        self.title = self.title or _suggest_title(self.scope, self.subject, context)
        self.client = self.client or context.scene.clearance_use.client
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Where It Comes From", confirm_text="Declare"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import decide as draw_decide

        draw_decide.draw_declare(self, self.layout, context, _FIELDS[self.origin], width=DIALOG_WIDTH)

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Write it down in a worker; the stamps follow."""
        from ...core.model.declaration import Origin

        handles = _find(self.scope, self.subject, context)
        if not handles:
            raise UserInputError(_nothing_to_declare(self.scope), code="declare.nothing")
        asked = _FIELDS[self.origin]
        given = {name: getattr(self, name).strip() for name in asked}
        app.session.declare(
            handles,
            Origin(self.origin),
            title=self.title.strip() or _suggest_title(self.scope, self.subject, context),
            reason=self.reason,
            evidence=_path(self.evidence),
            **given,
        )
        return {"FINISHED"}


class CLEARANCE_OT_stamp_declared(Operator):
    """Write the stamps of what was declared"""

    bl_idname = "clearance.stamp_declared"
    bl_label = "Declare"
    bl_options = {"INTERNAL", "UNDO"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a declaration that waits, and Object Mode."""
        return refuse(
            cls, why_not_now() or ("" if runtime.has_declared() else "Nothing was declared just now")
        )

    @guarded
    def execute(self: Any, _context: Any, _app: "App") -> Answer:
        """Write them."""
        from .. import declaring

        waiting = runtime.take_declared()
        if waiting is None:
            return {"CANCELLED"}
        declared, handles = waiting
        done = declaring.write_stamps(handles, declared.stamp, runtime.host().scan())
        if done < len(handles):
            self.report(
                {"WARNING"},
                f"{count(len(handles) - done, 'data-block')} changed meanwhile and were left out.",
            )
        self.report({"INFO"}, f"{count(done, 'data-block')} declared. Check the scene again.")
        return {"FINISHED"}


class CLEARANCE_OT_resolve_finding(Operator):
    """Write down why this does not stand against the use, with your name and the date"""

    bl_idname = "clearance.resolve_finding"
    bl_label = "Resolve…"
    bl_options = {"INTERNAL"}

    subject: StringProperty(name="Subject", options={"SKIP_SAVE", "HIDDEN"})
    rule: StringProperty(name="Rule", options={"SKIP_SAVE", "HIDDEN"})
    kind: EnumProperty(name="Because", items=_KINDS, options={"SKIP_SAVE"})
    reason: StringProperty(
        name="Reason", description="For whoever reads the report", maxlen=2000, options={"SKIP_SAVE"}
    )
    until: StringProperty(
        name="Until",
        description="The last day on which this counts, such as 2026-12-31",
        maxlen=10,
        options={"SKIP_SAVE"},
    )
    evidence: StringProperty(
        name="Evidence",
        description="The invoice, license or letter; a copy is kept",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    only_project: BoolProperty(
        name="For This Project Only",
        description="It counts for the project that is named under Intended Use, and for no other",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a report."""
        app = runtime.peek()
        there = app is not None and app.session.state.report is not None
        return refuse(cls, why_no_app() or ("" if there else "Check the scene first"))

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask why."""
        kinds = kinds_for(self.rule)
        if not kinds:
            self.report({"WARNING"}, "Nobody can decide this away: fix it, then check the scene again.")
            return {"CANCELLED"}
        if self.kind not in kinds:
            self.kind = kinds[0]
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Why This No Longer Stands Against It", confirm_text="Resolve"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import decide as draw_decide

        draw_decide.draw_resolve(self, self.layout, context, kinds_for(self.rule), width=DIALOG_WIDTH)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it down in a worker."""
        from ...core.model.resolution import ResolutionKind

        report = app.session.state.report
        found = report.findings if report is not None else ()
        finding = next((f for f in found if (f.rule, f.subject) == (self.rule, self.subject)), None)
        if report is None or finding is None:
            raise UserInputError("The report says that no more. Check again.", code="resolution.gone")
        if self.kind not in kinds_for(self.rule) or finding.final:
            raise UserInputError("That is no answer to this finding.", code="resolution.refused")
        app.session.resolve_finding(
            self.subject,
            self.rule,
            kind=ResolutionKind(self.kind),
            reason=self.reason,
            evidence=_path(self.evidence),
            until=_day(self.until),
            project=report.use.name if self.only_project else "",
            terms_sha256=finding.terms_sha256,
        )
        return {"FINISHED"}


class CLEARANCE_OT_withdraw_declaration(Operator):
    """Say that this declaration holds no more. What carries it is undeclared from then on, in every scene"""

    bl_idname = "clearance.withdraw_declaration"
    bl_label = "Withdraw…"
    bl_options = {"INTERNAL"}

    declaration_id: StringProperty(name="Declaration", options={"SKIP_SAVE", "HIDDEN"})
    title: StringProperty(name="Title", options={"SKIP_SAVE", "HIDDEN"})
    reason: StringProperty(
        name="Why", description="For whoever reads the audit", maxlen=2000, options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask why."""
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Withdraw the Declaration", confirm_text="Withdraw"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import decide as draw_decide

        draw_decide.draw_withdraw(self, self.layout, context, width=DIALOG_WIDTH)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it down in a worker."""
        if not self.reason.strip():
            raise UserInputError("Say why it holds no more.", code="declare.no_reason")
        app.session.withdraw_declaration(self.declaration_id, reason=self.reason.strip())
        return {"FINISHED"}


def kinds_for(rule: str) -> tuple[str, ...]:
    """Return the kinds of resolution that can answer a rule, in the order of the dialog."""
    from ...core.policy.resolving import find_kinds

    fitting = find_kinds(rule)
    return tuple(name for name, _label, _about in _KINDS if name in fitting)


def _find(scope: str, subject: str, context: Any) -> "tuple[Handle, ...]":
    from .. import declaring

    app = runtime.peek()
    report = app.session.state.report if app is not None else None
    if scope != "SELECTED" and report is None:
        return ()
    free = declaring.find_free(runtime.host().scan())
    if scope == "SELECTED" or report is None:
        return declaring.of_selection(context.selected_objects, free)
    return declaring.of_report(report, free, only=subject if scope == "ONE" else "")


def _nothing_to_declare(scope: str) -> str:
    match scope:
        case "SELECTED":
            return "Select objects that carry no license. What carries one is not declared."
        case "ONE":
            return "This is not undeclared any more, or no longer in the file. Check the scene again."
        case _:
            return "The report names nothing that is undeclared. Check the scene again."


def _suggest_title(scope: str, subject: str, context: Any) -> str:
    if scope == "ONE":
        return subject.partition("/")[2]
    active = context.active_object
    if scope == "SELECTED" and active is not None and active.select_get():
        return str(active.name)
    return str(context.scene.clearance_use.name)


def _path(typed: str) -> Path | None:
    return Path(bpy.path.abspath(typed.strip())) if typed.strip() else None


def _day(typed: str) -> date | None:
    if not typed.strip():
        return None
    try:
        return date.fromisoformat(typed.strip())
    except ValueError:
        raise UserInputError(
            "Write the day as year, month, day: 2026-12-31.", code="resolution.day"
        ) from None


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_declare,
    CLEARANCE_OT_stamp_declared,
    CLEARANCE_OT_resolve_finding,
    CLEARANCE_OT_withdraw_declaration,
)
