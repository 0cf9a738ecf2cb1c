"""Takes the invoice's XML out of a PDF (Factur-X, ZUGFeRD 2, XRechnung) by the file's own table of objects.

A small reader for this one purpose: objects, cross-reference tables and streams, object streams, and files
that are embedded (ISO 32000-1, 7.5 and 7.11). What it does not know (encryption, other filters, damaged
tables) it refuses; the file is then kept as it is.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Any, TypeGuard

from .pdf_objects import Name, Objects, PdfError, Ref, Stream

__all__ = ["PdfError", "find_invoice_xml", "looks_like_pdf"]

NAMES = frozenset({"factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml"})
"""Of Factur-X 1 and ZUGFeRD 2.1 and later, ZUGFeRD 1 and 2.0, and XRechnung; compared without case."""
MAX_PDF_BYTES = 100 * 1024**2
MAX_INFLATED = 32 * 1024**2
"""Of all streams that are read."""
MAX_OBJECTS = 1_000_000
MAX_SECTIONS = 500
MAX_FILES = 1_000
_START = re.compile(rb"startxref[\x00\t\n\x0c\r ]+(\d{1,12})")


def looks_like_pdf(data: bytes) -> bool:
    """Say whether a file begins as PDFs do."""
    return b"%PDF-" in data[:1024]


def find_invoice_xml(data: bytes) -> tuple[str, bytes] | None:
    """Return name and content of the invoice that a PDF carries; None when it carries none.

    Raises PdfError for a file that cannot be read, or that carries several different ones.
    """
    if len(data) > MAX_PDF_BYTES:
        raise PdfError("it is larger than 100 MB")
    pdf = _Pdf(data)
    found: dict[bytes, str] = {}
    for name, ref in pdf.embedded():
        if name.rpartition("/")[2].casefold() in NAMES:
            found.setdefault(pdf.content(ref), name)
    if len(found) > 1:
        raise PdfError("it carries several invoices that differ")
    return next(((name, content) for content, name in found.items()), None)


class _Pdf:
    """A file with its table of objects."""

    def __init__(self, data: bytes) -> None:
        start = data.find(b"%PDF-", 0, 1024)
        if start < 0:
            raise PdfError("it is no PDF")
        self._data = data[start:] if start else data
        self._left = MAX_INFLATED
        self._places: dict[int, tuple[int, int]] = {}
        """By object number: (its place in the file, -1) or (the object stream that holds it, its index)."""
        self._groups: dict[int, list[tuple[int, Any]]] = {}
        self._reading: set[int] = set()
        """Object streams that are being read."""
        self._trailer: dict[str, Any] = {}
        self._read_tables()
        if "Encrypt" in self._trailer:
            raise PdfError("it is encrypted")

    def embedded(self) -> Iterator[tuple[str, Ref]]:
        """Yield names and contents' references of the files that are embedded in the document."""
        root = self._dict(self._trailer.get("Root"))
        specs = list(self._named(self._dict(root.get("Names")).get("EmbeddedFiles")))
        attached = self.get(root.get("AF"))
        specs += attached if isinstance(attached, list) else []
        if len(specs) > MAX_FILES:
            raise PdfError("it carries more files than any invoice")
        for spec in specs:
            facts = self._dict(spec)
            files = self._dict(facts.get("EF"))
            ref = files.get("UF") or files.get("F")
            name = _text(self.get(facts.get("UF"))) or _text(self.get(facts.get("F")))
            if isinstance(ref, Ref) and name:
                yield name, ref

    def content(self, ref: Ref) -> bytes:
        """Return the decoded content of a stream."""
        stream = self.get(ref)
        if not isinstance(stream, Stream):
            raise PdfError("an embedded file is not there")
        return self._decode(stream)

    def get(self, value: Any, depth: int = 0) -> Any:
        """Return what a reference leads to; anything else is returned as it is."""
        if not isinstance(value, Ref):
            return value
        if depth > 20:
            raise PdfError("its references go in a circle")
        place, index = self._places.get(value.number, (0, -1))
        if index >= 0:
            group = self._group(place)
            number, found = group[index] if index < len(group) else (-1, None)
            if number != value.number:
                raise PdfError("its table of objects is wrong")
            return self.get(found, depth + 1)
        if not place:
            return None
        return self.get(self._object(place, value.number, depth), depth + 1)

    def _object(self, at: int, number: int, depth: int = 0) -> Any:
        """Read the object at a place of the file; ``number`` -1 takes any."""
        objects = Objects(self._data, at)
        head = (objects.word(), objects.word(), objects.word())
        if not head[0].isdigit() or head[2] != b"obj" or (number >= 0 and int(head[0]) != number):
            raise PdfError("its table of objects is wrong")
        found = objects.read()
        if isinstance(found, dict):
            before = objects.at
            if objects.word() == b"stream":
                length = self.get(found.get("Length"), depth + 1)
                if not isinstance(length, int):
                    raise PdfError("a stream does not say how long it is")
                return objects.stream_after(found, length)
            objects.at = before
        return found

    def _group(self, number: int) -> list[tuple[int, Any]]:
        """Return the objects of an object stream, with their numbers."""
        if number in self._reading:
            raise PdfError("its references go in a circle")
        if number not in self._groups:
            self._reading.add(number)
            place, index = self._places.get(number, (0, -1))
            stream = self._object(place, number) if place and index < 0 else None
            if not isinstance(stream, Stream):
                raise PdfError("its objects are not where it says")
            count, first = stream.facts.get("N"), stream.facts.get("First")
            data = self._decode(stream)
            if not isinstance(count, int) or not isinstance(first, int) or not 0 <= count <= MAX_OBJECTS:
                raise PdfError("its objects are not where it says")
            head = Objects(data[:first])
            pairs = [(head.read(), head.read()) for _ in range(count)]
            if any(not isinstance(part, int) for pair in pairs for part in pair):
                raise PdfError("its objects are not where it says")
            self._groups[number] = [(one, Objects(data, first + offset).read()) for one, offset in pairs]
            self._reading.discard(number)
        return self._groups[number]

    def _read_tables(self) -> None:
        """Read every cross-reference section, the newest first: what it says counts."""
        starts = _START.findall(self._data[-2048:])
        if not starts:
            raise PdfError("its end is missing")
        todo, seen = [int(starts[-1])], set[int]()
        while todo:
            at = todo.pop(0)
            if at in seen:
                continue
            seen.add(at)
            if len(seen) > MAX_SECTIONS or not 0 < at < len(self._data):
                raise PdfError("its table of objects is wrong")
            trailer = self._read_table(at)
            for key, value in trailer.items():
                self._trailer.setdefault(key, value)
            todo = [step for key in ("XRefStm", "Prev") if isinstance(step := trailer.get(key), int)] + todo
        if not isinstance(self._trailer.get("Root"), Ref):
            raise PdfError("it has no contents")

    def _read_table(self, at: int) -> dict[str, Any]:
        objects = Objects(self._data, at)
        if objects.word() != b"xref":
            return self._read_xref_stream(at)
        while True:
            before = objects.at
            word = objects.word()
            if word == b"trailer":
                trailer = objects.read()
                if not isinstance(trailer, dict):
                    raise PdfError("its table of objects is wrong")
                return trailer
            objects.at = before
            first, count = objects.read(), objects.read()
            if not isinstance(first, int) or not isinstance(count, int) or not 0 <= count <= MAX_OBJECTS:
                raise PdfError("its table of objects is wrong")
            for number in range(first, first + count):
                place, _, state = objects.word(), objects.word(), objects.word()
                if not place.isdigit() or state not in (b"n", b"f"):
                    raise PdfError("its table of objects is wrong")
                self._note(number, (int(place), -1) if state == b"n" else (0, -1))

    def _read_xref_stream(self, at: int) -> dict[str, Any]:
        stream = self._object(at, -1)
        if not isinstance(stream, Stream) or stream.facts.get("Type") != "XRef":
            raise PdfError("its table of objects is wrong")
        facts = stream.facts
        widths, size = facts.get("W"), facts.get("Size")
        index = facts.get("Index", [0, size])
        if not _whole(widths, 3, 8) or not _whole(index, None, MAX_OBJECTS) or len(index) % 2:
            raise PdfError("its table of objects is wrong")
        data, row, at_row = self._decode(stream), sum(widths), 0
        for first, count in zip(index[::2], index[1::2], strict=True):
            if row == 0 or (at_row + count) * row > len(data):
                raise PdfError("its table of objects is cut off")
            for number in range(first, first + count):
                cells = _split(data[at_row * row : (at_row + 1) * row], widths)
                at_row += 1
                kind = cells[0] if widths[0] else 1
                if kind == 1:
                    self._note(number, (cells[1], -1))
                elif kind == 2:
                    self._note(number, (cells[1], cells[2]))
                else:
                    self._note(number, (0, -1))
        return facts

    def _note(self, number: int, place: tuple[int, int]) -> None:
        if len(self._places) > MAX_OBJECTS:
            raise PdfError("it has too many objects")
        self._places.setdefault(number, place)

    def _named(self, tree: Any) -> Iterator[Any]:
        """Yield the values of a name tree."""
        todo, seen = [tree], 0
        while todo:
            node = self._dict(todo.pop())
            seen += 1
            if seen > MAX_FILES:
                raise PdfError("its list of files has no end")
            names, kids = self.get(node.get("Names")), self.get(node.get("Kids"))
            if isinstance(names, list):
                yield from names[1::2]
            if isinstance(kids, list):
                todo += kids

    def _dict(self, value: Any) -> dict[str, Any]:
        found = self.get(value)
        return found if isinstance(found, dict) else {}

    def _decode(self, stream: Stream) -> bytes:
        filters = self.get(stream.facts.get("Filter"))
        filters = filters if isinstance(filters, list) else [] if filters is None else [filters]
        settings = self.get(stream.facts.get("DecodeParms"))
        settings = settings if isinstance(settings, list) else [settings]
        if "F" in stream.facts:
            raise PdfError("a part of it is in another file")
        data = stream.raw
        for place, name in enumerate(filters):
            if self.get(name) not in ("FlateDecode", "Fl"):
                raise PdfError(f"a part of it is packed in a way that is not read here ({str(name)[:30]})")
            data = self._inflate(data)
            data = _unpredict(data, self._dict(settings[place] if place < len(settings) else None))
        return data

    def _inflate(self, data: bytes) -> bytes:
        machine = zlib.decompressobj()
        try:
            out = machine.decompress(data, self._left)
        except zlib.error:
            raise PdfError("a part of it is damaged") from None
        if machine.unconsumed_tail:
            raise PdfError("it unpacks to more than any invoice needs")
        if not machine.eof:
            raise PdfError("a part of it is cut off")
        self._left -= len(out)
        return out


