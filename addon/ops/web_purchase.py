# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Enter what was bought on a marketplace's website: the proof that no API gives."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from .guard import Answer, guarded, refuse, why_no_app

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.evidence import WebPurchase

DIALOG_WIDTH = 460
_KINDS = [
    ("model", "3D Model", ""),
    ("image", "Image", ""),
    ("video", "Video", ""),
    ("audio", "Audio", ""),
]


def find_licenses(self: Any, _context: Any, _text: str) -> list[str]:
    """Return the licenses that the operator's marketplace sells, in its words."""
    app = runtime.peek()
    infos = app.session.marketplaces if app is not None else ()
    marketplace = self.marketplace.strip()
    for info in infos:
        if info.id == marketplace:
            return [one.label for one in info.web.licenses] if info.web else list(info.contract_licenses)
    return []


def _marketplaces(_self: Any, _context: Any, _text: str) -> list[str]:
    app = runtime.peek()
    return [info.id for info in app.session.marketplaces] if app is not None else []


class Proof:
    """What whoever notes a purchase is asked for."""

    marketplace: StringProperty(
        name="Marketplace", search=_marketplaces, search_options={"SORT"}, options={"SKIP_SAVE"}
    )
    order_number: StringProperty(
        name="Order Number", description="As it stands in the marketplace's e-mail", maxlen=100,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    bought_on: StringProperty(
        name="Bought On", description="Year-month-day, such as 2026-11-23", maxlen=10, options={"SKIP_SAVE"}
    )
    license_label: StringProperty(
        name="License",
        description="The license or tier that you chose there, in the marketplace's own words",
        maxlen=120,
        search=find_licenses,
        search_options={"SUGGESTION"},
        options={"SKIP_SAVE"},
    )
    price: StringProperty(
        name="Price", description="With its currency, such as 19.00 USD; may stay empty", maxlen=30,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    invoice: StringProperty(
        name="Invoice",
        description="The file with the invoice or the order page. A copy is kept; it may stay empty",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"},
    )
    note: StringProperty(
        name="Note", description="Anything else worth keeping", maxlen=300, options={"SKIP_SAVE"}
    )


def read_proof(operator: Any) -> "WebPurchase":
    """Return what was entered; raise UserInputError for what cannot be read."""
    from ...core.model.evidence import WebPurchase
    from ...core.services.typed import parse_day, parse_price

    day = parse_day(operator.bought_on) or datetime.now(UTC).date()
    price = parse_price(operator.price)
    return WebPurchase(
        order_number=operator.order_number.strip(),
        bought_on=day,
        license_label=operator.license_label.strip(),
        price=price,
        note=operator.note.strip(),
    )


def read_documents(operator: Any) -> tuple[Path, ...]:
    """Return the file that was chosen as proof, if any."""
    chosen = operator.invoice.strip()
    return (Path(bpy.path.abspath(chosen)),) if chosen else ()


def draw_proof(operator: Any, layout: Any) -> None:
    """Draw the fields of a proof."""
    for name in ("order_number", "bought_on", "license_label", "price", "invoice", "note"):
        layout.prop(operator, name)


class CLEARANCE_OT_open_order_page(Operator):
    """Open the page on the marketplace's website where this is bought"""

    bl_idname = "clearance.open_order_page"
    bl_label = "Open the Website"
    bl_options = {"INTERNAL"}

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Open it."""
        app.session.open_order_page(self.order_id)
        return {"FINISHED"}


class CLEARANCE_OT_confirm_purchase(Proof, Operator):
    """Enter the order number and license of what you bought on the website. This is kept as your word"""

    bl_idname = "clearance.confirm_purchase"
    bl_label = "I Have Bought It…"
    bl_options = {"INTERNAL"}

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for the proof."""
        app = runtime.peek()
        rows = app.session.state.progress if app is not None else []
        row = next((row for row in rows if row.order_id == self.order_id), None)
        if row is None:
            self.report({"WARNING"}, "This order is no longer in the list.")
            return {"CANCELLED"}
        self.marketplace = row.ref.marketplace
        self.bought_on = datetime.now(UTC).date().isoformat()
        labels = find_licenses(self, context, "")
        self.license_label = labels[0] if len(labels) == 1 else ""
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Proof of the Purchase", confirm_text="Keep It"
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import widgets

        layout: Any = self.layout
        widgets.draw_text(
            layout, context,
            "The marketplace tells no program what you bought. What you enter here is marked as your word in "
            "the license and the report; attach the invoice if you can.",
            dialog=DIALOG_WIDTH,
        )  # fmt: skip
        layout.use_property_split = True
        layout.use_property_decorate = False
        draw_proof(self, layout)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Book it."""
        app.session.confirm_web_purchase(self.order_id, read_proof(self), documents=read_documents(self))
        app.session.watch_downloads()
        return {"FINISHED"}


class CLEARANCE_OT_record_purchase(Proof, Operator):
    """Add something that you bought on a marketplace's website before, with its proof. Nothing is charged"""

    bl_idname = "clearance.record_purchase"
    bl_label = "Add a Purchase…"
    bl_options = {"INTERNAL"}

    address: StringProperty(
        name="Product", description="The address of its page, or its number there", maxlen=500,
        options={"SKIP_SAVE"},
    )  # fmt: skip
    title: StringProperty(name="Title", maxlen=200, options={"SKIP_SAVE"})
    author: StringProperty(
        name="By", description="Its author or publisher", maxlen=100, options={"SKIP_SAVE"}
    )
    kind: EnumProperty(name="Kind", items=_KINDS, options={"SKIP_SAVE"})
    reason: StringProperty(
        name="Reason",
        description="Why it may be used although its license needs review; kept in the audit",
        maxlen=300,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask for it."""
        self.bought_on = datetime.now(UTC).date().isoformat()
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Add a Purchase", confirm_text="Add"
        )
        return result

    def draw(self, _context: Any) -> None:
        """Draw the dialog."""
        layout: Any = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("marketplace", "address", "title", "author", "kind"):
            layout.prop(self, name)
        draw_proof(self, layout)
        layout.prop(self, "reason")

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Book it."""
        from ...core.model.listing import ListingRef, MediaKind

        info = next((one for one in app.session.marketplaces if one.id == self.marketplace.strip()), None)
        if info is None:
            raise UserInputError("Choose the marketplace.", code="user_input.marketplace")
        text = self.address.strip()
        listing_id = (info.web.find_id(text) if info.web else "") or ("" if "/" in text else text)
        if not listing_id:
            raise UserInputError(
                f"Enter the product's number at {info.name}, or the address of its page.",
                code="user_input.listing",
            )
        app.session.record_web_purchase(
            ListingRef(marketplace=info.id, id=listing_id),
            read_proof(self),
            title=self.title.strip() or listing_id,
            author=self.author.strip(),
            kind=MediaKind(self.kind),
            documents=read_documents(self),
            reason=self.reason.strip(),
        )
        return {"FINISHED"}


class CLEARANCE_OT_decide_order(Operator):
    """Say yourself whether this was bought, after looking into your account at the marketplace"""

    bl_idname = "clearance.decide_order"
    bl_label = "I Have Looked It Up…"
    bl_options = {"INTERNAL"}

    order_id: StringProperty(name="Order", options={"SKIP_SAVE", "HIDDEN"})
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

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    def invoke(self, context: Any, _event: Any) -> Answer:
        """Ask."""
        result: Answer = context.window_manager.invoke_props_dialog(
            self, width=DIALOG_WIDTH, title="Was It Bought?", confirm_text="Settle It", cancel_default=True
        )
        return result

    def draw(self, context: Any) -> None:
        """Draw the dialog."""
        from ..ui.drawing import widgets

        layout: Any = self.layout
        widgets.draw_text(
            layout, context,
            "This marketplace keeps no record that Clearance could read. Look into your account there, and "
            "say what you found. If you are not sure, leave it as it is: nothing is bought again meanwhile.",
            dialog=DIALOG_WIDTH,
        )  # fmt: skip
        layout.use_property_split = True
        layout.use_property_decorate = False
        for name in ("bought", "order_number", "reason"):
            layout.prop(self, name)

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Settle it."""
        app.session.decide_order(
            self.order_id,
            bought=self.bought,
            reason=self.reason.strip(),
            marketplace_order_id=self.order_number.strip(),
        )
        return {"FINISHED"}


CLASSES: tuple[type[Operator], ...] = (
    CLEARANCE_OT_open_order_page,
    CLEARANCE_OT_confirm_purchase,
    CLEARANCE_OT_record_purchase,
    CLEARANCE_OT_decide_order,
)
