"""The layout of the structs in a .blend file ("DNA"): where fields are, and which of them are pointers.

blender-asset-tracer decodes it, after the counts that it would follow blindly were checked. The files of one
Blender version share one description of a hundred kilobytes, so what was decoded is kept.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from pathlib import Path
from typing import IO, Any

from ...errors import UserInputError

MAX_DNA_SIZE = 16 * 1024**2
KEPT = 8
"""Descriptions that are kept: one a Blender version."""
_FIELD_NAME = re.compile(rb"\**[A-Za-z_]\w*(\[\d{1,6}\])*|\(\*[A-Za-z_]\w*\)\([^\[\]]*\)")
_HEADER = b"BLENDER-v400"
_BLOCK = struct.Struct("<4siQii")
NO_HEADER = struct.Struct("<")
_END = b"ENDB" + b"\x00" * 20


class DamagedDna(ValueError):
    """The description cannot be believed."""


Field = tuple[str, bytes, *tuple[bytes, ...]]
"""A letter as in the struct module, and a field's path; "s" is for text, of the length that it has."""


class Record:
    """Some fields of a struct, read at once.

    ``size`` is how many bytes they reach into it. ``read`` takes the data and where the struct begins in it,
    or the header before it. It returns the fields in the order in which they were asked for, 0 for those that
    are not there, and raises struct.error when the data ends before.
    """

    __slots__ = ("read", "size")

    read: Callable[[Any, int], tuple[Any, ...]]

    def __init__(self, layout: Layout, fields: tuple[Field, ...], header: struct.Struct = NO_HEADER) -> None:
        there = sorted(
            (at, f"{layout.width(*names)}s" if code == "s" else code, number)
            for number, (code, *names) in enumerate(fields)
            if (at := layout.offset(*names)) is not None
        )
        parts, end = [header.format], 0
        before = len(header.unpack(bytes(header.size)))
        order = dict.fromkeys(range(before + len(fields)), before + len(there))
        order.update((number, number) for number in range(before))
        for index, (at, code, number) in enumerate(there):
            if at < end:
                raise DamagedDna
            parts.append(f"{at - end}x{code}")
            end = at + struct.calcsize(f"<{code}")
            order[before + number] = before + index
        reader = struct.Struct("".join(parts))
        self.size = reader.size - header.size
        if list(order.values()) == list(order):
            self.read = reader.unpack_from
        else:
            unpack, pick = reader.unpack_from, itemgetter(*order.values())
            self.read = lambda data, at: pick((*unpack(data, at), 0))


class Layout:
    """The layout of one struct. Fields are named by their path: ``(b"id", b"name")``."""

    __slots__ = ("_offsets", "_records", "index", "name", "size", "struct")

    def __init__(self, index: int, struct_: Any) -> None:
        self.index = index
        self.struct = struct_
        """BAT's ``dna.Struct``."""
        self.name: bytes = struct_.dna_type_id
        self.size = int(struct_.size)
        """In bytes."""
        self._offsets: dict[tuple[bytes, ...], int | None] = {}
        self._records: dict[int, tuple[tuple[Field, ...], Record]] = {}

    def offset(self, *names: bytes) -> int | None:
        """Return where a field is; None when this version of Blender has no such field."""
        try:
            return self._offsets[names]
        except KeyError:
            pass
        try:
            found: int | None = int(self.struct.field_from_path(8, names)[1])
        except (KeyError, TypeError, AttributeError):
            found = None
        self._offsets[names] = found
        return found

    def width(self, *names: bytes) -> int:
        """Return how many bytes a field has that is there."""
        return int(self.struct.field_from_path(8, names)[0].size)

    def record(self, fields: tuple[Field, ...]) -> Record:
        """Return what reads some fields (two or more) at once. Raises DamagedDna when they overlap."""
        # By identity, since hashing a tuple of tuples takes longer than the reading; it is kept beside.
        known = self._records.get(id(fields))
        if known is None:
            known = self._records[id(fields)] = (fields, Record(self, fields))
        return known[1]


class Dna:
    """All layouts of a file, by the index that its blocks name."""

    def __init__(self, structs: list[Any]) -> None:
        self.layouts = [Layout(index, one) for index, one in enumerate(structs)]
        self.memo: dict[Any, Any] = {}
        """For what others work out of the layouts alone."""


class _Key:
    """A description as a key: all of it is compared, and little of it hashed, since hashing is slow."""

    __slots__ = ("_hash", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._hash = hash((len(data), data[:: max(1, len(data) // 1000)]))

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.data == other.data


def read_dna(data: bytes) -> Dna:
    """Decode a description; raise DamagedDna, or UserInputError when the package for it is missing."""
    return _read_dna(_Key(data))


@lru_cache(maxsize=KEPT)
def _read_dna(key: _Key) -> Dna:
    data = key.data
    if not _is_sane(data):
        raise DamagedDna
    try:
        from blender_asset_tracer import blendfile
    except ImportError as error:
        raise UserInputError(
            "Reading a .blend file without Blender needs one more package: pip install clearance[scan], "
            "or use: blender --command clearance report.",
            code="scene.no_reader",
        ) from error

    small_file = io.BytesIO(_HEADER + _BLOCK.pack(b"DNA1", len(data), 0, 0, 1) + data + _END)

    class LayoutOnly(blendfile.BlendFile):
        """A file of nothing but the header and the layouts: BAT is given no more to believe."""

        def _open_file(self, path: Path, mode: str) -> IO[bytes]:  # noqa: ARG002 - BAT's signature
            self.filepath = self.raw_filepath = path
            self.is_compressed = False
            return small_file

    try:
        return Dna(list(LayoutOnly(Path("dna.blend")).structs))
    except Exception as error:
        # BAT raises whatever damaged bytes lead it into: KeyError, struct.error, UnicodeDecodeError ...
        raise DamagedDna from error


def _is_sane(data: bytes) -> bool:
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
