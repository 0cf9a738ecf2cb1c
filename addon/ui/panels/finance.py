"""The panels of budgets, payments, invoices and costs. Each reads when it is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import Panel

from ... import runtime
from ...pump import CATEGORY

if TYPE_CHECKING:
    from ....core.app import App


class _OfFinance:
    """What these panels have in common: they need the app."""

    bl_space_type: Any = "VIEW_3D"
    bl_region_type: Any = "UI"
    bl_category = CATEGORY
    bl_options: Any = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return runtime.peek() is not None


class CLEARANCE_PT_finance(_OfFinance, Panel):
    """Budgets, payments, invoices and costs, as far as your roles and projects let you see them."""

    bl_idname = "CLEARANCE_PT_finance"
    bl_label = "Finance"

    def draw(self, context: Any) -> None:
        """Say whose ledger it is."""
        from ..drawing import finance as draw_finance

        app = runtime.peek()
        if app is not None:
            draw_finance.draw_ledger(self.layout, context, app)


class CLEARANCE_PT_budgets(_OfFinance, Panel):
    """What may be spent, and what is left of it."""

    bl_idname = "CLEARANCE_PT_budgets"
    bl_parent_id = "CLEARANCE_PT_finance"
    bl_label = "Budgets"

    def draw(self, context: Any) -> None:
        """Draw them."""
        from ..drawing import finance as draw_finance

        draw_finance.draw_budgets(self.layout, context, _read_once("budgets"))


class CLEARANCE_PT_payments(_OfFinance, Panel):
    """What waits to be paid, and what was."""

    bl_idname = "CLEARANCE_PT_payments"
    bl_parent_id = "CLEARANCE_PT_finance"
    bl_label = "Payments"

    def draw(self, context: Any) -> None:
        """Draw them."""
        from ..drawing import finance as draw_finance

        draw_finance.draw_payments(self.layout, context, _read_once("payments"))


class CLEARANCE_PT_invoices(_OfFinance, Panel):
    """Invoices beside what was bought."""

    bl_idname = "CLEARANCE_PT_invoices"
    bl_parent_id = "CLEARANCE_PT_finance"
    bl_label = "Invoices"

    def draw(self, context: Any) -> None:
        """Draw them."""
        from ..drawing import finance as draw_finance

        draw_finance.draw_invoices(self.layout, context, _read_once("invoices"))


class CLEARANCE_PT_costs(_OfFinance, Panel):
    """What this month cost."""

    bl_idname = "CLEARANCE_PT_costs"
    bl_parent_id = "CLEARANCE_PT_finance"
    bl_label = "Costs"

    def draw(self, context: Any) -> None:
        """Draw them."""
        from ..drawing import finance as draw_finance

        draw_finance.draw_costs(self.layout, context, _read_once("costs"))


def _read_once(name: str) -> App:
    """Return the app; let it read a part that nobody has read yet, in a worker."""
    from ....core.services.studio.finance import FinancePart
    from ....core.session.state import Phase

    app = runtime.peek()
    if app is None:
        raise RuntimeError("a panel was drawn without the app that it polled for")
    part = FinancePart(name)
    if app.session.state.finance.parts[part].phase is Phase.IDLE and not bpy.app.background:
        app.session.refresh_finance(part)
    return app


CLASSES = (
    CLEARANCE_PT_finance,
    CLEARANCE_PT_budgets,
    CLEARANCE_PT_payments,
    CLEARANCE_PT_invoices,
    CLEARANCE_PT_costs,
)
