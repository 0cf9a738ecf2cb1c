"""Open a .blend file without Blender: its data-blocks, their raw data, the layout of their structs.

Everything that a damaged or hostile file says of itself is held against its real size. Files are only read,
and never run anything.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ..errors import UserInputError
from .blend_bytes import PlainBytes, damaged
from .blend_chain import PLACEHOLDER, Block, Chain, Head, follow
from .blend_dna import DamagedDna, Field, Layout, Record

NEWEST_MAJOR = 5
"""Files of later major versions may keep licenses where this reader does not look; they are not read."""
_LOOKED_THROUGH = 1024**2
"""Up to so many bytes, looking for a name in all of them is quicker than reading what they mean."""
_HEADER = re.compile(rb"BLENDER(?:([-_])([vV])(\d{3})|(\d\d)-(\d\d)([vV])(\d{4}))")
_CODES = {"b": (1, True), "B": (1, False), "h": (2, True), "H": (2, False), "i": (4, True), "I": (4, False),
          "Q": (8, False)}  # fmt: skip
"""Width in bytes and whether it has a sign, by letter."""
_ID_FIELDS: tuple[Field, ...] = (
    ("Q", b"id", b"lib"), ("s", b"id", b"name"), ("H", b"id", b"flag"), ("Q", b"id", b"properties"),
)  # fmt: skip
_PLACEHOLDER_FIELDS: tuple[Field, ...] = (
    ("Q", b"lib"), ("s", b"name"), ("H", b"flag"), ("Q", b"properties"),
)  # fmt: skip


_HeadReader = tuple[Callable[[Any, int], tuple[Any, ...]], int, bool]
"""What reads a data-block's header and first fields, how many bytes these are, whether it is a placeholder."""


