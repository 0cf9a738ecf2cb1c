"""Read from a binary .fbx what a buyer was promised: faces, UVs, textures, bones, animation, size.

The container is as Blender's own exporter and importer document it: nested records of an end offset, a count
of values, their length and a name; 32-bit numbers before version 7500, 64-bit from it on. Text .fbx files are
read elsewhere. Every length is held against the file; arrays are unpacked up to a limit.
"""

from __future__ import annotations

import struct
import zlib
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ...errors import ImportRefused
from ...model.delivery import ModelFacts

MAGIC = b"Kaydara FBX Binary  \x00"
MAX_BYTES = 1024**3
MAX_ARRAY = 256 * 1024**2
"""Bytes of one array once unpacked; larger ones are not counted."""
MAX_NODES = 2_000_000
_FIXED = {b"Y": 2, b"C": 1, b"I": 4, b"F": 4, b"D": 8, b"L": 8, b"B": 1}
_ARRAYS = {b"f": 4, b"d": 8, b"l": 8, b"i": 4, b"b": 1}
_WANTED = frozenset(
    {
        b"Objects", b"Geometry", b"Texture", b"Video", b"Deformer", b"Model", b"AnimationCurve",
        b"GlobalSettings", b"Properties70", b"Connections",
    }
)  # fmt: skip
"""Records whose inner ones are looked at."""
_NOT_POSITIVE = bytes(range(128))


@dataclass(slots=True)
class _Node:
    name: bytes
    values: tuple[int, int, int]
    """How many there are, where the first one is, and where they end."""
    inner: tuple[int, int]


@dataclass(slots=True)
class _Found:
    polygons: int | None = 0
    vertices: int = 0
    geometries: dict[int, float] = field(default_factory=dict)
    """Id → largest extent in the file's units."""
    scales: dict[int, float] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    with_uvs: int = 0
    textures: dict[str, None] = field(default_factory=dict)
    embedded: dict[str, None] = field(default_factory=dict)
    bones: int = 0
    curves: int = 0
    unit: float = 1.0
    """Centimeters a unit."""


def refuse(message: str) -> ImportRefused:
    """Return the error for a file that cannot be read."""
    return ImportRefused(f"The FBX file cannot be read: {message}", code="host.fbx_refused")


def is_text_fbx(path: Path) -> bool:
    """Say whether a file is not in the binary form; :mod:`.text_look` reads the other. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) != MAGIC


def read_fbx(path: Path, name: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what the file holds, and the pictures it refers to that are not inside it, as it names them.

    Raises ImportRefused for a damaged one, OSError.
    """
    if path.stat().st_size > MAX_BYTES:
        raise refuse("it is too large to be looked into.")
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        raise refuse("it is a text file, and only binary ones are read.")
    try:
        found = _Reader(data).read()
    except (struct.error, IndexError, zlib.error, ValueError, OverflowError):
        raise refuse("it is damaged or was cut off.") from None
    outside = tuple(one for one in found.textures if _key(one) not in found.embedded)
    sizes = [extent * _scale_of(one, found) for one, extent in found.geometries.items()]
    facts = ModelFacts(
        name=name,
        format="fbx",
        polygons=found.polygons,
        vertices=found.vertices,
        textures=tuple(found.textures),
        embedded=len(found.embedded),
        has_uvs=found.with_uvs > 0 if found.geometries else None,
        rigged=found.bones > 0,
        animated=found.curves > 0,
        size_m=max(sizes) * found.unit / 100.0 if sizes else None,
    )
    return facts, outside


def _key(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2].casefold()


