"""The panels of the tab "Clearance" in the 3D viewport's sidebar. They only draw; opening one starts the app.

What is drawn is imported with the app, in its starting thread: drawing itself must stay quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy
from bpy.types import Panel

from ... import runtime
from ...pump import CATEGORY

if TYPE_CHECKING:
    from ....core.app import App


class _Tab:
    """What all panels have in common."""

    bl_space_type: Any = "VIEW_3D"
    bl_region_type: Any = "UI"
    bl_category = CATEGORY


class _WithApp(_Tab):
    """A panel that shows up once the app is there."""

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return runtime.peek() is not None


class CLEARANCE_PT_search(_Tab, Panel):
    """Ask the marketplaces; says what stands in the way."""

    bl_idname = "CLEARANCE_PT_search"
    bl_label = "Search"

    def draw(self, context: Any) -> None:
        """Draw the search, or why there is none."""
        app = _app(self.layout)
        if app is not None:
            from ..drawing import search as draw_search

            draw_search.draw_search(self.layout, context, app)


class CLEARANCE_PT_filters(_WithApp, Panel):
    """Narrow the search."""

    bl_idname = "CLEARANCE_PT_filters"
    bl_parent_id = "CLEARANCE_PT_search"
    bl_label = "Filters"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the filters."""
        from ..drawing import search as draw_search

        draw_search.draw_filters(self.layout, context)


