"""Meshes of a model file, and the forms in which they may come back from a scene: placed, joined, apart.

An exporter writes a mesh as the scene placed it; some formats hold one mesh only and join all. So one mesh of
a delivery is several meshes to be recognized by. Arithmetic on arrays; no file is opened here.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ...model.mesh import Buffer, MeshArrays

Matrix = tuple[float, float, float, float, float, float, float, float, float, float, float, float]
"""Three rows of a turn and scale, then the shift."""

MAX_CORNERS = 20_000_000
"""Corners of faces in one mesh that is looked at; what has more is passed over."""
MAX_FORMS = 400
"""Of one file; a delivery of thousands of parts is recognized by its largest ones and by the whole."""
MIN_CORNERS = 24
"""Of faces; with fewer it is nobody's shape (:mod:`core.fingerprints.meshes`)."""
# A scale is even when its axes are as long as each other to this share, and square to each other likewise.
_EVEN = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshPart:
    """One mesh of a file, in one or several pieces (by material), and where the file places it."""

    name: str
    pieces: tuple[MeshArrays, ...]
    places: tuple[Matrix, ...] = ()


@dataclass(slots=True)
class Pieces:
    """What a model file holds. ``images`` are encoded, with their names; ``notes`` are sentences."""

    meshes: list[MeshPart] = field(default_factory=list)
    images: list[tuple[str, bytes]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def forms_of(parts: Iterable[MeshPart], whole: str) -> Iterator[tuple[str, MeshArrays]]:
    """Yield every form to be recognized by, with a name; ``whole`` names that of all parts together."""
    known = [part for part in parts if count_corners(part.pieces) >= MIN_CORNERS]
    known.sort(key=lambda part: -count_corners(part.pieces))
    placed = [(piece, place) for part in known for place in part.places for piece in part.pieces]
    if len(placed) > 1 and count_corners(piece for piece, _ in placed) <= MAX_CORNERS:
        yield whole, join(transform(piece, place) for piece, place in placed)
    for part in known[:MAX_FORMS]:
        if count_corners(part.pieces) > MAX_CORNERS:
            continue
        together = join(part.pieces)
        yield part.name, together
        for place in part.places:
            if not is_even(place):
                yield part.name, transform(together, place)
        if len(part.pieces) > 1:
            for piece in part.pieces:
                if len(piece.corners) >= MIN_CORNERS:
                    yield part.name, piece


def count_corners(pieces: Iterable[MeshArrays]) -> int:
    """Return how many corners all faces have."""
    return sum(len(piece.corners) for piece in pieces)


def join(pieces: Iterable[MeshArrays]) -> MeshArrays:
    """Return several meshes as one; a single one as it is."""
    whole = list(pieces)
    if len(whole) == 1:
        return whole[0]
    positions, corners, sizes = array("d"), array("q"), array("i")
    for piece in whole:
        first = len(positions) // 3
        positions.extend(as_array("d", piece.positions))
        corners.extend(array("q", [index + first for index in as_array("q", piece.corners)]))
        sizes.extend(as_array("i", piece.sizes))
    return MeshArrays(positions=positions, corners=corners, sizes=sizes)


def as_array(code: str, values: Buffer) -> array[Any]:
    """Return a buffer as an array of another kind of numbers; one of the same kind as it is."""
    if isinstance(values, array):
        return values if values.typecode == code else array(code, values)
    return array(code, values.tolist())


def transform(mesh: MeshArrays, matrix: Matrix) -> MeshArrays:
    """Return a mesh where a matrix places it."""
    a, b, c, d, e, f, g, h, i, x, y, z = matrix
    flat = iter(as_array("d", mesh.positions))
    placed = array("d")
    for u, v, w in zip(flat, flat, flat, strict=True):
        placed.extend((a * u + b * v + c * w + x, d * u + e * v + f * w + y, g * u + h * v + i * w + z))
    return MeshArrays(positions=placed, corners=mesh.corners, sizes=mesh.sizes)


def multiply(first: Matrix, second: Matrix) -> Matrix:
    """Return what placing by the second and then by the first matrix is."""
    a, b, c, d, e, f, g, h, i, x, y, z = first
    j, k, m, n, o, p, q, r, s, u, v, w = second
    return (
        a * j + b * n + c * q, a * k + b * o + c * r, a * m + b * p + c * s,
        d * j + e * n + f * q, d * k + e * o + f * r, d * m + e * p + f * s,
        g * j + h * n + i * q, g * k + h * o + i * r, g * m + h * p + i * s,
        a * u + b * v + c * w + x, d * u + e * v + f * w + y, g * u + h * v + i * w + z,
    )  # fmt: skip


def is_even(matrix: Matrix) -> bool:
    """Say whether a matrix only turns, mirrors, moves and scales evenly."""
    a, b, c, d, e, f, g, h, i, *_ = matrix
    across, down, up = (a, d, g), (b, e, h), (c, f, i)
    lengths = [sum(value * value for value in axis) for axis in (across, down, up)]
    longest = max(lengths)
    if not longest > 0:
        return False
    angles = [
        sum(p * q for p, q in zip(one, other, strict=True))
        for one, other in ((across, down), (down, up), (up, across))
    ]
    return all(longest - length <= _EVEN * longest for length in lengths) and all(
        abs(angle) <= _EVEN * longest for angle in angles
    )
