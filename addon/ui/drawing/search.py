"""Draw the search panel, the results and the selected result. Decides nothing: ``views.search`` does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import bpy

from ... import previews, runtime
from ...prefs import preferences
from ..views import icons
from ..views.details import DetailsView, view_details
from ..views.rows import Note
from ..views.search import ResultRow, Surroundings, view_facets, view_search, view_status
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App

_CELL_WIDTH = 90.0
_UNIT = 20.0


def surroundings() -> Surroundings:
    """Look at what the panels need to know beside the state."""
    app, chosen = runtime.peek(), preferences()
    return Surroundings(
        unavailable=runtime.unavailable_reason(),
        starting=runtime.is_starting(),
        online=bool(bpy.app.online_access),
        forced_offline=bool(bpy.app.online_access_override) and not bpy.app.online_access,
        sandbox=bool(app.settings.sandbox_url) if app is not None else bool(chosen and chosen.sandbox_url),
        searches_openly=bool(app.settings.opted_in) if app is not None else False,
    )


def draw_search(layout: Any, context: Any, app: App) -> None:
    """Draw what is asked for, and what stands in the way."""
    status = view_status(surroundings(), app.session.state, app.session.marketplaces)
    for note in status:
        box = layout.box()
        widgets.draw_note(box, context, note, boxes=1)
    if app.session.state.problem is not None:
        layout.operator("clearance.dismiss", icon=icons.STOP)
    given = context.window_manager.clearance
    row = layout.row(align=True)
    row.prop(given, "text", text="", icon=icons.SEARCH)
    busy = any(s.task is not None and s.task.active for s in app.session.state.searches.values())
    if busy:
        row.operator("clearance.cancel_search", text="", icon=icons.STOP)
    column = layout.column()
    column.scale_y = 1.2
    column.operator("clearance.search", icon=icons.SEARCH)
    column = layout.column(align=True)
    grid = column.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
    grid.prop(given, "marketplaces")
    column.prop(given, "kind", text="")


def draw_filters(layout: Any, context: Any) -> None:
    """Draw the filters."""
    given = context.window_manager.clearance
    layout.use_property_split = True
    layout.use_property_decorate = False
    column = layout.column()
    column.prop(given, "sort")
    column.prop(given, "max_price")
    column.prop(given, "premium")
    column.prop(given, "editorial")
    column.prop(given, "collection")
    column = layout.column(heading="Only")
    column.prop(given, "exclude_ai")
    column.prop(given, "enhanced_license")
    if given.kind in {"ANY", "model"}:
        column = layout.column(heading="Models")
        for name in ("rigged", "animated", "pbr", "low_poly"):
            column.prop(given, name)
        column = layout.column()
        column.prop(given, "max_polygons")
        column.prop(given, "formats")
    if given.kind in {"ANY", "image", "video"}:
        column = layout.column(align=True)
        column.prop(given, "orientation")
        column.prop(given, "min_width")
        column.prop(given, "min_height")
    if given.kind in {"ANY", "video", "audio"}:
        column = layout.column(align=True)
        column.prop(given, "min_duration")
        column.prop(given, "max_duration")


def draw_facets(layout: Any, app: App) -> None:
    """Draw what the results can be narrowed by, with how many there are of each."""
    for facet in view_facets(app.session.state, app.session.marketplaces):
        column = layout.column(align=True)
        column.label(text=facet.label)
        flow = column.grid_flow(row_major=True, columns=2, even_columns=True, align=True)
        for value, text, chosen in facet.values:
            button = flow.operator("clearance.narrow", text=text, depress=chosen)
            button.facet, button.value = facet.name, value


def draw_results(layout: Any, context: Any, app: App) -> None:
    """Draw the grid of results."""
    shown = view_search(app.session.state, app.session.marketplaces)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.results:
        scale = widgets.scale_of(context)
        room = widgets.available(context)
        columns = max(1, int(room // (_CELL_WIDTH * scale)))
        cell = room / columns - 12.0 * scale
        grid = layout.grid_flow(
            row_major=True, columns=columns, even_columns=True, even_rows=False, align=False
        )
        for row in shown.results:
            _draw_result(grid.box(), context, row, width=cell, scale=scale)
        if app.session.state.selection is None:
            widgets.draw_note(layout, context, Note(text="Show one to see its license and price."))
    if shown.more:
        layout.operator("clearance.load_more", icon="TRIA_DOWN")


def _draw_result(layout: Any, context: Any, row: ResultRow, *, width: float, scale: float) -> None:
    column = layout.column(align=True)
    _draw_picture(column, row.picture, size=max(3.0, min(width / (_UNIT * scale), 8.0)))
    widgets.draw_text(column, context, row.title, width=width, max_lines=3)
    widgets.draw_text(column, context, row.price, width=width, max_lines=3)
    quiet = column.column(align=True)
    quiet.active = False
    widgets.draw_text(quiet, context, row.license, width=width, max_lines=3)
    widgets.draw_text(quiet, context, row.by, width=width, max_lines=5)
    if row.elsewhere:
        widgets.draw_text(quiet, context, f"Also at {row.elsewhere}", width=width, max_lines=2)
    if row.editorial:
        widgets.draw_text(quiet, context, "Editorial Use Only", width=width, max_lines=1)
    button = column.operator(
        "clearance.select",
        text="Owned" if row.owned else "Show",
        depress=row.selected,
    )
    button.ref = row.ref
    button.kind = row.kind


def _draw_picture(layout: Any, key: str, *, size: float) -> None:
    icon_id = previews.icon_id(key)
    if icon_id:
        layout.template_icon(icon_value=icon_id, scale=size)
        return
    # A place of the same height, so that the grid does not jump when the picture arrives.
    empty = layout.column()
    empty.scale_y = size
    empty.active = False
    empty.label(text="", icon=icons.PICTURE)


def draw_details(layout: Any, context: Any, app: App) -> None:
    """Draw the selected result: what it is, what it may be used for, what it costs."""
    shown = view_details(
        app.session.state, app.session.marketplaces, now=datetime.now(UTC), online=bool(bpy.app.online_access)
    )
    if not shown.ref:
        widgets.draw_notes(layout, context, shown.notes)
        return
    room = widgets.available(context) / widgets.scale_of(context)
    if previews.has(shown.picture):
        _draw_picture(layout, shown.picture, size=max(4.0, min(room / _UNIT, 12.0)))
    widgets.draw_text(layout, context, shown.title)
    widgets.draw_facts(layout, context, shown.facts)
    widgets.draw_notes(layout, context, shown.notes)
    if shown.answer is not None:
        layout.separator()
        widgets.draw_note(layout, context, shown.answer)
        widgets.draw_findings(layout, context, shown.findings)
        layout.separator()
        _draw_options(layout, shown)
        widgets.draw_facts(layout, context, shown.cost)
    _draw_actions(layout, context, shown)


def _draw_options(layout: Any, shown: DetailsView) -> None:
    if not shown.options:
        return
    column = layout.column(align=True)
    column.label(text="Ways to License It")
    for option in shown.options:
        button = column.operator("clearance.choose_option", text=option.text, depress=option.chosen)
        button.license_label = option.license_label
        button.variant = option.variant
        button.account_id = option.account_id
        button.way = option.text


def _draw_actions(layout: Any, context: Any, shown: DetailsView) -> None:
    column = layout.column(align=True)
    column.scale_y = 1.2
    if shown.owned_grant_id:
        column.operator("clearance.import_asset", icon=icons.IMPORT).grant_id = shown.owned_grant_id
    if shown.untold_grant_id:
        column.operator("clearance.state_size", icon="QUESTION").grant_id = shown.untold_grant_id
    if shown.quote_id:
        column.operator("clearance.buy", text=shown.buy_text).quote_id = shown.quote_id
        column.operator("clearance.add_to_cart", icon="ADD")
        if shown.why_no_buy and not any(note.text == shown.why_no_buy for note in shown.notes):
            widgets.draw_text(layout, context, f"{shown.why_no_buy}.")
    if shown.retry:
        again = column.operator("clearance.select", text="Ask Again", icon=icons.RETRY)
        again.ref, again.kind = shown.ref, shown.kind
    if shown.page_url.startswith(("https://", "http://")):
        layout.operator("clearance.open_page", text="Open Its Page", icon=icons.PAGE).url = shown.page_url
