"""Look at exports while their file dialog is open: whatever exporter it is, every one in a window has one.

The dialog is checked when it is drawn and whenever its options change. What may not leave is said in the
dialog; where the studio stops exports, the dialog is closed before anybody can press its button, unless
leaving out what is not selected is enough: then that option is switched on.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from .. import runtime
from . import look, tell
from .exporters import (
    ending_of,
    find_blocks,
    is_selectable,
    options_of,
    select_only,
    set_selected_only,
)
from .exports import scan_part
from .state import Dialog, Expected

if TYPE_CHECKING:
    from ...core.model.alert import GuardAnswer

OURS = "CLEARANCE_OT_"


def exporting(space: Any) -> str:
    """Return what the dialog in a file browser exports to; empty when it is none of an exporter."""
    operator = getattr(space, "active_operator", None)
    if operator is None or str(operator.bl_idname).startswith(OURS):
        return ""
    return ending_of(operator)


def is_wanted() -> bool:
    """Say whether exports are looked at, and there is anything to ask."""
    from ...core.model.alert import Occasion

    wanted = look.known_settings()
    return wanted.stops(Occasion.EXPORT) or (wanted.wants(Occasion.EXPORT) and runtime.peek() is not None)


def look_at(context: Any, space: Any) -> Dialog:
    """Check the dialog as it stands, and return what is known."""
    operator, ending = space.active_operator, exporting(space)
    options = options_of(operator.properties)
    _expect(space, ending, options)
    watching, before = runtime.watching(), runtime.watching().dialog
    operator_key = operator.as_pointer()
    key = (operator_key, ending, *sorted(options.items()))
    if before is not None and before.key == key:
        return before
    dialog = watching.dialog = Dialog(key=key)
    dialog.narrowed = before is not None and before.narrowed and before.key[0] == operator_key
    dialog.answer = answer = _judge(context, ending, options, dialog)
    if answer is not None and answer.stopped:
        if not dialog.narrowed and is_selectable(options) and context.selected_objects:
            narrowed = _judge(context, ending, select_only(options), dialog)
            dialog.narrowed = narrowed is not None and not narrowed.stopped
        if not dialog.narrowed:
            watching.closing = answer
        # Neither can be done while the dialog is drawn.
        bpy.app.timers.register(act, first_interval=0.0)
    return dialog


def act() -> None:
    """Close the dialog of an export that is stopped, or have it leave out what is not selected."""
    watching = runtime.watching()
    answer, watching.closing = watching.closing, None
    for window, area in _dialogs():
        if answer is None:
            set_selected_only(area.spaces.active.active_operator.properties)
            area.tag_redraw()
            continue
        with bpy.context.temp_override(window=window, area=area, region=area.regions[0]):
            bpy.ops.file.cancel()
        watching.dialog = None
        tell.say_stopped(answer)
        return


def forget_closed() -> None:
    """Forget a dialog that is no longer there: the next one is looked at anew."""
    if not any(_dialogs()):
        runtime.watching().dialog = None
        runtime.watching().written.next_at = 0.0  # it may have written its file just now


def _expect(space: Any, ending: str, options: dict[str, Any]) -> None:
    """Look from now on at what appears where the dialog is: its exporter will not say when it wrote."""
    params = getattr(space, "params", None)
    if params is not None and params.directory:
        from . import written

        folder = Path(bpy.path.abspath(os.fsdecode(params.directory)))
        written.expect(Expected(path=folder / params.filename, ending=ending, options=options))


def _judge(context: Any, ending: str, options: dict[str, Any], dialog: Dialog) -> GuardAnswer | None:
    def keep(answer: GuardAnswer) -> None:
        dialog.answer = answer

    blocks = find_blocks(context, ending, options, is_drawing=True)
    return look.check_export(ending, lambda: scan_part(blocks), then=keep)


def _dialogs() -> Iterator[tuple[Any, Any]]:
    """Yield windows and areas with the dialog of an export."""
    manager: Any = bpy.context.window_manager
    for window in manager.windows if manager is not None else ():
        for area in window.screen.areas:
            if area.type == "FILE_BROWSER" and exporting(area.spaces.active):
                yield window, area
