"""Read the meshes and pictures out of a checked glTF file, as they are: no importer, no rendering.

Positions are those of the mesh itself, not of the nodes that place it. What is compressed (Draco, meshopt) or
changed by sparse accessors is named, not read.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...model.mesh import MeshArrays
from .gltf import GltfDocument, items, open_gltf
from .gltf_data import COMPONENTS, Buffers, is_count
from .mesh_parts import Matrix, MeshPart, Pieces, multiply

_CODES = {5120: "b", 5121: "B", 5122: "h", 5123: "H", 5125: "I", 5126: "f"}
_TRIANGLES, _STRIP, _FAN = 4, 5, 6
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def read_gltf(path: Path) -> Pieces:
    """Read a file; raise ImportRefused for what is unsafe or damaged, OSError when it cannot be read."""
    document, buffers = open_gltf(path)
    reader = _Reader(document, buffers)
    pieces = Pieces()
    for index, mesh in enumerate(items(document.root, "meshes")):
        name = _name(mesh, f"mesh {index}")
        arrays = [one for one in (reader.primitive(each) for each in _primitives(mesh)) if one is not None]
        pieces.meshes.append(MeshPart(name=name, pieces=tuple(arrays), places=tuple(reader.places(index))))
    if reader.unread:
        pieces.notes.append(
            f"{path.name}: {reader.unread} parts of meshes are compressed; Blender has to read them."
        )
    for index, image in enumerate(items(document.root, "images")):
        data = document.image_bytes(image, buffers)
        if data is not None:
            pieces.images.append((_name(image, f"image {index}"), data))
    return pieces


def _name(item: dict[str, Any], otherwise: str) -> str:
    name = item.get("name")
    return name if isinstance(name, str) and name else otherwise


def _primitives(mesh: dict[str, Any]) -> list[dict[str, Any]]:
    found = mesh.get("primitives")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


@dataclass(slots=True)
class _Place:
    node: int
    matrix: Matrix


class _Reader:
    """Reads accessors of one file, and where its nodes put meshes."""

    def __init__(self, document: GltfDocument, buffers: Buffers) -> None:
        self._root = document.root
        self._buffers = buffers
        self._accessors = items(document.root, "accessors")
        self._places: dict[int, list[Matrix]] = {}
        self.unread = 0
        for place in self._walk():
            mesh = items(self._root, "nodes")[place.node].get("mesh")
            if is_count(mesh):
                self._places.setdefault(mesh, []).append(place.matrix)

    def places(self, mesh: int) -> list[Matrix]:
        """Return where nodes put a mesh."""
        return self._places.get(mesh, [])

    def primitive(self, primitive: dict[str, Any]) -> MeshArrays | None:
        """Return one primitive's triangles; None for points, lines, and what cannot be read here."""
        attributes = primitive.get("attributes")
        mode = primitive.get("mode", _TRIANGLES)
        if mode not in (_TRIANGLES, _STRIP, _FAN) or not isinstance(attributes, dict):
            return None
        positions = self._read(attributes.get("POSITION"), 3)
        if positions is None:
            self.unread += 1
            return None
        indices = primitive.get("indices")
        corners: Any = range(len(positions) // 3) if indices is None else self._read(indices, 1)
        if corners is None:
            self.unread += 1
            return None
        triangles = array("q", _as_triangles(corners, mode))
        return MeshArrays(
            positions=array("f", positions), corners=triangles, sizes=array("i", [3]) * (len(triangles) // 3)
        )

    def _read(self, index: Any, width: int) -> array[Any] | None:
        """Return an accessor's numbers; None where they are not plainly there."""
        if not is_count(index) or index >= len(self._accessors):
            return None
        accessor = self._accessors[index]
        code = _CODES.get(accessor.get("componentType", 0))
        if code is None or COMPONENTS.get(accessor.get("type", ""), 0) != width or "sparse" in accessor:
            return None
        view = self._buffers.view(accessor.get("bufferView"))
        data = self._buffers.view_bytes(accessor.get("bufferView"))
        if view is None or data is None or "extensions" in view:
            return None
        count, start = accessor["count"], accessor.get("byteOffset", 0)
        size = struct.calcsize(code) * width
        stride = view.get("byteStride") or size
        if stride == size:
            raw = bytes(data[start : start + size * count])
        else:
            raw = b"".join(bytes(data[at : at + size]) for at in range(start, start + stride * count, stride))
        values = array(code)
        values.frombytes(raw[: len(raw) - len(raw) % values.itemsize])
        return values if len(values) == count * width else None

    def _walk(self) -> Iterator[_Place]:
        """Yield every node with where it is in the scene; a checked file has no circles."""
        nodes = items(self._root, "nodes")
        children = {child for node in nodes for child in node.get("children", ())}
        waiting = [_Place(index, _IDENTITY) for index in range(len(nodes)) if index not in children]
        while waiting:
            above = waiting.pop()
            here = _Place(above.node, multiply(above.matrix, _local(nodes[above.node])))
            yield here
            waiting += [_Place(child, here.matrix) for child in nodes[above.node].get("children", ())]


def _as_triangles(corners: Any, mode: int) -> Iterator[int]:
    if mode == _TRIANGLES:
        yield from corners[: len(corners) - len(corners) % 3]
        return
    for number in range(len(corners) - 2):
        first = corners[0] if mode == _FAN else corners[number]
        yield from (first, corners[number + 1], corners[number + 2])


def _local(node: dict[str, Any]) -> Matrix:
    """Return a node's own transformation; what is no numbers counts as none."""
    matrix = _numbers(node.get("matrix"), 16)
    if matrix is not None:
        # Columns one after another, as glTF writes them.
        a, b, c, _, d, e, f, _, g, h, i, _, x, y, z, _ = matrix
        return a, d, g, b, e, h, c, f, i, x, y, z
    x, y, z = _numbers(node.get("translation"), 3) or (0.0, 0.0, 0.0)
    i, j, k, w = _numbers(node.get("rotation"), 4) or (0.0, 0.0, 0.0, 1.0)
    s, t, u = _numbers(node.get("scale"), 3) or (1.0, 1.0, 1.0)
    return (
        (1 - 2 * (j * j + k * k)) * s, 2 * (i * j - k * w) * t, 2 * (i * k + j * w) * u,
        2 * (i * j + k * w) * s, (1 - 2 * (i * i + k * k)) * t, 2 * (j * k - i * w) * u,
        2 * (i * k - j * w) * s, 2 * (j * k + i * w) * t, (1 - 2 * (i * i + j * j)) * u,
        x, y, z,
    )  # fmt: skip


def _numbers(value: Any, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    return [float(one) for one in value] if all(isinstance(one, int | float) for one in value) else None