def _scale_of(geometry: int, found: _Found) -> float:
    """Multiply the scales of the models that a geometry hangs on, up to the top."""
    scale, at = 1.0, found.parents.get(geometry, 0)
    for _ in range(100):
        if at not in found.scales:
            break
        scale *= found.scales[at]
        at = found.parents.get(at, 0)
    return scale


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        version = struct.unpack_from("<I", data, 23)[0]
        self._head = struct.Struct("<QQQB" if version >= 7500 else "<IIIB")
        self._nodes = 0

    def read(self) -> _Found:
        found = _Found()
        for top in self._records(27, len(self._data)):
            if top.name == b"GlobalSettings":
                for name, numbers in self._properties(top):
                    if name == b"UnitScaleFactor" and numbers and numbers[0] > 0:
                        found.unit = numbers[0]
            elif top.name == b"Objects":
                for one in self._records(*top.inner):
                    self._object(one, found)
            elif top.name == b"Connections":
                for one in self._records(*top.inner):
                    values = list(self._values(one))
                    if len(values) >= 3 and values[0] == b"OO":
                        child, parent = values[1], values[2]
                        if isinstance(child, int) and isinstance(parent, int):
                            found.parents.setdefault(child, parent)
        return found

    def _object(self, node: _Node, found: _Found) -> None:
        values = list(self._values(node))
        number = values[0] if values and isinstance(values[0], int) else 0
        kind = values[2] if len(values) > 2 and isinstance(values[2], bytes) else b""
        match node.name:
            case b"Geometry" if kind == b"Mesh":
                self._geometry(node, number, found)
            case b"Model":
                found.bones += kind == b"LimbNode"
                scale = next((n for name, n in self._properties(node) if name == b"Lcl Scaling"), [])
                found.scales[number] = max((abs(one) for one in scale), default=1.0)
            case b"Deformer":
                found.bones += kind in (b"Skin", b"Cluster")
            case b"AnimationCurve":
                found.curves += 1
            case b"Texture" | b"Video":
                self._picture(node, found)

    def _geometry(self, node: _Node, number: int, found: _Found) -> None:
        extent = 0.0
        for inner in self._records(*node.inner):
            if inner.name == b"Vertices":
                corners = self._array(inner, b"d")
                count = self._length(inner)
                found.vertices += count // 3
                if corners is not None and len(corners) >= 24:
                    numbers = array("d", corners[: len(corners) // 24 * 24])
                    extent = max(max(numbers[axis::3]) - min(numbers[axis::3]) for axis in range(3))
            elif inner.name == b"PolygonVertexIndex":
                # The last corner of each face is written as its complement, and so is negative.
                corners = self._array(inner, b"i")
                if corners is None:
                    found.polygons = None
                elif found.polygons is not None:
                    found.polygons += len(corners[3::4].translate(None, _NOT_POSITIVE))
            elif inner.name == b"LayerElementUV":
                found.with_uvs += 1
        found.geometries[number] = extent if extent < float("inf") else 0.0

    def _picture(self, node: _Node, found: _Found) -> None:
        names: dict[bytes, str] = {}
        has_content = False
        for inner in self._records(*node.inner):
            if inner.name in (b"RelativeFilename", b"FileName", b"Filename"):
                text = next((one for one in self._values(inner) if isinstance(one, bytes)), b"")
                names[inner.name] = text.decode("utf-8", "replace").strip("\x00 ")
            elif inner.name == b"Content":
                has_content = inner.values[2] - inner.values[1] > 16
        name = names.get(b"RelativeFilename") or names.get(b"FileName") or names.get(b"Filename", "")
        if name:
            found.textures.setdefault(name)
            if has_content:
                found.embedded.setdefault(_key(name))

    def _properties(self, node: _Node) -> Iterator[tuple[bytes, list[float]]]:
        """Yield names and numbers of a record's properties."""
        for block in self._records(*node.inner):
            if block.name != b"Properties70":
                continue
            for one in self._records(*block.inner):
                values = list(self._values(one))
                if values and isinstance(values[0], bytes):
                    yield values[0], [float(v) for v in values[4:] if isinstance(v, int | float)]

    def _records(self, at: int, end: int) -> Iterator[_Node]:
        """Yield the records between two places, up to the empty one that ends a list."""
        head = self._head
        while at + head.size <= end:
            stop, count, length, name_length = head.unpack_from(self._data, at)
            if stop == 0:
                return
            start = at + head.size + name_length
            if not (at < start + length <= stop <= end):
                raise ValueError("a record reaches beyond its own")
            self._nodes += 1
            if self._nodes > MAX_NODES:
                raise ValueError("too many records")
            name = self._data[at + head.size : start]
            yield _Node(name=name, values=(count, start, start + length), inner=(start + length, stop))
            at = stop

    def _values(self, node: _Node) -> Iterator[bytes | int | float | None]:
        """Yield a record's values; None for arrays and raw bytes."""
        count, at, end = node.values
        for _ in range(count):
            kind = self._data[at : at + 1]
            at += 1
            if kind in _FIXED:
                piece = self._data[at : at + _FIXED[kind]]
                at += _FIXED[kind]
                if kind in (b"F", b"D"):
                    yield struct.unpack("<f" if kind == b"F" else "<d", piece)[0]
                else:
                    yield int.from_bytes(piece, "little", signed=True)
            elif kind in (b"S", b"R"):
                size = struct.unpack_from("<I", self._data, at)[0]
                text = self._data[at + 4 : at + 4 + min(size, 4096)]
                at += 4 + size
                yield text if kind == b"S" else None
            elif kind in _ARRAYS:
                packed = struct.unpack_from("<III", self._data, at)
                at += 12 + (packed[2] if packed[1] else packed[0] * _ARRAYS[kind])
                yield None
            else:
                raise ValueError("a value of an unknown kind")
            if at > end:
                raise ValueError("a value reaches beyond its record")

    def _length(self, node: _Node) -> int:
        """Return how many elements an array says it has."""
        _, at, end = node.values
        return int(struct.unpack_from("<I", self._data, at + 1)[0]) if end - at >= 13 else 0

    def _array(self, node: _Node, kind: bytes) -> bytes | None:
        """Return the bytes of a record's array; None for one that is too large or of another kind."""
        _, at, end = node.values
        if end - at < 13 or self._data[at : at + 1] != kind:
            return None
        length, encoding, packed = struct.unpack_from("<III", self._data, at + 1)
        size = length * _ARRAYS[kind]
        if size > MAX_ARRAY:
            return None
        body = self._data[at + 13 : min(end, at + 13 + (packed if encoding else size))]
        if encoding:
            body = zlib.decompressobj().decompress(body, size) if size else b""
        if len(body) < size:
            raise ValueError("an array is shorter than it says")
        return body
