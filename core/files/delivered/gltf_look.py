"""Read from a .glb or .gltf what a buyer was promised, as its scene shows it, in meters (glTF 2.0)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...model.delivery import ModelFacts
from ..models.gltf import items, open_gltf
from ..models.gltf_data import is_count

Matrix = tuple[tuple[float, float, float, float], ...]
"""Three rows of a transform: what each of x, y, z becomes."""
IDENTITY: Matrix = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
MAX_DEPTH = 2000
_TRIANGLES, _STRIP, _FAN = 4, 5, 6


@dataclass(slots=True)
class _Mesh:
    polygons: int = 0
    vertices: int = 0
    low: tuple[float, ...] | None = None
    high: tuple[float, ...] | None = None


def read_gltf(path: Path, name: str, form: str) -> tuple[ModelFacts, tuple[str, ...]]:
    """Return what the file holds, and the pictures it refers to that are not inside it, as it names them.

    Raises ImportRefused for a damaged one, OSError.
    """
    root = open_gltf(path)[0].root
    meshes = [_measure_mesh(root, mesh) for mesh in items(root, "meshes")]
    places = _placed(root, len(meshes))
    images = items(root, "images")
    outside = [uri for one in images if isinstance(uri := one.get("uri"), str) and uri[:5].lower() != "data:"]
    used = [meshes[index] for index, _ in places]
    primitives = [part for mesh in items(root, "meshes") for part in _parts(mesh)]
    facts = ModelFacts(
        name=name,
        format=form,
        polygons=sum(one.polygons for one in used),
        vertices=sum(one.vertices for one in used),
        only_triangles=True,
        textures=tuple(dict.fromkeys(outside)),
        embedded=len(images) - len(outside),
        has_uvs=any("TEXCOORD_0" in _attributes(part) for part in primitives) if primitives else None,
        rigged=bool(items(root, "skins")),
        animated=bool(items(root, "animations")),
        size_m=_extent(meshes, places),
    )
    return facts, facts.textures


def _parts(mesh: dict[str, Any]) -> list[dict[str, Any]]:
    found = mesh.get("primitives")
    return [part for part in found if isinstance(part, dict)] if isinstance(found, list) else []


def _attributes(part: dict[str, Any]) -> dict[str, Any]:
    found = part.get("attributes")
    return found if isinstance(found, dict) else {}


def _accessor(root: dict[str, Any], index: Any) -> dict[str, Any]:
    accessors = items(root, "accessors")
    return accessors[index] if is_count(index) and index < len(accessors) else {}


def _measure_mesh(root: dict[str, Any], mesh: dict[str, Any]) -> _Mesh:
    found = _Mesh()
    seen: set[int] = set()
    for part in _parts(mesh):
        index = _attributes(part).get("POSITION")
        positions = _accessor(root, index)
        corners = positions.get("count", 0)
        drawn = _accessor(root, part["indices"]).get("count", 0) if "indices" in part else corners
        mode = part.get("mode", _TRIANGLES)
        if mode == _TRIANGLES:
            found.polygons += drawn // 3
        elif mode in (_STRIP, _FAN):
            found.polygons += max(drawn - 2, 0)
        if is_count(index) and index not in seen:  # primitives may share their corners
            seen.add(index)
            found.vertices += corners
        low, high = _point(positions.get("min")), _point(positions.get("max"))
        if low is not None and high is not None:
            found.low = low if found.low is None else tuple(map(min, found.low, low))
            found.high = high if found.high is None else tuple(map(max, found.high, high))
    return found


def _point(value: Any) -> tuple[float, ...] | None:
    if not isinstance(value, list) or len(value) != 3:
        return None
    if not all(isinstance(one, int | float) and math.isfinite(one) for one in value):
        return None
    return tuple(float(one) for one in value)


def _placed(root: dict[str, Any], meshes: int) -> list[tuple[int, Matrix]]:
    """Return which meshes the nodes show, and where; without nodes, each mesh once."""
    nodes = items(root, "nodes")
    children = {child for node in nodes for child in node.get("children", ())}
    waiting = [(index, IDENTITY, 0) for index in range(len(nodes)) if index not in children]
    found: list[tuple[int, Matrix]] = []
    while waiting:
        index, above, depth = waiting.pop()
        node = nodes[index]
        place = _multiply(above, _transform(node))
        mesh = node.get("mesh")
        if is_count(mesh) and mesh < meshes:
            found.append((mesh, place))
        if depth < MAX_DEPTH:
            waiting += [(child, place, depth + 1) for child in node.get("children", ())]
    return found or [(index, IDENTITY) for index in range(meshes)]


def _numbers(value: Any, count: int) -> list[float] | None:
    if not isinstance(value, list) or len(value) != count:
        return None
    return [float(one) for one in value] if all(isinstance(one, int | float) for one in value) else None


def _transform(node: dict[str, Any]) -> Matrix:
    matrix = _numbers(node.get("matrix"), 16)
    if matrix is not None:  # written column by column
        a = matrix
        return ((a[0], a[4], a[8], a[12]), (a[1], a[5], a[9], a[13]), (a[2], a[6], a[10], a[14]))
    x, y, z, w = _numbers(node.get("rotation"), 4) or [0.0, 0.0, 0.0, 1.0]
    s = _numbers(node.get("scale"), 3) or [1.0, 1.0, 1.0]
    t = _numbers(node.get("translation"), 3) or [0.0, 0.0, 0.0]
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    first, second, third = ((r[0] * s[0], r[1] * s[1], r[2] * s[2], m) for r, m in zip(rows, t, strict=True))
    return (first, second, third)


def _multiply(one: Matrix, other: Matrix) -> Matrix:
    def row(r: Sequence[float]) -> tuple[float, float, float, float]:
        a, b, c = (sum(r[k] * other[k][column] for k in range(3)) for column in range(3))
        return (a, b, c, sum(r[k] * other[k][3] for k in range(3)) + r[3])

    return (row(one[0]), row(one[1]), row(one[2]))


def _extent(meshes: list[_Mesh], places: list[tuple[int, Matrix]]) -> float | None:
    lows, highs = [math.inf] * 3, [-math.inf] * 3
    for index, place in places:
        low, high = meshes[index].low, meshes[index].high
        if low is None or high is None:
            continue
        for axis, row in enumerate(place):
            ends = [sorted((row[k] * low[k], row[k] * high[k])) for k in range(3)]
            lows[axis] = min(lows[axis], sum(end[0] for end in ends) + row[3])
            highs[axis] = max(highs[axis], sum(end[1] for end in ends) + row[3])
    largest = max(high - low for low, high in zip(lows, highs, strict=True))
    return largest if math.isfinite(largest) else None
