# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Requests: the cart, asking, approving, declining, withdrawing and buying."""

from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy.types import Operator

from ..ui import widgets
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App

DIALOG_WIDTH = 420


def _draw_reason(operator: Any, context: Any, text: str) -> None:
    from ..ui import draw_requests  # imports much, which a start of Blender has no use for

    draw_requests.draw_reason(operator, operator.layout, context, text, width=DIALOG_WIDTH)


def _id() -> Any:
    return StringProperty(name="Request", options={"SKIP_SAVE", "HIDDEN"})


def _reason(description: str) -> Any:
    return StringProperty(name="Reason", description=description, maxlen=1000, options={"SKIP_SAVE"})


class _NeedsApp:
    """Buttons that need nothing but the app."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())


class CLEARANCE_OT_refresh_requests(_NeedsApp, Operator):
    """Read the cart, your requests, and what waits for you"""

    bl_idname = "clearance.refresh_requests"
    bl_label = "Read Requests"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read in a worker."""
        app.session.refresh_requests()
        return {"FINISHED"}


class CLEARANCE_OT_stop_requests(_NeedsApp, Operator):
    """Stop; what was bought so far stays, and buying goes on from there the next time"""

    bl_idname = "clearance.stop_requests"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Ask the worker to stop."""
        app.session.stop_requests()
        return {"FINISHED"}


class CLEARANCE_OT_add_to_cart(_NeedsApp, Operator):
    """Put this listing into your cart, to ask for it together with others"""

    bl_idname = "clearance.add_to_cart"
    bl_label = "Add to Cart"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Add what is selected."""
        app.session.add_to_cart()
        return {"FINISHED"}


class CLEARANCE_OT_take_from_cart(_NeedsApp, Operator):
    """Take this out of the cart"""

    bl_idname = "clearance.take_from_cart"
    bl_label = "Take Out"
    bl_options = {"INTERNAL"}

    request_id: _id()
    position: IntProperty(name="Item", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Take it out."""
        app.session.take_from_cart(self.request_id, self.position)
        return {"FINISHED"}


class CLEARANCE_OT_submit_request(_NeedsApp, Operator):
    """Have every item quoted and checked, use what is owned, and ask for approval of the rest"""

    bl_idname = "clearance.submit_request"
    bl_label = "Submit…"
    bl_options = {"INTERNAL"}

    request_id: _id()
    reason: _reason("What it is for; who approves it reads that")

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask what it is for."""
        answer: Answer = context.window_manager.invoke_props_dialog(self, width=DIALOG_WIDTH)
        return answer

    def draw(self: Any, context: Any) -> None:
        """Say what happens."""
        text = "Every item is quoted for your intended use. What the studio owns already is not bought again."
        _draw_reason(self, context, text)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Submit in a worker."""
        app.session.submit_request(self.request_id, reason=self.reason)
        return {"FINISHED"}


class CLEARANCE_OT_withdraw_request(_NeedsApp, Operator):
    """Withdraw your request; what was set aside for it is free again"""

    bl_idname = "clearance.withdraw_request"
    bl_label = "Withdraw"
    bl_options = {"INTERNAL"}

    request_id: _id()

    def invoke(self: Any, context: Any, event: Any) -> Answer:
        """Ask once."""
        answer: Answer = context.window_manager.invoke_confirm(self, event)
        return answer

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Withdraw."""
        app.session.withdraw_request(self.request_id)
        return {"FINISHED"}


class CLEARANCE_OT_approve_request(_NeedsApp, Operator):
    """Approve exactly these prices and terms"""

    bl_idname = "clearance.approve_request"
    bl_label = "Approve…"
    bl_options = {"INTERNAL"}

    request_id: _id()
    reason: _reason("Why it may be bought; needed where the policy is in doubt")
    needs_reason: BoolProperty(options={"SKIP_SAVE", "HIDDEN"})
    surcharges: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    agree: BoolProperty(
        name="Agree to What Is Charged on Top",
        description="Agree to exactly these sentences of the marketplaces",
        options={"SKIP_SAVE"},
    )

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask why."""
        answer: Answer = context.window_manager.invoke_props_dialog(self, width=DIALOG_WIDTH)
        return answer

    def draw(self: Any, context: Any) -> None:
        """Say what is approved, and what is charged on top."""
        text = "The approval holds for exactly these prices and terms."
        if self.needs_reason:
            text += " The licenses leave something open: say why it may be bought all the same."
        _draw_reason(self, context, text)
        if self.surcharges:
            said = f"Charged on top: {self.surcharges}"
            widgets.draw_text(self.layout, context, said, dialog=DIALOG_WIDTH)
            self.layout.prop(self, "agree")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Approve in a worker."""
        agreed = tuple(self.surcharges.split("\n")) if self.agree else ()
        app.session.approve_request(self.request_id, reason=self.reason, surcharges=agreed)
        return {"FINISHED"}


class CLEARANCE_OT_decline_request(_NeedsApp, Operator):
    """Decline this request"""

    bl_idname = "clearance.decline_request"
    bl_label = "Decline…"
    bl_options = {"INTERNAL"}

    request_id: _id()
    reason: _reason("Why; its author reads that")

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask why."""
        answer: Answer = context.window_manager.invoke_props_dialog(self, width=DIALOG_WIDTH)
        return answer

    def draw(self: Any, context: Any) -> None:
        """Ask why."""
        text = "Its author reads your reason."
        _draw_reason(self, context, text)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Decline in a worker."""
        app.session.decline_request(self.request_id, reason=self.reason)
        return {"FINISHED"}


class CLEARANCE_OT_buy_request(_NeedsApp, Operator):
    """Buy what was approved, each item at most once; may be pressed again to go on"""

    bl_idname = "clearance.buy_request"
    bl_label = "Buy"
    bl_options = {"INTERNAL"}

    request_id: _id()

    def invoke(self: Any, context: Any, event: Any) -> Answer:
        """Ask once: it spends money."""
        answer: Answer = context.window_manager.invoke_confirm(self, event)
        return answer

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Buy in a worker."""
        app.session.buy_request(self.request_id)
        return {"FINISHED"}


CLASSES = (
    CLEARANCE_OT_refresh_requests,
    CLEARANCE_OT_stop_requests,
    CLEARANCE_OT_add_to_cart,
    CLEARANCE_OT_take_from_cart,
    CLEARANCE_OT_submit_request,
    CLEARANCE_OT_withdraw_request,
    CLEARANCE_OT_approve_request,
    CLEARANCE_OT_decline_request,
    CLEARANCE_OT_buy_request,
)
