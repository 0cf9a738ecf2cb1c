"""Open a .blend file without Blender: its data-blocks, their raw data, the layout of their structs.

Everything that a damaged or hostile file says of itself is held against its real size. Files are only read,
and never run anything. Thousands of files are read in one scan, each of thousands of blocks: what is done for
every block is kept short.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from ..errors import UserInputError
from .blend_bytes import PlainBytes, damaged
from .blend_dna import DamagedDna, Dna, Field, Layout, read_dna
from .blend_pointers import pointer_table

NEWEST_MAJOR = 5
"""Files of later major versions may keep licenses where this reader does not look; they are not read."""
MAX_BLOCKS = 20_000_000
_FEW = 12
"""Up to so many pieces, looking at each is quicker than making a dictionary."""
_HEADER = re.compile(rb"BLENDER(?:([-_])([vV])(\d{3})|(\d\d)-(\d\d)([vV])(\d{4}))")
# The code is read as a number: kinds of data-blocks have two letters, so numbers below 65,536.
_SMALL_BLOCK = struct.Struct("<IiQii")  # code, size, old address, struct, count
_LARGE_BLOCK = struct.Struct("<IiQqq")  # code, struct, old address, size, count: since 5.0
_DATA, _DNA1, _ENDB, _GLOB = (int.from_bytes(code, "little") for code in (b"DATA", b"DNA1", b"ENDB", b"GLOB"))
_CODES = {"b": (1, True), "B": (1, False), "h": (2, True), "H": (2, False), "i": (4, True), "I": (4, False),
          "Q": (8, False)}  # fmt: skip
"""Width in bytes and whether it has a sign, by letter."""
_ID_FIELDS: tuple[Field, ...] = (
    ("s", b"id", b"name"), ("Q", b"id", b"lib"), ("H", b"id", b"flag"), ("Q", b"id", b"properties"),
)  # fmt: skip
_PLACEHOLDER_FIELDS: tuple[Field, ...] = (
    ("s", b"name"), ("Q", b"lib"), ("H", b"flag"), ("Q", b"properties"),
)  # fmt: skip
_PLACEHOLDER = int.from_bytes(b"ID\x00\x00", "little")


class Block(NamedTuple):
    """A piece of the file: so many structs of one kind (``length``), or raw bytes."""

    address: int
    struct_index: int
    length: int
    offset: int
    size: int


class IdBlock:
    """A data-block: its own struct and the pieces that belong to it (they follow it in the file)."""

    __slots__ = (
        "_blocks", "_first", "_last", "_parts", "flag", "head", "is_placeholder", "library", "name",
        "properties",
    )  # fmt: skip

    def __init__(
        self, fields: tuple[bytes, int, int, int], blocks: list[Block], span: tuple[int, int]
    ) -> None:
        self.name, self.library, self.flag, self.properties = fields
        """Its name has the two-letter code in front, as ``OBCube``. The library that it is linked from and
        its custom properties are addresses, 0 for none."""
        self.is_placeholder = False
        """Only a name: the data-block itself is in the library's file."""
        self._blocks = blocks
        self._first, self._last = span
        self.head = blocks[span[0]]
        self._parts: dict[int, Block] | None = None

    @property
    def pieces(self) -> list[Block]:
        """Its own block and all that belong to it."""
        return self._blocks[self._first : self._last]

    def part(self, address: int) -> Block | None:
        """Return what belongs to it at an address."""
        if self._parts is None and self._last - self._first < _FEW:
            for block in self._blocks[self._first + 1 : self._last]:
                if block[0] == address:
                    return block
            return None
        return self.parts.get(address)

    @property
    def parts(self) -> dict[int, Block]:
        """What belongs to it, by address; of two at one address the first."""
        if self._parts is None:
            parts: dict[int, Block] = {}
            for block in self._blocks[self._first + 1 : self._last]:
                parts.setdefault(block[0], block)
            self._parts = parts
        return self._parts


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
        self.globals: Block | None = None
        """What Blender keeps of the session: which scene is the active one."""
        self._heads: list[tuple[int, int]] = []
        self._blocks: list[Block] = []
        self._layouts: list[Layout] = []
        try:
            self.version = _check_header(path, self._data[:17])
            self._is_large = self._data[7:8] not in (b"-", b"_")
            self._read()
            self.ids = self._collect()
        except BaseException:
            self.close()
            raise
        self.by_address = {one.head.address: one for one in self.ids}
        self.by_name = {one.name: one for one in self.ids if not one.is_placeholder and not one.library}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._plain.close()

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

    def piece(self, block: Block, at: int = 0) -> Piece:
        """Return one of the structs in a block, to read its fields."""
        layout = self.struct(block)
        start = block.offset + at * layout.size
        return Piece(self, layout, block, start, min(start + layout.size, block.offset + block.size))

    def _read(self) -> None:
        """Read the layouts, and note the blocks of every data-block that may have something to say."""
        guess = self._guess_dna()
        try:
            found = self._walk(read_dna(guess[0]) if guess else None)
            if guess is None or found != guess[1]:
                self._walk(read_dna(self._dna_at(found)))
        except (DamagedDna, IndexError):
            raise damaged(self.path, "the description of its structure is missing or damaged") from None

    def _guess_dna(self) -> tuple[bytes, tuple[int, int]] | None:
        """Find the description before the way there is known: it is the last but one block of every file.

        Returns it with its place and size, which have to be those of the block that is met on the way.
        """
        data = self._data
        at = data.rfind(b"DNA1")
        if at < 0:
            return None
        header = _LARGE_BLOCK if self._is_large else _SMALL_BLOCK
        if at + header.size > len(data):
            return None
        _, second, _, fourth, _ = header.unpack_from(data, at)
        start, size = at + header.size, fourth if self._is_large else second
        if not 0 < size <= len(data) - start:
            return None
        return bytes(data[start : start + size]), (start, size)

    def _dna_at(self, found: tuple[int, int]) -> bytes:
        start, size = found
        return bytes(self._data[start : start + size])

    def _walk(self, dna: Dna | None) -> tuple[int, int]:  # noqa: C901 - one loop over millions of blocks
        """Meet every block, each held against the file's real size; return the place of the description.

        With layouts, those blocks are kept that may have something to say.
        """
        data, size_of_all = self._data, len(self._data)
        blocks: list[Block] = []
        heads: list[tuple[int, int]] = []
        table = pointer_table(dna) if dna is not None else None
        wanted = table.wanted if table is not None else b""
        is_large = self._is_large
        header, at = (_LARGE_BLOCK, 17) if is_large else (_SMALL_BLOCK, 12)
        unpack, head_size, new, keep = header.unpack_from, header.size, tuple.__new__, blocks.append
        inside, met, found = False, 0, []
        try:
            while True:
                if is_large:
                    code, index, address, size, count = unpack(data, at)
                else:
                    code, size, address, index, count = unpack(data, at)
                at += head_size
                if size < 0 or count < 0 or size > size_of_all - at:
                    raise self._cut_off()
                if code == _DATA:
                    if inside and wanted[index]:
                        keep(new(Block, (address, index, count, at, size)))
                elif code == _ENDB:
                    break
                else:
                    # Data-blocks have codes of two letters.
                    inside = table is not None and 0x100 <= code < 0x10000 and bool(code & 0xFF)
                    if inside:
                        heads.append((code, len(blocks)))
                        keep(new(Block, (address, index, count, at, size)))
                    elif code == _DNA1:
                        found.append((at, size))
                    elif code == _GLOB:
                        self.globals = new(Block, (address, index, count, at, size))
                at += size
                met += 1
                if met > MAX_BLOCKS:
                    raise self._cut_off()
        except struct.error:
            raise self._cut_off() from None
        if len(found) != 1:
            raise damaged(self.path, "the description of its structure is missing or damaged")
        self._blocks, self._heads = blocks, heads
        if dna is not None:
            self.dna, self._layouts = dna, dna.layouts
        return found[0]

    def _cut_off(self) -> UserInputError:
        return damaged(self.path, "it is damaged or was cut off")

    def _collect(self) -> list[IdBlock]:
        blocks, data, layouts = self._blocks, self._data, self._layouts
        ends = [first for _, first in self._heads[1:]] + [len(blocks)]
        found: list[IdBlock] = []
        try:
            for (code, first), last in zip(self._heads, ends, strict=True):
                head = blocks[first]
                is_placeholder = code == _PLACEHOLDER
                record = layouts[head[1]].record(_PLACEHOLDER_FIELDS if is_placeholder else _ID_FIELDS)
                if record.size > head[4]:
                    raise damaged(self.path, "a part of it is shorter than it says")
                name, library, flag, properties = record.read(data, head[3])
                name = name.split(b"\x00", 1)[0] if name else b""
                if len(name) < 3:
                    raise damaged(self.path, "a data-block in it has no name")
                one = IdBlock((name, library, flag, properties), blocks, (first, last))
                one.is_placeholder = is_placeholder
                found.append(one)
        except (DamagedDna, IndexError):
            raise damaged(self.path, "a part of it is of an unknown kind") from None
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
