"""Draw the overlay into viewports. Only draws: what is drawn was read and made in steps of the timer.

Where labels go depends on the view, so that is found here: again when the view moved, else as it was last.
Blender calls these for viewports only, never for a render. They never raise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import bpy

from .. import runtime
from ..ui.views.labels import CANDIDATES, MOST, Rect, Wanted, place_labels
from ..ui.views.overlay import COLORS
from .boxes import Boxes
from .page import FONT, Layout, Page
from .state import Overlay, Shown

log = logging.getLogger(__name__)

_BEHIND = 0.22
"""How much is seen of lines behind something."""
_TINT = 0.07
_MOST_REGIONS = 8


def make_batches(boxes: Boxes, number: int) -> tuple[Any, Any]:
    """Make the lines and the faces of one group of boxes. Needs a window."""
    import gpu

    group = boxes.groups[number]
    form = gpu.types.GPUVertFormat()
    form.attr_add(id="pos", comp_type="F32", len=3, fetch_mode="FLOAT")
    lines = boxes.lines(group)
    ends = gpu.types.GPUVertBuf(form, len(lines))
    ends.attr_fill("pos", lines)
    points = boxes.corners(group)
    corners = gpu.types.GPUVertBuf(form, len(points))
    corners.attr_fill("pos", points)
    faces = gpu.types.GPUIndexBuf(type="TRIS", seq=boxes.faces(group))
    return (
        gpu.types.GPUBatch(type="LINES", buf=ends),
        gpu.types.GPUBatch(type="TRIS", buf=corners, elem=faces),
    )


def draw_boxes() -> None:
    """Draw lines around objects; called for each viewport, in the scene's space."""
    _guarded(_draw_boxes)


def draw_labels() -> None:
    """Draw labels and the legend; called for each viewport, in pixels."""
    _guarded(_draw_labels)


def _guarded(draw: Callable[[Overlay, Shown], None]) -> None:
    overlay = runtime.overlay()
    shown = overlay.shown
    if shown is None or overlay.failed:
        return
    try:
        if _is_wanted_here(shown):
            draw(overlay, shown)
    except Exception as error:
        log.exception("Clearance could not draw its overlay")
        overlay.failed = (
            f"The license overlay was switched off: it could not be drawn ({type(error).__name__}). "
            "Please report it."
        )


def _is_wanted_here(shown: Shown) -> bool:
    context: Any = bpy.context
    space, scene = context.space_data, context.scene
    return (
        not bpy.app.background
        and space is not None
        and space.type == "VIEW_3D"
        and space.overlay.show_overlays
        and space.local_view is None
        and context.region is not None
        and scene is not None
        and scene.session_uid == shown.scene_uid
    )


def _draw_boxes(_overlay: Overlay, shown: Shown) -> None:
    import gpu

    preferences: Any = bpy.context.preferences
    state: Any = gpu.state
    try:
        state.blend_set("ALPHA")
        state.depth_mask_set(False)  # noqa: FBT003 - Blender takes it by position only
        if shown.boxes.is_light:
            state.depth_test_set("LESS_EQUAL")
            _draw_all(shown, gpu.shader.from_builtin("UNIFORM_COLOR"), 0, 1.0)
            return
        lines = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
        for test, alpha in (("GREATER", _BEHIND), ("LESS_EQUAL", 1.0)):
            state.depth_test_set(test)
            lines.bind()
            lines.uniform_float("viewportSize", state.viewport_get()[2:])
            lines.uniform_float("lineWidth", 1.6 * preferences.system.ui_scale)
            _draw_all(shown, lines, 0, alpha)
        _draw_all(shown, gpu.shader.from_builtin("UNIFORM_COLOR"), 1, _TINT)
    finally:
        state.depth_test_set("NONE")
        state.blend_set("NONE")


def _draw_all(shown: Shown, shader: Any, which: int, alpha: float) -> None:
    """Draw the lines (0) or the faces (1) of all groups."""
    shader.bind()
    for group, made in zip(shown.boxes.groups, shown.batches, strict=False):
        if made is not None:
            shader.uniform_float("color", (*COLORS[group.verdict], alpha))
            made[which].draw(shader)


def _draw_labels(overlay: Overlay, shown: Shown) -> None:
    import blf
    import gpu

    layout = _layout(overlay, shown)
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    try:
        gpu.state.blend_set("ALPHA")
        layout.papers.draw(shader)
    finally:
        gpu.state.blend_set("NONE")
    for one in layout.writings:
        blf.size(FONT, one.size)
        blf.color(FONT, *one.color)
        blf.position(FONT, one.x, one.y, 0.0)
        blf.draw(FONT, one.text)


def _layout(overlay: Overlay, shown: Shown) -> Layout:
    context: Any = bpy.context
    region, view = context.region, context.region_data
    active = context.view_layer.objects.active
    uid = active.session_uid if active is not None else 0
    tag = overlay.tags.get(uid)
    scale = context.preferences.system.ui_scale
    room = _free_room(context.area, region)
    matrix = view.perspective_matrix
    key = (
        shown.revision,
        tuple(map(tuple, matrix)),
        room,
        uid,
        active.name if tag is not None else "",
        scale,
    )
    before = overlay.layouts.get(region.as_pointer())
    if before is not None and before.key == key:
        made: Layout = before
        return made
    if len(overlay.layouts) >= _MOST_REGIONS:
        overlay.layouts.clear()
    page = Page(scale, overlay.widths)
    legend = page.lay_legend(shown.legend, room, tag, active.name if tag is not None else "")
    projected = shown.boxes.project(matrix, region.width, region.height)
    chosen = shown.boxes.choose(projected, region.width, region.height, CANDIDATES)
    number = shown.boxes.index.get(uid)
    if number is not None and projected[number, 2] > -1.0:
        chosen = [number, *(one for one in chosen if one != number)]
    wanted = [
        Wanted(one, float(projected[one, 0]), float(projected[one, 1]), page.width_of(shown.boxes.tags[one]))
        for one in chosen
    ]
    for placed in place_labels(
        wanted, region=room, height=page.row, gap=3 * scale, keep_clear=(legend,), most=MOST
    ):
        page.lay_label(placed, shown.boxes.tags[placed.number])
    layout = overlay.layouts[region.as_pointer()] = Layout(
        key=key, papers=page.finish(), writings=page.writings
    )
    return layout


def _free_room(area: Any, region: Any) -> Rect:
    """Return what of a viewport no other region covers."""
    left, right, bottom, top = 0.0, float(region.width), 0.0, float(region.height)
    for other in area.regions:
        if other.width <= 1 or other.height <= 1 or other.type in {"WINDOW", "HUD", "EXECUTE"}:
            continue
        # Regions that lie beside the viewport, and not over it, do not reach into it.
        x, y = other.x - region.x, other.y - region.y
        if x >= region.width or y >= region.height or x + other.width <= 0 or y + other.height <= 0:
            continue
        match other.type:
            case "UI":
                right = min(right, float(x))
            case "TOOLS":
                left = max(left, float(x + other.width))
            case "ASSET_SHELF" | "ASSET_SHELF_HEADER":
                bottom = max(bottom, float(y + other.height))
            case "HEADER" | "TOOL_HEADER":
                if y > region.height / 2:
                    top = min(top, float(y))
                else:
                    bottom = max(bottom, float(y + other.height))
    return Rect(left, bottom, max(right, left + 1.0), max(top, bottom + 1.0))
