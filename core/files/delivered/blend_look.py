"""Read from a .blend file what a buyer was promised, without Blender and without running anything in it.

Numbers of the enumerations are Blender's own (4.2 to 5.2): UV maps are corner attributes of two floats, kept
as CustomData layers up to 4.5 and in an AttributeStorage from 5.0 on.
"""

from __future__ import annotations

import math
import struct
from pathlib import Path

from ...model.delivery import ModelFacts
from ..blend.file import BlendFile, Piece
from ..blend.geometry import read_mesh
from ..blend.ids import IdBlock

_CD_UV = frozenset({16, 49})
"""``CD_MLOOPUV`` of old files, ``CD_PROP_FLOAT2``."""
_ATTR_FLOAT2, _ATTR_CORNER = 6, 3
_FROM_FILE = frozenset({1, 2, 3, 6})
"""``Image.source``: a file, a sequence, a movie, tiles."""
_MAX_PATH = 1024


def read_blend(path: Path, name: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what the file holds, and the pictures it refers to that are not packed into it.

    Raises UserInputError for a damaged one, a newer one, or where the package for reading it is missing.
    """
    polygons = vertices = 0
    with_uvs = meshes = packed = 0
    kinds: set[bytes] = set()
    outside: dict[str, None] = {}
    extents: dict[int, float | None] = {}
    scales: dict[int, float] = {}
    unit = 1.0
    with BlendFile(path) as file:
        for one in file.ids:
            if one.is_placeholder:
                continue
            code = one.name[:2]
            kinds.add(code)
            if code == b"ME":
                piece = file.piece(one.head)
                meshes += 1
                polygons += max(piece.number(b"totpoly"), 0)
                vertices += max(piece.number(b"totvert"), 0)
                with_uvs += _has_uvs(file, one)
                extents[one.head.address] = _extent(file, one)
            elif code == b"OB":
                thing = file.piece(one.head)
                name_of_scale = b"size" if thing.has(b"size") else b"scale"
                data = thing.pointer(b"data")
                scales[data] = max(scales.get(data, 0.0), abs(_float(thing, name_of_scale)))
            elif code == b"SC":
                unit = _float(file.piece(one.head), b"unit", b"scale_length") or unit
            elif code == b"IM":
                image = file.piece(one.head)
                if image.number(b"source", code="h") not in _FROM_FILE:
                    continue
                if image.pointer(b"packedfiles", b"first") or image.pointer(b"packedfile"):
                    packed += 1
                    continue
                names = (image.text(field, size=_MAX_PATH) for field in (b"filepath", b"name"))
                text = next((one for one in names if one), b"").decode("utf-8", "replace")
                if text:
                    outside.setdefault(text)
    sizes = [extent * scales.get(at, 1.0) for at, extent in extents.items() if extent is not None]
    facts = ModelFacts(
        name=name,
        format="blend",
        polygons=polygons if meshes else None,
        vertices=vertices if meshes else None,
        textures=tuple(outside),
        embedded=packed,
        has_uvs=with_uvs > 0 if meshes else None,
        rigged=b"AR" in kinds,
        animated=b"AC" in kinds,
        size_m=max(sizes) * unit if sizes else None,
    )
    return facts, facts.textures


def _float(piece: Piece, *names: bytes) -> float:
    """Read the first number of a field of floats; 0 where there is none, or no number."""
    value: float = struct.unpack("<f", piece.number(*names, code="I").to_bytes(4, "little"))[0]
    return value if math.isfinite(value) else 0.0


def _extent(file: BlendFile, mesh: IdBlock) -> float | None:
    """Return the largest extent of a mesh before its object's scale; None when it cannot be told."""
    found = read_mesh(file, mesh)
    if found is None or not found.positions:
        return None
    extent = max(max(found.positions[axis::3]) - min(found.positions[axis::3]) for axis in range(3))
    return extent if math.isfinite(extent) else None


def _has_uvs(file: BlendFile, mesh: IdBlock) -> bool:
    piece = file.piece(mesh.head)
    layers = mesh.parts.get(piece.pointer(b"ldata", b"layers"))
    if layers is not None:
        for index in range(layers.length):
            layer = file.piece(layers, index)
            if layer.has(b"type") and layer.number(b"type") in _CD_UV:
                return True
    storage = mesh.parts.get(piece.pointer(b"attribute_storage", b"dna_attributes"))
    if storage is None:
        return False
    for index in range(storage.length):
        attribute = file.piece(storage, index)
        kind, domain = attribute.number(b"data_type", code="h"), attribute.number(b"domain", code="b")
        if (kind, domain) == (_ATTR_FLOAT2, _ATTR_CORNER):
            return True
    return False
