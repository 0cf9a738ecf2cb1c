"""Draw the preferences: marketplaces with their keys, who buys, where things are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bpy

from ... import runtime
from ..views.rows import Tone

if TYPE_CHECKING:
    from ....core.app import App
    from ....core.marketplaces.base import MarketplaceInfo
    from ..views.accounts import AccountRow

_MARGIN = 60.0


def draw_preferences(preferences: Any, layout: Any, context: Any) -> None:
    """Draw everything."""
    if not bpy.app.background:
        runtime.start()
    app = runtime.peek()
    if app is None:
        _draw_no_app(layout)
    else:
        _draw_accounts(layout, context, app, preferences)
    _draw_buyer(preferences, layout)
    column = layout.column()
    column.use_property_split = True
    column.use_property_decorate = False
    column.prop(preferences, "pickup_folder", placeholder="Downloads")
    column.prop(preferences, "data_dir", placeholder=str(app.settings.data_dir) if app is not None else "")
    column.separator()
    for name in ("texture_limit", "merge_duplicates", "proxy_percent"):
        column.prop(preferences, name)
    _draw_developer(preferences, layout)


def _draw_no_app(layout: Any) -> None:
    from ..views.text import clean

    reason = runtime.unavailable_reason()
    box = layout.box()
    box.label(
        text=clean(reason) or "Clearance is starting.",
        icon="CANCEL" if reason else "SORTTIME",
        translate=False,
    )


def _draw_accounts(layout: Any, context: Any, app: App, preferences: Any) -> None:
    from ..views.accounts import view_accounts
    from . import widgets

    dialog = _width(context)
    widgets.draw_text(
        layout, context,
        f"Keys are kept here: {app.session.credentials_kind()}. Blender's own files never hold them.",
        icon="LOCKED", dialog=dialog,
    )  # fmt: skip
    for row in view_accounts(app.session.state, app.session.marketplaces):
        settled = preferences.marketplaces.get(row.marketplace)
        if settled is not None:
            box = layout.box()
            _draw_account(box, context, row, settled, dialog)
            if row.takes_feeds and settled.expanded:
                _draw_feeds(box, context, app, row, dialog)


def _draw_account(box: Any, context: Any, row: AccountRow, settled: Any, dialog: float) -> None:
    from ..views import icons
    from . import widgets

    head = box.row()
    head.prop(
        settled, "expanded", text="", icon="TRIA_DOWN" if settled.expanded else "TRIA_RIGHT", emboss=False
    )
    head.label(text=row.name, icon=icons.TONES[row.tone], translate=False)
    if not settled.expanded:
        return
    widgets.draw_text(box, context, row.works, dialog=dialog, boxes=1)
    widgets.draw_text(box, context, row.needs, dialog=dialog, boxes=1)
    if row.fields:
        _draw_steps(box, row)
    widgets.draw_notes(box, context, row.notes, dialog=dialog, boxes=1)
    if row.tiers:
        column = box.column()
        column.use_property_split = True
        column.use_property_decorate = False
        column.prop(settled, "contract_license", placeholder=row.tiers[0])
    if row.opt_in is not None:
        inner = box.box()
        inner.label(text=row.opt_in.label, translate=False)
        widgets.draw_text(inner, context, row.opt_in.explanation, dialog=dialog, boxes=2)
        inner.operator(
            "clearance.open_page", text="Read Their Terms", icon=icons.PAGE
        ).url = row.opt_in.terms_url
        inner.prop(settled, "opted_in")


def _draw_feeds(box: Any, context: Any, app: App, row: AccountRow, dialog: float) -> None:
    from ..views import icons
    from ..views.feeds import view_feeds
    from . import widgets

    shown = view_feeds(app.session.state, row.marketplace)
    box.label(text="Product Feeds")
    for feed in shown.rows:
        line = box.row(align=True)
        line.label(text=f"{feed.name}: {feed.detail}", icon=icons.FILE, translate=False)
        for operator, icon in (("update_feed", icons.RETRY), ("remove_feed", "TRASH")):
            button = line.operator(f"clearance.{operator}", text="", icon=icon)
            button.marketplace, button.feed_id = row.marketplace, feed.feed_id
    widgets.draw_notes(box, context, shown.notes, dialog=dialog, boxes=1)
    if shown.fraction is not None:
        box.progress(factor=shown.fraction, text=f"{shown.fraction:.0%}", translate=False)
    line = box.row(align=True)
    line.operator("clearance.add_feed", icon="ADD").marketplace = row.marketplace
    if row.has_website_search:
        line.operator("clearance.search_website", icon=icons.PAGE).marketplace = row.marketplace


def _draw_steps(box: Any, row: AccountRow) -> None:
    """Draw the way from no key to a working connection, each step with its button."""
    from ..views import icons

    steps = box.column(align=True)
    steps.enabled = not row.busy
    done = all(field.stored or field.optional for field in row.fields)
    line = _step(steps, "1. Get a key", done=row.has_key)
    if row.key_page_url.startswith("https://"):
        line.operator("clearance.open_page", text="How to Get a Key", icon=icons.PAGE).url = row.key_page_url
    line = _step(steps, "2. Enter it", done=done)
    line.operator(
        "clearance.store_key", text="Replace Key" if row.has_key else "Enter Key", icon="LOCKED"
    ).marketplace = row.marketplace
    number = 3
    if row.can_sign_in:
        line = _step(steps, "3. Sign in", done=row.signed_in)
        line.operator("clearance.sign_in", icon="USER").marketplace = row.marketplace
        if row.pastes_address:
            line.operator(
                "clearance.finish_sign_in", text="Paste the Address", icon="PASTEDOWN"
            ).marketplace = row.marketplace
        number = 4
    if row.has_key:
        line = _step(steps, f"{number}. Try it", done=row.tone is Tone.GOOD and bool(row.notes))
        line.operator("clearance.test_connection", icon=icons.RETRY).marketplace = row.marketplace
        line.operator("clearance.forget_keys", icon="TRASH").marketplace = row.marketplace


def _step(layout: Any, text: str, *, done: bool) -> Any:
    split = layout.split(factor=0.28)
    split.label(text=text, icon="CHECKMARK" if done else "BLANK1", translate=False)
    row: Any = split.row(align=True)
    return row


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
    from ..views.accounts import describe_needs
    from . import widgets

    if info is None:
        return
    widgets.draw_text(layout, context, describe_needs(info), dialog=width)
    widgets.draw_text(layout, context, "Leave empty what stays as it is.", dialog=width)
    for key in info.auth.fields:
        column = layout.column(align=True)
        split = column.split(factor=0.3)
        label = split.row()
        label.alignment = "RIGHT"
        label.label(text=key.label, translate=False)
        split.prop(operator, key.field, text="")
        if key.hint:
            widgets.draw_text(column, context, key.hint, icon="BLANK1", dialog=width)
    if info.auth.manual_user_token:
        split = layout.split(factor=0.3)
        label = split.row()
        label.alignment = "RIGHT"
        label.label(text="Your Token")
        split.prop(operator, "user_token", text="")


def draw_paste_dialog(operator: Any, layout: Any, context: Any, *, width: int) -> None:
    """Draw the field for the address that a sign-in ended on."""
    from . import widgets

    widgets.draw_text(
        layout, context,
        "After you have allowed the access, your browser ends on an address that it cannot open. "
        "Copy that whole address and paste it here. It is good for a few minutes and is not kept.",
        dialog=width,
    )  # fmt: skip
    layout.prop(operator, "address", text="")


def _width(context: Any) -> float:
    """Return the width of the preferences' column, in interface units."""
    from .widgets import scale_of

    scale = scale_of(context)
    region = context.region
    return max(240.0, (region.width / scale if region is not None else 600.0) - _MARGIN)
