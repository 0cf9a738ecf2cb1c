# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Give something back, step by step: the policy, the text to send, and how it ended."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App

DIALOG_WIDTH = 440
MAX_REASON = 1000


class _Step:
    """What the operators below have in common."""

    bl_options: Any = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())


class CLEARANCE_OT_refund(_Step, Operator):
    """Show how this can be given back, until when, and which scenes use it. Changes nothing"""

    bl_idname = "clearance.refund"
    bl_label = "Give Back…"

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Show it."""
        app.session.advise_refund(self.order_id)
        return {"FINISHED"}


class CLEARANCE_OT_request_refund(_Step, Operator):
    """Note that you ask for your money back, and get the text to send to the marketplace's support"""

    bl_idname = "clearance.request_refund"
    bl_label = "Ask for a Refund…"

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})
    reason: StringProperty(
        name="Reason", description="Goes into the text for support", maxlen=MAX_REASON, options={"SKIP_SAVE"}
    )

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the reason; what the delivery check found is filled in."""
        app = runtime.peek()
        step = app.session.state.refund if app is not None else None
        if not self.reason and step is not None and step.order_id == self.order_id:
            self.reason = " ".join(step.claim.split())[:MAX_REASON]
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Ask for a Refund", confirm_text="Write the Text"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import widgets

        layout: Any = self.layout
        widgets.draw_text(
            layout, context,
            "Say what is wrong: not as described, broken, bought by mistake. You send the text yourself; "
            "nothing changes here before you enter how it ended.",
            dialog=DIALOG_WIDTH,
        )  # fmt: skip
        layout.prop(self, "reason", text="")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Note it."""
        if not self.reason.strip():
            raise UserInputError("Write the reason; support will ask for it.", code="refund.reason")
        app.session.request_refund(self.order_id, reason=self.reason.strip())
        return {"FINISHED"}


class CLEARANCE_OT_copy_refund_text(_Step, Operator):
    """Copy the text for the marketplace's support"""

    bl_idname = "clearance.copy_refund_text"
    bl_label = "Copy the Text"

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Copy it."""
        step = app.session.state.refund
        if step is None or not step.message:
            raise UserInputError("There is no text yet.", code="refund.no_text")
        context.window_manager.clipboard = step.message
        self.report({"INFO"}, "Copied. Paste it into a message to the marketplace's support.")
        return {"FINISHED"}


class CLEARANCE_OT_settle_refund(_Step, Operator):
    """Enter how the refund ended. Refunded: the license ends, its files are locked, scenes are flagged"""

    bl_idname = "clearance.settle_refund"
    bl_label = "It Has Been Decided…"

    refund_id: StringProperty(name="Refund", options={"SKIP_SAVE", "HIDDEN"})
    outcome: EnumProperty(
        name="Outcome",
        items=[
            ("REFUSED", "Refused", "The purchase and its license stay as they are"),
            ("REFUNDED", "Refunded", "The money is back; the license has ended"),
        ],
        options={"SKIP_SAVE"},
    )
    amount: StringProperty(
        name="Amount", description="With its currency, such as 19.00 USD; may stay empty", maxlen=30,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    reference: StringProperty(
        name="Their Number", description="Of the case or the credit note", maxlen=100, options={"SKIP_SAVE"}
    )
    document: StringProperty(
        name="Letter", description="Their answer or credit note; a copy is kept", subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )  # fmt: skip

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask."""
        result: Answer = context.window_manager.invoke_props_dialog(
            self,
            width=DIALOG_WIDTH,
            title="How the Refund Ended",
            confirm_text="Book It",
            cancel_default=True,
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import widgets

        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("outcome", "amount", "reference", "document"):
            layout.prop(self, name)
        if self.outcome == "REFUNDED":
            widgets.draw_text(
                layout, context,
                "The license ends with this. The report names every scene that still uses it.",
                icon="ERROR", dialog=DIALOG_WIDTH,
            )  # fmt: skip

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Book it."""
        from ...core.services.typed import parse_price

        amount = parse_price(self.amount)
        chosen = self.document.strip()
        app.session.settle_refund(
            self.refund_id,
            refunded=self.outcome == "REFUNDED",
            amount=amount,
            reference=self.reference.strip(),
            documents=(Path(bpy.path.abspath(chosen)),) if chosen else (),
        )
        return {"FINISHED"}


class CLEARANCE_OT_close_refund(_Step, Operator):
    """Put this away; what was noted stays"""

    bl_idname = "clearance.close_refund"
    bl_label = "Close"

    def execute(self, _context: Any) -> Answer:
        """Put it away."""
        app = runtime.peek()
        if app is not None:
            app.session.state.refund = None
            app.session.state.revision += 1
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_refund,
    CLEARANCE_OT_request_refund,
    CLEARANCE_OT_copy_refund_text,
    CLEARANCE_OT_settle_refund,
    CLEARANCE_OT_close_refund,
)
