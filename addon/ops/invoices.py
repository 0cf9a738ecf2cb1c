# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Invoices of marketplaces: take them in, and match them by hand."""

from typing import TYPE_CHECKING, Any

from bpy.props import IntProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from .dialogs import Asks, ChoosesFiles, read_chosen
from .guard import Answer, guarded, refuse, why_no_app, why_not_mine

if TYPE_CHECKING:
    from ...core.app import App


class ForInvoices:
    """Who works with invoices."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the role."""
        return refuse(cls, why_no_app() or why_not_mine("invoice"))


class CLEARANCE_OT_import_invoice(ForInvoices, ChoosesFiles, Operator):
    """Take invoices in, and hold them against what was bought. The files are kept unchanged"""

    bl_idname = "clearance.import_invoice"
    bl_label = "Import Invoice…"
    bl_options = {"INTERNAL"}

    filter_glob: StringProperty(
        default="*.pdf;*.xml;*.png;*.jpg;*.jpeg;*.txt;*.html;*.eml", options={"HIDDEN", "SKIP_SAVE"}
    )

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Read them in a worker."""
        app.session.import_invoices(read_chosen(self))
        return {"FINISHED"}


class CLEARANCE_OT_type_invoice(ForInvoices, Asks, Operator):
    """Enter what stands on an invoice that carries no data"""

    bl_idname = "clearance.type_invoice"
    bl_label = "Type In What Stands on It…"
    ask_title = "What Stands on the Invoice"
    ask_confirm = "Import"
    ask_fields = (
        "number", "issuer", "issued_on", "gross", "tax", "order_reference",
    )  # fmt: skip

    number: StringProperty(name="Number", maxlen=100, options={"SKIP_SAVE"})
    issuer: StringProperty(
        name="Issuer", description="Who wrote it, as it stands there", maxlen=200, options={"SKIP_SAVE"}
    )
    issued_on: StringProperty(
        name="Date", description="Year-month-day, such as 2026-11-23", maxlen=10, options={"SKIP_SAVE"}
    )
    gross: StringProperty(
        name="Amount with Tax", description="With its currency, such as 22.61 EUR", maxlen=30,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    tax: StringProperty(
        name="Tax in It", description="With its currency; may stay empty", maxlen=30, options={"SKIP_SAVE"}
    )
    order_reference: StringProperty(
        name="Order Number",
        description="As it stands on it; may stay empty",
        maxlen=100,
        options={"SKIP_SAVE"},
    )

    def say(self) -> str:
        """Name the file."""
        app = runtime.peek()
        path = app.session.state.finance.untyped if app is not None else None
        return f"{path.name} is kept with what you enter." if path is not None else ""

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Import it in a worker."""
        from ...core.services.studio.invoice_import import TypedInvoice
        from ...core.services.typed import parse_day, parse_price

        path = app.session.state.finance.untyped
        if path is None:
            raise UserInputError("Import the invoice's file first.", code="invoice.no_file")
        typed = TypedInvoice(
            number=self.number.strip(),
            issuer=self.issuer.strip(),
            issued_on=parse_day(self.issued_on),
            gross=parse_price(self.gross),
            tax=parse_price(self.tax),
            order_reference=self.order_reference.strip(),
        )
        app.session.import_invoices((path,), typed)
        return {"FINISHED"}


class CLEARANCE_OT_match_invoices(ForInvoices, Operator):
    """Hold the open lines of all invoices against what was bought once more"""

    bl_idname = "clearance.match_invoices"
    bl_label = "Match Again"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Match in a worker."""
        app.session.match_invoices()
        return {"FINISHED"}


def _orders_without(_self: Any, _context: Any, _text: str) -> list[tuple[str, str]]:
    app = runtime.peek()
    if app is None:
        return []
    from ..ui.views.invoices import name_orders

    return name_orders(app.session.state.finance)


class CLEARANCE_OT_match_invoice_line(ForInvoices, Asks, Operator):
    """Say by hand which purchase this line is for"""

    bl_idname = "clearance.match_invoice_line"
    bl_label = "Match by Hand…"
    ask_title = "Which Purchase Is It For?"
    ask_confirm = "Match"
    ask_text = "Choose a purchase that is on no invoice. Empty takes a match back."
    ask_fields = ("order_id",)

    invoice_id: StringProperty(name="Invoice", options={"SKIP_SAVE", "HIDDEN"})
    position: IntProperty(name="Line", options={"SKIP_SAVE", "HIDDEN"})
    order_id: StringProperty(
        name="Order", search=_orders_without, search_options={"SUGGESTION"}, options={"SKIP_SAVE"}
    )

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Match in a worker."""
        app.session.match_invoice_line(self.invoice_id, self.position, self.order_id.strip())
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_import_invoice,
    CLEARANCE_OT_type_invoice,
    CLEARANCE_OT_match_invoices,
    CLEARANCE_OT_match_invoice_line,
)
