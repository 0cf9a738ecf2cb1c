"""Draw license alerts: the panel, a line in menus, the dialogs of exports. ``views.alerts`` decides what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ... import runtime
from ..views import icons
from ..views.alerts import AlertRow, view_alerts, view_dialog, view_menu_line
from . import widgets

if TYPE_CHECKING:
    from ....core.app import App
    from ...alerting.state import Dialog


def draw_alerts(layout: Any, context: Any, app: App) -> None:
    """Draw the panel."""
    shown = view_alerts(app.session.state.alerts)
    widgets.draw_notes(layout, context, shown.notes)
    for row in shown.rows:
        _draw_alert(layout, context, row)
    row = layout.row(align=True)
    quiet = row.row()
    quiet.active = False
    quiet.label(text=shown.when, translate=False)
    if shown.hidden:
        row.operator("clearance.show_hidden_alerts", text=shown.hidden, icon=icons.SHOW)
    row.operator("clearance.look_again", text="", icon=icons.RETRY)


def _draw_alert(layout: Any, context: Any, row: AlertRow) -> None:
    box = layout.box()
    widgets.draw_text(box, context, row.text, icon=icons.TONES[row.tone], boxes=1)
    quiet = box.column()
    quiet.active = False
    widgets.draw_text(quiet, context, row.how_to_fix, icon="BLANK1", boxes=1)
    buttons = box.row(align=True)
    if row.selectable:
        buttons.operator("clearance.select_alert", icon=icons.SELECT).kind = row.kind
    if row.url:
        buttons.operator("clearance.open_page", text="Terms", icon=icons.PAGE).url = row.url
    buttons.operator("clearance.hide_alert", text="", icon=icons.STOP).kind = row.kind


def draw_export_menu(menu: Any, _context: Any) -> None:
    """Draw a line at the top of File › Export when something in the scene may not leave."""
    _draw_line(menu.layout, runtime.watching().export)


def draw_render_menu(menu: Any, _context: Any) -> None:
    """Draw a line at the top of the Render menu when renders of this scene are stopped."""
    _draw_line(menu.layout, runtime.watching().render)


def draw_exporters(panel: Any, context: Any) -> None:
    """Say in a collection's exporters what may not leave; grey them out when exports are stopped."""
    answer = runtime.watching().export
    note = view_menu_line(answer)
    if note is None or answer is None:
        return
    widgets.draw_note(panel.layout, context, note)
    if answer.stopped:
        panel.layout.enabled = False


def draw_dialog(layout: Any, context: Any, dialog: Dialog) -> None:
    """Draw what stands against an export into its file dialog."""
    widgets.draw_notes(layout, context, view_dialog(dialog.answer, narrowed=dialog.narrowed))


def _draw_line(layout: Any, answer: Any) -> None:
    note = view_menu_line(answer)
    if note is None:
        return
    row = layout.row()
    row.alert = answer.stopped
    row.label(text=note.text, icon=icons.TONES[note.tone], translate=False)
    layout.separator()