class IdBlock:
    """A data-block: its own struct and the pieces that belong to it (they follow it in the file)."""

    __slots__ = (
        "_parts", "_pieces", "chain", "end", "flag", "head", "is_placeholder", "library", "name",
        "properties",
    )  # fmt: skip

    def __init__(
        self, name: bytes, head: Block, end: int, fields: tuple[int, int, int], chain: Chain,
        *, is_placeholder: bool,
    ) -> None:  # fmt: skip
        self.name = name
        """With the two-letter code in front, as ``OBCube``."""
        self.head, self.end = head, end
        self.library, self.flag, self.properties = fields
        """The library that it is linked from and its custom properties are addresses, 0 for none."""
        self.is_placeholder = is_placeholder
        """Only a name: the data-block itself is in the library's file."""
        self.chain = chain
        self._pieces: list[Block] | None = None
        self._parts: dict[int, Block] | None = None

    @property
    def pieces(self) -> list[Block]:
        """Its own block and all that belong to it, without those that have nothing to say."""
        if self._pieces is None:
            self._pieces = [self.head, *self.chain.read(self.head.offset + self.head.size, self.end)]
        return self._pieces

    def part(self, address: int) -> Block | None:
        """Return what belongs to it at an address."""
        if self._parts is None:
            return self.chain.find(address, self.head.offset + self.head.size, self.end)
        return self._parts.get(address)

    @property
    def parts(self) -> dict[int, Block]:
        """What belongs to it, by address; of two at one address the first."""
        if self._parts is None:
            pieces = self.pieces[1:]
            parts = {block[0]: block for block in pieces}
            if len(parts) < len(pieces):
                for block in reversed(pieces):
                    parts[block[0]] = block
            self._parts = parts
        return self._parts

    def mentions(self, text: bytes) -> bool:
        """Say whether some bytes are anywhere in what belongs to it. Of large data it is supposed."""
        start = self.head[3]
        return self.end - start > _LOOKED_THROUGH or self.chain.data.find(text, start, self.end) >= 0


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
        self._ends: list[int] | None = None
        try:
            self.version = _check_header(path, self._data[:17])
            is_large = self._data[7:8] not in (b"-", b"_")
            self.chain, self.dna, heads, self.globals = follow(path, self._data, is_large=is_large)
            """``globals`` is what Blender keeps of the session: which scene is the active one."""
            self._layouts: list[Layout] = self.dna.layouts
            self.ids = self._collect(heads)
        except BaseException:
            self.close()
            raise
        self.by_address = {one.head[0]: one for one in self.ids}

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

    def owner_of(self, place: int) -> IdBlock:
        """Return the data-block that what is at a place belongs to."""
        return self.ids[bisect_right(self._find_ends(), place)]

    def owners_between(self, first: int, last: int) -> list[int]:
        """Return the addresses of all data-blocks from that at one place to that at another."""
        ends = self._find_ends()
        return [one.head[0] for one in self.ids[bisect_right(ends, first) : bisect_right(ends, last) + 1]]

    def _find_ends(self) -> list[int]:
        if self._ends is None:
            self._ends = [one.end for one in self.ids]
        return self._ends

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

    def record(self, block: Block, fields: tuple[Field, ...]) -> tuple[Any, ...]:
        """Read some fields of a block's first struct at once; 0 for those that its version does not have."""
        try:
            record = self.struct(block).record(fields)
        except DamagedDna:
            raise damaged(self.path, "the description of its structure is missing or damaged") from None
        if record.size > block.size:
            raise damaged(self.path, "a part of it is shorter than it says")
        return record.read(self._data, block.offset)

    def records(self, blocks: Iterable[IdBlock], fields: tuple[Field, ...]) -> list[tuple[Any, ...]]:
        """Read the same fields of many data-blocks, as :meth:`record` does."""
        found: list[tuple[Any, ...]] = []
        read, size, known = None, 0, -1
        for block in blocks:
            _, index, _, offset, width = block.head
            if read is None or index != known or size > width:
                found.append(self.record(block.head, fields))
                record = self.struct(block.head).record(fields)
                read, size, known = record.read, record.size, index
            else:
                found.append(read(self._data, offset))
        return found

    def piece(self, block: Block, at: int = 0) -> Piece:
        """Return one of the structs in a block, to read its fields."""
        layout = self.struct(block)
        start = block.offset + at * layout.size
        return Piece(self, layout, block, start, min(start + layout.size, block.offset + block.size))

    def _collect(self, heads: list[Head]) -> list[IdBlock]:
        data, chain, new = self._data, self.chain, tuple.__new__
        is_large, width_of_head = chain.is_large, chain.header.size
        readers = self.dna.memo.setdefault(("heads", is_large), {})
        found: list[IdBlock] = []
        try:
            for at, kind, end in heads:
                reader = readers.get(kind) or self._head_reader(kind)
                read, width, is_placeholder = reader
                _, one, address, other, count, library, name, flag, properties = read(data, at)
                index, size = (one, other) if is_large else (other, one)
                if count < 0:
                    raise damaged(self.path, "it is damaged or was cut off")
                if width > size:
                    raise damaged(self.path, "a part of it is shorter than it says")
                if name and (length := name.find(0)) >= 0:
                    name = name[:length]
                if not name or len(name) < 3:
                    raise damaged(self.path, "a data-block in it has no name")
                head = new(Block, (address, index, count, at + width_of_head, size))
                fields = (library, flag, properties)
                found.append(IdBlock(name, head, end, fields, chain, is_placeholder=is_placeholder))
        except struct.error:
            raise damaged(self.path, "a part of it is shorter than it says") from None
        except (DamagedDna, IndexError):
            raise damaged(self.path, "a part of it is of an unknown kind") from None
        return found

    def _head_reader(self, kind: int) -> _HeadReader:
        is_placeholder = kind & 0xFFFFFFFF == PLACEHOLDER
        fields = _PLACEHOLDER_FIELDS if is_placeholder else _ID_FIELDS
        record = Record(self._layouts[kind >> 32], fields, self.chain.header)
        found = (record.read, record.size, is_placeholder)
        self.dna.memo[("heads", self.chain.is_large)][kind] = found
        return found


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
