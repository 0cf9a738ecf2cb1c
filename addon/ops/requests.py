# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Requests: the cart, asking, approving, declining, withdrawing and buying."""

from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, IntProperty, StringProperty
from bpy.types import Operator

from .dialogs import DIALOG_WIDTH, Asks, Confirms, NeedsApp
from .guard import Answer, guarded

if TYPE_CHECKING:
    from ...core.app import App


def _id() -> Any:
    return StringProperty(name="Request", options={"SKIP_SAVE", "HIDDEN"})


def _reason(description: str) -> Any:
    return StringProperty(name="Reason", description=description, maxlen=1000, options={"SKIP_SAVE"})


class CLEARANCE_OT_refresh_requests(NeedsApp, Operator):
    """Read the cart, your requests, and what waits for you"""

    bl_idname = "clearance.refresh_requests"
    bl_label = "Read Requests"

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read in a worker."""
        app.session.refresh_requests()
        return {"FINISHED"}


class CLEARANCE_OT_stop_requests(NeedsApp, Operator):
    """Stop; what was bought so far stays, and buying goes on from there the next time"""

    bl_idname = "clearance.stop_requests"
    bl_label = "Stop"

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Ask the worker to stop."""
        app.session.stop_requests()
        return {"FINISHED"}


class CLEARANCE_OT_add_to_cart(NeedsApp, Operator):
    """Put this listing into your cart, to ask for it together with others"""

    bl_idname = "clearance.add_to_cart"
    bl_label = "Add to Cart"

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Add what is selected."""
        app.session.add_to_cart()
        return {"FINISHED"}


class CLEARANCE_OT_take_from_cart(NeedsApp, Operator):
    """Take this out of the cart"""

    bl_idname = "clearance.take_from_cart"
    bl_label = "Take Out"

    request_id: _id()
    position: IntProperty(name="Item", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Take it out."""
        app.session.take_from_cart(self.request_id, self.position)
        return {"FINISHED"}


class CLEARANCE_OT_submit_request(Asks, Operator):
    """Have every item quoted and checked, use what is owned, and ask for approval of the rest"""

    bl_idname = "clearance.submit_request"
    bl_label = "Submit…"
    ask_title = "Submit the Cart"
    ask_confirm = "Submit"
    ask_text = "Every item is quoted for your intended use. What the studio owns already is not bought again."
    ask_fields = ("reason",)

    request_id: _id()
    reason: _reason("What it is for; who approves it reads that")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Submit in a worker."""
        app.session.submit_request(self.request_id, reason=self.reason)
        return {"FINISHED"}


class CLEARANCE_OT_withdraw_request(Confirms, Operator):
    """Withdraw your request; what was set aside for it is free again"""

    bl_idname = "clearance.withdraw_request"
    bl_label = "Withdraw"
    ask_title = "Withdraw the Request?"
    ask_text = "What was set aside for it is free again."
    ask_confirm = "Withdraw"

    request_id: _id()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Withdraw."""
        app.session.withdraw_request(self.request_id)
        return {"FINISHED"}


class CLEARANCE_OT_discard_cart(Confirms, Operator):
    """Put the whole cart away; nothing of it was asked for"""

    bl_idname = "clearance.discard_cart"
    bl_label = "Discard the Cart"
    ask_title = "Discard the Cart?"
    ask_text = "Nothing of it was asked for. What you want later has to be put into a new one."
    ask_confirm = "Discard"

    request_id: _id()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Put it away."""
        app.session.withdraw_request(self.request_id)
        return {"FINISHED"}


class CLEARANCE_OT_approve_request(Asks, Operator):
    """Approve exactly these prices and terms"""

    bl_idname = "clearance.approve_request"
    bl_label = "Approve…"
    ask_title = "Approve the Request"
    ask_confirm = "Approve"
    ask_text = "The approval holds for exactly these prices and terms."
    ask_fields = ("reason",)

    request_id: _id()
    reason: _reason("Why it may be bought; needed where the policy is in doubt")
    needs_reason: BoolProperty(options={"SKIP_SAVE", "HIDDEN"})
    surcharges: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    agree: BoolProperty(
        name="Agree to What Is Charged on Top",
        description="Agree to exactly these sentences of the marketplaces",
        options={"SKIP_SAVE"},
    )

    def say(self: Any) -> str:
        """Say what is approved."""
        more = " The licenses leave something open: say why it may be bought all the same."
        return str(self.ask_text + (more if self.needs_reason else ""))

    def draw(self: Any, context: Any) -> None:
        """Draw the reason, and what is charged on top."""
        super().draw(context)
        if self.surcharges:
            from ..ui.drawing import widgets

            said = f"Charged on top: {self.surcharges}"
            widgets.draw_text(self.layout, context, said, dialog=DIALOG_WIDTH)
            self.layout.prop(self, "agree")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Approve in a worker."""
        agreed = tuple(self.surcharges.split("\n")) if self.agree else ()
        app.session.approve_request(self.request_id, reason=self.reason, surcharges=agreed)
        return {"FINISHED"}


class CLEARANCE_OT_decline_request(Asks, Operator):
    """Decline this request"""

    bl_idname = "clearance.decline_request"
    bl_label = "Decline…"
    ask_title = "Decline the Request"
    ask_confirm = "Decline"
    ask_text = "Its author reads your reason."
    ask_fields = ("reason",)

    request_id: _id()
    reason: _reason("Why; its author reads that")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Decline in a worker."""
        app.session.decline_request(self.request_id, reason=self.reason)
        return {"FINISHED"}


class CLEARANCE_OT_buy_request(Confirms, Operator):
    """Buy what was approved, each item at most once; may be pressed again to go on"""

    bl_idname = "clearance.buy_request"
    bl_label = "Buy"
    ask_title = "Buy What Was Approved?"
    ask_text = "It spends money. Each item is bought at most once."
    ask_confirm = "Buy"

    request_id: _id()

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
    CLEARANCE_OT_discard_cart,
    CLEARANCE_OT_approve_request,
    CLEARANCE_OT_decline_request,
    CLEARANCE_OT_buy_request,
)
