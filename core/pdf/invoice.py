"""Draws an invoice as PDF on A4, in the look of the page that a browser shows, and attaches its data.

The same page and data give the same bytes: the only time in it is the one that is given.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UserInputError
from .fonts import FontSet, choose_fonts, missing
from .sheet import BOTTOM, INK, LEFT, RIGHT, SOFT, TOP, WIDTH, Pen
from .xmp import DATA_NAME, AboutPdf, render_xmp

Page = Mapping[str, Any]
"""What :func:`..reports.invoice_html.make_invoice_context` returns: the same content as in the HTML page."""

LINE, ACCENT = (220, 217, 210), (49, 96, 140)
GAP = 4.0
NARROW = {"position": 8.0, "quantity": 18.0, "tax": 18.0, "net": 34.0}
"""Widths of columns, in millimeters; what is left belongs to the description."""


def render_invoice_pdf(page: Page, data: bytes, about: AboutPdf) -> bytes:
    """Return the file. ``data`` is the invoice's XML, empty for what has none.

    Raises UserInputError when a package of the extra ``invoices`` is missing, or the page has no room.
    """
    try:
        from fpdf.errors import FPDFException
    except ImportError:
        raise missing("fpdf2") from None
    try:
        return _render(page, data, about)
    except FPDFException as error:
        raise UserInputError(
            f"The page of {about.title} could not be drawn: {str(error)[:200]}. Take --format html.",
            code="invoice.page",
        ) from error


def _render(page: Page, data: bytes, about: AboutPdf) -> bytes:
    from fpdf import FPDF

    words = tuple(_words(page))
    fonts = choose_fonts(words, (page["seller"]["name"], *_headlines(page)))
    with tempfile.TemporaryDirectory(prefix="clearance-pdf-") as folder, ExitStack() as stack:
        pdf: Any = FPDF(unit="mm", format="A4", enforce_compliance="PDF/A-3B")
        pdf.set_creation_date(about.written_at)
        pdf.set_lang("en")
        pdf.set_auto_page_break(auto=False)
        pdf.set_margins(LEFT, TOP, RIGHT)
        pdf.c_margin = 0
        stack.callback(_close_fonts, pdf)
        for place, face in enumerate(fonts.faces):
            path = Path(folder) / f"{place}{face.suffix}"
            path.write_bytes(face.data)
            pdf.add_font(face.family, face.style, path)
        # Until the document is written, its fonts are read from these files.
        pdf.set_fallback_fonts(list(fonts.fallbacks), exact_match=False)
        pdf.set_text_shaping(use_shaping_engine=True, features={"kern": True, "liga": True})
        pdf.set_xmp_metadata(render_xmp(about))
        _Drawing(page, Pen(pdf, fonts), fonts).draw()
        if data:
            pdf.embed_file(
                bytes=data,
                basename=DATA_NAME,
                mime_type="text/xml",
                associated_file_relationship="Alternative",
                desc="The invoice’s data after EN 16931 (UN/CEFACT CII)",
                creation_date=about.written_at,
                modification_date=about.written_at,
                compress=True,
                checksum=True,
            )
        return bytes(pdf.output())


def _close_fonts(pdf: Any) -> None:
    """Let go of the fonts' files: fpdf2 does so only for those of a document that it wrote."""
    for font in pdf.fonts.values():
        font.close()


def _headlines(page: Page) -> tuple[str, ...]:
    return (page["title"], page["number"], page["total_word"], page["gross"])