def _unpredict(data: bytes, facts: dict[str, Any]) -> bytes:
    """Undo PNG prediction (ISO 32000-1, 7.4.4.4), for bytes in rows of one color."""
    predictor, columns = facts.get("Predictor", 1), facts.get("Columns", 1)
    if predictor == 1:
        return data
    plain = facts.get("Colors", 1) == 1 and facts.get("BitsPerComponent", 8) == 8
    if not isinstance(predictor, int) or predictor < 10 or not isinstance(columns, int) or not plain:
        raise PdfError("a part of it is packed in a way that is not read here")
    if not 0 < columns <= 10_000 or len(data) % (columns + 1):
        raise PdfError("a part of it is damaged")
    out, above = bytearray(), bytes(columns)
    for start in range(0, len(data), columns + 1):
        kind, row = data[start], bytearray(data[start + 1 : start + 1 + columns])
        for at in range(columns):
            left = row[at - 1] if at else 0
            corner = above[at - 1] if at else 0
            row[at] = (row[at] + _predict(kind, left, above[at], corner)) & 0xFF
        out += row
        above = bytes(row)
    return bytes(out)


def _predict(kind: int, left: int, up: int, corner: int) -> int:
    match kind:
        case 0:
            return 0
        case 1:
            return left
        case 2:
            return up
        case 3:
            return (left + up) // 2
        case 4:
            guess = left + up - corner
            return min((left, up, corner), key=lambda value: abs(guess - value))
    raise PdfError("a part of it is damaged")


def _whole(value: Any, length: int | None, most: int) -> TypeGuard[list[int]]:
    """Say whether a value is a list of whole numbers from 0 on."""
    return (
        isinstance(value, list)
        and (length is None or len(value) == length)
        and all(isinstance(part, int) and 0 <= part <= most for part in value)
    )


def _split(row: bytes, widths: list[int]) -> list[int]:
    cells, at = [], 0
    for width in widths:
        cells.append(int.from_bytes(row[at : at + width], "big"))
        at += width
    return cells


def _text(value: Any) -> str:
    """Read a text string: UTF-16 or UTF-8 with their marks, else as Latin-1, near enough for names."""
    if isinstance(value, Name) or not isinstance(value, bytes):
        return ""
    if value.startswith(b"\xfe\xff"):
        return value[2:].decode("utf-16-be", "replace")
    if value.startswith(b"\xef\xbb\xbf"):
        return value[3:].decode("utf-8", "replace")
    return value.decode("latin-1")
