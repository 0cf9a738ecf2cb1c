"""Small drawing helpers: sentences that wrap at the region's width, facts, notes with their button."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import blf

from ..views import icons
from ..views.rows import Fact, FindingRow, Note, Tone
from ..views.text import wrap

# In Blender's interface units at scale 1: the tabs, both margins of a panel, and those of a label.
_SIDEBAR_MARGIN = 58.0
_DIALOG_MARGIN = 36.0
_ICON = 22.0
_BOX = 18.0
_LINE_HEIGHT = 0.72


def scale_of(context: Any) -> float:
    """Return pixels per interface unit; 1 where there is no window to have a scale."""
    return float(context.preferences.system.ui_scale) or 1.0


def available(context: Any, *, dialog: float = 0.0, boxes: int = 0, icon: bool = False) -> float:
    """Return how wide a line of text may be, in pixels. ``dialog`` is a dialog's width in interface units."""
    scale = scale_of(context)
    width = (
        dialog * scale - _DIALOG_MARGIN * scale
        if dialog
        else _region_width(context) - _SIDEBAR_MARGIN * scale
    )
    return max(60.0 * scale, width - boxes * _BOX * scale - (_ICON * scale if icon else 0.0))


def _region_width(context: Any) -> float:
    """Return the region's width in unzoomed pixels: a sidebar can be zoomed with the mouse wheel."""
    region = context.region
    if region is None:
        return 300.0 * scale_of(context)
    view = region.view2d
    left, right = view.region_to_view(0, 0)[0], view.region_to_view(region.width, 0)[0]
    zoomed = float(right - left)
    return zoomed if zoomed > 1.0 else float(region.width)


def measure_with(context: Any) -> Callable[[str], float]:
    """Return a function that measures text in the interface's own font, in pixels."""
    preferences = context.preferences
    points = preferences.ui_styles[0].widget.points if len(preferences.ui_styles) else 11
    blf.size(0, points * scale_of(context))

    def measure(text: str) -> float:
        return float(blf.dimensions(0, text)[0])

    return measure


def draw_text(
    layout: Any, context: Any, text: str, *, icon: str = "", alert: bool = False, dialog: float = 0.0,
    boxes: int = 0, max_lines: int = 0, width: float = 0.0,
) -> None:  # fmt: skip
    """Draw a text on as many lines as it needs; the icon stands before the first."""
    room = width or available(context, dialog=dialog, boxes=boxes, icon=bool(icon))
    lines = wrap(text, room, measure_with(context), max_lines=max_lines)
    column = layout.column(align=True)
    column.alert = alert
    column.scale_y = _LINE_HEIGHT
    for number, line in enumerate(lines):
        if not icon:
            column.label(text=line, translate=False)
        else:
            column.label(text=line, translate=False, icon=icon if number == 0 else "BLANK1")


def draw_note(layout: Any, context: Any, note: Note, *, dialog: float = 0.0, boxes: int = 0) -> None:
    """Draw a note with the icon of its tone, and the button that it names."""
    draw_text(
        layout,
        context,
        note.text,
        icon=icons.TONES[note.tone],
        alert=note.tone is Tone.BAD,
        dialog=dialog,
        boxes=boxes,
    )
    match note.action:
        case "preferences":
            layout.operator("clearance.open_preferences", icon=icons.PREFERENCES)
        case "system":
            layout.operator("clearance.open_system", icon=icons.PREFERENCES)


def draw_notes(
    layout: Any, context: Any, notes: Sequence[Note], *, dialog: float = 0.0, boxes: int = 0
) -> None:
    """Draw several notes."""
    for note in notes:
        draw_note(layout, context, note, dialog=dialog, boxes=boxes)


def draw_facts(
    layout: Any, context: Any, facts: Sequence[Fact], *, dialog: float = 0.0, boxes: int = 0
) -> None:
    """Draw labels and values: side by side where they fit, below each other where not."""
    measure = measure_with(context)
    room = available(context, dialog=dialog, boxes=boxes)
    label_share = 0.2 if dialog else 0.34
    column = layout.column(align=True)
    for fact in facts:
        # Twelve pixels stay free on either side of a label within a split.
        value_room = room * (1.0 - label_share) - 12.0
        lines = wrap(fact.value, value_room, measure) or [""]
        split = column.split(factor=label_share, align=True)
        label = split.column(align=True)
        label.scale_y = _LINE_HEIGHT
        label.active = False
        label.label(text=fact.label, translate=False)
        value = split.column(align=True)
        value.scale_y = _LINE_HEIGHT
        for line in lines:
            value.label(text=line, translate=False)


def draw_findings(
    layout: Any, context: Any, findings: Sequence[FindingRow], *, dialog: float = 0.0, boxes: int = 0
) -> None:
    """Draw findings: what, how to fix it, and the clause with its page."""
    for finding in findings:
        box = layout.box()
        draw_finding(box, context, finding, dialog=dialog, boxes=boxes + 1)


def draw_finding(
    layout: Any, context: Any, finding: FindingRow, *, dialog: float = 0.0, boxes: int = 0
) -> None:
    """Draw one finding."""
    draw_text(
        layout, context, finding.message, icon=icons.TONES[finding.tone], alert=finding.tone is Tone.BAD,
        dialog=dialog, boxes=boxes,
    )  # fmt: skip
    if finding.how_to_fix:
        # A hint needs no fixing; it says what is good to do.
        advice = finding.how_to_fix if finding.tone is Tone.INFO else f"To fix: {finding.how_to_fix}"
        draw_text(layout, context, advice, icon="BLANK1", dialog=dialog, boxes=boxes)
    if finding.clause:
        column = layout.column()
        column.active = False
        draw_text(column, context, f"Rests on: {finding.clause}", icon="BLANK1", dialog=dialog, boxes=boxes)
    if finding.url:
        row = layout.row()
        row.operator("clearance.open_page", text="Read the Terms", icon=icons.PAGE).url = finding.url
