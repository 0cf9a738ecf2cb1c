"""The nodes of an FBX file: their names, what is below what, and which show a mesh. Loads nothing else.

Binary files of version 7 are walked record by record, over everything that is of no use; text files are
searched. Older ones have no numbers to tell their nodes apart and are not read. What is damaged ends the
reading: these names only help to give materials to parts.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO

from .file_ids import Node
from .slot_names import search_file

MAX_NODES = 20_000
_MAGIC = b"Kaydara FBX Binary"
_HEAD = 27
_FIRST_VERSION, _WIDE_VERSION = 7000, 7500
_TEXT_NODE = re.compile(
    rb'\bModel:\s*(?P<key>\d{1,19}),\s*"Model::(?P<name>[^"\r\n]{0,255})",\s*"(?P<kind>[^"\r\n]{0,40})"'
)
_TEXT_LINK = re.compile(rb'\bC:\s*"OO",\s*(?P<child>\d{1,19}),\s*(?P<parent>\d{1,19})')
_NAME_END = b"\x00\x01"


def read_nodes(path: Path) -> dict[int, Node]:
    """Return the nodes by key, in the file's order; empty for a file that is not read. May raise OSError."""
    nodes: dict[int, Node] = {}
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if not head.startswith(_MAGIC):
            return _read_text(path)
        version = int.from_bytes(head[23:27], "little")
        if version < _FIRST_VERSION:
            return nodes
        # Cut off, or none: what was found until there is right.
        with suppress(struct.error, ValueError, OverflowError, EOFError):
            _Binary(file, nodes, is_wide=version >= _WIDE_VERSION).read()
    return nodes


def _read_text(path: Path) -> dict[int, Node]:
    nodes: dict[int, Node] = {}
    for found in search_file(path, _TEXT_NODE):
        if len(nodes) >= MAX_NODES:
            break
        key = int(found["key"])
        nodes[key] = _node(key, found["name"], found["kind"])
    for found in search_file(path, _TEXT_LINK):
        _link(nodes, int(found["child"]), int(found["parent"]))
    return nodes


def _node(key: int, name: bytes, kind: bytes) -> Node:
    return Node(key=key, name=name.decode("utf-8", "replace"), has_mesh=kind == b"Mesh")


def _link(nodes: dict[int, Node], child: int, parent: int) -> None:
    if child in nodes and parent in nodes and child != parent:
        nodes[child] = replace(nodes[child], parent=parent)


class _Binary:
    """Walks a binary file's records: end, number of properties, their length, name."""

    def __init__(self, file: IO[bytes], nodes: dict[int, Node], *, is_wide: bool) -> None:
        self._file, self._nodes = file, nodes
        self._form = struct.Struct("<QQQB" if is_wide else "<IIIB")
        self._size = os.fstat(file.fileno()).st_size

    def read(self) -> None:
        """Read nodes and what connects them."""
        for name, _count, end in self._records(None):
            if name == b"Objects":
                for inner, count, _ in self._records(end):
                    if inner == b"Model" and len(self._nodes) < MAX_NODES:
                        self._keep_node(self._values(min(count, 3)))
            elif name == b"Connections":
                for inner, count, _ in self._records(end):
                    if inner == b"C":
                        self._keep_link(self._values(min(count, 3)))

    def _records(self, stop: int | None) -> Iterator[tuple[bytes, int, int]]:
        """Yield each record's name, number of properties and end; the file then stands at its properties.

        Of those whose inner records are wanted the properties are skipped: the inner ones begin behind them.
        """
        while stop is None or self._file.tell() + self._form.size <= stop:
            end, count, length, name_length = self._form.unpack(self._exactly(self._form.size))
            if not end:
                return
            name = self._exactly(name_length)
            start = self._file.tell()
            if not start + length <= end <= (self._size if stop is None else stop):
                raise ValueError("a record that ends before it begins, or after what it is in")
            if name in (b"Objects", b"Connections"):
                self._file.seek(start + length)
            yield name, count, end
            self._file.seek(end)

    def _values(self, count: int) -> list[int | bytes]:
        """Read the first properties: numbers and texts, which is all that is wanted."""
        values: list[int | bytes] = []
        for _ in range(count):
            match self._exactly(1):
                case b"L":
                    values.append(struct.unpack("<q", self._exactly(8))[0])
                case b"S":
                    (length,) = struct.unpack("<I", self._exactly(4))
                    values.append(self._exactly(min(length, 1024)))
                    self._file.seek(max(0, min(length, self._size) - 1024), 1)
                case _:
                    return values
        return values

    def _keep_node(self, values: list[int | bytes]) -> None:
        match values:
            case [int(key), bytes(name), bytes(kind)]:
                self._nodes[key] = _node(key, name.split(_NAME_END, 1)[0], kind)

    def _keep_link(self, values: list[int | bytes]) -> None:
        match values:
            case [b"OO", int(child), int(parent)]:
                _link(self._nodes, child, parent)

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        if len(data) != count:
            raise EOFError
        return data