def _words(value: object) -> Iterator[str]:
    """Yield every text of a page, and those that the drawing adds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _words(one)
        yield _FIXED
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _words(one)


_FIXED = "".join(map(chr, range(32, 127))) + "·’“”–/"


@dataclass(slots=True)
class _Drawing:
    """One document while it is drawn, from the top to the bottom."""

    page: Page
    pen: Pen
    fonts: FontSet

    def draw(self) -> None:
        self.pen.add_page()
        self._sender()
        self._addresses()
        self._title()
        self._table()
        self._sums()
        self._below()
        self._colophon()
        self.pen.number_pages(f"{self.page['title']} {self.page['number']}")

    def _sender(self) -> None:
        pen, seller = self.pen, self.page["seller"]
        facts = self.page["seller_facts"]
        right = (
            pen.pairs(facts, x=LEFT + WIDTH - 66, y=pen.y, width=66, size=8.0, gap=4.0) if facts else pen.y
        )
        width = WIDTH - 72 if facts else WIDTH
        left = pen.text(seller["name"], x=LEFT, y=pen.y, width=width, size=15, family="serif", line=6.4)
        if seller["rows"]:
            small = " · ".join(seller["rows"])
            left = pen.text(small, x=LEFT, y=left + 0.8, width=width, size=8.2, color=SOFT, line=4.2)
        pen.y = max(left, right)

    def _addresses(self) -> None:
        pen, buyer = self.pen, self.page["buyer"]
        rows = (
            [buyer["name"], *buyer["rows"]]
            if buyer
            else ["Own record", "of what was bought, where there is no invoice for it"]
        )
        top = max(pen.y + 12, 46.0)
        width = WIDTH / 2 - 6
        left_height = sum(
            pen.height(row, width=width, size=9.8, line=5.1, bold=at == 0) for at, row in enumerate(rows)
        )
        facts = self.page["facts"]
        fact_width = WIDTH / 2 - 6
        right_height = pen.pairs_height(facts, width=fact_width, size=9.0, gap=4.9)
        bottom = top + max(left_height, right_height)
        y = bottom - left_height
        for at, row in enumerate(rows):
            y = pen.text(row, x=LEFT, y=y, width=width, size=9.8, bold=at == 0, line=5.1)
        pen.pairs(
            facts, x=LEFT + WIDTH - fact_width, y=bottom - right_height, width=fact_width, size=9.0, gap=4.9
        )
        pen.y = bottom

    def _title(self) -> None:
        pen = self.pen
        pen.y += 13
        title, number = self.page["title"] + " ", self.page["number"]
        used = pen.width(title, size=25, family="serif")
        pen.text(title, x=LEFT, y=pen.y, width=WIDTH, size=25, family="serif", line=10)
        if used + pen.width(number, size=25, family="serif") > WIDTH:
            used, pen.y = 0.0, pen.y + 10
        pen.y = pen.text(
            number, x=LEFT + used, y=pen.y, width=WIDTH - used, size=25, family="serif", color=ACCENT, line=10
        )
        pen.y += 6

    def _columns(self) -> list[tuple[str, str, float, float]]:
        """Return key, heading, left edge and width of each column."""
        shown = [("position", "#"), ("title", "What"), ("quantity", "Quantity")]
        shown += [("tax", "VAT")] if self.page["has_tax"] else []
        shown.append(("net", "Amount"))
        widths = dict(NARROW)
        amounts = [line["net"] for line in self.page["lines"]]
        widths["net"] = min(60.0, max(24.0, *(self.pen.width(text, size=9.4) + 6 for text in amounts)))
        widths["title"] = WIDTH - sum(widths[key] for key, _ in shown if key != "title")
        columns, x = [], LEFT
        for key, heading in shown:
            columns.append((key, heading, x, widths[key]))
            x += widths[key]
        return columns

    def _table(self) -> None:
        pen, columns = self.pen, self._columns()
        self._heading(columns)
        for line in self.page["lines"]:
            heights = [pen.height(line["title"], width=columns[1][3] - GAP, size=9.4, line=4.7)]
            if line["about"]:
                heights.append(pen.height(line["about"], width=columns[1][3] - GAP, size=7.9, line=4.0))
            height = sum(heights) + 3.6
            if pen.y + height > BOTTOM:
                pen.add_page()
                self._heading(columns)
            top = pen.y + 1.7
            for key, _, x, width in columns:
                if key == "title":
                    y = pen.text(line["title"], x=x, y=top, width=width - GAP, size=9.4, line=4.7)
                    if line["about"]:
                        pen.text(line["about"], x=x, y=y, width=width - GAP, size=7.9, line=4.0, color=SOFT)
                elif key == "position":
                    pen.text(line[key], x=x, y=top, width=width, size=9.4, line=4.7, color=SOFT)
                else:
                    pen.text(line[key], x=x, y=top, width=width, size=9.4, line=4.7, align="R")
            pen.y += height
            pen.rule(pen.y, LINE)

    def _heading(self, columns: list[tuple[str, str, float, float]]) -> None:
        pen = self.pen
        for key, heading, x, width in columns:
            align = "L" if key in ("position", "title") else "R"
            pen.text(heading, x=x, y=pen.y, width=width, size=8.0, line=4.2, color=SOFT, align=align)
        pen.y += 5.6
        pen.rule(pen.y, INK, 0.25)

    def _sums(self) -> None:
        pen, page = self.pen, self.page
        rows = [] if page["record"] else [("Without tax", page["net"]), *page["taxes"]]
        width = min(WIDTH, max(84.0, pen.width(page["gross"], size=13, family="serif") + 42))
        x = LEFT + WIDTH - width
        if pen.y + 5 + len(rows) * 5.3 + 14 > BOTTOM:
            pen.add_page()
        pen.y += 5
        for words, amount in rows:
            wide = width - pen.width(amount, size=9.4) - 4
            end = pen.text(words, x=x, y=pen.y, width=wide, size=9.4, line=5.0, color=SOFT)
            pen.text(amount, x=x, y=pen.y, width=width, size=9.4, line=5.0, align="R")
            pen.y = end + 0.3
        if rows:
            pen.y += 1.4
            pen.rule(pen.y, INK, 0.25, x=x, width=width)
            pen.y += 2.2
        pen.text(page["total_word"], x=x, y=pen.y, width=width, size=13, family="serif", line=6)
        pen.y = pen.text(page["gross"], x=x, y=pen.y, width=width, size=13, family="serif", line=6, align="R")

    def _below(self) -> None:
        pen, page = self.pen, self.page
        pen.y += 9
        account = f"{page['iban']}, with the number {page['number']}" if page["iban"] else ""
        for text, label in ((page["note"], ""), (page["terms"], ""), (account, "Account")):
            if text:
                self._paragraph(text, label)

    def _paragraph(self, text: str, label: str) -> None:
        pen = self.pen
        indent = pen.width(label, size=9.4, bold=True) + 2.4 if label else 0.0
        height = pen.height(text, width=150 - indent, size=9.4, line=5.0)
        if pen.y + height > BOTTOM:
            pen.add_page()
        if label:
            pen.text(label, x=LEFT, y=pen.y, width=indent + 1, size=9.4, line=5.0, bold=True)
        pen.y = pen.text(text, x=LEFT + indent, y=pen.y, width=150 - indent, size=9.4, line=5.0) + 1.8

    def _colophon(self) -> None:
        """Write at the foot of the last page where this comes from."""
        pen, page = self.pen, self.page
        tool = f"Clearance {page['tool_version']}".strip()
        if page["record"]:
            said = (
                f"Recorded by {page['created_by']} with {tool} from the studio’s ledger. It replaces no "
                "invoice of the seller."
            )
        else:
            said = f"Written with {tool}."
        if page["data_sha256"]:
            said += (
                f" The invoice’s data as EN 16931 XML is attached as {DATA_NAME}; its SHA-256 is "
                f"{page['data_sha256']}."
            )
        if any(self.fonts.lacks(text) for text in _words(page)):
            said += " \ufffd stands for a sign that the fonts of this page do not have."
        height = pen.height(said, width=WIDTH, size=7.2, line=3.8)
        if pen.y + 6 + height > BOTTOM:
            pen.add_page()
        top = BOTTOM - height
        pen.rule(top - 2.4, LINE)
        pen.text(said, x=LEFT, y=top, width=WIDTH, size=7.2, line=3.8, color=SOFT)
