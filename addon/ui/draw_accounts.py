"""Draw the preferences: marketplaces with their keys, who buys, where things are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from .. import runtime

if TYPE_CHECKING:
    from ...core.app import App
    from ...core.marketplaces.base import MarketplaceInfo
    from .view_accounts import AccountRow

_MARGIN = 60.0


def draw_preferences(preferences: Any, layout: Any, context: Any) -> None:
    """Draw everything."""
    if not bpy.app.background:
        runtime.start()
    app = runtime.peek()
    if app is None:
        _draw_no_app(layout)
    else:
        _draw_accounts(layout, context, app)
    _draw_buyer(preferences, layout)
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(preferences, "data_dir", placeholder=str(app.settings.data_dir) if app is not None else "")
    _draw_developer(preferences, layout)


def _draw_no_app(layout: Any) -> None:
    from .text import clean

    reason = runtime.unavailable_reason()
    box = layout.box()
    box.label(
        text=clean(reason) or "Clearance is starting.",
        icon="CANCEL" if reason else "SORTTIME",
        translate=False,
    )


def _draw_accounts(layout: Any, context: Any, app: App) -> None:
    from . import widgets
    from .view_accounts import view_accounts

    dialog = _width(context)
    widgets.draw_text(
        layout, context,
        f"Keys are kept here: {app.session.credentials_kind()}. Blender's own files never hold them.",
        icon="LOCKED", dialog=dialog,
    )  # fmt: skip
    for row in view_accounts(app.session.state, app.session.marketplaces):
        _draw_account(layout.box(), context, row, dialog)


def _draw_account(box: Any, context: Any, row: AccountRow, dialog: float) -> None:
    from . import widgets

    head = box.row()
    head.label(text=row.name, icon="CHECKMARK" if row.has_key else "LOCKED", translate=False)
    if row.key_page_url.startswith("https://"):
        head.operator("clearance.open_page", text="How to Get a Key", icon="URL").url = row.key_page_url
    widgets.draw_text(box, context, row.needs, dialog=dialog, boxes=1)
    widgets.draw_notes(box, context, row.notes, dialog=dialog, boxes=1)
    buttons = box.row(align=True)
    buttons.enabled = not row.busy
    text = "Replace Key" if row.has_key else "Enter Key"
    buttons.operator("clearance.store_key", text=text, icon="LOCKED").marketplace = row.marketplace
    if row.can_sign_in:
        buttons.operator("clearance.sign_in", icon="USER").marketplace = row.marketplace
    if row.has_key:
        buttons.operator("clearance.test_connection", icon="FILE_REFRESH").marketplace = row.marketplace
        buttons.operator("clearance.forget_keys", icon="TRASH").marketplace = row.marketplace


def _draw_buyer(preferences: Any, layout: Any) -> None:
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    for name in ("user", "project", "client", "purchase_order"):
        column.prop(preferences, name)


def _draw_developer(preferences: Any, layout: Any) -> None:
    layout.prop(
        preferences,
        "show_developer",
        icon="TRIA_DOWN" if preferences.show_developer else "TRIA_RIGHT",
        emboss=False,
    )
    if preferences.show_developer:
        column = layout.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(preferences, "sandbox_url", placeholder="http://127.0.0.1:8765")


def draw_key_dialog(
    operator: Any, layout: Any, context: Any, info: MarketplaceInfo | None, *, width: int
) -> None:
    """Draw the fields for a key."""
    from . import widgets
    from .view_accounts import describe_needs

    if info is not None:
        widgets.draw_text(layout, context, describe_needs(info), dialog=width)
        widgets.draw_text(layout, context, "Leave empty what stays as it is.", dialog=width)
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(operator, "client_id")
    layout.prop(operator, "client_secret")
    if info is None or info.auth.manual_user_token:
        layout.prop(operator, "user_token")


def _width(context: Any) -> float:
    """Return the width of the preferences' column, in interface units."""
    from .widgets import scale_of

    scale = scale_of(context)
    region = context.region
    return max(240.0, (region.width / scale if region is not None else 600.0) - _MARGIN)
