"""Read from .obj, .stl and .ply files what a buyer was promised. None of them says what its unit is."""

from __future__ import annotations

import re
from array import array
from pathlib import Path

from ...model.delivery import ModelFacts
from ..models.wavefront import texture_names

CHUNK = 4 * 1024**2
MAX_MEASURED = 500_000
"""Up to so many corners, the size is worked out as well."""
_CORNER = re.compile(rb"(?:^|[\r\n])v[ \t]+(\S+)[ \t]+(\S+)[ \t]+(\S+)")
_LIBRARY = re.compile(rb"(?:^|[\r\n])mtllib[ \t]+([^\r\n]+)")
_PLY_COUNT = re.compile(rb"element (vertex|face) (\d{1,12})\s")
_PLY_UV = re.compile(rb"property float(?:32)? (s|u|texture_u)\s")


def read_obj(path: Path, name: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what an .obj holds, and the pictures its material files refer to. Raises OSError."""
    counts = {b"\nf ": 0, b"\nf\t": 0, b"\nv ": 0, b"\nv\t": 0, b"\nvt ": 0, b"\nvt\t": 0}
    with path.open("rb") as file:
        rest = b"\n"
        while chunk := file.read(CHUNK):
            piece = rest + chunk.replace(b"\r", b"\n")
            # What may continue in the next piece is counted there.
            cut = len(piece) - 3
            for word in counts:
                counts[word] += piece.count(word, 0, cut + len(word) - 1)
            rest = piece[cut:]
        for word in counts:
            counts[word] += rest.count(word)
    vertices = counts[b"\nv "] + counts[b"\nv\t"]
    textures = _obj_textures(path)
    facts = ModelFacts(
        name=name,
        format="obj",
        polygons=counts[b"\nf "] + counts[b"\nf\t"],
        vertices=vertices,
        textures=textures,
        has_uvs=counts[b"\nvt "] + counts[b"\nvt\t"] > 0,
        rigged=False,
        animated=False,
        size_units=_obj_extent(path) if 0 < vertices <= MAX_MEASURED else None,
    )
    return facts, textures


def _obj_textures(path: Path) -> tuple[str, ...]:
    names: dict[str, None] = {}
    if path.stat().st_size == 0:
        return ()
    beside = {one.name.casefold(): one for one in path.parent.iterdir() if one.suffix.lower() == ".mtl"}
    with path.open("rb") as file:  # exporters name their libraries at the beginning
        found = [name.decode("utf-8", "replace").strip() for name in _LIBRARY.findall(file.read(CHUNK))]
    for library in found[:1000]:
        material = beside.get(library.replace("\\", "/").rpartition("/")[2].casefold())
        if material is not None:
            names.update(dict.fromkeys(texture_names(material)))
    return tuple(names)


def _obj_extent(path: Path) -> float | None:
    low, high = [float("inf")] * 3, [float("-inf")] * 3
    with path.open("rb") as file:
        rest = b"\n"
        while chunk := file.read(CHUNK):
            whole, newline, rest = (rest + chunk.replace(b"\r", b"\n")).rpartition(b"\n")
            if not _widen(low, high, whole):
                return None
            rest = newline + rest
        if not _widen(low, high, rest):
            return None
    largest = max(h - v for h, v in zip(high, low, strict=True))
    return largest if 0 <= largest < float("inf") else None


def _widen(low: list[float], high: list[float], text: bytes) -> bool:
    """Widen a box by the corners in a text; False when one is not written in numbers. Loops run in C."""
    found = _CORNER.findall(text)
    if not found:
        return True
    try:
        for axis, column in enumerate(zip(*found, strict=True)):
            numbers = array("d", map(float, column))
            smallest, largest = min(numbers), max(numbers)
            low[axis], high[axis] = min(low[axis], smallest), max(high[axis], largest)
    except ValueError:
        return False
    return True


def read_stl(path: Path, name: str) -> ModelFacts | None:
    """Return what a binary .stl holds; None for a text one. Raises OSError."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(84)
        count = int.from_bytes(head[80:84], "little")
        if len(head) < 84 or size != 84 + 50 * count:
            return None
        extent = None
        if 0 < count <= MAX_MEASURED // 3:
            corners = array("f")
            body = file.read(50 * count)
            corners.frombytes(b"".join(body[at + 12 : at + 48] for at in range(0, len(body), 50)))
            extent = max(max(corners[axis::3]) - min(corners[axis::3]) for axis in range(3))
    return ModelFacts(
        name=name, format="stl", polygons=count, vertices=3 * count, only_triangles=True, has_uvs=False,
        rigged=False, animated=False, size_units=extent if extent is not None and extent < 1e30 else None,
    )  # fmt: skip


def read_ply(path: Path, name: str) -> ModelFacts | None:
    """Return what the header of a .ply says; None when it has none. Raises OSError."""
    with path.open("rb") as file:
        head, end, _ = file.read(64 * 1024).partition(b"end_header")
    if not end:
        return None
    counts = {kind: int(count) for kind, count in _PLY_COUNT.findall(head)}
    return ModelFacts(
        name=name, format="ply", polygons=counts.get(b"face", 0), vertices=counts.get(b"vertex", 0),
        has_uvs=_PLY_UV.search(head) is not None, rigged=False, animated=False,
    )  # fmt: skip
