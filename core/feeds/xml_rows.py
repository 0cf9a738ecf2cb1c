"""Reads XML feeds as they stream by: RSS and Atom with Google's ``g:`` names, and plain lists of products.

Safe by refusal: a file that declares an entity is not read at all, nothing outside of it is ever opened, and
no product, name or nesting grows without bound.
"""

from __future__ import annotations

import html
from typing import IO, Any
from xml.parsers import expat

from .columns import FeedMapping, squeeze
from .opening import CHUNK
from .rows import MAX_ROW_CHARS, BadRow, Row, Rows, broken

ROW_NAMES = frozenset(
    {"item", "entry", "product", "prod", "offer", "row", "record", "listing", "asset", "article", "model"}
)
MAX_DEPTH = 40
MAX_CELLS = 1_000
MAX_VALUES = 200


def read_xml(stream: IO[bytes], mapping: FeedMapping, name: str) -> Rows:
    """Yield the products; raise UserInputError where the file is not well-formed or not safe."""
    reader = _XmlReader(mapping, name)
    while chunk := stream.read(CHUNK):
        reader.feed(chunk, last=False)
        yield from reader.take()
    reader.feed(b"", last=True)
    yield from reader.take()
    if not reader.seen:
        raise broken(
            name,
            "no products were found in it",
            what_to_do="Name their element in a mapping file: row = “…”.",
        )


class _XmlReader:
    """Keeps where in the document it is, and the product that is being read."""

    def __init__(self, mapping: FeedMapping, name: str) -> None:
        self._name = name
        self._row_name = squeeze(mapping.row)
        self._parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = self._refuse_entity
        parser.UnparsedEntityDeclHandler = self._refuse_entity
        parser.ExternalEntityRefHandler = self._refuse_reference
        parser.SkippedEntityHandler = self._skipped
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        self._done: list[Row | BadRow] = []
        self._path: list[str] = []
        self._row_depth = 0
        """How many elements are open when a product begins; 0: none is open."""
        self._cells: dict[str, list[str]] = {}
        self._texts: list[list[tuple[bool, str]]] = []
        """For each open element of the product: its pieces of text, and whether they are its own."""
        self._size = 0
        self._line = 0
        self.seen = False

    def feed(self, chunk: bytes, *, last: bool) -> None:
        """Read further."""
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as problem:
            words = expat.errors.messages.get(problem.code, "it is not well-formed")
            if problem.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS] or last:
                words = f"it is cut off ({words})"
            raise broken(self._name, words, line=problem.lineno) from None
        except (ValueError, LookupError) as problem:  # an encoding that is not known
            raise broken(self._name, str(problem)[:100], line=self._parser.CurrentLineNumber) from None

    def take(self) -> list[Row | BadRow]:
        """Return what is complete."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._path) >= MAX_DEPTH:
            raise broken(self._name, "it is nested too deeply", line=self._parser.CurrentLineNumber)
        plain = squeeze(name)
        self._path.append(plain)
        if not self._row_depth:
            if self._is_row(plain):
                self._row_depth, self._line = len(self._path), self._parser.CurrentLineNumber
                self._cells, self._size = {}, 0
                for key, value in attributes.items():
                    self._put(squeeze(key), value)
            return
        self._texts.append([])
        self._put_attributes(plain, attributes)

    def _is_row(self, name: str) -> bool:
        depth = len(self._path)
        if self._row_name:
            return name == self._row_name
        return depth > 1 and name in ROW_NAMES

    def _put_attributes(self, name: str, attributes: dict[str, str]) -> None:
        if name == "link" and attributes.get("rel", "alternate") != "alternate":
            return  # Atom: links to the feed itself, to pictures, to comments
        for key, value in attributes.items():
            plain = squeeze(key)
            # <link href="…"/>, <price currency="USD">, <param name="Polygons">: all of these are in use.
            if plain in ("href", "url", "src"):
                self._put(self._inner_name(), value)
            elif plain == "name" and name in ("param", "attribute", "property", "attr", "field"):
                self._path[-1] = squeeze(value)
            else:
                self._put(f"{self._inner_name()}/{plain}", value)

    def _inner_name(self) -> str:
        return "/".join(self._path[self._row_depth :])

    def _text(self, text: str) -> None:
        if self._row_depth and self._texts:
            self._size += len(text)
            if self._size <= MAX_ROW_CHARS:
                self._texts[-1].append((True, text))

    def _end(self, _name: str) -> None:
        if self._row_depth and len(self._path) == self._row_depth:
            self._finish()
        elif self._row_depth:
            self._put(self._inner_name(), self._close_text())
        self._path.pop()

    def _close_text(self) -> str:
        """Return the element's text; with what stands inside markup in it, but not of mere containers."""
        pieces = self._texts.pop()
        own = any(is_own and text.strip() for is_own, text in pieces)
        whole = "".join(text for _, text in pieces).strip()
        if self._texts and whole:
            self._texts[-1].append((False, f"{whole} "))
        return whole if own else ""

    def _put(self, name: str, value: str) -> None:
        self._size += len(name)
        if not value:
            return
        if name in self._cells:
            if len(self._cells[name]) < MAX_VALUES:
                self._cells[name].append(value)
        elif len(self._cells) < MAX_CELLS:
            self._cells[name] = [value]

    def _finish(self) -> None:
        self.seen = True
        if self._size > MAX_ROW_CHARS:
            self._done.append(BadRow(self._line, f"it is longer than {MAX_ROW_CHARS:,} characters"))
        else:
            self._done.append(Row(self._line, {name: tuple(values) for name, values in self._cells.items()}))
        self._row_depth, self._cells = 0, {}
        self._texts.clear()

    def _refuse_entity(self, *_declaration: Any) -> None:
        raise broken(
            self._name, "it declares entities, which no feed needs", line=self._parser.CurrentLineNumber
        )

    def _refuse_reference(self, *_reference: Any) -> int:
        raise broken(self._name, "it refers to something outside itself", line=self._parser.CurrentLineNumber)

    def _skipped(self, name: str, is_parameter: bool) -> None:  # noqa: FBT001 - the parser's own signature
        """Read the names that HTML has, such as ``&nbsp;``; others stay as they are written."""
        if not is_parameter:
            self._text(html.unescape(f"&{name};"))