class CLEARANCE_PT_facets(_WithApp, Panel):
    """Narrow what was found."""

    bl_idname = "CLEARANCE_PT_facets"
    bl_parent_id = "CLEARANCE_PT_search"
    bl_label = "Narrow the Results"
    bl_options = {"DEFAULT_CLOSED"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs several results."""
        app = runtime.peek()
        return app is not None and len(app.session.state.results) > 1

    def draw(self, _context: Any) -> None:
        """Draw the facets."""
        from ..drawing import search as draw_search

        draw_search.draw_facets(self.layout, _there())


class CLEARANCE_PT_details(_WithApp, Panel):
    """The selected result, its license and price. Above the results, so that nobody has to scroll to it."""

    bl_idname = "CLEARANCE_PT_details"
    bl_label = "Details"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a selected result."""
        app = runtime.peek()
        return app is not None and app.session.state.selection is not None

    def draw(self, context: Any) -> None:
        """Draw the selected result."""
        from ..drawing import search as draw_search

        draw_search.draw_details(self.layout, context, _there())


class CLEARANCE_PT_progress(_WithApp, Panel):
    """What is being bought, downloaded, imported. Above the results, which can be many."""

    bl_idname = "CLEARANCE_PT_progress"
    bl_label = "Purchases and Downloads"

    def draw(self, context: Any) -> None:
        """Draw what is under way."""
        from ..drawing import buy as draw_buy

        draw_buy.draw_progress(self.layout, context, _there())


class CLEARANCE_PT_pickup(_WithApp, Panel):
    """What was downloaded from websites."""

    bl_idname = "CLEARANCE_PT_pickup"
    bl_label = "Downloads from Websites"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw what arrived."""
        from ..drawing import pickup as draw_pickup

        draw_pickup.draw_pickup(self.layout, context, _there())


class CLEARANCE_PT_results(_WithApp, Panel):
    """What was found."""

    bl_idname = "CLEARANCE_PT_results"
    bl_label = "Results"

    def draw(self, context: Any) -> None:
        """Draw the grid."""
        from ..drawing import search as draw_search

        draw_search.draw_results(self.layout, context, _there())


class CLEARANCE_PT_library(_WithApp, Panel):
    """What we own."""

    bl_idname = "CLEARANCE_PT_library"
    bl_label = "My Library"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw what we own."""
        from ..drawing import buy as draw_buy

        draw_buy.draw_library(self.layout, context, _there())


class CLEARANCE_PT_history(_WithApp, Panel):
    """What was bought before, without Clearance."""

    bl_idname = "CLEARANCE_PT_history"
    bl_parent_id = "CLEARANCE_PT_library"
    bl_label = "Bought Before"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw earlier purchases."""
        from ..drawing import orders as draw_orders

        draw_orders.draw_history(self.layout, context, _there())


class CLEARANCE_PT_refund(_WithApp, Panel):
    """Giving a purchase back, step by step."""

    bl_idname = "CLEARANCE_PT_refund"
    bl_label = "Refund"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a purchase that was chosen."""
        app = runtime.peek()
        return app is not None and app.session.state.refund is not None

    def draw(self, context: Any) -> None:
        """Draw the steps."""
        from ..drawing import orders as draw_orders

        draw_orders.draw_refund(self.layout, context, _there())


class CLEARANCE_PT_use(_WithApp, Panel):
    """What the production will do."""

    bl_idname = "CLEARANCE_PT_use"
    bl_label = "Intended Use"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the intended use."""
        from ..drawing import report as draw_report

        draw_report.draw_use(self.layout, context)


class CLEARANCE_PT_use_more(_WithApp, Panel):
    """Numbers and particulars of the production."""

    bl_idname = "CLEARANCE_PT_use_more"
    bl_parent_id = "CLEARANCE_PT_use"
    bl_label = "Details of the Use"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the rest of the intended use."""
        from ..drawing import report as draw_report

        draw_report.draw_use_more(self.layout, context)


class CLEARANCE_PT_use_terms(_WithApp, Panel):
    """Time, other companies, products, AI."""

    bl_idname = "CLEARANCE_PT_use_terms"
    bl_parent_id = "CLEARANCE_PT_use"
    bl_label = "What Some Licenses Ask"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw what only some licenses ask for."""
        from ..drawing import report as draw_report

        draw_report.draw_use_terms(self.layout, context)


class CLEARANCE_PT_report(_WithApp, Panel):
    """What the scene may be used for."""

    bl_idname = "CLEARANCE_PT_report"
    bl_label = "Scene License Report"

    def draw(self, context: Any) -> None:
        """Draw the verdict."""
        from ..drawing import report as draw_report

        draw_report.draw_report(self.layout, context, _there())


class _OfReport(_WithApp):
    """A part of the report."""

    bl_parent_id = "CLEARANCE_PT_report"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs a report."""
        app = runtime.peek()
        return app is not None and app.session.state.report is not None


class CLEARANCE_PT_obstacles(_OfReport, Panel):
    """What stands against the use, and how to fix it."""

    bl_idname = "CLEARANCE_PT_obstacles"
    bl_label = "What Stands Against It"

    def draw(self, context: Any) -> None:
        """Draw the findings."""
        from ..drawing import report as draw_report

        draw_report.draw_obstacles(self.layout, context, _there())


class CLEARANCE_PT_answer(_OfReport, Panel):
    """What the scene is good for as it is."""

    bl_idname = "CLEARANCE_PT_answer"
    bl_label = "What It Is Good For"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw outputs and ways out."""
        from ..drawing import report as draw_report

        draw_report.draw_answer(self.layout, context, _there())


class CLEARANCE_PT_licenses(_OfReport, Panel):
    """The licenses in the scene."""

    bl_idname = "CLEARANCE_PT_licenses"
    bl_label = "Licenses in the Scene"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the bill of materials."""
        from ..drawing import report as draw_report

        draw_report.draw_licenses(self.layout, context, _there())


class CLEARANCE_PT_undeclared(_OfReport, Panel):
    """What nobody declared."""

    bl_idname = "CLEARANCE_PT_undeclared"
    bl_label = "Undeclared"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw what nobody declared."""
        from ..drawing import report as draw_report

        draw_report.draw_undeclared(self.layout, context, _there())


class CLEARANCE_PT_exchange(_WithApp, Panel):
    """Files that leave with their licenses, and come back with them."""

    bl_idname = "CLEARANCE_PT_exchange"
    bl_label = "Export and Import"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the buttons, and what happened last."""
        from ..drawing import exchange as draw_exchange

        draw_exchange.draw_exchange(self.layout, context, _there())


class CLEARANCE_PT_health(_WithApp, Panel):
    """How the marketplaces' APIs do."""

    bl_idname = "CLEARANCE_PT_health"
    bl_label = "Marketplace Health"
    bl_options = {"DEFAULT_CLOSED"}

    def draw(self, context: Any) -> None:
        """Draw the numbers."""
        from ..drawing import health as draw_health

        draw_health.draw_health(self.layout, context, _there())


CLASSES = (
    CLEARANCE_PT_search,
    CLEARANCE_PT_filters,
    CLEARANCE_PT_facets,
    CLEARANCE_PT_details,
    CLEARANCE_PT_progress,
    CLEARANCE_PT_pickup,
    CLEARANCE_PT_results,
    CLEARANCE_PT_library,
    CLEARANCE_PT_history,
    CLEARANCE_PT_refund,
    CLEARANCE_PT_use,
    CLEARANCE_PT_use_more,
    CLEARANCE_PT_use_terms,
    CLEARANCE_PT_report,
    CLEARANCE_PT_obstacles,
    CLEARANCE_PT_answer,
    CLEARANCE_PT_licenses,
    CLEARANCE_PT_undeclared,
    CLEARANCE_PT_exchange,
    CLEARANCE_PT_health,
)


def _app(layout: Any) -> App | None:
    """Return the app; while it is not there, start it and say so."""
    app = runtime.peek()
    if app is not None:
        return app
    if not bpy.app.background:
        runtime.start()
    reason = runtime.unavailable_reason()
    column = layout.column(align=True)
    if not reason:
        column.label(text="Clearance is starting.", icon="SORTTIME")
        return None
    # The modules that wrap at the region's width come with the core, which is what is missing here.
    from ..views.text import wrap

    column.scale_y = 0.72
    for number, line in enumerate(wrap(reason, 34.0, len)):
        column.label(text=line, icon="CANCEL" if number == 0 else "BLANK1", translate=False)
    layout.operator("clearance.open_preferences", text="Open the Preferences", icon="PREFERENCES")
    return None


def _there() -> App:
    """Return the app, which ``poll`` has seen."""
    app = runtime.peek()
    if app is None:
        raise RuntimeError("a panel was drawn without the app that it polled for")
    return app
