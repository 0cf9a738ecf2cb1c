"""Say what was found: one line for each alert on a farm, a popup that goes away by itself in a window."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

import bpy

from .. import runtime
from .state import Popup

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ...core.model.alert import GuardAnswer
    from ...core.session.controller import SessionController

LINE = 64
"""Characters in a popup's line; popups do not wrap."""
MOST = 5
"""Alerts that a popup shows; the panel has them all."""


def announce(session: SessionController, answer: GuardAnswer) -> None:
    """Tell, once for each file and kind of alert."""
    news = session.take_news(answer, with_hints=bpy.app.background)
    if not news:
        return
    if bpy.app.background:
        from ...core.reports.alerts import write_line

        for alert in news:
            _print(write_line(alert))
        return
    lines = [line for alert in news[:MOST] for line in wrap(alert.message)]
    if len(news) > MOST:
        lines.append(f"And {len(news) - MOST} more.")
    runtime.watching().popups.append(Popup(title="License Alerts", lines=tuple(lines), icon="ERROR"))


def say_stopped(answer: GuardAnswer) -> None:
    """Say why something was stopped that could not say so itself."""
    if bpy.app.background:
        _print(f"Clearance: stopped: {answer.why}")
    else:
        popup = Popup(title="Stopped by Clearance", lines=wrap(answer.why), icon="CANCEL")
        runtime.watching().popups.append(popup)


def say_written(paths: Sequence[Path], *, stops: bool) -> None:
    """Say that files were written without licenses, by whatever wrote them."""
    from ..ui.views.alerts import tell_written

    text = tell_written([path.name for path in paths], stops=stops)
    if bpy.app.background:
        _print(f"Clearance: {text}")
    else:
        popup = Popup(title="Written without Licenses", lines=wrap(text), icon="ERROR", has_panel=False)
        runtime.watching().popups.append(popup)


def show_popups() -> None:
    """Show what waits, unless the user is in the middle of something; then later."""
    waiting = runtime.watching().popups
    manager: Any = bpy.context.window_manager
    if bpy.app.background or not waiting or manager is None or not len(manager.windows):
        return
    window = manager.windows[0]
    if len(window.modal_operators):
        return
    popup = waiting.pop(0)

    def draw(menu: Any, _context: Any) -> None:
        column = menu.layout.column()
        column.scale_y = 0.8
        for line in popup.lines:
            column.label(text=line, translate=False)
        if popup.has_panel:
            menu.layout.separator()
            menu.layout.operator("clearance.show_alerts", icon="VIEWZOOM")

    with bpy.context.temp_override(window=window):
        manager.popup_menu(draw, title=popup.title, icon=popup.icon)


def wrap(text: str) -> tuple[str, ...]:
    """Break a sentence into a popup's lines."""
    return tuple(textwrap.wrap(text, LINE))


def _print(line: str) -> None:
    coding = sys.stderr.encoding or "utf-8"
    sys.stderr.write(line.encode(coding, "replace").decode(coding) + "\n")
    sys.stderr.flush()
