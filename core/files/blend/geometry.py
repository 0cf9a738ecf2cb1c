"""Read meshes and pictures out of a .blend file without Blender, to recognize them. Nothing is run.

Positions and faces are where 2.80 to 5.2 keep them: in structs of their own up to 3.x (``MVert``, ``MLoop``,
``MPoly``), in CustomData layers up to 4.5, in an AttributeStorage from 5.0 on; where faces begin is an array
of its own since 3.6. Read from files that Blender 4.2.23, 4.5.15 and 5.2.3 wrote, and from the structs' own
names in older ones.
"""

from __future__ import annotations

import os
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ...model.mesh import MeshArrays
from ...stamp_format import PARTS_PROPERTY, read_count
from ..models.mesh_parts import MAX_CORNERS
from .bytes import damaged
from .chain import Block
from .file import BlendFile, Piece
from .ids import IdBlock
from .mesh import read_property
from .scene import absolute

_FORMS = {"f": (7, 48, 3), "i": (3, 11, 1), "2i": (4, 46, 2)}
"""Kinds of attributes: the number in an AttributeStorage, that of a CustomData layer, numbers in each."""
_STORED_ARRAY = 0
_GENERATED = 4
"""``Image.source`` of one that Blender makes itself."""
_MAX_INT = 2**31 - 1
"""The largest number that a custom property keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlendImage:
    """A picture of a .blend: its encoded bytes where it is packed, else the path that it is at."""

    name: str
    data: bytes | None
    path: str


def read_meshes(path: Path) -> Iterator[tuple[str, MeshArrays | None]]:
    """Yield every local mesh with its name; None for one that is kept in a way that is not known here.

    Raises UserInputError for what is no .blend, or damaged.
    """
    with _opened(path) as file:
        for block in file.ids:
            if block.name[:2] == b"ME" and not block.library and not block.is_placeholder:
                try:
                    yield _name(block), read_mesh(file, block)
                except (struct.error, LookupError, ValueError, OverflowError) as error:
                    raise damaged(path, "it is damaged") from error


def read_images(path: Path) -> Iterator[BlendImage]:
    """Yield every local picture that is packed or a file; raise as :func:`read_meshes` does."""
    with _opened(path) as file:
        for block in file.ids:
            if block.name[:2] == b"IM" and not block.library and not block.is_placeholder:
                try:
                    yield _read_image(file, block)
                except (struct.error, LookupError, ValueError, OverflowError) as error:
                    raise damaged(path, "it is damaged") from error


def _opened(path: Path) -> BlendFile:
    try:
        return BlendFile(path)
    except (struct.error, LookupError, ValueError, OverflowError, RecursionError) as error:
        raise damaged(path, "it is damaged") from error


def _name(block: IdBlock) -> str:
    return block.name[2:].decode("utf-8", "replace")


def read_mesh(file: BlendFile, mesh: IdBlock) -> MeshArrays | None:
    """Return a mesh's positions and faces; None where they are kept in a way that is not known here."""
    piece = file.piece(mesh.head)
    vertices, corners, faces = (piece.number(name) for name in (b"totvert", b"totloop", b"totpoly"))
    if min(vertices, corners, faces) < 0 or corners > MAX_CORNERS:
        return None
    columns = _Columns(file, mesh)
    positions = columns.find(b"vdata", b"position", vertices, "f")
    if positions is None:
        positions = columns.old(b"mvert", b"co", "3f", vertices)
    around = columns.find(b"ldata", b".corner_vert", corners, "i")
    if around is None:
        around = columns.old(b"mloop", b"v", "I", corners)
    sizes = _read_sizes(file, mesh, faces)
    if sizes is None:
        sizes = columns.old(b"mpoly", b"totloop", "i", faces)
    if positions is None or around is None or sizes is None:
        return None
    return MeshArrays(positions=positions, corners=around, sizes=sizes)


def count_loose(file: BlendFile, mesh: IdBlock) -> int | None:
    """Count a mesh's edges without a face and points without an edge; None where that is not known here."""
    piece = file.piece(mesh.head)
    points, edges, corners = (piece.number(name) for name in (b"totvert", b"totedge", b"totloop"))
    if min(points, edges, corners) < 0 or corners > MAX_CORNERS:
        return None
    columns = _Columns(file, mesh)
    of_corners = columns.find(b"ldata", b".corner_edge", corners, "i")
    if of_corners is None:
        of_corners = columns.old(b"mloop", b"e", "I", corners)
    of_edges = columns.find(b"edata", b".edge_verts", edges, "2i")
    ends = [of_edges]
    if of_edges is None:
        ends = [columns.old(b"medge", end, "I", edges) for end in (b"v1", b"v2")]
    if of_corners is None or None in ends:
        return None
    used = set().union(*(one for one in ends if one is not None))
    return edges - len(set(of_corners)) + points - len(used)


def _read_sizes(file: BlendFile, mesh: IdBlock, faces: int) -> array[Any] | None:
    """Return how many corners each face has, from the array of first corners."""
    if faces == 0:
        return array("i")
    block = mesh.part(file.piece(mesh.head).pointer(b"poly_offset_indices"))
    starts = _cut(file, block, faces + 1, "i")
    return None if starts is None else array("i", [after - before for before, after in pairwise(starts)])


