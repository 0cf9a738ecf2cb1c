# SPDX-License-Identifier: GPL-3.0-or-later
"""What a mesh can be recognized by: moments of its surface and of its corners, however it is written down.

It knows no ledger, no file format and no DCC: vertices and faces come as plain sequences. A match is a
question to a person, not a verdict.

Covered: moving, turning, mirroring and uniform scaling; another order of vertices, faces and corners;
vertices split at seams or merged; triangulation, since the surface of flat faces stays the same by any cut,
and the corners of bent ones; subdividing without smoothing and dissolving flat edges; coordinate noise of
1e-5 of the size. Not covered: uneven scaling, sculpting, posing, decimating, joining with or separating from
other parts; and plain shapes (few corners, or as symmetric as a sphere, a cube, a cylinder, a torus, a
rectangle), which everybody makes and nobody owns: they never match.

Why integrals and no histograms: a histogram of distances or edge lengths has borders, which noise crosses,
and edges change with triangulation. Moments up to the fourth order are smooth, and the same for every
subdivision of the same surface.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..errors import UserInputError
from .moments import UNIT, Point, Triangle, measure_points, measure_surface

Bucket = tuple[int, int, int]

PREFIX = "cm1"
VALUES = 8

# Measured on generated lumps, lathes, grounds and groups of boxes: 1e-5 of noise moves a number by at most
# 6e-5, a changed order or triangulation by 1e-6. Among 6,000 different ones (18 million pairs) the two most
# alike are 6e-4 apart, with the tolerance at 4e-3 there would be 133 false matches, at 2.5e-4 there is none.
TOLERANCE = 0.00025
# A shape with fewer distinct corners is nobody's.
MIN_CORNERS = 20
# Two equal extents or flat, and no lopsidedness at all: sphere, cube, cylinder, torus, rectangle.
SYMMETRIC = 0.002
BUCKET = 0.004


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshFingerprint:
    """One mesh: eight numbers of its surface, eight of its corners, and counts of how it is written down.

    ``shape`` has, without unit: logarithm of mean squared distance over area; the larger two shares of the
    spread along the principal axes; logarithm of the fourth moment over the square of the second; two
    measures of lopsidedness; the larger two shares of the fourth moments' tensor. ``points`` are the same of
    the corners, each of the same weight, but begin with the logarithm of the largest squared distance over
    the mean one. ``corners`` counts distinct positions in use, ``edges`` distinct pairs of them, ``faces``
    faces with a surface; the latter two change with triangulation and decide nothing.
    """

    shape: tuple[float, ...]
    points: tuple[float, ...]
    corners: int
    edges: int
    faces: int

    @property
    def is_plain(self) -> bool:
        """Return whether the shape is too common to say where it comes from."""
        _, first, second, _, lean, skew, _, _ = self.shape
        twins = min(first - second, abs(first + 2 * second - 1)) < SYMMETRIC
        is_flat = 1 - first - second < SYMMETRIC
        return self.corners < MIN_CORNERS or ((twins or is_flat) and lean < SYMMETRIC and skew < SYMMETRIC)

    @property
    def bucket(self) -> Bucket:
        """Return the coarse cell of the surface; equal surfaces are in the same or in a neighboring one."""
        return cells_of(self.shape, 0.0)[0]

    @property
    def points_bucket(self) -> Bucket:
        """Return the coarse cell of the corners; equal corners are in the same or in a neighboring one."""
        return cells_of(self.points, 0.0)[0]

    def encode(self) -> str:
        """Return the fingerprint as one short line of ASCII."""
        numbers = ",".join(str(round(value * UNIT)) for value in (*self.shape, *self.points))
        return f"{PREFIX}:{numbers}:{self.corners}:{self.edges}:{self.faces}"

    @classmethod
    def decode(cls, text: str) -> MeshFingerprint:
        """Read what :meth:`encode` wrote; UserInputError for anything else."""
        parts = text.split(":")
        if (
            len(parts) == 5
            and parts[0] == PREFIX
            and len(text) < 300
            and parts[1].count(",") == 2 * VALUES - 1
        ):
            try:
                numbers = tuple(int(value) / UNIT for value in parts[1].split(","))
                found = cls(
                    shape=numbers[:VALUES],
                    points=numbers[VALUES:],
                    corners=int(parts[2]),
                    edges=int(parts[3]),
                    faces=int(parts[4]),
                )
            except (ValueError, OverflowError):
                pass  # said below, as for every other text
            else:
                if found.encode() == text:
                    return found
        raise UserInputError(
            "This is no fingerprint of a mesh in a form this version knows; make it anew from the mesh.",
            code="fingerprint.unreadable",
            context={"length": len(text)},
        )


def cells_of(numbers: tuple[float, ...], margin: float) -> list[Bucket]:
    """Return the cells that a shape touches within a margin of its three most telling numbers."""
    spans = [
        range(math.floor((value - margin) / BUCKET), math.floor((value + margin) / BUCKET) + 1)
        for value in (numbers[0], numbers[1], numbers[3])
    ]
    return [(a, b, c) for a in spans[0] for b in spans[1] for c in spans[2]]


def distance(a: MeshFingerprint, b: MeshFingerprint) -> float:
    """Return the largest difference among the numbers of the surface, or of equally many corners if less."""
    surface = max(abs(x - y) for x, y in zip(a.shape, b.shape, strict=True))
    if a.corners != b.corners:
        return surface
    return min(surface, max(abs(x - y) for x, y in zip(a.points, b.points, strict=True)))


def is_same(a: MeshFingerprint, b: MeshFingerprint) -> bool:
    """Return whether two fingerprints are of one surface or of the same corners; plain shapes never are."""
    return not a.is_plain and not b.is_plain and distance(a, b) <= TOLERANCE


def fingerprint_mesh(
    vertices: Sequence[Sequence[float]], faces: Sequence[Sequence[int]]
) -> MeshFingerprint | None:
    """Fingerprint a mesh of any unit and size; None when it has no surface.

    Vertices are triples of finite numbers, faces have three or more indices into them. Loose vertices and
    faces without area do not count. Raises UserInputError for indices out of range and numbers that are not
    finite.
    """
    used = {index for face in faces for index in face}
    if not used:
        return None
    _check(vertices, faces, used)
    # In the unit of the largest extent, and from the middle: neither huge nor tiny scenes lose digits.
    low = [min(vertices[index][axis] for index in used) for axis in range(3)]
    high = [max(vertices[index][axis] for index in used) for axis in range(3)]
    size = max(h - m for h, m in zip(high, low, strict=True))
    if not size > 0 or math.isinf(size):
        return None
    points: dict[int, Point] = {
        index: (
            (vertices[index][0] - low[0]) / size,
            (vertices[index][1] - low[1]) / size,
            (vertices[index][2] - low[2]) / size,
        )
        for index in used
    }
    triangles: list[Triangle] = []
    solid = 0
    for face in faces:
        parts = _split([points[index] for index in face])
        triangles += parts
        solid += bool(parts)
    area = math.fsum(triangle[3] for triangle in triangles)
    if not area > 1e-12:
        return None
    names: dict[Point, int] = {}
    ids = {i: names.setdefault(_round(point), len(names)) for i, point in points.items()}
    edges = {
        (min(pair), max(pair)) for face in faces for pair in pairwise([*(ids[i] for i in face), ids[face[0]]])
    }
    shape = measure_surface(triangles, area)
    if shape is None:
        return None
    return MeshFingerprint(
        shape=shape,
        points=measure_points(list(names)),
        corners=len(names),
        edges=len(edges),
        faces=solid,
    )


def _check(vertices: Sequence[Sequence[float]], faces: Sequence[Sequence[int]], used: set[int]) -> None:
    """Refuse what no mesh is."""
    if min(used) < 0 or max(used) >= len(vertices) or any(len(face) < 3 for face in faces):
        raise UserInputError(
            "A face of the mesh has fewer than three corners or names a vertex that is not there; repair it.",
            code="fingerprint.mesh",
            context={"vertices": len(vertices), "faces": len(faces)},
        )
    if not all(len(vertices[i]) == 3 and all(map(math.isfinite, vertices[i])) for i in used):
        raise UserInputError(
            "A vertex of the mesh is not at three finite coordinates; repair the mesh.",
            code="fingerprint.mesh",
            context={"vertices": len(vertices), "faces": len(faces)},
        )


def _round(point: Point) -> Point:
    """Return a position to a hundred-thousandth of the size, so that split vertices are one corner."""
    return (round(point[0], 5), round(point[1], 5), round(point[2], 5))


def _cross(a: Point, b: Point, c: Point) -> Point:
    """Return twice the area of a triangle as a vector along its normal."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return (uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx)


def _split(corners: list[Point]) -> list[Triangle]:
    """Cut a face into triangles with their areas; around its middle, so that no corner is the first.

    Outward dents give parts that count negatively, which is exact for flat faces of any outline.
    """
    if len(corners) == 3:
        a, b, c = corners
        area = math.hypot(*_cross(a, b, c)) / 2
        return [(a, b, c, area)] if area > 0 else []
    count = len(corners)
    middle = (
        math.fsum(p[0] for p in corners) / count,
        math.fsum(p[1] for p in corners) / count,
        math.fsum(p[2] for p in corners) / count,
    )
    around = list(pairwise([*corners, corners[0]]))
    normals = [_cross(middle, a, b) for a, b in around]
    whole = tuple(math.fsum(n[axis] for n in normals) for axis in range(3))
    parts: list[Triangle] = []
    for (a, b), normal in zip(around, normals, strict=True):
        area = math.hypot(*normal) / 2
        if area > 0:
            inward = normal[0] * whole[0] + normal[1] * whole[1] + normal[2] * whole[2] < 0
            parts.append((middle, a, b, -area if inward else area))
    return parts
