"""Read the meshes of .obj, .stl and .ply files: positions and faces, nothing else. For recognizing only.

These formats are a few lines of text or plain arrays. What does not fit is passed over or ends the reading
with a sentence; nothing is guessed, and no file that is named in them is opened.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ...errors import ImportRefused
from ...model.mesh import MeshArrays
from .mesh_parts import MeshPart, Pieces

MAX_SIZE = 2 * 1024**3
MAX_LINE = 1_000_000
MAX_ITEMS = 100_000_000
_NORMAL = struct.Struct("<12fH")
_STL_HEAD = 84
# Type names of PLY (Turk, 1994), the old and the new ones, as codes of the struct module.
_PLY_CODES = {
    "char": "b", "int8": "b", "uchar": "B", "uint8": "B", "short": "h", "int16": "h", "ushort": "H",
    "uint16": "H", "int": "i", "int32": "i", "uint": "I", "uint32": "I", "float": "f", "float32": "f",
    "double": "d", "float64": "d",
}  # fmt: skip
_PLACE = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def refuse(path: Path, why: str) -> ImportRefused:
    """Return the error for a file whose meshes cannot be read here."""
    return ImportRefused(f"{path.name} cannot be read: {why}.", code="files.mesh", context={"why": why})


def _check_size(path: Path) -> None:
    if path.stat().st_size > MAX_SIZE:
        raise refuse(path, "it is larger than 2 GB")


@dataclass(slots=True)
class _Group:
    name: str
    corners: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("i"))


def read_obj(path: Path) -> Pieces:
    """Read a Wavefront file: one mesh an object (``o``), in one piece a group (``g``).

    Raises ImportRefused for what is too large or no numbers, OSError when it cannot be read.
    """
    _check_size(path)
    positions = array("d")
    objects: list[list[_Group]] = [[_Group(path.stem)]]
    with path.open("r", encoding="utf-8", errors="replace") as file:
        for line in _joined(file):
            word, _, rest = line.partition(" ")
            if word == "v":
                positions.extend(_three(path, rest))
            elif word == "f":
                _add_face(path, objects[-1][-1], rest, len(positions) // 3)
            elif word == "o":
                objects.append([_Group(rest.strip() or path.stem)])
            elif word == "g":
                objects[-1].append(_Group(objects[-1][0].name))
    found = Pieces()
    for groups in objects:
        filled = [group for group in groups if group.sizes]
        if filled:
            pieces = tuple(
                MeshArrays(positions=positions, corners=one.corners, sizes=one.sizes) for one in filled
            )
            found.meshes.append(MeshPart(name=filled[0].name, pieces=pieces, places=(_PLACE,)))
    return found


def _joined(file: IO[str]) -> Iterator[str]:
    """Yield lines, those that end with a backslash with the next one, with one blank between words."""
    before = ""
    while line := file.readline(MAX_LINE):
        text = before + line.strip()
        before = ""
        if text.endswith("\\") and len(text) < MAX_LINE:
            before = text[:-1] + " "
        elif text:
            yield text.replace("\t", " ")


def _three(path: Path, rest: str) -> list[float]:
    try:
        found = [float(word) for word in rest.split()[:3]]
    except ValueError:
        found = []
    if len(found) != 3:
        raise refuse(path, "a vertex in it is not at three coordinates")
    return found


def _add_face(path: Path, group: _Group, rest: str, vertices: int) -> None:
    """Add a face; numbers count from 1, negative ones from the last vertex before the line."""
    try:
        numbers = [int(word.partition("/")[0]) for word in rest.split()]
    except ValueError:
        raise refuse(path, "a face in it does not name its vertices") from None
    corners = [number - 1 if number > 0 else vertices + number for number in numbers]
    if len(corners) < 3:
        return
    if min(corners) < 0 or max(corners) >= MAX_ITEMS:
        raise refuse(path, "a face in it names a vertex that is not there")
    group.corners.extend(corners)
    group.sizes.append(len(corners))


def read_stl(path: Path) -> Pieces:
    """Read an STL file, binary or text; it holds one mesh of triangles that share no vertices."""
    _check_size(path)
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_STL_HEAD)
        count = int.from_bytes(head[80:84], "little")
        if len(head) == _STL_HEAD and size == _STL_HEAD + 50 * count:
            positions = array("f")
            for triangle in _NORMAL.iter_unpack(file.read(50 * count)):
                positions.extend(triangle[3:12])
        else:
            file.seek(0)
            text = file.read().decode("ascii", "replace")
            positions = array("f")
            for match in re.finditer(r"\bvertex\s+(\S+)\s+(\S+)\s+(\S+)", text, re.IGNORECASE):
                positions.extend(_three(path, " ".join(match.groups())))
    corners = array("q", range(len(positions) // 9 * 3))
    if not corners:
        raise refuse(path, "there is no triangle in it")
    mesh = MeshArrays(positions=positions, corners=corners, sizes=array("i", [3]) * (len(corners) // 3))
    return _only(path, mesh)


def _only(path: Path, mesh: MeshArrays) -> Pieces:
    return Pieces(meshes=[MeshPart(name=path.stem, pieces=(mesh,), places=(_PLACE,))])


@dataclass(slots=True)
class _Element:
    name: str
    count: int
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, code of a value, code of the count for lists ("" for single values)."""


