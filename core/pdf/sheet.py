"""A pen for a sheet of A4: texts at places, measured before they are drawn; positions in millimeters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .fonts import FontSet, has_no_look

LEFT, RIGHT, TOP = 20.0, 18.0, 18.0
WIDTH = 210.0 - LEFT - RIGHT
BOTTOM = 297.0 - 24.0
"""Where the content of a page ends; below it is the page's number."""
Color = tuple[int, int, int]
INK: Color = (27, 28, 30)
SOFT: Color = (89, 93, 99)


class Pen:
    """Draws with fpdf2. ``y`` is where the next thing goes."""

    def __init__(self, pdf: Any, fonts: FontSet) -> None:
        self._pdf = pdf
        self._fonts = fonts
        self._tried: dict[str, str] = {}
        """How each text can be drawn."""
        self.y = TOP

    def add_page(self) -> None:
        """Begin a new page."""
        self._pdf.add_page()
        self.y = TOP

    def text(
        self,
        text: str,
        *,
        x: float,
        y: float,
        width: float,
        size: float,
        line: float,
        family: str = "sans",
        bold: bool = False,
        color: Color = INK,
        align: str = "L",
    ) -> float:
        """Draw a text in a column, broken where it is too long; return where it ends."""
        self._set(size, family, bold)
        self._pdf.set_text_color(*color)
        shown = self._fit(text)
        self._pdf.set_xy(x, y)
        self._pdf.multi_cell(width, line, shown, align=align, padding=0, new_x="LMARGIN", new_y="NEXT")
        return float(self._pdf.get_y())

    def height(
        self, text: str, *, width: float, size: float, line: float, family: str = "sans", bold: bool = False
    ) -> float:
        """Return how high a text will be."""
        self._set(size, family, bold)
        shown = self._fit(text)
        self._pdf.set_xy(LEFT, TOP)
        return float(
            self._pdf.multi_cell(width, line, shown, align="L", padding=0, dry_run=True, output="HEIGHT")
        )

    def width(self, text: str, *, size: float, family: str = "sans", bold: bool = False) -> float:
        """Return how wide a text on one line is."""
        self._set(size, family, bold)
        return float(self._pdf.get_string_width(self._fit(text)))

    def pairs(
        self, pairs: Sequence[tuple[str, str]], *, x: float, y: float, width: float, size: float, gap: float
    ) -> float:
        """Draw labels with their values at the right edge; return where they end."""
        label_width = self._label_width(pairs, size)
        for label, value in pairs:
            self.text(label, x=x, y=y, width=label_width + 3, size=size, line=gap, color=SOFT)
            y = self.text(
                value, x=x + label_width, y=y, width=width - label_width, size=size, line=gap, align="R"
            )
        return y

    def pairs_height(
        self, pairs: Sequence[tuple[str, str]], *, width: float, size: float, gap: float
    ) -> float:
        """Return how high labels with their values will be."""
        label_width = self._label_width(pairs, size)
        return sum(self.height(value, width=width - label_width, size=size, line=gap) for _, value in pairs)

    def rule(
        self, y: float, color: Color, thickness: float = 0.2, *, x: float = LEFT, width: float = WIDTH
    ) -> None:
        """Draw a line across."""
        self._pdf.set_draw_color(*color)
        self._pdf.set_line_width(thickness)
        self._pdf.line(x, y, x + width, y)

    def number_pages(self, name: str) -> None:
        """Write on every page what it belongs to, and its number."""
        total = self._pdf.pages_count
        for number in range(1, total + 1):
            self._pdf.page = number
            # The font of the last page is not the one that was set on this one: it is set anew.
            self._pdf.set_font("sans", "", 1)
            y = 297.0 - 15.0
            self.text(name, x=LEFT, y=y, width=WIDTH / 2, size=7.2, line=4, color=SOFT)
            place = f"{number} / {total}"
            self.text(
                place, x=LEFT + WIDTH / 2, y=y, width=WIDTH / 2, size=7.2, line=4, color=SOFT, align="R"
            )

    def _fit(self, text: str) -> str:
        """Return a text as it can be drawn with the font that is set.

        What the shaping of letters stumbles over (it can over marks that stand alone, or scripts that mix) is
        drawn without its marks.
        """
        fitting = self._fonts.fit(text)
        if fitting.isascii():
            return fitting
        if fitting not in self._tried:
            try:
                self._pdf.set_xy(LEFT, TOP)
                self._pdf.multi_cell(WIDTH, 5, fitting, padding=0, dry_run=True, output="HEIGHT")
                self._tried[fitting] = fitting
            except (IndexError, KeyError, ValueError):
                self._tried[fitting] = "".join(char for char in fitting if not has_no_look(char))
        return self._tried[fitting]

    def _label_width(self, pairs: Sequence[tuple[str, str]], size: float) -> float:
        return max((self.width(label, size=size) for label, _ in pairs), default=0.0) + 3.0

    def _set(self, size: float, family: str, bold: bool) -> None:  # noqa: FBT001 - private
        self._pdf.set_font(family, "B" if bold else "", size)