def _cut(file: BlendFile, block: Block | None, count: int, code: str) -> array[Any] | None:
    """Return the first numbers in a block; None when there is no block or too little in it."""
    if block is None or block.size < 4 * count:
        return None
    return array(code, file.data(block)[: 4 * count])


class _Columns:
    """Looks for one mesh's attributes, by any of the ways in which they were ever kept."""

    def __init__(self, file: BlendFile, mesh: IdBlock) -> None:
        self._file, self._mesh = file, mesh
        self._piece = file.piece(mesh.head)

    def find(self, layers: bytes, name: bytes, count: int, code: str) -> array[Any] | None:
        """Return an attribute: out of the AttributeStorage, or out of a CustomData layer."""
        if count == 0:
            return array(code[-1])
        of_storage, of_layers, width = _FORMS[code]
        block = self._stored(name, of_storage) or self._layer(layers, name, of_layers)
        return _cut(self._file, block, count * width, code[-1])

    def _stored(self, name: bytes, kind: int) -> Block | None:
        file, mesh = self._file, self._mesh
        block = mesh.part(self._piece.pointer(b"attribute_storage", b"dna_attributes"))
        for index in range(block.length if block is not None else 0):
            attribute = file.piece(block, index) if block is not None else None
            label = mesh.part(attribute.pointer(b"name")) if attribute is not None else None
            if attribute is None or label is None or file.data(label).split(b"\x00", 1)[0] != name:
                continue
            where = mesh.part(attribute.pointer(b"data"))
            is_known = (
                where is not None
                and attribute.number(b"data_type", code="h") == kind
                and attribute.number(b"storage_type", code="b") == _STORED_ARRAY
            )
            if where is None or not is_known or file.piece(where).number(b"is_single", code="b") == 1:
                return None
            return mesh.part(file.piece(where).pointer(b"data"))
        return None

    def _layer(self, layers: bytes, name: bytes, kind: int) -> Block | None:
        block = self._mesh.part(self._piece.pointer(layers, b"layers"))
        if block is None:
            return None
        for index in range(block.length):
            layer = self._file.piece(block, index)
            if layer.text(b"name", size=68) == name and layer.number(b"type") == kind:
                return self._mesh.part(layer.pointer(b"data"))
        return None

    def old(self, pointer: bytes, field: bytes, form: str, count: int) -> array[Any] | None:
        """Return one field of an array of structs, as it was kept up to 3.x."""
        block = self._mesh.part(self._piece.pointer(pointer))
        if block is None:
            return None
        layout = self._file.struct(block)
        at = layout.offset(field)
        if at is None or block.size < layout.size * count:
            return None
        rest = layout.size - at - struct.calcsize(f"<{form}")
        data = self._file.data(block)[: layout.size * count]
        rows = struct.Struct(f"<{at}x{form}{rest}x").iter_unpack(data)
        return array("f" if form == "3f" else "i", [value for row in rows for value in row])


def _read_image(file: BlendFile, image: IdBlock) -> BlendImage:
    piece = file.piece(image.head)
    path = piece.text(b"name", size=1024) or piece.text(b"filepath", size=1024)
    return BlendImage(name=_name(image), data=_packed(file, image), path=path.decode("utf-8", "replace"))


def shows_new(file: BlendFile, image: IdBlock) -> bool:
    """Say whether a picture has another number of bytes than when it was declared, packed or as a file.

    No where that was not noted, or its file is not there.
    """
    noted = read_count(read_property(file, image, PARTS_PROPERTY))
    if noted is None:
        return False
    size = _size_of(file, image)
    return size is not None and min(size, _MAX_INT) != noted


def _size_of(file: BlendFile, image: IdBlock) -> int | None:
    piece = file.piece(image.head)
    packed = [file.piece(one.block).pointer(b"packedfile") for one in _chain(file, image, piece)]
    heads = [image.part(address) for address in packed or [piece.pointer(b"packedfile")]]
    sizes = [max(file.piece(head).number(b"size"), 0) for head in heads if head is not None]
    if sizes:
        return sum(sizes)
    path = piece.text(b"name", size=1024) or piece.text(b"filepath", size=1024)
    if piece.number(b"source", code="h") == _GENERATED or not path:
        return 0
    try:
        return absolute(os.fsdecode(path), file.path).stat().st_size
    except (OSError, ValueError):
        return None


def _chain(file: BlendFile, image: IdBlock, piece: Piece) -> Iterator[Piece]:
    """Yield the entries of a picture's list of packed files."""
    seen: set[int] = set()
    at = piece.pointer(b"packedfiles", b"first")
    while at not in seen and (block := image.part(at)) is not None:
        seen.add(at)
        entry = file.piece(block)
        yield entry
        at = entry.pointer(b"next")


def _packed(file: BlendFile, image: IdBlock) -> bytes | None:
    """Return the bytes that a picture was packed as: the first, where each tile has its own."""
    piece = file.piece(image.head)
    first = image.part(piece.pointer(b"packedfiles", b"first"))
    head = image.part(
        file.piece(first).pointer(b"packedfile") if first is not None else piece.pointer(b"packedfile")
    )
    if head is None:
        return None
    packed = file.piece(head)
    size, where = packed.number(b"size"), image.part(packed.pointer(b"data"))
    if where is None or not 0 < size <= where.size:
        return None
    return file.data(where)[:size]
