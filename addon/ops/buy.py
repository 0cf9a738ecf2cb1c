# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Buy: the one dialog that spends, and what follows an order that is paid on the marketplace's page."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from bpy.props import BoolProperty, CollectionProperty, StringProperty
from bpy.types import Operator, PropertyGroup

from ...core.errors import UserInputError
from .. import runtime
from .guard import Answer, guarded, refuse, why_no_app, why_no_network

if TYPE_CHECKING:
    from ...core.app import App

DIALOG_WIDTH = 460


def _choices(self: Any, _context: Any, _text: str) -> list[str]:
    return [choice for choice in self.choices.split("\n") if choice]


class CLEARANCE_PG_reference(PropertyGroup):
    """Something that the account's administrator wants noted with a purchase."""

    ref_id: StringProperty(name="Field")
    label: StringProperty(name="Label")
    choices: StringProperty(name="Allowed Values")
    value: StringProperty(name="Value", maxlen=200, search=_choices, search_options={"SUGGESTION"})


class CLEARANCE_OT_buy(Operator):
    """Buy the selected result. A dialog first shows price, license and what is left on the account"""

    bl_idname = "clearance.buy"
    bl_label = "Buy"
    bl_options = {"INTERNAL"}

    quote_id: StringProperty(name="Quote", options={"SKIP_SAVE", "HIDDEN"})
    reason: StringProperty(
        name="Reason",
        description="Why it is bought although the license needs review; kept in the audit",
        maxlen=300,
        options={"SKIP_SAVE"},
    )
    references: CollectionProperty(type=CLEARANCE_PG_reference, options={"SKIP_SAVE"})
    accept_surcharge: BoolProperty(
        name="I Agree to This Charge",
        description="It costs more than what the plan has paid for already",
        default=False,
        options={"SKIP_SAVE"},
    )
    then_import: BoolProperty(
        name="Import When It Is Here",
        description="Put it into this scene as soon as it is downloaded",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a quote that can be bought."""
        return refuse(cls, why_no_app() or ("" if _on_website() else why_no_network()) or _why_not())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Show what would be spent before anything is."""
        from ..ui.views import buy as view_buy

        app = runtime.peek()
        dialog = None
        if app is not None:
            dialog = view_buy.view_buy(
                app.session.state, app.session.marketplaces, self.quote_id, now=datetime.now(UTC)
            )
        if dialog is None:
            self.report({"WARNING"}, "Select a result first; its price is asked for.")
            return {"CANCELLED"}
        self.quote_id = dialog.quote_id
        self.references.clear()
        for field in dialog.references:
            row = self.references.add()
            row.ref_id, row.choices = field.id, "\n".join(field.choices)
            row.label = field.label if field.required else f"{field.label} (optional)"
        result: Answer = context.window_manager.invoke_props_dialog(
            self,
            width=DIALOG_WIDTH,
            title=dialog.title,
            confirm_text=dialog.confirm_text,
            cancel_default=True,
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import buy as draw_buy

        draw_buy.draw_dialog(self, self.layout, context, width=DIALOG_WIDTH)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Approve and buy; the rest happens in the background."""
        from ...core.model.findings import Decision

        why_not = _why_not()
        if why_not:
            raise UserInputError(f"{why_not}.", code="buy.not_possible")
        selection = app.session.state.selection
        result = selection.result if selection is not None else None
        if result is None or (self.quote_id and result.quote.id != self.quote_id):
            raise UserInputError("Select the result again; its price is no longer good.", code="buy.no_quote")
        reason = " ".join(self.reason.split())
        if result.answer.decision is Decision.NEEDS_REVIEW and not reason:
            raise UserInputError(
                "Nothing was bought: write why it may be bought although its license needs review.",
                code="approve.reason_needed",
            )
        if _on_website():
            app.session.start_web_purchase(result.quote.id, reason=reason, then_import=self.then_import)
            return {"FINISHED"}
        if result.quote.surcharge and not self.accept_surcharge:
            raise UserInputError(
                "Nothing was bought: it costs more than the plan covers, and nobody agreed to that.",
                code="approve.surcharge",
            )
        app.session.buy(
            result.quote.id,
            reason=reason,
            accept_surcharge=result.quote.surcharge if self.accept_surcharge else "",
            references=tuple((row.ref_id, row.value.strip()) for row in self.references if row.value.strip()),
            then_import=self.then_import,
        )
        return {"FINISHED"}


class CLEARANCE_OT_choose_option(Operator):
    """License it this way instead; the price is asked for again. Nothing is charged"""

    bl_idname = "clearance.choose_option"
    bl_label = "Choose"
    bl_options = {"INTERNAL"}

    license_label: StringProperty(name="License", options={"SKIP_SAVE"})
    variant: StringProperty(name="Variant", options={"SKIP_SAVE"})
    account_id: StringProperty(name="Account", options={"SKIP_SAVE"})
    way: StringProperty(name="Way", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Name the whole way: a narrow sidebar cuts its button's text off."""
        return f"{properties.way}.\n{cls.__doc__}" if properties.way else str(cls.__doc__)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Ask again for this way to license it."""
        from ...core.marketplaces.base import Wanted

        app.session.choose_option(
            Wanted(license_label=self.license_label, variant=self.variant, account_id=self.account_id)
        )
        return {"FINISHED"}


class CLEARANCE_OT_check_payment(Operator):
    """Ask the marketplace now whether this order was paid"""

    bl_idname = "clearance.check_payment"
    bl_label = "I Have Paid"
    bl_options = {"INTERNAL"}

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network."""
        return refuse(cls, why_no_network())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Look."""
        app.session.check_checkout(self.order_id)
        return {"FINISHED"}


class CLEARANCE_OT_cancel_order(Operator):
    """Stop waiting for the payment of this order. If you have paid it after all, it is found again"""

    bl_idname = "clearance.cancel_order"
    bl_label = "Stop Waiting"
    bl_options = {"INTERNAL"}

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, event: Any) -> Answer:
        """Ask first."""
        result: Answer = context.window_manager.invoke_confirm(
            self, event, title="Stop Waiting for the Payment?",
            message="An order that you have already paid is found again later.", confirm_text="Stop Waiting",
        )  # fmt: skip
        return result

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Give the order up."""
        app.session.cancel_order(self.order_id)
        return {"FINISHED"}


class CLEARANCE_OT_reconcile(Operator):
    """Look up at the marketplaces what became of orders that are not settled. Buys nothing"""

    bl_idname = "clearance.reconcile"
    bl_label = "Look Up Open Orders"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network."""
        return refuse(cls, why_no_network())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Reconcile."""
        app.session.reconcile()
        return {"FINISHED"}


def _why_not() -> str:
    from ..ui.views.buy import why_blocked

    app = runtime.peek()
    if app is None:
        return "Select a result first; its price is asked for"
    return why_blocked(app.session.state, now=datetime.now(UTC)).rstrip(".")


def _on_website() -> bool:
    from ..ui.views.details import sells_on_website

    app = runtime.peek()
    selection = app.session.state.selection if app is not None else None
    if app is None or selection is None:
        return False
    return sells_on_website(app.session.marketplaces, selection.ref.marketplace)


CLASSES: tuple[type, ...] = (
    CLEARANCE_PG_reference,
    CLEARANCE_OT_buy,
    CLEARANCE_OT_choose_option,
    CLEARANCE_OT_check_payment,
    CLEARANCE_OT_cancel_order,
    CLEARANCE_OT_reconcile,
)