def read_ply(path: Path) -> Pieces:
    """Read a PLY file, binary or text: its elements ``vertex`` and ``face``."""
    _check_size(path)
    with path.open("rb") as file:
        order, elements = _read_ply_head(path, file)
        source = _Words(path, file) if order == "" else _Numbers(path, file, order)
        positions, corners, sizes = array("d"), array("q"), array("i")
        for element in elements:
            for _ in range(element.count):
                row = {name: source.read(code, of_list) for name, code, of_list in element.fields}
                if element.name == "vertex":
                    positions.extend(_axis(path, row.get(axis)) for axis in ("x", "y", "z"))
                elif element.name == "face":
                    around = row.get("vertex_indices") or row.get("vertex_index") or []
                    if len(around) >= 3:
                        corners.extend(int(value) for value in around)
                        sizes.append(len(around))
    if not sizes:
        raise refuse(path, "there is no face in it")
    return _only(path, MeshArrays(positions=positions, corners=corners, sizes=sizes))


def _axis(path: Path, value: list[float] | None) -> float:
    if not value:
        raise refuse(path, "a vertex in it is not at three coordinates")
    return value[0]


def _read_ply_head(path: Path, file: IO[bytes]) -> tuple[str, list[_Element]]:
    order: str | None = None
    elements: list[_Element] = []
    if file.readline(100).strip() != b"ply":
        raise refuse(path, "it is not a PLY file")
    for _ in range(10_000):
        words = file.readline(10_000).decode("ascii", "replace").split()
        match words:
            case ["end_header"]:
                if order is None:
                    break
                return order, elements
            case ["format", kind, *_]:
                order = {"ascii": "", "binary_little_endian": "<", "binary_big_endian": ">"}.get(kind)
            case ["element", name, count] if count.isdecimal() and int(count) <= MAX_ITEMS:
                elements.append(_Element(name, int(count)))
            case ["property", "list", of_list, code, name] if elements:
                elements[-1].fields.append((name, _code(path, code), _code(path, of_list)))
            case ["property", code, name] if elements:
                elements[-1].fields.append((name, _code(path, code), ""))
            case ["comment" | "obj_info", *_]:
                continue
            case _:
                break
    raise refuse(path, "its head is damaged")


def _code(path: Path, name: str) -> str:
    code = _PLY_CODES.get(name)
    if code is None:
        raise refuse(path, "it holds values of an unknown type")
    return code


class _Words:
    """Values of a PLY file in text."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._words = (word for line in file for word in line.split())

    def read(self, _code: str, of_list: str) -> list[float]:
        try:
            count = int(next(self._words)) if of_list else 1
            return [float(next(self._words)) for _ in range(min(count, MAX_LINE))]
        except (StopIteration, ValueError):
            raise refuse(self._path, "it was cut off") from None


class _Numbers:
    """Values of a binary PLY file."""

    def __init__(self, path: Path, file: IO[bytes], order: str) -> None:
        self._path, self._file, self._order = path, file, order

    def read(self, code: str, of_list: str) -> list[float]:
        count = int(self._take(of_list, 1)[0]) if of_list else 1
        return list(self._take(code, min(count, MAX_LINE))) if count > 0 else []

    def _take(self, code: str, count: int) -> tuple[float, ...]:
        form = f"{self._order}{count}{code}"
        data = self._file.read(struct.calcsize(form))
        try:
            return struct.unpack(form, data)
        except struct.error:
            raise refuse(self._path, "it was cut off") from None
