"""Open a .blend file without Blender: its data-blocks, their raw data, the layout of their structs.

blender-asset-tracer reads the header and the layout ("DNA"); everything that it would believe of a damaged or
hostile file is checked before. Files are only read, and never run anything.
"""

from __future__ import annotations

import io
import mmap
import os
import re
import struct
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from ..errors import UserInputError
from . import zstd
from .detect import ZSTD_MAGIC
from .disk import CHUNK, explain_disk_errors

NEWEST_MAJOR = 5
"""Files of later major versions may keep licenses where this reader does not look; they are not read."""
MAX_PLAIN_SIZE = 64 * 1024**3
MAX_BLOCKS = 20_000_000
MAX_DNA_SIZE = 16 * 1024**2
_HEADER = re.compile(rb"BLENDER(?:([-_])([vV])(\d{3})|(\d\d)-(\d\d)([vV])(\d{4}))")
_FIELD_NAME = re.compile(rb"\**[A-Za-z_]\w*(\[\d{1,6}\])*|\(\*[A-Za-z_]\w*\)\([^\[\]]*\)")
_SMALL_BLOCK = struct.Struct("<4siQii")  # code, size, old address, struct, count
_LARGE_BLOCK = struct.Struct("<4siQqq")  # code, struct, old address, size, count: since 5.0


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of the file: ``count`` structs of one kind, or raw bytes."""

    code: bytes
    address: int
    struct_index: int
    count: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class IdBlock:
    """A data-block: its own struct and the pieces that belong to it (they follow it in the file)."""

    head: Block
    name: bytes
    """With the two-letter code in front, as ``OBCube``."""
    library: int
    """Address of the library that it is linked from; 0 for a local one."""
    is_placeholder: bool
    """Only a name: the data-block itself is in the library's file."""
    parts: dict[int, Block] = field(default_factory=dict)


def damaged(path: Path, why: str) -> UserInputError:
    """Return the error for a file that cannot be read as a .blend."""
    return UserInputError(
        f"{path.name} cannot be read: {why}.", code="scene.damaged", context={"file": path.name, "why": why}
    )


class BlendFile:
    """An open file. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._plain = _Plain(path)
        self._map = self._plain.data
        try:
            self.version = _check_header(path, self._map)
            self._dna = _read_dna(path, self._map, self._walk())
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

    def data(self, block: Block) -> bytes:
        """Return a block's bytes."""
        return self._map[block.offset : block.offset + block.size]

    def struct(self, block: Block) -> Any:
        """Return the layout of a block's structs (BAT's ``dna.Struct``)."""
        if not 0 <= block.struct_index < len(self._dna):
            raise damaged(self.path, "a part of it is of an unknown kind")
        return self._dna[block.struct_index]

    def struct_named(self, name: bytes) -> Any:
        """Return a layout by its name, or None."""
        return next((one for one in self._dna if one.dna_type_id == name), None)

    def offset_of(self, layout: Any, *names: bytes) -> int | None:
        """Return where a field is in a struct; None when this version of Blender has no such field."""
        try:
            return int(layout.field_from_path(8, names)[1])
        except (KeyError, TypeError, AttributeError):
            return None

    def number(self, layout: Any, data: bytes, *names: bytes, code: str = "i", at: int = 0) -> int | None:
        """Read an integer field (``code`` as in the struct module); None when there is no such field."""
        offset = self.offset_of(layout, *names)
        if offset is None:
            return None
        try:
            return int(struct.unpack_from(f"<{code}", data, at + offset)[0])
        except struct.error:
            raise damaged(self.path, "a part of it is shorter than it says") from None

    def pointer(self, layout: Any, data: bytes, *names: bytes, at: int = 0) -> int:
        """Read a pointer field; 0 when there is no such field."""
        return self.number(layout, data, *names, code="Q", at=at) or 0

    def text(self, layout: Any, data: bytes, *names: bytes, size: int) -> bytes:
        """Read a character field up to its NUL; empty when there is no such field."""
        offset = self.offset_of(layout, *names)
        return b"" if offset is None else data[offset : offset + size].split(b"\x00", 1)[0]

    def _walk(self) -> Iterator[Block]:
        """Yield every block, each held against the file's real size."""
        is_large = self._map[7:8] not in (b"-", b"_")
        header, at = (_LARGE_BLOCK, 17) if is_large else (_SMALL_BLOCK, 12)
        for _ in range(MAX_BLOCKS):
            if at + header.size > len(self._map):
                break
            code, second, address, fourth, count = header.unpack_from(self._map, at)
            size, struct_index = (fourth, second) if is_large else (second, fourth)
            if code == b"ENDB":
                return
            at += header.size
            if size < 0 or count < 0 or at + size > len(self._map):
                break
            yield Block(code.rstrip(b"\x00"), address, struct_index, count, at, size)
            at += size
        raise damaged(self.path, "it is damaged or was cut off")

    def _collect(self) -> list[IdBlock]:
        found: list[IdBlock] = []
        current: IdBlock | None = None
        for block in self._walk():
            if block.code == b"DATA":
                if current is not None:
                    current.parts.setdefault(block.address, block)
                continue
            current = None
            if len(block.code) == 2:
                current = self._id_block(block)
                found.append(current)
        return found

    def _id_block(self, block: Block) -> IdBlock:
        layout, data = self.struct(block), self.data(block)
        is_placeholder = block.code == b"ID"
        inside: tuple[bytes, ...] = () if is_placeholder else (b"id",)
        name = self.text(layout, data, *inside, b"name", size=258)
        if len(name) < 3:
            raise damaged(self.path, "a data-block in it has no name")
        library = self.pointer(layout, data, *inside, b"lib")
        return IdBlock(block, name, library, is_placeholder)


