# ruff: noqa: D400 - docstrings of operators are tooltips, and Blender adds the full stop
# mypy: disable-error-code="valid-type"
"""Search, fetch more, stop, and look at one result.

No ``from __future__ import annotations`` in modules with operators: Blender reads annotations as values.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import bpy
from bpy.props import StringProperty
from bpy.types import Operator

from ...core.errors import UserInputError
from .. import runtime
from ..props import read_query
from .guard import Answer, guarded, refuse, why_no_app, why_no_network

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.model.listing import MediaKind


class CLEARANCE_OT_search(Operator):
    """Search the chosen marketplaces. Nothing is bought and nothing is charged"""

    bl_idname = "clearance.search"
    bl_label = "Search"
    bl_options = {"INTERNAL"}

    text: StringProperty(name="Text", options={"SKIP_SAVE"})
    kind: StringProperty(name="Kind", description="model, image, video or audio", options={"SKIP_SAVE"})
    marketplaces: StringProperty(
        name="Marketplaces", description="Ids with commas between; empty means all", options={"SKIP_SAVE"}
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network and a key, or a product feed."""
        return refuse(cls, why_no_app() or _why_no_search())

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Start a search per marketplace."""
        given = context.window_manager.clearance
        query = read_query(given)
        chosen = set(given.marketplaces)
        # A script names everything it wants; the panel sets nothing and means its own fields.
        if self.properties.is_property_set("text"):
            query = replace(query, text=self.text)
        if self.properties.is_property_set("kind"):
            query = replace(query, kind=_kind(self.kind))
        if self.properties.is_property_set("marketplaces"):
            chosen = {name.strip() for name in self.marketplaces.split(",") if name.strip()}
        app.session.search(query, marketplaces=chosen)
        return {"FINISHED"}


class CLEARANCE_OT_load_more(Operator):
    """Fetch the next page of every marketplace that has more"""

    bl_idname = "clearance.load_more"
    bl_label = "Load More"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the network and a search."""
        return refuse(cls, why_no_network() or _why_no_more())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Fetch more."""
        app.session.load_more()
        return {"FINISHED"}


class CLEARANCE_OT_cancel_search(Operator):
    """Stop searching; what was found stays"""

    bl_idname = "clearance.cancel_search"
    bl_label = "Stop"
    bl_options = {"INTERNAL"}

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Stop."""
        app.session.cancel_search()
        return {"FINISHED"}


class CLEARANCE_OT_narrow(Operator):
    """Show only these of the results; once more shows all again"""

    bl_idname = "clearance.narrow"
    bl_label = "Narrow"
    bl_options = {"INTERNAL"}

    facet: StringProperty(name="Facet", options={"SKIP_SAVE"})
    value: StringProperty(name="Value", options={"SKIP_SAVE"})

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Narrow."""
        app.session.narrow(self.facet, self.value)
        return {"FINISHED"}


class CLEARANCE_OT_search_website(Operator):
    """Search for the same words on the marketplace's own website, in your browser"""

    bl_idname = "clearance.search_website"
    bl_label = "Search Its Website"
    bl_options = {"INTERNAL"}

    marketplace: StringProperty(name="Marketplace", options={"SKIP_SAVE", "HIDDEN"})

    @guarded
    def execute(self: Any, context: Any, app: "App") -> Answer:
        """Open the browser."""
        from ...core.services.finding.search import search_link

        info = next((one for one in app.session.marketplaces if one.id == self.marketplace), None)
        if info is None:
            raise UserInputError("Choose the marketplace.", code="user_input.marketplace")
        url = search_link(info, context.window_manager.clearance.text)
        if not runtime.host().open_url(url):
            self.report({"INFO"}, url)
        return {"FINISHED"}


class CLEARANCE_OT_select(Operator):
    """Show this result with its license, what it costs and what it may be used for. Nothing is charged"""

    bl_idname = "clearance.select"
    bl_label = "Show"
    bl_options = {"INTERNAL"}

    ref: StringProperty(name="Listing", description="marketplace:id", options={"SKIP_SAVE"})
    kind: StringProperty(
        name="Kind",
        description="Which one is meant where several kinds have the same number",
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """Needs the app."""
        return refuse(cls, why_no_app())

    @guarded
    def execute(self: Any, _context: Any, app: "App") -> Answer:
        """Select, and ask for the price."""
        from ...core.model.listing import ListingRef

        try:
            ref = ListingRef.parse(self.ref)
        except ValueError as error:
            raise UserInputError(str(error)) from error
        app.session.select(ref, _kind(self.kind))
        return {"FINISHED"}


def _kind(text: str) -> "MediaKind | None":
    from ...core.model.listing import MediaKind

    try:
        return MediaKind(text.lower()) if text else None
    except ValueError:
        known = ", ".join(MediaKind)
        raise UserInputError(f"There is no kind called {text!r}; there are {known}.") from None


def _why_no_search() -> str:
    app = runtime.peek()
    if app is None:
        return why_no_network()
    from ..ui.views.search import Surroundings, why_no_search

    openly = bool(app.settings.opted_in)
    around = Surroundings(online=bool(bpy.app.online_access), searches_openly=openly)
    return why_no_search(around, app.session.state)


def _why_no_more() -> str:
    app = runtime.peek()
    searches = app.session.state.searches.values() if app is not None else ()
    return "" if any(search.next_cursor is not None for search in searches) else "There is nothing more"


CLASSES: tuple[type[bpy.types.Operator], ...] = (
    CLEARANCE_OT_search,
    CLEARANCE_OT_load_more,
    CLEARANCE_OT_cancel_search,
    CLEARANCE_OT_narrow,
    CLEARANCE_OT_search_website,
    CLEARANCE_OT_select,
)
