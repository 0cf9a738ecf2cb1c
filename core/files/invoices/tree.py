"""Reads XML into a small tree: no document types, no entities, nothing from outside, all of it bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from ...errors import UserInputError

MAX_XML_BYTES = 20 * 1024**2
MAX_ELEMENTS = 400_000
MAX_DEPTH = 64
MAX_TEXT = 100_000
"""Characters of one element; attachments inside of invoices are longer and not read."""


@dataclass(slots=True)
class Node:
    """An element. ``name`` is ``namespace name``, with a space; ``text`` is its own, stripped."""

    name: str
    attributes: dict[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""


def read_tree(data: bytes, name: str) -> Node:
    """Return the root of an XML document. ``name`` is what errors call it. Raises UserInputError."""
    if len(data) > MAX_XML_BYTES:
        raise broken(name, f"it has more than {MAX_XML_BYTES // 1024**2} MB, which no invoice needs")
    return _Reader(name).read(data)


def broken(name: str, why: str) -> UserInputError:
    """Return the error for a file that is not read."""
    return UserInputError(
        f"{name} was not read as an invoice: {why}. Nothing was changed.", code="invoice.unreadable"
    )


class _Reader:
    """Builds the tree while expat goes through the document."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._sizes: list[int] = []
        self._count = 0
        self._root: Node | None = None

    def read(self, data: bytes) -> Node:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.UnparsedEntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.SkippedEntityHandler = self._refuse
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        try:
            parser.Parse(data, True)  # noqa: FBT003 - expat takes it by place
        except expat.ExpatError as problem:
            words = expat.errors.messages.get(problem.code, "it is not well-formed")
            raise broken(self._name, f"it is no whole XML ({words}, line {problem.lineno})") from None
        except (ValueError, LookupError) as problem:  # an encoding that is not known
            raise broken(self._name, f"its text cannot be read ({str(problem)[:80]})") from None
        if self._root is None:
            raise broken(self._name, "it is empty")
        return self._root

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise broken(self._name, "it has more parts than any invoice")
        if len(self._open) >= MAX_DEPTH:
            raise broken(self._name, "it is nested too deeply")
        node = Node(name, attributes)
        if self._open:
            self._open[-1].children.append(node)
        else:
            self._root = node
        self._open.append(node)
        self._texts.append([])
        self._sizes.append(0)

    def _end(self, _name: str) -> None:
        node = self._open.pop()
        node.text = "".join(self._texts.pop()).strip()
        self._sizes.pop()

    def _text(self, text: str) -> None:
        if self._texts and self._sizes[-1] < MAX_TEXT:
            self._texts[-1].append(text[: MAX_TEXT - self._sizes[-1]])
            self._sizes[-1] += len(text)

    def _refuse(self, *_given: object) -> int:
        raise broken(self._name, "it declares a document type or entities, which invoices never need")
