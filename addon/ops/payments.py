# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Payments: note that one was made or came to nothing, with the files that prove it."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, StringProperty
from bpy.types import Operator

from .. import runtime
from .dialogs import Asks, ChoosesFiles, Confirms, read_chosen
from .guard import Answer, guarded, refuse, why_no_app, why_no_network, why_not_mine
from .web_purchase import Proof, find_licenses, read_documents, read_proof

if TYPE_CHECKING:
    from ...core.app import App


def _order() -> Any:
    return StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})


class _Notes:
    """Who notes payments."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the role."""
        return refuse(cls, why_no_app() or why_not_mine("note_payment"))


class CLEARANCE_OT_look_up_payments(Operator):
    """Ask the marketplaces' own records what became of these orders. Buys nothing"""

    bl_idname = "clearance.look_up_payments"
    bl_label = "Look Up at the Marketplaces"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network and the role."""
        return refuse(cls, why_no_network() or why_not_mine("note_payment"))

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Look up in a worker."""
        app.session.look_up_payments()
        return {"FINISHED"}


class CLEARANCE_OT_record_payment(_Notes, Asks, Proof, Operator):
    """Enter the order number and license of what was bought on the website, with its proof"""

    bl_idname = "clearance.record_payment"
    bl_label = "Record Payment…"
    ask_title = "Proof of the Payment"
    ask_confirm = "Record"
    ask_text = (
        "The marketplace tells no program what was paid. What you enter is kept as your word; attach the "
        "invoice or the order page as evidence."
    )
    ask_fields = ("order_number", "bought_on", "license_label", "price", "invoice", "note")

    order_id: _order()

    def invoke(self: Any, context: Any, event: Any) -> Answer:
        """Fill in what is known, and ask for the rest."""
        order = _waiting(self.order_id)
        if order is None:
            self.report({"WARNING"}, "This order waits no longer. Read the payments again.")
            return {"CANCELLED"}
        self.marketplace = order.ref.marketplace
        self.bought_on = datetime.now(UTC).date().isoformat()
        labels = find_licenses(self, context, "")
        self.license_label = order.license_label or (labels[0] if len(labels) == 1 else "")
        answer: Answer = super().invoke(context, event)
        return answer

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Book it in a worker."""
        app.session.record_payment(self.order_id, read_proof(self), documents=read_documents(self))
        return {"FINISHED"}


class CLEARANCE_OT_fail_payment(_Notes, Confirms, Operator):
    """Stop waiting for this payment. An order that was paid after all is found again"""

    bl_idname = "clearance.fail_payment"
    bl_label = "Mark as Failed"
    ask_title = "Mark the Payment as Failed?"
    ask_text = "Nobody waits for it any more. If it was paid after all, it can be recorded later."
    ask_confirm = "Mark as Failed"

    order_id: _order()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Give it up in a worker."""
        app.session.fail_payment(self.order_id)
        return {"FINISHED"}


class CLEARANCE_OT_settle_payment(_Notes, Asks, Operator):
    """Say whether this was bought, after looking into the account at the marketplace"""

    bl_idname = "clearance.settle_payment"
    bl_label = "I Have Looked It Up…"
    ask_title = "Was It Bought?"
    ask_confirm = "Settle It"
    ask_text = "The marketplace keeps no record that a program could read. Your word settles it, and is kept."
    ask_fields = ("bought", "order_number", "reason")

    order_id: _order()
    bought: BoolProperty(
        name="It Was Bought", description="Off: it was not bought, and not charged", options={"SKIP_SAVE"}
    )
    order_number: StringProperty(
        name="Their Number", description="Of the order or transaction there, if you have it", maxlen=100,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    reason: StringProperty(
        name="Where You Looked",
        description="Kept in the audit, as your word",
        maxlen=300,
        options={"SKIP_SAVE"},
    )

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Settle it in a worker."""
        app.session.settle_payment(
            self.order_id,
            bought=self.bought,
            reason=self.reason,
            marketplace_order_id=self.order_number.strip(),
        )
        return {"FINISHED"}


class CLEARANCE_OT_attach_evidence(_Notes, ChoosesFiles, Operator):
    """Keep files that prove this payment: an invoice, the order page. Copies are kept, unchanged"""

    bl_idname = "clearance.attach_evidence"
    bl_label = "Attach Evidence"
    bl_options = {"INTERNAL"}

    order_id: _order()

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Keep them in a worker."""
        app.session.attach_evidence(self.order_id, read_chosen(self))
        return {"FINISHED"}


def _waiting(order_id: str) -> Any:
    app = runtime.peek()
    if app is None:
        return None
    from ..ui.views.payments import find_waiting

    return find_waiting(app.session.state.finance, order_id)


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_look_up_payments,
    CLEARANCE_OT_record_payment,
    CLEARANCE_OT_fail_payment,
    CLEARANCE_OT_settle_payment,
    CLEARANCE_OT_attach_evidence,
)
