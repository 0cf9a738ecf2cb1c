"""Lay labels and the legend out, in pixels of a region: texts, and the papers that they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..ui.views.labels import Placed, Rect
from ..ui.views.overlay import COLORS, SIGNS, Legend, Tag
from ..ui.views.text import wrap

FONT = 0
SIZE = 11.0
"""Of text, in pixels at a scale of 1."""
_SIGN_SIZE = 13.0
_PAPER = (0.06, 0.06, 0.07, 0.82)
_INK = (0.96, 0.96, 0.96, 1.0)
_QUIET_INK = (0.72, 0.72, 0.74, 1.0)
_DARK_INK = (0.05, 0.05, 0.06, 1.0)
_LEGEND_WIDTH = 300.0
_MOST_WIDTHS = 20_000
Rgba = tuple[float, float, float, float]

# A rectangle with round corners, as a fan: which corner each of its points belongs to, and where on its arc.
_ARC = 4
_ANGLES = np.concatenate([np.linspace(q, q + 1, _ARC) for q in range(4)]) * (np.pi / 2)
_COS, _SIN = np.cos(_ANGLES), np.sin(_ANGLES)
_IS_RIGHT = np.repeat([True, False, False, True], _ARC)
_IS_TOP = np.repeat([True, True, False, False], _ARC)
_FAN = np.array([(0, i, i + 1) for i in range(1, 4 * _ARC - 1)]).ravel()


class Writing(NamedTuple):
    """A piece of text with its place and size."""

    x: float
    y: float
    text: str
    color: Rgba
    size: float


@dataclass(slots=True, kw_only=True)
class Layout:
    """What is drawn over one region, finished."""

    key: tuple[object, ...]
    papers: Any
    writings: list[Writing]


class Page:
    """Papers with text on them, in pixels of a region."""

    def __init__(self, scale: float, widths: dict[tuple[float, str], float]) -> None:
        import blf

        self._scale = scale
        self._widths = widths
        self._rects: list[Rect] = []
        self._radii: list[float] = []
        self._colors: list[Rgba] = []
        self.writings: list[Writing] = []
        self.row = round(19 * scale)
        self._pad = round(7 * scale)
        self._badge = self.row
        blf.size(FONT, SIZE * scale)
        # Letters with descenders stand where those without do.
        self._rise = (self.row - blf.dimensions(FONT, "H")[1]) / 2

    def measure(self, text: str, size: float = SIZE) -> float:
        """Return how wide a text is; what was measured once is known."""
        key = (size * self._scale, text)
        if key not in self._widths:
            import blf

            if len(self._widths) >= _MOST_WIDTHS:
                self._widths.clear()
            blf.size(FONT, size * self._scale)
            self._widths[key] = float(blf.dimensions(FONT, text)[0])
        return self._widths[key]

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

    def lay_legend(self, legend: Legend, room: Rect, tag: Tag | None, name: str) -> Rect:
        """Lay the legend into the lower right corner; return what it covers."""
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

        points, colors = self._triangles()
        form = gpu.types.GPUVertFormat()
        form.attr_add(id="pos", comp_type="F32", len=3, fetch_mode="FLOAT")
        form.attr_add(id="color", comp_type="F32", len=4, fetch_mode="FLOAT")
        buffer = gpu.types.GPUVertBuf(form, len(points))
        buffer.attr_fill("pos", points)
        buffer.attr_fill("color", colors)
        return gpu.types.GPUBatch(type="TRIS", buf=buffer)

    def _triangles(self) -> tuple[Any, Any]:
        """Return the corners of all papers' triangles, float32 (n, 3), and their colors, (n, 4)."""
        rects = np.array(self._rects, dtype=np.float32).reshape(-1, 4)
        radius = np.array(self._radii, dtype=np.float32)[:, None]
        left, bottom, right, top = (rects[:, i, None] for i in range(4))
        points = np.zeros((len(rects), len(_FAN), 3), dtype=np.float32)
        points[:, :, 0] = (np.where(_IS_RIGHT, right - radius, left + radius) + radius * _COS)[:, _FAN]
        points[:, :, 1] = (np.where(_IS_TOP, top - radius, bottom + radius) + radius * _SIN)[:, _FAN]
        colors = np.repeat(np.array(self._colors, dtype=np.float32), len(_FAN), axis=0)
        return points.reshape(-1, 3), colors

    def _lay_badge(self, x: float, y: float, tag: Tag) -> None:
        if tag.verdict is None:
            return
        rect = Rect(x, y, x + self._badge, y + self.row)
        self._paper(rect, (*COLORS[tag.verdict], 1.0), 4 * self._scale)
        sign = SIGNS[tag.verdict]
        middle = (self._badge - self.measure(sign, _SIGN_SIZE)) / 2
        self._write(x + middle, y, sign, _DARK_INK, _SIGN_SIZE)

    def _write(self, x: float, y: float, text: str, color: Rgba, size: float = SIZE) -> None:
        rise = self._rise - (size - SIZE) * self._scale * 0.36
        self.writings.append(Writing(round(x), round(y + rise), text, color, size * self._scale))

    def _quad(self, rect: Rect, color: Rgba) -> None:
        self._paper(rect, color, 0.0)

    def _paper(self, rect: Rect, color: Rgba, radius: float) -> None:
        """Lay a rectangle, with round corners."""
        self._rects.append(rect)
        self._radii.append(radius)
        self._colors.append(color)