class _Plain:
    """The bytes of a .blend, unpacked into a temporary file when it was compressed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary: Path | None = None
        self._file: IO[bytes] | None = None
        with explain_disk_errors(f"read {path.name}"), path.open("rb") as source:
            head = source.read(4)
            source.seek(0)
            is_gzip = head[:2] == b"\x1f\x8b"
            try:
                if is_gzip or head == ZSTD_MAGIC or head[1:] == b"\x2a\x4d\x18":
                    self._unpack(source, is_gzip=is_gzip)
                self._file = self.path.open("rb")
                if self._file.seek(0, 2) < 32:
                    raise damaged(path, "it is not a .blend file")
                self.data = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            except BaseException:
                self._forget()
                raise

    def close(self) -> None:
        self.data.close()
        self._forget()

    def _forget(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)

    def _unpack(self, source: IO[bytes], *, is_gzip: bool) -> None:
        path = self.path
        if not is_gzip and not zstd.available():
            raise UserInputError(
                f"{path.name} is compressed, and the Python module zstandard is missing: "
                "pip install clearance[scan], or use: blender --command clearance report.",
                code="scene.no_zstandard",
            )
        number, name = tempfile.mkstemp(prefix="clearance-", suffix=".blend")
        self._temporary = self.path = Path(name)
        size = 0
        with os.fdopen(number, "wb") as plain:
            try:
                for piece in _gunzip(source) if is_gzip else zstd.stream(source, chunk=CHUNK):
                    if size == 0 and not piece.startswith(b"BLENDER"):
                        raise damaged(path, "it is not a .blend file")
                    size += len(piece)
                    if size > MAX_PLAIN_SIZE:
                        raise damaged(path, "it would unpack to more than 64 GB")
                    plain.write(piece)
            except (ValueError, EOFError, zlib.error):
                raise damaged(path, "it is damaged or was cut off") from None


def _gunzip(source: IO[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    while chunk := source.read(CHUNK):
        waiting = chunk
        while waiting:
            yield unpacker.decompress(waiting, CHUNK)
            waiting = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise EOFError


def _check_header(path: Path, data: mmap.mmap) -> tuple[int, int]:
    match = _HEADER.match(data[:17])
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


def _read_dna(path: Path, data: mmap.mmap, blocks: Iterator[Block]) -> list[Any]:
    """Have BAT read the struct layouts, after the counts that it would follow blindly were checked."""
    found = [block for block in blocks if block.code == b"DNA1"]
    if len(found) != 1 or not _is_sane_dna(data[found[0].offset : found[0].offset + found[0].size]):
        raise damaged(path, "the description of its structure is missing or damaged")
    try:
        from blender_asset_tracer import blendfile
    except ImportError as error:
        raise UserInputError(
            "Reading a .blend file without Blender needs one more package: pip install clearance[scan], "
            "or use: blender --command clearance report.",
            code="scene.no_reader",
        ) from error

    is_large = data[7:8] not in (b"-", b"_")
    block_size = (_LARGE_BLOCK if is_large else _SMALL_BLOCK).size
    block = data[found[0].offset - block_size : found[0].offset + found[0].size]
    small_file = io.BytesIO(data[: 17 if is_large else 12] + block + b"ENDB" + b"\x00" * block_size)

    class LayoutOnly(blendfile.BlendFile):
        """A file of nothing but the header and the layouts: BAT is given no more to believe."""

        def _open_file(self, path: Path, mode: str) -> IO[bytes]:  # noqa: ARG002 - BAT's signature
            self.filepath = self.raw_filepath = path
            self.is_compressed = False
            return small_file

    try:
        return list(LayoutOnly(path).structs)
    except Exception as error:
        # BAT raises whatever damaged bytes lead it into: KeyError, struct.error, UnicodeDecodeError ...
        raise damaged(path, "the description of its structure is damaged") from error


def _is_sane_dna(data: bytes) -> bool:
    """Walk the sections of a DNA block: each count has to fit into what is there."""
    if len(data) > MAX_DNA_SIZE or data[:8] != b"SDNANAME":
        return False
    try:
        names, at = _read_texts(data, 8)
        if not all(_FIELD_NAME.fullmatch(name) for name in names):
            return False  # BAT would look for the end of "[" for ever
        if data[at : at + 4] != b"TYPE":
            return False
        types = struct.unpack_from("<I", data, at + 4)[0]
        _types, at = _read_texts(data, at + 4)
        if data[at : at + 4] != b"TLEN":
            return False
        at = (at + 4 + 2 * types + 3) & ~3
        if data[at : at + 4] != b"STRC":
            return False
        count = struct.unpack_from("<I", data, at + 4)[0]
        at += 8
        for _ in range(count):
            fields = struct.unpack_from("<HH", data, at)[1]
            at += 4 + 4 * fields
    except (struct.error, ValueError):
        return False
    return bool(at <= len(data))


def _read_texts(data: bytes, at: int) -> tuple[list[bytes], int]:
    count = struct.unpack_from("<I", data, at)[0]
    at += 4
    if count > len(data):
        raise ValueError(count)
    found: list[bytes] = []
    for _ in range(count):
        end = data.index(b"\x00", at)
        found.append(data[at:end])
        at = end + 1
    return found, (at + 3) & ~3
