"""Draw the overlay into viewports. Only draws: what is drawn was read and made in steps of the timer.

Where labels go depends on the view, so that is found here: again when the view moved, else as it was last.
Blender calls these for viewports only, never for a render. They never raise.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import bpy
import numpy as np

from .. import runtime
from ..ui.text import wrap
from ..ui.view_labels import CANDIDATES, MOST, Placed, Rect, Wanted, place_labels
from ..ui.view_overlay import COLORS, SIGNS, Tag
from .boxes import Boxes
from .state import Overlay, Shown

log = logging.getLogger(__name__)

FONT = 0
_SIZE = 11.0
"""Of text, in pixels at a scale of 1."""
_PAPER = (0.06, 0.06, 0.07, 0.82)
_INK = (0.96, 0.96, 0.96, 1.0)
_QUIET_INK = (0.72, 0.72, 0.74, 1.0)
_DARK_INK = (0.05, 0.05, 0.06, 1.0)
_BEHIND = 0.22
"""How much is seen of lines behind something."""
_TINT = 0.07
_MOST_REGIONS = 8
_LEGEND_WIDTH = 300.0
_ARC = 4


@dataclass(slots=True, kw_only=True)
class Writing:
    """A piece of text with its place."""

    x: float
    y: float
    text: str
    color: tuple[float, float, float, float]


@dataclass(slots=True, kw_only=True)
class Layout:
    """What is drawn over one region, finished."""

    key: tuple[object, ...]
    papers: Any
    writings: list[Writing]


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

    lines = gpu.shader.from_builtin("POLYLINE_UNIFORM_COLOR")
    plain = gpu.shader.from_builtin("UNIFORM_COLOR")
    scale = bpy.context.preferences.system.ui_scale
    state = gpu.state
    try:
        state.blend_set("ALPHA")
        state.depth_mask_set(False)  # noqa: FBT003 - Blender takes it by position only
        for test, alpha in (("GREATER", _BEHIND), ("LESS_EQUAL", 1.0)):
            state.depth_test_set(test)
            lines.bind()
            lines.uniform_float("viewportSize", state.viewport_get()[2:])
            lines.uniform_float("lineWidth", 1.6 * scale)
            for group, made in zip(shown.boxes.groups, shown.batches, strict=False):
                if made is not None:
                    lines.uniform_float("color", (*COLORS[group.verdict], alpha))
                    made[0].draw(lines)
        plain.bind()
        for group, made in zip(shown.boxes.groups, shown.batches, strict=False):
            if made is not None:
                plain.uniform_float("color", (*COLORS[group.verdict], _TINT))
                made[1].draw(plain)
    finally:
        state.depth_test_set("NONE")
        state.blend_set("NONE")


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
    blf.size(FONT, _SIZE * bpy.context.preferences.system.ui_scale)
    for one in layout.writings:
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
    page = _Page(scale)
    legend = page.lay_legend(shown, room, tag, active.name if tag is not None else "")
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
        page.lay_label(placed, shown.boxes.tags[placed.index])
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


class _Page:
    """Papers with text on them, in pixels of a region."""

    def __init__(self, scale: float) -> None:
        import blf

        self._scale = scale
        self._points: list[tuple[float, float, float]] = []
        self._colors: list[tuple[float, float, float, float]] = []
        self.writings: list[Writing] = []
        self.row = round(19 * scale)
        self._pad = round(7 * scale)
        self._badge = self.row
        blf.size(FONT, _SIZE * scale)
        # Letters with descenders stand where those without do.
        self._rise = (self.row - blf.dimensions(FONT, "H")[1]) / 2

    def measure(self, text: str) -> float:
        """Return how wide a text is."""
        import blf

        return float(blf.dimensions(FONT, text)[0])

    def width_of(self, tag: Tag) -> float:
        """Return how wide an object's label is."""
        return self._badge + 2 * self._pad + self.measure(tag.label)

    def lay_label(self, placed: Placed, tag: Tag) -> None:
        """Lay an object's label, and a line to what it points at."""
        rect = placed.rect
        if tag.verdict is None:
            return
        color = COLORS[tag.verdict]
        end = rect.bottom if rect.bottom > placed.y else rect.top
        thin = max(1.0, self._scale)
        x = min(max(placed.x, rect.left + thin), rect.right - thin)
        self._quad(Rect(x - thin / 2, min(end, placed.y), x + thin / 2, max(end, placed.y)), (*color, 0.9))
        dot = 2.5 * self._scale
        self._paper(Rect(placed.x - dot, placed.y - dot, placed.x + dot, placed.y + dot), (*color, 1.0), dot)
        self._paper(rect, _PAPER, 4 * self._scale)
        self._lay_badge(rect.left, rect.bottom, tag)
        self._write(rect.left + self._badge + self._pad, rect.bottom, tag.label, _INK)

    def lay_legend(self, shown: Shown, room: Rect, tag: Tag | None, name: str) -> Rect:
        """Lay the legend into the lower right corner; return what it covers."""
        legend = shown.legend
        inner = min(_LEGEND_WIDTH * self._scale, room.right - room.left - 4 * self._pad)
        lines: list[tuple[str, Any]] = []
        if tag is not None:
            label = f"{name}: {tag.label or 'in the file only'}"
            lines += [(line, _INK) for line in wrap(label, inner, self.measure, max_lines=2)]
            lines += [(line, _QUIET_INK) for line in wrap(tag.line, inner, self.measure, max_lines=4)]
        texts = [legend.title, *legend.notes, *(line for line, _ in lines)]
        width = max(
            *(self.measure(text) for text in texts),
            *(self._badge + self._pad + self.measure(row.text) for row in legend.rows),
            0.0,
        )
        number = 1 + len(legend.rows) + len(legend.notes) + len(lines)
        gaps = self._pad * (1 + bool(lines))
        height = number * self.row + len(legend.rows) * 3 * self._scale + gaps + self._pad
        right, bottom = room.right - 2 * self._pad, room.bottom + 2 * self._pad
        rect = Rect(right - width - 2 * self._pad, bottom, right, bottom + height)
        self._paper(rect, _PAPER, 6 * self._scale)
        x, y = rect.left + self._pad, rect.top - self._pad / 2 - self.row
        self._write(x, y, legend.title, _INK)
        for row in legend.rows:
            y -= self.row + 3 * self._scale
            self._lay_badge(x, y, Tag(verdict=row.verdict))
            self._write(x + self._badge + self._pad, y, row.text, _INK)
        for note in legend.notes:
            y -= self.row
            self._write(x, y, note, _QUIET_INK)
        if lines:
            y -= self._pad
            self._quad(Rect(x, y, rect.right - self._pad, y + max(1.0, self._scale)), (*_INK[:3], 0.25))
        for line, ink in lines:
            y -= self.row
            self._write(x, y, line, ink)
        return rect

    def finish(self) -> Any:
        """Make the batch of everything that was laid."""
        import gpu

        form = gpu.types.GPUVertFormat()
        form.attr_add(id="pos", comp_type="F32", len=3, fetch_mode="FLOAT")
        form.attr_add(id="color", comp_type="F32", len=4, fetch_mode="FLOAT")
        buffer = gpu.types.GPUVertBuf(form, len(self._points))
        buffer.attr_fill("pos", np.array(self._points, dtype=np.float32))
        buffer.attr_fill("color", np.array(self._colors, dtype=np.float32))
        return gpu.types.GPUBatch(type="TRIS", buf=buffer)

    def _lay_badge(self, x: float, y: float, tag: Tag) -> None:
        if tag.verdict is None:
            return
        rect = Rect(x, y, x + self._badge, y + self.row)
        self._paper(rect, (*COLORS[tag.verdict], 1.0), 4 * self._scale)
        sign = SIGNS[tag.verdict]
        self._write(x + (self._badge - self.measure(sign)) / 2, y, sign, _DARK_INK)

    def _write(self, x: float, y: float, text: str, color: Any) -> None:
        self.writings.append(Writing(x=round(x), y=round(y + self._rise), text=text, color=color))

    def _quad(self, rect: Rect, color: Any) -> None:
        a, b = (rect.left, rect.bottom, 0.0), (rect.right, rect.bottom, 0.0)
        c, d = (rect.right, rect.top, 0.0), (rect.left, rect.top, 0.0)
        self._points += (a, b, c, a, c, d)
        self._colors += (color,) * 6

    def _paper(self, rect: Rect, color: Any, radius: float) -> None:
        """Lay a rectangle with round corners."""
        centers = (
            (rect.right - radius, rect.top - radius), (rect.left + radius, rect.top - radius),
            (rect.left + radius, rect.bottom + radius), (rect.right - radius, rect.bottom + radius),
        )  # fmt: skip
        edge = [
            (x + radius * float(np.cos(angle)), y + radius * float(np.sin(angle)), 0.0)
            for quarter, (x, y) in enumerate(centers)
            for angle in np.linspace(quarter * np.pi / 2, (quarter + 1) * np.pi / 2, _ARC)
        ]
        for second, third in pairwise(edge[1:]):
            self._points += (edge[0], second, third)
            self._colors += (color,) * 3
