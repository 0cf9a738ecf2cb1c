# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""One's own invoices: purchase records, charge-backs and credit notes; shown and saved."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from ..opening import open_file
from .dialogs import DIALOG_WIDTH, Asks, NeedsApp
from .guard import Answer, guarded
from .invoices import ForInvoices

if TYPE_CHECKING:
    from ...core.app import App


class CLEARANCE_OT_make_purchase_record(ForInvoices, Asks, Operator):
    """Write a numbered record of what was bought where the seller gave no invoice, as a page to print"""

    bl_idname = "clearance.make_purchase_record"
    bl_label = "Make Purchase Record…"
    ask_title = "Purchase Record"
    ask_confirm = "Write It"

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})
    title: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    project: StringProperty(
        name="Project", description="Only what was bought for it; empty: for all", maxlen=100,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    starts_on: StringProperty(
        name="From", description="Year-month-day; may stay empty", maxlen=10, options={"SKIP_SAVE"}
    )
    ends_on: StringProperty(
        name="To", description="Year-month-day; may stay empty", maxlen=10, options={"SKIP_SAVE"}
    )
    note: StringProperty(name="Note", description="Stands on it", maxlen=300, options={"SKIP_SAVE"})

    def say(self: Any) -> str:
        """Say that it is for good."""
        what = f"“{self.title}”" if self.order_id else "what was bought and is on no record yet"
        return (
            f"It records {what}, under the next number. It is never changed afterwards; only a credit note "
            "takes it back."
        )

    def draw(self: Any, context: Any) -> None:
        """Leave out what does not narrow a single purchase down."""
        self.ask_fields = ("note",) if self.order_id else ("project", "starts_on", "ends_on", "note")
        super().draw(context)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it in a worker, then open its page."""
        from ...core.services.typed import parse_day

        app.session.make_purchase_record(
            project=self.project.strip(),
            orders=(self.order_id,) if self.order_id else (),
            starts_on=parse_day(self.starts_on),
            ends_on=parse_day(self.ends_on),
            note=self.note.strip(),
            on_written=open_file,
        )
        return {"FINISHED"}


class CLEARANCE_OT_show_invoice(NeedsApp, Operator):
    """Open this in your browser, ready to print"""

    bl_idname = "clearance.show_invoice"
    bl_label = "Show"

    invoice_id: StringProperty(name="Invoice", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write its page in a worker, then open it."""
        app.session.show_invoice(self.invoice_id, on_written=open_file)
        return {"FINISHED"}


class CLEARANCE_OT_make_charge_back(ForInvoices, Asks, Operator):
    """Charge a client for what was bought for them: a numbered invoice, as XML (EN 16931) and a page"""

    bl_idname = "clearance.make_charge_back"
    bl_label = "Make Charge-Back…"
    ask_title = "Charge-Back to a Client"
    ask_confirm = "Write It"
    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})
    title: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    client: StringProperty(
        name="Client", description="As in invoicing.toml; empty: the project's", maxlen=100,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    project: StringProperty(
        name="Project", description="Only what was bought for it; empty: for all of the client's",
        maxlen=100, options={"SKIP_SAVE"},
    )  # fmt: skip
    starts_on: StringProperty(
        name="From", description="Year-month-day; may stay empty", maxlen=10, options={"SKIP_SAVE"}
    )
    ends_on: StringProperty(
        name="To", description="Year-month-day; may stay empty", maxlen=10, options={"SKIP_SAVE"}
    )
    tax_category: EnumProperty(
        name="Tax",
        description="How it is taxed. Clearance does not guess taxes",
        items=[
            ("NONE", "Choose…", "Nothing is assumed"),
            ("S", "Standard Rate", "With the percentage below"),
            ("Z", "Zero Rate", ""),
            ("E", "Exempt", "Say why below"),
            ("AE", "Reverse Charge", "The client owes the tax"),
            ("O", "Not Subject to VAT", ""),
        ],
        options={"SKIP_SAVE"},
    )
    tax_percent: StringProperty(
        name="Percent", description="Of the standard rate, such as 19", maxlen=10, options={"SKIP_SAVE"}
    )
    tax_reason: StringProperty(
        name="Reason", description="Why there is no tax; may stay empty", maxlen=200, options={"SKIP_SAVE"}
    )
    currency: StringProperty(
        name="Currency", description="Such as EUR; empty: the home currency, else the only one", maxlen=3,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    purchase_order: StringProperty(
        name="Their Order Number",
        description="The client's; may stay empty",
        maxlen=100,
        options={"SKIP_SAVE"},
    )
    note: StringProperty(name="Note", description="Stands on it", maxlen=300, options={"SKIP_SAVE"})

    def say(self: Any) -> str:
        """Say that it is for good."""
        what = (
            f"“{self.title}”"
            if self.order_id
            else "what was bought for a client and is on no charge-back yet"
        )
        return (
            f"It bills {what}, under the next number. It is never changed afterwards; only a credit note "
            "takes it back."
        )

    def draw(self: Any, context: Any) -> None:
        """Leave out what does not narrow a single purchase down, and what this kind of tax does not have."""
        which = ("client",) if self.order_id else ("client", "project", "starts_on", "ends_on")
        tax = {"NONE": (), "S": ("tax_percent",)}.get(self.tax_category, ("tax_reason",))
        self.ask_fields = (*which, "tax_category", *tax, "currency", "purchase_order", "note")
        super().draw(context)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it in a worker, then open its page."""
        from ...core.billing.lines import WhatToBill
        from ...core.billing.own_invoices import read_tax
        from ...core.services.typed import parse_day

        if self.tax_category == "NONE":
            raise UserInputError(
                "Choose how it is taxed; Clearance does not guess taxes.", code="invoice.tax"
            )
        what = WhatToBill(
            project=self.project.strip(),
            client=self.client.strip(),
            orders=(self.order_id,) if self.order_id else (),
            starts_on=parse_day(self.starts_on),
            ends_on=parse_day(self.ends_on),
            currency=self.currency.strip().upper(),
            purchase_order=self.purchase_order.strip(),
            note=self.note.strip(),
        )
        rule = read_tax(self.tax_category, self.tax_percent, self.tax_reason.strip())
        app.session.make_charge_back(what, rule, on_written=open_file)
        return {"FINISHED"}


class CLEARANCE_OT_credit_invoice(ForInvoices, Asks, Operator):
    """Take this invoice back, or some of its lines, by a numbered credit note"""

    bl_idname = "clearance.credit_invoice"
    bl_label = "Make Credit Note…"
    ask_title = "Credit Note"
    ask_confirm = "Write It"
    ask_fields = ("lines", "reason")

    invoice_id: StringProperty(name="Invoice", options={"SKIP_SAVE", "HIDDEN"})
    number: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    lines: StringProperty(
        name="Lines", description="Their numbers, such as 1, 3; empty: all that were not credited yet",
        maxlen=200, options={"SKIP_SAVE"},
    )  # fmt: skip
    reason: StringProperty(name="Reason", description="Stands on it", maxlen=300, options={"SKIP_SAVE"})

    def say(self: Any) -> str:
        """Say that it is for good."""
        return (
            f"It takes back {self.number or 'the invoice'}, wholly or line by line, under the next number. "
            "What it takes back can be billed again."
        )

    def draw(self: Any, context: Any) -> None:
        """Draw what stands on it below the sentence."""
        from ..ui.drawing import widgets
        from ..ui.views.invoices import name_lines

        layout: Any = self.layout
        widgets.draw_text(layout, context, self.say(), dialog=DIALOG_WIDTH)
        app = runtime.peek()
        box = layout.column(align=True)
        for text in name_lines(app.session.state.finance, self.invoice_id) if app is not None else ():
            widgets.draw_text(box, context, text, dialog=DIALOG_WIDTH)
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in self.ask_fields:
            layout.prop(self, name)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Write it in a worker, then open its page."""
        from ..ui.views.invoices import read_positions

        app.session.credit_invoice(
            self.invoice_id,
            positions=read_positions(self.lines),
            reason=self.reason.strip(),
            on_written=open_file,
        )
        return {"FINISHED"}


class CLEARANCE_OT_write_invoice(NeedsApp, Operator):
    """Save this as a page, as PDF, or as EN 16931 XML for the client's books"""

    bl_idname = "clearance.write_invoice"
    bl_label = "Save Invoice…"

    invoice_id: StringProperty(name="Invoice", options={"SKIP_SAVE", "HIDDEN"})
    number: StringProperty(options={"SKIP_SAVE", "HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    format: EnumProperty(
        name="Format",
        items=[
            ("html", "Web Page", "To read and to print"),
            ("pdf", "PDF", "With its XML inside; needs the packages of clearance[invoices]"),
            ("xml", "EN 16931 XML", "For programs; purchase records have none"),
        ],
        options={"SKIP_SAVE"},
    )
    filter_glob: StringProperty(default="*.html;*.pdf;*.xml", options={"HIDDEN", "SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self: Any, context: Any, _event: Any) -> Answer:
        """Ask for a place."""
        folder = Path(bpy.data.filepath).parent if bpy.data.filepath else Path.home()
        name = "".join(c if c.isalnum() or c in "-_" else "_" for c in self.number) or "invoice"
        self.filepath = str(folder / f"{name}.{self.format}")
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
        if not self.filepath:
            raise UserInputError("Name a file for the invoice.", code="report.no_path")
        app.session.write_invoice(
            Path(bpy.path.abspath(self.filepath)), self.invoice_id, self.format, on_written=open_file
        )
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_make_purchase_record,
    CLEARANCE_OT_show_invoice,
    CLEARANCE_OT_make_charge_back,
    CLEARANCE_OT_credit_invoice,
    CLEARANCE_OT_write_invoice,
)
