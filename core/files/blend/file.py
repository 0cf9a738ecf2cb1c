"""Open a .blend file without Blender: its data-blocks, their raw data, the layout of their structs.

Everything that a damaged or hostile file says of itself is held against its real size. Files are only read,
and never run anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ...errors import UserInputError
from .bytes import PlainBytes, damaged
from .chain import Block, follow
from .dna import DamagedDna, Field, Layout
from .ids import IdBlock, Ids

NEWEST_MAJOR = 5
"""Files of later major versions may keep licenses where this reader does not look; they are not read."""
_HEADER = re.compile(rb"BLENDER(?:([-_])([vV])(\d{3})|(\d\d)-(\d\d)([vV])(\d{4}))")
_CODES = {"b": (1, True), "B": (1, False), "h": (2, True), "H": (2, False), "i": (4, True), "I": (4, False),
          "Q": (8, False)}  # fmt: skip
"""Width in bytes and whether it has a sign, by letter."""


class Piece:
    """One struct in a file, with its fields. What a version of Blender does not have is 0, or empty."""

    __slots__ = ("_data", "_end", "_start", "block", "file", "layout")

    def __init__(self, file: BlendFile, layout: Layout, block: Block, start: int, end: int) -> None:
        self.file, self.layout, self.block = file, layout, block
        self._data = file.raw
        self._start, self._end = start, end

    def has(self, *names: bytes) -> bool:
        """Say whether there is such a field."""
        return self.layout.offset(*names) is not None

    def number(self, *names: bytes, code: str = "i") -> int:
        """Read an integer field; ``code`` is as in the struct module."""
        offset = self.layout.offset(*names)
        if offset is None:
            return 0
        width, signed = _CODES[code]
        start = self._start + offset
        if start + width > self._end:
            raise damaged(self.file.path, "a part of it is shorter than it says")
        return int.from_bytes(self._data[start : start + width], "little", signed=signed)

    def pointer(self, *names: bytes) -> int:
        """Read a pointer."""
        return self.number(*names, code="Q")

    def text(self, *names: bytes, size: int) -> bytes:
        """Read a character field up to its NUL."""
        offset = self.layout.offset(*names)
        if offset is None:
            return b""
        start = self._start + offset
        return self._data[start : min(start + size, self._end)].split(b"\x00", 1)[0]


class BlendFile:
    """An open file. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._plain = PlainBytes(path)
        self.raw = self._data = self._plain.data
        """All its bytes, unpacked."""
        self.memo: dict[Any, Any] = {}
        """For what others read out of it, so that it is read once; the two below by address."""
        self.facts: dict[int, Any] = {}
        self.objects: dict[int, Any] = {}
        self._by_name: dict[bytes, IdBlock] | None = None
        self._by_address: dict[int, IdBlock] | None = None
        try:
            self.version = _check_header(path, self._data[:17])
            is_large = self._data[7:8] not in (b"-", b"_")
            self.chain, self.dna, heads, self.globals = follow(path, self._data, is_large=is_large)
            """``globals`` is what Blender keeps of the session: which scene is the active one."""
            self._layouts: list[Layout] = self.dna.layouts
            self.ids = Ids(heads, self.chain, self.dna)
        except BaseException:
            self.close()
            raise

    @property
    def by_address(self) -> dict[int, IdBlock]:
        """All its data-blocks; where one is asked for, ``ids.at`` is quicker."""
        if self._by_address is None:
            self._by_address = {one.head[0]: one for one in self.ids}
        return self._by_address

    @property
    def by_name(self) -> dict[bytes, IdBlock]:
        """Its own data-blocks, by name with the two letters in front."""
        if self._by_name is None:
            own = (one for one in self.ids if not one.is_placeholder and not one.library)
            self._by_name = {one.name: one for one in own}
        return self._by_name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._plain.close()

    def may_have(self, name: bytes) -> bool:
        """Say whether there may be a struct of a name in it, of those that may make users of something."""
        return any(self._layouts[index].name == name for index in self.chain.places)

    @property
    def size(self) -> int:
        """How many bytes it has, unpacked."""
        return len(self._data)

    def data(self, block: Block) -> bytes:
        """Return a block's bytes."""
        return self._data[block.offset : block.offset + block.size]

    def struct(self, block: Block) -> Layout:
        """Return the layout of a block's structs."""
        index = block.struct_index
        if not 0 <= index < len(self._layouts):
            raise damaged(self.path, "a part of it is of an unknown kind")
        return self._layouts[index]

    def record(self, block: Block, fields: tuple[Field, ...], at: int = 0) -> tuple[Any, ...]:
        """Read some fields of one of a block's structs; 0 for those that its version does not have."""
        layout = self.struct(block)
        try:
            record = layout.record(fields)
        except DamagedDna:
            raise damaged(self.path, "the description of its structure is missing or damaged") from None
        start = at * layout.size
        if start + record.size > block.size:
            raise damaged(self.path, "a part of it is shorter than it says")
        return record.read(self._data, block.offset + start)

    def records(self, numbers: Iterable[int], fields: tuple[Field, ...]) -> list[tuple[Any, ...]]:
        """Read the same fields of many data-blocks, as :meth:`record` does, given by their numbers."""
        layouts = self._layouts
        try:
            return self.ids.records(numbers, lambda index: layouts[index].record(fields))
        except DamagedDna:
            raise damaged(self.path, "the description of its structure is missing or damaged") from None

    def piece(self, block: Block, at: int = 0) -> Piece:
        """Return one of the structs in a block, to read its fields."""
        layout = self.struct(block)
        start = block.offset + at * layout.size
        return Piece(self, layout, block, start, min(start + layout.size, block.offset + block.size))


def _check_header(path: Path, head: bytes) -> tuple[int, int]:
    match = _HEADER.match(head)
    if match is None:
        raise damaged(path, "it is not a .blend file")
    width, order, small, _size, layout, large_order, large = match.groups()
    digits = int(small or large)
    version = (digits // 100, digits % 100)
    if version[0] > NEWEST_MAJOR or (layout is not None and layout != b"01"):
        raise UserInputError(
            f"{path.name} was written by Blender {version[0]}.{version[1]}, which is newer than this reader "
            "knows. Update Clearance, or use: blender --command clearance report.",
            code="scene.newer",
            context={"version": f"{version[0]}.{version[1]}"},
        )
    if width == b"_" or (order or large_order) == b"V":
        raise damaged(path, "it is from a 32-bit or big-endian Blender; save it again with a current one")
    return version
