"""Unity's YAML as plain text values: no types, no tags, no aliases, bounded in size and depth.

Unity writes one ``--- !u!<class> &<id>`` document per object and declares the tag's handle once, which YAML
allows for the first document only; so the documents are told apart here and each is parsed on its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, Union

from ...errors import ImportRefused

MAX_BYTES = 1024 * 1024
"""The largest file that is parsed. Materials have a few kilobytes; models' settings with many clips more."""
MAX_NODES = 100_000
MAX_DEPTH = 32
_DOCUMENT = re.compile(r"^---(?:[ \t]+!u!(?P<class>\d{1,10})[ \t]+&-?\d{1,20}[^\n]*)?[ \t\r]*$", re.MULTILINE)

Value: TypeAlias = Union[str, "Block", tuple["Value", ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A mapping as it is written: in order, and with keys that come twice (old Unity's ``data:`` lists)."""

    pairs: tuple[tuple[str, Value], ...] = ()

    def find(self, *path: str) -> Value | None:
        """Return the first value along a path of keys; None when there is none."""
        value: Value | None = self
        for key in path:
            if not isinstance(value, Block):
                return None
            value = next((one for name, one in value.pairs if name == key), None)
        return value

    def text(self, *path: str) -> str:
        """Return the text at a path; empty when there is none."""
        value = self.find(*path)
        return value if isinstance(value, str) else ""

    def block(self, *path: str) -> Block:
        """Return the mapping at a path; an empty one when there is none."""
        value = self.find(*path)
        return value if isinstance(value, Block) else Block()

    def items(self, *path: str) -> tuple[Value, ...]:
        """Return the list at a path; empty when there is none."""
        value = self.find(*path)
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One object of a Unity file; ``class_id`` is 21 for materials, 0 where none is written (``.meta``)."""

    class_id: int
    body: Block


@dataclass(slots=True)
class _Open:
    """A mapping or a list that is being read."""

    is_block: bool
    pairs: list[tuple[str, Value]] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    key: str | None = None

    def add(self, value: Value) -> None:
        if not self.is_block:
            self.values.append(value)
        elif self.key is None:
            if not isinstance(value, str):
                raise _refuse("it has a key that is no text")
            self.key = value
        else:
            self.pairs.append((self.key, value))
            self.key = None

    def close(self) -> Value:
        return Block(pairs=tuple(self.pairs)) if self.is_block else tuple(self.values)


def read_documents(data: bytes, *, class_id: int | None = None) -> tuple[Document, ...]:
    """Read the documents of a Unity file, or those of one class only.

    Raises ImportRefused for what is no YAML, too large, nested too deep, or holds an alias.
    """
    if len(data) > MAX_BYTES:
        raise _refuse(f"it is larger than {MAX_BYTES // 1024:,} KB", size=len(data))
    text = data.decode("utf-8-sig", "replace").replace("\r\n", "\n")
    return tuple(
        Document(class_id=number, body=_parse(part))
        for number, part in _split(text)
        if class_id is None or number == class_id
    )


def _split(text: str) -> Iterator[tuple[int, str]]:
    heads = list(_DOCUMENT.finditer(text))
    if not heads:
        yield 0, text
        return
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(text)
        yield int(head["class"] or 0), text[head.end() : end]


def _parse(text: str) -> Block:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = _build(YAML(typ="safe", pure=True).parse(text))
    # A parser made for whole YAML trips over a few hostile texts in ways that are no YAMLError.
    except (YAMLError, ValueError, TypeError, AttributeError, LookupError, RecursionError) as error:
        raise _refuse("it cannot be read as YAML", reason=type(error).__name__) from None
    return root


def _build(events: Iterator[Any]) -> Block:
    from ruamel.yaml import events as kinds

    outer = _Open(is_block=False)
    stack = [outer]
    for count, event in enumerate(events):
        if count > MAX_NODES:
            raise _refuse(f"it has more than {MAX_NODES:,} values")
        match event:
            case kinds.AliasEvent():
                raise _refuse("it holds an alias, which Unity never writes")
            case kinds.ScalarEvent():
                stack[-1].add(str(event.value))
            case kinds.MappingStartEvent() | kinds.SequenceStartEvent():
                if len(stack) > MAX_DEPTH:
                    raise _refuse(f"it is nested more than {MAX_DEPTH} deep")
                stack.append(_Open(is_block=isinstance(event, kinds.MappingStartEvent)))
            case kinds.MappingEndEvent() | kinds.SequenceEndEvent():
                value = stack.pop().close()
                stack[-1].add(value)
    values = outer.values
    if len(values) > 1 or (values and not isinstance(values[0], Block | str)):
        raise _refuse("it is not of Unity's form")
    return values[0] if values and isinstance(values[0], Block) else Block()


def _refuse(why: str, **context: str | int) -> ImportRefused:
    return ImportRefused(
        f"A Unity file was not read: {why}.", code="host.unity_unreadable", context={"why": why, **context}
    )
